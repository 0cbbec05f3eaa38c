"""What every payment provider's adapter offers, and the plain values that go in and come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from dashu.kernel.errors import DomainError


class EventKind(StrEnum):
    """What happened to a checkout at the provider."""

    PAID = "PAID"
    DECLINED = "DECLINED"
    REFUNDED = "REFUNDED"
    CHARGEBACK = "CHARGEBACK"
    CHARGEBACK_WON = "CHARGEBACK_WON"


class Failure(StrEnum):
    """Why money did not come, in words that are the same for every provider."""

    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    OTHER = "OTHER"


class CallbackRefused(DomainError):
    """A callback is not signed by the provider, is too old, or is not of its form."""

    code = "callback_refused"
    http_status = 400


class NoPaymentProvider(DomainError):
    """This installation has no payment provider; the simulated one is for demonstrations only."""

    code = "no_payment_provider"
    http_status = 503


class ProviderUnavailable(DomainError):
    """The payment provider does not answer, also after several tries. Whether it did the work is not known."""

    code = "payment_provider_unavailable"
    http_status = 503


class ProviderRefused(DomainError):
    """The payment provider answered and refuses; asking again does not help."""

    code = "payment_provider_refused"
    http_status = 502


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """
    One thing that happened to a checkout.

    :param event_id: the provider's id of this message: the same however often it is sent.
    :param reference: the provider's id of the payment; unique among all providers by a prefix.
    :param amount_minor: what was really paid, or taken back; 0 where no money moved.
    :param occurred_at: when it happened, which may be long before the message arrives.
    :param failure: of DECLINED, a `Failure`.
    """

    event_id: str
    kind: EventKind
    checkout: UUID
    reference: str
    amount_minor: int
    currency: str
    occurred_at: datetime
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """
    A payment that a payer is to confirm.

    :param token: our id of the checkout; the provider takes it once, so asking again starts no second payment.
    :param payer_ip: some providers ask for it; may be empty.
    """

    token: UUID
    amount_minor: int
    currency: str
    description: str
    expires_at: datetime
    payer_ip: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """Money that is drawn from an account whose owner has agreed. `token` is also the idempotency key."""

    token: UUID
    account_token: str
    amount_minor: int
    currency: str
    description: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account that a payer may let be charged: the provider's token of it, and how it is shown, masked."""

    token: str
    label: str


class PayoutState(StrEnum):
    """How far a payout is at the provider."""

    UNDER_WAY = "UNDER_WAY"
    ARRIVED = "ARRIVED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """
    Money that is to be sent.

    :param token: our id of the payout, under which the provider pays once however often it is asked.
    :param holder: in whose name the account must be.
    :param number: of a bank card or an account; of the credit card itself where its issuer is paid.
    :param pays_issuer: whether it pays off a credit card, so that nobody but its issuer may receive it.
    :param attempt: the how-many-th payout of the loan, from 1.
    """

    token: UUID
    amount_minor: int
    currency: str
    bank: str
    holder: str = field(repr=False)
    number: str = field(repr=False)
    pays_issuer: bool
    description: str
    attempt: int


@dataclass(frozen=True, slots=True)
class PayoutOutcome:
    """
    What became of a payout.

    :param reference: the provider's; empty where it has none.
    :param occurred_at: when it arrived or failed, which may be before we are told.
    :param failure: of FAILED, a `Failure`.
    """

    state: PayoutState
    reference: str
    occurred_at: datetime
    failure: str = ""


class Provider(Protocol):
    """
    A payment provider.

    :cvar name: how rows and addresses name it.
    :cvar can_charge: whether it can draw money on a standing consent.
    :cvar can_pay_out: whether it can send money.
    """

    name: ClassVar[str]
    can_charge: ClassVar[bool]
    can_pay_out: ClassVar[bool]

    def accounts(self) -> Sequence[Account]:
        """Return the accounts that a payer may choose to let be charged; empty where it cannot charge."""
        ...

    def create(self, order: Order) -> str:
        """
        Start the payment there and return the address where the payer confirms it.

        :raises ProviderUnavailable: no answer.
        :raises ProviderRefused: it takes no such order.
        """
        ...

    def read_callback(self, body: str, headers: Mapping[str, str]) -> ProviderEvent:
        """
        Return what a genuine callback says.

        :param headers: with names in lower case.
        :raises CallbackRefused: the signature, the age or the form is wrong.
        """
        ...

    def query(self, order: Order) -> ProviderEvent | None:
        """
        Ask what became of an order; None while it is open or not known there.

        :raises ProviderUnavailable: no answer.
        """
        ...

    def close(self, order: Order) -> None:
        """
        End an order that is not paid, so that it cannot be paid later. Ending it again changes nothing.

        :raises ProviderUnavailable: no answer.
        """
        ...

    def charge(self, charge: Charge) -> None:
        """
        Ask for money on a standing consent; the outcome comes by callback. The same token again asks once.

        :raises ProviderUnavailable: no answer; whether it was taken is not known.
        :raises ProviderRefused: it was not taken.
        """
        ...

    def pay_out(self, order: PayoutOrder) -> PayoutOutcome:
        """
        Send money. The same token again sends nothing more and returns what became of the first.

        :raises ProviderUnavailable: no answer; whether it was sent is not known.
        :raises ProviderRefused: it was not sent.
        """
        ...

    def find_payout(self, order: PayoutOrder) -> PayoutOutcome | None:
        """
        Ask what became of a payout; None: the provider has none of this token.

        :raises ProviderUnavailable: no answer.
        """
        ...
