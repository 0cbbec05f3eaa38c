"""What the OpenAPI document shows of decisions and offers; a test compares the cost sheet with what is answered."""

from typing import Any

from loans.api.application_examples import APPLICATION


def _cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


_DECIDED: dict[str, Any] = {
    **APPLICATION,
    "submitted_at": "2026-11-23T10:02:00+08:00",
    "decided_at": "2026-11-23T10:03:00+08:00",
}
_SUBMITTED: list[dict[str, str]] = [
    {"kind": "SUBMITTED", "what": "Application submitted", "at": "2026-11-23T10:02:00+08:00"},
    *APPLICATION["timeline"],
]
_OFFERS: list[dict[str, Any]] = [
    {
        "position": 1,
        "whys": [
            "smallest_that_meets_need",
            "cheapest_in_all",
        ],
        "principal": _cny("12000.00"),
        "tranches": [{"amount": _cny("12000.00"), "on": None}],
        "count": 12,
        "annual_rate": "0.156000",
        "highest_installment": _cny("1086.50"),
        "cost": _cny("1038.00"),
        "total": _cny("13038.00"),
        "all_in_rate": "0.167652",
        "surplus": _cny("1473.50"),
        "under_stress": {
            "highest_installment": _cny("1097.88"),
            "surplus": _cny("-49.88"),
            "debt_share": "0.237800",
        },
        "expires_on": "2026-12-07",
        "is_chosen": False,
    },
    {
        "position": 2,
        "whys": ["gentlest_installment"],
        "principal": _cny("12000.00"),
        "tranches": [{"amount": _cny("12000.00"), "on": None}],
        "count": 36,
        "annual_rate": "0.156000",
        "highest_installment": _cny("419.52"),
        "cost": _cny("3102.64"),
        "total": _cny("15102.64"),
        "all_in_rate": "0.167651",
        "surplus": _cny("2140.48"),
        "under_stress": {
            "highest_installment": _cny("431.65"),
            "surplus": _cny("616.35"),
            "debt_share": "0.138700",
        },
        "expires_on": "2026-12-07",
        "is_chosen": False,
    },
]

OFFERED: dict[str, Any] = {
    **_DECIDED,
    "status": "OFFERED",
    "timeline": [{"kind": "OFFERED", "what": "Offers made", "at": "2026-11-23T10:03:00+08:00"}, *_SUBMITTED],
    "decision": {
        "outcome": "APPROVE",
        "decided_at": "2026-11-23T10:03:00+08:00",
        "is_by_person": False,
        "words": "",
        "reasons": [],
        "limits": [],
        "budget": {
            "income": _cny("8400.00"),
            "stated_income": _cny("12000.00"),
            "essentials": _cny("4500.00"),
            "debts": _cny("500.00"),
            "buffer": _cny("840.00"),
            "free": _cny("2560.00"),
            "highest_installment": _cny("2560.00"),
        },
        "ways": [],
    },
    "offers": _OFFERS,
}

CHOSEN: dict[str, Any] = {
    **OFFERED,
    "status": "ACCEPTED",
    "timeline": [
        {"kind": "CHOSEN", "what": "Offer chosen", "at": "2026-11-23T10:05:00+08:00"},
        *OFFERED["timeline"],
    ],
    "offers": [{**_OFFERS[0], "is_chosen": True}, _OFFERS[1]],
}

REVIEW_IN: dict[str, Any] = {"words": "My rent falls in January."}

REVIEW_ASKED: dict[str, Any] = {
    **_DECIDED,
    "status": "REFERRED",
    "answer_due_at": "2026-12-02T23:59:00+08:00",
    "timeline": [
        {"kind": "REVIEW_ASKED", "what": "Review by a person asked for", "at": "2026-11-23T10:10:00+08:00"},
        {"kind": "REFUSED", "what": "No loan for now", "at": "2026-11-23T10:03:00+08:00"},
        *_SUBMITTED,
    ],
    "decision": {
        "outcome": "REFUSE",
        "decided_at": "2026-11-23T10:03:00+08:00",
        "is_by_person": False,
        "words": "",
        "reasons": [
            {
                "code": "no_surplus",
                "fact": (
                    "With this installment ¥2,888.52 a month would be missing after essentials, debts and a reserve."
                ),
                "help": "A smaller amount, a longer time or proof of more income helps.",
            }
        ],
        "limits": [
            {
                "code": "offer.installment",
                "fact": "Even over the longest time this amount costs ¥426.64 a month; the month can carry ¥0.00.",
                "help": "A smaller amount helps, or lower debts, or proof of more income.",
            }
        ],
        "budget": {
            "income": _cny("4550.00"),
            "stated_income": _cny("6500.00"),
            "essentials": _cny("4200.00"),
            "debts": _cny("2364.00"),
            "buffer": _cny("455.00"),
            "free": _cny("-2469.00"),
            "highest_installment": _cny("0.00"),
        },
        "ways": [],
    },
    "review_request": {"asked_at": "2026-11-23T10:10:00+08:00", "due_on": "2026-12-02"},
}

