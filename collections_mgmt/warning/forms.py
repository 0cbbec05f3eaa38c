"""What staff fill in at an early warning and for the economy. What is refused is for the services to say."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from collections_mgmt.models import HardshipRequest
from dashu.web.writing import named

Places = Mapping[str, Mapping[str, Mapping[str, str]]]


class PutOffForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Why nothing is offered now. Colleagues read it; write facts, no diagnosis and no judgment."),
    )


class LeadCauseForm(forms.Form):
    cause = forms.ChoiceField(
        label=_("In the borrower's words"), choices=HardshipRequest.Cause, widget=UnfoldAdminRadioSelectWidget
    )


class PlaceForm(forms.Form):
    region = forms.ChoiceField(label=capfirst(_("region")), required=False, widget=UnfoldAdminSelectWidget)
    sector = forms.ChoiceField(label=capfirst(_("sector")), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("region", "sector"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "–"), *((code, named(names)) for code, names in places[f"{name}s"].items())]


class ShockForm(PlaceForm):
    from_on = forms.DateField(label=_("First day"), widget=UnfoldAdminSingleDateWidget)
    to_on = forms.DateField(label=_("Last day"), widget=UnfoldAdminSingleDateWidget)
    what = forms.CharField(
        label=_("What happened"),
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("In words that can be said to borrowers."),
    )
    reason = forms.CharField(
        label=_("Why it should be entered"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Whoever approves it reads this."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class ValuesFileForm(forms.Form):
    file = forms.FileField(label=_("CSV or XLSX file"), widget=UnfoldAdminFileFieldWidget)
