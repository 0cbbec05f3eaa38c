"""The statement says what the books say: random lives of loans, every period, to the fen."""

import random
from datetime import date, timedelta

import pytest

from collections_mgmt.services.close_day import close_date
from dashu.kernel.errors import DomainError
from dashu.ledger.selectors import loan_balances
from loans.models import Loan
from repayments.domain.statements import Component, What
from repayments.models import Installment, LoanBalance, LoanEvent, Payment
from repayments.selectors.statements import BALANCES, statement_of
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.extend_loan import extend_loan
from repayments.services.return_payment import return_payment
from repayments.services.sell_loan import sell_loan
from repayments.services.undo_event import undo_event
from repayments.services.waive_amount import waive_amount
from repayments.services.write_off_loan import write_off_loan
from tests import factories
from tests.factories import pay, yuan

pytestmark = pytest.mark.django_db
START = date(2026, 1, 15)


def books(loan: Loan, on: date) -> dict[Component, int]:
    held = dict.fromkeys(Component, 0)
    for account, minor in loan_balances([loan.pk], as_of=on)[loan.pk].items():
        if account in BALANCES:
            held[BALANCES[account]] += minor
    return held


def close(day: date) -> None:
    close_date(business_date=day, today=day + timedelta(days=1))


def whats(statement) -> list[str]:
    return [line.what.value for line in statement.lines]


