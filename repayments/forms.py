from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSingleDateWidget, UnfoldAdminTextareaWidget


class ReturnPaymentForm(forms.Form):
    """Why a payment did not hold. Whether the day fits the loan is for the service to say."""

    returned_on = forms.DateField(label=_("Returned on"), widget=UnfoldAdminSingleDateWidget)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("For example: direct debit bounced, chargeback, booked to the wrong loan."),
    )
