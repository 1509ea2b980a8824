"""How each lot state is shown: always a colour, an icon and a word (design guide, section 4)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class StateLook:
    """The colour is the CSS class ``chip <code>``; the icon is a name in the sprite."""

    code: str
    word: Promise
    icon: str


STATE_LOOKS = {
    look.code: look
    for look in (
        StateLook("pending", _("Pending"), "hourglass"),
        StateLook("released", _("Released"), "check"),
        StateLook("concession", _("Concession"), "flag"),
        StateLook("wip", _("In process"), "loader-2"),
        StateLook("hold", _("On hold"), "lock"),
        StateLook("rejected", _("Rejected"), "ban"),
        StateLook("rework", _("Rework"), "rotate-clockwise"),
        StateLook("shipped", _("Shipped"), "truck"),
        StateLook("transit", _("In transit"), "truck"),
        StateLook("consumed", _("Used up"), "circle-minus"),
        StateLook("scrapped", _("Scrapped"), "trash"),
        StateLook("recalled", _("In recall"), "alert-octagon"),
        StateLook("expired", _("Expired"), "calendar-off"),
        # Overlays: they stand beside a state and do not replace it.
        StateLook("suspect", _("Suspect"), "focus-2"),
        StateLook("possible", _("Possible"), "help-circle"),
    )
}


class UnknownState(KeyError):
    """A template or a view names a state that has no look."""


def state_look(code: str) -> StateLook:
    """The look of a state. Raises ``UnknownState``."""
    try:
        return STATE_LOOKS[code]
    except KeyError:
        raise UnknownState(code) from None
