"""What holds of every offer, whatever the loan, the household and the day."""

from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collections_mgmt.domain.relief.budget import Cause, means_of
from collections_mgmt.domain.relief.cases import Case
from collections_mgmt.domain.relief.choosing import options
from collections_mgmt.domain.relief.demands import plan_of
from collections_mgmt.domain.relief.offers import Code, Offer, Refusal
from collections_mgmt.domain.relief.quoting import Desk
from dashu.finance.relief import ReliefMethod, life_after, standing
from dashu.finance.terms import Method
from dashu.kernel.dates import add_months
from tests.unit.collections_mgmt.relieving import AFFORDABILITY, ON, STARTS_ON, case, statement, terms

methods = st.sampled_from(
    [Method.EQUAL_INSTALLMENT, Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.FLAT]
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Case, dict[str, Any]]:
    """Return a case, and what the household states of its months."""
    count = draw(st.integers(2, 30))
    of = terms(
        principal=draw(st.integers(1_000_00, 60_000_00)),
        annual_rate=draw(st.sampled_from([Decimal("0"), Decimal("0.08"), Decimal("0.18"), Decimal("0.215")])),
        method=draw(methods),
        count=count,
        disbursed_on=draw(st.sampled_from([STARTS_ON, date(2026, 1, 31), date(2025, 8, 29)])),
    )
    paid = draw(st.integers(0, count - 1))
    on = of.due_rule.due_dates(of.disbursed_on, count)[paid] + timedelta(days=draw(st.integers(-25, 100)))
    household: dict[str, Any] = {
        "income": draw(st.integers(1_000_00, 9_000_00)),
        "essentials": draw(st.integers(500_00, 3_000_00)),
        "other_debts": draw(st.sampled_from([0, 0, 400_00])),
    }
    if draw(st.booleans()):
        household |= {
            "later": household["income"] + draw(st.integers(0, 5_000_00)),
            "from_": on + timedelta(days=draw(st.integers(1, 150))),
        }
    made = case(
        statement(**household),
        of=of,
        payments=paid,
        penalty=draw(st.sampled_from(["0", "0.24"])),
        on=on,
        bounds={"last_day": add_months(of.disbursed_on, 48), "longest_count": 36},
        days_past_due=draw(st.sampled_from([0, 15, 40, 70])),
        payday=draw(st.sampled_from([None, None, 5, 28])),
        reasons=draw(st.frozensets(st.sampled_from(Cause), max_size=2)),
        other_loans=draw(st.sampled_from([0, 2])),
    )
    return made, household


def room(household: dict[str, Any], month: date) -> Fraction:
    """What a month can carry, by an own sum: income less a tenth, essentials and debts, and 55% for all debts."""
    income, later_from = household["income"], household.get("from_")
    if later_from is not None:
        begins = later_from if later_from.day == 1 else add_months(later_from.replace(day=1), 1)
        income = household["later"] if month >= begins else income
    debts = household["other_debts"]
    return min(Fraction(income * 9, 10) - household["essentials"] - debts, Fraction(income * 55, 100) - debts)


def worth(payments: list[tuple[date, int]], rate: Decimal, on: date) -> int:
    """Discount each payment by itself: whole months counted back from its day, and the odd days at simple interest."""
    monthly, total = Fraction(rate) / 12, Fraction(0)
    for day, minor in payments:
        months = 0
        while day > on and add_months(day, -months - 1) >= on:
            months += 1
        odd = max(0, (add_months(day, -months) - on).days)
        total += minor / ((1 + monthly) ** months * (1 + monthly * odd / 30))
    return int(total + Fraction(1, 2))


