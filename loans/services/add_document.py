"""Take a file that an applicant sends. It is looked at before it is stored, and again before anyone may open it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError, InvalidInput
from loans.domain.applications import Status
from loans.domain.document_files import DocumentFile, read_document
from loans.models import ApplicationDocument
from loans.services.application_rows import Kind, lock_application, note, refuse_unless_in
from loans.services.document_contents import new_content

MOST_DOCUMENTS = 20
# Also later than the questions: an underwriter may ask for one more paper.
TAKEN_WHILE = (Status.DRAFT, Status.SUBMITTED, Status.REFERRED)


class TooManyDocuments(DomainError):
    """An application has at most 20 documents."""

    code = "too_many_documents"
    http_status = 409


def add_document(
    *, application_id: int, kind: str, name: str, content: bytes, now: datetime, actor: str
) -> ApplicationDocument:
    """
    Look through a file, store it and write its row. To be called outside of transactions.

    :param name: as its sender calls it.
    :raises DocumentRefused: the file cannot be taken.
    :raises ApplicationStateChanged: no papers are taken any more.
    :raises TooManyDocuments: see there.
    """
    file = read_document(content, name=name)
    with new_content(file.content, on=lender_date(now)) as stored_as:
        return add_stored_document(
            application_id=application_id, kind=kind, file=file, stored_as=stored_as, now=now, actor=actor
        )


@transaction.atomic
def add_stored_document(
    *, application_id: int, kind: str, file: DocumentFile, stored_as: str, now: datetime, actor: str
) -> ApplicationDocument:
    """
    Write the row of a file whose content is stored. The same content again is the document that is there.

    :param stored_as: from `new_content`, which removes the content when it is not needed.
    :raises ApplicationStateChanged, TooManyDocuments: see `add_document`.
    """
    application = lock_application(application_id)
    kept = ApplicationDocument.objects.kept().filter(application=application)
    if earlier := kept.filter(sha256=file.sha256).first():
        return earlier
    refuse_unless_in(application, *TAKEN_WHILE)
    if kind not in ApplicationDocument.Kind.values:
        raise InvalidInput(_("Choose what kind of paper this is."), field="kind")
    if kept.count() >= MOST_DOCUMENTS:
        raise TooManyDocuments(
            _("There are %(most)s papers already. Remove one that is not needed before you add another."),
            field="file",
            params={"most": MOST_DOCUMENTS},
        )
    document = ApplicationDocument.objects.create(
        application=application,
        kind=kind,
        name=file.name,
        content_type=file.content_type.value,
        size=len(file.content),
        sha256=file.sha256,
        stored_as=stored_as,
        added_at=now,
        added_by=actor,
    )
    note(application, Kind.DOCUMENT_ADDED, now=now, actor=actor, document=document.pk, paper=kind)
    events.publish("loans.document_added", document_id=document.pk)
    return document
