"""Forms of the desk. What may be done is for the services to say."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor, parse_minor
from dashu.users.models import User
from loans.desk.words import FIGURES
from loans.models import Application, ApplicationDocument
from loans.selectors.desk import colleagues_of
from loans.services.compare_identity import identity_papers
from loans.services.hold_application import LONGEST_WORDS
from loans.services.what_if import Change

PROVED = {"income": "income", "essentials": "essentials", "debts": "debt_payments"}


class Yuan(forms.CharField):
    """An amount as it is typed; clean, it is minor units, or None where nothing was typed."""

    def __init__(self, *, currency: str, allow_zero: bool = False, **kwargs: Any) -> None:
        super().__init__(max_length=24, **kwargs)
        self._currency, self._allow_zero = currency, allow_zero

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_minor(text.replace(",", ""), self._currency, allow_zero=self._allow_zero)
        except DomainError as error:
            raise forms.ValidationError(error.user_message) from error


class WordsForm(forms.Form):
    """Why something is done."""

    words = forms.CharField(
        label=_("Why"), max_length=LONGEST_WORDS, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), strip=True
    )


class HandOverForm(WordsForm):
    """To whom, of those who decide on applications."""

    to_user = forms.ModelChoiceField(queryset=User.objects.none(), label=_("To"), widget=UnfoldAdminSelectWidget)

    field_order = ("to_user", "words")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_user"].queryset = colleagues_of(user)  # type: ignore[attr-defined]


class NoteForm(WordsForm):
    """A note for colleagues."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = _("Note")


class VerifyForm(WordsForm):
    """Which figure of the month was found proved, and by which paper."""

    name = forms.ChoiceField(label=_("Figure"), choices=list(FIGURES.items()), widget=UnfoldAdminSelectWidget)
    document = forms.ModelChoiceField(
        queryset=ApplicationDocument.objects.none(),
        label=_("Paper that proves it"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Income needs one; only papers that were checked are in the list."),
    )

    field_order = ("name", "amount", "document", "words")

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = Yuan(
            label=_("Amount a month"),
            currency=application.currency,
            allow_zero=True,
            widget=UnfoldAdminTextInputWidget,
        )
        clean = application.documents.filter(removed_at=None, scan=ApplicationDocument.Scan.CLEAN)
        self.fields["document"].queryset = clean  # type: ignore[attr-defined]
        self.fields["words"].label = _("What it shows")
        self.order_fields(self.field_order)


class CompareForm(WordsForm):
    """With which card the identity was compared."""

    IN_PERSON = "in_person"

    field_order = ("document", "words")

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        papers = [(str(paper.pk), paper.name) for paper in identity_papers(application)]
        self.fields["document"] = forms.ChoiceField(
            label=_("Compared with"),
            choices=[*papers, (self.IN_PERSON, _("The card, shown in person"))],
            widget=UnfoldAdminSelectWidget,
            help_text=_("Identity cards that were sent and found clean are in the list."),
        )
        self.fields["words"].label = _("What you saw")
        self.order_fields(self.field_order)

    @property
    def document_id(self) -> int | None:
        """The paper; None where the card was shown in person."""
        chosen = self.cleaned_data["document"]
        return None if chosen == self.IN_PERSON else int(chosen)


class ApproveForm(forms.Form):
    """How much for how long at most, and what the applicant reads. `key` makes sending it twice one approval."""

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "amount": as_typed(application.amount_minor, application.currency),
            "months": application.months,
            "key": uuid4(),
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        self.fields["amount"] = Yuan(
            label=_("Amount at most"),
            currency=application.currency,
            widget=UnfoldAdminTextInputWidget,
            help_text=_("What was asked for or less. The month and the cap still hold."),
        )
        self.fields["months"] = forms.IntegerField(
            label=_("Months"), min_value=1, max_value=120, widget=UnfoldAdminIntegerFieldWidget
        )
        self.fields["words"] = applicants_words()
        self.fields["key"] = forms.UUIDField(widget=forms.HiddenInput)


class RefuseForm(forms.Form):
    """For which of the findings, and what the applicant reads."""

    def __init__(self, *args: Any, findings: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reasons"] = forms.MultipleChoiceField(
            label=_("Reasons"),
            choices=findings,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("The applicant reads these with what would help. Your words can also stand alone."),
        )
        self.fields["words"] = applicants_words()


def applicants_words() -> forms.CharField:
    return forms.CharField(
        label=_("Your words"),
        max_length=LONGEST_WORDS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        strip=True,
        help_text=_("The applicant reads them. Say what decided it, and what would help."),
    )


class WhatIfForm(forms.Form):
    """What could be otherwise; an empty field is as it stands."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = Yuan(label=_("Amount"), currency=currency, required=False)
        self.fields["months"] = forms.IntegerField(label=_("Months"), min_value=1, max_value=120, required=False)
        for name, label in (
            ("income", _("Income, if proved")),
            ("essentials", _("Essential spending")),
            ("debts", _("Debt payments")),
        ):
            self.fields[name] = Yuan(label=label, currency=currency, allow_zero=True, required=False)

    @property
    def change(self) -> Change:
        given = self.cleaned_data
        return Change(
            amount_minor=given["amount"],
            months=given["months"],
            proved={name: given[field] for field, name in PROVED.items() if given[field] is not None},
        )


def as_typed(minor: int | None, currency: str) -> str:
    return "" if minor is None else format_minor(minor, currency)
