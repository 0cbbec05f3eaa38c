"""
A provider without money, for demonstrations and tests: whoever confirms a payment chooses what happens.

Callbacks are signed as the Standard Webhooks specification says. `Deliveries` sends them the way real providers do:
again until they are accepted, twice, late or in the wrong order.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from dashu.celery import app
from repayments.gateways.base import (
    Account,
    CallbackRefused,
    Charge,
    EventKind,
    Failure,
    Order,
    PayoutOrder,
    PayoutOutcome,
    PayoutState,
    ProviderEvent,
    ProviderUnavailable,
)

# The accounts of the simulated bank: what happens when they are charged.
ACCOUNTS = (
    Account("sim-pays", "•••• 6789"),
    Account("sim-empty", "•••• 0002"),
    Account("sim-closed", "•••• 0003"),
)
OUTCOMES = {
    "sim-pays": (EventKind.PAID, ""),
    "sim-empty": (EventKind.DECLINED, Failure.INSUFFICIENT_FUNDS.value),
    "sim-closed": (EventKind.DECLINED, Failure.ACCOUNT_CLOSED.value),
}
ANSWER_SECONDS = 3


class Fate(StrEnum):
    """What becomes of money that is sent to an account of the simulated bank."""

    FAILS_ONCE = "FAILS_ONCE"
    FAILS = "FAILS"
    SILENT = "SILENT"  # no answer, but it arrives: asked about it, the provider says so
    UNKNOWN = "UNKNOWN"  # no answer, and the provider never heard of it


# By the last four digits; all others arrive.
FATES = {"0002": Fate.FAILS_ONCE, "0003": Fate.FAILS, "0004": Fate.SILENT, "0005": Fate.UNKNOWN}


class Payable(Protocol):
    """A checkout, or an order: what a callback is about."""

    @property
    def token(self) -> UUID: ...
    @property
    def amount_minor(self) -> int: ...


class SimulatedProvider:
    name: ClassVar[str] = "simulated"
    can_charge: ClassVar[bool] = True
    can_pay_out: ClassVar[bool] = True

    def accounts(self) -> Sequence[Account]:
        return ACCOUNTS

    def create(self, order: Order) -> str:
        return reverse("simulated_gateway", args=[order.token])

    def read_callback(self, body: str, headers: Mapping[str, str]) -> ProviderEvent:
        try:
            message = _webhook().verify(body, dict(headers))
        except (WebhookVerificationError, ValueError, KeyError) as error:
            raise CallbackRefused(_("The callback is not signed by the payment provider.")) from error
        try:
            return ProviderEvent(
                event_id=_text(message["event_id"]),
                kind=EventKind(message["outcome"]),
                checkout=UUID(_text(message["checkout"])),
                reference=_text(message["reference"]),
                amount_minor=_whole(message["amount_minor"]),
                currency=_text(message["currency"]),
                occurred_at=datetime.fromisoformat(_text(message["occurred_at"])),
                failure=_text(message["failure"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CallbackRefused(_("The callback does not say what happened.")) from error

    def query(self, order: Order) -> ProviderEvent | None:
        """Nothing: what the payer chose is known from the callback only."""
        return None

    def close(self, order: Order) -> None:
        """Nothing to do: a confirmation that comes later is still taken."""

    def charge(self, charge: Charge) -> None:
        """Answer by a callback some seconds later, as the account's name says."""
        kind, failure = OUTCOMES.get(charge.account_token, (EventKind.DECLINED, Failure.OTHER.value))
        call_back_later(charge.token, kind, failure=failure)

    def pay_out(self, order: PayoutOrder) -> PayoutOutcome:
        """Answer at once, as the end of the number says, see `FATES`."""
        if FATES.get(order.number[-4:]) in (Fate.SILENT, Fate.UNKNOWN):
            raise ProviderUnavailable(_("The payment provider does not answer. It is asked again what became of it."))
        return self._fate(order)

    def find_payout(self, order: PayoutOrder) -> PayoutOutcome | None:
        """It has no memory: what became of a payout follows from its order."""
        return None if FATES.get(order.number[-4:]) is Fate.UNKNOWN else self._fate(order)

    def _fate(self, order: PayoutOrder) -> PayoutOutcome:
        fate = FATES.get(order.number[-4:])
        reference, now = f"SIM-OUT-{order.token}", datetime.now(UTC)
        if fate is Fate.FAILS or (fate is Fate.FAILS_ONCE and order.attempt == 1):
            return PayoutOutcome(PayoutState.FAILED, reference, now, Failure.ACCOUNT_CLOSED.value)
        return PayoutOutcome(PayoutState.ARRIVED, reference, now)

    def sign_callback(
        self,
        checkout: Payable,
        outcome: str,
        *,
        amount_minor: int | None = None,
        currency: str = "CNY",
        occurred_at: datetime | None = None,
        event_id: str = "",
        failure: str = "",
    ) -> tuple[str, dict[str, str]]:
        """
        Return the body and headers that this provider would send now. Sending them twice books once.

        The message's id follows from the checkout and the outcome, unless another is given.
        """
        now = datetime.now(UTC)
        event_id = event_id or f"evt_{checkout.token}_{outcome}"
        message = {
            "event_id": event_id,
            "checkout": str(checkout.token),
            "outcome": outcome,
            "reference": f"SIM-{checkout.token}" + ("-WON" if outcome == EventKind.CHARGEBACK_WON else ""),
            "amount_minor": checkout.amount_minor if amount_minor is None else amount_minor,
            "currency": currency,
            "occurred_at": (occurred_at or now).isoformat(),
            "failure": failure or (Failure.OTHER.value if outcome == EventKind.DECLINED else ""),
        }
        body = json.dumps(message)
        return body, {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": _webhook().sign(event_id, now, body),
        }


