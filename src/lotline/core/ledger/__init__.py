"""The laws, on plain data: a ``Book`` holds what a batch of drafts touches and says whether each may be written."""

from lotline.core.ledger.book import Book, Entry, Sources
from lotline.core.ledger.problems import Problem, Refused
from lotline.core.ledger.state import HoldState, ItemState, LotState, PlaceState, PostingRow, ReversedFact

__all__ = [
    "Book",
    "Entry",
    "HoldState",
    "ItemState",
    "LotState",
    "PlaceState",
    "PostingRow",
    "Problem",
    "Refused",
    "ReversedFact",
    "Sources",
]
