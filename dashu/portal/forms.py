import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.kernel.money import parse_minor
from dashu.messaging.models import ContactPreference, OutboxMessage, Purpose
from dashu.policy.contact_hours import ContactHours
from dashu.portal.presenting import LoanCard
from dashu.users.models import Borrower
from dashu.web.templatetags.dashu import money
from repayments.domain.autopay import Timing
from repayments.domain.standing import Standing
from repayments.gateways.base import Account

Channel = OutboxMessage.Channel
MOST_AHEAD = 6


@dataclass(frozen=True, slots=True)
class Ahead:
    """Paying some installments before they are due, together with what is asked for now."""

    count: int
    amount_minor: int
    through: date


def ways_ahead(standing: Standing) -> list[Ahead]:
    """Return how far one may pay in advance, the nearest first."""
    asked, ways = standing.to_pay_next, []
    later = [row for row in standing.rows if row.unpaid and row.due_on > (standing.next_due_on or date.min)]
    if standing.due_now and not standing.due_today:
        later = [row for row in standing.rows if row.unpaid and row.due_on == standing.next_due_on] + later
    for count, row in enumerate(later[:MOST_AHEAD], start=1):
        asked += row.unpaid
        ways.append(Ahead(count, min(asked, standing.left_to_pay), row.due_on))
    return ways


