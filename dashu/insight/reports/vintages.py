"""Vintage curves: of the loans paid out in a month, how many were ever far behind, by months on book."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import GONE, NEW
from collections_mgmt.models import Dimension, LoanMonth
from dashu.insight.domain.vintage_curves import DEGREES, Point, Sums, curves
from dashu.insight.figures import Column, Figures, Kind, Row, of_chart, share
from dashu.insight.links import loans_address
from dashu.insight.reading import Kept, kept_months, month_words, sums
from dashu.insight.report import Definition, Group, Option, Report
from dashu.insight.scope import Scope
from dashu.web.charts import Chart, Series, Tone

COUNTED = [f"ever_{days}" for days in DEGREES]
LENT = [f"ever_{days}_original_minor" for days in DEGREES]
TONES = (Tone.PRINCIPAL, Tone.INTEREST, Tone.LEFT, Tone.OTHER, Tone.FEE)
YOUNGEST_DRAWN = 3  # months on book, with fewer of which a vintage is not drawn


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    months = kept.of(scope)
    points = curves(_rows(scope), months, came_back=_came_back(scope), missing=kept.missing(months))
    return [_wide(scope, kept, points), _long(scope, kept, points)]


def _rows(scope: Scope) -> list[Sums]:
    return [
        Sums(
            date.fromisoformat(row["value"]),
            month=row["month"],
            before=row["bucket_before"],
            bucket=row["bucket"],
            loans=row["loans"],
            lent=row["original_minor"],
            ever=[row[name] for name in COUNTED],
            ever_lent=[row[name] for name in LENT],
        )
        for row in sums(
            scope,
            *("month", "value", "bucket_before", "bucket"),
            measures=["loans", "original_minor", *COUNTED, *LENT],
            dimension=Dimension.VINTAGE,
        )
        if row["value"] >= scope.first.isoformat()
    ]


def _came_back(scope: Scope) -> Iterable[Sums]:
    """Return the loans that run again after they had ended, as they were then; where the sums have none, one query."""
    again = Q(bucket_before__in=GONE) & ~Q(bucket__in=GONE)
    months = {row["month"] for row in sums(scope, "month", measures=["loans"], dimension=Dimension.ALL, where=again)}
    if not months:
        return
    asked = scope.of_loans()
    within = LoanMonth.objects.filter(asked, month__range=(scope.first, scope.last), vintage__gte=scope.first)
    returned = dict[int, list[date]]()
    moved = within.filter(again, month__in=months).exclude(bucket_before=F("bucket"))  # of which there is an index
    for loan_id, month in moved.values_list("loan_id", "month"):
        returned.setdefault(loan_id, []).append(month)
    if not returned:
        return
    ended = within.filter(loan_id__in=list(returned), bucket__in=GONE).order_by("loan_id", "month")
    for row in ended:
        for month in returned[row.loan_id]:
            if month > row.month and not any(row.month < other < month for other in returned[row.loan_id]):
                yield _as_it_was(row, month)


def _as_it_was(row: LoanMonth, month: date) -> Sums:
    ever = [int(row.worst_days_past_due > days) for days in DEGREES]
    lent = [row.original_minor * is_far for is_far in ever]
    return Sums(row.vintage, month, row.bucket, "", 1, row.original_minor, ever, lent)


def _wide(scope: Scope, kept: Kept, points: Sequence[Point]) -> Figures:
    """Return a line for each vintage, with a share for each age: how a vintage table is read."""
    place, by_amount = _chosen(scope)
    ages = sorted({point.age for point in points})
    vintages = sorted({point.vintage for point in points}, reverse=True)
    found = {(point.vintage, point.age): point for point in points}
    first = {point.vintage: point for point in points if point.age == 0}
    return Figures(
        code="curves",
        title=_("Ever more than %(days)s days behind, by months on book") % {"days": DEGREES[place]},
        columns=[
            Column("vintage", _("month of payout"), Kind.MONTH),
            Column("loans", _("loans"), Kind.COUNT),
            Column("lent", _("amount lent"), Kind.MONEY),
            *(Column(f"age_{age}", str(age), Kind.SHARE) for age in ages),
        ],
        rows=[
            [
                vintage,
                first[vintage].loans,
                first[vintage].lent,
                *(_share(found.get((vintage, age)), place, by_amount) for age in ages),
            ]
            for vintage in vintages
        ],
        currency=scope.currency,
        chart=_chart(scope, points),
        notes=kept.notes(scope),
        links=[
            loans_address(
                scope,
                month=scope.last,
                since=vintage,
                before=[NEW],
                dimension=Dimension.VINTAGE,
                value=vintage.isoformat(),
            )
            for vintage in vintages
        ],
    )


def _long(scope: Scope, kept: Kept, points: Sequence[Point]) -> Figures:
    """Return a line for each vintage and age, with counts and amounts of all degrees."""
    columns = [
        Column("vintage", _("month of payout"), Kind.MONTH),
        Column("age", _("months on book"), Kind.COUNT),
        Column("loans", _("loans"), Kind.COUNT),
        Column("lent", _("amount lent"), Kind.MONEY),
    ]
    for days in DEGREES:
        words = {"days": days}
        columns += [
            Column(f"ever_{days}", _("ever more than %(days)s days, loans") % words, Kind.COUNT),
            Column(f"ever_{days}_lent", _("ever more than %(days)s days, amount lent") % words, Kind.MONEY),
            Column(f"ever_{days}_share", _("ever more than %(days)s days, share of loans") % words, Kind.SHARE),
        ]
    rows: list[Row] = []
    for point in sorted(points, key=lambda point: (point.vintage, point.age), reverse=True):
        row: list[Any] = [point.vintage, point.age, point.loans, point.lent]
        for place in range(len(DEGREES)):
            if point.ever is None or point.ever_lent is None:
                row += [None, None, None]
            else:
                row += [point.ever[place], point.ever_lent[place], share(point.ever[place], point.loans)]
        rows.append(row)
    return Figures(
        code="points",
        title=_("All degrees, by month of payout and months on book"),
        columns=columns,
        rows=rows,
        currency=scope.currency,
        notes=kept.notes(scope),
    )


def _share(point: Point | None, place: int, by_amount: bool) -> Decimal | None:
    if point is None or point.ever is None or point.ever_lent is None:
        return None
    return share(point.ever_lent[place], point.lent) if by_amount else share(point.ever[place], point.loans)


def _chart(scope: Scope, points: Sequence[Point]) -> Chart | None:
    """Draw the five latest vintages that are old enough to have a curve."""
    place, by_amount = _chosen(scope)
    old = sorted({point.vintage for point in points if point.age >= YOUNGEST_DRAWN})[-len(TONES) :]
    if not old:
        return None
    oldest = max(point.age for point in points if point.vintage in old)
    found = {(point.vintage, point.age): point for point in points}
    return Chart(
        key="vintages",
        title=_("Ever more than %(days)s days behind") % {"days": DEGREES[place]},
        summary=_(
            "Each line is the loans paid out in one month. A line above older ones at the same age is a warning."
        ),
        labels_name=_("months on book"),
        labels=[str(age) for age in range(oldest + 1)],
        series=[
            Series(
                month_words(vintage),
                [of_chart(_share(found.get((vintage, age)), place, by_amount)) for age in range(oldest + 1)],
                tone,
                is_line=True,
            )
            for vintage, tone in zip(old, TONES, strict=False)
        ],
        currency=None,
        digits=2,
        unit="%",
    )


def _chosen(scope: Scope) -> tuple[int, bool]:
    """Return the place of the degree in `DEGREES`, and whether shares are of amounts."""
    degree = scope.option("degree") or str(DEGREES[0])
    return [str(days) for days in DEGREES].index(degree), scope.option("of") == "amount"


REPORT = Report(
    code="vintages",
    group=Group.ARREARS,
    title=gettext_lazy("Vintages"),
    says=gettext_lazy(
        "Of the loans paid out in one month, how many were ever far behind, by months on book. It shows whether"
        " newer loans go worse than older ones did at the same age."
    ),
    source=gettext_lazy(
        "From the snapshots of the months chosen; the months are those of payout, up to the last one. Loans that ended"
        " stay counted as they were when they ended."
    ),
    read=read,
    dimensions=(),
    options=(
        Option("degree", gettext_lazy("ever behind"), [(str(days), str(days)) for days in DEGREES]),
        Option(
            "of", gettext_lazy("share of"), [("loans", gettext_lazy("loans")), ("amount", gettext_lazy("amount lent"))]
        ),
    ),
    months=24,
    definitions=[
        Definition(
            gettext_lazy("Ever more than 30 days behind"),
            gettext_lazy("A nightly close found the loan more than 30 days past due at least once by then."),
        ),
        Definition(gettext_lazy("Months on book"), gettext_lazy("0 for the month of the payout.")),
    ],
)
