"""
Payments through a payment provider.

A checkout is started here, the payer confirms or declines it at the provider, and the provider's signed callback books
the payment. Callbacks may come twice, late or in any order: the checkout's first outcome PAID is final, and the
provider's reference makes the payment exactly once. Signatures follow the Standard Webhooks specification.
"""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from dashu.kernel.errors import DomainError
from dashu.kernel.money import InvalidAmount, format_minor
from loans.models import Loan
from repayments.models import Channel, Checkout, Payment
from repayments.selectors.standings import standings_of
from repayments.services.booking import lock_loan
from repayments.services.receive_payment import LoanNotPayable, receive_payment
from repayments.services.settle_by_quote import settle_checkout

ACTOR = "system:gateway"


class CallbackRefused(DomainError):
    """A callback is not signed by the provider, is too old, or is not of its form."""

    code = "callback_refused"
    http_status = 400


class CheckoutNotFound(DomainError):
    """There is no checkout with this token."""

    code = "checkout_not_found"
    http_status = 404


class NoPaymentProvider(DomainError):
    """This installation has no payment provider; the simulated one is for demonstrations only."""

    code = "no_payment_provider"
    http_status = 503


class Provider(Protocol):
    """What a payment provider's adapter offers. A real one also returns the provider's own checkout page."""

    def checkout_url(self, checkout: Checkout) -> str:
        """Return where the payer confirms the payment."""
        ...

    def read_callback(self, body: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """
        Return `{"checkout", "outcome": "PAID" | "DECLINED", "reference"}` of a genuine callback.

        :raises CallbackRefused: the signature, the age or the form is wrong.
        """
        ...


class SimulatedProvider:
    """A provider without money: its checkout page lets the payer choose what happens."""

    def checkout_url(self, checkout: Checkout) -> str:
        return reverse("simulated_gateway", args=[checkout.token])

    def read_callback(self, body: str, headers: Mapping[str, str]) -> dict[str, Any]:
        try:
            message = _webhook().verify(body, dict(headers))
        except (WebhookVerificationError, ValueError, KeyError) as error:
            raise CallbackRefused(_("The callback is not signed by the payment provider.")) from error
        if not isinstance(message, dict) or message.get("outcome") not in ("PAID", "DECLINED"):
            raise CallbackRefused(_("The callback does not say what happened."))
        return message

    def sign_callback(self, checkout: Checkout, outcome: str) -> tuple[str, dict[str, str]]:
        """Return the body and headers that this provider would send. Sending them twice books once."""
        body = json.dumps({"checkout": str(checkout.token), "outcome": outcome, "reference": f"SIM-{checkout.token}"})
        message_id, sent_at = f"msg_{checkout.token}", datetime.now(UTC)
        return body, {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": _webhook().sign(message_id, sent_at, body),
        }


def start_checkout(*, loan_id: int, amount_minor: int, today: date) -> Checkout:
    """
    Begin an online payment; nothing is booked until the provider calls back.

    :raises NoPaymentProvider: online payment is not set up here.
    :raises LoanNotPayable: the loan is not running.
    :raises InvalidAmount: nothing, or more than everything that is still owed.
    """
    provider()
    with transaction.atomic():
        loan = lock_loan(loan_id)
        if loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
            raise LoanNotPayable(_("This loan is settled; nothing more is to be paid on it."), field="loan")
        most = standings_of([loan], today=today)[loan.pk].left_to_pay
        if not 0 < amount_minor <= most:
            raise InvalidAmount(
                _("Enter an amount between 0.01 and %(most)s, which is all that is still owed."),
                field="amount",
                params={"most": format_minor(most, loan.currency)},
            )
        return Checkout.objects.create(token=uuid.uuid4(), loan=loan, amount_minor=amount_minor)


def book_callback(*, body: str, headers: Mapping[str, str], today: date) -> Checkout:
    """
    Book what the provider says happened; the same callback again changes nothing.

    Money for a loan that was settled meanwhile is kept as the borrower's credit.

    :raises NoPaymentProvider: online payment is not set up here.
    :raises CallbackRefused: not a genuine callback.
    :raises CheckoutNotFound: genuine, but of a checkout that is not here.
    """
    message = provider().read_callback(body, headers)
    with transaction.atomic():
        found = Checkout.objects.filter(token=_token(message)).values_list("loan_id", flat=True).first()
        if found is None:
            raise CheckoutNotFound(_("There is no such checkout."), field="checkout")
        lock_loan(found)
        checkout = Checkout.objects.select_related("loan", "payment", "payoff__quote").get(token=_token(message))
        if checkout.status == Checkout.Status.PAID:
            return checkout
        if message["outcome"] == "PAID":
            checkout.payment = _book(checkout, str(message["reference"])[:80], today=today)
        checkout.status = Checkout.Status(message["outcome"])
        checkout.save(update_fields=["status", "payment"])
        return checkout


def provider() -> SimulatedProvider:
    """
    Return the provider in use. A real one is a second class of the `Provider` form, chosen here by a setting.

    :raises NoPaymentProvider: payments without money are not switched on, as in production unless it says so.
    """
    if not settings.SIMULATED_GATEWAY:
        raise NoPaymentProvider(_("Online payment is not set up here. Pay by bank transfer, as your contract says."))
    return SimulatedProvider()


def _book(checkout: Checkout, reference: str, *, today: date) -> Payment:
    if payoff := getattr(checkout, "payoff", None):
        return settle_checkout(payoff, today=today, reference=reference, actor=ACTOR)
    return receive_payment(
        loan_id=checkout.loan_id,
        amount_minor=checkout.amount_minor,
        received_on=today,
        today=today,
        reference=reference,
        channel=Channel.GATEWAY,
        actor=ACTOR,
        has_arrived=True,
    )


def _token(message: Mapping[str, Any]) -> uuid.UUID:
    try:
        return uuid.UUID(str(message.get("checkout")))
    except ValueError as error:
        raise CallbackRefused(_("The callback does not name a checkout."), field="checkout") from error


def _webhook() -> Webhook:
    secret = hmac.new(settings.SECRET_KEY.encode(), b"payment gateway callbacks", hashlib.sha256).digest()
    return Webhook(base64.b64encode(secret).decode())
