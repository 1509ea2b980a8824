"""Starting Django from the command line, and keeping the database's tables up to date."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lotline.doors.commands.ports import Stopped
from lotline.doors.commands.words import _

if TYPE_CHECKING:
    from django.db.migrations.executor import MigrationExecutor

# Names of migrations as Django knows them: app and name.
Migrations = list[tuple[str, str]]


def start_django(*, language: str) -> None:
    """Load settings and models; answer in ``language``. Raises ``Stopped`` for settings that name nothing usable."""
    import django
    from django.apps import apps
    from django.utils import translation

    from lotline.project.database import BadDatabaseUrl
    from lotline.project.environment import BadSetting
    from lotline.project.home import HomeNotWritable

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lotline.project.settings")
    if not apps.ready:
        try:
            django.setup()
        except HomeNotWritable as error:
            text = _("The data folder can not be used: {detail}.").format(detail=error.detail)
            raise Stopped(text, _("Set LOTLINE_HOME to a folder that you may write to.")) from error
        except BadSetting as error:
            text = _("{name} is “{value}”, which can not be used.").format(name=error.name, value=error.value)
            raise Stopped(text, _("Possible: {allowed}").format(allowed=error.allowed)) from error
        except BadDatabaseUrl as error:
            raise Stopped(_("LOTLINE_DATABASE_URL is not usable: {detail}").format(detail=error)) from error
        make_database_folder()
    translation.activate(language)


def make_database_folder() -> None:
    """The folder of an embedded database may not exist yet; the file itself is made when it is opened."""
    from django.db import connection

    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        if not name.startswith(("file:", ":memory:")):
            Path(name).parent.mkdir(parents=True, exist_ok=True)


def migrate_database(*, say: Callable[[str], None]) -> None:
    """Bring the tables to this version, saying so if there is anything to do.

    Raises ``Stopped`` for tables of a newer version; a database that does not answer raises Django's own error.
    """
    from django.core.management import call_command
    from django.db import connection

    make_database_folder()
    make_postgres_database()
    with one_at_a_time():  # also for the first look: a new SQLite file takes one process at a time while it goes over to WAL
        executor = executor_of_database()
        left = pending(executor)
        if not left:
            return
        fresh = not executor.loader.applied_migrations
        say(_("Making the database …") if fresh else _("Updating the database to this version …"))
        call_command("migrate", verbosity=0, interactive=False)
        connection.close()


def executor_of_database() -> MigrationExecutor:
    """Django's view of what is applied. Raises ``Stopped`` where a newer version of Lotline has been at work."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    own = {name for name, _migration in executor.loader.disk_migrations}
    newer = [key for key in executor.loader.applied_migrations if key not in executor.loader.disk_migrations and key[0] in own]
    # A squashed migration replaces others, which then exist in the database only.
    replaced = {key for migration in executor.loader.replacements.values() for key in migration.replaces}
    newer = sorted(key for key in newer if key not in replaced)
    if newer:
        raise Stopped(
            _("This database was made by a newer version of Lotline ({name}).").format(name=".".join(newer[-1])),
            _("Update Lotline, or name another database with LOTLINE_DATABASE_URL."),
        )
    return executor


def pending(executor: MigrationExecutor) -> Migrations:
    """What is still to be applied, in order."""
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _backwards in plan]


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two processes that start together on one data folder do not migrate at once. The lock dies with its process."""
    from django.conf import settings

    with (Path(settings.HOME) / "migrate.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_postgres_database() -> None:
    """Create the database on a PostgreSQL server that has none of that name yet, if this user may; else its error comes later."""
    from django.db import DatabaseError, connection

    if connection.vendor != "postgresql":
        return
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        if "does not exist" not in str(error) or "database" not in str(error):
            raise
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        with suppress(DatabaseError), connection._nodb_cursor() as cursor:  # noqa: SLF001 -- as Django's test runner does
            cursor.execute(f"CREATE DATABASE {name} ENCODING 'UTF8'")


def refresh_statistics() -> None:
    """After many rows: PostgreSQL would go on planning for small tables until its own time comes.

    SQLite needs none, since the join order of a trace is written down; with statistics it makes worse plans (docs/adr/0009).
    """
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
