"""
What can be borrowed, open to everyone: each product with its bounds, its whole cost and a calculator, and the way in.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.portal.applying.calculating import CalculatorForm, example_of, usual_sheet
from dashu.portal.applying.steps import next_step
from dashu.portal.applying.views import page_of
from dashu.portal.signing.reading import sheet_context
from dashu.users.actors import actor_of
from dashu.web.requests import HtmxRequest
from loans.domain.applications import Status
from loans.domain.cost_sheet import Cost
from loans.models import Product, ProductTerms
from loans.selectors.products import offered_products, product_terms
from loans.services.example_sheets import Prices, prices_of
from loans.services.start_application import borrower_of, start_application

Kind = Product.Kind


@dataclass(frozen=True, slots=True)
class Purpose:
    """What loans of a kind are for and who can have one. :param papers: what an application may be asked to show."""

    icon: str
    aim: str | Promise
    whom: str | Promise
    papers: tuple[str | Promise, ...]


PURPOSES = {
    Kind.CONSUMER: Purpose(
        "house",
        _(
            "For one thing that you need now and can pay back from your income. "
            "We offer the smallest loan that does it."
        ),
        _("Adults with an income of their own that leaves room for the installment after rent, food and other debts."),
        (_("Identity card"), _("Proof of income, such as payslips; it makes the loan cheaper")),
    ),
    Kind.SME: Purpose(
        "landmark",
        _("For stock, equipment or a season in between. You can repay in the months in which you earn."),
        _("Registered businesses whose takings cover the installment also in a weaker month."),
        (
            _("Identity card of the owner"),
            _("Business license"),
            _("Tax returns or bank statements of the last months"),
        ),
    ),
    Kind.CARD_REPAYMENT: Purpose(
        "credit-card",
        _("Pays off your credit card at its bank and becomes one installment a month with an end in sight."),
        _("Whoever carries a card balance that a loan would end sooner and for less. We compute both and say which."),
        (_("Identity card"), _("The latest statement of the card")),
    ),
}


@dataclass(frozen=True, slots=True)
class OfferedProduct:
    version: ProductTerms
    purpose: Purpose
    prices: Prices


def products_shown(*, on: date) -> list[OfferedProduct]:
    """Return what is offered on a day; nothing where no prices are set, since a loan without its price is not shown."""
    try:
        return [
            OfferedProduct(version, PURPOSES[Kind(version.product.kind)], prices_of(version, on=on))
            for version in offered_products(on=on)
        ]
    except DomainError:
        return []


def landing(request: HttpRequest) -> HttpResponse:
    """Say who we are to whoever is not signed in, and let them calculate before they tell us anything."""
    today = lender_today()
    offered = products_shown(on=today)
    page: dict[str, Any] = {"offered": offered}
    if offered:
        first = next((each for each in offered if each.version.product.kind == Kind.CONSUMER), offered[0])
        form = CalculatorForm(None, version=first.version, prices=first.prices, on=today)
        example = example_of(form.sheet) if form.is_valid() and form.sheet else None
        page |= {"form": form, "example": example, "first": first}
    return render(request, "portal/landing.html", page)


@require_GET
def products(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/applying/products.html", {"offered": products_shown(on=lender_today())})


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def product(request: HtmxRequest, code: str) -> HttpResponse:
    """One product with its calculator; whoever is signed in begins here or goes on with what is open."""
    today = lender_today()
    try:
        version = product_terms(code, on=today)
        prices = prices_of(version, on=today)
    except DomainError as error:
        raise Http404 from error
    if request.method == "POST" and request.user.is_authenticated:
        return _begin(request, code, user_id=request.user.pk)
    form = CalculatorForm(request.GET, version=version, prices=prices, on=today)
    example = example_of(form.sheet) if form.is_valid() and form.sheet else None
    page = {"form": form, "example": example, "is_brief": "brief" in request.GET}
    if request.htmx:
        return render(request, "portal/applying/_example.html", {**page, "code": code, "is_update": True})
    told = sheet_context(usual_sheet(version, prices, on=today))
    return render(
        request,
        "portal/applying/product.html",
        {
            **page,
            **told,
            "when_late": [row for row in told["contingent"] if row.code == Cost.PENALTY],
            "when_asked": [row for row in told["contingent"] if row.code != Cost.PENALTY],
            "version": version,
            "kind": version.product.kind,
            "purpose": PURPOSES[Kind(version.product.kind)],
            "prices": prices,
            "days": policy.credit_disclosure(today).cooling_off_days,
            "least_age": policy.credit_review(today).least_age,
        },
    )


def _begin(request: HttpRequest, code: str, *, user_id: int) -> HttpResponse:
    try:
        borrower = borrower_of(user_id=user_id)
        begun = start_application(borrower_id=borrower.pk, product_code=code, now=lender_now(), actor=actor_of(request))
    except DomainError as error:
        messages.error(request, error.user_message)
        return redirect("portal:apply_for", code)
    following = next_step(begun) if begun.status == Status.DRAFT else None
    return redirect(*page_of(begun.reference, following) if following else ("portal:application", begun.reference))
