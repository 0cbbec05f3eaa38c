"""Fields and serializers of the API: money as text, dates as ISO, nothing that was not asked for."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty, get_attribute

from dashu.kernel.dates import parse_date
from dashu.kernel.errors import DomainError
from dashu.kernel.money import EXPONENTS, Money, format_minor

# The years that `dashu.kernel.dates.parse_date` reads.
_DAY = r"^(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_TIME = r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
MOMENT_SHAPE = {"type": "string", "format": "date-time", "pattern": _DAY.removesuffix("$") + _TIME}


class StrictSerializer(serializers.Serializer):
    """Refuses names it does not know, so that a misspelled field is not silently ignored."""

    default_error_messages = {"unknown": _("This field is not known. Leave it out or check its spelling.")}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := [name for name in data if name not in self.fields]):
            message = self.error_messages["unknown"]
            raise serializers.ValidationError(
                {str(name)[:80]: serializers.ErrorDetail(str(message), code="unknown_field") for name in unknown}
            )
        if isinstance(data, Mapping) and (numbers := dict(self._numbers_for_texts(data))):
            raise serializers.ValidationError(
                {
                    name: serializers.ErrorDetail(str(field.error_messages["invalid"]), code="invalid")
                    for name, field in numbers.items()
                }
            )
        return super().to_internal_value(data)

    def _numbers_for_texts(self, data: Mapping[Any, Any]) -> Iterator[tuple[str, serializers.Field]]:
        """Yield the fields that are text and were given as JSON numbers, which the framework would let pass."""
        for name, field in self.fields.items():
            if isinstance(field, serializers.CharField) and isinstance(data.get(name), int | float | Decimal):
                yield name, field


class AmountText(serializers.RegexField):
    """An amount as decimal text; only describes it, `dashu.kernel.money` is what reads it."""

    def __init__(self, help_text: str = "Decimal text, never a JSON number.", **options: Any) -> None:
        super().__init__(r"^[0-9]{1,12}(\.[0-9]{1,2})?$", help_text=help_text, **options)


class MoneyShape(StrictSerializer):
    """How money is written: an amount as decimal text, and its currency."""

    amount = AmountText()
    currency = serializers.ChoiceField(choices=sorted(EXPONENTS))


@extend_schema_field(MoneyShape)
class MoneyField(serializers.Field):
    """`{"amount": "10.50", "currency": "CNY"}` for a positive `Money`."""

    default_error_messages = {
        "shape": _('Write money as {"amount": "10.50", "currency": "CNY"}, the amount as text and nothing else.'),
    }

    def to_internal_value(self, data: Any) -> Money:
        if not (isinstance(data, dict) and set(data) == {"amount", "currency"}):
            raise serializers.ValidationError(self.error_messages["shape"], code="invalid_amount")
        if not all(isinstance(part, str) for part in data.values()):
            raise serializers.ValidationError(self.error_messages["shape"], code="invalid_amount")
        try:
            return Money.parse(data["amount"], data["currency"])
        except DomainError as error:
            raise serializers.ValidationError(error.user_message, code=error.code) from error

    def to_representation(self, value: Money) -> dict[str, str]:
        return money_json(value.minor, value.currency)


class SignedMoneyShape(serializers.Serializer):
    """A sum or a difference: an amount as decimal text, perhaps negative, and its currency."""

    amount = serializers.RegexField(r"^-?[0-9]{1,17}(\.[0-9]{1,2})?$", help_text="Decimal text, never a JSON number.")
    currency = serializers.ChoiceField(choices=sorted(EXPONENTS))


@extend_schema_field(SignedMoneyShape)
class SignedMoneyField(MoneyField):
    """The same for a `Money` that may be negative; only written, never read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)


class MinorField(MoneyField):
    """A column of minor units, written as money in the currency of its row or in the one of the context."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def get_attribute(self, instance: Any) -> Money:
        owner = get_attribute(instance, self.source_attrs[:-1])
        currency = next((row.currency for row in (owner, instance) if getattr(row, "currency", None)), None)
        currency = currency or self.context["currency"]
        minor: Any = super().get_attribute(instance)
        return Money(minor, currency)


class ByCodeField(serializers.DictField):
    """Values by code."""

    MOST, CODE = 20, "[A-Za-z0-9_]{1,40}"

    default_error_messages = {
        "codes": _("Give at most %(most)s, each with a code of 1 to 40 letters, digits and underscores."),
    }

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        if len(values) > self.MOST or not all(re.fullmatch(self.CODE, code) for code in values):
            raise serializers.ValidationError(self.error_messages["codes"] % {"most": self.MOST}, code="invalid")
        return values


class TruthField(serializers.BooleanField):
    """JSON's `true` or `false`; no word, number or gap that may or may not be meant for one."""

    WRITTEN: Mapping[Any, bool] = {}

    def to_internal_value(self, data: Any) -> bool:
        if isinstance(data, str) and data in self.WRITTEN:
            return self.WRITTEN[data]
        if not isinstance(data, bool) or self.WRITTEN:
            self.fail("invalid", input=data)
        return data

    def get_value(self, dictionary: Mapping[Any, Any]) -> Any:
        """An empty field of a form is one that is wrongly filled in, not one that was left out."""
        return dictionary.get(self.field_name, empty)


class TruthWordField(TruthField):
    """The same in a form or a query, where it is the word `true` or `false`."""

    WRITTEN: Mapping[Any, bool] = {"true": True, "false": False}


@extend_schema_field({"type": "string", "format": "date", "pattern": _DAY})
class LenderDateField(serializers.DateField):
    """A calendar date in the lender's time zone, such as 2026-01-31."""

    def to_internal_value(self, value: Any) -> date:
        try:
            return parse_date(value, field=self.field_name or "")
        except DomainError as error:
            raise serializers.ValidationError(error.user_message, code=error.code) from error


@extend_schema_field(MOMENT_SHAPE)
class MomentField(serializers.DateTimeField):
    """A moment with its offset, in the years that can be computed with."""

    default_error_messages = {"range": _("Write a moment with its offset, in the years 1970 to 2199.")}

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = super().to_internal_value(value)
        except OverflowError:
            moment = None
        if moment is None or not 1970 <= moment.year <= 2199:
            raise serializers.ValidationError(self.error_messages["range"], code="invalid")
        return moment


def money_json(minor: int, currency: str) -> dict[str, str]:
    return {"amount": format_minor(minor, currency), "currency": currency}


def checked(serializer: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    """
    Return the values that the serializer reads from the input.

    :raises rest_framework.exceptions.ValidationError: with every faulty field.
    """
    given = serializer(data=data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
