"""What ``lotline doctor`` looks at: each examination returns one finding, and what to do where it is not well."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lotline.doors.commands.ports import Finding, Stopped
from lotline.doors.commands.words import _

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35)
OLDEST_POSTGRESQL = 14
LITTLE_SPACE = 1 << 30  # bytes: less than a gigabyte left is worth a word
CLOCK_DIFFERENCE = timedelta(seconds=5)
# A clock that shows an earlier day than this was never set: this file did not exist then.
NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
# Something that every page needs.
STATIC_FILE = "web/css/tokens.css"


def examine() -> list[Finding]:
    """All examinations; those of the records only where the database answers."""
    findings = [_python(), _folder(), _space(), _static_files()]
    database = _database()
    findings.append(database)
    if database.well:
        tables = _tables()
        findings += [tables, _journal_mode(), _clock()]
        if tables.well:
            findings.extend(_heads())
    return findings


def _python() -> Finding:
    well = sys.version_info[:2] >= OLDEST_PYTHON
    return Finding("python", _("Python"), well, platform.python_version(), _("Install Python 3.11 or newer."))


def _folder() -> Finding:
    from django.conf import settings

    home = Path(settings.HOME)
    try:
        with tempfile.NamedTemporaryFile(dir=home):
            pass
    except OSError as error:
        return Finding(
            "folder", _("Data folder"), False, f"{home}: {error.strerror}", _("Set LOTLINE_HOME to a folder that you may write to.")
        )
    loose = [file.name for file in home.glob("secret.key") if file.stat().st_mode & 0o077]
    if loose:
        return Finding(
            "folder", _("Data folder"), False, _("others can read {file}").format(file=home / loose[0]), f"chmod 600 {home / loose[0]}"
        )
    return Finding("folder", _("Data folder"), True, str(home))


def _space() -> Finding:
    from django.conf import settings

    free = shutil.disk_usage(settings.HOME).free
    detail = _("{free} GB free").format(free=f"{free / (1 << 30):.1f}")
    return Finding("space", _("Disk"), free > LITTLE_SPACE, detail, _("Free some space: a full disk stops all recording."))


def _static_files() -> Finding:
    from django.contrib.staticfiles import finders

    found = finders.find(STATIC_FILE)
    advice = _("The installation is incomplete: install Lotline again.")
    return Finding(
        "static", _("Files of the pages"), bool(found), _("found") if found else _("{file} is missing").format(file=STATIC_FILE), advice
    )


def _database() -> Finding:
    from django.db import DatabaseError, connection

    name = _("Database")
    try:
        connection.ensure_connection()
        version = _version()
    except DatabaseError as error:
        advice = _("Check LOTLINE_DATABASE_URL, and that the database server runs and lets you in.")
        return Finding("database", name, False, " ".join(str(error).split()), advice)
    if connection.vendor == "sqlite":
        detail, well = f"SQLite {'.'.join(map(str, version))}, {connection.settings_dict['NAME']}", version >= OLDEST_SQLITE
        return Finding("database", name, well, detail, _("Install a Python with SQLite 3.35 or newer."))
    detail = f"PostgreSQL {version[0]}, {connection.settings_dict['NAME']} @ {connection.settings_dict['HOST'] or 'localhost'}"
    return Finding("database", name, version[0] >= OLDEST_POSTGRESQL, detail, _("Use PostgreSQL 14 or newer."))


def _version() -> tuple[int, ...]:
    from django.db import connection

    return tuple(connection.get_database_version())


def _tables() -> Finding:
    from lotline.project.installation import executor_of_database, pending

    try:
        left = pending(executor_of_database())
    except Stopped as stopped:
        return Finding("tables", _("Tables"), False, stopped.reason, stopped.advice)
    detail = _("of this version") if not left else _("{count} changes are still to be made").format(count=len(left))
    return Finding("tables", _("Tables"), not left, detail, _("Update them: lotline migrate."))


def _journal_mode() -> Finding:
    """An acknowledged scan must survive a power cut: that is a setting of the engine."""
    from django.db import connection

    name = _("Durable commits")
    if connection.vendor == "sqlite":
        mode, level = _value("PRAGMA journal_mode"), _value("PRAGMA synchronous")
        well = mode == "wal" and int(level) >= 2
        return Finding(
            "durability", name, well, f"journal_mode={mode} synchronous={level}", _("Keep the file on a local disk: WAL needs one.")
        )
    fsync, commit = _value("SHOW fsync"), _value("SHOW synchronous_commit")
    well = fsync == "on" and commit != "off"
    detail = f"fsync={fsync} synchronous_commit={commit}"
    return Finding("durability", name, well, detail, _("Set fsync and synchronous_commit to on in postgresql.conf."))


def _value(sql: str) -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])


def _clock() -> Finding:
    """The clock of this computer against the database server's, and against the year in which this was written."""
    from django.db import connection

    now = datetime.now(UTC)
    advice = _("Set the clock, and keep it set by NTP: facts are ordered by it.")
    detail = now.strftime("%Y-%m-%d %H:%M:%S UTC")
    well = now >= NOT_BEFORE
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            difference = abs(cursor.fetchone()[0] - datetime.now(UTC))
        well = well and difference <= CLOCK_DIFFERENCE
        detail += " · " + _("{seconds} s from the database server").format(seconds=f"{difference.total_seconds():.1f}")
    return Finding("clock", _("Clock"), well, detail, advice)


def _heads() -> Iterator[Finding]:
    """The end of each plant's chain: is the last fact there, with that hash, and not from the future."""
    from lotline.core.canonical import sha256_hex
    from lotline.records.journal.models import Fact, Head
    from lotline.records.places.models import Plant

    for plant in Plant.objects.order_by("code"):
        name = _("Journal of {plant}").format(plant=plant.code)
        head = Head.objects.for_plant(plant).first()
        last = Fact.objects.for_plant(plant).order_by("-seq").first()
        if head is None or head.seq == 0:
            well = last is None
        else:
            well = last is not None and (last.seq, last.hash) == (head.seq, head.hash) and sha256_hex(last.body.encode()) == head.hash
        detail = _("{count} facts").format(count=head.seq if head else 0)
        advice = _("Something changed the journal from outside. Run lotline verify, and restore a backup if it fails.")
        if well and head and head.recorded_at and head.recorded_at > datetime.now(UTC) + CLOCK_DIFFERENCE:
            well, advice = False, _("The last fact is from the future: set this computer's clock.")
        yield Finding("journal", name, well, detail, advice)
