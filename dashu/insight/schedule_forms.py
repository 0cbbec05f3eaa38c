"""What is asked of somebody who has a report sent."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from dashu.insight.models import ReportSchedule
from dashu.insight.report import Report
from dashu.insight.services.schedules import possible_receivers

WEEKDAYS = (
    *((1, _("Monday")), (2, _("Tuesday")), (3, _("Wednesday")), (4, _("Thursday"))),
    *((5, _("Friday")), (6, _("Saturday")), (7, _("Sunday"))),
)
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class ScheduleForm(forms.Form):
    every = forms.ChoiceField(label=_("How often"), choices=ReportSchedule.Every, widget=UnfoldAdminSelectWidget)
    weekday = forms.TypedChoiceField(
        label=_("Day of the week"), choices=WEEKDAYS, coerce=int, widget=UnfoldAdminSelectWidget
    )
    month_day = forms.IntegerField(
        label=_("Day of the month"),
        min_value=1,
        max_value=31,
        help_text=_("Only where it is sent every month; a shorter month has its last day instead."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    hour = forms.TypedChoiceField(label=_("Hour"), choices=HOURS, coerce=int, widget=UnfoldAdminSelectWidget)
    file_format = forms.ChoiceField(label=_("Format"), choices=ReportSchedule.Format, widget=UnfoldAdminSelectWidget)
    receivers = forms.TypedMultipleChoiceField(
        label=_("Receivers"), coerce=int, widget=forms.CheckboxSelectMultiple, help_text=_("Only who may see it.")
    )

    def __init__(self, data: Any, *, report: Report) -> None:
        first = {"every": "MONTH", "weekday": 1, "month_day": 2, "hour": 9, "file_format": "xlsx"}
        super().__init__(data, initial=first)
        field = self.fields["receivers"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(user.pk, str(user)) for user in possible_receivers(report)]

    @property
    def when(self) -> dict[str, Any]:
        """Return `every`, `day` and `hour` of what was chosen."""
        given = self.cleaned_data
        day = given["weekday"] if given["every"] == ReportSchedule.Every.WEEK else given["month_day"]
        return {"every": given["every"], "day": day, "hour": given["hour"]}
