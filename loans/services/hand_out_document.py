"""Give the content of a document to somebody who may see it, and write down who that was."""

from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from loans.models import ApplicationDocument
from loans.services.document_contents import content_of


class DocumentNotReady(DomainError):
    """Nobody opens a document before it was looked at for harm, nor one that was refused."""

    code = "document_not_ready"
    http_status = 409


def hand_out_document(document: ApplicationDocument, *, actor: str) -> bytes:
    """
    Return the content, after a line in the audit log.

    :raises DocumentNotReady: see there.
    """
    if not document.is_ready:
        raise DocumentNotReady(_("This paper cannot be opened: it is still being checked, or was refused."))
    content = content_of(document)
    audit.record(
        action="loans.document_handed_out",
        subject_type="application",
        subject_id=document.application.reference,
        actor=actor,
        data={"document": document.pk},
    )
    return content
