"""Read a QIF 2 results document: for each part its serial number, and for each characteristic value, limits and verdict.

The document is a web of ids (actual → item → nominal → definition). A link that leads nowhere is named with the id of
the element, and what is still known of it is kept. The bytes come from outside: no entities, no document type.
"""

from __future__ import annotations

from typing import IO, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from lotline.doors.exchange.decimals import parse_decimal
from lotline.doors.exchange.qif.document import (
    CharacteristicResult,
    PartResult,
    QifDocument,
    QifProblem,
    Traceability,
)
from lotline.doors.exchange.qif.limits import Tolerance, judge, work_out_limits, written

NAMESPACE = "http://qifstandards.org/xsd/qif2"
_N = {"q": NAMESPACE}
_ACTUAL = "CharacteristicActual"
_ANGULAR = frozenset({"Angle", "AngleBetween", "AngleFrom"})
_UNITLESS = frozenset({"UserDefinedUnit", "UserDefinedAttribute", "Pattern"})


class UnreadableQif(ValueError):
    """The bytes are no QIF 2 results document. ``code`` is a key of ``words.UNREADABLE``, ``line`` is 0 where none is known."""

    def __init__(self, code: str, detail: str = "", line: int = 0) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.line = code, detail, line


def read_qif(source: IO[bytes]) -> QifDocument:
    """Read a document. Raises ``UnreadableQif`` when it is none; anything less is named in ``problems``."""
    root = _parse(source)
    web = _Web.of(root)
    results = root.findall("q:MeasurementsResults/q:MeasurementResultsSet/q:MeasurementResults", _N)
    problems: list[QifProblem] = [QifProblem(element, "double_id") for element in web.doubles]
    parts = tuple(_part(result, number, web, problems) for number, result in enumerate(results, start=1))
    if not parts:
        problems.append(QifProblem("", "no_results"))
    return QifDocument(
        version=root.get("versionQIF", ""),
        identifier=_text(root, "q:QPId"),
        traceability=_traceability(root),
        parts=parts,
        problems=tuple(problems),
    )


class _Web(NamedTuple):
    """All elements by id, and the units that hold for the whole document ("" where it does not say)."""

    elements: dict[str, Element]
    doubles: tuple[str, ...]
    linear: str
    angular: str

    @classmethod
    def of(cls, root: Element) -> _Web:
        elements: dict[str, Element] = {}
        doubles: list[str] = []
        for element in root.iter():
            identifier = element.get("id")
            if identifier is not None:
                if identifier in elements:
                    doubles.append(identifier)
                elements.setdefault(identifier, element)
        units = "q:FileUnits/q:PrimaryUnits/q:{0}/q:"
        linear, angular = units.format("LinearUnit"), units.format("AngularUnit")
        return cls(
            elements,
            tuple(doubles),
            _text(root, linear + "UnitName") or _text(root, linear + "SIUnitName"),
            _text(root, angular + "UnitName") or _text(root, angular + "SIUnitName"),
        )

    def follow(self, element: Element | None, link: str) -> Element | None:
        if element is None:
            return None
        return self.elements.get(_text(element, link))

    def unit(self, kind: str) -> str:
        if kind in _UNITLESS:
            return ""
        return self.angular if kind in _ANGULAR else self.linear


def _part(result: Element, number: int, web: _Web, problems: list[QifProblem]) -> PartResult:
    element = result.get("id", "")
    components: list[Element] = []
    for identifier in result.findall("q:ActualComponentIds/q:Id", _N):
        component = web.elements.get((identifier.text or "").strip())
        if component is None:
            problems.append(QifProblem(element, "no_component", (identifier.text or "").strip()))
        else:
            components.append(component)
    named = [component for component in components if _text(component, "q:SerialNumber")]
    if len(named) > 1:
        problems.append(QifProblem(element, "several_serials", ", ".join(_text(c, "q:SerialNumber") for c in named)))
    # Two serial numbers for one result: which one was measured is not known, so none is taken.
    serial = _text(named[0], "q:SerialNumber") if len(named) == 1 else None
    status = _text(result, "q:InspectionStatus/q:InspectionStatusEnum")
    if not status and components:
        status = _text(components[0], "q:Status/q:InspectionStatusEnum")
    actuals = result.find("q:MeasuredCharacteristics/q:CharacteristicActuals", _N)
    return PartResult(
        number=number,
        element=element,
        serial=serial,
        status=status,
        results=tuple(_characteristic(actual, web, problems) for actual in (actuals if actuals is not None else ())),
        unnamed_components=tuple(c.get("id", "") for c in components if c not in named) if named else (),
    )


