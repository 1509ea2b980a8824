"""Genealogies from outside: ``lots.csv``, ``links.csv`` and ``events.csv`` become facts.

The form (docs/reference/genealogy-csv.md): a lot has an item, a kind, a quantity and perhaps a partner; an event consumes its
parents and produces its children, and ``links.csv`` says which parent went into which child, and how much of it. Units,
cases, pallets and shipments are lots in this form.

Other systems' quantities do not always close. What an event draws beyond what was ever recorded is booked from the variance
account in the same fact, and counted in the summary: the genealogy stays whole and the gap stays visible. What can not be
true (a lot used before it exists, a link to a lot that nobody knows) is refused with its row, and then nothing is stored.
"""

from lotline.doors.exchange.genealogy_csv.importing import GenealogySummary, import_genealogy
from lotline.doors.exchange.genealogy_csv.reading import read_genealogy
from lotline.doors.exchange.genealogy_csv.rows import (
    EVENT_COLUMNS,
    EVENT_TYPES,
    ITEM_KINDS,
    LINK_COLUMNS,
    LOT_COLUMNS,
    PROBLEMS_SHOWN,
    BadGenealogy,
    RowProblem,
)

__all__ = [
    "EVENT_COLUMNS",
    "EVENT_TYPES",
    "ITEM_KINDS",
    "LINK_COLUMNS",
    "LOT_COLUMNS",
    "PROBLEMS_SHOWN",
    "BadGenealogy",
    "GenealogySummary",
    "RowProblem",
    "import_genealogy",
    "read_genealogy",
]
