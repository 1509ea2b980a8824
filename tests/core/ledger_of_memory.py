"""A book whose owner keeps everything in lists: the rules without any database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from lotline.core.facts import Disposition, Draft, FactKind, LotRef, Move, PlaceKind
from lotline.core.instant import to_micros
from lotline.core.ledger import Book, Decision, Entry, ItemState, PlaceState, Refused, ReversedFact, Sources

ONE = 1_000_000
DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
KINDS = {
    "S": PlaceKind.SUPPLIER, "K": PlaceKind.CUSTOMER, "SUB": PlaceKind.SUBCONTRACTOR, "TRANSIT": PlaceKind.TRANSIT,
    "PROCESS": PlaceKind.PROCESS, "SCRAP": PlaceKind.SCRAP, "VARIANCE": PlaceKind.VARIANCE, "SITE": PlaceKind.SITE,
    "A": PlaceKind.BIN, "B": PlaceKind.BIN, "BOX": PlaceKind.CONTAINER, "PALLET": PlaceKind.CONTAINER,
}  # fmt: skip
PARENTS = {"A": "SITE", "B": "SITE", "BOX": "A", "PALLET": "A"}
ITEMS = (
    ItemState(uuid4(), "KG"),
    ItemState(uuid4(), "PCS", decimals=0),
    ItemState(uuid4(), "SN", decimals=0, serial=True),
    ItemState(uuid4(), "QA", release_required=True),
    ItemState(uuid4(), "FRESH", shelf_life_days=3),
)


@dataclass
class Ledger:
    """Posts drafts one after another into one book, as one batch; remembers the entries."""

    entries: list[Entry] = field(default_factory=list)
    reversed_ids: set[Any] = field(default_factory=set)

    def __post_init__(self) -> None:
        ids = {code: uuid4() for code in KINDS}
        inside = {PlaceKind.SITE, PlaceKind.BIN, PlaceKind.CONTAINER}
        places = {
            code: PlaceState(ids[code], code, kind, kind in inside, ids[PARENTS[code]] if code in PARENTS else None)
            for code, kind in KINDS.items()
        }
        sources = Sources(
            new_id=uuid4, place=lambda _id: places["SITE"], history=lambda _id: [],
            between=lambda _id, _from, _before: [], stands=lambda _id: False, carries=lambda _id: [],
            decisions=self.decisions, first_status=lambda _id: Disposition.RELEASED,
            inner=lambda _places, _since: [], touching=lambda _places, _since: [], lots_in=lambda _places, _lots: {},
        )  # fmt: skip
        self.book = Book(
            places=places, items={item.code: item for item in ITEMS}, lots={}, sources=sources,
            latest_us=to_micros(DAY + timedelta(days=30)),
        )  # fmt: skip

    def decisions(self, lot: Any) -> list[Decision]:
        """What the journal would say of decisions that stand."""
        return [
            Decision(entry.at_us, entry.seq, entry.draft.disposition, entry.id)
            for entry in self.entries
            if entry.draft.disposition is not None and lot in entry.subjects and entry.id not in self.reversed_ids
        ]

    def post(self, kind: str, *moves: Move, hour: float = 0, **said: Any) -> Entry:
        said.setdefault("reason", "because")
        draft = Draft(kind=FactKind(kind), happened_at=DAY + timedelta(hours=hour), key=f"k{len(self.entries)}", moves=moves, **said)
        entry = self.book.post(draft, id=uuid4(), seq=len(self.entries) + 1)
        self.entries.append(entry)
        return entry

    def reverse(self, entry: Entry) -> Entry:
        """Take an entry back, as the store would: it hands over what the journal holds of it."""
        fact = ReversedFact(
            entry.id, entry.draft.kind, entry.at_us, tuple(entry.postings), tuple(entry.carries), tuple(entry.subjects),
            entry.seq, entry.id in self.reversed_ids,
        )  # fmt: skip
        assert isinstance(entry.id, UUID)
        draft = Draft(kind=FactKind.REVERSE, happened_at=DAY, key=f"r{len(self.entries)}", reverses=entry.id, reason="wrong")
        taken = self.book.post(draft, id=uuid4(), seq=len(self.entries) + 1, reversed_fact=fact)
        self.reversed_ids.add(entry.id)
        self.entries.append(taken)
        return taken

    def refusal(self, kind: str, *moves: Move, **said: Any) -> list[str]:
        """The codes with which a draft is refused; the book is spent after that."""
        try:
            self.post(kind, *moves, **said)
        except Refused as refused:
            return [problem.code for problem in refused.problems]
        return []

    def stock(self) -> dict[tuple[str, str], int]:
        """(lot code, place code) → whole base units."""
        return {
            (ref.code, self.book.place_by_id(place).code): quantity // ONE
            for ref, lot in self.book.lots.items()
            for place, quantity in lot.balances.items()
            if quantity
        }

    def parent(self, code: str) -> str:
        parent = self.book.places[code].parent
        assert parent is not None
        return self.book.place_by_id(parent).code


def m(code: str, pieces: float, source: str, target: str, strand: int = 0, item: str = "KG") -> Move:
    return Move(LotRef(item, code), int(pieces * ONE), source, target, strand)


def ref(code: str, item: str = "KG") -> LotRef:
    return LotRef(item, code)
