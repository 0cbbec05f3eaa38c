"""
What happens to a closed account once it can no longer be taken back, and when the years of keeping are over.

Deleted are the login with all that hangs on it, the phone and the sessions among it, addresses, wishes and opt-outs,
that somebody needed special care, what was learned, what was typed and never handed in, and copies of data. The books
stay as they are: they name loans, not people. The name is kept in the sealed identity alone. Each of what is kept is
deleted after its last day, but for contracts and payments: their rows are never edited.
"""

import logging
from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet

from collections_mgmt.models import (
    Arrangement,
    CaseFileEvent,
    Complaint,
    ComplaintMessage,
    Dispute,
    FileAttachment,
    HardshipRequest,
    Hold,
    LegalStep,
    Placement,
    PromiseToPay,
    ReliefAccessCode,
    ReliefLink,
    Settlement,
    Vulnerability,
)
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.messaging.models import (
    ContactAttempt,
    ContactPoint,
    ContactPreference,
    OptOut,
    OutboxMessage,
    Representative,
)
from dashu.policy.privacy import Kept
from dashu.privacy.closing import obstacles, unsubmitted
from dashu.privacy.models import AccountClosure, DataExport
from dashu.privacy.services.export_files import erase
from dashu.users.models import Borrower, Identity
from education.services.erase_learning import forget_borrower
from loans.models import (
    Application,
    ApplicationDocument,
    Business,
    CardToPay,
    CreditReport,
    Guarantor,
    GuarantorCode,
    GuarantorLink,
    SignatureAccessCode,
    SignatureLink,
)

logger = logging.getLogger(__name__)

Status = AccountClosure.Status
ACTOR = "system:privacy"


def finish_due(*, now: datetime) -> int:
    """Finish each closing whose days are over, delete what was kept to its last day; return how many it was."""
    due = AccountClosure.objects.filter(status=Status.ASKED, undo_until__lte=now).order_by("pk")
    done = sum(finish_closure(closure_id=pk, now=now) for pk in list(due.values_list("pk", flat=True)))
    kept = AccountClosure.objects.filter(status=Status.CLOSED, erase_next_on__lt=lender_date(now)).order_by("pk")
    return done + sum(erase_what_is_over(closure_id=pk, now=now) for pk in list(kept.values_list("pk", flat=True)))


@transaction.atomic
def finish_closure(*, closure_id: int, now: datetime) -> bool:
    """Delete what may be deleted; False where that was done, taken back, or something is open by now."""
    borrower_id = AccountClosure.objects.values_list("borrower_id", flat=True).get(pk=closure_id)
    borrower = Borrower.objects.select_for_update().get(pk=borrower_id)
    closure = AccountClosure.objects.select_for_update().get(pk=closure_id)
    if closure.status != Status.ASKED or now < closure.undo_until:
        return False
    if obstacles(borrower):
        # A payment that was returned meanwhile, for instance: the account waits, closed, until that is over.
        logger.warning("closing %s waits: something of the borrower is open again", closure.pk)
        return False
    _forget_application_drafts(borrower, now)
    _forget_addresses(borrower)
    _forget_exports(borrower)
    _forget_login(borrower)
    if Kept.IDENTITY not in _kept(closure):
        _forget_identity(borrower.pk, now)
    closure.status, closure.ended_at, closure.erase_next_on = Status.CLOSED, now, _next_end(closure)
    closure.save(update_fields=["status", "ended_at", "erase_next_on"])
    audit.record(action="privacy.account_forgotten", subject_type="borrower", subject_id=borrower_id, actor=ACTOR)
    return True


@transaction.atomic
def erase_what_is_over(*, closure_id: int, now: datetime) -> bool:
    """Delete what was kept to a day before today; False where that was done."""
    closure = AccountClosure.objects.select_for_update().get(pk=closure_id)
    today = lender_date(now)
    if closure.status != Status.CLOSED or closure.erase_next_on is None or closure.erase_next_on >= today:
        return False
    over = [what for what, last in _kept(closure).items() if what in _ERASERS and last < today]
    for what in over:
        _ERASERS[what](closure.borrower_id, now)
    closure.erase_next_on = _next_end(closure, today)
    closure.save(update_fields=["erase_next_on"])
    audit.record(
        action="privacy.kept_data_erased",
        subject_type="borrower",
        subject_id=closure.borrower_id,
        actor=ACTOR,
        data={"what": [what.value for what in over]},
    )
    return True


def _forget_login(borrower: Borrower) -> None:
    """
    Delete the login with its phone, second factors, addresses, consents of programs, lessons, and traces of signing in;
    and its sessions, in which what was typed and not sent may wait (`dashu.accounts.kept_input`).
    """
    user, borrower.user = borrower.user, None
    borrower.save(update_fields=["user"])
    if user is None:
        return
    for traces in (AccessAttempt, AccessLog, AccessFailureLog):
        traces.objects.filter(username=user.email).delete()
    Session.objects.filter(session_key__in=UserSession.objects.filter(user=user).values("session_key")).delete()
    user.delete()


