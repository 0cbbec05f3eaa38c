"""
What the desk of the demo did in the last weeks: calls and how they ended, promises, an agency, a settlement, a review.

Everything is done by the services, at an hour of its day, so the contact guard decides each call and the close keeps or
breaks each promise by what was really paid. Who is to pay soon promises that payment; who stopped paying promises in
vain.
"""

import random
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from django.db import transaction

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.models import Agency, CaseFile, Hold, OverdueStatus, QualityReview, Settlement
from collections_mgmt.selectors.reaching import late_loan_ids
from collections_mgmt.services.act_on_file import note_on_file, promise_at_file, put_off_file
from collections_mgmt.services.ask_placement import ask_placement, propose
from collections_mgmt.services.ask_settlement import ask_settlement
from collections_mgmt.services.draw_quality import WEEK, draw_week, monday_of
from collections_mgmt.services.promises import PromiseRefused
from collections_mgmt.services.reach_from_file import ask_from_file, end_contact
from collections_mgmt.services.review_quality import (
    NothingToReview,
    answer_review,
    questions_of,
    score_review,
    take_next_review,
)
from collections_mgmt.services.settlements import accept_settlement
from collections_mgmt.services.take_file import NoFileWaits, take_next_file
from dashu.approvals.services.decide import approve
from dashu.kernel.dates import LENDER_ZONE, midnight
from dashu.messaging.models import ContactAttempt, ContactChannel
from dashu.policy import rules as policy
from dashu.portal.demo.book import CAST
from dashu.portal.demo.logins import DOMAIN, staff_user
from dashu.users.models import User
from loans.models import Loan
from repayments.selectors.owed import owed_on
from repayments.selectors.standings import standings_of

DAYS = 28
PLACED_BEFORE, SETTLED_BEFORE = timedelta(days=20), timedelta(days=3)
MOST_PLACED = 8
_FILES_A_DAY = {"collector": 5, "supervisor": 1}
_OPENS = time(9, 30)
_EACH_TAKES = timedelta(minutes=20)

Wait = CaseFile.Wait
Outcome = ContactAttempt.Outcome
_OUTCOMES = {
    Outcome.RIGHT_PARTY: 46,
    Outcome.NO_ANSWER: 34,
    Outcome.BUSY: 9,
    Outcome.VOICEMAIL: 6,
    Outcome.WRONG_PARTY: 3,
    Outcome.REFUSED: 2,
}
_WORDS = {
    Outcome.RIGHT_PARTY: "核实了身份，说明了欠款、日期和可以申请的帮助。",
    Outcome.REFUSED: "对方不希望再接到电话，已说明如何书面联系我们。",
}
_NOTES = (
    "收入推迟到月底，希望那时再谈。",
    "不清楚逾期费用怎么算，已逐项说明。",
    "家里有人住院，已告诉对方如何申请延期。",
    "店里淡季，问了分期方案。",
)

# The payment that is to come of a loan within some days: the day and the amount.
Coming = Callable[[int, date], tuple[date, int] | None]


def work_a_day(*, day: date, coming: Coming, seed: int) -> None:
    """
    Do what the people of the desk do on a day, before it is closed; nobody comes on Saturdays and Sundays.

    :param coming: what a loan is paid next after a day; None for nothing soon.
    """
    if day.weekday() >= 5:
        return
    chance = random.Random(f"{seed}:desk:{day}")  # noqa: S311 – repeatable, no secret
    for key, files in _FILES_A_DAY.items():
        user = staff_user(key)
        now = datetime.combine(day, _OPENS, tzinfo=LENDER_ZONE)
        for _turn in range(files):
            try:
                file = take_next_file(user=user, now=now)
            except NoFileWaits:
                break
            _work_file(file, user=user, now=now, coming=coming, chance=chance)
            now += _EACH_TAKES


def _work_file(file: CaseFile, *, user: User, now: datetime, coming: Coming, chance: random.Random) -> None:
    answer = ask_from_file(file_id=file.pk, key=f"{now:%y%m%d%H%M}", channel=ContactChannel.CALL, user=user, now=now)
    if answer.attempt is None:
        _put_off(file, Wait.LOOKED, days=3, user=user, now=now)
        return
    outcome = chance.choices(list(_OUTCOMES), weights=list(_OUTCOMES.values()))[0]
    ended_at = now + timedelta(minutes=chance.randrange(2, 9) if outcome == Outcome.RIGHT_PARTY else 1)
    end_contact(
        file_id=file.pk,
        attempt_id=answer.attempt.pk,
        outcome=outcome,
        words=_WORDS.get(outcome, ""),
        user=user,
        now=ended_at,
    )
    if outcome != Outcome.RIGHT_PARTY:
        _put_off(file, Wait.OTHER, days=chance.randrange(2, 5), words="再试一次。", user=user, now=ended_at)
        return
    if chance.random() < 0.3:
        note_on_file(file_id=file.pk, words=chance.choice(_NOTES), user=user, now=ended_at)
    if not _promised(file, user=user, now=ended_at, coming=coming, chance=chance):
        _put_off(file, Wait.ANSWER, days=7, user=user, now=ended_at)


