"""
Give a loan back, without a reason and without cost: any time before the payout, and for some days after it.

Before any money moved the contract ends at once, with all of its parts; a single part can be declined until it is paid
out, and each that is paid out can be given back in its own days, while the contract goes on with the others.

While a payout may be on its way, the word is kept and counts as soon as it is known what became of it. After the payout
the sum itself is returned: all interest and fees are waived from the first day, so that the sum alone settles the loan,
whatever way it comes. What does not come in time lets the withdrawal lapse: the waivers are undone, and the loan runs
on as agreed.
"""

import logging
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from dashu.finance.installments import Component
from dashu.finance.loan import EventRefused
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from loans.models import Loan, Tranche
from loans.services.contract_progress import (
    AlreadyPaidOut,
    cancel_loan,
    contract_of,
    note_given_back,
    note_not_given_back,
    tranche_of,
)
from repayments.models import Installment, LoanEvent, Payment, Withdrawal
from repayments.services.booking import LoanNotFound, load, lock_loan, lock_loans
from repayments.services.payout_outcomes import cancel_payouts
from repayments.services.undo_event import undo_event
from repayments.services.waive_amount import waive_amount

logger = logging.getLogger(__name__)

ACTOR = "system:withdrawals"
REASON = "The loan is given back within the days of cooling off."
NOT_IN_TIME = "The sum was not returned in time, so the loan runs on as agreed."
Status = Withdrawal.Status


class CoolingOffOver(DomainError):
    """The days in which the loan can be given back without cost are over."""

    code = "cooling_off_over"
    http_status = 409


class StillOwed(DomainError):
    """The sum alone does not settle the loan, so a person has to look at it."""

    code = "still_owed"
    http_status = 409


@transaction.atomic
def withdraw_contract(*, loan_id: int, now: datetime, actor: str) -> Withdrawal | None:
    """
    Withdraw from a signed contract: from all of it before any money has come, else from this one of its loans.

    Withdrawing again changes nothing.

    :returns: what is to be paid back by when; None where it ended at once, because no money had moved.
    :raises LoanNotFound: the loan has no signed contract.
    :raises CoolingOffOver, StillOwed: see there.
    """
    tranche = Tranche.objects.filter(loan=loan_id).first()
    if tranche is None:
        raise LoanNotFound(_("This loan has no signed contract."), field="loan")
    loans = lock_loans(Tranche.objects.filter(contract=tranche.contract_id).values_list("loan", flat=True))
    if all(loan.status in Loan.NOT_PAID_OUT for loan in loans.values()):
        ended = [_before_payout(loan, now=now, actor=actor, why="withdrawn") for loan in loans.values()]
        return next((withdrawal for withdrawal in ended if withdrawal), None)
    return _give_back(loans[loan_id], now=now, actor=actor)


@transaction.atomic
def decline_tranche(*, loan_id: int, now: datetime, actor: str) -> Withdrawal | None:
    """
    Say no to one part of a contract before its money has come; the others go on. Declined again, nothing changes.

    :returns: a withdrawal that waits where the money may be on its way already; else None.
    :raises LoanNotFound: the loan has no signed contract.
    :raises AlreadyPaidOut: the money is there; it can be given back.
    """
    loan = lock_loan(loan_id)
    if contract_of(loan) is None:
        raise LoanNotFound(_("This loan has no signed contract."), field="loan")
    if loan.status not in Loan.NOT_PAID_OUT:
        raise AlreadyPaidOut(_("The money is paid out already. You can give the loan back instead."), field="loan")
    return _before_payout(loan, now=now, actor=actor, why="declined")


def _before_payout(loan: Loan, *, now: datetime, actor: str, why: str) -> Withdrawal | None:
    """Cancel a locked loan, or keep the word where its money may be on its way."""
    if loan.status == Loan.Status.CANCELLED:
        return None
    if earlier := Withdrawal.objects.filter(loan=loan).first():
        return earlier
    if cancel_payouts(loan, now=now, actor=actor):
        cancel_loan(loan, now=now, actor=actor, why=why)
        return None
    return _note(Withdrawal(loan=loan, status=Status.WAITING, asked_at=now), actor=actor)


