"""Agencies and loans that may go to one, for tests."""

from datetime import date, datetime, timedelta

from collections_mgmt.models import Agency, AgencyRate, OverdueStatus, Placement
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.placements import place_loans
from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import ContactAttempt, GuardDecision, ReminderLine
from loans.models import Loan
from tests import factories

# The loan of 15 January 2026 has missed its first five installments; 119 days is what the oldest one is late.
TODAY = date(2026, 6, 15)
ACTOR = "user:1"


def agency(code: str = "north", **fields: object) -> Agency:
    given = {
        "name": f"{code.capitalize()} Collections",
        "license": "L-1",
        "contract_from": date(2026, 1, 1),
        "contract_to": date(2027, 12, 31),
    }
    made = Agency.objects.create(code=code, **{**given, **fields})
    AgencyRate.objects.create(agency=made, from_days=0, bps=1_000)
    AgencyRate.objects.create(agency=made, from_days=91, bps=1_500)
    return made


def late_loan(name: str = "Amina", **fields: object) -> Loan:
    """A loan that nobody has paid anything on. Until `closed`, nothing of it is counted."""
    return factories.running_loan(factories.borrower(name, phone="13800000001", **fields))


def closed(on: date = TODAY) -> None:
    """Let the night before a day find what is late."""
    night = date.fromordinal(on.toordinal() - 1)
    close_date(business_date=night, today=on)


def placed(loan: Loan, to: Agency, *, today: date = TODAY) -> Placement:
    place_loans(agency_id=to.pk, loan_ids=[loan.pk], today=today, actor=ACTOR)
    return Placement.objects.get(loan=loan, recalled_on=None)


def set_back(loan: Loan, **fields: object) -> None:
    OverdueStatus.objects.filter(loan=loan).update(**fields)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=LENDER_ZONE)


def reminded(loan: Loan, on: date, **fields: object) -> None:
    ReminderLine.objects.create(
        loan_id=loan.pk,
        version=1,
        number=1,
        borrower=loan.borrower,
        send_on=on,
        due_on=on - timedelta(days=5),
        days_after=5,
        segment="LATE",
        bucket="M1",
    )
    given = {"status": "SENT", "channel": "SMS", "sent_at": noon(on), "reminds_on": on, "purpose": "REMINDER"}
    factories.message(loan.borrower, **{"dedupe_key": f"reminder:{loan.pk}:{on}", **given, **fields})


def called(loan: Loan, on: date, outcome: str) -> None:
    decision = GuardDecision.objects.create(
        borrower=loan.borrower,
        channel="CALL",
        purpose="COLLECTION",
        operator="user:1",
        stage=GuardDecision.Stage.ASKED,
        pack="cn",
        rules_version="1",
        verdict="ALLOW",
        reasons=[],
        conditions=[],
        at=noon(on),
    )
    ContactAttempt.objects.create(
        key=f"c{on}{outcome}",
        borrower=loan.borrower,
        loan_ids=[loan.pk],
        channel="CALL",
        purpose="COLLECTION",
        operator="user:1",
        started_at=noon(on),
        outcome=outcome,
        outcome_at=noon(on),
        decision=decision,
    )
