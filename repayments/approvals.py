"""The acts of this app that another person has to approve, as `dashu.approvals` takes them."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import ActKind, Payload, Preview
from dashu.finance.installments import Component
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.act_presenting import event_line, stored_tables
from repayments.models import LoanEvent
from repayments.selectors.refunds import REFUND, REFUND_CREDIT, refund_preview
from repayments.services.acts import ACTS, Act, Doing, Values, act_of
from repayments.services.approved_acts import (
    CHARGE_OFF,
    CLAIMS,
    SALE,
    WRITE_OFF,
    amount_of,
    kind_of,
    preview_of,
    undo_of,
    waiver_of,
)
from repayments.services.ask_refund import BACK_TO_SOURCE
from repayments.services.perform_act import perform_act
from repayments.services.refund_credit import refund_credit
from repayments.services.request_payout import PAYOUT, approve_payout


def perform_refund(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    """Book the refund with the day of its approval; its reference makes it happen once."""
    event = refund_credit(
        loan_id=payload["loan_id"],
        amount_minor=payload["amount_minor"],
        refunded_on=today,
        today=today,
        reference=payload["reference"],
        reason=payload["reason"],
        actor=actor,
    )
    return {"event": event.pk, "refunded_on": today.isoformat()}


def describe_refund(payload: Payload) -> str:
    amount = money(payload["amount_minor"], payload["currency"])
    if payload["to"] == BACK_TO_SOURCE:
        return gettext("Send %(amount)s of the credit of loan %(loan)s back to where it came from.") % {
            "amount": amount,
            "loan": payload["loan_number"],
        }
    return gettext("Send %(amount)s of the credit of loan %(loan)s to the account ending in %(account)s.") % {
        "amount": amount,
        "loan": payload["loan_number"],
        "account": payload["to"],
    }


def loan_page(payload: Payload) -> str:
    return reverse("admin:loans_loan_change", args=[payload["loan_id"]])


def perform_asked(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    """Call the very service that a direct booking calls, in the name of the person who asked."""
    act, loan, _values = _asked(payload)
    return {"events": perform_act(act, loan=loan, payload=payload["values"], doing=Doing(today, actor))}


def preview_asked(payload: Payload, today: date) -> Preview:
    act, loan, values = _asked(payload)
    return [table for change in preview_of(act, loan, values, today=today).loans for table in stored_tables(change)]


def amount_asked(payload: Payload, today: date) -> int:
    """Return the claim as it is by now: it grows with the days."""
    act, loan, values = _asked(payload)
    kind = kind_of(act, loan, values)
    assert kind is not None, f"{act.code} is no act that is asked for"
    return amount_of(kind, act, loan, values, today=today)


def booked_since_asked(payload: Payload) -> list[str]:
    newer = LoanEvent.objects.filter(loan_id=payload["loan_id"], pk__gt=payload["newest_event"])
    return [event_line(event) for event in newer.select_related("loan").order_by("pk")]


def describe_waiver(payload: Payload) -> str:
    [component] = [field for field in ACTS["waive_amount"].fields if field.name == "component"]
    words = {**_words(payload), "component": dict(component.choices)[payload["values"]["component"].lower()]}
    return gettext("Waive %(amount)s of the %(component)s on loan %(loan)s, counted from %(day)s.") % words


def describe_charge_off(payload: Payload) -> str:
    return gettext("Charge off loan %(loan)s, on which %(amount)s is owed, from %(day)s.") % _words(payload)


def describe_write_off(payload: Payload) -> str:
    return gettext("End the claim of %(amount)s on loan %(loan)s from %(day)s.") % _words(payload)


def describe_sale(payload: Payload) -> str:
    price = money(payload["price_minor"], payload["currency"])
    about = {**_words(payload), "price": price, "buyer": payload["values"]["buyer"]}
    return gettext("Sell the claim of %(amount)s on loan %(loan)s to %(buyer)s for %(price)s, from %(day)s.") % about


def describe_booked_refund(payload: Payload) -> str:
    about = {**_words(payload), "reference": payload["values"]["reference"]}
    return gettext("Send %(amount)s of the credit of loan %(loan)s back, counted from %(day)s: %(reference)s.") % about


def describe_undo(payload: Payload) -> str:
    undone = payload["undoes"]
    amount = money(undone["amount_minor"], payload["currency"]) if undone["amount_minor"] else ""
    day = date_format(date.fromisoformat(undone["on"]))
    parts = (str(LoanEvent.Kind(undone["kind"]).label), amount, day)
    return gettext("Undo on loan %(loan)s: %(event)s") % {
        "loan": payload["loan_number"],
        "event": " · ".join(part for part in parts if part),
    }


def _words(payload: Payload) -> dict[str, str]:
    return {
        "amount": money(payload["amount_minor"], payload["currency"]),
        "loan": payload["loan_number"],
        "day": date_format(date.fromisoformat(payload["on"])),
    }


def _asked(payload: Payload) -> tuple[Act, Loan, Values]:
    act, loan = act_of(payload["act"]), Loan.objects.get(pk=payload["loan_id"])
    return act, loan, act.read(payload["values"], loan)


def _kind_and_undo(
    code: str,
    label: str | Promise,
    undo_label: str | Promise,
    permission: str,
    describe: Callable[[Payload], str],
    *,
    line: str = "",
) -> Iterator[ActKind]:
    """Yield an act of staff and its undoing, on one line of the table of authority."""
    both: dict[str, Any] = {
        "perform": perform_asked,
        "permission": permission,
        "preview": preview_asked,
        "subject_url": loan_page,
        "amount": amount_asked if code in CLAIMS else None,
        "since": booked_since_asked,
    }
    yield ActKind(code=code, label=label, describe=describe, line=line, **both)
    yield ActKind(code=undo_of(code), label=undo_label, describe=describe_undo, line=line or code, **both)


def perform_payout(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    payout = approve_payout(payout_id=payload["payout_id"], actor=actor)
    return {"payout": payout.pk, "approved_on": today.isoformat()}


def describe_payout(payload: Payload) -> str:
    words = {
        "amount": money(payload["amount_minor"], payload["currency"]),
        "loan": payload["loan_number"],
        "to": payload["to"],
        "contract": money(payload["contract_minor"], payload["currency"]),
    }
    if payload["contract_minor"] == payload["amount_minor"]:
        return gettext("Pay %(amount)s of loan %(loan)s out to %(to)s.") % words
    return gettext("Pay %(amount)s of loan %(loan)s, a part of a contract over %(contract)s, out to %(to)s.") % words


def payout_page(payload: Payload) -> str:
    return reverse("admin:repayments_payout_change", args=[payload["payout_id"]])


KINDS = (
    ActKind(
        code=PAYOUT,
        label=_("Payout of a loan"),
        perform=perform_payout,
        permission="repayments.ask_payout",
        describe=describe_payout,
        subject_url=payout_page,
    ),
    ActKind(
        code=REFUND,
        label=_("Refund of credit"),
        perform=perform_refund,
        permission="repayments.refund_payment",
        describe=describe_refund,
        preview=refund_preview,
        subject_url=loan_page,
        is_for_partners=True,
    ),
    *_kind_and_undo(
        REFUND_CREDIT,
        _("Booking of a refund"),
        _("Undoing of a refund"),
        "repayments.refund_loanevent",
        describe_booked_refund,
        line=REFUND,
    ),
    *_kind_and_undo(
        waiver_of(Component.PENALTY),
        _("Waiver of penalty"),
        _("Undoing of a waiver of penalty"),
        "repayments.waive_loanevent",
        describe_waiver,
    ),
    *_kind_and_undo(
        waiver_of(Component.INTEREST),
        _("Waiver of interest"),
        _("Undoing of a waiver of interest"),
        "repayments.waive_loanevent",
        describe_waiver,
    ),
    *_kind_and_undo(
        waiver_of(Component.FEE),
        _("Waiver of fees"),
        _("Undoing of a waiver of fees"),
        "repayments.waive_loanevent",
        describe_waiver,
    ),
    *_kind_and_undo(
        waiver_of(Component.PRINCIPAL),
        _("Waiver of principal"),
        _("Undoing of a waiver of principal"),
        "repayments.waive_loanevent",
        describe_waiver,
    ),
    *_kind_and_undo(
        CHARGE_OFF,
        _("Charge-off"),
        _("Undoing of a charge-off"),
        "repayments.charge_off_loanevent",
        describe_charge_off,
    ),
    *_kind_and_undo(
        WRITE_OFF,
        _("Write-off"),
        _("Undoing of a write-off"),
        "repayments.write_off_loanevent",
        describe_write_off,
    ),
    *_kind_and_undo(
        SALE,
        _("Sale of the loan"),
        _("Undoing of a sale"),
        "repayments.sell_loanevent",
        describe_sale,
    ),
)
