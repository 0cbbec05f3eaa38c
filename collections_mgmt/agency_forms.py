"""What staff fill in about agencies and placements."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from dashu.web.forms import AmountForm


class ProposeForm(AmountForm):
    """Which loans to look through. `seen` says which of them were looked at."""

    from_days = forms.IntegerField(
        label=_("Late for at least so many days"), min_value=1, max_value=9999, widget=UnfoldAdminIntegerFieldWidget
    )
    to_days = forms.IntegerField(
        label=_("And at most so many"),
        min_value=1,
        max_value=9999,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Empty for no bound."),
    )
    most = forms.IntegerField(
        label=_("Loans, at most"),
        min_value=1,
        max_value=5000,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("The largest amounts go first. Empty for as many as the rules allow."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Whoever approves it reads this."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)
    field_order = ("from_days", "to_days", "amount", "most", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Overdue at least")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        first, last = given.get("from_days"), given.get("to_days")
        if first is not None and last is not None and last < first:
            self.add_error("to_days", _("That is fewer days than the first number."))
        return given


class EvaluateForm(forms.Form):
    score = forms.IntegerField(
        label=_("Score"),
        min_value=0,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("From 0 to 100."),
    )
    words = forms.CharField(
        label=_("What was found"), max_length=1000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )
