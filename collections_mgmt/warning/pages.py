"""The tables and figures of early warnings, as staff see them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import BorrowerPlace, HardshipRequest, WarningLead, WarningTrigger
from collections_mgmt.selectors.behavior import Bands
from collections_mgmt.selectors.causes_report import FAR_BEHIND, CauseOutcomes
from collections_mgmt.warning_words import (
    NAMES,
    SERIES_NAMES,
    place_words,
    said_to_borrower,
    threshold_words,
    trigger_facts,
    trigger_name,
)
from dashu.policy.early_warning import EarlyWarning, SeriesRule
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import money
from loans.admin import loan_link
from loans.models import Loan, Product
from loans.reason_words import shortfall_in_words

STATE_TONES = {"OPEN": "warning", "OFFERED": "success", "HELD_OUT": "info", "CLOSED": ""}


def noticed_list(triggers: Sequence[WarningTrigger]) -> SafeString | str:
    """Return what counts of a lead, each with its numbers, for one cell of the list."""
    if not triggers:
        return "–"
    lines = ((trigger_name(each.kind), trigger_facts(each.kind, each.facts)) for each in triggers)
    return format_html('<ul class="warn-list">{}</ul>', format_html_join("", "<li><strong>{}</strong> {}</li>", lines))


def lead_figures(lead: WarningLead, triggers: Sequence[WarningTrigger], place: BorrowerPlace | None) -> list[Figure]:
    counting = [each for each in triggers if each.ended_on is None]
    strong = sum(each.is_strong for each in counting)
    kinds = len({each.kind for each in counting})
    state = lead.get_ending_display() if lead.ending else ""
    if lead.quiet_until:
        state = gettext("%(why)s; quiet until %(day)s") % {"why": state, "day": date_format(lead.quiet_until)}
    return [
        Figure(_("state"), lead.get_state_display(), state),
        Figure(_("opened on"), date_format(lead.opened_on)),
        Figure(
            _("counts now"),
            kinds,
            gettext("of which strong: %(count)s") % {"count": strong},
            "soon" if kinds and lead.state == WarningLead.State.OPEN else "plain",
        ),
        Figure(_("cause"), lead.get_cause_display() or _("not noted")),
        Figure(
            _("earns their money in"),
            place_words(place.region, place.sector, lead.opened_on) if place else _("not noted"),
        ),
    ]


def triggers_table(triggers: Sequence[WarningTrigger]) -> Table:
    return Table(
        title=_("What was noticed"),
        note=_("The sentence at the end can be said to the borrower: why help is offered, never a reproach."),
        columns=[
            Column(_("noticed")),
            Column(_("weight")),
            Column(_("the numbers")),
            Column(_("loan")),
            Column(_("since")),
            Column(_("counts until")),
            Column(_("to the borrower")),
        ],
        rows=[
            [
                trigger_name(each.kind),
                _("strong") if each.is_strong else _("weak"),
                wrapped(trigger_facts(each.kind, each.facts)),
                loan_link(each.loan) if each.loan else "–",
                date_format(each.fired_on, "SHORT_DATE_FORMAT"),
                date_format(each.ends_on, "SHORT_DATE_FORMAT")
                if each.ended_on is None
                else gettext("ended on %(day)s") % {"day": date_format(each.ended_on, "SHORT_DATE_FORMAT")},
                wrapped(said_to_borrower(each.kind, each.facts)),
            ]
            for each in triggers
        ],
        tones=["" if each.ended_on is None else "quiet" for each in triggers],
        empty=_("Nothing counts any more."),
    )


def score_table(bands: Bands) -> Table:
    """Return what cost the points of a score that fell, with what would help."""
    note = gettext(
        "At the end of %(day)s: %(points)s points, %(bands)s bands below the highest of the three months before. It"
        " adds to the rules and never opens a warning alone."
    ) % {"day": date_format(bands.month_end), "points": bands.points, "bands": bands.dropped}
    return Table(
        title=_("Why the score fell"),
        note=note,
        columns=[Column(_("what cost points")), Column(_("what would help"))],
        rows=[[wrapped(each.fact), wrapped(each.help)] for each in map(shortfall_in_words, bands.reasons)],
        empty=_("Nothing costs points any more."),
    )


def loans_table(loans: Sequence[Loan]) -> Table:
    return Table(
        title=_("Running loans"),
        columns=[
            Column(_("loan")),
            Column(_("product")),
            Column(_("principal outstanding"), is_number=True),
            Column(_("days past due"), is_number=True),
        ],
        rows=[
            [
                loan_link(loan),
                loan.product_terms.product.label,
                money(loan.balance.principal_minor, loan.currency),
                loan.overdue.days_past_due if hasattr(loan, "overdue") else 0,
            ]
            for loan in loans
        ],
        empty=_("No loan is running any more."),
    )


def thresholds_table(rules: EarlyWarning) -> Table:
    """Return the thresholds in force."""
    kinds = {kind.value: kind.label for kind in Product.Kind}
    rows: list[list[Any]] = [
        [
            NAMES[trigger],
            _("strong") if rule.is_strong else _("weak"),
            threshold_words(rule) if trigger != "ECONOMY" else _("see the series of the economy"),
            gettext("%(days)s days") % {"days": rule.valid_days},
            ", ".join(str(kinds[product]) for product in rule.products),
        ]
        for trigger, rule in rules.triggers.items()
    ]
    return Table(
        title=_("Thresholds in force"),
        columns=[
            Column(_("noticed")),
            Column(_("weight")),
            Column(_("from")),
            Column(_("counts for")),
            Column(_("products")),
        ],
        rows=rows,
        empty="",
        note=_("They are dated rules of the policy pack early_warning.triggers, changed in the pack and never here."),
    )


def series_words(rule: SeriesRule) -> str:
    """Return from which change on a series counts as bad news."""
    amount = f"{abs(rule.change) * 100:f}".rstrip("0").rstrip(".") + " %" if rule.is_share else f"{abs(rule.change):f}"
    told = (
        gettext("a rise of %(amount)s within %(months)s months")
        if rule.change > 0
        else gettext("a fall of %(amount)s within %(months)s months")
    )
    return told % {"amount": amount, "months": rule.months}


def series_name(kind: str) -> str:
    return str(SERIES_NAMES.get(kind, kind))


def causes_table(outcomes: Sequence[CauseOutcomes]) -> Table:
    names: Mapping[str, Any] = dict(HardshipRequest.Cause.choices)
    return Table(
        title=_("Causes and what became of them"),
        note=gettext(
            "Fell behind: a loan was more than %(days)s days past due after the warning. What is still open counts in"
            " none of the outcomes."
        )
        % {"days": FAR_BEHIND},
        columns=[
            Column(_("cause, in a borrower's words")),
            Column(_("early warnings"), is_number=True),
            Column(_("help was offered"), is_number=True),
            Column(_("over without falling behind"), is_number=True),
            Column(_("fell behind"), is_number=True),
            Column(_("requests for help"), is_number=True),
            Column(_("with a plan"), is_number=True),
        ],
        rows=[
            [
                names.get(each.cause) or _("not noted"),
                each.warnings,
                each.offered,
                each.cured,
                each.behind,
                each.requests,
                each.plans,
            ]
            for each in outcomes
        ],
        empty=_("No early warning was opened and nobody asked for help in this time."),
    )


def running_loans(borrower_id: int) -> list[Loan]:
    found = Loan.objects.filter(borrower=borrower_id, status=Loan.Status.ACTIVE)
    return list(found.select_related("product_terms__product", "balance", "overdue").order_by("pk"))


def days_table(days: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        title=_("By day"),
        columns=[
            Column(_("opened on")),
            Column(_("opened"), is_number=True),
            Column(_("to be looked at"), is_number=True),
            Column(_("help was offered"), is_number=True),
            Column(_("not now"), is_number=True),
        ],
        rows=[
            [date_format(day["opened_on"]), day["opened"], day["waiting"], day["offered"], day["put_off"]]
            for day in days
        ],
        empty=_("No early warning was opened in these days."),
    )
