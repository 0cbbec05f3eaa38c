"""Demand a fee of a running loan that was disclosed before the loan was signed."""

from datetime import date

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor
from loans.domain.fees import FeeLine, FeeWhen
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.services.acting import book_act
from repayments.services.booking import lock_loan


class FeeNotDisclosed(DomainError):
    """The loan's cost sheet has no line for this fee, so nobody owes it."""

    code = "fee_not_disclosed"


class FeeAboveDisclosed(DomainError):
    """The fee would come to more than the cost sheet says; `details` names the most that can be charged."""

    code = "fee_above_disclosed"


@transaction.atomic
def charge_fee(
    *, loan_id: int, code: str, amount_minor: int, charged_on: date, today: date, reason: str, actor: str
) -> LoanEvent:
    """
    Demand a fee with the first installment that is due on or after `charged_on`, else with the last one.

    Under a cap on everything together the fee takes its room from the penalty. What the schedule demands by itself,
    upfront or with each installment, is never charged again.

    :param code: of a line among the loan's disclosed fees.
    :raises FeeNotDisclosed: there is no such line, or the schedule demands it by itself.
    :raises FeeAboveDisclosed: more than the line says, alone or with what was charged before.
    :raises EventRefused: the loan is not running.
    """
    loan = lock_loan(loan_id)
    _refuse_above(loan, _disclosed(loan, code), amount_minor)
    return book_act(
        loan_id=loan_id,
        kind=LoanEvent.Kind.FEE,
        effective_on=charged_on,
        today=today,
        amount_minor=amount_minor,
        data={"code": code, "reason": reason},
        description="Fee",
        actor=actor,
        field="charged_on",
    )


def chargeable_lines(loan: Loan) -> list[FeeLine]:
    """Return the disclosed fees that are charged when something happens."""
    return [line for line in loan.fee_lines if line.when is FeeWhen.ON_EVENT]


def _disclosed(loan: Loan, code: str) -> FeeLine:
    for line in chargeable_lines(loan):
        if line.code == code:
            return line
    raise FeeNotDisclosed(
        _("The cost sheet of this loan has no fee %(code)s that can be charged. What is not on it is not owed."),
        field="code",
        params={"code": code[:40]},
    )


def _refuse_above(loan: Loan, line: FeeLine, amount_minor: int) -> None:
    most = line.of(loan.principal_minor)
    if line.is_once:
        most -= _charged_before(loan, line.code)
    if amount_minor > most:
        raise FeeAboveDisclosed(
            _("The cost sheet of this loan leaves at most %(most)s for this fee."),
            field="amount",
            params={"most": format_minor(max(most, 0), loan.currency)},
            details={"most": format_minor(max(most, 0), loan.currency)},
        )


def _charged_before(loan: Loan, code: str) -> int:
    """Return what charges of the fee that were not undone come to, waived ones included; minor units."""
    events = LoanEvent.objects.filter(loan=loan)
    undone = events.filter(kind=LoanEvent.Kind.REVERSAL).values_list("data__event", flat=True)
    charged = events.filter(kind=LoanEvent.Kind.FEE, data__code=code).exclude(pk__in=list(undone))
    return int(charged.aggregate(sum=Sum("amount_minor"))["sum"] or 0)
