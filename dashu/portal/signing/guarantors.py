"""The guarantors of an application as its applicant sees them: who has agreed, and the link sent again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.messaging.secret_texts import shows_secrets
from dashu.portal.applying.own import own_application
from dashu.users.actors import actor_of
from dashu.web.templatetags.dashu import percent
from loans.domain.applications import Status
from loans.domain.guarantees import State, all_signed
from loans.models import Application
from loans.selectors.guarantees import Guarantee, guarantees_of
from loans.services.ask_guarantors_again import GuarantorNotFound, change_guarantor_phone, send_link_again
from loans.services.guarantor_links import link_address

WORDS: Mapping[State, tuple[Any, str, str]] = {
    State.NOT_ASKED: (_("Not asked yet"), "plain", "circle"),
    State.WAITING: (_("Has a link to decide"), "calm", "clock"),
    State.LINK_OVER: (_("Did not answer; the link is over"), "soon", "clock"),
    State.SIGNED: (_("Has agreed and signed"), "good", "check"),
    State.DECLINED: (_("Has declined"), "soon", "circle-x"),
}
_SHOWN_WHILE = (Status.ACCEPTED, Status.SIGNED, Status.PAID_OUT)


class PhoneForm(forms.Form):
    """Another phone of a guarantor."""

    phone = forms.CharField(
        label=_("Their mobile phone"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )


@dataclass(frozen=True, slots=True)
class GuarantorShown:
    """
    One guarantor in words, masked.

    :param at: when they answered; None: they have not.
    :param until: how long the link opens, while one does.
    :param may_ask: whether the applicant can have another link sent.
    :param address: of the link, in a demonstration, where no message reaches anyone.
    """

    id: int
    name: str
    phone: str
    share: str
    state: Any
    tone: str
    icon: str
    at: datetime | None
    until: datetime | None
    may_ask: bool
    address: str


@dataclass(frozen=True, slots=True)
class GuarantorsShown:
    each: list[GuarantorShown]
    has_declined: bool
    all_agreed: bool


def guarantors_shown(application: Application, *, now: datetime) -> GuarantorsShown | None:
    """Return how far the guarantors are; None where there are none, or no offer is chosen."""
    if application.status not in _SHOWN_WHILE:
        return None
    guarantees = guarantees_of(application, now=now)
    states = [guarantee.state for guarantee in guarantees]
    if not guarantees:
        return None
    may_ask = application.status == Status.ACCEPTED
    return GuarantorsShown(
        [_shown(guarantee, may_ask=may_ask) for guarantee in guarantees],
        has_declined=State.DECLINED in states,
        all_agreed=all_signed(states),
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def guarantor(request: HttpRequest, reference: str, guarantor_id: int) -> HttpResponse:
    """Have another link sent to a guarantor, to the phone that is known or to another one."""
    shown = own_application(request, reference)
    if shown.status != Status.ACCEPTED:
        return redirect("portal:application", reference)
    found = [each for each in guarantees_of(shown, now=lender_now()) if each.guarantor.pk == guarantor_id]
    if not found:
        raise Http404
    form = PhoneForm(request.POST if "phone" in request.POST else None)
    if request.method == "POST" and (not form.is_bound or form.is_valid()):
        about: dict[str, Any] = {
            "application_id": shown.pk,
            "guarantor_id": guarantor_id,
            "now": lender_now(),
            "actor": actor_of(request),
        }
        try:
            if form.is_bound:
                change_guarantor_phone(phone=form.cleaned_data["phone"], **about)
            else:
                send_link_again(**about)
        except GuarantorNotFound as gone:
            raise Http404 from gone
        except DomainError as error:
            if form.is_bound and error.field == "phone":
                form.add_error("phone", error.user_message)
            else:
                messages.warning(request, error.user_message)
        else:
            messages.success(request, gettext("The link is on its way. The one before no longer opens."))
            return redirect("portal:application", reference)
    return render(
        request,
        "portal/signing/guarantor.html",
        {"application": shown, "guarantor": _shown(found[0], may_ask=True), "form": form},
    )


def _shown(guarantee: Guarantee, *, may_ask: bool) -> GuarantorShown:
    words, tone, icon = WORDS[guarantee.state]
    link, waits = guarantee.link, guarantee.state is State.WAITING
    token = link.sealed_token if link and waits and shows_secrets() else None
    return GuarantorShown(
        id=guarantee.guarantor.pk,
        name=guarantee.guarantor.masked_name,
        phone=guarantee.guarantor.masked_phone,
        share=percent(Decimal(guarantee.guarantor.share_bps) / 10_000),
        state=words,
        tone=tone,
        icon=icon,
        at=guarantee.answer.at if guarantee.answer else None,
        until=link.expires_at if link and waits else None,
        may_ask=may_ask and guarantee.state in (State.NOT_ASKED, State.WAITING, State.LINK_OVER),
        address=link_address(token) if token else "",
    )
