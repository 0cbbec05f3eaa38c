"""A file of corrections, and of months that were held back or missed and may be told by now."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime

from dashu.credit_reporting.domain.telling import Held
from dashu.credit_reporting.models import RecordCorrection, RecordStatus, ReportedRecord, ReportingFile
from dashu.credit_reporting.services.build_month import untold
from dashu.credit_reporting.services.drafting import Draft, Telling, drafts_of, id_ranges, telling_on
from dashu.credit_reporting.services.tell_held import tell_of_month, waits_for_notice
from dashu.credit_reporting.services.writing import Entry, one_at_a_time, write_file
from dashu.credit_reporting.stored_files import new_name
from dashu.kernel.dates import lender_date
from loans.models import Loan

Action = ReportedRecord.Action


def build_corrections(*, now: datetime, actor: str) -> ReportingFile | None:
    """
    Write the file; None where there is nothing to tell.

    A month that is still held back keeps its reasons of today. A correction that has become true again by itself is
    forgotten; one that may not be told yet waits, and the borrower is told.

    :raises PolicyRuleMissing: no bureau is told of loans under today's rules.
    """
    today = lender_date(now)
    telling = telling_on(today)
    with new_name(on=today) as name, one_at_a_time(telling.rules.bureau):
        entries = [*_corrected(telling), *_late(telling), *_missed(telling)]
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
            if told is None or told.told == draft.told:
                correction.delete()
            elif not draft.held_for:
                yield Entry(draft, Action.CORRECTION, told, correction)
            else:
                _tell_where_untold(telling, draft, correction.loan)


def _late(telling: Telling) -> Iterator[Entry]:
    held = ReportedRecord.objects.filter(bureau=telling.rules.bureau, status=RecordStatus.HELD)
    by_month: dict[date, dict[int, ReportedRecord]] = defaultdict(dict)
    for record in held.order_by("pk"):
        by_month[record.month][record.loan_id] = record
    for month, theirs in sorted(by_month.items()):
        for draft in _drafts(telling, list(theirs), month):
            record = theirs[draft.facts.loan_id]
            if not draft.held_for:
                yield Entry(draft, Action.LATE, record)
                continue
            record.held_for, record.told, record.code = list(draft.held_for), draft.told, draft.facts.code
            record.problems = [list(problem) for problem in draft.problems]
            record.save(update_fields=["held_for", "told", "code", "problems"])
            _tell_where_untold(telling, draft, record.loan)


def _missed(telling: Telling) -> Iterator[Entry]:
    """Months that a close had to leave out, and noted only after their file was built."""
    filed = ReportingFile.objects.filter(bureau=telling.rules.bureau, kind=ReportingFile.Kind.MONTHLY)
    months = filed.exclude(status=ReportingFile.Status.DISCARDED).values_list("month", flat=True).order_by("-month")
    for month in sorted(months[:_LOOKED_BACK]):
        for loans in id_ranges(untold(telling.rules.bureau, month)):
            for draft in drafts_of(telling, loans, month=month):
                if not draft.held_for:
                    yield Entry(draft, Action.LATE)


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
