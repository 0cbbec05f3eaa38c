"""Corrections after corrections: whatever the order of booking, the loan ends as its events in value order say."""

from datetime import date

import pytest
from django.db.models import Sum

from dashu.finance.bookkeeping import daily_books
from dashu.finance.loan import Book, EventRefused, books_of
from dashu.ledger.selectors import loan_balances, loan_changes
from loans.models import Loan
from repayments.models import Installment, InstallmentMovement, LoanBalance, LoanEvent
from repayments.selectors.lives import events_of, life_of, replayed
from repayments.selectors.reconciliation import differences
from repayments.services.booking import ACCOUNT_OF, by_book, load
from repayments.services.extend_loan import extend_loan
from repayments.services.movements import movements_of
from repayments.services.return_payment import ReturnedBeforeReceived, return_payment
from tests.factories import ACTOR, pay, running_loan, yuan


def check(loan: Loan) -> None:
    """Rows, balance, history and, for every day, the ledger are what a replay of the loan's events gives."""
    loan.refresh_from_db()
    stored = load(loan)
    lived, contract, receipts = replayed(loan, through=stored.position.accrued_through)
    assert stored.contract == contract
    assert stored.position.installments == lived.installments
    for name in (
        "principal", "unapplied", "penalty_parts", "penalty_uncapped_parts", "penalty_room_parts", "penalty_paid",
        "penalty_waived", "interest_parts", "interest_collected", "refund_due", "pauses", "accrued_through",
    ):  # fmt: skip
        assert getattr(stored.position, name) == getattr(lived, name), name
    assert loan.status == lived.status.value
    books = {ACCOUNT_OF[book]: minor for book, minor in books_of(lived, contract).items() if minor}
    held = {account: minor for account, minor in loan_balances([loan.pk])[loan.pk].items() if minor}
    assert held == books
    history = life_of(loan, events_of(loan))
    by_day = daily_books(history.steps, lived.accrued_through)
    posted = {on: {book: minor for book, minor in change.items() if minor} for on, change in _posted(loan).items()}
    assert {on: change for on, change in posted.items() if change} == by_day
    moved = movements_of(history.steps)
    assert _moved(loan) == {key: parts for key, parts in moved.items() if any(parts)}
    for payment in loan.payments.filter(is_returned=False):
        assert payment.principal_minor == receipts[payment.pk].principal
    assert differences() == []


def _posted(loan: Loan) -> dict[date, dict[Book, int]]:
    return by_book(loan_changes(loan.pk))


def _moved(loan: Loan) -> dict[tuple[date, int, date, str], tuple[int, int, int]]:
    rows = InstallmentMovement.objects.filter(loan=loan).values_list("effective_on", "number", "due_on", "kind")
    sums = rows.annotate(Sum("principal_minor"), Sum("interest_minor"), Sum("fee_minor")).order_by()
    return {tuple(row[:4]): tuple(row[4:]) for row in sums if any(row[4:])}


def give_back(reference: str, on: date) -> None:
    return_payment(reference=reference, returned_on=on, today=on, reason="bounced", actor=ACTOR)


def extend(loan: Loan, on: date, months: int = 1, *, today: date | None = None) -> None:
    extend_loan(loan_id=loan.pk, months=months, granted_on=on, today=today or on, reason="illness", actor=ACTOR)


