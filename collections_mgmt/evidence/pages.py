"""What offers of relief did, as staff read it: both sides with their ranges, and in words what they say."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.relief_evidence import FAR_DAYS, HALF_YEAR, LATE_DAYS, MONTHS, YEAR, Compared, Measure
from collections_mgmt.models import HardshipRequest, ReliefCampaign
from collections_mgmt.selectors.relief_evidence import Drawn, Evidence
from collections_mgmt.share_words import gap_words, interval_of, percent, rate_words
from dashu.kernel.shares import Share
from dashu.web.intervals import IntervalChart
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import money

MEASURES: Mapping[Measure, Any] = {
    Measure.CURED: _("nothing overdue after 6 months"),
    Measure.AVOIDED: _("never more than 30 days behind in 6 months"),
    Measure.LATE_6: _("more than 30 days behind within 6 months"),
    Measure.LATE_12: _("more than 30 days behind within 12 months"),
    Measure.FAR_6: _("more than 90 days behind within 6 months"),
    Measure.FAR_12: _("more than 90 days behind within 12 months"),
    Measure.COMPLAINED: _("complained within 6 months"),
}
assert (LATE_DAYS, FAR_DAYS) == (30, 90), "the words above say so"
assert set(MONTHS.values()) == {HALF_YEAR, YEAR} == {6, 12}, "the words above say so"

_OFFERED, _ALONE = _("made an offer"), _("left alone")


def evidence_figures(compared: Compared) -> list[Figure]:
    offered, alone = compared.offered, compared.alone
    accepted = Share(offered.accepted, offered.people)
    figures = [
        Figure(_("made an offer"), offered.people, _through(compared, HALF_YEAR, is_offered=True)),
        Figure(_("left alone to compare"), alone.people, _through(compared, HALF_YEAR, is_offered=False)),
        Figure(
            _("of them offered relief otherwise"),
            alone.helped,
            _(
                "On a list, by a person, or because they asked, within 12 months. They count as left alone all the"
                " same."
            ),
        ),
        Figure(
            _("took a plan"),
            percent(accepted.rate) if accepted.rate is not None else "–",
            _("All who were made an offer are compared, whether they took one or not."),
        ),
    ]
    gap, is_better = compared.difference(Measure.AVOIDED), compared.is_better(Measure.AVOIDED)
    tone = "plain" if is_better is None else "good" if is_better else "late"
    shown = _("not yet known") if gap is None else gap_words(gap)
    figures.append(Figure(_("arrears avoided, in points"), shown, verdict(compared, Measure.AVOIDED), tone))
    return figures


def evidence_table(compared: Compared, campaign: ReliefCampaign | None) -> Table:
    """Return each measure with both sides; each side opens its people."""
    return Table(
        title=_("What became of them"),
        note=gettext(
            "Each person counts for the side into which the draw put them. In brackets, where the true value lies, 95"
            " times of 100. Only people whose months are over count; fewer than %(least)s on a side conclude nothing."
            " Differences are taken within each campaign and then brought together."
        )
        % {"least": compared.least},
        columns=[
            Column(_("of the people drawn")),
            Column(_("what follows from it")),
            Column(_OFFERED, is_number=True),
            Column(_ALONE, is_number=True),
            Column(_("difference in points"), is_number=True),
        ],
        rows=[
            [
                words,
                wrapped(verdict(compared, measure)),
                _rows_link(compared.offered.share(measure), measure, campaign, is_offered=True),
                _rows_link(compared.alone.share(measure), measure, campaign, is_offered=False),
                gap_words(compared.difference(measure)),
            ]
            for measure, words in MEASURES.items()
        ],
        empty="",
    )


def paid_table(compared: Compared, currency: str) -> Table:
    return Table(
        title=_("What came back"),
        note=_(
            "On average of each person, each payment at its value on the day of the draw, at the rate of its loan. A"
            " plan asks for less in its first months and for it later: by this alone, nothing is better or worse."
            " Differences are taken within each campaign and then brought together."
        ),
        columns=[
            Column(_("paid by a person")),
            Column(_OFFERED, is_number=True),
            Column(_ALONE, is_number=True),
            Column(_("difference"), is_number=True),
        ],
        rows=[
            [
                ngettext("in %(count)s month", "in %(count)s months", months) % {"count": months},
                _money(compared.offered.paid[months].value, currency),
                _money(compared.alone.paid[months].value, currency),
                _money_gap(compared, months, currency),
            ]
            for months in (HALF_YEAR, YEAR)
        ],
        empty="",
    )


def campaigns_table(found: Evidence) -> Table:
    return Table(
        title=_("By campaign"),
        note=_("Only campaigns that left somebody alone can say anything."),
        columns=[
            Column(_("campaign")),
            Column(_OFFERED, is_number=True),
            Column(_ALONE, is_number=True),
            Column(_("took a plan"), is_number=True),
            Column(_("arrears avoided, in points"), is_number=True),
            Column(_("what follows from it")),
        ],
        rows=[
            [
                format_html('<a href="?campaign={}">{}</a>', campaign.pk, campaign.name),
                compared.offered.people,
                compared.alone.people,
                compared.offered.accepted,
                gap_words(compared.difference(Measure.AVOIDED)),
                wrapped(verdict(compared, Measure.AVOIDED)),
            ]
            for campaign, compared in found.campaigns
        ],
        empty=_("No campaign with a comparison group has begun."),
    )


def by_cause_table(by_cause: Mapping[str, Compared]) -> Table:
    names: Mapping[str, Any] = dict(HardshipRequest.Cause.choices)
    return Table(
        title=_("Arrears avoided, by cause"),
        note=_(
            "Never more than 30 days behind in 6 months, by the cause that was noted on the early warning. Whoever was"
            " talked to has a cause more often, so this is shown and concludes nothing."
        ),
        columns=[
            Column(_("cause, in a borrower's words")),
            Column(_OFFERED, is_number=True),
            Column(_ALONE, is_number=True),
            Column(_("difference in points"), is_number=True),
        ],
        rows=[
            [
                names.get(cause) or _("not noted"),
                rate_words(compared.offered.share(Measure.AVOIDED)),
                rate_words(compared.alone.share(Measure.AVOIDED)),
                gap_words(compared.difference(Measure.AVOIDED)),
            ]
            for cause, compared in by_cause.items()
        ],
        empty=_("Nobody was drawn yet."),
    )


def evidence_chart(compared: Compared) -> IntervalChart | None:
    """Draw each measure with both sides; None where nobody's months are over."""
    groups = []
    for measure, words in MEASURES.items():
        if compared.is_ripe(MONTHS[measure]):
            sides = ((_OFFERED, compared.offered, "first"), (_ALONE, compared.alone, "second"))
            groups.append((words, [interval_of(name, side.share(measure), tone) for name, side, tone in sides]))
    if not groups:
        return None
    return IntervalChart(
        title=_("Both sides beside each other"),
        summary=_(
            "The mark is what was found, the bar where the true value lies, 95 times of 100. Bars may touch although"
            " the difference is clear: the table says which differences are."
        ),
        groups=groups,
    )


