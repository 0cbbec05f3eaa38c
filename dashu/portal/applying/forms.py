"""
The questions of an application as forms, one for each step.

A form turns what was typed into the plain answer that `loans.services.answer_step` reads, and back for somebody who
returns. Names of fields are those of the answer, so a refusal finds its field.
"""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dashu.consents.models import ConsentText
from dashu.kernel.money import format_minor
from loans.domain.application_consents import NEEDED
from loans.domain.application_facts import ESSENTIALS, MOST_DEBTS, PURPOSES, Plan, Step
from loans.domain.card_issuers import OTHER, issuer_table
from loans.domain.scoring_facts import Housing, Work
from loans.domain.tranches import MOST as MOST_TRANCHES
from loans.models import Application
from loans.services.answer_step import MOST_GUARANTORS
from loans.services.cards_to_pay import LONGEST_NAME

AMOUNT = {"inputmode": "decimal", "autocomplete": "off"}
WHOLE = {"inputmode": "numeric", "autocomplete": "off"}


class Amount(forms.CharField):
    """An amount the way people type it: with a sign, with commas, in full-width digits. Cleans to "1234.50"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=24, widget=forms.TextInput(attrs=AMOUNT), **kwargs)

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        return unicodedata.normalize("NFKC", typed).replace("¥", "").replace(",", "").replace(" ", "")


class Whole(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs=WHOLE), **kwargs)


class StepForm(forms.Form):
    """
    One step. `application` is whose; `answer` is what the service takes.

    :cvar signed: fields shown with a currency sign.
    """

    signed: tuple[str, ...] = ()

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        self.application = application
        super().__init__(*args, **kwargs)

    @property
    def answer(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    @classmethod
    def initial_of(cls, application: Application, kept: Mapping[str, Any]) -> dict[str, Any]:
        """Return what somebody who comes back finds filled in. :param kept: the facts of this step."""
        return {name.removesuffix("_minor"): _typed(name, value) for name, value in kept.items()}


class LoanForm(StepForm):
    signed = ("amount",)

    amount = Amount(label=_("How much do you need?"), help_text=_("Only what you need: a smaller loan is cheaper."))
    months = Whole(
        label=_("Over how many months?"), help_text=_("A longer time means less each month and more in all.")
    )
    purpose = forms.ChoiceField(label=_("What is it for?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Application._meta.get_field("purpose").flatchoices)
        purpose: Any = self.fields["purpose"]
        kind = self.application.product.kind
        purpose.choices = [(each.value, labels[each.value]) for each in PURPOSES[kind]]
        if kind == "SME":
            self.fields["plan"] = forms.ChoiceField(
                label=_("How would your business repay best?"),
                choices=[
                    (Plan.EQUAL_PRINCIPAL.value, _("The same part of the loan each month, so that it gets less")),
                    (Plan.SEASONAL.value, _("Mostly in the months in which we earn most")),
                ],
            )
            self.fields["strong_months"] = forms.TypedMultipleChoiceField(
                label=_("Months in which you earn most"),
                help_text=_("Only if you repay in those months."),
                required=False,
                coerce=int,
                choices=[(month, name) for month, name in enumerate(MONTHS, start=1)],
                widget=forms.CheckboxSelectMultiple,
            )


MONTHS = (
    pgettext_lazy("month", "January"),
    pgettext_lazy("month", "February"),
    pgettext_lazy("month", "March"),
    pgettext_lazy("month", "April"),
    pgettext_lazy("month", "May"),
    pgettext_lazy("month", "June"),
    pgettext_lazy("month", "July"),
    pgettext_lazy("month", "August"),
    pgettext_lazy("month", "September"),
    pgettext_lazy("month", "October"),
    pgettext_lazy("month", "November"),
    pgettext_lazy("month", "December"),
)


class PersonForm(StepForm):
    name = forms.CharField(
        label=_("Name as on your identity card"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    number = forms.CharField(
        label=_("Identity card number"),
        help_text=_("18 digits, the last one may be an X. It is kept encrypted."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text", "autocapitalize": "characters"}),
    )
    phone = forms.CharField(
        label=_("Mobile phone"),
        help_text=_("The code with which you sign the contract goes there."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    household = Whole(
        label=_("How many people live on your income, you included?"), min_value=1, max_value=20, initial=1
    )
    is_resident = forms.BooleanField(label=_("I live in mainland China."), required=False)

    @classmethod
    def initial_of(cls, application: Application, kept: Mapping[str, Any]) -> dict[str, Any]:
        identity = getattr(application.borrower, "identity", None)
        known = {"name": identity.name, "number": identity.number, "phone": identity.phone} if identity else {}
        return {**known, **super().initial_of(application, kept)}


class BusinessForm(StepForm):
    signed = ("monthly_revenue",)

    name = forms.CharField(label=_("Name of the business"), max_length=120)
    credit_code = forms.CharField(
        label=_("Unified social credit code"),
        help_text=_("18 digits and letters, as on the business license."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    years = Whole(label=_("Years in business"), min_value=0, max_value=200)
    monthly_revenue = Amount(label=_("Sales in a usual month"))

    @classmethod
    def initial_of(cls, application: Application, kept: Mapping[str, Any]) -> dict[str, Any]:
        business = getattr(application, "business", None)
        known = {"credit_code": business.credit_code} if business else {}
        return {**known, **super().initial_of(application, kept)}


class CardForm(StepForm):
    signed = ("statement", "minimum")

    issuer = forms.ChoiceField(
        label=_("Bank of the card"), help_text=_("The money goes to this bank and to nobody else.")
    )
    other_issuer = forms.CharField(
        label=_("Name of another bank"),
        help_text=_("Only if it is not in the list. A person then looks at the card before anything is paid."),
        max_length=LONGEST_NAME,
        required=False,
    )
    card_number = forms.CharField(
        label=_("Card number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    statement = Amount(label=_("Balance on the latest statement"))
    minimum = Amount(label=_("Minimum payment on the statement"))
    rate = forms.DecimalField(
        label=_("Yearly interest of the card, %"),
        help_text=_("0.05% a day, as most cards have it, is 18.25."),
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial="18.25",
        localize=False,
        widget=forms.TextInput(attrs=AMOUNT),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        issuer: Any = self.fields["issuer"]
        issuer.choices = [
            ("", _("Choose the bank")),
            *((each.code, each.name(language)) for each in issuer_table().issuers.values()),
            (OTHER, _("Another bank")),
        ]

    @property
    def answer(self) -> dict[str, Any]:
        answer = {name: value for name, value in self.cleaned_data.items() if value != ""}
        if answer["issuer"] != OTHER:
            answer.pop("other_issuer", None)
        answer["annual_rate"] = f"{answer.pop('rate') / 100:f}"
        return answer

    @classmethod
    def initial_of(cls, application: Application, kept: Mapping[str, Any]) -> dict[str, Any]:
        card = getattr(application, "card", None)
        known = super().initial_of(application, kept)
        if rate := known.pop("annual_rate", None):
            known["rate"] = f"{Decimal(rate) * 100:.2f}"
        if card is None:
            return known
        bank = {"issuer": card.issuer_code} if card.issuer_code else {"issuer": OTHER, "other_issuer": card.issuer}
        return {**bank, "card_number": card.number, **known}


class WorkForm(StepForm):
    job = forms.ChoiceField(
        label=_("Your work"),
        choices=[
            (Work.FIXED.value, _("Permanent job")),
            (Work.PART_TIME.value, _("Part-time or temporary job")),
            (Work.FREELANCE.value, _("On my own account")),
            (Work.OTHER.value, _("Something else")),
        ],
    )
    years_in_job = Whole(label=_("Full years in this work"), min_value=0, max_value=80)
    home = forms.ChoiceField(
        label=_("Your home"),
        choices=[
            (Housing.OWNER.value, _("I own it")),
            (Housing.RENT.value, _("I rent")),
            (Housing.PARENTS.value, _("With my parents")),
            (Housing.OTHER.value, _("Something else")),
        ],
    )


class MonthForm(StepForm):
    signed = ("income", *ESSENTIALS, "assets")

    income = Amount(
        label=_("What comes in, after tax"), help_text=_("In a usual month. Proof of it makes more possible.")
    )
    housing = Amount(label=_("Rent or mortgage, water, power"))
    food = Amount(label=_("Food and daily needs"))
    transport = Amount(label=_("Transport and phone"))
    family = Amount(label=_("Children, parents, health"))
    assets = Amount(label=_("Savings and what you could sell"), help_text=_("Roughly; 0 if there is nothing."))


class DebtsForm(StepForm):
    had_defaults = forms.BooleanField(
        label=_("I have had a loan that I could not repay as agreed."),
        required=False,
        help_text=_("It does not end the application. Saying so helps us find what fits."),
    )


class DebtForm(forms.Form):
    lender = forms.CharField(label=_("Lender"), max_length=60)
    monthly = Amount(label=_("A month"))
    left = Amount(label=_("Still owed"))


class GuarantorForm(forms.Form):
    name = forms.CharField(label=_("Name as on the identity card"), max_length=120)
    number = forms.CharField(label=_("Identity card number"), max_length=40)
    phone = forms.CharField(
        label=_("Their mobile phone"),
        max_length=40,
        help_text=_("They get a link there, read what it means for them, and agree themselves or not."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    share = forms.DecimalField(
        label=_("Answers for, %"),
        min_value=0,
        max_value=100,
        decimal_places=2,
        widget=forms.TextInput(attrs=AMOUNT),
    )


class PartForm(forms.Form):
    """One part of a loan that is wanted in parts."""

    amount = Amount(label=_("Amount of this part"))
    on = forms.DateField(
        label=_("Day on which you need it"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"}),
    )


class PartRows(BaseFormSet):
    """The first part has no day: it comes with the signature."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        if index == 0:
            del form.fields["on"]
            form.fields["amount"].help_text = _("It is paid out as soon as you have signed.")


