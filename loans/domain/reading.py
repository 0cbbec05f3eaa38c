"""
Reading terms from plain JSON, for the JSON commands and the API alike.

The keys are listed in docs/commands.md. Unknown keys and values are refused, so that a typing mistake cannot change
money; a contradiction between terms names its field by the document's path.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from dashu.finance.calendars import BusinessDay, calendar_of
from dashu.finance.day_counts import DayCount
from dashu.finance.fees import Fee, FeeBase, FeeTiming
from dashu.finance.floating import RateUnknown, Reprice, repriced
from dashu.finance.periods import DueRule, InvalidDueRule, Period
from dashu.finance.rounding import Rounding
from dashu.finance.terms import (
    MOST_INSTALLMENTS,
    Accrual,
    CardPlan,
    Compounding,
    CustomRow,
    DeferredInterest,
    Holiday,
    HolidayInterest,
    InvalidTerms,
    Method,
    OnRateChange,
    RateChange,
    Remainder,
    ScheduleTerms,
    Step,
    Stub,
    Tranche,
)
from dashu.kernel.dates import DateOutOfRange
from dashu.kernel.documents import Document
from dashu.kernel.errors import InvalidInput, _
from dashu.kernel.money import EXPONENTS, CurrencyMismatch
from dashu.policy.rate_table_files import rate_table


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
    floating = document.optional_child("floating")
    values = {
        "principal": document.amount("principal", currency),
        "annual_rate": document.rate("annual_rate") if floating is None else document.rate("annual_rate", None),
        "method": document.choice("method", Method),
        "count": document.whole("count", low=1, high=MOST_INSTALLMENTS),
        "disbursed_on": document.day("disbursed_on"),
        "fees": tuple(_fee(fee, currency) for fee in document.children("fees", most=50, default=[])),
        **parse_options(document, currency),
    }
    document.done()
    if floating is not None:
        values |= _floating_rates(floating, values, document)
    return build_terms(document, **values)


def _floating_rates(floating: Document, values: dict[str, Any], document: Document) -> dict[str, Any]:
    """
    Read `{"table": "LPR_1Y", "margin_bps": 150, "reprice": "each_january"}`: the rates that the published table gives.

    Days after the latest publication carry its rate forward.
    """
    table = rate_table(floating.text("table", longest=40), field=floating.field("table"))
    margin_bps = floating.whole("margin_bps", 0, low=-1_000, high=10_000)
    reprice = floating.choice("reprice", Reprice)
    lag_days = floating.whole("lag_days", 0, high=31)
    floating.done()
    if values["rate_changes"]:
        raise InvalidInput(_("A floating rate has its own changes."), field=document.field("rate_changes"))
    dues = [row.due_on for row in values["custom_rows"]] or _due_dates(document, values)
    try:
        rates = repriced(
            table, margin_bps, reprice, values["disbursed_on"], dues[-1], due_dates=dues, lag_days=lag_days
        )
    except RateUnknown as error:
        error.field = document.field("disbursed_on")
        raise
    (_first_day, first), *changes = rates
    if values["annual_rate"] not in (None, first):
        raise InvalidInput(
            _("The table and the margin give %(rate)s. Leave the annual rate out, or make it the same."),
            field=document.field("annual_rate"),
            params={"rate": f"{first:f}"},
        )
    return {"annual_rate": first, "rate_changes": tuple(RateChange(day, rate) for day, rate in changes)}


def _due_dates(document: Document, values: dict[str, Any]) -> list[date]:
    try:
        dates: list[date] = values["due_rule"].due_dates(values["disbursed_on"], values["count"])
    except (ValueError, OverflowError, DateOutOfRange) as error:  # beyond the calendar
        raise InvalidTerms(_("The last installment would be due after 2199."), field=document.field("count")) from error
    return dates


def parse_options(
    document: Document,
    currency: str,
    *,
    day_count: DayCount = DayCount.THIRTY_360,
    rounding: Rounding = Rounding.HALF_UP,
) -> dict[str, Any]:
    """Read every term that may be left out, but for fees."""
    return {
        "due_rule": parse_due_rule(document),
        "day_count": document.choice("day_count", DayCount, day_count),
        "accrual": document.choice("accrual", Accrual, None),
        "compounding": document.choice("compounding", Compounding, Compounding.NONE),
        "rounding": document.choice("rounding", Rounding, rounding),
        "rounding_unit": document.amount("rounding_unit", currency, 1),
        "remainder": document.choice("remainder", Remainder, Remainder.LAST),
        "stub": document.choice("stub", Stub, Stub.SPREAD),
        "balloon": document.amount("balloon", currency, 0, allow_zero=True),
        "grace_principal": document.whole("grace_principal", 0, high=MOST_INSTALLMENTS),
        "grace_interest": document.whole("grace_interest", 0, high=MOST_INSTALLMENTS),
        "interest_free": document.whole("interest_free", 0, high=MOST_INSTALLMENTS),
        "deferred_interest": document.choice("deferred_interest", DeferredInterest, DeferredInterest.NEXT),
        "holidays": tuple(_holiday(one) for one in document.children("holidays", most=50, default=[])),
        "rate_changes": tuple(_rate_change(one) for one in document.children("rate_changes", most=600, default=[])),
        "on_rate_change": document.choice("on_rate_change", OnRateChange, OnRateChange.RELEVEL),
        "tranches": tuple(_tranche(one, currency) for one in document.children("tranches", most=100, default=[])),
        "interest_only_months": document.wholes("interest_only_months", low=1, high=12, most=12),
        "step": _step(document.optional_child("step")),
        "card_plan": _card_plan(document.optional_child("card_plan"), currency),
        "custom_rows": tuple(_row(row, currency) for row in document.children("rows", most=600, default=[])),
        "business_day": document.choice("business_day", BusinessDay, BusinessDay.NONE),
        "calendar": _calendar(document),
        "adjusts_interest": document.yes("adjusts_interest"),
    }


def build_terms(document: Document, **values: Any) -> ScheduleTerms:
    """Return the terms; a contradiction between them names its field by the document's path."""
    try:
        return ScheduleTerms(**values)
    except InvalidTerms as error:
        error.field = document.field(error.field) if error.field else None
        raise


