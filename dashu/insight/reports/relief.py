"""What offers of relief did, by those who were drawn, and how often loans fell behind again after a plan."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from collections_mgmt.domain.relief_evidence import HALF_YEAR, YEAR, Compared, Measure
from collections_mgmt.evidence.pages import MEASURES, verdict
from collections_mgmt.models import HardshipRequest, ReliefCampaign
from collections_mgmt.relief_words import METHODS
from collections_mgmt.selectors.overview import latest_closed
from collections_mgmt.selectors.relief_evidence import Evidence, relief_evidence
from dashu.finance.relief import ReliefMethod
from dashu.insight.figures import Column, Figures, Kind, of_chart
from dashu.insight.judged import RANGE_NOTE, decimal_of, few_note, gap_cells, gap_columns, share_cells, share_columns
from dashu.insight.reading import kept_months, month_words
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.insight.selectors.redefault import LATE_DAYS, Restructured, restructured
from dashu.kernel.dates import month_end_of
from dashu.policy.rules import strategy_rules
from dashu.web.charts import Chart, Series, Tone

_OFFERED, _ALONE = gettext_lazy("made an offer"), gettext_lazy("left alone")


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    by_month, by_method = restructured(scope, kept=kept.months) if kept.months else ([], [])
    tables = [_redefault(scope, by_month, kept.notes(scope)), _by_method(scope, by_method)]
    on = latest_closed(month_end_of(scope.last))
    return tables if on is None else [*tables, *_evidence(scope, on)]


def _redefault(scope: Scope, rows: Sequence[Restructured], notes: list[str]) -> Figures:
    return Figures(
        code="again",
        title=_("Behind again after a plan, by the month in which it was accepted"),
        columns=[Column("month", gettext_lazy("month"), Kind.MONTH), *_again_columns()],
        rows=[[row.month, *_again_cells(row)] for row in reversed(rows)],
        currency=scope.currency,
        chart=_chart(rows),
        notes=[RANGE_NOTE, *notes, *few_note([share for row in rows for share in (row.half, row.year)])],
        empty=_("No plan of relief was accepted in these months."),
    )


def _by_method(scope: Scope, rows: Sequence[Restructured]) -> Figures:
    return Figures(
        code="again-by-method",
        title=_("Behind again after a plan, by its method"),
        columns=[Column("method", gettext_lazy("method"), labels=_method), *_again_columns()],
        rows=[[row.method, *_again_cells(row)] for row in rows],
        currency=scope.currency,
        notes=[
            _(
                "Who gets which method differs from the outset: a method for people in deeper trouble looks worse than"
                " it is. This says where to look, not which method is better."
            )
        ],
        empty=_("No plan of relief was accepted in these months."),
    )


def _again_columns() -> list[Column]:
    return [
        Column("loans", gettext_lazy("plans"), Kind.COUNT),
        *share_columns(
            "half",
            gettext_lazy("share again in 6 months"),
            gettext_lazy("again in 6 months"),
            gettext_lazy("6 months are over"),
        ),
        *share_columns(
            "year",
            gettext_lazy("share again in 12 months"),
            gettext_lazy("again in 12 months"),
            gettext_lazy("12 months are over"),
        ),
    ]


def _again_cells(row: Restructured) -> list[Any]:
    return [row.loans, *share_cells(row.half), *share_cells(row.year)]


def _evidence(scope: Scope, on: date) -> list[Figures]:
    """Return what the page of the effect of relief has, as it stood at the end of the last month."""
    campaigns = (
        ReliefCampaign.objects.all() if scope.person is None else ReliefCampaign.objects.visible_to(scope.person)
    )
    least = strategy_rules(on).trial.least_people
    found = relief_evidence(campaigns, on=on, currency=scope.currency, least=least)
    return [
        _measures(scope, found.overall),
        _paid(scope, found.overall),
        _campaigns(scope, found),
        _causes(scope, found),
    ]


def _measures(scope: Scope, compared: Compared) -> Figures:
    return Figures(
        code="drawn",
        title=_("People who were drawn: made an offer, and left alone"),
        columns=[
            Column("measure", gettext_lazy("of the people drawn"), labels=lambda code: MEASURES[Measure(code)]),
            *share_columns("offered", _OFFERED, gettext_lazy("of them, offered"), gettext_lazy("people made an offer")),
            *share_columns("alone", _ALONE, gettext_lazy("of them, alone"), gettext_lazy("people left alone")),
            *gap_columns("difference", gettext_lazy("difference")),
            Column("says", gettext_lazy("what follows from it")),
        ],
        rows=[
            [
                measure.value,
                *share_cells(compared.offered.share(measure)),
                *share_cells(compared.alone.share(measure)),
                *gap_cells(compared.difference(measure)),
                verdict(compared, measure),
            ]
            for measure in MEASURES
        ]
        if compared.pairs
        else [],
        currency=scope.currency,
        notes=[
            RANGE_NOTE,
            _(
                "Each person counts for the side into which the draw put them, whether they took a plan or not. Only"
                " people whose months are over count; fewer than %(least)s on a side conclude nothing."
            )
            % {"least": compared.least},
        ],
        empty=_("Nobody was drawn yet."),
    )


def _paid(scope: Scope, compared: Compared) -> Figures:
    return Figures(
        code="paid",
        title=_("What came back from a person on average"),
        columns=[
            Column("months", gettext_lazy("within"), labels=_within),
            Column("offered", _OFFERED, Kind.MONEY),
            Column("alone", _ALONE, Kind.MONEY),
            Column("difference", gettext_lazy("difference"), Kind.MONEY),
            Column("difference_from", gettext_lazy("low end"), Kind.MONEY),
            Column("difference_to", gettext_lazy("high end"), Kind.MONEY),
        ],
        rows=[[str(months), *_paid_cells(compared, months)] for months in (HALF_YEAR, YEAR) if compared.pairs],
        currency=scope.currency,
        notes=[_("Each payment at its value on the day of the draw, at the rate of its loan.")],
        empty=_("Nobody was drawn yet."),
    )


def _within(months: str) -> str:
    return ngettext("in %(count)s month", "in %(count)s months", int(months)) % {"count": months}


def _paid_cells(compared: Compared, months: int) -> list[Any]:
    gap = compared.paid_more(months)
    values = [compared.offered.paid[months].value, compared.alone.paid[months].value]
    values += [gap.value, gap.low, gap.high] if gap else [None, None, None]
    return [None if value is None else round(value) for value in values]


def _campaigns(scope: Scope, found: Evidence) -> Figures:
    rows = [(campaign.name, compared) for campaign, compared in found.campaigns]
    address = reverse("admin:collections_mgmt_campaignmember_changelist")
    return Figures(
        code="campaigns",
        title=_("Never more than 30 days behind in 6 months, by campaign"),
        columns=[Column("campaign", gettext_lazy("campaign")), *_avoided_columns()],
        rows=[[name, *_avoided_cells(compared)] for name, compared in rows],
        currency=scope.currency,
        empty=_("No campaign with a comparison group has begun."),
        links=[f"{address}?campaign={campaign.pk}" for campaign, _compared in found.campaigns],
    )


def _causes(scope: Scope, found: Evidence) -> Figures:
    names: Mapping[str, Any] = dict(HardshipRequest.Cause.choices)
    return Figures(
        code="drawn-by-cause",
        title=_("Never more than 30 days behind in 6 months, by cause"),
        columns=[
            Column("cause", gettext_lazy("cause"), labels=lambda code: names.get(code) or _("not noted")),
            *_avoided_columns(),
        ],
        rows=[[cause, *_avoided_cells(compared)] for cause, compared in found.by_cause.items()],
        currency=scope.currency,
        notes=[_("Whoever was talked to has a cause more often, so this is shown and concludes nothing.")],
        empty=_("Nobody was drawn yet."),
    )


def _avoided_columns() -> list[Column]:
    return [
        *share_columns("offered", _OFFERED, gettext_lazy("of them, offered"), gettext_lazy("people made an offer")),
        *share_columns("alone", _ALONE, gettext_lazy("of them, alone"), gettext_lazy("people left alone")),
        *gap_columns("difference", gettext_lazy("difference")),
    ]


def _avoided_cells(compared: Compared) -> list[Any]:
    sides = (compared.offered.share(Measure.AVOIDED), compared.alone.share(Measure.AVOIDED))
    return [cell for side in sides for cell in share_cells(side)] + gap_cells(compared.difference(Measure.AVOIDED))


def _method(code: str) -> Any:
    return METHODS[ReliefMethod(code)].name if code in set(ReliefMethod) else code


def _chart(rows: Sequence[Restructured]) -> Chart | None:
    known = [row for row in rows if row.half.total]
    if not known:
        return None
    again, over = (sum(part) for part in zip(*((row.half.count, row.half.total) for row in known), strict=True))
    return Chart(
        key="again",
        title=_("Share of the plans after which a loan was behind again"),
        summary=_("Of %(over)s plans whose 6 months are over, %(again)s were more than 30 days behind again.")
        % {"over": f"{over:,}", "again": f"{again:,}"},
        labels_name=_("month"),
        labels=[month_words(row.month) for row in rows if row.month],
        series=[
            Series(
                _("in 6 months, percent"), [of_chart(decimal_of(row.half.rate)) for row in rows], Tone.PRINCIPAL, True
            ),
            Series(_("in 12 months, percent"), [of_chart(decimal_of(row.year.rate)) for row in rows], Tone.OTHER, True),
        ],
        currency=None,
        digits=2,
    )


assert LATE_DAYS == 30, "the words above say so"

REPORT = Report(
    code="relief",
    group=Group.HELP,
    title=gettext_lazy("Effect of relief"),
    says=gettext_lazy(
        "Whether people who were offered relief fared better than those who were left alone by the draw, and how many"
        " loans were behind again after a plan."
    ),
    source=gettext_lazy(
        "From plans and the snapshot of the months after them, and from campaigns with a comparison group, as things"
        " stood at the end of the last month. The page of the effect of relief shows the same as of today."
    ),
    read=read,
    dimensions=(),
    months=24,
    needs="collections_mgmt.view_campaignmember",
    definitions=[
        Definition(
            gettext_lazy("Behind again"),
            gettext_lazy(
                "At the end of one of the months after the plan was accepted, more than 30 days past due, or given up"
                " or sold by then. Plans that were taken back do not count."
            ),
        ),
    ],
)
