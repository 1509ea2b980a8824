"""QIF documents. The documents are hand-written, in the shape of what MTC and NIST exported."""

from __future__ import annotations

from io import BytesIO

import pytest

from lotline.doors.exchange.qif.document import Doubt, PartResult, QifDocument, QifProblem, Traceability, Verdict
from lotline.doors.exchange.qif.reader import UnreadableQif, read_qif

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<QIFDocument xmlns="http://qifstandards.org/xsd/qif2" versionQIF="2.1.0" idMax="99">
  <QPId>f2ddc75c-8fc4-40a3-b3c8-5b5d6ed18e79</QPId>
  <Version><TimeCreated>2017-03-20T11:40:15</TimeCreated></Version>
  <PreInspectionTraceability>
    <InspectingOrganization><Name>Gauge House</Name></InspectingOrganization>
    <ReportNumber>R 7</ReportNumber>
  </PreInspectionTraceability>
  <FileUnits><PrimaryUnits>
    <AngularUnit><SIUnitName>radian</SIUnitName><UnitName>degree</UnitName></AngularUnit>
    <LinearUnit><SIUnitName>meter</SIUnitName><UnitName>mm</UnitName></LinearUnit>
  </PrimaryUnits></FileUnits>
  <MeasurementResources><MeasurementDevices n="1">
    <MeasurementDevice id="15"><Name>CMM</Name></MeasurementDevice>
  </MeasurementDevices></MeasurementResources>
  <Features><FeatureItems n="1"><CylinderFeatureItem id="40"><FeatureName>HOLE1</FeatureName></CylinderFeatureItem></FeatureItems></Features>
  <Characteristics>
    <CharacteristicDefinitions n="2">
      <DiameterCharacteristicDefinition id="1"><Tolerance>
        <MaxValue>0.3</MaxValue><MinValue>-0.3</MinValue><DefinedAsLimit>false</DefinedAsLimit>
      </Tolerance></DiameterCharacteristicDefinition>
      <AngleCharacteristicDefinition id="2"><Name>Cone</Name><Tolerance>
        <MaxValue>91</MaxValue><MinValue>89</MinValue><DefinedAsLimit>1</DefinedAsLimit>
      </Tolerance></AngleCharacteristicDefinition>
    </CharacteristicDefinitions>
    <CharacteristicNominals n="2">
      <DiameterCharacteristicNominal id="3"><CharacteristicDefinitionId>1</CharacteristicDefinitionId>
        <TargetValue>4.5</TargetValue></DiameterCharacteristicNominal>
      <AngleCharacteristicNominal id="4"><CharacteristicDefinitionId>2</CharacteristicDefinitionId></AngleCharacteristicNominal>
    </CharacteristicNominals>
    <CharacteristicItems n="2">
      <DiameterCharacteristicItem id="5"><Name>BORE</Name><MeasurementDeviceIds n="1"><Id>15</Id></MeasurementDeviceIds>
        <CharacteristicNominalId>3</CharacteristicNominalId></DiameterCharacteristicItem>
      <AngleCharacteristicItem id="6"><CharacteristicNominalId>4</CharacteristicNominalId></AngleCharacteristicItem>
    </CharacteristicItems>
  </Characteristics>
  <MeasurementsResults>
    <MeasurementResultsSet n="2">
      <MeasurementResults id="10">
        <MeasuredFeatures><FeatureActuals n="1"><CylinderFeatureActual id="41"><FeatureItemId>40</FeatureItemId></CylinderFeatureActual>
        </FeatureActuals></MeasuredFeatures>
        <MeasuredCharacteristics><CharacteristicActuals n="2">
          <DiameterCharacteristicActual id="11"><Status><CharacteristicStatusEnum>PASS</CharacteristicStatusEnum></Status>
            <CharacteristicItemId>5</CharacteristicItemId><FeatureActualIds n="1"><Id>41</Id></FeatureActualIds>
            <Value>4.5220000000000001</Value></DiameterCharacteristicActual>
          <AngleCharacteristicActual id="12"><Status><CharacteristicStatusEnum>PASS</CharacteristicStatusEnum></Status>
            <CharacteristicItemId>6</CharacteristicItemId><Value>88.953</Value></AngleCharacteristicActual>
        </CharacteristicActuals></MeasuredCharacteristics>
        <InspectionStatus><InspectionStatusEnum>PASS</InspectionStatusEnum></InspectionStatus>
        <ActualComponentIds n="2"><Id>30</Id><Id>31</Id></ActualComponentIds>
      </MeasurementResults>
      <MeasurementResults id="20">
        <MeasuredCharacteristics><CharacteristicActuals n="1">
          <DiameterCharacteristicActual id="21"><Status><CharacteristicStatusEnum>NOT_MEASURED</CharacteristicStatusEnum></Status>
            <CharacteristicItemId>5</CharacteristicItemId></DiameterCharacteristicActual>
        </CharacteristicActuals></MeasuredCharacteristics>
        <ActualComponentIds n="1"><Id>31</Id></ActualComponentIds>
      </MeasurementResults>
    </MeasurementResultsSet>
    <ActualComponentSets n="1"><ActualComponentSet n="2">
      <ActualComponent id="30"><SerialNumber>A1</SerialNumber></ActualComponent>
      <ActualComponent id="31"><Status><InspectionStatusEnum>FAIL</InspectionStatusEnum></Status></ActualComponent>
    </ActualComponentSet></ActualComponentSets>
    <InspectionTraceability><ReportPreparer><Name>Pat</Name></ReportPreparer></InspectionTraceability>
  </MeasurementsResults>
