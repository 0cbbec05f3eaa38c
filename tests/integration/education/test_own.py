"""A reader's own figures: theirs only, of the loan that asks first, and in a few statements."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser

from dashu.kernel.dates import lender_now, lender_today
from education.selectors.own import own
from loans.models import Application
from tests import factories
from tests.applicants import draft

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 1)


@pytest.fixture
def amina(rules):
    return factories.borrower("Amina")


class TestOwn:
    def test_of_a_visitor_nothing_is_known_and_nothing_is_asked(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert own(AnonymousUser(), today=TODAY).figures is None

    def test_without_a_loan_and_an_application_nothing_is_known(self, amina):
        found = own(amina.user, today=TODAY)

        assert (found.figures, found.chosen, found.loans) == (None, None, ())

    def test_are_those_of_the_loan(self, amina):
        loan = factories.running_loan(amina, starts_on=date(2026, 1, 15))
        factories.pay(loan, 1_100_16, date(2026, 2, 15))

        figures = own(amina.user, today=TODAY).figures

        assert (figures.next_installment, figures.next_due_on) == (1_100_16, date(2026, 3, 15))
        assert figures.installments_left == 11
        assert figures.outstanding == 12_000_00 - (1_100_16 - 180_00)
        assert figures.all_in_rate == Decimal("0.195623")
        assert figures.monthly_debts == 1_100_16
        assert (figures.income, figures.essentials, figures.observed_until) == (None, None, None)

    def test_lateness_costs_what_the_contract_says(self, amina):
        loan = factories.running_loan(amina, starts_on=date(2026, 1, 15))
        factories.pay(loan, 1_100_16, date(2026, 2, 15))

        figures = own(amina.user, today=TODAY).figures

        principal = 933_96  # of the second installment
        assert loan.penalty_annual_rate == Decimal("0.24")
        assert figures.late_cost_30_days == principal * 30 * 24 // 36000
        assert figures.late_cost_per_day == round(principal * 24 / 36000)

    def test_of_several_loans_the_one_that_asks_first_is_meant(self, amina):
        later = factories.running_loan(amina, starts_on=date(2026, 2, 20))
        sooner = factories.running_loan(amina, starts_on=date(2026, 2, 10))

        found = own(amina.user, today=TODAY)

        assert [each.number for each in found.loans] == [sooner.number, later.number]
        assert found.chosen.number == sooner.number
        assert found.figures.monthly_debts == 2 * 1_100_16

    def test_an_overdue_loan_comes_before_all_others(self, amina):
        factories.running_loan(amina, starts_on=date(2026, 2, 10))
        overdue = factories.running_loan(amina, starts_on=date(2026, 1, 20))

        assert own(amina.user, today=TODAY).chosen.number == overdue.number

    def test_another_loan_can_be_chosen(self, amina):
        factories.running_loan(amina, starts_on=date(2026, 2, 10))
        larger = factories.running_loan(amina, starts_on=date(2026, 2, 20), principal=24_000_00)

        assert own(amina.user, today=TODAY, number=larger.number).figures.outstanding == 24_000_00

    def test_anothers_loan_cannot_be_chosen(self, amina):
        mine = factories.running_loan(amina, starts_on=date(2026, 2, 10))
        other = factories.running_loan(factories.borrower("Brook"), starts_on=date(2026, 2, 1), principal=24_000_00)

        found = own(amina.user, today=TODAY, number=other.number)

        assert [each.number for each in found.loans] == [mine.number] == [found.chosen.number]

    def test_who_works_here_has_none(self, amina):
        factories.running_loan(amina, starts_on=date(2026, 2, 10))

        assert own(factories.staff("Chidi"), today=TODAY).figures is None

    def test_the_month_is_what_was_stated_last(self, amina):
        draft(amina, now=lender_now(), debts={"debts": [], "had_defaults": False})

        figures = own(amina.user, today=lender_today()).figures

        assert (figures.income, figures.essentials, figures.monthly_debts) == (12_000_00, 4_500_00, 0)
        assert figures.next_installment is None

    def test_what_was_stated_long_ago_is_left_out(self, amina):
        draft(amina, now=lender_now())
        Application.objects.update(created_at=lender_now() - timedelta(days=400))

        assert own(amina.user, today=lender_today()).figures is None

    @pytest.mark.parametrize("count", [1, 3])
    def test_takes_four_statements_however_many_loans_there_are(self, amina, count, django_assert_num_queries):
        for _loan in range(count):
            factories.running_loan(amina, starts_on=date(2026, 2, 10))

        with django_assert_num_queries(4):
            own(amina.user, today=TODAY)