def _give_back(loan: Loan, *, now: datetime, actor: str) -> Withdrawal | None:
    if loan.status in Loan.NOT_PAID_OUT:
        return _before_payout(loan, now=now, actor=actor, why="declined")
    if earlier := Withdrawal.objects.filter(loan=loan).first():
        return earlier
    today, tranche = lender_date(now), tranche_of(loan)
    assert tranche is not None, "only a loan of a signed contract is given back"
    if loan.status != Loan.Status.ACTIVE or not tranche.cooling_off_until or today > tranche.cooling_off_until:
        raise CoolingOffOver(
            _("The days for giving the loan back are over. You can pay it off on any day instead."), field="loan"
        )
    waivers = _waived(loan, today=today)
    asked = Withdrawal(loan=loan, status=Status.OPEN, asked_at=now, pay_by=_pay_by(today), waivers=waivers)
    return _note(asked, actor=actor)


@transaction.atomic
def go_on_after_payout(*, loan_id: int, now: datetime) -> None:
    """Do what a borrower asked for while the payout was on its way, now that it has arrived or failed."""
    loan = lock_loan(loan_id)
    waiting = Withdrawal.objects.filter(loan=loan, status=Status.WAITING).first()
    if waiting is None:
        return
    if loan.status == Loan.Status.ACTIVE:
        today = lender_date(now)
        waiting.status, waiting.pay_by, waiting.waivers = Status.OPEN, _pay_by(today), _waived(loan, today=today)
        waiting.save(update_fields=["status", "pay_by", "waivers"])
        events.publish("repayments.withdrawal_asked", withdrawal_id=waiting.pk)
    elif cancel_payouts(loan, now=now, actor=ACTOR):
        waiting.delete()
        cancel_loan(loan, now=now, actor=ACTOR, why="withdrawn")


@transaction.atomic
def review_withdrawal(*, loan_id: int, now: datetime) -> str:
    """
    Settle a loan that is given back once the sum is there, or take that back where the sum was returned since.

    :returns: the withdrawal's status now; "" where there is none.
    :raises StillOwed: see there; nothing is written.
    """
    if not Withdrawal.objects.filter(loan_id=loan_id).exists():
        return ""  # as for nearly every payment, which waits for no lock here
    loan = lock_loan(loan_id)
    withdrawal = Withdrawal.objects.get(loan=loan)
    has_come = withdrawal.pay_by is not None and missing_of(withdrawal) == 0
    if withdrawal.status == Status.OPEN and has_come:
        _finish(withdrawal, loan, now=now)
    elif withdrawal.status == Status.DONE and not has_come:
        _reopen(withdrawal, now=now)
    return str(withdrawal.status)


def lapse_withdrawals(*, now: datetime) -> int:
    """End the withdrawals whose day has passed without the sum; return how many. One that fails keeps back no other."""
    over = Withdrawal.objects.filter(status=Status.OPEN, pay_by__lt=lender_date(now)).order_by("pay_by")
    lapsed = 0
    for loan_id in over.values_list("loan_id", flat=True)[:500]:
        try:
            lapsed += _lapse(loan_id, now=now)
        except DomainError as refusal:
            logger.warning("the withdrawal from loan %s could not lapse: %s", loan_id, refusal.code)
    return lapsed


def loans_to_review() -> list[int]:
    """Return the loans with a withdrawal that waits for its money, for the sweep."""
    waiting = Withdrawal.objects.filter(status__in=[Status.OPEN, Status.WAITING])
    return list(waiting.order_by("pk").values_list("loan_id", flat=True)[:1000])


def missing_of(withdrawal: Withdrawal) -> int:
    """Return what is still to come of the sum that was paid out, in minor units; what came after its day is late."""
    came = Payment.objects.filter(loan_id=withdrawal.loan_id, is_returned=False, received_on__lte=withdrawal.pay_by)
    received = came.aggregate(minor=Sum("amount_minor"))["minor"] or 0
    return max(0, withdrawal.loan.principal_minor - received)


def _pay_by(asked_on: date) -> date:
    return asked_on + timedelta(days=policy.credit_payout(asked_on).return_days)


def _note(withdrawal: Withdrawal, *, actor: str) -> Withdrawal:
    withdrawal.save(force_insert=True)
    _witness("asked", withdrawal, actor=actor)
    if withdrawal.status == Status.OPEN:
        events.publish("repayments.withdrawal_asked", withdrawal_id=withdrawal.pk)
    return withdrawal


