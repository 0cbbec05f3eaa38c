"""Forms of the cash desk and of payments taken back."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from dashu.kernel.errors import DomainError
from dashu.kernel.money import parse_minor
from loans.models import Loan


class ChargeBackForm(forms.Form):
    """That the payer's bank took a payment back, and why."""

    charged_back_on = forms.DateField(label=_("Taken back on"), widget=UnfoldAdminSingleDateWidget)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("What the bank or the provider says: the reason code, the number of the dispute."),
    )


class WinChargebackForm(forms.Form):
    """That the money of a chargeback came back."""

    won_on = forms.DateField(label=_("Came back on"), widget=UnfoldAdminSingleDateWidget)
    won_reference = forms.RegexField(
        r"^[A-Za-z0-9._:/-]+\Z",
        label=_("Reference"),
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Of the money that came back, as the statement names it."),
    )


class CashForm(forms.Form):
    """
    Cash over the counter for a loan, and for other loans of its borrower.

    After `is_valid`, `amount_minor` is all of it and `other_parts` what is for the other loans.
    """

    amount = forms.CharField(label=_("Amount in all"), max_length=40, widget=UnfoldAdminTextInputWidget)
    received_on = forms.DateField(label=_("Received on"), widget=UnfoldAdminSingleDateWidget)
    receipt_number = forms.RegexField(
        r"^[A-Za-z0-9._/-]+\Z",
        label=_("Receipt number"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Of the paper receipt. Entered twice, it is booked once."),
    )
    accepts_credit = forms.BooleanField(
        label=_("The payer knows that what is beyond everything owed is kept as a credit"),
        required=False,
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, *args: Any, loan: Loan, others: Sequence[Loan] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loan = loan
        self.others = {f"part_{other.pk}": other for other in others}
        self.amount_minor = 0
        self.other_parts: list[tuple[int, int]] = []
        for name, other in self.others.items():
            self.fields[name] = forms.CharField(
                label=_("Of it for loan %(number)s") % {"number": other.number},
                required=False,
                max_length=40,
                widget=UnfoldAdminTextInputWidget,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.amount_minor = self._minor(cleaned, "amount")
        self.other_parts = [
            (other.pk, minor) for name, other in self.others.items() if (minor := self._minor(cleaned, name))
        ]
        if not self.errors and sum(minor for _pk, minor in self.other_parts) >= self.amount_minor:
            raise ValidationError(
                {"amount": _("The parts for other loans leave nothing for this one. Correct one of them.")}
            )
        return cleaned

    def _minor(self, cleaned: dict[str, Any], name: str) -> int:
        """Return the amount of a field, 0 where it is empty or wrong; what is wrong is noted at the field."""
        if not cleaned.get(name):
            return 0
        try:
            return parse_minor(cleaned[name].replace(",", ""), self.loan.currency, field=name)
        except DomainError as error:
            self.add_error(name, error.user_message)
            return 0
