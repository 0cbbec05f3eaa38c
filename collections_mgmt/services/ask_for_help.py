"""A borrower says that they cannot pay as agreed, and is left in peace from that moment until we have answered."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.because import Because
from collections_mgmt.models import HardshipLoan, HardshipRequest, Hold
from collections_mgmt.services.asked import due_on, end_clock, lock_asked, lock_borrower, note, words_of
from collections_mgmt.services.holds import hold_until_answered, release_hold
from collections_mgmt.services.peace import has_peace_left
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.services import enqueue as messaging
from loans.models import Loan
from repayments.services.booking import lock_loans

HIGHEST_MINOR = 10**12


class HelpRefused(DomainError):
    """Help cannot be asked for like this; `field` says what is wrong."""

    code = "help_refused"


@transaction.atomic
def ask_for_help(
    *,
    borrower_id: int,
    loan_ids: Collection[int],
    cause: str,
    lasts: str,
    can_pay_minor: int | None,
    words: str,
    now: datetime,
    actor: str,
) -> HardshipRequest:
    """
    Keep the request and place a hold on each of its loans; while one is open, asking again returns that one.

    Where asking before took the days of peace that the rule knows, a person helps all the same, but no hold is placed.

    :param loan_ids: running loans of the borrower, at least one.
    :param can_pay_minor: a month; None where the borrower does not say.
    :raises HelpRefused: a loan is not theirs or asks for nothing, or the amount is none.
    :raises WordsMissing: the words are too long.
    """
    loans = lock_loans(loan_ids)
    borrower = lock_borrower(borrower_id)
    if running := HardshipRequest.objects.open().filter(borrower=borrower).first():
        return running
    if not loans or any(loan.borrower_id != borrower.pk for loan in loans.values()):
        raise HelpRefused(_("Choose at least one of your loans."), field="loans")
    if can_pay_minor is not None and not 0 <= can_pay_minor <= HIGHEST_MINOR:
        raise HelpRefused(_("Enter what you can pay a month, or leave it empty."), field="can_pay")
    today = lender_date(now)
    asked = HardshipRequest.objects.create(
        borrower=borrower,
        asked_at=now,
        due_on=due_on(HardshipRequest, today),
        cause=HardshipRequest.Cause(cause),
        lasts=HardshipRequest.Lasts(lasts),
        can_pay_minor=can_pay_minor,
        words=words_of(words, field="words", is_needed=False),
    )
    for loan in loans.values():
        if loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
            raise HelpRefused(_("Nothing is to be paid on loan %(loan)s."), field="loans", params={"loan": loan.number})
        hold = None
        if has_peace_left(loan, today):
            because, kind = Because.REQUEST.of(asked.reference), Hold.Kind.HARDSHIP_REVIEW
            hold = hold_until_answered(loan, kind=kind, today=today, reason=because, actor=actor)
        HardshipLoan.objects.create(request=asked, loan=loan, hold=hold)
    note("received", asked, actor, cause=asked.cause, loans=[loan.number for loan in loans.values()])
    messaging.enqueue(
        dedupe_key=f"help-received:{asked.pk}",
        borrower_id=borrower.pk,
        template="collections.help_received" if asked.leaves_in_peace else "collections.help_received_again",
        params={"reference": asked.reference, "due_on": asked.due_on},
    )
    return asked


@transaction.atomic
def withdraw_help(*, request_id: int, now: datetime, actor: str) -> HardshipRequest:
    """Take a request back: its holds end today. Where it has ended already, nothing changes."""
    asked = lock_with_loans(request_id)
    if asked.answered_at is not None:
        return asked
    end_request(asked, outcome=HardshipRequest.Outcome.WITHDRAWN, now=now)
    let_go(asked, now=now, actor=actor)
    note("withdrawn", asked, actor)
    return asked


def lock_with_loans(request_id: int) -> HardshipRequest:
    """Lock a request after its loans, which never change."""
    lock_loans(HardshipLoan.objects.filter(request=request_id).values_list("loan_id", flat=True))
    found: HardshipRequest = lock_asked(HardshipRequest, request_id)
    return found


def end_request(asked: HardshipRequest, *, outcome: str, now: datetime) -> None:
    asked.outcome, asked.answered_at = outcome, now
    asked.save(update_fields=["outcome", "answered_at", "answer", "answered_by", "handler"])
    end_clock(asked)


def let_go(asked: HardshipRequest, *, now: datetime, actor: str, days: int = 0) -> None:
    """End the holds of a locked request that has ended, so many days from now."""
    today = lender_date(now)
    ends_on = today.fromordinal(today.toordinal() + days)
    because = Because.REQUEST.of(asked.reference)
    for about in asked.loans.select_related("hold").order_by("loan_id"):
        if about.hold is not None:
            release_hold(about.hold, today=today, ends_on=ends_on, reason=because, actor=actor)
