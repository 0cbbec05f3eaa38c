"""How far behind loans are by the latest close, since when, and whether a hold stops contact, for a few or many."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Max, Q, QuerySet

from collections_mgmt.models import Hold, OverdueChange, OverdueStatus
from collections_mgmt.selectors.overview import latest_closed
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from loans.models import Loan

STATES = ("bucket", "classification", "stage")
_NO_DAYS: dict[str, date | None] = dict.fromkeys(STATES)


@dataclass(frozen=True, slots=True)
class OverdueFacts:
    """
    :param as_of: the business date that the figures are of; None where no day has been closed yet.
    :param since: by state, the day at whose end the loan came to it; None where it always had it.
    :param is_contact_stopped: whether any hold leaves the borrower in peace, at least about this loan.
    """

    loan: Loan
    as_of: date | None
    status: OverdueStatus
    since: dict[str, date | None]
    is_contact_stopped: bool


def facts_of_loan(loan: Loan, *, today: date) -> OverdueFacts:
    """Return the facts of one loan; one without a stored status has never been behind."""
    status = OverdueStatus.objects.filter(pk=loan.pk).first()
    if status is not None:
        status.loan = loan
        return facts_of([status], today=today)[0]
    closed = latest_closed(today)
    return OverdueFacts(
        loan=loan,
        as_of=closed,
        status=_never_behind(loan, closed or today),
        since=dict(_NO_DAYS),
        is_contact_stopped=loan.pk in _left_in_peace([loan], on=today),
    )


def facts_of(statuses: Sequence[OverdueStatus], *, today: date) -> list[OverdueFacts]:
    """Return the facts of loans that have been behind, in two queries however many there are."""
    loans = [status.loan for status in statuses]
    since, in_peace = _since([loan.pk for loan in loans]), _left_in_peace(loans, on=today)
    return [
        OverdueFacts(
            loan=status.loan,
            as_of=status.as_of,
            status=status,
            since=since.get(status.pk, _NO_DAYS),
            is_contact_stopped=status.pk in in_peace,
        )
        for status in statuses
    ]


def changes_of(
    loan: Loan, *, first: date | None, last: date | None, before: date | None, size: int
) -> QuerySet[OverdueChange]:
    """
    Return changes of a loan's status, the newest first.

    :param first, last: days from and up to which they count. :param before: only changes before this day.
    """
    asked = {"changed_on__gte": first, "changed_on__lte": last, "changed_on__lt": before}
    found = OverdueChange.objects.filter(loan=loan, **{name: day for name, day in asked.items() if day is not None})
    return found.order_by("-changed_on")[:size]


def _since(loan_ids: Sequence[int]) -> dict[int, dict[str, date | None]]:
    changes = OverdueChange.objects.filter(loan__in=loan_ids).order_by().values("loan_id")
    latest = {f"{name}_on": Max("changed_on", filter=~Q(**{name: F(f"{name}_before")})) for name in STATES}
    found: list[dict[str, Any]] = [dict(row) for row in changes.annotate(**latest)]
    return {row["loan_id"]: {name: row[f"{name}_on"] for name in STATES} for row in found}


def _left_in_peace(loans: Sequence[Loan], *, on: date) -> set[int]:
    """Return the loans about which nobody is contacted, because of a hold on them or one of the person."""
    stops = (Hold.Contact.PERSON, Hold.Contact.LOAN)
    owners = {loan.borrower_id for loan in loans}
    running = Hold.objects.filter(loan__borrower__in=owners, contact__in=stops, ended_on=None, starts_on__lte=on)
    held = list(running.values_list("loan__borrower", "loan", "contact"))
    people = {borrower for borrower, _loan, contact in held if contact == Hold.Contact.PERSON}
    on_loan = {loan for _borrower, loan, _contact in held}
    return {loan.pk for loan in loans if loan.borrower_id in people or loan.pk in on_loan}


def _never_behind(loan: Loan, on: date) -> OverdueStatus:
    kind = loan.product_terms.product.kind
    stage = ""
    with suppress(PolicyRuleMissing):
        stage = policy.impairment_stages(on).by_days.code_for(0)
    return OverdueStatus(
        loan=loan,
        as_of=on,
        days_past_due=0,
        effective_days_past_due=0,
        principal_minor=0,
        interest_minor=0,
        fee_minor=0,
        penalty_minor=0,
        bucket=policy.delinquency_buckets(on).code_for(0),
        classification=policy.five_tier(kind, on).code_for(0),
        stage=stage,
    )
