"""
Corrections in bulk: the lines of a file, kept, previewed, booked and taken back as one batch.

A line is booked once, whatever happens: its batch and number are its identity, and the row is locked while it is
booked. All lines in one transaction, or only the lines that fit with one transaction a loan: the person says which.

A file is no way round the table of authority: a line that another person has to approve is refused, and so is the
undoing of one.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError, InvalidInput
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.models import Loan
from repayments.models import CorrectionBatch, CorrectionRow, LoanEvent
from repayments.services.act_fields import read_fields
from repayments.services.acting import ReasonMissing
from repayments.services.acts import ACTS, UNDO
from repayments.services.booking import lock_loans
from repayments.services.perform_act import perform_alone
from repayments.services.previewing import LoanChange, preview

MOST_ROWS = 200
MOST_BYTES = 1_000_000
NEEDED = ("act", "loan")
COLUMNS = (*NEEDED, *dict.fromkeys(one.name for act in ACTS.values() if act.in_files for one in act.fields))

Status = CorrectionRow.Status


class FileNotReadable(DomainError):
    """The file is no CSV in UTF-8 or GB18030, lacks a column, or is too long."""

    code = "file_not_readable"


class BatchNotWaiting(DomainError):
    """The batch was booked before, or undone."""

    code = "batch_not_waiting"
    http_status = 409


class BatchNotAllowed(DomainError):
    """The person may not do one of the acts that the file asks for."""

    code = "batch_not_allowed"
    http_status = 403


class BatchHasRefusals(DomainError):
    """All lines were to be booked or none, and a line does not fit; nothing was booked."""

    code = "batch_has_refusals"


class BatchNotBooked(DomainError):
    """There is nothing to take back."""

    code = "batch_not_booked"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Person:
    """Who works on a file, and on which day."""

    user: User
    today: date


@dataclass
class LoanLines:
    """
    The lines of one loan, in the order of the file.

    :param change: what they do to the loan and to others that they touch; empty where every line is refused.
    :param refusals: by line number, in words.
    """

    loan: Loan
    rows: list[CorrectionRow]
    change: tuple[LoanChange, ...] = ()
    refusals: dict[int, str] = field(default_factory=dict)


@transaction.atomic
def keep_batch(*, key: UUID, file_name: str, content: bytes, user: User) -> CorrectionBatch:
    """
    Read a file of corrections and keep its lines; nothing is booked.

    Uploading again under the same key returns the first batch.

    :param user: a line whose act they may not do is refused.
    :raises FileNotReadable: with what is wrong with the file as a whole; lines are refused one by one instead.
    """
    if earlier := CorrectionBatch.objects.filter(key=key).first():
        return earlier
    lines = _lines_of(content)
    batch, is_new = CorrectionBatch.objects.get_or_create(
        key=key, defaults={"file_name": file_name[:200], "created_by": actor_of_user(user)}
    )
    if not is_new:
        return batch
    numbers = [line.get("loan", "") for _number, line in lines]
    loans = {loan.number: loan for loan in Loan.objects.filter(number__in=numbers)}
    CorrectionRow.objects.bulk_create(_row(batch, number, line, loans, user.has_perm) for number, line in lines)
    return batch


def preview_batch(batch: CorrectionBatch, *, today: date, user: User) -> list[LoanLines]:
    """Return, loan by loan, what the lines that still wait would do; refusals are among them, nothing is written."""
    found = []
    for loan, rows in _by_loan(batch.rows.filter(status=Status.WAITING)):
        lines = LoanLines(loan, rows)
        touched = _touched(loan, rows)
        perform = partial(_perform_rows, loan, rows, Person(user, today), lines.refusals)
        lines.change = preview(touched, perform, today=today).loans
        found.append(lines)
    return found


def book_batch(*, batch_id: int, only_good: bool, today: date, user: User) -> CorrectionBatch:
    """
    Book the lines of a batch.

    Booking again books nothing more. With `only_good` an interruption leaves some loans booked and the batch waiting;
    booking again then books the rest.

    :param only_good: lines that do not fit are refused and the others booked, a transaction for each loan; otherwise
        one transaction for all, and one line that does not fit keeps all from being booked.
    :raises BatchNotWaiting: it was undone.
    :raises BatchNotAllowed: the person may not do one of its acts.
    :raises BatchHasRefusals: not `only_good`, and a line does not fit; `details` has the lines.
    """
    person = Person(user, today)
    if only_good:
        batch = CorrectionBatch.objects.get(pk=batch_id)
        _refuse_what_nobody_may(batch, user.has_perm)
        for loan, rows in _by_loan(batch.rows.filter(status=Status.WAITING)):
            with transaction.atomic():
                _locked(batch_id)
                _book_rows(loan, rows, person)
        with transaction.atomic():
            return _finish(_locked(batch_id), user)
    with transaction.atomic():
        batch = _locked(batch_id)
        _refuse_what_nobody_may(batch, user.has_perm)
        _book_all(batch, person)
        return _finish(batch, user)


def preview_undo(batch: CorrectionBatch, *, today: date, user: User) -> list[LoanChange]:
    """
    Return what taking the batch back would do to each loan.

    :raises DomainError: as `undo_batch`.
    """
    touched = _loans_of(_events(batch))
    undo = partial(_take_back, batch, Person(user, today), reason="preview")
    return list(preview(touched, undo, today=today).loans)


@transaction.atomic
def undo_batch(*, batch_id: int, today: date, reason: str, user: User) -> CorrectionBatch:
    """
    Take back everything that a batch booked, newest first, in one transaction.

    Undoing again changes nothing.

    :raises BatchNotAllowed: the person may not do one of its acts.
    :raises ReasonMissing: no reason is given.
    :raises BatchNotBooked: nothing of it was booked.
    :raises NeedsApproval: another person has to approve the undoing of an act; then none is undone.
    :raises DomainError: an event can no longer be undone; then none is.
    """
    batch = CorrectionBatch.objects.select_for_update().get(pk=batch_id)
    if batch.status == CorrectionBatch.Status.UNDONE:
        return batch
    _refuse_what_nobody_may(batch, user.has_perm)
    if not reason.strip():
        raise ReasonMissing(
            _("Say why, so that the borrower and those who come after you can understand it."), field="reason"
        )
    if not batch.rows.filter(status=Status.BOOKED).exists():
        raise BatchNotBooked(_("Nothing of this file was booked."), field="batch")
    _take_back(batch, Person(user, today), reason=reason)
    batch.rows.filter(status=Status.BOOKED).update(status=Status.UNDONE)
    batch.status = CorrectionBatch.Status.UNDONE
    batch.save(update_fields=["status"])
    _audit(batch, "repayments.batch_undone", user, reason=reason)
    return batch


def _lines_of(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """Return the lines with their numbers in the file, the heading being line 1; empty lines are left out."""
    if len(content) > MOST_BYTES:
        raise FileNotReadable(_("The file is too large."), field="file")
    reader = csv.DictReader(io.StringIO(_text(content)))
    try:
        names = [(name or "").strip().lower() for name in reader.fieldnames or []]
        unknown = [name for name in names if name not in COLUMNS]
        if missing := [name for name in NEEDED if name not in names]:
            raise _unreadable(_("The first line must name these columns: %(names)s."), missing)
        if unknown:
            raise _unreadable(_("These columns are not known: %(names)s."), unknown)
        if len(set(names)) < len(names):
            raise FileNotReadable(_("A column is named twice."), field="file")
        lines = [
            (reader.line_num, dict(zip(names, [(text or "").strip() for text in line.values()], strict=False)))
            for line in reader
            if not _has_too_many(line, reader.line_num) and any(line.values())
        ]
    except csv.Error as error:
        raise FileNotReadable(_("The file is no readable CSV."), field="file") from error
    if not 0 < len(lines) <= MOST_ROWS:
        raise FileNotReadable(
            _("The file must hold 1 to %(most)s lines below its heading."), field="file", params={"most": MOST_ROWS}
        )
    return lines


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileNotReadable(_("The file is no text in UTF-8 or GB18030."), field="file")


def _unreadable(message: object, names: Iterable[str]) -> FileNotReadable:
    return FileNotReadable(message, field="file", params={"names": ", ".join(name[:40] or "–" for name in names)})


def _has_too_many(line: dict[str | None, object], number: int) -> bool:
    if None in line:
        raise FileNotReadable(
            _("Line %(line)s has more values than there are columns."), field="file", params={"line": number}
        )
    return False


def _row(
    batch: CorrectionBatch, number: int, line: dict[str, str], loans: dict[str, Loan], may: Callable[[str], bool]
) -> CorrectionRow:
    code, loan = line.get("act", "").lower(), loans.get(line.get("loan", ""))
    row = CorrectionRow(
        batch=batch,
        number=number,
        act=code[:40],
        loan=loan,
        payload={name: text for name, text in line.items() if name not in NEEDED and text},
    )
    if errors := _errors(row, may):
        row.status, row.refusal = Status.REFUSED, " ".join(errors)
    return row


def _errors(row: CorrectionRow, may: Callable[[str], bool]) -> list[str]:
    """Return what is wrong with a line before any loan is looked at, each with its column."""
    act = ACTS.get(row.act)
    if act is None or not act.in_files:
        known = ", ".join(code for code, one in ACTS.items() if one.in_files)
        return [_worded("act", InvalidInput(_("Choose one of %(codes)s."), params={"codes": known}))]
    if not may(act.permission):
        return [_worded("act", InvalidInput(_("You may not do this.")))]
    if row.loan is None:
        return [_worded("loan", InvalidInput(_("There is no loan with this number.")))]
    _values, refusals = read_fields(act.fields, row.payload, row.loan)
    return [_worded(error.field, error) for error in refusals]


def _worded(column: str | None, error: DomainError) -> str:
    return f"{column}: {error.user_message}" if column else error.user_message


def _by_loan(rows: Iterable[CorrectionRow]) -> list[tuple[Loan, list[CorrectionRow]]]:
    """Return the lines by loan, the loans in the order of their ids."""
    found: defaultdict[int, list[CorrectionRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.number):
        if row.loan_id is not None:
            found[row.loan_id].append(row)
    loans = Loan.objects.in_bulk(list(found))
    return [(loans[loan_id], found[loan_id]) for loan_id in sorted(found)]


def _touched(loan: Loan, rows: Sequence[CorrectionRow]) -> list[int]:
    """Return the ids of the loans that the lines touch, their own first."""
    touched = [loan.pk]
    for row in rows:
        act = ACTS[row.act]
        values, _refusals = read_fields(act.fields, row.payload, loan)
        touched.extend(act.loans(loan, values))
    return list(dict.fromkeys(touched))


def _perform_rows(loan: Loan, rows: Sequence[CorrectionRow], person: Person, refusals: dict[int, str]) -> None:
    """Do the lines one after the other, each in a savepoint of its own, and note those that are refused."""
    for row in rows:
        try:
            with transaction.atomic():
                _perform(loan, row, person)
        except DomainError as error:
            refusals[row.number] = _worded(ACTS[row.act].field_of(error), error)


def _perform(loan: Loan, row: CorrectionRow, person: Person) -> list[int]:
    """Do one line and return the ids of the events that it wrote."""
    loan.refresh_from_db()
    return perform_alone(
        ACTS[row.act],
        loan=loan,
        payload=row.payload,
        today=person.today,
        user=person.user,
        key=f"correction:{row.batch_id}:{row.number}",
    )


def _book_rows(loan: Loan, rows: Sequence[CorrectionRow], person: Person) -> dict[int, str]:
    """Book the lines of one loan that still wait, in the caller's transaction; return the refusals by line."""
    lock_loans(_touched(loan, rows))
    waiting = CorrectionRow.objects.select_for_update().filter(pk__in=[row.pk for row in rows], status=Status.WAITING)
    refusals: dict[int, str] = {}
    for row in waiting.order_by("number"):
        try:
            with transaction.atomic():
                row.event_ids = _perform(loan, row, person)
                row.status = Status.BOOKED
        except DomainError as error:
            refusals[row.number] = row.refusal = _worded(ACTS[row.act].field_of(error), error)
            row.status = Status.REFUSED
        row.save(update_fields=["status", "refusal", "event_ids"])
    return refusals


