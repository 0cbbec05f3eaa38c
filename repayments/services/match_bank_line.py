"""Book the money of a bank line for the loans it pays, and take that back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor
from loans.models import Loan
from repayments.domain.bank_matching import Reason, Rule, Suggestion
from repayments.models import (
    BankExplanation,
    BankLine,
    BankMatch,
    Channel,
    Chargeback,
    Disbursement,
    LoanEvent,
    Payment,
)
from repayments.services.bank_suspense import hold_again, release
from repayments.services.booking import lock_loan
from repayments.services.receive_payment import receive_payment
from repayments.services.return_payment import return_payment


class BankLineNotFound(DomainError):
    """There is no such line."""

    code = "bank_line_not_found"
    http_status = 404


class BankLineNotOpen(DomainError):
    """Someone has matched or explained the line meanwhile."""

    code = "bank_line_not_open"
    http_status = 409


class NothingToUndo(DomainError):
    """The line is unmatched."""

    code = "bank_line_nothing_to_undo"
    http_status = 409


class NotACredit(DomainError):
    """Only money that came in pays a loan."""

    code = "bank_line_not_a_credit"


class SplitDoesNotSum(DomainError):
    """The stated parts are not the line's amount."""

    code = "bank_split_does_not_sum"


class SplitOverBorrowers(DomainError):
    """The loans of a split belong to several borrowers."""

    code = "bank_split_over_borrowers"


class WrongCurrency(DomainError):
    """The loan is in another currency than the line."""

    code = "bank_line_currency"


class ReasonMissing(DomainError):
    """Every explanation and every undoing needs a reason."""

    code = "reason_missing"


class PayoutExplained(DomainError):
    """Another line is that payout already, or the line is not that payout."""

    code = "payout_explained"
    http_status = 409


class PaymentBookedAnew(DomainError):
    """The payment was corrected, moved, taken back in part or won back, so its money stands in another payment."""

    code = "bank_line_payment_booked_anew"
    http_status = 409


class MoneyWentBack(DomainError):
    """The payment of the line was returned or charged back later, so its money has left again."""

    code = "bank_line_money_went_back"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Part:
    """How much of a line pays which loan, minor units."""

    loan_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why: a suggestion that was accepted, or a person's own knowledge."""

    rule: Rule = Rule.BY_HAND
    score: int | None = None
    reasons: Sequence[Reason] = field(default=())

    @classmethod
    def of(cls, suggestion: Suggestion) -> "Grounds":
        return cls(suggestion.rule, suggestion.score, suggestion.reasons)


@transaction.atomic
def match_bank_line(
    *,
    line_id: int,
    parts: Sequence[Part],
    today: date,
    actor: str,
    grounds: Grounds = Grounds(),
) -> list[BankMatch]:
    """
    Take the line's money out of suspense and book it as payments on its value date, one for each part.

    Calling again with the same parts returns the first matches and changes nothing.

    :raises BankLineNotFound: no such line.
    :raises BankLineNotOpen: it was matched otherwise or explained meanwhile.
    :raises NotACredit: money that went out.
    :raises SplitDoesNotSum: the parts do not make the line's amount, or one of them is not positive.
    :raises SplitOverBorrowers: the loans are not of one borrower.
    :raises WrongCurrency: a loan is in another currency.
    :raises LoanNotPayable: a loan has not been paid out.
    :raises DateOutsideContract: the value date lies before a loan's start, or is still to come.
    """
    loans = _lock_loans([part.loan_id for part in parts])
    line = _lock_line(line_id)
    if line.status != BankLine.Status.UNMATCHED:
        return _same_or_refuse(line, parts)
    _refuse_parts(line, parts, loans)
    release(line, reason=f"Bank line {line.pk} is matched", actor=actor)
    line.status = BankLine.Status.MATCHED
    line.save(update_fields=["status", "suspense"])
    before = line.matches.count()
    reasons = [{"why": reason.why.value, "values": _plain(reason.values)} for reason in grounds.reasons]
    matches = [
        BankMatch.objects.create(
            line=line,
            payment=receive_payment(
                loan_id=part.loan_id,
                amount_minor=part.amount_minor,
                received_on=line.value_on,
                today=today,
                reference=_payment_reference(line, before + number),
                channel=Channel.BANK_TRANSFER,
                actor=actor,
                has_arrived=True,
            ),
            score=grounds.score,
            rule=grounds.rule.value,
            reasons=reasons,
            matched_by=actor,
        )
        for number, part in enumerate(parts, start=1)
    ]
    _audit("repayments.bank_line_matched", line, actor, loans=[part.loan_id for part in parts], score=grounds.score)
    return matches


