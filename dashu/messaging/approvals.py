"""The act of this app that another person has to approve, as `dashu.approvals` takes it."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import ActKind, Payload, Preview
from dashu.messaging.models import OutboxMessage, WordingVersion
from dashu.messaging.services.wordings import WORDING, approve_wording, preview_tables
from dashu.messaging.wording import KINDS as MESSAGES


def perform(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    version = approve_wording(version_id=payload["version_id"], digest=payload["digest"], actor=actor)
    return {"version": version.version}


def describe(payload: Payload) -> str:
    channel = OutboxMessage.Channel(payload["channel"]).label
    return gettext("Use this text: %(kind)s, %(channel)s, %(language)s.") % {
        "kind": MESSAGES.get(payload["kind"], payload["kind"]),
        "channel": channel,
        "language": payload["language"],
    }


def preview(payload: Payload, _today: date) -> Preview:
    return preview_tables(WordingVersion.objects.get(pk=payload["version_id"]))


def subject_url(payload: Payload) -> str:
    return reverse("admin:messaging_wordingversion_change", args=[payload["version_id"]])


KINDS = (
    ActKind(
        code=WORDING,
        label=_("Text of a message"),
        perform=perform,
        permission="messaging.write_wordingversion",
        describe=describe,
        preview=preview,
        subject_url=subject_url,
    ),
)
