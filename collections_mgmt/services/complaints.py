"""Complaints of borrowers: made, written about both ways, answered, opened again once, closed with their cause."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.because import Because
from collections_mgmt.models import Complaint, ComplaintMessage, Hold
from collections_mgmt.services.asked import (
    due_on,
    end_clock,
    lock_asked,
    lock_borrower,
    note,
    refuse_to_answer,
    words_of,
)
from collections_mgmt.services.holds import hold_until_answered, release_hold
from collections_mgmt.services.placements import bring_back_of
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.services import enqueue as messaging
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.models import Loan
from repayments.services.booking import lock_loan


class ComplaintRefused(DomainError):
    """A complaint cannot be made like this; `field` says what is wrong."""

    code = "complaint_refused"


class ComplaintEnded(DomainError):
    """It was answered a second time, so it is not opened again."""

    code = "complaint_ended"
    http_status = 409


class NotAnsweredYet(DomainError):
    """Only what has been answered is closed."""

    code = "not_answered_yet"
    http_status = 409


@transaction.atomic
def make_complaint(
    *,
    borrower_id: int,
    loan_id: int | None,
    about: str,
    words: str,
    wish: str,
    key: uuid.UUID,
    now: datetime,
    actor: str,
) -> Complaint:
    """
    Keep a complaint, tell the borrower so at once, and leave them in peace on the loan that it is about.

    Calling again with the same key returns the first complaint and changes nothing.

    :raises ComplaintRefused: the loan is not theirs.
    :raises WordsMissing: nothing is said, or too much.
    """
    loan = lock_loan(loan_id) if loan_id is not None else None
    borrower = lock_borrower(borrower_id)
    if earlier := Complaint.objects.filter(key=key, borrower=borrower).first():
        return earlier
    if loan is not None and loan.borrower_id != borrower.pk:
        raise ComplaintRefused(_("Choose one of your loans, or none."), field="loan")
    complaint = Complaint.objects.create(
        borrower=borrower,
        loan=loan,
        key=key,
        about=Complaint.About(about),
        words=words_of(words, field="words"),
        wish=words_of(wish, field="wish", is_needed=False),
        asked_at=now,
        due_on=due_on(Complaint, lender_date(now)),
    )
    _leave_in_peace(complaint, loan, now=now, actor=actor)
    note("received", complaint, actor, about=complaint.about, loan=loan.number if loan else "")
    _tell(complaint, "received", f"{complaint.pk}")
    return complaint


@transaction.atomic
def write_on(*, complaint_id: int, words: str, key: uuid.UUID, now: datetime, actor: str) -> ComplaintMessage:
    """
    Keep what the borrower adds. After an answer this opens the complaint again, once, with a new day for the answer.

    Calling again with the same key changes nothing.

    :raises ComplaintEnded: it was opened again before and has been answered since.
    :raises WordsMissing: nothing is said, or too much.
    """
    complaint, loan = _locked(complaint_id)
    if earlier := complaint.messages.filter(key=key).first():
        return earlier
    if complaint.answered_at is not None and complaint.reopened_at is not None:
        raise ComplaintEnded(
            _("This complaint was answered twice. You can make a new one, or turn to the regulator on this page.")
        )
    message = complaint.messages.create(
        key=key, is_ours=False, words=words_of(words, field="words"), written_at=now, actor=actor
    )
    if complaint.answered_at is not None:
        complaint.reopened_at, complaint.answered_at, complaint.closed_at = now, None, None
        complaint.due_on = due_on(Complaint, lender_date(now))
        complaint.save(update_fields=["reopened_at", "answered_at", "closed_at", "due_on"])
        _leave_in_peace(complaint, loan, now=now, actor=actor)
        note("reopened", complaint, actor)
        _tell(complaint, "received", f"{complaint.pk}:again")
    else:
        note("written_on", complaint, actor)
    return message


@transaction.atomic
def write_back(*, complaint_id: int, words: str, is_answer: bool, user: User, now: datetime) -> ComplaintMessage:
    """
    Write to the borrower. An answer stops the clock, and the hold ends; a question leaves both as they are.

    :raises AlreadyAnswered, HeldByColleague: see `refuse_to_answer`.
    :raises WordsMissing: nothing is said, or too much.
    """
    complaint, _loan = _locked(complaint_id)
    refuse_to_answer(complaint, user)
    actor = actor_of_user(user)
    complaint.handler = user
    message = complaint.messages.create(is_ours=True, words=words_of(words, field="words"), written_at=now, actor=actor)
    if is_answer:
        complaint.answer, complaint.answered_at, complaint.answered_by = message.words, now, user
    complaint.save(update_fields=["handler", "answer", "answered_at", "answered_by"])
    if is_answer:
        end_clock(complaint)
        if complaint.hold:
            reason = Because.COMPLAINT.of(complaint.reference)
            release_hold(complaint.hold, today=lender_date(now), reason=reason, actor=actor)
    note("answered" if is_answer else "asked_back", complaint, actor)
    _tell(complaint, "answered" if is_answer else "written_to", str(message.pk))
    return message


@transaction.atomic
def close_complaint(*, complaint_id: int, root_cause: str, user: User, now: datetime) -> Complaint:
    """
    Close an answered complaint with what it came from, which the borrower is not told.

    :param root_cause: a code of the rule `complaints.root_causes`. Closing again changes the cause only.
    :raises NotAnsweredYet: it waits for an answer.
    :raises ComplaintRefused: the cause is not one of the rule's.
    """
    complaint: Complaint = lock_asked(Complaint, complaint_id)
    if complaint.answered_at is None:
        raise NotAnsweredYet(_("Answer the complaint first."))
    if root_cause not in policy.complaint_causes(lender_date(now)):
        raise ComplaintRefused(_("Choose one of the causes."), field="root_cause")
    complaint.root_cause, complaint.closed_at = root_cause, complaint.closed_at or now
    complaint.save(update_fields=["root_cause", "closed_at"])
    note("closed", complaint, actor_of_user(user), root_cause=root_cause)
    return complaint


def _locked(complaint_id: int) -> tuple[Complaint, Loan | None]:
    """Lock a complaint after its loan, which never changes."""
    loan_id = Complaint.objects.filter(pk=complaint_id).values_list("loan_id", flat=True).first()
    loan = lock_loan(loan_id) if loan_id is not None else None
    return lock_asked(Complaint, complaint_id), loan


def _leave_in_peace(complaint: Complaint, loan: Loan | None, *, now: datetime, actor: str) -> None:
    bring_back_of(complaint.borrower_id, today=lender_date(now), actor=actor)
    if loan is None:
        return
    reason = Because.COMPLAINT.of(complaint.reference)
    complaint.hold = hold_until_answered(
        loan, kind=Hold.Kind.COMPLAINT, today=lender_date(now), reason=reason, actor=actor
    )
    complaint.save(update_fields=["hold"])


def _tell(complaint: Complaint, what: str, key: str) -> None:
    messaging.enqueue(
        dedupe_key=f"complaint-{what}:{key}",
        borrower_id=complaint.borrower_id,
        template=f"collections.complaint_{what}",
        params={"reference": complaint.reference, "due_on": complaint.due_on},
    )