@transaction.atomic
def explain_bank_line(*, line_id: int, reason: str, actor: str, disbursement_id: int | None = None) -> BankExplanation:
    """
    Note why a line needs no booking. Money that came in leaves suspense: it is on the books elsewhere, or not ours.

    Calling again with the same reason returns the first explanation and changes nothing.

    :param disbursement_id: the payout that a debit line is.
    :raises ReasonMissing: no reason.
    :raises BankLineNotFound: no such line.
    :raises BankLineNotOpen: it was matched or explained otherwise meanwhile.
    :raises PayoutExplained: another line is that payout already, or the amounts differ.
    """
    reason = _reason(reason)
    payout = _lock_payout(disbursement_id)
    line = _lock_line(line_id)
    if line.status != BankLine.Status.UNMATCHED:
        earlier = line.explanations.filter(undone_at=None, reason=reason, disbursement_id=disbursement_id).first()
        if earlier is None:
            raise _not_open()
        return earlier
    if payout is not None:
        _refuse_payout(line, payout)
    if line.is_credit:
        release(line, reason=f"Bank line {line.pk} is explained: {reason}", actor=actor)
    line.status = BankLine.Status.IGNORED
    line.save(update_fields=["status", "suspense"])
    explanation = BankExplanation.objects.create(line=line, disbursement=payout, reason=reason, explained_by=actor)
    _audit("repayments.bank_line_explained", line, actor, reason=reason)
    return explanation


@transaction.atomic
def undo_bank_line(*, line_id: int, reason: str, today: date, actor: str) -> BankLine:
    """
    Take back what was decided of a line: its payments as if they had never been, its money back in suspense.

    :raises ReasonMissing: no reason.
    :raises BankLineNotFound: no such line.
    :raises NothingToUndo: the line is unmatched.
    :raises BankLineNotOpen: someone undid it and matched it otherwise in this moment.
    :raises PaymentBookedAnew: a payment was corrected, moved or taken back in part since.
    :raises MoneyWentBack: a payment was returned on a later day, or charged back.
    """
    reason = _reason(reason)
    loan_ids = set(_open_matches(line_id).values_list("payment__loan_id", flat=True))
    _lock_loans(sorted(loan_ids))
    line = _lock_line(line_id)
    if line.status == BankLine.Status.UNMATCHED:
        raise NothingToUndo(_("This line is unmatched; there is nothing to undo."), field="line")
    matches = list(_open_matches(line_id).select_related("payment"))
    if {match.payment.loan_id for match in matches} != loan_ids:
        raise _not_open()
    for match in matches:
        payment = match.payment
        _refuse_booked_anew(payment)
        _refuse_gone(payment)
        return_payment(
            reference=payment.reference, returned_on=payment.received_on, today=today, reason=reason, actor=actor
        )
    undone = {"undone_at": Now(), "undone_by": actor, "undone_reason": reason}
    line.matches.filter(undone_at=None).update(**undone)
    line.explanations.filter(undone_at=None).update(**undone)
    if line.is_credit:
        hold_again(line, actor=actor)
    line.status = BankLine.Status.UNMATCHED
    line.save(update_fields=["status", "suspense"])
    _audit("repayments.bank_line_undone", line, actor, reason=reason)
    return line


def _lock_loans(loan_ids: Sequence[int]) -> dict[int, Loan]:
    """Lock in the order of ids, as everyone does who needs several."""
    return {loan_id: lock_loan(loan_id) for loan_id in sorted(set(loan_ids))}


def _lock_line(line_id: int) -> BankLine:
    line = BankLine.objects.select_for_update(of=("self",)).select_related("account").filter(pk=line_id).first()
    if line is None:
        raise BankLineNotFound(_("There is no such line."), field="line")
    return line


