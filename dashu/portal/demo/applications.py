"""Applications of the demo, brought by the real services to where `applicants` says that each of them stands."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from dashu.consents.selectors import latest_texts
from dashu.consents.services.load_texts import load_texts
from dashu.kernel.dates import LENDER_ZONE
from dashu.portal.demo import ACTOR, logins
from dashu.portal.demo.applicants import APPLICANTS, USUAL, Applicant, Course
from dashu.users.models import Borrower, User
from loans.bureaus import simulated
from loans.bureaus.base import BureauUnavailable, Subject
from loans.bureaus.reading import read_file
from loans.domain.application_consents import EVERY, NEEDED
from loans.domain.application_facts import Step, steps_of
from loans.domain.credit_files import CreditFile
from loans.models import Application
from loans.services.answer_step import answer_step
from loans.services.ask_for_review import ask_for_review
from loans.services.choose_offer import choose_offer
from loans.services.decide_application import decide_application
from loans.services.expire_applications import expire_applications
from loans.services.hold_application import claim_next_application
from loans.services.read_credit_report import read_credit_report
from loans.services.start_application import start_application
from loans.services.submit_application import submit_application
from loans.services.withdraw_application import withdraw_application

_HALF = (Step.LOAN, Step.PERSON, Step.WORK)


class QuietBureau:
    """The simulated bureau, asked without a request over HTTP; there is no server yet while the book is filled."""

    name: ClassVar[str] = simulated.NAME

    def __init__(self, now: datetime) -> None:
        self._now = now

    def file_of(self, subject: Subject, *, request_id: UUID, consent: str) -> CreditFile:
        answer = simulated.answer_about(subject.number, request_id=request_id, pulled_at=self._now)
        return read_file(json.dumps(answer).encode(), request_id=request_id, now=self._now)


class SilentBureau:
    """One that never answers."""

    name: ClassVar[str] = simulated.NAME

    def file_of(self, subject: Subject, *, request_id: UUID, consent: str) -> CreditFile:
        raise BureauUnavailable(
            _("The credit bureau does not answer at the moment. Nothing was decided. Try again in a while.")
        )


def make_applications(*, today: date) -> None:
    """
    Have each applicant apply in the days before `today`. The logins must be there.

    What is left waiting lapses, and the underwriter takes up what waits longest, so that the desk shows both.
    """
    load_texts()
    for index, applicant in enumerate(APPLICANTS, start=1):
        with translation.override(applicant.language):
            _apply(applicant, _borrower(applicant, index), today=today)
    evening = datetime.combine(today - timedelta(days=1), time(18), LENDER_ZONE)
    expire_applications(now=evening)
    claim_next_application(user=User.objects.get(email=f"underwriter@{logins.DOMAIN}"), now=evening)


def _borrower(applicant: Applicant, index: int) -> Borrower:
    user = User.objects.filter(email=f"{applicant.key}@{logins.DOMAIN}").first()
    return Borrower.objects.create(
        number=f"B{100 + index:010d}",
        name=applicant.name,
        language=applicant.language,
        email=(user.email or "") if user else f"borrower.{applicant.key}@example.com",
        user=user,
    )


def _apply(applicant: Applicant, borrower: Borrower, *, today: date) -> None:
    at = datetime.combine(today - timedelta(days=applicant.days_ago), time(9, 30), LENDER_ZONE)
    about: dict[str, Any] = {"actor": f"user:{borrower.user_id}" if borrower.user_id else ACTOR}
    application = start_application(borrower_id=borrower.pk, product_code=applicant.product, now=at, **about)
    # The database writes down when a row was made; here that is not when it was begun.
    Application.objects.filter(pk=application.pk).update(created_at=at)
    about["application_id"] = application.pk
    for step in steps_of(application.product.kind):
        if applicant.course is not Course.HALF_WAY or step in _HALF:
            at += timedelta(minutes=2)
            answer_step(step=step.value, answer=_answer(applicant, borrower, step), now=at, **about)
    if applicant.course is Course.HALF_WAY:
        return
    submit_application(now=at + timedelta(minutes=1), **about)
    _decide(application.pk, applicant.course, at + timedelta(minutes=2))
    at += timedelta(hours=2)
    match applicant.course:
        case Course.CHOSEN:
            choose_offer(position=1, now=at, **about)
        case Course.REVIEW_ASKED:
            words = "那笔逾期已经还清了，请再看一下。"
            ask_for_review(words=words, now=at, **about)
        case Course.WITHDRAWN:
            withdraw_application(now=at, **about)


def _decide(application_id: int, course: Course, now: datetime) -> None:
    """Do what the task of a submitted application does, and the sweep where the bureau stays silent."""
    try:
        asking = SilentBureau() if course is Course.UNANSWERED else QuietBureau(now)
        read_credit_report(application_id=application_id, now=now, asking=asking)
    except BureauUnavailable:
        now += timedelta(minutes=11)
    decide_application(application_id=application_id, now=now)


def _answer(applicant: Applicant, borrower: Borrower, step: Step) -> Mapping[str, Any]:
    answer = {**USUAL.get(step, {}), **applicant.answers.get(step, {})}
    if step is Step.PERSON:
        phone = f"154{borrower.number[-8:]}"
        answer |= {"name": applicant.name, "number": applicant.id_number, "phone": phone}
    if step is Step.CONSENTS:
        purposes = EVERY if applicant.is_by_computer else NEEDED
        answer["texts"] = [text.pk for text in latest_texts(purposes)]
    return answer