def people_table(people: Sequence[Drawn], measure: Measure) -> Table:
    return Table(
        title=MEASURES[measure],
        note=_("Everybody of this side whose months are over, in the order in which they were drawn."),
        columns=[
            Column(_("borrower")),
            Column(_("campaign")),
            Column(_("drawn on")),
            Column(_("took a plan")),
            Column(_("furthest behind, days"), is_number=True),
            Column(_("counted")),
        ],
        rows=[
            [
                _borrower_link(each),
                each.campaign,
                date_format(each.drawn_on),
                _yes(each.has_accepted),
                each.worst_days,
                _yes(each.is_counted),
            ]
            for each in people
        ],
        empty=_("Nobody's months are over yet."),
    )


def verdict(compared: Compared, measure: Measure) -> str:
    """Return in words what a comparison says, or why it says nothing yet."""
    months = MONTHS[measure]
    if not compared.is_ripe(months):
        return _unripe(compared, months)
    if not compared.is_enough(months):
        return gettext("too few people yet")
    is_better = compared.is_better(measure)
    if is_better is None:
        return gettext("no clear difference")
    return gettext("the offers help") if is_better else gettext("the offers do harm")


def _unripe(compared: Compared, months: int) -> str:
    if not compared.pairs:
        return gettext("nobody was drawn yet")
    return gettext("needs %(months)s months; passed so far: %(passed)s") % {"months": months, "passed": compared.months}


def _through(compared: Compared, months: int, *, is_offered: bool) -> str:
    side = compared.offered if is_offered else compared.alone
    return gettext("%(count)s whose %(months)s months are over") % {"count": side.through[months], "months": months}


def _rows_link(
    found: Share, measure: Measure, campaign: ReliefCampaign | None, *, is_offered: bool
) -> SafeString | str:
    if not found.total:
        return "–"
    asked = {"measure": measure.value, "side": "offered" if is_offered else "alone"}
    if campaign is not None:
        asked["campaign"] = str(campaign.pk)
    address = reverse("admin:collections_mgmt_campaignmember_rows")
    return format_html('<a href="{}?{}">{}</a>', address, urlencode(asked), rate_words(found))


def _borrower_link(person: Drawn) -> Any:
    if person.borrower is None:
        return "–"
    address = reverse("admin:users_borrower_change", args=[person.borrower.pk])
    return format_html('<a href="{}">{}</a>', address, person.borrower.number)


def _money(minor: float | None, currency: str) -> str:
    return "–" if minor is None else money(round(minor), currency)


def _money_gap(compared: Compared, months: int, currency: str) -> str:
    found = compared.paid_more(months)
    if found is None:
        return _unripe(compared, months)
    value, low, high = (money(round(each), currency) for each in (found.value, found.low, found.high))
    return f"{value} ({low} … {high})"


def _yes(is_so: bool) -> str:
    return gettext("yes") if is_so else gettext("no")
