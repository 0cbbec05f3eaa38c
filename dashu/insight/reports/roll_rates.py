"""Roll rates: where the loans of each bucket are a month later, of one month or an average of several."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import CURRENT, GONE, NEW
from dashu.insight.domain.transitions import Flows, rates, started, together
from dashu.insight.figures import Column, Figures, Kind, of_chart
from dashu.insight.flows import flows_by_month
from dashu.insight.links import loans_address
from dashu.insight.reading import Kept, kept_months, month_words, scale_of
from dashu.insight.report import Definition, Group, Option, Report
from dashu.insight.scope import Scope
from dashu.insight.words import state_label
from dashu.kernel.dates import add_months
from dashu.web.charts import Chart, Series, Tone

FEW = 30  # loans that began in a bucket, below which its rates say little
_FOUR = Decimal("0.0001")


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    averaged = int(scope.option("averaged") or 1)
    first = add_months(scope.last, 1 - averaged)
    months = flows_by_month(scope, kept, first=first)
    latest = [flows for month, flows in months if month >= first]
    taken = [month for month, _flows in months if month >= first]
    flows = together(latest)
    return [
        _matrix(scope, kept, flows, taken, by_balance=False),
        _matrix(scope, kept, flows, taken, by_balance=True),
        _falling(scope, kept, [(month, flows) for month, flows in months if month >= scope.first]),
    ]


def _matrix(scope: Scope, kept: Kept, flows: Flows, taken: Sequence[date], *, by_balance: bool) -> Figures:
    order = [band.code for band in scale_of(scope.last).bands]
    seen = {before for before, _after in flows}
    before = [code for code in [*order, NEW] if code in seen]
    after = [*order, *(code for code in GONE if any(pair[1] == code for pair in flows))]
    found = rates(flows, by_balance=by_balance)
    whole = Column("began", _("loans at the beginning"), Kind.COUNT)
    if by_balance:
        before = [code for code in before if code != NEW]
        whole = Column("began", _("principal at the beginning"), Kind.MONEY)
    rows = [
        [
            code,
            started(flows, code).before if by_balance else started(flows, code).loans,
            *(_four(found[code].get(to)) if code in found else None for to in after),
        ]
        for code in before
    ]
    few = [str(state_label(code)) for code in before if started(flows, code).loans < FEW]
    notes = kept.notes(scope)
    if few:
        notes.append(
            _("Fewer than %(few)s loans began in %(buckets)s: their rates say little.")
            % {"few": FEW, "buckets": _(", ").join(few)}
        )
    first, last = (taken[0], taken[-1]) if taken else (scope.last, scope.last)
    when = month_words(first) if first == last else f"{month_words(first)} – {month_words(last)}"
    title = _("By balance, %(months)s") if by_balance else _("By loans, %(months)s")
    return Figures(
        code="by-balance" if by_balance else "by-loans",
        title=title % {"months": when},
        columns=[
            Column("before", _("bucket before"), labels=state_label),
            whole,
            *(Column(f"to_{code.lower()}", state_label(code), Kind.SHARE) for code in after),
        ],
        rows=rows,
        currency=scope.currency,
        notes=notes,
        links=[loans_address(scope, month=last, before=[code]) if first == last else "" for code in before],
    )


def _falling(scope: Scope, kept: Kept, months: Sequence[tuple[date, Flows]]) -> Figures:
    """Return month by month what part of each bucket went further behind, and what part of it came back."""
    flows_of, rows = dict(months), []
    every = kept.of(scope)
    for month in reversed(every):
        flows = flows_of.get(month)
        order = [band.code for band in scale_of(month).bands]
        for place, code in enumerate(order):
            if flows is None:
                rows.append([month, code, None, None, None, None])
            elif (whole := started(flows, code)).loans:
                line = rates(flows, by_balance=False)[code]
                worse = [*order[place + 1 :], *(gone for gone in GONE if gone != "SETTLED")]
                better = [*order[:place], "SETTLED"]
                rows.append([month, code, whole.loans, _part(line, worse), _four(line.get(code)), _part(line, better)])
    return Figures(
        code="by-month",
        title=_("Month by month: further behind, the same, or better"),
        columns=[
            Column("month", _("month"), Kind.MONTH),
            Column("bucket", _("bucket before"), labels=state_label),
            Column("loans", _("loans at the beginning"), Kind.COUNT),
            Column("worse", _("further behind or lost"), Kind.SHARE),
            Column("same", _("the same"), Kind.SHARE),
            Column("better", _("better or settled"), Kind.SHARE),
        ],
        rows=rows,
        currency=scope.currency,
        chart=_chart(every, rows),
        notes=kept.notes(scope),
    )


def _chart(months: Sequence[date], rows: Sequence[Sequence[object]]) -> Chart | None:
    """Draw how many fall from each of the first buckets into a further one."""
    codes = list(dict.fromkeys(str(row[1]) for row in rows))
    order = [code for code in (CURRENT, *(code for code in codes if code != CURRENT)) if code in codes][:3]
    found = {(row[0], row[1]): row[3] for row in rows}
    latest = [found.get((months[-1], code)) for code in order] if months else []
    if not latest or latest[0] is None:
        return None
    words = {"month": month_words(months[-1]), "share": f"{latest[0] * 100:.2f}%"}  # type: ignore[operator]
    return Chart(
        key="falling",
        title=_("Part of the loans that went further behind"),
        summary=_("In %(month)s, %(share)s of the loans that were in time fell behind.") % words,
        labels_name=_("month"),
        labels=[month_words(month) for month in months],
        series=[
            Series(state_label(code), [of_chart(found.get((month, code))) for month in months], tone, is_line=True)  # type: ignore[arg-type]
            for code, tone in zip(order, (Tone.PRINCIPAL, Tone.INTEREST, Tone.LEFT), strict=False)
        ],
        currency=None,
        digits=2,
        unit="%",
    )


def _part(line: Mapping[str, Decimal], buckets: Sequence[str]) -> Decimal:
    return _four(sum((line.get(to, Decimal(0)) for to in buckets), Decimal(0)))


def _four(rate: Decimal | None) -> Decimal:
    return (rate or Decimal(0)).quantize(_FOUR, ROUND_HALF_UP)


REPORT = Report(
    code="roll-rates",
    group=Group.ARREARS,
    title=gettext_lazy("Roll rates"),
    says=gettext_lazy(
        "Where the loans of each bucket stand a month later. It shows at which step people fall further behind, and"
        " where they come back."
    ),
    source=gettext_lazy("From the snapshots at both ends of each month; of every loan the month began or ended with."),
    read=read,
    options=(
        Option(
            "averaged",
            gettext_lazy("averaged over"),
            [
                ("1", gettext_lazy("the last month")),
                ("3", gettext_lazy("3 months")),
                ("6", gettext_lazy("6 months")),
                ("12", gettext_lazy("12 months")),
            ],
        ),
    ),
    definitions=[
        Definition(
            gettext_lazy("By loans"),
            gettext_lazy(
                "Of the loans that were in a bucket at the beginning of the month, the part that ended in each."
            ),
        ),
        Definition(
            gettext_lazy("By balance"),
            gettext_lazy(
                "Principal in a bucket at the end, divided by the principal that these loans had in theirs at the"
                " beginning. A line adds up to less than 100% by what was repaid."
            ),
        ),
        Definition(
            gettext_lazy("Average of several months"),
            gettext_lazy("All moves of these months together, so that each month weighs by what it held."),
        ),
    ],
)
