"""What visitors and participants of workshops fill in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from education.services.workshops.give_feedback import LONGEST_WORDS, PARTS
from education.services.workshops.sign_up import LONGEST_NAME

_FIVE = [(5, _("Very")), (4, _("Mostly")), (3, _("So-so")), (2, _("Little")), (1, _("Not at all"))]
_ASKS: dict[str, Any] = {
    "useful": _("Was it useful to you?"),
    "clear": _("Was it easy to follow?"),
    "place": _("Did the place, or the online room, suit you?"),
}


class VisitorForm(forms.Form):
    """Who signs up without an account."""

    name = forms.CharField(
        label=_("Your name"),
        help_text=_("As you want to be greeted at the entrance."),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact = forms.CharField(
        label=_("Mobile phone or e-mail"),
        help_text=_("We send a code there, and later the reminder. Nothing else."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )
    agree = forms.BooleanField(label=_("I agree to this"), required=False)


class WorkshopCodeForm(forms.Form):
    code = forms.CharField(
        label=_("The code we sent you"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class OnSiteForm(forms.Form):
    """At the poster: what somebody has at hand."""

    code = forms.CharField(
        label=_("Your code, or the phone or e-mail you signed up with"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class FeedbackForm(forms.Form):
    """Three questions with five answers, and words for who wants to write."""

    words = forms.CharField(
        label=_("What should we do differently?"),
        help_text=_("As you like; nobody learns that it was you. Leave out names and numbers."),
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in PARTS:
            self.fields[part] = forms.TypedChoiceField(
                label=_ASKS[part], choices=_FIVE, coerce=int, widget=forms.RadioSelect
            )
        self.order_fields([*PARTS, "words"])

    @property
    def parts(self) -> list[Any]:
        return [self[part] for part in PARTS]
