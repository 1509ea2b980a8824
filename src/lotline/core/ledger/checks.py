"""Single laws as functions from states to problems. They are gathered, not raised, so that one does not hide the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lotline.core.facts import Disposition, Draft, FactKind, PlaceKind
from lotline.core.instant import format_instant, from_micros
from lotline.core.ledger import kinds
from lotline.core.ledger.ids import Id
from lotline.core.ledger.problems import Problem
from lotline.core.ledger.state import LotState, Moment, PlaceState, PostingRow
from lotline.core.quantity import LARGEST, MICRO, fits_decimals, format_quantity

INPUT, OUTPUT = 1, 2


def role_of(origin: PlaceState, target: PlaceState) -> int:
    """0 moved, 1 consumed into the process account, 2 produced out of it (law 3)."""
    if target.kind is PlaceKind.PROCESS:
        return INPUT
    return OUTPUT if origin.kind is PlaceKind.PROCESS else 0


def check_shape(draft: Draft) -> list[Problem]:
    """Whether the kind has what it needs and nothing that it can not have."""
    problems = []
    kind = draft.kind
    if kind in kinds.NEEDS_REASON and not draft.reason.strip():
        problems.append(Problem("reason_missing", {"kind": kind}))
    if kind is FactKind.REVERSE:
        if draft.reverses is None:
            problems.append(Problem("reverse_names_nothing"))
        if draft.moves or draft.carries or draft.subjects:
            problems.append(Problem("reverse_moves_nothing"))
    elif draft.reverses is not None:
        problems.append(Problem("only_reverse_reverses", {"kind": kind}))
    elif kind in kinds.SPEAKING:
        if draft.moves or draft.carries:
            problems.append(Problem("kind_moves_nothing", {"kind": kind}))
        if not draft.subjects and kind is not FactKind.NOTE and kind is not FactKind.SIGN:
            problems.append(Problem("subject_missing", {"kind": kind}))
    elif not draft.moves and not draft.carries:
        problems.append(Problem("nothing_moves", {"kind": kind}))
    if draft.carries and kind not in kinds.CARRYING:
        problems.append(Problem("kind_carries_nothing", {"kind": kind}))
    if draft.disposition is not None and kind not in kinds.DECIDING:
        problems.append(Problem("kind_decides_nothing", {"kind": kind}))
    return problems


def check_move(lot: LotState, quantity: int, origin: PlaceState, target: PlaceState, *, serial: bool) -> Problem | None:
    """Whether one move has an exact quantity that its item allows, and goes somewhere."""
    if not 0 < quantity <= LARGEST:
        return Problem("quantity_not_positive", {"lot": lot.ref.code})
    if not fits_decimals(quantity, lot.item.decimals):
        amount = {"lot": lot.ref.code, "quantity": format_quantity(quantity)}
        return Problem("quantity_too_fine", amount | {"item": lot.ref.item})
    if serial and quantity != MICRO:
        return Problem("serial_is_one", {"lot": lot.ref.code, "quantity": format_quantity(quantity)})
    if origin.id == target.id:
        return Problem("goes_nowhere", {"lot": lot.ref.code, "place": origin.code})
    return None


def check_strands(draft: Draft, rows: Sequence[PostingRow], item_of: Callable[[Id], Id]) -> list[Problem]:
    """In each strand of an operation, something goes in and something comes out; split and merge also keep the amount."""
    if draft.kind not in kinds.OPERATIONS:
        return []
    conserving = draft.kind in kinds.CONSERVING
    sums: dict[int, list[int]] = {}
    items: dict[int, set[Id]] = {}
    for lot, _origin, _target, quantity, role, strand, *_rest in rows:
        if role:
            sums.setdefault(strand, [0, 0])[role - 1] += quantity
            if conserving:
                items.setdefault(strand, set()).add(item_of(lot))
    problems = []
    if not sums and draft.kind in (FactKind.TRANSFORM, FactKind.SPLIT, FactKind.MERGE):
        problems.append(Problem("operation_without_lots", {"kind": draft.kind}))
    for strand, (consumed, produced) in sums.items():
        if not consumed:
            problems.append(Problem("output_without_input", {"strand": str(strand)}))
        elif not produced:
            problems.append(Problem("input_without_output", {"strand": str(strand)}))
        elif conserving:
            if len(items[strand]) > 1:
                problems.append(Problem("items_differ", {"kind": draft.kind}))
            elif consumed != produced:
                amounts = {"consumed": format_quantity(consumed), "produced": format_quantity(produced)}
                problems.append(Problem("amount_not_kept", {"kind": draft.kind} | amounts))
    return problems


def check_block(lot: LotState, status: Disposition, at_us: int, places: Iterable[Id], code: str) -> Problem | None:
    """Law 8: may the lot be used at this moment, at any of ``places`` (where it lies and what that lies in)?"""
    params = {"lot": lot.ref.code, "item": lot.ref.item}
    here = set(places)
    for hold in lot.holds:
        if hold.blocks(at_us) and (hold.place is None or hold.place in here):
            return Problem("lot_on_hold", params | {"reason": hold.reason, "place": code})
    if status is Disposition.REJECTED:
        return Problem("lot_rejected", params)
    if status is Disposition.PENDING:
        return Problem("lot_pending", params)
    if lot.expires_at_us is not None and lot.expires_at_us <= at_us:
        return Problem("lot_expired", params | {"expires": format_instant(from_micros(lot.expires_at_us))})
    return None


def check_serial_past(lot: LotState, history: Sequence[PostingRow], keeps_stock: Callable[[Id], bool]) -> Problem | None:
    """A serial exists once: after no fact does it lie at more than one of the places that keep stock."""
    changes: dict[Moment, list[tuple[Id, int]]] = {}
    for row in history:
        sides = ((row.origin, -row.quantity), (row.target, row.quantity))
        changes.setdefault(row.moment, []).extend(side for side in sides if keeps_stock(side[0]))
    balances: dict[Id, int] = {}
    for at in sorted(changes):
        for place, change in changes[at]:
            balances[place] = balances.get(place, 0) + change
        if sum(quantity for quantity in balances.values() if quantity > 0) > MICRO:
            return Problem("serial_exists", {"lot": lot.ref.code, "item": lot.ref.item})
    return None
