"""What the journal refuses, in words: a sentence for every code of ``core.ledger.Problem``. Every door uses these."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "already_reversed": _("This fact has been taken back already."),
    "amount_not_kept": _("{consumed} went in and {produced} came out: splitting and merging keep the amount."),
    "batch_differs": _("Lot {lot} belongs to batch {known}, not {said}. Another batch is another lot."),
    "birth_without_move": _("Lot {lot} is described but does not move in this fact."),
    "container_carried_twice": _("Container {place} is carried twice in one fact."),
    "container_elsewhere": _("Container {place} was not at {origin} at that moment."),
    "container_goes_nowhere": _("Container {place} is carried to the place where it is."),
    "container_in_itself": _("Container {place} would lie in itself."),
    "container_moved_later": _("Container {place} was moved on later, which this does not fit."),
    "expiry_differs": _("Lot {lot} expires {known}, not {said}. Another expiry is another lot, or a misread label."),
    "fact_unknown": _("There is no fact {fact} in this plant."),
    "goes_nowhere": _("Lot {lot} leaves {place} for the same place."),
    "in_the_future": _("{at} lies in the future. Check the clock of the device."),
    "input_without_output": _("Group {strand}: something is consumed and nothing is produced."),
    "item_unknown": _("There is no item {item}."),
    "items_differ": _("Splitting and merging do not turn one item into another."),
    "key_missing": _("The fact has no key. Send one, so that the same fact is never written twice."),
    "key_reused": _("The key {key} was used for another fact."),
    "kind_carries_nothing": _("A fact of kind {kind} carries no containers."),
    "kind_decides_nothing": _("A fact of kind {kind} can not decide on a lot."),
    "kind_moves_nothing": _("A fact of kind {kind} moves nothing."),
    "lot_code_form": _("The lot code {lot} has spaces around it or characters that can not be seen."),
    "lot_code_length": _("A lot code has 1 to 120 characters."),
    "lot_expired": _("Lot {lot} expired {expires} and can not be used."),
    "lot_on_hold": _("Lot {lot} is on hold: {reason}"),
    "lot_pending": _("Lot {lot} has not been released yet."),
    "lot_rejected": _("Lot {lot} was rejected and can not be used."),
    "lot_unknown": _("There is no lot {lot} of item {item}."),
    "moment_out_of_range": _("{at} is not a date of this plant: years 1900 to 8999."),
    "moment_without_zone": _("The moment in “{field}” has no time zone."),
    "not_a_container": _("{place} is not a container."),
    "not_a_supplier": _("{place} is not a supplier."),
    "not_enough": _("{place} holds {available} of lot {lot}; {wanted} can not be taken."),
    "not_exact": _("A number would not stay exact; write it as text. {detail}"),
    "nothing_moves": _("A fact of kind {kind} has to move something."),
    "nothing_to_release": _("No open hold on {lot} to release."),
    "only_reverse_reverses": _("A fact of kind {kind} can not take another one back."),
    "operation_without_lots": _("A fact of kind {kind} has to consume and to produce."),
    "output_without_input": _("Group {strand}: something is produced from nothing."),
    "override_not_allowed": _("Overriding a block needs a person whose role allows it."),
    "past_below_zero": _("At that time {place} held too little of lot {lot}: fact {fact} would find {available}, {wanted} are to be taken."),
    "place_unknown": _("There is no place {place}."),
    "quantity_not_positive": _("The quantity of lot {lot} has to be above zero."),
    "quantity_too_fine": _("{quantity} of lot {lot} is finer than {item} is counted."),
    "quantity_too_large": _("Lot {lot}: more than can be counted would lie at {place}."),
    "reason_missing": _("A fact of kind {kind} needs a reason."),
    "reverse_moves_nothing": _("A reversal only names the fact that it takes back."),
    "reverse_names_nothing": _("A reversal has to name the fact that it takes back."),
    "reverse_of_reverse": _("A reversal is not taken back: write the fact again."),
    "serial_exists": _("Serial {lot} exists already. A serial number exists once."),
    "serial_is_one": _("{lot} is a serial number: its quantity is 1, not {quantity}."),
    "storage_failed": _("The database could not store this: {detail}"),
    "strand_out_of_range": _("{strand} is not the number of a group."),
    "subject_missing": _("A fact of kind {kind} has to name the lots that it is about."),
    "supplier_missing": _("Lot {lot} has a supplier's number but no supplier."),
    "text_not_storable": _("“{field}” holds a character that can not be stored."),
    "text_too_long": _("“{field}” is longer than {longest} characters."),
    "try_again": _("Others were writing at the same moment. Try again."),
    "way_not_allowed": _("A fact of kind {kind} does not go from {origin} to {target}."),
}


class _Shown(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def sentence(code: str, params: Mapping[str, str]) -> str:
    """What is wrong, in the active language; a code without words is shown as it is."""
    words = SENTENCES.get(code)
    if words is not None:
        return str(words).format_map(_Shown(params))
    return f"{code} {dict(params)}" if params else code
