"""
The fee lines of a product, and of the loans made under it: what may be charged beside interest and penalty interest.

A line says the fee's name, who receives it, when it is paid and how much it is at most. What has no line is never
charged. An upfront fee is never kept back from the payout (Civil Code 670: interest counts on what was received): it is
demanded with the first installment, while the yearly rate counts it on the day of the payout, which is the stricter.

As plain JSON a line is `{"code": "notary", "name": {"zh-Hans": …, "zh-Hant": …, "en": …}, "payee": {…}, "when":
"on_event", "amount": "500.00"}`; in place of the amount a `rate` of the principal with its `cap`, and `once` where all
charges of a fee on an event together stay within the amount.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from dashu.finance.fees import Fee, FeeTiming, sum_of
from dashu.finance.schedule import Row, build_schedule
from dashu.finance.terms import ScheduleTerms
from dashu.kernel.errors import DomainError, _
from dashu.kernel.money import format_minor, parse_minor

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
MOST_LINES = 20
_LONGEST_NAME = 60
_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)
_KEYS = {"code", "name", "payee", "when", "amount", "rate", "cap", "once"}

Names = Mapping[str, str]


class InvalidFeeLine(DomainError):
    """A fee line does not say something that it must say, or says it wrongly; `field` is its place and key."""

    code = "invalid_fee_line"


class FeeKeptBack(DomainError):
    """A fee would be taken out of the sum paid out."""

    code = "fee_kept_back"


class FeeWhen(StrEnum):
    UPFRONT = "upfront"
    EACH = "each"
    ON_EVENT = "on_event"


_TIMINGS = {
    FeeWhen.UPFRONT: FeeTiming.UPFRONT_PAID,
    FeeWhen.EACH: FeeTiming.EACH,
    FeeWhen.ON_EVENT: FeeTiming.ON_EVENT,
}


@dataclass(frozen=True, slots=True)
class FeeLine:
    """
    Amounts in minor units.

    :param name, payee: by language code, as products have their names.
    :param minor: of one charge; 0 where `share` decides.
    :param share: a fraction of the principal, and `cap` the most that it gives.
    :param is_once: of a fee on an event: all charges together are at most the amount, not each of them.
    """

    code: str
    name: Names
    payee: Names
    when: FeeWhen
    minor: int = 0
    share: Decimal | None = None
    cap: int | None = None
    is_once: bool = False

    def of(self, principal: int) -> int:
        """Return one charge of it; of a fee on an event, the most that one may be."""
        return self.fee.of(principal)

    @property
    def fee(self) -> Fee:
        """The fee as lending arithmetic takes it."""
        return Fee(self.code, self.minor, _TIMINGS[self.when], share=self.share, cap=self.cap)


def scheduled_fees(lines: Iterable[FeeLine]) -> tuple[Fee, ...]:
    """Return the fees that are demanded by themselves; those on an event are charged when it happens."""
    return tuple(line.fee for line in lines if line.when is not FeeWhen.ON_EVENT)


def demanded_rows(terms: ScheduleTerms) -> tuple[Row, ...]:
    """
    Return the schedule as it is demanded: the first installment carries the upfront fees.

    :raises FeeKeptBack: a fee is taken out of the payout.
    :raises InvalidTerms: see `build_schedule`.
    """
    if sum_of(terms.fees, FeeTiming.UPFRONT, terms.principal):
        raise FeeKeptBack(_("No fee is taken out of the sum that is paid out."), field="fees")
    rows = build_schedule(terms)
    upfront = sum_of(terms.fees, FeeTiming.UPFRONT_PAID, terms.principal)
    return (replace(rows[0], fee=rows[0].fee + upfront), *rows[1:]) if upfront else rows


def parse_fee_lines(raw: object, *, currency: str = "CNY", path: str = "fees") -> tuple[FeeLine, ...]:
    """
    Read fee lines from plain JSON, each code once.

    :param path: where they stand in a larger document; refusals name fields by it.
    :raises DomainError: a line is not well-formed.
    """
    if not isinstance(raw, list) or len(raw) > MOST_LINES:
        raise InvalidFeeLine(
            _("Fee lines are a list of at most %(most)s."), field=path, params={"most": str(MOST_LINES)}
        )
    lines: list[FeeLine] = []
    for index, each in enumerate(raw):
        line = _line(each, currency, f"{path}[{index}]")
        if any(line.code == earlier.code for earlier in lines):
            raise InvalidFeeLine(_("Each fee has one line."), field=f"{path}[{index}].code")
        lines.append(line)
    return tuple(lines)


def fee_lines_to_json(lines: Sequence[FeeLine], *, currency: str = "CNY") -> list[dict[str, Any]]:
    """Write lines as `parse_fee_lines` reads them."""
    return [_to_json(line, currency) for line in lines]


def _to_json(line: FeeLine, currency: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "code": line.code,
        "name": dict(line.name),
        "payee": dict(line.payee),
        "when": line.when.value,
    }
    if line.share is None:
        document["amount"] = format_minor(line.minor, currency)
    else:
        document["rate"] = f"{line.share:f}"
    if line.cap is not None:
        document["cap"] = format_minor(line.cap, currency)
    if line.is_once:
        document["once"] = True
    return document


def _line(raw: object, currency: str, path: str) -> FeeLine:
    if not isinstance(raw, dict):
        raise InvalidFeeLine(_("A fee line is an object with names and values."), field=path)
    if unknown := sorted(set(raw) - _KEYS):
        raise InvalidFeeLine(_("This term is not known."), field=f"{path}.{unknown[0]}")
    for needed in ("code", "name", "payee", "when"):
        if needed not in raw:
            raise InvalidFeeLine(_("This term is missing."), field=f"{path}.{needed}")
    code, when, once = raw["code"], raw["when"], raw.get("once", False)
    if not (isinstance(code, str) and _CODE.fullmatch(code)):
        raise InvalidFeeLine(
            _("The code of a fee is 2 to 40 lower-case letters, digits and underscores."), field=f"{path}.code"
        )
    if when not in set(FeeWhen):
        raise InvalidFeeLine(_("A fee is paid upfront, with each installment, or on an event."), field=f"{path}.when")
    if not isinstance(once, bool) or (once and when != FeeWhen.ON_EVENT):
        raise InvalidFeeLine(_("Only a fee on an event can be limited once for all."), field=f"{path}.once")
    return FeeLine(
        code=code,
        name=_names(raw["name"], f"{path}.name"),
        payee=_names(raw["payee"], f"{path}.payee"),
        when=FeeWhen(when),
        is_once=once,
        **_amount(raw, currency, path),
    )


def _names(raw: object, path: str) -> dict[str, str]:
    if not isinstance(raw, dict) or set(raw) != set(LANGUAGES):
        raise InvalidFeeLine(_("Write it in each of zh-Hans, zh-Hant and en."), field=path)
    for language, text in raw.items():
        if not (isinstance(text, str) and text.strip() and len(text) <= _LONGEST_NAME and text.isprintable()):
            raise InvalidFeeLine(
                _("Write 1 to %(most)s characters."), field=f"{path}.{language}", params={"most": str(_LONGEST_NAME)}
            )
    return {language: raw[language].strip() for language in LANGUAGES}


def _amount(raw: Mapping[str, Any], currency: str, path: str) -> dict[str, Any]:
    if ("amount" in raw) == ("rate" in raw):
        raise InvalidFeeLine(_("A fee is an amount or a rate of the principal, one of them."), field=f"{path}.amount")
    if "amount" in raw:
        if "cap" in raw:
            raise InvalidFeeLine(_("Only a rate has a cap."), field=f"{path}.cap")
        return {"minor": parse_minor(raw["amount"], currency, field=f"{path}.amount")}
    cap = parse_minor(raw["cap"], currency, field=f"{path}.cap") if "cap" in raw else None
    return {"share": _share(raw["rate"], f"{path}.rate"), "cap": cap}


def _share(raw: object, path: str) -> Decimal:
    try:
        share = Decimal(raw) if isinstance(raw, str) else None
    except InvalidOperation:
        share = None
    if share is None or not share.is_finite() or not 0 < share <= 1:
        raise InvalidFeeLine(_("A rate is a fraction above 0 and up to 1, such as 0.01 for 1%."), field=path)
    return share
