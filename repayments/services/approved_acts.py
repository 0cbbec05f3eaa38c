"""
Which acts of staff the table of authority rules, as what kind, and over what amount.

An act is bounded by what it gives up: an amount that is waived or refunded, or the claim that is charged off, written
off or sold. Undoing it is bounded alike, by what it brings back. Money that came in is a fact, not a favor, so booking
or correcting a payment, a recovery too, needs nobody else.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from loans.models import Loan
from repayments.models import LoanEvent
from repayments.selectors.refunds import REFUND_CREDIT
from repayments.services.acts import UNDO, Act, Doing, Values
from repayments.services.booking import lock_loans
from repayments.services.previewing import Preview, preview

CHARGE_OFF, WRITE_OFF, SALE = "charge_off", "write_off", "sale"
CLAIMS = (CHARGE_OFF, WRITE_OFF, SALE)

_KIND_OF_ACT = {
    "charge_off_loan": CHARGE_OFF,
    "write_off_loan": WRITE_OFF,
    "sell_loan": SALE,
    "refund_credit": REFUND_CREDIT,
}
_KIND_OF_EVENT: Mapping[str, str] = {
    LoanEvent.Kind.CHARGE_OFF: CHARGE_OFF,
    LoanEvent.Kind.WRITE_OFF: WRITE_OFF,
    LoanEvent.Kind.SALE: SALE,
    LoanEvent.Kind.REFUND: REFUND_CREDIT,
}


def waiver_of(component: str) -> str:
    return f"waiver.{component}"


def undo_of(kind: str) -> str:
    return f"undo.{kind}"


def kind_of(act: Act, loan: Loan, values: Values) -> str | None:
    """Return the code of the kind as which `dashu.approvals` knows the act; None where nobody has to approve it."""
    if act is UNDO:
        event = LoanEvent.objects.filter(pk=values["event"], loan=loan).first()
        kind = _kind_of_event(event) if event else None
        return undo_of(kind) if kind else None
    return waiver_of(values["component"]) if act.code == "waive_amount" else _KIND_OF_ACT.get(act.code)


def amount_of(kind: str, act: Act, loan: Loan, values: Values, *, today: date) -> int:
    """
    Return what the act gives up or brings back, in minor units.

    :param kind: of the act, see `kind_of`.
    :raises DomainError: the act does not fit the loan.
    """
    if kind.removeprefix("undo.") in CLAIMS:
        [change] = preview_of(act, loan, values, today=today).loans
        with_claim = change.after if act is UNDO else change.before
        payoff: int = with_claim.figures["payoff"]
        return payoff
    if act is UNDO:
        return LoanEvent.objects.get(pk=values["event"], loan=loan).amount_minor
    amount: int = values["amount"]
    return amount


def preview_of(act: Act, loan: Loan, values: Values, *, today: date) -> Preview:
    """Return what the act would do; its loans stay locked until the caller's transaction ends."""
    touched = act.loans(loan, values)
    lock_loans(touched)
    return preview(touched, lambda: act.perform(loan, values, Doing(today, "preview")), today=today)


def request_of(
    act: Act, loan: Loan, values: Values, payload: Mapping[str, str], *, amount_minor: int
) -> dict[str, Any]:
    """
    Return the act as `dashu.approvals` keeps it, with all that a sentence about it needs; see `repayments.approvals`.

    :param payload: the values of the act as plain text.
    """
    request: dict[str, Any] = {
        "act": act.code,
        "loan_id": loan.pk,
        "loan_number": loan.number,
        "values": {name: text for name, text in payload.items() if text},
        "amount_minor": amount_minor,
        "currency": loan.currency,
        "newest_event": LoanEvent.objects.filter(loan=loan).order_by("-pk").values_list("pk", flat=True).first(),
    }
    if "date" in values:
        request["on"] = values["date"].isoformat()
    if act.code == "sell_loan":
        request["price_minor"] = values["amount"]
    if act is UNDO:
        event = LoanEvent.objects.get(pk=values["event"], loan=loan)
        request["undoes"] = {
            "kind": event.kind,
            "on": event.effective_on.isoformat(),
            "amount_minor": event.amount_minor,
        }
    return request


def _kind_of_event(event: LoanEvent) -> str | None:
    if event.kind == LoanEvent.Kind.WAIVER:
        return waiver_of(event.data["component"])
    return _KIND_OF_EVENT.get(event.kind)
