"""Why loans are behind: the causes of early warning, their shares, their course, and where which one weighs."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from collections_mgmt.domain.desk_figures import GONE
from collections_mgmt.models import Dimension, LoanMonth
from collections_mgmt.presenting import bucket_label
from collections_mgmt.selectors.causes_report import FAR_BEHIND, outcomes_by_cause
from dashu.insight.figures import Column, Figures, Kind, Row, of_chart, share
from dashu.insight.links import loans_address
from dashu.insight.reading import Kept, kept_months, month_words, sums
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.insight.words import DIMENSION_NAMES, product_names, value_labels
from dashu.kernel.dates import month_end_of
from dashu.web.charts import Chart, Series, Tone

Worth = tuple[int, int, int]  # loans, principal, overdue
MEASURES = ("loans", "principal_minor", "overdue_minor")
_TONES = (Tone.PRINCIPAL, Tone.INTEREST, Tone.FEE, Tone.LEFT, Tone.OTHER)
_CAUSE = gettext_lazy("cause")


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    found = _by_month(scope)
    tables = [_latest(scope, kept, found), _course(scope, kept, found)]
    if scope.dimension and scope.value is None:
        labels, rows = value_labels(scope.dimension), _of_loans(scope, scope.dimension)
        tables.append(_split(scope, scope.dimension, DIMENSION_NAMES[scope.dimension], labels, rows))
    elif not scope.dimension:
        products = product_names()
        named = _of_sums(scope, "product")
        tables.append(_split(scope, "product", gettext_lazy("product"), lambda code: products.get(code, code), named))
        tables.append(_split(scope, "bucket", gettext_lazy("bucket"), bucket_label, _of_sums(scope, "bucket")))
    return [*tables, _outcomes(scope)]


def _by_month(scope: Scope) -> dict[Any, dict[str, Worth]]:
    """Return what is behind at each month's end by cause: from the sums or, where one value is asked for, by loan."""
    found: dict[Any, dict[str, Worth]] = defaultdict(dict)
    if scope.dimension and scope.value is not None:
        behind = _behind(scope).filter(month__range=(scope.first, scope.last))
        for month, cause, *worth in _summed(behind, "month", "cause"):
            found[month][cause] = tuple(worth)
        return found
    for row in sums(scope, "month", "value", measures=MEASURES, dimension=Dimension.CAUSE):
        found[row["month"]][row["value"]] = tuple(row[name] for name in MEASURES)
    return found


def _latest(scope: Scope, kept: Kept, found: dict[Any, dict[str, Worth]]) -> Figures:
    month = scope.last
    causes = found.get(month, {})
    loans, _principal, overdue = _total(causes.values())
    order = sorted(causes, key=lambda cause: (-causes[cause][0], cause))
    return Figures(
        code="causes",
        title=_("Loans that are behind at the end of %(month)s, by cause") % {"month": month_words(month)},
        columns=[_cause_column(), *_measures()],
        rows=[[cause, *_cells(causes[cause], loans, overdue)] for cause in order],
        currency=scope.currency,
        notes=[
            *kept.notes(Scope(month, month, scope.currency)),
            ngettext(
                "Together %(loans)s loan is behind. Where nobody noted a cause, it is not known.",
                "Together %(loans)s loans are behind. Where nobody noted a cause, it is not known.",
                loans,
            )
            % {"loans": f"{loans:,}"},
        ],
        empty=_("No loan was behind at the end of this month, or there is no snapshot of it."),
        links=[loans_address(scope, month=month, over=0, cause=cause) for cause in order],
    )


def _course(scope: Scope, kept: Kept, found: dict[Any, dict[str, Worth]]) -> Figures:
    months, missing = kept.of(scope), set(kept.missing(scope.months))
    rows: list[Row] = []
    for month in reversed(months):
        loans, _principal, overdue = _total(found.get(month, {}).values())
        of_month = sorted(found.get(month, {}).items(), key=lambda item: (-item[1][0], item[0]))
        rows += [[month, cause, *_cells(worth, loans, overdue)] for cause, worth in of_month]
        if month in missing:
            rows.append([month, None, *[None] * len(_measures())])
    return Figures(
        code="course",
        title=_("Course of the months"),
        columns=[Column("month", gettext_lazy("month"), Kind.MONTH), _cause_column(), *_measures()],
        rows=rows,
        currency=scope.currency,
        chart=_chart(months, missing, found),
        notes=kept.notes(scope),
        empty=_("No loan was behind in these months."),
    )


def _split(
    scope: Scope, by: str, title: Any, labels: Callable[[str], Any], found: Sequence[tuple[str, str, Worth]]
) -> Figures:
    """Return which cause weighs how much within each value, in the last month."""
    worths: dict[str, list[Worth]] = defaultdict(list)
    for value, _cause, worth in found:
        worths[value].append(worth)
    totals = {value: _total(each) for value, each in worths.items()}
    ordered = sorted(found, key=lambda each: (-totals[each[0]][0], each[0], -each[2][0], each[1]))
    return Figures(
        code=f"by-{by}".replace("_", "-"),
        title=_("Causes by %(dimension)s at the end of %(month)s")
        % {"dimension": title, "month": month_words(scope.last)},
        columns=[Column("value", title, labels=labels), _cause_column(), *_measures()],
        rows=[[value, cause, *_cells(worth, totals[value][0], totals[value][2])] for value, cause, worth in ordered],
        currency=scope.currency,
        notes=[_("Shares are of the loans that are behind within the same line of the first column.")],
        empty=_("No loan was behind at the end of this month, or there is no snapshot of it."),
    )


