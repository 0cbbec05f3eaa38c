"""Disputes of credit records: marked at once, answered in the days of the law, and a statement to what stands."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.because import Because
from collections_mgmt.models import CreditRecordMonth, Dispute, Hold
from collections_mgmt.services.asked import due_on, end_clock, lock_asked, note, refuse_to_answer, words_of
from collections_mgmt.services.holds import hold_until_answered, release_hold
from collections_mgmt.services.missed_credit_months import write_missed_month
from collections_mgmt.services.placements import bring_back_of
from dashu.kernel.dates import lender_date, month_end_of
from dashu.kernel.errors import DomainError
from dashu.messaging.services import enqueue as messaging
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from repayments.services.booking import LoanNotFound, lock_loan

LONGEST_UNTOLD = 500


class DisputeRefused(DomainError):
    """A dispute or a statement cannot be taken like this; `field` says what is wrong."""

    code = "dispute_refused"


@transaction.atomic
def dispute_record(
    *, borrower_id: int, loan_id: int, month: date | None, words: str, now: datetime, actor: str
) -> Dispute:
    """
    Keep that a borrower objects to a month or to the record of a whole loan. While it is open, that returns the same.

    :param month: a day of the month; None for all of them.
    :raises LoanNotFound: the loan is not theirs.
    :raises DisputeRefused: nothing is noted for this month.
    :raises WordsMissing: nothing is said, or too much.
    """
    loan = lock_loan(loan_id)
    if loan.borrower_id != borrower_id:
        raise LoanNotFound(_("There is no such loan."), field="loan")
    first = month.replace(day=1) if month else None
    if running := Dispute.objects.open().filter(loan=loan, month=first).first():
        found: Dispute = running
        return found
    if first and not CreditRecordMonth.objects.filter(loan=loan, month=first).exists():
        raise DisputeRefused(_("Nothing is noted for this month. Choose another one."), field="month")
    today = lender_date(now)
    dispute = Dispute(
        borrower_id=borrower_id,
        loan=loan,
        month=first,
        words=words_of(words, field="words"),
        asked_at=now,
        due_on=due_on(Dispute, today),
    )
    reason = Because.DISPUTE.of(dispute.reference)
    dispute.hold = hold_until_answered(loan, kind=Hold.Kind.DISPUTE, today=today, reason=reason, actor=actor)
    dispute.save()
    bring_back_of(borrower_id, today=today, actor=actor)
    note("received", dispute, actor, loan=loan.number, month=first)
    _tell(dispute, "received")
    return dispute


@transaction.atomic
def withdraw_dispute(*, dispute_id: int, now: datetime, actor: str) -> Dispute:
    """Take a dispute back. Where it has ended already, nothing changes."""
    dispute = _locked(dispute_id)
    if dispute.answered_at is None:
        _end(dispute, outcome=Dispute.Outcome.WITHDRAWN, now=now, actor=actor)
        note("withdrawn", dispute, actor)
    return dispute


@transaction.atomic
def answer_dispute(*, dispute_id: int, is_corrected: bool, words: str, user: User, now: datetime) -> Dispute:
    """
    Tell the borrower that the record was corrected, and by which act, or why it stands.

    What is corrected is the loan, by an act of its own before; the disputed months are noted anew from it here.

    :raises AlreadyAnswered, HeldByColleague: see `refuse_to_answer`.
    :raises DisputeRefused: it is said to be corrected, but the months would be noted as they are.
    :raises WordsMissing: the answer has no words, or too many.
    """
    dispute = _locked(dispute_id)
    refuse_to_answer(dispute, user)
    dispute.answer = words_of(words, field="words")
    dispute.answered_by = dispute.handler = user
    changed = _noted_anew(dispute) if is_corrected else {}
    if is_corrected and not changed:
        raise DisputeRefused(
            _("Noted anew, the record says the same as before. Correct the loan first, or answer that it stands."),
            field="outcome",
        )
    outcome = Dispute.Outcome.CORRECTED if is_corrected else Dispute.Outcome.STANDS
    _end(dispute, outcome=outcome, now=now, actor=actor_of_user(user))
    note("answered", dispute, actor_of_user(user), outcome=outcome, changed=changed)
    _tell(dispute, "answered")
    return dispute


@transaction.atomic
def add_statement(*, dispute_id: int, words: str, now: datetime, actor: str) -> Dispute:
    """
    Keep what the borrower adds to a record that stands; writing again replaces it, saying nothing takes it away.

    :raises DisputeRefused: the dispute is open or ended otherwise, or the statement is too long.
    """
    dispute: Dispute = lock_asked(Dispute, dispute_id)
    if dispute.outcome != Dispute.Outcome.STANDS:
        raise DisputeRefused(_("A statement is added to a record that stands after a dispute."))
    statement = words_of(words, field="words", is_needed=False)
    most = longest_statement(lender_date(now))
    if len(statement) > most:
        raise DisputeRefused(_("A statement has at most %(most)s characters."), field="words", params={"most": most})
    if statement != dispute.statement:
        dispute.statement, dispute.stated_at = statement, now
        dispute.save(update_fields=["statement", "stated_at"])
        note("stated", dispute, actor)
    return dispute


def longest_statement(on: date) -> int:
    """Return how many characters a statement has at most: as many as are told with the record."""
    try:
        return policy.credit_reporting(on).longest_statement
    except PolicyRuleMissing:  # of a country whose bureaus are not told
        return LONGEST_UNTOLD


def _noted_anew(dispute: Dispute) -> dict[str, list[str]]:
    """Note the disputed months in the light of what is known now; return the codes before and after of what changed."""
    noted = CreditRecordMonth.objects.filter(loan=dispute.loan_id)
    if dispute.month:
        noted = noted.filter(month=dispute.month)
    changed = {}
    for before in noted.order_by("month"):
        after = write_missed_month(loan_id=dispute.loan_id, month_end=month_end_of(before.month))
        if after is not None and after.code != before.code:
            changed[f"{before.month:%Y-%m}"] = [before.code, after.code]
    return changed


def _locked(dispute_id: int) -> Dispute:
    """Lock a dispute after its loan, which never changes."""
    loan_id = Dispute.objects.filter(pk=dispute_id).values_list("loan_id", flat=True).first()
    if loan_id is not None:
        lock_loan(loan_id)
    found: Dispute = lock_asked(Dispute, dispute_id)
    return found


def _end(dispute: Dispute, *, outcome: str, now: datetime, actor: str) -> None:
    dispute.outcome, dispute.answered_at = outcome, now
    dispute.save(update_fields=["outcome", "answered_at", "answer", "answered_by", "handler"])
    end_clock(dispute)
    if dispute.hold:
        reason = Because.DISPUTE.of(dispute.reference)
        release_hold(dispute.hold, today=lender_date(now), reason=reason, actor=actor)


def _tell(dispute: Dispute, what: str) -> None:
    messaging.enqueue(
        dedupe_key=f"dispute-{what}:{dispute.pk}",
        borrower_id=dispute.borrower_id,
        loan_id=dispute.loan_id,
        template=f"collections.dispute_{what}",
        params={"reference": dispute.reference, "loan_number": dispute.loan.number, "due_on": dispute.due_on},
    )
