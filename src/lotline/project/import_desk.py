"""The import page's desk (``lotline.doors.web.ports.ImportDesk``): the roof joins the web door with the exchange door."""

from __future__ import annotations

import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.utils.translation import gettext as _

from lotline.core.ledger import Refused
from lotline.doors.exchange.epcis.capture import Capture, capture_file
from lotline.doors.exchange.epcis.problems import InvalidDocument
from lotline.doors.exchange.genealogy_csv import BadGenealogy, GenealogySummary, import_genealogy
from lotline.doors.exchange.genealogy_csv.words import PROBLEM as GENEALOGY_WORDS
from lotline.doors.exchange.tables.bad_rows import write_bad_rows_workbook
from lotline.doors.exchange.tables.cells import UnreadableTable
from lotline.doors.exchange.tables.importing import Detected, Options, Result, commit, detect, preview
from lotline.doors.exchange.tables.kinds import KINDS, MASTER_KINDS, ORDER_OF_KINDS
from lotline.doors.exchange.tables.mapping import BadMapping, ColumnUse, Mapping, check_mapping
from lotline.doors.exchange.tables.problems import BadTable, RowProblem, Weight
from lotline.doors.exchange.tables.template import write_template
from lotline.doors.exchange.tables.uploads import NoSuchUpload, StoredUpload, Upload, find_upload, finish_upload, keep_upload
from lotline.doors.exchange.tables.words import describe, describe_file
from lotline.doors.exchange.tables.work import Work, progress_of
from lotline.doors.web.ports import (
    EPCIS,
    GENEALOGY,
    FileLook,
    KindOffered,
    NotTaken,
    Outcome,
    RowNote,
    SheetChoice,
    SheetLook,
    StoredBefore,
    Target,
    Wishes,
    WorkSeen,
)
from lotline.project.import_rights import may_create, refuse_creating, run_within_rights
from lotline.project.import_work import begin_work, kept_of, outcome_of
from lotline.records.journal.words import describe as describe_refusal
from lotline.records.places.models import Plant

# Lots of a file that its result links to.
LINKED = 12
GENEALOGY_FILES = ("lots.csv", "links.csv", "events.csv")
LARGEST_UNPACKED = 600 * 2**20
BLOCK = 2**20
# What Python raises for a damaged zip, an encrypted one (RuntimeError) and one packed in a way that it does not know.
UNREADABLE_ZIP = (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError)
FORMS = {".json": EPCIS, ".jsonld": EPCIS, ".xml": EPCIS, ".zip": GENEALOGY}
LOT_TARGETS = ("lot", "output_lot")


def offer_kinds() -> Sequence[KindOffered]:
    return [KindOffered(kind.name, str(kind.label), str(kind.help)) for kind in KINDS.values()]


def keep_file(*, plant: Plant, user: UUID, name: str, chunks: Iterable[bytes]) -> str:
    try:
        return keep_upload(plant=plant, user_id=user, name=name, chunks=chunks).token
    except UnreadableTable as bad:
        raise NotTaken(describe_file(bad.code, bad.params)) from bad


def look_at(*, plant: Plant, user: UUID, token: str, kind: str) -> FileLook:
    upload = _find(plant, user, token)
    form = FORMS.get(Path(upload.name).suffix.lower(), "table")
    if form != "table":
        return FileLook(token, upload.name, form)
    try:
        detected = detect(plant=plant, path=upload.path, kind=kind if kind in KINDS else "")
    except UnreadableTable as bad:
        raise NotTaken(describe_file(bad.code, bad.params)) from bad
    return FileLook(token, upload.name, form, tuple(_look(one) for one in detected))


def try_import(*, plant: Plant, user: UUID, token: str, wishes: Wishes) -> Outcome:
    with begin_work(_find(plant, user, token), store=False) as work:
        return _run(work, plant, user, wishes)


def store_import(*, plant: Plant, user: UUID, token: str, wishes: Wishes) -> Outcome:
    with begin_work(_find(plant, user, token), store=True) as work:
        # Another window may have stored it while this one waited for its turn.
        upload = _find(plant, user, token)
        outcome = _run(work, plant, user, wishes)
        if outcome.stored:
            finish_upload(upload, kept_of(outcome))
    return outcome


def progress(*, plant: Plant, user: UUID, token: str) -> WorkSeen | None:
    try:
        seen = progress_of(_find(plant, user, token))
    except NotTaken:
        return None
    return None if seen is None else WorkSeen(seen.stage.value, seen.done, seen.total)


def bad_rows(*, plant: Plant, user: UUID, token: str, wishes: Wishes) -> bytes:
    upload = _find(plant, user, token)
    mappings = _mappings(wishes)
    result = _tried(plant, user, upload.path, mappings, wishes)
    table = min((problem.table for problem in result.errors), default=0)
    buffer = io.BytesIO()
    write_bad_rows_workbook(path=upload.path, mapping=mappings[table], problems=result.problems, table=table, target=buffer)
    return buffer.getvalue()


