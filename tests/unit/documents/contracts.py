"""Facts of contracts that tests print."""

from datetime import datetime
from typing import Any

from dashu.kernel.dates import LENDER_ZONE
from loans.papers.contract import ContractFacts, contract_pdf
from tests.unit.loans.sheets import EACH, LEVEL, NOTARY, PENALTY, sheet

ISSUED = datetime(2026, 8, 14, 10, 30, tzinfo=LENDER_ZONE)
FACTS: ContractFacts = {
    "number": "DS20260000123",
    "lender": "大树金融",
    "borrower": "李明",
    "id_number": "110***********1234",
    "product": "消费贷款",
    "purpose": "房屋装修",
    "sheet": sheet(LEVEL, EACH, NOTARY, penalty=PENALTY).document,
    "cooling_off_days": 7,
    "complaints": {
        "phone": "400-000-0000",
        "hours": "每天9:00至21:00",
        "address": "上海市示范路1号",
        "regulator": "国家金融监督管理总局的投诉热线",
        "regulator_phone": "12378",
    },
}
BUSINESS: dict[str, Any] = {
    "product": "小微企业贷款",
    "entity": {
        "name": "杭州青禾商贸有限公司",
        "uscc": "91330100MA27XYZ12A",
        "guarantors": [
            {"name": "王芳", "id_number": "330***********5678", "share": "0.6"},
            {"name": "陈伟", "id_number": "330***********9012", "share": "0.4"},
        ],
        "covenants": [{"text": "每季度提供财务报表", "by": "2026-12-31"}],
    },
}
CARD: dict[str, Any] = {"product": "信用卡还款贷款", "card": {"issuer": "招商银行", "number": "6225 **** **** 1234"}}
SIGNED: dict[str, Any] = {
    "signature": {
        "name": "李明",
        "at": "2026-08-14T10:29:31+08:00",
        "phone": "138****5678",
        "evidence": "ab" * 32,
    }
}


def contract(language: str = "zh-hans", **changes: Any) -> bytes:
    facts: Any = {**FACTS, **changes}
    return contract_pdf(
        facts,
        code="7K3M-0000-ABCD-XYZ1",
        language=language,
        verify_url="https://loans.example/verify/7K3M0000ABCDXYZ1/",
        issued_at=ISSUED,
    )
