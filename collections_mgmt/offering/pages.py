"""What the offer builder shows: the month, the ways side by side with the loan as it is, and why not the others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.budget_words import DEBTS, INCOMES
from collections_mgmt.domain.relief.offers import Effect
from collections_mgmt.models import Budget, RestructuringOffer
from collections_mgmt.offering.words import kept_reason, method_name
from collections_mgmt.services.relief.ways import Way
from dashu.kernel.money import fraction_digits
from dashu.policy import rules as policy
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money, percent_shown
from dashu.web.writing import named

# An offer that is only thought of, or one that was made: both keep the same figures under the same names.
Shown = Way | RestructuringOffer
Told = Callable[[Mapping[str, Any]], str]


def ways_table(ways: Sequence[Shown], currency: str, *, title: Any, note: Any = "") -> Table:
    """Return the ways side by side: each line says one thing of the loan as it is, and of each way."""
    lines = _lines(currency)
    first: Mapping[str, Any] = ways[0].figures if ways else {}
    rows = [
        [capfirst(name), now(first) if now and first else "–", *(then(way.figures) for way in ways)]
        for name, now, then in lines
    ]
    names = [
        f"{method_name(way.method)} · {gettext('recommended')}" if way.is_recommended else method_name(way.method)
        for way in ways
    ]
    return Table(
        title=title,
        columns=[Column(_("what")), Column(_("as it is"), is_number=True), *(Column(name, True) for name in names)],
        rows=rows if ways else [],
        note=note,
        empty=_("Nothing fits within the limits. Below you see why, and what another person may approve."),
    )


def _lines(currency: str) -> list[tuple[Any, Told | None, Told]]:
    def amount(name: str) -> Told:
        return lambda figures: money(figures[name], currency) if figures.get(name) is not None else "–"

    def day(name: str) -> Told:
        return lambda figures: date_format(date.fromisoformat(figures[name])) if figures.get(name) else "–"

    def month(when: str, name: str) -> Told:
        return lambda figures: _carried(figures.get("affordability", {}).get(when, {}).get(name), name, currency)

    def share(name: str) -> Told:
        return lambda figures: percent_shown(Decimal(figures[name])) if figures.get(name) is not None else "–"

    return [
        (_("first payment"), None, amount("first_minor")),
        (_("first due date"), None, day("first_due_on")),
        (_("highest payment"), month("before", "payment"), amount("highest_minor")),
        (_("last payment"), day("ends_on_before"), day("ends_on")),
        (_("paid in all from now on"), amount("total_before_minor"), amount("total_minor")),
        (_("more than now"), None, amount("extra_minor")),
        (_("given up of what is owed"), None, amount("given_up_minor")),
        (_("left in the tightest month"), month("before", "surplus"), month("after", "surplus")),
        (_("debts of the income"), month("before", "debt_share"), month("after", "debt_share")),
        (_("present value at the old rate"), amount("value_before_minor"), amount("value_minor")),
        (_("of it given up"), None, share("value_loss")),
        (_("expected, with losses"), amount("expected_before_minor"), amount("expected_minor")),
        (_("rate a year, all in"), None, share("all_in_rate")),
        (_("credit record"), None, lambda figures: _effect(figures.get("credit_effect"))),
    ]


def _carried(value: str | None, name: str, currency: str) -> str:
    """Write a figure of the tightest month, which is kept as decimal text."""
    if value is None:
        return "–"
    if name == "debt_share":
        return percent_shown(Decimal(value))
    return money(int(Decimal(value).scaleb(fraction_digits(currency))), currency)


def _effect(code: str | None) -> Any:
    short = {
        Effect.NONE: _("stays as it is"),
        Effect.RESTRUCTURED: _("may be reported as changed"),
        Effect.REDUCED: _("may be reported as reduced"),
    }
    return short[Effect(code)] if code else "–"


def refusals_table(told: Iterable[Mapping[str, Any]], currency: str) -> Table:
    return Table(
        title=_("not offered, and why"),
        columns=[Column(_("method")), Column(_("because")), Column(_("another person"))],
        rows=[
            [
                method_name(one["method"]),
                kept_reason(one, currency),
                gettext("may approve it") if one["needs_person"] else "–",
            ]
            for one in told
        ],
        empty=_("Every method is among the offers."),
    )


def budget_table(budget: Budget, today: date) -> Table:
    """Return a month as it was stated, with what is left of it for the loan."""
    spending = {code: named(one.names) for code, one in policy.spending_guidelines(today).categories.items()}
    rows: list[list[Any]] = []
    for sign, amounts, names in (("", budget.income, INCOMES), ("−", budget.expenses, spending)):
        rows += _amounts(sign, amounts, names, budget)
    rows += _amounts("−", budget.debts, DEBTS, budget)
    rows.append([gettext("left for this loan, after a reserve"), money(budget.surplus_minor, budget.currency), ""])
    return Table(
        title=_("the month as it was told"),
        columns=[Column(_("what")), Column(_("a month"), is_number=True), Column(_("in their words"))],
        rows=rows,
        note=gettext("Budget %(reference)s of %(day)s: %(people)s people, %(cause)s.")
        % {
            "reference": budget.reference,
            "day": date_format(localtime(budget.made_at).date()),
            "people": budget.household,
            "cause": budget.get_cause_display(),
        },
        empty="–",
    )


def _amounts(sign: str, amounts: Mapping[str, int], names: Mapping[str, Any], budget: Budget) -> list[list[Any]]:
    return [
        [names.get(code, code), f"{sign}{money(minor, budget.currency)}", budget.words.get(code, "")]
        for code, minor in amounts.items()
    ]


def month_figures(room_minor: int | None, days_past_due: int, currency: str) -> list[Figure]:
    figures = [Figure(_("days past due"), days_past_due, tone="late" if days_past_due else "good")]
    if room_minor is not None:
        tone = "good" if room_minor > 0 else "late"
        figures.append(Figure(_("a month can carry"), money(room_minor, currency), _("for this loan"), tone))
    return figures
