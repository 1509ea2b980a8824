"""Filling an empty database from a backup: tables as they were, all rows in one transaction, then up to this version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from lotline.doors.commands.ports import Progress, Stopped
from lotline.doors.commands.words import _
from lotline.project.backup.aside import discard, has_rows, has_tables, put_aside
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
            kept = _make_room(replace=replace)
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


# ---- tables as they were ------------------------------------------------------------------------------------------------------------


def _tables_at(backup: Backup) -> dict[str, Table]:
    """Make the tables of the version that wrote the backup, and describe their columns."""
    executor = MigrationExecutor(connection)
    known = executor.loader.disk_migrations
    written = {(app, name) for app, name in backup.manifest["migrations"] if app in OURS}
    if not written <= known.keys():
        raise newer(backup.manifest)
    graph = executor.loader.graph
    ends = [key for key in written if not any(child.key in written for child in graph.node_map[key].children if child.key[0] == key[0])]
    others = [key for key in graph.leaf_nodes() if key[0] not in OURS]
    targets = sorted(ends) + others
    state = executor.migrate(targets)
    apps: Apps = state.apps
    tables = {table.name: table for table in tables_of(apps)}
    for entry in backup.manifest["tables"]:
        table = tables.get(entry["table"])
        if table is None or {column.name for column in table.columns} != set(entry["columns"]):
            raise Stopped(_("The backup does not fit the version that it names: table {table}.").format(table=entry["table"]))
    return tables


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