def call_back_later(token: UUID, kind: EventKind, *, failure: str = "", seconds: int = ANSWER_SECONDS) -> None:
    """
    Have a worker deliver a callback after some seconds.

    :raises ProviderUnavailable: the broker is down.
    """
    facts = {"token": str(token), "outcome": kind.value, "failure": failure}
    try:
        app.send_task("repayments.tasks.deliver_simulated_callback", kwargs=facts, countdown=seconds, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        raise ProviderUnavailable(
            _("The payment provider does not answer. Nothing was paid. Try again in a while.")
        ) from error


# Takes body and headers and returns the HTTP status of the answer.
Send = Callable[[str, dict[str, str]], int]

SCRIPTS: dict[str, tuple[EventKind, ...]] = {
    "pay": (EventKind.PAID,),
    "decline": (EventKind.DECLINED,),
    "pay_twice_told": (EventKind.PAID, EventKind.PAID),
    "pay_then_late_decline": (EventKind.PAID, EventKind.DECLINED),
    "decline_then_pay": (EventKind.DECLINED, EventKind.PAID),
    "pay_then_charge_back": (EventKind.PAID, EventKind.CHARGEBACK),
    "charge_back_told_first": (EventKind.CHARGEBACK, EventKind.PAID),
    "charge_back_and_won": (EventKind.PAID, EventKind.CHARGEBACK, EventKind.CHARGEBACK_WON),
}


@dataclass(slots=True)
class Deliveries:
    """
    The provider's sending side.

    :param tries: how often a callback is sent until it is answered with 2xx.
    :ivar answers: every status that came back, in order.
    """

    send: Send
    tries: int = 5
    answers: list[int] = field(default_factory=list)

    def play(self, script: str, checkout: Payable, **facts: Any) -> None:
        """Send the callbacks of a script one after the other."""
        self.deliver([(kind, facts) for kind in SCRIPTS[script]], checkout)

    def deliver(self, messages: Sequence[tuple[EventKind, Mapping[str, Any]]], checkout: Payable) -> None:
        """Send these callbacks in this order, each signed at the moment it leaves and repeated until it is taken."""
        began = datetime.now(UTC)
        for kind, facts in messages:
            happened = {"occurred_at": began + timedelta(seconds=list(EventKind).index(kind)), **facts}
            for _try in range(self.tries):
                body, headers = SimulatedProvider().sign_callback(checkout, kind.value, **happened)
                self.answers.append(self.send(body, headers))
                if 200 <= self.answers[-1] < 300:
                    break


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 120:
        raise TypeError(f"expected a short text, not {value!r:.80}")
    return value


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"expected whole minor units, not {value!r:.80}")
    return value


def _webhook() -> Webhook:
    secret = hmac.new(settings.SECRET_KEY.encode(), b"payment gateway callbacks", hashlib.sha256).digest()
    return Webhook(base64.b64encode(secret).decode())
