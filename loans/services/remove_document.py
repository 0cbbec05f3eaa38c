"""Take a document back, and delete the content of those that nobody may open any more."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.kernel.errors import DomainError
from loans.models import ApplicationDocument
from loans.services.add_document import TAKEN_WHILE
from loans.services.application_rows import Kind, lock_application, note, refuse_unless_in
from loans.services.document_contents import erase_content

BATCH = 500
TO_ERASE = Q(erased_at=None) & (Q(removed_at__isnull=False) | Q(scan=ApplicationDocument.Scan.REFUSED))


class DocumentNotFound(DomainError):
    """There is no such document of this application."""

    code = "document_not_found"
    http_status = 404


class DocumentInUse(DomainError):
    """A figure was found proved by it, or the identity compared with it, and an answer may rest on that."""

    code = "document_in_use"
    http_status = 409


@transaction.atomic
def remove_document(*, application_id: int, document_id: int, now: datetime, actor: str) -> ApplicationDocument:
    """
    Take a document out of an application; its content is deleted right after. Removing it again changes nothing.

    :raises DocumentNotFound: see there.
    :raises ApplicationStateChanged: it was decided on, with this paper in it.
    :raises DocumentInUse: see there.
    """
    application = lock_application(application_id)
    document = ApplicationDocument.objects.filter(application=application, pk=document_id).first()
    if document is None:
        raise DocumentNotFound(_("There is no such paper here."), field="document")
    if document.removed_at:
        return document
    refuse_unless_in(application, *TAKEN_WHILE)
    if any(figure.get("document") == document.pk for figure in application.verified.values()):
        raise DocumentInUse(
            _("We have checked a figure by this paper, so it can no longer be removed."),
            field="document",
        )
    if application.events.filter(kind=Kind.IDENTITY_CHECKED, data__document=document.pk).exists():
        raise DocumentInUse(
            _("We have compared your identity with this paper, so it can no longer be removed."),
            field="document",
        )
    document.removed_at = now
    document.save(update_fields=["removed_at"])
    note(application, Kind.DOCUMENT_REMOVED, now=now, actor=actor, document=document.pk)
    events.publish("loans.document_removed", document_id=document.pk)
    return document


def erase_document(*, document_id: int, now: datetime) -> bool:
    """Delete the content of one that was taken back or refused; return whether this was called for."""
    document = ApplicationDocument.objects.filter(TO_ERASE, pk=document_id).first()
    if document is None:
        return False
    erase_content(document)
    # Under the name that was deleted: a key may have been changed meanwhile, and then the content has another.
    found = ApplicationDocument.objects.filter(pk=document_id, stored_as=document.stored_as, erased_at=None)
    return found.update(erased_at=now) == 1


def erase_forgotten(*, now: datetime) -> int:
    """Delete what an event missed, and return how many."""
    forgotten = ApplicationDocument.objects.filter(TO_ERASE).order_by("pk").values_list("pk", flat=True)[:BATCH]
    return sum(erase_document(document_id=document_id, now=now) for document_id in forgotten)
