"""
Several loans of one borrower become one: a new loan pays them off on one day, and no money moves.

The principal of the new loan is what ends the old ones on that day, without a fee for repaying early and without the
fees of a new loan. What passes between the loans passes through a clearing account of the ledger that is 0 afterwards.
A contract and its signature are the caller's: `foresee_consolidation` says what goes into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.finance import installments as finance
from dashu.finance.joined_loans import average_rate
from dashu.finance.loan import Payoff, payoff_of, without_early_fee
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from loans.models import Loan
from loans.selectors.products import product_code_of
from loans.services.create_loan import create_loan
from repayments.models import Channel, LoanEvent, Payment
from repayments.services.booking import LoadedLoan, LoanNotFound, load, lock_loan, lock_loans
from repayments.services.disburse_loan import disburse_loan
from repayments.services.receive_payment import receive_payment
from repayments.services.undo_event import undo_event


class CannotConsolidate(DomainError):
    """These loans cannot become one: of several borrowers or currencies, fewer than two, or not all running."""

    code = "cannot_consolidate"
    http_status = 409


class DearerThanBefore(DomainError):
    """The rate of the new loan lies above the average of those that it pays off."""

    code = "dearer_than_before"


class PayoffsChanged(DomainError):
    """What ends the old loans is no longer what was agreed."""

    code = "payoffs_changed"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Consolidation:
    """
    What a consolidation does, or would do. Amounts in minor units.

    :param payoffs: what ended each of the old loans, part by part, by its id.
    :param annual_rate_before: the average of the old rates, weighted by what ended each loan, cut to 6 decimals.
    :param rows: the schedule of the new loan.
    """

    loan: Loan
    payoffs: dict[int, Payoff]
    principal: int
    annual_rate: Decimal
    annual_rate_before: Decimal
    rows: tuple[finance.Installment, ...]


class _TakenBack(Exception):
    """Ends the savepoint of a preview."""


def foresee_consolidation(
    *,
    loan_ids: Sequence[int],
    count: int,
    today: date,
    annual_rate: Decimal | None = None,
    product_code: str | None = None,
    first_due_on: date | None = None,
    due_day: int | None = None,
) -> Consolidation:
    """Return what `consolidate_loans` would do, found out by doing it; nothing of it stays. Raises as it does."""
    found: list[Consolidation] = []
    try:
        with transaction.atomic():
            found.append(
                consolidate_loans(
                    loan_ids=loan_ids,
                    count=count,
                    today=today,
                    annual_rate=annual_rate,
                    product_code=product_code,
                    first_due_on=first_due_on,
                    due_day=due_day,
                    reason="preview",
                    actor="preview",
                )
            )
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            raise _TakenBack
    except _TakenBack:
        return found[0]


@transaction.atomic
def consolidate_loans(
    *,
    loan_ids: Sequence[int],
    count: int,
    today: date,
    reason: str,
    actor: str,
    annual_rate: Decimal | None = None,
    product_code: str | None = None,
    first_due_on: date | None = None,
    due_day: int | None = None,
    expected_principal: int | None = None,
    agreement: str = "",
) -> Consolidation:
    """
    Pay the loans off by a new one that begins today.

    :param annual_rate: of the new loan; None: the average of the old ones, or what the policy allows if that is less.
    :param product_code: whose version of today the new loan has; None: that of the loan that takes most to end.
    :param expected_principal: what was agreed; anything else is refused, as when a payment came meanwhile.
    :param agreement: reference of the agreement that it carries out.
    :raises CannotConsolidate: :raises DearerThanBefore: :raises PayoffsChanged: see there.
    :raises OutsideProduct: :raises RateAboveBound: :raises RateAboveCap: :raises InvalidTerms: as `create_loan`.
    """
    locked = lock_loans(loan_ids)
    _refuse_misfit(list(locked.values()))
    loaded = {loan_id: load(loan) for loan_id, loan in locked.items()}
    payoffs = {loan_id: _payoff(each, today) for loan_id, each in loaded.items()}
    if not all(payoff.total for payoff in payoffs.values()):
        raise CannotConsolidate(_("Nothing is left to pay on one of these loans."), field="loans")
    principal = sum(payoff.total for payoff in payoffs.values())
    if expected_principal not in (None, principal):
        raise PayoffsChanged(
            _("What ends these loans has changed since it was agreed. It has to be worked out again."), field="loans"
        )
    before = average_rate((each.contract.annual_rate, payoffs[loan_id].total) for loan_id, each in loaded.items())
    largest = max(loaded, key=lambda loan_id: (payoffs[loan_id].total, -loan_id))
    new = create_loan(
        borrower_id=locked[largest].borrower_id,
        product_code=product_code or product_code_of(locked[largest].product_terms_id),
        principal_minor=principal,
        annual_rate=_rate(annual_rate, before, today),
        count=count,
        starts_on=today,
        actor=actor,
        first_due_on=first_due_on,
        due_day=due_day,
        has_fees=False,
    )
    numbers = [loan.number for loan in locked.values()]
    disburse_loan(loan_id=new.pk, reference=f"CONSOLIDATION-{new.number}", pays_off=numbers, actor=actor)
    for loan_id, payoff in payoffs.items():
        receive_payment(
            loan_id=loan_id,
            amount_minor=payoff.total,
            received_on=today,
            today=today,
            reference=_reference(new, locked[loan_id]),
            channel=Channel.CONSOLIDATION,
            kind=LoanEvent.Kind.SETTLEMENT,
            agreement=agreement,
            paid_off_by=new.number,
            actor=actor,
        )
    audit.record(
        action="repayments.loans_consolidated",
        subject_type="loan",
        subject_id=new.pk,
        actor=actor,
        data={"loans": sorted(locked), "principal_minor": principal, "reason": reason},
    )
    new.refresh_from_db()
    return Consolidation(new, payoffs, principal, new.annual_rate, before, load(new).position.installments)


@transaction.atomic
def take_back_consolidation(*, loan_id: int, today: date, reason: str, actor: str) -> list[int]:
    """
    Let the old loans run on as if they had never been paid off, and end the new one on its first day.

    Money that came for the new loan meanwhile is the borrower's credit on it.

    :returns: the ids of the old loans.
    :raises LoanNotFound: the loan pays off no others.
    :raises CannotBeUndone: it was taken back before.
    """
    found = Loan.objects.filter(pk=loan_id).first()
    settled = list(payments_by(found)) if found else []
    if found is None or not settled:
        raise LoanNotFound(_("This loan did not pay off any others."), field="loan")
    lock_loans([loan_id, *(payment.loan_id for payment in settled)])
    new = lock_loan(loan_id)
    for payment in settled:
        undo_event(event_id=payment.pk, today=today, reason=reason, actor=actor)
    receive_payment(
        loan_id=new.pk,
        amount_minor=new.principal_minor,
        received_on=new.starts_on,
        today=today,
        reference=f"CONSOLIDATION-BACK-{new.number}",
        channel=Channel.CONSOLIDATION,
        kind=LoanEvent.Kind.SETTLEMENT,
        paid_off_by=new.number,
        actor=actor,
    )
    audit.record(
        action="repayments.consolidation_taken_back",
        subject_type="loan",
        subject_id=new.pk,
        actor=actor,
        data={"reason": reason},
    )
    return [payment.loan_id for payment in settled]


def payments_by(loan: Loan) -> QuerySet[Payment]:
    """Return the settlements of the loans that a loan has paid off, in the order of the loans."""
    return Payment.objects.filter(
        channel=Channel.CONSOLIDATION, event__data__into=loan.number, reference__startswith=f"{_PREFIX}{loan.number}-"
    ).order_by("loan_id")


def loan_that_paid_off(loan: Loan) -> Loan | None:
    """Return the loan into which this one went; None where it ended otherwise or runs."""
    event = (
        LoanEvent.objects.filter(
            loan=loan, kind=LoanEvent.Kind.SETTLEMENT, data__internal=True, payment__is_returned=False
        )
        .order_by("-pk")
        .first()
    )
    return None if event is None or event.data["into"] == loan.number else Loan.objects.get(number=event.data["into"])


_PREFIX = "CONSOLIDATION-"


def _reference(new: Loan, old: Loan) -> str:
    return f"{_PREFIX}{new.number}-{old.pk}"


def _payoff(loaded: LoadedLoan, on: date) -> Payoff:
    return payoff_of(loaded.position, without_early_fee(loaded.contract), on)


def _rate(asked: Decimal | None, before: Decimal, today: date) -> Decimal:
    """Return the rate of the new loan, never above the average before and never above the cap."""
    if asked is None:
        return min(before, policy.rate_cap(today))
    if asked > before:
        raise DearerThanBefore(
            _("The new rate lies above %(rate)s, the average of the loans that it pays off."),
            field="annual_rate",
            params={"rate": before},
        )
    return asked


def _refuse_misfit(loans: Sequence[Loan]) -> None:
    if len(loans) < 2:
        raise CannotConsolidate(_("Choose at least two loans that are to become one."), field="loans")
    if len({(loan.borrower_id, loan.currency) for loan in loans}) > 1:
        raise CannotConsolidate(_("Only loans of one borrower in one currency can become one."), field="loans")
    if any(loan.status != Loan.Status.ACTIVE for loan in loans):
        raise CannotConsolidate(_("Only running loans can become one."), field="loans")
