"""Every number of a schedule is explained by the workings it was computed with."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings

from dashu.finance.explanation import Working, explain
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import Schedule, detailed_schedule
from dashu.finance.terms import Compounding, Holiday, HolidayInterest, InvalidTerms, Method, RateChange, ScheduleTerms
from tests.unit.finance.cases import any_terms

TERMS = ScheduleTerms(
    principal=12_000_00,
    annual_rate=Decimal("0.12"),
    method=Method.EQUAL_INSTALLMENT,
    count=6,
    disbursed_on=date(2026, 1, 15),
)


def terms(**changes: object) -> ScheduleTerms:
    return ScheduleTerms(**{name: getattr(TERMS, name) for name in TERMS.__slots__} | changes)


def of(workings: tuple[Working, ...], kind: str) -> list[Working]:
    return [working for working in workings if working.of == kind]


class TestWorkings:
    def test_say_formula_inputs_and_both_values(self):
        interest, installment, principal = explain(detailed_schedule(TERMS))[1]

        assert (interest.of, interest.formula) == ("interest", "balance × yearly rate × part of a year")
        assert dict(interest.inputs) == {
            "balance_minor": 10_049_42,
            "annual_rate": Decimal("0.12"),
            "from": date(2026, 2, 15),
            "to": date(2026, 3, 15),
            "days": 30,
            "day_count": "30/360",
            "year_fraction": Decimal(1) / 12,
            "rounding": "half_up",
        }
        assert interest.unrounded.quantize(Decimal("0.0001")) == Decimal("10049.4200")
        assert interest.minor == 100_49
        assert (installment.of, installment.minor) == ("installment", 2_070_58)
        assert installment.unrounded.quantize(Decimal("0.01")) == Decimal("207058.04")
        assert (principal.of, principal.formula, principal.minor) == ("principal", "installment − interest", 1_970_09)

    def test_a_rate_change_inside_a_period_makes_two_pieces_that_are_rounded_alone(self):
        changed = terms(rate_changes=(RateChange(date(2026, 3, 25), Decimal("0.06")),))

        pieces = of(explain(detailed_schedule(changed))[2], "interest")

        assert [(dict(piece.inputs)["days"], piece.minor) for piece in pieces] == [(10, 26_93), (20, 26_93)]

    def test_name_the_compounding(self):
        (interest,) = of(explain(detailed_schedule(terms(compounding=Compounding.SEMIANNUAL)))[0], "interest")

        assert dict(interest.inputs)["compounding"] == "semiannual"
        assert "compounded m times a year" in interest.formula

    def test_capitalized_and_deferred_interest_have_their_own_lines(self):
        added = terms(holidays=(Holiday(3, 2, HolidayInterest.CAPITALIZED),))
        later = terms(holidays=(Holiday(3, 2, HolidayInterest.DEFERRED),))

        capitalized = of(explain(detailed_schedule(added))[2], "capitalized_interest")
        deferred = of(explain(detailed_schedule(later))[4], "deferred_interest")

        assert [line.minor for line in capitalized] == [59_99]
        assert [line.minor for line in deferred] == [121_20]

    def test_a_fee_shows_base_share_bounds_and_tax(self):
        fee = Fee(
            "service", 0, FeeTiming.EACH, share=Decimal("0.001"), floor=5_00, cap=100_00, tax_rate=Decimal("0.06")
        )

        (line,) = of(explain(detailed_schedule(terms(fees=(fee,))))[0], "fee")

        assert dict(line.inputs) == {
            "code": "service",
            "tax_minor": 68,
            "base_minor": 12_000_00,
            "share": Decimal("0.001"),
            "floor_minor": 5_00,
            "cap_minor": 100_00,
        }
        assert line.minor == 12_00


class TestProperties:
    @settings(deadline=None, max_examples=250)
    @given(given_terms=any_terms())
    def test_the_workings_of_a_row_give_its_numbers(self, given_terms):
        try:
            schedule = detailed_schedule(given_terms)
        except InvalidTerms:
            return

        for row, workings in zip(schedule.rows, explain(schedule), strict=True):
            assert [line.minor for line in of(workings, "principal")] == [row.principal]
            assert sum(line.minor for line in of(workings, "fee")) == row.fee
            if given_terms.method is not Method.FLAT:
                self.interest_follows(row, workings)

    @staticmethod
    def interest_follows(row, workings):
        pieces = of(workings, "interest")
        assert all(to_minor(piece.unrounded, Rounding.HALF_UP) == piece.minor for piece in pieces)
        charged = sum(piece.minor for piece in pieces)
        earlier = sum(line.minor for line in of(workings, "deferred_interest"))
        is_deferred = any(line.formula.endswith("demanded later") for line in of(workings, "deferred_interest"))
        assert row.interest == (0 if row.capitalized or is_deferred else charged) + earlier
        assert row.capitalized in (0, charged)


class TestSchedule:
    def test_keeps_one_span_and_part_for_each_row(self):
        schedule = detailed_schedule(terms(method=Method.BULLET))

        assert isinstance(schedule, Schedule)
        assert len(schedule.rows) == len(schedule.parts) == len(schedule.spans) == 1

    @pytest.mark.parametrize("method", [Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.FLAT])
    def test_the_rests_say_what_each_row_pays_beyond_the_level_amount(self, method):
        schedule = detailed_schedule(terms(method=method, count=7, rounding_unit=1_000))

        level = [part.plan.minor - part.plan.rest for part in schedule.parts]
        assert len(set(level)) == 1
        assert schedule.parts[-1].rest != 0
        assert [part.rest for part in schedule.parts[:-1]] == [0] * 6
