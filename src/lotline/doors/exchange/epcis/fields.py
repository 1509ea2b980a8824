"""Reading single values out of raw events: each returns the value, or notes what is wrong and returns None."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from .model import Extension, Extensions
from .raw import Namespaces, Notes, Number, Raw
from .vocabulary import WordList, is_uri

#: Digits before and after the point that a quantity or a reading may have.
MAX_DIGITS = 40
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(Z|z|[+-]\d\d:\d\d)?"
)  # seconds may be missing: real documents leave them out and nothing is unclear without them
_OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?")
_UOM = re.compile(r"[A-Z0-9]{2,3}")


class FieldReader:
    """Reads the fields of one event. ``textual`` is true for XML, where numbers and booleans are text."""

    def __init__(self, notes: Notes, namespaces: Namespaces, *, textual: bool, version: str) -> None:
        self.notes = notes
        self.namespaces = namespaces
        self.textual = textual
        self.version = version
        self.default_offset = "Z"  # what a lenient reader takes for a time without a zone

    # --- objects and lists ----------------------------------------------------------------------------------

    def split(self, raw: Raw, known: Iterable[str], path: str) -> tuple[dict[str, Raw], Extensions] | None:
        """Part an object into fields of the standard and own fields. Unknown bare names are noted."""
        if not isinstance(raw, dict):
            self.notes.add("not_object", path, found=raw)
            return None
        names = frozenset(known)
        standard: dict[str, Raw] = {}
        own: dict[str, Extension] = {}
        for name, value in raw.items():
            if name in names:
                if value is None:
                    self.notes.add("empty_value", _join(path, name))
                else:
                    standard[name] = value
            elif name != "@context":
                self._own_field(name, value, path, names, own)
        return standard, own

    def _own_field(self, name: str, value: Raw, path: str, known: frozenset[str], into: dict[str, Extension]) -> None:
        expanded = self.namespaces.expand_field(name)
        if expanded is None:
            near = next(iter(get_close_matches(name, known, n=1, cutoff=0.8)), "")
            self.notes.add("unknown_field" if near else "no_namespace", _join(path, name), field=name, near=near)
            expanded = name
        kept = self.extension(value)
        if kept is not None:
            into[expanded] = kept

    def own_fields(self, raw: Raw, path: str) -> Extensions:
        """Read an object that holds own fields only, such as ilmd."""
        parts = self.split(raw, (), path)
        return parts[1] if parts else {}

    def extension(self, raw: Raw) -> Extension | None:
        """Return an own value as text, list or mapping; what says nothing is left out.

        A list of one is that one: XML can not tell the two apart.
        """
        if isinstance(raw, Number):
            return plain_decimal(raw) or str(raw)
        if isinstance(raw, bool):
            return "true" if raw else "false"
        if isinstance(raw, str):
            return raw.strip() or None
        if isinstance(raw, list):
            items = tuple(kept for kept in (self.extension(item) for item in raw) if kept is not None)
            return items[0] if len(items) == 1 else items or None
        if isinstance(raw, dict):
            found = {self.namespaces.expand_field(name) or name: self.extension(value) for name, value in raw.items()}
            return {name: value for name, value in found.items() if value is not None} or None
        return None

    def items(self, raw: Raw, path: str) -> list[Raw]:
        """Return a list, or nothing with a note."""
        if isinstance(raw, list):
            return raw
        self.notes.add("not_list", path, found=raw)
        return []

    # --- scalars --------------------------------------------------------------------------------------------

    def text(self, raw: Raw, path: str) -> str | None:
        """Return a text that says something."""
        if not isinstance(raw, str) or isinstance(raw, Number):
            self.notes.add("not_text", path, found=raw)
            return None
        text = raw.strip()
        if not text:
            self.notes.add("empty_value", path)
        return text or None

    def uri(self, raw: Raw, path: str) -> str | None:
        """Return a URI."""
        text = self.text(raw, path)
        if text is None or is_uri(text):
            return text
        if _UUID.fullmatch(text):
            self.notes.add("bare_uuid", path, found=text)
            return f"urn:uuid:{text.lower()}"
        self.notes.add("not_uri", path, found=text)
        return None

    def uris(self, raw: Raw, path: str, *, unique: bool = False) -> tuple[str, ...]:
        """Return a list of URIs; with ``unique`` a second mention is noted."""
        found: list[str] = []
        seen: set[str] = set()
        for place, item in enumerate(self.items(raw, path)):
            uri = self.uri(item, f"{path}[{place}]")
            if uri is None:
                continue
            if uri in seen and unique:
                self.notes.add("duplicate_item", f"{path}[{place}]", found=uri)
            elif uri not in seen:
                found.append(uri)
            seen.add(uri)
        return tuple(found)

    def word(self, raw: Raw, words: WordList, path: str) -> str | None:
        """Return a standard word in its bare form, or a URI of the sender's own."""
        text = self.text(raw, path)
        if text is None:
            return None
        found = words.find(text)
        if found is not None:
            return found if found in words.words else self.namespaces.expand_value(found)
        near = words.nearest(text)
        self.notes.add("not_standard_near" if near else "not_standard", path, found=text, list=words.name, near=near)
        return None

    def number(self, raw: Raw, path: str) -> str | None:
        """Return a number as shortest plain decimal text. JSON wants it unquoted."""
        if isinstance(raw, str) and self.textual and not raw.strip():
            self.notes.add("empty_value", path)
            return None
        if not isinstance(raw, str) or not (self.textual or isinstance(raw, Number)) or not _DECIMAL.fullmatch(raw.strip()):
            self.notes.add("not_number", path, found=raw)
            return None
        plain = plain_decimal(raw.strip())
        if plain is None:
            self.notes.add("number_out_of_range", path, found=raw, limit=MAX_DIGITS)
        return plain

    def boolean(self, raw: Raw, path: str) -> str | None:
        """Return "true" or "false"."""
        if isinstance(raw, bool):
            return "true" if raw else "false"
        words = {"true": "true", "1": "true", "false": "false", "0": "false"}
        if self.textual and isinstance(raw, str) and raw.strip() in words:
            return words[raw.strip()]
        self.notes.add("not_boolean", path, found=raw)
        return None

    def hexadecimal(self, raw: Raw, path: str) -> str | None:
        """Return hexadecimal digits."""
        text = self.text(raw, path)
        if text is not None and not re.fullmatch(r"[0-9A-Fa-f]+", text):
            self.notes.add("not_hex", path, found=text)
            return None
        return text

    def unit(self, raw: Raw, path: str) -> str:
        """Return a UN/ECE Recommendation 20 unit code, or nothing."""
        text = self.text(raw, path)
        if text is not None and not _UOM.fullmatch(text):
            self.notes.add("bad_uom", path, found=text)
            return ""
        return text or ""

    def offset(self, raw: Raw, path: str) -> str | None:
        """Return the time zone offset that the sender saw."""
        text = self.text(raw, path)
        if text is not None and not _OFFSET.fullmatch(text):
            self.notes.add("bad_offset", path, found=text)
            return None
        return text

    def time(self, raw: Raw, path: str) -> datetime | None:
        """Return an instant in UTC. Digits beyond the microsecond are cut off."""
        text = self.text(raw, path)
        if text is None:
            return None
        found = _TIME.fullmatch(text)
        if found is None:
            self.notes.add("not_time", path, found=text)
            return None
        zone = found.group(8) or ""
        if not zone:
            self.notes.add("time_without_zone", path, found=text)
            zone = self.default_offset
        year, month, day, hour, minute = (int(found.group(place)) for place in range(1, 6))
        micro = int((found.group(7) or "0")[:6].ljust(6, "0"))
        try:
            return datetime(year, month, day, hour, minute, int(found.group(6) or 0), micro, tzinfo=_zone(zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.notes.add("not_time", path, found=text)
            return None

    def time_text(self, raw: Raw, path: str) -> str | None:
        """Return an instant as text in UTC, for sensor data, where it stands among other values."""
        moment = self.time(raw, path)
        return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _zone(text: str) -> timezone:
    """Return the zone of Z or ±hh:mm; raises ValueError beyond a day."""
    if text in ("Z", "z"):
        return timezone(timedelta(0))
    hours, minutes = int(text[1:3]), int(text[4:6])
    if minutes > 59:
        raise ValueError(text)
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)


def plain_decimal(text: str) -> str | None:
    """Return the shortest plain form of a decimal ("26.0" is "26"), None when it has too many digits."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS or len(value.as_tuple().digits) > MAX_DIGITS:
        return None
    plain = format(value, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "", "+0") else plain


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
