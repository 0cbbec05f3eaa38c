"""Record one sum of money for several loans of a borrower, as the payer split it: all of it or nothing."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from psycopg2.errors import UniqueViolation

from dashu.kernel.errors import DomainError
from dashu.kernel.money import CurrencyMismatch, InvalidAmount
from loans.models import Loan
from repayments.models import PaymentGroup, PaymentGroupPart
from repayments.services.booking import LoanNotFound, lock_loan
from repayments.services.receive_payment import ReferenceReused, receive_payment

Parts = Sequence[tuple[int, int]]
MOST_PARTS = 50


class SplitDoesNotAddUp(DomainError):
    """The parts do not sum to the total, there are none, or a loan is named twice."""

    code = "split_does_not_add_up"


@transaction.atomic
def receive_split_payment(
    *,
    borrower_id: int,
    parts: Parts,
    total_minor: int,
    received_on: date,
    today: date,
    reference: str,
    channel: str,
    actor: str,
    has_arrived: bool = False,
    checkout_id: int | None = None,
) -> PaymentGroup:
    """
    Book each part as a payment of its loan, with the references `<reference>-1`, `<reference>-2` and so on.

    Calling again with the same reference returns the first group and changes nothing.

    :param parts: loan ids and minor units, in the order stated.
    :param total_minor: what came in; the parts must sum to it.
    :param checkout_id: the checkout that the money came through, None for any other channel.
    :raises SplitDoesNotAddUp: the parts do not sum to the total, or a loan is named twice.
    :raises LoanNotFound: a loan is not this borrower's.
    :raises CurrencyMismatch: the loans are of different currencies.
    :raises ReferenceReused: the reference belongs to a different payment.

    A part is refused as `receive_payment` refuses it, and then nothing is booked.
    """
    loans = loans_of_split(borrower_id=borrower_id, parts=parts)
    _refuse_wrong_sum(parts, total_minor)
    if earlier := PaymentGroup.objects.filter(reference=reference).first():
        return _same_or_refuse(earlier, borrower_id=borrower_id, parts=parts, received_on=received_on)
    group = _insert(
        PaymentGroup(
            reference=reference,
            borrower_id=borrower_id,
            total_minor=total_minor,
            currency=loans[parts[0][0]].currency,
            received_on=received_on,
            channel=channel,
            checkout_id=checkout_id,
        )
    )
    for position, (loan_id, amount_minor) in enumerate(parts, start=1):
        payment = receive_payment(
            loan_id=loan_id,
            amount_minor=amount_minor,
            received_on=received_on,
            today=today,
            reference=f"{reference}-{position}",
            channel=channel,
            actor=actor,
            has_arrived=has_arrived,
        )
        PaymentGroupPart.objects.create(group=group, position=position, payment=payment)
    return group


def loans_of_split(*, borrower_id: int, parts: Parts) -> dict[int, Loan]:
    """
    Lock the loans of a split, lowest id first, so that two splits never wait for each other; return them by id.

    :raises SplitDoesNotAddUp: there is no part, there are too many, or a loan is named twice.
    :raises LoanNotFound: a loan is not this borrower's.
    :raises CurrencyMismatch: the loans are of different currencies.
    """
    ids = [loan_id for loan_id, _amount in parts]
    if not ids or len(ids) > MOST_PARTS or len(set(ids)) != len(ids):
        raise SplitDoesNotAddUp(
            _("Name each loan once, from 1 to %(most)s of them."), field="parts", params={"most": MOST_PARTS}
        )
    loans = {loan_id: lock_loan(loan_id) for loan_id in sorted(ids)}
    if any(loan.borrower_id != borrower_id for loan in loans.values()):
        raise LoanNotFound(_("There is no such loan."), field="loan")
    if len({loan.currency for loan in loans.values()}) > 1:
        raise CurrencyMismatch(_("These loans are in different currencies. Pay them one by one."), field="parts")
    return loans


def shared_out(parts: Iterable[tuple[int, int]], arrived_minor: int) -> list[tuple[int, int]]:
    """
    Return the parts as far as the money that really came fills them, in order; what is over goes with the last one.

    Parts that get nothing are left out.
    """
    left, filled = arrived_minor, []
    stated = list(parts)
    for number, (loan_id, amount_minor) in enumerate(stated, start=1):
        part = left if number == len(stated) else min(left, amount_minor)
        filled.append((loan_id, part))
        left -= part
    return [(loan_id, part) for loan_id, part in filled if part]


def _refuse_wrong_sum(parts: Parts, total_minor: int) -> None:
    if any(amount <= 0 for _loan_id, amount in parts):
        raise InvalidAmount(_("The amount must be more than 0."), field="parts")
    if sum(amount for _loan_id, amount in parts) != total_minor:
        raise SplitDoesNotAddUp(_("The parts do not sum to the total. Correct one of them."), field="total")


def _insert(group: PaymentGroup) -> PaymentGroup:
    try:
        with transaction.atomic():
            group.save(force_insert=True)
    except IntegrityError as error:
        # The locks do not keep a split over other loans from taking the reference; the unique index does.
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise _reused(group.reference) from error
    return group


def _same_or_refuse(earlier: PaymentGroup, *, borrower_id: int, parts: Parts, received_on: date) -> PaymentGroup:
    booked = [
        (part.payment.loan_id, part.payment.amount_minor)
        for part in earlier.parts.select_related("payment").order_by("position")
    ]
    if (earlier.borrower_id, earlier.received_on, booked) != (borrower_id, received_on, list(parts)):
        raise _reused(earlier.reference)
    return earlier


def _reused(reference: str) -> ReferenceReused:
    return ReferenceReused(
        _("The reference %(reference)s belongs to a different payment. Use a new one."),
        field="reference",
        params={"reference": reference},
    )