def _characteristic(actual: Element, web: _Web, problems: list[QifProblem]) -> CharacteristicResult:
    element, kind = actual.get("id", ""), _local(actual).removesuffix(_ACTUAL)
    item = web.follow(actual, "q:CharacteristicItemId")
    nominal = web.follow(item, "q:CharacteristicNominalId")
    definition = web.follow(nominal, "q:CharacteristicDefinitionId")
    if definition is None:
        problems.append(QifProblem(element, "broken_link", _text(actual, "q:CharacteristicItemId")))
    value = _text(actual, "q:Value") or None
    if value is not None and parse_decimal(value) is None:
        problems.append(QifProblem(element, "no_number", value[:40]))
        value = None
    tolerance, target = _tolerance(definition), _text(nominal, "q:TargetValue") or None
    limits = work_out_limits(tolerance, target)
    recomputed, doubt = judge(value, limits, tolerance.material_condition)
    return CharacteristicResult(
        element=element,
        characteristic=_text(item, "q:Name") or _text(definition, "q:Name"),
        features=_features(actual, web),
        kind=kind,
        value=value,
        unit=web.unit(kind),
        nominal=target,
        minus=written(limits.minus),
        plus=written(limits.plus),
        low=written(limits.low),
        high=written(limits.high),
        material_condition=tolerance.material_condition,
        verdict=_text(actual, "q:Status/q:CharacteristicStatusEnum"),
        recomputed=recomputed,
        doubt=doubt,
        instrument=_instrument(item, web),
    )


def _tolerance(definition: Element | None) -> Tolerance:
    base = "q:Tolerance/q:"
    return Tolerance(
        minimum=_text(definition, base + "MinValue") or None,
        maximum=_text(definition, base + "MaxValue") or None,
        # xs:boolean is also written as 1.
        as_limits=_text(definition, base + "DefinedAsLimit") in {"true", "1"},
        zone=_text(definition, "q:ToleranceValue") or None,
        material_condition=_text(definition, "q:MaterialCondition"),
    )


def _features(actual: Element, web: _Web) -> tuple[str, ...]:
    names: list[str] = []
    for identifier in actual.findall("q:FeatureActualIds/q:Id", _N):
        feature = web.follow(web.elements.get((identifier.text or "").strip()), "q:FeatureItemId")
        name = _text(feature, "q:FeatureName")
        if name:
            names.append(name)
    return tuple(names)


def _instrument(item: Element | None, web: _Web) -> str:
    if item is None:
        return ""
    devices = (web.elements.get((i.text or "").strip()) for i in item.findall("q:MeasurementDeviceIds/q:Id", _N))
    return ", ".join(name for device in devices if (name := _text(device, "q:Name")))


def _traceability(root: Element) -> Traceability:
    report = root.find("q:MeasurementsResults/q:InspectionTraceability", _N)
    before = root.find("q:PreInspectionTraceability", _N)
    application = root.find("q:Header/q:Application", _N)
    part = root.find("q:Product/q:PartSet/q:Part", _N)
    return Traceability(
        organization=_text(report, "q:InspectingOrganization/q:Name") or _text(before, "q:InspectingOrganization/q:Name"),
        preparer=_text(report, "q:ReportPreparer/q:Name"),
        created_at=_text(report, "q:ReportPreparationDate") or _text(root, "q:Version/q:TimeCreated"),
        application=" · ".join(name for path in ("q:Name", "q:AddonName") if (name := _text(application, path))),
        report=_text(before, "q:ReportNumber"),
        part_model=_text(part, "q:DefinitionExternal/q:DigitalModel/q:Name") or _text(part, "q:Header/q:Name"),
    )


def _parse(source: IO[bytes]) -> Element:
    try:
        root = ElementTree.parse(source, forbid_dtd=True).getroot()
    except ParseError as problem:
        raise UnreadableQif("not_xml", str(problem), problem.position[0]) from problem
    except (DefusedXmlException, UnicodeError, LookupError) as problem:
        raise UnreadableQif("forbidden_xml", type(problem).__name__) from problem
    if root is None or root.tag != f"{{{NAMESPACE}}}QIFDocument":
        raise UnreadableQif("other_document", "" if root is None else root.tag)
    if not root.get("versionQIF", "").startswith("2."):
        raise UnreadableQif("other_version", root.get("versionQIF", ""))
    return root


def _text(element: Element | None, path: str) -> str:
    return "" if element is None else (element.findtext(path, "", _N) or "").strip()


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
