import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.kernel.money import parse_minor
from dashu.web.templatetags.dashu import money
from repayments.domain.standing import Standing


class PayForm(forms.Form):
    """
    How much to pay: what is asked for, or another amount.

    An amount is read the way people type it: with a sign, with commas, in full-width digits. After `is_valid`,
    `amount_minor` holds the choice.
    """

    class Choice:
        ASKED = "asked"
        OTHER = "other"

    choice = forms.ChoiceField(
        choices=[(Choice.ASKED, _("What is due")), (Choice.OTHER, _("Another amount"))], initial=Choice.ASKED
    )
    amount = forms.CharField(
        label=_("Amount"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, standing: Standing, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.standing = standing
        self.currency = currency
        self.amount_minor = 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("choice") == self.Choice.ASKED:
            if cleaned.get("amount"):
                raise ValidationError({"amount": _("To pay this amount, choose it. Otherwise leave it empty.")})
            self.amount_minor = self.standing.to_pay_next
        elif cleaned.get("choice") == self.Choice.OTHER and "amount" in cleaned:
            self.amount_minor = self._typed(cleaned["amount"])
        return cleaned

    def _typed(self, typed: str) -> int:
        plain = unicodedata.normalize("NFKC", typed).replace("¥", "").replace(",", "").replace(" ", "")
        if not plain:
            raise ValidationError({"amount": _("Enter the amount you want to pay.")})
        try:
            minor = parse_minor(plain, self.currency)
        except DomainError as error:
            raise ValidationError({"amount": error.user_message}) from error
        if minor > self.standing.left_to_pay:
            raise ValidationError(
                {
                    "amount": _("This is more than is left to pay. Enter at most %(bound)s.")
                    % {"bound": money(self.standing.left_to_pay, self.currency)}
                }
            )
        return minor


class PayoffForm(forms.Form):
    """To which day the amount that ends a loan is to hold. How far ahead is for the service to say."""

    valid_to = forms.DateField(
        label=_("Hold the amount until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class StatementForm(forms.Form):
    """The period of a statement of account, both days included."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
