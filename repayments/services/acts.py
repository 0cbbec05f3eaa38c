"""
What staff can do to a loan: every act with its fields, who may do it, and the one service that it calls.

The page of a loan, the preview and the correction by file all read this table, so an act is added in one place.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from dashu.finance.installments import Component
from dashu.finance.relief import Relief, ReliefMethod
from dashu.finance.terms import MOST_INSTALLMENTS
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from loans.models import Loan
from repayments.models import LoanBalance, LoanEvent, Payment
from repayments.services.act_fields import Field, Kind, Text, read_fields
from repayments.services.change_due_day import change_due_day
from repayments.services.change_rate import change_rate
from repayments.services.charge_fee import charge_fee, chargeable_lines
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.correct_payment import apply_to_installment, correct_payment
from repayments.services.extend_loan import extend_loan
from repayments.services.give_relief import give_relief
from repayments.services.move_payment import move_payment
from repayments.services.pause_count import pause_count, resume_count
from repayments.services.refund_credit import refund_credit
from repayments.services.reinstate_payment import reinstate_payment
from repayments.services.restructure_loan import restructure_loan
from repayments.services.return_payment import return_payment
from repayments.services.sell_loan import sell_loan
from repayments.services.undo_event import EventNotFound, undo_event
from repayments.services.waive_amount import waive_amount
from repayments.services.write_off_loan import write_off_loan

Values = Mapping[str, Any]


class Group(TextChoices):
    MONEY = "MONEY", _("Money")
    RELIEF = "RELIEF", _("Relief")
    TERMS = "TERMS", _("Terms")
    END = "END", _("End of the loan")


class ActNotKnown(DomainError):
    """There is no act with this code."""

    code = "act_not_known"


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does it, and on which day; dates and actors are passed in like everywhere."""

    today: date
    actor: str


@dataclass(frozen=True, slots=True)
class Act:
    """
    :param permission: of `User.has_perm`.
    :param about: one sentence that says what it does, for the form.
    :param perform: calls the service; takes the loan, the values read, and who does it.
    :param fits: whether it makes sense for a loan as it stands, to offer it; the service decides.
    :param in_files: whether a file of corrections may ask for it.
    """

    code: str
    label: Text
    group: Group
    permission: str
    about: Text
    fields: tuple[Field, ...]
    perform: Callable[[Loan, Values, Doing], object]
    fits: Callable[[Loan, LoanBalance], bool]
    in_files: bool = True

    def read(self, payload: Mapping[str, str], loan: Loan) -> dict[str, Any]:
        """:raises DomainError: the first value that does not fit."""
        values, refusals = read_fields(self.fields, payload, loan)
        if refusals:
            raise refusals[0]
        return values

    def loans(self, loan: Loan, values: Values) -> list[int]:
        """Return the ids of all loans that it touches, the loan itself first."""
        others = [values[field.name] for field in self.fields if field.kind is Kind.LOAN and values.get(field.name)]
        return list(dict.fromkeys([loan.pk, *others]))

    def field_of(self, error: DomainError) -> str | None:
        """Return the field that a refusal of the service is about, None where it is about the whole."""
        name = (error.field or "").rpartition(".")[2]
        names = {field.name for field in self.fields}
        if name.endswith("_on"):
            name = "date"
        name = {"annual_rate": "rate", "code": "fee"}.get(name, name)
        return name if name in names else None


class PaymentKinds(StrEnum):
    """Events that are money which came in."""

    PAYMENT = LoanEvent.Kind.PAYMENT
    PROCEEDS = LoanEvent.Kind.PROCEEDS
    PREPAYMENT = LoanEvent.Kind.PREPAYMENT
    SETTLEMENT = LoanEvent.Kind.SETTLEMENT
    RECOVERY = LoanEvent.Kind.RECOVERY


_REASON = Field("reason", _("Reason"), Kind.TEXT, help=_("Stays with the loan; the borrower may ask for it."))
_AMOUNT = Field("amount", _("Amount"), Kind.AMOUNT)
_DATE = Field("date", _("Counts from"), Kind.DAY, help=_("A day that is already booked restates the loan from it."))
_PAYMENT = Field("payment", _("Payment"), Kind.PAYMENT)
_COUNT_HELP = _("How many installments the new schedule has.")


