"""What a borrower is told of a change is what happened, and nothing else."""

from collections.abc import Callable
from datetime import date

import pytest

from dashu.messaging.models import OutboxMessage
from dashu.messaging.templates import render
from repayments.models import LoanEvent
from repayments.services.charge_fee import charge_fee
from repayments.services.pause_count import pause_count
from repayments.services.return_payment import return_payment
from repayments.services.tell_of_change import tell_of_change
from repayments.services.undo_event import undo_event
from tests.factories import ACTOR, pay, yuan

pytestmark = pytest.mark.django_db

ABOUT = {"today": date(2026, 3, 20), "reason": "booked by mistake", "actor": ACTOR}


def told_of(event: LoanEvent) -> str:
    tell_of_change(event_id=event.pk)
    message = OutboxMessage.objects.get(dedupe_key=f"changed:{event.pk}")
    return render(message.template, message.params, "en").body


def fee(loan) -> LoanEvent:
    return charge_fee(loan_id=loan.pk, code="notary", amount_minor=yuan(50), charged_on=date(2026, 2, 1), **ABOUT)


def pause(loan) -> LoanEvent:
    return pause_count(loan_id=loan.pk, paused_on=date(2026, 2, 16), **ABOUT)


@pytest.mark.parametrize("act", [fee, pause])
def test_an_act_that_was_undone_is_no_payment_that_was_taken_back(loan, act: Callable[..., LoanEvent]):
    text = told_of(undo_event(event_id=act(loan).pk, **ABOUT))

    assert "with effect from February" in text
    assert "payment of" not in text
    assert "before it was" in text


def test_a_payment_that_was_returned_is(loan):
    pay(loan, yuan(500), date(2026, 2, 15), reference="REF")
    return_payment(reference="REF", returned_on=date(2026, 3, 1), **ABOUT)

    assert "A payment of CN¥500.00 was taken back" in told_of(LoanEvent.objects.get(kind="REVERSAL"))
