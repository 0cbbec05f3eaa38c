"""What staff fill in for files of credit bureaus. What is refused is for the services to say."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget
from unfold.widgets import UnfoldAdminSingleDateWidget as DateWidget


class NoFields(forms.Form):
    """Asks only whether."""


class DiscardForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class AnswerForm(forms.Form):
    file = forms.FileField(
        label=_("Answer of the bureau"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("A text file, as docs/credit-reporting.md describes it."),
    )


class ConsentForm(forms.Form):
    loan = forms.CharField(label=_("Loan number"), max_length=60, widget=UnfoldAdminTextInputWidget)
    reference = forms.CharField(label=_("Reference of the paper"), max_length=60, widget=UnfoldAdminTextInputWidget)
    given_on = forms.DateField(label=_("Given on"), widget=DateWidget)
