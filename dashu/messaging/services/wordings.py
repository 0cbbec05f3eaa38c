"""Texts of reminders from the draft to use: written, submitted, approved by another person, replaced by the next."""

from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.drafts import may_be_edited
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.messaging.models import OutboxMessage, WordingVersion
from dashu.messaging.models.wording import KEY
from dashu.messaging.wording import WordingRefused, check_wording
from dashu.policy.rules import delinquency_buckets
from dashu.users.actors import actor_of_user
from dashu.users.models import User

WORDING = "message.wording"
Status = WordingVersion.Status


class WordingFixed(DomainError):
    """What was submitted or used is no longer changed; a new version can be written."""

    code = "wording_fixed"
    http_status = 409


class WordingNeeded(DomainError):
    """The text for any product and bucket is what everything else falls back on."""

    code = "wording_needed"
    http_status = 409


@transaction.atomic
def save_draft(
    *, key: dict[str, str], subject: str, body: str, user: User, today: date, version_id: int | None = None
) -> WordingVersion:
    """
    Write a draft: a new version of the key, or the draft `version_id` anew.

    A submitted text whose approval was declined, withdrawn or has expired is a draft again.

    :param key: kind, product, bucket, language and channel; of a draft that is written anew it does not change.
    :raises WordingRefused: the text could not be sent as it is, or the key names what does not exist.
    :raises WordingFixed: the version is no draft any more.
    """
    # Two drafts of one key that are begun at once get two numbers: the constraint refuses one, who then tries again.
    version = _draft(version_id) if version_id else WordingVersion(**_checked_key(key, today), made_by=user)
    version.subject, version.body = subject.strip(), body.strip().replace("\r\n", "\n")
    check_wording(
        kind=version.kind,
        channel=version.channel,
        language=version.language,
        subject=version.subject,
        body=version.body,
        on=today,
    )
    version.status, version.request_id, version.made_by = Status.DRAFT, None, user
    if version.pk is None:
        same = WordingVersion.objects.filter(**{name: getattr(version, name) for name in KEY})
        version.version = (same.aggregate(latest=Max("version"))["latest"] or 0) + 1
    version.save()
    _witness("messaging.wording_drafted", version, user)
    return version


@transaction.atomic
def submit_wording(*, version_id: int, reason: str, user: User, today: date, idempotency_key: str) -> ApprovalRequest:
    """
    Ask another person to approve a draft; again with the same key returns the first request.

    :raises WordingFixed: it is no draft.
    :raises NotAuthorized: somebody else wrote it.
    :raises DomainError: see `dashu.approvals.services.submit.submit`.
    """
    version = WordingVersion.objects.select_for_update().get(pk=version_id)
    if earlier := ApprovalRequest.objects.filter(idempotency_key=idempotency_key, maker=user).first():
        return earlier
    _refuse_fixed(version)
    if version.made_by_id != user.pk:
        raise NotAuthorized(_("Only the person who wrote the text asks for its approval, so that another decides."))
    payload = {**{name: getattr(version, name) for name in KEY}, "version_id": version.pk, "digest": digest_of(version)}
    asked = submit(
        kind=WORDING,
        payload=payload,
        amount_minor=0,
        currency="CNY",
        subject_type="wording",
        subject_id=f"{version.kind} v{version.version}",
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
        preview=preview_tables(version),
    )
    version.status, version.request_id = Status.SUBMITTED, asked.pk
    version.save(update_fields=["status", "request_id"])
    return asked


@transaction.atomic
def approve_wording(*, version_id: int, digest: str, actor: str) -> WordingVersion:
    """
    Put a submitted text in use and retire the one before it.

    :raises WordingFixed: it is not waiting for approval, or is not the text that was submitted.
    """
    version = WordingVersion.objects.select_for_update().get(pk=version_id)
    if version.status != Status.SUBMITTED or digest_of(version) != digest:
        raise WordingFixed(_("This text is no longer the one that was submitted."))
    same = WordingVersion.objects.filter(**{name: getattr(version, name) for name in KEY})
    same.filter(status=Status.APPROVED).update(status=Status.RETIRED, retired_at=Now())
    version.status, version.approved_at = Status.APPROVED, Now()
    version.save(update_fields=["status", "approved_at"])
    _witness("messaging.wording_approved", version, actor)
    return version


@transaction.atomic
def retire_wording(*, version_id: int, user: User) -> WordingVersion:
    """
    Take a special text out of use, so that the more general one is said; again changes nothing.

    :raises WordingNeeded: it is the text for any product and bucket. A better one is approved in its place.
    :raises WordingFixed: it is not in use.
    """
    version = WordingVersion.objects.select_for_update().get(pk=version_id)
    if version.status == Status.RETIRED:
        return version
    if version.status != Status.APPROVED:
        raise WordingFixed(_("This text is not in use."))
    if not (version.product or version.bucket):
        raise WordingNeeded(_("Nothing would be said without this text. Have another one approved in its place."))
    version.status, version.retired_at = Status.RETIRED, Now()
    version.save(update_fields=["status", "retired_at"])
    _witness("messaging.wording_retired", version, user)
    return version


def digest_of(version: WordingVersion) -> str:
    return sha256(f"{version.subject}\0{version.body}".encode()).hexdigest()


def preview_tables(version: WordingVersion) -> list[dict[str, Any]]:
    """Return the text as whoever decides sees it, beside the one in use."""
    same = WordingVersion.objects.filter(**{name: getattr(version, name) for name in KEY}, status=Status.APPROVED)
    now = same.exclude(pk=version.pk).first()
    rows = [
        [str(_("subject line")), now.subject if now else "–", version.subject or "–"],
        [str(_("text")), now.body if now else "–", version.body],
    ]
    columns = ["", str(_("In use")), str(_("New"))]
    return [{"title": str(_("What would be said")), "columns": columns, "rows": rows, "note": ""}]


def _draft(version_id: int) -> WordingVersion:
    version = WordingVersion.objects.select_for_update().get(pk=version_id)
    _refuse_fixed(version)
    return version


def _refuse_fixed(version: WordingVersion) -> None:
    if not may_be_edited(version):
        raise WordingFixed(_("This text is no draft any more. Write a new version of it."))


def _checked_key(key: dict[str, str], today: date) -> dict[str, str]:
    if key["channel"] not in OutboxMessage.Channel.values:
        raise WordingRefused(_("There is no such channel."), field="channel")
    if key["bucket"] and key["bucket"] not in {band.code for band in delinquency_buckets(today).bands}:
        raise WordingRefused(_("There is no such bucket."), field="bucket")
    return {name: key[name] for name in KEY}


def _witness(action: str, version: WordingVersion, by: User | str) -> None:
    actor = by if isinstance(by, str) else actor_of_user(by)
    data = {name: getattr(version, name) for name in KEY} | {"version": version.version}
    audit.record(action=action, subject_type="wording", subject_id=version.pk, actor=actor, data=data)
