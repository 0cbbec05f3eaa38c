"""What staff fill in to reach somebody, and what they note of it."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminSingleTimeWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from collections_mgmt.services.file_rows import LONGEST_WORDS
from collections_mgmt.services.reach_from_file import Agreed
from dashu.messaging.models import ContactAttempt, ContactChannel, ContactParty, Representative
from dashu.web.forms import AmountForm
from loans.models import Guarantor

BY_HAND = [
    (channel.value, channel.label) for channel in (ContactChannel.CALL, ContactChannel.VISIT, ContactChannel.LETTER)
]
LONGEST_KEY = 40
_OTHERS = (ContactParty.WORKPLACE, ContactParty.THIRD_PARTY)


def new_key() -> str:
    return str(uuid4())


def _note() -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})
    return forms.CharField(
        label=_("Note"),
        required=False,
        max_length=LONGEST_WORDS,
        widget=widget,
        help_text=_("What was said and what others need to know. The borrower may ask to read it."),
    )


class KeyForm(forms.Form):
    """The form of one press: the same key is the same contact, however often it is sent."""

    key = forms.CharField(max_length=LONGEST_KEY, widget=forms.HiddenInput)


class ReachForm(KeyForm):
    """Whom to reach, and how. `cleaned_data` has `party` and `party_ref`."""

    channel = forms.ChoiceField(label=_("How"), choices=BY_HAND, initial="CALL", widget=UnfoldAdminRadioSelectWidget)
    who = forms.ChoiceField(label=_("Whom"), initial=ContactParty.BORROWER.value, widget=UnfoldAdminRadioSelectWidget)
    number = forms.CharField(
        label=_("Phone number"),
        required=False,
        max_length=32,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Only for a workplace or another person. The others' numbers are known."),
    )
    is_consented = forms.BooleanField(
        label=_("They asked for this call"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("It does not count towards how often they are called, and they read of it in their account."),
    )
    words = forms.CharField(
        label=_("How we know that they asked for it"),
        required=False,
        max_length=LONGEST_WORDS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    visitors = forms.IntegerField(
        label=_("How many come together"),
        required=False,
        min_value=1,
        max_value=9,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("For a visit: you and whoever comes with you."),
    )

    def __init__(
        self,
        *args: Any,
        guarantors: Iterable[Guarantor],
        representatives: Iterable[Representative] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        named = [(f"{ContactParty.REPRESENTATIVE}:{each.pk}", representative_named(each)) for each in representatives]
        named += [(f"{ContactParty.GUARANTOR}:{each.pk}", _guarantor(each)) for each in guarantors]
        others = [(party.value, party.label) for party in _OTHERS]
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)
        who.choices = [(ContactParty.BORROWER.value, ContactParty.BORROWER.label), *named, *others]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        party, _colon, ref = cleaned.get("who", "").partition(":")
        cleaned["party"], cleaned["party_ref"] = party, int(ref) if ref else None
        if cleaned.get("channel") == "CALL" and party in _OTHERS and not cleaned.get("number"):
            self.add_error("number", ValidationError(_("Write the number that is to be called.")))
        return cleaned


def _guarantor(guarantor: Guarantor) -> str:
    return gettext("Guarantor %(name)s") % {"name": guarantor.masked_name}


def representative_named(each: Representative) -> str:
    return f"{each.get_role_display()} · {each.name}"


class RepresentativeForm(forms.Form):
    """Who speaks for the borrower, and what shows it."""

    role = forms.ChoiceField(
        label=_("Who it is"), choices=Representative.Role, widget=UnfoldAdminRadioSelectWidget, initial="ATTORNEY"
    )
    name = forms.CharField(label=_("Name"), max_length=120, widget=UnfoldAdminTextInputWidget)
    phone = forms.CharField(label=_("Phone number"), max_length=32, widget=UnfoldAdminTextInputWidget)
    paper = forms.CharField(
        label=_("What shows it"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("The paper that you have seen, with its number and date, or the letter of the borrower."),
    )
    since = forms.DateField(label=_("Since"), widget=UnfoldAdminSingleDateWidget)


class EndForm(AmountForm):
    """How a contact ended; the outcome is the button that was pressed. A call costs nothing that staff could know."""

    outcome = forms.ChoiceField(choices=ContactAttempt.Outcome, widget=forms.HiddenInput)
    words = _note()

    def __init__(self, *args: Any, asks_cost: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].required = False
        self.fields["amount"].label = _("What it cost us")
        if not asks_cost:
            del self.fields["amount"]
        self.order_fields(["words", "amount"])

    def clean_amount(self) -> int:
        return super().clean_amount() if self.cleaned_data["amount"] else 0


class CalledUsForm(KeyForm):
    called_at = forms.SplitDateTimeField(label=_("When they called"), widget=UnfoldAdminSplitDateTimeWidget)
    party = forms.ChoiceField(
        label=_("Who called"),
        choices=[
            (party.value, party.label)
            for party in (
                ContactParty.BORROWER,
                ContactParty.GUARANTOR,
                ContactParty.REPRESENTATIVE,
                ContactParty.THIRD_PARTY,
            )
        ],
        initial=ContactParty.BORROWER.value,
        widget=UnfoldAdminRadioSelectWidget,
    )
    outcome = forms.ChoiceField(
        label=_("How it went"),
        choices=[
            (outcome.value, outcome.label)
            for outcome in (ContactAttempt.Outcome.RIGHT_PARTY, ContactAttempt.Outcome.REFUSED)
        ],
        initial=ContactAttempt.Outcome.RIGHT_PARTY.value,
        widget=UnfoldAdminRadioSelectWidget,
    )
    words = _note()

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("called_at", now)


class CallsAgainForm(forms.Form):
    words = forms.CharField(
        label=_("How we know"),
        max_length=LONGEST_WORDS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Such as: they wrote that we may call. It stays in the file, and the borrower may ask to read it."),
    )


def _switch(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanSwitchWidget)


def _last_day() -> forms.DateField:
    return forms.DateField(
        label=_("Until and with"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("Empty: until they take it back."),
    )


class AgreedForm(forms.Form):
    """`cleaned_data["agreed"]` is an `Agreed`: what is empty is taken back."""

    agreed_from = forms.TimeField(label=_("May be called from"), required=False, widget=UnfoldAdminSingleTimeWidget)
    agreed_to = forms.TimeField(label=_("May be called to"), required=False, widget=UnfoldAdminSingleTimeWidget)
    until = _last_day()
    home = _switch(_("May be visited at home"))
    home_until = _last_day()
    work = _switch(_("May be contacted at work"))
    work_until = _last_day()
    words = forms.CharField(
        label=_("How we know"),
        required=False,
        max_length=LONGEST_WORDS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Needed for what is new. The borrower reads in their account what was noted."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        hours: tuple[time | None, time | None] = cleaned.get("agreed_from"), cleaned.get("agreed_to")
        if any(hours) and not all(hours):
            raise ValidationError(_("Give both hours, or none to take back what was agreed."))
        cleaned["agreed"] = Agreed(
            hours=(hours[0], hours[1]) if hours[0] and hours[1] else None,
            until=cleaned.get("until"),
            home=cleaned.get("home", False),
            home_until=cleaned.get("home_until"),
            work=cleaned.get("work", False),
            work_until=cleaned.get("work_until"),
        )
        return cleaned
