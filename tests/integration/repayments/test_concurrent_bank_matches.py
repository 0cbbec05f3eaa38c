"""Two clerks, two connections, one line: it is booked once."""

from datetime import date

import pytest

from dashu.policy.selectors import forget_rules
from loans.models import Loan
from repayments.models import BankLine, BankMatch, Payment
from repayments.selectors.bank_suspense import suspense_differences
from repayments.selectors.reconciliation import differences
from repayments.services.match_bank_line import (
    BankLineNotOpen,
    NothingToUndo,
    Part,
    explain_bank_line,
    match_bank_line,
    undo_bank_line,
)
from tests import factories
from tests.integration.repayments.bank_cases import HEAD, TODAY, own_account, row, take, waiting
from tests.integration.repayments.test_concurrent_writes import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def loans() -> list[Loan]:
    forget_rules()
    own_account()
    return [factories.running_loan(factories.borrower(name)) for name in ("Amina", "Brook")]


def match(line, loan):
    return match_bank_line(line_id=line.pk, parts=[Part(loan.pk, 700_00)], today=TODAY, actor="user:1")


def undo(line):
    return undo_bank_line(line_id=line.pk, reason="Wrong loan", today=TODAY, actor="user:2")


def names(results) -> list[str]:
    return sorted(type(result).__name__ for result in results)


class TestAtOnce:
    def test_the_same_match_by_two_clerks_is_booked_once(self, loans):
        (line,) = waiting(row("700.00"))

        first, second = at_once(lambda: match(line, loans[0]), lambda: match(line, loans[0]))

        assert first == second == [BankMatch.objects.get()]
        assert Payment.objects.count() == 1
        assert (differences(), suspense_differences()) == ([], [])

    def test_for_two_loans_one_clerk_is_told(self, loans):
        (line,) = waiting(row("700.00"))

        results = at_once(lambda: match(line, loans[0]), lambda: match(line, loans[1]))

        assert names(results) == [BankLineNotOpen.__name__, "list"]
        assert Payment.objects.count() == 1
        assert (differences(), suspense_differences()) == ([], [])

    def test_a_match_against_an_explanation_leaves_one_of_them(self, loans):
        (line,) = waiting(row("700.00"))

        results = at_once(
            lambda: match(line, loans[0]),
            lambda: explain_bank_line(line_id=line.pk, reason="Interest", actor="user:2"),
        )

        assert len([result for result in results if isinstance(result, BankLineNotOpen)]) == 1
        assert BankLine.objects.get().status in ("MATCHED", "IGNORED")
        assert (differences(), suspense_differences()) == ([], [])

    def test_two_undoings_take_the_payment_back_once(self, loans):
        (line,) = waiting(row("700.00"))
        match(line, loans[0])

        results = at_once(lambda: undo(line), lambda: undo(line))

        assert names(results) == ["BankLine", NothingToUndo.__name__]
        assert (differences(), suspense_differences()) == ([], [])

    def test_a_match_against_a_payment_of_the_same_loan_leaves_books_that_reconcile(self, loans):
        (line,) = waiting(row("700.00"))

        results = at_once(
            lambda: match(line, loans[0]),
            lambda: factories.pay(loans[0], 300_00, date(2026, 2, 20), today=TODAY),
        )

        assert not [result for result in results if isinstance(result, Exception)]
        assert sum(Payment.objects.values_list("amount_minor", flat=True)) == 1_000_00
        assert (differences(), suspense_differences()) == ([], [])

    def test_one_file_by_two_clerks_is_taken_once(self, loans):
        results = at_once(*[lambda: take(row("700.00"), row("1.00"))] * 2)

        assert sorted(result.is_new for result in results) == [False, True]
        assert BankLine.objects.count() == 2
        assert suspense_differences() == []

    def test_the_same_line_in_two_files_is_taken_once(self, loans):
        one = (HEAD + row("700.00", reference="R1")).encode()
        other = (HEAD + row("700.00", reference="R1") + row("1.00")).encode()

        results = at_once(lambda: take(content=one), lambda: take(content=other))

        assert [result.is_new for result in results] == [True, True]
        assert sorted(BankLine.objects.values_list("amount_minor", flat=True)) == [1_00, 700_00]
        assert suspense_differences() == []