def _promised(file: CaseFile, *, user: User, now: datetime, coming: Coming, chance: random.Random) -> bool:
    """Note what the borrower promises, and return whether they do."""
    day = now.date()
    loans = Loan.objects.in_bulk(late_loan_ids(file.borrower_id))
    due = {pk: each.due_now for pk, each in standings_of(list(loans.values()), today=day).items() if each.due_now > 0}
    if not due:
        return False
    loan_id = max(due, key=lambda pk: (due[pk], pk))
    if found := coming(loan_id, day):
        due_on, minor = found
    elif chance.random() < 0.35:
        due_on, minor = day + timedelta(days=chance.randrange(3, 8)), due[loan_id] // 2
    else:
        return False
    try:
        with transaction.atomic():
            promise_at_file(
                file_id=file.pk,
                loan_id=loan_id,
                amount_minor=min(minor, due[loan_id]),
                due_on=due_on,
                words="",
                user=user,
                now=now,
            )
    except PromiseRefused:  # something is agreed already, or too many were not kept
        return False
    return True


def place_some(*, today: date) -> None:
    """Give some loans that are long overdue to the agency: the supervisor asks, the administrator approves."""
    agency = Agency.objects.get(code="linqiao")
    fit = propose(agency_id=agency.pk, from_days=91, to_days=None, least_minor=0, most=None, today=today).fit
    cast = set(_cast_loans())
    loan_ids = [row.loan_id for row in fit if row.loan_id not in cast][:MOST_PLACED]
    if not loan_ids:
        return
    asked = ask_placement(
        agency_id=agency.pk,
        loan_ids=loan_ids,
        reason="演示：长期联系不上",
        user=staff_user("supervisor"),
        today=today,
        idempotency_key="demo-placement",
    )
    approve(request_id=asked.pk, user=staff_user("admin"), today=today)


def settle_one(*, today: date) -> None:
    """Offer the end of one loan for a part of what is owed, and have it accepted; its payment is still to come."""
    least = policy.settlement_terms(today).least_days_past_due
    behind = OverdueStatus.objects.filter(effective_days_past_due__gte=least, loan__placements=None)
    behind = behind.exclude(loan__in=_cast_loans()).exclude(loan__in=Hold.objects.filter(ended_on=None).values("loan"))
    status = behind.order_by("effective_days_past_due", "loan").select_related("loan").first()
    if status is None:
        return
    part = Due(today + timedelta(days=14), owed_on(status.loan, today).total * 9 // 10)
    asked = ask_settlement(
        loan_id=status.loan_id,
        parts=[part],
        reason="演示：家人愿意一次性帮忙还清",
        user=staff_user("collector"),
        today=today,
        idempotency_key="demo-settlement",
    )
    approve(request_id=asked.pk, user=staff_user("admin"), today=today)
    accept_settlement(
        settlement_id=Settlement.objects.get(loan=status.loan_id).pk,
        now=datetime.combine(today, time(15), tzinfo=LENDER_ZONE),
        actor=f"borrower:{status.loan.borrower_id}",
    )


def review_some(*, today: date) -> None:
    """Draw from the week that ended last, review some of it, and let the collector answer the first."""
    now, reviewer = midnight(today), staff_user("supervisor")
    draw_week(week=monday_of(today) - WEEK, now=now)
    reviewed = []
    for missed in (None, "NEXT_STEP"):
        try:
            review = take_next_review(user=reviewer, now=now)
        except NothingToReview:
            break
        reviewed.append(_reviewed(review, missed=missed, reviewer=reviewer, now=now))
    for review in reviewed[-1:]:
        answer_review(review_id=review.pk, words="谢谢，下次会先约好下一步。", user=review.collector, now=now)


def _reviewed(review: QualityReview, *, missed: str | None, reviewer: User, now: datetime) -> QualityReview:
    answers: Mapping[str, str] = {each.code: "NO" if each.code == missed else "YES" for each in questions_of(review)}
    coaching = "说明清楚、语气平和。" if missed is None else "说明清楚；请在结束前约好下一步。"
    return score_review(review_id=review.pk, answers=answers, coaching=coaching, user=reviewer, now=now)


def _put_off(file: CaseFile, why: str, *, days: int, user: User, now: datetime, words: str = "") -> None:
    until = now.date() + timedelta(days=days)
    put_off_file(file_id=file.pk, why=why, until=until, words=words, user=user, now=now)


def _cast_loans() -> list[int]:
    """Return the loans of those who can sign in: each shows the state that it is named after."""
    emails = [f"{person.key}@{DOMAIN}" for person in CAST]
    return list(Loan.objects.filter(borrower__user__email__in=emails).values_list("pk", flat=True))
