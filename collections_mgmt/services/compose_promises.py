"""What a reminder of a promised payment says when it leaves: how much of it is still missing, if anything is."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from collections_mgmt.models import Arrangement, ArrangementPart, PromiseToPay, Settlement, SettlementPart
from collections_mgmt.selectors.agreements import paid_under
from dashu.messaging.composing import Facts
from dashu.messaging.models import OutboxMessage
from dashu.messaging.templates import written_amount, written_date
from dashu.messaging.wording import Situation
from loans.models import Loan

PROMISED = "reminder.promise"


def agreed_facts(messages: Sequence[OutboxMessage], on: date) -> dict[int, Facts]:
    """Return what is to be paid by message id; nothing of what is paid, ended, or whose day has passed."""
    return {message.pk: facts for message in messages for facts in _facts(message, on)}


def _facts(message: OutboxMessage, on: date) -> Iterator[Facts]:
    found = _still_agreed(message.params)
    if found is None:
        return
    loan, due_on, missing = found
    if due_on < on or missing <= 0:
        return
    language = message.language
    amount, day = written_amount(missing, loan.currency, language), written_date(due_on, language)
    with translation.override(language):
        line = gettext("Loan %(loan)s: %(amount)s, agreed for %(day)s")
        told = line % {"loan": loan.number, "amount": amount, "day": day}
    yield Facts(
        situation=Situation(PROMISED, loan.product_terms.product.code, ""),
        values={"amount": amount, "due_on": day, "loan_number": loan.number, "loans": told},
        params={
            **message.params,
            "loan_number": loan.number,
            "amount_minor": missing,
            "currency": loan.currency,
            "due_on": due_on.isoformat(),
        },
    )


def _still_agreed(params: dict[str, Any]) -> tuple[Loan, date, int] | None:
    """Return the loan, the day, and what is missing of it; None where it is agreed no longer."""
    with_loan = "loan__product_terms__product"
    if pk := params.get("promise"):
        promise = PromiseToPay.objects.select_related(with_loan).get(pk=pk)
        if promise.status != PromiseToPay.Status.OPEN:
            return None
        paid = paid_under(promise.loan_id, since=promise.made_on, until=promise.due_on, after=promise.after_event)
        return promise.loan, promise.due_on, promise.amount_minor - paid
    part: Any
    if pk := params.get("arrangement"):
        part = ArrangementPart.objects.select_related(f"arrangement__{with_loan}").get(pk=pk)
        plan: Any = part.arrangement
        is_running, since = plan.status in Arrangement.RUNNING, plan.made_on
    else:
        part = SettlementPart.objects.select_related(f"settlement__{with_loan}").get(pk=params["settlement"])
        plan = part.settlement
        is_running, since = plan.status in Settlement.RUNNING, plan.offered_on
    if not is_running:
        return None
    wanted = sum(each.amount_minor for each in plan.parts.all() if each.number <= part.number)
    paid = paid_under(plan.loan_id, since=since, until=part.due_on, after=plan.after_event)
    return plan.loan, part.due_on, wanted - paid
