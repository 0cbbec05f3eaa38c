from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from dashu.break_glass.services.take_rights import SHORTEST_REASON
from dashu.users.models import User
from dashu.users.roles import STAFF_ROLES


class TakeForm(forms.Form):
    """Which role's rights, for how long, and why."""

    role = forms.ChoiceField(label=_("Rights of"), widget=UnfoldAdminSelectWidget)
    minutes = forms.IntegerField(
        label=_("For how many minutes"),
        min_value=1,
        max_value=60,
        initial=30,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("60 at most. It cannot be made longer; give the rights back as soon as you are done."),
    )
    reason = forms.CharField(
        label=_("What has happened, and what you will do"),
        min_length=SHORTEST_REASON,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_(
            "All who lead read it at once, and somebody looks into it afterwards. No borrower's name or number."
        ),
    )
    incident = forms.CharField(
        label=_("Incident number"), max_length=40, required=False, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [(role.value, role.label) for role in STAFF_ROLES if role != user.role]
        self.fields["role"].choices = others  # type: ignore[attr-defined]


class ReviewForm(forms.Form):
    """What somebody found who looked into it."""

    is_justified = forms.TypedChoiceField(
        label=_("Was it justified?"),
        choices=[("", "–"), ("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda given: given == "yes",
        widget=UnfoldAdminSelectWidget,
    )
    words = forms.CharField(
        label=_("What was found"),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("What the rights were used for is listed above; does it fit the reason?"),
    )
