"""
Claims that go to court: asked for with a complete checklist, approved by another person, then step by step.

What is read from the book is looked at again when it is approved and when it is filed: somebody who asked for help or
paid meanwhile is not sued. Costs are noted and never added to the debt; who bears them, the court says.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import LegalCase, LegalStep
from collections_mgmt.selectors.legal import Checklist, checklist_of, nearing_limitation
from collections_mgmt.services.placements import bring_back_of
from dashu.alerts.services import end_alert, raise_alert
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.messaging.services import enqueue as messaging
from dashu.policy.selectors import PolicyRuleMissing
from dashu.users.models import User
from loans.models import Loan
from repayments.services.booking import lock_loan

FILE = "legal.file"
NEARING = "claim.limitation_near"
Status = LegalCase.Status
Kind = LegalStep.Kind


class LegalRefused(DomainError):
    """A claim cannot go to court, or not go on there, like this; `field` says what is wrong."""

    code = "legal_refused"


@transaction.atomic
def ask_legal(
    *, loan_id: int, confirmed: Collection[str], reason: str, user: User, today: date, idempotency_key: str
) -> ApprovalRequest:
    """
    Ask for a claim to be taken to court.

    :param confirmed: codes of the rule `legal.checklist` that the person looked at.
    :raises LoanNotFound: there is no such loan.
    :raises LegalRefused: a line of the checklist is not met, or a court has it already.
    :raises NotAuthorized: the person may not ask for this. :raises ReasonMissing: no reason is given.
    """
    loan = lock_loan(loan_id)
    checklist = _met(loan, confirmed, on=today)
    payload = {
        "loan_id": loan.pk,
        "loan_number": loan.number,
        "currency": loan.currency,
        "claim_minor": checklist.claim_minor,
        "confirmed": sorted(confirmed),
    }
    return submit(
        kind=FILE,
        payload=payload,
        preview=[checklist_table(checklist)],
        amount_minor=checklist.claim_minor,
        currency=loan.currency,
        subject_type="loan",
        subject_id=loan.number,
        loan_id=loan.pk,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


@transaction.atomic
def open_legal_case(*, loan_id: int, confirmed: Collection[str], today: date, actor: str) -> LegalCase:
    """
    Open the case once it is approved, and tell the borrower what is going to happen and what they still can do.

    :raises LoanNotFound, LegalRefused: see `ask_legal`.
    """
    loan = lock_loan(loan_id)
    checklist = _met(loan, confirmed, on=today)
    case = LegalCase.objects.create(
        loan=loan,
        claim_minor=checklist.claim_minor,
        confirmed=sorted(confirmed),
        last_day=checklist.clock.last_day if checklist.clock else None,
        opened_on=today,
        actor=actor,
    )
    bring_back_of(loan.borrower_id, today=today, actor=actor)
    _step(case, Kind.APPROVED, on=today, actor=actor, amount_minor=case.claim_minor)
    messaging.enqueue(
        dedupe_key=f"legal-planned:{case.pk}",
        borrower_id=loan.borrower_id,
        loan_id=loan.pk,
        template="collections.legal_planned",
        params={"loan_number": loan.number, "currency": loan.currency, "amount_minor": case.claim_minor},
    )
    return case


@transaction.atomic
def file_claim(*, case_id: int, court: str, court_number: str, filed_on: date, today: date, actor: str) -> LegalCase:
    """
    Note that the claim was filed; what is read from the book has to be met on this day, too.

    :raises LegalRefused: it is not to be filed, rests, the day does not fit, or a line is no longer met.
    """
    case = _locked(case_id, Status.APPROVED)
    if not case.opened_on <= filed_on <= today:
        raise LegalRefused(_("It is filed between its approval and today."), field="filed_on")
    checklist = checklist_of(case.loan, on=filed_on, confirmed=case.confirmed)
    if not checklist.is_met:
        raise LegalRefused(
            _("It may no longer be filed: %(missing)s. Withdraw it, or wait."),
            field="filed_on",
            params={"missing": _labels(checklist)},
        )
    case.status, case.court, case.court_number, case.filed_on = Status.FILED, court, court_number, filed_on
    case.save(update_fields=["status", "court", "court_number", "filed_on"])
    _step(case, Kind.FILED, on=filed_on, actor=actor, words=" ".join([court, court_number]).strip())
    return case


@transaction.atomic
def note_judgment(
    *, case_id: int, granted_minor: int, judged_on: date, today: date, words: str, actor: str
) -> LegalCase:
    """:raises LegalRefused: it was not filed, rests, or day or amount do not fit."""
    case = _locked(case_id, Status.FILED)
    assert case.filed_on is not None
    if not case.filed_on <= judged_on <= today:
        raise LegalRefused(_("A judgment comes between the filing and today."), field="judged_on")
    if granted_minor < 0:
        raise LegalRefused(_("Enter what was granted; 0 when the claim was dismissed."), field="amount")
    case.status, case.judged_on, case.judged_minor = Status.JUDGMENT, judged_on, granted_minor
    case.save(update_fields=["status", "judged_on", "judged_minor"])
    _step(case, Kind.JUDGMENT, on=judged_on, actor=actor, amount_minor=granted_minor, words=words)
    return case


@transaction.atomic
def end_legal_case(*, case_id: int, is_settled: bool, words: str, today: date, actor: str) -> LegalCase:
    """
    End a case: settled with the borrower or paid, or withdrawn. Ending it again as the same changes nothing.

    :raises LegalRefused: there is none, it has ended otherwise, or nobody says why.
    """
    ended = Status.SETTLED if is_settled else Status.WITHDRAWN
    case = _locked(case_id)
    if case.status == ended:
        return case
    _refuse_unless(case, Status.APPROVED, Status.FILED, Status.JUDGMENT, may_rest=True)
    case.status, case.ended_on, case.stayed_on = ended, today, None
    case.save(update_fields=["status", "ended_on", "stayed_on"])
    _step(case, Kind(ended.value), on=today, actor=actor, words=_said(words))
    return case


@transaction.atomic
def stay_legal_case(*, case_id: int, words: str, today: date, actor: str) -> LegalCase:
    """:raises LegalRefused: it has ended or rests already, or nobody says why."""
    case = _locked(case_id, Status.APPROVED, Status.FILED, Status.JUDGMENT)
    case.stayed_on = today
    case.save(update_fields=["stayed_on"])
    _step(case, Kind.STAYED, on=today, actor=actor, words=_said(words))
    return case


@transaction.atomic
def resume_legal_case(*, case_id: int, words: str, today: date, actor: str) -> LegalCase:
    """:raises LegalRefused: it does not rest, or nobody says why."""
    case = _locked(case_id)
    if case.stayed_on is None:
        raise LegalRefused(_("It does not rest."), field="case")
    case.stayed_on = None
    case.save(update_fields=["stayed_on"])
    _step(case, Kind.RESUMED, on=today, actor=actor, words=_said(words))
    return case


@transaction.atomic
def note_cost(*, case_id: int, amount_minor: int, spent_on: date, words: str, today: date, actor: str) -> LegalStep:
    """:raises LegalRefused: there is no such case, or day or amount do not fit."""
    case = _locked(case_id)
    if amount_minor <= 0:
        raise LegalRefused(_("A cost is more than 0."), field="amount")
    if not case.opened_on <= spent_on <= today:
        raise LegalRefused(_("A cost comes between the approval and today."), field="spent_on")
    return _step(case, Kind.COST, on=spent_on, actor=actor, amount_minor=amount_minor, words=_said(words))


def watch_limitation(*, today: date) -> int:
    """Alert staff of claims that can soon no longer be enforced, all in one; return how many there are."""
    try:
        near = nearing_limitation(on=today)
    except PolicyRuleMissing:  # of a country whose limitation periods are not known
        return 0
    if near:
        raise_alert(NEARING, count=len(near), loan=near[0].number, due_on=near[0].last_day)
    else:
        end_alert(NEARING)
    return len(near)


def checklist_table(checklist: Checklist) -> dict[str, Any]:
    """Return the checklist as approvals keep it, in the reader's language."""
    return {
        "title": str(_("Checklist")),
        "columns": [str(_("what has to be true")), str(_("met")), str(_("as it stands"))],
        "rows": [
            [item.label, str(_("yes")) if item.is_met else str(_("no")), item.detail or _confirmed(item.by_person)]
            for item in checklist.items
        ],
        "tones": ["" if item.is_met else "changed" for item in checklist.items],
        "note": "",
    }


