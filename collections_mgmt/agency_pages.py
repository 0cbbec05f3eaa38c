"""Figures and tables of the pages of agencies and placements: plain values, decided before the template."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import Agency, AgencyFile
from collections_mgmt.models.placing import RECALLS
from collections_mgmt.selectors.agency_figures import Collected, Scorecard
from collections_mgmt.services.agencies import evaluation_due
from collections_mgmt.services.ask_placement import percent
from dashu.kernel.dates import InvalidDate, parse_date
from dashu.policy.last_steps import AgencyTerms
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money, percent_shown

SHOWN = 50


def recall_words(reasons: Iterable[str]) -> str:
    return ", ".join(str(RECALLS.get(reason, reason)) for reason in reasons)


def score_figures(agency: Agency, card: Scorecard, terms: AgencyTerms, *, today: date) -> list[Figure]:
    due = evaluation_due(agency, terms)
    is_soon = due <= today + timedelta(days=terms.warn_days)
    per_thousand = card.complaints_per_thousand
    return [
        Figure(
            _("recovered"),
            "–" if card.share is None else percent_shown(card.share),
            _("%(paid)s of %(owed)s that was overdue when placed")
            % {"paid": money(card.collected_minor, terms.currency), "owed": money(card.owed_minor, terms.currency)},
        ),
        Figure(_("loans there now"), card.running, _("of %(count)s in all") % {"count": card.placed}),
        Figure(
            _("complaints per 1,000 loans"),
            "–" if per_thousand is None else f"{per_thousand:.1f}",
            _("%(count)s while it had the loans") % {"count": card.complaints},
            "late" if card.complaints else "good",
        ),
        Figure(_("commission"), money(card.commission_minor, terms.currency), _("in all, payment by payment")),
        Figure(
            _("evaluation due"),
            date_format(due, "SHORT_DATE_FORMAT"),
            _("latest score: %(score)s") % {"score": "–" if agency.score is None else agency.score},
            "late" if due < today else "soon" if is_soon else "good",
        ),
    ]


def recalls_table(card: Scorecard) -> Table:
    return Table(
        title=_("why loans came back"),
        columns=[Column(_("because")), Column(_("loans"), is_number=True)],
        rows=[[RECALLS.get(code, code), count] for code, count in card.recalls.most_common()],
        empty=_("None has come back yet."),
    )


def files_table(agency: Agency) -> Table:
    files = AgencyFile.objects.filter(agency=agency).order_by("-pk")[:SHOWN]
    return Table(
        title=_("files for this agency"),
        columns=[Column(_("file")), Column(_("kind")), Column(_("prepared on")), Column(_("loans"), is_number=True)],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>',
                    reverse("admin:collections_mgmt_agencyfile_change", args=[file.pk]),
                    file.number,
                ),
                file.get_kind_display(),
                date_format(file.made_on),
                file.loans,
            ]
            for file in files
        ],
        empty=_("No file was made yet."),
    )


def paid_table(rows: list[Collected], currency: str, *, title: Any) -> Table:
    lines = [
        [
            date_format(row.received_on),
            row.placement,
            row.payment,
            money(row.minor, currency),
            percent(row.bps),
            money(row.commission_minor, currency),
        ]
        for row in rows
    ]
    total, due = sum(row.minor for row in rows), sum(row.commission_minor for row in rows)
    if lines:
        lines.append([gettext("together"), "", "", money(total, currency), "", money(due, currency)])
    return Table(
        title=title,
        note=_(
            "What paid the debt while the agency had the loan, by value date. The commission is rounded half up to"
            " 0.01 for each payment."
        ),
        columns=[
            Column(_("received on")),
            Column(_("placement")),
            Column(_("payment")),
            Column(_("paid of the debt"), is_number=True),
            Column(_("commission rate"), is_number=True),
            Column(_("commission"), is_number=True),
        ],
        rows=lines,
        empty=_("Nothing came in."),
    )


def months_table(rows: list[Collected], currency: str, address: str) -> Table:
    """Return what came in and what is to be paid for it, by month, the latest first; each month opens its payments."""
    months = sorted({row.received_on.replace(day=1) for row in rows}, reverse=True)[:SHOWN]
    of_month = {month: [row for row in rows if row.received_on.replace(day=1) == month] for month in months}
    return Table(
        title=_("commission by month"),
        columns=[
            Column(_("month")),
            Column(_("payments"), is_number=True),
            Column(_("paid of the debt"), is_number=True),
            Column(_("commission"), is_number=True),
        ],
        rows=[
            [
                format_html('<a href="{}?month={}">{}</a>', address, f"{month:%Y-%m}", date_format(month, "Y-m")),
                len(paid),
                money(sum(row.minor for row in paid), currency),
                money(sum(row.commission_minor for row in paid), currency),
            ]
            for month, paid in of_month.items()
        ],
        empty=_("Nothing came in."),
    )


def month_of(text: str, latest: date) -> date:
    """Return the first day of the month that an address names, of those up to the latest one; else of that one."""
    try:
        return min(parse_date(f"{text}-01", field="month"), latest.replace(day=1))
    except InvalidDate:
        return latest.replace(day=1)


def month_figures(rows: list[Collected], currency: str, month: date) -> list[Figure]:
    name = date_format(month, "Y-m")
    return [
        Figure(_("paid of the debt"), money(sum(row.minor for row in rows), currency), name),
        Figure(_("commission"), money(sum(row.commission_minor for row in rows), currency), name),
    ]
