"""An accounting period of the whole book: closed only after its nights and its reconciliation."""

from datetime import date, timedelta

import pytest

from collections_mgmt.models import CloseRun
from collections_mgmt.services.close_day import NightsNotClosed, close_date
from dashu.ledger.models import AccountingPeriod, JournalEntry
from dashu.ledger.periods import close_period, locked_through, preview_close
from dashu.ledger.selectors import trial_balance
from repayments.models import LoanBalance
from repayments.selectors.reconciliation import differences
from repayments.services.reconcile_day import BooksDiffer
from tests.factories import pay, yuan

FEBRUARY = date(2026, 2, 28)
TODAY = date(2026, 3, 5)


def close_february() -> AccountingPeriod:
    return close_period(through=FEBRUARY, today=TODAY, reason="Month end", actor="user:9")


def close_nights(first: date, last: date) -> None:
    while first <= last:
        close_date(business_date=first, today=TODAY)
        first += timedelta(days=1)


class TestClosePeriodOfTheBook:
    def test_locks_it_after_the_last_night(self, loan):
        close_nights(date(2026, 2, 27), FEBRUARY)

        close_february()

        assert locked_through() == FEBRUARY

    @pytest.mark.parametrize("nights", [[], [date(2026, 2, 27)], [date(2026, 2, 27), FEBRUARY]])
    def test_is_refused_before_that(self, loan, nights):
        CloseRun.objects.bulk_create(CloseRun(business_date=night) for night in nights)  # still running

        with pytest.raises(NightsNotClosed):
            close_february()

        assert AccountingPeriod.objects.exists() is False

    def test_is_not_held_up_by_nights_before_the_first_close(self, loan):
        close_nights(date(2026, 3, 1), date(2026, 3, 1))

        close_february()

        assert locked_through() == FEBRUARY

    def test_is_not_held_up_without_loans(self, db):
        close_february()

        assert locked_through() == FEBRUARY

    def test_is_refused_while_a_loan_differs_from_its_postings(self, loan):
        close_nights(FEBRUARY, FEBRUARY)
        LoanBalance.objects.filter(pk=loan.pk).update(principal_minor=1)

        with pytest.raises(BooksDiffer):
            close_february()

        preview = preview_close(through=FEBRUARY, today=TODAY)
        assert [refusal.code for refusal in preview.refusals] == ["books_differ"]
        assert AccountingPeriod.objects.exists() is False

    def test_leaves_its_figures_as_they_are_when_a_payment_of_the_period_comes_late(self, loan):
        close_nights(date(2026, 2, 16), date(2026, 3, 1))
        close_february()
        before = trial_balance(FEBRUARY)

        pay(loan, yuan(500), date(2026, 2, 10), today=TODAY)

        assert trial_balance(FEBRUARY) == before
        assert {
            entry.accounting_day for entry in JournalEntry.objects.filter(effective_on__lte=FEBRUARY, pk__gt=0)
        } >= {date(2026, 3, 1)}
        assert sum(line.balance_minor for line in trial_balance(TODAY) if line.depth == 0) == 0
        assert differences() == []