def template(kind: str) -> bytes:
    buffer = io.BytesIO()
    write_template(kind=kind, target=buffer)
    return buffer.getvalue()


# ---- looking -------------------------------------------------------------------------------------------------------------------------


def _find(plant: Plant, user: UUID, token: str) -> Upload:
    try:
        return find_upload(plant=plant, user_id=user, token=token)
    except StoredUpload as stored:
        raise StoredBefore(stored.name, outcome_of(stored.outcome)) from stored
    except NoSuchUpload as missing:
        raise NotTaken(_("This file is no longer waiting here. Choose it again."), gone=True) from missing


def _look(one: Detected) -> SheetLook:
    mapping = one.mapping
    if mapping is None:
        return SheetLook(one.sheet.name, "", "", 1, (), (), (), {}, "ymd", known=False, hidden=one.sheet.hidden)
    targets = tuple(Target(column.name, str(column.label), column.required) for column in mapping.table_kind.columns)
    names = {column.name for column in mapping.missing()}
    below = one.first_rows[mapping.header_row : mapping.header_row + 3]
    columns = tuple((use.index, use.header, use.use, _values_of(below, use.index)) for use in mapping.columns)
    missing = tuple(target for target in targets if target.name in names)
    return SheetLook(
        one.sheet.name, mapping.kind, str(mapping.table_kind.label), mapping.header_row, columns, targets, missing, mapping.defaults,
        mapping.date_order, known=mapping.known, hidden=one.sheet.hidden,
    )  # fmt: skip


def _values_of(rows: Sequence[Sequence[str]], index: int) -> str:
    return ", ".join(row[index] for row in rows if index < len(row) and row[index])[:60]


# ---- trying and storing --------------------------------------------------------------------------------------------------------------


def _run(work: Work, plant: Plant, user: UUID, wishes: Wishes) -> Outcome:
    upload, store = work.upload, work.store
    form = FORMS.get(Path(upload.name).suffix.lower(), "table")
    if form == EPCIS:
        return _run_epcis(plant, user, upload, store=store, lenient=wishes.lenient)
    if form == GENEALOGY:
        return _run_genealogy(plant, user, work)
    mappings = _mappings(wishes)
    if not store:
        return _outcome(_tried(plant, user, upload.path, mappings, wishes, work), mappings)
    options = _options(plant, user, wishes, mappings)
    try:
        done = commit(
            plant=plant, path=upload.path, mappings=mappings, options=options, actor=user, name=upload.name,
            progress=work.tell_done, reading=work.tell_read,
        )  # fmt: skip
        return _outcome(done, mappings)
    except BadTable as bad:
        rows = {(problem.table, problem.row) for problem in bad.problems if problem.weight is Weight.ERROR}
        return Outcome(stored=False, bad=len(rows), notes=tuple(_note(problem, mappings) for problem in bad.problems))
    except (UnreadableTable, BadMapping) as bad_file:
        raise NotTaken(describe_file(bad_file.code, bad_file.params)) from bad_file
    except Refused as refused:
        raise _not_taken(refused) from refused


def _tried(plant: Plant, user: UUID, path: Path, mappings: Sequence[Mapping], wishes: Wishes, work: Work | None = None) -> Result:
    options = _options(plant, user, wishes, mappings)
    try:
        return preview(
            plant=plant, path=path, mappings=mappings, options=options, actor=user,
            progress=work.tell_done if work else None, reading=work.tell_read if work else None,
        )  # fmt: skip
    except (UnreadableTable, BadMapping) as bad:
        raise NotTaken(describe_file(bad.code, bad.params)) from bad
    except Refused as refused:
        raise _not_taken(refused) from refused


def _options(plant: Plant, user: UUID, wishes: Wishes, mappings: Sequence[Mapping]) -> Options:
    """What the person decided, as far as their rights go. Raises ``NotTaken`` for a table of master data that they may not write."""
    allowed = may_create(plant, user)
    tables = [str(mapping.table_kind.label) for mapping in mappings if mapping.kind in MASTER_KINDS]
    if tables and not allowed:
        raise refuse_creating(tables)
    return Options(create_missing=wishes.create_missing and allowed, book_gaps=wishes.book_gaps, skip_bad=wishes.skip_bad)


def _mappings(wishes: Wishes) -> list[Mapping]:
    """The mappings as a person wants them, in the order in which kinds are imported. Raises ``NotTaken``."""
    if not wishes.sheets:
        raise NotTaken(_("Choose at least one sheet to import."))
    try:
        mappings = [_mapping(sheet) for sheet in wishes.sheets]
    except BadMapping as bad:
        raise NotTaken(describe_file(bad.code, bad.params)) from bad
    return sorted(mappings, key=lambda mapping: ORDER_OF_KINDS[mapping.kind])


