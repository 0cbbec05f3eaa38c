"""What reaching somebody costs us, as a policy pack writes it: what is set against the money that comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashu.kernel.errors import DomainError
from dashu.kernel.money import parse_minor

CHANNELS = ("EMAIL", "SMS", "CALL", "AI_CALL", "VISIT", "LETTER")


@dataclass(frozen=True, slots=True)
class ContactCosts:
    """:param rates: of one contact, in minor units of `currency`, by channel."""

    currency: str
    rates: Mapping[str, int]


def contact_costs_of(value: Any) -> ContactCosts:
    currency, rates = str(value["currency"]), value["rates"]
    if set(rates) != set(CHANNELS):
        raise ValueError(f"each of {', '.join(CHANNELS)} has a rate, and nothing else, not {', '.join(rates)}")
    try:
        minors = {channel: parse_minor(rates[channel], currency, allow_zero=True) for channel in CHANNELS}
    except DomainError as error:
        raise ValueError(error.user_message) from error
    return ContactCosts(currency, minors)
