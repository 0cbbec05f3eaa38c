"""A refund is booked once for its reference, and again when the first one was undone."""

from datetime import date

import pytest

from repayments.models import LoanBalance, LoanEvent
from repayments.services.receive_payment import ReferenceReused
from repayments.services.refund_credit import refund_credit
from repayments.services.undo_event import undo_event
from tests.factories import ACTOR, pay, yuan

pytestmark = pytest.mark.django_db

DAY = date(2026, 2, 15)


@pytest.fixture
def credit(loan):
    """The loan's credit after far too much was paid."""
    pay(loan, yuan(14_000), DAY)
    return LoanBalance.objects.get(pk=loan.pk).unapplied_minor


def send_back(loan, amount: int = yuan(10)) -> LoanEvent:
    return refund_credit(
        loan_id=loan.pk, amount_minor=amount, refunded_on=DAY, reference="R1", today=DAY, reason="too much", actor=ACTOR
    )


class TestRefundCredit:
    def test_again_is_the_first_one(self, loan, credit):
        assert send_back(loan) == send_back(loan)
        with pytest.raises(ReferenceReused):
            send_back(loan, yuan(11))

        assert LoanBalance.objects.get(pk=loan.pk).unapplied_minor == credit - yuan(10)

    def test_that_was_undone_is_booked_again(self, loan, credit):
        undo_event(event_id=send_back(loan).pk, today=DAY, reason="wrong amount", actor=ACTOR)

        send_back(loan, yuan(11))

        assert LoanBalance.objects.get(pk=loan.pk).unapplied_minor == credit - yuan(11)
