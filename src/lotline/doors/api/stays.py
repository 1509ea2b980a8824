"""Where quantities of lots are, as traces and recall sets tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ninja import Schema
from pydantic import Field

from lotline.core.quantity import format_quantity
from lotline.records.genealogy.whereabouts import Stay

STAY_COLUMNS = ("place", "place_name", "ground", "ground_name", "standing", "partner", "quantity")
# What a table says of a lot of which nothing is left.
_NOWHERE = {**dict.fromkeys(STAY_COLUMNS, ""), "quantity": "0"}


class StayOut(Schema):
    """A quantity of the lot, at a place."""

    place: str
    place_name: str
    ground: str = Field(description="The bin, customer or road where the place is: another one than `place` where that is a container")
    ground_name: str
    standing: str
    partner: str = Field(description="The customer or subcontractor that has it")
    quantity: str


def stay_of(stay: Stay) -> dict[str, str]:
    """Where some of a lot is."""
    return {
        "place": stay.place.code,
        "place_name": stay.place.name,
        "ground": stay.ground.code,
        "ground_name": stay.ground.name,
        "standing": stay.standing.value,
        "partner": stay.partner.code if stay.partner else "",
        "quantity": format_quantity(stay.quantity),
    }


def flat_rows(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A line for each lot and place, of rows with ``stays``; a lot that is used up has one, without a place."""
    for row in rows:
        stays = row.pop("stays")
        for stay in stays or [_NOWHERE]:
            yield row | stay
