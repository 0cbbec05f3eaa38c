"""
What was sent to the borrower: every contact that was made, when, on which channel, why, and whether it arrived.

One-time codes are not among them: they are kept nowhere (`dashu.messaging.secret_texts`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from dashu.kernel.dates import lender_now
from dashu.messaging.guard import OUTSIDE
from dashu.messaging.links import Stop, stop_token
from dashu.messaging.models import OutboxMessage, OutboxMessageQuerySet
from dashu.messaging.services.opt_out import STOPPABLE
from dashu.portal.why_told import why_told
from dashu.web.posting import sent_from

PAGE = 20
EXCERPT = 40
Channel, Delivery = OutboxMessage.Channel, OutboxMessage.Delivery
_ICONS = {Channel.IN_APP: "bell", Channel.EMAIL: "mail", Channel.SMS: "message-square"}
_ARRIVALS: dict[str, tuple[Any, str, str]] = {
    Delivery.DELIVERED: (pgettext_lazy("message", "Arrived"), "good", "check"),
    Delivery.FAILED: (pgettext_lazy("message", "Did not arrive"), "soon", "triangle-alert"),
    Delivery.BOUNCED: (_("Did not arrive: there is no such address"), "soon", "triangle-alert"),
    Delivery.COMPLAINED: (_("You marked it as unwanted"), "plain", "info"),
}
_PLAN = "portal:relief_plan"
_ABOUT = {
    "collections.offer_made": "portal:relief_offers",
    "collections.offer_made_again": "portal:relief_offers",
    "collections.offer_expiring": "portal:relief_offers",
    "collections.offer_accepted": _PLAN,
    "collections.plan_broken": _PLAN,
    "collections.plan_cured": _PLAN,
    "collections.plan_ended": _PLAN,
    "collections.plan_completed": _PLAN,
}
_HANDED_OVER: tuple[Any, str, str] = (_("Handed over"), "plain", "check")


@dataclass(frozen=True, slots=True)
class Told:
    """
    A message in words.

    :param subject: of a text message, which has none, why it was sent.
    :param say: what the list says below the subject.
    :param arrival: text, tone and icon; None in the borrower's own account.
    """

    id: int
    subject: str
    body: str
    why: str
    say: str
    channel: Any
    icon: str
    address: str
    sent_at: datetime
    is_unread: bool
    arrival: tuple[Any, str, str] | None


@login_required
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """List what was sent, the latest first. `before` is the last message of the page before."""
    mine = _mine(request)
    found = list(_after(mine, request.GET.get("before", "")).order_by("-sent_at", "-pk")[: PAGE + 1])
    page = found[:PAGE]
    context = {
        "messages_told": [told_of(message) for message in page],
        "has_unread": mine.unread().exists(),
        "older": page[-1].pk if len(found) > PAGE else None,
        "is_first": "before" not in request.GET,
    }
    return render(request, "portal/messages.html", context)


@login_required
@require_GET
def message(request: HttpRequest, message_id: int) -> HttpResponse:
    """Show one message as it was sent; opening it marks it as read."""
    found = get_object_or_404(_mine(request), pk=message_id)
    told = told_of(found)
    if told.is_unread:
        _mine(request).filter(pk=found.pk).unread().update(read_at=lender_now())
    context = {"told": told, "purpose": found.purpose, "stop_href": _stop(found), "leads_to": _leads_to(found)}
    return render(request, "portal/message.html", context)


@login_required
@sent_from("portal:messages")
def read_all(request: HttpRequest) -> HttpResponse:
    _mine(request).unread().update(read_at=lender_now())
    return redirect("portal:messages")


def told_of(found: OutboxMessage) -> Told:
    is_outside = found.channel != Channel.IN_APP
    assert found.sent_at is not None, "only what was sent is shown"
    why = why_told(found)
    return Told(
        id=found.pk,
        subject=found.subject or why,
        body=found.body,
        why=why,
        say=why if found.subject else Truncator(found.body).chars(EXCERPT),
        channel=Channel(found.channel).label,
        icon=_ICONS[Channel(found.channel)],
        address=found.address,
        sent_at=found.sent_at,
        is_unread=not is_outside and found.read_at is None,
        arrival=_ARRIVALS.get(found.delivery, _HANDED_OVER) if is_outside else None,
    )


def _mine(request: HttpRequest) -> OutboxMessageQuerySet:
    person: Any = request.user
    return OutboxMessage.objects.visible_to(person).filter(borrower__user=person, status=OutboxMessage.Status.SENT)


def _after(mine: OutboxMessageQuerySet, before: str) -> OutboxMessageQuerySet:
    """Return what was sent before the message with this number; a number that is not theirs is not found."""
    if not before:
        return mine
    if not (before.isascii() and before.isdigit() and len(before) < 19):
        raise Http404
    last = get_object_or_404(mine.only("sent_at"), pk=int(before))
    # Those of the very same moment lie by their number.
    return mine.filter(sent_at__lte=last.sent_at).exclude(sent_at=last.sent_at, pk__gte=last.pk)


def _leads_to(found: OutboxMessage) -> str:
    """Return the page that a message about plans is about, "" where it is about none."""
    page = _ABOUT.get(found.template)
    reference = found.params.get("reference", "")
    return reverse(page, args=[reference]) if page and reference else ""


def _stop(found: OutboxMessage) -> str:
    """Return the address of the page that stops messages of this kind on this channel, "" where there is none."""
    if found.channel not in OUTSIDE or found.purpose not in STOPPABLE:
        return ""
    return reverse("stop_messages", args=[stop_token(Stop(found.borrower_id, found.channel, found.purpose))])