def _is_running(loan: Loan, _balance: LoanBalance) -> bool:
    return loan.status == Loan.Status.ACTIVE


def _has_chargeable_fees(loan: Loan, balance: LoanBalance) -> bool:
    return _is_running(loan, balance) and bool(chargeable_lines(loan))


def _is_claim(loan: Loan, _balance: LoanBalance) -> bool:
    return loan.status in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF)


def _is_paused(_loan: Loan, balance: LoanBalance) -> bool:
    return None in balance.pause_ends


def _may_pause(loan: Loan, balance: LoanBalance) -> bool:
    return _is_running(loan, balance) and not _is_paused(loan, balance)


def _has_credit(_loan: Loan, balance: LoanBalance) -> bool:
    return balance.unapplied_minor > 0


def _has_payments(loan: Loan, _balance: LoanBalance) -> bool:
    return Payment.objects.filter(loan=loan, is_returned=False).exists()


def _waive(loan: Loan, values: Values, doing: Doing) -> object:
    return waive_amount(
        loan_id=loan.pk,
        component=Component(values["component"]),
        amount_minor=values["amount"],
        waived_on=values["date"],
        today=doing.today,
        reason=values["reason"],
        actor=doing.actor,
    )


def _fee(loan: Loan, values: Values, doing: Doing) -> object:
    return charge_fee(
        loan_id=loan.pk,
        code=values["fee"],
        amount_minor=values["amount"],
        charged_on=values["date"],
        today=doing.today,
        reason=values["reason"],
        actor=doing.actor,
    )


def _refund(loan: Loan, values: Values, doing: Doing) -> object:
    return refund_credit(
        loan_id=loan.pk,
        amount_minor=values["amount"],
        refunded_on=values["date"],
        reference=values["reference"],
        today=doing.today,
        reason=values["reason"],
        actor=doing.actor,
    )


def _restructure(loan: Loan, values: Values, doing: Doing) -> object:
    terms: dict[str, Any] = {"count": values["count"]}
    if values["rate"] is not None:
        policy.rate_limits(values["date"]).refuse_above_bound(values["rate"])
        terms["annual_rate"] = f"{values['rate']:f}"
    if values["method"] is not None:
        terms["method"] = values["method"]
    return restructure_loan(
        loan_id=loan.pk,
        terms=terms,
        restructured_on=values["date"],
        today=doing.today,
        reason=values["reason"],
        actor=doing.actor,
    )


def _correct(loan: Loan, values: Values, doing: Doing) -> object:
    return correct_payment(
        reference=values["payment"],
        amount_minor=values["amount"],
        received_on=values["date"],
        installment=values["installment"],
        today=doing.today,
        reason=values["reason"],
        actor=doing.actor,
    )


def _undo(loan: Loan, values: Values, doing: Doing) -> object:
    event = LoanEvent.objects.filter(pk=values["event"], loan=loan).first()
    if event is None:
        raise EventNotFound(_("There is no such event."), field="event")
    about = {"today": doing.today, "reason": values["reason"], "actor": doing.actor}
    returned = returned_payment(event)
    if returned is not None:
        return reinstate_payment(reference=returned.reference, **about)
    return undo_event(event_id=event.pk, **about)


def returned_payment(event: LoanEvent) -> Payment | None:
    """Return the payment that a reversal took back; None for any other event."""
    if event.kind != LoanEvent.Kind.REVERSAL:
        return None
    return Payment.objects.filter(pk=event.data["event"], loan_id=event.loan_id).first()


