from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from dashu.bulk.services.decide_job import LONGEST_NOTE


class DecideForm(forms.Form):
    """A word beside a decision on a job that waits for a person."""

    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Needed when you decline. The partner reads it."),
    )