def _waived(loan: Loan, *, today: date) -> list[int]:
    """Give up interest and fees from the first day on, so that whatever comes in then pays the sum alone."""
    agreed = Installment.objects.filter(loan_id=loan.pk, version=1).aggregate(
        interest=Sum("interest_minor"), fee=Sum("fee_minor")
    )
    parts = ((component, agreed[component.value]) for component in (Component.INTEREST, Component.FEE))
    try:
        return [_waive(loan, part, minor, on=loan.starts_on, today=today) for part, minor in parts if minor]
    except EventRefused as error:
        raise StillOwed(
            _("You have paid something on the day of the payout. Ask us, and a person gives the loan back for you."),
            field="loan",
        ) from error


def _waive(loan: Loan, component: Component, minor: int, *, on: date, today: date) -> int:
    event = waive_amount(
        loan_id=loan.pk,
        component=component,
        amount_minor=minor,
        waived_on=on,
        today=today,
        reason=REASON,
        actor=ACTOR,
    )
    return event.pk


def _finish(withdrawal: Withdrawal, loan: Loan, *, now: datetime) -> None:
    left = sum(row.unpaid_fee for row in load(loan).position.installments)
    if left and loan.status == Loan.Status.ACTIVE:  # charged on an event since the payout
        on = lender_date(now)
        withdrawal.waivers = [*withdrawal.waivers, _waive(loan, Component.FEE, left, on=on, today=on)]
        loan.refresh_from_db(fields=["status"])
    if loan.status != Loan.Status.SETTLED:
        raise StillOwed(_("Something is owed beside the sum that was paid out; a person has to look at it."))
    withdrawal.status, withdrawal.ended_at = Status.DONE, now
    withdrawal.save(update_fields=["status", "waivers", "ended_at"])
    note_given_back(loan, now=now, actor=ACTOR)
    _witness("done", withdrawal, actor=ACTOR)
    events.publish("repayments.withdrawal_ended", withdrawal_id=withdrawal.pk)


def _reopen(withdrawal: Withdrawal, *, now: datetime) -> None:
    """The sum went back, so it was not returned after all: what is left of the days counts, else the loan runs on."""
    assert withdrawal.pay_by is not None
    note_not_given_back(withdrawal.loan)
    withdrawal.status, withdrawal.ended_at = Status.OPEN, None
    withdrawal.save(update_fields=["status", "ended_at"])
    _witness("reopened", withdrawal, actor=ACTOR)
    if lender_date(now) > withdrawal.pay_by:
        _run_on(withdrawal, now=now)


def _run_on(withdrawal: Withdrawal, *, now: datetime) -> None:
    """Take the waivers back: interest and fees are owed as agreed, from the first day."""
    reversals = LoanEvent.objects.filter(loan_id=withdrawal.loan_id, kind=LoanEvent.Kind.REVERSAL)
    undone = set(reversals.filter(data__event__in=withdrawal.waivers).values_list("data__event", flat=True))
    for event_id in reversed(withdrawal.waivers):
        if event_id in undone:  # by staff
            continue
        undo_event(event_id=event_id, today=lender_date(now), reason=NOT_IN_TIME, actor=ACTOR)
    withdrawal.status, withdrawal.waivers, withdrawal.ended_at = Status.LAPSED, [], now
    withdrawal.save(update_fields=["status", "waivers", "ended_at"])
    _witness("lapsed", withdrawal, actor=ACTOR)
    events.publish("repayments.withdrawal_ended", withdrawal_id=withdrawal.pk)


@transaction.atomic
def _lapse(loan_id: int, *, now: datetime) -> bool:
    lock_loan(loan_id)
    withdrawal = Withdrawal.objects.get(loan_id=loan_id)
    if withdrawal.status != Status.OPEN or missing_of(withdrawal) == 0:
        return False
    _run_on(withdrawal, now=now)
    return True


def _witness(what: str, withdrawal: Withdrawal, *, actor: str) -> None:
    audit.record(
        action=f"repayments.withdrawal_{what}",
        subject_type="loan",
        subject_id=withdrawal.loan_id,
        actor=actor,
        data={"pay_by": withdrawal.pay_by, "waivers": withdrawal.waivers},
    )
