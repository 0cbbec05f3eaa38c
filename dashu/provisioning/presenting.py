"""What staff read of provisions: runs, their movement, the model behind them, and the figure of one loan."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import Preview
from dashu.ledger.models import Account
from dashu.ledger.services import Line
from dashu.policy.expected_loss import ProvisionBasis
from dashu.provisioning.domain.matrix import Evidence
from dashu.provisioning.estimates import Estimates
from dashu.provisioning.models import STAGES, Overlay, ProvisionRun
from dashu.provisioning.selectors.history import ALL
from dashu.provisioning.selectors.movement import Cause, Movement, Step
from dashu.provisioning.selectors.stages import StageFigures
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money
from loans.models import Product

SCENARIOS: Mapping[str, str | Promise] = {"BASE": _("as now"), "UP": _("better"), "DOWN": _("worse")}
BASES: Mapping[ProvisionBasis, Promise] = {
    ProvisionBasis.FIVE_TIER: _("The ledger holds what the five tiers ask for."),
    ProvisionBasis.ECL: _("The ledger holds the expected credit loss."),
    ProvisionBasis.GREATER: _("Product by product, the ledger holds the greater of both."),
}
EVIDENCE: Mapping[Evidence, Promise] = {
    Evidence.OWN: _("loans of this product"),
    Evidence.POOLED: _("the whole book, because this product has too few"),
    Evidence.NONE: _("no loans: a cautious assumption"),
}
STEPS: Mapping[Step, Promise] = {
    Step.OPENING: _("at the beginning"),
    Step.TO_1: _("moved to stage 1"),
    Step.TO_2: _("moved to stage 2"),
    Step.TO_3: _("moved to stage 3"),
    Step.NEW: _("new loans"),
    Step.GONE: _("settled or sold"),
    Step.WRITTEN_OFF: _("written off"),
    Step.REMEASURED: _("measured anew"),
    Step.CLOSING: _("at the end"),
}
CAUSES: Mapping[Cause, Promise] = {
    Cause.STAGE: _("another stage"),
    Cause.PD: _("another probability of default, in the same stage"),
    Cause.LGD: _("another share lost in a default"),
    Cause.EXPOSURE: _("another exposure: paid down, plan, discount"),
    Cause.OVERLAY: _("overlays"),
    Cause.NEW: _("new loans"),
    Cause.GONE: _("settled or sold"),
    Cause.WRITTEN_OFF: _("written off"),
}


def percent(fraction: Decimal, digits: int = 2) -> str:
    """Return a fraction as percent with so many decimals, never as 1E-7."""
    return f"{fraction * 100:.{digits}f}%"


def coverage(held: int, exposure: int) -> str:
    return percent(Decimal(held) / exposure) if exposure else "–"


def stage_words(stage: str) -> str:
    return gettext("stage %(stage)s") % {"stage": stage}


def product_labels() -> dict[str, str]:
    return {product.code: product.label for product in Product.objects.all()}


def preview_tables(run: ProvisionRun, entries: Iterable[tuple[date, Sequence[Line]]]) -> Preview:
    """Return the figures of a run and what would be booked, in plain texts."""
    labels, accounts = product_labels(), Account.objects.in_bulk()
    added = {"title": gettext("it added"), "is_number": True}
    titles = (gettext("expected credit loss"), gettext("overlay"), gettext("five-tier provision"))
    figures = [
        [labels.get(product, product), *(money(each[name], run.currency) for name in ("ecl", "overlay", "five_tier"))]
        for product, each in sorted(run.totals.items())
    ]
    lines = [
        [
            day.isoformat(),
            str(accounts[line.account]),
            money(line.amount_minor, run.currency) if line.side == "D" else "",
            money(line.amount_minor, run.currency) if line.side == "C" else "",
        ]
        for day, each in entries
        for line in each
    ]
    return [
        {
            "title": gettext("what is set aside"),
            "columns": [gettext("product"), *({"title": str(title), "is_number": True} for title in titles)],
            "rows": figures,
            "empty": gettext("There is nothing to set aside."),
        },
        {
            "title": gettext("overlays"),
            "columns": [gettext("for which loans"), gettext("reason"), gettext("entered by"), added],
            "rows": [
                [segment_words(overlay), overlay.reason, kept["author"], money(kept["added_minor"], run.currency)]
                for kept in run.overlays
                for overlay in (_kept_overlay(run, kept),)
            ],
            "empty": gettext("Nothing is set aside on top."),
        },
        {
            "title": gettext("what would be booked"),
            "columns": [
                gettext("effective on"),
                gettext("ledger account"),
                {"title": gettext("Debit"), "is_number": True},
                {"title": gettext("Credit"), "is_number": True},
            ],
            "rows": lines,
            "empty": gettext("The ledger holds what the rule asks for already; nothing is booked."),
        },
    ]


def run_figures(run: ProvisionRun, *, exposure_minor: int, basis: ProvisionBasis) -> list[Figure]:
    return [
        Figure(_("set aside by expected loss"), money(run.total_minor, run.currency)),
        Figure(_("of it by overlays"), money(run.overlay_minor, run.currency)),
        Figure(_("five-tier provision"), money(run.five_tier_minor, run.currency), BASES[basis]),
        Figure(_("covers of the exposure"), coverage(run.total_minor, exposure_minor)),
        Figure(_("loans"), run.loans),
    ]


def stage_table(figures: Sequence[StageFigures], currency: str) -> Table:
    numbers = (
        _("loans"),
        _("exposure"),
        _("expected credit loss"),
        _("overlay"),
        _("covers"),
        _("five-tier provision"),
    )
    return Table(
        title=_("by stage"),
        columns=[Column(_("impairment stage")), *(Column(title, is_number=True) for title in numbers)],
        rows=[
            [
                stage_words(each.stage),
                each.loans,
                money(each.ead_minor, currency),
                money(each.ecl_minor, currency),
                money(each.overlay_minor, currency),
                coverage(each.ecl_minor + each.overlay_minor, each.ead_minor),
                money(each.five_tier_minor, currency),
            ]
            for each in figures
        ],
        empty=_("No loan was running at the end of this month."),
    )


def product_table(run: ProvisionRun, held: Mapping[tuple[str, str], int]) -> Table:
    """Return expected loss beside the five tiers. :param held: what the rule asks the ledger to hold, by product."""
    labels, currency = product_labels(), run.currency
    names = (_("expected credit loss"), _("overlay"), _("five-tier provision"), _("held by the rule"))
    return Table(
        title=_("by product, both ways"),
        columns=[Column(_("product")), *(Column(title, is_number=True) for title in names)],
        rows=[
            [
                labels.get(product, product),
                *(money(each[name], currency) for name in ("ecl", "overlay", "five_tier")),
                money(held.get((currency, product), 0), currency),
            ]
            for product, each in sorted(run.totals.items())
        ],
        empty=_("No loan was running at the end of this month."),
    )


def movement_table(movement: Movement, currency: str) -> Table:
    return Table(
        title=_("movement between the stages"),
        note=_("What was held for a loan moves with it into its new stage; what it is worth there is measured anew."),
        columns=[
            Column(_("line")),
            *(Column(stage_words(stage), is_number=True) for stage in STAGES),
            Column(_("together"), is_number=True),
        ],
        rows=[
            [
                title,
                *(money(movement.amounts[step, stage], currency) for stage in STAGES),
                money(movement.total(step), currency),
            ]
            for step, title in STEPS.items()
        ],
        empty="",
    )


def cause_table(movement: Movement, currency: str) -> Table:
    return Table(
        title=_("why it moved"),
        note=_("Taken apart one after the other, in this order; together it is what the provision moved by."),
        columns=[Column(_("reason")), Column(_("amount"), is_number=True)],
        rows=[
            *([title, money(movement.causes[cause], currency)] for cause, title in CAUSES.items()),
            [_("together"), money(sum(movement.causes.values()), currency)],
        ],
        empty="",
    )


def matrix_tables(estimates: Estimates, labels: Mapping[str, str]) -> list[Table]:
    """Return how loans moved between buckets in a month, product by product."""
    tables = []
    span = {"first": date_format(estimates.first, "Y-m"), "last": date_format(estimates.last, "Y-m")}
    for product, matrix in sorted(estimates.matrices.items()):
        if product == ALL and len(estimates.matrices) == 2:
            continue  # one product alone is the whole book
        states = [*matrix.states, gettext("default"), gettext("settled early")]
        name = labels.get(product, product) or gettext("whole book")
        tables.append(
            Table(
                title=gettext("Moves in a month: %(product)s") % {"product": name},
                note=gettext("Counted from %(first)s to %(last)s.") % span,
                columns=[
                    Column(_("bucket before")),
                    *(Column(state, is_number=True) for state in states),
                    Column(_("loans"), is_number=True),
                    Column(_("in default within a year"), is_number=True),
                    Column(_("taken from")),
                ],
                rows=[
                    [
                        state,
                        *(percent(share) for share in matrix.shares(place)),
                        matrix.rows[place].total if matrix.rows[place].evidence is not Evidence.NONE else 0,
                        percent(sum(estimates.curve(product, state)[:12], Decimal(0))),
                        EVIDENCE[matrix.rows[place].evidence],
                    ]
                    for place, state in enumerate(matrix.states)
                ],
                empty="",
            )
        )
    return tables


def loss_table(estimates: Estimates, labels: Mapping[str, str]) -> Table:
    """Return what is lost of a default, product by product."""
    return Table(
        title=_("share lost in a default"),
        note=_(
            "What comes in later is discounted. Defaults whose months are not over count for those they were seen in."
        ),
        columns=[
            Column(_("product")),
            *(
                Column(title, is_number=True)
                for title in (_("at the default"), _("after 6 months"), _("after 12 months"), _("defaults"), _("ended"))
            ),
            Column(_("taken from")),
        ],
        rows=[
            [
                labels.get(product, product) or gettext("whole book"),
                *(percent(share.after(months)) for months in (0, 6, 12)),
                share.recoveries.defaults,
                share.recoveries.completed,
                EVIDENCE[share.evidence],
            ]
            for product, share in sorted(estimates.shares.items())
        ],
        empty="",
    )


def scenario_table(estimates: Estimates) -> Table:
    return Table(
        title=_("scenarios"),
        columns=[
            Column(_("scenario")),
            Column(_("weight"), is_number=True),
            Column(_("odds of default, times"), is_number=True),
            Column(_("share lost, times"), is_number=True),
        ],
        rows=[
            [SCENARIOS.get(each.code, each.code), percent(each.weight, 0), each.odds, each.loss]
            for each in estimates.scenarios
        ],
        empty="",
    )


def backtest_table(rows: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> Table:
    """Return what was foreseen a year before, against what came."""
    return Table(
        title=_("foreseen a year ago, and come"),
        note=_("Defaults within twelve months, foreseen from the months before that day alone."),
        columns=[
            Column(_("product")),
            Column(_("bucket")),
            *(
                Column(title, is_number=True)
                for title in (_("loans"), _("defaults foreseen"), _("defaults come"), _("difference"))
            ),
        ],
        rows=[
            [
                labels.get(row["product"], row["product"]),
                row["bucket"],
                row["loans"],
                row["foreseen"],
                row["came"],
                f"{row['came'] - Decimal(row['foreseen']):+}",
            ]
            for row in rows
        ],
        empty=_("The kept months do not reach back a year."),
    )


def overlay_table(overlays: Iterable[Overlay]) -> Table:
    return Table(
        title=_("overlays"),
        columns=_overlay_columns(),
        rows=[_overlay_row(each, str(each.author)) for each in overlays],
        empty=_("Nothing is set aside on top."),
    )


def kept_overlay_table(run: ProvisionRun) -> Table:
    """Return the overlays as they were when the run was calculated, each with what it added."""
    return Table(
        title=_("overlays"),
        columns=[*_overlay_columns(), Column(_("it added"), is_number=True)],
        rows=[
            [*_overlay_row(_kept_overlay(run, kept), kept["author"]), money(kept["added_minor"], run.currency)]
            for kept in run.overlays
        ],
        empty=_("Nothing is set aside on top."),
    )


def _overlay_columns() -> list[Column]:
    return [
        Column(_("for which loans")),
        Column(_("size"), is_number=True),
        Column(_("reason")),
        Column(_("entered by")),
        Column(_("from")),
        Column(_("to")),
    ]


def _overlay_row(overlay: Overlay, author: str) -> list[Any]:
    days = (date_format(day, "SHORT_DATE_FORMAT") for day in (overlay.from_on, overlay.to_on))
    return [segment_words(overlay), size_words(overlay), overlay.reason, author, *days]


def _kept_overlay(run: ProvisionRun, kept: Mapping[str, Any]) -> Overlay:
    plain = {name: kept[name] for name in ("product", "bucket", "stage", "amount_minor", "reason")}
    share = None if kept["share"] is None else Decimal(kept["share"])
    days = {name: date.fromisoformat(kept[name]) for name in ("from_on", "to_on")}
    return Overlay(currency=run.currency, share=share, **plain, **days)


def segment_words(overlay: Overlay) -> str:
    """Return which loans an overlay is for."""
    parts = [product_labels().get(overlay.product, overlay.product), overlay.bucket]
    if overlay.stage:
        parts.append(stage_words(overlay.stage))
    return " · ".join(part for part in parts if part) or gettext("all loans")


def size_words(overlay: Overlay) -> str:
    if overlay.amount_minor is not None:
        return money(overlay.amount_minor, overlay.currency)
    assert overlay.share is not None
    return percent(overlay.share)
