"""A review from the queue to the end: taken up, decided by the scorecard, answered, and seen to where it must be."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.notes import forbidden_in
from collections_mgmt.domain.quality import Answer, Result, judged
from collections_mgmt.models import REVIEW, QualityReview
from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.quality import Question, Work
from dashu.users.actors import actor_of_user
from dashu.users.models import User

CRITICAL = "quality.critical"
LONGEST = 2000
KEPT_FOR = timedelta(hours=2)


class ReviewNotFound(DomainError):
    """There is no such review, or it is nothing that this person may see."""

    code = "review_not_found"
    http_status = 404


class MayNotReview(DomainError):
    """The person does not review, or it is their own work."""

    code = "may_not_review"
    http_status = 403


class NothingToReview(DomainError):
    """Nothing waits that this person could review."""

    code = "nothing_to_review"


class AlreadyReviewed(DomainError):
    """Somebody decided it otherwise, or has it in hand."""

    code = "already_reviewed"
    http_status = 409


class ReviewRefused(DomainError):
    """An answer is missing, nothing applied, or the words do not do; `field` says which."""

    code = "review_refused"


def take_next_review(*, user: User, now: datetime) -> QualityReview:
    """
    Return the next review for this person: what they have in hand, else what is due first and nobody has in hand.

    :raises MayNotReview, NothingToReview: see there.
    """
    _refuse_without(user)
    free = Q(reviewer=None) | Q(taken_at__lt=now - KEPT_FOR)
    waiting = QualityReview.objects.waiting().exclude(collector=user)
    for review in (*waiting.filter(reviewer=user)[:1], *waiting.filter(free).exclude(reviewer=user)[:20]):
        # Two who ask at once never get the same one: the update of the second finds it taken.
        still = QualityReview.objects.waiting().filter(pk=review.pk).filter(free | Q(reviewer=user))
        if still.update(reviewer=user, taken_at=now):
            return QualityReview.objects.get(pk=review.pk)
    raise NothingToReview(_("Nothing waits for a review by you now."))


@transaction.atomic
def score_review(
    *, review_id: int, answers: Mapping[str, str], coaching: str, user: User, now: datetime
) -> QualityReview:
    """
    Decide a review by the scorecard of the day on which the work was done. The same again changes nothing.

    :param answers: YES, NO or NA by question.
    :param coaching: what the collector reads; needed where the work did not pass.
    :raises ReviewNotFound, MayNotReview, AlreadyReviewed, ReviewRefused: see there.
    """
    review = _locked(review_id)
    _refuse_without(user)
    if review.collector_id == user.pk:
        raise MayNotReview(_("Nobody reviews their own work."))
    if review.reviewed_at is not None:
        if review.reviewer_id == user.pk and {each["code"]: each["answer"] for each in review.answers} == dict(answers):
            return review
        raise AlreadyReviewed(_("This was reviewed already. Open it to read the result."))
    if review.reviewer_id not in (None, user.pk) and review.taken_at and review.taken_at > now - KEPT_FOR:
        raise AlreadyReviewed(_("%(name)s is reviewing this."), params={"name": str(review.reviewer)})
    questions = questions_of(review)
    given = _checked(questions, answers)
    card = policy.quality_scorecard(lender_date(review.done_at))
    found = judged(questions, given, pass_bps=card.pass_bps)
    if found is None:
        raise ReviewRefused(_("At least one question applies."), field=questions[0].code)
    words = _words(coaching, field="coaching", is_needed=found.result is not Result.PASSED, on=lender_date(now))
    review.answers = [
        {
            "code": question.code,
            "weight": question.weight,
            "is_critical": question.is_critical,
            "answer": given[question.code].value,
        }
        for question in questions
    ]
    review.score_bps, review.result, review.critical = found.score_bps, found.result.value, list(found.critical)
    review.coaching, review.reviewer, review.reviewed_at = words, user, now
    review.save()
    if found.result is Result.CRITICAL:
        raise_alert(CRITICAL, subject=str(review.pk), review=review.pk, week=review.week)
    _note("quality_reviewed", review, user, result=review.result, score_bps=review.score_bps)
    return review


@transaction.atomic
def answer_review(*, review_id: int, words: str, user: User, now: datetime) -> QualityReview:
    """
    Say that the collector read what was found, and what they say to it; once. The same again changes nothing.

    :param words: empty where they have nothing to add.
    :raises ReviewNotFound, AlreadyReviewed, ReviewRefused: see there.
    """
    review = _locked(review_id)
    if review.collector_id != user.pk or review.reviewed_at is None:
        raise ReviewNotFound(_("There is no such review."))
    said = _words(words, field="words", is_needed=False, on=lender_date(now))
    if review.answered_at is not None:
        if review.answer == said:
            return review
        raise AlreadyReviewed(_("You have answered this already."))
    review.answer, review.answered_at = said, now
    review.save(update_fields=["answer", "answered_at"])
    _note("quality_answered", review, user)
    return review


@transaction.atomic
def follow_up_review(*, review_id: int, words: str, user: User, now: datetime) -> QualityReview:
    """
    Note what was done about a critical failure, which ends its alert; the same words again change nothing.

    :raises ReviewNotFound, MayNotReview, AlreadyReviewed, ReviewRefused: see there.
    """
    review = _locked(review_id)
    _refuse_without(user)
    if review.collector_id == user.pk:
        raise MayNotReview(_("Somebody else sees to this."))
    if review.result != Result.CRITICAL:
        raise ReviewRefused(_("Only what failed on something critical is seen to here."), field="words")
    said = _words(words, field="words", is_needed=True, on=lender_date(now))
    if review.followed_up_at is not None:
        if review.follow_up == said:
            return review
        raise AlreadyReviewed(_("This was seen to already."))
    review.follow_up, review.followed_up_at, review.followed_up_by = said, now, user
    review.save(update_fields=["follow_up", "followed_up_at", "followed_up_by"])
    end_alert(CRITICAL, subject=str(review.pk))
    _note("quality_seen_to", review, user)
    return review


def questions_of(review: QualityReview) -> tuple[Question, ...]:
    """Return what is asked of this piece of work: the scorecard of the day on which it was done."""
    return policy.quality_scorecard(lender_date(review.done_at)).of(Work(review.work))


def _locked(review_id: int) -> QualityReview:
    review = QualityReview.objects.select_for_update(of=("self",), no_key=True).filter(pk=review_id).first()
    if review is None:
        raise ReviewNotFound(_("There is no such review."))
    return review


def _refuse_without(user: User) -> None:
    if not (user.is_active and user.is_staff and user.has_perm(REVIEW)):
        raise MayNotReview(_("Your role does not review the work of others."))


def _checked(questions: tuple[Question, ...], answers: Mapping[str, str]) -> dict[str, Answer]:
    given = {}
    for question in questions:
        if answers.get(question.code) not in set(Answer):
            raise ReviewRefused(_("Choose an answer."), field=question.code)
        given[question.code] = Answer(answers[question.code])
    return given


def _words(text: str, *, field: str, is_needed: bool, on: date) -> str:
    words = text.replace("\0", "").replace("\r\n", "\n").strip()
    if len(words) > LONGEST or (is_needed and not words):
        raise ReviewRefused(
            _("Write at least a word, and at most %(most)s characters."), field=field, params={"most": LONGEST}
        )
    if found := forbidden_in(words, policy.forbidden_words(on)):
        raise ReviewRefused(
            _("“%(word)s” does not help anybody. Say what happened and what would be better."),
            field=field,
            params={"word": found},
        )
    return words


def _note(what: str, review: QualityReview, user: User, **data: object) -> None:
    """Note the act, never the words: what is said between the two is for them."""
    audit.record(
        action=f"collections.{what}",
        subject_type="quality_review",
        subject_id=review.pk,
        actor=actor_of_user(user),
        data={"collector": review.collector_id, **data},
    )
