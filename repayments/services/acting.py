"""
How a servicing act is booked: one event, and the loan lived through anew with it.

Every act that is not a payment takes this path, in order or back-dated, so that what it does is always what a replay
from scratch says it does.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.kernel.money import MAX_MINOR, InvalidAmount, format_minor
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.services.booking import load, lock_loan, refuse_outside_contract
from repayments.services.partner_events import tell_of_act
from repayments.services.restate import restate_and_tell


class LoanNotRunning(DomainError):
    """The loan has not been paid out yet, so nothing can be done with it."""

    code = "loan_not_running"
    http_status = 409


class ReasonMissing(DomainError):
    """An act that changes what a borrower owes says why."""

    code = "reason_missing"


@transaction.atomic
def book_act(
    *,
    loan_id: int,
    kind: str,
    effective_on: date,
    today: date,
    data: Mapping[str, Any],
    description: str,
    actor: str,
    amount_minor: int | None = None,
    field: str = "effective_on",
) -> LoanEvent:
    """
    Write one event of a loan and restate the loan with it.

    :param data: what the kind needs (see `repayments.selectors.lives`), and a `reason`.
    :param description: of the ledger entries.
    :param amount_minor: for kinds that have an amount; then more than 0.
    :param field: the input that the value date came from, for refusals.
    :raises LoanNotRunning: the loan has not been paid out yet.
    :raises DateOutsideContract: the value date lies before the loan's start or after today.
    :raises ReasonMissing: no reason is given.
    :raises InvalidAmount: not positive, or beyond the bound of amounts.
    :raises DomainError: the act does not fit the loan as its day finds it; nothing is written.
    """
    if not str(data.get("reason", "")).strip():
        raise ReasonMissing(
            _("Say why, so that the borrower and those who come after you can understand it."), field="reason"
        )
    if amount_minor is not None and not 0 < amount_minor <= MAX_MINOR:
        raise InvalidAmount(
            _("The amount must be more than 0 and at most %(bound)s."),
            field="amount",
            params={"bound": format_minor(MAX_MINOR)},
        )
    loan = lock_loan(loan_id)
    if loan.status in Loan.NOT_PAID_OUT:
        raise LoanNotRunning(_("This loan has not been paid out yet."), field="loan")
    refuse_outside_contract(loan, effective_on, today=today, field=field)
    loaded = load(loan)

    event = LoanEvent.objects.create(
        loan=loan,
        kind=kind,
        effective_on=effective_on,
        amount_minor=amount_minor or 0,
        data=dict(data),
        actor=actor,
    )
    restate_and_tell(loaded, description=description, event=event, today=today)
    audit.record(
        action=f"repayments.{kind.lower()}",
        subject_type="loan",
        subject_id=loan.pk,
        actor=actor,
        data={"event": event.pk, "amount_minor": event.amount_minor, **data},
    )
    tell_of_act(event, loaded)
    return event
