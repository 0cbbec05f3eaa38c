"""Whoever has a month held back because they were not told, is told: with the next file it can go out."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from dashu.credit_reporting.domain.telling import Held
from dashu.credit_reporting.messages import MONTH_HELD
from dashu.credit_reporting.models import RecordStatus, ReportedRecord, ReportingFile
from dashu.kernel.dates import lender_date, month_end_of
from dashu.messaging.services.enqueue import enqueue
from dashu.policy import rules as policy
from loans.models import Loan

AT_ONCE = 1_000
TOLD_ANEW = (Held.NO_NOTICE, Held.NOTICE_FAILED)


def tell_held(file: ReportingFile, *, now: datetime) -> int:
    """Put a notice for each such record of a file into the outbox, and return how many are new."""
    held = ReportedRecord.objects.filter(file=file, status=RecordStatus.HELD)
    return sum(
        tell_of_month(
            record.loan,
            month=record.month,
            code=record.code,
            today=lender_date(now),
            is_again=Held.NOTICE_FAILED in record.held_for,
        )
        for record in held.select_related("loan").order_by("pk").iterator(chunk_size=AT_ONCE)
        if waits_for_notice(record.held_for)
    )


def waits_for_notice(held_for: Collection[str]) -> bool:
    """Whether a notice is what is missing: nobody is told of a report that cannot be made anyway."""
    return bool({*TOLD_ANEW} & {*held_for}) and not {Held.NO_CONSENT, Held.NO_IDENTITY} & {*held_for}


def tell_of_month(loan: Loan, *, month: date, code: str, today: date, is_again: bool = False) -> bool:
    """
    Tell a borrower what a month will be reported with, once.

    Where the notice did not arrive, one a month is tried for the loan, however many of its months are held back.
    """
    rules = policy.credit_reporting(today)
    key = ["month-held-again" if is_again else "month-held", str(loan.pk), f"{today if is_again else month:%Y-%m}"]
    return enqueue(
        dedupe_key=":".join(key),
        borrower_id=loan.borrower_id,
        loan_id=loan.pk,
        template=MONTH_HELD,
        params={
            "loan_number": loan.number,
            "report_on": month_end_of(month),
            "told_from": today + timedelta(days=rules.proof_days),
            "code": code,
        },
    )