class TestReturns:
    def test_a_returned_payment_that_had_settled_the_loan_opens_it_again(self, loan):
        owed = sum(Installment.objects.filter(loan_id=loan.pk).values_list("unpaid_minor", flat=True))
        pay(loan, owed, date(2026, 2, 1), reference="ALL")
        loan.refresh_from_db()
        assert loan.status == Loan.Status.SETTLED

        give_back("ALL", date(2026, 2, 20))

        check(loan)
        assert loan.status == Loan.Status.ACTIVE
        assert LoanBalance.objects.get(pk=loan.pk).principal_minor == yuan(12_000)

    def test_a_returned_settlement_opens_the_loan_and_the_interest_again(self, loan):
        pay(loan, 110_016, date(2026, 2, 15))
        pay(loan, 1_107_984 + 8_310, date(2026, 3, 1), kind=LoanEvent.Kind.SETTLEMENT, reference="SETTLES")

        give_back("SETTLES", date(2026, 3, 20))

        check(loan)
        unpaid = Installment.objects.filter(loan_id=loan.pk, unpaid_minor__gt=0).count()
        assert (loan.status, unpaid) == (Loan.Status.ACTIVE, 11)

    def test_returning_twice_changes_nothing(self, loan):
        pay(loan, yuan(500), date(2026, 2, 15), reference="ONCE")
        give_back("ONCE", date(2026, 2, 20))
        events = LoanEvent.objects.count()

        give_back("ONCE", date(2026, 2, 21))

        assert LoanEvent.objects.count() == events
        check(loan)

    def test_a_day_before_the_money_came_is_refused(self, loan):
        pay(loan, yuan(500), date(2026, 2, 15), reference="LATER")

        with pytest.raises(ReturnedBeforeReceived):
            give_back("LATER", date(2026, 2, 14))

        check(loan)
        assert LoanEvent.objects.filter(kind=LoanEvent.Kind.REVERSAL).exists() is False
        assert loan.payments.get().is_returned is False

    def test_a_settlement_that_a_return_leaves_short_counts_as_a_payment(self, loan):
        pay(loan, 110_016, date(2026, 2, 15), reference="FIRST")
        pay(loan, 1_107_984 + 8_310, date(2026, 3, 1), kind=LoanEvent.Kind.SETTLEMENT)

        give_back("FIRST", date(2026, 3, 20))

        check(loan)
        assert loan.status == Loan.Status.ACTIVE


class TestExtensions:
    def test_an_extended_loan_keeps_the_old_schedule_readable(self, loan):
        extend(loan, date(2026, 2, 20), months=2)

        check(loan)
        first = Installment.objects.get(loan_id=loan.pk, version=2, number=1)
        old = Installment.objects.get(loan_id=loan.pk, version=1, number=1)
        assert (old.due_on, old.is_current, old.unpaid_minor) == (date(2026, 2, 15), False, 0)
        assert (first.due_on, first.is_current, first.unpaid_minor) == (date(2026, 4, 15), True, 110_016)

    @pytest.mark.parametrize("paid_on", [date(2026, 2, 10), date(2026, 2, 25)])
    def test_a_back_dated_payment_around_an_extension(self, loan, paid_on):
        pay(loan, yuan(300), date(2026, 2, 15))
        extend(loan, date(2026, 2, 20))
        pay(loan, yuan(900), date(2026, 4, 2))

        pay(loan, yuan(1_000), paid_on, today=date(2026, 4, 3))

        check(loan)

    def test_granted_from_an_earlier_day_it_restates_the_loan(self, loan):
        pay(loan, yuan(1_200), date(2026, 3, 20))
        assert LoanBalance.objects.get(pk=loan.pk).penalty_charged_minor > 0

        extend(loan, date(2026, 2, 14), today=date(2026, 3, 25))

        check(loan)
        # 920.16 principal, now due on 15 March and paid on the 20th: 4 whole days at 24% a year of 360 days.
        assert LoanBalance.objects.get(pk=loan.pk).penalty_charged_minor == 2_45
        first = Installment.objects.get(loan_id=loan.pk, version=2, number=1)
        assert (first.due_on, first.unpaid_minor) == (date(2026, 3, 15), 0)

    def test_refused_from_an_earlier_day_it_leaves_nothing_behind(self, loan):
        pay(loan, yuan(1_200), date(2026, 3, 20))

        with pytest.raises(EventRefused):
            extend(loan, date(2026, 2, 14), months=0, today=date(2026, 3, 25))

        assert LoanEvent.objects.filter(kind=LoanEvent.Kind.EXTENSION).exists() is False
        assert LoanBalance.objects.get(pk=loan.pk).schedule_version == 1

    def test_a_return_after_two_extensions(self, loan):
        pay(loan, yuan(1_200), date(2026, 2, 15), reference="BOUNCES")
        extend(loan, date(2026, 2, 20))
        extend(loan, date(2026, 5, 2))

        give_back("BOUNCES", date(2026, 5, 3))

        check(loan)


class TestDailyInterest:
    @pytest.fixture
    def daily(self, amina):
        loan = running_loan(amina)
        Loan.objects.filter(pk=loan.pk).update(interest_basis="daily")
        loan.refresh_from_db()
        return loan

    def test_back_dated_and_returned_payments(self, daily):
        pay(daily, yuan(1_100), date(2026, 2, 15), reference="BOUNCES")
        pay(daily, yuan(1_100), date(2026, 4, 15))
        pay(daily, yuan(400), date(2026, 3, 1), today=date(2026, 4, 16))
        check(daily)

        give_back("BOUNCES", date(2026, 4, 20))

        check(daily)
