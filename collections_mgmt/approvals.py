"""The acts of this app that another person has to approve, as `dashu.approvals` takes them."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.services.ask_settlement import DEEP, OFFER, parts_of, preview_tables
from collections_mgmt.services.settlements import offer_settlement, preview_settlement
from dashu.approvals.acts import ActKind, Payload
from dashu.web.templatetags.dashu import money


def perform_offer(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    offer = offer_settlement(
        loan_id=payload["loan_id"], parts=parts_of(payload), today=today, reason=payload["reason"], actor=actor
    )
    return {"settlement": offer.reference, "accept_by": offer.accept_by.isoformat()}


def describe_offer(payload: Payload) -> str:
    return gettext(
        "Offer to end loan %(loan)s for %(total)s; %(given_up)s is given up once the last payment is there."
    ) % {
        "loan": payload["loan_number"],
        "total": money(payload["total_minor"], payload["currency"]),
        "given_up": money(payload["given_up_minor"], payload["currency"]),
    }


def given_up_now(payload: Payload, today: date) -> int:
    """Return what would be given up as the claim is by now; it grows with the days."""
    return preview_settlement(loan_id=payload["loan_id"], parts=parts_of(payload), today=today).given_up_minor


def loan_page(payload: Payload) -> str:
    return reverse("admin:loans_loan_change", args=[payload["loan_id"]])


KINDS = tuple(
    ActKind(
        code=code,
        label=label,
        perform=perform_offer,
        permission="collections_mgmt.offer_settlement",
        describe=describe_offer,
        preview=preview_tables,
        subject_url=loan_page,
        amount=given_up_now,
    )
    for code, label in (
        (OFFER, _("Offer of a settlement")),
        (DEEP, _("Offer of a settlement that gives up much")),
    )
)
