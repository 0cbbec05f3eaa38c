"""What the overview of the desk shows: sums of the nightly figures, never of the book itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth

from collections_mgmt.domain.desk_figures import (
    AFTER_MISS,
    BEFORE_MISS,
    BROKEN,
    CURED,
    KEPT,
    NOT_BEHIND_BEFORE,
    REACHED,
    WINDOW_DAYS,
    Measure,
    month_end_up_to,
    per_thousand,
    share_of,
    start_of,
)
from collections_mgmt.models import BucketMove, CloseRun, DeskFigure, PortfolioDay
from dashu.finance.arrears import Scale
from dashu.kernel.dates import add_months


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at, by code; "" for any. Amounts are never summed over currencies, so one is always chosen."""

    currency: str
    product: str = ""
    team: str = ""
    strategy: str = ""

    @property
    def is_of_a_team(self) -> bool:
        return bool(self.team or self.strategy)

    def of_loans(self) -> Q:
        """Select the figures of loans of this product and currency."""
        return Q(currency=self.currency) & (Q(product=self.product) if self.product else Q())


@dataclass(slots=True)
class Worth:
    """Running loans and what they owe of principal, in minor units."""

    loans: int = 0
    principal: int = 0

    def add(self, loans: int, principal: int) -> None:
        self.loans += loans
        self.principal += principal


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The running loans at the end of a day by bucket. :param buckets: the scale of that day."""

    on: date
    buckets: Scale
    worth: Mapping[str, Worth]

    @property
    def whole(self) -> Worth:
        return self._sum([band.code for band in self.buckets.bands])

    def in_bucket(self, code: str) -> Worth:
        return self.worth.get(code, Worth())

    def over(self, days: int) -> Worth:
        """Return the loans that are more than `days` behind."""
        return self._sum([band.code for band in self.buckets.bands if band.from_days > days])

    def at_risk(self, days: int) -> Decimal | None:
        """Portfolio at risk: principal of loans more than `days` behind ÷ principal of all running loans."""
        return share_of(self.over(days).principal, self.whole.principal)

    def _sum(self, codes: Sequence[str]) -> Worth:
        found = Worth()
        for code in codes:
            found.add(self.in_bucket(code).loans, self.in_bucket(code).principal)
        return found


@dataclass(frozen=True, slots=True)
class Moves:
    """
    Where the loans of a month went, in loans and in principal at its end.

    :param cells: by the bucket before and the bucket after; see `LoanMove`.
    :param started: principal at the beginning of the month, by bucket; of a team, of the loans that were behind.
    """

    month_end: date
    cells: Mapping[tuple[str, str], Worth]
    contacted: Mapping[tuple[str, str], int]
    started: Mapping[str, int]

    def loans_from(self, bucket: str) -> int:
        return sum(worth.loans for (before, _after), worth in self.cells.items() if before == bucket)

    def share(self, before: str, after: str, *, by_balance: bool) -> Decimal | None:
        """
        Return the roll rate from one bucket into another.

        By loans: of those that were in `before`. By balance: principal in `after` at the end ÷ principal in `before`
        at the beginning, as the domain notes have it.
        """
        cell = self.cells.get((before, after), Worth())
        if by_balance:
            return share_of(cell.principal, self.started.get(before, 0))
        return share_of(cell.loans, self.loans_from(before))

    @property
    def behind_before(self) -> int:
        return sum(worth.loans for (before, _after), worth in self.cells.items() if before not in NOT_BEHIND_BEFORE)

    @property
    def cured(self) -> int:
        return sum(worth.loans for pair, worth in self.cells.items() if _is_cure(pair))

    @property
    def cured_alone(self) -> int:
        return self.cured - sum(count for pair, count in self.contacted.items() if _is_cure(pair))

    @property
    def cure_rate(self) -> Decimal | None:
        return share_of(self.cured, self.behind_before)

    @property
    def self_cure_rate(self) -> Decimal | None:
        return share_of(self.cured_alone, self.cured)


def _is_cure(pair: tuple[str, str]) -> bool:
    return pair[0] not in NOT_BEHIND_BEFORE and pair[1] in CURED


@dataclass(slots=True)
class Flow:
    """What was done within the window that ends on a day: how often, and for how much, by measure and detail."""

    counts: dict[tuple[Measure, str], int] = field(default_factory=dict)
    amounts: dict[Measure, int] = field(default_factory=dict)

    def add(self, measure: Measure, detail: str, count: int, amount: int) -> None:
        self.counts[measure, detail] = self.counts.get((measure, detail), 0) + count
        self.amounts[measure] = self.amounts.get(measure, 0) + amount

    def count(self, measure: Measure, detail: str | None = None) -> int:
        if detail is not None:
            return self.counts.get((measure, detail), 0)
        return sum(count for (each, _detail), count in self.counts.items() if each is measure)

    def by_detail(self, measure: Measure) -> dict[str, int]:
        """Return the counts by detail, the most frequent first."""
        found = {detail: count for (each, detail), count in self.counts.items() if each is measure}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    @property
    def contacts(self) -> int:
        return self.count(Measure.SENT) + self.count(Measure.CALL)

    @property
    def kept_rate(self) -> Decimal | None:
        """Promises kept ÷ promises that were decided, kept or broken."""
        kept = self.count(Measure.PROMISE, KEPT)
        return share_of(kept, kept + self.count(Measure.PROMISE, BROKEN))

    @property
    def reached(self) -> int:
        """Calls in which the borrower was spoken to."""
        return sum(self.count(Measure.CALL, outcome) for outcome in REACHED)

    @property
    def right_party_rate(self) -> Decimal | None:
        return share_of(self.reached, self.count(Measure.CALL))

    @property
    def cost_rate(self) -> Decimal | None:
        """Costs ÷ cash; None also where no cost is recorded, because contact is never free."""
        if not self.count(Measure.COST):
            return None
        return share_of(self.amounts.get(Measure.COST, 0), self.amounts.get(Measure.COLLECTED, 0))

    @property
    def complaint_rate(self) -> Decimal | None:
        return per_thousand(self.count(Measure.COMPLAINT), self.contacts)

    @property
    def early_offer_rate(self) -> Decimal | None:
        early = self.count(Measure.OFFER, BEFORE_MISS)
        return share_of(early, early + self.count(Measure.OFFER, AFTER_MISS))


Worker = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Flows:
    """
    The windows of the two days that are compared, by team and strategy.

    :param by_worker: of `(team, strategy)`; `("", "")` is what nobody in particular works on.
    """

    now: Mapping[Worker, Flow]
    then: Mapping[Worker, Flow]

    def total(self, scope: Scope, *, then: bool = False) -> Flow:
        return _sum(self.then if then else self.now, scope)

    def of_team(self, team: str, scope: Scope) -> Flow:
        return _sum(self.now, Scope(scope.currency, team=team, strategy=scope.strategy))

    def of_strategy(self, strategy: str, scope: Scope) -> Flow:
        return _sum(self.now, Scope(scope.currency, team=scope.team, strategy=strategy))

    @property
    def teams(self) -> list[str]:
        return sorted({team for team, _strategy in [*self.now, *self.then] if team})

    @property
    def strategies(self) -> list[str]:
        return sorted({strategy for _team, strategy in [*self.now, *self.then] if strategy})


def _sum(flows: Mapping[Worker, Flow], scope: Scope) -> Flow:
    found = Flow()
    for (team, strategy), flow in flows.items():
        if (scope.team and team != scope.team) or (scope.strategy and strategy != scope.strategy):
            continue
        for (measure, detail), count in flow.counts.items():
            found.add(measure, detail, count, 0)
        for measure, amount in flow.amounts.items():
            found.amounts[measure] += amount
    return found


def latest_closed(on: date) -> date | None:
    """Return the latest closed business date up to `on`."""
    runs = CloseRun.objects.filter(status=CloseRun.Status.CLOSED, business_date__lte=on)
    return runs.order_by("-business_date").values_list("business_date", flat=True).first()


def currencies(on: date) -> list[str]:
    """Return the currencies of the loans that were running on a day."""
    days = PortfolioDay.objects.filter(business_date=on)
    return sorted(days.values_list("currency", flat=True).distinct())


def portfolios(days: Mapping[date, Scale], scope: Scope) -> dict[date, Portfolio]:
    """
    Return the running loans at the end of each day for which there are any, in one query.

    :param days: with the buckets of each.
    """
    rows = (
        PortfolioDay.objects.filter(scope.of_loans(), business_date__in=list(days))
        .values_list("business_date", "bucket")
        .annotate(loans=Sum("loans"), principal=Sum("principal_minor"))
        .order_by()
    )
    found: dict[date, dict[str, Worth]] = {}
    for on, bucket, loans, principal in rows:
        found.setdefault(on, {})[bucket] = Worth(int(loans), int(principal))
    return {on: Portfolio(on, days[on], worth) for on, worth in sorted(found.items())}


def flows_of(now: date, then: date | None, scope: Scope) -> Flows:
    """
    Return what was done in the windows that end on two days, in one query, all teams and strategies apart.

    What concerns no loan in particular, such as a complaint about our pages, counts where no product is chosen.
    """
    ends = [now] if then is None else [now, then]
    inside = Q()
    for end in ends:
        inside |= Q(business_date__gt=end - timedelta(days=WINDOW_DAYS), business_date__lte=end)
    about = Q(currency__in=[scope.currency, ""])
    if scope.product:
        about = scope.of_loans()
    rows = (
        DeskFigure.objects.filter(inside, about)
        .values_list("business_date", "team", "strategy", "measure", "detail")
        .annotate(times=Sum("count"), amount=Sum("amount_minor"))
        .order_by()
    )
    found: dict[date, dict[Worker, Flow]] = {end: {} for end in ends}
    for on, team, strategy, measure, detail, times, amount in rows:
        for end in found:
            if end - timedelta(days=WINDOW_DAYS) < on <= end:
                flow = found[end].setdefault((team, strategy), Flow())
                flow.add(Measure(measure), detail, int(times), int(amount))
    return Flows(found[now], found[then] if then else {})


def moves_of(days: Sequence[date], scope: Scope, started: Mapping[date, Portfolio]) -> dict[date, Moves]:
    """
    Return the moves of the latest month that was complete on each of the days, by its last day, in one query.

    :param started: the portfolios at the beginnings of those months, as far as there are any.
    """
    ends = {month_end_up_to(day) for day in days}
    cells = BucketMove.objects.filter(scope.of_loans(), month_end__in=ends)
    if scope.team:
        cells = cells.filter(team=scope.team)
    if scope.strategy:
        cells = cells.filter(strategy=scope.strategy)
    found: dict[date, tuple[dict[tuple[str, str], Worth], dict[tuple[str, str], int], dict[str, int]]] = {}
    for cell in cells:
        worth, contacted, before = found.setdefault(cell.month_end, ({}, {}, {}))
        pair = (cell.bucket_before, cell.bucket)
        worth.setdefault(pair, Worth()).add(cell.loans, cell.principal_minor)
        contacted[pair] = contacted.get(pair, 0) + cell.contacted
        before[cell.bucket_before] = before.get(cell.bucket_before, 0) + cell.principal_before_minor
    return {
        end: Moves(end, worth, contacted, before if scope.is_of_a_team else _started(started.get(start_of(end))))
        for end, (worth, contacted, before) in found.items()
    }


def _started(portfolio: Portfolio | None) -> dict[str, int]:
    return {code: worth.principal for code, worth in portfolio.worth.items()} if portfolio else {}


class Shared(StrEnum):
    """By what the results of a month are told apart."""

    TEAM = "team"
    STRATEGY = "strategy"


@dataclass(frozen=True, slots=True)
class WorkerMonth:
    """
    What was done within a month by a team or under a strategy, and where the loans that it worked on went.

    :param month: its first day. :param worker: the code; "" for what nobody in particular works on.
    """

    month: date
    worker: str
    flow: Flow
    moves: Moves


def results_by_month(by: Shared, scope: Scope, *, first: date, last: date) -> list[WorkerMonth]:
    """
    Return the results of the months that begin from `first` to `last`, the oldest first, in two queries.

    A loan counts for whoever worked on it on the day, and for its moves at the end of the month.
    """
    until = add_months(last, 1)
    about = scope.of_loans() if scope.product else Q(currency__in=[scope.currency, ""])
    flows: dict[tuple[date, str], Flow] = {}
    for month, worker, measure, detail, times, amount in (
        DeskFigure.objects.filter(about, business_date__gte=first, business_date__lt=until)
        .annotate(month=TruncMonth("business_date"))
        .values_list("month", by.value, "measure", "detail")
        .annotate(times=Sum("count"), amount=Sum("amount_minor"))
        .order_by()
    ):
        flows.setdefault((month, worker), Flow()).add(Measure(measure), detail, int(times), int(amount))
    cells: dict[tuple[date, str], dict[tuple[str, str], Worth]] = {}
    contacted: dict[tuple[date, str], dict[tuple[str, str], int]] = {}
    for end, worker, before, after, loans, principal, spoken in (
        BucketMove.objects.filter(scope.of_loans(), month_end__gte=first, month_end__lt=until)
        .values_list("month_end", by.value, "bucket_before", "bucket")
        .annotate(Sum("loans"), Sum("principal_minor"), Sum("contacted"))
        .order_by()
    ):
        key = (end.replace(day=1), worker)
        cells.setdefault(key, {})[before, after] = Worth(int(loans), int(principal))
        contacted.setdefault(key, {})[before, after] = int(spoken)
    return [
        WorkerMonth(
            month,
            worker,
            flows.get((month, worker), Flow()),
            Moves(month, cells.get((month, worker), {}), contacted.get((month, worker), {}), {}),
        )
        for month, worker in sorted({*flows, *cells})
    ]
