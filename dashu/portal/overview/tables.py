"""The tables and the chart of the overview: buckets, roll rates, what was blocked and why, teams and strategies."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import CURRENT, GONE, NEW, SETTLED, Measure, share_of, start_of
from collections_mgmt.models import Complaint, Hold, PromiseToPay
from collections_mgmt.presenting import bucket_label
from collections_mgmt.selectors.overview import Flow, Moves, Worth
from collections_mgmt.selectors.worker_names import strategy_names, team_names
from dashu.finance.arrears import Band
from dashu.insight.words import state_label
from dashu.messaging.guard import Reason
from dashu.messaging.models import ContactAttempt, ContactChannel, OutboxMessage
from dashu.portal.overview.asked import ROWS
from dashu.portal.overview.figures import EVERY_DAY, RATES, Overview, behind_address, shown, shown_change
from dashu.web.charts import Chart, Series, Tone
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import lender_date, money
from repayments.models import Channel

DETAILS: Mapping[Measure, Mapping[str, Any]] = {
    Measure.SENT: dict(OutboxMessage.Channel.choices),
    Measure.CALL: dict(ContactAttempt.Outcome.choices),
    Measure.COST: dict(ContactChannel.choices),
    Measure.COLLECTED: dict(Channel.choices),
    Measure.BLOCKED: dict(ContactChannel.choices),
    Measure.BLOCKED_REASON: dict(Reason.choices),
    Measure.PROMISE: dict(PromiseToPay.Status.choices),
    Measure.COMPLAINT: dict(Complaint.About.choices),
    Measure.OFFER: {
        "BEFORE": gettext_lazy("Before the first missed due date"),
        "AFTER": gettext_lazy("After a missed due date"),
    },
    Measure.HOLD_BREACH: {**dict(Hold.Kind.choices), "AGENCY": gettext_lazy("An agency has the loan")},
}
MEASURES: Mapping[Measure, Any] = {
    Measure.SENT: gettext_lazy("Reminders and offers sent"),
    Measure.CALL: gettext_lazy("Calls"),
    Measure.COST: gettext_lazy("Costs of contact"),
    Measure.COLLECTED: gettext_lazy("Cash received on loans with an open case"),
    Measure.BLOCKED: gettext_lazy("Blocked contacts"),
    Measure.BLOCKED_REASON: gettext_lazy("Blocked contacts by reason"),
    Measure.PROMISE: gettext_lazy("Promises that were decided"),
    Measure.COMPLAINT: gettext_lazy("Complaints"),
    Measure.OFFER: gettext_lazy("Offers of help"),
    Measure.HOLD_BREACH: gettext_lazy("Hold breaches"),
}


def detail_label(measure: Measure, detail: str) -> Any:
    return DETAILS.get(measure, {}).get(detail, detail)


def trend_chart(overview: Overview) -> Chart | None:
    """Return the principal of loans that are behind, by how far; None where nothing was ever behind."""
    trend, currency = overview.trend, overview.asked.scope.currency
    if not any(day.over(0).principal for day in trend):
        return None
    bands: list[tuple[Any, Tone, int, int]] = [
        (gettext_lazy("1 to 30 days"), Tone.INTEREST, 0, 30),
        (gettext_lazy("31 to 90 days"), Tone.OTHER, 30, 90),
    ]
    series = [
        Series(name, [day.over(least).principal - day.over(most).principal for day in trend], tone)
        for name, tone, least, most in bands
    ]
    series.append(Series(gettext_lazy("more than 90 days"), [day.over(90).principal for day in trend], Tone.LEFT))
    last = trend[-1]
    words = {"day": lender_date(last.on), "amount": money(last.over(0).principal, currency)}
    return Chart(
        key="buckets",
        title=_("Principal of loans past due"),
        summary=_("On %(day)s, loans past due owe %(amount)s of principal.") % words,
        labels_name=_("At the end of"),
        labels=[date_format(day.on, "Y-m-d") for day in trend],
        series=series,
        currency=currency,
    )


def bucket_table(overview: Overview) -> Table:
    now, then, currency = overview.portfolio, overview.portfolio_then, overview.asked.scope.currency
    columns = [
        Column(gettext_lazy("bucket")),
        Column(gettext_lazy("days past due")),
        Column(gettext_lazy("loans"), is_number=True),
        Column(gettext_lazy("principal"), is_number=True),
        Column(gettext_lazy("share of principal"), is_number=True),
    ]
    if then:
        columns.append(Column(_("principal on %(day)s") % {"day": lender_date(then.on)}, is_number=True))
        columns.append(Column(gettext_lazy("change"), is_number=True))
    rows = []
    bands = now.buckets.bands
    for place, band in enumerate(bands):
        worth = now.in_bucket(band.code)
        row: list[Any] = [
            _link(bucket_address(overview, band, _until(bands, place)), bucket_label(band.code)),
            _days(bands, place),
            f"{worth.loans:,}",
            money(worth.principal, currency),
            shown(_part(worth, now.whole), "share"),
        ]
        if then:
            before = then.in_bucket(band.code).principal
            row += [money(before, currency), _signed(worth.principal - before, currency)]
        rows.append(row)
    note = _("At the end of %(day)s.") % {"day": lender_date(overview.on)}
    return Table(_("Buckets"), columns, rows if now.worth else [], empty=_("No loan is running."), note=note)


def bucket_address(overview: Overview, band: Band, until: int) -> str:
    """Return where the loans of a bucket are: those behind in a list of their own, all others in the book."""
    if band.from_days:
        return behind_address(overview, band.from_days, until)
    book = reverse("admin:repayments_loanbalance_changelist")
    product = f"&product={overview.asked.scope.product}" if overview.asked.scope.product else ""
    return f"{book}?as_of={overview.on}&status=ACTIVE&bucket={band.code}{product}"


def _until(bands: Any, place: int) -> int:
    return bands[place + 1].from_days if place + 1 < len(bands) else EVERY_DAY


def _days(bands: Any, place: int) -> str:
    since = bands[place].from_days
    if place + 1 == len(bands):
        return _("from %(days)s") % {"days": since}
    until = bands[place + 1].from_days - 1
    return str(since) if since == until else f"{since}–{until}"


def _part(worth: Worth, whole: Worth) -> Decimal | None:
    return share_of(worth.principal, whole.principal)


def _signed(minor: int, currency: str) -> str:
    return f"+{money(minor, currency)}" if minor > 0 else money(minor, currency)


@dataclass(frozen=True, slots=True)
class HeatCell:
    """:param tone: "" or how strongly it is set off, such as "worse-3"; the figure says the same."""

    share: str
    count: str
    tone: str
    rows: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    name: Any
    started: str
    cells: list[HeatCell]


@dataclass(frozen=True, slots=True)
class Heat:
    """The roll-rate matrix of a month. :param choices: title, address and whether it is the one that is shown."""

    title: Any
    note: str
    columns: list[Any]
    rows: list[HeatRow]
    choices: list[tuple[Any, str, bool]]


def heat_of(overview: Overview) -> Heat | None:
    """Return the matrix of the latest complete month; None before the first."""
    moves, asked = overview.month, overview.asked
    if moves is None:
        return None
    order = [band.code for band in overview.portfolio.buckets.bands]
    before = [code for code in [*order, NEW] if moves.loans_from(code)]
    after = [*order, *(code for code in GONE if any(pair[1] == code for pair in moves.cells))]
    choices = [
        (_("By loans"), asked.address(by="") + "#roll", not asked.by_balance),
        (_("By balance"), asked.address(by="balance") + "#roll", asked.by_balance),
    ]
    words = {"first": lender_date(start_of(moves.month_end)), "last": lender_date(moves.month_end)}
    return Heat(
        title=gettext_lazy("Roll rates"),
        note=_("Where the loans stood at the end of %(first)s, and where at the end of %(last)s.") % words,
        columns=[state_label(code) for code in after],
        rows=[
            HeatRow(
                state_label(code), _started(overview, moves, code), list(_cells(overview, moves, code, order, after))
            )
            for code in before
        ],
        choices=choices,
    )


def _started(overview: Overview, moves: Moves, code: str) -> str:
    if not overview.asked.by_balance:
        return f"{moves.loans_from(code):,}"
    started = moves.started.get(code, 0)
    return money(started, overview.asked.scope.currency) if started else "–"


def _cells(overview: Overview, moves: Moves, before: str, order: list[str], after: list[str]) -> Iterator[HeatCell]:
    asked = overview.asked
    for code in after:
        worth = moves.cells.get((before, code), Worth())
        if not worth.loans:
            yield HeatCell("", "", "", "")
            continue
        share = moves.share(before, code, by_balance=asked.by_balance)
        count = money(worth.principal, asked.scope.currency) if asked.by_balance else f"{worth.loans:,}"
        rows = ""
        if {before, code} - {CURRENT, NEW, *GONE}:
            rows = asked.address(ROWS, of="moves", before=before, after=code)
        yield HeatCell(
            shown(share, "share") if share is not None else "–", count, _tone(before, code, share, order), rows
        )


def _tone(before: str, after: str, share: Decimal | None, order: list[str]) -> str:
    """Set off how much moved: to the worse, to the better, or not at all."""
    if share is None or before in (NEW, after):
        return ""
    strength = 1 + sum(share > Decimal(bar) for bar in ("0.05", "0.15", "0.4"))
    is_worse = order.index(after) > order.index(before) if after in order else after != SETTLED
    return f"{'worse' if is_worse else 'better'}-{strength}"


def desk_tables(overview: Overview) -> Iterator[Table]:
    """Yield what was done in the window: what was blocked and why, contacts, complaints, teams and strategies."""
    yield _by_detail(overview, Measure.BLOCKED_REASON, _("The contact guard refused nothing."))
    yield _by_detail(overview, Measure.SENT, _("Nothing was sent."))
    yield _by_detail(overview, Measure.COMPLAINT, _("Nobody complained."))
    flows, scope = overview.flows, overview.asked.scope
    yield _by_worker(_("Teams"), _("team"), team_names(flows.teams), lambda team: flows.of_team(team, scope))
    yield _by_worker(
        _("Strategies"),
        _("strategy"),
        strategy_names(flows.strategies),
        lambda strategy: flows.of_strategy(strategy, scope),
    )


def _by_detail(overview: Overview, measure: Measure, empty: str) -> Table:
    now = overview.flow.by_detail(measure)
    before = overview.flow_then.by_detail(measure) if overview.flow_then else {}
    columns = [Column(gettext_lazy("what")), Column(gettext_lazy("count"), is_number=True)]
    if overview.compared:
        columns.append(Column(_("up to %(day)s") % {"day": lender_date(overview.compared)}, is_number=True))
        columns.append(Column(gettext_lazy("change"), is_number=True))
    rows = []
    for detail in [*now, *(each for each in before if each not in now)]:
        count, earlier = now.get(detail, 0), before.get(detail, 0)
        address = overview.asked.address(ROWS, of=measure.value, detail=detail)
        row: list[Any] = [_link(address, detail_label(measure, detail)), f"{count:,}"]
        if overview.compared:
            row += [f"{earlier:,}", shown_change(count - earlier, "count")]
        rows.append(row)
    return Table(MEASURES[measure], columns, rows, empty=empty)


def _by_worker(title: str, column: str, workers: Mapping[str, str], flow_of: Callable[[str], Flow]) -> Table:
    rows = []
    for code, name in workers.items():
        flow = flow_of(code)
        rates = [shown(getattr(flow, each.attribute), each.unit) for each in RATES]
        rows.append([name, f"{flow.contacts:,}", *rates, f"{flow.count(Measure.HOLD_BREACH):,}"])
    columns = [
        Column(capfirst(column)),
        Column(gettext_lazy("contacts"), is_number=True),
        *(Column(each.title, is_number=True) for each in RATES),
        Column(gettext_lazy("Hold breaches"), is_number=True),
    ]
    return Table(title, columns, rows, empty=_("No loan was worked on under a name of this kind, so all is one."))


def _link(address: str, words: Any) -> Any:
    return format_html('<a href="{}">{}</a>', address, words)
