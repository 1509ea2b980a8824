"""Backup and restore: online, one moment, whole or not at all, from either engine into either."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import connection, connections

from lotline.core.facts import Birth, Draft, FactKind, LotRef, Move
from lotline.core.quantity import parse_quantity
from lotline.doors.commands.ports import Stopped
from lotline.project.backup.columns import reading, spelling, tables_of
from lotline.project.backup.write import write
from lotline.records.catalog.actions import ItemSpec, ensure_items
from lotline.records.journal.actions import append
from lotline.records.people.actions import create_user, grant_role, issue_token
from lotline.records.people.choices import Role, Scope
from lotline.records.places.actions import create_plant


def receipt(number):
    lot = LotRef("FLOUR", f"L{number}")
    moves = (Move(lot, parse_quantity("1.25"), "TRANSIT", "SITE"),)
    return Draft(kind=FactKind.RECEIVE, happened_at=datetime(2026, 1, 1, tzinfo=UTC), key=f"k{number}", moves=moves, births=(Birth(lot),))


@pytest.fixture
def plant(transactional_db):
    plant = create_plant(code="P1", name="面粉厂")
    ensure_items([ItemSpec("FLOUR", unit="kg", name="面粉")])
    append(plant=plant, drafts=[receipt(number) for number in range(5)])
    owner = create_user(username="owner", password="correct horse battery", name="老板")
    grant_role(user=owner, plant=plant, role=Role.OWNER)
    issue_token(user=owner, plant=plant, name="scale", scopes=[Scope.READ, Scope.WRITE_FACTS], expires_at=datetime(2027, 1, 1, tzinfo=UTC))
    return plant


def tables_in(file):
    """Rows by table, whatever their order."""
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        return {entry["table"]: sorted(archive.read(entry["member"]).decode().splitlines()) for entry in manifest["tables"]}, manifest


@pytest.fixture
def other_engine(tmp_path, process_environment):
    """The address of an empty database: of SQLite when the test runs on PostgreSQL, of PostgreSQL's own server otherwise."""
    if connection.vendor == "postgresql":
        return f"sqlite:///{tmp_path / 'other.sqlite3'}"
    return f"sqlite:///{tmp_path / 'second.sqlite3'}"


# ---- whole ------------------------------------------------------------------------------------------------------------------------


def test_restore_gives_every_row_back_and_proves_it(terminal, plant, tmp_path, other_engine):
    terminal.json("backup", tmp_path / "first.zip")
    there = {"LOTLINE_DATABASE_URL": other_engine}

    restored = terminal.run("restore", tmp_path / "first.zip", "--json", **there)
    again = terminal.run("backup", tmp_path / "second.zip", **there)

    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout)["verified"] is True
    assert again.returncode == 0, again.stderr
    (first, before), (second, after) = tables_in(tmp_path / "first.zip"), tables_in(tmp_path / "second.zip")
    assert second == first
    assert len(first["journal_fact"]) == 5
    assert after["heads"] == before["heads"]
    assert terminal.run("replay", "--check", **there).returncode == 0
    assert terminal.run("user", "list", **there).stdout.count("owner") == 1


@pytest.mark.postgres_only("the way between engines needs both")
def test_records_go_from_postgresql_to_sqlite_and_back_unchanged(terminal, plant, tmp_path):
    embedded = f"sqlite:///{tmp_path / 'embedded.sqlite3'}"
    name = f"lotline_restored_{os.getpid()}"
    url = urlsplit(terminal.environment["LOTLINE_DATABASE_URL"])
    back = url._replace(path=f"/{name}").geturl()
    steps = [
        ("backup", "a.zip", None),
        ("restore", "a.zip", embedded),
        ("backup", "b.zip", embedded),
        ("restore", "b.zip", back),
        ("backup", "c.zip", back),
    ]

    try:
        for verb, file, address in steps:
            variables = {"LOTLINE_DATABASE_URL": address} if address else {}
            done = terminal.run(verb, tmp_path / file, **variables)
            assert done.returncode == 0, (verb, file, done.stderr)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')

    a, b, c = (tables_in(tmp_path / f"{letter}.zip")[0] for letter in "abc")
    assert a == b == c


def test_every_column_of_every_table_has_a_spelling_that_reads_back():
    tables = tables_of(apps)

    assert {"journal_fact", "journal_posting", "people_user", "catalog_lot"} <= {table.name for table in tables}
    for table in tables:
        for vendor in ("sqlite", "postgresql"):
            assert len(spelling(table.columns, vendor)) == len(reading(table.columns, vendor)) == len(table.columns)


