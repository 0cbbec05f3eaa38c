"""Promises of a signed contract: written down with it, recorded as kept by a person, and missed by the calendar."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from loans.domain.covenants import promises_of
from loans.domain.terms import ProductRules
from loans.models import Covenant, Loan, LoanContract, Tranche

ALERT = "covenant.missed"
LONGEST_NOTE = 500
Status = Covenant.Status
# Where every loan of a contract has ended nothing is asked any more.
_ASKED_OF = (Loan.Status.APPROVED, Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF)


class CovenantNotFound(DomainError):
    """There is no such promise."""

    code = "covenant_not_found"
    http_status = 404


class CovenantDecided(DomainError):
    """It is recorded already whether the promise was kept."""

    code = "covenant_decided"
    http_status = 409


class NoteMissing(DomainError):
    """What is recorded says on what it rests."""

    code = "note_missing"


def write_covenants(contract: LoanContract, rules: ProductRules, *, starts_on: date, last_due_on: date) -> None:
    """Write down what a contract that is being signed promises."""
    Covenant.objects.bulk_create(
        Covenant(contract=contract, code=promise.line.code, words=dict(promise.line.text), due_on=promise.due_on)
        for promise in promises_of(rules.covenants, starts_on, last_due_on)
    )


@transaction.atomic
def decide_covenant(*, covenant_id: int, is_met: bool, note: str, now: datetime, actor: str) -> Covenant:
    """
    Record that a promise was kept, also late, or that it is not asked for. The same again changes nothing.

    :raises CovenantNotFound, CovenantDecided, NoteMissing: see there.
    """
    covenant = (
        Covenant.objects.select_for_update(of=("self",)).select_related("contract").filter(pk=covenant_id).first()
    )
    if covenant is None:
        raise CovenantNotFound(_("There is no such promise."), field="covenant")
    status = Status.MET if is_met else Status.WAIVED
    if covenant.status == status:
        return covenant
    if covenant.status not in (Status.OPEN, Status.MISSED):
        raise CovenantDecided(_("It is recorded already whether this promise was kept."), field="covenant")
    note = note.strip()
    if not 1 <= len(note) <= LONGEST_NOTE:
        raise NoteMissing(
            _("Say on what this rests, in at most %(longest)s characters."),
            field="note",
            params={"longest": LONGEST_NOTE},
        )
    covenant.status, covenant.note, covenant.decided_at, covenant.decided_by = status, note, now, actor
    covenant.save(update_fields=["status", "note", "decided_at", "decided_by"])
    end_alert(ALERT, subject=_subject(covenant))
    audit.record(
        action=f"loans.covenant_{status.value.lower()}",
        subject_type="loan",
        subject_id=covenant.contract.first_loan.pk,
        actor=actor,
        data={"covenant": covenant.code, "due_on": covenant.due_on, "note": note},
    )
    return covenant


def miss_covenants(*, now: datetime) -> int:
    """Mark the promises whose day has passed as not kept in time, and tell staff; return how many."""
    asked = Tranche.objects.filter(loan__status__in=_ASKED_OF).values("contract")
    over = Covenant.objects.filter(status=Status.OPEN, due_on__lt=lender_date(now), contract__in=asked)
    return sum(_miss(covenant_id) for covenant_id in over.values_list("pk", flat=True)[:1000])


@transaction.atomic
def _miss(covenant_id: int) -> bool:
    if not Covenant.objects.filter(pk=covenant_id, status=Status.OPEN).update(status=Status.MISSED):
        return False
    covenant = Covenant.objects.select_related("contract").get(pk=covenant_id)
    raise_alert(
        ALERT,
        subject=_subject(covenant),
        loan=covenant.contract.first_loan.number,
        promise=covenant.words["en"],
        due_on=covenant.due_on,
    )
    return True


def _subject(covenant: Covenant) -> str:
    return f"{covenant.contract.number} {covenant.code} {covenant.due_on}"
