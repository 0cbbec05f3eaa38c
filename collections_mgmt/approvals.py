"""The acts of this app that another person has to approve, as `dashu.approvals` takes them."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import ScriptVersion
from collections_mgmt.services.ask_settlement import DEEP, OFFER, parts_of, preview_tables
from collections_mgmt.services.scripts import SCRIPT, WRITE, approve_script
from collections_mgmt.services.scripts import preview_tables as script_tables
from collections_mgmt.services.settlements import offer_settlement, preview_settlement
from dashu.approvals.acts import ActKind, Payload, Preview
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


def perform_script(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    version = approve_script(version_id=payload["version_id"], digest=payload["digest"], actor=actor, today=today)
    return {"version": version.version}


def describe_script(payload: Payload) -> str:
    return gettext("Say this from now on: script %(code)s, version %(version)s.") % {
        "code": payload["code"],
        "version": payload["version"],
    }


def preview_script(payload: Payload, _today: date) -> Preview:
    return script_tables(ScriptVersion.objects.get(pk=payload["version_id"]))


def script_page(payload: Payload) -> str:
    return reverse("admin:collections_mgmt_scriptversion_change", args=[payload["version_id"]])


SETTLEMENTS = tuple(
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
SCRIPTS = (
    ActKind(
        code=SCRIPT,
        label=_("Script"),
        perform=perform_script,
        permission=WRITE,
        describe=describe_script,
        preview=preview_script,
        subject_url=script_page,
    ),
)
KINDS = (*SETTLEMENTS, *SCRIPTS)
