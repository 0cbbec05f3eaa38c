"""
Payments in bulk: each line is a payment as `POST /loans/{number}/payments` takes it, booked by the same service.

A reference that is known is not booked again: with the same facts the line is known, with others it is refused.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from dashu.api.errors import first_fault
from dashu.api.fields import LenderDateField, StrictSerializer
from dashu.bulk.kinds import Doing, Done, JobKind, Values
from dashu.kernel.errors import DomainError
from dashu.kernel.money import CurrencyMismatch, Money
from loans.models import Loan
from repayments.api.payment_serializers import PaymentIn, stored_reference
from repayments.models import Channel, Payment
from repayments.services.booking import LoanNotFound
from repayments.services.receive_payment import receive_payment


class PaymentLine(StrictSerializer):
    """One line. Amount and currency are two cells; all else is as in a single payment."""

    loan = serializers.CharField(max_length=60)
    amount = serializers.CharField(max_length=20)
    currency = serializers.CharField(max_length=3)
    received_on = LenderDateField()
    reference = PaymentIn().fields["reference"]


class LineFault(DomainError):
    """What the line says has not the form of a payment; it has the code that a single payment would get."""

    def __init__(self, code: str, message: str, field: str | None) -> None:
        super().__init__(message, field=field)
        self.code = code  # type: ignore[misc]


def receive_line(values: Values, doing: Doing) -> Done:
    given = _checked(values)
    amount = Money.parse(given["amount"], given["currency"])
    user = doing.partner.user
    assert user is not None  # its program sent the file
    loan = Loan.objects.visible_to(user).filter(partner=doing.partner, number=given["loan"]).first()
    if loan is None:
        raise LoanNotFound(_("There is no such loan."), field="loan")
    if amount.currency != loan.currency:
        raise CurrencyMismatch(
            _("This loan is in %(currency)s. Send the amount in that currency."),
            field="currency",
            params={"currency": loan.currency},
        )
    reference = stored_reference(doing.partner, given["reference"])
    is_known = Payment.objects.filter(reference=reference).exists()
    receive_payment(
        loan_id=loan.pk,
        amount_minor=amount.minor,
        received_on=given["received_on"],
        today=doing.today,
        reference=reference,
        channel=Channel.PARTNER,
        actor=doing.actor,
    )
    return Done({"loan": loan.number, "payment": given["reference"]}, is_known=is_known)


def _checked(values: Values) -> dict[str, Any]:
    """Return the values of a line; in JSON too they are texts, and an amount is never a number."""
    not_texts = [name for name, value in values.items() if not isinstance(value, str)]
    if not_texts:
        raise LineFault("invalid_input", str(_("Write every value as text, amounts too.")), not_texts[0][:80])
    line = PaymentLine(data=dict(values))
    try:
        line.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        raise LineFault(*first_fault(error)) from error
    return dict(line.validated_data)


PAYMENTS = JobKind(
    code="payments",
    scope="payments:write",
    columns=("loan", "amount", "currency", "received_on", "reference"),
    needed=("loan", "amount", "currency", "received_on", "reference"),
    most_lines=50_000,
    perform=receive_line,
)
