"""Amounts and days as bank files write them."""

import re
from datetime import date, datetime

from dashu.kernel.dates import EARLIEST_YEAR, LATEST_YEAR, lender_date
from dashu.kernel.errors import DomainError, _
from dashu.kernel.money import parse_minor
from repayments.domain.bank_files.values import BadAmount, BadDate
from repayments.domain.bank_text import plain

_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_SIGNS = "¥￥"
_NOTHING = {"", "-", "--"}


def amount_of(value: str, currency: str, *, field: str) -> int | None:
    """
    Read an amount with its sign as minor units; None for an empty cell.

    Thousands may be grouped by commas, and a negative amount may stand in brackets.

    :raises BadAmount: anything else.
    """
    text = plain(value).strip(_SIGNS).replace("−", "-").strip()
    if text in _NOTHING:
        return None
    is_negative = text.startswith("-") or (text.startswith("(") and text.endswith(")"))
    digits = text.strip("()") if text.startswith("(") else text.removeprefix("-").removeprefix("+")
    digits = digits.strip(_SIGNS).strip()
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    if digits.startswith("."):
        digits = f"0{digits}"
    try:
        minor = parse_minor(digits, currency, allow_zero=True)
    except DomainError as refusal:
        raise BadAmount(
            _("%(given)s is not an amount in %(currency)s."),
            field=field,
            params={"given": repr(value)[:40], "currency": currency},
        ) from refusal
    return -minor if is_negative else minor


def day_of(value: str, formats: tuple[str, ...], *, field: str) -> date:
    """
    Read a day in one of the `strptime` forms; a time of day with an offset is taken in the lender's zone.

    :raises BadDate: in none of them, or not between 1970 and 2199.
    """
    text = plain(value)
    for form in formats:
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 – most forms have no zone
        except ValueError:
            continue
        day = lender_date(moment) if moment.tzinfo else moment.date()
        if EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            return day
    raise BadDate(
        _("%(given)s is not a date in a form that this bank uses."), field=field, params={"given": repr(value)[:40]}
    )
