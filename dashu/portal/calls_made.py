"""When we called, visited or wrote by hand to the borrower, or to others about them, and when they called us."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from dashu.messaging.models import ContactAttempt, ContactAttemptQuerySet, ContactChannel, ContactParty

PAGE = 20
Outcome = ContactAttempt.Outcome
_HOW: dict[str, tuple[Any, str]] = {
    ContactChannel.CALL: (_("We called"), "phone"),
    ContactChannel.AI_CALL: (_("A machine of ours called"), "phone"),
    ContactChannel.LETTER: (_("We wrote a letter"), "mail"),
    ContactChannel.VISIT: (_("We came by"), "house"),
}
_WHY: dict[str, Any] = {
    "COLLECTION": _("because a payment was late"),
    "REMINDER": _("because a payment was late"),
    "SERVICE": _("about your contract"),
    "MARKETING": _("with an offer"),
    "LOCATE": _("to ask how you can be reached; nothing was said of a loan"),
}
_ENDED: dict[str, Any] = {
    Outcome.OPEN: _("How it ended is not noted yet."),
    Outcome.RIGHT_PARTY: _("We spoke."),
    Outcome.REFUSED: _("We were asked not to call again."),
    Outcome.WRONG_PARTY: _("Somebody else answered."),
    Outcome.NO_ANSWER: _("Nobody answered."),
    Outcome.BUSY: _("The line was busy."),
    Outcome.VOICEMAIL: _("A mailbox answered."),
    Outcome.INVALID_NUMBER: _("There was no such number."),
    Outcome.NOT_MET: _("Nobody was there."),
    Outcome.SENT: _("It was posted."),
}


@dataclass(frozen=True, slots=True)
class Made:
    """One contact in words. :param whom: others than the borrower; empty for the borrower."""

    how: Any
    icon: str
    whom: Any
    why: Any
    ended: Any
    at: datetime
    asked_for: Any = ""


@login_required
@require_GET
def calls_made(request: HttpRequest) -> HttpResponse:
    """List what was tried, the latest first. `before` is the last one of the page before."""
    mine = _mine(request)
    found = list(_after(mine, request.GET.get("before", "")).order_by("-started_at", "-pk")[: PAGE + 1])
    page = found[:PAGE]
    context = {
        "made": [made_of(attempt) for attempt in page],
        "older": page[-1].pk if len(found) > PAGE else None,
        "is_first": "before" not in request.GET,
    }
    return render(request, "portal/calls.html", context)


def made_of(attempt: ContactAttempt) -> Made:
    how, icon = _HOW[attempt.channel]
    is_theirs = attempt.direction == ContactAttempt.Direction.IN
    return Made(
        how=_("You called us") if is_theirs else how,
        icon="phone" if is_theirs else icon,
        whom="" if attempt.party == ContactParty.BORROWER else ContactParty(attempt.party).label,
        why="" if is_theirs else _WHY[attempt.purpose],
        ended=_ENDED[attempt.outcome],
        at=attempt.started_at,
        asked_for=_("As we noted, it was asked for.") if attempt.is_consented else "",
    )


def _mine(request: HttpRequest) -> ContactAttemptQuerySet:
    """Whatever came about; what a colleague noted as not having come about was no contact."""
    return ContactAttempt.objects.about(request.user).exclude(outcome=Outcome.FAILED)


def _after(mine: ContactAttemptQuerySet, before: str) -> ContactAttemptQuerySet:
    """Return what came before the one with this number; a number that is not theirs is not found."""
    if not before:
        return mine
    if not (before.isascii() and before.isdigit() and len(before) < 19):
        raise Http404
    last = get_object_or_404(mine.only("started_at"), pk=int(before))
    return mine.filter(started_at__lte=last.started_at).exclude(started_at=last.started_at, pk__gte=last.pk)
