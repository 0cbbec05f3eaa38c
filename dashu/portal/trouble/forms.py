"""What a borrower in trouble fills in: as little as possible, and every field says why it is asked."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.credit_grid import Cell
from collections_mgmt.models import Complaint, HardshipRequest
from collections_mgmt.services.asked import LONGEST
from dashu.kernel.errors import DomainError
from dashu.portal.forms import plain_amount
from dashu.portal.trouble.credit_words import month_name
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.domain.standing import Standing

AMOUNT = {"inputmode": "decimal", "autocomplete": "off"}


class PromiseForm(forms.Form):
    """How much by when. Which amounts and days can be promised is for the service to say."""

    amount = forms.CharField(label=_("How much will you pay?"), max_length=40, widget=forms.TextInput(attrs=AMOUNT))
    due_on = forms.DateField(label=_("By which day?"))

    def __init__(self, *args: Any, standing: Standing, currency: str, first: date, last: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency
        self.first, self.last = first, last
        due = standing.due_now
        self.fields["amount"].initial = f"{due // 100}.{due % 100:02d}"
        self.fields["due_on"].widget = forms.DateInput(
            attrs={"type": "date", "min": first.isoformat(), "max": last.isoformat()}, format="%Y-%m-%d"
        )

    def clean_amount(self) -> int:
        """Return minor units."""
        return minor_of(self.cleaned_data["amount"], self._currency)


class PlanForm(forms.Form):
    """In how many monthly payments what is due now is paid, and when the first one is."""

    count = forms.TypedChoiceField(
        label=_("In how many payments?"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose in how many payments.")},
    )
    first_on = forms.DateField(label=_("The first one by"))

    def __init__(
        self, *args: Any, choices: Mapping[int, int], currency: str, first: date, last: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["count"].choices = [  # type: ignore[attr-defined]
            (count, _("%(count)s payments of about %(amount)s") % {"count": count, "amount": money(minor, currency)})
            for count, minor in choices.items()
        ]
        self.fields["first_on"].initial = first
        self.fields["first_on"].widget = forms.DateInput(
            attrs={"type": "date", "min": first.isoformat(), "max": last.isoformat()}, format="%Y-%m-%d"
        )


class HelpForm(forms.Form):
    """What happened and on which loans. Everything else may stay empty."""

    cause = forms.ChoiceField(
        label=_("What happened?"),
        choices=HardshipRequest.Cause.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what comes closest. It helps us to look for the right plan.")},
    )
    loans = forms.TypedMultipleChoiceField(
        label=_("For which loans?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one of your loans.")},
    )
    lasts = forms.ChoiceField(
        label=_("How long may it last?"),
        choices=HardshipRequest.Lasts.choices,
        initial=HardshipRequest.Lasts.UNKNOWN,
        required=False,
    )
    can_pay = forms.CharField(
        label=_("What can you pay a month now, for these loans together?"),
        help_text=_("If you know it. 0 is an answer, too."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs=AMOUNT),
    )
    words = forms.CharField(
        label=_("Anything else we should know?"),
        help_text=_("If you like. No papers are needed now."),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, loans: Sequence[Loan], standings: Mapping[int, Standing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._loans = {loan.number: loan for loan in loans}
        late = [loan.number for loan in loans if (held := standings.get(loan.pk)) and held.overdue]
        field: Any = self.fields["loans"]
        field.coerce = self._loans.__getitem__
        field.choices = [(loan.number, f"{loan.product_terms.product.label} · {loan.number}") for loan in loans]
        field.initial = late or [loan.number for loan in loans]
        self._currency = loans[0].currency

    def clean_lasts(self) -> str:
        return self.cleaned_data["lasts"] or HardshipRequest.Lasts.UNKNOWN

    def clean_can_pay(self) -> int | None:
        """Return minor units, or None where nothing is said."""
        typed = self.cleaned_data["can_pay"].strip()
        return minor_of(typed, self._currency) if typed else None


class WordsForm(forms.Form):
    """Something written to us; the key makes sending it twice the same as sending it once."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    words = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write what you want to tell us.")},
    )


class ComplaintForm(WordsForm):
    about = forms.ChoiceField(
        label=_("What is it about?"),
        choices=Complaint.About.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what comes closest.")},
    )
    loan = forms.TypedChoiceField(
        label=_("Which loan?"),
        help_text=_("While a complaint about a loan is open, we do not remind you of that loan."),
        required=False,
        empty_value=None,
    )
    wish = forms.CharField(
        label=_("What would put it right?"),
        help_text=_("If you like."),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = ("about", "loan", "words", "wish")

    def __init__(self, *args: Any, loans: Sequence[Loan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_number = {loan.number: loan for loan in loans}
        self.fields["words"].label = _("What happened?")
        self.fields["words"].help_text = _("When, who, what was said: as far as you remember.")
        field: Any = self.fields["loan"]
        field.coerce = by_number.__getitem__
        field.choices = [
            ("", _("None in particular")),
            *((loan.number, f"{loan.product_terms.product.label} · {loan.number}") for loan in loans),
        ]


class DisputeForm(forms.Form):
    month = forms.TypedChoiceField(label=_("Which month?"), coerce=date.fromisoformat, required=False, empty_value=None)
    words = forms.CharField(
        label=_("What is wrong?"),
        help_text=_("For example: I paid on that day. A copy of a receipt can follow when we ask for it."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write what is wrong with the record.")},
    )

    def __init__(self, *args: Any, cells: Sequence[Cell], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["month"]
        field.choices = [
            ("", _("The whole loan")),
            *((cell.month.isoformat(), f"{month_name(cell.month)} · {cell.code}") for cell in cells),
        ]


class StatementOfOwnForm(forms.Form):
    statement = forms.CharField(
        label=_("Your statement"),
        help_text=_("In your own words. It is kept beside the record and told with it."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, longest: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["statement"]
        field.max_length = longest
        field.widget.attrs["maxlength"] = str(longest)
        field.validators.append(MaxLengthValidator(longest))


def minor_of(typed: str, currency: str) -> int:
    try:
        return plain_amount(typed, currency)
    except DomainError as error:
        raise forms.ValidationError(error.user_message) from error
