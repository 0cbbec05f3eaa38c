"""Applications that wait for a person, and underwriters at their desks."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from dashu.users.models import Borrower, User
from loans.domain.application_consents import NEEDED
from loans.domain.credit_files import CreditFile, Inquiry, LoanKind, OtherLoan, Purpose
from loans.models import Application
from loans.services import read_credit_report as reading
from loans.services.decide_application import decide_application
from loans.services.read_credit_report import read_credit_report
from tests import factories
from tests.applicants import NOW, answers, submitted

DAY = NOW.date()


class FakeBureau:
    """Answers what it is given."""

    def __init__(self) -> None:
        self.file = CreditFile(NOW, "R1")

    def knows(self, *, loans: Any = (), inquiries: int = 0, has_fraud_flag: bool = False) -> None:
        asked = tuple(Inquiry(DAY, f"L{number}", Purpose.LOAN) for number in range(inquiries))
        self.file = CreditFile(NOW, "R1", tuple(loans), asked, has_fraud_flag)

    def file_of(self, _subject: Any, **_question: Any) -> CreditFile:
        return self.file


def other(lender: str, monthly: int, *, late: int = 0) -> OtherLoan:
    return OtherLoan(lender, LoanKind.CONSUMER, DAY - timedelta(days=200), 10_000_00, monthly, late)


@pytest.fixture
def bureau(monkeypatch: pytest.MonkeyPatch) -> FakeBureau:
    fake = FakeBureau()
    monkeypatch.setattr(reading, "bureau", lambda: fake)
    return fake


def decided(borrower: Borrower, kind: str = "CONSUMER", *, now: datetime = NOW, **steps: Any) -> Application:
    """An application with what the rules say of it."""
    application = submitted(borrower, kind, now=now, **steps)
    read_credit_report(application_id=application.pk, now=now)
    return decide_application(application_id=application.pk, now=now)


def referred(borrower: Borrower, *, now: datetime = NOW, **steps: Any) -> Application:
    """An application that waits for a person because the applicant wants one."""
    texts = answers()["consents"]["texts"][: len(NEEDED)]
    return decided(borrower, now=now, consents={"texts": texts}, **steps)


@pytest.fixture
def una(rules: None) -> User:
    """An underwriter."""
    return factories.staff("Una", User.Role.UNDERWRITER)


@pytest.fixture
def victor(rules: None) -> User:
    """Another underwriter."""
    return factories.staff("Victor", User.Role.UNDERWRITER)


@pytest.fixture
def sofia(rules: None) -> User:
    """A supervisor."""
    return factories.staff("Sofia", User.Role.SUPERVISOR)


def signed_in(user: User) -> Client:
    """A browser of this person, who reads English."""
    user.language = "en"
    user.save()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