def _confirmed(by_person: bool) -> str:
    return str(_("confirmed by a person")) if by_person else ""


def _labels(checklist: Checklist) -> str:
    return "; ".join(item.label for item in checklist.items if not item.is_met)


def _met(loan: Loan, confirmed: Collection[str], *, on: date) -> Checklist:
    if LegalCase.objects.open().filter(loan=loan).exists():
        raise LegalRefused(_("A court has this claim already, or is going to."), field="loan")
    checklist = checklist_of(loan, on=on, confirmed=confirmed)
    if not checklist.is_met:
        raise LegalRefused(
            _("This is not met: %(missing)s."), field="confirmed", params={"missing": _labels(checklist)}
        )
    return checklist


def _locked(case_id: int, *statuses: str) -> LegalCase:
    """Lock a case after its loan; with statuses, it has to be in one of them and not rest."""
    loan_id = LegalCase.objects.filter(pk=case_id).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise LegalRefused(_("There is no such claim."), field="case")
    loan = lock_loan(loan_id)
    case = LegalCase.objects.select_for_update(no_key=True).get(pk=case_id)
    case.loan = loan
    if statuses:
        _refuse_unless(case, *statuses)
    return case


def _refuse_unless(case: LegalCase, *statuses: str, may_rest: bool = False) -> None:
    if case.status not in statuses:
        raise LegalRefused(
            _("This claim is no longer where this could be done: %(status)s."),
            field="case",
            params={"status": case.get_status_display()},
        )
    if case.stayed_on is not None and not may_rest:
        raise LegalRefused(_("It rests. Let it go on first."), field="case")


def _said(words: str) -> str:
    if not words.strip():
        raise LegalRefused(_("Say why, so that those who come after you can understand it."), field="words")
    return words.strip()


def _step(
    case: LegalCase, kind: LegalStep.Kind, *, on: date, actor: str, amount_minor: int = 0, words: str = ""
) -> LegalStep:
    audit.record(
        action=f"collections.legal_{kind.value.lower()}",
        subject_type="loan",
        subject_id=case.loan_id,
        actor=actor,
        data={"case": case.reference, "on": on, "amount_minor": amount_minor},
    )
    return LegalStep.objects.create(case=case, kind=kind, on=on, amount_minor=amount_minor, words=words, actor=actor)
