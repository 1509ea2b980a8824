"""How the command line names a place: always the name and, where it differs, the code by which it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lotline.doors.commands.words import _

if TYPE_CHECKING:
    from lotline.records.genealogy.whereabouts import Stay


def label(code: str, name: str) -> str:
    """``Name (CODE)``, or the code where there is no other name."""
    return f"{name} ({code})" if name and name != code else code


def place_of(stay: Stay) -> str:
    """Where a quantity lies: the bin, customer or road, and the container that it lies in there."""
    ground = label(stay.ground.code, stay.ground.name)
    if stay.place.id == stay.ground.id:
        return ground
    return _("{place}, in {container}").format(place=ground, container=label(stay.place.code, stay.place.name))


def customer_of(stay: Stay) -> str:
    """The customer or subcontractor that has it, else nothing."""
    return label(stay.partner.code, stay.partner.name) if stay.partner else ""
