"""
From a document of terms to a schedule and its yearly cost.

`parse_terms` is the one place that reads terms, for the JSON commands and the API alike; `quote` answers with the
installments. Terms that schedules do not know yet are accepted at their neutral value and refused at any other.
"""

from decimal import Decimal
from typing import Any

from dashu.finance.annual_rates import all_in_rates
from dashu.finance.day_counts import DayCount
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.periods import DueRule, Period
from dashu.finance.rounding import Rounding
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import InvalidTerms, Method, ScheduleTerms
from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError, _
from dashu.kernel.money import EXPONENTS, CurrencyMismatch, format_minor

# What these terms say when they change nothing.
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "grace_principal": (0, "0"),
    "grace_interest": (0, "0"),
    "interest_free": (0, "0"),
    "calendar": (),
    "business_day": ("none",),
}


class UnsupportedTerm(DomainError):
    """The terms ask for something that schedules do not know."""

    code = "unsupported_term"


def parse_currency(document: Document) -> str:
    currency = document.text("currency", "CNY", longest=8)
    if currency not in EXPONENTS:
        raise CurrencyMismatch(
            _("The currency %(given)s is not known."), field=document.field("currency"), params={"given": currency}
        )
    return currency


def parse_terms(raw: object, *, path: str = "") -> ScheduleTerms:
    """
    Read terms such as `{"principal": "12000.00", "annual_rate": "0.18", "method": …}`.

    :param path: where the terms stand in a larger document; refusals name fields by it.
    :raises DomainError: with the field that is to blame.
    """
    document = Document(raw, path=path)
    currency = parse_currency(document)
    principal = document.amount("principal", currency)
    values = {
        "principal": principal,
        "annual_rate": document.rate("annual_rate"),
        "method": document.choice("method", Method),
        "count": document.whole("count", low=1, high=600),
        "disbursed_on": document.day("disbursed_on"),
        "due_rule": parse_due_rule(document),
        "day_count": document.choice("day_count", DayCount, DayCount.THIRTY_360),
        "rounding": document.choice("rounding", Rounding, Rounding.HALF_UP),
        "balloon": document.amount("balloon", currency, 0, allow_zero=True),
        "fees": tuple(_fee(fee, currency) for fee in document.children("fees", most=50, default=[])),
    }
    refuse_unsupported(document)
    document.done()
    return build_terms(document, **values)


def build_terms(document: Document, **values: Any) -> ScheduleTerms:
    """Return the terms; a contradiction between them names its field by the document's path."""
    try:
        return ScheduleTerms(**values)
    except InvalidTerms as error:
        error.field = document.field(error.field) if error.field else None
        raise


def parse_due_rule(document: Document) -> DueRule:
    return DueRule(
        period=document.choice("period", Period, Period.MONTH),
        every=document.whole("every", 1, low=1, high=366),
        first_due_on=document.day("first_due_on", None),
        due_day=document.whole("due_day", None, low=1, high=31),
    )


def refuse_unsupported(document: Document) -> None:
    for name, neutral in NEUTRAL.items():
        value = document.anything(name)
        if value is not None and not (type(value) in (int, str) and value in neutral):
            raise UnsupportedTerm(
                _("Schedules cannot do %(name)s yet. Leave it out, or give it the value that changes nothing."),
                field=document.field(name),
                params={"name": name},
            )


def quote_document(raw: object) -> dict[str, Any]:
    """Return the quote of a document of terms, in its own currency."""
    terms = parse_terms(raw)
    return quote(terms, currency=parse_currency(Document(raw)))


def quote(terms: ScheduleTerms, *, currency: str = "CNY") -> dict[str, Any]:
    """
    Return the installments, their totals and the all-in yearly rates as plain JSON.

    `received` is what reaches the borrower after fees kept back; `cost` is all that is paid beyond the principal.
    """
    rows = build_schedule(terms)
    rates = all_in_rates(terms, rows)
    kept_back = sum(fee.minor for fee in terms.fees if fee.timing is FeeTiming.UPFRONT)
    interest, fee = sum(row.interest for row in rows), sum(row.fee for row in rows)
    totals = {
        "principal": terms.principal,
        "interest": interest,
        "fee": fee,
        "total": terms.principal + interest + fee,
        "upfront_fee": kept_back,
        "received": terms.principal - kept_back,
        "cost": interest + fee + kept_back,
    }
    return {
        "installments": [_installment(row, currency) for row in rows],
        "totals": {name: format_minor(minor, currency) for name, minor in totals.items()},
        "annual_rates": {"irr_nominal": _rate(rates.irr_nominal), "irr_effective": _rate(rates.irr_effective)},
    }


def _installment(row: Row, currency: str) -> dict[str, Any]:
    return {
        "number": row.number,
        "period_from": row.period_from.isoformat(),
        "due_on": row.due_on.isoformat(),
        "days": row.days,
        "principal": format_minor(row.principal, currency),
        "interest": format_minor(row.interest, currency),
        "fee": format_minor(row.fee, currency),
        "total": format_minor(row.total, currency),
        "balance": format_minor(row.balance, currency),
    }


def _fee(document: Document, currency: str) -> Fee:
    fee = Fee(
        code=document.text("code", longest=40),
        minor=document.amount("amount", currency, allow_zero=True),
        timing=document.choice("timing", FeeTiming),
    )
    document.done()
    return fee


def _rate(rate: Decimal) -> str:
    return f"{rate:f}"