SHEET: dict[str, Any] = {
    "position": 1,
    "starts_on": "2026-11-23",
    "principal": _cny("3000.00"),
    "annual_rate": "0.144000",
    "interest": _cny("72.28"),
    "fees": _cny("0.00"),
    "total": _cny("3072.28"),
    "simple_rate": "0.143988",
    "effective_rate": "0.153881",
    "all_in_rate": "0.153881",
    "rate_cap": "0.240000",
    "costs": [
        {
            "code": "interest",
            "name": "Interest",
            "method": "14.4% a year of the principal still owed; Equal installments",
            "payee": "Dashu Finance",
            "amount": _cny("72.28"),
        },
    ],
    "contingent": [
        {
            "code": "penalty",
            "name": "Penalty interest",
            "method": "21.6% a year of the overdue principal only, by days (360 days a year)",
            "payee": "Dashu Finance",
            "amount": _cny("0.00"),
        },
        {
            "code": "notary",
            "name": "Notary fee",
            "method": "Only when you ask for it or it happens: at most ¥500.00 each time",
            "payee": "The notary office",
            "amount": _cny("0.00"),
        },
        {
            "code": "paper_copy",
            "name": "Paper copy by courier",
            "method": "Only when you ask for it or it happens: at most ¥20.00 each time",
            "payee": "The courier",
            "amount": _cny("0.00"),
        },
    ],
    "late_example": "Example: the first installment of ¥1,024.10 is paid 30 days late. It then costs ¥17.78 more.",
    "not_charged": [
        {
            "code": "head_cut",
            "words": "Nothing is taken out of the sum paid out",
        },
        {
            "code": "service",
            "words": "No service or brokerage fee",
        },
        {
            "code": "guarantee",
            "words": "No guarantee fee or insurance premium",
        },
        {
            "code": "account",
            "words": "No account management fee",
        },
        {
            "code": "early_repayment",
            "words": "No fee for early repayment",
        },
        {
            "code": "collection",
            "words": "No collection fee",
        },
        {
            "code": "compound",
            "words": "No interest on interest",
        },
    ],
    "tranches": [{"number": 1, "on": "2026-11-23", "principal": _cny("3000.00")}],
    "installments": [
        {
            "tranche": 1,
            "number": 1,
            "due_on": "2026-12-23",
            "principal": _cny("988.10"),
            "interest": _cny("36.00"),
            "fee": _cny("0.00"),
            "total": _cny("1024.10"),
            "balance": _cny("2011.90"),
        },
        {
            "tranche": 1,
            "number": 2,
            "due_on": "2027-01-23",
            "principal": _cny("999.96"),
            "interest": _cny("24.14"),
            "fee": _cny("0.00"),
            "total": _cny("1024.10"),
            "balance": _cny("1011.94"),
        },
        {
            "tranche": 1,
            "number": 3,
            "due_on": "2027-02-23",
            "principal": _cny("1011.94"),
            "interest": _cny("12.14"),
            "fee": _cny("0.00"),
            "total": _cny("1024.08"),
            "balance": _cny("0.00"),
        },
    ],
    "digest": "2bc7d3edbf9531b7ed85b2bd7d6125dddb50f90e14627212861c5cf90a2022f7",
    "document": {
        "format": 1,
        "currency": "CNY",
        "principal": 300000,
        "annual_rate": "0.144",
        "method": "equal_installment",
        "period": "month",
        "every": 1,
        "starts_on": "2026-11-23",
        "rows": [
            {
                "number": 1,
                "due_on": "2026-12-23",
                "principal": 98810,
                "interest": 3600,
                "fee": 0,
                "balance": 201190,
            },
            {
                "number": 2,
                "due_on": "2027-01-23",
                "principal": 99996,
                "interest": 2414,
                "fee": 0,
                "balance": 101194,
            },
            {
                "number": 3,
                "due_on": "2027-02-23",
                "principal": 101194,
                "interest": 1214,
                "fee": 0,
                "balance": 0,
            },
        ],
        "lines": [
            {
                "kind": "interest",
                "code": "interest",
                "name": None,
                "payee": None,
                "amount": 7228,
                "one": 0,
                "rate": "0.144",
                "cap": None,
                "is_once": False,
            },
            {
                "kind": "on_event",
                "code": "notary",
                "name": {
                    "zh-Hans": "公证费",
                    "zh-Hant": "公證費",
                    "en": "Notary fee",
                },
                "payee": {
                    "zh-Hans": "公证处",
                    "zh-Hant": "公證處",
                    "en": "The notary office",
                },
                "amount": 0,
                "one": 50000,
                "rate": None,
                "cap": None,
                "is_once": False,
            },
            {
                "kind": "on_event",
                "code": "paper_copy",
                "name": {
                    "zh-Hans": "纸质文件快递费",
                    "zh-Hant": "紙本文件快遞費",
                    "en": "Paper copy by courier",
                },
                "payee": {
                    "zh-Hans": "快递公司",
                    "zh-Hant": "快遞公司",
                    "en": "The courier",
                },
                "amount": 0,
                "one": 2000,
                "rate": None,
                "cap": None,
                "is_once": False,
            },
            {
                "kind": "penalty",
                "code": "penalty",
                "name": None,
                "payee": None,
                "amount": 0,
                "one": 0,
                "rate": "0.216",
                "cap": None,
                "is_once": False,
            },
        ],
        "interest": 7228,
        "fees": 0,
        "simple_rate": "0.143988",
        "effective_rate": "0.153881",
        "rate_cap": "0.24",
        "late": {
            "annual_rate": "0.216",
            "base": "principal",
            "year_days": 360,
            "grace_days": 0,
            "cap": None,
            "running_rate": "0",
            "days": 30,
            "amount": 1778,
        },
        "not_charged": [
            "head_cut",
            "service",
            "guarantee",
            "account",
            "early_repayment",
            "collection",
            "compound",
        ],
    },
}
