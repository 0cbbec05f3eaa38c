"""What the OpenAPI document shows of applications; the tests send the answers and get what is shown."""

from typing import Any

ANSWERS: dict[str, dict[str, Any]] = {
    "loan": {"amount": "12000.00", "months": 12, "purpose": "EDUCATION"},
    "person": {
        "name": "阿米娜",
        "number": "11010519491231002X",
        "phone": "13800001234",
        "household": 1,
        "is_resident": True,
    },
    "work": {"job": "fixed", "years_in_job": 8, "home": "owner"},
    "month": {
        "income": "12000.00",
        "housing": "2000.00",
        "food": "1500.00",
        "transport": "500.00",
        "family": "500.00",
        "assets": "50000.00",
    },
    "debts": {"debts": [{"lender": "示范银行", "monthly": "500.00", "left": "6000.00"}], "had_defaults": False},
    "documents": {},
    "consents": {"texts": [1, 2, 3], "language": "zh-hans", "given_at": "2026-11-23T09:58:00+08:00"},
}

APPLICATION_IN: dict[str, Any] = {
    "product": "consumer",
    "borrower": {"reference": "C-1017", "name": "阿米娜", "language": "zh-hans"},
    "answers": ANSWERS,
}

_ROW: dict[str, Any] = {
    "id": "A0123456789",
    "status": "DRAFT",
    "product": {"code": "consumer", "name": "Consumer loan"},
    "borrower": "C-1017",
    "amount": {"amount": "12000.00", "currency": "CNY"},
    "months": 12,
    "purpose": "EDUCATION",
    "created_at": "2026-11-23T10:00:00+08:00",
    "submitted_at": None,
    "decided_at": None,
    "answer_due_at": None,
}

APPLICATIONS: dict[str, Any] = {"results": [_ROW], "next_cursor": None}

APPLICATION: dict[str, Any] = {
    **_ROW,
    "borrower": {
        "reference": "C-1017",
        "name": "阿**",
        "number": "110***********002X",
        "phone": "138****1234",
    },
    "steps": [{"step": step, "is_done": True} for step in ANSWERS],
    "guarantors": [],
    "timeline": [{"kind": "STARTED", "what": "Application begun", "at": "2026-11-23T10:00:00+08:00"}],
    "decision": None,
    "may_ask_for_review": False,
    "review_request": None,
    "offers": [],
    "tranches": [],
}

WITHDRAWN: dict[str, Any] = {
    **APPLICATION,
    "status": "WITHDRAWN",
    "timeline": [
        {"kind": "WITHDRAWN", "what": "Withdrawn", "at": "2026-11-23T10:05:00+08:00"},
        *APPLICATION["timeline"],
    ],
}

PAPER_IN: dict[str, Any] = {"kind": "INCOME", "file": "%PDF-1.7\n…"}
PAPER: dict[str, Any] = {
    "sha256": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
    "kind": "INCOME",
    "name": "payslip.pdf",
    "content_type": "application/pdf",
    "size": 48213,
    "added_at": "2026-11-23T10:02:00+08:00",
    "scan": "WAITING",
    "refusal": None,
}

PAPERS: dict[str, Any] = {
    "documents": [{**PAPER, "scan": "CLEAN"}],
    "wanted": [{"kind": "IDENTITY", "is_missing": True}, {"kind": "INCOME", "is_missing": False}],
}

PRODUCTS: dict[str, Any] = {
    "products": [
        {
            "code": "consumer",
            "name": "Consumer loan",
            "kind": "CONSUMER",
            "version": 1,
            "method": "equal_installment",
            "smallest": {"amount": "1000.00", "currency": "CNY"},
            "largest": {"amount": "200000.00", "currency": "CNY"},
            "fewest_months": 3,
            "most_months": 36,
            "most_tranches": 1,
            "tranches_within_days": 0,
            "lowest_annual_rate": "0.060000",
            "highest_annual_rate": "0.240000",
            "purposes": ["EDUCATION", "HEALTH", "HOME"],
            "steps": list(ANSWERS),
        }
    ]
}

CARD_ISSUERS: dict[str, Any] = {
    "as_of": "2026-11-29",
    "issuers": [
        {
            "code": "CMB",
            "names": {"zh-Hans": "招商银行", "zh-Hant": "招商銀行", "en": "China Merchants Bank"},
        }
    ],
}

CONSENT_TEXTS: dict[str, Any] = {
    "texts": [
        {
            "id": 2,
            "purpose": "CREDIT_REPORT",
            "version": 1,
            "is_needed": True,
            "title": {"en": "Reading your credit report", "zh-Hans": "查询您的信用报告", "zh-Hant": "查詢您的信用報告"},
            "text": {
                "en": "I agree that my credit report is read once for this application.",
                "zh-Hans": "我同意为本次申请查询一次我的信用报告。",
                "zh-Hant": "我同意為本次申請查詢一次我的信用報告。",
            },
        }
    ]
}
CONSENT_WITHDRAWAL_IN = {"purpose": "CREDIT_REPORT"}
