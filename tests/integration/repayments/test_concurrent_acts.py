"""Servicing acts that meet at one loan, in both orders; see `test_concurrent_pairs` for how they are made to meet."""

from datetime import date
from typing import Any

import pytest

from collections_mgmt.services.close_day import close_date
from loans.models import Loan
from repayments.models import Installment, LoanBalance, LoanEvent, Payment
from repayments.services.charge_fee import charge_fee
from repayments.services.restructure_loan import restructure_loan
from repayments.services.return_payment import return_payment
from repayments.services.undo_event import CannotBeUndone, undo_event
from tests import factories
from tests.factories import ACTOR, pay, yuan
from tests.integration.repayments.test_concurrent_pairs import FIRST_DUE, TODAY, amina, in_turn, kinds_of, parts_of
from tests.integration.repayments.test_restate import check

__all__ = ["amina"]

pytestmark = pytest.mark.django_db(transaction=True)

ON = date(2026, 3, 1)


@pytest.fixture
def loan(amina) -> Loan:
    return factories.running_loan(amina)


def restructure(loan: Loan) -> LoanEvent:
    return restructure_loan(
        loan_id=loan.pk, terms={"count": 6}, restructured_on=ON, today=TODAY, reason="Relief", actor=ACTOR
    )


def undo(event_id: int, reason: str) -> LoanEvent:
    return undo_event(event_id=event_id, today=TODAY, reason=reason, actor=ACTOR)


def new_rows(loan: Loan) -> list[tuple[int, date, int, int, int]]:
    """Return number, due date, interest, interest paid and principal paid of the two installments that come next."""
    rows = Installment.objects.filter(loan=loan, is_current=True, due_on__gt=ON).order_by("number")[:2]
    return list(rows.values_list("number", "due_on", "interest_minor", "paid_interest_minor", "paid_principal_minor"))


class TestAPaymentAndARestructuring:
    def pay(self, loan: Loan) -> Payment:
        return pay(loan, yuan("1100.16"), ON, reference="P", today=TODAY)

    def test_payment_first_pays_what_was_due_and_the_rest_gets_new_terms(self, loan):
        in_turn(lambda: self.pay(loan), lambda: restructure(loan))

        check(loan)
        assert kinds_of(loan) == ["DISBURSED", "PAYMENT", "RESTRUCTURE"]
        assert parts_of("P") == (0, 0, 180_00, 920_16, 0)
        # Half of the running month's 166.20 is carried into the first new installment.
        assert new_rows(loan) == [(13, date(2026, 4, 1), 166_20 + 83_10, 0, 0), (14, date(2026, 5, 1), 139_52, 0, 0)]
        balance = LoanBalance.objects.get(pk=loan.pk)
        assert (balance.principal_minor, balance.penalty_due_minor) == (11_079_84, 7_97)

    def test_restructuring_first_leaves_nothing_due_but_the_penalty(self, loan):
        in_turn(lambda: restructure(loan), lambda: self.pay(loan))

        check(loan)
        assert kinds_of(loan) == ["DISBURSED", "RESTRUCTURE", "PAYMENT"]
        # 180.00 due and 83.10 earned are carried; the payment is in advance, after the penalty.
        assert parts_of("P") == (0, 7_97, 443_10, 649_09, 0)
        assert new_rows(loan)[0] == (13, date(2026, 4, 1), 180_00 + 180_00 + 83_10, 443_10, 649_09)
        balance = LoanBalance.objects.get(pk=loan.pk)
        assert (balance.principal_minor, balance.penalty_due_minor) == (11_350_91, 0)


class TestTwoUndosOfOneEvent:
    @pytest.mark.parametrize("order", [("Typed twice", "Wrong loan"), ("Wrong loan", "Typed twice")])
    @pytest.mark.parametrize("kind", ["PAYMENT", "FEE"])
    def test_the_first_undoes_it_and_the_second_is_refused(self, loan, kind, order):
        if kind == "PAYMENT":
            event_id = pay(loan, yuan("1100.16"), FIRST_DUE, reference="P").pk
        else:
            event_id = charge_fee(
                loan_id=loan.pk,
                code="notary",
                amount_minor=yuan(50),
                charged_on=ON,
                today=TODAY,
                reason="Late",
                actor=ACTOR,
            ).pk

        reversal, refusal = in_turn(*(lambda reason=reason: undo(event_id, reason) for reason in order))

        check(loan)
        assert (reversal.data, type(refusal)) == ({"event": event_id, "reason": order[0]}, CannotBeUndone)
        assert kinds_of(loan) == ["DISBURSED", kind, "REVERSAL"]
        owed = Installment.objects.filter(loan=loan, is_current=True).values_list("unpaid_minor", flat=True)
        assert (len(owed), sum(owed), LoanBalance.objects.get(pk=loan.pk).principal_minor) == (
            12, 12_000_00 + 1_201_95, 12_000_00,
        )  # fmt: skip


class TestAnyTwoWritesOnOneLoan:
    def works(self, pair: str, loan: Loan) -> list[Any]:
        pay(loan, yuan("1100.16"), FIRST_DUE, reference="FIRST")
        today = date(2026, 3, 16)
        return {
            "two payments": [
                lambda: pay(loan, yuan(500), ON, reference="A", today=TODAY),
                lambda: pay(loan, yuan(700), ON, reference="B", today=TODAY),
            ],
            "a payment and the nightly close": [
                lambda: pay(loan, yuan(900), date(2026, 3, 15), reference="A", today=today),
                lambda: close_date(business_date=date(2026, 3, 15), today=today),
            ],
            "a payment and a restructuring": [
                lambda: pay(loan, yuan(900), ON, reference="A", today=TODAY),
                lambda: restructure(loan),
            ],
            "a reversal and a settlement": [
                lambda: return_payment(reference="FIRST", returned_on=ON, today=TODAY, reason="Bounced", actor=ACTOR),
                lambda: pay(loan, yuan(13_000), ON, reference="A", kind=LoanEvent.Kind.SETTLEMENT, today=TODAY),
            ],
        }[pair]

    @pytest.mark.parametrize("turned", [False, True])
    @pytest.mark.parametrize(
        "pair",
        [
            "two payments",
            "a payment and the nightly close",
            "a payment and a restructuring",
            "a reversal and a settlement",
        ],
    )
    def test_leave_what_a_replay_of_their_events_gives(self, loan, pair, turned):
        works = self.works(pair, loan)

        results = in_turn(*(reversed(works) if turned else works))

        assert not [result for result in results if isinstance(result, Exception)]
        check(loan)
