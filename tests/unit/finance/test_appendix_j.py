from datetime import date
from decimal import Decimal

import pytest

from dashu.finance.appendix_j import annual_percentage_rate
from dashu.finance.periods import DueRule, Period
from dashu.finance.rate_solver import NoAnnualRate
from dashu.finance.unit_periods import UnitPeriod
from dashu.kernel.money import parse_minor
from tests.unit.finance.cases import golden


def dated(text: str) -> list[tuple[date, int]]:
    """Read payments such as `230.00 x 24 from 1978-02-10 every 1 month; …`."""
    payments = []
    for part in text.split("; "):
        amount, _x, count, _from, first, _every, every, unit = part.split()
        rule = DueRule(Period(unit), int(every), first_due_on=date.fromisoformat(first))
        payments += [(day, parse_minor(amount)) for day in rule.due_dates(date(1970, 1, 1), int(count))]
    return payments


class TestAnnualPercentageRate:
    @pytest.mark.parametrize("case", golden("appendix_j"), ids=lambda case: case["source"])
    def test_agrees_with_the_examples_of_the_regulation(self, case):
        advance = (date.fromisoformat(case["advanced_on"]), parse_minor(case["advanced"]))
        every, unit = case["unit"].split()

        found = annual_percentage_rate([advance], dated(case["payments"]))

        assert f"{found.rate * 100:.2f}" == case["apr_pct"]
        assert found.unit == UnitPeriod(Period(unit), int(every))

    def test_of_several_advances_solves_the_general_equation(self):
        advances = [(date(2026, month, 1), 5_000_00) for month in (1, 2, 3)]
        payments = [(date(2026 + month // 12, month % 12 + 1, 1), 1_300_00) for month in range(4, 16)]

        found = annual_percentage_rate(advances, payments)

        rate = found.rate / 12
        received = sum(5_000_00 / (1 + rate) ** number for number in range(3))
        paid = sum(1_300_00 / (1 + rate) ** number for number in range(4, 16))
        assert found.unit == UnitPeriod(Period.MONTH)
        assert abs(received - paid) < Decimal("50")  # half a digit of a rate of six decimals

    def test_of_a_term_of_days_is_simple_interest(self):
        advance, payment = (date(2026, 1, 1), 1_000_00), (date(2026, 2, 10), 1_020_00)

        assert annual_percentage_rate([advance], [payment]).rate == Decimal("0.182500")

    def test_can_be_held_to_a_unit_period(self):
        advance, payment = (date(2026, 1, 1), 1_000_00), (date(2026, 2, 10), 1_020_00)

        found = annual_percentage_rate([advance], [payment], unit=UnitPeriod(Period.MONTH))

        # 1.02 = (1 + i·9/30)(1 + i)
        assert found.rate == Decimal("0.183965")

    @pytest.mark.parametrize("advances", [[], [(date(2026, 3, 1), 100)]])
    def test_refuses_payments_before_the_first_advance(self, advances):
        with pytest.raises(NoAnnualRate):
            annual_percentage_rate(advances, [(date(2026, 2, 1), 110)])
