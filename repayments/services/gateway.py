"""
Payments through a payment provider: starting them, and taking in what the provider tells.

A checkout is started here, the payer confirms or declines it at the provider, and the provider's signed callback books
the payment. Every message is logged under the provider's id of it, so a repeated one is answered from the log.
Messages may come twice, late or in any order; `repayments.services.provider_events` says what each one does.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.kernel.money import InvalidAmount, format_minor
from loans.models import Loan
from repayments.gateways.base import CallbackRefused, NoPaymentProvider, Order, ProviderEvent
from repayments.gateways.choosing import provider, provider_named
from repayments.gateways.simulated import SimulatedProvider
from repayments.models import Checkout, GatewayCallback, PayoffQuote
from repayments.selectors.standings import standings_of
from repayments.services.booking import lock_loan
from repayments.services.provider_events import CheckoutNotFound, apply_event
from repayments.services.receive_payment import LoanNotPayable
from repayments.services.split_payment import loans_of_split

__all__ = [
    "CHECKOUT_LASTS",
    "CallbackRefused",
    "CheckoutNotFound",
    "CheckoutReused",
    "NoPaymentProvider",
    "SimulatedProvider",
    "begun_with",
    "book_callback",
    "checkout_address",
    "order_of",
    "provider",
    "start_checkout",
    "start_split_checkout",
    "take_event",
]

# WeChat Pay keeps an order for two hours unless told otherwise; the others are told.
CHECKOUT_LASTS = timedelta(hours=2)


class CheckoutReused(DomainError):
    """The token belongs to a checkout of another amount or another loan."""

    code = "checkout_reused"
    http_status = 409


def start_checkout(*, loan_id: int, amount_minor: int, today: date, token: uuid.UUID | None = None) -> Checkout:
    """
    Begin an online payment; nothing is booked until the provider calls back.

    :param token: made by whoever asks; asking again with it returns the first checkout, whatever became of it.
    :raises CheckoutReused: the token belongs to a checkout of another amount or another loan.
    :raises NoPaymentProvider: online payment is not set up here.
    :raises LoanNotPayable: the loan is not running.
    :raises InvalidAmount: nothing, or more than everything that is still owed.
    """
    chosen = provider()
    with transaction.atomic():
        loan = lock_loan(loan_id)
        if earlier := begun_with(token, loan=loan, amount_minor=amount_minor):
            return earlier
        _refuse_beyond_owed({loan: amount_minor}, today=today)
        return Checkout.objects.create(
            token=token or uuid.uuid4(), loan=loan, amount_minor=amount_minor, provider=chosen.name
        )


def start_split_checkout(
    *, borrower_id: int, parts: Sequence[tuple[int, int]], today: date, token: uuid.UUID | None = None
) -> Checkout:
    """
    Begin one online payment for several loans of a borrower.

    :param parts: loan ids and minor units, in the order in which they are stated to the payer.
    :param token: see `start_checkout`.
    :raises CheckoutReused: the token belongs to another payment.
    :raises NoPaymentProvider: online payment is not set up here.
    :raises LoanNotFound: a loan is not this borrower's.
    :raises LoanNotPayable: a loan is not running.
    :raises InvalidAmount: nothing, or more than everything that is still owed on a loan.
    """
    chosen = provider()
    with transaction.atomic():
        loans = loans_of_split(borrower_id=borrower_id, parts=parts)
        kept = [[loan_id, amount] for loan_id, amount in parts] if len(parts) > 1 else []
        total = sum(amount for _loan_id, amount in parts)
        if earlier := begun_with(token, loan=loans[parts[0][0]], amount_minor=total, parts=kept):
            return earlier
        _refuse_beyond_owed({loans[loan_id]: amount for loan_id, amount in parts}, today=today)
        return Checkout.objects.create(
            token=token or uuid.uuid4(),
            loan=loans[parts[0][0]],
            amount_minor=total,
            parts=kept,
            provider=chosen.name,
        )


def checkout_address(checkout: Checkout, *, payer_ip: str = "") -> str:
    """
    Tell the provider of a checkout and return where the payer confirms it. Calls the provider: not in a transaction.

    :raises ProviderUnavailable: no answer; the checkout may be tried again or left to expire.
    :raises ProviderRefused: it takes no such order.
    """
    return provider_named(checkout.provider).create(order_of(checkout, payer_ip=payer_ip))


def order_of(checkout: Checkout, *, payer_ip: str = "") -> Order:
    return Order(
        token=checkout.token,
        amount_minor=checkout.amount_minor,
        currency=checkout.loan.currency,
        description=gettext("Loan %(number)s") % {"number": checkout.loan.number},
        expires_at=checkout.created_at + CHECKOUT_LASTS,
        payer_ip=payer_ip,
    )


def begun_with(
    token: uuid.UUID | None,
    *,
    loan: Loan,
    amount_minor: int | None = None,
    parts: Sequence[Sequence[int]] = (),
    quote: PayoffQuote | None = None,
) -> Checkout | None:
    """
    Return the checkout that was begun with this token. The loan's lock makes a second press of the button wait.

    :param amount_minor: None where the quote says it.
    :raises CheckoutReused: the token belongs to a checkout of something else.
    """
    earlier = Checkout.objects.select_related("payoff__quote").filter(token=token).first() if token else None
    if earlier is None:
        return None
    payoff = getattr(earlier, "payoff", None)
    same_amount = amount_minor is None or (earlier.amount_minor, earlier.parts) == (amount_minor, list(parts))
    if earlier.loan_id != loan.pk or not same_amount or (payoff and payoff.quote) != quote:
        raise CheckoutReused(_("This payment was begun with another amount. Please choose the amount again."))
    return earlier


def book_callback(*, body: str, headers: Mapping[str, str], today: date, provider_name: str = "") -> Checkout:
    """
    Book what the provider says happened; the same callback again changes nothing.

    Money for a loan that was settled meanwhile is kept as the borrower's credit.

    :param provider_name: whose callback it is; the provider in use unless named.
    :raises NoPaymentProvider: online payment is not set up here.
    :raises CallbackRefused: not a genuine callback.
    :raises CheckoutNotFound: genuine, but of a checkout that is not here.
    """
    sender = provider_named(provider_name) if provider_name else provider()
    digest = hashlib.sha256(body.encode(errors="replace")).hexdigest()
    try:
        event = sender.read_callback(body, headers)
    except CallbackRefused:
        _log(sender.name, f"unsigned:{digest}", digest, signature_ok=False, outcome=GatewayCallback.Outcome.REFUSED)
        raise
    return take_event(sender.name, event, today=today, digest=digest)


def take_event(name: str, event: ProviderEvent, *, today: date, digest: str = "") -> Checkout:
    """
    Log a genuine message and do what it says, once.

    A message that cannot be booked stays in the log for staff and is refused, so that the provider sends it again.

    :raises CheckoutNotFound: of a checkout that is not here.
    """
    Outcome = GatewayCallback.Outcome  # noqa: N806 – an enumeration
    refusal: DomainError | None = None
    with transaction.atomic():
        # Two deliveries at once: the second waits here for the first, and then finds what it did.
        log_id, outcome = _log(
            name,
            event.event_id,
            digest,
            kind=event.kind.value,
            checkout_token=event.checkout,
            reference=event.reference,
            amount_minor=event.amount_minor,
            currency=event.currency,
            occurred_at=event.occurred_at,
            failure=event.failure,
        )
        error = ""
        if outcome in GatewayCallback.OPEN_OUTCOMES:
            try:
                with transaction.atomic():
                    outcome = apply_event(event, today=today)
            except DomainError as caught:
                refusal, outcome, error = caught, Outcome.FLAGGED, caught.code
            GatewayCallback.objects.filter(pk=log_id).update(outcome=outcome, error=error)
    if refusal:
        raise refusal
    return Checkout.objects.select_related("loan", "payment").get(token=event.checkout)


def _log(provider_name: str, event_id: str, digest: str, **columns: Any) -> tuple[int, str]:
    """Write a message into the log, or count its delivery; return the row's id and what was done with it so far."""
    columns = {"signature_ok": True, **columns, "provider": provider_name, "event_id": event_id, "body_hash": digest}
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO repayments_gatewaycallback AS known ({names}) VALUES ({", ".join("%s" for _name in columns)})
            ON CONFLICT (provider, event_id) DO UPDATE SET deliveries = known.deliveries + 1, latest_at = now()
            RETURNING id, outcome
            """,  # noqa: S608 – the names are those of this module
            list(columns.values()),
        )
        row: tuple[int, str] = cursor.fetchone()
        return row


def _refuse_beyond_owed(amounts: Mapping[Loan, int], *, today: date) -> None:
    """:raises LoanNotPayable, InvalidAmount: see `start_checkout`."""
    for loan in amounts:
        if loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
            raise LoanNotPayable(_("This loan is settled; nothing more is to be paid on it."), field="loan")
    standings = standings_of(amounts, today=today)
    for loan, amount_minor in amounts.items():
        most = standings[loan.pk].left_to_pay
        if not 0 < amount_minor <= most:
            raise InvalidAmount(
                _("Enter an amount between 0.01 and %(most)s, which is all that is still owed."),
                field="amount",
                params={"most": format_minor(most, loan.currency)},
                details={"loan": loan.number},
            )
