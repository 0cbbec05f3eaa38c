"""How well the scorecards told apart what then came of the loans, and whether they kept what they promised."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dashu.insight.domain.score_results import (
    LEAST_BAD,
    Band,
    Discrimination,
    Scored,
    calibration,
    discrimination_by_month,
)
from dashu.insight.figures import Column, Figures, Kind, of_chart
from dashu.insight.judged import RANGE_NOTE, decimal_of, share_cells, share_columns
from dashu.insight.reading import kept_months, month_words
from dashu.insight.report import Definition, Group, Option, Report
from dashu.insight.scope import Scope
from dashu.insight.selectors.scored_loans import DECIDER, scored_loans
from dashu.kernel.errors import DomainError
from dashu.kernel.shares import Share
from dashu.web.charts import Chart, Series, Tone
from loans.domain.discrimination import Scaling
from loans.scoring.serving import current_releases, expected

DAYS = ("30", "60", "90")
AFTER = ("3", "6", "12")


def card_choices() -> list[tuple[str, str]]:
    names = [(name, name) for name in current_releases().names]
    return [("decider", _("whichever decided")), *names]


def after_choices() -> list[tuple[str, str]]:
    return [(each, ngettext("%(count)s month", "%(count)s months", int(each)) % {"count": each}) for each in AFTER]


def day_choices() -> list[tuple[str, str]]:
    return [(each, _("ever more than %(days)s days behind") % {"days": each}) for each in DAYS]


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    card = scope.option("card") or "decider"
    found = (
        scored_loans(
            scope,
            card=DECIDER if card == "decider" else card,
            days=int(scope.option("days") or DAYS[0]),
            after=int(scope.option("after") or AFTER[0]),
            latest=kept.months[-1],
        )
        if kept.months
        else []
    )
    rows = discrimination_by_month(found)
    return [_discrimination(scope, rows, kept.notes(scope)), _together(scope, rows), _calibration(scope, card, found)]


def _discrimination(scope: Scope, rows: Sequence[Discrimination], notes: list[str]) -> Figures:
    months = [row for row in rows if row.month is not None]
    if any(row.is_few for row in months):
        notes = [
            *notes,
            _("Months with fewer than %(least)s bad or good loans are marked: chance alone moves them far.")
            % {"least": LEAST_BAD},
        ]
    return Figures(
        code="by-month",
        title=_("By month of decision"),
        columns=[Column("month", gettext_lazy("month of decision"), Kind.MONTH), *_columns()],
        rows=[[row.month, *_cells(row)] for row in reversed(months)],
        currency=scope.currency,
        chart=_chart(months),
        notes=[_what_counts(scope), *notes],
        empty=_("No loan that was decided on in these months has been on the book long enough."),
    )


def _together(scope: Scope, rows: Sequence[Discrimination]) -> Figures:
    return Figures(
        code="together",
        title=_("All months together"),
        columns=_columns(),
        rows=[_cells(row) for row in rows if row.month is None],
        currency=scope.currency,
        empty=_("No loan that was decided on in these months has been on the book long enough."),
    )


def _calibration(scope: Scope, card: str, found: Sequence[Scored]) -> Figures:
    bands = calibration(found, _edges(card), Scaling()) if found else []
    return Figures(
        code="calibration",
        title=_("What the points promised, and what came"),
        columns=[
            Column("points", gettext_lazy("points")),
            Column("promised", gettext_lazy("promised to be bad"), Kind.SHARE),
            *share_columns("bad", gettext_lazy("share bad"), gettext_lazy("bad"), gettext_lazy("loans")),
            Column("says", gettext_lazy("what it says")),
        ],
        rows=[[_points(band), decimal_of(band.promised), *share_cells(band.found), _verdict(band)] for band in bands],
        currency=scope.currency,
        notes=[
            RANGE_NOTE,
            _(
                "A scorecard promises what became of the loans it was trained on, over its own time; over a shorter"
                " time fewer are bad. Only loans that were lent count: those who were refused are not seen."
            ),
        ],
        empty=_("No loan that was decided on in these months has been on the book long enough."),
    )


def _edges(card: str) -> Sequence[int]:
    try:
        return expected(current_releases().champion if card == "decider" else card).edges
    except DomainError:
        return ()


def _columns() -> list[Column]:
    return [
        *share_columns("bad", gettext_lazy("share bad"), gettext_lazy("bad"), gettext_lazy("loans")),
        Column("auc", gettext_lazy("AUC"), Kind.NUMBER),
        Column("gini", gettext_lazy("Gini"), Kind.NUMBER),
        Column("ks", gettext_lazy("KS"), Kind.NUMBER),
        Column("mark", gettext_lazy("mark")),
    ]


def _cells(row: Discrimination) -> list[Any]:
    statistics = [decimal_of(each) for each in (row.auc, row.gini, row.ks)]
    return [*share_cells(Share(row.bad, row.loans)), *statistics, _("few") if row.is_few else ""]


def _points(band: Band) -> str:
    if band.low is None:
        return _("all") if band.below is None else f"< {band.below}"
    return f"≥ {band.low}" if band.below is None else f"{band.low}–{band.below - 1}"


def _verdict(band: Band) -> str:
    if band.is_as_promised is None:
        return _("no loan")
    if band.is_as_promised:
        return _("as promised, within chance")
    assert band.promised is not None
    assert band.found.rate is not None
    return _("more bad than promised") if band.found.rate > band.promised else _("fewer bad than promised")


def _what_counts(scope: Scope) -> str:
    return _(
        "Bad: ever more than %(days)s days past due in the first %(after)s months on book. Only loans that have had"
        " these months count, and only decisions by rules alone."
    ) % {"days": scope.option("days") or DAYS[0], "after": scope.option("after") or AFTER[0]}


def _chart(months: Sequence[Discrimination]) -> Chart | None:
    known = [row for row in months if row.gini is not None]
    if not known:
        return None
    latest = known[-1]
    assert latest.gini is not None
    return Chart(
        key="gini",
        title=_("Gini and KS by month of decision"),
        summary=_("Of the loans decided on in %(month)s, the points told good from bad with a Gini of %(gini)s.")
        % {"month": month_words(latest.month), "gini": f"{latest.gini:.2f}"}
        if latest.month
        else "",
        labels_name=_("month of decision"),
        labels=[month_words(row.month) for row in months if row.month],
        series=[
            Series(
                _("Gini, percent"), [of_chart(decimal_of(row.gini)) for row in months], Tone.PRINCIPAL, is_line=True
            ),
            Series(_("KS, percent"), [of_chart(decimal_of(row.ks)) for row in months], Tone.OTHER, is_line=True),
        ],
        currency=None,
        digits=2,
    )


REPORT = Report(
    code="scorecards",
    group=Group.MODELS,
    title=gettext_lazy("Results of the scorecards"),
    says=gettext_lazy(
        "Whether the points told good loans from bad ones, and whether as many went bad as the points promised. A"
        " scorecard that no longer does is to be trained anew."
    ),
    source=gettext_lazy(
        "From the points kept with each decision, and from the snapshot of the loans that followed, up to the months on"
        " book that are chosen."
    ),
    read=read,
    dimensions=(),
    options=[
        Option("card", gettext_lazy("scorecard"), card_choices),
        Option("days", gettext_lazy("bad is"), day_choices),
        Option("after", gettext_lazy("within, on book"), after_choices),
    ],
    months=24,
    definitions=[
        Definition(
            gettext_lazy("AUC"),
            gettext_lazy("How often a good loan has more points than a bad one, ties counted half. 0.5 is chance."),
        ),
        Definition(gettext_lazy("Gini"), gettext_lazy("2 × AUC − 1. 0 is chance, 1 would be perfect.")),
        Definition(
            gettext_lazy("KS"),
            gettext_lazy(
                "The largest distance between the shares of bad and of good loans up to some number of points."
            ),
        ),
    ],
)
