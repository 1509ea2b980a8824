"""What a failure of the database means to the person at the terminal."""

from __future__ import annotations

from lotline.doors.commands.ports import Stopped
from lotline.doors.commands.words import _
from lotline.project.installation import executor_of_database, pending


def explain(error: Exception) -> tuple[list[str], str] | None:
    """Reasons and advice for a failure that can be foreseen; ``None`` for one that means a mistake of ours."""
    from django.db import DatabaseError, OperationalError, ProgrammingError, connection

    text = " ".join(str(error).split())
    lowered = text.lower()
    if "no space" in lowered or "disk is full" in lowered or "disk full" in lowered:
        return [_("The disk is full; nothing was stored.")], _("Free some space, then do it again.")
    if "locked" in lowered:
        return [_("The database is busy with another writer.")], _("Wait a moment, then do it again.")
    if "readonly" in lowered or "read-only" in lowered:
        return [_("The database can not be written: {detail}").format(detail=text)], _("Check the rights of its file and its folder.")
    if "not a database" in lowered or "malformed" in lowered:
        return [_("The database file is damaged or not a database: {name}").format(name=_name())], _(
            "Restore a backup: lotline restore FILE."
        )
    if not isinstance(error, OperationalError | ProgrammingError):
        return None
    try:
        connection.close()
        left = pending(executor_of_database())
    except Stopped as stopped:
        return [stopped.reason], stopped.advice
    except DatabaseError:
        advice = _("Check LOTLINE_DATABASE_URL, and that the database server runs and lets you in.")
        return [_("The database does not answer: {detail}").format(detail=text)], advice
    if not left:
        return None
    from django.db.migrations.recorder import MigrationRecorder

    if not MigrationRecorder(connection).has_table():
        return [_("There are no records here yet.")], _("Begin with: lotline init, lotline demo, or lotline import.")
    return [_("The database is of an older version.")], _("Update it: lotline migrate.")


def _name() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])
