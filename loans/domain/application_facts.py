"""
What an applicant states, step by step, as plain data: read from forms and from the API by the same functions.

Each step is a document; `read_step` checks it and returns what is kept: whole minor units, codes and numbers, the same
whoever asks. Names, ID numbers, phone and card numbers are not among them: those are kept sealed, apart.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from dashu.kernel.documents import Document
from dashu.kernel.errors import InvalidInput, _
from loans.domain.scoring_facts import Housing, Work
from loans.domain.tranches import read_parts

MOST_DEBTS = 30
MOST_MONTHS = 120


class Step(StrEnum):
    LOAN = "loan"
    PERSON = "person"
    BUSINESS = "business"
    CARD = "card"
    WORK = "work"
    MONTH = "month"
    DEBTS = "debts"
    DOCUMENTS = "documents"
    CONSENTS = "consents"


class Purpose(StrEnum):
    EDUCATION = "EDUCATION"
    HEALTH = "HEALTH"
    HOME = "HOME"
    APPLIANCE = "APPLIANCE"
    TRAVEL = "TRAVEL"
    WEDDING = "WEDDING"
    VEHICLE = "VEHICLE"
    STOCK = "STOCK"
    EQUIPMENT = "EQUIPMENT"
    WORKING_CAPITAL = "WORKING_CAPITAL"
    CARD = "CARD"
    OTHER_LOANS = "OTHER_LOANS"
    OTHER = "OTHER"


class Plan(StrEnum):
    """How a business would like to repay."""

    EQUAL_PRINCIPAL = "equal_principal"
    SEASONAL = "seasonal"


PURPOSES: Mapping[str, Sequence[Purpose]] = {
    "CONSUMER": (
        Purpose.EDUCATION,
        Purpose.HEALTH,
        Purpose.HOME,
        Purpose.APPLIANCE,
        Purpose.TRAVEL,
        Purpose.WEDDING,
        Purpose.VEHICLE,
        Purpose.OTHER_LOANS,
        Purpose.OTHER,
    ),
    "SME": (Purpose.STOCK, Purpose.EQUIPMENT, Purpose.WORKING_CAPITAL, Purpose.OTHER_LOANS, Purpose.OTHER),
    "CARD_REPAYMENT": (Purpose.CARD,),
}
# Months after which what was bought is used up: a loan that outlives it is still paid for when there is nothing left of
# it. Source: domain notes 4.2, term at most the useful life; the figures are the lender's own.
USEFUL_LIFE: Mapping[Purpose, int] = {
    Purpose.TRAVEL: 12,
    Purpose.WEDDING: 24,
    Purpose.APPLIANCE: 36,
    Purpose.STOCK: 12,
    Purpose.WORKING_CAPITAL: 12,
}


def steps_of(kind: str) -> tuple[Step, ...]:
    """Return the steps of a product kind in the order in which they are asked."""
    left_out = {"CONSUMER": {Step.BUSINESS, Step.CARD}, "SME": {Step.CARD}, "CARD_REPAYMENT": {Step.BUSINESS}}[kind]
    return tuple(step for step in Step if step not in left_out)


def read_step(step: Step, kind: str, raw: object, currency: str) -> dict[str, Any]:
    """
    Return what is kept of a step.

    :param kind: of the product.
    :raises DomainError: with the field that is to blame.
    """
    document = Document(raw)
    kept = _READERS[step](document, kind, currency)
    document.done()
    return kept


def _loan(document: Document, kind: str, currency: str) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "amount_minor": document.amount("amount", currency),
        "months": document.whole("months", low=1, high=MOST_MONTHS),
        "purpose": document.choice("purpose", Purpose).value,
    }
    if kept["purpose"] not in PURPOSES[kind]:
        raise InvalidInput(_("This product is not for this purpose."), field="purpose")
    if kind == "SME":
        kept["plan"] = document.choice("plan", Plan, Plan.EQUAL_PRINCIPAL).value
        kept["strong_months"] = _strong_months(document)
        if kept["plan"] == Plan.SEASONAL and not kept["strong_months"]:
            raise InvalidInput(_("Name the months in which your business earns most."), field="strong_months")
    if parts := read_parts(document, kept["amount_minor"], currency):
        kept["tranches"] = parts
    return kept


def _strong_months(document: Document) -> list[int]:
    months = document.wholes("strong_months", most=11, low=1, high=12)
    return sorted(set(months))


def _person(document: Document, _kind: str, _currency: str) -> dict[str, Any]:
    return {
        "is_resident": document.yes("is_resident"),
        "household": document.whole("household", low=1, high=20),
    }


def _business(document: Document, _kind: str, currency: str) -> dict[str, Any]:
    return {
        "name": document.text("name", longest=120),
        "years": document.whole("years", high=200),
        "monthly_revenue_minor": document.amount("monthly_revenue", currency, allow_zero=True),
    }


def _card(document: Document, _kind: str, currency: str) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "statement_minor": document.amount("statement", currency),
        "minimum_minor": document.amount("minimum", currency),
        "annual_rate": f"{document.rate('annual_rate', decimals=6):f}",
    }
    if kept["minimum_minor"] > kept["statement_minor"]:
        raise InvalidInput(_("The minimum payment cannot be more than the whole statement."), field="minimum")
    return kept


def _work(document: Document, _kind: str, _currency: str) -> dict[str, Any]:
    return {
        "job": document.choice("job", Work).value,
        "years_in_job": document.whole("years_in_job", high=80),
        "home": document.choice("home", Housing).value,
    }


ESSENTIALS = ("housing", "food", "transport", "family")


def _month(document: Document, _kind: str, currency: str) -> dict[str, Any]:
    return {
        "income_minor": document.amount("income", currency, allow_zero=True),
        **{f"{name}_minor": document.amount(name, currency, allow_zero=True) for name in ESSENTIALS},
        "assets_minor": document.amount("assets", currency, allow_zero=True),
    }


def _debts(document: Document, _kind: str, currency: str) -> dict[str, Any]:
    debts = []
    for debt in document.children("debts", most=MOST_DEBTS, default=[]):
        debts.append(
            {
                "lender": debt.text("lender", longest=60),
                "monthly_minor": debt.amount("monthly", currency, allow_zero=True),
                "left_minor": debt.amount("left", currency, allow_zero=True),
            }
        )
        debt.done()
    return {"debts": debts, "had_defaults": document.yes("had_defaults")}


def _nothing(_document: Document, _kind: str, _currency: str) -> dict[str, Any]:
    return {}


_READERS: Mapping[Step, Callable[[Document, str, str], dict[str, Any]]] = {
    Step.LOAN: _loan,
    Step.PERSON: _person,
    Step.BUSINESS: _business,
    Step.CARD: _card,
    Step.WORK: _work,
    Step.MONTH: _month,
    Step.DEBTS: _debts,
    Step.DOCUMENTS: _nothing,
    Step.CONSENTS: _nothing,
}


def income_of(facts: Mapping[str, Any]) -> int:
    """Return the stated income of a month, minor units. :param facts: what is kept, by step."""
    return int(facts["month"]["income_minor"])


def essentials_of(facts: Mapping[str, Any]) -> int:
    return sum(int(facts["month"][f"{name}_minor"]) for name in ESSENTIALS)


def debt_payments_of(facts: Mapping[str, Any]) -> int:
    """Return what the declared debts cost in a month, minor units."""
    return sum(int(debt["monthly_minor"]) for debt in facts["debts"]["debts"])
