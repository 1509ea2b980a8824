"""How a lot is born: in the first fact that names it, and anew when everything that moved it before was taken back."""

from __future__ import annotations

from collections.abc import Iterable

from lotline.core.facts import Birth, Disposition, LotRef
from lotline.core.instant import format_instant, from_micros, to_micros
from lotline.core.ledger.form import LATEST, check_new_code
from lotline.core.ledger.ids import Id
from lotline.core.ledger.problems import Problem, Refused
from lotline.core.ledger.state import ItemState, LotState

DAY_US = 86_400_000_000
LATEST_US = to_micros(LATEST)


def bear(lot_id: Id, ref: LotRef, item: ItemState | None, at_us: int, birth: Birth | None) -> LotState:
    """A new lot as its first fact describes it, or as its item says where the fact is silent."""
    if item is None:
        raise Refused([Problem("item_unknown", {"item": ref.item, "lot": ref.code})])
    if broken := check_new_code(ref.code):
        raise Refused([Problem(broken, {"lot": ref.code})])
    lot = LotState(id=lot_id, ref=ref, item=item, born_at_us=at_us, born_now=True, new=True)
    _describe(lot, at_us, birth)
    return lot


def bear_anew(lot: LotState, at_us: int, birth: Birth | None) -> None:
    """All that moved the lot was taken back, so this fact is its first. Its key stays, and what was decided about it."""
    _describe(lot, at_us, birth)
    lot.reborn = lot.dirty = True


def _describe(lot: LotState, at_us: int, birth: Birth | None) -> None:
    expires = to_micros(birth.expires_at) if birth and birth.expires_at else None
    if expires is None:
        expires = end_of_life(lot.item, at_us)
    lot.born_at_us, lot.expires_at_us, lot.batch, lot.stands = at_us, expires, birth.batch if birth else "", True
    lot.first = Disposition.PENDING if lot.item.release_required else Disposition.RELEASED
    if lot.decided_at_us is None:
        lot.status = lot.first


def end_of_life(item: ItemState, at_us: int) -> int | None:
    """When what is made of the item at a moment expires; both in microseconds since the epoch."""
    return None if item.shelf_life_days is None else min(at_us + item.shelf_life_days * DAY_US, LATEST_US)


def check_same_birth(lot: LotState, birth: Birth) -> Problem | None:
    """A lot has one expiry and one batch: a further receipt that says otherwise is another lot, or a misread label."""
    params = {"lot": lot.ref.code, "item": lot.ref.item}
    if birth.expires_at is not None and to_micros(birth.expires_at) != lot.expires_at_us:
        known = format_instant(from_micros(lot.expires_at_us)) if lot.expires_at_us is not None else "–"
        return Problem("expiry_differs", params | {"known": known, "said": format_instant(birth.expires_at)})
    if birth.batch and birth.batch != lot.batch:
        return Problem("batch_differs", params | {"known": lot.batch or "–", "said": birth.batch})
    return None


def facts_that_bore(moved: Iterable[tuple[int, int | None]]) -> list[int]:
    """The facts before which no posting of a lot stood, by number, from all that moved it as (number, number of what took it back)."""
    taken_by = dict(moved)
    takers = {by: fact for fact, by in taken_by.items() if by is not None}
    standing: set[int] = set()
    found = []
    for fact in sorted(taken_by):
        if fact in takers:
            standing.discard(takers[fact])
            continue
        if not standing:
            found.append(fact)
        standing.add(fact)
    return found
