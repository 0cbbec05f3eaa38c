"""Record money received for a loan and apply it to what is due."""

from datetime import date, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg2.errors import UniqueViolation

from dashu import events
from dashu.audit import services as audit
from dashu.finance.allocation import Surplus
from dashu.finance.bookkeeping import difference, growth
from dashu.finance.life import Life
from dashu.finance.loan import ENDED, Receipt, Status, accrue, books_of
from dashu.finance.replay import History
from dashu.kernel.errors import DomainError
from dashu.kernel.money import MAX_MINOR, InvalidAmount, format_minor
from dashu.webhooks.services import money_data
from loans.models import Loan
from loans.services.partner_events import tell_of_loan
from repayments.models import LoanEvent, Payment, ScheduleVersion
from repayments.selectors.lives import as_event
from repayments.services.agreed_end import end_as_agreed
from repayments.services.booking import LoadedLoan, load, lock_loan, post_days, refuse_outside_contract, store
from repayments.services.movements import Movements, movements_between
from repayments.services.receipts import insert_payment, receipt_columns
from repayments.services.restate import restate, restate_and_tell


class LoanNotPayable(DomainError):
    """The loan has not been paid out, or is settled."""

    code = "loan_not_payable"
    http_status = 409


class ReferenceReused(DomainError):
    """The reference belongs to a different payment."""

    code = "reference_reused"
    http_status = 409


@transaction.atomic
def receive_payment(
    *,
    loan_id: int,
    amount_minor: int,
    received_on: date,
    today: date,
    reference: str,
    channel: str,
    actor: str,
    kind: str = LoanEvent.Kind.PAYMENT,
    installment: int | None = None,
    has_arrived: bool = False,
    replaces: Payment | None = None,
    agreement: str = "",
    paid_off_by: str = "",
) -> Payment:
    """
    Book one payment.

    Calling again with the same reference returns the first payment and changes nothing. A value date before the
    loan's latest event restates the loan from that date. A payment with which an agreement is met ends the loan, see
    `agreed_end`.

    :param received_on: value date, in the lender's time zone, from the loan's start to `today`.
    :param kind: PAYMENT; PROCEEDS lowers the balance without paying an installment; SETTLEMENT ends the loan early.
    :param installment: number of the installment that is to be paid first, whatever the waterfall says.
    :param has_arrived: a provider holds the money for us already, so of a settled loan it becomes the borrower's credit
        instead of being refused.
    :param replaces: a payment that was returned; up to the day of its return that one counts, and from it on this one.
    :param agreement: reference of the agreement whose last payment it is.
    :param paid_off_by: number of the loan that pays this one off, without any money; only a settlement.
    :raises LoanNotPayable: the loan has not been paid out, or is settled.
    :raises ReferenceReused: the reference belongs to a different payment.
    :raises DateOutsideContract: the value date lies before the start or after today.
    :raises InvalidAmount: the amount is not positive or exceeds the bound.
    :raises SettlementTooSmall: a settlement does not reach the payoff of its day.
    """
    if not 0 < amount_minor <= MAX_MINOR:
        raise InvalidAmount(
            _("The amount must be more than 0 and at most %(bound)s."),
            field="amount",
            params={"bound": format_minor(MAX_MINOR)},
        )
    loan = lock_loan(loan_id)
    if earlier := _earlier(reference):
        return _same_or_refuse(earlier, loan=loan, amount_minor=amount_minor, received_on=received_on, kind=kind)
    if loan.status in Loan.NOT_PAID_OUT:
        raise LoanNotPayable(_("This loan has not been paid out yet."), field="loan")
    if loan.status in ENDED and not has_arrived:
        raise LoanNotPayable(_("This loan is settled; nothing more is to be paid on it."), field="loan")
    refuse_outside_contract(loan, received_on, today=today, field="received_on")
    if kind == LoanEvent.Kind.PAYMENT and installment is None and not agreement and loan.status not in ENDED:
        agreed = end_as_agreed(
            loan,
            amount_minor=amount_minor,
            received_on=received_on,
            today=today,
            actor=actor,
            receive=lambda kind, agreement: receive_payment(
                loan_id=loan_id,
                amount_minor=amount_minor,
                received_on=received_on,
                today=today,
                reference=reference,
                channel=channel,
                actor=actor,
                kind=kind,
                has_arrived=has_arrived,
                replaces=replaces,
                agreement=agreement,
            ),
        )
        if agreed is not None:
            return agreed
    loaded = load(loan)

    event = LoanEvent(loan=loan, kind=kind, effective_on=received_on, amount_minor=amount_minor, actor=actor)
    if installment is not None:
        event.data = {"installment": installment}
    if replaces is not None:
        event.data["replaces"] = replaces.pk
    if agreement:
        event.data["agreement"] = agreement
    if paid_off_by:
        event.data |= {"internal": True, "into": paid_off_by}
    if loaded.is_booked_past(received_on):
        payment = _record(event, reference=reference, channel=channel)
        history = restate_and_tell(
            loaded, description=f"Payment {reference}", event=event, today=today, must_fit=not has_arrived
        )
        _note_receipt(payment, history)
    elif _is_plain(loaded, kind):
        payment = _book_next(loaded, event, reference=reference, channel=channel)
    else:
        payment = _record(event, reference=reference, channel=channel)
        history = restate(loaded, description=f"Payment {reference}", event=event, must_fit=not has_arrived)
        _note_receipt(payment, history)

    audit.record(
        action="repayments.payment_received",
        subject_type="loan",
        subject_id=loan.pk,
        actor=actor,
        data={"reference": reference, "amount_minor": amount_minor},
    )
    received = {"amount": money_data(amount_minor, loan.currency), "received_on": received_on, "channel": str(channel)}
    tell_of_loan(loan, "payment.received", {"payment": reference, **received}, on=received_on)
    events.publish("repayments.payment_received", payment_id=payment.pk, loan_id=loan.pk)
    return payment


