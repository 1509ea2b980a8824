"""What an EPC, a class, a location or a party identifier names: its class part, its lot or serial, its kind.

EPC URNs and GS1 Digital Link URIs of the same key are the same identifier. The canonical form is the Digital Link
on ``id.gs1.org``, because a URN can always be written as one, while the other way needs the length of the company
prefix, which the Digital Link does not tell. An identifier outside GS1 is its own canonical form.

Source of the forms: GS1 EPC Tag Data Standard 2.0, chapters 6 and 8 (URN syntax, check digits), GS1 Digital Link
URI Syntax 1.2 (keys and qualifiers). GDST identifiers: GDST 1.2, section "Identifiers".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit


class IdentifierKind(Enum):
    """What sort of thing an identifier names."""

    PRODUCT = "product"  # a trade item without lot or serial
    LOT = "lot"
    SERIAL = "serial"
    CONTAINER = "container"  # logistic unit
    ASSET = "asset"  # returnable or individual asset
    LOCATION = "location"
    PARTY = "party"
    DOCUMENT = "document"
    SHIPMENT = "shipment"
    OTHER = "other"


@dataclass(frozen=True)
class Identifier:
    """One identifier, taken apart.

    ``canonical`` is equal for all spellings of one identifier. ``item`` is the canonical form of the class part and
    is empty when the identifier has none (a pallet). ``code`` is the lot, serial or extension, decoded. ``key`` is
    the GS1 key with its check digit, empty outside GS1.
    """

    uri: str
    kind: IdentifierKind
    canonical: str
    item: str = ""
    code: str = ""
    key: str = ""


@lru_cache(maxsize=65536)  # documents name the same things again and again
def parse_identifier(uri: str) -> Identifier:
    """Take an identifier apart; one that follows no known form is OTHER and stands for itself."""
    text = uri.strip()
    return _read_urn(text) or _read_digital_link(text) or _read_gdst(text) or _other(text)


def same_identifier(one: str, other: str) -> bool:
    """Whether two spellings name the same thing."""
    return one == other or parse_identifier(one).canonical == parse_identifier(other).canonical


def check_digit(digits: str) -> str:
    """Return the GS1 mod-10 check digit of a digit string without one."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


# --- GS1 keys -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Key:
    """One primary key of the Digital Link: its application identifier, form and qualifiers, most specific first."""

    ai: str
    form: str  # regular expression of the whole value
    checked: int  # how many leading digits include a check digit as their last; 0 = none
    kind: IdentifierKind
    qualifiers: tuple[tuple[str, IdentifierKind], ...] = ()
    has_class: bool = False  # the key without qualifier or serial tail is a class of things
    tail: int = 0  # length of the class part when the serial follows inside the value; 0 = no tail


_K = IdentifierKind
_TEXT = r"[\x21-\x7e]"
_KEYS: Mapping[str, _Key] = {
    key.ai: key
    for key in (
        _Key("01", r"\d{14}", 14, _K.PRODUCT, (("21", _K.SERIAL), ("235", _K.SERIAL), ("10", _K.LOT)), has_class=True),
        _Key("00", r"\d{18}", 18, _K.CONTAINER),
        _Key("414", r"\d{13}", 13, _K.LOCATION, (("254", _K.LOCATION),)),
        _Key("417", r"\d{13}", 13, _K.PARTY),
        _Key("8003", rf"0\d{{13}}{_TEXT}{{0,16}}", 14, _K.ASSET, has_class=True, tail=14),
        _Key("8004", rf"\d{{4}}{_TEXT}{{1,26}}", 0, _K.ASSET),
        _Key("8006", r"\d{18}", 14, _K.PRODUCT, (("21", _K.SERIAL), ("10", _K.LOT)), has_class=True),
        _Key("8010", rf"\d{{4}}{_TEXT}{{1,26}}", 0, _K.PRODUCT, (("8011", _K.SERIAL),), has_class=True),
        _Key("8017", r"\d{18}", 18, _K.PARTY),
        _Key("8018", r"\d{18}", 18, _K.PARTY),
        _Key("253", rf"\d{{13}}{_TEXT}{{0,17}}", 13, _K.DOCUMENT, has_class=True, tail=13),
        _Key("255", r"\d{13}\d{0,12}", 13, _K.DOCUMENT, has_class=True, tail=13),
        _Key("401", rf"\d{{4}}{_TEXT}{{1,26}}", 0, _K.SHIPMENT),
        _Key("402", r"\d{17}", 17, _K.SHIPMENT),
    )
}
#: Alphabetic spellings of the Digital Link before version 1.2, still found in the field.
_ALPHABETIC = {"gtin": "01", "sscc": "00", "gln": "414", "lot": "10", "ser": "21", "party": "417", "glnx": "254"}


