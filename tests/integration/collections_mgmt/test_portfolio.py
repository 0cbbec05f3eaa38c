"""What the close books for the book as a whole: interest that is not yet due, and the provision for loss."""

from datetime import date, timedelta

import pytest
from django.db import connection

from collections_mgmt.models import CloseRun, PortfolioDay
from collections_mgmt.services.book_portfolio import ClassificationWithoutProvision
from collections_mgmt.services.close_day import close_date, finish_close, start_close
from collections_mgmt.services.close_range import close_range
from collections_mgmt.services.portfolio_sql import accrued_by_loan
from dashu.finance.accrued import accrued_interest
from dashu.finance.relief import Relief, ReliefMethod
from dashu.ledger.models import JournalEntry
from dashu.ledger.selectors import balance_of, unbalanced_currencies
from dashu.policy.models import PolicyRule
from dashu.policy.selectors import forget_rules
from loans.models import Loan
from repayments.models import Channel, Installment
from repayments.selectors.reconciliation import differences
from repayments.services.booking import load
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.give_relief import give_relief
from repayments.services.receive_payment import receive_payment
from repayments.services.restructure_loan import restructure_loan
from tests.factories import ACTOR, pay, running_loan, yuan

START, DUE = date(2026, 1, 15), date(2026, 2, 15)


def close(day: date) -> CloseRun:
    return close_date(business_date=day, today=day + timedelta(days=1))


class TestInterestNotYetDue:
    def test_is_income_day_by_day_and_becomes_receivable_when_it_falls_due(self, loan):
        seen = []
        for days in (1, 2, 30, 31):
            close(START + timedelta(days=days))
            seen.append((balance_of("1315"), balance_of("1311"), balance_of("4001")))

        # 180.00 over 31 days, rounded once from the beginning of the period
        assert seen == [(581, 0, -581), (1_161, 0, -1_161), (17_419, 0, -17_419), (0, 18_000, -18_000)]
        assert differences() == []
        assert unbalanced_currencies() == {}

    def test_stands_in_the_account_of_the_product(self, amina):
        running_loan(amina, product="sme")

        close(START + timedelta(days=10))

        assert balance_of("1315.02") == balance_of("1315") == -balance_of("4001.02") > 0

    @pytest.mark.parametrize("paid_ahead", [0, yuan(1_500)])
    def test_of_a_payment_holiday_is_earned_by_its_days_though_later_installments_demand_it(self, loan, paid_ahead):
        holiday = Relief(ReliefMethod.PAYMENT_HOLIDAY, months=3, arrears_over=2)
        on = date(2026, 3, 1)
        give_relief(loan_id=loan.pk, relief=holiday, given_on=on, today=on, reason="income fell", actor=ACTOR)
        if paid_ahead:
            pay(loan, paid_ahead, date(2026, 3, 10), reference="AHEAD")

        found = []
        for day in (date(2026, 3, 15), date(2026, 4, 20), date(2026, 6, 14), date(2026, 6, 20)):
            with connection.cursor() as cursor:
                accrued = accrued_by_loan(cursor, on=day, first=0, end=2**62)[loan.pk]
            stored = load(Loan.objects.get(pk=loan.pk))
            assert accrued == accrued_interest(stored.position, stored.contract, day)
            found.append(accrued)

        assert found[:3] == sorted(found[:3])  # then the first installment after the holiday is due
        assert paid_ahead or found[0] > yuan(180)

    def test_of_an_installment_that_new_terms_closed_is_counted_once(self, loan):
        def restructure(day: date) -> None:
            restructure_loan(
                loan_id=loan.pk, terms={"count": 12}, restructured_on=day, today=day, reason="income fell", actor=ACTOR
            )

        restructure(date(2026, 2, 10))
        carries = Installment.objects.filter(loan=loan, is_current=True).earliest("number")
        receive_payment(
            loan_id=loan.pk,
            amount_minor=yuan(10),
            received_on=date(2026, 2, 12),
            today=date(2026, 2, 12),
            reference="PART",
            channel=Channel.BANK_TRANSFER,
            actor=ACTOR,
            installment=carries.number,
        )
        restructure(date(2026, 2, 14))

        close(date(2026, 2, 14))

        # 26 days at 18% on 12,000 yuan, by the days of each month, less the 10 that were paid
        assert balance_of("1315") == 16_668
        stored = load(loan)
        assert accrued_interest(stored.position, stored.contract, date(2026, 2, 14)) == 16_668

    def test_a_night_on_which_nothing_differs_posts_nothing(self, loan):
        pay(loan, yuan(14_000), START + timedelta(days=1))
        close(START + timedelta(days=1))
        before = JournalEntry.objects.count()

        close(START + timedelta(days=2))

        assert JournalEntry.objects.count() == before

    def test_two_callers_who_finish_a_night_book_it_once(self, loan):
        run = start_close(business_date=DUE - timedelta(days=5))
        for item in run.ranges.all():
            close_range(range_id=item.pk, today=DUE)

        finish_close(run_id=run.pk, today=DUE)
        finish_close(run_id=run.pk, today=DUE)

        assert JournalEntry.objects.filter(kind="ACCRUED_INTEREST").count() == 1


class TestProvision:
    def test_follows_the_classification(self, loan):
        found = []
        for days in (0, 1, 91):
            run = close(DUE + timedelta(days=days))
            (day,) = PortfolioDay.objects.filter(business_date=run.business_date)
            found.append((day.classification, day.exposure_minor, day.provision_minor))
            assert balance_of("1390") == -day.provision_minor == -balance_of("5003")

        # 1% of the principal and 180.00 of interest due; 2% with 0.61 of penalty and 5.94 of the next interest; 25% of
        # the principal alone, because interest and penalty of a loan so late are no longer on the balance sheet
        assert found == [
            ("NORMAL", 1_218_000, 12_180),
            ("SPECIAL_MENTION", 1_218_655, 24_373),
            ("SUBSTANDARD", 1_200_000, 300_000),
        ]

    def test_is_given_back_when_the_loan_is_booked_as_lost(self, loan):
        on = DUE + timedelta(days=95)
        close(on)
        assert balance_of("1390") < 0
        lost_on = on + timedelta(days=1)
        charge_off_loan(loan_id=loan.pk, charged_off_on=lost_on, today=lost_on, reason="lost", actor="user:1")

        close(lost_on)

        assert (balance_of("1390"), balance_of("5003"), balance_of("1315")) == (0, 0, 0)
        assert not PortfolioDay.objects.filter(business_date=lost_on).exists()

    def test_a_classification_without_a_share_leaves_the_night_open_until_the_pack_has_one(self, loan):
        rates = PolicyRule.objects.get(code="provision.rates", pack="cn")
        shares = rates.value
        rates.value = {"LOSS": "1"}
        rates.save()
        forget_rules()
        with pytest.raises(ClassificationWithoutProvision):
            close(DUE)
        assert CloseRun.objects.get().status == CloseRun.Status.RUNNING
        assert not JournalEntry.objects.filter(kind__in=["ACCRUED_INTEREST", "PROVISION"]).exists()

        rates.value = shares
        rates.save()
        forget_rules()

        assert close(DUE).status == CloseRun.Status.CLOSED
