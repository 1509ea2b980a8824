"""Filling an empty database from a backup: tables as they were, all rows in one transaction, then up to this version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from lotline.doors.commands.ports import Progress, Stopped
from lotline.doors.commands.words import _
from lotline.project.backup.aside import discard, has_rows, has_tables, put_aside, put_back
from lotline.project.backup.columns import OURS, Table, converted, reading, tables_of
from lotline.project.backup.read import Backup, check_hashes, newer, opened
from lotline.project.installation import make_database_folder, make_postgres_database, one_at_a_time, refresh_statistics

ROWS_AT_ONCE = 5000


def restore(*, source: Path, replace: bool, progress: Progress, say: Callable[[str], None]) -> dict[str, Any]:
    """Fill the database from ``source``; its rows, plants' heads and what was put aside are returned.

    Raises ``Stopped`` with nothing changed for a damaged file, one of a newer version, or a database that holds records
    (unless ``replace``: then those are kept aside). The caller proves chain and readings afterwards.
    """
    with opened(source) as backup:
        say(_("Checking the backup …"))
        check_hashes(backup, lambda _done, _total: None)
        make_database_folder()
        make_postgres_database()
        with one_at_a_time():
            _check_version(backup)
            kept = _make_room(replace=replace)
            with _put_back_on_failure(kept):
                tables = _tables_at(backup)
                _load(backup, tables, progress)
                call_command("migrate", verbosity=0, interactive=False)
    refresh_statistics()
    return {"rows": backup.rows, "heads": backup.manifest["heads"], "kept": kept, "from": backup.manifest["engine"]}


def _make_room(*, replace: bool) -> str:
    """See to it that there are no tables. Returns where the records went that were here, or nothing."""
    if not has_tables():
        return ""
    if not has_rows():
        discard(put_aside())
        return ""
    if not replace:
        raise Stopped(
            _("There are records here already."),
            _("Name another database with LOTLINE_DATABASE_URL, or restore with --replace: the records that are here are then put aside."),
        )
    return put_aside()


@contextmanager
def _put_back_on_failure(kept: str) -> Iterator[None]:
    """Whatever goes wrong after records were put aside, also Ctrl-C: they are where they were. Else the error names where they are."""
    try:
        yield
    except BaseException as failure:
        if not kept:
            raise
        try:
            put_back(kept)
        except Exception as stuck:
            reason = _("The restore failed ({failure}), and the records that were here could not be put back.").format(failure=failure)
            raise Stopped(reason, _("They are whole, in {kept}.").format(kept=kept)) from stuck
        raise


# ---- tables as they were ------------------------------------------------------------------------------------------------------------


def _written(backup: Backup) -> set[tuple[str, str]]:
    """Our migrations that the version which wrote the backup had."""
    return {(app, name) for app, name in backup.manifest["migrations"] if app in OURS}


def _check_version(backup: Backup) -> None:
    """Raises ``Stopped`` for a backup whose tables this version can not make. Looks at migrations and at a state of models only."""
    loader = MigrationLoader(None)
    written = _written(backup)
    if not written <= loader.disk_migrations.keys():
        raise newer(backup.manifest)
    state = loader.project_state(_ends(loader, written))
    _fitting(backup, state.apps)


def _ends(loader: MigrationLoader, written: set[tuple[str, str]]) -> list[tuple[str, str]]:
    graph = loader.graph
    ends = [key for key in written if not any(child.key in written for child in graph.node_map[key].children if child.key[0] == key[0])]
    return sorted(ends) + [key for key in graph.leaf_nodes() if key[0] not in OURS]


def _fitting(backup: Backup, apps: Apps) -> dict[str, Table]:
    """The tables of that state of models, by name. Raises ``Stopped`` if the backup's have other columns."""
    tables = {table.name: table for table in tables_of(apps)}
    for entry in backup.manifest["tables"]:
        table = tables.get(entry["table"])
        if table is None or {column.name for column in table.columns} != set(entry["columns"]):
            raise Stopped(_("The backup does not fit the version that it names: table {table}.").format(table=entry["table"]))
    return tables


def _tables_at(backup: Backup) -> dict[str, Table]:
    """Make the tables of the version that wrote the backup, and describe their columns."""
    executor = MigrationExecutor(connection)
    state = executor.migrate(_ends(executor.loader, _written(backup)))
    return _fitting(backup, state.apps)


# ---- rows ---------------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def _load(backup: Backup, tables: dict[str, Table], progress: Progress) -> None:
    """All rows in one transaction: an interrupted restore leaves an empty database."""
    done = 0
    for entry in backup.manifest["tables"]:
        table = tables[entry["table"]]
        by_name = {column.name: column for column in table.columns}
        table = Table(table.name, tuple(by_name[name] for name in entry["columns"]))
        converts = reading(table.columns, connection.vendor)
        rows = (converted(row, converts) for row in backup.lines(entry))
        count = 0
        while part := list(islice(rows, ROWS_AT_ONCE)):
            _insert(table, part)
            count += len(part)
            progress(done + count, backup.rows)
        if count != entry["rows"]:
            raise Stopped(_("The backup is damaged: table {table} is not what was written.").format(table=table.name))
        done += count
    _check_heads(backup)


def _insert(table: Table, rows: Sequence[Sequence[Any]]) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ",".join(["%s"] * len(table.columns))
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608 -- names are ours


def _check_heads(backup: Backup) -> None:
    """The ends of the chains are those that the manifest names."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT p.code, h.seq, h.hash FROM journal_head h JOIN places_plant p ON p.id = h.plant_id")
        found: Iterable[Any] = cursor.fetchall()
    heads = {(head["plant"], head["seq"], head["hash"]) for head in backup.manifest["heads"]}
    if {tuple(row) for row in found} != heads:
        raise Stopped(_("The backup is damaged: the ends of its chains are not those that it names."), _("Take another backup file."))
