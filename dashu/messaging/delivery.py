"""What transports share: the key that makes a message one message, its refusal, and what providers tell later."""

from dataclasses import dataclass
from datetime import datetime

from dashu.messaging.models import DeliveryReceipt, OutboxMessage


class NotDelivered(Exception):
    """
    The message did not go out, as far as we know.

    :ivar can_heal: trying later can help.
    :ivar is_uncertain: there was no clear answer, so the provider may have it all the same.
    """

    def __init__(self, reason: str, *, can_heal: bool, is_uncertain: bool = False) -> None:
        super().__init__(reason)
        self.can_heal = can_heal
        self.is_uncertain = is_uncertain


@dataclass(frozen=True, slots=True)
class Receipt:
    """One event of a provider about one message. `key` is the idempotency key under which it was handed over."""

    event_id: str
    key: str
    kind: DeliveryReceipt.Kind
    occurred_at: datetime


def idempotency_key(message: OutboxMessage) -> str:
    """Return the key under which providers know the message; it stays the same through all tries."""
    return str(message.pk)


def address_of(message: OutboxMessage) -> str:
    """Return the borrower's present address on the message's channel; empty for their own account."""
    borrower, channel = message.borrower, OutboxMessage.Channel
    return {channel.EMAIL.value: borrower.email, channel.SMS.value: borrower.phone}.get(message.channel, "")


def address_key_of(message: OutboxMessage) -> str:
    """Return what stands for that address where it is looked up, see `OutboxMessage`."""
    borrower, channel = message.borrower, OutboxMessage.Channel
    return {channel.EMAIL.value: borrower.email, channel.SMS.value: borrower.phone_index}.get(message.channel, "")
