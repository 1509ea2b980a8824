"""What a trace page was asked for, read from its address and written back into one: every view of a trace can be sent as a link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from urllib.parse import quote, urlencode

from django.http import QueryDict
from django.urls import reverse

from lotline.core.instant import BadInstant, parse_instant
from lotline.records.genealogy.closure import To

BOTH = "both"
WAYS = (To.SOURCES.value, BOTH, To.DESTINATIONS.value)
# What tells equal codes apart, and the moments.
FIELDS = ("kind", "item", "partner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``kind``, ``item`` and ``partner`` choose one of several meanings of ``code``; ``together`` takes all of them.

    ``as_of`` and ``known_at`` are kept as they were typed; ``moments`` reads them.
    """

    code: str
    way: str = BOTH
    kind: str = ""
    item: str = ""
    partner: str = ""
    together: bool = False
    as_of: str = ""
    known_at: str = ""

    @property
    def directions(self) -> tuple[To, ...]:
        """The ways to walk."""
        return (To.SOURCES, To.DESTINATIONS) if self.way == BOTH else (To(self.way),)

    @property
    def at_another_time(self) -> bool:
        """Whether the page shows something else than what is known now."""
        return bool(self.as_of or self.known_at)

    def moments(self, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        """``as_of`` and ``known_at``, on the plant's clock where no zone is given. Raises ``BadInstant``."""
        return _moment(self.as_of, zone), _moment(self.known_at, zone)

    def query(self) -> str:
        """Everything but the code, as it stands behind the question mark."""
        pairs = [(name, getattr(self, name)) for name in (*FIELDS, "as_of", "known_at") if getattr(self, name)]
        if self.together:
            pairs.append(("together", "1"))
        if self.way != BOTH:
            pairs.append(("to", self.way))
        return urlencode(pairs)

    def address(self, **changes: object) -> str:
        """The page of this trace, with ``changes``."""
        return self._at("web:trace-of", **changes)

    def picture_address(self) -> str:
        """Where the page's genealogy comes from."""
        return self._at("web:trace-picture")

    def _at(self, name: str, **changes: object) -> str:
        asked = replace(self, **changes) if changes else self  # type: ignore[arg-type]
        query = asked.query()
        return trace_path(name, asked.code) + (f"?{query}" if query else "")


def trace_path(name: str, code: str) -> str:
    """An address with a code in it. A slash in it is quoted, which ``reverse`` would not do."""
    return reverse(name, args=["code"]).removesuffix("code") + quote(code, safe="")


def read_asked(code: str, query: QueryDict) -> Asked:
    """What ``/trace/<code>?…`` asks for; an unknown direction is both."""
    way = query.get("to", BOTH)
    return Asked(
        code=code,
        way=way if way in WAYS else BOTH,
        kind=query.get("kind", ""),
        item=query.get("item", ""),
        partner=query.get("partner", ""),
        together=query.get("together") == "1",
        as_of=query.get("as_of", "").strip(),
        known_at=query.get("known_at", "").strip(),
    )


def _moment(text: str, zone: tzinfo) -> datetime | None:
    if not text:
        return None
    moment = parse_instant(text, zone)
    if not 1900 <= moment.year <= 9000:
        raise BadInstant(text)
    return moment
