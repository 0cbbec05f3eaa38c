"""What is offered and accepted follows the month that was stated last and the borrower's other loans as they are."""

from datetime import date
from decimal import Decimal

import pytest

from collections_mgmt.models import Budget, OfferSet, RestructuringPlan
from collections_mgmt.services.relief.cases import known_of_borrower
from collections_mgmt.services.relief.make_offers import NothingToOffer, OutsideLimits, make_offers
from collections_mgmt.services.relief.offer_codes import OfferOutdated
from collections_mgmt.services.relief.offer_outside import ask_outside, offer_outside, preview_outside
from collections_mgmt.services.relief.quoting import quote_anew
from dashu.approvals.services.decide import approve
from dashu.finance.affordability import Amount
from dashu.finance.relief import present_value
from dashu.kernel.dates import add_months
from dashu.policy import rules as policy
from dashu.users.models import Borrower, User
from loans.models import Loan
from repayments.models import LoanEvent
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, DAY, TODAY, accepted, code_for, noon, pay_due
from tests.integration.collections_mgmt.test_make_offers import budget
from tests.integration.collections_mgmt.warning_cases import agree, income, kinds, night

CHEAPER = {"method": "rate_cut", "annual_rate": "0.01", "count": 30}
HOLIDAY = {"method": "payment_holiday", "months": 2, "interest": "parked"}


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def loan(amina) -> Loan:
    """1,100.16 a month, of which the first was paid on its day."""
    made = factories.running_loan(amina)
    factories.pay(made, 1_100_16, date(2026, 2, 15))
    return made


@pytest.fixture
def other(amina) -> Loan:
    """Another one like it."""
    made = factories.running_loan(amina)
    factories.pay(made, 1_100_16, date(2026, 2, 15))
    return made


class TestAMonthThatWasStatedSince:
    def test_decides_an_approval_in_the_place_of_the_one_that_was_asked_about(self, loan):
        kept = budget(loan.borrower)
        asked = ask_outside(
            loan_id=loan.pk,
            relief=CHEAPER,
            budget_id=kept.pk,
            reason="Lost a job",
            user=factories.staff("Lin", User.Role.COLLECTOR),
            today=TODAY,
            idempotency_key="k",
        )
        budget(loan.borrower, income=4_000_00, now=noon(TODAY + DAY))

        done = approve(request_id=asked.pk, user=factories.staff("Ada", User.Role.ADMIN), today=TODAY + DAY)

        assert (done.status, done.result["code"]) == ("FAILED", "relief_outside_limits")
        assert not OfferSet.objects.exists()

    def test_is_the_one_of_an_approved_offer_that_it_carries(self, loan):
        kept = budget(loan.borrower)
        newer = budget(loan.borrower, income=5_500_00, now=noon(TODAY + DAY))

        offered = offer_outside(loan_id=loan.pk, relief=CHEAPER, budget_id=kept.pk, now=noon(TODAY + DAY), actor=ACTOR)

        assert (offered.budget, offered.facts["income"]["stated"]) == (newer, 5_500_00)

    def test_is_asked_where_an_open_offer_is_quoted_anew(self, loan):
        kept = budget(loan.borrower)
        offered = make_offers(loan_id=loan.pk, source="STAFF", budget_id=kept.pk, now=noon(TODAY), actor=ACTOR)
        budget(loan.borrower, income=4_200_00, now=noon(TODAY))

        quote_anew(set_id=offered.pk, now=noon(TODAY))

        offered.refresh_from_db()
        assert (offered.facts["income"]["stated"], offered.status) == (4_200_00, "TAKEN_BACK")
        assert {way.status for way in offered.offers.all()} == {"LAPSED"}

    def test_lets_nothing_be_accepted_that_was_worked_out_from_the_one_before(self, loan):
        kept = budget(loan.borrower)
        offered = make_offers(loan_id=loan.pk, source="STAFF", budget_id=kept.pk, now=noon(TODAY), actor=ACTOR)
        way = offered.offers.first()
        code = code_for(way)
        budget(loan.borrower, income=4_200_00, now=noon(TODAY))

        with pytest.raises(OfferOutdated):
            accepted(way, code=code)

        offered.refresh_from_db()
        assert offered.status == "TAKEN_BACK"
        assert not LoanEvent.objects.filter(loan=loan, kind="RESTRUCTURE").exists()