def _book_all(batch: CorrectionBatch, person: Person) -> None:
    refused = dict(batch.rows.filter(status=Status.REFUSED).values_list("number", "refusal"))
    grouped = _by_loan(batch.rows.filter(status=Status.WAITING))
    lock_loans([loan_id for loan, rows in grouped for loan_id in _touched(loan, rows)])
    for loan, rows in grouped:
        refused |= _book_rows(loan, rows, person)
    if refused and batch.status == CorrectionBatch.Status.WAITING:
        raise BatchHasRefusals(
            _("Nothing was booked: lines %(lines)s do not fit. Correct the file, or book only the lines that fit."),
            params={"lines": ", ".join(str(number) for number in sorted(refused))},
            details={"lines": {str(number): text for number, text in sorted(refused.items())}},
        )


def _locked(batch_id: int) -> CorrectionBatch:
    """Lock a batch, before its loans, so that it is not undone while it is booked."""
    batch = CorrectionBatch.objects.select_for_update().get(pk=batch_id)
    if batch.status == CorrectionBatch.Status.UNDONE:
        raise BatchNotWaiting(_("This file was undone. Upload it again to book it."), field="batch")
    return batch


def _refuse_what_nobody_may(batch: CorrectionBatch, may: Callable[[str], bool]) -> None:
    codes = batch.rows.exclude(status=Status.REFUSED).values_list("act", flat=True).order_by().distinct()
    if denied := [str(ACTS[code].label) for code in codes if not may(ACTS[code].permission)]:
        raise BatchNotAllowed(_("You may not do this: %(acts)s."), params={"acts": ", ".join(denied)})