def _is_valid(key: _Key, value: str) -> bool:
    """Whether a value has the form of its key and a right check digit."""
    if not re.fullmatch(key.form, value):
        return False
    return not key.checked or value[key.checked - 1] == check_digit(value[: key.checked - 1])


def _link(ai: str, value: str, qualifier: str = "", code: str = "") -> str:
    """Return the canonical Digital Link of a key and at most one qualifier."""
    tail = f"/{qualifier}/{quote(code, safe='')}" if qualifier else ""
    return f"https://id.gs1.org/{ai}/{quote(value, safe='')}{tail}"


def _keyed(uri: str, ai: str, value: str, qualifier: str = "", code: str = "") -> Identifier:
    """Return the identifier of a valid key value with the qualifier that tells most."""
    key = _KEYS[ai]
    if key.tail:
        item, code = _link(ai, value[: key.tail]), value[key.tail :]
        kind = key.kind if code else _K.PRODUCT if key.kind is _K.ASSET else key.kind
        return Identifier(uri, kind, _link(ai, value), item if key.has_class else "", code, value)
    kind = dict(key.qualifiers).get(qualifier, key.kind)
    item = _link(ai, value) if key.has_class else ""
    return Identifier(uri, kind, _link(ai, value, qualifier, code), item, code, value)


# --- EPC URNs -------------------------------------------------------------------------------------------------


def _numbers(parts: list[str], total: int) -> str | None:
    """Join a company prefix and a reference when they are digits of the fixed total length."""
    joined = "".join(parts)
    return joined if joined.isascii() and joined.isdigit() and len(joined) == total else None


def _gtin(prefix: str, reference: str) -> str | None:
    """Return the GTIN-14 of a company prefix and an indicator-and-item reference."""
    if not reference or _numbers([prefix, reference], 13) is None:
        return None
    body = reference[0] + prefix + reference[1:]
    return body + check_digit(body)


def _sscc(prefix: str, reference: str) -> str | None:
    """Return the SSCC of a company prefix and an extension-digit-and-serial reference."""
    if not reference or _numbers([prefix, reference], 17) is None:
        return None
    body = reference[0] + prefix + reference[1:]
    return body + check_digit(body)


def _with_check(length: int) -> Callable[[str, str], str | None]:
    """Return a builder of keys that are prefix + reference + check digit."""

    def build(prefix: str, reference: str) -> str | None:
        body = _numbers([prefix, reference], length)
        return None if body is None else body + check_digit(body)

    return build


def _plain(prefix: str, reference: str) -> str | None:
    """Return prefix + reference, for keys without a check digit."""
    return prefix + reference if prefix.isdigit() and reference else None


@dataclass(frozen=True)
class _UrnForm:
    """How one URN scheme maps to a key: the builder of the key value, and what the parts after it mean."""

    ai: str
    build: Callable[[str, str], str | None]
    qualifier: str = ""  # third part becomes this qualifier
    tail: bool = False  # third part is appended to the value
    lead: str = ""  # put before the value
    infix: int = 0  # this many further parts are appended to the value before the qualifier


_URN_FORMS: Mapping[str, _UrnForm] = {
    "sgtin": _UrnForm("01", _gtin, "21"),
    "lgtin": _UrnForm("01", _gtin, "10"),
    "upui": _UrnForm("01", _gtin, "235"),
    "sscc": _UrnForm("00", _sscc),
    "sgln": _UrnForm("414", _with_check(12), "254"),
    "pgln": _UrnForm("417", _with_check(12)),
    "grai": _UrnForm("8003", _with_check(12), tail=True, lead="0"),
    "giai": _UrnForm("8004", _plain),
    "itip": _UrnForm("8006", _gtin, "21", infix=2),
    "cpi": _UrnForm("8010", _plain, "8011"),
    "gsrnp": _UrnForm("8017", _with_check(17)),
    "gsrn": _UrnForm("8018", _with_check(17)),
    "gdti": _UrnForm("253", _with_check(12), tail=True),
    "sgcn": _UrnForm("255", _with_check(12), tail=True),
    "ginc": _UrnForm("401", _plain),
    "gsin": _UrnForm("402", _with_check(16)),
}
_URN = re.compile(r"^urn:epc:(id|class|idpat):([a-z]+):(.+)$", re.IGNORECASE)