class TestStatement:
    def test_tells_the_story_of_a_loan_line_by_line(self, loan):
        for day in (date(2026, 2, 14), date(2026, 2, 15)):
            close(day)
        pay(loan, 1_100_16, date(2026, 2, 16))
        close(date(2026, 3, 15))
        for day in (date(2026, 3, 16), date(2026, 3, 17)):
            close(day)
        pay(loan, yuan(500), date(2026, 3, 18))

        told = statement_of(loan, first=START, last=date(2026, 3, 31))

        assert [(line.on, line.what, line.charged_total, line.received, line.owed) for line in told.lines] == [
            (START, What.PAYOUT, 12_000_00, 0, 12_000_00),
            (date(2026, 2, 15), What.DUE, 180_00, 0, 12_180_00),
            # One night's penalty on the overdue principal of 920.16, 24% a year of 360 days: 0.61.
            (date(2026, 2, 16), What.PAYMENT, 0, 1_100_16, 11_079_84),
            (date(2026, 3, 15), What.DUE, 166_20, 0, 11_246_04),
            (date(2026, 3, 16), What.PENALTY, 1_24, 0, 11_247_28),
            (date(2026, 3, 18), What.PAYMENT, 0, 500_00, 10_747_28),
        ]
        assert told.lines[4].to == date(2026, 3, 17)
        assert told.lines[2].paid == {Component.PRINCIPAL: 920_16, Component.INTEREST: 180_00}
        assert told.lines[3].detail == {"number": 2, "principal": 933_96, "interest": 166_20, "fee": 0}
        assert told.closing_owed == 10_747_28
        assert told.received == 1_600_16

    def test_begins_with_what_was_owed_the_day_before(self, loan):
        pay(loan, 1_100_16, date(2026, 2, 15))

        told = statement_of(loan, first=date(2026, 3, 1), last=date(2026, 3, 10))

        assert told.opening == {Component.PRINCIPAL: 11_079_84}
        assert told.lines == ()
        assert told.closing_owed == told.opening_owed == 11_079_84

    def test_an_installment_that_was_paid_before_its_day_still_has_a_line(self, loan):
        pay(loan, 1_100_16, date(2026, 2, 1))

        told = statement_of(loan, first=date(2026, 2, 1), last=date(2026, 2, 28))

        assert whats(told) == ["PAYMENT", "DUE"]
        assert told.lines[0].charged == {Component.INTEREST: 180_00}
        assert told.lines[1].charged_total == 0

    def test_a_returned_payment_is_owed_again_and_says_which(self, loan):
        pay(loan, 1_100_16, date(2026, 2, 15), reference="FIRST")
        return_payment(reference="FIRST", returned_on=date(2026, 2, 18), today=date(2026, 2, 18), reason="x", actor="u")

        told = statement_of(loan, first=date(2026, 2, 16), last=date(2026, 2, 28))

        [line] = told.lines
        assert (line.what, line.received, line.detail["reference"]) == (What.PAYMENT_RETURNED, -1_100_16, "FIRST")
        assert (
            told.closing_owed
            == books(loan, date(2026, 2, 28))[Component.PRINCIPAL] + 180_00 + line.charged[Component.PENALTY]
        )

    def test_a_holiday_has_a_line_without_amounts(self, loan):
        on = date(2026, 2, 10)
        extend_loan(loan_id=loan.pk, months=2, granted_on=on, today=on, reason="illness", actor="user:1")

        told = statement_of(loan, first=date(2026, 2, 1), last=date(2026, 2, 28))

        assert [(line.what, line.detail, line.change) for line in told.lines] == [(What.HOLIDAY, {"months": 2}, 0)]

    def test_a_loss_that_we_book_leaves_the_claim_which_waiver_and_recovery_lower(self, loan):
        on = date(2026, 2, 20)
        charge_off_loan(loan_id=loan.pk, charged_off_on=on, today=on, reason="x", actor="u")
        pay(loan, yuan(100), date(2026, 3, 1), reference="R")
        waive_amount(
            loan_id=loan.pk,
            component="penalty",
            amount_minor=1_00,
            waived_on=date(2026, 3, 2),
            today=date(2026, 3, 2),
            reason="x",
            actor="u",
        )

        told = statement_of(loan, first=on, last=date(2026, 3, 10))

        # 12,000 lent, 180 of interest and five nights of penalty, 3.06.
        assert [(line.what, line.received, line.owed) for line in told.lines if line.on >= on][-3:] == [
            (What.CHARGE_OFF, 0, 12_183_06),
            (What.PAYMENT, 100_00, 12_083_06),
            (What.CLAIM_LOWERED, 0, 12_082_06),
        ]
        assert told.closing[Component.CLAIM] == told.closing_owed == 12_082_06

    def test_a_claim_that_ended_is_owed_no_more(self, loan):
        on = date(2026, 2, 20)
        charge_off_loan(loan_id=loan.pk, charged_off_on=on, today=on, reason="x", actor="u")
        write_off_loan(loan_id=loan.pk, written_off_on=date(2026, 3, 1), today=date(2026, 3, 1), reason="x", actor="u")

        told = statement_of(loan, first=START, last=date(2026, 3, 10))

        assert (told.closing_owed, told.received) == (0, 0)

    @pytest.mark.parametrize("booked_on", [date(2026, 2, 20), date(2026, 3, 20)])
    def test_the_price_of_a_sale_is_not_the_borrowers_money(self, loan, booked_on):
        close(date(2026, 3, 15))
        sell_loan(
            loan_id=loan.pk,
            price_minor=yuan(5_000),
            sold_on=date(2026, 2, 20),
            buyer="B",
            today=booked_on,
            reason="x",
            actor="u",
        )

        told = statement_of(loan, first=START, last=date(2026, 3, 31))

        assert (told.closing_owed, told.received) == (0, 0)

    def test_takes_the_same_queries_however_long_the_story(self, loan, django_assert_num_queries):
        for month in range(2, 12):
            with django_assert_num_queries(6):
                statement_of(loan, first=START, last=date(2026, 12, 31))
            pay(loan, yuan(300), date(2026, month, 20))


@pytest.mark.parametrize("seed", range(12))
def test_random_lives_reconcile_over_every_period(amina, seed):
    luck = random.Random(seed)
    loan = factories.running_loan(amina, count=luck.choice([3, 6, 12]), annual_rate=luck.choice(["0.12", "0.18"]))
    on = START
    for step in range(14):
        on += timedelta(days=luck.randint(1, 30))
        live(loan, luck.choice(["pay", "pay", "pay", "late", "return", "close", "close", "holiday"]), on, luck, step)

    for _period in range(8):
        told, opening, closing = some_period(loan, luck)
        for component in Component:
            moved = told.charged(component) - told.paid(component)
            assert told.opening.get(component, 0) == opening[component]
            assert told.closing.get(component, 0) == closing[component] == opening[component] + moved
        assert (told.lines[-1].owed if told.lines else told.opening_owed) == told.closing_owed
        assert [line.on for line in told.lines] == sorted(line.on for line in told.lines)


