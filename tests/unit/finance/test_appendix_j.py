from datetime import date
from decimal import Decimal

import pytest

from dashu.finance.appendix_j import annual_percentage_rate
from dashu.finance.periods import DueRule, Period
from dashu.finance.rate_solver import NoAnnualRate
from dashu.finance.unit_periods import UnitPeriod
from dashu.kernel.money import parse_minor
from tests.unit.finance.cases import golden

START = date(1978, 6, 1)


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
        advances = [
            (date.fromisoformat(on), parse_minor(amount))
            for amount, on in (advance.split(" on ") for advance in case["advances"].split("; "))
        ]
        every, unit = case["unit"].split()

        found = annual_percentage_rate(advances, dated(case["payments"]))

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

    def test_does_not_depend_on_the_size_of_the_loan(self):
        advances = [(date(1979, 4, 10), 20_000_00), (date(1979, 9, 18), 40_000_00)]
        payments = [(day, 612_36) for day in DueRule(Period.MONTH).due_dates(date(1979, 11, 10), 240)]

        found = annual_percentage_rate(advances, payments)

        for scale in (7, 10**6):
            larger = annual_percentage_rate(
                [(on, minor * scale) for on, minor in advances], [(on, minor * scale) for on, minor in payments]
            )
            assert larger.rate == found.rate

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

    def test_refuses_a_loan_that_begins_with_payments_since_two_rates_explain_it(self):
        advances = [(date(1978 + year, 9, 1), 1_800_00) for year in range(4)]
        payments = [(day, 150_00) for day in DueRule(Period.MONTH, first_due_on=date(1978, 7, 1)).due_dates(START, 50)]

        with pytest.raises(NoAnnualRate):
            annual_percentage_rate(advances, payments)

        def excess(rate: Decimal) -> Decimal:
            received = sum(1_800_00 / (1 + rate) ** (2 + 12 * year) for year in range(4))
            return received - sum(150_00 / (1 + rate) ** month for month in range(50))

        # Negative without interest, positive at 5% a month, negative again at 500%.
        assert [excess(Decimal(rate)) > 0 for rate in ("0", "0.05", "5")] == [False, True, False]