def _read_urn(uri: str) -> Identifier | None:
    """Read an EPC URN; None for another form, or when its numbers do not make a key."""
    found = _URN.match(uri)
    form = _URN_FORMS.get(found.group(2).lower()) if found else None
    if found is None or form is None:
        return None
    parts = [unquote(part) for part in found.group(3).split(".")]
    if len(parts) < 2:
        return None
    value = form.build(parts[0], parts[1])
    if value is None:
        return None
    infix, rest = parts[2 : 2 + form.infix], ".".join(parts[2 + form.infix :])
    value = form.lead + value + "".join(infix)
    code = "" if rest == "*" else rest
    if form.tail:
        return _valid_or_none(uri, form.ai, value + code)
    if form.ai == "414" and code == "0":  # extension 0 means "no extension" (TDS 6.3.4)
        code = ""
    return _valid_or_none(uri, form.ai, value, form.qualifier if code else "", code)


def _valid_or_none(uri: str, ai: str, value: str, qualifier: str = "", code: str = "") -> Identifier | None:
    """Return the identifier when the value is valid for its key."""
    return _keyed(uri, ai, value, qualifier, code) if _is_valid(_KEYS[ai], value) else None


# --- Digital Link ---------------------------------------------------------------------------------------------


def _read_digital_link(uri: str) -> Identifier | None:
    """Read a GS1 Digital Link on any domain; None when the path holds no valid key."""
    if not uri.lower().startswith(("http://", "https://")):
        return None
    segments = [unquote(segment) for segment in urlsplit(uri).path.split("/") if segment]
    names = [_ALPHABETIC.get(segment.lower(), segment) for segment in segments]
    for place, name in enumerate(names[:-1]):
        key = _KEYS.get(name)
        if key is None or (len(segments) - place) % 2:
            continue
        value = segments[place + 1]
        if name == "01" and value.isdigit() and len(value) in (8, 12, 13):
            value = value.zfill(14)
        if _is_valid(key, value):
            given = dict(zip(names[place + 2 :: 2], segments[place + 3 :: 2], strict=False))
            qualifier = next((ai for ai, _ in key.qualifiers if given.get(ai)), "")
            return _keyed(uri, name, value, qualifier, given.get(qualifier, ""))
    return None


# --- Other forms ----------------------------------------------------------------------------------------------

_GDST = re.compile(r"^urn:gdst:([^:]+):product:(lot|serial):(?:class|obj):([^.]+\.[^.]+)\.(.+)$", re.IGNORECASE)
_GDST_NAMED = re.compile(r"^urn:gdst:[^:]+:(product|location|party):", re.IGNORECASE)
#: Schemes that the Tag Data Standard knows as URNs only, and GS1 URNs whose numbers are wrong.
_BY_SCHEME = {
    "sscc": _K.CONTAINER,
    "sgln": _K.LOCATION,
    "pgln": _K.PARTY,
    "grai": _K.ASSET,
    "giai": _K.ASSET,
    "gdti": _K.DOCUMENT,
    "sgtin": _K.SERIAL,
    "lgtin": _K.LOT,
    "imovn": _K.ASSET,
    "adi": _K.SERIAL,
    "bic": _K.CONTAINER,
}


def _read_gdst(uri: str) -> Identifier | None:
    """Read an identifier of the Global Dialogue on Seafood Traceability: company.product.lot in one text."""
    found = _GDST.match(uri)
    if found:
        domain, word, product, code = found.groups()
        kind = _K.LOT if word.lower() == "lot" else _K.SERIAL
        return Identifier(uri, kind, uri, f"urn:gdst:{domain}:product:class:{product}", code)
    named = _GDST_NAMED.match(uri)
    if named is None:
        return None
    kind = _K(named.group(1).lower())
    return Identifier(uri, kind, uri, uri if kind is _K.PRODUCT else "")


def _other(uri: str) -> Identifier:
    """Return an identifier that stands for itself, with what its URN scheme still tells."""
    found = _URN.match(uri)
    if found is None:
        return Identifier(uri, _K.OTHER, uri)
    kind = _BY_SCHEME.get(found.group(2).lower(), _K.OTHER)
    parts = found.group(3).split(".")
    if kind in (_K.SERIAL, _K.LOT) and len(parts) >= 3:
        item = f"urn:epc:idpat:sgtin:{parts[0]}.{parts[1]}.*"
        code = unquote(".".join(parts[2:]))
        return Identifier(uri, _K.PRODUCT if code == "*" else kind, uri, item, "" if code == "*" else code)
    return Identifier(uri, _K.PRODUCT if found.group(1) == "idpat" else kind, uri)
