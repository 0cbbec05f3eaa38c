"""The loans of a partner: listed, found by what is known of them, and each in full with where it stands today."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from dashu.api.authentication import PartnerRequest
from dashu.api.compiled import CompiledRow
from dashu.api.fields import checked
from dashu.api.pagination import InvalidCursor, asked_list, newest_first
from dashu.api.reading import only
from dashu.api.schema import QUERY, Refusal, problems
from dashu.api.views import PartnerView
from dashu.kernel.dates import InvalidDate, lender_today, midnight
from dashu.kernel.money import Money
from loans.api.product_telling import fee_shown
from loans.models import Loan
from loans.services.apply_for_partner import source_of
from repayments.api import loan_examples as examples
from repayments.api.loan_serializers import LoanDetailOut, LoanDetailQuery, LoanPage, LoanQuery, loan_page
from repayments.api.seeing import SPECIMEN, Specimen
from repayments.api.views import NUMBER
from repayments.models import Installment, LoanBalance, LoanEvent
from repayments.selectors.loan_balances import BalanceToday, balance_today
from repayments.services.booking import LoanNotFound

# The columns that a list shows: reading the terms of each loan would take longer than all the rest.
_SHOWN = (
    *("number", "status", "currency", "principal_minor", "annual_rate", "method", "installment_count"),
    *("starts_on", "first_due_on", "created_at"),
    *("product_terms__version", "product_terms__product__code", "product_terms__product__name"),
)
# How a column is narrowed by a parameter.
_BOUNDS = {
    "status": "status",
    "product": "product_terms__product__code",
    "ids": "number__in",
    "starts_from": "starts_on__gte",
    "starts_to": "starts_on__lte",
}


class Loans(PartnerView):
    scopes = {"GET": ["loans:read"]}

    @extend_schema(
        operation_id="list_loans",
        summary="List the loans this partner brought, newest first, or those that are named",
        tags=["loans"],
        parameters=[LoanQuery],
        responses={
            200: LoanPage,
            **problems(*QUERY, InvalidDate, InvalidCursor, Refusal(422, "invalid_choice", "There is no such status.")),
        },
        examples=[OpenApiExample("one loan", value=examples.LOANS, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest) -> Response:
        query = checked(LoanQuery, request.query_params.dict())
        loans = _narrowed(_own(request).select_related("product_terms__product").only(*_SHOWN), query, request)
        page = loan_page(newest_first(loans, limit=query["limit"], cursor=query["cursor"], of=asked_list(request)))
        return Response(only(page, query.get("fields")))


class LoanDetail(PartnerView):
    scopes = {"GET": ["loans:read"]}

    @extend_schema(
        operation_id="get_loan",
        summary="Read a loan in full: what was agreed, and where it stands today",
        tags=["loans"],
        parameters=[NUMBER, LoanDetailQuery],
        responses={200: LoanDetailOut, **problems(*QUERY, LoanNotFound)},
        examples=[OpenApiExample("running", value=examples.LOAN, response_only=True, status_codes=["200"])],
    )
    def get(self, request: PartnerRequest, number: str) -> Response:
        query = checked(LoanDetailQuery, request.query_params.dict())
        partner = request.partner
        found = None
        if "\0" not in number:
            found = _WHOLE.get(user=request.user.pk, partner=partner.pk, source=source_of(partner), number=number)
        if found is None:
            raise LoanNotFound(_("There is no such loan."), field="loan")
        document = _writer(found.currency).to_representation(_told(found, today=lender_today()))
        return Response(only(document, query.get("fields")))


@cache
def _writer(currency: str) -> LoanDetailOut:
    """One for all requests: it keeps nothing of a loan, and making its fields anew costs more than writing them."""
    return LoanDetailOut(context={"currency": currency})


def _own(request: PartnerRequest | Specimen) -> QuerySet[Any]:
    """Return the partner's loans with its reference of their borrowers, and nothing personal."""
    # Naming the partner again, by its key, is what lets the index of a partner's loans give the order.
    mine = Loan.objects.visible_to(request.user).filter(partner=request.partner)
    theirs = When(borrower__source=source_of(request.partner), then=F("borrower__external_id"))
    return mine.annotate(borrower_reference=Case(theirs, default=Value(None)))


