"""Writing one file: its rows, and the sealed file with a header, a line a record, and a trailer with control totals."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import count

from django.db import connection, transaction
from django.db.models import F, Max

from dashu.audit import services as audit
from dashu.credit_reporting.domain.formats import FileFacts, PersonFacts, Totals
from dashu.credit_reporting.models import RecordCorrection, RecordStatus, ReportedRecord, ReportingFile
from dashu.credit_reporting.selectors.beside import persons_of
from dashu.credit_reporting.services.drafting import Draft, Telling
from dashu.credit_reporting.stored_files import sealing
from dashu.kernel.dates import lender_date, month_end_of
from dashu.users.sealed_files import SealingWriter

BATCH = 1_000
_LOCK = 4_712_012


@dataclass(frozen=True, slots=True)
class Entry:
    """A month of a loan that goes into a file, or is held back. :param takes_from: the record it comes in place of."""

    draft: Draft
    action: str = ReportedRecord.Action.FIRST
    takes_from: ReportedRecord | None = None
    correction: RecordCorrection | None = None


@contextmanager
def one_at_a_time(bureau: str) -> Iterator[None]:
    """In one transaction, with the files of a bureau locked: two workers build the same one after the other."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, bureau])
        yield


def next_sequence(bureau: str) -> int:
    found = ReportingFile.objects.filter(bureau=bureau).aggregate(most=Max("sequence"))["most"]
    return (found or 0) + 1


def write_file(
    telling: Telling,
    entries: Iterable[Entry],
    *,
    name: str,
    month: date,
    kind: str,
    deadline_on: date,
    now: datetime,
    actor: str,
    of: ReportingFile | None = None,
) -> ReportingFile:
    """
    Write a file with these entries; the caller holds the bureau's lock.

    Memory holds a batch of them, however many there are.

    :param name: under which the sealed file is stored, see `stored_files.new_name`.
    """
    bureau = telling.rules.bureau
    file = ReportingFile.objects.create(
        bureau=bureau,
        month=month,
        kind=kind,
        of=of,
        sequence=next_sequence(bureau),
        layout=f"{telling.layout.name}/{telling.layout.version}",
        deadline_on=deadline_on,
        built_at=now,
        built_by=actor,
    )
    with sealing(name) as target:
        writer = _Writer(telling, file, target)
        writer.write(entries)
    file.stored_as, file.size, file.sha256 = name, target.size, writer.sha256
    file.totals, file.held = writer.totals.as_values(), writer.held
    file.save()
    audit.record(
        action="credit_reporting.file_built",
        subject_type="credit_file",
        subject_id=file.pk,
        actor=actor,
        data={"month": month, "kind": kind, "sha256": file.sha256, "held": file.held, **file.totals},
    )
    return file


class _Writer:
    def __init__(self, telling: Telling, file: ReportingFile, target: SealingWriter) -> None:
        self.telling, self.file, self.target = telling, file, target
        self.totals, self.held, self.sha256 = Totals(), 0, ""
        self._lines, self._digest = count(1), sha256()
        rules = telling.rules
        self._facts = FileFacts(
            bureau=rules.bureau,
            institution=rules.institution,
            lender="DASHU",
            month=file.month,
            month_end=month_end_of(file.month),
            sequence=file.sequence or 0,
            kind=file.kind,
            of_sequence=file.of.sequence if file.of else None,
            made_on=lender_date(file.built_at),
        )

    def write(self, entries: Iterable[Entry]) -> None:
        layout, form = self.telling.layout, self.telling.format
        self._put(layout.line("header", form.header(layout, self._facts)))
        for batch in _batches(entries):
            persons = persons_of([entry.draft.facts.borrower_id for entry in batch if not entry.draft.held_for])
            records = [self._record(entry) for entry in batch]
            ReportedRecord.objects.bulk_create(records)
            for entry, record in zip(batch, records, strict=True):
                if record.line is not None:
                    self._line(record, persons[entry.draft.facts.borrower_id])
                if entry.correction:
                    RecordCorrection.objects.filter(pk=entry.correction.pk).update(record=record)
        closing = form.trailer(layout, self._facts, self.totals, self._digest.hexdigest())
        self._put(layout.line("trailer", closing))
        self.sha256 = self._digest.hexdigest()

    def _record(self, entry: Entry) -> ReportedRecord:
        is_held = bool(entry.draft.held_for)
        self.held += is_held
        return _record_of(entry, self.file, line=None if is_held else next(self._lines))

    def _line(self, record: ReportedRecord, person: PersonFacts) -> None:
        assert record.line is not None
        form, layout = self.telling.format, self.telling.layout
        values = {
            **record.told,
            **form.person(person),
            **form.frame(layout, self._facts, record.line, record.action),
        }
        self.totals.add(
            values, balance=record.balance_minor, overdue=record.overdue_minor, is_adverse=record.is_adverse
        )
        self._put(layout.line("base", values))

    def _put(self, line: str) -> None:
        content = (line + self.telling.layout.newline).encode(self.telling.layout.encoding)
        self._digest.update(content)
        self.target.write(content)


def hold_back(file: ReportingFile, entries: Iterable[Entry]) -> None:
    """Keep months that may not be told as held back by a file that was written before."""
    records = ReportedRecord.objects.bulk_create(_record_of(entry, file, line=None) for entry in entries)
    if records:
        ReportingFile.objects.filter(pk=file.pk).update(held=F("held") + len(records))


def _record_of(entry: Entry, file: ReportingFile, *, line: int | None) -> ReportedRecord:
    """Return what is kept of a month. :param line: in the file; None for one that is held back."""
    draft, correction = entry.draft, entry.correction
    return ReportedRecord(
        bureau=file.bureau,
        file=file,
        loan_id=draft.facts.loan_id,
        month=draft.facts.month,
        line=line,
        action=entry.action,
        status=RecordStatus.HELD if line is None else RecordStatus.IN_FILE,
        code=draft.facts.code,
        is_adverse=draft.is_adverse,
        balance_minor=draft.facts.balance,
        overdue_minor=draft.facts.overdue,
        grid=draft.grid,
        told=draft.told,
        held_for=list(draft.held_for),
        problems=[list(problem) for problem in draft.problems],
        replaces=entry.takes_from,
        cause=correction.cause if correction else "",
        cause_reference=correction.cause_reference if correction else "",
        notice_id=draft.notice.message_id if draft.notice else None,
        notice_at=draft.notice.sent_at if draft.notice else None,
        notice_digest=draft.notice.digest if draft.notice else "",
    )


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
