"""The steps of a file: approved by a second person, sent, or thrown away before that."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.audit import services as audit
from dashu.credit_reporting.models import RecordCorrection, RecordStatus, ReportedRecord, ReportingFile
from dashu.kernel.errors import DomainError
from dashu.users.models import User

APPROVE = "credit_reporting.file"
Status = ReportingFile.Status


class FileNotFound(DomainError):
    """There is no such file."""

    code = "credit_file_not_found"
    http_status = 404


class WrongStep(DomainError):
    """The file is not at the step that this comes after."""

    code = "credit_file_wrong_step"
    http_status = 409


def locked_file(file_id: int) -> ReportingFile:
    """:raises FileNotFound: see there."""
    found = ReportingFile.objects.select_for_update(no_key=True).filter(pk=file_id).first()
    if found is None:
        raise FileNotFound(_("There is no such file."))
    return found


def ask_approval(*, file_id: int, reason: str, user: User, today: date, key: str) -> ApprovalRequest:
    """
    Ask for a file to be approved; nobody approves alone.

    :raises FileNotFound, WrongStep: see there. Otherwise as `dashu.approvals.services.submit.submit`.
    """
    file = ReportingFile.objects.filter(pk=file_id).first()
    if file is None:
        raise FileNotFound(_("There is no such file."))
    _refuse_unless(file, Status.BUILT)
    return submit(
        kind=APPROVE,
        payload={"file_id": file.pk, "sha256": file.sha256, "month": file.month.isoformat(), "name": file.name},
        amount_minor=0,
        currency=settings.CURRENCY,
        subject_type="credit_file",
        subject_id=file.pk,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=key,
    )


@transaction.atomic
def approve_file(*, file_id: int, sha256: str, now: datetime, actor: str) -> ReportingFile:
    """
    Let a file go out; approved already, nothing changes.

    :param sha256: of what was looked at.
    :raises FileNotFound, WrongStep: see there; also where the file is not the one that was looked at.
    """
    file = locked_file(file_id)
    if file.status == Status.APPROVED and file.sha256 == sha256:
        return file
    _refuse_unless(file, Status.BUILT)
    if file.sha256 != sha256:
        raise WrongStep(_("The file is another one by now. Look at it again."))
    file.status, file.approved_at, file.approved_by = Status.APPROVED, now, actor
    file.save(update_fields=["status", "approved_at", "approved_by"])
    _witness("file_approved", file, actor)
    return file


@transaction.atomic
def send_file(*, file_id: int, now: datetime, actor: str) -> ReportingFile:
    """
    Note that a file left the house: whoever takes it hands it to the bureau. Taken again, the first time stays.

    :raises FileNotFound, WrongStep: see there.
    """
    file = locked_file(file_id)
    if file.sent_at is not None:
        _witness("file_taken_again", file, actor)
        return file
    _refuse_unless(file, Status.APPROVED)
    file.status, file.sent_at, file.sent_by = Status.SENT, now, actor
    file.save(update_fields=["status", "sent_at", "sent_by"])
    _witness("file_sent", file, actor)
    return file


@transaction.atomic
def discard_file(*, file_id: int, reason: str, actor: str) -> ReportingFile:
    """
    Throw away a file that was not sent, so that it is built anew; what it took up waits as before.

    :raises FileNotFound: see there.
    :raises WrongStep: it was sent, or a later file counts on its number.
    """
    file = locked_file(file_id)
    if file.status == Status.DISCARDED:
        return file
    _refuse_unless(file, Status.BUILT, Status.APPROVED)
    if ReportingFile.objects.filter(bureau=file.bureau, sequence__gt=file.sequence or 0).exists():
        raise WrongStep(_("A later file is numbered after this one. Throw that one away first."))
    records = ReportedRecord.objects.filter(file=file)
    RecordCorrection.objects.filter(record__in=records).update(record=None)
    taken = list(records.exclude(replaces=None).values_list("replaces_id", flat=True))
    records.update(status=RecordStatus.DISCARDED)
    for was, again in ((RecordStatus.RELEASED, RecordStatus.HELD), (RecordStatus.RESUBMITTED, RecordStatus.REJECTED)):
        ReportedRecord.objects.filter(pk__in=taken, status=was).update(status=again)
    file.status, file.sequence = Status.DISCARDED, None
    file.save(update_fields=["status", "sequence"])
    _witness("file_discarded", file, actor, reason=reason)
    return file


def _refuse_unless(file: ReportingFile, *allowed: str) -> None:
    if file.status not in allowed:
        raise WrongStep(
            _("The file is already at another step: %(status)s."), params={"status": file.get_status_display()}
        )


def _witness(what: str, file: ReportingFile, actor: str, **data: object) -> None:
    audit.record(
        action=f"credit_reporting.{what}",
        subject_type="credit_file",
        subject_id=file.pk,
        actor=actor,
        data={"month": file.month, "kind": file.kind, "sha256": file.sha256, **data},
    )
