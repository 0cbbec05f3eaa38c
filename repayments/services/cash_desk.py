"""Take cash over the counter."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor
from loans.models import Loan
from repayments.models import Channel, Payment
from repayments.selectors.standings import standings_of
from repayments.services.booking import lock_loan
from repayments.services.receive_payment import LoanNotPayable, receive_payment
from repayments.services.split_payment import loans_of_split, receive_split_payment


class MoreThanOwed(DomainError):
    """More than everything that is owed is paid, and nobody has said that the rest is to be a credit."""

    code = "more_than_owed"
    http_status = 409


class CashReceipt(NamedTuple):
    """What the receipt page shows: the payments that one sum of cash became, in the order stated."""

    reference: str
    payments: list[Payment]


@transaction.atomic
def take_cash(
    *,
    loan_id: int,
    amount_minor: int,
    received_on: date,
    today: date,
    receipt_number: str,
    actor: str,
    accepts_credit: bool = False,
    other_parts: Sequence[tuple[int, int]] = (),
) -> CashReceipt:
    """
    Book cash for a loan, or split over it and other loans of the same borrower.

    The same receipt number again with the same facts returns what was booked first and changes nothing.

    :param amount_minor: all the cash; what `other_parts` leave of it is for the loan itself.
    :param receipt_number: of the paper receipt, once for each sum of cash.
    :param accepts_credit: the payer knows that what is beyond everything owed is kept as their credit.
    :raises MoreThanOwed: it is beyond everything owed, and `accepts_credit` is False.
    :raises LoanNotPayable: the loan has not been paid out.
    :raises SplitDoesNotAddUp, LoanNotFound, ReferenceReused, DateOutsideContract, InvalidAmount: see the services
        that book it.
    """
    reference = f"CASH-{receipt_number}"
    own_minor = amount_minor - sum(amount for _loan_id, amount in other_parts)
    parts = [(loan_id, own_minor), *other_parts]
    loan = lock_loan(loan_id) if not other_parts else None
    loans = {loan_id: loan} if loan else loans_of_split(borrower_id=_borrower_of(loan_id), parts=parts)
    known = Payment.objects.filter(reference__in=[reference, f"{reference}-1"]).exists()
    if not known and not accepts_credit:
        _refuse_beyond_owed(loans, parts, today=today)
    if other_parts:
        group = receive_split_payment(
            borrower_id=_borrower_of(loan_id),
            parts=parts,
            total_minor=amount_minor,
            received_on=received_on,
            today=today,
            reference=reference,
            channel=Channel.CASH_DESK,
            actor=actor,
            has_arrived=accepts_credit,
        )
        booked = group.parts.select_related("payment__loan").order_by("position")
        return CashReceipt(reference, [part.payment for part in booked])
    payment = receive_payment(
        loan_id=loan_id,
        amount_minor=amount_minor,
        received_on=received_on,
        today=today,
        reference=reference,
        channel=Channel.CASH_DESK,
        actor=actor,
        has_arrived=accepts_credit,
    )
    return CashReceipt(reference, [payment])


def _borrower_of(loan_id: int) -> int:
    return Loan.objects.values_list("borrower_id", flat=True).get(pk=loan_id)


def _refuse_beyond_owed(loans: dict[int, Loan], parts: Sequence[tuple[int, int]], *, today: date) -> None:
    standings = standings_of(loans.values(), today=today)
    for loan_id, amount_minor in parts:
        loan, standing = loans[loan_id], standings.get(loan_id)
        if standing is None:
            raise LoanNotPayable(_("This loan has not been paid out yet."), field="loan")
        if amount_minor > standing.left_to_pay:
            raise MoreThanOwed(
                _("Loan %(loan)s owes %(owed)s in all. Confirm that the other %(rest)s are kept as a credit."),
                field="accepts_credit",
                params={
                    "loan": loan.number,
                    "owed": format_minor(standing.left_to_pay, loan.currency),
                    "rest": format_minor(amount_minor - standing.left_to_pay, loan.currency),
                },
            )