ACTS: Mapping[str, Act] = {
    act.code: act
    for act in (
        Act(
            "correct_payment",
            _("Correct a payment"),
            Group.MONEY,
            "repayments.correct_payment",
            _("For a wrong amount or day. The payment is undone and booked anew; leave empty what was right."),
            (
                _PAYMENT,
                Field("amount", _("Right amount"), Kind.AMOUNT, is_required=False),
                Field("date", _("Right day"), Kind.DAY, is_required=False),
                Field("installment", _("Installment"), Kind.WHOLE, False, low=1, high=MOST_INSTALLMENTS),
                _REASON,
            ),
            _correct,
            _has_payments,
        ),
        Act(
            "apply_to_installment",
            _("Pay a chosen installment"),
            Group.MONEY,
            "repayments.correct_payment",
            _("The payment pays this installment first, whatever the usual order says."),
            (
                _PAYMENT,
                Field("installment", _("Installment"), Kind.WHOLE, low=1, high=MOST_INSTALLMENTS),
                _REASON,
            ),
            lambda _loan, values, doing: apply_to_installment(
                reference=values["payment"],
                installment=values["installment"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _has_payments,
        ),
        Act(
            "move_payment",
            _("Move a payment"),
            Group.MONEY,
            "repayments.correct_payment",
            _("The money goes to the loan that it was meant for, with the day on which it came."),
            (
                _PAYMENT,
                Field("to_loan", _("Number of the other loan"), Kind.LOAN),
                Field(
                    "is_wrong_posting",
                    _("It was posted to the wrong loan and may go to another borrower"),
                    Kind.YES,
                    is_required=False,
                ),
                _REASON,
            ),
            lambda _loan, values, doing: move_payment(
                reference=values["payment"],
                to_loan_id=values["to_loan"],
                is_wrong_posting=values["is_wrong_posting"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _has_payments,
        ),
        Act(
            "return_payment",
            _("Return a payment"),
            Group.MONEY,
            "repayments.return_payment",
            _("The money did not hold. The old due dates count again, as if it had never come."),
            (
                _PAYMENT,
                Field("date", _("Returned on"), Kind.DAY),
                Field(
                    "reason",
                    _("Reason"),
                    Kind.TEXT,
                    help=_("For example: direct debit bounced, chargeback, booked to the wrong loan."),
                ),
            ),
            lambda _loan, values, doing: return_payment(
                reference=values["payment"],
                returned_on=values["date"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _has_payments,
        ),
        Act(
            "charge_fee",
            _("Charge a fee"),
            Group.MONEY,
            "repayments.charge_loanevent",
            _("The fee is demanded with the next installment. Only fees that were disclosed can be charged."),
            (Field("fee", _("Fee"), Kind.FEE), _AMOUNT, _DATE, _REASON),
            _fee,
            _has_chargeable_fees,
        ),
        Act(
            "refund_credit",
            _("Refund a credit"),
            Group.MONEY,
            "repayments.refund_loanevent",
            _("Money beyond what is owed goes back to the borrower."),
            (
                _AMOUNT,
                _DATE,
                Field("reference", _("Reference of the outgoing payment"), Kind.TEXT, longest=80),
                _REASON,
            ),
            _refund,
            _has_credit,
        ),
        Act(
            "waive_amount",
            _("Waive an amount"),
            Group.RELIEF,
            "repayments.waive_loanevent",
            _("We give this claim up; the borrower never owes it again."),
            (
                Field(
                    "component",
                    _("Of what"),
                    Kind.CHOICE,
                    choices=(
                        (Component.PENALTY.value, _("penalty")),
                        (Component.INTEREST.value, _("interest")),
                        (Component.FEE.value, _("fee")),
                        (Component.PRINCIPAL.value, _("principal")),
                    ),
                ),
                _AMOUNT,
                _DATE,
                _REASON,
            ),
            _waive,
            _is_claim,
        ),
        Act(
            "extend_loan",
            _("Payment holiday"),
            Group.RELIEF,
            "repayments.extend_loanevent",
            _("Every unpaid installment falls due so many months later."),
            (Field("months", _("Months"), Kind.WHOLE, low=1, high=120), _DATE, _REASON),
            lambda loan, values, doing: extend_loan(
                loan_id=loan.pk,
                months=values["months"],
                granted_on=values["date"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _is_running,
        ),
        Act(
            "pause_count",
            _("Pause the count"),
            Group.RELIEF,
            "repayments.pause_loanevent",
            _("The days past due stand still and no penalty is charged."),
            (_DATE, _REASON),
            lambda loan, values, doing: pause_count(
                loan_id=loan.pk,
                paused_on=values["date"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _may_pause,
        ),
        Act(
            "resume_count",
            _("End the pause"),
            Group.RELIEF,
            "repayments.pause_loanevent",
            _("From this day on the days past due count again."),
            (_DATE, _REASON),
            lambda loan, values, doing: resume_count(
                loan_id=loan.pk,
                resumed_on=values["date"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _is_paused,
        ),
        Act(
            "arrears_plan",
            _("Arrears in installments"),
            Group.RELIEF,
            "repayments.restructure_loanevent",
            _("What is overdue is spread over the next installments, beside the schedule, and due with them."),
            (
                Field(
                    "over",
                    _("Over how many installments"),
                    Kind.WHOLE,
                    is_required=False,
                    low=1,
                    high=MOST_INSTALLMENTS,
                    help=_("Leave it empty for all that are still to come."),
                ),
                _DATE,
                _REASON,
            ),
            lambda loan, values, doing: give_relief(
                loan_id=loan.pk,
                relief=Relief(ReliefMethod.ARREARS_PLAN, arrears_over=values["over"]),
                given_on=values["date"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _is_running,
        ),
        Act(
            "restructure_loan",
            _("New terms"),
            Group.TERMS,
            "repayments.restructure_loanevent",
            _("The outstanding principal is spread anew; leave empty what stays as in the contract."),
            (
                Field("count", _("Installments"), Kind.WHOLE, low=1, high=MOST_INSTALLMENTS, help=_COUNT_HELP),
                Field("rate", _("Yearly rate in percent"), Kind.RATE, is_required=False),
                Field(
                    "method",
                    _("Method"),
                    Kind.CHOICE,
                    is_required=False,
                    choices=(
                        ("equal_installment", _("Equal installments")),
                        ("equal_principal", _("Equal principal")),
                        ("interest_only", _("Interest only, principal at the end")),
                        ("bullet", _("All at the end")),
                    ),
                ),
                _DATE,
                _REASON,
            ),
            _restructure,
            _is_running,
        ),
        Act(
            "change_rate",
            _("New rate"),
            Group.TERMS,
            "repayments.reprice_loanevent",
            _("What is not yet due is computed anew; what is due stays."),
            (Field("rate", _("Yearly rate in percent"), Kind.RATE), _DATE, _REASON),
            lambda loan, values, doing: change_rate(
                loan_id=loan.pk,
                annual_rate=values["rate"],
                changed_on=values["date"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _is_running,
        ),
        Act(
            "change_due_day",
            _("New due day"),
            Group.TERMS,
            "repayments.redate_loanevent",
            _("What is not yet due falls due on another day of the month."),
            (
                Field(
                    "due_day",
                    _("Day of the month"),
                    Kind.WHOLE,
                    low=1,
                    high=31,
                    help=_("A shorter month takes its last day."),
                ),
                _DATE,
                _REASON,
            ),
            lambda loan, values, doing: change_due_day(
                loan_id=loan.pk,
                due_day=values["due_day"],
                changed_on=values["date"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _is_running,
        ),
        Act(
            "charge_off_loan",
            _("Charge off"),
            Group.END,
            "repayments.charge_off_loanevent",
            _("The loan becomes a loss on the books. The claim continues."),
            (_DATE, _REASON),
            lambda loan, values, doing: charge_off_loan(
                loan_id=loan.pk,
                charged_off_on=values["date"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _is_running,
        ),
        Act(
            "write_off_loan",
            _("Write off"),
            Group.END,
            "repayments.write_off_loanevent",
            _("The claim ends and the loan is closed."),
            (_DATE, _REASON),
            lambda loan, values, doing: write_off_loan(
                loan_id=loan.pk,
                written_off_on=values["date"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _is_claim,
        ),
        Act(
            "sell_loan",
            _("Sell the loan"),
            Group.END,
            "repayments.sell_loanevent",
            _("The claim goes to a buyer. The borrower owes us nothing any more."),
            (
                Field("amount", _("Price"), Kind.AMOUNT),
                Field("buyer", _("Buyer"), Kind.TEXT, longest=200),
                _DATE,
                _REASON,
            ),
            lambda loan, values, doing: sell_loan(
                loan_id=loan.pk,
                price_minor=values["amount"],
                sold_on=values["date"],
                buyer=values["buyer"],
                today=doing.today,
                reason=values["reason"],
                actor=doing.actor,
            ),
            _is_claim,
            in_files=False,
        ),
    )
}

UNDO = Act(
    "undo",
    _("Undo"),
    Group.MONEY,
    "",
    _("The loan is worked out again as if this had never been. It stays on record beside its reversal."),
    (Field("event", _("Event"), Kind.WHOLE, low=1, high=2**62), _REASON),
    _undo,
    lambda _loan, _balance: False,
    in_files=False,
)

# Who may do an act may undo it.
_UNDONE_BY: Mapping[str, str] = {
    **{kind.value: "repayments.correct_payment" for kind in PaymentKinds},
    LoanEvent.Kind.REVERSAL: "repayments.return_payment",
    LoanEvent.Kind.WAIVER: "repayments.waive_loanevent",
    LoanEvent.Kind.FEE: "repayments.charge_loanevent",
    LoanEvent.Kind.REFUND: "repayments.refund_loanevent",
    LoanEvent.Kind.EXTENSION: "repayments.extend_loanevent",
    LoanEvent.Kind.PAUSE: "repayments.pause_loanevent",
    LoanEvent.Kind.RESUME: "repayments.pause_loanevent",
    LoanEvent.Kind.RESTRUCTURE: "repayments.restructure_loanevent",
    LoanEvent.Kind.ARREARS_PLAN: "repayments.restructure_loanevent",
    LoanEvent.Kind.RATE_CHANGE: "repayments.reprice_loanevent",
    LoanEvent.Kind.DUE_DAY: "repayments.redate_loanevent",
    LoanEvent.Kind.CHARGE_OFF: "repayments.charge_off_loanevent",
    LoanEvent.Kind.WRITE_OFF: "repayments.write_off_loanevent",
    LoanEvent.Kind.SALE: "repayments.sell_loanevent",
}


def act_of(code: str) -> Act:
    """:raises ActNotKnown: there is no such act."""
    found = UNDO if code == UNDO.code else ACTS.get(code)
    if found is None:
        raise ActNotKnown(_("There is no act of this name."), field="act")
    return found


def permission_to_undo(kind: str) -> str | None:
    """Return what a person needs to undo an event of this kind; None where nobody can: an opening stays."""
    return _UNDONE_BY.get(kind)


def undoable(events: list[LoanEvent]) -> Iterator[LoanEvent]:
    """
    Yield those of one loan's events that can be undone: no opening, and nothing that was undone before.

    The return of a payment can be, while no other booking of that payment counts.
    """
    if not events:
        return
    reversed_ids = set(
        LoanEvent.objects.filter(loan_id=events[0].loan_id, kind=LoanEvent.Kind.REVERSAL).values_list(
            "data__event", flat=True
        )
    )
    counting = set(
        Payment.objects.filter(loan_id=events[0].loan_id, is_returned=False).values_list("reference", flat=True)
    )
    payments = dict(
        Payment.objects.filter(pk__in=[event.data.get("event", 0) for event in events]).values_list("pk", "reference")
    )
    for event in events:
        if event.pk in reversed_ids or event.kind not in _UNDONE_BY:
            continue
        if event.kind == LoanEvent.Kind.REVERSAL:
            reference = payments.get(event.data["event"])
            if reference is None or "replaced_by" in event.data or _counts_again(reference, counting):
                continue
        yield event


def _counts_again(reference: str, counting: set[str]) -> bool:
    return any(one.startswith(f"{reference}~") for one in counting)
