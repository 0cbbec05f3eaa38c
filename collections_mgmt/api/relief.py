"""Relief for the borrowers of a partner's loans: their month stated with their consent, and what is offered for it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.response import Response

from collections_mgmt.api import relief_examples as examples
from collections_mgmt.api.relief_serializers import (
    AllOfferSetsQuery,
    OfferSetQuery,
    OfferSetsQuery,
    ReliefBudgetIn,
    ReliefBudgetOut,
    ReliefFormOut,
    ReliefFormQuery,
    ReliefRequestIn,
    ReliefRequestOut,
    RestructuringOfferOut,
    RestructuringOfferPage,
    not_offered_json,
    offer_set_json,
)
from collections_mgmt.models import Budget, HardshipRequest, OfferSet
from collections_mgmt.selectors.relief_of_partner import PURPOSE, agreeing, offer_sets_on
from collections_mgmt.services.relief.by_partner import (
    Agreed,
    BudgetNotFound,
    ReliefConsentInvalid,
    ReliefNotAgreed,
    ask_relief_by_partner,
    budget_of,
    refuse_without_consent,
    state_budget_by_partner,
)
from collections_mgmt.services.relief.make_offers import NothingToOffer
from collections_mgmt.services.relief.state_budget import BudgetRefused, asks_of
from collections_mgmt.services.relief.writing import OfferNotFound, ReliefRefused
from dashu.api.authentication import PartnerRequest
from dashu.api.fields import checked
from dashu.api.idempotency import answer_once
from dashu.api.pagination import InvalidCursor, asked_list, newest_first
from dashu.api.reading import only
from dashu.api.schema import IDEMPOTENCY_KEY, QUERY, WRITE, Refusal, problems
from dashu.api.views import PartnerView
from dashu.consents.selectors import latest_texts
from dashu.consents.services.ledger import ConsentTakenBack, ConsentTextOutdated
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.money import CurrencyMismatch, InvalidAmount, Money
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from loans.models import Loan
from repayments.api.seeing import NUMBER, in_currency_of, loans_of, visible_loan
from repayments.services.booking import LoanNotFound

OFFER = OpenApiParameter("offer", str, OpenApiParameter.PATH, description="`id` of the restructuring offer.")
CHOICE = Refusal(422, "invalid_choice", "There is no such choice.")
INVALID_DATE = Refusal(422, "invalid_date", "The date is not written as year-month-day.")


class ReliefForm(PartnerView):
    scopes = {"GET": ["relief:read"]}

    @extend_schema(
        operation_id="get_relief_form",
        summary="Read what to ask a borrower before asking for relief: the consent text, and the codes of a budget",
        tags=["relief"],
        parameters=[ReliefFormQuery],
        responses={200: ReliefFormOut, **problems(*QUERY, PolicyRuleMissing)},
        examples=[OpenApiExample("form", value=examples.FORM, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(ReliefFormQuery, request.query_params.dict())
        language = get_language() or settings.LANGUAGE_CODE
        categories = policy.spending_guidelines(lender_today()).categories
        form = {
            "consent_text": latest_texts([PURPOSE])[0],
            "categories": [{"code": code, "name": each.names.get(language, code)} for code, each in categories.items()],
            "causes": [{"code": code, "name": name} for code, name in HardshipRequest.Cause.choices],
            "lasts": [{"code": code, "name": name} for code, name in HardshipRequest.Lasts.choices],
        }
        return Response(only(ReliefFormOut(form).data, query.get("fields")))


class LoanBudget(PartnerView):
    scopes = {"POST": ["relief:write"]}

    @extend_schema(
        operation_id="state_budget",
        summary="State what the borrower of a loan has and needs a month, with their consent",
        description="It takes the place of what was stated before. Nothing is offered by it; ask for relief next.",
        tags=["relief"],
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=ReliefBudgetIn,
        responses={
            201: ReliefBudgetOut,
            **problems(
                *WRITE,
                CHOICE,
                INVALID_DATE,
                InvalidAmount,
                CurrencyMismatch,
                LoanNotFound,
                BudgetRefused,
                ReliefNotAgreed,
                ReliefConsentInvalid,
                ConsentTextOutdated,
                ConsentTakenBack,
                PolicyRuleMissing,
            ),
        },
        examples=[
            OpenApiExample("a month", value=examples.BUDGET_IN, request_only=True),
            OpenApiExample("a month", value=examples.BUDGET, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, number: str) -> Response:
        return answer_once(
            request,
            lambda: self._state(request, number, now=lender_now()),
            withhold=lambda: _refuse_without_consent(request, number),
        )

    def _state(self, request: PartnerRequest, number: str, *, now: datetime) -> Response:
        given = checked(ReliefBudgetIn, request.data)
        loan = visible_loan(request, number)
        consent = given.pop("consent", None)
        agreed = consent and Agreed(consent["text"], consent["language"], consent["given_at"])
        budget = state_budget_by_partner(
            loan=loan, partner=request.partner, statement=_statement(loan, given), agreed=agreed, now=now
        )
        return Response(_budget_shown(budget, loan), status=201)


class ReliefRequests(PartnerView):
    scopes = {"POST": ["relief:write"]}

    @extend_schema(
        operation_id="ask_relief",
        summary="Ask for what fits the borrower's month, as they could ask themselves; what was open ends",
        description=(
            "Where nothing fits at once, the answer is still 201: `outcome` says so, and `not_offered` why. "
            "The borrower is told of offers by us and accepts one by themselves, at `accept_at`, or by a link where "
            "they have no login; partners cannot accept for them."
        ),
        tags=["relief"],
        parameters=[NUMBER, IDEMPOTENCY_KEY],
        request=ReliefRequestIn,
        responses={
            201: ReliefRequestOut,
            **problems(*WRITE, LoanNotFound, ReliefNotAgreed, BudgetNotFound, ReliefRefused, PolicyRuleMissing),
        },
        examples=[
            OpenApiExample("latest budget", value=examples.REQUEST_IN, request_only=True),
            OpenApiExample("offered", value=examples.REQUEST, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: PartnerRequest, number: str) -> Response:
        return answer_once(
            request,
            lambda: self._ask(request, number, now=lender_now()),
            withhold=lambda: _refuse_without_consent(request, number),
        )

    def _ask(self, request: PartnerRequest, number: str, *, now: datetime) -> Response:
        given = checked(ReliefRequestIn, request.data)
        loan = visible_loan(request, number)
        try:
            budget, made = ask_relief_by_partner(loan=loan, partner=request.partner, budget=given["budget"], now=now)
        except NothingToOffer as nothing:
            budget = budget_of(loan, request.partner, given["budget"])
            return Response(_nothing(loan, budget, nothing.details or {}), status=201)
        [shown] = _shown(request, [offer_sets_on(Loan.objects.filter(pk=loan.pk)).get(pk=made.pk)], today=made.made_on)
        about = {"loan": loan.number, "budget": budget.reference, "outcome": "OFFERED", "offers": shown}
        return Response({**about, "not_offered": shown["not_offered"], "needs_person": False}, status=201)


class LoanOffers(PartnerView):
    scopes = {"GET": ["relief:read"]}

    @extend_schema(
        operation_id="list_restructuring_offers",
        summary="List the restructuring offers on a loan, newest first, whoever asked for them",
        tags=["relief"],
        parameters=[NUMBER, OfferSetsQuery],
        responses={200: RestructuringOfferPage, **problems(*QUERY, InvalidCursor, CHOICE, LoanNotFound)},
        examples=[OpenApiExample("one", value=examples.OFFERS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(OfferSetsQuery, request.query_params.dict())
        loan = visible_loan(request, number)
        return _page(request, query, offer_sets_on(Loan.objects.filter(pk=loan.pk)))


class Offers(PartnerView):
    scopes = {"GET": ["relief:read"]}

    @extend_schema(
        operation_id="list_all_restructuring_offers",
        summary="List the restructuring offers on all loans this partner brought, newest first",
        tags=["relief"],
        parameters=[AllOfferSetsQuery],
        responses={200: RestructuringOfferPage, **problems(*QUERY, InvalidCursor, CHOICE)},
        examples=[OpenApiExample("one", value=examples.OFFERS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(AllOfferSetsQuery, request.query_params.dict())
        offers = offer_sets_on(loans_of(request))
        return _page(request, query, offers.filter(reference__in=query["ids"]) if "ids" in query else offers)


class OfferDetail(PartnerView):
    scopes = {"GET": ["relief:read"]}

    @extend_schema(
        operation_id="get_restructuring_offer",
        summary="Read a restructuring offer: its ways with figures and schedule, and why other methods are none",
        tags=["relief"],
        parameters=[OFFER, OfferSetQuery],
        responses={200: RestructuringOfferOut, **problems(*QUERY, OfferNotFound)},
        examples=[OpenApiExample("one", value=examples.OFFER, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, offer: str) -> Response:
        query = checked(OfferSetQuery, request.query_params.dict())
        [shown] = _shown(request, [visible_offer(request, offer)], today=lender_today())
        return Response(only(shown, query.get("fields")))


def visible_offer(request: PartnerRequest, reference: str) -> OfferSet:
    """:raises OfferNotFound: there is none of this number, or it is on loans of others."""
    known = "\0" not in reference
    found = offer_sets_on(loans_of(request)).filter(reference=reference).first() if known else None
    if found is None:
        raise OfferNotFound(_("There is no such offer."), field="offer")
    return found


def _refuse_without_consent(request: PartnerRequest, number: str) -> None:
    """:raises LoanNotFound, ReliefNotAgreed: see there. What was answered while the consent held is told no more."""
    refuse_without_consent(visible_loan(request, number), request.partner)


def _page(request: PartnerRequest, query: Mapping[str, Any], offers: Any) -> Response:
    if (status := query.get("status")) is not None:
        offers = offers.filter(status=status)
    page = newest_first(offers, limit=query["limit"], cursor=query["cursor"], of=asked_list(request))
    rows = _shown(request, page.rows, today=lender_today())
    return Response(only({"results": rows, "next_cursor": page.next_cursor}, query.get("fields")))


def _shown(request: PartnerRequest, offers: list[OfferSet], *, today: date) -> list[dict[str, Any]]:
    agreed = agreeing((offered.borrower_id for offered in offers), request.partner)
    return [
        offer_set_json(
            offered,
            partner=request.partner,
            is_agreed=offered.borrower_id in agreed,
            accept_at=_accept_at(request, offered, today=today),
        )
        for offered in offers
    ]


def _accept_at(request: PartnerRequest, offered: OfferSet, *, today: date) -> str | None:
    """Return where a borrower with a login accepts, as long as one can; the others need a link."""
    if not offered.is_open or today > offered.last_day or offered.borrower.user_id is None:
        return None
    path = reverse("portal:relief_offers", args=[offered.reference])
    return settings.PUBLIC_URL.rstrip("/") + path if settings.PUBLIC_URL else request.build_absolute_uri(path)


def _nothing(loan: Loan, budget: Budget, details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "loan": loan.number,
        "budget": budget.reference,
        "outcome": "NOTHING_TO_OFFER",
        "offers": None,
        "not_offered": not_offered_json(details.get("not_offered", ())),
        "needs_person": bool(details.get("needs_person")),
    }


def _budget_shown(budget: Budget, loan: Loan) -> dict[str, Any]:
    shown = {
        "reference": budget.reference,
        "loan": loan.number,
        "made_at": budget.made_at,
        "household": budget.household,
        "cause": budget.cause,
        "left_of_a_month": Money(budget.surplus_minor, budget.currency),
        "asks": [ask.category for ask in asks_of(budget)],
    }
    return dict(ReliefBudgetOut(shown).data)


def _statement(loan: Loan, given: Mapping[str, Any]) -> dict[str, Any]:
    """:raises CurrencyMismatch: an amount is in another currency than the loan."""
    amounts = {
        name: {code: in_currency_of(loan, amount).minor for code, amount in given[name].items()}
        for name in ("income", "expenses", "debts")
    }
    sums = {
        f"{name}_minor": in_currency_of(loan, given[name]).minor if name in given else None
        for name in ("income_later", "lump_sum")
    }
    plain = {name: given.get(name) for name in ("household", "words", "cause", "lasts", "income_later_from", "payday")}
    return {**amounts, **sums, **plain}
