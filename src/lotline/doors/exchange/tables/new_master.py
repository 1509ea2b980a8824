"""Units, items and places that come with a file: known to the rows that name them, and stored all at once or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lotline.records.catalog.actions import ItemSpec, call_unit, ensure_items, ensure_units, new_unit, rename_unit
from lotline.records.catalog.models import Unit
from lotline.records.places.actions import PlaceSpec, ensure_places
from lotline.records.places.models import Plant


@dataclass(slots=True)
class NewMaster:
    """What has to be made, by code. Only ``store`` writes; a try of the file gives the same to a rehearsal."""

    plant: Plant
    units: set[str] = field(default_factory=set)
    items: dict[str, ItemSpec] = field(default_factory=dict)
    places: dict[str, PlaceSpec] = field(default_factory=dict)
    _renamed: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)

    def want_units(self, codes: Iterable[str]) -> dict[str, Unit]:
        """The units with these codes, as they are or will be."""
        wanted = set(codes)
        self.units |= wanted
        known = {unit.code: unit for unit in Unit.objects.filter(code__in=wanted)}
        return {code: known.get(code) or new_unit(code) for code in sorted(wanted)}

    def rename_unit(self, unit: Unit, name: str, names: Mapping[str, str]) -> None:
        call_unit(unit, name=name, names=names)
        self._renamed[unit.code] = name, names

    def want_items(self, specs: Iterable[ItemSpec]) -> None:
        """Items that do not exist, with the units that they are counted in."""
        for spec in specs:
            self.items.setdefault(spec.code, spec)
            self.units |= {spec.unit, *spec.units}

    def want_places(self, specs: Iterable[PlaceSpec]) -> None:
        """Places that do not exist, those that others lie in first."""
        for spec in specs:
            self.places.setdefault(spec.code, spec)

    def store(self) -> None:
        """Make all of it. What somebody else made since stays as they made it."""
        units = ensure_units(self.units)
        for code, (name, names) in self._renamed.items():
            rename_unit(unit=units[code], name=name, names=names)
        ensure_items(self.items.values())
        ensure_places(plant=self.plant, specs=self.places.values())