class PayForm(forms.Form):
    """
    How much to pay: what is asked for, some installments more, or another amount.

    An amount is read the way people type it: with a sign, with commas, in full-width digits. After `is_valid`,
    `amount_minor` holds the choice.
    """

    class Choice:
        ASKED = "asked"
        AHEAD = "ahead"
        OTHER = "other"

    choice = forms.ChoiceField(
        choices=[
            (Choice.ASKED, _("What is due")),
            (Choice.AHEAD, _("In advance")),
            (Choice.OTHER, _("Another amount")),
        ],
        label=_("How much do you want to pay?"),
        initial=Choice.ASKED,
    )
    ahead = forms.TypedChoiceField(label=_("Installments in advance"), required=False, coerce=int, empty_value=None)
    amount = forms.CharField(
        label=_("Amount"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, data: Any, *, standing: Standing, currency: str, suggested: str = "") -> None:
        """:param suggested: an amount to begin with, as it would be typed; it is read when the form is sent."""
        super().__init__(data, initial={"choice": self.Choice.OTHER, "amount": suggested[:40]} if suggested else None)
        self.standing = standing
        self.currency = currency
        self.amount_minor = 0
        self.ways = {way.count: way for way in ways_ahead(standing)}
        ahead: Any = self.fields["ahead"]
        ahead.choices = [(way.count, way.count) for way in self.ways.values()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("choice") == self.Choice.ASKED:
            if cleaned.get("amount"):
                raise ValidationError({"amount": _("To pay this amount, choose it. Otherwise leave it empty.")})
            self.amount_minor = self.standing.to_pay_next
        elif cleaned.get("choice") == self.Choice.AHEAD and "ahead" in cleaned:
            if not cleaned["ahead"]:
                raise ValidationError({"ahead": _("Choose how many installments you want to pay in advance.")})
            self.amount_minor = self.ways[cleaned["ahead"]].amount_minor
        elif cleaned.get("choice") == self.Choice.OTHER and "amount" in cleaned:
            try:
                self.amount_minor = typed_amount(cleaned["amount"], self.standing, self.currency)
            except ValidationError as error:
                raise ValidationError({"amount": error}) from error
        return cleaned


class PayTogetherForm(forms.Form):
    """
    How much to pay on each of several loans; an empty field pays nothing there.

    After `is_valid`, `parts` holds the cards with their minor units, in the order of the page.
    """

    def __init__(self, *args: Any, cards: Sequence[LoanCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cards = cards
        self.parts: list[tuple[LoanCard, int]] = []
        for card in cards:
            assert card.standing is not None
            due = card.standing.due_now
            self.fields[self.name_of(card)] = forms.CharField(
                label=f"{card.product} {card.number}",
                required=False,
                max_length=40,
                initial=f"{due // 100}.{due % 100:02d}" if due else "",
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )

    @staticmethod
    def name_of(card: LoanCard) -> str:
        return f"loan-{card.number}"

    @property
    def lines(self) -> list[tuple[LoanCard, forms.BoundField]]:
        return [(card, self[self.name_of(card)]) for card in self.cards]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        parts = []
        for card in self.cards:
            typed = cleaned.get(self.name_of(card), "")
            if not typed:
                continue
            try:
                assert card.standing is not None
                parts.append((card, typed_amount(typed, card.standing, card.currency)))
            except ValidationError as error:
                self.add_error(self.name_of(card), error)
        if not self.errors and not parts:
            raise ValidationError(_("Enter what you want to pay for at least one loan."))
        self.parts = parts
        return cleaned


class AutopayDayForm(forms.Form):
    """On which day to collect. After `is_valid`, `timing` and `number` hold the choice."""

    timing = forms.ChoiceField(
        label=_("On which day?"),
        choices=[
            (Timing.DUE_DATE.value, _("On the due date")),
            (Timing.DAYS_BEFORE.value, _("Some days before the due date")),
            (Timing.MONTH_DAY.value, _("On a day of the month")),
        ],
        initial=Timing.DUE_DATE.value,
    )
    days_before = forms.TypedChoiceField(
        label=_("Days before"), coerce=int, choices=[(day, day) for day in range(1, 16)], initial=3, required=False
    )
    month_day = forms.TypedChoiceField(
        label=_("Day of the month"), coerce=int, choices=[(day, day) for day in range(1, 29)], initial=1, required=False
    )

    @property
    def number(self) -> int | None:
        field = {Timing.DAYS_BEFORE.value: "days_before", Timing.MONTH_DAY.value: "month_day"}
        chosen = field.get(self.cleaned_data["timing"])
        return self.cleaned_data[chosen] or None if chosen else None


class AutopayForm(AutopayDayForm):
    """The day, the account, and the consent."""

    account = forms.ChoiceField(label=_("From which account?"), widget=forms.RadioSelect)
    agree = forms.BooleanField(
        label=_("I agree to this"),
        error_messages={"required": _("Autopay needs your consent. Without it, nothing is collected.")},
    )

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = {account.token: account for account in accounts}
        account: Any = self.fields["account"]
        account.choices = [(account.token, account.label) for account in accounts]
        account.initial = accounts[0].token

    @property
    def chosen_account(self) -> Account:
        return self.accounts[self.cleaned_data["account"]]


def typed_amount(typed: str, standing: Standing, currency: str) -> int:
    """
    Read an amount as a person types it.

    :raises ValidationError: it is no amount, or more than is left to pay.
    """
    if not typed.strip():
        raise ValidationError(_("Enter the amount you want to pay."))
    try:
        minor = plain_amount(typed, currency)
    except DomainError as error:
        raise ValidationError(error.user_message) from error
    if minor > standing.left_to_pay:
        raise ValidationError(
            _("This is more than is left to pay. Enter at most %(bound)s.")
            % {"bound": money(standing.left_to_pay, currency)}
        )
    return minor


class PayoffForm(forms.Form):
    """To which day the amount that ends a loan is to hold. How far ahead is for the service to say."""

    valid_to = forms.DateField(
        label=_("Hold the amount until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class PastDayForm(forms.Form):
    """A day of the loan's life. How early and late it may be is for the one who answers to say."""

    on = forms.DateField(
        label=_("At the end of the day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class StatementForm(forms.Form):
    """The period of a statement of account, both days included."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class WishesForm(forms.Form):
    """
    On which channel and between which hours a borrower likes to be reached, and which messages they want outside their
    account.

    After `is_valid`, `wanted` holds channel and purpose of the messages that were ticked, `hours` the pair or None.
    """

    channel = forms.ChoiceField(required=False, label=_("Where may we write to you first?"), widget=forms.RadioSelect)
    hours_from = forms.ChoiceField(required=False, label=_("Not before"))
    hours_to = forms.ChoiceField(required=False, label=_("Not after"))
    notices = forms.BooleanField(required=False, label=_("An e-mail when a message in my account stays unread"))
    lessons = forms.BooleanField(
        required=False, label=_("Short lessons pointed out when they fit, here or by a message")
    )

    def __init__(
        self,
        data: Any = None,
        *,
        borrower: Borrower,
        stopped: Collection[tuple[str, str]],
        preference: ContactPreference | None,
        allowed: ContactHours,
        wants_lessons: bool,
    ) -> None:
        super().__init__(data)
        known = {Channel.EMAIL: borrower.email, Channel.SMS: borrower.phone}
        choice: Any = self.fields["channel"]
        choice.choices = [
            ("", _("Where it arrives best")),
            *((channel.value, f"{channel.label} · {address}") for channel, address in known.items() if address),
            (Channel.IN_APP.value, _("Only in my account")),
        ]
        choice.initial = preference.channel if preference else ""
        self.fields["lessons"].initial = wants_lessons
        self.fields["notices"].initial = preference.wants_notices if preference else True
        times = [f"{hour:02d}:00" for hour in range(24) if allowed.opens <= time(hour) <= allowed.closes]
        for name, offered in (("hours_from", times[:-1]), ("hours_to", times[1:])):
            liked = getattr(preference, name, None)
            hour: Any = self.fields[name]
            hour.choices = [("", _("No wish")), *((each, each) for each in offered)]
            hour.initial = f"{liked:%H:%M}" if liked else ""
        for (purpose, channel), label in WISHES.items():
            name = f"{purpose.value}_{channel.value}".lower()
            self.fields[name] = forms.BooleanField(
                required=False, label=label, initial=(channel.value, purpose.value) not in stopped
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        opens, closes = cleaned.get("hours_from"), cleaned.get("hours_to")
        if bool(opens) != bool(closes):
            missing = "hours_to" if opens else "hours_from"
            if missing not in self.errors:
                self.add_error(missing, _("Choose both, or “No wish” in both."))
        return cleaned

    @property
    def hours(self) -> tuple[time, time] | None:
        chosen = self.cleaned_data["hours_from"], self.cleaned_data["hours_to"]
        return (time.fromisoformat(chosen[0]), time.fromisoformat(chosen[1])) if all(chosen) else None

    @property
    def wanted(self) -> set[tuple[str, str]]:
        return {
            (channel.value, purpose.value)
            for purpose, channel in WISHES
            if self.cleaned_data[f"{purpose.value}_{channel.value}".lower()]
        }

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self[f"{purpose.value}_{channel.value}".lower()] for purpose, channel in WISHES]


WISHES = {
    (Purpose.REMINDER, Channel.EMAIL): _("Reminders of due dates by e-mail"),
    (Purpose.REMINDER, Channel.SMS): _("Reminders of due dates by text message"),
    (Purpose.MARKETING, Channel.EMAIL): _("Offers by e-mail"),
    (Purpose.MARKETING, Channel.SMS): _("Offers by text message"),
    (Purpose.LEARNING, Channel.EMAIL): _("Short lessons at the right moment, by e-mail"),
    (Purpose.LEARNING, Channel.SMS): _("Short lessons at the right moment, by text message"),
}


def plain_amount(typed: str, currency: str) -> int:
    """
    Read an amount the way people type it: with a sign, with commas, in full-width digits. Returns minor units.

    :raises InvalidAmount: it is no amount.
    """
    plain = unicodedata.normalize("NFKC", typed).replace("¥", "").replace(",", "").replace(" ", "")
    return parse_minor(plain, currency)
