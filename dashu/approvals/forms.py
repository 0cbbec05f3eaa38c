from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget, UnfoldAdminTextareaWidget

from dashu.users.models import User


class AskForm(forms.Form):
    """Why something should be approved. `key` makes sending the form twice one request."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), strip=True
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class DecisionForm(forms.Form):
    """A word beside a decision. `seen` says what the person looked at."""

    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Needed when you decline. The person who asked reads it."),
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class _Person(forms.ModelChoiceField):
    def label_from_instance(self, user: Any) -> str:
        return f"{user} · {user.get_role_display()}"


class DelegationForm(forms.Form):
    """Who lends authority to whom. Whether it can be lent is for the service to say."""

    from_user = _Person(queryset=User.objects.none(), label=_("Authority of"), widget=UnfoldAdminSelectWidget)
    to_user = _Person(queryset=User.objects.none(), label=_("Lent to"), widget=UnfoldAdminSelectWidget)
    from_on = forms.DateField(label=_("From"), widget=UnfoldAdminSingleDateWidget)
    to_on = forms.DateField(label=_("To"), widget=UnfoldAdminSingleDateWidget, help_text=_("The last day, included."))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("For example: on leave until the 14th."),
    )

    def __init__(self, *args: Any, user: User, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"from_user": user.pk, "from_on": today}
        super().__init__(*args, **kwargs)
        staff = User.objects.filter(is_staff=True, is_active=True).order_by("email")
        for_others = user.has_perm("approvals.give_any_delegation")
        self.fields["from_user"].queryset = staff if for_others else staff.filter(pk=user.pk)  # type: ignore[attr-defined]
        self.fields["to_user"].queryset = staff if for_others else staff.exclude(pk=user.pk)  # type: ignore[attr-defined]