def test_backup_under_writers_is_a_prefix_of_the_journal(terminal, plant, tmp_path):
    stop, written = threading.Event(), []

    def keep_writing():
        number = 100
        while not stop.is_set():
            written.extend(append(plant=plant, drafts=[receipt(number)]))
            number += 1
        connections.close_all()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        manifests = [terminal.run("backup", tmp_path / f"{i}.zip", "--json") for i in range(2)]
    finally:
        stop.set()
        writer.join(30)

    assert [done.returncode for done in manifests] == [0, 0], [done.stderr for done in manifests]
    tables, manifest = tables_in(tmp_path / "0.zip")
    facts = [json.loads(line) for line in tables["journal_fact"]]
    place = next(e["columns"] for e in manifest["tables"] if e["table"] == "journal_fact").index("seq")
    last = manifest["heads"][0]["seq"]
    assert 5 < last < 5 + len(written)
    assert sorted(fact[place] for fact in facts) == list(range(1, last + 1))
    target = {"LOTLINE_DATABASE_URL": f"sqlite:///{tmp_path / 'restored.sqlite3'}"}
    restored = terminal.run("restore", tmp_path / "0.zip", **target)
    assert restored.returncode == 0, restored.stderr


def test_a_backup_of_an_earlier_version_is_restored_as_it_was_and_then_brought_up_to_date(terminal, plant, tmp_path):
    terminal.json("backup", tmp_path / "now.zip")
    with zipfile.ZipFile(tmp_path / "now.zip") as source, zipfile.ZipFile(tmp_path / "earlier.zip", "w") as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename == "manifest.json":
                manifest = json.loads(data)
                manifest["migrations"] = [one for one in manifest["migrations"] if one != ["journal", "0002_append_only_guard"]]
                data = json.dumps(manifest).encode()
            target.writestr(info.filename, data)
    file = tmp_path / "restored.sqlite3"

    done = terminal.run("restore", tmp_path / "earlier.zip", LOTLINE_DATABASE_URL=f"sqlite:///{file}")

    assert done.returncode == 0, done.stderr
    with sqlite3.connect(file) as database, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute("DELETE FROM journal_fact")


