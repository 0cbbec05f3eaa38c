from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings

from dashu.finance.annual_rates import NoAnnualRate, all_in_rates
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.rate_cap import CapCheck, RateAboveBound, RateLimits, check_cap
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import CardPlan, InvalidTerms, Method, RateChange, ScheduleTerms
from tests.unit.finance.cases import schedule_terms

START = date(2026, 1, 15)
CAP = Decimal("0.24")
STEP = Decimal("0.000001")


def loan(rate: str, *fees: Fee, method: Method = Method.EQUAL_INSTALLMENT, **changes: object) -> ScheduleTerms:
    return ScheduleTerms(100_000_00, Decimal(rate), method, 12, START, fees=fees, **changes)  # type: ignore[arg-type]


def entry(minor: int) -> Fee:
    return Fee("entry", minor, FeeTiming.UPFRONT)


def stricter(terms: ScheduleTerms) -> Decimal:
    rates = all_in_rates(terms, build_schedule(terms))
    return max(rates.irr_nominal, rates.irr_effective)


class TestCheckCap:
    def test_holds_the_effective_rate_against_the_cap(self):
        found = check_cap(loan("0.06", entry(1_000_00), method=Method.FLAT), CAP)

        assert (found.annual_rate, found.is_within) == (Decimal("0.135834"), True)
        assert found.margin == Decimal("0.104166")

    def test_refuses_no_fee_at_a_nominal_rate_of_the_cap(self):
        found = check_cap(loan("0.24"), CAP)

        assert (found.is_within, found.margin) == (False, Decimal("-0.028242"))
        assert found.highest_upfront_fee is None

    def test_says_the_highest_contract_rate_that_fits(self):
        found = check_cap(loan("0.24"), CAP)

        # 12 × (1.24^(1/12) − 1) is 21.7051%.
        assert found.highest_contract_rate == Decimal("0.217051")

    def test_says_the_highest_upfront_fee_that_fits(self):
        found = check_cap(loan("0.18", entry(5_000_00)), CAP)

        assert found.is_within is False
        assert found.highest_upfront_fee is not None
        assert stricter(loan("0.18", entry(found.highest_upfront_fee))) <= CAP
        assert stricter(loan("0.18", entry(found.highest_upfront_fee + 1))) > CAP

    def test_says_what_still_fits_below_the_cap(self):
        found = check_cap(loan("0.12", entry(1_000_00)), CAP)

        assert found.is_within
        assert found.highest_contract_rate > Decimal("0.12")
        assert stricter(loan(str(found.highest_contract_rate), entry(1_000_00))) <= CAP
        assert stricter(loan(str(found.highest_contract_rate + STEP), entry(1_000_00))) > CAP
        assert found.highest_upfront_fee > 1_000_00

    def test_without_any_rate_that_fits_says_none(self):
        found = check_cap(loan("0.05", entry(30_000_00)), CAP)

        assert (found.is_within, found.highest_contract_rate) == (False, None)
        assert found.highest_upfront_fee > 0

    def test_shifts_rates_that_change_later_too(self):
        terms = loan("0.20", rate_changes=(RateChange(date(2026, 6, 15), Decimal("0.30")),))

        found = check_cap(terms, CAP)

        shift = found.highest_contract_rate - terms.annual_rate
        fitting = replace(
            terms,
            annual_rate=found.highest_contract_rate,
            rate_changes=(RateChange(date(2026, 6, 15), Decimal("0.30") + shift),),
        )
        assert found.is_within is False
        assert CAP - Decimal("0.000005") < stricter(fitting) <= CAP

    def test_finds_rates_only_where_there_is_a_schedule(self):
        terms = loan("0.12", method=Method.CARD_PLAN, card_plan=CardPlan(fixed=2_000_00))

        found = check_cap(terms, CAP)

        assert found.highest_contract_rate == Decimal("0.217051")

    @settings(deadline=None, max_examples=30)
    @given(terms=schedule_terms(most=10**9, longest=18))
    def test_finds_terms_that_fit_and_next_ones_that_do_not(self, terms):
        try:
            found = check_cap(terms, CAP)
        except (NoAnnualRate, InvalidTerms):
            return
        assert found.is_within == (found.annual_rate <= CAP)
        if found.highest_contract_rate is not None and not terms.rate_changes:
            assert stricter(replace(terms, annual_rate=found.highest_contract_rate)) <= CAP
        if found.highest_upfront_fee is not None:
            others = tuple(fee for fee in terms.fees if fee.timing not in (FeeTiming.UPFRONT, FeeTiming.UPFRONT_PAID))
            assert stricter(replace(terms, fees=(*others, entry(found.highest_upfront_fee)))) <= CAP


class TestCapCheck:
    def test_of_the_cap_itself_is_within(self):
        assert CapCheck(CAP, CAP, None, None).is_within is True


class TestRateLimits:
    def test_refuse_a_contract_rate_above_the_bound_and_name_the_rule(self):
        limits = RateLimits("cn", Decimal("0.24"), CAP)

        limits.refuse_above_bound(Decimal("0.24"))
        with pytest.raises(RateAboveBound) as refusal:
            limits.refuse_above_bound(Decimal("0.240001"))

        assert refusal.value.field == "annual_rate"
        assert refusal.value.details == {"rule": "rate.highest_contract", "bound": "0.24"}
