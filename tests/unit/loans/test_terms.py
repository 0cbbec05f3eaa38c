from decimal import Decimal

import pytest

from dashu.finance.allocation import Surplus
from dashu.finance.calendars import BusinessDay
from dashu.kernel.errors import DomainError
from loans.domain.terms import parse_rules

LEAST = {
    "method": "equal_installment",
    "min_principal": "1000.00",
    "max_principal": "200000.00",
    "min_count": 3,
    "max_count": 36,
    "min_annual_rate": "0",
    "max_annual_rate": "0.24",
}


class TestParseRules:
    def test_reads_bounds_and_leaves_the_rest_neutral(self):
        rules = parse_rules(LEAST)

        assert (rules.min_principal, rules.max_annual_rate) == (1_000_00, Decimal("0.24"))
        assert (rules.waterfall.surplus, rules.schedule) == (Surplus.NEXT_INSTALLMENT, {})

    def test_reads_what_it_says_of_its_schedules(self):
        rules = parse_rules(
            LEAST
            | {
                "surplus": "last_installment",
                "schedule": {"grace_principal": 3, "business_day": "following", "calendar": "cn"},
            }
        )

        assert rules.waterfall.surplus is Surplus.LAST_INSTALLMENT
        assert rules.schedule["grace_principal"] == 3
        assert rules.schedule["business_day"] is BusinessDay.FOLLOWING

    @pytest.mark.parametrize(
        ("term", "code", "field"),
        [
            ({"grace": 3}, "invalid_product_terms", "grace"),
            ({"min_count": "3"}, "invalid_product_terms", "min_count"),
            ({"max_annual_rate": 0.24}, "invalid_product_terms", "max_annual_rate"),
            ({"surplus": "reduce_term"}, "invalid_product_terms", "surplus"),
            ({"surplus": "unapplied"}, "invalid_product_terms", "surplus"),
            ({"schedule": {"tranches": []}}, "invalid_product_terms", "schedule.tranches"),
            ({"schedule": {"first_due_on": "2026-01-01"}}, "invalid_product_terms", "schedule.first_due_on"),
            ({"schedule": {"stub": "none"}}, "invalid_input", "schedule.stub"),
            ({"schedule": {"calendar": "mars"}}, "unknown_calendar", "schedule.calendar"),
            ({"schedule": []}, "invalid_input", "schedule"),
            ({"schedule": {"fees": []}}, "invalid_product_terms", "schedule.fees"),
            ({"fees": {}}, "invalid_fee_line", "fees"),
            ({"fees": [{"code": "notary"}]}, "invalid_fee_line", "fees[0].name"),
        ],
    )
    def test_refuses_at_the_term(self, term, code, field):
        with pytest.raises(DomainError) as refusal:
            parse_rules(LEAST | term)

        assert (refusal.value.code, refusal.value.field) == (code, field)