def _forget_addresses(borrower: Borrower) -> None:
    """Let nothing reach them any more, and no row say where it once did."""
    borrower.name, borrower.phone, borrower.email = borrower.number, "", ""
    borrower.save(update_fields=["name", "phone", "email"])
    for wishes in (ContactPreference, OptOut, ContactPoint, Vulnerability):
        wishes.objects.filter(borrower=borrower).delete()
    forget_borrower(borrower)
    mine = OutboxMessage.objects.filter(borrower=borrower)
    mine.filter(status=OutboxMessage.Status.PENDING).update(status=OutboxMessage.Status.CANCELLED)
    mine.exclude(address_key="").update(address="", address_key="")


def _forget_exports(borrower: Borrower) -> None:
    for export in DataExport.objects.filter(borrower=borrower).exclude(status=DataExport.Status.DELETED):
        transaction.on_commit(partial(erase, export))
        DataExport.objects.filter(pk=export.pk).update(status=DataExport.Status.DELETED)


def _forget_application_drafts(borrower: Borrower, now: datetime) -> None:
    """Delete what was typed and never handed in; the content of papers is deleted by their own sweep."""
    drafts = unsubmitted(borrower)
    for named in (Business, Guarantor, CardToPay):
        named.objects.filter(application__in=drafts).delete()
    ApplicationDocument.objects.filter(application__in=drafts, removed_at=None).update(removed_at=now)
    ApplicationDocument.objects.filter(application__in=drafts).update(name="-")
    drafts.update(facts={}, verified={}, amount_minor=None, months=None, purpose="")


def _kept(closure: AccountClosure) -> dict[Kept, date]:
    return {Kept(line["what"]): date.fromisoformat(line["until"]) for line in closure.kept}


def _next_end(closure: AccountClosure, since: date = date.min) -> date | None:
    """Return the next last day of what can be deleted; None when nothing of it is left."""
    return min((last for what, last in _kept(closure).items() if what in _ERASERS and last >= since), default=None)


def _forget_identity(borrower_id: int, _now: datetime) -> None:
    ReliefAccessCode.objects.filter(link__offer_set__borrower=borrower_id).delete()
    ReliefLink.objects.filter(offer_set__borrower=borrower_id).delete()
    Identity.objects.filter(borrower_id=borrower_id).delete()


def _forget_messages(borrower_id: int, now: datetime) -> None:
    """Forget what was said, both ways; that there was a complaint, and when it was answered, stays."""
    OutboxMessage.objects.filter(borrower_id=borrower_id).update(subject="", body="", params={})
    ComplaintMessage.objects.filter(complaint__borrower_id=borrower_id).update(words="")
    Complaint.objects.filter(borrower_id=borrower_id).update(words="", wish="", answer="")
    HardshipRequest.objects.filter(borrower_id=borrower_id).update(words="", answer="")
    ContactAttempt.objects.filter(borrower_id=borrower_id).update(note="", number="", consent_words="")
    Representative.objects.filter(borrower_id=borrower_id).update(name="-", phone="-", paper="-")
    attached = FileAttachment.objects.filter(file__borrower_id=borrower_id)
    attached.filter(removed_at=None).update(removed_at=now, content=None)
    attached.update(name="-", about="-", removed_because="")
    Dispute.objects.filter(borrower_id=borrower_id).update(words="", answer="", statement="", stated_at=None)
    _forget_notes(borrower_id)


def _forget_notes(borrower_id: int) -> None:
    """Forget what staff wrote about them; that it was done, when and by whom, stays."""
    CaseFileEvent.objects.filter(file__borrower=borrower_id).exclude(words="").update(words="")
    for noted in (PromiseToPay, Arrangement):
        noted.objects.filter(loan__borrower=borrower_id).update(note="", end_reason="")
    for reasoned in (Hold, Settlement):
        reasoned.objects.filter(loan__borrower=borrower_id).update(reason="", end_reason="")
    Placement.objects.filter(loan__borrower=borrower_id).update(words="")
    LegalStep.objects.filter(case__loan__borrower=borrower_id).update(words="")


def _forget_applications(borrower_id: int, now: datetime) -> None:
    """Forget what was stated and read; that there was an application, and how it ended, stays."""
    mine = Application.objects.filter(borrower_id=borrower_id)
    ApplicationDocument.objects.filter(application__in=mine, removed_at=None).update(removed_at=now)
    ApplicationDocument.objects.filter(application__in=mine).update(name="-")
    CreditReport.objects.filter(application__in=mine).update(content=None)
    for named in (Business, CardToPay):
        named.objects.filter(application__in=mine).delete()
    _forget_guarantors(Guarantor.objects.filter(application__in=mine))
    SignatureAccessCode.objects.filter(link__application__in=mine).delete()
    SignatureLink.objects.filter(application__in=mine).delete()
    mine.update(facts={}, verified={})


def _forget_guarantors(named: QuerySet[Guarantor]) -> None:
    """Forget who they were. That somebody answered for a share, and what they said to it, stays without a name."""
    GuarantorCode.objects.filter(link__guarantor__in=named).delete()
    GuarantorLink.objects.filter(guarantor__in=named).delete()
    for guarantor in named:
        guarantor.name, guarantor.number, guarantor.phone = "", "", None
        guarantor.number_index = f"forgotten:{guarantor.pk}"  # nobody's; within an application no two are the same
        guarantor.save(update_fields=["name", "number", "phone", "number_index"])


_ERASERS: dict[Kept, Callable[[int, datetime], None]] = {
    Kept.IDENTITY: _forget_identity,
    Kept.MESSAGES: _forget_messages,
    Kept.APPLICATIONS: _forget_applications,
}
