"""Which relief is offered to whom, with which figures, and why not the others."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from collections_mgmt.domain.relief.budget import Ask, Cause, Means, Statement, asks, means_of
from collections_mgmt.domain.relief.candidates import gentlest
from collections_mgmt.domain.relief.cases import Past
from collections_mgmt.domain.relief.choosing import options
from collections_mgmt.domain.relief.demands import Demand, Plan
from collections_mgmt.domain.relief.offers import Code, Effect, Offer, Options, Refusal, Why
from collections_mgmt.domain.relief.quoting import Desk
from collections_mgmt.domain.relief.sliders import Slider, is_move_of, moved, slider_of
from collections_mgmt.domain.relief.worth import expected, value_loss
from dashu.finance.affordability import Amount, Month
from dashu.finance.events import Event, EventType
from dashu.finance.installments import Component
from dashu.finance.relief import Relief, ReliefMethod
from dashu.finance.terms import Method
from dashu.policy.relief import Guideline, SpendingGuidelines
from tests.unit.collections_mgmt.relieving import AFFORDABILITY, LIMITS, ON, case, statement, terms

NAMES = {"zh-hans": "饮食", "zh-hant": "飲食", "en": "Food"}
GUIDELINES = SpendingGuidelines(
    "CNY", {"FOOD": Guideline(1200_00, 800_00, NAMES), "OTHER": Guideline(500_00, 0, NAMES)}
)


def refusal(found: Options, method: ReliefMethod) -> Refusal:
    return next(one for one in found.not_offered if one.method is method)


class TestBudget:
    def test_asks_for_a_word_where_more_is_spent_than_usual(self):
        said = Statement(Amount(5_000_00), {"FOOD": 2_000_01, "OTHER": 500_00}, Amount(0), persons=2)

        assert asks(said, GUIDELINES) == (Ask("FOOD", 2_000_01, 2_000_00),)
        assert asks(replace(said, words={"FOOD": "My mother eats with us"}), GUIDELINES) == ()
        assert asks(replace(said, words={"FOOD": "  "}), GUIDELINES) == (Ask("FOOD", 2_000_01, 2_000_00),)

    def test_a_high_spending_is_asked_about_and_counts_all_the_same(self):
        said = Statement(Amount(5_000_00), {"FOOD": 3_000_00}, Amount(0))

        assert means_of(said, AFFORDABILITY).room_now == 1_500_00

    def test_the_month_in_which_the_income_comes_back_still_lacks_it(self):
        means = means_of(statement(3_000_00, later=6_000_00, from_=date(2026, 9, 10)), AFFORDABILITY)

        assert means.month(date(2026, 9, 30)).income == 3_000_00
        assert means.month(date(2026, 10, 1)).income == 6_000_00

    def test_an_income_that_is_back_on_the_first_counts_from_that_day(self):
        means = means_of(statement(3_000_00, later=6_000_00, from_=date(2026, 9, 1)), AFFORDABILITY)

        assert means.month(date(2026, 8, 31)).income == 3_000_00
        assert means.month(date(2026, 9, 1)).income == 6_000_00

    def test_debts_take_at_most_their_share_however_little_is_spent(self):
        means = Means(AFFORDABILITY, Month(income=4_000_00, essentials=100_00, debt_payments=500_00))

        assert means.room_now == 1_700_00  # 55% of 4,000 less 500
        assert means.can_carry(1_700_00, ON)
        assert not means.can_carry(1_700_01, ON)


class TestWorth:
    def test_what_can_be_expected_is_all_of_it_or_what_a_lost_claim_brings(self):
        assert expected(10_000, 8_000, lost=Decimal("0.45"), loss_given_default=Decimal("0.65")) == 5_500 + 1_260
        assert expected(1, 0, lost=Decimal("0.5"), loss_given_default=Decimal(1)) == 1  # half of 1, rounded half-up

    def test_loss_is_a_share_of_the_present_value(self):
        assert value_loss(99_00, 100_00) == Decimal("0.010000")
        assert value_loss(101_00, 100_00) == Decimal("-0.010000")
        assert value_loss(5, 0) == 0


class TestLastingFall:
    """12,000.00 at 18%, five of twelve paid; 880.00 fit the month, 1,100.16 are asked for."""

    def test_spreads_the_rest_over_as_few_months_as_fit(self):
        found = options(case(statement(3_200_00)))

        (offer,) = found.offers
        assert offer.relief == Relief(ReliefMethod.TERM_EXTENSION, count=10)
        assert (offer.plan.first, offer.plan.highest) == ((date(2026, 7, 15), 803_35), 803_35)
        assert (offer.plan.ends_on, found.present.plan.ends_on) == (date(2027, 4, 15), date(2027, 1, 15))
        assert offer.extra_cost == 168_96
        assert (offer.why, offer.effect, offer.mark) == (Why.LOWERS_FOR_GOOD, Effect.RESTRUCTURED, "1")
        assert (offer.broken_after_days, offer.cure_days) == (10, 30)
        nine = Desk(case(statement(3_200_00))).quote(Relief(ReliefMethod.TERM_EXTENSION, count=9))
        assert nine == Refusal(ReliefMethod.TERM_EXTENSION, Code.NOT_AFFORDABLE, 884_27, 880_00)

    def test_costs_the_lender_next_to_nothing_at_the_same_rate(self):
        (offer,) = options(case(statement(3_200_00))).offers

        assert offer.worth.loss == Decimal("0.000001")
        assert offer.worth.value == 7_277_03

    def test_says_why_the_others_are_not_offered(self):
        found = options(case(statement(3_200_00)))

        assert [(one.method.value, one.code.value) for one in found.not_offered] == [
            ("reamortization", "no_arrears"),
            ("arrears_plan", "no_arrears"),
            ("capitalization", "not_allowed"),
            ("payment_holiday", "not_temporary"),
            ("interest_only", "not_temporary"),
            ("step_up", "not_temporary"),
            ("rate_cut", "not_affordable"),
            ("partial_waiver", "nothing_to_waive"),
            ("settlement", "needs_person"),
            ("consolidation", "one_loan"),
            ("due_date", "no_payday"),
        ]

    def test_a_person_looks_where_nothing_fits(self):
        found = options(case(statement(2_300_00)))

        assert found.offers == ()
        assert found.recommended is None
        assert found.needs_person
        assert refusal(found, ReliefMethod.TERM_EXTENSION) == Refusal(
            ReliefMethod.TERM_EXTENSION, Code.NOT_AFFORDABLE, 279_94, 70_00
        )

    def test_ends_where_the_product_ends(self):
        found = options(case(statement(3_200_00), bounds={"longest_count": 9}))

        assert found.offers == ()
        assert refusal(found, ReliefMethod.TERM_EXTENSION).code is Code.NOT_AFFORDABLE
        ten = Desk(case(statement(3_200_00), bounds={"longest_count": 9})).quote(
            Relief(ReliefMethod.TERM_EXTENSION, count=10)
        )
        assert ten == Refusal(ReliefMethod.TERM_EXTENSION, Code.BEYOND_COUNT, 10, 9)

    def test_ends_by_the_last_day(self):
        by_march = case(statement(3_200_00), bounds={"last_day": date(2027, 3, 31)})

        found = Desk(by_march).quote(Relief(ReliefMethod.TERM_EXTENSION, count=10))

        assert found == Refusal(ReliefMethod.TERM_EXTENSION, Code.BEYOND_TERM, date(2027, 4, 15), date(2027, 3, 31))


class TestGap:
    """The income is 2,500.00 until it is 5,000.00 again from 10 September on."""

    def test_bridges_as_many_months_as_the_income_lacks(self):
        found = options(case(statement(2_500_00, later=5_000_00, from_=date(2026, 9, 10))))

        bridge, pause = found.offers
        assert bridge.relief == Relief(ReliefMethod.INTEREST_ONLY, count=10, months=3)
        assert [row.total for row in bridge.plan.rows[:4]] == [108_89, 108_89, 108_89, 1_100_16]
        assert bridge.why is Why.BRIDGES_GAP
        assert (pause.method, pause.plan.first) == (ReliefMethod.PAYMENT_HOLIDAY, (date(2026, 10, 15), 1_162_38))
        assert pause.why is None

    def test_is_no_gap_when_nobody_knows_that_it_ends(self):
        found = options(case(statement(2_500_00)))

        assert refusal(found, ReliefMethod.PAYMENT_HOLIDAY).code is Code.NOT_TEMPORARY
        assert found.needs_person

    def test_needs_a_person_when_it_is_long(self):
        found = options(case(statement(1_500_00, later=5_000_00, from_=date(2026, 11, 10))))

        assert refusal(found, ReliefMethod.PAYMENT_HOLIDAY) == Refusal(
            ReliefMethod.PAYMENT_HOLIDAY, Code.TOO_LONG_PAUSE, 5, 3
        )
        assert refusal(found, ReliefMethod.PAYMENT_HOLIDAY).needs_person

    def test_a_later_income_that_does_not_carry_the_payments_helps_nothing(self):
        found = options(case(statement(2_500_00, later=3_000_00, from_=date(2026, 9, 10))))

        assert refusal(found, ReliefMethod.PAYMENT_HOLIDAY) == Refusal(
            ReliefMethod.PAYMENT_HOLIDAY, Code.NOT_AFFORDABLE, 1_162_38, 700_00
        )


class TestArrears:
    """Two of five installments due are unpaid, with penalty; 1,600.00 fit the month."""

    def test_lost_track_is_caught_up_in_as_few_parts_as_fit(self):
        found = options(
            case(
                statement(4_000_00),
                payments=3,
                penalty="0.24",
                days_past_due=36,
                reasons=frozenset({Cause.MONEY_MANAGEMENT}),
            )
        )

        first, second = found.offers
        assert first.relief == Relief(ReliefMethod.ARREARS_PLAN, arrears_over=5)
        assert (first.plan.highest, first.plan.ends_on, first.extra_cost) == (1_545_25, date(2027, 1, 15), 0)
        assert (first.why, second.method) == (Why.CATCHES_UP, ReliefMethod.TERM_EXTENSION)
        assert refusal(found, ReliefMethod.REAMORTIZATION) == Refusal(
            ReliefMethod.REAMORTIZATION, Code.SAME_SHAPE, instead=ReliefMethod.ARREARS_PLAN
        )
        assert refusal(found, ReliefMethod.PARTIAL_WAIVER).code is Code.GENTLER_FITS

    def test_nothing_of_what_is_owed_is_lost(self):
        one = case(statement(4_000_00), payments=3, penalty="0.24", days_past_due=36)
        before = Desk(one).present_plan

        offer = Desk(one).quote(Relief(ReliefMethod.ARREARS_PLAN, arrears_over=5))

        assert isinstance(offer, Offer)
        assert offer.plan.total == before.total
        assert (offer.plan.overdue, before.overdue) == (0, 2_225_37)

    def test_a_waiver_goes_as_deep_as_the_days_allow(self):
        one = case(statement(4_000_00), payments=3, penalty="0.24", days_past_due=36)
        charges = Desk(one).present_plan.charges_due

        assert (charges, Desk(one).highest_waiver) == (286_56, 28_65)
        found = Desk(one).quote(
            Relief(ReliefMethod.PARTIAL_WAIVER, waived={Component.PENALTY: 25_05, Component.INTEREST: 3_61})
        )
        assert found == Refusal(ReliefMethod.PARTIAL_WAIVER, Code.WAIVER_TOO_DEEP, 28_66, 28_65)
        principal = Desk(one).quote(Relief(ReliefMethod.PARTIAL_WAIVER, waived={Component.PRINCIPAL: 1}))
        assert principal == Refusal(ReliefMethod.PARTIAL_WAIVER, Code.WAIVER_TOO_DEEP, 1, 0)

    def test_a_loan_past_its_end_gets_new_months(self):
        one = case(statement(3_200_00), payments=10, on=date(2027, 2, 20), days_past_due=67)

        (offer,) = options(one).offers

        assert offer.method is ReliefMethod.TERM_EXTENSION
        assert sum(row.principal for row in offer.plan.rows) == one.position.principal
        assert offer.plan.highest <= 880_00


class TestPayday:
    def test_moves_the_due_day_to_just_after_the_income(self):
        found = options(case(statement(8_000_00), payday=25))

        (offer,) = found.offers
        assert offer.relief == Relief(ReliefMethod.DUE_DATE, due_day=28)
        assert (offer.why, offer.effect, offer.mark) == (Why.FOLLOWS_PAYDAY, Effect.NONE, "")
        assert offer.plan.first == (date(2026, 7, 28), 1_122_65)

    def test_has_nothing_to_move_when_the_income_comes_just_before(self):
        found = options(case(statement(8_000_00), payday=12))

        assert refusal(found, ReliefMethod.DUE_DATE) == Refusal(ReliefMethod.DUE_DATE, Code.FITS_PAYDAY, 15, 12)

    def test_is_not_counted_as_a_plan(self):
        found = options(case(statement(8_000_00), payday=25, past=Past((ON, ON), payments_of_plan=0)))

        assert [offer.method for offer in found.offers] == [ReliefMethod.DUE_DATE]
        assert refusal(found, ReliefMethod.TERM_EXTENSION) == Refusal(
            ReliefMethod.TERM_EXTENSION, Code.TOO_MANY_PLANS, 2, 2
        )

    @pytest.mark.parametrize(
        ("income", "over", "effect", "mark"),
        [(3_900_00, 6, Effect.RESTRUCTURED, "8"), (8_000_00, None, Effect.NONE, "")],
    )
    def test_with_arrears_in_parts_is_a_plan_of_arrears_for_the_credit_record(self, income, over, effect, mark):
        # Two of 1,100.16 are late and due at once; in six parts they leave the month enough.
        late = case(statement(income), payments=3, bounds={"credit_marks": {ReliefMethod.ARREARS_PLAN: "8"}})

        offer = Desk(late).quote(Relief(ReliefMethod.DUE_DATE, due_day=28, arrears_over=over))

        assert isinstance(offer, Offer)
        assert (offer.effect, offer.mark) == (effect, mark)

    def test_with_arrears_in_parts_counts_as_a_plan(self):
        late = case(statement(3_900_00), payments=3, past=Past((ON, ON), payments_of_plan=5))

        parted = Desk(late).quote(Relief(ReliefMethod.DUE_DATE, due_day=28, arrears_over=6))
        in_time = Desk(case(statement(8_000_00), past=Past((ON, ON), payments_of_plan=5)))

        assert parted == Refusal(ReliefMethod.DUE_DATE, Code.TOO_MANY_PLANS, 2, 2)
        assert isinstance(in_time.quote(Relief(ReliefMethod.DUE_DATE, due_day=28, arrears_over=6)), Offer)


class TestGate:
    def test_a_month_that_carries_the_plan_needs_none(self):
        found = options(case(statement(8_000_00)))

        assert found.offers == ()
        assert not found.needs_person
        assert refusal(found, ReliefMethod.TERM_EXTENSION) == Refusal(
            ReliefMethod.TERM_EXTENSION, Code.PLAN_FITS, 1_100_19, 4_400_00
        )

    def test_nothing_left_in_the_month_is_for_a_person(self):
        found = options(case(statement(2_000_00)))

        assert found.offers == ()
        assert {(one.code, one.found, one.needs_person) for one in found.not_offered} == {
            (Code.NO_SURPLUS, -200_00, True)
        }

    @pytest.mark.parametrize(
        ("past", "code"),
        [
            (Past((date(2024, 6, 20), date(2026, 1, 1)), 5), None),
            (Past((date(2024, 6, 21), date(2026, 1, 1)), 5), Code.TOO_MANY_PLANS),
            (Past((date(2026, 1, 1),), 2), Code.PLAN_TOO_YOUNG),
            (Past((date(2026, 1, 1),), 3), None),
        ],
    )
    def test_counts_plans_within_24_months_and_the_first_payments_of_one(self, past, code):
        found = Desk(case(statement(3_200_00), past=past)).gate(ReliefMethod.TERM_EXTENSION)

        assert (found.code if found else None) == code

    def test_doubt_is_for_a_person_to_clear(self):
        found = options(case(statement(3_200_00), is_blocked=True))

        assert {one.code for one in found.not_offered} == {Code.IN_DOUBT}

    def test_an_ended_loan_gets_nothing(self):
        lost = Event(EventType.CHARGE_OFF, ON, ON)

        found = options(case(statement(3_200_00), more=[lost]))

        assert {one.code for one in found.not_offered} == {Code.NOT_RUNNING}
        assert not found.offers


class TestBounds:
    def test_holds_the_whole_changed_loan_against_the_cap(self):
        dear = case(statement(3_200_00), of=terms(annual_rate=Decimal("0.18")), bounds={"rate_cap": Decimal("0.19")})

        # It was 19.5623% before; a plan that makes it no dearer may still be had.
        assert dear.bounds.rate_cap < (Desk(dear).present.all_in_rate or 0)
        assert [offer.method for offer in options(dear).offers] == [ReliefMethod.TERM_EXTENSION]

    def test_a_plan_that_makes_a_loan_dearer_than_the_cap_is_refused(self):
        flat = terms(principal=8_000_00, method=Method.FLAT, count=5)
        desk = Desk(case(statement(3_200_00), of=flat, payments=2, on=date(2026, 8, 8), days_past_due=70))

        found = desk.quote(Relief(ReliefMethod.TERM_EXTENSION, count=12, arrears_over=12))

        assert desk.present.all_in_rate == Decimal("0.206343")
        assert found == Refusal(ReliefMethod.TERM_EXTENSION, Code.ABOVE_CAP, Decimal("0.270781"), Decimal("0.24"))

    def test_relief_never_raises_the_rate(self):
        dearer = Relief(ReliefMethod.TERM_EXTENSION, count=10, annual_rate=Decimal("0.180001"))

        found = Desk(case(statement(3_200_00))).quote(dearer)

        assert found == Refusal(ReliefMethod.TERM_EXTENSION, Code.RATE_RISES, Decimal("0.180001"), Decimal("0.18"))

    def test_what_costs_the_lender_is_offered_where_nothing_gentler_fits_and_as_little_of_it(self):
        late = {"payments": 3, "penalty": "0.24", "days_past_due": 66, "bounds": {"last_day": date(2027, 1, 15)}}

        (gentler,) = options(case(statement(3_820_00), **late)).offers
        found = options(case(statement(3_815_00), **late))

        assert gentler.method is ReliefMethod.REAMORTIZATION
        (offer,) = found.offers
        assert offer.relief == Relief(ReliefMethod.RATE_CUT, annual_rate=Decimal("0.178"), arrears_over=7)
        assert (offer.annual_rate, offer.plan.highest) == (Decimal("0.178"), 1_433_28)
        assert (offer.why, offer.effect, offer.worth.loss) == (Why.COSTS_LEAST, Effect.REDUCED, Decimal("0.002344"))

    def test_just_so_much_is_given_up_that_the_rest_fits(self):
        late = {"payments": 3, "penalty": "0.24", "days_past_due": 66, "bounds": {"last_day": date(2027, 1, 15)}}

        offer = gentlest(Desk(case(statement(3_812_00), **late)), ReliefMethod.PARTIAL_WAIVER)

        assert isinstance(offer, Offer)
        assert offer.relief.waived == {Component.PENALTY: 23_08}
        assert (offer.given_up, offer.plan.highest, offer.effect) == (23_08, 1_430_80, Effect.REDUCED)
        assert [act.kind.value for act in offer.acts] == ["waiver", "restructure"]

    def test_a_plan_that_is_needed_by_nobody_gains_nothing(self):
        found = Desk(case(statement(8_000_00))).quote(Relief(ReliefMethod.TERM_EXTENSION, count=24))

        assert isinstance(found, Refusal)
        assert (found.code, found.needs_person) == (Code.NO_GAIN, True)

    def test_debts_above_half_of_the_income_are_watched(self):
        (offer,) = options(case(statement(4_000_00, essentials=1_000_00, other_debts=1_300_00))).offers

        assert offer.carried.fits
        assert (offer.carried.burden.debt_bps, offer.carried.is_watched) == (5461, True)

    def test_a_deep_cut_costs_more_value_than_an_offer_may(self):
        one = Desk(case(statement(3_300_00), of=terms(count=24), payments=5))

        found = one.quote(Relief(ReliefMethod.RATE_CUT, annual_rate=Decimal("0.12")))

        assert isinstance(found, Refusal)
        assert (found.code, found.limit, found.needs_person) == (Code.VALUE_LOSS, Decimal("0.01"), True)

    def test_the_rate_falls_by_at_most_its_bound(self):
        found = Desk(case(statement(3_200_00))).quote(Relief(ReliefMethod.RATE_CUT, annual_rate=Decimal("0.1199")))

        assert found == Refusal(ReliefMethod.RATE_CUT, Code.CUT_TOO_DEEP, Decimal("0.0601"), Decimal("0.06"))

    def test_interest_becomes_principal_only_where_the_rules_say_so(self):
        late = statement(4_000_00)
        allowed = replace(LIMITS, capitalizes=True)

        never = Desk(case(late, payments=3)).quote(Relief(ReliefMethod.CAPITALIZATION, count=7))
        found = options(case(late, payments=3, bounds={"limits": allowed}))

        assert never == Refusal(ReliefMethod.CAPITALIZATION, Code.NOT_ALLOWED)
        assert Code.NOT_ALLOWED not in {one.code for one in found.not_offered}

    def test_a_payment_below_the_interest_is_refused(self):
        found = Desk(case(statement(4_000_00), of=terms(count=60), payments=5)).quote(
            Relief(ReliefMethod.STEP_UP, months=1, step=Decimal("0.5"))
        )

        assert found == Refusal(ReliefMethod.STEP_UP, Code.BELOW_INTEREST)


class TestPlan:
    def test_adds_up_what_falls_on_one_day_or_in_one_month(self):
        plan = Plan(
            on=date(2026, 6, 10),
            rows=(
                Demand(1, date(2026, 5, 15), 100, 10, 1),
                Demand(2, date(2026, 6, 15), 100, 9, 0),
                Demand(3, date(2026, 7, 15), 100, 9, 0),
            ),
            penalty=5,
        )

        assert plan.payments == [(date(2026, 6, 10), 116), (date(2026, 6, 15), 109), (date(2026, 7, 15), 109)]
        assert plan.by_month == [(date(2026, 6, 1), 225), (date(2026, 7, 1), 109)]
        assert (plan.total, plan.overdue, plan.charges_due, plan.usual, plan.highest) == (334, 116, 16, 109, 116)
        assert plan.first == (date(2026, 6, 10), 116)


class TestSliders:
    def test_more_months_can_be_chosen_up_to_the_product_and_fewer_never(self):
        desk = Desk(case(statement(3_200_00)))
        offer = desk.quote(Relief(ReliefMethod.TERM_EXTENSION, count=10))
        assert isinstance(offer, Offer)

        slider = slider_of(desk, offer)

        assert slider == Slider("count", low=10, high=36, chosen=10)
        ends = [desk.quote(moved(desk, offer.relief, value)) for value in (9, 10, 23, 36, 37)]
        assert [isinstance(found, Offer) for found in ends] == [False, True, True, True, False]

    def test_a_bridge_reaches_at_least_over_the_gap(self):
        desk = Desk(case(statement(2_500_00, later=5_000_00, from_=date(2026, 9, 10))))
        bridge, pause = options(desk.case).offers

        assert slider_of(desk, bridge) == Slider("months", low=3, high=6, chosen=3)
        assert slider_of(desk, pause) == Slider("months", low=3, high=3, chosen=3)
        assert moved(desk, bridge.relief, 4) == Relief(ReliefMethod.INTEREST_ONLY, count=11, months=4)

    def test_parts_of_arrears_move_between_what_fits_and_what_costs_too_much(self):
        desk = Desk(case(statement(4_000_00), payments=3, penalty="0.24", days_past_due=36))
        offer = desk.quote(Relief(ReliefMethod.ARREARS_PLAN, arrears_over=5))
        assert isinstance(offer, Offer)

        assert slider_of(desk, offer) == Slider("arrears_over", low=5, high=5, chosen=5)

    def test_only_the_one_figure_of_an_offer_is_the_borrowers_to_move(self):
        desk = Desk(case(statement(3_200_00)))
        offered = Relief(ReliefMethod.TERM_EXTENSION, count=10)

        assert is_move_of(desk, offered, offered)
        assert is_move_of(desk, offered, replace(offered, count=12))
        assert not is_move_of(desk, offered, replace(offered, annual_rate=Decimal("0.179")))
        assert not is_move_of(desk, offered, Relief(ReliefMethod.RATE_CUT, annual_rate=Decimal("0.179")))
        assert not is_move_of(desk, offered, replace(offered, count=None))

    def test_nothing_of_a_lower_rate_moves(self):
        desk = Desk(case(statement(3_200_00)))
        offer = desk.quote(Relief(ReliefMethod.TERM_EXTENSION, count=10))
        assert isinstance(offer, Offer)

        assert slider_of(desk, replace(offer, relief=Relief(ReliefMethod.RATE_CUT, annual_rate=Decimal("0.1")))) is None
