"""Loans that a bureau is told of: who they are, that they agreed, closed month ends, and notices that arrived."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.tell_before_report import tell_before_report
from dashu.credit_reporting.models import ReportedRecord, ReportingConsent, ReportingFile
from dashu.credit_reporting.services.build_corrections import build_corrections
from dashu.credit_reporting.services.build_month import build_month
from dashu.credit_reporting.services.steps import approve_file, send_file
from dashu.credit_reporting.services.take_answer import take_answer
from dashu.credit_reporting.stored_files import content_of
from dashu.kernel.dates import LENDER_ZONE, add_months
from dashu.messaging.models import OutboxMessage
from dashu.users.models import Borrower
from dashu.users.services.record_identity import record_identity
from loans.models import Loan
from tests import factories
from tests.applicants import AMINAS_NUMBER

ACTOR = "user:test"
DAY = timedelta(days=1)
MONTHLY = 1_100_16


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=LENDER_ZONE)


def month_end(month: date) -> date:
    return add_months(month.replace(day=1), 1) - DAY


def known(owner: Borrower, number: str = AMINAS_NUMBER, *, kind: str = "CN_ID", name: str = "阿米娜") -> Borrower:
    record_identity(
        borrower_id=owner.pk,
        kind=kind,
        name=name,
        number=number,
        phone="13800000000",
        recorded_at=at(date(2026, 1, 2)),
        actor=ACTOR,
    )
    return owner


def agreed(loan: Loan, on: date | None = None) -> Loan:
    ReportingConsent.objects.create(loan=loan, reference=f"P-{loan.pk}", given_on=on or loan.starts_on, noted_by=ACTOR)
    return loan


def reported_loan(owner: Borrower, **terms: Any) -> Loan:
    return agreed(factories.running_loan(owner, **terms))


def closed(*days: date) -> None:
    for day in days:
        close_date(business_date=day, today=day + DAY)


def notices_arrive(on: date) -> None:
    """Send what waits, as the night does it on a day."""
    OutboxMessage.objects.filter(status="PENDING").update(status="SENT", sent_at=at(on), subject="s", body="b")


def told_in_time(month: date) -> None:
    """Have whoever is late told in the last days of a month, and the message arrive."""
    day = month_end(month) - 5 * DAY
    closed(day - DAY)
    tell_before_report(today=day)
    notices_arrive(day)


def filed(month: date, on: date | None = None) -> ReportingFile:
    return build_month(month=month, now=at(on or month_end(month) + 2 * DAY), actor=ACTOR)


def corrected(on: date) -> ReportingFile | None:
    return build_corrections(now=at(on), actor=ACTOR)


def sent(file: ReportingFile, on: date | None = None) -> ReportingFile:
    now = at(on or file.deadline_on, 11)
    approve_file(file_id=file.pk, sha256=file.sha256, now=now, actor="user:admin")
    return send_file(file_id=file.pk, now=now, actor="user:admin")


def answer_to(file: ReportingFile, rejected: Iterable[tuple[ReportedRecord, str, str]] = ()) -> bytes:
    """The bureau's answer, with a field and an error of each record that it rejects."""
    rejected = list(rejected)
    lines = [f"A|{file.sequence}|{file.sha256}|{file.totals['records'] - len(rejected)}|{len(rejected)}"]
    for record, field, code in rejected:
        lines.append(f"E|{record.line}|{record.told['account']}|{record.month:%Y%m}|{field}|{code}")
    return "\n".join(lines).encode()


def accepted(
    file: ReportingFile, rejected: Iterable[tuple[ReportedRecord, str, str]] = (), on: date | None = None
) -> ReportingFile:
    made = sent(file, on)
    content = answer_to(made, rejected)
    return take_answer(file_id=made.pk, content=content, now=at(on or file.deadline_on, 12), actor=ACTOR)


def lines_of(file: ReportingFile) -> list[str]:
    return b"".join(content_of(file)).decode().splitlines()
