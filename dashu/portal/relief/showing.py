"""What a way does, as its borrower compares it: payments now and later, the end, the cost, the record, a miss."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collections_mgmt.domain.relief.offers import Effect, Why
from collections_mgmt.domain.relief.quoting import NO_CONCESSION, REDUCES
from collections_mgmt.models import OfferSet, RestructuringOffer
from collections_mgmt.relief_words import EFFECTS, METHODS, WHYS
from collections_mgmt.services.relief.ways import Way
from dashu.finance.relief import ReliefMethod
from dashu.kernel.dates import add_months
from dashu.kernel.money import fraction_digits
from dashu.policy import rules as policy
from dashu.portal.relief.joining import numbers_of
from dashu.web.charts import Chart, Series, Tone
from dashu.web.templatetags.dashu import lender_date, money
from loans.models import Loan
from repayments.domain.standing import Standing

MOST_STEPS = 6
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Step:
    """So many payments of the same amount, minor units, the first of them on a day."""

    count: int
    amount: int
    first_on: date


@dataclass(frozen=True, slots=True)
class WayShown:
    """
    One way with its figures, minor units.

    :param number: None for what was moved and is not kept yet. :param loan_number: of all loans that become one.
    :param steps: payments in their order; the first is what is asked for next. Empty where they differ from each other.
    :param extra: paid more in all than now; less than 0 where it is less.
    :param effect: on the credit record, a sentence; `mark` is the code of the special event, empty for none.
    """

    number: int | None
    name: str | Promise
    about: str | Promise
    why: str | Promise
    loan_number: str
    currency: str
    is_recommended: bool
    is_own: bool
    first_on: date
    first: int
    highest: int
    steps: tuple[Step, ...]
    payments: int
    ends_on: date
    ends_before: date | None
    total: int
    total_before: int
    extra: int
    extra_interest: int
    given_up: int
    penalty: int
    annual_rate: Decimal
    effect: str | Promise
    mark: str
    missed: tuple[str, ...]
    changes_contract: bool

    @property
    def later(self) -> tuple[Step, ...]:
        """What comes after the first amount, without a last payment that only rounds off."""
        return self.steps[1:-1] if self.rounds_off else self.steps[1:]

    @property
    def rounds_off(self) -> bool:
        """Whether the last payment differs from those before it by less than a unit of the currency."""
        if len(self.steps) < 2 or self.steps[-1].count > 1:
            return False
        return abs(self.steps[-1].amount - self.steps[-2].amount) < 10 ** fraction_digits(self.currency)

    @property
    def last(self) -> int:
        return self.steps[-1].amount if self.steps else 0

    @property
    def first_count(self) -> int:
        """How many payments in a row are what the first one is."""
        return self.steps[0].count if self.steps else 1

    @property
    def saved(self) -> int:
        return -self.extra


def way_shown(way: RestructuringOffer | Way, loan: Loan, *, today: date) -> WayShown:
    """Return a way of an offer, or one that is only tried."""
    figures, method = way.figures, ReliefMethod(way.method)
    steps = steps_of(way.rows, today)
    kept = way if isinstance(way, RestructuringOffer) else None
    effect = _effect(figures, method, way.acts)
    return WayShown(
        number=kept.number if kept else None,
        name=METHODS[method].name,
        about=METHODS[method].about,
        why=WHYS[Why(way.reason)] if way.reason else "",
        loan_number=numbers_of(figures, loan.number),
        currency=loan.currency,
        is_recommended=way.is_recommended,
        is_own=way.is_own,
        first_on=steps[0].first_on if steps else today,
        first=steps[0].amount if steps else 0,
        highest=figures["highest_minor"],
        steps=steps if len(steps) <= MOST_STEPS else (),
        payments=figures["payments"],
        ends_on=date.fromisoformat(figures["ends_on"]) if figures["ends_on"] else today,
        ends_before=date.fromisoformat(figures["ends_on_before"]) if figures["ends_on_before"] else None,
        total=figures["total_minor"],
        total_before=figures["total_before_minor"],
        extra=figures["extra_minor"],
        extra_interest=figures["extra_interest_minor"],
        given_up=_given_up(way.acts),
        penalty=figures["penalty_minor"],
        annual_rate=Decimal(figures["annual_rate"]),
        effect=EFFECTS[effect],
        mark=figures.get("credit_mark", policy.relief_credit_marks(today).get(method, "")),
        missed=missed_in_words(_given_up(way.acts), loan.currency, today),
        changes_contract=effect is not Effect.NONE,
    )


def steps_of(rows: Iterable[Row], today: date) -> tuple[Step, ...]:
    """Return the payments of a schedule in their order, equal ones taken together; what is overdue is due now."""
    by_day: dict[date, int] = {}
    for _number, day, *parts in rows:
        on = max(date.fromisoformat(day), today)
        by_day[on] = by_day.get(on, 0) + sum(parts)
    runs = groupby(sorted(by_day.items()), key=lambda payment: payment[1])
    return tuple(
        Step(len(paid), amount, paid[0][0]) for amount, found in runs if (paid := [(day, one) for day, one in found])
    )


def missed_in_words(given_up: int, currency: str, today: date) -> tuple[str, ...]:
    """Return what happens when a payment of a plan does not come, sentence by sentence."""
    clocks = policy.relief_clocks(today)
    told = [
        ngettext(
            "If a payment is not here %(days)s day after its date, the plan is interrupted, and we tell you.",
            "If a payment is not here %(days)s days after its date, the plan is interrupted, and we tell you.",
            clocks.broken_after_days,
        )
        % {"days": clocks.broken_after_days},
        ngettext(
            "Paid within %(days)s day from then, it goes on as agreed.",
            "Paid within %(days)s days from then, it goes on as agreed.",
            clocks.cure_days,
        )
        % {"days": clocks.cure_days},
        _("Otherwise it ends: the schedule stays as agreed, and what is missing is late like any payment."),
    ]
    if given_up:
        told.append(_("%(amount)s that we gave up would be owed again.") % {"amount": money(given_up, currency)})
    return tuple(told)


def before_and_after(
    way: RestructuringOffer | Way, standings: Iterable[Standing], currency: str, *, today: date
) -> Chart | None:
    """
    Return what each month asks for now and with the plan, as a chart with its table; None where nothing is asked.

    :param standings: of all loans that the way changes.
    """
    asked = [(row.due_on, row.unpaid) for standing in standings for row in standing.rows if row.unpaid]
    now = _by_month(asked, today)
    then = _by_month([(date.fromisoformat(row[1]), sum(row[2:])) for row in way.rows], today)
    if not now or not then:
        return None
    first, last = min([*now, *then]), max([*now, *then])
    months = []
    while first <= last:
        months.append(first)
        first = add_months(first, 1)
    return Chart(
        key="plan",
        title=_("What each month asks for"),
        summary=_("Now up to %(now)s a month until %(end)s; with this plan up to %(then)s until %(new_end)s.")
        % {
            "now": money(max(now.values()), currency),
            "end": lender_date(max(due_on for due_on, _unpaid in asked)),
            "then": money(max(then.values()), currency),
            "new_end": lender_date(date.fromisoformat(way.rows[-1][1])),
        },
        labels_name=_("Month"),
        labels=[f"{month.year}/{month.month}" for month in months],
        series=[
            Series(_("As it is now"), [now.get(month, 0) for month in months], Tone.FEE),
            Series(_("With this plan"), [then.get(month, 0) for month in months], Tone.PRINCIPAL),
        ],
        currency=currency,
        stacks=False,
    )


def changes_in_words(before: Mapping[int, WayShown], after: Sequence[WayShown]) -> list[str]:
    """Return what is no longer as it was when a set was last looked at; nothing where all that is shown is the same."""
    told = []
    for way in after:
        if way.number is None or (was := before.get(way.number)) is None:
            continue
        if was.first != way.first:
            told.append(
                _("%(plan)s: the next payment is %(now)s instead of %(before)s.")
                % {"plan": way.name, "now": money(way.first, way.currency), "before": money(was.first, way.currency)}
            )
        if was.ends_on != way.ends_on:
            told.append(
                _("%(plan)s: the last payment is on %(now)s instead of %(before)s.")
                % {"plan": way.name, "now": lender_date(way.ends_on), "before": lender_date(was.ends_on)}
            )
        if was.total != way.total:
            told.append(
                _("%(plan)s: from now on %(now)s is paid in all instead of %(before)s.")
                % {"plan": way.name, "now": money(way.total, way.currency), "before": money(was.total, way.currency)}
            )
    standing = {way.number for way in after}
    for number, was in before.items():
        if number not in standing:
            told.append(_("%(plan)s no longer fits your loan, so it is not offered any more.") % {"plan": was.name})
    return told


def open_ways(offered: OfferSet, *, today: date) -> list[WayShown]:
    """Return the ways of a set that can be chosen, the recommended one first."""
    ways = offered.offers.filter(status=RestructuringOffer.Status.OFFERED).select_related("loan")
    shown = [way_shown(way, way.loan, today=today) for way in ways]
    return sorted(shown, key=lambda way: (not way.is_own, not way.is_recommended, way.number or 0))


def _effect(figures: Mapping[str, Any], method: ReliefMethod, acts: Iterable[Mapping[str, Any]]) -> Effect:
    if "credit_effect" in figures:
        return Effect(figures["credit_effect"])
    if method in NO_CONCESSION and all(act["kind"] == "due_day" for act in acts):
        return Effect.NONE
    return Effect.REDUCED if method in REDUCES else Effect.RESTRUCTURED


def _given_up(acts: Iterable[Mapping[str, Any]]) -> int:
    return sum(act["amount"] for act in acts if act["kind"] == "waiver")


def _by_month(payments: Iterable[tuple[date, int]], today: date) -> dict[date, int]:
    """Add up by the first of the month; what is overdue is asked for in this one."""
    found: dict[date, int] = {}
    for on, amount in payments:
        month = max(on, today).replace(day=1)
        found[month] = found.get(month, 0) + amount
    return found
