"""Forms of the pages of provisions."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from dashu.provisioning.models import STAGES
from dashu.provisioning.presenting import product_labels, stage_words


class MonthForm(forms.Form):
    month = forms.TypedChoiceField(
        label=_("month"), coerce=date.fromisoformat, widget=UnfoldAdminSelectWidget, choices=()
    )

    def __init__(self, *args: Any, months: list[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["month"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(month.isoformat(), date_format(month, "Y-m")) for month in months]


class OverlayForm(forms.Form):
    product = forms.ChoiceField(label=_("product"), required=False, widget=UnfoldAdminSelectWidget, choices=())
    stage = forms.ChoiceField(label=_("impairment stage"), required=False, widget=UnfoldAdminSelectWidget, choices=())
    amount = forms.DecimalField(
        label=_("amount"), required=False, min_value=Decimal("0.01"), decimal_places=2, max_digits=18,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    share = forms.DecimalField(
        label=_("share of the expected loss, in percent"), required=False, min_value=Decimal("0.01"), max_value=1_000,
        decimal_places=2, max_digits=6, widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    from_on = forms.DateField(label=_("from"), widget=UnfoldAdminSingleDateWidget)
    to_on = forms.DateField(label=_("to"), widget=UnfoldAdminSingleDateWidget)
    reason = forms.CharField(label=_("reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = {"product": product_labels(), "stage": {each: stage_words(each) for each in STAGES}}
        for name, choices in chosen.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("all")), *choices.items()]
