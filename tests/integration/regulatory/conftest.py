"""March 2026 and all its closes: a loan that is late, one that is not, a complaint, a call and a blocked message."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from collections_mgmt.models import CloseRun
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.complaints import make_complaint
from dashu.kernel.dates import LENDER_ZONE, add_months, midnight
from dashu.messaging.models import ContactAttempt, GuardDecision
from loans.models import Loan
from tests import factories

MARCH = date(2026, 3, 1)
AT = datetime(2026, 3, 10, 10, tzinfo=LENDER_ZONE)


def close_month(first: date, *, with_last: bool = True) -> None:
    """Close the last day; the nights before it are noted as closed, without the work that they would have been."""
    last = add_months(first, 1) - timedelta(days=1)
    CloseRun.objects.bulk_create(
        CloseRun(business_date=day, status="CLOSED", times_closed=1, ended_at=midnight(day + timedelta(days=1)))
        for day in (first + timedelta(days=number) for number in range((last - first).days))
    )
    if with_last:
        close_date(business_date=last, today=last + timedelta(days=1))


@pytest.fixture
def march(amina, brook) -> tuple[Loan, Loan]:
    late = factories.running_loan(amina)
    factories.pay(late, 1_100_16, date(2026, 2, 15))
    fine = factories.running_loan(brook, starts_on=date(2026, 3, 5), annual_rate="0.12")
    make_complaint(
        borrower_id=amina.pk,
        loan_id=late.pk,
        about="CONTACT",
        words="Too often",
        wish="",
        key=uuid4(),
        now=AT,
        actor="x",
    )
    decided = {"borrower": amina, "purpose": "COLLECTION", "stage": "ASKED", "at": AT, "reasons": []}
    allowed = GuardDecision.objects.create(**decided, channel="CALL", verdict="ALLOW")
    ContactAttempt.objects.create(
        key="k", borrower=amina, channel="CALL", purpose="COLLECTION", decision=allowed, operator="user:1",
        started_at=AT, ended_at=AT, outcome="NO_ANSWER", outcome_at=AT,
    )  # fmt: skip
    GuardDecision.objects.create(**{**decided, "reasons": ["ON_HOLD"]}, channel="SMS", verdict="BLOCK")
    close_month(MARCH)
    return late, fine