def _lock_payout(disbursement_id: int | None) -> Disbursement | None:
    if disbursement_id is None:
        return None
    payout = Disbursement.objects.select_for_update(of=("self",)).select_related("loan").filter(pk=disbursement_id)
    found = payout.first()
    if found is None:
        raise PayoutExplained(_("There is no such payout."), field="disbursement")
    return found


def _refuse_payout(line: BankLine, payout: Disbursement) -> None:
    if payout.amount_minor != -line.amount_minor or payout.loan.currency != line.currency:
        raise PayoutExplained(_("The line is not this payout: the amounts differ."), field="disbursement")
    if payout.bank_explanations.filter(undone_at=None).exists():
        raise PayoutExplained(
            _("Another line is this payout already. If the bank paid twice, that is for a person to settle."),
            field="disbursement",
        )


def _refuse_booked_anew(payment: Payment) -> None:
    """Refuse to put money into suspense that another payment still shows: it would be on the books twice."""
    counting = Payment.objects.filter(is_returned=False)
    reference = (
        counting.filter(reference__startswith=f"{payment.reference}~").values_list("reference", flat=True).first()
        or counting.filter(
            Q(pk__in=Chargeback.objects.filter(payment=payment).values("rest_payment"))
            | Q(pk__in=Chargeback.objects.filter(payment=payment).values("won_payment"))
        )
        .values_list("reference", flat=True)
        .first()
    )
    if reference:
        raise PaymentBookedAnew(
            _("The money of this line is booked as payment %(reference)s by now. Undo or move that payment instead."),
            field="line",
            params={"reference": reference},
        )


def _refuse_gone(payment: Payment) -> None:
    """Refuse to put money into suspense that has left again; what was only undone on its own day is still here."""
    reversals = LoanEvent.objects.filter(loan_id=payment.loan_id, kind=LoanEvent.Kind.REVERSAL, data__event=payment.pk)
    went_on = reversals.values_list("effective_on", flat=True).first()
    if went_on and (went_on > payment.received_on or Chargeback.objects.filter(payment=payment).exists()):
        raise MoneyWentBack(
            _("The money of this line went back on %(day)s, so there is nothing left of it to match."),
            field="line",
            params={"day": went_on},
        )


def _open_matches(line_id: int) -> Any:
    return BankMatch.objects.filter(line_id=line_id, undone_at=None)


def _same_or_refuse(line: BankLine, parts: Sequence[Part]) -> list[BankMatch]:
    matches = list(_open_matches(line.pk).select_related("payment").order_by("pk"))
    booked = sorted((match.payment.loan_id, match.payment.amount_minor) for match in matches)
    if not matches or booked != sorted((part.loan_id, part.amount_minor) for part in parts):
        raise _not_open()
    return matches


def _refuse_parts(line: BankLine, parts: Sequence[Part], loans: dict[int, Loan]) -> None:
    if not line.is_credit:
        raise NotACredit(_("This money went out; it pays no loan."), field="line")
    total = sum(part.amount_minor for part in parts)
    if total != line.amount_minor or any(part.amount_minor <= 0 for part in parts) or len(loans) != len(parts):
        raise SplitDoesNotSum(
            _("The parts make %(total)s; the line is %(amount)s. Every loan stands once, with more than 0."),
            field="amount",
            params={
                "total": format_minor(total, line.currency),
                "amount": format_minor(line.amount_minor, line.currency),
            },
        )
    if len({loan.borrower_id for loan in loans.values()}) != 1:
        raise SplitOverBorrowers(_("One line can only be split over loans of one borrower."), field="loan")
    if any(loan.currency != line.currency for loan in loans.values()):
        raise WrongCurrency(_("The loan is in another currency than the line."), field="loan")


def _payment_reference(line: BankLine, number: int) -> str:
    """The line's own reference at first, then with a number, since a payment that was undone keeps its own."""
    return f"BANK-{line.pk}" if number == 1 else f"BANK-{line.pk}-{number}"


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(_("Say why, so that it can be understood later."), field="reason")
    return reason


def _not_open() -> BankLineNotOpen:
    return BankLineNotOpen(_("Someone has matched or explained this line meanwhile. Nothing was booked."), field="line")


def _plain(values: Any) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _audit(action: str, line: BankLine, actor: str, **data: Any) -> None:
    audit.record(action=action, subject_type="bank_line", subject_id=line.pk, actor=actor, data=data)
