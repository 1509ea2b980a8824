"""Working on a file that a page brought: one at a time, with how far it is, and with what came of it for whoever asks again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from django.utils.translation import gettext as _

from lotline.doors.exchange.tables.uploads import Upload
from lotline.doors.exchange.tables.work import Busy, Overtaken, Work, working_on
from lotline.doors.web.ports import NotTaken, Outcome, RowNote

# Notes that are kept with what came of an import, as many as a page shows.
NOTES_KEPT = 200


@contextmanager
def begin_work(upload: Upload, *, store: bool) -> Iterator[Work]:
    """Work on a file. Raises ``NotTaken`` where it is being stored already, or where another window asked for something else since."""
    try:
        with working_on(upload, store=store) as work:
            yield work
    except Busy as busy:
        raise NotTaken(
            _("This file is being stored at the moment. Wait for it and open this page again: it then says what was stored.")
        ) from busy
    except Overtaken as overtaken:
        raise NotTaken(_("This file was tried again since, perhaps in another window. Nothing was stored here.")) from overtaken


def kept_of(outcome: Outcome) -> dict[str, Any]:
    """What is kept of a stored import, as JSON has it."""
    return asdict(replace(outcome, notes=outcome.notes[:NOTES_KEPT]))


def outcome_of(kept: dict[str, Any]) -> Outcome:
    """What ``kept_of`` kept."""
    lists = {name: tuple(value) for name, value in kept.items() if isinstance(value, list)}
    notes = tuple(RowNote(**note) for note in kept["notes"])
    return Outcome(**kept | lists | {"notes": notes, "by_sheet": tuple(tuple(one) for one in kept["by_sheet"])})
