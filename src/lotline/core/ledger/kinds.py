"""Which ways each kind of fact may move quantities, as one table."""

from __future__ import annotations

from lotline.core.facts import FactKind, PlaceKind

# I inside · P process · S scrap · V variance · U supplier · C customer · T in transit · B subcontractor
_CLASS_OF_KIND = {
    PlaceKind.SUPPLIER: "U",
    PlaceKind.CUSTOMER: "C",
    PlaceKind.SUBCONTRACTOR: "B",
    PlaceKind.TRANSIT: "T",
    PlaceKind.PROCESS: "P",
    PlaceKind.SCRAP: "S",
    PlaceKind.VARIANCE: "V",
}

# "VI" beside an operation books what the records did not know of (an import that draws more than was ever entered). Whatever goes from
# or into the variance account needs a reason, whatever the kind; kinds that need one anyway are in NEEDS_REASON.
WAYS: dict[FactKind, frozenset[str]] = {
    FactKind.RECEIVE: frozenset({"UI", "TI", "BI", "VI"}),
    FactKind.MOVE: frozenset({"II", "IB", "BI", "IT", "TI"}),
    FactKind.LOAD: frozenset({"II"}),
    FactKind.UNLOAD: frozenset({"II"}),
    FactKind.TRANSFORM: frozenset({"IP", "PI", "BP", "PB", "PS", "VI", "IV"}),
    FactKind.SPLIT: frozenset({"IP", "PI", "VI"}),
    FactKind.MERGE: frozenset({"IP", "PI", "VI"}),
    FactKind.PACK: frozenset({"II", "IP", "PI", "VI"}),
    FactKind.UNPACK: frozenset({"II", "IP", "PI"}),
    FactKind.SHIP: frozenset({"IC", "IT", "TC", "BC"}),
    FactKind.RETURN: frozenset({"CI", "TI", "CT", "IU"}),
    FactKind.SCRAP: frozenset({"IS", "CS", "TS", "BS"}),
    FactKind.ADJUST: frozenset({"IV", "VI", "TV", "VT"}),
}
# Kinds in which what is consumed and what is produced must meet: consumption without a product is a broken chain.
OPERATIONS = frozenset({FactKind.TRANSFORM, FactKind.SPLIT, FactKind.MERGE, FactKind.PACK, FactKind.UNPACK})
# Kinds that may write goods off into the variance account.
COUNTING_OUT = frozenset(kind for kind, ways in WAYS.items() if ways & {"IV", "TV"})
# Kinds in which an item only changes its lot: as much comes out as went in.
CONSERVING = frozenset({FactKind.SPLIT, FactKind.MERGE})
# Kinds in which goods stay what they are, where they go in and come out as one item: their expiry and status stay with them.
REPACKING = frozenset({FactKind.SPLIT, FactKind.MERGE, FactKind.PACK, FactKind.UNPACK})
CARRYING = frozenset(
    {
        FactKind.RECEIVE,
        FactKind.MOVE,
        FactKind.LOAD,
        FactKind.UNLOAD,
        FactKind.PACK,
        FactKind.UNPACK,
        FactKind.SHIP,
        FactKind.RETURN,
    }
)
SPEAKING = frozenset({FactKind.INSPECT, FactKind.HOLD, FactKind.RELEASE, FactKind.SIGN, FactKind.NOTE})
DECIDING = frozenset({FactKind.INSPECT, FactKind.RELEASE, FactKind.SIGN})
NEEDS_REASON = frozenset({FactKind.HOLD, FactKind.RELEASE, FactKind.SCRAP, FactKind.ADJUST, FactKind.REVERSE})


def way(origin: PlaceKind, target: PlaceKind) -> str:
    """The way of a move as two letters of the table."""
    return letter_of(origin) + letter_of(target)


def letter_of(kind: PlaceKind) -> str:
    """The letter of a place in the table of ways."""
    return _CLASS_OF_KIND.get(kind, "I")


def may_carry(kind: FactKind, origin: PlaceKind, target: PlaceKind) -> bool:
    """Whether a fact of this kind may carry a container this way: as it may move a lot, but never into or out of an account."""
    going = way(origin, target)
    return going in WAYS[kind] and not set(going) & set("PSV")


def keeps_stock(kind: PlaceKind) -> bool:
    """Whether "what lies there" is a question people ask: everywhere but accounts and suppliers."""
    return _CLASS_OF_KIND.get(kind, "I") not in "PSVU"
