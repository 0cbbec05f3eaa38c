"""
The questions of the calculators. A form begins with sensible figures, which what was typed replaces one by one.

What is typed stands in the address, is not kept and decides nothing.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.web.forms import add_refusal
from education.domain.calculators.card import Card, Minimum, minimum
from education.domain.calculators.flat import Flat, flat
from education.domain.calculators.load import Borrowed
from education.domain.calculators.spare_money import Spare, spare
from education.forms.fields import Percent, Whole, Yuan

LOANS = 4


class CalculatorForm(forms.Form):
    """
    After `is_valid`, `outcome` is what the figures come to, where a sum of its own may refuse them.

    :cvar usual: what each field begins with.
    """

    usual: ClassVar[Mapping[str, str]] = {}

    def __init__(self, typed: Mapping[str, str]) -> None:
        """:param typed: by field; what is missing there begins as usual."""
        super().__init__({**self.usual, **{name: typed[name] for name in self.usual if name in typed}})
        self.outcome: Any = None

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.outcome = self.come_to(given)
            except DomainError as refusal:
                add_refusal(self, refusal)
        return given

    def come_to(self, given: dict[str, Any]) -> Any:
        return given

    @property
    def fields_shown(self) -> list[forms.BoundField]:
        return list(self)


class FlatForm(CalculatorForm):
    usual = {"lent": "12000", "fee": "0.6", "months": "12", "kept_back": "0"}

    lent = Yuan(label=_("What the contract says is lent"), least=100_00)
    fee = Percent(
        label=_("Fee a month, in percent of it"), most="10", help_text=_("As it is quoted, for example 0.6% a month.")
    )
    months = Whole(label=_("Months"), most=120)
    kept_back = Yuan(
        label=_("Kept back from the payout"), least=0, help_text=_("0 where you receive all that the contract says.")
    )

    def come_to(self, given: dict[str, Any]) -> Flat:
        return flat(given["lent"], given["fee"], given["months"], kept_back=given["kept_back"])


class MinimumForm(CalculatorForm):
    usual = {"balance": "20000", "daily": "0.05", "share": "10", "floor": "100", "fixed": ""}

    balance = Yuan(label=_("What you owe on the card"), least=100_00)
    daily = Percent(label=_("Interest a day, in percent"), most="0.2", help_text=_("Most cards: 0.05."))
    share = Percent(label=_("Minimum payment, in percent"), least="1")
    floor = Yuan(label=_("Least minimum payment"), least=1_00)
    fixed = Yuan(
        label=_("What you could pay each month instead"),
        required=False,
        help_text=_("Leave it empty to keep up the first minimum payment."),
    )

    def come_to(self, given: dict[str, Any]) -> Minimum:
        card = Card(given["balance"], given["daily"], given["share"], given["floor"])
        return minimum(card, fixed=given["fixed"])


class BudgetForm(CalculatorForm):
    usual = {"income": "8000", "essentials": "4200", "debts": "1600"}

    income = Yuan(label=_("What comes in, a month"))
    essentials = Yuan(
        label=_("What you need to live"), least=0, help_text=_("Rent, food, transport, school, medicine, family.")
    )
    debts = Yuan(label=_("What all loans and cards ask for"), least=0)


class LoadForm(CalculatorForm):
    """Asks for up to `LOANS` loans, of which the first must be filled in; `borrowed` are those that are."""

    usual = {
        **{f"owed_{number}": owed for number, owed in enumerate(("5000", "8000", "12000", ""), start=1)},
        **{f"rate_{number}": rate for number, rate in enumerate(("24", "24", "24", ""), start=1)},
        **{f"months_{number}": months for number, months in enumerate(("12", "12", "12", ""), start=1)},
        "income": "6500",
        "essentials": "3500",
    }

    income = Yuan(label=_("What comes in, a month"))
    essentials = Yuan(label=_("What you need to live"), least=0)

    def __init__(self, typed: Mapping[str, str]) -> None:
        # A list of one's own is whole: the loans of the example do not stand beside it.
        is_own = any(name.startswith("owed_") for name in typed)
        blank = {name: "" for name in self.usual if "_" in name} if is_own else {}
        super().__init__({**blank, **typed})
        for number in range(1, LOANS + 1):
            about = {"number": number}
            self.fields[f"owed_{number}"] = Yuan(
                label=_("Loan %(number)s: still owed") % about, required=number == 1, least=1_00
            )
            self.fields[f"rate_{number}"] = Percent(
                label=_("Loan %(number)s: percent a year") % about, required=False, most="100"
            )
            self.fields[f"months_{number}"] = Whole(
                label=_("Loan %(number)s: months left") % about, required=False, most=120
            )

    def clean(self) -> dict[str, Any]:
        for number in range(1, LOANS + 1):
            if self.cleaned_data.get(f"owed_{number}") is None:
                continue
            for name in (f"rate_{number}", f"months_{number}"):
                if name in self.cleaned_data and self.cleaned_data[name] is None:
                    self.add_error(name, _("Please fill this in, too, or leave the whole loan out."))
        return super().clean()

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        return [[self[f"{name}_{number}"] for name in ("owed", "rate", "months")] for number in range(1, LOANS + 1)]

    @property
    def fields_shown(self) -> list[forms.BoundField]:
        return [self["income"], self["essentials"]]

    @property
    def borrowed(self) -> list[Borrowed]:
        given = self.cleaned_data
        return [
            Borrowed(given[f"owed_{number}"], given[f"rate_{number}"], given[f"months_{number}"])
            for number in range(1, LOANS + 1)
            if given[f"owed_{number}"] is not None
        ]


class SpareForm(CalculatorForm):
    usual = {"owed": "50000", "rate": "12", "months": "24", "extra": "10000", "fee": "0", "brings": "2.5"}

    owed = Yuan(label=_("Still owed on the loan"), least=100_00)
    rate = Percent(label=_("Yearly rate of the loan, in percent"), most="100")
    months = Whole(label=_("Months left"), most=360)
    extra = Yuan(label=_("Money to spare"))
    fee = Percent(label=_("Fee for paying early, in percent"), most="10", help_text=_("0 where it costs nothing."))
    brings = Percent(
        label=_("What saving brings a year, in percent"),
        most="30",
        help_text=_("After taxes and costs, and only what is certain."),
    )

    def come_to(self, given: dict[str, Any]) -> Spare:
        return spare(
            given["owed"],
            given["rate"],
            given["months"],
            extra=given["extra"],
            fee_share=given["fee"],
            annual_return=given["brings"],
        )


class LatenessForm(CalculatorForm):
    usual = {"principal": "1000", "days": "30", "rate": "24"}

    principal = Yuan(label=_("Late principal"), help_text=_("Of the installment, without its interest."))
    days = Whole(label=_("Days late"), most=720)
    rate = Percent(label=_("Penalty rate a year, in percent"), most="100", help_text=_("It stands in your contract."))
