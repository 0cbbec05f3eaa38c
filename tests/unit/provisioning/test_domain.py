"""What must hold of expected loss whatever the numbers are, and the small cases that can be checked by eye."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashu.provisioning.domain.exposure import Standing, exposures
from dashu.provisioning.domain.loss import Course, Outlook, discount_factors, monthly_rate
from dashu.provisioning.domain.matrix import DEFAULT, PREPAID, Evidence, default_curve, matrix_of, shifted
from dashu.provisioning.domain.recovery import RecoveryMonth, loss_curve
from dashu.provisioning.domain.staging import Facts, StageReason, stage_of

STATES = ("CURRENT", "M1", "M2")
TARGETS = (*STATES, DEFAULT, PREPAID)
PAIRS = [(before, after) for before in STATES for after in TARGETS]
counts = st.lists(st.integers(0, 10_000), min_size=len(PAIRS), max_size=len(PAIRS)).map(
    lambda numbers: dict(zip(PAIRS, numbers, strict=True))
)
odds = st.decimals("0.1", "10", places=2)
rates = st.decimals("0", "0.05", places=6)
falling = st.lists(st.integers(0, 10**11), min_size=1, max_size=40).map(lambda found: sorted(found, reverse=True))


def lost(months, *, rate="0", floor="0", workout=None, assumed="1") -> tuple[Decimal, ...]:
    return loss_curve(
        months,
        monthly_rate=Decimal(rate),
        floor=Decimal(floor),
        workout_months=len(months) if workout is None else workout,
        assumed_loss=Decimal(assumed),
    )


def outlook_of(curve, loss="0.6", times=("1", "0.5", "3")) -> Outlook:
    weights = (Decimal("0.5"), Decimal("0.2"), Decimal("0.3"))
    return Outlook(
        [
            Course(str(each), weight, shifted(curve, Decimal(each)), Decimal(loss))
            for each, weight in zip(times, weights, strict=True)
        ]
    )


class TestMatrix:
    def test_takes_the_own_row_where_it_is_large_enough_and_else_the_pooled_one(self):
        own = {("CURRENT", "CURRENT"): 10, ("M1", "M2"): 9}
        pooled = {("CURRENT", "CURRENT"): 90, ("CURRENT", "M1"): 10, ("M1", "CURRENT"): 50, ("M1", "M2"): 50}

        matrix = matrix_of(STATES, own, pooled, least=10)

        assert [(row.evidence, row.total) for row in matrix.rows] == [
            (Evidence.OWN, 10),
            (Evidence.POOLED, 100),
            (Evidence.NONE, 1),
        ]

    def test_takes_a_bucket_in_which_nobody_was_for_one_that_leads_further(self):
        matrix = matrix_of(STATES, {}, {}, least=1)

        assert default_curve(matrix, "CURRENT", months=4) == (0, 0, 1, 0)
        assert default_curve(matrix, "M2", months=2) == (1, 0)

    def test_gives_the_powers_of_the_matrix(self):
        pooled = {("CURRENT", "CURRENT"): 9, ("CURRENT", "M1"): 1, ("M1", "M2"): 1, ("M2", DEFAULT): 1, ("M2", "M1"): 1}

        curve = default_curve(matrix_of(STATES, {}, pooled, least=1), "CURRENT", months=4)

        assert curve == (0, 0, Decimal("0.05"), Decimal("0.045"))

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(counts=counts, state=st.sampled_from(STATES), floor=st.decimals("0", "0.1", places=4), times=odds)
    def test_probabilities_are_shares_of_one(self, counts, state, floor, times):
        curve = default_curve(matrix_of(STATES, counts, counts, least=1), state, months=36, floor=floor)

        for each in (curve, shifted(curve, times)):
            assert all(0 <= marginal <= 1 for marginal in each)
            assert sum(each) <= 1

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(counts=counts, state=st.sampled_from(STATES), less=odds, more=odds)
    def test_greater_odds_never_make_a_default_by_any_month_less_likely(self, counts, state, less, more):
        less, more = sorted((less, more))
        curve = default_curve(matrix_of(STATES, counts, counts, least=1), state, months=24)
        lower, higher = shifted(curve, less), shifted(curve, more)

        for month in range(1, 25):
            assert sum(lower[:month]) <= sum(higher[:month]) + Decimal("1e-10")

    def test_odds_of_one_month_are_multiplied(self):
        # 1 in 5 is 1 to 4; twice that is 1 to 2
        assert shifted((Decimal("0.2"),), Decimal(2)) == (Decimal("0.333333333333"),)


class TestLossShare:
    def test_of_nothing_that_came_in_is_all(self):
        months = [RecoveryMonth(10, 1_000, 0)] * 3

        assert lost(months) == (1, 1, 1, 1)

    def test_discounts_what_comes_in(self):
        months = [RecoveryMonth(1, 1_000, 0), RecoveryMonth(1, 1_000, 500)]

        after = lost(months, rate="0.25")

        # 0.5 ÷ 1.25² and 0.5 ÷ 1.25
        assert after == (Decimal("0.68"), Decimal("0.6"), 1)

    def test_of_what_was_not_seen_is_assumed_and_comes_evenly(self):
        found = lost([], workout=4, assumed="0.6")

        assert found == tuple(Decimal(each) for each in ("0.6", "0.7", "0.8", "0.9", "1"))

    def test_of_a_young_book_goes_over_from_the_assumption_without_a_jump(self):
        as_assumed = RecoveryMonth(30, 7_000, 1_000)  # 0.4 to come, a month later 0.3: 1/7 + 6/7 × 0.3 = 0.4

        assert lost([as_assumed], workout=4, assumed="0.6") == lost([], workout=4, assumed="0.6")

    def test_of_months_past_the_workout_is_all(self):
        assert lost([RecoveryMonth(1, 1_000, 100)] * 3, workout=3)[-1] == 1

    def test_never_falls_below_the_floor(self):
        months = [RecoveryMonth(1, 1_000, 1_000)]

        assert lost(months, floor="0.3") == (Decimal("0.3"), 1)

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(months=st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), max_size=36), rate=rates)
    def test_is_a_share(self, months, rate):
        seen = [RecoveryMonth(1, *each) for each in months]
        given = {"monthly_rate": rate, "floor": Decimal("0.3"), "workout_months": 36, "assumed_loss": Decimal("0.6")}
        shares = loss_curve(seen, **given)

        assert len(shares) == 37
        assert all(Decimal("0.3") <= share <= 1 for share in shares)


class TestExposure:
    def test_follows_the_plan(self):
        standing = Standing(300, 0, 0, 5, {1: (100, 30), 2: (100, 20), 3: (100, 10)})

        assert exposures(standing) == [330, 220, 110]

    def test_of_a_loan_that_is_behind_keeps_what_is_due_past_its_last_day(self):
        standing = Standing(300, 200, 50, 0, {1: (100, 10)})

        assert exposures(standing, least_months=3) == [360, 250, 250]

    def test_of_a_bullet_grows_by_what_is_earned_until_it_falls_due(self):
        standing = Standing(1_000, 0, 0, 10, {3: (1_000, 100)})

        assert exposures(standing) == [1_040, 1_070, 1_100]

    def test_of_interest_each_quarter_begins_anew_after_each_due_date(self):
        standing = Standing(1_000, 0, 0, 0, {1: (0, 30), 4: (0, 30), 7: (1_000, 30)})

        assert exposures(standing) == [1_030, 1_010, 1_020, 1_030, 1_010, 1_020, 1_030]

    def test_of_more_earned_than_falls_due_is_what_falls_due(self):
        assert exposures(Standing(1_000, 0, 0, 50, {2: (1_000, 40)})) == [1_040, 1_040]

    def test_of_a_loan_paid_ahead_is_at_most_what_is_owed(self):
        standing = Standing(150, 0, 0, 0, {1: (100, 0), 2: (100, 0), 4: (100, 0)})

        assert exposures(standing) == [150, 150, 100, 100]


class TestExpectedLoss:
    def test_is_probability_times_loss_times_exposure_discounted_and_rounded_once(self):
        outlook = Outlook([Course("BASE", Decimal(1), (Decimal("0.1"), Decimal("0.2")), Decimal("0.5"))])

        loss = outlook.expected([1_000, 500], Decimal("0.25"), months=2)

        # 1,000 × 0.1 × 0.5 × 0.8 + 500 × 0.2 × 0.5 × 0.64
        assert loss.minor == 72
        assert (loss.pd_12, loss.pd_lifetime) == (Decimal("0.3"), Decimal("0.3"))

    def test_half_a_fen_is_rounded_up(self):
        outlook = Outlook([Course("BASE", Decimal(1), (Decimal("0.5"),), Decimal("0.5"))])

        assert outlook.expected([2], Decimal(0), months=1).minor == 1

    def test_weights_that_do_not_add_up_are_our_mistake(self):
        with pytest.raises(AssertionError):
            Outlook([Course("BASE", Decimal("0.9"), (), Decimal(1))])

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(counts=counts, state=st.sampled_from(STATES), due=falling, rate=rates)
    def test_of_a_year_is_never_more_than_of_the_whole_life_and_neither_than_all(self, counts, state, due, rate):
        curve = default_curve(matrix_of(STATES, counts, counts, least=1), state, months=40)
        outlook = outlook_of(curve)

        year, life = outlook.expected(due, rate, months=12), outlook.expected(due, rate, months=40)

        assert 0 <= year.minor <= life.minor <= outlook.in_default(max(due)).minor
        assert year.pd_12 <= year.pd_lifetime <= 1

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(counts=counts, state=st.sampled_from(STATES), due=falling, rate=rates, less=odds, more=odds)
    def test_grows_with_the_odds_of_a_default(self, counts, state, due, rate, less, more):
        less, more = sorted((less, more))
        curve = default_curve(matrix_of(STATES, counts, counts, least=1), state, months=40)

        lower, higher = (
            outlook_of(curve, times=(str(each),) * 3).expected(due, rate, months=40).minor for each in (less, more)
        )

        assert lower <= higher + 20  # twelve digits of each probability are kept

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(due=falling, rate=rates, loss=st.decimals("0", "1", places=4))
    def test_lies_between_its_scenarios(self, due, rate, loss):
        curve = tuple(Decimal("0.01") for _month in range(40))

        found = outlook_of(curve, loss=str(loss)).expected(due, rate, months=40)

        assert min(found.scenarios) <= found.minor <= max(found.scenarios)
        weighted = sum(Decimal(w) * s for w, s in zip(("0.5", "0.2", "0.3"), found.scenarios, strict=True))
        assert abs(weighted - found.minor) <= 1

    def test_rate_of_a_month_takes_the_fees_in_where_they_were_disclosed(self):
        assert monthly_rate(Decimal("0.12"), None) == Decimal("0.01")
        assert monthly_rate(Decimal("0.10"), Decimal("0.126825030131969720661201")) == Decimal("0.01")
        assert discount_factors(Decimal("0.25"), 2) == (800_000_000_000, 640_000_000_000)


class TestStage:
    PROBATION = {"2": 1, "3": 3}

    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            (Facts("1", "1"), ("1", StageReason.PERFORMING)),
            (Facts("2", "2", has_strong_warning=True), ("2", StageReason.DAYS_PAST_DUE)),
            (Facts("1", "2", is_restructured=True), ("2", StageReason.FORBORNE)),
            (Facts("1", "3"), ("3", StageReason.FLAG)),
            (Facts("1", "1", has_strong_warning=True), ("2", StageReason.WARNING)),
            (Facts("3", "3", has_strong_warning=True), ("3", StageReason.DAYS_PAST_DUE)),
            (Facts("1", "1", lately=["2", "1", "1"]), ("2", StageReason.PROBATION)),
            (Facts("1", "1", lately=["1", "2", "1"]), ("1", StageReason.PERFORMING)),
            (Facts("1", "1", lately=["1", "1", "3"]), ("3", StageReason.PROBATION)),
            (Facts("1", "1", lately=["1", "1", "1", "3"]), ("1", StageReason.PERFORMING)),
        ],
    )
    def test_has_a_reason(self, facts, expected):
        assert stage_of(facts, warning_stage="2", probation=self.PROBATION) == expected

    def test_of_a_warning_can_be_ruled_out(self):
        facts = Facts("1", "1", has_strong_warning=True)

        assert stage_of(facts, warning_stage="", probation=self.PROBATION) == ("1", StageReason.PERFORMING)
