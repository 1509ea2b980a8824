"""What can be wrong in a document, in words that tell where it is, what it is and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: One entry per code. Placeholders are filled from the problem's parameters.
MESSAGES: Mapping[str, Promise] = {
    # the whole document
    "empty_document": _("The document is empty. Send an EPCIS 2.0 JSON or XML document."),
    "too_large": _("The document has %(size)s bytes, more than the %(limit)s allowed. Split it into several documents."),
    "too_deep": _("The document is nested more than %(limit)s levels deep. No EPCIS document needs that."),
    "bad_encoding": _("The document is not valid UTF-8 (byte %(byte)s). Save it as UTF-8 and send it again."),
    "broken_json": _("This is not valid JSON: %(detail)s, line %(line)s, column %(column)s. Export the document again."),
    "broken_xml": _("This is not valid XML: %(detail)s. Export the document again."),
    "forbidden_xml": _("The XML holds a document type or entity declaration. Remove it: such declarations are refused."),
    "duplicate_key": _("The key “%(key)s” is given twice in one object. Keep one of the two."),
    "not_epcis": _("“%(found)s” is no EPCIS document. Expected EPCISDocument, EPCISQueryDocument or a single event such as ObjectEvent."),
    "unknown_version": _("EPCIS version “%(version)s” is not known. Versions 1.0 to 2.0 can be read."),
    "no_context": _("“@context” is missing. Add the EPCIS context, for example https://ref.gs1.org/standards/epcis/epcis-context.jsonld."),
    "no_events": _("The document has no event list. Events belong in epcisBody.eventList."),
    # shape
    "missing": _("The field is missing. It is required here."),
    "unknown_field": _("“%(field)s” is not a field that can stand here. Did you mean “%(near)s”?"),
    "unexpected": _("“%(field)s” can not stand here. Remove it."),
    "no_namespace": _("“%(field)s” is not a field of EPCIS. Own fields need a namespace prefix that is declared."),
    "repeated": _("“%(field)s” is given more than once. Keep one."),
    "wrong_order": _("“%(field)s” is in the wrong place: it must come before “%(before)s”. Follow the order of the schema."),
    "not_object": _("Expected an object with fields, found “%(found)s”."),
    "not_list": _("Expected a list, found “%(found)s”."),
    "not_text": _("Expected a text, found “%(found)s”."),
    "not_number": _("Expected a number such as 12.5, found “%(found)s”."),
    "number_out_of_range": _("The number “%(found)s” has more than %(limit)s digits. Send it with fewer."),
    "not_boolean": _("Expected true or false, found “%(found)s”."),
    "not_hex": _("Expected hexadecimal digits, found “%(found)s”."),
    "not_uri": _("“%(found)s” is not a URI. Write it with a scheme, for example urn:… or https://…"),
    "empty_value": _("The field is empty. Leave it out or give it a value."),
    # values
    "not_time": _("“%(found)s” is not a time. Write it as 2026-07-22T06:45:00+02:00."),
    "time_without_zone": _("The time “%(found)s” has no time zone. Add one, for example +02:00 or Z."),
    "bad_offset": _("“%(found)s” is not a time zone offset. Write it as +02:00, between -14:00 and +14:00."),
    "bad_action": _("“%(found)s” is not an action. Use ADD, OBSERVE or DELETE."),
    "not_standard": _("“%(found)s” is not a standard %(list)s. Use a word of the CBV or a URI of your own."),
    "not_standard_near": _("“%(found)s” is not a standard %(list)s. Did you mean “%(near)s”? Else use a URI of your own."),
    "bare_uuid": _("“%(found)s” is a bare UUID. Write it as urn:uuid:%(found)s."),
    "bad_uom": _("“%(found)s” is not a unit code. Use a code of two or three letters or digits such as KGM."),
    "duplicate_item": _("“%(found)s” is listed twice. Keep it once."),
    # what an event must say
    "unknown_event": _("“%(found)s” is not an event type of EPCIS."),
    "nothing_named": _("The event names no object. Give epcList or quantityList, or sensor data together with readPoint."),
    "no_children": _("The event names no children. Only action DELETE may leave them out."),
    "no_parent": _("parentID is missing. Only action OBSERVE may leave it out."),
    "no_sides": _("A transformation needs inputs and outputs, or a transformationID together with either."),
    "ilmd_not_allowed": _("ilmd is only allowed with action ADD, not with %(action)s."),
    "no_report": _("The sensor element has no sensorReport."),
    "no_report_type": _("The sensor report has neither type nor exception."),
    "no_transaction": _("A TransactionEvent needs at least one business transaction."),
    "duplicate_event_id": _("The event repeats event %(first)s, with the same content. It is one event."),
    "conflicting_event_id": _("Event %(first)s has the same eventID but says something else. Each event needs its own id."),
    # on the way into the journal
    "identifier_too_long": _("“%(found)s” has more than %(limit)s characters, too many for a code."),
    "not_positive": _("The quantity %(found)s is not above zero. An event moves or counts something."),
    "too_fine": _("The quantity %(found)s has more decimals than can be kept (six)."),
    "quantity_too_large": _("The quantity %(found)s is too large to be kept."),
    "unit_differs": _("“%(found)s” can not be converted to “%(unit)s”, in which %(item)s is counted. Define the conversion first."),
    "half_transformation": _(
        "The transformation %(found)s has only one side in this document. Send all events of one transformation together."
    ),
    "not_a_container": _("“%(found)s” is a place that can not be carried, so nothing can be packed into it."),
    "captured_differently": _("An event with this id was captured before and said something else. Each event needs its own id."),
    "refused_by_journal": _("The journal refuses it: %(detail)s"),
    # warnings: taken, but worth knowing
    "repeated_event": _("The event says the same as event %(first)s and has no id of its own. It is one event."),
    "quantity_not_told": _("The quantity of “%(found)s” is not told. %(amount)s is booked."),
    "counted_apart": _("“%(found)s” is kept under the item “%(item)s”, because its item can not convert the unit."),
    "used_after_expiry": _("Lot %(found)s is used after %(day)s, the day on which it expires. The day is kept with the lot only."),
    "container_not_moved": _("“%(found)s” is elsewhere by what is known of the time after. It was left where it is."),
    "declared_wrong": _("The event was declared wrong before it came. It is not taken."),
    "nothing_to_reverse": _("The event that is declared wrong is not in the journal, or was taken back before. Noted only."),
}

#: Problems that leave only one reading. A lenient reader goes on with it and keeps the problem as a warning.
REPAIRABLE = frozenset({"empty_value", "bare_uuid", "no_namespace", "time_without_zone", "duplicate_event_id"})


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. ``event`` counts from 0 and is None when the document as a whole is meant."""

    code: str
    path: str = ""
    event: int | None = None
    event_id: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def repairable(self) -> bool:
        """Whether a lenient reader may go on."""
        return self.code in REPAIRABLE

    @property
    def message(self) -> str:
        """What is wrong and what to do, in the reader's language, without the place."""
        return str(MESSAGES[self.code]) % self.params

    def __str__(self) -> str:
        """The whole sentence; events are counted from 1, as people do."""
        place = ", ".join(part for part in (self._event_words(), self.path) if part)
        return f"{place}: {self.message}" if place else self.message

    def _event_words(self) -> str:
        if self.event is None:
            return ""
        words = str(_("event %(number)s")) % {"number": self.event + 1}
        return f"{words} ({self.event_id})" if self.event_id else words


class InvalidDocument(Exception):
    """A document that can not be taken; ``problems`` says all that is wrong with it. Trying again does not help."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.code} {problem.path}" for problem in problems[:10]))
        self.problems = problems
