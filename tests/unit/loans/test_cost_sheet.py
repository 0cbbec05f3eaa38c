"""The cost sheet: worked examples, what stands on it, and that its digest is its content's."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.penalty import PenaltyBase, PenaltyRule
from dashu.finance.terms import Method
from loans.domain.cost_sheet import Cost, NotCharged, cost_sheet, digest_of, sheet_of
from loans.domain.fees import FeeKeptBack, FeeWhen, demanded_rows
from tests.unit.loans.sheets import EACH, ENTRY, LEVEL, NOTARY, PBC, PENALTY, line, sheet


class TestWorkedCases:
    def test_the_example_of_the_central_bank(self):
        found = sheet(PBC, ENTRY)

        assert [row.total for row in found.rows[1:3]] == [8_833_30, 8_833_30]
        assert round(found.simple_rate, 4) == Decimal("0.1280")
        assert round(found.effective_rate, 4) == Decimal("0.1358")
        assert (found.all_in_rate, found.is_effective_stricter) == (found.effective_rate, True)
        assert (found.interest, found.fees, found.cost, found.total) == (6_000_00, 1_000_00, 7_000_00, 107_000_00)

    def test_without_fees_the_simple_rate_is_that_of_the_contract(self):
        found = sheet()

        assert round(found.simple_rate, 4) == Decimal("0.1800")
        assert found.effective_rate == Decimal("0.195623")
        assert (found.interest, found.fees, found.total) == (1_201_95, 0, 13_201_95)
        assert [each.kind for each in found.lines] == [Cost.INTEREST, Cost.PENALTY]

    def test_a_first_installment_thirty_days_late_costs_the_penalty_on_its_principal(self):
        found = sheet()
        first = found.rows[0]

        assert (first.principal, first.interest) == (920_16, 180_00)
        assert (found.late.days, found.late.amount) == (30, 18_40)  # 920.16 × 24% × 30/360 = 18.4032
        assert (found.late.base, found.late.cap) == ("principal", Decimal("0.24"))

    def test_days_of_grace_and_the_cap_lower_what_a_delay_costs(self):
        assert sheet(penalty=replace(PENALTY, grace_days=10)).late.amount == 12_26  # 20 days
        assert sheet(penalty=replace(PENALTY, all_in_cap=Decimal("0.12"))).late.amount == 9_20
        assert sheet(penalty=PenaltyRule()).late.amount == 0

    def test_interest_that_runs_on_is_part_of_what_a_delay_costs_and_takes_its_room(self):
        late = sheet(running_rate=Decimal("0.18"), running_year_days=360).late

        assert late.amount == 4_60 + 13_80  # penalty up to 24% − 18%, and 18% on 920.16 for 30 days


class TestLines:
    def test_each_fee_says_what_one_is_and_what_it_comes_to(self):
        found = sheet(LEVEL, ENTRY, EACH, NOTARY)

        assert [(each.code, each.kind, each.one, each.amount) for each in found.lines[1:-1]] == [
            ("entry", Cost.UPFRONT, 1_000_00, 1_000_00),
            ("account", Cost.EACH, 5_00, 60_00),
            ("notary", Cost.ON_EVENT, 500_00, 0),
        ]
        assert found.fees == 1_060_00
        assert found.lines[1].payee["en"] == "Dashu Finance"

    def test_a_rate_of_the_principal_stops_at_its_cap(self):
        share = line("service", FeeWhen.UPFRONT, share=Decimal("0.01"), cap=100_00)

        assert sheet(LEVEL, share).fees == 100_00
        assert sheet(LEVEL, replace(share, cap=None)).fees == 120_00

    def test_the_first_installment_demands_the_upfront_fee_and_the_payout_stays_whole(self):
        found = sheet(LEVEL, ENTRY, EACH)

        assert [row.fee for row in found.rows[:2]] == [1_005_00, 5_00]
        assert found.rows[0].total == 1_100_16 + 1_005_00
        assert sum(row.principal for row in found.rows) == 12_000_00

    def test_a_fee_taken_out_of_the_payout_is_refused(self):
        kept = Fee("entry", 1_000_00, FeeTiming.UPFRONT)

        with pytest.raises(FeeKeptBack):
            demanded_rows(replace(LEVEL, fees=(kept,)))

    def test_terms_that_charge_what_no_line_says_are_our_own_mistake(self):
        with pytest.raises(AssertionError, match="no line discloses"):
            cost_sheet([replace(LEVEL, fees=(EACH.fee,))], PENALTY, [])

    def test_says_what_is_not_charged(self):
        assert set(sheet().not_charged) == set(NotCharged)
        assert NotCharged.ACCOUNT not in sheet(LEVEL, EACH).not_charged
        on_interest = replace(PENALTY, base=PenaltyBase.PRINCIPAL_AND_INTEREST)
        assert NotCharged.COMPOUND not in sheet(penalty=on_interest).not_charged

    def test_knows_whether_every_month_asks_for_the_same(self):
        assert sheet().has_level_months
        assert not sheet(LEVEL, ENTRY).has_level_months
        assert not sheet(replace(LEVEL, method=Method.EQUAL_PRINCIPAL)).has_level_months
        assert not sheet(replace(LEVEL, method=Method.INTEREST_ONLY)).has_level_months

    def test_is_held_against_the_cap_by_the_stricter_rate(self):
        assert sheet(replace(LEVEL, annual_rate=Decimal("0.217"))).is_within_cap
        assert not sheet(replace(LEVEL, annual_rate=Decimal("0.22"))).is_within_cap


class TestDigest:
    def test_is_stable_and_written_down(self):
        assert sheet().digest == "34e666e56970771f829b06d3a76b29c97b8b2de0ca33643438e79935bf6a6e8c"

    def test_the_same_rate_written_otherwise_has_the_same_digest(self):
        assert sheet(replace(LEVEL, annual_rate=Decimal("0.1800"))).digest == sheet().digest

    @pytest.mark.parametrize(
        "other",
        [
            sheet(replace(LEVEL, annual_rate=Decimal("0.17"))),
            sheet(replace(LEVEL, disbursed_on=date(2026, 8, 16))),
            sheet(LEVEL, NOTARY),
            sheet(penalty=replace(PENALTY, grace_days=3)),
        ],
    )
    def test_changes_with_anything_on_the_sheet(self, other):
        assert other.digest != sheet().digest

    @given(
        principal=st.integers(1_000_00, 200_000_00),
        rate=st.decimals("0", "0.24", places=4),
        count=st.integers(3, 36),
        fee=st.integers(1, 20_00),
    )
    def test_the_json_reads_back_as_the_same_sheet(self, principal, rate, count, fee):
        terms = replace(LEVEL, principal=principal, annual_rate=rate, count=count)
        found = sheet(terms, line("account", FeeWhen.EACH, fee), NOTARY)

        stored = json.loads(json.dumps(found.document))

        assert sheet_of(stored) == found
        assert digest_of(stored) == found.digest
