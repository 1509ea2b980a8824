"""Importing: bring a file, say what its columns are, see what it would do, store all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lotline.doors.web.access import Visitor, for_members, show
from lotline.doors.web.asked import trace_path
from lotline.doors.web.formats import write_count
from lotline.doors.web.ports import FileLook, NotTaken, Outcome, SheetChoice, StoredBefore, Wishes, WorkSeen, import_desk
from lotline.records.people.choices import Right

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Notes about rows that a page shows; the workbook of bad rows holds all of them.
SHOWN_NOTES = 200
# A try does not keep anybody from looking at the columns again.
TRY = "try"


@dataclass(slots=True)
class Sheet:
    """A sheet as the form shows it: what was recognised, overlaid with what a person chose."""

    at: int
    look: Any
    taken: bool
    columns: list[dict[str, Any]] = field(default_factory=list)
    defaults: list[dict[str, Any]] = field(default_factory=list)
    date_order: str = "ymd"


@for_members(Right.IMPORT)
def begin(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Choose a file, or take a template to fill in."""
    if request.method != "POST":
        return _begin(request, visitor)
    file = request.FILES.get("file")
    if file is None:
        return _begin(request, visitor, error=_("Choose a file first."))
    try:
        token = import_desk().keep_file(plant=visitor.plant, user=visitor.user.pk, name=file.name or "", chunks=file.chunks())
    except NotTaken as refused:
        return _begin(request, visitor, error=refused.reason)
    kind = request.POST.get("kind", "")
    return HttpResponseRedirect(reverse("web:import-file", args=[token]) + (f"?kind={quote(kind)}" if kind else ""))


def _begin(request: HttpRequest, visitor: Visitor, *, error: str = "") -> HttpResponse:
    context = {"kinds": import_desk().offer_kinds(), "error": error, "chosen": request.POST.get("kind", ""), "steps": _stepper(0)}
    return show(request, visitor, "web/import.html", context, status=400 if error else 200)


@for_members(Right.IMPORT, one_moment=False)  # a file that is no table is tried at once, in a transaction that is taken back
def look(request: HttpRequest, visitor: Visitor, token: str) -> HttpResponse:
    """The columns of a file, to be confirmed; a POST tries the import and shows what it would do."""
    desk = import_desk()
    kind = request.GET.get("kind", "")
    try:
        found = desk.look_at(plant=visitor.plant, user=visitor.user.pk, token=token, kind=kind)
    except StoredBefore as before:
        return _done_page(request, visitor, before.name, before.outcome)
    except NotTaken as refused:
        return _begin(request, visitor, error=refused.reason)
    if request.method != "POST" and (seen := desk.progress(plant=visitor.plant, user=visitor.user.pk, token=token)) and seen.stage != TRY:
        context = {"file": found, "said": _progress_in_words(seen), "steps": _stepper(2)}
        return show(request, visitor, "web/import_working.html", context)
    if request.method != "POST" and found.form == "table":
        return _mapping_page(request, visitor, found, None, kind)
    wishes = read_wishes(request.POST)
    try:
        outcome = desk.try_import(plant=visitor.plant, user=visitor.user.pk, token=token, wishes=wishes)
    except NotTaken as refused:
        return _refused(request, visitor, found, refused, kind)
    return _preview_page(request, visitor, found, outcome)


@require_POST
@for_members(Right.IMPORT)
def store(request: HttpRequest, visitor: Visitor, token: str) -> HttpResponse:
    """Store the import: all of it, or nothing with every bad row named."""
    desk = import_desk()
    try:
        found = desk.look_at(plant=visitor.plant, user=visitor.user.pk, token=token, kind="")
        outcome = desk.store_import(plant=visitor.plant, user=visitor.user.pk, token=token, wishes=read_wishes(request.POST))
    except StoredBefore as before:
        return _done_page(request, visitor, before.name, before.outcome)
    except NotTaken as refused:
        if refused.gone:
            return _begin(request, visitor, error=refused.reason)
        return _refused(request, visitor, desk.look_at(plant=visitor.plant, user=visitor.user.pk, token=token, kind=""), refused, "")
    if not outcome.stored:
        return _preview_page(request, visitor, found, outcome, status=400)
    return _done_page(request, visitor, found.name, outcome)


