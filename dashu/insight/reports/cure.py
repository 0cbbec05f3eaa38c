"""Of the loans that fell into a bucket, how many were in time again within one, two and three months."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import downward, month_end_up_to
from collections_mgmt.selectors import overview
from collections_mgmt.services.snapshot.cures_sql import CURED_COLUMNS, WITHIN
from dashu.insight.figures import Column, Figures, Kind, Row, of_chart, share
from dashu.insight.links import loans_address
from dashu.insight.reading import Kept, kept_months, month_words, scale_of, sums
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.insight.words import state_label
from dashu.kernel.dates import add_months, month_end_of
from dashu.web.charts import Chart, Series, Tone

FEW = 30


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    found = _cohorts(scope, kept)
    return [_by_bucket(scope, kept, found), _by_month(scope, kept, found), _alone(scope, kept)]


Cohort = tuple[date, str, int, Sequence[int]]  # month, bucket, loans that entered, cured within each of `WITHIN`


def _cohorts(scope: Scope, kept: Kept) -> list[Cohort]:
    """Return the loans that fell into each bucket in each month, and those of them cured by then; one query."""
    ways = {month: set(downward(scale_of(month))) for month in kept.months if month in scope.months}
    found: dict[tuple[date, str], list[int]] = {}
    rows = sums(scope, "month", "bucket_before", "bucket", measures=["loans", *CURED_COLUMNS])
    for row in rows:
        if (row["bucket_before"], row["bucket"]) in ways[row["month"]]:
            cohort = found.setdefault((row["month"], row["bucket"]), [0] * (1 + len(WITHIN)))
            for place, name in enumerate(("loans", *CURED_COLUMNS)):
                cohort[place] += row[name]
    return [(month, bucket, loans, cured) for (month, bucket), (loans, *cured) in sorted(found.items())]


def _known(kept: Kept, month: date, within: int) -> bool:
    return all(add_months(month, ahead) in kept.months for ahead in range(1, within + 1))


def _by_bucket(scope: Scope, kept: Kept, found: Sequence[Cohort]) -> Figures:
    """Return, for each bucket, the cohorts together whose months after are known."""
    order = [band.code for band in scale_of(scope.last).bands]
    rows: list[Row] = []
    for bucket in order:
        cohorts = [each for each in found if each[1] == bucket]
        if not cohorts:
            continue
        row: list[Any] = [bucket, sum(each[2] for each in cohorts)]
        for place, within in enumerate(WITHIN):
            known = [each for each in cohorts if _known(kept, each[0], within)]
            whole = sum(each[2] for each in known)
            cured = sum(each[3][place] for each in known)
            row += [whole, cured, share(cured, whole)] if known else [None, None, None]
        rows.append(row)
    few = [str(state_label(row[0])) for row in rows if row[1] < FEW]
    notes = kept.notes(scope)
    if few:
        notes.append(
            _("Fewer than %(few)s loans fell into %(buckets)s: these shares say little.")
            % {"few": FEW, "buckets": _(", ").join(few)}
        )
    return Figures(
        code="by-bucket",
        title=_("By the bucket that they fell into"),
        columns=[
            Column("bucket", _("bucket"), labels=state_label),
            Column("entered", _("loans that fell into it"), Kind.COUNT),
            *_within_columns(with_whole=True),
        ],
        rows=rows,
        currency=scope.currency,
        notes=notes,
        empty=_("No loan fell into a further bucket in these months."),
    )


def _by_month(scope: Scope, kept: Kept, found: Sequence[Cohort]) -> Figures:
    rows: list[Row] = []
    for month, bucket, loans, cured in sorted(found, key=lambda each: (each[0], each[1]), reverse=True):
        row: list[Any] = [month, bucket, loans]
        for place, within in enumerate(WITHIN):
            row += [cured[place], share(cured[place], loans)] if _known(kept, month, within) else [None, None]
        rows.append(row)
    return Figures(
        code="by-month",
        title=_("By month and bucket"),
        columns=[
            Column("month", _("month"), Kind.MONTH),
            Column("bucket", _("bucket"), labels=state_label),
            Column("entered", _("loans that fell into it"), Kind.COUNT),
            *_within_columns(with_whole=False),
        ],
        rows=rows,
        currency=scope.currency,
        chart=_chart(scope, kept, rows),
        notes=[
            *kept.notes(scope),
            *([_("A dash: the months after are not yet known.")] if any(row[-1] is None for row in rows) else []),
        ],
        links=[
            loans_address(
                scope,
                month=row[0],
                buckets=[row[1]],
                before=[before for before, to in downward(scale_of(row[0])) if to == row[1]],
            )
            for row in rows
        ],
        empty=_("No loan fell into a further bucket in these months."),
    )


def _within_columns(*, with_whole: bool) -> list[Column]:
    columns = []
    for within in WITHIN:
        words = {"months": within}
        if with_whole:
            columns.append(Column(f"known_{within}", _("known after %(months)s months") % words, Kind.COUNT))
        columns += [
            Column(f"cured_{within}", _("cured within %(months)s months") % words, Kind.COUNT),
            Column(f"cured_{within}_share", _("share within %(months)s months") % words, Kind.SHARE),
        ]
    return columns


def _alone(scope: Scope, kept: Kept) -> Figures:
    """Return, month by month, how many came back, and how many of them without a call; of the whole book only."""
    rows: list[Row] = []
    if not scope.dimension:
        ends = [month_end_of(month) for month in kept.months if month in scope.months]
        moves = overview.moves_of(ends, overview.Scope(scope.currency, scope.product), {})
        for end in reversed(ends):
            found = moves.get(month_end_up_to(end))
            if found and found.behind_before:
                rows.append(
                    [
                        end.replace(day=1),
                        found.behind_before,
                        found.cured,
                        found.cure_rate,
                        found.cured_alone,
                        found.self_cure_rate,
                    ]
                )
    return Figures(
        code="alone",
        title=_("Came back by themselves"),
        columns=[
            Column("month", _("month"), Kind.MONTH),
            Column("behind", _("behind at the beginning"), Kind.COUNT),
            Column("cured", _("cured within the month"), Kind.COUNT),
            Column("cured_share", _("share"), Kind.SHARE),
            Column("alone", _("without a person contacting them"), Kind.COUNT),
            Column("alone_share", _("of the cured"), Kind.SHARE),
        ],
        rows=rows,
        currency=scope.currency,
        empty=_("This is known of the whole book only, where the nightly close noted the moves of a month."),
    )


def _chart(scope: Scope, kept: Kept, rows: Sequence[Row]) -> Chart | None:
    """Draw what part of the first bucket was cured within each number of months."""
    order = [band.code for band in scale_of(scope.last).bands]
    first = {row[0]: row for row in rows if row[1] == order[1]} if len(order) > 1 else {}
    months = kept.of(scope)
    if not any(row[4] is not None for row in first.values()):
        return None
    tones = (Tone.INTEREST, Tone.OTHER, Tone.PRINCIPAL)
    return Chart(
        key="cured",
        title=_("Part of those that fell into %(bucket)s that was in time again") % {"bucket": order[1]},
        summary=_("A falling line means that fewer people find their way back."),
        labels_name=_("month"),
        labels=[month_words(month) for month in months],
        series=[
            Series(
                _("within %(months)s months") % {"months": within},
                [of_chart(first[month][4 + 2 * place]) if month in first else None for month in months],
                tone,
                is_line=True,
            )
            for place, (within, tone) in enumerate(zip(WITHIN, tones, strict=True))
        ],
        currency=None,
        digits=2,
        unit="%",
    )


REPORT = Report(
    code="cure",
    group=Group.ARREARS,
    title=gettext_lazy("Coming back in time"),
    says=gettext_lazy(
        "Of the loans that fell behind, how many were in time again soon after. The earlier people come back, the less"
        " it costs them."
    ),
    source=gettext_lazy(
        "From the snapshots of the loans themselves: each that ended a month in a further bucket, and where it stood at"
        " the ends of the three months after."
    ),
    read=read,
    definitions=[
        Definition(
            gettext_lazy("Cured"), gettext_lazy("In time again, or settled, at the end of one of the months after.")
        ),
        Definition(
            gettext_lazy("Fell into a bucket"),
            gettext_lazy("It ended the month there and began it less far behind, or was new."),
        ),
    ],
)
