"""
The files that agencies get, with as little of a person as the work needs.

A file of placements names whoever still is with the agency, a file of recalls nobody. Each is written anew when it is
taken, and the audit log says who took it, with how many rows and which digest. A number is in it where the contact
guard allows the agency to call; each of its decisions is kept.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.contact_holds import HOLD_OF_AGENCIES
from collections_mgmt.models import Agency, AgencyFile, Placement
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor
from dashu.ledger.exporting import Header, Row, phone_text, plain_text, write_file
from dashu.messaging.services.handing_over import numbers_to_hand_over
from dashu.users.models import Identity

# Names for programs and titles for people, as `dashu.ledger.exporting` takes them.
PLACEMENT_COLUMNS: Header = {
    "reference": _("number"),
    "name": _("name"),
    "id_number": _("ID number, masked"),
    "phone": _("phone"),
    "amount": _("amount owed"),
    "currency": _("currency"),
    "until": _("up to"),
}
RECALL_COLUMNS: Header = {"reference": _("number"), "recalled_on": _("came back on")}
FORMATS = ("csv", "xlsx")


class FileRefused(DomainError):
    """There is no such file, no such format, or nothing to tell."""

    code = "agency_file_refused"


@dataclass(frozen=True, slots=True)
class Taken:
    name: str
    content: bytes


@transaction.atomic
def make_recall_file(*, agency_id: int, today: date, actor: str) -> AgencyFile:
    """
    Put together what has come back from an agency and was not told yet.

    :raises FileRefused: there is nothing of the kind.
    """
    agency = Agency.objects.select_for_update(no_key=True).get(pk=agency_id)
    untold = Placement.objects.filter(agency=agency, recalled_on__isnull=False, recall_file=None)
    ids = list(untold.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    if not ids:
        raise FileRefused(_("Nothing has come back that the agency was not told."), field="file")
    file = AgencyFile.objects.create(
        agency=agency, kind=AgencyFile.Kind.RECALL, made_on=today, made_by=actor, loans=len(ids)
    )
    Placement.objects.filter(pk__in=ids).update(recall_file=file)
    audit.record(
        action="collections.recall_file_made",
        subject_type="agency",
        subject_id=agency.code,
        actor=actor,
        data={"file": file.number, "loans": len(ids)},
    )
    return file


@transaction.atomic
def take_file(*, file_id: int, file_format: str, now: datetime, actor: str) -> Taken:
    """
    Write a file and note who took it.

    :param file_format: csv or xlsx.
    :raises FileRefused: there is no such file or format.
    """
    file = AgencyFile.objects.select_related("agency").filter(pk=file_id).first()
    if file is None or file_format not in FORMATS:
        raise FileRefused(_("There is no such file. Choose csv or xlsx."), field="file")
    is_recall = file.kind == AgencyFile.Kind.RECALL
    header = RECALL_COLUMNS if is_recall else PLACEMENT_COLUMNS
    rows = list(_recalled(file) if is_recall else _placed(file, now))
    written = BytesIO()
    write_file(written, file_format, header, rows, titles=False, has_mark=True)
    content = written.getvalue()
    audit.record(
        action="collections.agency_file_taken",
        subject_type="agency",
        subject_id=file.agency.code,
        actor=actor,
        data={
            "file": file.number,
            "format": file_format,
            "rows": len(rows),
            "columns": list(header),
            "sha256": sha256(content).hexdigest(),
        },
    )
    return Taken(f"{file.kind.lower()}-{file.number}.{file_format}", content)


def _placed(file: AgencyFile, now: datetime) -> Iterable[Row]:
    placements = Placement.objects.running().filter(file=file).select_related("loan__borrower").order_by("pk")
    loans: defaultdict[int, list[int]] = defaultdict(list)
    for placement in placements:
        loans[placement.loan.borrower_id].append(placement.loan_id)
    masked = {each.borrower_id: each.masked_number for each in Identity.objects.filter(borrower__in=loans)}
    numbers = numbers_to_hand_over(loans=loans, to=f"agency:{file.agency.code}", at=now, their_hold=HOLD_OF_AGENCIES)
    for placement in placements:
        borrower = placement.loan.borrower
        _decision, phone = numbers[borrower.pk]
        yield (
            placement.reference,
            plain_text(borrower.name),
            plain_text(masked.get(borrower.pk, "")),
            phone_text(phone),
            format_minor(placement.owed_minor, placement.loan.currency),
            placement.loan.currency,
            placement.ends_on.isoformat(),
        )


def _recalled(file: AgencyFile) -> Iterable[Row]:
    for placement in Placement.objects.filter(recall_file=file).order_by("pk"):
        assert placement.recalled_on is not None
        yield placement.reference, placement.recalled_on.isoformat()
