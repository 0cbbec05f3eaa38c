"""What a calculator may begin with of the reader's own: typed as they would type it, and only what is known."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from dashu.web.templatetags.dashu import typed
from education.forms.calculators import LOANS
from education.selectors.own import Own

Start = Mapping[str, str]


def own_start(code: str, own: Own) -> Start:
    """Return the reader's figures for a calculator, by field; empty where none are known."""
    return STARTS[code](own)


def _flat(own: Own) -> Start:
    if not own.chosen:
        return {}
    loan = own.chosen.loan
    return {"lent": _yuan(loan.principal_minor), "months": str(loan.installment_count)}


def _minimum(own: Own) -> Start:
    return {"balance": _yuan(own.card_minor)} if own.card_minor else {}


def _budget(own: Own) -> Start:
    figures = own.figures
    if figures is None:
        return {}
    known = {"income": figures.income, "essentials": figures.essentials, "debts": figures.monthly_debts}
    return {name: _yuan(minor) for name, minor in known.items() if minor is not None}


def _load(own: Own) -> Start:
    found: dict[str, str] = {}
    for number, each in enumerate(own.loans[:LOANS], start=1):
        found |= {
            f"owed_{number}": _yuan(each.standing.principal),
            f"rate_{number}": _percent(each.loan.annual_rate),
            f"months_{number}": str(sum(row.unpaid > 0 for row in each.position.installments)),
        }
    month = {name: value for name, value in _budget(own).items() if name != "debts"}
    return {**found, **month} if found else {}


def _spare(own: Own) -> Start:
    if not own.chosen:
        return {}
    left = sum(row.unpaid > 0 for row in own.chosen.position.installments)
    owed, rate = own.chosen.standing.principal, own.chosen.loan.annual_rate
    return {"owed": _yuan(owed), "rate": _percent(rate), "months": str(left), "extra": _yuan(owed // 5 // 100 * 100)}


def _lateness(own: Own) -> Start:
    if not own.chosen or not own.chosen.position.installments:
        return {}
    standing, loan = own.chosen.standing, own.chosen.loan
    open_rows = [row for row in own.chosen.position.installments if row.unpaid]
    late = standing.overdue_principal or (open_rows[0].unpaid_principal if open_rows else 0)
    days = {"days": str(standing.days_past_due)} if standing.days_past_due else {}
    return {"principal": _yuan(late), "rate": _percent(loan.penalty_annual_rate), **days} if late else {}


STARTS: Mapping[str, Callable[[Own], Start]] = {
    "flat-vs-irr": _flat,
    "minimum-payment": _minimum,
    "budget": _budget,
    "multi-loan": _load,
    "prepay": _spare,
    "penalty": _lateness,
}


def _yuan(minor: int) -> str:
    return typed(minor).removesuffix(".00")


def _percent(fraction: Decimal) -> str:
    return f"{(fraction * 100).normalize():f}"