def parse_due_rule(document: Document) -> DueRule:
    try:
        return DueRule(
            period=document.choice("period", Period, Period.MONTH),
            every=document.whole("every", 1, low=1, high=366),
            first_due_on=document.day("first_due_on", None),
            due_day=document.whole("due_day", None, low=1, high=31),
            second_due_day=document.whole("second_due_day", None, low=1, high=31),
            end_of_month=document.yes("end_of_month"),
        )
    except InvalidDueRule as error:
        error.field = document.field(error.field) if error.field else None
        raise


def _fee(document: Document, currency: str) -> Fee:
    share = document.rate("share", None)
    has_share = share is not None
    if has_share and share > 1:
        raise InvalidInput(_("A share is a fraction up to 1."), field=document.field("share"))
    tax_rate = document.rate("tax_rate", Decimal(0))
    if tax_rate >= 1:
        raise InvalidInput(_("A tax rate is a fraction below 1."), field=document.field("tax_rate"))
    fee = Fee(
        code=document.text("code", longest=40),
        minor=document.amount("amount", currency, 0, allow_zero=True)
        if has_share
        else document.amount("amount", currency, allow_zero=True),
        timing=document.choice("timing", FeeTiming),
        share=share,
        base=document.choice("base", FeeBase, FeeBase.PRINCIPAL),
        floor=document.amount("floor", currency, 0, allow_zero=True),
        cap=document.amount("cap", currency, None, allow_zero=True),
        tax_rate=tax_rate,
    )
    if has_share and fee.minor:
        raise InvalidInput(_("A fee is an amount or a share, not both."), field=document.field("amount"))
    if not has_share and (fee.floor or fee.cap is not None or fee.base is not FeeBase.PRINCIPAL):
        raise InvalidInput(_("Only a share has a base, a floor and a cap."), field=document.field("share"))
    if fee.base is FeeBase.BALANCE and fee.timing is not FeeTiming.EACH:
        raise InvalidInput(_("Only a fee of every installment is taken of the balance."), field=document.field("base"))
    document.done()
    return fee


def _holiday(document: Document) -> Holiday:
    holiday = Holiday(
        document.whole("first", low=1, high=MOST_INSTALLMENTS),
        document.whole("count", low=1, high=MOST_INSTALLMENTS),
        document.choice("interest", HolidayInterest, HolidayInterest.DEFERRED),
    )
    document.done()
    return holiday


def _rate_change(document: Document) -> RateChange:
    change = RateChange(document.day("on"), document.rate("annual_rate"))
    document.done()
    return change


def _tranche(document: Document, currency: str) -> Tranche:
    tranche = Tranche(document.day("on"), document.amount("amount", currency))
    document.done()
    return tranche


def _step(document: Document | None) -> Step | None:
    """Read `{"every": 12, "up": "0.05"}` or `{"every": 12, "down": "0.05"}`."""
    if document is None:
        return None
    name = "down" if document.has("down") else "up"
    change = document.rate(name)
    every = document.whole("every", low=1, high=MOST_INSTALLMENTS)
    document.done()
    return Step(every, -change if name == "down" else change)


def _card_plan(document: Document | None, currency: str) -> CardPlan | None:
    """Read `{"fixed": "2030.00"}` or `{"share": "0.1", "floor": "100.00"}`."""
    if document is None:
        return None
    if document.has("fixed"):
        plan = CardPlan(fixed=document.amount("fixed", currency))
    else:
        plan = CardPlan(share=document.rate("share"), floor=document.amount("floor", currency, 0, allow_zero=True))
    document.done()
    return plan


def _row(document: Document, currency: str) -> CustomRow:
    row = CustomRow(
        document.day("due_on"),
        document.amount("principal", currency, None, allow_zero=True),
        document.amount("total", currency, None, allow_zero=True),
    )
    document.done()
    return row


def _calendar(document: Document) -> str | None:
    code = document.text("calendar", None, longest=40)
    return None if code is None else calendar_of(code, field=document.field("calendar")).code
