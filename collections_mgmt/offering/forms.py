"""What staff fill in to offer relief. What the values mean and which are refused is for the services to say."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from collections_mgmt.budget_words import DEBTS, INCOMES
from collections_mgmt.models import Budget, HardshipRequest
from collections_mgmt.relief_words import METHODS
from dashu.finance.installments import Component
from dashu.finance.relief import ReliefMethod
from dashu.finance.terms import MOST_INSTALLMENTS
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor, parse_minor
from dashu.policy.relief import Guideline
from dashu.web.writing import named

# A settlement is offered on a page of its own.
CHOICES = [(method.value, words.name) for method, words in METHODS.items() if method is not ReliefMethod.SETTLEMENT]
# Of a list with one relief for many: which loans of each would become one, nobody could look over.
OF_ONE_LOAN = [(code, name) for code, name in CHOICES if code != ReliefMethod.CONSOLIDATION]
FIGURES: Mapping[ReliefMethod, tuple[str, ...]] = {
    ReliefMethod.TERM_EXTENSION: ("count", "arrears_over"),
    ReliefMethod.REAMORTIZATION: ("arrears_over",),
    ReliefMethod.ARREARS_PLAN: ("arrears_over",),
    ReliefMethod.CAPITALIZATION: ("count",),
    ReliefMethod.PAYMENT_HOLIDAY: ("months", "interest"),
    ReliefMethod.INTEREST_ONLY: ("months", "count"),
    ReliefMethod.STEP_UP: ("months", "step", "count"),
    ReliefMethod.RATE_CUT: ("annual_rate", "count"),
    ReliefMethod.PARTIAL_WAIVER: ("interest_waived", "fee_waived", "penalty_waived"),
    ReliefMethod.CONSOLIDATION: ("count", "due_day"),
    ReliefMethod.DUE_DATE: ("due_day",),
}
WAIVED = {
    "interest_waived": Component.INTEREST,
    "fee_waived": Component.FEE,
    "penalty_waived": Component.PENALTY,
}


class MoneyField(forms.CharField):
    """An amount of 0 or more in a currency; an empty one is None. `currency` is set by the form."""

    currency = "CNY"

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(**{"required": False, "max_length": 24, "widget": widget, **kwargs})

    def clean(self, value: Any) -> Any:
        text = super().clean(value).replace(",", "").strip()
        if not text:
            return None
        try:
            return parse_minor(text, self.currency, allow_zero=True)
        except DomainError as error:
            raise forms.ValidationError(error.user_message) from error


def _other_last(code: str) -> bool:
    return code == "OTHER"


def _whole(label: Any, low: int, high: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=low, max_value=high, required=False, widget=UnfoldAdminIntegerFieldWidget, **more
    )


def _percent(label: Any, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_value=100,
        max_digits=7,
        decimal_places=4,
        required=False,
        widget=UnfoldAdminDecimalFieldWidget,
        **more,
    )


class ReliefForm(forms.Form):
    """A method with the figures that it takes; `relief` is what the engine reads."""

    methods = CHOICES
    method = forms.ChoiceField(label=_("Method"), choices=CHOICES, widget=UnfoldAdminSelectWidget)
    count = _whole(
        _("Payments from then on"), 1, MOST_INSTALLMENTS, help_text=_("Empty for as many as are still to come.")
    )
    months = _whole(_("Months"), 1, 120)
    interest = forms.ChoiceField(
        label=_("Interest meanwhile"),
        choices=[("parked", _("is asked for afterwards, in equal parts")), ("paid", _("is paid each month"))],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    step = _percent(_("Rises by, %"), help_text=_("Each time the months are over."))
    annual_rate = _percent(_("New rate a year, %"))
    arrears_over = _whole(
        _("Overdue over how many payments"), 1, MOST_INSTALLMENTS, help_text=_("Empty: the next payment asks for it.")
    )
    interest_waived = MoneyField(label=_("Interest given up"))
    fee_waived = MoneyField(label=_("Fees given up"))
    penalty_waived = MoneyField(label=_("Penalty given up"))
    due_day = _whole(_("Due day of the month"), 1, 31)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency
        method = self.fields["method"]
        assert isinstance(method, forms.ChoiceField)
        method.choices = self.methods
        for field in self.fields.values():
            if isinstance(field, MoneyField):
                field.currency = currency
        taken = FIGURES[self.chosen]
        for name in {name for names in FIGURES.values() for name in names if name not in taken}:
            del self.fields[name]

    @property
    def chosen(self) -> ReliefMethod:
        method = self.data.get("method") or self.initial.get("method")
        return ReliefMethod(method) if method in dict(self.methods) else ReliefMethod.TERM_EXTENSION

    def relief(self) -> dict[str, Any]:
        """Return the relief of a valid form, as `read_relief` reads it."""
        given = self.cleaned_data
        said: dict[str, Any] = {"method": given["method"]}
        said |= {name: given[name] for name in ("count", "months", "arrears_over", "due_day") if given.get(name)}
        if given.get("interest"):
            said["interest"] = given["interest"]
        for name in ("step", "annual_rate"):
            if given.get(name) is not None:
                said[name] = f"{given[name].scaleb(-2):f}"
        waived = {part.value: given[name] for name, part in WAIVED.items() if given.get(name)}
        if waived:
            said["waived"] = {part: format_minor(minor, self._currency) for part, minor in waived.items()}
        return said


class SendForm(forms.Form):
    """Words to whoever asked, where the offer answers a request for help."""

    words = forms.CharField(
        label=_("To the borrower"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Answers their request for help. First the decision, then why, then what they can do next."),
    )


class AskForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Whoever approves it reads this. No diagnosis and nothing about the family."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class BudgetForm(forms.Form):
    """A month, step by step, as the borrower tells it on the phone. A guideline asks for a word and refuses nobody."""

    def __init__(self, *args: Any, currency: str, guidelines: Mapping[str, Guideline], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups: dict[str, dict[str, Any]] = {
            "income": dict(INCOMES),
            "expenses": {code: named(guidelines[code].names) for code in sorted(guidelines, key=_other_last)},
            "debts": dict(DEBTS),
        }
        self.fields["household"] = _whole(_("People who live on this income"), 1, 20, initial=1)
        self.fields["household"].required = True
        for group, labels in self._groups.items():
            for code, label in labels.items():
                field = MoneyField(label=label)
                field.currency = currency
                self.fields[f"{group}.{code}"] = field
                if group == "expenses":
                    self.fields[f"words.{code}"] = forms.CharField(
                        label=_("What is it spent on?"),
                        max_length=500,
                        required=False,
                        widget=UnfoldAdminTextInputWidget(),
                    )
        self._causes()
        self._later(currency)

    def _causes(self) -> None:
        self.fields["cause"] = forms.ChoiceField(
            label=_("Why the month no longer reaches"),
            choices=HardshipRequest.Cause.choices,
            widget=UnfoldAdminSelectWidget(),
        )
        self.fields["lasts"] = forms.ChoiceField(
            label=_("How long it may last"),
            choices=HardshipRequest.Lasts.choices,
            initial=HardshipRequest.Lasts.UNKNOWN,
            widget=UnfoldAdminSelectWidget(),
        )

    def _later(self, currency: str) -> None:
        later = MoneyField(label=_("Income of a month expected later"), help_text=_("Empty if nothing changes."))
        later.currency = currency
        self.fields["income_later_minor"] = later
        self.fields["income_later_from"] = forms.DateField(
            label=_("From"), required=False, widget=UnfoldAdminSingleDateWidget()
        )
        self.fields["payday"] = _whole(_("Day of the month on which the income comes"), 1, 31)

    @staticmethod
    def of(budget: Budget) -> dict[str, Any]:
        """Return what the form shows first of a budget that was stated before."""
        groups = {"income": budget.income, "expenses": budget.expenses, "debts": budget.debts}
        shown: dict[str, Any] = {
            f"{group}.{code}": format_minor(minor, budget.currency)
            for group, amounts in groups.items()
            for code, minor in amounts.items()
        }
        shown |= {f"words.{code}": word for code, word in budget.words.items()}
        return {**shown, "household": budget.household, "cause": budget.cause, "lasts": budget.lasts}

    def stated(self) -> dict[str, Any]:
        """Return the arguments of `state_budget` that a valid form gives."""
        given = self.cleaned_data
        return {
            **{
                group: {code: given[f"{group}.{code}"] for code in labels if given[f"{group}.{code}"] is not None}
                for group, labels in self._groups.items()
            },
            "words": {code: given[f"words.{code}"] for code in self._groups["expenses"]},
            **{name: given[name] for name in ("household", "cause", "lasts", "income_later_minor")},
            **{name: given[name] for name in ("income_later_from", "payday")},
        }

    def sections(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        """Return the fields in the order of the conversation."""
        yield _("The household"), [self["household"], self["cause"], self["lasts"]]
        yield _("What comes in a month"), [self[f"income.{code}"] for code in self._groups["income"]]
        yield _("What a month needs"), [self[f"expenses.{code}"] for code in self._groups["expenses"]]
        yield _("Other debts"), [self[f"debts.{code}"] for code in self._groups["debts"]]
        yield _("What is expected"), [self[name] for name in ("income_later_minor", "income_later_from", "payday")]

    def word_fields(self, codes: list[str]) -> list[forms.BoundField]:
        return [self[f"words.{code}"] for code in codes]
