"""From a document of terms to a schedule and its yearly cost, as plain JSON."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from dashu.finance.annual_rates import all_in_rates
from dashu.finance.explanation import Value, Working, explain
from dashu.finance.fee_costs import FeeCost, fee_costs
from dashu.finance.fees import tax_part
from dashu.finance.rate_cap import CapCheck, RateLimits, check_cap
from dashu.finance.schedule import Row, detailed_schedule
from dashu.finance.terms import ScheduleTerms
from dashu.kernel import errors
from dashu.kernel.documents import Document
from dashu.kernel.money import EXPONENTS, format_minor
from loans.domain.reading import parse_currency, parse_terms

LimitsOf = Callable[[str, date], RateLimits]
_BESIDE_TERMS = ("explain", "pack")


def quote_document(raw: object, limits_of: LimitsOf, *, explains: bool = False) -> dict[str, Any]:
    """
    Return the quote of a document of terms, in its own currency.

    :param limits_of: the rate limits of a policy pack on a day; asked when the document names its `pack`.
    :param explains: say of every row how it came about; the document's own `explain` asks for it too.
    :raises RateAboveBound: the contract's rate lies above the pack's bound.
    """
    asked, pack = False, None
    if isinstance(raw, dict) and any(name in raw for name in _BESIDE_TERMS):
        beside = Document(raw)
        asked, pack = beside.yes("explain"), beside.text("pack", None, longest=20)
        raw = {name: value for name, value in raw.items() if name not in _BESIDE_TERMS}
    terms = parse_terms(raw)
    limits = None if pack is None else limits_of(pack, terms.disbursed_on)
    return quote(terms, currency=parse_currency(Document(raw)), explains=explains or asked, limits=limits)


def quote(
    terms: ScheduleTerms, *, currency: str = "CNY", explains: bool = False, limits: RateLimits | None = None
) -> dict[str, Any]:
    """
    Return the installments, their totals and the all-in yearly rates as plain JSON.

    `received` is what reaches the borrower after fees kept back; `cost` is all that is paid beyond what was received.

    :param limits: that the rates are held against; they add `cap`.
    """
    if limits is not None:
        _refuse_above_bound(terms, limits)
    schedule = detailed_schedule(terms)
    rows = schedule.rows
    rates = all_in_rates(terms, rows)
    paid_back = sum(row.principal for row in rows)
    interest, fee = sum(row.interest for row in rows), sum(row.fee for row in rows)
    totals = {
        "principal": paid_back,
        "interest": interest,
        "fee": fee,
        "total": paid_back + interest + fee,
        "upfront_fee": terms.kept_back,
        "financed_fee": terms.financed_fees,
        "capitalized_interest": sum(row.capitalized for row in rows),
        "received": terms.principal - terms.kept_back,
        "cost": paid_back + interest + fee - (terms.principal - terms.kept_back),
    }
    installments = [_installment(row, currency) for row in rows]
    if explains:
        for installment, workings in zip(installments, explain(schedule), strict=True):
            installment["explanation"] = [_working(working, currency) for working in workings]
    answer = {
        "installments": installments,
        "totals": {name: format_minor(minor, currency) for name, minor in totals.items()},
        "remainders": [
            {"number": row.number, "amount": format_minor(part.rest, currency)}
            for row, part in zip(rows, schedule.parts, strict=True)
            if part.rest
        ],
        "fees": [_fee_line(cost, currency) for cost in fee_costs(schedule, rates)],
        "annual_rates": {"irr_nominal": _rate(rates.irr_nominal), "irr_effective": _rate(rates.irr_effective)},
    }
    if limits is not None:
        answer["cap"] = _cap(limits, check_cap(terms, limits.cap), currency)
    return answer


def _refuse_above_bound(terms: ScheduleTerms, limits: RateLimits) -> None:
    limits.refuse_above_bound(terms.annual_rate)
    for index, change in enumerate(terms.rate_changes):
        limits.refuse_above_bound(change.annual_rate, field=f"rate_changes[{index}].annual_rate")


def _cap(limits: RateLimits, check: CapCheck, currency: str) -> dict[str, Any]:
    rate, fee = check.highest_contract_rate, check.highest_upfront_fee
    # A contract rate that would fit the cap may still lie above the bound of contract rates.
    return {
        "pack": limits.pack,
        "cap": _rate(check.cap),
        "source": limits.cap_source,
        "annual_rate": _rate(check.annual_rate),
        "is_within": check.is_within,
        "margin": _rate(check.margin),
        "highest_annual_rate": None if rate is None else _rate(min(rate, limits.highest_contract)),
        "highest_upfront_fee": None if fee is None else format_minor(fee, currency),
    }


def _installment(row: Row, currency: str) -> dict[str, Any]:
    answer = {
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
    for name, minor in (("advanced", row.advanced), ("capitalized", row.capitalized)):
        if minor:
            answer[name] = format_minor(minor, currency)
    return answer


def _working(working: Working, currency: str) -> dict[str, Any]:
    return {
        "of": working.of,
        "formula": str(errors.translate(working.formula)),
        "inputs": dict(_input(name, value, currency) for name, value in working.inputs),
        "unrounded": None if working.unrounded is None else _unrounded(working.unrounded, currency),
        "rounded": format_minor(working.minor, currency),
    }


def _input(name: str, value: Value, currency: str) -> tuple[str, Any]:
    if name.endswith("_minor"):
        assert isinstance(value, int)
        return name.removesuffix("_minor"), format_minor(value, currency)
    if isinstance(value, Decimal):
        return name, f"{round(value, 12).normalize():f}"
    return name, value.isoformat() if isinstance(value, date) else value


def _unrounded(minor: Decimal, currency: str) -> str:
    """Return minor units as a decimal of the currency with eight digits more than it has."""
    exponent = EXPONENTS[currency]
    return f"{minor.scaleb(-exponent).quantize(Decimal(1).scaleb(-exponent - 8)):f}"


def _fee_line(cost: FeeCost, currency: str) -> dict[str, Any]:
    return {
        "code": cost.fee.code,
        "timing": cost.fee.timing.value,
        "amount": format_minor(cost.minor, currency),
        "tax": format_minor(tax_part(cost.fee, cost.minor), currency),
        "rate_points": None if cost.rate_points is None else _rate(cost.rate_points),
    }


def _rate(rate: Decimal) -> str:
    return f"{rate:f}"
