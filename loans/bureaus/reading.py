"""
An answer of the bureau, read to the letter.

A field that is missing, of another type or outside its range, a word that is not known, or facts that cannot be true
together refuse the whole answer: a decision about a person is not made by half a file. The refusal names the field,
never its value. Fields that are not known here are left alone.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from dashu.api.json_commands import parse
from dashu.kernel.dates import LENDER_ZONE
from dashu.kernel.errors import DomainError
from loans.bureaus.base import BureauAnswerRefused
from loans.domain.credit_files import CreditFile, Inquiry, LoanKind, OtherLoan, Purpose

CURRENCY = "CNY"
MOST_MINOR = 10**13
MOST_DAYS = 20_000
MOST_ROWS = 2_000
CLOCKS_DIFFER_BY = timedelta(minutes=5)


def read_file(body: bytes, *, request_id: UUID, now: datetime) -> CreditFile:
    """
    Return the file that an answer to `request_id` holds.

    :param now: nothing in it may lie after this moment.
    :raises BureauAnswerRefused: it cannot be read to the letter.
    """
    try:
        answer = _object(parse(body), "answer")
        file = _file(answer, request_id)
    except _Unreadable as unreadable:
        raise refused(str(unreadable)) from unreadable
    except DomainError as refusal:
        raise refused(refusal.code) from refusal
    if problem := _contradiction(file, now):
        raise refused(problem)
    return file


def refused(problem: str) -> BureauAnswerRefused:
    """:param problem: for the log, without anybody's data."""
    return BureauAnswerRefused(
        _("The credit bureau's answer cannot be used, so nothing was decided. We look into it."),
        details={"problem": problem},
    )


class _Unreadable(Exception):
    """Says which field is not as it must be."""


def _file(answer: Mapping[str, Any], request_id: UUID) -> CreditFile:
    if _text(answer, "request_id") != str(request_id):
        raise _Unreadable("request_id is another one")
    if _text(answer, "currency") != CURRENCY:
        raise _Unreadable("currency is not CNY")
    return CreditFile(
        pulled_at=_moment(answer, "pulled_at"),
        reference=_text(answer, "reference"),
        loans=tuple(_loan(row) for row in _rows(answer, "loans")),
        inquiries=tuple(_inquiry(row) for row in _rows(answer, "inquiries")),
        has_fraud_flag=_flag(answer, "has_fraud_flag"),
        is_known=_flag(answer, "is_known"),
    )


def _loan(row: Mapping[str, Any]) -> OtherLoan:
    return OtherLoan(
        lender=_text(row, "lender"),
        kind=LoanKind(_word(row, "kind", LoanKind)),
        opened_on=_day(row, "opened_on"),
        commitment_minor=_whole(row, "commitment_minor", MOST_MINOR),
        monthly_minor=_whole(row, "monthly_minor", MOST_MINOR),
        days_past_due=_whole(row, "days_past_due", MOST_DAYS),
        is_settled=_flag(row, "is_settled"),
    )


def _inquiry(row: Mapping[str, Any]) -> Inquiry:
    return Inquiry(on=_day(row, "on"), lender=_text(row, "lender"), purpose=Purpose(_word(row, "purpose", Purpose)))


def _contradiction(file: CreditFile, now: datetime) -> str:
    """Return what cannot be true together, empty where all can."""
    if file.pulled_at > now + CLOCKS_DIFFER_BY:
        return "pulled_at is still to come"
    if not file.is_known and (file.loans or file.inquiries or file.has_fraud_flag):
        return "somebody unknown has a file"
    today = file.pulled_at.astimezone(LENDER_ZONE).date()
    if any(inquiry.on > today for inquiry in file.inquiries):
        return "an inquiry is still to come"
    return next(filter(None, (_contradiction_of(loan, today) for loan in file.loans)), "")


def _contradiction_of(loan: OtherLoan, today: date) -> str:
    if loan.opened_on > today:
        return "a loan is still to be opened"
    if loan.is_settled and (loan.commitment_minor or loan.monthly_minor or loan.days_past_due):
        return "a settled loan is owed"
    if loan.days_past_due > (today - loan.opened_on).days:
        return "a loan is late for longer than it runs"
    if loan.days_past_due and not loan.commitment_minor:
        return "a loan is late and nothing is owed"
    return ""


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Unreadable(f"{name} is not an object")
    return value


def _value(row: Mapping[str, Any], name: str) -> Any:
    if name not in row:
        raise _Unreadable(f"{name} is missing")
    return row[name]


def _rows(row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = _value(row, name)
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        raise _Unreadable(f"{name} is not a list, or too long")
    return [_object(item, name) for item in value]


def _text(row: Mapping[str, Any], name: str) -> str:
    value = _value(row, name)
    if not isinstance(value, str) or not 0 < len(value) <= 120 or not value.isprintable():
        raise _Unreadable(f"{name} is not a short text")
    return value


def _word(row: Mapping[str, Any], name: str, words: Any) -> str:
    value = _text(row, name)
    if value not in {word.value for word in words}:
        raise _Unreadable(f"{name} is not known")
    return value


def _flag(row: Mapping[str, Any], name: str) -> bool:
    value = _value(row, name)
    if not isinstance(value, bool):
        raise _Unreadable(f"{name} is not true or false")
    return value


def _whole(row: Mapping[str, Any], name: str, most: int) -> int:
    value = _value(row, name)
    if type(value) is not int or not 0 <= value <= most:
        raise _Unreadable(f"{name} is not a whole number from 0 on, or too large")
    return value


def _day(row: Mapping[str, Any], name: str) -> date:
    value = _text(row, name)
    try:
        found = date.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.isoformat() != value:
        raise _Unreadable(f"{name} is not a date")
    return found


def _moment(row: Mapping[str, Any], name: str) -> datetime:
    try:
        found = datetime.fromisoformat(_text(row, name))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise _Unreadable(f"{name} is not a moment with its time zone")
    return found
