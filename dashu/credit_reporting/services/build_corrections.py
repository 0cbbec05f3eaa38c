"""A file of corrections, and of months that were held back or missed and may be told by now."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Exists, OuterRef

from dashu.credit_reporting.domain.telling import Held
from dashu.credit_reporting.models import RecordCorrection, RecordStatus, ReportedRecord, ReportingFile
from dashu.credit_reporting.services.build_month import untold
from dashu.credit_reporting.services.drafting import Draft, Telling, drafts_of, id_ranges, telling_on
from dashu.credit_reporting.services.tell_held import tell_of_month, waits_for_notice
from dashu.credit_reporting.services.writing import Entry, hold_back, one_at_a_time, write_file
from dashu.credit_reporting.stored_files import new_name
from dashu.kernel.dates import lender_date
from loans.models import Loan

Action = ReportedRecord.Action


def build_corrections(*, now: datetime, actor: str, with_held: bool = True) -> ReportingFile | None:
    """
    Write the file; None where there is nothing to tell.

    :param with_held: whether the months that were held back or missed are looked at, too.

    A month that is still held back keeps its reasons of today. A correction that has become true again by itself is
    forgotten; one that may not be told yet waits, and the borrower is told.

    :raises PolicyRuleMissing: no bureau is told of loans under today's rules.
    """
    today = lender_date(now)
    telling = telling_on(today)
    with new_name(on=today) as name, one_at_a_time(telling.rules.bureau):
        entries = [*_corrected(telling)]
        if with_held:
            entries += [*_late(telling), *_missed(telling)]
        if not entries:
            return None
        entries.sort(key=lambda entry: (entry.draft.facts.month, entry.draft.facts.loan_id))
        due = [entry.correction.due_on for entry in entries if entry.correction]
        file = write_file(
            telling,
            entries,
            name=name,
            month=entries[-1].draft.facts.month,
            kind=ReportingFile.Kind.CORRECTION,
            deadline_on=min([*due, telling.rules.deadline_of(today)]),
            now=now,
            actor=actor,
        )
        released = [entry.takes_from.pk for entry in entries if entry.action == Action.LATE and entry.takes_from]
        ReportedRecord.objects.filter(pk__in=released).update(status=RecordStatus.RELEASED)
        return file


def _corrected(telling: Telling) -> Iterator[Entry]:
    waiting = RecordCorrection.objects.filter(bureau=telling.rules.bureau, record=None).order_by("pk")
    by_month: dict[date, dict[int, RecordCorrection]] = defaultdict(dict)
    for correction in waiting:
        by_month[correction.month][correction.loan_id] = correction
    for month, theirs in sorted(by_month.items()):
        on_their_way = _records(telling, month, list(theirs), RecordStatus.IN_FILE)
        accepted = _records(telling, month, list(theirs), RecordStatus.ACCEPTED)
        for draft in _drafts(telling, list(theirs), month):
            correction, told = theirs[draft.facts.loan_id], accepted.get(draft.facts.loan_id)
            if draft.facts.loan_id in on_their_way:
                continue  # what is on its way is answered first
            if told is None or told.told == draft.told or Held.LAPSED in draft.held_for:
                correction.delete()
            elif not draft.held_for:
                yield Entry(draft, Action.CORRECTION, told, correction)
            else:
                _tell_where_untold(telling, draft, correction.loan)


def _late(telling: Telling) -> Iterator[Entry]:
    """Months that were held back and may be told by now; the others keep their reasons of today."""
    held = ReportedRecord.objects.filter(bureau=telling.rules.bureau, status=RecordStatus.HELD)
    for month in held.order_by("month").values_list("month", flat=True).distinct():
        of_month = held.filter(month=month)
        for loans in id_ranges(Loan.objects.filter(Exists(of_month.filter(loan=OuterRef("pk"))))):
            theirs = {record.loan_id: record for record in of_month.filter(loan__in=loans).select_related("loan")}
            changed = []
            for draft in drafts_of(telling, loans, month=month):
                record = theirs[draft.facts.loan_id]
                if not draft.held_for:
                    yield Entry(draft, Action.LATE, record)
                elif _is_held_otherwise(record, draft):
                    changed.append(record)
                if draft.held_for:
                    _tell_where_untold(telling, draft, record.loan)
            ReportedRecord.objects.bulk_update(changed, ["status", "held_for", "told", "code", "problems"])


def _is_held_otherwise(record: ReportedRecord, draft: Draft) -> bool:
    """Note why the month is held back now; one that has lapsed is held back no longer, because it is never told."""
    status = RecordStatus.RELEASED if Held.LAPSED in draft.held_for else RecordStatus.HELD
    problems = [list(problem) for problem in draft.problems]
    now = (status, list(draft.held_for), draft.told, draft.facts.code, problems)
    before = (record.status, record.held_for, record.told, record.code, record.problems)
    record.status, record.held_for, record.told, record.code, record.problems = now
    return now != before


def _missed(telling: Telling) -> Iterator[Entry]:
    """
    Months that a close had to leave out, and noted only after their file was built. What may not be told of them is
    kept as held back by that file, and taken up from there.
    """
    filed = ReportingFile.objects.filter(bureau=telling.rules.bureau, kind=ReportingFile.Kind.MONTHLY)
    for file in filed.exclude(status=ReportingFile.Status.DISCARDED).order_by("-month")[:_LOOKED_BACK]:
        for loans in id_ranges(untold(telling.rules.bureau, file.month)):
            entries = [Entry(draft, Action.LATE) for draft in drafts_of(telling, loans, month=file.month)]
            held = [entry for entry in entries if entry.draft.held_for]
            hold_back(file, held)
            for entry in held:
                _tell_where_untold(telling, entry.draft, Loan.objects.get(pk=entry.draft.facts.loan_id))
            yield from (entry for entry in entries if not entry.draft.held_for)


_LOOKED_BACK = 12


def _drafts(telling: Telling, loan_ids: list[int], month: date) -> Iterator[Draft]:
    for loans in id_ranges(Loan.objects.filter(pk__in=loan_ids)):
        yield from drafts_of(telling, loans, month=month)


def _records(telling: Telling, month: date, loan_ids: list[int], status: str) -> dict[int, ReportedRecord]:
    found = ReportedRecord.objects.filter(bureau=telling.rules.bureau, month=month, loan__in=loan_ids, status=status)
    return {record.loan_id: record for record in found}


def _tell_where_untold(telling: Telling, draft: Draft, loan: Loan) -> None:
    if waits_for_notice(draft.held_for):
        is_again = Held.NOTICE_FAILED in draft.held_for
        tell_of_month(loan, month=draft.facts.month, code=draft.facts.code, today=telling.on, is_again=is_again)
