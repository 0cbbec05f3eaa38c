"""The acts of this app that another person has to approve, as `dashu.approvals` takes it."""

from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import ActKind, Payload, Preview
from dashu.kernel.dates import lender_now, midnight
from dashu.users.models import User
from dashu.web.templatetags.dashu import money
from loans.models import Application, ProductTerms
from loans.selectors.desk import is_own
from loans.selectors.product_previews import preview_tables
from loans.services.approve_application import approvable, approve_application, highest_offer, preview_of
from loans.services.decide_application import Decided
from loans.services.person_rows import APPROVE
from loans.services.product_versions import VERSION, publish_version


def perform(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    version = publish_version(version_id=payload["version_id"], digest=payload["digest"], actor=actor, today=today)
    return {"version": version.version, "effective_from": version.effective_from.isoformat()}


def describe(payload: Payload) -> str:
    return gettext("Lend under version %(version)s of the product %(product)s.") % payload


def preview(payload: Payload, _today: date) -> Preview:
    return preview_tables(ProductTerms.objects.select_related("product").get(pk=payload["version_id"]))


def subject_url(payload: Payload) -> str:
    return reverse("admin:loans_productterms_change", args=[payload["version_id"]])


def perform_approval(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    reviewed = approve_application(
        application_id=payload["application_id"],
        amount_minor=payload["amount_minor"],
        months=payload["months"],
        words=payload["words"],
        reviewer_id=payload["reviewer_id"],
        now=_moment_of(today),
        actor=actor,
    )
    return {"review": reviewed.pk, "offers": reviewed.offers.count()}


def describe_approval(payload: Payload) -> str:
    words = {
        "amount": money(payload["amount_minor"], payload["currency"]),
        "months": payload["months"],
        "reference": payload["reference"],
    }
    return gettext("Offer up to %(amount)s for %(months)s months on application %(reference)s.") % words


def preview_approval(payload: Payload, today: date) -> Preview:
    return preview_of(_approvable(payload, today), payload["currency"])


def amount_of_approval(payload: Payload, today: date) -> int:
    """Return the highest amount that would be offered by now: what was proved since may have raised it."""
    return highest_offer(_approvable(payload, today))


def application_page(payload: Payload) -> str:
    return reverse("admin:loans_application_change", args=[payload["application_id"]])


def is_their_own(payload: Payload, user: User) -> bool:
    return is_own(Application.objects.get(pk=payload["application_id"]), user)


def _approvable(payload: Payload, today: date) -> Decided:
    application = Application.objects.select_related("product", "borrower").get(pk=payload["application_id"])
    return approvable(application, amount_minor=payload["amount_minor"], months=payload["months"], on=today)


def _moment_of(today: date) -> datetime:
    """Return the present moment; a decision that began before midnight counts for its own day."""
    return min(lender_now(), midnight(today + timedelta(days=1)) - timedelta(seconds=1))


KINDS = (
    ActKind(
        code=APPROVE,
        label=_("Approval of an application"),
        perform=perform_approval,
        permission="loans.review_application",
        describe=describe_approval,
        preview=preview_approval,
        subject_url=application_page,
        amount=amount_of_approval,
        bars=is_their_own,
    ),
    ActKind(
        code=VERSION,
        label=_("Version of a product"),
        perform=perform,
        permission="loans.write_productterms",
        describe=describe,
        preview=preview,
        subject_url=subject_url,
    ),
)
