"""
Forms for the acts of staff, made from the table of acts.

A form only asks; what the values mean is read by the fields of the act, for a form and a file alike.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from dashu.web.templatetags.dashu import money
from dashu.web.writing import named
from loans.models import Loan
from repayments.models import Payment
from repayments.services.act_fields import Field, Kind, read_fields
from repayments.services.acts import Act
from repayments.services.charge_fee import chargeable_lines

OFFERED_PAYMENTS = 200


class ActForm(forms.Form):
    """
    Asks for the values of one act on one loan. After `is_valid`, `payload` holds them as plain text.

    :param loan: whose payments are offered, and whose currency amounts are in.
    """

    def __init__(self, *args: Any, act: Act, loan: Loan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.act, self.loan = act, loan
        for field in act.fields:
            self.fields[field.name] = _form_field(field, loan)

    @property
    def payload(self) -> dict[str, str]:
        return {name: _plain(value) for name, value in self.cleaned_data.items()}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        asked = tuple(field for field in self.act.fields if field.name not in self.errors)
        _values, refusals = read_fields(asked, {name: _plain(value) for name, value in cleaned.items()}, self.loan)
        for error in refusals:
            self.add_error(error.field, error.user_message)
        return cleaned


class CorrectionFileForm(forms.Form):
    """A file of corrections; its lines are read by the service."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(label=_("File"), widget=UnfoldAdminFileFieldWidget)


class BookBatchForm(forms.Form):
    """All lines or none, or those that fit: the choice is stated, never assumed."""

    ALL, GOOD = "all", "good"

    choice = forms.ChoiceField(
        label=_("Book"),
        choices=[
            (ALL, _("All lines, or none of them")),
            (GOOD, _("Only the lines that fit, loan by loan")),
        ],
        widget=UnfoldAdminRadioSelectWidget,
        initial=ALL,
    )


class UndoBatchForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}))


def _plain(value: Any) -> str:
    """Return a form's value as the plain text that an act reads."""
    if value is None or value is False:
        return ""
    return "yes" if value is True else str(value)


def _form_field(field: Field, loan: Loan) -> forms.Field:
    about: dict[str, Any] = {"label": field.label, "required": field.is_required, "help_text": field.help}
    match field.kind:
        case Kind.DAY:
            return forms.DateField(widget=UnfoldAdminSingleDateWidget, **about)
        case Kind.WHOLE if field.name == "event":
            return forms.CharField(widget=forms.HiddenInput, max_length=19)
        case Kind.WHOLE:
            return forms.IntegerField(
                min_value=field.low, max_value=field.high, widget=UnfoldAdminIntegerFieldWidget, **about
            )
        case Kind.CHOICE:
            choices = list(field.choices) if field.is_required else [("", _("As in the contract")), *field.choices]
            return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **about)
        case Kind.FEE:
            return forms.ChoiceField(choices=_fees(loan), widget=UnfoldAdminSelectWidget, **about)
        case Kind.YES:
            return forms.BooleanField(widget=UnfoldBooleanWidget, **{**about, "required": False})
        case Kind.PAYMENT:
            # Which payments fit is for the act to say; the newest are offered.
            return forms.CharField(max_length=80, widget=UnfoldAdminSelectWidget(choices=_payments(loan)), **about)
        case Kind.TEXT if field.name == "reason":
            widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})
            return forms.CharField(max_length=field.longest, widget=widget, **about)
        case Kind.TEXT:
            return forms.CharField(max_length=field.longest, widget=UnfoldAdminTextInputWidget, **about)
        case _:
            widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
            return forms.CharField(max_length=60, widget=widget, **about)


def _fees(loan: Loan) -> Sequence[tuple[str, str]]:
    """Return the disclosed fees, as "Notary fee · at most ¥500.00"."""
    return [
        (
            line.code,
            gettext("%(fee)s · at most %(amount)s")
            % {"fee": named(line.name), "amount": money(line.of(loan.principal_minor), loan.currency)},
        )
        for line in chargeable_lines(loan)
    ]


def _payments(loan: Loan) -> Sequence[tuple[str, str]]:
    """Return the newest payments that count, as "REF · 15 March · ¥500.00"."""
    found = Payment.objects.filter(loan=loan, is_returned=False).order_by("-received_on", "-pk")[:OFFERED_PAYMENTS]
    return [
        (
            payment.reference,
            f"{payment.reference} · {date_format(payment.received_on)} · {money(payment.amount_minor, loan.currency)}",
        )
        for payment in found
    ]
