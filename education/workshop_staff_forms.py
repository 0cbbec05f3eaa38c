"""What staff fill in for a workshop. What contradicts itself is for the service to say."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from education.domain.lessons import LANGUAGES
from education.models import PartnerOrganization, Region, Workshop
from education.models.workshops import ZONES
from education.selectors.published import titles_in
from education.services.workshops.keep import MOST_SEATS, Plan

MOMENT = "%Y-%m-%dT%H:%M"
MOMENTS = ("starts_at", "ends_at", "registration_from", "registration_until")
LONGEST_TITLE, LONGEST_DESCRIPTION = 80, 2000


def _moment(label: Any) -> forms.DateTimeField:
    """A moment of the wall's clock at the place; `plan` puts it into the zone that was chosen."""
    widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})
    widget.format = MOMENT
    return forms.DateTimeField(label=label, input_formats=[MOMENT, f"{MOMENT}:%S", "%Y-%m-%d %H:%M"], widget=widget)


def _count(label: Any, *, least: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=MOST_SEATS, widget=UnfoldAdminIntegerFieldWidget, **more
    )


class WorkshopForm(forms.Form):
    """All of a workshop that people decide; titles and descriptions in each language."""

    starts_at = _moment(_("Begins"))
    ends_at = _moment(_("Ends"))
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES, widget=UnfoldAdminSelectWidget)
    region = forms.ChoiceField(
        label=_("Region"), choices=[("", "–"), *Region.choices], required=False, widget=UnfoldAdminSelectWidget
    )
    place = forms.CharField(
        label=_("Room and address"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    online_link = forms.URLField(
        label=_("Link of the online room"),
        help_text=_("Shown to those who have a seat and to nobody else."),
        max_length=300,
        required=False,
        assume_scheme="https",
        widget=UnfoldAdminTextInputWidget,
    )
    capacity = _count(_("Seats"), least=1)
    waitlist_size = _count(_("Places on the waiting list"), least=0, initial=10)
    registration_from = _moment(_("Sign-up opens"))
    registration_until = _moment(_("Sign-up closes"))
    organizer = forms.CharField(label=_("Held by"), max_length=120, widget=UnfoldAdminTextInputWidget)
    partner = forms.ModelChoiceField(
        label=_("Partner organization"),
        queryset=PartnerOrganization.objects.filter(is_active=True),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    lessons = forms.MultipleChoiceField(
        label=_("Lessons"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    def __init__(self, data: Any = None, *, workshop: Workshop | None, language: str, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["lessons"].choices = list(titles_in(language).items())  # type: ignore[attr-defined]
        for code, name in settings.LANGUAGES:
            self.fields[f"title_{code}"] = forms.CharField(
                label=" · ".join([gettext("Title"), str(name)]),
                max_length=LONGEST_TITLE,
                required=False,
                widget=UnfoldAdminTextInputWidget(attrs={"lang": code}),
            )
            self.fields[f"description_{code}"] = forms.CharField(
                label=" · ".join([gettext("Description"), str(name)]),
                max_length=LONGEST_DESCRIPTION,
                required=False,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "lang": code}),
            )
        texts = [f"{what}_{code}" for code in LANGUAGES for what in ("title", "description")]
        self.order_fields([*texts, *(name for name in self.fields if name not in texts)])
        if workshop is not None:
            self.initial = _initial(workshop)

    def plan(self) -> Plan:
        """Return what a valid form says; moments in the zone that was chosen."""
        given = dict(self.cleaned_data)
        zone = ZoneInfo(given["time_zone"])
        partner = given["partner"]
        return Plan(
            title={code: given[f"title_{code}"] for code in LANGUAGES},
            description={code: given[f"description_{code}"] for code in LANGUAGES},
            **{name: _at(given[name], zone) for name in MOMENTS},
            time_zone=given["time_zone"],
            capacity=given["capacity"],
            waitlist_size=given["waitlist_size"],
            organizer=given["organizer"],
            region=given["region"],
            place=given["place"],
            online_link=given["online_link"],
            lessons=tuple(given["lessons"]),
            partner_id=partner.pk if partner else None,
        )


class CallOffForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("One sentence, which everybody who signed up reads."),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


class CopyForm(forms.Form):
    weeks = forms.IntegerField(
        label=_("So many weeks later"), min_value=1, max_value=104, initial=4, widget=UnfoldAdminIntegerFieldWidget
    )


class CodeAtDoorForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=60, widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}))


class MaterialForm(forms.Form):
    """A file, or the sheet of a lesson."""

    lesson = forms.ChoiceField(label=_("Sheet of a lesson"), required=False, widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label=_("Or a file"),
        help_text=_("PDF, JPEG or PNG, at most 10 MB."),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
    )

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sheets = list(titles_in(language).items())
        self.fields["lesson"].choices = [("", "–"), *sheets]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and bool(given.get("lesson")) == bool(given.get("file")):
            raise forms.ValidationError(_("Choose a sheet or a file, one of the two."))
        return given


def _at(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=zone)


def _initial(workshop: Workshop) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: getattr(workshop, name).astimezone(workshop.zone).strftime(MOMENT) for name in MOMENTS
    }
    for code in LANGUAGES:
        found[f"title_{code}"] = workshop.title.get(code, "")
        found[f"description_{code}"] = workshop.description.get(code, "")
    names = ("time_zone", "region", "place", "online_link", "capacity", "waitlist_size", "organizer", "lessons")
    return found | {name: getattr(workshop, name) for name in names} | {"partner": workshop.partner_id}
