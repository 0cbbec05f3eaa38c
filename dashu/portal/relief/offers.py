"""
What is offered to a borrower, side by side; one of the ways looked at closely and moved within limits; "not now".

Figures are of the day on which they are looked at: a set of another day, or of a loan that has moved, is quoted anew
first, and what changed by that is said.
"""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from collections_mgmt.domain.relief.sliders import Slider
from collections_mgmt.models import HardshipRequest, OfferSet, RestructuringOffer, WarningLead
from collections_mgmt.relief_words import METHODS
from collections_mgmt.selectors.leads import triggers_of
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.relief.accept_offer import loans_of_way
from collections_mgmt.services.relief.end_offers import decline_offers
from collections_mgmt.services.relief.make_offers import OutsideLimits, choose_own_way, quote_offer
from collections_mgmt.services.relief.moving import moved_relief, slider_for
from collections_mgmt.services.relief.quoting import quote_anew
from collections_mgmt.services.relief.ways import Way
from collections_mgmt.services.relief.writing import OfferNotOpen
from collections_mgmt.warning_words import said_to_borrower
from dashu.finance.relief import ReliefMethod
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.portal.complaining import complaints_shown
from dashu.portal.relief.own import own_set, own_way
from dashu.portal.relief.reasons import reasons_of, refused_in_words
from dashu.portal.relief.showing import before_and_after, changes_in_words, open_ways, way_shown
from dashu.portal.teaching import lesson_card
from dashu.users.actors import actor_of
from dashu.web.posting import sent_from
from dashu.web.requests import HtmxRequest
from repayments.selectors.standings import standings_of

_MOVES = {
    "count": gettext_lazy("Number of payments from now on"),
    "arrears_over": gettext_lazy("Number of parts in which you catch up"),
    "months": gettext_lazy("Months with the lower payment"),
    "due_day": gettext_lazy("Day of the month on which you pay"),
}


class MoveForm(forms.Form):
    """One figure of a plan. Whether a value is within limits is for the engine to say."""

    value = forms.IntegerField(
        min_value=1, max_value=600, widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    )

    def __init__(self, data: Any, *, slider: Slider) -> None:
        super().__init__(data if "value" in data else {"value": slider.chosen})
        self.fields["value"].label = _MOVES[slider.figure]
        bounds = {"data-least": str(slider.low), "data-most": str(slider.high), "data-step": "1"}
        self.fields["value"].widget.attrs |= bounds


@never_cache
@login_required
@require_GET
def offers(request: HttpRequest, reference: str) -> HttpResponse:
    """The ways of a set side by side, why the others are none, and the way to a person."""
    offered, today = own_set(request, reference), lender_today()
    if offered.status == OfferSet.Status.ACCEPTED:
        accepted = offered.offers.select_related("plan").get(status=RestructuringOffer.Status.ACCEPTED)
        return redirect("portal:relief_plan", accepted.plan.reference)
    changes = brought_up(offered)
    if not is_open(offered, today):
        return render(request, "portal/relief/ended.html", {"offered": offered})
    loans = [about.loan for about in offered.loans.select_related("loan__product_terms__product").order_by("loan_id")]
    standings = standings_of(loans, today=today)
    return render(
        request,
        "portal/relief/offers.html",
        {
            "offered": offered,
            "loans": [(loan, standings[loan.pk]) for loan in loans if loan.pk in standings],
            "ways": open_ways(offered, today=today),
            "changes": changes,
            "noticed": _noticed(offered),
            "reasons": reasons_of(offered.not_offered, loans[0].currency),
            "due_on": policy.answer_clock("hardship", today).due_on(today),
            "withdraw_days": policy.relief_limits(today).cooling_off_days,
            "words": complaints_shown(),
            "lesson": lesson_card(request, moments=("OFFER_MADE",)),
        },
    )


@never_cache
@login_required
@require_GET
@vary_on_headers("HX-Request")
def way(request: HtmxRequest, reference: str, number: int) -> HttpResponse:
    """One way closely: the months before and after, and its one figure moved, answered at once."""
    offered, offer = own_way(request, reference, number)
    changes, today = brought_up(offered), lender_today()
    offer.refresh_from_db()
    if not is_open(offered, today) or offer.status != RestructuringOffer.Status.OFFERED:
        return redirect("portal:relief_offers", reference)
    shown: RestructuringOffer | Way = offer
    slider = slider_for(offer, offered, on=offered.quoted_on)
    form, refused, is_moved = None, "", False
    if slider is not None:
        form = MoveForm(request.GET, slider=slider)
        if form.is_valid() and form.cleaned_data["value"] != slider.chosen:
            try:
                shown = _moved(request, offered, offer, form.cleaned_data["value"])
                is_moved = True
            except OutsideLimits as refusal:
                refused = refused_in_words(refusal.details, offer.loan.currency)
            except DomainError as refusal:
                form.add_error("value", ValidationError(refusal.user_message))
    standings = standings_of(loans_of_way(offer), today=today)
    context = {
        "offered": offered,
        "offer": offer,
        "loan": offer.loan,
        "way": way_shown(shown, offer.loan, today=today),
        "chart": before_and_after(shown, standings.values(), offer.loan.currency, today=today),
        "slider": slider,
        "form": form,
        "refused": refused,
        "is_moved": is_moved,
        "changes": changes,
        "due_on": policy.answer_clock("hardship", today).due_on(today),
        "is_update": bool(request.htmx),
    }
    return render(request, "portal/relief/_moved.html" if request.htmx else "portal/relief/way.html", context)


