"""Files kept with a borrower's file: looked through and checked for harm before they are kept, read with a trace."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import STEER, WORK, CaseFile, FileAttachment
from collections_mgmt.services.file_rows import FileNotFound, checked_words, lock_file, refuse_without
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.domain.document_files import DocumentFile, DocumentRefused, read_document
from loans.scanners.choosing import scanner

MOST_ATTACHMENTS = 30


class TooManyAttachments(DomainError):
    """A file has at most 30 attachments."""

    code = "too_many_attachments"
    http_status = 409


class AttachmentNotFound(DomainError):
    """There is no such attachment of a file that this person sees, or it was taken away."""

    code = "attachment_not_found"
    http_status = 404


def attach(*, file_id: int, name: str, content: bytes, about: str, user: User, now: datetime) -> FileAttachment:
    """
    Look through a file, have it checked for harm and keep it. To be called outside of transactions.

    The same content again is the attachment that is there.

    :param name: as whoever sends it calls it. :param about: what it is, in a few words.
    :raises DocumentRefused, ScannerUnavailable: the file cannot be taken, or cannot be checked at the moment.
    :raises MayNotWorkFiles, FileNotFound, WordsRefused, TooManyAttachments: see there.
    """
    refuse_without(user, WORK)
    read = read_document(content, name=name)
    if reason := scanner().scan(read.content):
        raise DocumentRefused(reason)
    return _keep(file_id, read, about, user, now)


@transaction.atomic
def _keep(file_id: int, read: DocumentFile, about: str, user: User, now: datetime) -> FileAttachment:
    file = lock_file(file_id)
    if not CaseFile.objects.visible_to(user).filter(pk=file_id).exists():
        raise FileNotFound(_("There is no such file."))
    kept = FileAttachment.objects.kept().filter(file=file)
    if earlier := kept.filter(sha256=read.sha256).first():
        return earlier
    said = checked_words(about, on=lender_date(now))
    if kept.count() >= MOST_ATTACHMENTS:
        raise TooManyAttachments(
            _("There are %(most)s attachments already. Remove one that is not needed first."),
            field="content",
            params={"most": MOST_ATTACHMENTS},
        )
    attachment = FileAttachment.objects.create(
        file=file,
        name=read.name,
        about=said[:120],
        content_type=read.content_type.value,
        size=len(read.content),
        sha256=read.sha256,
        content=read.content,
        added_at=now,
        actor=actor_of_user(user),
    )
    _witness("collections.attachment_added", attachment, user)
    return attachment


@transaction.atomic
def hand_out_attachment(*, attachment_id: int, user: User) -> FileAttachment:
    """
    Return an attachment with its content, and keep that it was read. Reading it again is kept again.

    :raises AttachmentNotFound: see there.
    """
    found = FileAttachment.objects.visible_to(user).kept().select_related("file").filter(pk=attachment_id).first()
    if found is None:
        raise AttachmentNotFound(_("There is no such attachment."))
    _witness("collections.attachment_handed_out", found, user)
    return found


@transaction.atomic
def remove_attachment(*, attachment_id: int, words: str, user: User, now: datetime) -> FileAttachment:
    """
    Take an attachment away; its content is deleted, and that it was there stays. Again changes nothing.

    For whoever added it, and for whoever leads the desk.

    :raises MayNotWorkFiles, AttachmentNotFound, WordsRefused: see there.
    """
    refuse_without(user, WORK)
    seen = FileAttachment.objects.visible_to(user).filter(pk=attachment_id)
    if not user.has_perm(STEER):
        seen = seen.filter(actor=actor_of_user(user))
    attachment = FileAttachment.objects.select_for_update().filter(pk__in=seen.values("pk")).first()
    if attachment is None:
        raise AttachmentNotFound(_("There is no such attachment."))
    if attachment.removed_at:
        return attachment
    attachment.removed_because = checked_words(words, on=lender_date(now))
    attachment.removed_at, attachment.content = now, None
    attachment.save(update_fields=["removed_at", "removed_because", "content"])
    _witness("collections.attachment_removed", attachment, user)
    return attachment


def _witness(action: str, attachment: FileAttachment, user: User) -> None:
    audit.record(
        action=action,
        subject_type="file",
        subject_id=attachment.file.number,
        actor=actor_of_user(user),
        data={"attachment": attachment.pk},
    )
