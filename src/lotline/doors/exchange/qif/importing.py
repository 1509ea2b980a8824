"""Import a QIF results document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import IO
from uuid import UUID

from lotline.core.facts import LotRef
from lotline.doors.exchange.qif.document import QifProblem
from lotline.doors.exchange.qif.facts import Inspection, drafts_of_results, written_moment
from lotline.doors.exchange.qif.reader import read_qif
from lotline.records.journal.actions import Receipt, append
from lotline.records.places.models import Plant


def import_qif(
    *,
    plant: Plant,
    source: IO[bytes],
    document: str,
    item: str,
    inspector: str = "",
    inspected_at: datetime | None = None,
    code_of: Callable[[str], str | None] = lambda serial: serial,
    actor: UUID | None = None,
    dry_run: bool = False,
) -> tuple[list[Receipt], tuple[QifProblem, ...]]:
    """Write the results of one document about lots that exist. ``code_of`` turns a serial number into the lot's code.

    The same bytes give the same facts, however often and under whatever name they come. Raises ``UnreadableQif``,
    ``TimeNotRecorded`` (neither the document nor ``inspected_at`` says when) and ``Refused`` (a lot is not known), with
    nothing stored. Returns the receipts and what the document itself has broken.
    """
    content = source.read()
    read = read_qif(BytesIO(content))

    def lot_of(serial: str) -> LotRef | None:
        code = code_of(serial)
        return None if code is None else LotRef(item, code)

    inspection = Inspection(
        document=document,
        happened_at=inspected_at or written_moment(read),
        recorded_at=read.traceability.created_at or None,
        lot_of=lot_of,
        key=f"qif:{hashlib.sha256(content).hexdigest()}",
        inspector=inspector,
    )
    receipts = append(plant=plant, drafts=drafts_of_results(read, inspection), actor=actor, dry_run=dry_run)
    return receipts, read.problems
