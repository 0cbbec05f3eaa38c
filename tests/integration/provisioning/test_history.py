"""What is estimated from the months: moves, what came in after defaults, and how well it was foreseen."""

from datetime import date
from decimal import Decimal

import pytest

from collections_mgmt.models import PortfolioMonth
from dashu.kernel.dates import add_months
from dashu.provisioning.domain.matrix import DEFAULT, PREPAID, Evidence
from dashu.provisioning.estimates import estimate, read_estimates
from dashu.provisioning.selectors.backtest import backtest
from dashu.provisioning.selectors.history import buckets_on, moves_between, recoveries_until
from tests.integration.provisioning.months import loan_month, moved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
MONTH, END = date(2026, 6, 1), date(2026, 6, 30)


@pytest.fixture
def buckets(rules):
    return buckets_on(END, default_from_days=91)


class TestMoves:
    def test_are_counted_by_product_and_together(self, buckets):
        moved(MONTH, {("CURRENT", "CURRENT"): 5, ("CURRENT", "SETTLED"): 2, ("M3", "WRITTEN_OFF"): 1, ("M3", "M4"): 2})
        moved(MONTH, {("CURRENT", "CURRENT"): 7, ("NEW", "CURRENT"): 9, ("M4", "M5"): 4}, product="sme")
        moved(add_months(MONTH, -1), {("CURRENT", "M1"): 3, ("M1", "SOLD"): 1})
        moved(add_months(MONTH, -2), {("CURRENT", "M1"): 100})

        moves = moves_between(add_months(MONTH, -1), MONTH, currency="CNY", buckets=buckets)

        assert moves["sme"] == {("CURRENT", "CURRENT"): 7}
        assert moves["consumer"] == {
            ("CURRENT", "CURRENT"): 5,
            ("CURRENT", PREPAID): 2,
            ("M3", DEFAULT): 3,
            ("CURRENT", "M1"): 3,
            ("M1", PREPAID): 1,
        }
        assert moves[""]["CURRENT", "CURRENT"] == 12

    def test_do_not_count_a_loan_that_ended_on_its_last_due_date(self, buckets):
        moved(MONTH, {("CURRENT", "CURRENT"): 5, ("M1", "SETTLED"): 3})
        PortfolioMonth.objects.filter(bucket="SETTLED").update(prepaid_loans=1)

        moves = moves_between(MONTH, MONTH, currency="CNY", buckets=buckets)

        assert moves["consumer"] == {("CURRENT", "CURRENT"): 5, ("M1", PREPAID): 1}


class TestRecoveries:
    def test_are_counted_month_by_month_after_the_default_ended_or_not(self, buckets):
        january, march = date(2026, 1, 1), date(2026, 3, 1)
        loan_month(january, 1, bucket="M4", bucket_before="M3", principal_minor=900, interest_due_minor=100)
        loan_month(date(2026, 2, 1), 1, bucket="M5", bucket_before="M4", paid_principal_minor=400)
        loan_month(march, 1, bucket="SETTLED", bucket_before="M5", paid_principal_minor=500, paid_interest_minor=200)
        loan_month(march, 2, bucket="WRITTEN_OFF", bucket_before="M3", written_off_minor=2_000, product="sme")
        loan_month(date(2026, 6, 1), 2, bucket="WRITTEN_OFF", bucket_before="WRITTEN_OFF", recovered_minor=500)
        # taken over in default, and in default since before: neither fell into it here
        loan_month(march, 3, bucket="M5", bucket_before="NEW", principal_minor=9_999)
        loan_month(march, 4, bucket="M5", bucket_before="M4", principal_minor=9_999)

        found = recoveries_until(MONTH, currency="CNY", buckets=buckets, workout_months=4)

        sme, together = found["sme"], found[""]
        assert [(each.loans, each.at_risk_minor, each.recovered_minor) for each in sme.months] == [
            (1, 2_000, 0),
            (1, 2_000, 0),
            (1, 2_000, 500),
        ]
        assert "consumer" not in found  # it was in default more than four months ago
        assert (together.defaults, together.completed, together.months) == (1, 0, sme.months)

    def test_count_up_to_what_was_owed_and_a_paid_default_has_ended(self, buckets):
        january = date(2026, 1, 1)
        loan_month(january, 1, bucket="M4", bucket_before="M3", principal_minor=900, interest_due_minor=100)
        loan_month(date(2026, 2, 1), 1, bucket="M5", bucket_before="M4", paid_principal_minor=400)
        loan_month(date(2026, 3, 1), 1, bucket="SETTLED", bucket_before="M5", paid_principal_minor=900)

        found = recoveries_until(MONTH, currency="CNY", buckets=buckets, workout_months=12)["consumer"]

        assert [(each.at_risk_minor, each.recovered_minor) for each in found.months] == [
            (1_000, 400),
            (600, 600),
            (0, 0),
            (0, 0),
            (0, 0),
        ]
        assert (found.defaults, found.completed, found.monthly_rate) == (1, 1, Decimal("0.01"))


class TestEstimates:
    def test_can_be_read_back_as_they_were(self, rules):
        moved(MONTH, {("CURRENT", "CURRENT"): 900, ("CURRENT", "M1"): 100})
        loan_month(date(2026, 1, 1), 1, bucket="M4", bucket_before="M3", principal_minor=900)

        found = estimate(MONTH, month_end=END, currency="CNY")

        assert read_estimates(found.as_json()) == found
        assert read_estimates(found.as_json()).digest == found.digest
        assert found.share("consumer").evidence is Evidence.NONE  # one default says too little
        losses = found.share("consumer").losses
        assert (losses[0], losses[18], losses[36], len(losses)) == (Decimal("0.6"), Decimal("0.8"), 1, 37)

    def test_of_an_empty_book_are_cautious(self, rules):
        found = estimate(MONTH, month_end=END, currency="CNY")

        assert {row.evidence for row in found.matrix("consumer").rows} == {Evidence.NONE}
        assert sum(found.curve("consumer", "CURRENT")[:12]) > 0


class TestBackTest:
    def test_holds_what_was_foreseen_against_what_came(self, rules):
        before = date(2025, 6, 1)
        moved(before, {("CURRENT", "CURRENT"): 900, ("CURRENT", "M4"): 100})  # one in ten a month
        for number in range(20):
            loan_month(before, number, bucket="CURRENT")
        for number in range(3):
            loan_month(date(2025, 9 + number, 1), number, bucket="M4", bucket_before="M3")
        loan_month(date(2025, 12, 1), 0, bucket="WRITTEN_OFF", bucket_before="M5")
        loan_month(date(2026, 7, 1), 9, bucket="M4", bucket_before="M3")  # after the year

        (row,) = backtest(MONTH, currency="CNY")

        # 20 × (1 − 0.9^12)
        assert row == {"product": "consumer", "bucket": "CURRENT", "loans": 20, "foreseen": "14.35", "came": 3}

    def test_says_nothing_where_the_months_do_not_reach_back(self, rules):
        loan_month(MONTH, 1)

        assert backtest(MONTH, currency="CNY") == []
