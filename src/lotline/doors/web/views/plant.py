"""What belongs to the shell: the plant somebody works in, the language they read, the chain of records."""

from __future__ import annotations

from threading import Lock

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from lotline.doors.web.access import Visitor, for_members, show
from lotline.doors.web.formats import write_count
from lotline.doors.web.sign_in import LANGUAGES
from lotline.records.journal.models import Head
from lotline.records.journal.verify import ChainReport, verify_chain
from lotline.records.journal.words import describe_failure
from lotline.records.people import actions as people
from lotline.records.people.models import User
from lotline.records.people.queries import SESSION_PLANT
from lotline.records.places.models import Plant

# A page may take this many records to verify; a longer journal is verified at the terminal, with progress.
VERIFIED_HERE = 20_000
# Hashing occupies a thread that others wait for, so a process does it for one person at a time.
_verifying = Lock()


@require_POST
@for_members()
def choose_plant(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Work in another of one's plants. One that is not one's own changes nothing."""
    code = request.POST.get("plant", "")
    if any(plant.code == code for plant in visitor.plants):
        request.session[SESSION_PLANT] = code
    return HttpResponseRedirect("/")


def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Read in another language; somebody who is signed in keeps it on every device."""
    code = request.POST.get("language", "")
    if request.method == "POST" and isinstance(request.user, User) and code in LANGUAGES:
        people.choose_language(user=request.user, language=code)
    return set_language(request)


@for_members()
def chain(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The plant's chain of records: how long it is, its last link; a POST recomputes every hash."""
    head = Head.objects.for_plant(visitor.plant).first()
    count = head.seq if head else 0
    wanted = request.method == "POST" and count <= VERIFIED_HERE
    report = _verify_alone(visitor.plant) if wanted else None
    formats = visitor.formats
    context = {
        "count": write_count(count),
        "last": formats.exact(head.recorded_at) if head and head.recorded_at else "–",
        "hash": head.hash if head else "",
        "too_long": count > VERIFIED_HERE,
        "report": report,
        "busy": wanted and report is None,
        "failure": describe_failure(report.failure) if report and report.failure else "",
        "verified": write_count(report.seq) if report else "",
        "verified_at": formats.exact(formats.now) if report else "",
        "title": _("Chain of records"),
    }
    return show(request, visitor, "web/chain.html", context)


def _verify_alone(plant: Plant) -> ChainReport | None:
    """What recomputing the chain found, or ``None`` while this process is at it for somebody else."""
    if not _verifying.acquire(blocking=False):
        return None
    try:
        return verify_chain(plant)
    finally:
        _verifying.release()