@login_required
@sent_from("portal:relief_way", "reference", "number")
def own(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Keep a way as the borrower moved it, beside those that were offered, and go on to its costs."""
    offered, offer = own_way(request, reference, number)
    brought_up(offered)
    offer.refresh_from_db()
    slider = slider_for(offer, offered, on=offered.quoted_on) if offer.status == offer.Status.OFFERED else None
    if slider is None:
        return redirect("portal:relief_offers", reference)
    form = MoveForm(request.POST, slider=slider)
    if not form.is_valid():
        return redirect("portal:relief_way", reference, number)
    value = form.cleaned_data["value"]
    if value == slider.chosen:
        return redirect("portal:relief_sign", reference, number)
    try:
        relief = moved_relief(offer, offered, value=value, on=offered.quoted_on)
        chosen = choose_own_way(set_id=offered.pk, relief=relief, now=lender_now(), actor=actor_of(request))
    except DomainError as refusal:
        messages.warning(request, refusal.user_message)
        return redirect("portal:relief_way", reference, number)
    return redirect("portal:relief_sign", reference, chosen.number)


@login_required
@sent_from("portal:relief_offers", "reference")
def not_now(request: HttpRequest, reference: str) -> HttpResponse:
    offered = own_set(request, reference)
    try:
        decline_offers(set_id=offered.pk, now=lender_now(), actor=actor_of(request))
    except DomainError as refusal:
        messages.info(request, refusal.user_message)
    return redirect("portal:relief_offers", reference)


@login_required
@sent_from("portal:relief_offers", "reference", place="#person")
def ask_person(request: HttpRequest, reference: str) -> HttpResponse:
    """Have a person look at what lies outside limits, or at all of it; the offers stay open meanwhile."""
    offered = own_set(request, reference)
    try:
        asked = ask_for_help(
            borrower_id=offered.borrower_id,
            loan_ids=list(offered.loans.values_list("loan_id", flat=True)),
            cause=offered.cause or HardshipRequest.Cause.OTHER,
            lasts=offered.budget.lasts if offered.budget else HardshipRequest.Lasts.UNKNOWN,
            can_pay_minor=None,
            words=_wanted(request, offered),
            now=lender_now(),
            actor=actor_of(request),
        )
    except DomainError as refusal:
        messages.error(request, refusal.user_message)
        return redirect("portal:relief_offers", reference)
    return redirect("portal:help_request", asked.reference)


def is_open(offered: OfferSet, today: date) -> bool:
    return offered.is_open and today <= offered.last_day


def brought_up(offered: OfferSet) -> list[str]:
    """Bring a set up to this moment, and return in sentences what of it is no longer as it was."""
    now, today = lender_now(), lender_today()
    if not is_open(offered, today):
        return []
    before = {each.number: each for each in open_ways(offered, today=today) if each.number is not None}
    was = offered.quoted_on, offered.after_events
    try:
        quote_anew(set_id=offered.pk, now=now)
    except OfferNotOpen:
        offered.refresh_from_db()
        return []
    offered.refresh_from_db()
    if was == (offered.quoted_on, offered.after_events):
        return []
    return changes_in_words(before, open_ways(offered, today=today))


def _moved(request: HttpRequest, offered: OfferSet, offer: RestructuringOffer, value: int) -> Way:
    relief = moved_relief(offer, offered, value=value, on=offered.quoted_on)
    return quote_offer(set_id=offered.pk, relief=relief, now=lender_now(), actor=actor_of(request))


def _wanted(request: HttpRequest, offered: OfferSet) -> str:
    """Return what the borrower would like instead, for whoever reads the request."""
    value, method = request.POST.get("value", ""), request.POST.get("method", "")
    if value.isdecimal() and len(value) < 4 and method in set(ReliefMethod):
        return _("Of offer %(number)s I would like: %(plan)s, %(value)s instead of what was offered.") % {
            "number": offered.reference,
            "plan": METHODS[ReliefMethod(method)].name,
            "value": value,
        }
    return _("None of the plans of offer %(number)s suits me. I would like to look for another one with a person.") % {
        "number": offered.reference
    }


def _noticed(offered: OfferSet) -> list[str]:
    """Return why it was offered without being asked for, as sentences that the borrower can check."""
    if offered.source not in (OfferSet.Source.EARLY_WARNING, OfferSet.Source.CAMPAIGN):
        return []
    leads = WarningLead.objects.filter(borrower=offered.borrower_id, opened_on__lte=offered.made_on)
    lead = leads.order_by("-pk").first()
    if lead is None or (lead.closed_on and lead.closed_on < offered.made_on):
        return []
    found = [trigger for trigger in triggers_of([lead])[lead.pk] if trigger.fired_on <= offered.made_on]
    return list(dict.fromkeys(said_to_borrower(trigger.kind, trigger.facts) for trigger in found))