@pytest.mark.parametrize("seed", range(12))
def test_random_losses_reconcile_and_leave_what_is_still_claimed(amina, seed):
    luck = random.Random(seed)
    loan = factories.running_loan(amina, count=luck.choice([3, 12]))
    on = START
    for step, deed in enumerate(["pay", "close", "pay", "loss", *luck.choices(LATER, k=6)]):
        on += timedelta(days=luck.randint(1, 40))
        live(loan, deed, on, luck, step)
    loan.refresh_from_db()

    for _period in range(6):
        told, opening, closing = some_period(loan, luck)
        for component in set(Component) - {Component.CLAIM}:
            assert told.opening.get(component, 0) == opening[component]
            assert told.closing.get(component, 0) == closing[component]
        assert (told.lines[-1].owed if told.lines else told.opening_owed) == told.closing_owed
        assert told.opening_owed + sum(line.change for line in told.lines) == told.closing_owed

    whole = statement_of(loan, first=START, last=on)
    kept = Payment.objects.filter(loan=loan, is_returned=False).values_list("amount_minor", flat=True)
    assert whole.received == sum(kept)
    balance = LoanBalance.objects.get(pk=loan.pk)
    claimed = 0
    if loan.status == "CHARGED_OFF":
        due = Installment.objects.filter(loan=loan, is_current=True, due_on__lte=on)
        parts = ("interest", "fee")
        claimed = balance.principal_minor + balance.penalty_due_minor
        claimed += sum(getattr(row, f"{p}_minor") - getattr(row, f"paid_{p}_minor") for row in due for p in parts)
        claimed -= sum(getattr(row, f"waived_{p}_minor") for row in due for p in parts)
    if loan.status != "ACTIVE":
        assert whole.closing.get(Component.CLAIM, 0) == claimed
        assert whole.closing_owed == claimed - balance.unapplied_minor


LATER = ["pay", "pay", "late", "return", "waive", "undo", "write off", "sell", "close"]


def live(loan: Loan, deed: str, on: date, luck: random.Random, step: int) -> None:
    """Do one deed if the loan takes it; what it refuses did not happen."""
    about = {"loan_id": loan.pk, "today": on, "reason": "x", "actor": "u"}
    held = list(Payment.objects.filter(loan=loan, is_returned=False))
    amount = luck.randint(1, 2_000_00)
    try:
        if deed == "pay":
            pay(loan, amount, on, reference=f"R{step}")
        elif deed == "late":
            pay(loan, amount, max(START, on - timedelta(days=luck.randint(1, 20))), today=on, reference=f"R{step}")
        elif deed == "return" and held:
            return_payment(reference=luck.choice(held).reference, returned_on=on, today=on, reason="x", actor="u")
        elif deed == "holiday":
            extend_loan(months=1, granted_on=on, **about)
        elif deed == "loss":
            charge_off_loan(charged_off_on=on - timedelta(days=luck.choice([0, 3])), **about)
        elif deed == "waive":
            waive_amount(component="penalty", amount_minor=luck.randint(1, 2_00), waived_on=on, **about)
        elif deed == "write off":
            write_off_loan(written_off_on=on, **about)
        elif deed == "sell":
            sell_loan(price_minor=amount, sold_on=on, buyer="B", **about)
        elif deed == "undo":
            event = LoanEvent.objects.filter(loan=loan).exclude(kind="REVERSAL").latest("pk")
            undo_event(event_id=event.pk, today=on, reason="x", actor="u")
        else:
            close(on)
    except DomainError:
        pass


def some_period(loan: Loan, luck: random.Random):
    """A statement of a random period, and what the books say before and after it."""
    first = START + timedelta(days=luck.randint(0, 200))
    last = first + timedelta(days=luck.randint(0, 200))
    told = statement_of(loan, first=first, last=last)
    return told, books(loan, first - timedelta(days=1)), books(loan, last)