@pytest.mark.one_engine("looks at the file only")
def test_a_backup_of_a_later_version_is_refused(terminal, plant, tmp_path):
    terminal.json("backup", tmp_path / "now.zip")
    with zipfile.ZipFile(tmp_path / "now.zip") as source, zipfile.ZipFile(tmp_path / "later.zip", "w") as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename == "manifest.json":
                manifest = json.loads(data)
                manifest["migrations"].append(["journal", "0999_tomorrow"])
                data = json.dumps(manifest).encode()
            target.writestr(info.filename, data)

    done = terminal.run("restore", tmp_path / "later.zip", LOTLINE_DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite3'}")

    assert done.returncode == 1
    assert "newer version of Lotline" in done.stderr


@pytest.mark.postgres_only("PostgreSQL keeps the records that were there in a schema")
def test_restore_replace_keeps_a_schema_on_postgresql(terminal, plant, tmp_path):
    name = f"lotline_replaced_{os.getpid()}"
    url = {"LOTLINE_DATABASE_URL": urlsplit(terminal.environment["LOTLINE_DATABASE_URL"])._replace(path=f"/{name}").geturl()}
    terminal.json("backup", tmp_path / "b.zip")
    try:
        assert terminal.run("init", "--no-input", "--plant-code", "OLD", **url).returncode == 0
        done = terminal.run("restore", tmp_path / "b.zip", "--replace", "--json", **url)
        users = terminal.run("user", "list", **url)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kept"].startswith("before_restore_")
    assert "P1" in users.stdout


# ---- or not at all ------------------------------------------------------------------------------------------------------------------


def test_restore_refuses_a_database_that_holds_records(terminal, plant, tmp_path):
    terminal.json("backup", tmp_path / "b.zip")

    done = terminal.run("restore", tmp_path / "b.zip")

    assert done.returncode == 1
    assert "There are records here already." in done.stderr
    assert terminal.json("verify")["facts"] == 5


def test_restore_replace_keeps_what_was_there(terminal, plant, tmp_path):
    terminal.json("backup", tmp_path / "b.zip")
    other = {"LOTLINE_DATABASE_URL": f"sqlite:///{tmp_path / 'other.sqlite3'}"}
    assert terminal.run("init", "--no-input", "--plant-code", "OLD", **other).returncode == 0

    done = terminal.run("restore", tmp_path / "b.zip", "--replace", "--json", **other)

    kept = json.loads(done.stdout)["kept"]
    assert Path(kept).exists()
    assert "P1" in terminal.run("user", "list", **other).stdout
    old = terminal.run("init", "--no-input", "--json", LOTLINE_DATABASE_URL=f"sqlite:///{kept}")
    assert json.loads(old.stdout)["plant"] == "OLD"


def rewritten(source, target, change):
    """A copy of a backup whose manifest ``change`` has altered."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename == "manifest.json":
                manifest = json.loads(data)
                change(manifest)
                data = json.dumps(manifest).encode()
            new.writestr(info.filename, data)
    return target


@pytest.fixture
def database_of_its_own(terminal, tmp_path):
    """Settings that name a database beside the test's, on the same engine, with plant OLD in it."""
    name = f"lotline_kept_{os.getpid()}"
    postgres = connection.vendor == "postgresql"
    url = urlsplit(terminal.environment["LOTLINE_DATABASE_URL"])._replace(path=f"/{name}").geturl()
    own = {"LOTLINE_DATABASE_URL": url if postgres else f"sqlite:///{tmp_path / 'own.sqlite3'}"}
    assert terminal.run("init", "--no-input", "--plant-code", "OLD", **own).returncode == 0
    yield own
    if postgres:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def later_version(manifest):
    manifest["migrations"].append(["journal", "0999_tomorrow"])


def other_columns(manifest):
    manifest["tables"][0]["columns"].append("tomorrow")


def other_ends(manifest):
    manifest["heads"][0]["hash"] = "0" * 64  # found out only when all rows are in


@pytest.mark.parametrize("change", [later_version, other_columns, other_ends])
def test_restore_replace_that_fails_leaves_the_records_where_they_were(terminal, plant, tmp_path, database_of_its_own, change):
    terminal.json("backup", tmp_path / "b.zip")
    spoilt = rewritten(tmp_path / "b.zip", tmp_path / "spoilt.zip", change)

    done = terminal.run("restore", spoilt, "--replace", **database_of_its_own)

    assert done.returncode == 1, done.stderr
    again = terminal.run("init", "--no-input", "--json", **database_of_its_own)
    assert json.loads(again.stdout)["plant"] == "OLD"
    assert not list(tmp_path.glob("*before-restore*"))


@pytest.mark.one_engine("looks at the file only")
def test_restore_refuses_a_backup_with_an_altered_row_and_stores_nothing(terminal, plant, tmp_path):
    terminal.json("backup", tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as source, zipfile.ZipFile(tmp_path / "forged.zip", "w") as target:
        for info in source.infolist():
            data = source.read(info)
            target.writestr(info.filename, data.replace(b"1250000", b"9250000") if "posting" in info.filename else data)
    there = {"LOTLINE_DATABASE_URL": f"sqlite:///{tmp_path / 'there.sqlite3'}"}

    done = terminal.run("restore", tmp_path / "forged.zip", **there)

    assert done.returncode == 1
    assert "journal_posting is not what was written" in done.stderr
    assert terminal.run("verify", **there).stderr.startswith("Stopped: There are no records here yet.")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + b"\0" * 18], ids=["empty", "text", "zip without a manifest"])
def test_restore_of_something_else_is_one_sentence(fresh_terminal, tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)

    done = fresh_terminal.run("restore", tmp_path / "x.zip")

    assert done.returncode == 1
    assert "is not a backup of Lotline, or it is damaged" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.one_engine("looks at the file only")
def test_backup_refuses_to_overwrite_a_file(terminal, plant, tmp_path):
    (tmp_path / "b.zip").write_text("precious")

    done = terminal.run("backup", tmp_path / "b.zip")

    assert (done.returncode, (tmp_path / "b.zip").read_text()) == (1, "precious")


def test_backup_on_a_full_disk_leaves_nothing_behind(terminal, plant, tmp_path):
    target = tmp_path / "b.zip"

    # A limit on file size fails a write as a full disk does, in the middle.
    done = terminal.run_limited("backup", target, file_bytes=2000)

    assert done.returncode == 1
    assert "no backup was written" in done.stderr
    assert [file.name for file in tmp_path.iterdir() if "b.zip" in file.name] == []


@pytest.mark.one_engine("looks at the folder only")
def test_backup_says_so_when_there_is_too_little_space(plant, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": 0}))

    with pytest.raises(Stopped, match="too little space"):
        write(target=tmp_path / "b.zip", progress=lambda _done, _total: None)

    assert list(tmp_path.glob("*b.zip*")) == []


def test_backup_into_a_folder_that_does_not_exist_is_refused_and_makes_none(terminal, genealogy_folder, tmp_path):
    terminal.run("import", "genealogy", genealogy_folder)

    done = terminal.run("backup", tmp_path / "mising" / "x.zip")

    assert done.returncode == 1
    assert "There is no folder" in done.stderr
    assert not (tmp_path / "mising").exists()
