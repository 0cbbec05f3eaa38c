from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.arrears import Pause
from dashu.finance.penalty import PenaltyBase, PenaltyRule, penalty_parts, penalty_rate
from tests.unit.finance.cases import START, installments, pauses, penalty_rules

LATE = installments((START, 1_000_00, 50_00))
RULE = PenaltyRule(annual_rate=Decimal("0.24"))


def charged(through: date, rule: PenaltyRule = RULE, after: date = START, **options: object) -> int:
    return rule.whole_minor(penalty_parts(LATE, after, through, rule, **options))  # type: ignore[arg-type]


class TestPenalty:
    def test_a_thousand_yuan_for_30_days_at_24_percent_is_20_yuan(self):
        assert charged(START + timedelta(days=30)) == 20_00

    def test_the_due_day_itself_is_free(self):
        assert charged(START) == 0
        assert charged(START + timedelta(days=1)) == 66

    def test_a_year_of_365_days_and_interest_in_the_base(self):
        rule = PenaltyRule(Decimal("0.24"), PenaltyBase.PRINCIPAL_AND_INTEREST, year_days=365)

        assert charged(START + timedelta(days=365), rule) == 252_00

    def test_grace_days_are_never_charged(self):
        rule = PenaltyRule(Decimal("0.24"), grace_days=3)

        assert [charged(START + timedelta(days=days), rule) for days in (3, 4, 33)] == [0, 66, 20_00]

    def test_paused_days_are_not_charged(self):
        pause = Pause(START + timedelta(days=11), START + timedelta(days=20))

        assert charged(START + timedelta(days=30), pauses=[pause]) == 13_33

    def test_without_a_rate_nothing_is_charged(self):
        assert charged(START + timedelta(days=999), PenaltyRule()) == 0

    @settings(max_examples=200)
    @given(
        cut=st.integers(0, 120), days=st.integers(0, 120), rule=penalty_rules, paused=pauses, start=st.integers(-10, 10)
    )
    def test_day_by_day_or_at_once_is_the_same(self, cut, days, rule, paused, start):
        first = START + timedelta(days=start)
        middle = first + timedelta(days=min(cut, days))
        last = first + timedelta(days=days)

        at_once = penalty_parts(LATE, first, last, rule, pauses=paused)
        in_two = penalty_parts(LATE, first, middle, rule, pauses=paused) + penalty_parts(
            LATE, middle, last, rule, pauses=paused
        )

        assert at_once == in_two >= 0


class TestPenaltyRate:
    def test_is_the_contract_rate_and_a_half_and_never_above_the_cap(self):
        assert penalty_rate(Decimal("0.12"), multiplier=Decimal("1.5"), cap=Decimal("0.24")) == Decimal("0.18")
        assert penalty_rate(Decimal("0.20"), multiplier=Decimal("1.5"), cap=Decimal("0.24")) == Decimal("0.24")
        assert penalty_rate(Decimal("0.1234567"), multiplier=Decimal(1), cap=Decimal(1)) == Decimal("0.123456")
