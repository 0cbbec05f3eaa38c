"""
What an act asks for, read from plain text in one place: a form, a line of a file and a stored request alike.

Names are the columns of a file of corrections. A value that does not fit is refused with the field's name.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import parse_date
from dashu.kernel.errors import DomainError, InvalidInput
from dashu.kernel.money import parse_minor
from loans.models import Loan
from repayments.models import Payment

Text = str | Promise


class Kind(Enum):
    """
    What a field holds, and what it is read as.

    AMOUNT minor units of the loan · DAY a date · WHOLE an int · RATE a fraction, written in percent · CHOICE its code ·
    FEE the code of a fee · TEXT itself · YES a bool · PAYMENT the reference of a payment on the loan ·
    LOAN the id of the loan of a number.
    """

    AMOUNT = auto()
    DAY = auto()
    WHOLE = auto()
    RATE = auto()
    CHOICE = auto()
    FEE = auto()
    TEXT = auto()
    YES = auto()
    PAYMENT = auto()
    LOAN = auto()


class FieldMissing(DomainError):
    """A value that the act needs is not there."""

    code = "field_missing"


class FieldUnknown(DomainError):
    """The act has no such field, so the value would be lost."""

    code = "field_unknown"


@dataclass(frozen=True, slots=True)
class Field:
    """
    :param low, high: bounds of a WHOLE.
    :param choices: of a CHOICE, code and label.
    :param longest: of a TEXT.
    """

    name: str
    label: Text
    kind: Kind
    is_required: bool = True
    help: Text = ""
    low: int = 0
    high: int = 0
    choices: tuple[tuple[str, Text], ...] = ()
    longest: int = 500

    def read(self, text: str, loan: Loan) -> Any:
        """
        Return the value; None where nothing is given and nothing is needed.

        :raises DomainError: `field` is this field's name.
        """
        plain = unicodedata.normalize("NFKC", text).strip() if self.kind is not Kind.TEXT else text.strip()
        if not plain:
            if self.is_required:
                raise FieldMissing(_("This is needed here."), field=self.name)
            return False if self.kind is Kind.YES else None
        if "\0" in plain:
            raise InvalidInput(_("This text holds a character that cannot be stored."), field=self.name)
        return _READERS[self.kind](self, plain, loan)


def read_fields(
    fields: tuple[Field, ...], payload: Mapping[str, str], loan: Loan
) -> tuple[dict[str, Any], list[DomainError]]:
    """Return the values by name, and the refusals of all that do not fit."""
    values: dict[str, Any] = {}
    refusals: list[DomainError] = []
    for field in fields:
        try:
            values[field.name] = field.read(payload.get(field.name, ""), loan)
        except DomainError as error:
            refusals.append(error)
    known = {field.name for field in fields}
    for name, text in payload.items():
        if text.strip() and name not in known:
            refusals.append(FieldUnknown(_("This act has no such value; leave it empty."), field=name))
    return values, refusals


def _amount(field: Field, text: str, loan: Loan) -> int:
    plain = text.replace("¥", "").replace(",", "").replace(" ", "")
    return parse_minor(plain, loan.currency, field=field.name)


def _whole(field: Field, text: str, _loan: Loan) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19 and field.low <= int(text) <= field.high:
        return int(text)
    raise InvalidInput(
        _("A whole number from %(low)s to %(high)s is expected here."),
        field=field.name,
        params={"low": field.low, "high": field.high},
    )


def _rate(field: Field, text: str, _loan: Loan) -> Decimal:
    plain = text.removesuffix("%").strip()
    whole, _point, decimals = plain.partition(".")
    if (whole + decimals).isascii() and (whole + decimals).isdigit() and len(whole) <= 3 and len(decimals) <= 4:
        return Decimal(plain) / 100
    raise InvalidInput(
        _("A yearly rate is written in percent with at most 4 decimals, for example 14.4."), field=field.name
    )


def _choice(field: Field, text: str, _loan: Loan) -> str:
    codes = [code for code, _label in field.choices]
    if text.lower() in codes:
        return text.lower()
    raise InvalidInput(_("Choose one of %(codes)s."), field=field.name, params={"codes": ", ".join(codes)})


def _text(field: Field, text: str, _loan: Loan) -> str:
    if len(text) > field.longest:
        raise InvalidInput(
            _("Write at most %(longest)s characters."), field=field.name, params={"longest": field.longest}
        )
    return text


def _yes(field: Field, text: str, _loan: Loan) -> bool:
    if text.lower() in ("yes", "true", "on", "1"):
        return True
    if text.lower() in ("no", "false", "off", "0"):
        return False
    raise InvalidInput(_("Write yes or no."), field=field.name)


def _payment(field: Field, text: str, loan: Loan) -> str:
    if not Payment.objects.filter(loan=loan, reference=text).exists():
        raise InvalidInput(_("This loan has no payment with this reference."), field=field.name)
    return text


def _loan(field: Field, text: str, _loan: Loan) -> int:
    found = Loan.objects.filter(number=text).values_list("pk", flat=True).first()
    if found is None:
        raise InvalidInput(_("There is no loan with this number."), field=field.name)
    return found


_READERS: Mapping[Kind, Callable[[Field, str, Loan], Any]] = {
    Kind.AMOUNT: _amount,
    Kind.DAY: lambda field, text, _loan: parse_date(text, field=field.name),
    Kind.WHOLE: _whole,
    Kind.RATE: _rate,
    Kind.CHOICE: _choice,
    Kind.FEE: lambda _field, text, _loan: text.lower(),  # whether it was disclosed is for the service to say
    Kind.TEXT: _text,
    Kind.YES: _yes,
    Kind.PAYMENT: _payment,
    Kind.LOAN: _loan,
}
