"""Applications on their way from a chosen offer to the money, for tests: always through the real services."""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.db import transaction

from dashu.kernel.dates import lender_date
from dashu.policy.credit_rules import Outcome
from dashu.users.models import Borrower
from loans.domain.applications import Status
from loans.domain.cost_sheet import sheet_of
from loans.domain.understanding import questions_of
from loans.models import Application, CreditReport, Offer
from loans.services import read_credit_report
from loans.services.application_rows import lock_application
from loans.services.choose_offer import choose_offer
from loans.services.decide_application import decide_application, decision_on, follow, write_review
from loans.services.disclose_costs import answer_questions, confirm_sheet, open_sheet
from tests.applicants import NOW, submitted
from tests.integration.loans.test_deciding import FakeBureau

READ = timedelta(seconds=20)


def chosen(
    borrower: Borrower, kind: str = "CONSUMER", *, position: int = 1, now: datetime = NOW, **steps: Any
) -> Application:
    """Return an application with a chosen offer; a business loan was decided by a person."""
    application = submitted(borrower, kind, now=now, **steps)
    with patch.object(read_credit_report, "bureau", FakeBureau):
        read_credit_report.read_credit_report(application_id=application.pk, now=now)
    application = decide_application(application_id=application.pk, now=now)
    if application.status == Status.REFERRED:
        _approve(application, now=now)
    return choose_offer(application_id=application.pk, position=position, now=now, actor="user:1")


@transaction.atomic
def _approve(application: Application, *, now: datetime) -> None:
    report = CreditReport.objects.get(application=application)
    locked = lock_application(application.pk)
    decided = decision_on(locked, report, on=lender_date(now))
    reviewed = write_review(locked, decided, report=report, now=now, outcome=Outcome.APPROVE)
    follow(locked, reviewed, decided, now=now, actor="user:2")


def right_answers(application: Application) -> dict[str, str]:
    offer = Offer.objects.get(application=application, chosen_at__isnull=False)
    assert offer.sheet is not None
    return {question.about.value: question.right for question in questions_of(sheet_of(offer.sheet))}


def understood(borrower: Borrower, kind: str = "CONSUMER", *, now: datetime = NOW, **steps: Any) -> Application:
    """Return an application whose cost sheet was read and understood at `now`."""
    application = chosen(borrower, kind, now=now - READ, **steps)
    about: dict[str, Any] = {"application_id": application.pk, "actor": "user:1"}
    open_sheet(now=now - READ, **about)
    confirm_sheet(now=now, **about)
    assert answer_questions(answers=right_answers(application), now=now, **about).is_passed
    return application
