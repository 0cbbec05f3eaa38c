"""
10,000 random loans against independent libraries: numpy-financial for annuities, pyxirr for rates; and flows in any
order, that need not be a loan, against every root that numpy finds.

They compute in binary floats, so the comparison allows their error and nothing more.
"""

import random
from datetime import date, timedelta
from decimal import Decimal

import numpy
import numpy_financial
import pytest
import pyxirr

from dashu.finance.amortization import level_installment
from dashu.finance.annual_rates import NoAnnualRate, annual_rates, irr, irr_by_dates
from dashu.finance.periods import Period
from dashu.finance.schedule import detailed_schedule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.finance.unit_periods import UnitPeriod

CASES = 2_500  # a kind of check; four kinds of loans, one of any flows


def loans(seed: int) -> list[tuple[int, Decimal, int]]:
    """Return principal in minor units, monthly rate and count."""
    rng = random.Random(seed)
    return [
        (rng.randint(10**6, 10**10), Decimal(rng.randint(1, 60_000)) / 10**6, rng.choice([1, 2, 3, 6, 12, 24, 36, 60]))
        for _case in range(CASES)
    ]


class TestLevelInstallment:
    def test_is_the_payment_of_numpy_financial(self):
        for principal, rate, count in loans(1):
            expected = numpy_financial.pmt(float(rate), count, -principal)

            assert float(level_installment(principal, [rate] * count)) == pytest.approx(expected, rel=1e-9)


class TestScheduledInterest:
    def test_is_that_of_numpy_financial_for_every_row(self):
        for principal, rate, count in loans(2):
            terms = ScheduleTerms(principal, rate * 12, Method.EQUAL_INSTALLMENT, count, date(2026, 1, 15))
            schedule = detailed_schedule(terms)
            periods = range(1, count + 1)
            interest = numpy_financial.ipmt(float(rate), periods, count, -principal)
            repaid = numpy_financial.ppmt(float(rate), periods, count, -principal)
            # Every row is rounded to whole minor units, and the error of half a unit a row grows with the interest.
            allowed = 1 + count * float(1 + rate) ** count

            for part, charged, amount in zip(schedule.parts, interest, repaid, strict=True):
                unrounded = sum(charge.unrounded for charge in part.charges)
                assert abs(float(unrounded) - charged) <= allowed
                assert abs(part.principal - amount) <= allowed


class TestAnnualRates:
    def test_are_those_of_pyxirr_and_numpy_financial(self):
        rng = random.Random(3)
        for principal, rate, count in loans(3):
            payments = [
                round(payment * rng.uniform(0.9, 1.2)) + 1
                for payment in [float(level_installment(principal, [rate] * count))] * count
            ]

            found = float(annual_rates(principal, payments, 12).irr_nominal)

            assert found / 12 == pytest.approx(pyxirr.irr([-principal, *payments]), abs=1e-7)
            level = annual_rates(principal, [payments[0]] * count, 12).irr_nominal
            expected = pyxirr.rate(count, payments[0], -principal)
            assert float(level) / 12 == pytest.approx(expected, abs=1e-7)
            if count <= 12:
                assert float(level) / 12 == pytest.approx(
                    numpy_financial.rate(count, payments[0], -principal, 0, guess=float(level) / 12 + 0.001), abs=1e-7
                )

    def test_by_days_are_the_xirr_of_pyxirr(self):
        rng = random.Random(4)
        for principal, _rate, count in loans(4):
            start = date(2020, 1, 1) + timedelta(days=rng.randrange(3_000))
            days = sorted(rng.sample(range(90, 40 * count + 120), count))
            second = (start + timedelta(days=1), principal // 3)
            payments = [
                (start + timedelta(days=passed), round(1.4 * principal * rng.uniform(1, 1.3) / count) + 1)
                for passed in days
            ]

            found = irr_by_dates([(start, principal), second], payments, unit=UnitPeriod(Period.DAY))

            flows = [(start, -principal), (second[0], -second[1]), *payments]
            expected = pyxirr.xirr([on for on, _amount in flows], [amount for _on, amount in flows])
            assert float(found.irr_effective) == pytest.approx(expected, rel=1e-6, abs=1e-6)


class TestIrrOfAnyFlows:
    def test_is_the_only_root_that_numpy_finds_or_none(self):
        rng = random.Random(5)
        answered = refused = 0
        for _case in range(CASES):
            flows = [rng.choice([-1, 1]) * rng.randint(1, 1_000) for _period in range(rng.randint(2, 10))]
            roots = all_rates(flows)

            try:
                found = float(of_flows(flows))
            except NoAnnualRate:
                refused += 1
                signs = [flow > 0 for flow in flows]
                is_plain_loan = signs == sorted(signs, reverse=True) and signs[0] and not signs[-1]
                assert not (is_plain_loan and len(roots) == 1 and -0.99 < roots[0] < 1_000)
            else:
                answered += 1
                assert roots == [pytest.approx(found, rel=1e-5, abs=1e-5)]

        assert min(answered, refused) > CASES / 10


def of_flows(flows: list[int]) -> Decimal:
    """Return the rate a period; positive flows are received at their period, negative ones paid."""
    advances = [(Decimal(period), flow) for period, flow in enumerate(flows) if flow > 0]
    payments = [(Decimal(period), -flow) for period, flow in enumerate(flows) if flow < 0]
    return irr(advances, payments, 1).irr_nominal


def all_rates(flows: list[int]) -> list[float]:
    """Return every rate above −100% that makes the flows worth nothing: the positive roots of a polynomial."""
    discounts = [float(root.real) for root in numpy.roots(flows[::-1]) if abs(root.imag) < 1e-7 and root.real > 1e-9]
    return sorted({round(1 / discount - 1, 7) for discount in discounts})
