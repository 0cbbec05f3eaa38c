"""What people take home: files, looked through and checked for harm, and the sheets of lessons."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError, InvalidInput
from education.models import WorkshopMaterial
from education.selectors.published import published_slugs
from education.services.workshops.rows import WorkshopNotFound, lock_workshop
from loans.domain.document_files import DocumentFile, DocumentRefused, read_document
from loans.scanners.choosing import scanner

MOST_MATERIALS = 10


class TooManyMaterials(DomainError):
    """A workshop has at most 10 materials."""

    code = "too_many_workshop_materials"
    http_status = 409


def add_file(*, workshop_id: int, name: str, content: bytes, now: datetime, actor: str) -> WorkshopMaterial:
    """
    Look through a file, have it checked for harm and keep it. To be called outside of transactions.

    :raises DocumentRefused, ScannerUnavailable, WorkshopNotFound, TooManyMaterials: see there.
    """
    read = read_document(content, name=name)
    if reason := scanner().scan(read.content):
        raise DocumentRefused(reason)
    return _keep(workshop_id, now=now, actor=actor, file=read)


def add_lesson_sheet(*, workshop_id: int, lesson: str, now: datetime, actor: str) -> WorkshopMaterial:
    """:raises InvalidInput, WorkshopNotFound, TooManyMaterials: see there. The same sheet again changes nothing."""
    if lesson not in published_slugs():
        raise InvalidInput(_("There is no lesson %(lesson)s."), field="lesson", params={"lesson": lesson})
    return _keep(workshop_id, now=now, actor=actor, lesson=lesson)


@transaction.atomic
def _keep(
    workshop_id: int, *, now: datetime, actor: str, file: DocumentFile | None = None, lesson: str = ""
) -> WorkshopMaterial:
    workshop = lock_workshop(workshop_id)
    kept = WorkshopMaterial.objects.filter(workshop=workshop)
    if lesson and (earlier := kept.filter(lesson=lesson).first()):
        return earlier
    if kept.count() >= MOST_MATERIALS:
        raise TooManyMaterials(
            _("There are %(most)s materials already. Remove one first."),
            field="file",
            params={"most": MOST_MATERIALS},
        )
    made = WorkshopMaterial.objects.create(
        workshop=workshop,
        lesson=lesson,
        name=file.name if file else lesson,
        content_type=file.content_type.value if file else "",
        content=file.content if file else None,
        added_at=now,
    )
    audit.record(
        action="education.workshop_material_added", subject_type="workshop", subject_id=workshop.code, actor=actor,
        data={"material": made.pk},
    )  # fmt: skip
    return made


@transaction.atomic
def remove_material(*, workshop_id: int, material_id: int, actor: str) -> None:
    """
    Take a material away.

    :raises WorkshopNotFound: the workshop has no such material.
    """
    workshop = lock_workshop(workshop_id)
    found = WorkshopMaterial.objects.filter(workshop=workshop, pk=material_id)
    if found.delete()[0] == 0:
        raise WorkshopNotFound(_("There is no such material."))
    audit.record(
        action="education.workshop_material_removed", subject_type="workshop", subject_id=workshop.code, actor=actor,
        data={"material": material_id},
    )  # fmt: skip
