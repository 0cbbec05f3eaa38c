"""
What messages of the contract say; the words of reminders are in `dashu.messaging.wording`.

A template is a subject and sentences, translated like all text of the program and filled from plain JSON values. The
wording is calm: the amount, the date, the next step, and the offer of help; nothing that shames or threatens.

Values are written the reader's way by their name: `…_minor` as an amount of money (named without the ending in the
text), `…_on` as a date. A sentence after the first is left out when a value it needs is not given.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor

_NAME = re.compile(r"%\((\w+)\)s")
_LOCALES = {"zh-hans": "zh_Hans_CN", "zh-hant": "zh_Hant_TW", "en": "en"}


class UnknownTemplate(DomainError):
    """No template has this code."""

    code = "unknown_message_template"


class MessageIncomplete(DomainError):
    """A value that the template cannot do without is missing or has the wrong form."""

    code = "message_incomplete"


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    code: str
    subject: Promise
    sentences: tuple[Promise, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    body: str


_registry: dict[str, MessageTemplate] = {}


def register(template: MessageTemplate) -> None:
    """Make a template known. Apps above register theirs from a module that their AppConfig imports."""
    assert template.code not in _registry, f"two message templates are called {template.code}"
    _registry[template.code] = template


def template_of(code: str) -> MessageTemplate:
    if code not in _registry:
        raise UnknownTemplate(_("There is no message template %(template)s."), params={"template": code})
    return _registry[code]


def all_templates() -> list[MessageTemplate]:
    return [template for _code, template in sorted(_registry.items())]


def render(code: str, params: Mapping[str, Any], language: str) -> Rendered:
    """
    Return the message as the borrower reads it.

    :raises UnknownTemplate: no template has this code.
    :raises MessageIncomplete: the subject or first sentence needs a value that `params` lacks or that is malformed.
    """
    template = template_of(code)
    values = _written(params, language)
    with translation.override(language):
        subject, first, *others = [str(text) for text in (template.subject, *template.sentences)]
    missing = (_needs(subject) | _needs(first)) - values.keys()
    if missing:
        raise MessageIncomplete(
            _("The message %(template)s needs the values %(missing)s."),
            params={"template": code, "missing": ", ".join(sorted(missing))},
        )
    told = [first, *(sentence for sentence in others if _needs(sentence) <= values.keys())]
    return Rendered(subject % values, "\n".join(sentence % values for sentence in told))


def written_amount(minor: int, currency: str, language: str) -> str:
    """Return an amount of whole minor units as readers of the language write it."""
    return format_currency(Decimal(format_minor(minor, currency)), currency, locale=_LOCALES.get(language, "en"))


def written_date(day: date, language: str) -> str:
    return format_date(day, "long", locale=_LOCALES.get(language, "en"))


def _needs(text: str) -> set[str]:
    return set(_NAME.findall(text))


def _written(params: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return the values as text in the reader's language; a value of None counts as not given."""
    currency = str(params.get("currency") or "CNY")
    written = {}
    for name, value in params.items():
        if value is None:
            continue
        try:
            if name.endswith("_minor"):
                if type(value) is not int:
                    raise TypeError(f"minor units are whole: {value!r}")
                written[name.removesuffix("_minor")] = written_amount(value, currency, language)
            elif name.endswith("_on"):
                written[name] = written_date(date.fromisoformat(value), language)
            else:
                written[name] = str(value)
        except (TypeError, ValueError) as error:
            raise MessageIncomplete(
                _("The value %(name)s of a message is malformed."), params={"name": name}
            ) from error
    return written


# Values of a changed loan: see repayments.services.tell_of_change; a sentence is told when its values are given.
# Values: amount_minor, currency, loan_number; for a receipt received_on and, where there is a next payment,
# next_amount_minor and next_due_on.
for _template in (
    MessageTemplate(
        "repayments.receipt",
        _("We have received %(amount)s"),
        (
            _("We received %(amount)s for loan %(loan_number)s on %(received_on)s. Thank you."),
            _("The next payment is %(next_amount)s, due on %(next_due_on)s."),
            _("Your payment's reference is %(reference)s."),
        ),
    ),
    MessageTemplate(
        "repayments.loan_changed",
        _("Your loan %(loan_number)s has changed"),
        (
            _("Something was changed on your loan %(loan_number)s, with effect from %(from_on)s."),
            _("A payment of %(payment)s now counts from that day."),
            _("An early settlement of %(settlement)s now counts from that day."),
            _("A payment of %(reversal)s was taken back, because it did not reach us or was booked by mistake."),
            _("We gave up %(waiver)s of what you owed."),
            _("A fee of %(fee)s was added."),
            _("We sent %(refund)s back to you."),
            _("You pay %(left_to_pay)s in all; before it was %(left_before)s."),
            _("Of this, %(overdue)s is overdue."),
            _("The next payment is %(next_due)s, due on %(next_due_on)s."),
            _("Your loan's page shows every figure. If something looks wrong to you, tell us there."),
        ),
    ),
):
    register(_template)
