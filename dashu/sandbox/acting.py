"""What elsewhere takes days, money or other people, done at once: only here, where nothing of it is real."""

import json
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from collections_mgmt.services.reassess_loan import reassess_loan
from dashu.sandbox.guard import require_sandbox
from loans.bureaus import simulated
from loans.bureaus.base import Subject
from loans.bureaus.reading import read_file
from loans.domain.credit_files import CreditFile
from loans.models import Application, Loan
from loans.services.decide_application import decide_application
from loans.services.read_credit_report import read_credit_report
from repayments.services.disburse_loan import disburse_loan


class _Bureau:
    """The simulated bureau, asked without a request over HTTP."""

    name: ClassVar[str] = simulated.NAME

    def __init__(self, now: datetime) -> None:
        self._now = now

    def file_of(self, subject: Subject, *, request_id: UUID, consent: str) -> CreditFile:
        answer: Any = simulated.answer_about(subject.number, request_id=request_id, pulled_at=self._now)
        return read_file(json.dumps(answer).encode(), request_id=request_id, now=self._now)


def decide(application: Application, *, now: datetime) -> Application:
    """Have an application that was handed in decided by the rules; one that is decided stays as it is."""
    require_sandbox()
    read_credit_report(application_id=application.pk, now=now, asking=_Bureau(now))
    return decide_application(application_id=application.pk, now=now)


def pay_out(loan: Loan, *, actor: str) -> Loan:
    """Pay an approved loan out. :raises DomainError: it is not waiting for that."""
    require_sandbox()
    disburse_loan(loan_id=loan.pk, reference=f"SBX-OUT-{loan.pk}", actor=actor)
    loan.refresh_from_db()
    return loan


def close_night(loan: Loan, *, today: date) -> None:
    """Do for one loan what the night does: how far behind it is, and who is to deal with it."""
    require_sandbox()
    reassess_loan(loan_id=loan.pk, as_of=today)
