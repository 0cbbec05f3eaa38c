"""Taking the bureau's answer to a file, and sending again what it rejected."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.credit_reporting.domain.answers import Answer, AnswerUnreadable, answer_of
from dashu.credit_reporting.messages import CORRECTED
from dashu.credit_reporting.models import RecordStatus, ReportedRecord, ReportingFile
from dashu.credit_reporting.services.drafting import Telling, drafts_of, telling_on
from dashu.credit_reporting.services.steps import WrongStep, locked_file
from dashu.credit_reporting.services.tell_held import tell_held
from dashu.credit_reporting.services.writing import Entry, one_at_a_time, write_file
from dashu.credit_reporting.stored_files import new_name
from dashu.kernel.dates import lender_date
from dashu.messaging.services.enqueue import enqueue
from loans.models import Loan

Status = ReportingFile.Status


@transaction.atomic
def take_answer(*, file_id: int, content: bytes, now: datetime, actor: str) -> ReportingFile:
    """
    Note which records were accepted and which were rejected, and why. The same answer again changes nothing.

    A record that was accepted takes the place of the one that it corrects.

    :raises FileNotFound: there is no such file.
    :raises WrongStep: it was not sent, or has another answer already.
    :raises AnswerUnreadable: it is no answer, or one to another file.
    """
    file, digest = locked_file(file_id), sha256(content).hexdigest()
    if file.answer_sha256 == digest:
        return file
    if file.status != Status.SENT:
        raise WrongStep(
            _("An answer is taken of a file that was sent and has none: %(status)s."),
            params={"status": file.get_status_display()},
        )
    answer = answer_of(content)
    _refuse_another(file, answer)
    rejected = _reject(file, answer)
    accepted = ReportedRecord.objects.filter(file=file, status=RecordStatus.IN_FILE)
    same = accepted.filter(loan=OuterRef("loan"), month=OuterRef("month"))
    earlier = ReportedRecord.objects.filter(Exists(same), bureau=file.bureau, status=RecordStatus.ACCEPTED)
    earlier.update(status=RecordStatus.CORRECTED)
    _tell_of_corrections(file)
    accepted.update(status=RecordStatus.ACCEPTED)
    file.status = Status.PARTLY_REJECTED if rejected else Status.ACCEPTED
    file.answered_at, file.answer_sha256 = now, digest
    file.save(update_fields=["status", "answered_at", "answer_sha256"])
    audit.record(
        action="credit_reporting.answer_taken",
        subject_type="credit_file",
        subject_id=file.pk,
        actor=actor,
        data={"accepted": answer.accepted, "rejected": rejected, "sha256": digest},
    )
    return file


def build_resubmission(*, file_id: int, now: datetime, actor: str) -> ReportingFile:
    """
    Write a file with the rejected records of another one only, as they are true now; built before, it is returned.

    What of them may not be told today is held back by it, and goes out as a late report once it may.

    :raises FileNotFound: there is no such file.
    :raises WrongStep: nothing of it was rejected, or nothing of that can be told.
    """
    today = lender_date(now)
    telling = telling_on(today)
    with new_name(on=today) as name, one_at_a_time(telling.rules.bureau):
        file = locked_file(file_id)
        if earlier := file.resubmissions.exclude(status=Status.DISCARDED).first():
            return earlier
        entries = list(_rejected(telling, file))
        if all(entry.draft.held_for for entry in entries):
            raise WrongStep(
                _("There is nothing of this file that can be sent again: look at its rows and correct them.")
            )
        made = write_file(
            telling,
            entries,
            name=name,
            month=file.month,
            kind=ReportingFile.Kind.RESUBMISSION,
            deadline_on=file.deadline_on,
            now=now,
            actor=actor,
            of=file,
        )
        again = [entry.takes_from.pk for entry in entries if entry.takes_from]
        ReportedRecord.objects.filter(pk__in=again).update(status=RecordStatus.RESUBMITTED)
        tell_held(made, now=now)
        return made


def _refuse_another(file: ReportingFile, answer: Answer) -> None:
    if (answer.sequence, answer.sha256) != (file.sequence, file.sha256):
        raise AnswerUnreadable(_("This is the answer to another file."), field="line 1")
    if answer.accepted + len(answer.rejections) != file.totals["records"]:
        raise AnswerUnreadable(
            _("The answer is about %(found)s records, but the file has %(records)s."),
            field="line 1",
            params={"found": answer.accepted + len(answer.rejections), "records": file.totals["records"]},
        )


def _reject(file: ReportingFile, answer: Answer) -> int:
    found = ReportedRecord.objects.filter(file=file, line__in=answer.rejections, status=RecordStatus.IN_FILE)
    records = list(found.select_related("loan").order_by("line"))
    for record in records:
        rejection = answer.rejections[record.line or 0]
        if (rejection.account, rejection.month) != (record.told["account"], f"{record.month:%Y%m}"):
            raise AnswerUnreadable(
                _("Line %(line)s of the file is another account or month."),
                field="line",
                params={"line": record.line},
            )
        record.status, record.problems = RecordStatus.REJECTED, [list(each) for each in rejection.problems]
    if len(records) != len(answer.rejections):
        raise AnswerUnreadable(_("The answer names lines that the file does not have."), field="line")
    ReportedRecord.objects.bulk_update(records, ["status", "problems"], batch_size=500)
    return len(records)


def _rejected(telling: Telling, file: ReportingFile) -> Iterator[Entry]:
    rejected = ReportedRecord.objects.filter(file=file, status=RecordStatus.REJECTED)
    for month in sorted(set(rejected.values_list("month", flat=True))):
        theirs = {record.loan_id: record for record in rejected.filter(month=month)}
        for draft in drafts_of(telling, Loan.objects.filter(pk__in=theirs), month=month):
            record = theirs[draft.facts.loan_id]
            yield Entry(draft, record.action, record)


def _tell_of_corrections(file: ReportingFile) -> None:
    corrected = ReportedRecord.objects.filter(
        file=file, status=RecordStatus.IN_FILE, action=ReportedRecord.Action.CORRECTION
    )
    for record in corrected.select_related("loan").order_by("pk").iterator(chunk_size=500):
        enqueue(
            dedupe_key=f"credit-corrected:{record.pk}",
            borrower_id=record.loan.borrower_id,
            loan_id=record.loan_id,
            template=CORRECTED,
            params={"loan_number": record.loan.number},
        )
