"""What staff fill in to offer relief to many. What is refused is for the services to say."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from collections_mgmt.models import ReliefCampaign
from collections_mgmt.offering.forms import OF_ONE_LOAN, ReliefForm
from collections_mgmt.warning_words import trigger_name
from dashu.policy.early_warning import Trigger
from dashu.web.writing import named
from loans.models import Product

Places = Mapping[str, Mapping[str, Mapping[str, str]]]
LARGEST_FILE = 1_000_000


def _several(label: Any, **more: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **more
    )


def _name() -> forms.CharField:
    return forms.CharField(label=_("What it is called"), max_length=80, widget=UnfoldAdminTextInputWidget())


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=UnfoldAdminSingleDateWidget())


class _ForWhom(forms.Form):
    """Asks for regions, sectors and kinds of products; nothing chosen leaves nobody out."""

    regions = _several(_("Regions"))
    sectors = _several(_("Sectors"))
    products = _several(_("Products"), choices=Product.Kind.choices)

    def __init__(self, *args: Any, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in ("regions", "sectors"):
            self._choices(part, [(code, named(names)) for code, names in places[part].items()])

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices

    def audience(self) -> dict[str, Any]:
        return {part: self.cleaned_data[part] for part in ("regions", "sectors", "products")}


class CampaignForm(_ForWhom):
    name = _name()
    triggers = _several(_("Noticed"), help_text=_("Nothing chosen: whatever was noticed."))
    strong = forms.BooleanField(
        label=_("Only where something strong was noticed"), required=False, widget=UnfoldBooleanSwitchWidget()
    )
    per_day = forms.IntegerField(
        label=_("People a night, at most"), min_value=1, widget=UnfoldAdminIntegerFieldWidget()
    )
    holdout = forms.IntegerField(
        label=_("Left out to compare, %"),
        min_value=0,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_("Drawn at random and fixed for each person. Whoever asks for help gets it all the same."),
    )
    quiet_days = forms.IntegerField(
        label=_("Days of peace after an offer"), min_value=1, max_value=365, widget=UnfoldAdminIntegerFieldWidget()
    )
    first_on = _day(_("First day"))
    last_on = _day(_("Last day"))
    field_order = ("name", "triggers", "strong", "regions", "sectors", "products")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices("triggers", [(code.value, trigger_name(code)) for code in Trigger])

    @staticmethod
    def of(campaign: ReliefCampaign) -> dict[str, Any]:
        names = ("name", "per_day", "quiet_days", "first_on", "last_on")
        shown = {name: getattr(campaign, name) for name in names}
        return {**campaign.audience, **shown, "holdout": campaign.holdout_bps // 100}

    def written(self) -> dict[str, Any]:
        """Return the arguments of `write_campaign` that a valid form gives."""
        given = self.cleaned_data
        audience = {**self.audience(), "triggers": given["triggers"], "strong": given["strong"]}
        same = {name: given[name] for name in ("name", "per_day", "quiet_days", "first_on", "last_on")}
        return {**same, "audience": audience, "holdout_bps": given["holdout"] * 100}


class ListForm(_ForWhom, ReliefForm):
    """A disaster list: its loans, and the one relief that each is offered."""

    methods = OF_ONE_LOAN
    name = _name()
    last_on = _day(_("Offers go out until"))
    numbers = forms.CharField(
        label=_("Loan numbers"),
        required=False,
        max_length=200_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("One a line. Empty: all running loans of the regions, sectors and products chosen above."),
    )
    file = forms.FileField(
        label=_("Or a file of numbers"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(),
        help_text=_("Text or CSV, UTF-8, a number first in each line."),
    )
    field_order = ("name", "last_on", "regions", "sectors", "products", "numbers", "file", "method")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"].widget = forms.HiddenInput()  # chosen by its address, because it decides on the fields

    def clean_file(self) -> Any:
        """Return the text of the file; "" for none."""
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 1 MB. Divide it."))
        try:
            return file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("The file is not written in UTF-8.")) from error

    def all_numbers(self) -> list[str]:
        lines = f"{self.cleaned_data['numbers']}\n{self.cleaned_data['file']}".splitlines()
        firsts = (line.replace(";", ",").split(",")[0].strip().strip('"') for line in lines)
        return [first for first in firsts if any(sign.isdigit() for sign in first)]
