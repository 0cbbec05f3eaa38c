"""What staff fill in at a file. What the values mean and which are refused is for the services to say."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from collections_mgmt.models import CaseFile, CollectorProfile, Hold, Skill, Team
from collections_mgmt.models.desk import LONGEST_QUERY
from collections_mgmt.services.act_on_file import note_templates
from collections_mgmt.services.file_rows import LONGEST_WORDS
from collections_mgmt.services.take_caller import LONGEST_NUMBER
from dashu.web.forms import AmountForm
from loans.models import Loan


def _words(label: Any, *, is_needed: bool = True, rows: int = 3, **more: Any) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": rows})
    return forms.CharField(label=label, required=is_needed, max_length=LONGEST_WORDS, widget=widget, **more)


class _OfLoans(forms.Form):
    """Asks which loan, where there are several."""

    def __init__(self, *args: Any, loans: Iterable[Loan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(loan.pk, f"{loan.number} · {loan.product_terms.product.label}") for loan in loans]
        field = forms.TypedChoiceField(label=_("Loan"), choices=choices, coerce=int, widget=UnfoldAdminSelectWidget())
        self.fields["loan"] = field
        self.order_fields(["loan", *(name for name in self.fields if name != "loan")])


class FilePromiseForm(_OfLoans, AmountForm):
    due_on = forms.DateField(label=_("Promised for"), widget=UnfoldAdminSingleDateWidget)
    words = _words(_("Note"), is_needed=False)


class FileHoldForm(_OfLoans):
    kind = forms.ChoiceField(label=_("Kind"), choices=Hold.Kind, widget=UnfoldAdminSelectWidget)
    ends_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("Empty for a hold that lasts until somebody ends it."),
    )
    words = _words(_("Reason"))


class PutOffForm(forms.Form):
    why = forms.ChoiceField(
        label=_("Why it waits"),
        choices=[(why.value, why.label) for why in CaseFile.Wait if why != CaseFile.Wait.AGENCY],
        initial=CaseFile.Wait.ANSWER.value,
        widget=UnfoldAdminRadioSelectWidget,
    )
    until = forms.DateField(
        label=_("Comes back on"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("Empty for what the rules say of the reason."),
    )
    words = _words(_("Note"), is_needed=False)


class FileNoteForm(forms.Form):
    words = _words(
        _("Note"), rows=5, help_text=_("What happened and what others need to know. The borrower may ask to read it.")
    )

    def __init__(self, *args: Any, template: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if begun := note_templates().get(template):
            self.initial["words"] = str(begun)


class CallerForm(forms.Form):
    number = forms.CharField(
        label=_("Number of a loan, or the phone number"),
        max_length=LONGEST_NUMBER,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_("The whole number, as the caller says it. Parts of it find nothing."),
    )
    words = _words(_("What they call about"), rows=2)


class GiveBackForm(forms.Form):
    words = _words(_("Reason"), help_text=_("Such as: I know this person. It stays in the file."))


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: CollectorProfile) -> str:
        return f"{obj.user} · {obj.team}"


def _at_work() -> Any:
    return CollectorProfile.objects.filter(user__is_active=True).select_related("user", "team").order_by("team", "pk")


class GiveForm(forms.Form):
    to_user = PersonChoice(
        CollectorProfile.objects.none(),
        label=pgettext_lazy("person", "To"),
        required=False,
        empty_label=_("Whoever of the team is free"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to_user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = _at_work()


class MoveForm(forms.Form):
    team = forms.ModelChoiceField(Team.objects.filter(is_active=True), label=_("Team"), widget=UnfoldAdminSelectWidget)


class PutOffManyForm(forms.Form):
    until = forms.DateField(label=_("Comes back on"), widget=UnfoldAdminSingleDateWidget)
    words = _words(_("Reason"))


class RebalanceForm(forms.Form):
    """Which files of whom go to whom."""

    from_user = PersonChoice(
        CollectorProfile.objects.none(), label=pgettext_lazy("person", "From"), widget=UnfoldAdminSelectWidget
    )
    most = forms.IntegerField(
        label=_("How many"),
        min_value=1,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Empty for all. The least urgent go first; what somebody works on at this moment stays."),
    )
    to_pool = forms.TypedChoiceField(
        label=pgettext_lazy("person", "To"),
        choices=[("", _("Colleagues of the team, by skill, language and room")), ("1", _("Whoever is free"))],
        coerce=bool,
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
    )
    to_users = forms.ModelMultipleChoiceField(
        CollectorProfile.objects.none(),
        label=_("Only these colleagues"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None chosen: everybody who works in the team."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("from_user", "to_users"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = _at_work()


class SaveFilterForm(forms.Form):
    query = forms.CharField(required=False, max_length=LONGEST_QUERY, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name of this view"), max_length=60, widget=UnfoldAdminTextInputWidget)


def _several(label: Any, choices: Any, *, is_needed: bool) -> forms.MultipleChoiceField:
    widget = UnfoldAdminCheckboxSelectMultipleWidget
    return forms.MultipleChoiceField(label=label, choices=choices, required=is_needed, widget=widget)


class TeamForm(forms.ModelForm):
    skills = _several(_("Skills"), Skill.choices, is_needed=False)

    class Meta:
        model = Team
        fields = ("name", "code", "first_level", "last_level", "skills", "is_active")


class CollectorForm(forms.ModelForm):
    languages = _several(_("Languages"), settings.LANGUAGES, is_needed=True)
    skills = _several(_("Skills"), Skill.choices, is_needed=False)

    class Meta:
        model = CollectorProfile
        fields = ("user", "team", "languages", "skills", "capacity", "is_working")
