"""The act of posting a provision, as `dashu.approvals` takes it."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import ActKind, Payload, Preview
from dashu.provisioning.models import RUN, ProvisionRun
from dashu.provisioning.presenting import preview_tables
from dashu.provisioning.services.post import POST, entries_of, post_run, refuse_unfit
from dashu.web.templatetags.dashu import money


def perform(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    run = post_run(run_id=payload["run_id"], inputs=payload["inputs"], actor=actor)
    return {"run": run.pk, "total_minor": run.total_minor}


def describe(payload: Payload) -> str:
    return gettext("Post the expected credit loss of %(month)s: %(total)s.") % {
        "month": payload["month"][:7],
        "total": money(payload["total_minor"], payload["currency"]),
    }


def preview(payload: Payload, _today: date) -> Preview:
    """:raises RunIsStale, RunOutOfOrder: it can no longer be posted."""
    run = ProvisionRun.objects.get(pk=payload["run_id"])
    refuse_unfit(run, inputs=payload["inputs"])
    return preview_tables(run, entries_of(run))


def run_page(payload: Payload) -> str:
    return reverse("admin:provisioning_provisionrun_change", args=[payload["run_id"]])


POSTING = ActKind(
    code=POST,
    label=_("Post a provision"),
    perform=perform,
    permission=RUN,
    describe=describe,
    preview=preview,
    subject_url=run_page,
)