def _whole(number: str) -> QuerySet[Any]:
    """Return the query of one loan with all that its detail shows beside its schedule, as any partner asks it."""
    loans = _own(SPECIMEN).annotate(
        tranche_number=F("tranche__number"),
        tranche_agreed_on=F("tranche__agreed_on"),
        tranche_give_back_until=F("tranche__cooling_off_until"),
        tranche_ended_at=F("tranche__ended_at"),
        contract_number=F("tranche__contract__number"),
        application_reference=F("tranche__contract__application__reference"),
    )
    return loans.select_related("product_terms__product", "balance").filter(number=number)


_WHOLE = CompiledRow(
    lambda: _whole("number"),
    user=SPECIMEN.user.pk,
    partner=SPECIMEN.partner.pk,
    source=source_of(SPECIMEN.partner),
    number="number",
)


def _narrowed(loans: QuerySet[Any], query: Mapping[str, Any], request: PartnerRequest) -> QuerySet[Any]:
    loans = loans.filter(**{column: query[name] for name, column in _BOUNDS.items() if name in query})
    if "borrower" in query:
        loans = loans.filter(borrower__source=source_of(request.partner), borrower__external_id=query["borrower"])
    if "created_from" in query:
        loans = loans.filter(created_at__gte=midnight(query["created_from"]))
    if "created_to" in query:
        loans = loans.filter(created_at__lt=midnight(query["created_to"] + timedelta(days=1)))
    if "due_from" in query or "due_to" in query:
        loans = loans.filter(_falls_due(query.get("due_from"), query.get("due_to")))
    if since := query.get("updated_since"):
        booked = LoanEvent.objects.filter(loan=OuterRef("pk"), posted_at__gte=since)
        loans = loans.filter(Q(created_at__gte=since) | Exists(booked))
    return loans


def _falls_due(first: date | None, last: date | None) -> Exists:
    rows = Installment.objects.filter(loan=OuterRef("pk"), is_current=True, unpaid_minor__gt=0)
    if first:
        rows = rows.filter(due_on__gte=first)
    return Exists(rows.filter(due_on__lte=last) if last else rows)


def _told(loan: Any, *, today: date) -> Any:
    """Return the row with what its detail shows beside its columns."""
    balance: LoanBalance | None = getattr(loan, "balance", None)
    loan.annual_rate_in_force = (balance and balance.annual_rate) or loan.annual_rate
    loan.fees_told = [fee_shown(line, loan.currency) for line in loan.fee_lines]
    loan.of_contract = loan if loan.contract_number else None
    loan.schedule_version = balance and balance.schedule_version
    loan.balance_told = balance and _balance(balance_today(loan, balance, today=today), loan.currency)
    loan.links_told = _links(loan)
    return loan


def _balance(found: BalanceToday, currency: str) -> dict[str, Any]:
    standing = found.standing
    return {
        "as_of": found.on,
        "outstanding": {
            "principal": standing.principal,
            "interest": found.interest_due,
            "fee": found.fee_due,
            "penalty": standing.penalty,
        },
        "overdue": {
            "principal": standing.overdue_principal,
            "interest": standing.overdue_interest,
            "fee": standing.overdue_fee,
        },
        "credit": found.credit,
        "oldest_due_on": standing.oldest_due_on,
        "days_past_due": standing.days_past_due,
        "effective_days_past_due": found.effective_days_past_due,
        "due_now": standing.due_now,
        "next_due": standing.next_due_on and {"on": standing.next_due_on, "amount": Money(standing.next_due, currency)},
        "left_to_pay": standing.left_to_pay,
    }


def _links(loan: Any) -> dict[str, str | None]:
    here = {name: reverse(f"api:{route}", args=[loan.number]) for name, route in _SUB_RESOURCES.items()}
    application = loan.application_reference
    return {
        "product": reverse("api:product", args=[loan.product_terms.product.code]),
        "application": reverse("api:application", args=[application]) if application else None,
        **here,
    }


_SUB_RESOURCES = {
    "schedule": "schedule",
    "position": "position",
    "payments": "loan_payments",
    "payoff_quotes": "payoff_quotes",
    "documents": "documents",
}
