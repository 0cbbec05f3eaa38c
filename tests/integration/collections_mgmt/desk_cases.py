"""Files, teams and people for tests of the desk."""

from datetime import date, datetime, timedelta

from django.db import connection

from collections_mgmt.models import CaseFile, CollectionCase, CollectorProfile, OverdueStatus, Team
from collections_mgmt.services.files_sql import refresh_files
from dashu.kernel.dates import LENDER_ZONE
from dashu.users.models import User
from loans.models import Loan
from tests import factories

NOW = datetime(2026, 3, 20, 10, tzinfo=LENDER_ZONE)
TODAY = NOW.date()


def team(code: str = "early", **fields: object) -> Team:
    return Team.objects.create(code=code, name=code.capitalize(), **fields)


def collector(name: str = "Chidi", *, of: Team, languages: tuple[str, ...] = ("zh-hans",), **fields: object) -> User:
    user = factories.staff(name)
    CollectorProfile.objects.create(user=user, team=of, languages=list(languages), **fields)
    return user


def late(loan: Loan, *, minor: int = 1_100_16, days: int = 5, level: int = 1) -> Loan:
    """Put a loan behind without a close: what the desk reads of it."""
    amounts = {"principal_minor": minor, "interest_minor": 0, "fee_minor": 0, "penalty_minor": 0}
    status = {"as_of": TODAY, "days_past_due": days, "effective_days_past_due": days, "bucket": "M1"}
    OverdueStatus.objects.update_or_create(
        loan=loan, defaults={**status, **amounts, "oldest_due_on": TODAY - timedelta(days=days), "classification": "X"}
    )
    CollectionCase.objects.update_or_create(loan=loan, status="OPEN", defaults={"opened_on": TODAY, "level": level})
    return loan


def late_person(name: str, *, minor: int = 1_100_16, days: int = 5, level: int = 1, **fields: object) -> CaseFile:
    """A borrower who is behind, with their file."""
    owner = factories.borrower(name, **fields)
    late(factories.running_loan(owner), minor=minor, days=days, level=level)
    refresh()
    return CaseFile.objects.get(borrower=owner)


def refresh(on: date = TODAY) -> dict[str, int]:
    with connection.cursor() as cursor:
        return dict(refresh_files(cursor, on=on, actor="system:test"))
