"""Series of the economy and shocks as tables and charts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import EconomicIndicator, IndicatorValue
from collections_mgmt.selectors.economy import SeriesNow
from collections_mgmt.services.economy import ValueRow
from collections_mgmt.warning.pages import series_name, series_words
from collections_mgmt.warning_words import place_words
from dashu.kernel.dates import lender_today
from dashu.policy.early_warning import EarlyWarning
from dashu.web.charts import Chart, Series, Tone
from dashu.web.staff_tables import Column, Table

MOST_SHOWN = 36


def economy_table(found: Sequence[SeriesNow], rules: EarlyWarning, *, links: bool = True) -> Table:
    """Return each series with its latest value, its change and whether it counts as bad news."""
    return Table(
        title=_("The economy"),
        note=_("A series that counts as bad news is noted of borrowers at its place who show something else as well."),
        columns=[
            Column(_("series")),
            Column(_("place")),
            Column(_("latest"), is_number=True),
            Column(_("date")),
            Column(_("before"), is_number=True),
            Column(_("change"), is_number=True),
            Column(_("counts from")),
            Column(_("counts now")),
        ],
        rows=[_series_row(each, rules, links=links) for each in found],
        tones=["changed" if each.is_bad else "" for each in found],
        empty=_("No series was imported yet."),
    )


def series_chart(indicator: EconomicIndicator, values: Sequence[IndicatorValue]) -> Chart | None:
    """Return the latest values as a line; None where there are too few for one."""
    if len(values) < 2:
        return None
    shown = values[-MOST_SHOWN:]
    summary = gettext("%(name)s: %(value)s %(unit)s on %(day)s.") % {
        "name": indicator.name,
        "value": plain_number(shown[-1].value),
        "day": date_format(shown[-1].date),
        "unit": indicator.unit,
    }
    return Chart(
        key="series",
        title=indicator.name,
        summary=summary,
        labels_name=_("date"),
        labels=[f"{value.date:%Y-%m-%d}" for value in shown],
        series=[Series(indicator.name, [round(value.value * 100) for value in shown], Tone.OTHER, is_line=True)],
        currency=None,
        digits=2,
    )


def values_table(indicator: EconomicIndicator, values: Sequence[IndicatorValue]) -> Table:
    return Table(
        title=_("Values"),
        columns=[Column(_("date")), Column(indicator.unit, is_number=True), Column(_("known since"))],
        rows=[
            [date_format(value.date), plain_number(value.value), date_format(value.noted_on)]
            for value in reversed(values)
        ],
        empty=_("There is no value yet."),
    )


def preview_table(rows: Sequence[ValueRow]) -> Table:
    return Table(
        title=_("What would be taken over"),
        columns=[
            Column(_("code")),
            Column(_("name")),
            Column(_("kind")),
            Column(_("place")),
            Column(_("date")),
            Column(_("value"), is_number=True),
            Column(_("unit")),
        ],
        rows=[
            [
                row.series["code"],
                row.series["name"],
                series_name(row.series["kind"]),
                place_words(row.series["region"], row.series["sector"], lender_today()),
                date_format(row.date),
                plain_number(row.value),
                row.series["unit"],
            ]
            for row in rows
        ],
        empty="",
    )


def plain_number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _series_row(each: SeriesNow, rules: EarlyWarning, *, links: bool) -> list[Any]:
    indicator, rule = each.indicator, rules.series.get(each.indicator.kind)
    name: Any = indicator.name
    if links:
        address = reverse("admin:collections_mgmt_economicindicator_change", args=[indicator.pk])
        name = format_html('<a href="{}">{}</a>', address, indicator.name)
    change = "–"
    if each.change is not None and rule is not None:
        change = f"{each.change.change * 100:+.1f} %" if rule.is_share else f"{each.change.change.normalize():+f}"
    return [
        name,
        place_words(indicator.region, indicator.sector, lender_today()),
        f"{plain_number(each.latest.value)} {indicator.unit}" if each.latest else "–",
        date_format(each.latest.date) if each.latest else "–",
        plain_number(each.change.before) if each.change else "–",
        change,
        series_words(rule) if rule else "–",
        _("yes") if each.is_bad else _("no"),
    ]