def _mapping(sheet: SheetChoice) -> Mapping:
    columns = tuple(ColumnUse(index, header, sheet.uses.get(index, "-")) for index, header in sorted(sheet.headers.items()))
    return check_mapping(
        Mapping(
            kind=sheet.kind,
            columns=columns,
            sheet=sheet.name,
            header_row=sheet.header_row,
            defaults={name: text for name, text in sheet.defaults.items() if text.strip()},
            date_order=sheet.date_order,
        )
    )


def _outcome(result: Result, mappings: Sequence[Mapping]) -> Outcome:
    samples = (row for table in result.tables for row in table.sample)
    lots = dict.fromkeys(row[name] for row in samples for name in LOT_TARGETS if row.get(name))
    return Outcome(
        stored=result.stored,
        rows=sum(table.rows for table in result.tables),
        bad=sum(table.bad for table in result.tables),
        facts=result.facts,
        already=result.already_imported,
        new_lots=result.new_lots,
        named_units=tuple(result.named_units),
        new_items=tuple(result.new_items),
        new_places=tuple(result.new_places),
        gaps=result.gaps,
        complete=result.complete,
        notes=tuple(_note(problem, mappings) for problem in result.problems),
        lots=tuple(lots)[:LINKED],
        by_sheet=tuple((table.mapping.sheet, table.rows, table.bad) for table in result.tables),
    )


def _note(problem: RowProblem, mappings: Sequence[Mapping]) -> RowNote:
    sheet = mappings[problem.table].sheet if problem.table < len(mappings) else ""
    return RowNote(sheet, problem.row, problem.column, problem.value, describe(problem), problem.weight is Weight.ERROR)


def _not_taken(refused: Refused) -> NotTaken:
    return NotTaken(_("The journal did not take this."), details=[describe_refusal(problem) for problem in refused.problems[:20]])


# ---- documents -----------------------------------------------------------------------------------------------------------------------


def _run_epcis(plant: Plant, user: UUID, upload: Upload, *, store: bool, lenient: bool) -> Outcome:
    def run() -> Capture:
        return capture_file(plant=plant, source=upload.path, actor=user, lenient=lenient, name=upload.name)

    try:
        done = run_within_rights(plant=plant, user=user, store=store, run=run)
    except InvalidDocument as invalid:
        notes = tuple(
            RowNote("", (one.event or 0) + 1 if one.event is not None else 0, one.path, one.event_id, str(one), error=True)
            for one in invalid.problems
        )
        repairable = not lenient and all(one.repairable for one in invalid.problems)
        return Outcome(stored=False, bad=len(notes), notes=notes, repairable=repairable)
    except Refused as refused:
        raise _not_taken(refused) from refused
    warnings = tuple(RowNote("", 0, one.path, one.event_id, str(one), error=False) for one in done.warnings)
    return Outcome(stored=store, rows=done.events, facts=done.facts, already=done.replayed, new_lots=done.lots, notes=warnings)


def _run_genealogy(plant: Plant, user: UUID, work: Work) -> Outcome:
    store = work.store
    with _unpacked(work.upload.path) as folder:

        def run() -> GenealogySummary:
            return import_genealogy(plant=plant, folder=folder, actor=user, progress=work.tell_done, name=work.upload.name)

        try:
            done = run_within_rights(plant=plant, user=user, store=store, run=run)
        except BadGenealogy as bad:
            notes = tuple(RowNote(row.file, row.line, "", row.detail, str(GENEALOGY_WORDS[row.code]), error=True) for row in bad.problems)
            return Outcome(stored=False, bad=len(notes), notes=notes)
        except Refused as refused:
            raise _not_taken(refused) from refused
    return Outcome(stored=store, rows=done.lots + done.links + done.events, facts=done.facts, already=done.replayed, new_lots=done.lots)


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """The three files of a genealogy, out of a zip, in a folder that goes afterwards. No other name is unpacked, and no bomb."""
    with tempfile.TemporaryDirectory(prefix="lotline-import-") as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(path) as archive:
                found = {Path(info.filename).name: info for info in archive.infolist() if not info.is_dir()}
                if missing := [one for one in GENEALOGY_FILES if one not in found]:
                    raise NotTaken(_("The zip holds no %(files)s.") % {"files": ", ".join(missing)})
                left = LARGEST_UNPACKED
                for one in GENEALOGY_FILES:
                    left -= _unpack(archive, found[one], folder / one, left)
        except UNREADABLE_ZIP as bad:
            raise NotTaken(_("The zip can not be read. Pack it again.")) from bad
        yield folder


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Write a member in blocks; its bytes are returned. Raises ``NotTaken`` beyond ``most``: what the zip says of its sizes may be a lie."""
    done = 0
    with archive.open(member) as source, target.open("wb") as file:
        while block := source.read(BLOCK):
            done += len(block)
            if done > most:
                raise NotTaken(_("The files in the zip are too large for a page. At the terminal: lotline import genealogy FOLDER"))
            file.write(block)
    return done
