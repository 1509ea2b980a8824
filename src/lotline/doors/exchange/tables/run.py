"""One import, from rows that were read to facts in the journal. The caller holds the transaction, of a writer or of a reader."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from lotline.core.ledger import Problem
from lotline.doors.exchange.earlier import TakenBack, tell_body
from lotline.doors.exchange.tables.drafts import DraftMaker, Planned
from lotline.doors.exchange.tables.happenings import Happening, gather
from lotline.doors.exchange.tables.kinds import KINDS, MASTER_KINDS, ORDER_OF_KINDS
from lotline.doors.exchange.tables.lines import Worked, in_order, names_of, text_of, unit_beside, work_out
from lotline.doors.exchange.tables.master_data import MasterData
from lotline.doors.exchange.tables.master_tables import take_items, take_places, take_units
from lotline.doors.exchange.tables.near_codes import items_alike, lots_alike, places_alike
from lotline.doors.exchange.tables.posting import Posted, Take, content_of, known_keys, post
from lotline.doors.exchange.tables.problems import RowProblem, Weight
from lotline.doors.exchange.tables.rows import ReadRow, ReadTable
from lotline.doors.exchange.tables.whereabouts import Whereabouts
from lotline.records.journal.actions import append
from lotline.records.journal.rehearsal import rehearsing
from lotline.records.places.models import Plant

_FOLLOWING = frozenset({"lot_unknown", "not_enough", "draws_own_output"})


class Run:
    """``execute`` does everything once; the attributes then say what came of it."""

    def __init__(
        self,
        plant: Plant,
        tables: list[ReadTable],
        *,
        create_missing: bool,
        book_gaps: bool,
        again: bool,
        actor: UUID | None,
        store: bool,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.plant = plant
        self.tables = tables
        self.book_gaps = book_gaps
        self.again = again
        self.actor = actor
        self.store = store
        self.progress = progress
        self.problems: list[RowProblem] = [problem for table in tables for problem in table.problems]
        self.master = MasterData(plant, create_missing)
        self.posted = Posted()
        self.already_by_table: Counter[int] = Counter()
        self.already_imported = 0
        self.named_units: list[str] = []
        self.new_items: list[str] = []
        self.new_places: list[str] = []
        self.new_lots = 0

    def execute(self) -> None:
        """Master data first, then the facts in the order of time."""
        by_kind: dict[str, list[ReadRow]] = defaultdict(list)
        for table in sorted(self.tables, key=lambda one: ORDER_OF_KINDS[one.mapping.kind]):
            by_kind[table.mapping.kind] += table.rows
        coming = self.master.coming
        self.named_units = take_units(by_kind["units"], coming, self.bad)
        self.new_items = take_items(by_kind["items"], coming, self.bad, self.remark)
        self.new_places = take_places(self.plant, by_kind["places"], coming, self.bad, self.remark)
        happenings = [happening for kind in KINDS if kind not in MASTER_KINDS for happening in gather(kind, by_kind[kind])]
        happenings = self._without_imported(happenings)
        self._load(happenings)
        worked = in_order(work_out(happenings, self.master, self.bad), ORDER_OF_KINDS)
        planned = self._plan(worked)
        self._spread_bad(happenings)
        planned = [one for one in planned if not one.happening.bad]
        tables = [*coming.items], [*coming.places]
        self._create_new(planned)
        self._warn_of_alike(worked, *tables)
        with self._journal() as take:
            self.posted = post(plant=self.plant, planned=planned, take=take, book_gaps=self.book_gaps, progress=self.progress)
        self._tell_refusals(happenings)
        self.new_lots = len({move.lot for one in planned if not one.happening.bad for move in one.draft.moves} - self.master.known_lots)

    @contextmanager
    def _journal(self) -> Iterator[Take]:
        """Where the facts go: into the journal, with what they need, or into a rehearsal that knows of it."""
        coming = self.master.coming
        if self.store:
            coming.store()
            yield lambda drafts: append(plant=self.plant, drafts=drafts, actor=self.actor)
        else:
            with rehearsing(plant=self.plant, actor=self.actor, items=coming.items.values(), places=coming.places.values()) as take:
                yield take

    # --- telling --------------------------------------------------------------------------------------------------------

    def bad(self, row: ReadRow, code: str, params: Mapping[str, str], target: str = "") -> None:
        """The row can not be taken."""
        row.bad = True
        self._tell(row, code, params, target, Weight.ERROR)

    def remark(self, row: ReadRow, code: str, params: Mapping[str, str], target: str = "") -> None:
        """Something about the row that a person should see."""
        self._tell(row, code, params, target, Weight.WARNING)

    def _tell(self, row: ReadRow, code: str, params: Mapping[str, str], target: str, weight: Weight) -> None:
        columns = self.tables[row.table].mapping.columns
        header = next((use.header for use in columns if use.use == target), "")
        value = row.values.get(target)
        self.problems.append(RowProblem(row.table, row.number, code, params, header, str(value) if isinstance(value, str) else "", weight))

    # --- steps ----------------------------------------------------------------------------------------------------------

    def _without_imported(self, happenings: list[Happening]) -> list[Happening]:
        """What is not in the journal yet. A record that was imported with other content is refused, not imported again."""
        self._use_new_keys(happenings)
        known = known_keys(self.plant, happenings)
        fresh = []
        for happening in happenings:
            if happening.key not in known:
                fresh.append(happening)
            elif known[happening.key].content == happening.content:
                self.already_imported += 1
                self.already_by_table[happening.rows[0].table] += len(happening.rows)
            else:
                earlier = known[happening.key]
                for row in happening.rows:
                    self.bad(row, "changed_since_import", {"fact": str(earlier.seq), "earlier": tell_body(earlier.body)}, "event")
        return fresh

    def _use_new_keys(self, happenings: list[Happening]) -> None:
        """What was taken back and changed since, or is wanted again, is written under another key."""
        taken_back = TakenBack(self.plant, again=self.again)
        if not taken_back:
            return
        asked = {one.key: (lambda body, one=one: content_of(body) == one.content if one.content else True) for one in happenings if one.key}
        chosen = taken_back.keys_for(asked)
        for happening in happenings:
            happening.key = chosen.get(happening.key, happening.key)

    def _load(self, happenings: Iterable[Happening]) -> None:
        """Look up at once everything that the rows name."""
        items, places, lots, units = set(), set(), set(), set()
        for happening in happenings:
            for row in happening.rows:
                places |= {text for name in ("place", "supplier", "customer") if (text := row.text(name))}
            for named in names_of(happening):
                items.add(text_of(named, "item"))
                lots.add(text_of(named, "lot"))
                units |= {text_of(named, "unit"), unit_beside(named)}
        self.master.load(items=items - {""}, places=places, lots=lots - {""})
        of_lots = {item for found in self.master.items_of_lot.values() for item in found}
        self.master.load_items(of_lots - self.master.items.keys())
        said = {self.master.unit(unit) for unit in units - {""}}
        self.master.load_factors((code, unit) for code in self.master.items for unit in said)

    def _plan(self, worked: list[Worked]) -> list[Planned]:
        drawn = {line.lot for one in worked for line in one.inputs if not line.row.text("place")}
        maker = DraftMaker(master=self.master, whereabouts=Whereabouts(self.plant, drawn), bad=self.bad, remark=self.remark)
        return [planned for one in worked if (planned := maker.make(one)) is not None]

    def _spread_bad(self, happenings: Iterable[Happening]) -> None:
        """A record is taken whole or not at all: rows beside a bad one wait until it is mended."""
        for happening in happenings:
            broken = next((row for row in happening.rows if row.bad), None)
            for row in happening.rows:
                if broken is not None and not row.bad:
                    self.bad(row, "beside_bad_row", {"row": str(broken.number)})

    def _create_new(self, planned: list[Planned]) -> None:
        """Items, places and partners that good rows name for the first time."""
        items = {move.lot.item for one in planned for move in one.draft.moves} | {lot.item for one in planned for lot in one.draft.subjects}
        places = {code for one in planned for move in one.draft.moves for code in (move.source, move.target)}
        places |= {birth.supplier for one in planned for birth in one.draft.births}
        self.master.create_new(items=items, places=places)
        self.new_items += sorted(item.code for item in self.master.new_items() if item.code in items)
        self.new_places += sorted(code for code in self.master.new_places if code in places)

    def _warn_of_alike(self, worked: list[Worked], items: list[str], places: list[str]) -> None:
        """``items``, ``places``: those of the file's own tables, which rows may name as if they had existed before."""
        known = {ref.code for ref in self.master.known_lots}
        rows: dict[str, ReadRow] = {}
        for one in worked:
            for line in (*one.outputs, *one.inputs):
                rows.setdefault(line.lot.code, line.row)
        for code, other in lots_alike(self.plant, {code: code in known for code in rows}).items():
            self.remark(rows[code], "code_alike", {"code": code, "other": other}, _lot_column(rows[code]))
        first_row = {line.lot.item: line.row for one in reversed(worked) for line in (*one.outputs, *one.inputs)}
        for code, other in items_alike((item.code for item in self.master.new_items()), items).items():
            if code in first_row:
                self.remark(first_row[code], "code_alike", {"code": code, "other": other}, "item")
        partners = {
            row.text(name): row for one in reversed(worked) for row in one.happening.rows for name in ("supplier", "customer", "place")
        }
        for code, other in places_alike(self.plant, self.master.new_places, places).items():
            if code in partners:
                self.remark(partners[code], "code_alike", {"code": code, "other": other})

    def _tell_refusals(self, happenings: Iterable[Happening]) -> None:
        """What the journal refused, at the rows that it concerns; what only follows from a bad row says so."""
        broken = {text_of(named, "lot"): named.row.number for h in happenings if h.bad for named in names_of(h) if named.side == "out"}
        for planned, problem in self.posted.refused:
            row = _row_of(planned, problem)
            lot = problem.params.get("lot", "")
            if problem.code in _FOLLOWING and lot in broken:
                self.bad(row, "comes_from_bad_row", {"lot": lot, "row": str(broken[lot])}, _lot_column(row))
            else:
                self.bad(row, f"journal:{problem.code}", problem.params, _lot_column(row))
            for named in names_of(planned.happening):
                if named.side == "out":
                    broken.setdefault(text_of(named, "lot"), row.number)
        self._spread_bad(planned.happening for planned, _problem in self.posted.refused)
        for planned, problem in self.posted.gaps:
            self.remark(_row_of(planned, problem), "gap_booked", problem.params, "lot")


def _row_of(planned: Planned, problem: Problem) -> ReadRow:
    """The row that names the lot of the problem, else the first of the fact."""
    lot = problem.params.get("lot")
    found = (named.row for named in names_of(planned.happening) if lot and text_of(named, "lot") == lot)
    return next(found, planned.happening.rows[0])


def _lot_column(row: ReadRow) -> str:
    return "lot" if "lot" in row.values else "output_lot"
