"""What keeps an account from being closed, and what stays for how long once it is."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Max, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import Complaint, Dispute, HardshipRequest
from dashu.policy.privacy import Kept
from dashu.policy.rules import privacy_closure
from dashu.users.models import Borrower, Identity
from loans.models import Application, Loan
from repayments.models import LoanBalance, LoanEvent, Payout

# In which nothing is owed, and nothing is to come. What was written off is no claim any more; what was sold, another's.
OVER = (Loan.Status.SETTLED, Loan.Status.WRITTEN_OFF, Loan.Status.SOLD, Loan.Status.CANCELLED)

WORDS: dict[Kept, Promise] = {
    Kept.IDENTITY: _("Your name, identity number and phone as they stood in the contracts, encrypted"),
    Kept.APPLICATIONS: _("Your applications, what you stated in them, and what you agreed to"),
    Kept.CONTRACTS: _("Your contracts and their schedules"),
    Kept.PAYMENTS: _("Your payments, and how they were booked"),
    Kept.MESSAGES: _("What we told each other, without your addresses"),
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """
    Something that has to end first.

    :param kind: "loan", "application", "payout", "credit", "help", "complaint" or "dispute"; `number` is its public
        number.
    """

    kind: str
    number: str


def obstacles(borrower: Borrower) -> list[Obstacle]:
    """Return what keeps the account from being closed."""
    loans = Loan.objects.filter(borrower=borrower)
    payouts = Payout.objects.filter(loan__borrower=borrower).exclude(status__in=[*Payout.OVER, Payout.Status.ARRIVED])
    credits = LoanBalance.objects.filter(loan__borrower=borrower, loan__status__in=OVER).filter(
        Q(unapplied_minor__gt=0) | Q(refund_due_minor__gt=0)
    )
    return [
        *(
            Obstacle("loan", number)
            for number in loans.exclude(status__in=OVER).order_by("pk").values_list("number", flat=True)
        ),
        *(
            Obstacle("application", reference)
            for reference in Application.objects.open().filter(borrower=borrower).values_list("reference", flat=True)
        ),
        *(Obstacle("payout", number) for number in payouts.values_list("loan__number", flat=True)),
        *(Obstacle("credit", number) for number in credits.values_list("loan__number", flat=True)),
        *_not_answered("help", HardshipRequest, borrower),
        *_not_answered("complaint", Complaint, borrower),
        *_not_answered("dispute", Dispute, borrower),
    ]


def _not_answered(kind: str, asked: type[Any], borrower: Borrower) -> list[Obstacle]:
    """Whoever closes the account could not read our answer any more."""
    waiting = asked.objects.open().filter(borrower=borrower).order_by("pk")
    return [Obstacle(kind, reference) for reference in waiting.values_list("reference", flat=True)]


def kept_of(borrower: Borrower, *, today: date) -> dict[Kept, date]:
    """Return what is kept of this borrower if the account is closed today, each with its last day."""
    rules = privacy_closure(today)
    has_loans = Loan.objects.filter(borrower=borrower).exclude(status=Loan.Status.CANCELLED).exists()
    has_applied = _submitted(borrower).exists()
    since = _latest_end(borrower) or today
    kept = {}
    if has_loans:
        kept = {what: rules.kept_until(what, since) for what in (Kept.CONTRACTS, Kept.PAYMENTS)}
    if has_applied:
        kept[Kept.APPLICATIONS] = rules.kept_until(Kept.APPLICATIONS, max(since, today))
    if kept and Identity.objects.filter(borrower=borrower).exists():
        # Without a loan, only as long as the application that it was stated in.
        kept[Kept.IDENTITY] = rules.kept_until(Kept.IDENTITY, since) if has_loans else kept[Kept.APPLICATIONS]
    kept[Kept.MESSAGES] = rules.kept_until(Kept.MESSAGES, today)
    return {what: kept[what] for what in Kept if what in kept}


def unsubmitted(borrower: Borrower) -> Any:
    """Return the applications that were given up before they were handed in: nobody needs what was typed."""
    return Application.objects.filter(borrower=borrower, submitted_at=None)


def _submitted(borrower: Borrower) -> Any:
    return Application.objects.filter(borrower=borrower, submitted_at__isnull=False)


def _latest_end(borrower: Borrower) -> date | None:
    """Return the day of the latest thing that happened to a loan; None without one."""
    found: date | None = LoanEvent.objects.filter(loan__borrower=borrower).aggregate(last=Max(F("effective_on")))[
        "last"
    ]
    return found