def _finish(batch: CorrectionBatch, user: User) -> CorrectionBatch:
    if batch.status == CorrectionBatch.Status.WAITING:
        batch.status = CorrectionBatch.Status.BOOKED
        batch.save(update_fields=["status"])
        _audit(batch, "repayments.batch_booked", user)
    return batch


def _audit(batch: CorrectionBatch, action: str, user: User, **data: str) -> None:
    audit.record(
        action=action,
        subject_type="correction_batch",
        subject_id=batch.pk,
        actor=actor_of_user(user),
        data={"rows": {row.number: row.event_ids for row in batch.rows.exclude(event_ids=[])}, **data},
    )


def _events(batch: CorrectionBatch) -> list[LoanEvent]:
    """Return what the batch booked, newest first."""
    ids = [event_id for row in batch.rows.filter(status=Status.BOOKED) for event_id in row.event_ids]
    return list(LoanEvent.objects.filter(pk__in=ids).select_related("loan").order_by("-pk"))


def _loans_of(events: Iterable[LoanEvent]) -> list[int]:
    return sorted({event.loan_id for event in events})


def _take_back(batch: CorrectionBatch, person: Person, *, reason: str) -> None:
    """Undo what was booked, newest first; a payment that was undone is booked again."""
    events = _events(batch)
    lock_loans(_loans_of(events))
    for event in events:
        perform_alone(
            UNDO,
            loan=event.loan,
            payload={"event": str(event.pk), "reason": reason},
            today=person.today,
            user=person.user,
            key=f"correction:{batch.pk}:undo:{event.pk}",
        )
