from typing import Any, cast
from uuid import uuid4

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from dashu.kernel.money import format_minor
from dashu.web.forms import AmountForm
from repayments.bank_words import name_in_language
from repayments.domain.bank_files.layouts import layouts
from repayments.models import BankAccount
from repayments.services.ask_refund import BACK_TO_SOURCE


class RefundCreditForm(AmountForm):
    """
    How much of a borrower's credit goes back, where to and why. What can go back is for the service to say.

    `key` makes one form one request, however often it is sent.
    """

    ACCOUNT = "account"

    to = forms.ChoiceField(
        label=_("Where to"),
        choices=[(BACK_TO_SOURCE, _("Back to where it came from")), (ACCOUNT, _("Another account of the borrower"))],
        widget=UnfoldAdminRadioSelectWidget,
    )
    account_end = forms.RegexField(
        r"^[0-9]{4}$",
        label=_("Last four digits of the account"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Only for another account. The whole number is never kept here."),
        error_messages={"invalid": _("Write the last four digits only.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("The person who approves it reads this."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, currency: str, free_minor: int, **kwargs: Any) -> None:
        kwargs["initial"] = {"amount": format_minor(free_minor, currency), "to": BACK_TO_SOURCE, "key": uuid4()}
        super().__init__(*args, currency=currency, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Put the place the money goes to into `to`."""
        given = super().clean() or {}
        if given.get("to") == self.ACCOUNT and "account_end" in given:
            if given["account_end"]:
                given["to"] = given["account_end"]
            else:
                self.add_error("account_end", _("Write the last four digits only."))
        return given


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


class QuotePayoffForm(forms.Form):
    """To which day a payoff quote is to hold. How far ahead is for the service to say."""

    valid_to = forms.DateField(label=_("Valid to"), widget=UnfoldAdminSingleDateWidget)


class IssueCertificateForm(forms.Form):
    """In which language a certificate is issued."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget)


class IssueStatementForm(IssueCertificateForm):
    """The period of a statement, both days included, and its language."""

    first = forms.DateField(label=_("From"), widget=UnfoldAdminSingleDateWidget)
    last = forms.DateField(label=_("To"), widget=UnfoldAdminSingleDateWidget)
    field_order = ["first", "last", "language"]
