"""What payments paid, as rows: written when a payment is booked, rewritten when a restatement finds otherwise."""

from collections import defaultdict
from collections.abc import Mapping

from dashu.finance.loan import Receipt
from repayments.models import Payment, PaymentAllocation


def receipt_columns(receipt: Receipt) -> dict[str, int]:
    return {
        "fee_minor": receipt.fee,
        "penalty_minor": receipt.penalty,
        "interest_minor": receipt.interest,
        "principal_minor": receipt.principal,
        "unapplied_minor": receipt.unapplied,
    }


def write_allocations(payment_id: int, receipt: Receipt) -> None:
    """Write one row for each installment that the payment counts towards."""
    parts: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for line in receipt.lines:
        if line.number is not None:
            parts[line.number][f"{line.component}_minor"] = line.minor
    PaymentAllocation.objects.bulk_create(
        PaymentAllocation(payment_id=payment_id, number=number, **amounts) for number, amounts in parts.items()
    )


def rewrite_receipts(loan_id: int, receipts: Mapping[int, Receipt]) -> None:
    """Bring the loan's payments in line with a replay; the amounts of the payments stay what they were."""
    for payment in Payment.objects.filter(loan_id=loan_id, is_returned=False):
        receipt = receipts[payment.pk]
        assert receipt.amount == payment.amount_minor
        Payment.objects.filter(pk=payment.pk).update(**receipt_columns(receipt))
        PaymentAllocation.objects.filter(payment_id=payment.pk).delete()
        write_allocations(payment.pk, receipt)
