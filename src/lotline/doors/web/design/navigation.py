"""The entries of the side bar and the phone bar. An entry is there when its address is: a door that is not built shows none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Entry:
    """``name`` is the address name in the web door, ``letter`` the key after ``g``, ``right`` what one needs to see it."""

    name: str
    word: Promise
    icon: str
    letter: str
    right: str = "read"


ENTRIES = (
    Entry("web:trace", _("Trace"), "route", "t"),
    Entry("web:lots", _("Lots & stock"), "packages", "l"),
    Entry("web:import", _("Import"), "file-import", "i", "import"),
    Entry("web:people", _("People"), "user", "p", "manage"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """An entry with its address, and whether the current page belongs to it."""

    entry: Entry
    address: str
    current: bool


def find_places(path: str, rights: Collection[str] | None = None) -> list[Place]:
    """The entries that exist, the one that ``path`` lies in marked as current. With ``rights``, only those that they open."""
    places = []
    for entry in ENTRIES:
        if rights is not None and entry.right not in rights:
            continue
        address = address_of(entry.name)
        if address:
            places.append(Place(entry, address, current=path == address or path.startswith(address.rstrip("/") + "/")))
    longest = max((len(place.address) for place in places if place.current), default=0)
    return [Place(place.entry, place.address, place.current and len(place.address) == longest) for place in places]


def address_of(name: str) -> str:
    """The address with this name, or nothing when it is not (yet) part of the site."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
