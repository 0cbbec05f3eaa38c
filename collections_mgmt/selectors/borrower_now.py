"""How a borrower stands now, for whoever holds their file: what runs, each loan, and what a month leaves them."""

from dataclasses import dataclass
from datetime import date, datetime

from collections_mgmt.models import (
    Complaint,
    Dispute,
    HardshipRequest,
    Hold,
    OverdueStatus,
    PromiseToPay,
    RestructuringPlan,
)
from collections_mgmt.selectors.relief_plans import forborne_of_borrower
from loans.models import CreditReview, Loan


@dataclass(frozen=True, slots=True)
class Running:
    """What somebody reads before they do anything. :param forborne: the plans under which loans count as changed."""

    promises: list[PromiseToPay]
    holds: list[Hold]
    help: list[HardshipRequest]
    complaints: list[Complaint]
    disputes: list[Dispute]
    forborne: list[RestructuringPlan]


@dataclass(frozen=True, slots=True)
class LateLoan:
    """:param status: None where the loan is not behind."""

    loan: Loan
    status: OverdueStatus | None


@dataclass(frozen=True, slots=True)
class MonthFigure:
    """One figure of a month, minor units. :param proved: what of it was proved; None where nothing was."""

    stated: int
    proved: int | None

    @property
    def counts(self) -> int:
        return self.stated if self.proved is None else self.proved


@dataclass(frozen=True, slots=True)
class Month:
    """
    What a borrower's month was when they last told us.

    :param at: when. :param reference: of the application that they told it in.
    """

    income: MonthFigure
    essentials: MonthFigure
    debts: MonthFigure
    at: datetime
    reference: str

    @property
    def left(self) -> int:
        return self.income.counts - self.essentials.counts - self.debts.counts


def running_of(borrower_id: int, *, on: date) -> Running:
    """Return what runs; six queries."""
    loans = Loan.objects.filter(borrower=borrower_id)
    holds = Hold.objects.filter(loan__in=loans, ended_on=None, starts_on__lte=on)
    return Running(
        promises=list(
            PromiseToPay.objects.filter(loan__in=loans, status="OPEN").select_related("loan").order_by("due_on")
        ),
        holds=list(holds.select_related("loan").order_by("pk")),
        help=list(HardshipRequest.objects.open().filter(borrower=borrower_id)),
        complaints=list(Complaint.objects.open().filter(borrower=borrower_id).order_by("due_on")),
        disputes=list(Dispute.objects.open().filter(borrower=borrower_id).order_by("due_on")),
        forborne=forborne_of_borrower(borrower_id, on),
    )


def late_loans(borrower_id: int) -> list[LateLoan]:
    """Return the running loans, those furthest behind first; one query."""
    loans = Loan.objects.filter(
        borrower=borrower_id, status__in=[Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF]
    ).select_related("overdue", "product_terms__product")
    found = [LateLoan(loan, getattr(loan, "overdue", None)) for loan in loans]
    return sorted(found, key=lambda each: (-(each.status.days_past_due if each.status else 0), each.loan.pk))


def latest_month(borrower_id: int) -> Month | None:
    """Return the month of the latest decision on an application of this borrower; None where there is none."""
    review = (
        CreditReview.objects.filter(application__borrower=borrower_id, facts__has_key="income")
        .select_related("application")
        .order_by("-pk")
        .first()
    )
    if review is None:
        return None
    income, essentials, debts = (
        MonthFigure(review.facts[name]["stated"], review.facts[name]["verified"])
        for name in ("income", "essentials", "debt_payments")
    )
    return Month(income, essentials, debts, review.decided_at, review.application.reference)


def latest_help(borrower_id: int) -> HardshipRequest | None:
    return HardshipRequest.objects.filter(borrower=borrower_id).order_by("-pk").first()
