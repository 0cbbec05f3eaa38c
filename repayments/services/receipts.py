"""What payments paid, as rows: written when a payment is booked, rewritten when a restatement finds otherwise."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db import connection

from dashu.finance.allocation import Line
from dashu.finance.loan import Receipt
from repayments.models import LoanEvent, Payment, PaymentAllocation


def receipt_columns(receipt: Receipt) -> dict[str, int]:
    return {
        "fee_minor": receipt.fee,
        "penalty_minor": receipt.penalty,
        "interest_minor": receipt.interest,
        "principal_minor": receipt.principal,
        "unapplied_minor": receipt.unapplied,
    }


def insert_payment(event: LoanEvent, payment: Payment, lines: Sequence[Line]) -> None:
    """Write a new event, its payment and what that counts towards; fill in what the database gave the rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH event AS (
                INSERT INTO repayments_loanevent (loan_id, kind, effective_on, amount_minor, data, actor)
                VALUES (%(loan_id)s, %(kind)s, %(received_on)s, %(amount_minor)s, %(data)s, %(actor)s)
                RETURNING id, posted_at
            ), payment AS (
                INSERT INTO repayments_payment
                    (event_id, loan_id, reference, channel, amount_minor, received_on, posted_at,
                     fee_minor, penalty_minor, interest_minor, principal_minor, unapplied_minor, is_returned)
                SELECT id, %(loan_id)s, %(reference)s, %(channel)s, %(amount_minor)s, %(received_on)s, posted_at,
                       %(fee_minor)s, %(penalty_minor)s, %(interest_minor)s, %(principal_minor)s, %(unapplied_minor)s,
                       false
                FROM event
            ), allocation AS (
                INSERT INTO repayments_paymentallocation
                    (payment_id, number, fee_minor, interest_minor, principal_minor)
                SELECT event.id, part.number, part.fee, part.interest, part.principal
                FROM event, unnest(%(numbers)s::int[], %(fees)s::bigint[], %(interests)s::bigint[],
                                   %(principals)s::bigint[]) AS part (number, fee, interest, principal)
            )
            SELECT id, posted_at FROM event
            """,
            {
                "loan_id": event.loan_id,
                "kind": event.kind,
                "data": json.dumps(event.data),
                "actor": event.actor,
                **{name: getattr(payment, name) for name in _PAYMENT_COLUMNS},
                **_allocation_arrays(lines),
            },
        )
        event.pk, event.posted_at = cursor.fetchone()
    payment.event, payment.posted_at = event, event.posted_at
    # Django tells by this whether a later save() is an UPDATE.
    event._state.adding = payment._state.adding = False


def write_allocations(payment_id: int, receipt: Receipt) -> None:
    """Write one row for each installment that the payment counts towards."""
    PaymentAllocation.objects.bulk_create(
        PaymentAllocation(payment_id=payment_id, number=number, **amounts)
        for number, amounts in _by_installment(receipt.lines).items()
    )


def rewrite_receipts(loan_id: int, receipts: Mapping[int, Receipt]) -> None:
    """Bring the loan's payments in line with a replay; the amounts of the payments stay what they were."""
    for payment in Payment.objects.filter(loan_id=loan_id, is_returned=False):
        receipt = receipts[payment.pk]
        assert receipt.amount == payment.amount_minor
        Payment.objects.filter(pk=payment.pk).update(**receipt_columns(receipt))
        PaymentAllocation.objects.filter(payment_id=payment.pk).delete()
        write_allocations(payment.pk, receipt)


def _by_installment(lines: Sequence[Line]) -> dict[int, dict[str, int]]:
    parts: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for line in lines:
        if line.number is not None:
            parts[line.number][f"{line.component}_minor"] = line.minor
    return parts


def _allocation_arrays(lines: Sequence[Line]) -> dict[str, list[int]]:
    parts = _by_installment(lines)
    columns = {
        name: [amounts.get(f"{name.removesuffix('s')}_minor", 0) for amounts in parts.values()]
        for name in ("fees", "interests", "principals")
    }
    return {"numbers": list(parts), **columns}


_PAYMENT_COLUMNS = (
    "reference", "channel", "amount_minor", "received_on",
    "fee_minor", "penalty_minor", "interest_minor", "principal_minor", "unapplied_minor",
)  # fmt: skip