DebtFormSet = forms.formset_factory(DebtForm, extra=0, max_num=MOST_DEBTS, validate_max=True)
GuarantorFormSet = forms.formset_factory(GuarantorForm, extra=0, max_num=MOST_GUARANTORS, validate_max=True)
PartFormSet = forms.formset_factory(PartForm, PartRows, extra=0, max_num=MOST_TRANCHES, validate_max=True)


class ConsentsForm(StepForm):
    """A box for each text in use. Ticked or not, the service decides what is needed."""

    def __init__(self, *args: Any, texts: list[ConsentText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.texts = texts
        for text in texts:
            self.fields[f"text_{text.pk}"] = forms.BooleanField(
                label=text.title_shown,
                required=text.purpose in NEEDED,
                help_text=text.text_shown,
                error_messages={"required": _("Without this consent we cannot review the application.")},
            )

    @property
    def answer(self) -> dict[str, Any]:
        return {"texts": [text.pk for text in self.texts if self.cleaned_data[f"text_{text.pk}"]]}


STEP_FORMS: Mapping[Step, type[StepForm]] = {
    Step.LOAN: LoanForm,
    Step.PERSON: PersonForm,
    Step.BUSINESS: BusinessForm,
    Step.CARD: CardForm,
    Step.WORK: WorkForm,
    Step.MONTH: MonthForm,
    Step.DEBTS: DebtsForm,
    Step.DOCUMENTS: StepForm,
    Step.CONSENTS: ConsentsForm,
}
# The list that a step asks for beside its form: its name in the answer, and how its rows are asked.
STEP_ROWS: Mapping[Step, tuple[str, type[BaseFormSet]]] = {
    Step.LOAN: ("tranches", PartFormSet),
    Step.BUSINESS: ("guarantors", GuarantorFormSet),
    Step.DEBTS: ("debts", DebtFormSet),
}


def _typed(name: str, value: Any) -> Any:
    if name.endswith("_minor"):
        return format_minor(value).removesuffix(".00")
    return value
