"""
What the contact guard would decide, tried by supervisors: any pack, moment, case and history, and nothing is changed.

The history is that of a borrower, or typed: a line for each contact.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from collections_mgmt.domain.contact_question import MOST_DAYS
from dashu.messaging.guard import Condition, Reason
from dashu.messaging.models import ContactChannel, ContactParty, ContactPurposeChoice
from dashu.messaging.selectors import case_of, contacts_of
from dashu.policy.contact_guard import Attempt, Case, Contact, Decision, Outcome, decide
from dashu.policy.models import PolicyRule
from dashu.policy.rules import contact_rules
from dashu.policy.selectors import policy_rule
from dashu.users.models import Borrower
from dashu.web.staff_tables import Column, Figure, Table

OWN_NUMBER = "n1"
MOST_LINES = 200


class Operator(TextChoices):
    PERSON = "user", _("A person")
    MACHINE = "auto", _("A machine")


class SimulatorForm(forms.Form):
    """A question to the guard. With a borrower, history and holds are theirs, and what is typed comes on top."""

    pack = forms.ChoiceField(label=_("Pack"), widget=UnfoldAdminSelectWidget)
    on = forms.DateTimeField(
        label=_("Moment"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        help_text=_("In the time zone of the person."),
    )
    zone = forms.CharField(
        label=_("Time zone of the person"),
        max_length=60,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Such as Asia/Shanghai; left empty, that of the pack."),
    )
    channel = forms.ChoiceField(label=_("Way of contact"), choices=ContactChannel, widget=UnfoldAdminSelectWidget)
    party = forms.ChoiceField(label=_("Whom"), choices=ContactParty, widget=UnfoldAdminSelectWidget)
    purpose = forms.ChoiceField(
        label=_("Why they are contacted"), choices=ContactPurposeChoice, widget=UnfoldAdminSelectWidget
    )
    operator = forms.ChoiceField(label=_("Made by"), choices=Operator, widget=UnfoldAdminSelectWidget)
    dpd = forms.IntegerField(
        label=_("Days past due"),
        min_value=-MOST_DAYS,
        max_value=MOST_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("0 for nothing late."),
    )
    flags = forms.CharField(
        label=_("Marks on the case"),
        max_length=400,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Names of the rule contact.flags, parted by spaces: complaint, vulnerable, deceased, paid …"),
    )
    borrower = forms.CharField(
        label=_("History of a borrower"),
        max_length=32,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Their number; left empty, only what is typed below counts."),
    )
    history = forms.CharField(
        label=_("Typed history"),
        max_length=12_000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=_("A line for each contact: 2026-05-04 09:00 call borrower no_answer"),
    )

    def __init__(self, data: Any, *, now: datetime) -> None:
        initial = {
            "pack": "cn",
            "on": now.strftime("%Y-%m-%dT%H:%M"),
            "channel": ContactChannel.CALL,
            "dpd": 12,
        }
        super().__init__(data, initial=initial)
        codes = ("contact.hours", "contact.flags")
        packs = PolicyRule.objects.filter(code__in=codes).values_list("pack", flat=True).distinct().order_by("pack")
        self.fields["pack"].choices = [(pack, pack) for pack in packs]  # type: ignore[attr-defined]

    def clean_zone(self) -> ZoneInfo | None:
        name = self.cleaned_data["zone"].strip()
        try:
            return ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise forms.ValidationError(_("There is no such time zone. Write it as in Asia/Shanghai.")) from error

    def clean_on(self) -> datetime:
        """What is typed is the person's clock, whatever zone Django put to it."""
        return self.cleaned_data["on"].replace(tzinfo=None)

    def clean_borrower(self) -> Borrower | None:
        number = self.cleaned_data["borrower"].strip()
        found = Borrower.objects.filter(number=number).first() if number else None
        if number and found is None:
            raise forms.ValidationError(_("There is no borrower with this number."))
        return found

    def clean_history(self) -> list[tuple[datetime, str, str, str]]:
        lines = [line for line in self.cleaned_data["history"].splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(_("Type at most %(most)s lines.") % {"most": MOST_LINES})
        return [self._contact(number, line) for number, line in enumerate(lines, start=1)]

    def _contact(self, number: int, line: str) -> tuple[datetime, str, str, str]:
        try:
            day, clock, channel, party, outcome = line.split()
            at = datetime.fromisoformat(f"{day}T{clock}")
        except ValueError as error:
            raise forms.ValidationError(
                _("Line %(line)s cannot be read. Write it as 2026-05-04 09:00 call borrower no_answer.")
                % {"line": number}
            ) from error
        if at.tzinfo or outcome.upper() not in set(Outcome):
            raise forms.ValidationError(
                _("Line %(line)s has an outcome that is not known. Known are %(known)s.")
                % {"line": number, "known": ", ".join(name.lower() for name in Outcome)}
            )
        return at, channel.upper(), party.upper(), outcome.upper()


def simulate(asked: dict[str, Any]) -> tuple[Decision, ZoneInfo]:
    """
    Return the decision on what a valid form asks, and the zone in which it was made.

    :raises PolicyRuleMissing: the pack lacks a rule on that day.
    """
    borrower: Borrower | None = asked["borrower"]
    rules = contact_rules(asked["on"].date(), pack=asked["pack"])
    flags = frozenset(asked["flags"].lower().replace(",", " ").split())
    case, zone = Case(dpd=asked["dpd"], flags=flags), asked["zone"]
    address, history = OWN_NUMBER, []
    if borrower:
        at = asked["on"].replace(tzinfo=zone or rules.hours.zone)
        known, own_zone = case_of(borrower.pk, (), at)
        zone = zone or own_zone
        address = borrower.phone_index or OWN_NUMBER
        history = contacts_of(borrower.pk)
        case = replace(known, dpd=asked["dpd"], flags=flags | known.flags)
    zone = zone or rules.hours.zone
    now = asked["on"].replace(tzinfo=zone)
    history += [
        Contact(at.replace(tzinfo=zone), channel, party, address, outcome)
        for at, channel, party, outcome in asked["history"]
    ]
    attempt = Attempt(
        channel=asked["channel"],
        party=asked["party"],
        address=address,
        purpose=asked["purpose"],
        operator=asked["operator"],
    )
    past = [contact for contact in history if contact.at <= now]
    return decide(rules, attempt, case, past, now=now, zone=zone), zone


def figures_of(decision: Decision, zone: ZoneInfo) -> list[Figure]:
    """The answer, and when it would be another."""
    if decision.allows:
        words = [str(Condition(condition.value).label) for condition in decision.conditions]
        note = " · ".join(words) or gettext("Without conditions.")
        return [Figure(_("decision"), gettext("Allowed"), note, "good")]
    figures = [Figure(_("decision"), gettext("Contact refused"), _reasons(decision), "late")]
    if decision.next_allowed_at:
        moment = decision.next_allowed_at.astimezone(zone)
        figures.append(Figure(_("allowed again"), f"{moment:%Y-%m-%d %H:%M}", zone.key, "soon"))
    else:
        figures.append(Figure(_("allowed again"), "–", gettext("Waiting alone does not help.")))
    return figures


def reasons_table(decision: Decision, *, pack: str, on: datetime, zone: ZoneInfo) -> Table:
    """Every reason with the rule that gives it and where that rule is written."""
    return Table(
        title=_("Reasons"),
        columns=[
            Column(_("reason")),
            Column(_("about")),
            Column(_("rule")),
            Column(_("source")),
            Column(_("until")),
        ],
        rows=[
            [
                Reason(finding.reason.value).label,
                finding.about,
                finding.rule,
                _source(finding.rule, pack, on),
                f"{finding.until.astimezone(zone):%Y-%m-%d %H:%M}" if finding.until else "",
            ]
            for finding in decision.findings
        ],
        empty=_("No rule stands against it."),
    )


def _reasons(decision: Decision) -> str:
    return " · ".join(str(Reason(reason.value).label) for reason in decision.reasons)


def _source(code: str, pack: str, on: datetime) -> str:
    if not code:
        return gettext("No rule can allow it.")
    rule = policy_rule(code, on=on.date(), pack=pack)
    return f"{rule.source} ({rule.get_confidence_display()})"
