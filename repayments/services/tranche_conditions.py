"""
What a later part of a contract has to meet before its money is sent: the loans before it are paid as agreed, what the
business promised is kept, and whoever signed is still who they were and may still be lent to.

Of the first part nothing of this is asked: the decision on it was just made. A part that does not meet a condition
waits and is looked at again; nobody is let past a condition, its cause is mended or the promise is recorded as not
asked for.

The app that knows of a borrower who has died or is suspected of fraud says so by registering from `AppConfig.ready`.
"""

from collections.abc import Callable, Iterator
from datetime import date
from enum import StrEnum

from dashu.consents.selectors import consents_held
from dashu.users.models import Identity
from loans.domain.application_consents import NEEDED
from loans.models import Covenant, Loan, Tranche
from repayments.models import Withdrawal
from repayments.selectors.standings import standings_of


class Condition(StrEnum):
    """Why a part waits."""

    OVERDUE = "overdue"
    NOT_REPAID = "not_repaid"
    PROMISE = "promise"
    GIVEN_BACK = "given_back"
    CONSENT = "consent"
    IDENTITY = "identity"
    PERSON_HELD = "person_held"


# Whether nothing more is to be lent to a borrower on a day.
Bar = Callable[[int, date], bool]
_BARS: dict[str, Bar] = {}


def register_bar(name: str, bar: Bar) -> None:
    """Registering a name again replaces it, so that `ready` may run twice."""
    _BARS[name] = bar


def unmet_conditions(loan: Loan, *, on: date) -> list[Condition]:
    """Return the conditions that the part which a loan is does not meet on a day; none for a contract's first part."""
    tranche = Tranche.objects.select_related("contract__application__borrower").filter(loan=loan).first()
    if tranche is None or tranche.number == 1:
        return []
    return list(_unmet(tranche, on))


def _unmet(tranche: Tranche, on: date) -> Iterator[Condition]:
    contract = tranche.contract
    others = [each.loan for each in contract.tranches.select_related("loan__product_terms").exclude(pk=tranche.pk)]
    running = [loan for loan in others if loan.status == Loan.Status.ACTIVE]
    if any(standing.days_past_due for standing in standings_of(running, today=on).values()):
        yield Condition.OVERDUE
    if any(loan.status in (Loan.Status.CHARGED_OFF, Loan.Status.WRITTEN_OFF, Loan.Status.SOLD) for loan in others):
        yield Condition.NOT_REPAID
    promises = contract.covenants
    missed = promises.filter(status=Covenant.Status.MISSED)
    if (missed | promises.filter(status=Covenant.Status.OPEN, due_on__lt=on)).exists():
        yield Condition.PROMISE
    under_way = (Withdrawal.Status.WAITING, Withdrawal.Status.OPEN)
    if Withdrawal.objects.filter(loan__in=others, status__in=under_way).exists():
        yield Condition.GIVEN_BACK
    application = contract.application
    if not set(NEEDED) <= set(consents_held(borrower_id=application.borrower_id, about=application.reference)):
        yield Condition.CONSENT
    if _has_changed(tranche):
        yield Condition.IDENTITY
    if any(bar(application.borrower_id, on) for bar in _BARS.values()):
        yield Condition.PERSON_HELD


def _has_changed(tranche: Tranche) -> bool:
    """Whether the borrower is no longer who the contract names."""
    facts = tranche.contract.facts
    identity = Identity.objects.filter(borrower=tranche.contract.application.borrower_id).first()
    return identity is None or (identity.name, identity.masked_number) != (facts["borrower"], facts["id_number"])
