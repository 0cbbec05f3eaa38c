"""What staff fill in at a case. What the values mean and which are refused is for the services to say."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from collections_mgmt.models import Dispute, HardshipRequest, Hold
from dashu.web.forms import AmountForm


class PromiseForm(AmountForm):
    due_on = forms.DateField(label=_("Promised for"), widget=UnfoldAdminSingleDateWidget)
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


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
