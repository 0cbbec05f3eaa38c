"""The next six months by a Markov chain, with what such forecasts were worth before."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashu.insight.domain.forecast import LEAST_MONTHS, Tried, back_test, forecast, mean_off, summed
from dashu.insight.domain.transitions import Flows, standing
from dashu.insight.figures import Column, Figures, Kind, share
from dashu.insight.flows import flows_by_month
from dashu.insight.reading import Kept, buckets_over, kept_months, month_words, scale_of
from dashu.insight.report import Definition, Group, Option, Report
from dashu.insight.scope import Scope
from dashu.insight.words import state_label
from dashu.kernel.dates import add_months
from dashu.web.charts import Chart, Series, Tone

STEPS = 6
TRIED_BACK = 18  # months back in which forecasts are tried
FAR = 30  # days past due, more than which the back-test compares
FEW = 6  # forecasts tried, fewer than which say little


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    averaged = int(scope.option("averaged") or 6)
    months = flows_by_month(scope, kept, first=add_months(scope.last, -(averaged + TRIED_BACK)))
    latest = [flows for month, flows in months if month > add_months(scope.last, -averaged)]
    can = bool(months) and months[-1][0] == scope.last
    tables = [_ahead(scope, kept, latest if can else [], by_balance=each) for each in (True, False)]
    tried = [_tried(scope, months, averaged, by_balance=each) for each in (True, False)]
    return [*tables, _worth(scope, kept, tried[0], tried[1]), _each(scope, tried[0])]


def _ahead(scope: Scope, kept: Kept, latest: Sequence[Flows], *, by_balance: bool) -> Figures:
    """Return the last month and the six after it, by bucket. Amounts and counts are rounded here."""
    order = [band.code for band in scale_of(scope.last).bands]
    states = forecast(latest, steps=STEPS, by_balance=by_balance)
    kind = Kind.MONEY if by_balance else Kind.COUNT
    lines: list[list[Any]] = []
    if states:
        now = {code: Decimal(amount) for code, amount in standing(latest[-1], by_balance=by_balance).items()}
        lines = [_line(scope, add_months(scope.last, step), state, order) for step, state in enumerate([now, *states])]
    months = _("Months known of those averaged: %(count)s.") % {"count": len(latest)}
    return Figures(
        code="balance" if by_balance else "loans",
        title=_("Principal in the next six months") if by_balance else _("Loans in the next six months"),
        columns=[
            Column("month", _("month"), Kind.MONTH),
            *(Column(code.lower(), state_label(code), kind) for code in order),
            Column("total", _("together"), kind),
            Column("far", _("more than %(days)s days behind") % {"days": FAR}, kind),
            Column("far_share", _("share"), Kind.SHARE),
        ],
        rows=lines,
        currency=scope.currency,
        chart=_chart(lines) if by_balance and lines else None,
        notes=[*kept.notes(scope), *([months] if lines else [])],
        empty=_("A forecast takes the moves of at least %(least)s months, the last one among them.")
        % {"least": LEAST_MONTHS},
    )


def _line(scope: Scope, month: date, state: dict[str, Decimal], order: list[str]) -> list[Any]:
    by_bucket = [summed(state, frozenset({code})) for code in order]
    far = buckets_over(scale_of(scope.last), FAR)
    total = sum(by_bucket)
    behind = sum(amount for code, amount in zip(order, by_bucket, strict=True) if code in far)
    return [month, *by_bucket, total, behind, share(behind, total)]


def _tried(scope: Scope, months: Sequence[tuple[date, Flows]], averaged: int, *, by_balance: bool) -> list[Tried]:
    far = buckets_over(scale_of(scope.last), FAR)
    return back_test(months, of=far, averaged=averaged, steps=STEPS, by_balance=by_balance)


def _worth(scope: Scope, kept: Kept, by_balance: Sequence[Tried], by_loans: Sequence[Tried]) -> Figures:
    """Return how far forecasts were off, by how far ahead they looked."""
    rows = []
    for ahead in range(1, STEPS + 1):
        tried, loans = ([each for each in of if each.ahead == ahead] for of in (by_balance, by_loans))
        if tried:
            rows.append(
                [
                    ahead,
                    len(tried),
                    _mean([abs(each.error) for each in tried]),
                    _mean([each.error for each in tried]),
                    _four(mean_off(tried)),
                    _four(mean_off(loans)),
                ]
            )
    return Figures(
        code="worth",
        title=_("What such forecasts were worth before"),
        columns=[
            Column("ahead", _("months ahead"), Kind.COUNT),
            Column("tried", _("forecasts tried"), Kind.COUNT),
            Column("off", _("off by, on average"), Kind.MONEY),
            Column("bias", _("too high (or low: −), on average"), Kind.MONEY),
            Column("mape", _("off by, as a part of what came (MAPE)"), Kind.SHARE),
            Column("mape_loans", _("the same by loans"), Kind.SHARE),
        ],
        rows=rows,
        currency=scope.currency,
        notes=[_said(by_balance)] if rows else [],
        empty=_("No forecast could be tried yet: what came after it is not known."),
    )


def _said(tried: Sequence[Tried]) -> str:
    """Say plainly what the error means."""
    off = _four(mean_off([each for each in tried if each.ahead == min(STEPS, max(one.ahead for one in tried))]))
    count = len({each.made for each in tried})
    if off is None:
        return _("Nothing was more than %(days)s days behind, so there is no error to tell.") % {"days": FAR}
    ahead = max(each.ahead for each in tried)
    words = {"ahead": ahead, "off": f"{off * 100:.1f}%", "count": count, "days": FAR}
    said = _(
        "Looking %(ahead)s months ahead, the principal more than %(days)s days behind was missed by %(off)s on average."
        " Tried at the ends of %(count)s months, each with only what was known then."
    )
    few = _("That is few: take it as a hint.") if count < FEW else ""
    return f"{said % words} {few}".strip()


def _each(scope: Scope, tried: Sequence[Tried]) -> Figures:
    """Return every forecast beside what came, the latest first."""
    ordered = sorted(tried, key=lambda each: (each.made, each.ahead), reverse=True)
    return Figures(
        code="tried",
        title=_("Every forecast beside what came: principal more than %(days)s days behind") % {"days": FAR},
        columns=[
            Column("made", _("made at the end of"), Kind.MONTH),
            Column("for_month", _("for the end of"), Kind.MONTH),
            Column("foretold", _("foretold"), Kind.MONEY),
            Column("came", _("came"), Kind.MONEY),
            Column("error", _("difference"), Kind.MONEY),
            Column("off", _("as a part of what came"), Kind.SHARE),
        ],
        rows=[
            [each.made, add_months(each.made, each.ahead), each.foretold, each.came, each.error, _four(each.share_off)]
            for each in ordered
        ],
        currency=scope.currency,
        empty=_("No forecast could be tried yet: what came after it is not known."),
    )


def _chart(lines: list[list[Any]]) -> Chart:
    words = {"now": f"{(lines[0][-1] or 0) * 100:.2f}%", "then": f"{(lines[-1][-1] or 0) * 100:.2f}%", "days": FAR}
    return Chart(
        key="forecast",
        title=_("Share of principal more than %(days)s days behind") % {"days": FAR},
        summary=_("If things go on as they did, it goes from %(now)s to %(then)s in six months.") % words,
        labels_name=_("month"),
        labels=[month_words(line[0]) for line in lines],
        series=[
            Series(
                gettext_lazy("foretold"),
                [None if line[-1] is None else int(line[-1] * 10_000) for line in lines],
                Tone.OTHER,
                is_line=True,
            )
        ],
        currency=None,
        digits=2,
    )


def _mean(amounts: Sequence[int]) -> int:
    return int((Decimal(sum(amounts)) / len(amounts)).quantize(Decimal(1)))


def _four(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else rate.quantize(Decimal("0.0001"))


REPORT = Report(
    code="forecast",
    group=Group.ARREARS,
    title=gettext_lazy("Forecast of arrears"),
    says=gettext_lazy(
        "Where the book goes in six months if people go on as they did. Beside it stands how far such forecasts were"
        " off before."
    ),
    source=gettext_lazy(
        "A Markov chain from the moves of the latest months: each bucket moves on by the average rates, and as much is"
        " newly lent as in an average month. It knows nothing of seasons, the economy or what we change."
    ),
    read=read,
    options=(
        Option(
            "averaged",
            gettext_lazy("averaged over"),
            [("6", gettext_lazy("6 months")), ("3", gettext_lazy("3 months")), ("12", gettext_lazy("12 months"))],
        ),
    ),
    definitions=[
        Definition(
            gettext_lazy("Back-test"),
            gettext_lazy(
                "The forecast is made anew at the end of each past month with only what was known then, and held"
                " against what came."
            ),
        ),
        Definition(
            "MAPE",
            gettext_lazy(
                "The average of how far forecasts were off, each as a part of what came. 10% means off by a tenth."
            ),
        ),
    ],
)
