"""From advances and payments to one yearly rate, as plain JSON; the keys are listed in docs/commands.md."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from dashu.finance.annual_rates import DatedAmount, irr, irr_by_dates
from dashu.finance.appendix_j import annual_percentage_rate, rate_of_intervals
from dashu.finance.eu_aprc import COUNTABLE, annual_percentage_rate_of_charge
from dashu.finance.periods import Period
from dashu.finance.unit_periods import Interval, UnitPeriod
from dashu.kernel.documents import Document, MissingField
from dashu.kernel.errors import InvalidInput, _
from loans.domain.reading import parse_currency

_MOST = 2_000
_UNIT = re.compile(rf"(?:([1-9][0-9]{{0,2}}) )?({'|'.join(Period)})s?", re.ASCII)

Flow = tuple[date | Decimal, int]


class Basis(StrEnum):
    """How time is counted and what the rate is called; see the modules of `dashu.finance` that are named alike."""

    IRR_EFFECTIVE = "irr_effective"
    IRR_NOMINAL = "irr_nominal"
    US_APPENDIX_J = "us_appendix_j"
    EU_APRC = "eu_aprc"


def annual_rate_document(raw: object) -> dict[str, Any]:
    """
    Return the yearly rate of a document of advances and payments.

    :raises NoAnnualRate: there is no rate, or no single one, that makes them worth the same.
    """
    document = Document(raw)
    currency = parse_currency(document)
    basis = document.choice("basis", Basis)
    by_date: list[bool] = []
    advances = _flows(document, "advances", currency, by_date)
    payments = _flows(document, "payments", currency, by_date)
    unit = _unit(document)
    document.done()
    if by_date[0]:
        _refuse_uncountable(document, basis, unit)
        rate, iterations = _by_dates(basis, advances, payments, unit)
    else:
        rate, iterations = _by_periods(basis, advances, payments, unit or UnitPeriod(Period.MONTH))
    return {"annual_rate": f"{rate:f}", "basis": basis.value, "iterations": iterations}


def _by_dates(
    basis: Basis, advances: Sequence[Flow], payments: Sequence[Flow], unit: UnitPeriod | None
) -> tuple[Decimal, int]:
    received, paid = _dated(advances), _dated(payments)
    if basis is Basis.US_APPENDIX_J:
        found = annual_percentage_rate(received, paid, unit=unit)
        return found.rate, found.iterations
    if basis is Basis.EU_APRC:
        rates = annual_percentage_rate_of_charge(received, paid, period=unit.unit if unit else None)
    else:
        rates = irr_by_dates(received, paid, unit=unit)
    return rates.irr_nominal if basis is Basis.IRR_NOMINAL else rates.irr_effective, rates.iterations


def _by_periods(
    basis: Basis, advances: Sequence[Flow], payments: Sequence[Flow], unit: UnitPeriod
) -> tuple[Decimal, int]:
    received, paid = _timed(advances), _timed(payments)
    if basis is Basis.US_APPENDIX_J:
        found = rate_of_intervals(
            [(_interval(after), minor) for after, minor in received],
            [(_interval(after), minor) for after, minor in paid],
            unit,
        )
        return found.rate, found.iterations
    rates = irr(received, paid, unit.a_year)
    return rates.irr_nominal if basis is Basis.IRR_NOMINAL else rates.irr_effective, rates.iterations


def _flows(document: Document, name: str, currency: str, by_date: list[bool]) -> list[Flow]:
    """:param by_date: of every entry read so far, whether it says a day; all must be alike."""
    flows: list[Flow] = []
    for entry in document.children(name, most=_MOST):
        by_date.append(not entry.has("after"))
        if by_date[-1] != by_date[0]:
            raise InvalidInput(
                _("All advances and payments say their day, or all say after how many periods they come."),
                field=entry.field("after" if by_date[0] else "on"),
            )
        at = entry.day("on") if by_date[0] else entry.quantity("after", high=12_000)
        flows.append((at, entry.amount("amount", currency)))
        entry.done()
    if not flows:
        raise MissingField(_("At least one entry is needed here."), field=document.field(name))
    return flows


def _unit(document: Document) -> UnitPeriod | None:
    text = document.text("unit_period", None, longest=20)
    if text is None:
        return None
    read = _UNIT.fullmatch(text)
    if read is None:
        raise InvalidInput(
            _('A period is written as "month", "week" or "2 weeks"; known are %(known)s.'),
            field=document.field("unit_period"),
            params={"known": ", ".join(Period)},
        )
    return UnitPeriod(Period(read[2]), int(read[1] or 1))


def _refuse_uncountable(document: Document, basis: Basis, unit: UnitPeriod | None) -> None:
    """The directive knows whole weeks, months and years with days; Regulation Z no period beyond a year."""
    if unit is None:
        return
    if basis is Basis.EU_APRC and (unit.every != 1 or unit.unit not in COUNTABLE):
        raise InvalidInput(
            _("%(given)s is not one of %(known)s."),
            field=document.field("unit_period"),
            params={"given": f"{unit.every} {unit.unit}", "known": ", ".join(COUNTABLE)},
        )
    if basis is Basis.US_APPENDIX_J and unit.a_year < 1:
        raise InvalidInput(_("A unit-period is at most a year."), field=document.field("unit_period"))


def _dated(flows: Sequence[Flow]) -> list[DatedAmount]:
    return [(at, minor) for at, minor in flows if isinstance(at, date)]


def _timed(flows: Sequence[Flow]) -> list[tuple[Decimal, int]]:
    return [(at, minor) for at, minor in flows if isinstance(at, Decimal)]


def _interval(after: Decimal) -> Interval:
    return Interval(int(after), after % 1)
