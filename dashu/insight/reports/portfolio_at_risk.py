"""Portfolio at risk: how much of the book is owed by people who are behind, by how far."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.models import PortfolioSlice
from dashu.finance.arrears import Scale
from dashu.insight.figures import Column, Figures, Kind, Row, of_chart, share
from dashu.insight.links import loans_address
from dashu.insight.reading import Kept, buckets_over, kept_months, month_words, running, scale_of, sums
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.insight.words import DIMENSION_NAMES, value_labels
from dashu.kernel.dates import month_end_of
from dashu.policy.rules import delinquency_buckets
from dashu.web.charts import Chart, Series, Tone
from dashu.web.templatetags.dashu import lender_date

OVER = (0, 30, 60, 90)  # more than so many days past due: PAR1, PAR30, PAR60, PAR90
Key = tuple[Any, ...]
Worth = dict[str, list[int]]  # loans and principal by bucket

NAMES = ("PAR1", "PAR30", "PAR60", "PAR90")


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    tables = [_by_month(scope, kept)]
    if scope.dimension:
        tables.append(_by_value(scope, kept))
    tables.append(_by_day(scope))
    return tables


def _measures() -> list[Column]:
    columns = [Column("loans", _("loans"), Kind.COUNT), Column("principal", _("principal"), Kind.MONEY)]
    for name in NAMES:
        words, code = {"degree": name}, name.lower()
        columns += [
            Column(f"{code}_loans", _("%(degree)s, loans") % words, Kind.COUNT),
            Column(f"{code}_principal", _("%(degree)s, principal") % words, Kind.MONEY),
            Column(f"{code}_share", _("%(degree)s, share") % words, Kind.SHARE),
        ]
    return columns


def _by_month(scope: Scope, kept: Kept) -> Figures:
    found = _worth(sums(scope, "month", "bucket", measures=["loans", "principal_minor"]), "month")
    months, missing = kept.of(scope), set(kept.missing(scope.months))
    unknown = [None] * len(_measures())
    rows: list[Row] = [
        [month, *(unknown if month in missing else _measured(found.get((month,), {}), scale_of(month)))]
        for month in months
    ]
    return Figures(
        code="by-month",
        title=_("At the end of each month"),
        columns=[Column("month", gettext_lazy("month"), Kind.MONTH), *_measures()],
        rows=rows[::-1],
        currency=scope.currency,
        chart=_chart("months", rows, [month_words(month) for month in months]),
        notes=kept.notes(scope),
        links=[loans_address(scope, month=month, over=0) if month not in missing else "" for month in months[::-1]],
    )


def _by_value(scope: Scope, kept: Kept) -> Figures:
    """Return the last month, split by the dimension, the largest first."""
    last = Scope(scope.last, scope.last, scope.currency, scope.product, scope.dimension, scope.value)
    found = _worth(sums(last, "value", "bucket", measures=["loans", "principal_minor"]), "value")
    scale = scale_of(scope.last)
    rows = [[value, *_measured(worth, scale)] for (value,), worth in found.items()]
    rows.sort(key=lambda row: (-row[2], row[0]))
    name = DIMENSION_NAMES[scope.dimension]
    return Figures(
        code="by-value",
        title=_("At the end of %(month)s by %(dimension)s")
        % {"month": month_words(scope.last), "dimension": DIMENSION_NAMES[scope.dimension]},
        columns=[Column("value", name, labels=value_labels(scope.dimension)), *_measures()],
        rows=rows,
        currency=scope.currency,
        notes=kept.notes(last),
        links=[loans_address(scope, month=scope.last, value=row[0], over=0) for row in rows],
    )


def _by_day(scope: Scope) -> Figures:
    """Return the days since the last month began, of the whole that is chosen."""
    first = scope.last
    days = PortfolioSlice.objects.filter(scope.of_sums(), business_date__range=(first, month_end_of(first)))
    found: dict[Key, Worth] = defaultdict(dict)
    for on, bucket, loans, principal in days.order_by("business_date").values_list(
        "business_date", "bucket", "loans", "principal_minor"
    ):
        worth = found[(on,)].setdefault(bucket, [0, 0])
        worth[0] += loans
        worth[1] += principal
    rows: list[Row] = [[on, *_measured(worth, delinquency_buckets(on))] for (on,), worth in found.items()]
    return Figures(
        code="by-day",
        title=_("Day by day in %(month)s") % {"month": month_words(first)},
        columns=[Column("day", gettext_lazy("day"), Kind.DAY), *_measures()],
        rows=rows[::-1],
        currency=scope.currency,
        chart=_chart("days", rows, [str(row[0].day) for row in rows], last=lender_date(rows[-1][0]) if rows else ""),
        empty=_("No day of this month was closed with a snapshot."),
    )


def _worth(rows: list[dict[str, Any]], by: str) -> Mapping[Key, Worth]:
    found: dict[Key, Worth] = defaultdict(dict)
    for row in rows:
        if running(row):
            worth = found[(row[by],)].setdefault(row["bucket"], [0, 0])
            worth[0] += row["loans"]
            worth[1] += row["principal_minor"]
    return found


def _measured(worth: Worth, scale: Scale) -> list[Any]:
    """Return the cells of `_measures`; a degree for which the buckets have no edge stays open."""
    edges = {band.from_days for band in scale.bands}
    loans, principal = (sum(each[place] for each in worth.values()) for place in (0, 1))
    cells: list[Any] = [loans, principal]
    for days in OVER:
        if days + 1 not in edges:
            cells += [None, None, None]
            continue
        behind = buckets_over(scale, days)
        late_loans, late = (sum(each[place] for code, each in worth.items() if code in behind) for place in (0, 1))
        cells += [late_loans, late, share(late, principal)]
    return cells


def _chart(key: str, rows: list[Row], labels: list[str], last: str = "") -> Chart | None:
    places = {"PAR1": (5, Tone.INTEREST), "PAR30": (8, Tone.OTHER), "PAR90": (14, Tone.LEFT)}
    latest = next((row for row in reversed(rows) if row[8] is not None), None)
    if latest is None or len(rows) < 2:
        return None
    words = {"when": last or month_words(latest[0]), "par30": f"{latest[8] * 100:.2f}%"}
    return Chart(
        key=key,
        title=_("Share of principal owed by loans that are behind"),
        summary=_("At the end of %(when)s, loans more than 30 days behind hold %(par30)s of the principal.") % words,
        labels_name=_("day") if last else _("month"),
        labels=labels,
        series=[
            Series(name, [of_chart(row[place]) for row in rows], tone, is_line=True)
            for name, (place, tone) in places.items()
        ],
        currency=None,
        digits=2,
        unit="%",
    )


REPORT = Report(
    code="portfolio-at-risk",
    group=Group.ARREARS,
    title=gettext_lazy("Portfolio at risk"),
    says=gettext_lazy(
        "How much of the principal is owed by loans that are behind, and by how far. It rises before losses do."
    ),
    source=gettext_lazy(
        "From the snapshot at the end of each month and of each day. All of a loan's principal counts once it is"
        " behind, not only the part that is overdue."
    ),
    read=read,
    definitions=[
        Definition(
            "PAR1, PAR30, PAR60, PAR90",
            gettext_lazy(
                "Principal of running loans that are more than 0, 30, 60 or 90 days past due, divided by the principal"
                " of all running loans. Days past due are those that the nightly close found, pauses counted."
            ),
        ),
        Definition(
            gettext_lazy("Running loans"),
            gettext_lazy("Paid out, and neither settled, charged off, written off nor sold."),
        ),
    ],
)
