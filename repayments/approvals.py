"""The acts of this app that another person has to approve, as `dashu.approvals` takes them."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import ActKind, Payload
from dashu.web.templatetags.dashu import money
from repayments.selectors.refunds import REFUND, refund_preview
from repayments.services.ask_refund import BACK_TO_SOURCE
from repayments.services.refund_credit import refund_credit


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


KINDS = (
    ActKind(
        code=REFUND,
        label=_("Refund of credit"),
        perform=perform_refund,
        permission="repayments.refund_payment",
        describe=describe_refund,
        preview=refund_preview,
        subject_url=lambda payload: reverse("admin:loans_loan_change", args=[payload["loan_id"]]),
    ),
)
