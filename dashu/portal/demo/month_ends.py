"""
What follows from the last two months of the demo book: what a credit bureau is told, and what is set aside for loss.

Of the earlier month the file was sent and accepted, and the run posted; the later ones wait for people. Whoever was
late never said who they are, and so their loans are held back from the bureau and nobody is told of it now. The ID
numbers are nobody's.
"""

from datetime import date, datetime, time, timedelta

from collections_mgmt.models import CloseRun, CreditRecordMonth
from collections_mgmt.services.credit_months_sql import is_month_end
from dashu.approvals.services.decide import approve
from dashu.credit_reporting.models import RecordStatus, ReportedRecord, ReportingFile
from dashu.credit_reporting.services.build_month import build_month
from dashu.credit_reporting.services.consents import note_consent
from dashu.credit_reporting.services.steps import approve_file, send_file
from dashu.credit_reporting.services.take_answer import take_answer
from dashu.kernel.dates import LENDER_ZONE
from dashu.portal.demo import ACTOR
from dashu.portal.demo.applicants import id_number
from dashu.portal.demo.logins import staff_user
from dashu.provisioning.services.calculate import calculate_run
from dashu.provisioning.services.post import ask_posting
from dashu.users.models import Borrower, Identity
from dashu.users.services.record_identity import record_identity
from loans.models import Loan

MONTHS = 2
MOST_PEOPLE = 60
TOLD_AFTER = timedelta(days=5)
CURRENCY = "CNY"


def tell_of_months(*, today: date) -> None:
    """Do what belongs to the last months that are closed as a whole; none where there is no such month."""
    months = _whole_months()
    if not months:
        return
    _say_who_they_are(today=today)
    for place, month_end in enumerate(months):
        file = build_month(month=month_end, now=_morning(month_end + TOLD_AFTER), actor=ACTOR)
        run = calculate_run(month=month_end.replace(day=1), currency=CURRENCY, actor=ACTOR)
        if place < len(months) - 1:
            _send(file, now=_morning(month_end + TOLD_AFTER))
            asked = ask_posting(
                run_id=run.pk,
                reason="演示：月末计提",
                user=staff_user("accountant"),
                today=today,
                idempotency_key=f"demo-provision-{month_end}",
            )
            approve(request_id=asked.pk, user=staff_user("admin"), today=today)


def _whole_months() -> list[date]:
    """Return the last days of the latest closed months, oldest first."""
    closed = CloseRun.objects.filter(status=CloseRun.Status.CLOSED).order_by("-business_date")
    days = closed.values_list("business_date", flat=True)[: 32 * (MONTHS + 1)]
    return [day for day in days if is_month_end(day)][:MONTHS][::-1]


def _say_who_they_are(*, today: date) -> None:
    """Note an ID number for people who have none, and the consent on paper to each of their loans."""
    people = Borrower.objects.filter(kind=Borrower.Kind.PERSON, identity=None, loans__isnull=False)
    people = people.exclude(loans__in=CreditRecordMonth.objects.filter(days_past_due__gt=0).values("loan"))
    for place, person in enumerate(people.distinct().order_by("pk")[:MOST_PEOPLE]):
        born = date(1970, 1, 1) + timedelta(days=97 * place)
        record_identity(
            borrower_id=person.pk,
            kind=Identity.Kind.CN_ID,
            name=person.name,
            number=id_number(f"{born:%Y%m%d}"),
            phone=f"154{person.number[-8:]}",
            recorded_at=_morning(today),
            actor=ACTOR,
        )
        for loan in Loan.objects.filter(borrower=person).exclude(status__in=Loan.NOT_PAID_OUT):
            note_consent(
                loan_number=loan.number,
                reference=f"DEMO-{loan.pk}",
                given_on=loan.starts_on,
                today=today,
                actor=ACTOR,
            )


def _send(file: ReportingFile, *, now: datetime) -> None:
    approve_file(file_id=file.pk, sha256=file.sha256, now=now, actor=ACTOR)
    sent = send_file(file_id=file.pk, now=now, actor=ACTOR)
    told = ReportedRecord.objects.filter(file=sent, status=RecordStatus.IN_FILE).count()
    if told:
        take_answer(file_id=sent.pk, content=f"A|{sent.sequence}|{sent.sha256}|{told}|0".encode(), now=now, actor=ACTOR)


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9, 30), tzinfo=LENDER_ZONE)