def _outcomes(scope: Scope) -> Figures:
    """Return what became of warnings and requests by cause: the figures that the page of early warnings has."""
    outcomes = outcomes_by_cause(first=scope.first, today=month_end_of(scope.last))
    return Figures(
        code="outcomes",
        title=_("Causes and what became of them"),
        columns=[
            _cause_column(),
            Column("warnings", gettext_lazy("early warnings"), Kind.COUNT),
            Column("offered", gettext_lazy("help was offered"), Kind.COUNT),
            Column("cured", gettext_lazy("over without falling behind"), Kind.COUNT),
            Column("behind", gettext_lazy("fell behind"), Kind.COUNT),
            Column("requests", gettext_lazy("requests for help"), Kind.COUNT),
            Column("plans", gettext_lazy("with a plan"), Kind.COUNT),
        ],
        rows=[[e.cause, e.warnings, e.offered, e.cured, e.behind, e.requests, e.plans] for e in outcomes],
        currency=scope.currency,
        notes=[
            _(
                "Fell behind: a loan was more than %(days)s days past due after the warning. What is still open counts"
                " in none of the outcomes. Warnings and requests are of people, so product, currency and splits do not"
                " apply."
            )
            % {"days": FAR_BEHIND}
        ],
        empty=_("No early warning was opened and nobody asked for help in this time."),
    )


def _of_sums(scope: Scope, by: str) -> list[tuple[str, str, Worth]]:
    last = Scope(scope.last, scope.last, scope.currency, scope.product)
    rows = sums(last, by, "value", measures=MEASURES, dimension=Dimension.CAUSE)
    return [(row[by], row["value"], tuple(row[name] for name in MEASURES)) for row in rows]


def _of_loans(scope: Scope, by: str) -> list[tuple[str, str, Worth]]:
    behind = _behind(scope).filter(month=scope.last)
    return [(str(value), cause, tuple(worth)) for value, cause, *worth in _summed(behind, by, "cause")]


def _behind(scope: Scope) -> Any:
    return LoanMonth.objects.filter(scope.of_loan_months(), days_past_due__gt=0).exclude(bucket__in=GONE).order_by()


def _summed(behind: Any, *by: str) -> Iterable[tuple[Any, ...]]:
    return behind.values_list(*by).annotate(
        count=Count("*"), principal=Sum("principal_minor"), overdue=Sum("overdue_minor")
    )


def _cause_column() -> Column:
    return Column("cause", _CAUSE, labels=value_labels(Dimension.CAUSE))


def _measures() -> list[Column]:
    return [
        Column("loans", gettext_lazy("loans"), Kind.COUNT),
        Column("share_of_loans", gettext_lazy("share of loans"), Kind.SHARE),
        Column("principal", gettext_lazy("principal"), Kind.MONEY),
        Column("overdue", gettext_lazy("overdue"), Kind.MONEY),
        Column("share_of_overdue", gettext_lazy("share of overdue"), Kind.SHARE),
    ]


def _cells(worth: Worth, loans: int, overdue: int) -> list[Any]:
    count, principal, amount = (int(each) for each in worth)
    return [count, share(count, loans), principal, amount, share(amount, overdue)]


def _total(worths: Iterable[Worth]) -> Worth:
    each = list(worths)
    loans, principal, overdue = (sum(int(worth[place]) for worth in each) for place in range(3))
    return loans, principal, overdue


def _chart(months: Sequence[Any], missing: set[Any], found: dict[Any, dict[str, Worth]]) -> Chart | None:
    """Draw the share of each cause; the four that weigh most, and the rest together."""
    weights: dict[str, int] = defaultdict(int)
    for causes in found.values():
        for cause, worth in causes.items():
            weights[cause] += int(worth[0])
    if not weights:
        return None
    label = value_labels(Dimension.CAUSE)
    order = sorted(weights, key=lambda cause: (-weights[cause], cause))
    groups = [[cause] for cause in order[:4]] + ([order[4:]] if order[4:] else [])
    names = [label(group[0]) if len(group) == 1 else _("all others") for group in groups]
    whole = sum(weights.values())
    return Chart(
        key="causes",
        title=_("Share of the loans that are behind, by cause"),
        summary=_("Over these months, “%(cause)s” is the most frequent cause: %(share)s of the loans behind.")
        % {"cause": label(order[0]), "share": f"{(share(weights[order[0]], whole) or 0) * 100:.1f}%"},
        labels_name=_("month"),
        labels=[month_words(month) for month in months],
        series=[
            Series(name, [None if month in missing else _part(found.get(month, {}), group) for month in months], tone)
            for name, group, tone in zip(names, groups, _TONES, strict=False)
        ],
        currency=None,
        digits=2,
    )


def _part(causes: dict[str, Worth], group: Sequence[str]) -> int | None:
    part = sum(int(causes[cause][0]) for cause in group if cause in causes)
    return of_chart(share(part, _total(causes.values())[0]))


REPORT = Report(
    code="overdue-causes",
    group=Group.CAUSES,
    title=gettext_lazy("Causes of being overdue"),
    says=gettext_lazy(
        "Why loans are behind, how that changes from month to month, and where which cause weighs most. It tells which"
        " help to have ready."
    ),
    source=gettext_lazy(
        "From the snapshot at the end of each month, and from early warnings and requests for help. A cause is what the"
        " borrower or a colleague noted; it is not a finding of guilt and not a forecast."
    ),
    read=read,
    definitions=[
        Definition(
            gettext_lazy("Behind"),
            gettext_lazy("A running loan of which the nightly close found a due date that had passed unpaid."),
        ),
        Definition(gettext_lazy("Overdue"), gettext_lazy("Principal, interest and fees past due, without penalty.")),
    ],
)