class TestEveryOffer:
    @settings(max_examples=60, deadline=None)
    @given(cases())
    def test_sums_to_what_is_owed(self, drawn):
        case_, _household = drawn

        for offer in options(case_).offers:
            assert sum(row.principal for row in offer.plan.rows) == case_.position.principal
            assert offer.plan.total == sum(minor for _on, minor in offer.plan.payments)
            assert offer.extra_cost == offer.plan.total - plan_of(case_.position, case_.contract, case_.on).total
            assert all(min(row.principal, row.interest, row.fee) >= 0 for row in offer.plan.rows)

    @settings(max_examples=60, deadline=None)
    @given(cases())
    def test_never_asks_more_of_a_month_than_it_can_carry(self, drawn):
        case_, household = drawn

        for offer in options(case_).offers:
            assert offer.carried.fits
            for month, payment in offer.plan.by_month:
                assert payment <= max(0, room(household, month))

    @settings(max_examples=60, deadline=None)
    @given(cases())
    def test_stays_below_the_cap_and_inside_the_bounds_of_the_product(self, drawn):
        case_, _household = drawn
        found = options(case_)

        for offer in found.offers:
            assert offer.all_in_rate is None or offer.all_in_rate <= max(
                case_.bounds.rate_cap, found.present.all_in_rate or Decimal(0)
            )
            assert offer.plan.ends_on <= max(case_.bounds.last_day, found.present.plan.ends_on)
            assert len(offer.plan.to_come) <= max(case_.bounds.longest_count, len(found.present.plan.to_come))
            assert offer.annual_rate <= case_.annual_rate

    @settings(max_examples=60, deadline=None)
    @given(cases())
    def test_asks_for_no_more_than_was_received_is_worth_at_the_cap(self, drawn):
        """The rate of the whole loan by another sum: all that is paid, discounted by days at the highest rate."""
        case_, _household = drawn
        found = options(case_)
        # Months are counted as months there and as days here: a rate differs by less than half a point.
        highest = 1.005 + float(max(case_.bounds.rate_cap, found.present.all_in_rate or Decimal(0)))
        start, received = case_.advances[0][0], sum(minor for _on, minor in case_.advances)

        for offer in found.offers:
            flows = [*case_.payments, *offer.plan.payments]
            there = sum(minor / highest ** ((day - start).days / 365) for day, minor in flows)
            assert offer.all_in_rate is None or there <= received

    @settings(max_examples=60, deadline=None)
    @given(cases())
    def test_is_worth_what_an_independent_sum_says_and_at_most_one_percent_less(self, drawn):
        case_, _household = drawn
        found = options(case_)
        before = worth(found.present.plan.payments, case_.annual_rate, case_.on)

        assert found.present.worth.value == before
        for offer in found.offers:
            value = worth(offer.plan.payments, case_.annual_rate, case_.on)
            assert offer.worth.value == value
            assert Fraction(before - value, before) <= Fraction(1, 100) + Fraction(1, 10**6)
            assert offer.method is ReliefMethod.DUE_DATE or offer.worth.expected > found.present.worth.expected

    @settings(max_examples=60, deadline=None)
    @given(cases())
    def test_is_what_its_acts_make_of_the_loan(self, drawn):
        case_, _household = drawn
        before = deepcopy(case_.life)

        for offer in options(case_).offers:
            after = life_after(case_.life, offer.acts)
            assert plan_of(standing(after, case_.on), after.contract, case_.on) == offer.plan
            assert replace(offer, why=None) == Desk(case_).quote(offer.relief)
        assert case_.life == before

    @settings(max_examples=60, deadline=None)
    @given(cases(), st.integers(1, 5_000_00))
    def test_fits_as_well_when_more_is_left_in_the_month(self, drawn, more):
        case_, household = drawn
        richer = dict(household, income=household["income"] + more)
        if "later" in richer:
            richer["later"] += more
        better = Desk(replace(case_, means=means_of(statement(**richer), AFFORDABILITY)))

        for offer in options(case_).offers:
            found = better.quote(offer.relief)
            # Only the need for it can be gone.
            assert isinstance(found, Offer) or found.code is Code.NO_GAIN


class TestEveryAnswer:
    @settings(max_examples=60, deadline=None)
    @given(cases())
    def test_names_each_method_once_and_recommends_one_of_at_most_three_different_plans(self, drawn):
        case_, _household = drawn
        found = options(case_)

        assert sorted([*(one.method for one in found.offers), *(one.method for one in found.not_offered)]) == sorted(
            ReliefMethod
        )
        assert len(found.offers) <= 3
        assert [offer.why is not None for offer in found.offers] == [True, False, False][: len(found.offers)]
        assert len({offer.shape for offer in found.offers}) == len(found.offers)

    @settings(max_examples=60, deadline=None)
    @given(cases())
    def test_offers_nothing_to_a_month_with_nothing_left_that_stays_so(self, drawn):
        case_, household = drawn
        nothing = dict(household, income=household["essentials"])
        nothing.pop("later", None), nothing.pop("from_", None)

        found = options(replace(case_, means=means_of(statement(**nothing), AFFORDABILITY)))

        assert found.offers == ()
        assert {refusal.code for refusal in found.not_offered} == {Code.NO_SURPLUS}

    @settings(max_examples=60, deadline=None)
    @given(cases(), st.integers(2, 5))
    def test_offers_no_third_plan_within_two_years(self, drawn, earlier):
        case_, _household = drawn
        days = tuple(case_.on - timedelta(days=30 * number) for number in range(1, earlier + 1))

        found = options(replace(case_, past=replace(case_.past, restructured_on=days)))

        assert {offer.method for offer in found.offers} <= {ReliefMethod.DUE_DATE}
        assert all(
            refusal.code in (Code.TOO_MANY_PLANS, Code.NOT_RUNNING)
            for refusal in found.not_offered
            if refusal.method is not ReliefMethod.DUE_DATE
        )


def test_the_drawn_cases_have_offers_of_many_kinds():
    """The properties above speak of something: each of these methods is offered in some case."""
    gap = case(statement(2_500_00, later=5_000_00, from_=date(2026, 9, 10)))
    late = case(
        statement(4_000_00), payments=3, penalty="0.24", days_past_due=36, reasons=frozenset({Cause.OVERSPENDING})
    )
    moved = case(statement(8_000_00), payday=25, on=ON)

    assert [[offer.method for offer in options(one).offers] for one in (gap, late, moved)] == [
        [ReliefMethod.INTEREST_ONLY, ReliefMethod.PAYMENT_HOLIDAY],
        [ReliefMethod.TERM_EXTENSION, ReliefMethod.ARREARS_PLAN],
        [ReliefMethod.DUE_DATE],
    ]
    assert isinstance(Desk(gap).gate(ReliefMethod.SETTLEMENT), Refusal)
