"""Fee lines: read and written alike, refused at the key that is wrong, and never taken out of the payout."""

from dataclasses import replace
from decimal import Decimal

import pytest

from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.schedule import build_schedule
from dashu.kernel.errors import DomainError
from loans.domain.fees import FeeWhen, demanded_rows, fee_lines_to_json, parse_fee_lines, scheduled_fees
from tests.unit.loans.sheets import EACH, ENTRY, LEVEL, NOTARY, line

NAMES = {"zh-Hans": "公证费", "zh-Hant": "公證費", "en": "Notary fee"}
LINE = {"code": "notary", "name": NAMES, "payee": NAMES, "when": "on_event", "amount": "500.00"}


class TestLines:
    @pytest.mark.parametrize(
        "raw",
        [
            LINE,
            LINE | {"once": True},
            {**LINE, "when": "upfront"},
            {key: value for key, value in LINE.items() if key != "amount"} | {"rate": "0.01", "cap": "100.00"},
            {key: value for key, value in LINE.items() if key != "amount"} | {"rate": "0.01", "when": "each"},
        ],
    )
    def test_are_written_as_they_were_read(self, raw):
        assert fee_lines_to_json(parse_fee_lines([raw])) == [raw]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"colour": "green"}, "fees[0].colour"),
            ({"code": "Notary Fee"}, "fees[0].code"),
            ({"code": None}, "fees[0].code"),
            ({"name": {"en": "Notary fee"}}, "fees[0].name"),
            ({"payee": {**NAMES, "en": " "}}, "fees[0].payee.en"),
            ({"payee": {**NAMES, "en": "x" * 61}}, "fees[0].payee.en"),
            ({"when": "financed"}, "fees[0].when"),
            ({"when": "upfront_paid"}, "fees[0].when"),
            ({"when": "each", "once": True}, "fees[0].once"),
            ({"once": "yes"}, "fees[0].once"),
            ({"amount": "0"}, "fees[0].amount"),
            ({"amount": 5}, "fees[0].amount"),
            ({"rate": "0.01"}, "fees[0].amount"),
            ({"cap": "5.00"}, "fees[0].cap"),
        ],
    )
    def test_are_refused_at_the_key_that_is_wrong(self, change, field):
        with pytest.raises(DomainError) as refused:
            parse_fee_lines([LINE | change])

        assert refused.value.field == field

    @pytest.mark.parametrize("rate", ["0", "1.1", "-0.1", "NaN", "1%", 0.1])
    def test_have_a_rate_that_is_a_fraction(self, rate):
        raw = {key: value for key, value in LINE.items() if key != "amount"}

        with pytest.raises(DomainError) as refused:
            parse_fee_lines([raw | {"rate": rate}])

        assert refused.value.field == "fees[0].rate"

    @pytest.mark.parametrize(
        ("raw", "field"), [({}, "fees"), ([LINE] * 21, "fees"), ([LINE, LINE], "fees[1].code"), (["x"], "fees[0]")]
    )
    def test_are_a_short_list_with_each_code_once(self, raw, field):
        with pytest.raises(DomainError) as refused:
            parse_fee_lines(raw)

        assert refused.value.field == field

    def test_say_what_one_charge_is(self):
        share = line("service", FeeWhen.UPFRONT, share=Decimal("0.01"), cap=100_00)

        assert NOTARY.of(12_000_00) == 500_00
        assert (share.of(5_000_00), share.of(12_000_00)) == (50_00, 100_00)


class TestDemandedRows:
    def test_the_first_carries_upfront_fees_and_each_its_own(self):
        rows = demanded_rows(replace(LEVEL, fees=scheduled_fees([ENTRY, EACH, NOTARY])))

        assert [row.fee for row in rows] == [1_005_00] + [5_00] * 11
        assert sum(row.principal for row in rows) == LEVEL.principal

    def test_without_fees_are_the_schedule(self):
        assert demanded_rows(LEVEL) == build_schedule(LEVEL)

    def test_refuse_a_fee_that_lowers_the_payout(self):
        with pytest.raises(DomainError) as refused:
            demanded_rows(replace(LEVEL, fees=(Fee("entry", 1, FeeTiming.UPFRONT),)))

        assert refused.value.code == "fee_kept_back"
