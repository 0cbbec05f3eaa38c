"""The cost sheet and its questions in words, for pages and papers alike. The caller sets the language."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashu.kernel.money import Money
from dashu.web.templatetags.dashu import money, percent
from dashu.web.writing import named, yearly
from loans.domain.cost_sheet import Cost, CostSheet, Installed, Line, NotCharged, Portion
from loans.domain.sentences import Said, Value
from loans.domain.understanding import Question
from loans.selectors.product_previews import METHODS


@dataclass(frozen=True, slots=True)
class CostRow:
    """One line of the sheet in words; `amount` is what it comes to when all is paid on time, "–" for nothing."""

    code: str
    name: str
    method: str
    payee: str
    amount: str


@dataclass(frozen=True, slots=True)
class YearlyCost:
    """:param prominent: the stricter rate, with its name; `other` is the milder one."""

    prominent: str
    prominent_name: str
    other: str
    other_name: str


NOT_CHARGED: dict[NotCharged, Any] = {
    NotCharged.HEAD_CUT: _("Nothing is taken out of the sum paid out"),
    NotCharged.SERVICE: _("No service or brokerage fee"),
    NotCharged.GUARANTEE: _("No guarantee fee or insurance premium"),
    NotCharged.ACCOUNT: _("No account management fee"),
    NotCharged.EARLY_REPAYMENT: _("No fee for early repayment"),
    NotCharged.COLLECTION: _("No collection fee"),
    NotCharged.COMPOUND: _("No interest on interest"),
}


def in_words(said: Said) -> str:
    """Return a sentence in the language of the moment."""
    return gettext(said.text) % {name: _written(value) for name, value in said.values.items()}


def question_words(question: Question) -> dict[str, Any]:
    """Return a question as plain texts: `about`, `text` and `choices` by their keys; never which one is right."""
    return {
        "about": question.about.value,
        "text": in_words(question.text),
        "choices": [{"key": choice.key, "text": in_words(choice.said)} for choice in question.choices],
    }


def yearly_cost(sheet: CostSheet) -> YearlyCost:
    simple, effective = yearly(sheet.simple_rate), yearly(sheet.effective_rate)
    simple_name, effective_name = gettext("simple interest"), gettext("internal rate of return, compounded")
    if sheet.is_effective_stricter:
        return YearlyCost(effective, effective_name, simple, simple_name)
    return YearlyCost(simple, simple_name, effective, effective_name)


def cost_rows(sheet: CostSheet, *, lender: str) -> list[CostRow]:
    """Return every line of the sheet that is paid when all goes well, interest first."""
    return [_row(sheet, line, lender) for line in sheet.lines if line.kind in (Cost.INTEREST, Cost.UPFRONT, Cost.EACH)]


def contingent_rows(sheet: CostSheet, *, lender: str) -> list[CostRow]:
    """Return the lines that only a delay or an event brings, penalty interest first."""
    contingent = [line for line in sheet.lines if line.kind in (Cost.PENALTY, Cost.ON_EVENT)]
    contingent.sort(key=lambda line: line.kind is not Cost.PENALTY)
    return [_row(sheet, line, lender) for line in contingent]


def totals(sheet: CostSheet) -> list[tuple[str, str]]:
    return [
        *_parts(sheet),
        (gettext("Sum paid out to you, without any deduction"), _money(sheet, sheet.principal)),
        (gettext("Interest in all"), _money(sheet, sheet.interest)),
        (gettext("Fees in all"), _money(sheet, sheet.fees)),
        (gettext("You pay back in all, when every payment is on time"), _money(sheet, sheet.total)),
    ]


def _parts(sheet: CostSheet) -> Iterator[tuple[str, str]]:
    for part in sheet.portions if sheet.drawn else ():
        words = {"number": part.number, "day": date_format(part.on, "DATE_FORMAT")}
        yield gettext("Part %(number)s, paid out on %(day)s") % words, _money(sheet, part.principal)


def late_example(sheet: CostSheet) -> str:
    late = sheet.late
    if not late.amount:
        return gettext("Example: the first installment is paid %(days)s days late. Nothing is charged for it.") % {
            "days": late.days
        }
    return gettext(
        "Example: the first installment of %(installment)s is paid %(days)s days late. It then costs %(amount)s more."
    ) % {
        "installment": _money(sheet, sheet.rows[0].total),
        "days": late.days,
        "amount": _money(sheet, late.amount),
    }


def not_charged(sheet: CostSheet) -> list[str]:
    return [str(NOT_CHARGED[each]) for each in sheet.not_charged]


def schedule_rows(rows: Iterable[Installed]) -> Iterator[tuple[int, date, int, int, int, int, int]]:
    """Yield number, due date, principal, interest, fee, installment and balance; amounts in minor units."""
    for row in rows:
        yield row.number, row.due_on, row.principal, row.interest, row.fee, row.total, row.balance


def part_title(sheet: CostSheet, portion: Portion) -> str:
    """Return the heading of a part of a loan in parts."""
    return gettext("Part %(number)s: %(amount)s on %(day)s") % {
        "number": portion.number,
        "amount": _money(sheet, portion.principal),
        "day": date_format(portion.on, "DATE_FORMAT"),
    }


def _row(sheet: CostSheet, line: Line, lender: str) -> CostRow:
    return CostRow(
        code=line.code,
        name=named(line.name) if line.name else str(_OWN_NAMES[line.kind]),
        method=_method(sheet, line),
        payee=named(line.payee) if line.payee else lender,
        amount=_money(sheet, line.amount) if line.amount else "–",
    )


def _method(sheet: CostSheet, line: Line) -> str:
    method = _METHOD_OF[line.kind](sheet, line)
    if not sheet.drawn or line.kind in (Cost.INTEREST, Cost.PENALTY):
        return method
    by_part = gettext("for each part that is paid out, by itself; the figure is that of the largest part")
    return gettext("; ").join([method, by_part])


_OWN_NAMES = {Cost.INTEREST: _("Interest"), Cost.PENALTY: _("Penalty interest")}


def _interest_method(sheet: CostSheet, line: Line) -> str:
    words = {"rate": percent(line.rate or Decimal(0)), "method": METHODS.get(sheet.method, sheet.method)}
    if sheet.method == "flat":
        return gettext("%(rate)s a year of the first principal; %(method)s") % words
    return gettext("%(rate)s a year of the principal still owed; %(method)s") % words


def _fee_amount(sheet: CostSheet, line: Line) -> str:
    words = {"amount": _money(sheet, line.one)}
    if line.rate is None:
        return words["amount"]
    words["rate"] = percent(line.rate)
    if line.cap is None:
        return gettext("%(amount)s (%(rate)s of the principal)") % words
    words["cap"] = _money(sheet, line.cap)
    return gettext("%(amount)s (%(rate)s of the principal, at most %(cap)s)") % words


def _upfront_method(sheet: CostSheet, line: Line) -> str:
    return gettext("%(fee)s once, demanded with the first installment; never taken out of the payout") % {
        "fee": _fee_amount(sheet, line)
    }


def _each_method(sheet: CostSheet, line: Line) -> str:
    count = len(sheet.portions[0].rows)
    text = ngettext("%(fee)s with %(count)s installment", "%(fee)s with each of %(count)s installments", count)
    return text % {"fee": _fee_amount(sheet, line), "count": count}


def _on_event_method(sheet: CostSheet, line: Line) -> str:
    words = {"fee": _fee_amount(sheet, line)}
    if line.is_once:
        return gettext("Only when you ask for it or it happens: at most %(fee)s in all") % words
    return gettext("Only when you ask for it or it happens: at most %(fee)s each time") % words


def _penalty_method(sheet: CostSheet, _line: Line) -> str:
    late = sheet.late
    if not late.annual_rate:
        return gettext("None is charged")
    with_interest = late.base == "principal_and_interest"
    parts = [
        (
            gettext("%(rate)s a year of the overdue principal and interest, by days (%(year)s days a year)")
            if with_interest
            else gettext("%(rate)s a year of the overdue principal only, by days (%(year)s days a year)")
        )
        % {"rate": percent(late.annual_rate), "year": late.year_days}
    ]
    if late.grace_days:
        text = ngettext("%(days)s day of grace is free", "%(days)s days of grace are free", late.grace_days)
        parts.append(text % {"days": late.grace_days})
    if late.running_rate:
        parts.append(
            gettext("interest of %(rate)s a year runs on beside it") % {"rate": percent(late.running_rate)},
        )
    if late.cap is not None:
        parts.append(gettext("all of it together never above %(cap)s a year") % {"cap": percent(late.cap)})
    return gettext("; ").join(parts)


_METHOD_OF = {
    Cost.INTEREST: _interest_method,
    Cost.UPFRONT: _upfront_method,
    Cost.EACH: _each_method,
    Cost.ON_EVENT: _on_event_method,
    Cost.PENALTY: _penalty_method,
}


def _money(sheet: CostSheet, minor: int) -> str:
    return money(minor, sheet.currency)


def _written(value: Value) -> Any:
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, Decimal):
        return percent(value)
    return date_format(value, "DATE_FORMAT") if isinstance(value, date) else value
