"""The figures of the overview: each with its value, its change, what it follows from and the rows that it opens."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import (
    BEFORE_MISS,
    WINDOW_DAYS,
    Measure,
    month_end_up_to,
    month_ends_up_to,
    start_of,
)
from collections_mgmt.selectors.desk_sources import is_known
from collections_mgmt.selectors.overview import (
    Flow,
    Flows,
    Moves,
    Portfolio,
    flows_of,
    latest_closed,
    moves_of,
    portfolios,
)
from dashu.kernel.dates import add_months
from dashu.messaging.models import ContactChannel
from dashu.policy.rules import contact_costs, delinquency_buckets
from dashu.policy.selectors import PolicyRuleMissing
from dashu.portal.overview.asked import ROWS, Asked
from dashu.web.templatetags.dashu import lender_date, money

MONTHS = 12
EVERY_DAY = 100_000  # more days past due than there are

Number = Decimal | int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """
    Everything that the page is made of, read in a fixed number of queries.

    :param asked: with the closed days that were found for those that were asked for.
    :param compared: None where no day so early is closed.
    """

    asked: Asked
    compared: date | None
    portfolios: Mapping[date, Portfolio]
    moves: Mapping[date, Moves]
    flows: Flows

    @property
    def on(self) -> date:
        return self.asked.on

    @property
    def portfolio(self) -> Portfolio:
        return self.portfolios.get(self.on) or Portfolio(self.on, delinquency_buckets(self.on), {})

    @property
    def portfolio_then(self) -> Portfolio | None:
        return self.portfolios.get(self.compared) if self.compared else None

    @property
    def trend(self) -> list[Portfolio]:
        """The ends of the last months and the day itself, as far as loans were running."""
        days = dict.fromkeys([*month_ends_up_to(self.on, MONTHS), self.on])
        return [self.portfolios[day] for day in days if day in self.portfolios]

    @property
    def month(self) -> Moves | None:
        return self.moves.get(month_end_up_to(self.on))

    @property
    def month_then(self) -> Moves | None:
        return self.moves.get(month_end_up_to(self.compared)) if self.compared else None

    @property
    def flow(self) -> Flow:
        return self.flows.total(self.asked.scope)

    @property
    def flow_then(self) -> Flow | None:
        return self.flows.total(self.asked.scope, then=True) if self.compared else None


def read_overview(asked: Asked) -> Overview | None:
    """Return what there is to show; None before the first close, or on a day before it."""
    on = latest_closed(asked.on)
    if on is None:
        return None
    compared = latest_closed(min(asked.compared, on))
    compared = None if compared == on else compared
    asked = replace(asked, on=on, compared=compared or add_months(on, -1))
    compared_days = [compared] if compared else []
    months = [month_end_up_to(day) for day in (on, *compared_days)]
    days = {*month_ends_up_to(on, MONTHS), on, *compared_days, *map(start_of, months)}
    found = portfolios({day: delinquency_buckets(day) for day in sorted(days)}, asked.scope)
    moves = moves_of([on, *compared_days], asked.scope, found)
    return Overview(asked, compared, found, moves, flows_of(on, compared, asked.scope))


@dataclass(frozen=True, slots=True)
class Card:
    """
    One figure.

    :param number, before: on the day and on the one that it is compared with; None for none, never 0 instead.
    :param unit: "share", "per_thousand" or "count".
    :param note: what the number is made of.
    :param none: what stands there instead of a number.
    :param rows: address of what it counts.
    :param is_judged: a change is for better or for worse.
    """

    key: str
    title: Any
    number: Number
    before: Number
    unit: str
    how: Any
    note: str = ""
    none: Any = ""
    rows: str = ""
    is_better_low: bool = True
    compared: date | None = None
    target: int | None = None
    is_judged: bool = True

    @property
    def value(self) -> str:
        return shown(self.number, self.unit)

    @property
    def change(self) -> str:
        if self.number is None or self.compared is None:
            return ""
        day = {"day": lender_date(self.compared)}
        if self.before is None:
            return _("No figure of %(day)s to compare with") % day
        if self.number == self.before:
            return _("As on %(day)s") % day
        words = {"change": shown_change(self.number - self.before, self.unit), **day}
        return (_("%(change)s points since %(day)s") if self.unit == "share" else _("%(change)s since %(day)s")) % words

    @property
    def tone(self) -> str:
        if self.target is not None and self.number is not None:
            return "good" if self.number == self.target else "late"
        if not self.is_judged or self.number is None or self.before is None or self.number == self.before:
            return "plain"
        return "good" if (self.number < self.before) == self.is_better_low else "soon"


def shown(number: Number, unit: str) -> str:
    """Write a figure for a reader; "none" where there is nothing to divide by."""
    if number is None:
        return _("none")
    if unit == "share":
        return f"{number * 100:.2f}%"
    return f"{number:,}" if isinstance(number, int) else f"{number:,.2f}"


def shown_change(change: Decimal | int, unit: str) -> str:
    written = f"{change * 100:+.2f}" if unit == "share" else f"{change:+,}"
    return written.replace("-", "−")


@dataclass(frozen=True, slots=True)
class Group:
    title: Any
    note: str
    cards: list[Card]


def groups_of(overview: Overview, *, with_desk: bool) -> list[Group]:
    """:param with_desk: the person may see what the desk did, not only the book."""
    groups = [_of_book(overview), _of_month(overview)]
    return [*groups, _of_promises(overview), _of_care(overview)] if with_desk else groups


RISKS: Mapping[int, tuple[Any, Any]] = {
    1: (
        gettext_lazy("Portfolio at risk, 1 day"),
        gettext_lazy(
            "Principal of the running loans that are at least 1 day past due ÷ principal of all running loans, at the "
            "end of the day."
        ),
    ),
    30: (
        gettext_lazy("Portfolio at risk, 30 days"),
        gettext_lazy(
            "Principal of the running loans that are more than 30 days past due ÷ principal of all running loans, at "
            "the end of the day."
        ),
    ),
    90: (
        gettext_lazy("Portfolio at risk, 90 days"),
        gettext_lazy(
            "Principal of the running loans that are more than 90 days past due ÷ principal of all running loans, at "
            "the end of the day."
        ),
    ),
}


def _of_book(overview: Overview) -> Group:
    now, then, currency = overview.portfolio, overview.portfolio_then, overview.asked.scope.currency
    cards = [
        Card(
            key="loans",
            title=gettext_lazy("Loans past due"),
            number=now.over(0).loans,
            before=then.over(0).loans if then else None,
            unit="count",
            how=gettext_lazy("Running loans with at least 1 day past due at the end of the day."),
            note=_("of %(count)s running") % {"count": f"{now.whole.loans:,}"},
            rows=behind_address(overview, 1),
            compared=overview.compared,
        )
    ]
    for days, (title, how) in RISKS.items():
        least = 0 if days == 1 else days
        cards.append(
            Card(
                key=f"par_{days}",
                title=title,
                number=now.at_risk(least),
                before=then.at_risk(least) if then else None,
                unit="share",
                how=how,
                note=money(now.over(least).principal, currency),
                none=gettext_lazy("No loan is running."),
                rows=behind_address(overview, least + 1),
                compared=overview.compared,
            )
        )
    note = ""
    if overview.asked.scope.is_of_a_team:
        note = _("The book is not kept by team or strategy: these figures are of all loans.")
    return Group(gettext_lazy("The book"), note, cards)


def behind_address(overview: Overview, since: int, until: int = EVERY_DAY) -> str:
    """Return where the loans are that are behind by so many days."""
    return overview.asked.address(ROWS, of="behind", since=since, until=until)


def _of_month(overview: Overview) -> Group:
    now, then, asked = overview.month, overview.month_then, overview.asked

    def rows(after: str) -> str:
        return asked.address(ROWS, of="moves", before="BEHIND", after=after) if now else ""

    cards = [
        Card(
            key="cure",
            title=gettext_lazy("Cure rate"),
            number=now.cure_rate if now else None,
            before=then.cure_rate if then else None,
            unit="share",
            how=gettext_lazy(
                "Loans that were past due at the beginning of the month and are current or settled at its end ÷ loans "
                "that were past due at its beginning."
            ),
            note=_("%(part)s of %(whole)s loans") % {"part": f"{now.cured:,}", "whole": f"{now.behind_before:,}"}
            if now
            else "",
            none=gettext_lazy("No loan was past due when the month began."),
            rows=rows("CURED"),
            is_better_low=False,
            compared=overview.compared,
        ),
        Card(
            key="self_cure",
            title=gettext_lazy("Self-cure rate"),
            number=now.self_cure_rate if now else None,
            before=then.self_cure_rate if then else None,
            unit="share",
            how=gettext_lazy(
                "Cured loans whose borrowers no person of ours was in touch with during the month ÷ cured loans. In "
                "touch means: a conversation, a promise noted by staff, or a request for help answered by staff."
            ),
            note=_("%(part)s of %(whole)s cures") % {"part": f"{now.cured_alone:,}", "whole": f"{now.cured:,}"}
            if now
            else "",
            none=gettext_lazy("No loan was cured in the month."),
            rows=rows("ALONE"),
            is_better_low=False,
            compared=overview.compared,
        ),
    ]
    if now is None:
        return Group(gettext_lazy("Getting back on track"), _("The first month is not over yet."), cards)
    month = {"first": lender_date(start_of(now.month_end)), "last": lender_date(now.month_end)}
    return Group(gettext_lazy("Getting back on track"), _("From the end of %(first)s to %(last)s.") % month, cards)


@dataclass(frozen=True, slots=True)
class _Counted:
    """A figure of the window. :param rows: what it opens."""

    key: str
    title: Any
    attribute: str
    unit: str
    how: Any
    none: Any
    rows: Measure
    is_better_low: bool = True


KEPT_RATE = _Counted(
    "kept",
    gettext_lazy("Promises kept"),
    "kept_rate",
    "share",
    gettext_lazy(
        "Promises kept ÷ promises kept or broken. A promise is kept when at least 95% was paid by its day and 2 more "
        "days; the nightly close decides, and it counts on the day of that decision. The policy rule promise.kept sets "
        "both figures."
    ),
    gettext_lazy("No promise was decided."),
    Measure.PROMISE,
    is_better_low=False,
)
RIGHT_PARTY_RATE = _Counted(
    "right_party",
    gettext_lazy("Right-party contact"),
    "right_party_rate",
    "share",
    gettext_lazy(
        "Calls in which the borrower was spoken to ÷ calls to borrowers. A call counts on the day on which it was noted"
        " how it ended; one that did not come about is none."
    ),
    gettext_lazy("No calls are recorded."),
    Measure.CALL,
    is_better_low=False,
)
COST_RATE = _Counted(
    "cost",
    gettext_lazy("Cost to collect"),
    "cost_rate",
    "share",
    gettext_lazy(
        "Costs of contact ÷ cash received on loans with an open case on the day of the payment. Payments that came"
        " back do not count. A call, visit or letter costs what was noted of it, else the rate of its day in the policy"
        " rule contact.costs; a message costs that rate."
    ),
    gettext_lazy("No costs are recorded."),
    Measure.COLLECTED,
)
COMPLAINT_RATE = _Counted(
    "complaints",
    gettext_lazy("Complaints per 1,000 contacts"),
    "complaint_rate",
    "per_thousand",
    gettext_lazy(
        "Complaints × 1,000 ÷ contacts. A contact is a reminder or an offer that left the house by e-mail or text "
        "message, or a call. What the contract asks for and notices in the borrower's own account do not count."
    ),
    gettext_lazy("Nobody was contacted."),
    Measure.COMPLAINT,
)
EARLY_OFFER_RATE = _Counted(
    "early_offers",
    gettext_lazy("Offers before the first missed date"),
    "early_offer_rate",
    "share",
    gettext_lazy(
        "Loans for which help was offered before they were ever past due ÷ all loans for which help was offered."
    ),
    gettext_lazy("No help was offered."),
    Measure.OFFER,
    is_better_low=False,
)
RATES = (KEPT_RATE, RIGHT_PARTY_RATE, COST_RATE, COMPLAINT_RATE, EARLY_OFFER_RATE)


def _of_promises(overview: Overview) -> Group:
    cards = [_counted(overview, each) for each in (KEPT_RATE, RIGHT_PARTY_RATE, COST_RATE)]
    return Group(gettext_lazy("Promises and contact"), _window(overview), cards)


def _of_care(overview: Overview) -> Group:
    cards = [
        _counted(overview, EARLY_OFFER_RATE),
        _counted(overview, COMPLAINT_RATE),
        Card(
            key="blocked",
            title=gettext_lazy("Blocked contacts"),
            number=overview.flow.count(Measure.BLOCKED),
            before=overview.flow_then.count(Measure.BLOCKED) if overview.flow_then else None,
            unit="count",
            how=gettext_lazy(
                "Contacts that the contact guard did not allow. Waiting for the contact hours, or a missing address, "
                "does not count."
            ),
            rows=_rows_of(overview, Measure.BLOCKED),
            is_judged=False,
            compared=overview.compared,
        ),
        Card(
            key="hold_breaches",
            title=gettext_lazy("Hold breaches"),
            number=overview.flow.count(Measure.HOLD_BREACH),
            before=overview.flow_then.count(Measure.HOLD_BREACH) if overview.flow_then else None,
            unit="count",
            how=gettext_lazy(
                "Reminders and offers that left the house, and calls, visits and letters that were begun, between the "
                "moment at which a hold that forbids them was placed and the moment at which it was ended. The target "
                "is 0."
            ),
            note=_("target 0"),
            rows=_rows_of(overview, Measure.HOLD_BREACH),
            compared=overview.compared,
            target=0,
        ),
    ]
    return Group(gettext_lazy("Care"), _window(overview), cards)


def _counted(overview: Overview, what: _Counted) -> Card:
    then = overview.flow_then
    return Card(
        key=what.key,
        title=what.title,
        number=getattr(overview.flow, what.attribute),
        before=getattr(then, what.attribute) if then else None,
        unit=what.unit,
        how=f"{what.how} {_rates_used(overview.on)}" if what is COST_RATE else what.how,
        note=_parts(what, overview.flow, overview.asked.scope.currency),
        none=_none_of(what, overview.flow),
        rows=_rows_of(overview, what.rows) if is_known(what.rows) else "",
        is_better_low=what.is_better_low,
        compared=overview.compared,
    )


def _rates_used(on: date) -> str:
    """Say which rates hold on the latest day of the window; earlier days have those of their own."""
    try:
        costs = contact_costs(on)
    except PolicyRuleMissing:
        return _("There are no rates here; only what was noted counts.")
    labels = dict(ContactChannel.choices)
    rates = [f"{labels[channel]} {money(minor, costs.currency)}" for channel, minor in costs.rates.items()]
    return _("Rates on %(day)s: %(rates)s.") % {"day": lender_date(on), "rates": " · ".join(rates)}


def _none_of(what: _Counted, flow: Flow) -> Any:
    return _("No cash came in.") if what is COST_RATE and flow.count(Measure.COST) else what.none


def _parts(what: _Counted, flow: Flow, currency: str) -> str:
    """Say what a rate is made of, where there is a rate."""
    if getattr(flow, what.attribute) is None:
        return ""
    if what is KEPT_RATE:
        part, whole = flow.count(Measure.PROMISE, "KEPT"), flow.count(Measure.PROMISE)
        return _("%(part)s of %(whole)s promises") % {"part": f"{part:,}", "whole": f"{whole:,}"}
    if what is RIGHT_PARTY_RATE:
        part, whole = flow.reached, flow.count(Measure.CALL)
        return _("%(part)s of %(whole)s calls") % {"part": f"{part:,}", "whole": f"{whole:,}"}
    if what is COST_RATE:
        cost, cash = flow.amounts.get(Measure.COST, 0), flow.amounts.get(Measure.COLLECTED, 0)
        return _("%(cost)s for %(cash)s") % {"cost": money(cost, currency), "cash": money(cash, currency)}
    if what is COMPLAINT_RATE:
        words = {"complaints": f"{flow.count(Measure.COMPLAINT):,}", "contacts": f"{flow.contacts:,}"}
        return _("%(complaints)s on %(contacts)s contacts") % words
    part, whole = flow.count(Measure.OFFER, BEFORE_MISS), flow.count(Measure.OFFER)
    return _("%(part)s of %(whole)s offers") % {"part": f"{part:,}", "whole": f"{whole:,}"}


def _rows_of(overview: Overview, measure: Measure) -> str:
    return overview.asked.address(ROWS, of=measure.value)


def _window(overview: Overview) -> str:
    return _("In the %(days)s days up to %(day)s.") % {"days": WINDOW_DAYS, "day": lender_date(overview.on)}
