from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from repayments.bank_words import name_in_language
from repayments.domain.bank_files.layouts import layouts
from repayments.models import BankAccount


class ReturnPaymentForm(forms.Form):
    """Why a payment did not hold. Whether the day fits the loan is for the service to say."""

    returned_on = forms.DateField(label=_("Returned on"), widget=UnfoldAdminSingleDateWidget)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("For example: direct debit bounced, chargeback, booked to the wrong loan."),
    )


class BankFileForm(forms.Form):
    """Which file, and where the file cannot say it, of which account and in which bank's form."""

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "CSV, camt.053 or MT940; UTF-8 or GB18030; at most 20 MB. Nothing is booked before you have seen it."
        ),
    )
    account = forms.ModelChoiceField(
        label=_("Account"),
        queryset=BankAccount.objects.none(),
        required=False,
        empty_label=_("as the file says"),
        widget=UnfoldAdminSelectWidget,
    )
    layout = forms.ChoiceField(label=_("Layout of a CSV"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["account"]).queryset = BankAccount.objects.filter(is_active=True)
        named = [(name, name_in_language(layout.title)) for name, layout in layouts().items()]
        cast(forms.ChoiceField, self.fields["layout"]).choices = [("", _("by its columns")), *named]


class ReasonForm(forms.Form):
    """Why something is explained or undone; it stays on record."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), strip=True
    )
