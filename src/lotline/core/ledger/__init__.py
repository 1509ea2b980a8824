"""The laws, on plain data: a ``Book`` holds what a batch of drafts touches and says whether each may be written."""

from lotline.core.ledger.book import Book
from lotline.core.ledger.entry import Entry
from lotline.core.ledger.form import check_form, find_unstorable_text, printable
from lotline.core.ledger.problems import Problem, Refused
from lotline.core.ledger.state import (
    Decision,
    HoldState,
    ItemState,
    LotState,
    Moment,
    PlaceState,
    PostingRow,
    ReversedFact,
    Sources,
    Trip,
)

__all__ = [
    "Book",
    "Decision",
    "Entry",
    "HoldState",
    "ItemState",
    "LotState",
    "Moment",
    "PlaceState",
    "PostingRow",
    "Problem",
    "Refused",
    "ReversedFact",
    "Sources",
    "Trip",
    "check_form",
    "find_unstorable_text",
    "printable",
]
