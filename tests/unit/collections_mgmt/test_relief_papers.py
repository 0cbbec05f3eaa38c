"""The papers of a plan say what was agreed, in each language."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from collections_mgmt.papers.amendment import amendment_pdf
from collections_mgmt.papers.plan_certificate import plan_certificate_pdf
from dashu.finance.penalty import PenaltyRule
from dashu.finance.terms import Method, ScheduleTerms
from loans.domain.cost_sheet import cost_sheet
from tests.papers import text_of

AT = datetime(2026, 3, 1, 4, tzinfo=UTC)
ABOUT = {
    "issued_on": "2026-03-01",
    "lender": "大樹金融",
    "borrower": "王小明",
    "loan": "DS20260000001",
    "product": "消费贷款",
    "currency": "CNY",
    "plan": "R0000000001",
    "method": "term_extension",
}
AMENDED: dict[str, Any] = {
    **ABOUT,
    "relief": {"method": "term_extension", "count": 2},
    "figures": {
        "first_due_on": "2026-04-01",
        "first_minor": 610_00,
        "highest_minor": 610_00,
        "ends_on": "2026-05-01",
        "penalty_minor": 0,
        "total_minor": 1_212_34,
        "total_before_minor": 1_200_00,
        "extra_minor": 12_34,
        "extra_interest_minor": 10_00,
    },
    "rows": [[3, "2026-04-01", 600_00, 10_00, 0], [4, "2026-05-01", 600_00, 2_34, 0]],
    "given_up": 0,
    "withdraw_days": 7,
    "withdraw_until": "2026-03-08",
    "broken_days": 10,
    "cure_days": 30,
    "observed_until": "2027-04-01",
    "credit_event": "1",
    "accepted_at": "2026-03-01T12:00:00+08:00",
    "phone": "138****0000",
    "offer_digest": "a" * 64,
    "evidence_digest": "b" * 64,
}
HOW: dict[str, Any] = {
    "number": "DS-AM-20260301-000001",
    "code": "7K3M-0000-0000-0000",
    "verify_url": "https://loans.example/verify/7K3M-0000-0000-0000/",
    "issued_at": AT,
}


class TestTheAmendment:
    @pytest.mark.parametrize(
        ("language", "told"),
        [
            (
                "zh-hans",
                ["贷款合同变更协议", "¥610.00", "总还款额增加¥12.34", "特殊事件1", "逾期超过10天", "R0000000001"],
            ),
            ("zh-hant", ["貸款合約變更協議", "總還款額增加¥12.34", "特殊事件1", "逾期超過10天"]),
            ("en", ["Amendmentoftheloancontract", "Inall¥12.34moreispaid", "thespecialevent1", "10dayslate"]),
        ],
    )
    def test_says_what_changes_what_it_costs_and_what_is_reported(self, language, told):
        text = text_of(amendment_pdf(AMENDED, language=language, **HOW))

        assert [words for words in told if words not in text] == []
        assert "a" * 64 in text
        assert "b" * 64 in text

    def test_speaks_of_what_was_given_up_only_where_something_was(self):
        plain = text_of(amendment_pdf(AMENDED, language="en", **HOW))
        with_waiver = text_of(amendment_pdf({**AMENDED, "given_up": 30_00}, language="en", **HOW))

        assert "gaveup" not in plain
        assert "Givenupbythelender¥30.00" in with_waiver
        assert "whatthelendergaveupisowedagain" in with_waiver

    def test_names_penalty_interest_beside_the_schedule(self):
        figures = {**AMENDED["figures"], "penalty_minor": 7_97, "total_minor": 1_220_31}

        text = text_of(amendment_pdf({**AMENDED, "figures": figures}, language="en", **HOW))

        assert "Penaltyinterestduenow¥7.97" in text
        assert "Paidinallfromnowon¥1,220.31" in text
        assert "Together¥1,212.34" in text

    @pytest.mark.parametrize(
        ("language", "told"),
        [
            ("zh-hans", ["贷款DS1结清", "¥7,000.00，年利率18%", "贷款DS20260000001开始", "年化综合成本（单利）"]),
            ("zh-hant", ["貸款DS1結清", "¥7,000.00，年利率18%", "貸款DS20260000001開始", "年化綜合成本（單利）"]),
            (
                "en",
                ["LoanDS1ends¥7,000.00,at18%ayear", "LoanDS2ends¥3,000.00,at9%ayear", "Allitcostsayear,simple15.30%"],
            ),
        ],
    )
    def test_says_of_loans_that_become_one_what_ends_what_begins_and_what_it_costs(self, language, told):
        terms = ScheduleTerms(10_000_00, Decimal("0.153"), Method.EQUAL_INSTALLMENT, 24, date(2026, 3, 1))
        sheet = cost_sheet([terms], PenaltyRule(Decimal("0.2295")), [], rate_cap=Decimal("0.24"))
        joined = {
            "ends": [
                {"loan": "DS1", "minor": 7_000_00, "annual_rate": "0.180000"},
                {"loan": "DS2", "minor": 3_000_00, "annual_rate": "0.090000"},
            ],
            "principal_minor": 10_000_00,
            "annual_rate_before": "0.153000",
            "cost_sheet": sheet.document,
        }
        figures = {**AMENDED["figures"], "consolidation": joined}

        text = text_of(
            amendment_pdf({**AMENDED, "method": "consolidation", "figures": figures}, language=language, **HOW)
        )

        assert [words for words in told if words not in text] == []
        assert "¥10,000.00" in text
        assert f"{sheet.interest / 100:,.2f}" in text

    def test_is_the_same_to_the_byte_when_set_again(self):
        assert amendment_pdf(AMENDED, language="zh-hans", **HOW) == amendment_pdf(AMENDED, language="zh-hans", **HOW)


class TestTheCertificate:
    @pytest.mark.parametrize(
        ("language", "told"),
        [
            ("zh-hans", ["还款方案完成证明", "王小明", "R0000000001"]),
            ("zh-hant", ["還款方案完成證明", "R0000000001"]),
            ("en", ["Certificateofacompletedplan", "paidittoitsend"]),
        ],
    )
    def test_says_that_the_plan_was_paid_to_its_end(self, language, told):
        facts = {**ABOUT, "accepted_on": "2026-03-01", "completed_on": "2026-05-01", "principal": 12_000_00}

        text = text_of(plan_certificate_pdf(facts, language=language, **HOW))

        assert [words for words in told if words not in text] == []
