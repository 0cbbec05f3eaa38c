"""Ask another person to approve the offer of a settlement; who may depends on the amount and on the share given up."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.services.settlements import SettlementTerms, preview_settlement
from dashu.approvals.acts import Preview, act_kind
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.finance.installments import Component
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from dashu.web.templatetags.dashu import money
from loans.models import Loan

OFFER, DEEP = "settlement.offer", "settlement.deep"


@transaction.atomic
def ask_settlement(
    *,
    loan_id: int,
    parts: Sequence[Due],
    reason: str,
    user: User,
    today: date,
    idempotency_key: str,
    is_asked_for: bool = False,
) -> ApprovalRequest:
    """
    Ask for an offer. The borrower hears of it once another person has approved it.

    :raises SettlementRefused: see `preview_settlement`.
    :raises NotAuthorized: the person may not ask for this. :raises ReasonMissing: no reason is given.
    """
    terms = preview_settlement(
        loan_id=loan_id, parts=parts, today=today, is_asked_for=is_asked_for, actor=actor_of_user(user)
    )
    loan = Loan.objects.get(pk=loan_id)
    kind = DEEP if terms.is_deep(today) else OFFER
    payload = {
        "loan_id": loan.pk,
        "loan_number": loan.number,
        "currency": loan.currency,
        "parts": [[part.on.isoformat(), part.minor] for part in parts],
        "total_minor": terms.total_minor,
        "given_up_minor": terms.given_up_minor,
        "reason": reason,
        "is_asked_for": is_asked_for,
    }
    preview = act_kind(kind).preview
    return submit(
        kind=kind,
        payload=payload,
        preview=preview(payload, today) if preview else (),
        amount_minor=terms.given_up_minor,
        currency=loan.currency,
        subject_type="loan",
        subject_id=loan.number,
        loan_id=loan.pk,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


def parts_of(payload: Mapping[str, Any]) -> list[Due]:
    return [Due(date.fromisoformat(on), minor) for on, minor in payload["parts"]]


def preview_tables(payload: Mapping[str, Any], today: date) -> Preview:
    """Return what would be paid and given up as things are on this day, as plain texts."""
    terms = preview_settlement(
        loan_id=payload["loan_id"],
        parts=parts_of(payload),
        today=today,
        is_asked_for=payload.get("is_asked_for", False),
    )
    return [parts_table(parts_of(payload), payload["currency"]), given_up_table(terms, payload["currency"])]


def parts_table(parts: Sequence[Due], currency: str) -> dict[str, Any]:
    return {
        "title": _("To be paid"),
        "columns": [_("due date"), {"title": _("Amount"), "is_number": True}],
        "rows": [[date_format(part.on), money(part.minor, currency)] for part in parts],
        "note": "",
    }


def given_up_table(terms: SettlementTerms, currency: str) -> dict[str, Any]:
    owed, labels = terms.owed, component_labels()
    by_component = {
        Component.PENALTY: owed.penalty,
        Component.FEE: owed.fee,
        Component.INTEREST: owed.interest,
        Component.PRINCIPAL: owed.principal,
    }
    rows: list[tuple[str, int, int, int]] = [
        (labels[component], by_component[component], minor, by_component[component] - minor)
        for component, minor in terms.parts.items()
    ]
    if owed.prepayment_fee:
        rows.append((_("fee for paying early"), owed.prepayment_fee, 0, owed.prepayment_fee))
    if less := owed.credit + owed.rebate:
        rows.append((_("less credit of the borrower"), -less, 0, -less))
    rows.append((_("together"), owed.total, terms.given_up_minor, terms.total_minor))
    return {
        "title": _("What is given up"),
        "columns": [
            _("Of what"),
            *({"title": title, "is_number": True} for title in (_("Owed"), _("would be waived"), _("To be paid"))),
        ],
        "rows": [[name, *(money(minor, currency) for minor in minors)] for name, *minors in rows],
        "note": _(
            "As the loan stands today. Nothing is given up before the last payment is there; what is added until then"
            " is given up with it."
        ),
    }


def component_labels() -> dict[Component, str]:
    return {
        Component.PENALTY: _("penalty"),
        Component.FEE: _("fee"),
        Component.INTEREST: _("interest"),
        Component.PRINCIPAL: _("principal"),
    }
