"""
The budget tool beside a decision: the month as it counted, and the same month with figures of one's own.

What is typed is not kept and decides nothing. The sums are those of the decision, so that they cannot contradict it.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dashu.finance.affordability import Month
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor, parse_minor
from dashu.policy import rules as policy
from dashu.portal.applying.forms import Amount


@dataclass(frozen=True, slots=True)
class MonthShown:
    """:param most: the highest installment that this month carries. Minor units; `free` is negative where it lacks."""

    income: int
    essentials: int
    debts: int
    buffer: int
    free: int
    most: int


class BudgetForm(forms.Form):
    """Asks for the figures of a month; unbound, they are those of the decision. `month` is what they come to."""

    income = Amount(label=_("What comes in"))
    essentials = Amount(label=_("What you need to live"))
    debts = Amount(label=_("What other loans cost"))

    def __init__(self, data: Any, *, kept: dict[str, Any], currency: str) -> None:
        self.currency = currency
        self._kept = {name: int(kept[name]) for name in ("income", "essentials", "debts")}
        initial = {name: format_minor(minor).removesuffix(".00") for name, minor in self._kept.items()}
        super().__init__(data if data and "income" in data else None, initial=initial)

    def _minor(self, name: str) -> int:
        try:
            return parse_minor(self.cleaned_data[name], self.currency, field=name, allow_zero=True)
        except DomainError as error:
            raise ValidationError(error.user_message) from error

    def clean_income(self) -> int:
        return self._minor("income")

    def clean_essentials(self) -> int:
        return self._minor("essentials")

    def clean_debts(self) -> int:
        return self._minor("debts")

    @property
    def month(self) -> MonthShown:
        """The month as typed, or as it was decided on while something typed is no amount."""
        figures = self.cleaned_data if self.is_bound and self.is_valid() else self._kept
        shares = policy.credit_review(lender_today()).affordability
        month = Month(figures["income"], figures["essentials"], figures["debts"])
        free = month.carrying(0, shares).surplus
        return MonthShown(
            income=month.income,
            essentials=month.essentials,
            debts=month.debt_payments,
            buffer=month.income - month.essentials - month.debt_payments - free,
            free=free,
            most=month.highest_installment(shares),
        )
