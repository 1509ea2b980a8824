"""Why a draft was refused, in words: what is wrong, why, and what to do now. One table for every code of core and journal.

Quantities in the parameters are plain decimal texts, places and lots are codes. ``verify`` has its own table at the end.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from lotline.core.ledger import Problem
from lotline.records.journal.choices import FactKind
from lotline.records.journal.verify import ChainFailure

PROBLEMS = {
    "key_missing": _("The fact has no idempotency key. Give each fact a key of its own, so that sending it twice writes it once."),
    "key_reused": _("The key “{key}” was used before for a fact with other content. Send the same content again, or take a new key."),
    "text_too_long": _("“{field}” is longer than {longest} characters. Shorten it."),
    "text_not_storable": _(
        "“{field}” holds a character that can not be stored (NUL or half of a character). Type it again, or check what the device sends."
    ),
    "not_exact": _("The fact holds a value that has no exact form: {detail}. Write numbers with decimals as text."),
    "moment_without_zone": _("“{field}” has no time zone, so it could mean several moments. Add one, such as +08:00."),
    "moment_out_of_range": _("“{field}” is {at}, which can not be right. Check the clock of the device or the column of the file."),
    "in_the_future": _(
        "The fact says that it happened at {at}, which is still to come. Check the clock of the device, then send it again."
    ),
    "quantity_not_positive": _(
        "The quantity of lot {lot} is not above zero, or larger than can be counted. Check the number and its unit."
    ),
    "quantity_too_fine": _("{quantity} of lot {lot} is finer than item {item} is counted. Round to a whole step of its base unit."),
    "quantity_too_large": _("With this, there would be more of lot {lot} at {place} than can be counted. Check the number and its unit."),
    "strand_out_of_range": _(
        "The strand {strand} of lot {lot} is not a whole number from 0 on. Number the strands of an operation 0, 1, 2 …"
    ),
    "serial_is_one": _("{lot} is a serial number, so it is exactly one piece, not {quantity}. Record each piece under its own number."),
    "serial_exists": _(
        "Serial number {lot} of item {item} exists already at another place. Check the label; if the earlier record is wrong, reverse it first."
    ),
    "goes_nowhere": _("Lot {lot} would leave {place} and enter it again. Choose another target."),
    "way_not_allowed": _("“{kind}” does not go from {origin} to {target}. Choose the kind of fact that does, or other places."),
    "place_unknown": _("There is no place {place} in this plant. Check the code, or create the place first."),
    "item_unknown": _("There is no item {item} for lot {lot}. Check the code, or create the item first."),
    "lot_unknown": _("There is no lot {lot} of item {item} yet. Check the code, or record its receipt or production first."),
    "lot_code_length": _("The lot code “{lot}” is empty or longer than 120 characters. Use a shorter one."),
    "lot_code_form": _(
        "The lot code “{lot}” has spaces around it, or characters that can not be seen or told apart. Type it again, or check what the scanner sends."
    ),
    "birth_without_move": _("The fact describes lot {lot} but moves nothing of it. Add the movement, or leave the description out."),
    "supplier_missing": _("Lot {lot} has a supplier's number but no supplier. Say which supplier gave the number."),
    "not_a_supplier": _("{place} is not a supplier. Choose the supplier that gave the number."),
    "expiry_differs": _(
        "Lot {lot} of item {item} expires at {known}, but this fact says {said}. Check the label; other goods need another lot code. If the earlier record is wrong, take back every fact that moved the lot, and record it anew."
    ),
    "batch_differs": _(
        "{lot} of item {item} belongs to batch {known}, but this fact says {said}. Check the label. If the earlier record is wrong, take back every fact that moved the lot, and record it anew."
    ),
    "not_enough": _(
        "There is {available} of lot {lot} at {place}, not the {wanted} that are to leave it. Count what is there, check the lot and the place, or record the missing receipt first."
    ),
    "draws_own_output": _(
        "Of lot {lot}, {available} was at {place} before this fact, which draws {wanted}: the rest it only makes itself. Write two facts: one that makes the lot, and after it one that uses it. If it was there before, record that first."
    ),
    "past_below_zero": _(
        "Lot {lot} had {available} left at {place} for fact {fact}; taking {wanted} before it would leave less than nothing. Check the time, or correct the later fact first."
    ),
    "not_a_container": _("{place} is not a container, so it can not be carried. Move the lots, or choose the container."),
    "container_elsewhere": _(
        "Container {place} did not stand at {origin} at that time. Check where it was, or record its earlier way first."
    ),
    "container_moved_later": _("Container {place} was moved again after that. Reverse the later movement first."),
    "container_used_later": _(
        "Container {place} was used afterwards, by fact {fact}; with this, it would have stood at {target} by then. Take that fact back first, then record this again."
    ),
    "container_in_itself": _("Container {place} can not be put into {target}, which lies in it. Choose another target."),
    "container_carried_twice": _("Container {place} is carried twice in one fact. Record each way as a fact of its own."),
    "container_goes_nowhere": _("Container {place} would stay where it is. Choose another target."),
    "nothing_moves": _("“{kind}” needs at least one lot or container that moves. Scan what was moved."),
    "kind_moves_nothing": _("“{kind}” is a statement about lots and moves nothing. Record the movement as a fact of its own."),
    "kind_carries_nothing": _("“{kind}” does not carry containers. Record that as a move, a load or a shipment."),
    "kind_decides_nothing": _("“{kind}” can not change the status of a lot. Use an inspection, a release or a signature."),
    "subject_missing": _("“{kind}” does not say which lot it is about. Name at least one."),
    "reason_missing": _("“{kind}” needs a reason. Say in a few words why."),
    "variance_without_reason": _(
        "“{kind}” from {origin} to {target} books what the records do not know of, so it needs a reason. Say why, such as opening stock or a count; or name the supplier."
    ),
    "operation_without_lots": _("“{kind}” consumes nothing and produces nothing. Add what went in and what came out."),
    "output_without_input": _("Something comes out of strand {strand} but nothing goes in. Say what it was made of."),
    "input_without_output": _("Something goes into strand {strand} but nothing comes out. Say what was made of it, or record it as scrap."),
    "items_differ": _("“{kind}” keeps the item; another item comes out only of a transformation. Record it as one."),
    "amount_not_kept": _(
        "“{kind}” keeps the amount, but {consumed} go in and {produced} come out. Correct the quantities, or record the difference as an adjustment."
    ),
    "lot_on_hold": _(
        "Lot {lot} of item {item} at {place} is on hold: {reason}. Quality can release it, or a person with the right to override can sign with a reason."
    ),
    "hold_keeps_lot_here": _(
        "Lot {lot} of item {item} is on hold at {place}: {reason}. It can not leave for {target}, where no hold waits for it. Hold it at {target} first, then record this again, or let quality release it."
    ),
    "hold_waits_elsewhere": _(
        "Lot {lot} of item {item} is on hold at {place}: {reason}. It can not come in at {target}, where no hold waits for it. Bring it to {place}, hold it at {target} first, or let quality release it."
    ),
    "lot_rejected": _("Lot {lot} of item {item} was rejected, so it may not be used. Take another lot, or ask quality."),
    "lot_pending": _("Lot {lot} of item {item} was not yet released then. Wait for its inspection, or take another lot."),
    "lot_expired": _("Lot {lot} of item {item} had expired by then ({expires}). Take another lot."),
    "outlives_source": _(
        "Lot {lot} of item {item} would last until {said}, but gets goods of lot {source}, which expires at {known}. Put them into another lot that expires no later, or let a person with the right to override sign with a reason."
    ),
    "freer_than_source": _(
        "Lot {lot} of item {item} is released, but gets goods of lot {source}, which is so only by concession. Put them into another lot, or let a person with the right to override sign with a reason."
    ),
    "nothing_to_release": _("No hold on {lot} was open then. Check the lot, the place and the time of the hold."),
    "hold_not_allowed": _("Deciding about a lot needs the right to hold and release. Ask quality."),
    "counting_out_not_allowed": _(
        "Lot {lot} of item {item} is on hold. Writing it off as a difference needs the right to hold and release. Ask quality."
    ),
    "override_not_allowed": _("Overriding a block needs a signed-in person with the right to do so. Ask quality."),
    "reverse_names_nothing": _("The reversal does not say which fact it takes back. Name it."),
    "reverse_moves_nothing": _("A reversal moves only what it takes back. Record other movements as facts of their own."),
    "only_reverse_reverses": _("“{kind}” can not take a fact back. Use a reversal."),
    "fact_unknown": _("There is no fact {fact} in this plant. Check which one is meant."),
    "already_reversed": _("Fact {fact} was taken back already. Nothing is left to do."),
    "reverse_of_reverse": _("{fact} is itself a reversal. Record what really happened as a new fact."),
    "try_again": _("Somebody else was writing at the same moment. Nothing was stored; send the same again."),
    "storage_failed": _("The database could not store this: {detail}. Nothing was stored; tell the person who runs the server."),
}
# What a verification finds; {seq} is the place of the fact in the plant's order.
FAILURES = {
    "fact_missing": _("Fact {seq} is missing from the journal."),
    "body_altered": _("The content of fact {seq} was altered: its hash does not fit."),
    "not_canonical": _("The content of fact {seq} is not in canonical form."),
    "link_broken": _("Fact {seq} does not follow the fact before it: the link does not fit."),
    "out_of_place": _("Fact {seq} was written for another plant or another position."),
    "clock_went_back": _("Fact {seq} was recorded before the fact that it follows."),
    "column_differs": _("The column “{detail}” of fact {seq} does not say what its content says."),
    "rows_differ": _("The rows of fact {seq} in {detail} do not say what its content says."),
    "name_unknown": _("Fact {seq} names “{detail}”, which is no longer there under this code."),
    "end_differs": _("The end of the journal does not fit fact {seq}, its last."),
    "after_the_end": _("There are facts after the end of the journal, from {seq} on."),
    "row_without_fact": _("{detail} holds rows that belong to no fact."),
}
FIELDS = {
    "key": _("Idempotency key"),
    "station": _("Station"),
    "equipment": _("Equipment"),
    "operator": _("Operator"),
    "order": _("Order"),
    "operation": _("Operation"),
    "document": _("Document"),
    "reason": _("Reason"),
    "override_reason": _("Reason for the override"),
    "supplier_lot": _("Supplier's lot number"),
    "batch": _("Batch"),
    "happened_at": _("Time"),
    "device_clock": _("Clock of the device"),
    "expires_at": _("Expiry"),
}


class _Said(dict[str, str]):
    """Parameters of a sentence. One that is missing is shown as a question mark: a message must never fail."""

    def __missing__(self, key: str) -> str:
        return "?"


def describe(problem: Problem) -> str:
    """The sentence for a problem, in the active language."""
    return sentence(problem.code, problem.params)


def sentence(code: str, params: Mapping[str, str]) -> str:
    """The sentence for a code with its parameters, in the active language. A code without a sentence shows itself."""
    words = PROBLEMS.get(code)
    if words is None:
        return code
    said = _Said(params)
    if said.get("kind") in FactKind.values:
        said["kind"] = str(FactKind(said["kind"]).label)
    if said.get("field") in FIELDS:
        said["field"] = str(FIELDS[said["field"]])
    return str(words).format_map(said)


def describe_failure(failure: ChainFailure) -> str:
    """The sentence for what a verification found, in the active language."""
    return str(FAILURES[failure.code]).format(seq=failure.seq, detail=failure.detail)