def _done_page(request: HttpRequest, visitor: Visitor, name: str, outcome: Outcome) -> HttpResponse:
    """What was stored; the same for whoever asks again."""
    context = {
        "name": name,
        **_figures(outcome),
        "steps": _stepper(3),
        "links": [(code, trace_path("web:trace-of", code)) for code in outcome.lots],
    }
    return show(request, visitor, "web/import_done.html", context)


@for_members(Right.IMPORT)
def progress(_request: HttpRequest, visitor: Visitor, token: str) -> HttpResponse:
    """How far the work on a file is, for the page that waits for it."""
    seen = import_desk().progress(plant=visitor.plant, user=visitor.user.pk, token=token)
    answer = JsonResponse({"working": seen is not None, **(_progress_in_words(seen) if seen else {})})
    answer["Cache-Control"] = "no-store"
    return answer


def _progress_in_words(seen: WorkSeen) -> dict[str, Any]:
    figures = {"done": write_count(seen.done), "total": write_count(seen.total)}
    sentences = {
        "read": _("Reading: %(done)s rows so far"),
        "try": _("Checking: %(done)s of %(total)s rows"),
        "store": _("Storing: %(done)s of %(total)s rows"),
    }
    return {"text": sentences[seen.stage] % figures, "done": seen.done, "total": seen.total}


@require_POST
@for_members(Right.IMPORT)
def bad_rows(request: HttpRequest, visitor: Visitor, token: str) -> HttpResponse:
    """The rows that can not be taken, with their reasons, as a workbook to mend and import again."""
    try:
        content = import_desk().bad_rows(plant=visitor.plant, user=visitor.user.pk, token=token, wishes=read_wishes(request.POST))
    except NotTaken as refused:
        return _begin(request, visitor, error=refused.reason)
    return _download(content, "bad-rows.xlsx")


@for_members(Right.IMPORT)
def template(_request: HttpRequest, _visitor: Visitor, kind: str) -> HttpResponse:
    """An empty workbook of a kind."""
    try:
        return _download(import_desk().template(kind), f"lotline-{kind}.xlsx")
    except KeyError as unknown:
        raise Http404 from unknown


def _download(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=WORKBOOK)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# ---- the form ------------------------------------------------------------------------------------------------------------------------


def read_wishes(form: QueryDict) -> Wishes:
    """What the form of the mapping says. Fields that are no numbers are left out: the desk then says what is missing."""
    sheets = []
    for at in form.getlist("sheet"):
        if form.get(f"take-{at}") != "1" or not at.isdecimal():
            continue
        prefix, given = f"header-{at}-", f"default-{at}-"
        headers = {
            int(name.removeprefix(prefix)): text
            for name, text in form.items()
            if name.startswith(prefix) and name.removeprefix(prefix).isdecimal()
        }
        sheets.append(
            SheetChoice(
                name=str(form.get(f"name-{at}", "")),
                kind=str(form.get(f"kind-{at}", "")),
                header_row=int(row) if (row := str(form.get(f"row-{at}", "1"))).isdecimal() else 1,
                headers={index: str(text) for index, text in headers.items()},
                uses={index: str(form.get(f"use-{at}-{index}", "-")) for index in headers},
                defaults={name.removeprefix(given): str(text) for name, text in form.items() if name.startswith(given)},
                date_order=str(form.get(f"dates-{at}", "ymd")),
            )
        )
    return Wishes(
        tuple(sheets),
        create_missing=form.get("create_missing") == "1" or "sheet" not in form,
        book_gaps=form.get("book_gaps") == "1",
        skip_bad=form.get("skip_bad") == "1",
        lenient=form.get("lenient") == "1",
    )


