"""
Whether a settlement may be offered while the borrower is left in peace.

An offer is contact about what is late, so whatever stops collection stops it. What each kind of hold still allows,
where the borrower asked by themselves or somebody speaks for the estate, is in the rule `holds.effects`.
"""

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import Complaint, Dispute, Hold
from dashu.kernel.errors import DomainError
from dashu.messaging.models import Representative
from dashu.messaging.selectors import named_without, representatives_of
from dashu.policy import rules as policy
from dashu.policy.agreements import Settling
from loans.models import Loan


class SettlementRefused(DomainError):
    """A settlement cannot be offered, accepted or withdrawn like this; `field` says what is wrong."""

    code = "settlement_refused"


def refuse_while_held(loan: Loan, *, today: date, is_asked_for: bool, actor: str) -> None:
    """
    :param actor: on whose word alone nobody speaks for an estate.
    :raises SettlementRefused: see there.
    """
    for kind in _kinds(loan, today):
        allows = policy.hold_effects(kind, today).settlement
        if allows is Settling.ESTATE and _has_estate(loan.borrower_id, actor):
            continue
        if allows is Settling.ASKED and is_asked_for:
            continue
        if allows is Settling.ESTATE:
            raise SettlementRefused(
                _("The borrower died. An offer goes to whoever speaks for the estate, once that person is noted."),
                field="loan",
            )
        if kind in (Hold.Kind.FRAUD, Hold.Kind.DISPUTE):
            raise SettlementRefused(_("What is owed is being looked into. Settle that first."), field="loan")
        raise _left_in_peace(is_asked_for, Hold.Kind(kind).label)
    waiting = {"borrower": loan.borrower_id, "answered_at": None}
    if Complaint.objects.filter(**waiting).exists() and not is_asked_for:
        raise _left_in_peace(is_asked_for, Hold.Kind.COMPLAINT.label)
    if Dispute.objects.filter(**waiting).exists() and not is_asked_for:
        raise _left_in_peace(is_asked_for, Hold.Kind.DISPUTE.label)


def _kinds(loan: Loan, today: date) -> list[str]:
    """Of what runs: whatever leaves the person in peace, and what leaves this loan."""
    theirs = Q(contact=Hold.Contact.PERSON) | Q(loan=loan)
    running = Hold.objects.filter(theirs, loan__borrower=loan.borrower_id, ended_on=None, starts_on__lte=today)
    return sorted(set(running.values_list("kind", flat=True)))


def _has_estate(borrower_id: int, actor: str) -> bool:
    named = named_without(actor, borrower_id) if actor else representatives_of(borrower_id)
    return any(each.role == Representative.Role.ESTATE for each in named)


def _left_in_peace(is_asked_for: bool, why: object) -> SettlementRefused:
    words = (
        _("The borrower is left in peace now: %(why)s. No settlement is agreed on before that has ended.")
        if is_asked_for
        else _("The borrower is left in peace now: %(why)s. No settlement is offered before that has ended.")
    )
    return SettlementRefused(words, field="loan", params={"why": why})
