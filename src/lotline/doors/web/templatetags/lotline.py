"""Tags of the design system: icons, chips, bars, the shell. ``{% load lotline %}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from lotline.doors.web.design.bars import limit_geometry, quantity_segments
from lotline.doors.web.design.navigation import address_of, find_places
from lotline.doors.web.design.states import STATE_LOOKS, state_look

register = template.Library()

SPRITE = "web/vendor/icons.svg"


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """One icon of the sprite, hidden from readers: the word stands beside it. ``size``: s, xs, l, xl."""
    css = f"icon icon-{size}" if size else "icon"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', css, static(SPRITE), name)


@register.simple_tag
def sprite_address() -> str:
    """Address of the sprite, for scripts that draw icons."""
    return static(SPRITE)


@register.simple_tag
def address(name: str) -> str:
    """An address by its name, empty when that part of the site does not exist."""
    return address_of(name)


@register.inclusion_tag("web/components/state_chip.html")
def state_chip(code: str, note: str = "") -> dict[str, Any]:
    """A lot state with colour, icon and word; ``note`` follows the word (the number of a concession)."""
    return {"look": state_look(code), "note": note}


@register.inclusion_tag("web/components/quantity_bar.html")
def quantity_bar(parts: Sequence[Mapping[str, Any]], label: str = "") -> dict[str, Any]:
    """Where a quantity is. Each part: ``amount`` (micro), ``text`` (as shown), ``label``, ``tone`` (gone, transit, here, hold, red, amber or "")."""
    segments = quantity_segments([(part["amount"], part.get("tone", "")) for part in parts])
    return {"segments": segments, "parts": [part for part in parts if part["amount"]], "label": label}


@register.inclusion_tag("web/components/limit_bar.html")
def limit_bar(measurement: Mapping[str, Any]) -> dict[str, Any]:
    """A measured value against its limits. Keys: name, value, unit, low, high, target (texts or None), verdict, typed."""
    low, high = measurement.get("low"), measurement.get("high")
    verdict = measurement.get("verdict", "")
    return {
        "m": measurement,
        "out": verdict in {"below", "above", "out"},
        "words": limit_words(verdict=verdict, value=measurement.get("value"), low=low, high=high),
        "at": limit_geometry(value=measurement.get("value"), low=low, high=high, target=measurement.get("target")),
    }


def limit_words(*, verdict: str, value: str | None, low: str | None, high: str | None) -> str:
    """What stands under the bar: the verdict in words when it is out, else the limits."""
    if value is None:
        return gettext("Not recorded")
    if verdict == "below":
        return gettext("Below limit %(limit)s") % {"limit": low}
    if verdict == "above":
        return gettext("Above limit %(limit)s") % {"limit": high}
    if verdict == "out":
        return gettext("Out of limits")
    if low is not None and high is not None:
        return f"{low} – {high}"
    if high is not None:
        return f"≤ {high}"
    return f"≥ {low}" if low is not None else ""


@register.inclusion_tag("web/components/navigation.html", takes_context=True)
def navigation(context: template.Context, bar: str = "side") -> dict[str, Any]:
    """The side bar's or the phone bar's entries. ``bar``: side, phone."""
    request = context.get("request")
    visitor = getattr(request, "visitor", None)
    rights = None if visitor is None else frozenset(right.value for right in visitor.rights)
    shell = {name: context.get(name) for name in ("user", "plants", "plant", "csrf_token", "may_manage")}
    return {"places": find_places(request.path if request else "", rights), "bar": bar, "request": request, **shell}


@register.inclusion_tag("web/components/language_switch.html", takes_context=True)
def language_switch(context: template.Context, look: str = "link") -> dict[str, Any]:
    """A form with one button: the other language, named in itself. ``look``: link, menu."""
    request = context.get("request")
    other = ("en", "English") if (get_language() or "").startswith("zh") else ("zh-hans", "中文")
    return {
        "code": other[0],
        "name": other[1],
        "look": look,
        "action": address_of("web:language"),
        "next": request.get_full_path() if request else "/",
        "csrf_token": context.get("csrf_token"),
    }


@register.filter
def initials(person: object) -> str:
    """What stands in the round sign of a person: the first character of a Chinese name, two initials of another."""
    words = str(person).split()
    if not words:
        return "?"
    if words[0][0].isascii():
        return "".join(word[0] for word in words[:2]).upper()
    return words[0][0]


@register.simple_tag
def genealogy_words() -> dict[str, Any]:
    """The words of ``genealogy.js``. A number goes where ``{n}`` stands."""
    return {
        "states": {code: [str(look.word), look.icon] for code, look in STATE_LOOKS.items()},
        "lots": _counted("%(n)s lot", "%(n)s lots"),
        "links": _counted("%(n)s link", "%(n)s links"),
        "groups": gettext("shown as %(n)s cards") % {"n": "{n}"},
        "more": gettext("%(n)s more") % {"n": "{n}"},
        "moreStages": gettext("and %(n)s more") % {"n": "{n}"},
        "other": gettext("Other"),
        "all": gettext("All others"),
        "unnamed": gettext("No name"),
        "stage": gettext("Stage %(n)s") % {"n": "{n}"},
        "close": gettext("Fold again"),
        "unmark": gettext("Lift %(n)s suspect mark") % {"n": "{n}"},
        "thisLot": gettext("This lot"),
        "source": gettext("Source"),
        "drawn": gettext("drawn in %(n)s ms") % {"n": "{n}"},
        "failed": gettext("The genealogy could not be loaded."),
        "retry": gettext("Try again"),
        "none": gettext("No other lot is linked to this one."),
        "openList": gettext("Open as list"),
        "openGroup": gettext("Show each"),
        "showing": gettext("%(shown)s of %(total)s rows") % {"shown": "{shown}", "total": "{total}"},
        "next": gettext("Show more"),
        "allRows": gettext("All lots"),
        "columns": [gettext("Lot"), gettext("Item"), gettext("Stage"), gettext("Quantity"), gettext("State"), gettext("Time")],
        "noLineage": gettext("Too many lots to draw the lines of each."),
    }


def _counted(one: str, many: str) -> list[str]:
    """Both plural forms, for a script that only learns the number later."""
    return [ngettext(one, many, count) % {"n": "{n}"} for count in (1, 2)]