def _is_plain(loaded: LoadedLoan, kind: str) -> bool:
    """Whether the stored position says all that the payment needs: no terms, and nothing of a life before."""
    in_advance = loaded.contract.waterfall.surplus
    return (
        loaded.position.status is Status.ACTIVE
        and kind in (LoanEvent.Kind.PAYMENT, LoanEvent.Kind.PROCEEDS, LoanEvent.Kind.SETTLEMENT)
        and in_advance in (Surplus.NEXT_INSTALLMENT, Surplus.LAST_INSTALLMENT)
    )


def _book_next(loaded: LoadedLoan, event: LoanEvent, *, reference: str, channel: str) -> Payment:
    """Book the loan's newest event: one step from the stored position."""
    contract, on = loaded.contract, event.effective_on
    life = Life(contract, None, position=loaded.position)
    life.apply(as_event(loaded.loan, event), 0)
    after, receipt = life.position, life.receipts[0]
    assert after is not None

    yesterday = on - timedelta(days=1)
    first = loaded.position.accrued_through + timedelta(days=1)
    changes = dict(growth(loaded.position, contract, first, yesterday))
    evening = accrue(loaded.position, contract, yesterday)
    changes[on] = difference(books_of(evening, contract), books_of(after, contract))

    moved = movements_between(loaded.position.installments, after.installments, on)
    payment = _record(event, reference=reference, channel=channel, receipt=receipt, movements=moved)
    store(loaded, after, contract, event_on=on, reason=ScheduleVersion.Reason.RESTATEMENT)
    post_days(loaded, changes, description=f"Payment {reference}", kind=event.kind, actor=event.actor)
    return payment


def _record(
    event: LoanEvent,
    *,
    reference: str,
    channel: str,
    receipt: Receipt | None = None,
    movements: Movements | None = None,
) -> Payment:
    """Write the event and its payment; without a receipt all of it is credit, until the restatement that follows."""
    payment = Payment(
        loan_id=event.loan_id,
        reference=reference,
        channel=channel,
        amount_minor=event.amount_minor,
        received_on=event.effective_on,
        **(receipt_columns(receipt) if receipt else {"unapplied_minor": event.amount_minor}),
    )
    try:
        insert_payment(event, payment, receipt.lines if receipt else (), movements or {})
    except IntegrityError as error:
        # The loan's lock does not keep another loan from taking the reference; the unique index does.
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise _reused(reference) from error
    return payment


def _note_receipt(payment: Payment, history: History) -> None:
    """Put what the restatement has written of the payment into it: that of the event that was posted last."""
    for name, minor in receipt_columns(history.receipts[len(history.steps) - 1]).items():
        setattr(payment, name, minor)


def _earlier(reference: str) -> Payment | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT event_id FROM repayments_payment WHERE reference = %s", [reference])
        found = cursor.fetchone()
    return Payment.objects.select_related("event").get(pk=found[0]) if found else None


def _same_or_refuse(earlier: Payment, *, loan: Loan, amount_minor: int, received_on: date, kind: str) -> Payment:
    # What was paid under an agreement was received as a payment, whatever it was booked as.
    booked_as = LoanEvent.Kind.PAYMENT if "agreement" in earlier.event.data else earlier.event.kind
    same = (earlier.loan_id, earlier.amount_minor, earlier.received_on, booked_as)
    if same != (loan.pk, amount_minor, received_on, kind):
        raise _reused(earlier.reference)
    return earlier


def _reused(reference: str) -> ReferenceReused:
    return ReferenceReused(
        _("The reference %(reference)s belongs to a different payment. Use a new one."),
        field="reference",
        params={"reference": reference},
    )
