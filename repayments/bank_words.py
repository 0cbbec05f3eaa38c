"""What speaks for a match, in words that staff can check."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from dashu.web.templatetags.dashu import lender_date, money
from repayments.domain.bank_matching import Reason, Rule, Why

RULES = {
    Rule.LOAN_NUMBER.value: _("Loan number"),
    Rule.VIRTUAL_ACCOUNT.value: _("Virtual account"),
    Rule.CHECKOUT.value: _("Online payment"),
    Rule.PAYMENT.value: _("Payment reference"),
    Rule.AMOUNT_AND_NAME.value: _("Amount and name"),
    Rule.BY_HAND.value: _("By hand"),
}

_SENTENCES = {
    Why.LOAN_NUMBER: _("the text names the loan %(reference)s"),
    Why.VIRTUAL_ACCOUNT: _("paid to the virtual account %(reference)s"),
    Why.CHECKOUT: _("the text names the online payment %(reference)s"),
    Why.PAYMENT: _("the text names the payment %(reference)s"),
    Why.BOOKED_ALREADY: _("that payment is booked already: match only if this is new money, explain it otherwise"),
    Why.SETTLED: _("the loan is settled: the money becomes the borrower's credit"),
    Why.DUE_NOW: _("amount equals all that was due since %(due_on)s, with penalty"),
    Why.INSTALLMENT: _("amount equals the installment due on %(due_on)s"),
    Why.PAYOFF: _("amount equals the payoff of that day"),
    Why.SAME_NAME: _("same name"),
    Why.NAME_ALIKE: _("name %(percent)s%% alike"),
    Why.EARLY: _("due only in more than %(days)s days: perhaps paid twice"),
    Why.OTHER_AMOUNT: _("another amount than was due, %(due)s"),
}


def in_words(reasons: Iterable[Reason | Mapping[str, Any]], currency: str) -> str:
    """Return the reasons of a suggestion, or as a match keeps them, as one line."""
    return gettext("; ").join(_words(one, currency) for one in reasons)


def _words(reason: Reason | Mapping[str, Any], currency: str) -> str:
    why, values = (reason.why, reason.values) if isinstance(reason, Reason) else (reason["why"], reason["values"])
    shown = dict(values)
    if "due_on" in shown:
        due_on = shown["due_on"]
        shown["due_on"] = lender_date(date.fromisoformat(due_on) if isinstance(due_on, str) else due_on)
    if "due_minor" in shown:
        shown["due"] = money(shown["due_minor"], currency)
    return str(_SENTENCES[Why(why)]) % shown


def name_in_language(names: Mapping[str, str]) -> str:
    """Return the name in the reader's language, else in English, "" where there is none."""
    by_language = {language.lower(): name for language, name in names.items()}
    return by_language.get((get_language() or "en").lower()) or by_language.get("en", "")
