"""People who apply, and what they answer, for tests of applications: always through the real services."""

from datetime import datetime
from typing import Any

from dashu.consents.selectors import latest_texts
from dashu.kernel.dates import LENDER_ZONE
from dashu.users.models import Borrower
from loans.domain.application_consents import EVERY
from loans.domain.application_facts import steps_of
from loans.models import Application
from loans.services.answer_step import answer_step
from loans.services.start_application import start_application
from loans.services.submit_application import submit_application

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=LENDER_ZONE)
# Of people who do not exist; the check digits are right.
AMINAS_NUMBER = "11010519491231002X"
BROOKS_NUMBER = "110101199003070134"
BROOKS_PHONE = "13900005678"
ISSUERS_CARD = "6225750000112231"
DEBIT_CARD = "6222020200112233446"
UNKNOWN_CARD = "6200000000000005"


def answers(kind: str = "CONSUMER", **steps: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a good applicant answers, by step. :param steps: what is answered otherwise, by step."""
    usual: dict[str, dict[str, Any]] = {
        "loan": {"amount": "12000.00", "months": 12, "purpose": "EDUCATION"},
        "person": {
            "name": "阿米娜",
            "number": AMINAS_NUMBER,
            "phone": "13800001234",
            "household": 1,
            "is_resident": True,
        },
        "business": {
            "name": "大树小吃店",
            "credit_code": "91110000600037341L",
            "years": 6,
            "monthly_revenue": "60000.00",
            "guarantors": [{"name": "布鲁克", "number": BROOKS_NUMBER, "phone": BROOKS_PHONE, "share_bps": 5000}],
        },
        "card": {
            "issuer": "CMB",
            "card_number": ISSUERS_CARD,
            "statement": "12000.00",
            "minimum": "1200.00",
            "annual_rate": "0.1825",
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
        "debts": {"debts": [], "had_defaults": False},
        "documents": {},
        "consents": {"texts": [text.pk for text in latest_texts(EVERY)]},
    }
    if kind == "SME":
        usual["loan"] = {"amount": "100000.00", "months": 12, "purpose": "STOCK", "plan": "equal_principal"}
        usual["month"]["income"] = "40000.00"
    if kind == "CARD_REPAYMENT":
        usual["loan"]["purpose"] = "CARD"
    return {step.value: {**usual[step.value], **steps.get(step.value, {})} for step in steps_of(kind)}


PRODUCTS = {"CONSUMER": "consumer", "SME": "sme", "CARD_REPAYMENT": "card-repayment"}


def draft(borrower: Borrower, kind: str = "CONSUMER", *, now: datetime = NOW, **steps: dict[str, Any]) -> Application:
    """Return an application with every step answered, not handed in."""
    actor = f"user:{borrower.user_id}"
    application = start_application(borrower_id=borrower.pk, product_code=PRODUCTS[kind], now=now, actor=actor)
    for step, answer in answers(kind, **steps).items():
        application = answer_step(application_id=application.pk, step=step, answer=answer, now=now, actor=actor)
    return application


def submitted(
    borrower: Borrower, kind: str = "CONSUMER", *, now: datetime = NOW, **steps: dict[str, Any]
) -> Application:
    application = draft(borrower, kind, now=now, **steps)
    return submit_application(application_id=application.pk, now=now, actor=f"user:{borrower.user_id}")
