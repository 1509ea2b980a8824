"""Facts as the steps that a reader walks through: when, what, where, who, measured what, proved by what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lotline.core.canonical import Json
from lotline.doors.web.formats import Formats, write_quantity
from lotline.doors.web.words import what_of
from lotline.records.genealogy.facts import FactView, Names, Reading
from lotline.records.journal.choices import FactKind

# How many codes a line names before it only counts.
NAMED = 2
# How many steps a folded step carries; beyond, it only counts.
CARRIED = 20
GOES_SOMEWHERE = frozenset({FactKind.MOVE, FactKind.SHIP, FactKind.LOAD, FactKind.UNLOAD, FactKind.PACK, FactKind.RECEIVE})
NOTES = frozenset({FactKind.NOTE.value, FactKind.HOLD.value, FactKind.RELEASE.value})


def title_of(one: FactView) -> str:
    """What happened, and which lots came of it."""
    what = what_of(one)
    made = [code for _item, code in one.lots(side="out")]
    return " · ".join([what, *([_listed(made)] if made else [])])


def write_steps(
    facts: Iterable[FactView], *, formats: Formats, names: Names, own: Collection[tuple[str, str]] = (), around: Collection[UUID] = ()
) -> list[dict[str, Any]]:
    """Steps for ``components/timeline.html``, newest first. ``own``: (item, code) of the lots the page is about."""
    ordered = sorted(facts, key=lambda one: (one.at, one.seq), reverse=True)
    return [_step(one, formats, names, own, fault=one.id in around) for one in ordered]


def _step(one: FactView, formats: Formats, names: Names, own: Collection[tuple[str, str]], *, fault: bool) -> dict[str, Any]:
    voided = one.taken_back_by is not None
    readings = [write_reading(reading) for reading in one.readings]
    return {
        "id": str(one.id),
        "date": formats.day(one.at),
        "time": formats.clock(one.at),
        "iso": formats.local(one.at).isoformat(),
        "operation": what_of(one),
        "products": frozenset(item for item, _code in one.lots(side="out")),
        "title": title_of(one),
        "address": reverse("web:fact", args=[one.id]),
        "detail": " · ".join(_details(one, names, own)),
        "person": one.text("operator") or (names.people.get(one.actor, "") if one.actor else ""),
        "out": one.out and not voided,
        "abnormal": _abnormal(one),
        "struck": voided,
        "tags": _tags(one),
        "imported": one.source == "import",
        "measurements": readings,
        "proofs": _proofs(one),
        "fault": fault,
    }


def write_reading(reading: Reading) -> dict[str, Any]:
    """A measurement for ``{% limit_bar %}``."""
    return {
        "name": reading.name, "value": reading.value, "unit": reading.unit, "low": reading.low, "high": reading.high,
        "target": reading.target, "verdict": reading.verdict, "typed": reading.source == "typed",
    }  # fmt: skip


def _abnormal(one: FactView) -> bool:
    """What a reader who asks only for the unusual wants to see."""
    return one.out or one.taken_back_by is not None or one.kind in (*NOTES, "reverse", "return") or bool(one.text("override_reason"))


def _details(one: FactView, names: Names, own: Collection[tuple[str, str]]) -> Iterable[str]:
    """Where, under which program or recipe, what went in or moved, under which paper, why; each said once."""
    places = [text for text in (one.text("equipment"), one.text("station")) if text]
    parts = places[:1] if one.kind == FactKind.TRANSFORM else places
    for name, word in (("program", _("program")), ("recipe", _("recipe"))):
        if isinstance(value := one.data.get(name), str):
            parts.append(f"{word} {value}")
    for birth in one.body.get("births", ()):
        if birth.get("supplier"):
            parts.append(" ".join(text for text in (names.place(birth["supplier"]), birth.get("supplier_lot", "")) if text))
    if isinstance(customer := one.data.get("customer"), str):
        parts.append(customer)
    parts += _amounts(one, names, own)
    if one.body.get("carries"):
        parts.append(_carried(one, names))
    parts += [text for name in ("document", "reason", "override_reason") if (text := one.text(name))]
    parts = [part for part in parts if part != one.text("operation")]
    return [part for at, part in enumerate(parts) if part not in parts[:at] and not any(part in other for other in parts[at + 1 :])]


def _amounts(one: FactView, names: Names, own: Collection[tuple[str, str]]) -> Iterable[str]:
    """How much of the lots of the page moved; in a transform, which lots went in."""
    if one.kind in (FactKind.TRANSFORM, FactKind.SPLIT, FactKind.MERGE):
        used = [code for _item, code in one.lots(side="in")]
        if used:
            yield _("from %(lots)s") % {"lots": _listed(used)}
        return
    totals: dict[tuple[str, str], int] = {}
    lots = one.body.get("lots", ())
    for move in one.body.get("moves", ()):
        key = (lots[move[0]][0], lots[move[0]][1])
        if not own or key in own:
            totals[key] = totals.get(key, 0) + int(move[1])
    shown = [_amount_of(key, amount, names, alone=len(totals) == 1 and key in own) for key, amount in list(totals.items())[:NAMED]]
    targets = {move[3] for move in one.body.get("moves", ())}
    if shown and len(targets) == 1 and one.kind in GOES_SOMEWHERE:
        shown[-1] = f"{shown[-1]} → {names.place(next(iter(targets)))}"
    yield from shown


def _amount_of(key: tuple[str, str], amount: int, names: Names, *, alone: bool) -> str:
    text = f"{write_quantity(amount)} {names.units.get(key[0], '')}".strip()
    return text if alone else f"{key[1]} {text}"


def _carried(one: FactView, names: Names) -> str:
    carries = one.body["carries"]
    boxes = _listed([names.place(carry[0]) for carry in carries])
    targets = list(dict.fromkeys(names.place(carry[2]) for carry in carries))
    return f"{boxes} → {_listed(targets)}"


def _listed(codes: Sequence[str]) -> str:
    codes = list(dict.fromkeys(codes))
    if len(codes) <= NAMED + 1:
        return ", ".join(codes)
    return ngettext("%(codes)s and %(n)s more", "%(codes)s and %(n)s more", len(codes) - NAMED) % {
        "codes": ", ".join(codes[:NAMED]), "n": len(codes) - NAMED,
    }  # fmt: skip


def _tags(one: FactView) -> list[dict[str, str]]:
    tags = []
    if one.out:
        tags.append({"text": _("Out of limit"), "icon": "ban", "tone": "red"})
    if one.taken_back_by is not None:
        tags.append({"text": _("Taken back"), "icon": "rotate-clockwise", "tone": "red"})
    if one.source == "typed":
        tags.append({"text": _("typed by hand"), "icon": "keyboard"})
    if one.source == "import":
        tags.append({"text": _("imported"), "icon": "file-import"})
    if one.kind == FactKind.HOLD:
        tags.append({"text": _("On hold"), "icon": "lock"})
    if any(not move[5] for move in one.body.get("moves", ())):
        tags.append({"text": _("one of several possible"), "icon": "help-circle"})
    disposition = one.text("disposition")
    if disposition in ("rejected", "concession"):
        words = {"rejected": _("Rejected"), "concession": _("Concession")}
        tags.append(
            {
                "text": words[disposition],
                "icon": "ban" if disposition == "rejected" else "flag",
                "tone": "red" if disposition == "rejected" else "",
            }
        )
    return tags


def _proofs(one: FactView) -> list[dict[str, Any]]:
    """What was checked at the step. Alarms come first; texts of the form are shown as they were recorded."""
    proofs: list[dict[str, Any]] = []
    alarms = one.data.get("alarms")
    if isinstance(alarms, int) and alarms > 0:
        text = ngettext("%(n)s alarm", "%(n)s alarms", alarms) % {"n": alarms}
        if one.data.get("acknowledged"):
            text = _("%(alarms)s, acknowledged by hand") % {"alarms": text}
        proofs.append({"text": text, "out": True})
    for name, word in (("start_check", _("start check")), ("checks", ""), ("check", ""), ("remark", "")):
        value = one.data.get(name)
        if isinstance(value, str) and value:
            proofs.append({"text": f"{word} {value}".strip(), "note": name == "remark"})
    if one.text("disposition") == "released" and one.kind in (FactKind.INSPECT, FactKind.RELEASE):
        proofs.append({"text": _("released")})
    return proofs


def fold_steps(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ordinary steps of one operation that made the same become one, the newest, which carries the others as ``more`` (the first
    ``CARRIED`` of ``more_count``): nine receipts are one line. What is unusual stays single.
    """
    folded: list[dict[str, Any]] = []
    leaders: dict[tuple[str, frozenset[str]], dict[str, Any]] = {}
    for step in steps:
        ordinary = not (step["abnormal"] or step["struck"] or len(step["tags"]) > step["imported"])
        key = (step["operation"], step["products"])
        leader = leaders.get(key) if ordinary else None
        if leader is not None:
            leader["more_count"] += 1
            if leader["more_count"] <= CARRIED:
                leader["more"].append(step)
            continue
        folded.append({**step, "more": [], "more_count": 0})
        if ordinary:
            leaders[key] = folded[-1]
    for leader in folded:
        leader["more_left"] = leader["more_count"] - len(leader["more"])
    return folded


def data_pairs(data: Mapping[str, Json]) -> list[tuple[str, str]]:
    """The fields of an operation's form, as texts."""
    return [(key, value if isinstance(value, str) else _plain(value)) for key, value in sorted(data.items())]


def _plain(value: Json) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)