</QIFDocument>
"""


def read(text: str) -> QifDocument:
    return read_qif(BytesIO(text.encode()))


def only(text: str) -> PartResult:
    return read(text).parts[0]


def test_read_qif_says_who_inspected_and_when_as_far_as_the_document_says_it() -> None:
    document = read(DOCUMENT)

    assert document.version == "2.1.0"
    assert document.identifier == "f2ddc75c-8fc4-40a3-b3c8-5b5d6ed18e79"
    assert document.traceability == Traceability(organization="Gauge House", preparer="Pat", created_at="2017-03-20T11:40:15", report="R 7")
    assert document.problems == ()


def test_read_qif_follows_the_ids_to_name_limits_unit_feature_and_instrument() -> None:
    bore, cone = only(DOCUMENT).results

    assert (bore.characteristic, bore.features, bore.kind) == ("BORE", ("HOLE1",), "Diameter")
    assert (bore.value, bore.unit, bore.instrument) == ("4.5220000000000001", "mm", "CMM")
    assert (bore.nominal, bore.minus, bore.plus, bore.low, bore.high) == ("4.5", "-0.3", "0.3", "4.2", "4.8")
    assert (cone.characteristic, cone.unit, cone.low, cone.high, cone.nominal) == ("Cone", "degree", "89", "91", None)


def test_read_qif_keeps_the_inspectors_verdict_beside_its_own() -> None:
    part = only(DOCUMENT)

    assert [(result.verdict, result.recomputed) for result in part.results] == [
        ("PASS", Verdict.PASS),
        ("PASS", Verdict.FAIL),
    ]
    assert [result.element for result in part.disputed] == ["12"]
    assert (part.status, part.passed, part.failed) == ("PASS", 2, 0)


def test_read_qif_of_part_without_serial_number_says_not_recorded() -> None:
    first, second = read(DOCUMENT).parts

    assert (first.serial, first.unnamed_components) == ("A1", ("31",))
    assert (second.serial, second.status, second.unnamed_components) == (None, "FAIL", ())


def test_read_qif_of_characteristic_without_value_says_not_recorded() -> None:
    (result,) = read(DOCUMENT).parts[1].results

    assert (result.value, result.verdict) == (None, "NOT_MEASURED")
    assert (result.recomputed, result.doubt) == (Verdict.UNKNOWN, Doubt.NO_VALUE)


def test_read_qif_with_two_serial_numbers_for_one_result_takes_neither() -> None:
    text = DOCUMENT.replace('<ActualComponent id="31">', '<ActualComponent id="31"><SerialNumber>A2</SerialNumber>')

    document = read(text)

    assert document.parts[0].serial is None
    assert document.problems == (QifProblem("10", "several_serials", "A1, A2"),)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("<Value>88.953</Value>", "<Value>steep</Value>", QifProblem("12", "no_number", "steep")),
        ("<Value>88.953</Value>", "<Value>1e999</Value>", QifProblem("12", "no_number", "1e999")),
        ("<CharacteristicItemId>6<", "<CharacteristicItemId>66<", QifProblem("12", "broken_link", "66")),
        ("<Id>30</Id><Id>31</Id>", "<Id>30</Id><Id>99</Id>", QifProblem("10", "no_component", "99")),
        ('<MeasurementDevice id="15">', '<MeasurementDevice id="1">', QifProblem("1", "double_id")),
    ],
)
def test_read_qif_names_the_element_that_can_not_be_used_and_keeps_the_rest(old: str, new: str, problem: QifProblem) -> None:
    document = read(DOCUMENT.replace(old, new))

    assert document.problems[0] == problem
    assert [len(part.results) for part in document.parts] == [2, 1]


def test_read_qif_without_units_gives_none() -> None:
    start, end = DOCUMENT.index("<FileUnits>"), DOCUMENT.index("<MeasurementResources>")

    assert {result.unit for result in only(DOCUMENT[:start] + DOCUMENT[end:]).results} == {""}


def test_read_qif_of_plan_without_results_says_so() -> None:
    text = '<QIFDocument xmlns="http://qifstandards.org/xsd/qif2" versionQIF="2.1.0"/>'

    assert read(text).problems == (QifProblem("", "no_results"),)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<QIFDocument", "not_xml"),
        ("<QIFDocument/>", "other_document"),
        ('<QIFDocument xmlns="http://qifstandards.org/xsd/qif3" versionQIF="3.0.0"/>', "other_document"),
        ('<QIFDocument xmlns="http://qifstandards.org/xsd/qif2" versionQIF="1.0"/>', "other_version"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><QIFDocument/>', "forbidden_xml"),
    ],
)
def test_read_qif_refuses_what_is_no_document(text: str, code: str) -> None:
    with pytest.raises(UnreadableQif) as refused:
        read(text)

    assert refused.value.code == code


def test_read_qif_tells_the_line_where_the_document_breaks() -> None:
    broken = DOCUMENT.replace("</Features>", "")

    with pytest.raises(UnreadableQif) as refused:
        read(broken)

    assert refused.value.line > 1