class TestTheIncomeOfABank:
    @pytest.fixture
    def owner(self, loan) -> Borrower:
        """8,000 yuan a month came, and 5,500 in February."""
        agree(loan.borrower, "CASH_FLOW_WATCH")
        for day in (date(2025, 11, 5), date(2025, 12, 5), date(2026, 1, 5)):
            income(loan.borrower, day, 8_000_00)
        income(loan.borrower, date(2026, 2, 5), 5_500_00)
        night(date(2026, 2, 5))
        return loan.borrower

    def test_that_fell_further_counts_by_its_own_day_not_by_that_of_the_first_warning(self, owner):
        budget(owner, income=5_500_00, now=noon(date(2026, 2, 20)))
        income(owner, date(2026, 3, 5), 2_000_00)
        night(date(2026, 3, 5))

        assert known_of_borrower(owner.pk, on=date(2026, 3, 6)).statement.income == Amount(2_000_00)

    def test_that_is_back_counts_as_stated_and_warns_no_more(self, owner):
        budget(owner, income=8_000_00, now=noon(date(2026, 1, 20)))
        assert known_of_borrower(owner.pk, on=date(2026, 2, 6)).statement.income == Amount(5_500_00)
        income(owner, date(2026, 3, 5), 8_000_00)

        assert known_of_borrower(owner.pk, on=date(2026, 3, 5)).statement.income == Amount(8_000_00)
        night(date(2026, 3, 5))
        assert kinds(owner) == []

    def test_stands_for_no_income_that_never_came_there(self, owner):
        given = {"SALARY": 8_000_00, "FAMILY": 1_000_00}
        budget(owner, now=noon(date(2026, 1, 20)))
        Budget.objects.update(income=given)

        assert known_of_borrower(owner.pk, on=date(2026, 2, 6)).statement.income == Amount(6_500_00)


class TestAMonthOfLongAgo:
    def test_is_known_for_the_months_of_the_rule_and_then_asked_for_again(self, loan):
        kept = budget(loan.borrower, now=noon(TODAY))
        last = add_months(TODAY, policy.relief_limits(TODAY).known_months)

        assert known_of_borrower(loan.borrower_id, on=last) is not None
        assert known_of_borrower(loan.borrower_id, on=last + DAY) is None
        with pytest.raises(NothingToOffer):
            make_offers(loan_id=loan.pk, source="STAFF", budget_id=kept.pk, now=noon(last + DAY), actor=ACTOR)
        assert not OfferSet.objects.exists()


class TestAnotherLoan:
    def test_that_changed_since_leaves_no_room_for_an_offer_that_fitted_beside_it_as_it_was(self, loan, other):
        first, second = both_alone(loan, other)
        way = second.offers.get()
        code = code_for(way)
        accepted(first.offers.get())

        with pytest.raises(OfferOutdated):
            accepted(way, code=code)

        second.refresh_from_db()
        way.refresh_from_db()
        assert (second.status, way.status) == ("TAKEN_BACK", "LAPSED")
        assert RestructuringPlan.objects.get().loan == loan

    def test_that_was_only_paid_lets_an_offer_beside_it_be_accepted_once_it_is_quoted_anew(self, loan, other):
        first, _second = both_alone(loan, other)
        factories.pay(other, 10_00, TODAY)

        with pytest.raises(OfferOutdated):
            code_for(first.offers.get())
        quote_anew(set_id=first.pk, now=noon(TODAY))

        assert accepted(first.offers.get()).loan == loan


def both_alone(loan: Loan, other: Loan) -> list[OfferSet]:
    """A holiday for each of two loans, in a month that carries just one of them beside the other loan as it is."""
    for salary in range(6_505_00, 6_900_00, 5_00):
        kept = budget(loan.borrower, income=salary)
        about = {"relief": HOLIDAY, "budget_id": kept.pk, "now": noon(TODAY), "actor": ACTOR}
        try:
            return [offer_outside(loan_id=each.pk, **about) for each in (loan, other)]
        except OutsideLimits:
            continue
    raise AssertionError("no such month carries it")


class TestTheWorthOfALoanWhoseRateWasCut:
    def test_is_counted_at_the_rate_that_was_first_agreed(self, loan):
        kept = budget(loan.borrower)
        cut = {"method": "rate_cut", "annual_rate": "0.01", "count": 14}
        offered = offer_outside(loan_id=loan.pk, relief=cut, budget_id=kept.pk, now=noon(TODAY), actor=ACTOR)
        plan = accepted(offered.offers.get())
        pay_due(plan, count=3)
        day = date(2026, 6, 20)
        kept = budget(loan.borrower, income=4_600_00, now=noon(day))

        longer = {"method": "term_extension", "count": 22}
        found = preview_outside(loan_id=loan.pk, relief=longer, budget_id=kept.pk, today=day)

        rows = Loan.objects.get(pk=loan.pk).installments.filter(is_current=True)
        before = present_value(
            [(row.due_on, row.unpaid_minor) for row in rows if row.unpaid_minor], Decimal("0.18"), day
        )
        then = present_value(
            [(date.fromisoformat(row[1]), sum(row[2:])) for row in found.way.rows], Decimal("0.18"), day
        )
        assert found.given_up_minor == before - then
        assert found.share > Decimal("0.04")
        assert found.refusal.code == "value_loss"