def _mapping_page(
    request: HttpRequest,
    visitor: Visitor,
    found: FileLook,
    wishes: Wishes | None,
    kind: str,
    *,
    error: str = "",
    details: tuple[str, ...] = (),
) -> HttpResponse:
    chosen = {sheet.name: sheet for sheet in wishes.sheets} if wishes else {}
    sheets = [_sheet(at, look, chosen.get(look.name), first=wishes is None) for at, look in enumerate(found.sheets) if look.kind]
    context = {
        "file": found,
        "sheets": sheets,
        "unknown": [look.name for look in found.sheets if not look.kind and not look.hidden],
        "kinds": import_desk().offer_kinds(),
        "kind": kind,
        "wishes": wishes or Wishes(),
        "may_create": visitor.may(Right.MASTER_DATA),
        "error": error,
        "details": details,
        "steps": _stepper(1),
    }
    return show(request, visitor, "web/import_columns.html", context, status=400 if error else 200)


def _sheet(at: int, look: Any, choice: SheetChoice | None, *, first: bool) -> Sheet:
    uses = dict(choice.uses) if choice else {index: use for index, _header, use, _values in look.columns}
    columns = [
        {"index": index, "header": header, "use": uses.get(index, "-"), "values": values} for index, header, _use, values in look.columns
    ]
    given = dict(choice.defaults) if choice else dict(look.defaults)
    wanted = [target for target in look.targets if target.name in {missing.name for missing in look.missing} | set(given)]
    defaults = [
        {"name": target.name, "label": target.label, "required": target.required, "value": given.get(target.name, "")} for target in wanted
    ]
    return Sheet(at, look, taken=(not look.hidden) if first else choice is not None, columns=columns, defaults=defaults,
                 date_order=choice.date_order if choice else look.date_order)  # fmt: skip


def _refused(request: HttpRequest, visitor: Visitor, found: FileLook, refused: NotTaken, kind: str) -> HttpResponse:
    """Back to where it can be put right, with everything that was chosen."""
    if found.form == "table":
        return _mapping_page(request, visitor, found, read_wishes(request.POST), kind, error=refused.reason, details=refused.details)
    return _begin(request, visitor, error=" ".join((refused.reason, *refused.details)))


def _preview_page(request: HttpRequest, visitor: Visitor, found: FileLook, outcome: Outcome, *, status: int = 200) -> HttpResponse:
    kept = [
        (name, value) for name in request.POST for value in request.POST.getlist(name) if name not in {"csrfmiddlewaretoken", "skip_bad"}
    ]
    context = {
        "file": found,
        "kept": kept,
        "tables": found.form == "table",
        "steps": _stepper(2),
        "skip_bad": request.POST.get("skip_bad") == "1",
        **_figures(outcome),
    }
    return show(request, visitor, "web/import_preview.html", context, status=status)


def _figures(outcome: Outcome) -> dict[str, Any]:
    figures = [
        (_("Rows"), outcome.rows, ""), (_("Bad rows"), outcome.bad, "is-red" if outcome.bad else ""), (_("Records"), outcome.facts, ""),
        (_("New lots"), outcome.new_lots, ""), (_("New items"), len(outcome.new_items), ""), (_("New places"), len(outcome.new_places), ""),
        (_("Imported before"), outcome.already, ""),
    ]  # fmt: skip
    return {
        "outcome": outcome,
        "figures": [{"label": label, "text": write_count(count), "tone": tone} for label, count, tone in figures],
        "errors": outcome.errors[:SHOWN_NOTES],
        "warnings": outcome.warnings[:SHOWN_NOTES],
        "more_errors": max(0, len(outcome.errors) - SHOWN_NOTES),
        "more_warnings": max(0, len(outcome.warnings) - SHOWN_NOTES),
    }


def _stepper(now: int) -> list[dict[str, str]]:
    words = (_("File"), _("Columns"), _("Preview"), _("Stored"))
    return [{"label": word, "state": "done" if at < now else "now" if at == now else ""} for at, word in enumerate(words)]
