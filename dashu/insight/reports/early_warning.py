"""What early warnings were worth: how many were right, what they missed, how early they came, which trigger helps."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.warning_evidence import Found, figures
from collections_mgmt.selectors.overview import latest_closed
from collections_mgmt.warning_words import trigger_name
from dashu.insight.figures import Column, Figures, Kind, of_chart
from dashu.insight.judged import RANGE_NOTE, decimal_of, few_note, share_cells, share_columns
from dashu.insight.reading import Kept, kept_months, month_words, scale_of
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.insight.selectors.warnings import (
    HORIZON,
    LATE_DAYS,
    LeadMonth,
    arrears_by_month,
    leads_by_month,
    results_of_triggers,
    watched_from,
)
from dashu.kernel.dates import add_months, month_end_of
from dashu.web.charts import Chart, Series, Tone

_DAYS = gettext_lazy("median days before")


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    known = latest_closed(month_end_of(kept.months[-1])) if kept.months else None
    if known is None:
        return [_leads(scope, [], kept)]
    until = min(month_end_of(scope.last), known)
    watched = _latest_watched(known, kept.months)
    found = watched_from(watched) if watched else None
    base = (found.late.total, found.late.total + found.fine.total) if found else (0, 0)
    return [
        _leads(scope, leads_by_month(scope.first, until, known=known), kept),
        _arrears(scope, until),
        _triggers(scope, until, known, base),
        *([_cohort(scope, watched, found)] if watched and found else []),
    ]


def _latest_watched(known: date, months: Sequence[date]) -> date | None:
    """Return the latest month that is kept of which the months after it are closed, too."""
    return max((month for month in months if month_end_of(add_months(month, HORIZON)) <= known), default=None)


def _leads(scope: Scope, months: Sequence[LeadMonth], kept: Kept) -> Figures:
    return Figures(
        code="by-month",
        title=_("By month of the warning"),
        columns=[
            Column("month", gettext_lazy("month"), Kind.MONTH),
            Column("warnings", gettext_lazy("warnings"), Kind.COUNT),
            Column("offered", gettext_lazy("help was offered"), Kind.COUNT),
            *share_columns(
                "right",
                gettext_lazy("share right"),
                gettext_lazy("arrears came"),
                gettext_lazy("of those that are over"),
            ),
            *share_columns(
                "alone",
                gettext_lazy("share right, left alone"),
                gettext_lazy("arrears came, left alone"),
                gettext_lazy("left alone to compare"),
            ),
            Column("days", _DAYS, Kind.COUNT),
        ],
        rows=[
            [each.month, each.leads, each.offered, *share_cells(each.right), *share_cells(each.alone), each.lead_days]
            for each in reversed(months)
        ],
        currency=scope.currency,
        chart=_chart(months),
        notes=[
            RANGE_NOTE,
            _(
                "Where help was offered, arrears that did not come may be its success and not a wrong warning. Those"
                " who were left alone to compare say what warnings foresee."
            ),
            *few_note([each.right for each in months]),
            *kept.notes(scope),
        ],
        empty=_("No early warning was opened in these months."),
    )


def _arrears(scope: Scope, until: date) -> Figures:
    months = arrears_by_month(scope.first, until, scale=scale_of(scope.last))
    return Figures(
        code="arrears",
        title=_("People who fell far behind, and whether they had been warned of"),
        columns=[
            Column("month", gettext_lazy("month"), Kind.MONTH),
            *share_columns(
                "warned",
                gettext_lazy("share warned of"),
                gettext_lazy("warned of before"),
                gettext_lazy("fell far behind"),
            ),
            Column("days", _DAYS, Kind.COUNT),
        ],
        rows=[[each.month, *share_cells(each.warned), each.lead_days] for each in reversed(months)],
        currency=scope.currency,
        notes=[RANGE_NOTE, *few_note([each.warned for each in months])],
        empty=_("Nobody fell far behind in these months."),
    )


def _triggers(scope: Scope, until: date, known: date, base: tuple[int, int]) -> Figures:
    results = results_of_triggers(scope.first, until, known=known)
    late, watched = base
    rate = late / watched if watched else None
    return Figures(
        code="by-trigger",
        title=_("By what was noticed"),
        columns=[
            Column("trigger", gettext_lazy("noticed"), labels=trigger_name),
            *share_columns(
                "right",
                gettext_lazy("share right"),
                gettext_lazy("arrears came"),
                gettext_lazy("warnings that are over"),
            ),
            Column("lift", gettext_lazy("lift"), Kind.NUMBER),
            Column("days", _DAYS, Kind.COUNT),
        ],
        rows=[
            [
                each.kind,
                *share_cells(each.right),
                decimal_of(each.right.rate / rate) if rate and each.right.rate is not None else None,
                each.lead_days,
            ]
            for each in results
        ],
        currency=scope.currency,
        notes=[
            RANGE_NOTE,
            _("A warning counts under each trigger that counted when it was opened, so the lines overlap."),
            *few_note([each.right for each in results]),
        ],
        empty=_("No warning of these months is over yet."),
    )


def _cohort(scope: Scope, month: date, found: Found) -> Figures:
    """Return the figures of `warning_evidence`, by which thresholds are chosen, of everybody who was watched."""
    said = figures(found)
    names: dict[str, Any] = {
        "base_rate": gettext_lazy("fell far behind, of everybody watched"),
        "precision": gettext_lazy("right, of those warned of"),
        "recall": gettext_lazy("warned of, of those who fell far behind"),
        "false_offer_rate": gettext_lazy("warned of, of those who did not"),
    }
    rows = [[names[code], decimal_of(said[code]["value"]), *_range(said[code]["interval"])] for code in names]
    people = found.late.total + found.fine.total
    lift, median = said["lift"]["value"], said["lead_months"]["median"]
    notes = [
        _(
            "%(people)s people with a running loan who were not far behind at the end of %(month)s, and the"
            " %(months)s months after it."
        )
        % {"people": f"{people:,}", "month": month_words(month), "months": HORIZON}
    ]
    if lift is not None:
        notes.append(
            _("Lift: %(lift)s. Who was warned of fell behind so many times as often.") % {"lift": f"{lift:.1f}"}
        )
    if median is not None:
        notes.append(_("Half of the right warnings came %(months)s months or more before.") % {"months": median})
    return Figures(
        code="watched",
        title=_("Everybody who was watched from the end of %(month)s") % {"month": month_words(month)},
        columns=[
            Column("figure", gettext_lazy("figure")),
            Column("share", gettext_lazy("share of people"), Kind.SHARE),
            Column("share_from", gettext_lazy("low end"), Kind.SHARE),
            Column("share_to", gettext_lazy("high end"), Kind.SHARE),
        ],
        rows=[[str(name), *cells] for name, *cells in rows] if people else [],
        currency=scope.currency,
        notes=notes,
        empty=_("Nobody had a running loan then."),
    )


def _range(interval: Sequence[float] | None) -> list[Any]:
    return [None, None] if interval is None else [decimal_of(bound) for bound in interval]


def _chart(months: Sequence[LeadMonth]) -> Chart | None:
    known = [each for each in months if each.right.total]
    if not known:
        return None
    right, over = (sum(part) for part in zip(*((each.right.count, each.right.total) for each in known), strict=True))
    return Chart(
        key="warnings",
        title=_("Share of the warnings after which arrears came"),
        summary=_("Of %(over)s warnings whose %(months)s months are over, %(right)s were followed by arrears.")
        % {"over": f"{over:,}", "months": HORIZON, "right": f"{right:,}"},
        labels_name=_("month"),
        labels=[month_words(each.month) for each in months],
        series=[
            Series(
                _("share right, percent"),
                [of_chart(decimal_of(each.right.rate)) for each in months],
                Tone.PRINCIPAL,
                is_line=True,
            )
        ],
        currency=None,
        digits=2,
    )


assert (LATE_DAYS, HORIZON) == (30, 6), "the words below say so"

REPORT = Report(
    code="early-warning",
    group=Group.MODELS,
    title=gettext_lazy("Results of early warning"),
    says=gettext_lazy(
        "How many early warnings were right, how many arrears came without one, and how early they came. It shows which"
        " trigger helps and which only troubles people."
    ),
    source=gettext_lazy(
        "From early warnings, the triggers that counted, and the days past due that the nightly close found. They are"
        " of people, so product and currency do not apply."
    ),
    read=read,
    dimensions=(),
    needs="collections_mgmt.view_warninglead",
    is_of_loans=False,
    definitions=[
        Definition(
            gettext_lazy("Arrears came, fell far behind"),
            gettext_lazy("A loan of the person was more than 30 days past due within 6 months."),
        ),
        Definition(
            gettext_lazy("Lift"),
            gettext_lazy(
                "Share right ÷ share of everybody watched who fell far behind. 1 is no better than warning anybody."
            ),
        ),
        Definition(
            gettext_lazy("Median days before"),
            gettext_lazy("From the warning to the day on which the arrears came: half of them had longer."),
        ),
    ],
)
