"""What staff fill in at a case. What the values mean and which are refused is for the services to say."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.models import Dispute, HardshipRequest, Hold
from dashu.kernel.dates import DateOutOfRange, add_months
from dashu.kernel.money import Money
from dashu.web.forms import AmountForm


class PromiseForm(AmountForm):
    due_on = forms.DateField(label=_("Promised for"), widget=UnfoldAdminSingleDateWidget)
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


class PlanForm(AmountForm):
    """Equal monthly payments, the first ones larger by what does not divide evenly."""

    count = forms.IntegerField(
        label=_("Number of payments"), min_value=1, max_value=36, initial=1, widget=UnfoldAdminIntegerFieldWidget
    )
    first_on = forms.DateField(label=_("First payment by"), widget=UnfoldAdminSingleDateWidget)
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            try:
                self.parts()
            except DateOutOfRange as refusal:
                self.add_error("first_on", refusal.user_message)
        return given

    def parts(self) -> list[Due]:
        """Return the payments of a valid form, monthly from the first day on."""
        given = self.cleaned_data
        amounts = Money(given["amount"], self._currency).split(given["count"])
        days = [add_months(given["first_on"], number, day=given["first_on"].day) for number in range(given["count"])]
        return [Due(on, amount.minor) for on, amount in zip(days, amounts, strict=True)]


class SettlementForm(PlanForm):
    """What is to be paid instead of all that is owed, and why. `seen` says which of it was looked at."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Whoever approves it reads this. No diagnosis and nothing about the family."),
    )
    is_asked_for = forms.BooleanField(
        label=_("The borrower asked for it themselves"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Say in the reason how you know. The borrower reads with the offer that they asked for it."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["note"]
        self.fields["amount"].label = _("To be paid in all")

    def fingerprint(self) -> str:
        """Return what stands for the payments that were looked at."""
        return ",".join(f"{part.on}:{part.minor}" for part in self.parts())


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class CareForm(forms.Form):
    """A code and two ticks; there is no field for words, so that no story is written down."""

    category = forms.ChoiceField(label=_("Category"), widget=UnfoldAdminSelectWidget)
    is_specialist = forms.BooleanField(
        label=_("A specialist takes over"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    has_consented = forms.BooleanField(
        label=_("The borrower agreed today to this being kept"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Needed for health. Without it, choose another category."),
    )

    def __init__(self, *args: Any, categories: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["category"]
        field.choices = [("", "–"), *categories.items()]


class HoldForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=Hold.Kind, widget=UnfoldAdminSelectWidget)
    starts_on = forms.DateField(label=_("First day"), widget=UnfoldAdminSingleDateWidget)
    ends_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("Empty for a hold that lasts until somebody ends it."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class HoldChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Hold) -> str:
        return f"{obj.get_kind_display()} · {obj.starts_on}"


class EndHoldForm(forms.Form):
    """Which of the running holds ends."""

    hold = HoldChoice(Hold.objects.none(), label=_("Hold"), widget=UnfoldAdminSelectWidget)
    ended_on = forms.DateField(label=_("Last day"), widget=UnfoldAdminSingleDateWidget)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))

    def __init__(self, *args: Any, loan_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["hold"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Hold.objects.filter(loan_id=loan_id, ended_on=None)


class AnswerForm(forms.Form):
    """Words to the borrower, exactly as they read them."""

    words = forms.CharField(
        label=_("To the borrower"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        help_text=_("The borrower reads exactly this. First the decision, then why, then what they can do next."),
    )


class HelpAnswerForm(AnswerForm):
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[
            (HardshipRequest.Outcome.PLAN.value, _("A plan will be offered")),
            (HardshipRequest.Outcome.NOT_POSSIBLE.value, _("A plan is not possible; the words say why and what else")),
        ],
        widget=UnfoldAdminRadioSelectWidget,
    )
    field_order = ("outcome", "words")


class DisputeAnswerForm(AnswerForm):
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[
            (Dispute.Outcome.CORRECTED.value, _("Corrected; the words name the act on the loan that did it")),
            (Dispute.Outcome.STANDS.value, _("The record stands; the words say why")),
        ],
        widget=UnfoldAdminRadioSelectWidget,
    )
    field_order = ("outcome", "words")


class CloseComplaintForm(forms.Form):
    root_cause = forms.ChoiceField(
        label=_("Root cause"),
        widget=UnfoldAdminSelectWidget,
        help_text=_("What it came from in the end. The borrower is not told; we learn from it."),
    )

    def __init__(self, *args: Any, causes: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["root_cause"]
        field.choices = list(causes.items())
