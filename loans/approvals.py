"""The act of this app that another person has to approve, as `dashu.approvals` takes it."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import ActKind, Payload, Preview
from loans.models import ProductTerms
from loans.selectors.product_previews import preview_tables
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


KINDS = (
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
