"""Import a machine's log of one operation on one lot."""

from __future__ import annotations

import hashlib
from typing import IO
from uuid import UUID

from lotline.core.facts import LotRef
from lotline.doors.exchange.mtconnect.facts import Operation, draft_of_operation
from lotline.doors.exchange.mtconnect.observation import BadLine
from lotline.doors.exchange.mtconnect.shdr import read_shdr, unwrap_capture
from lotline.doors.exchange.mtconnect.summary import ItemNames, summarize_operation
from lotline.records.journal.actions import Receipt, append
from lotline.records.places.models import Plant


def import_shdr(
    *,
    plant: Plant,
    source: IO[bytes],
    document: str,
    lot: LotRef,
    place: str,
    equipment: str,
    operation: str,
    names: ItemNames | None = None,
    unwrap: bool = False,
    actor: UUID | None = None,
    dry_run: bool = False,
) -> tuple[Receipt, tuple[BadLine, ...]]:
    """Write one adapter log as an operation on a lot that lies at ``place``. ``unwrap`` for a copy from a terminal.

    The same log on the same lot gives the same fact, however often it comes. Raises ``SilentLog`` and ``Refused`` (the lot
    is not there at that time, is on hold …), with nothing stored. Returns the receipt and the lines that could not be read.
    """
    content = source.read()
    lines = content.decode("utf-8", errors="replace").splitlines()
    log = read_shdr(unwrap_capture(lines) if unwrap else lines)
    digest = hashlib.sha256(content).hexdigest()
    done = Operation(
        lot=lot,
        place=place,
        equipment=equipment,
        operation=operation,
        document=document,
        log_digest=digest,
        key=f"shdr:{digest}:{hashlib.sha256(f'{lot.item} {lot.code}'.encode()).hexdigest()}",
    )
    draft = draft_of_operation(summarize_operation(log, names=names), done, names=names)
    (receipt,) = append(plant=plant, drafts=[draft], actor=actor, dry_run=dry_run)
    return receipt, log.bad_lines
