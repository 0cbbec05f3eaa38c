"""What the OpenAPI document shows of budgets, incomes and restructuring offers."""

from typing import Any


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


FORM: dict[str, Any] = {
    "consent_text": {
        "id": 8,
        "version": 1,
        "title": {"en": "Asking for easier payments through a partner"},
        "text": {"en": "I agree that the partner who brought my loan tells you what I have and need in a month …"},
    },
    "categories": [{"code": "HOUSING", "name": "Housing"}, {"code": "FOOD", "name": "Food"}],
    "causes": [{"code": "INCOME", "name": "My income fell or comes irregularly"}],
    "lasts": [{"code": "QUARTER", "name": "Up to three months"}],
}
BUDGET_IN: dict[str, Any] = {
    "consent": {"text": 8, "language": "zh-hans", "given_at": "2026-03-01T11:58:00+08:00"},
    "household": 1,
    "income": {"SALARY": _money("5000.00")},
    "expenses": {"HOUSING": _money("2000.00"), "FOOD": _money("1200.00")},
    "debts": {"CARD": _money("400.00")},
    "cause": "INCOME",
    "lasts": "QUARTER",
    "payday": 10,
}
BUDGET: dict[str, Any] = {
    "id": "B7K3M9QRT2XYZ",
    "loan": "DS20260000123",
    "made_at": "2026-03-01T12:00:00+08:00",
    "household": 1,
    "cause": "INCOME",
    "left_of_a_month": _money("900.00"),
    "asks": ["HOUSING"],
}
REQUEST_IN: dict[str, Any] = {"budget": "B7K3M9QRT2XYZ"}
_CARRIED: dict[str, Any] = {"month": "2026-04", "debt_share": "0.3000", "fits": True}
OFFER: dict[str, Any] = {
    "id": "O7K3M9QRT2XYZ",
    "loans": ["DS20260000123"],
    "status": "OPEN",
    "source": "ASKED",
    "made_at": "2026-03-01T12:00:00+08:00",
    "quoted_on": "2026-03-01",
    "last_day": "2026-03-15",
    "ended_on": None,
    "budget": "B7K3M9QRT2XYZ",
    "accept_at": "https://dashu.example/plans/offers/O7K3M9QRT2XYZ/",
    "ways": [
        {
            "number": 1,
            "loan": "DS20260000123",
            "method": "term_extension",
            "status": "OFFERED",
            "is_recommended": True,
            "is_own": False,
            "figures": {
                "monthly": _money("800.12"),
                "highest": _money("800.12"),
                "first": _money("800.12"),
                "total": _money("12001.80"),
                "total_before": _money("12101.76"),
                "extra": _money("-99.96"),
                "extra_interest": _money("-99.96"),
                "given_up": _money("0.00"),
                "penalty": _money("0.00"),
                "first_due_on": "2026-03-15",
                "payments": 15,
                "ends_on": "2027-05-15",
                "ends_on_before": "2027-01-15",
                "annual_rate": "0.180000",
                "all_in_rate": "0.195618",
            },
            "affordability": {
                "before": {**_CARRIED, "payment": _money("1100.16"), "surplus": _money("-200.16"), "fits": False},
                "after": {**_CARRIED, "payment": _money("800.12"), "surplus": _money("99.88")},
            },
            "credit_effect": "special_event",
            "schedule": [
                {
                    "number": 2,
                    "due_on": "2026-03-15",
                    "principal": _money("633.92"),
                    "interest": _money("166.20"),
                    "fee": _money("0.00"),
                    "total": _money("800.12"),
                }
            ],
        }
    ],
    "not_offered": [{"method": "settlement", "reason": "no_lump_sum", "needs_person": False}],
    "plan": None,
}
OFFERS: dict[str, Any] = {"results": [OFFER], "next_cursor": None}
REQUEST: dict[str, Any] = {
    "loan": "DS20260000123",
    "budget": "B7K3M9QRT2XYZ",
    "outcome": "OFFERED",
    "offers": OFFER,
    "not_offered": OFFER["not_offered"],
    "needs_person": False,
}
INCOME_IN: dict[str, Any] = {"amount": _money("5000.00"), "credited_on": "2026-03-10", "reference": "salary-2026-03"}
INCOME: dict[str, Any] = {**INCOME_IN, "noted_on": "2026-03-11"}
INCOMES: dict[str, Any] = {"results": [INCOME], "next_cursor": None}
LINK_IN: dict[str, Any] = {"return_url": "https://partner.example/help/done?client=1017"}
LINK: dict[str, Any] = {
    "id": "9b2f1f0e-6c1d-4f0a-9c53-0a4d1c2b7e11",
    "url": "https://loans.example/relief/3f0c9a51d27be846a1c05d9e7f38b264c1a90e57d3f8b612/",
    "phone": "138****1234",
    "expires_at": "2026-03-02T12:05:00+08:00",
}
