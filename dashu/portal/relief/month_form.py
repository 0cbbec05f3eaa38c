"""
What a borrower says of their month: what comes in, what it goes on, and why it no longer reaches.

Most of it may stay empty. Where something costs more than it usually does, a word is asked for beside it; the form goes
on without one all the same.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.relief.budget import Ask, Statement, asks
from collections_mgmt.models import HardshipRequest
from collections_mgmt.services.relief.state_budget import LONGEST_WORD, MOST_PEOPLE
from dashu.finance.affordability import Amount
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor, parse_minor
from dashu.policy.relief import SpendingGuidelines
from dashu.portal.applying.forms import Amount as AmountField
from dashu.portal.applying.forms import Whole
from dashu.web.templatetags.dashu import money
from dashu.web.writing import named
from loans.models import Loan

SPENT, WORD = "spent_", "word_"
INCOME, DEBTS, REST = "ALL", "ALL", "OTHER"


class MonthForm(forms.Form):
    """
    After `is_valid`, `statement` is what `state_budget` takes; `asked` says for which spending a word would help.

    :ivar loan: the only one, where there is nothing to choose.
    """

    cause = forms.ChoiceField(
        label=_("What makes it hard?"),
        choices=HardshipRequest.Cause.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what comes closest. It helps us to look for the right plan.")},
    )
    income = AmountField(
        label=_("What comes in a month, after tax"),
        help_text=_("As it is now, not as it was. Wages, sales, support, all together."),
        error_messages={"required": _("Write what comes in a month. 0 is an answer, too.")},
    )
    debts = AmountField(
        label=_("What other loans and cards take a month"),
        help_text=_("Not what you pay to us. Leave it empty if there are none."),
        required=False,
    )
    household = Whole(
        label=_("How many people live on it, you included?"), min_value=1, max_value=MOST_PEOPLE, initial=1
    )
    later = AmountField(
        label=_("What will come in a month then"),
        help_text=_("If you expect your income back: how much in all."),
        required=False,
    )
    later_from = forms.DateField(
        label=_("From when on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"}),
    )
    payday = Whole(
        label=_("On which day of the month does your income come?"),
        help_text=_("If the due day comes too early for you: a number from 1 to 31."),
        required=False,
        min_value=1,
        max_value=31,
    )
    lump_sum = AmountField(
        label=_("What could be paid once, if somebody helps you"),
        help_text=_(
            "Only what you would not need to live on, such as help from family. Leave it empty if there is none."
        ),
        required=False,
    )

    def __init__(
        self, *args: Any, loans: Sequence[Loan], guidelines: SpendingGuidelines, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._loans = {loan.number: loan for loan in loans}
        self._guidelines, self._currency = guidelines, loans[0].currency
        # The database does not keep an order of its own: what costs most is asked first, what is left over last.
        usual = guidelines.categories
        self._codes = sorted(usual, key=lambda code: (code == REST, -usual[code].first))
        self.asked: tuple[Ask, ...] = ()
        self.fields["later_from"].widget.attrs["min"] = today.isoformat()
        if len(loans) > 1:
            choices = [(loan.number, f"{loan.product_terms.product.label} · {loan.number}") for loan in loans]
            field = forms.TypedChoiceField(
                label=_("For which loan?"),
                coerce=self._loans.__getitem__,
                choices=choices,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose the loan that has become hard to pay.")},
            )
            self.fields = {"loan": field, **self.fields}
        for code in self._codes:
            self.fields[SPENT + code] = AmountField(label=named(usual[code].names), required=False)
            self.fields[WORD + code] = forms.CharField(
                label=_("What for?"), required=False, max_length=LONGEST_WORD, widget=forms.TextInput
            )

    @property
    def loan(self) -> Loan:
        found: Loan = self.cleaned_data["loan"] if "loan" in self.fields else next(iter(self._loans.values()))
        return found

    @property
    def loan_field(self) -> BoundField | None:
        """The choice of a loan, where there are several."""
        return self["loan"] if "loan" in self.fields else None

    @property
    def spending(self) -> list[tuple[BoundField, BoundField | None, str]]:
        """Each kind of spending with the box for a word where one is asked for or was given, and what is usual."""
        usual = {ask.category: money(ask.guideline, self._currency) for ask in self.asked}
        lines = []
        for code in self._codes:
            word = self[WORD + code]
            is_shown = code in usual or bool(word.value())
            lines.append((self[SPENT + code], word if is_shown else None, usual.get(code, "")))
        return lines

    @property
    def says_more(self) -> bool:
        """Whether something of what may stay empty was filled in, or is wrong."""
        return any(self[name].value() or self[name].errors for name in ("later", "later_from", "payday", "lump_sum"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("income", "debts", "later", "lump_sum", *(SPENT + code for code in self._codes)):
            if cleaned.get(name):
                try:
                    cleaned[name] = parse_minor(cleaned[name], self._currency, allow_zero=True)
                except DomainError as error:
                    self.add_error(name, error.user_message)
        if not self.errors and not any(self._spending(cleaned).values()):
            first = SPENT + self._codes[0]
            self.add_error(
                first, _("Write at least roughly what living costs you, so that a plan leaves enough for it.")
            )
        if not self.errors:
            self.asked = asks(self._stated(cleaned), self._guidelines)
        return cleaned

    @property
    def statement(self) -> Mapping[str, Any]:
        cleaned = self.cleaned_data
        later = cleaned["later"] if cleaned["later"] != "" else None
        return {
            "currency": self._currency,
            "household": cleaned["household"],
            "income": {INCOME: cleaned["income"]},
            "expenses": self._spending(cleaned),
            "debts": {DEBTS: cleaned["debts"]} if cleaned["debts"] else {},
            "cause": cleaned["cause"],
            "words": self._words(cleaned),
            "income_later_minor": later,
            "income_later_from": cleaned["later_from"],
            "payday": cleaned["payday"],
            "lump_sum_minor": cleaned["lump_sum"] or None,
        }

    def blame(self, refusal: DomainError) -> None:
        """Say beside the field that a service names why it refused."""
        part, _dot, code = (refusal.field or "").partition(".")
        fields = {
            "expenses": SPENT + code,
            "income_later_minor": "later",
            "income_later_from": "later_from",
            "lump_sum_minor": "lump_sum",
        }
        field = fields.get(part, part)
        self.add_error(field if field in self.fields else None, refusal.user_message)

    def _spending(self, cleaned: Mapping[str, Any]) -> dict[str, int]:
        return {code: cleaned[SPENT + code] for code in self._codes if cleaned.get(SPENT + code)}

    def _words(self, cleaned: Mapping[str, Any]) -> dict[str, str]:
        return {code: cleaned[WORD + code] for code in self._codes if cleaned.get(WORD + code)}

    def _stated(self, cleaned: Mapping[str, Any]) -> Statement:
        return Statement(
            income=Amount(cleaned["income"]),
            spending=self._spending(cleaned),
            other_debts=Amount(cleaned["debts"] or 0),
            persons=cleaned["household"],
            words=self._words(cleaned),
        )


def typed_amount(minor: int | None, currency: str) -> str:
    """Return an amount as somebody would type it; nothing for none."""
    return "" if minor is None else format_minor(minor, currency).removesuffix(".00")
