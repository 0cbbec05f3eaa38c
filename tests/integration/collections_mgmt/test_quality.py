"""Quality review: drawn once for a week, decided by another person, answered by whose work it was."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from collections_mgmt.models import Complaint, QualityDraw, QualityReview, Vulnerability
from collections_mgmt.services.draw_quality import draw_owed_weeks
from collections_mgmt.services.review_quality import (
    AlreadyReviewed,
    MayNotReview,
    NothingToReview,
    ReviewNotFound,
    ReviewRefused,
    answer_review,
    follow_up_review,
    score_review,
    take_next_review,
)
from dashu.alerts.models import Alert
from dashu.audit.models import AuditRecord
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.desk_cases import NOW, TODAY, collector, late_person, team
from tests.integration.collections_mgmt.quality_cases import (
    ALL_WELL,
    LAST_WEEK,
    MONDAY,
    WORDS,
    contact,
    note,
    review_of,
)

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def early(policy_packs):
    return team()


@pytest.fixture
def chidi(early):
    return collector(of=early)


@pytest.fixture
def sun(policy_packs):
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def review(chidi, amina) -> QualityReview:
    return review_of(contact(chidi, amina), chidi)


@pytest.fixture
def amina(policy_packs):
    return factories.borrower("Amina")


def score(review, user, *, now=NOW, coaching="", **answers):
    return score_review(review_id=review.pk, answers={**ALL_WELL, **answers}, coaching=coaching, user=user, now=now)


class TestDraw:
    def test_takes_of_each_persons_last_week_and_says_how_much_there_was(self, chidi, early, amina):
        file = late_person("Brook")
        esi = collector("Esi", of=early)
        for _number in range(5):
            contact(chidi, amina)
        kept, one = note(chidi, file), contact(esi, amina)

        assert draw_owed_weeks(now=NOW) == [MONDAY]

        rows = QualityReview.objects.values_list("collector__name", "work", "why", "team__code")
        assert sorted(rows) == [
            ("Chidi", "CONTACT", "RANDOM", "early"),
            ("Chidi", "CONTACT", "RANDOM", "early"),
            ("Chidi", "NOTE", "RANDOM", "early"),
            ("Esi", "CONTACT", "RANDOM", "early"),
        ]
        assert QualityReview.objects.get(work="NOTE").event == kept
        drawn = QualityReview.objects.get(collector=esi)
        assert (drawn.attempt, drawn.done_at, drawn.due_on) == (one, LAST_WEEK, TODAY + timedelta(days=7))
        draw = QualityDraw.objects.get()
        assert (draw.week, draw.seen, draw.drawn) == (MONDAY, 7, 4)

    def test_again_changes_nothing(self, chidi, amina):
        contact(chidi, amina)
        draw_owed_weeks(now=NOW)
        contact(chidi, amina)

        assert draw_owed_weeks(now=NOW + timedelta(days=2)) == []
        assert QualityReview.objects.count() == 1

    def test_makes_up_for_weeks_that_were_missed_oldest_first(self, chidi, amina):
        draw_owed_weeks(now=NOW - timedelta(days=14))
        old = contact(chidi, amina, at=LAST_WEEK - timedelta(days=7))

        assert draw_owed_weeks(now=NOW) == [MONDAY - timedelta(days=7), MONDAY]
        assert QualityReview.objects.get().attempt == old

    def test_leaves_out_dials_that_nobody_answered_other_weeks_and_what_programs_did(self, chidi, amina):
        contact(chidi, amina, outcome="NO_ANSWER")
        contact(chidi, amina, outcome="OPEN")
        contact(chidi, amina, at=NOW)
        contact(factories.borrower("Brook").user, amina)

        draw_owed_weeks(now=NOW)

        assert QualityReview.objects.exists() is False

    def test_takes_more_where_somebody_complained_or_needs_care(self, chidi, sun, amina):
        brook, cleo = factories.borrower("Brook"), factories.borrower("Cleo")
        for person in (brook, cleo):
            for _number in range(40):
                contact(chidi, person)
        Vulnerability.objects.create(borrower=brook, category="HEALTH", noted_on=TODAY, noted_by=sun, review_on=TODAY)
        Complaint.objects.create(borrower=cleo, about="CONTACT", words="Twice.", asked_at=LAST_WEEK, due_on=TODAY)

        draw_owed_weeks(now=NOW)

        assert QualityReview.objects.filter(why="RANDOM").count() == 4
        assert QualityReview.objects.count() == 20
        for row in QualityReview.objects.exclude(why="RANDOM").select_related("attempt"):
            assert row.why == ("CARE" if row.attempt.borrower_id == brook.pk else "COMPLAINT")


class TestQueue:
    def test_gives_what_is_due_first_and_never_ones_own(self, chidi, sun, amina):
        own = review_of(contact(sun, amina), sun)
        later, first = review_of(contact(chidi, amina), chidi), review_of(contact(chidi, amina), chidi)
        QualityReview.objects.filter(pk=first.pk).update(due_on=TODAY)

        assert take_next_review(user=sun, now=NOW) == first
        assert take_next_review(user=sun, now=NOW) == first
        score(first, sun)
        assert take_next_review(user=sun, now=NOW) == later
        score(later, sun)
        with pytest.raises(NothingToReview):
            take_next_review(user=sun, now=NOW)
        own.refresh_from_db()
        assert own.reviewer is None

    def test_gives_nobody_what_a_colleague_has_in_hand_until_they_leave_it(self, review, sun):
        other = factories.staff("Tala", User.Role.SUPERVISOR)
        take_next_review(user=sun, now=NOW)

        with pytest.raises(NothingToReview):
            take_next_review(user=other, now=NOW)
        with pytest.raises(AlreadyReviewed):
            score(review, other)
        assert take_next_review(user=other, now=NOW + timedelta(hours=2, minutes=1)) == review

    def test_is_closed_to_collectors(self, review, early):
        with pytest.raises(MayNotReview):
            take_next_review(user=collector("Esi", of=early), now=NOW)


class TestScore:
    def test_keeps_answers_points_and_words(self, review, sun):
        done = score(review, sun, DISCLOSURE="NO", FIGURES="NA", coaching="Say how to complain at the end.")

        # 15 of the 100 points do not apply, and 15 of the rest are missed
        assert (done.score_bps, done.result, done.critical) == (70 * 10_000 // 85, "PASSED", [])
        assert (done.reviewer, done.reviewed_at, done.coaching) == (sun, NOW, "Say how to complain at the end.")
        assert done.answers[0] == {"code": "HOURS_AND_CAPS", "weight": 10, "is_critical": True, "answer": "YES"}
        record = AuditRecord.objects.get(action="collections.quality_reviewed")
        assert (record.data["result"], "complain" in str(record.data)) == ("PASSED", False)
        assert Alert.objects.exists() is False

    def test_a_critical_failure_fails_the_whole_and_raises_an_alert_until_it_is_seen_to(self, review, sun):
        done = score(review, sun, TONE="NO", coaching="Never speak of an employer.")

        assert (done.score_bps, done.result, done.critical) == (0, "CRITICAL", ["TONE"])
        alert = Alert.objects.get(kind="quality.critical")
        assert (alert.subject, alert.ended_at) == (str(review.pk), None)

        follow_up_review(review_id=review.pk, words="Talked; the borrower got our apology.", user=sun, now=NOW)

        alert.refresh_from_db()
        assert alert.ended_at is not None
        review.refresh_from_db()
        assert (review.follow_up, review.followed_up_by) == ("Talked; the borrower got our apology.", sun)

    @pytest.mark.parametrize(
        ("answers", "coaching", "field"),
        [
            ({"TONE": "MAYBE"}, "", "TONE"),
            ({"HELP_OFFERED": "NO", "FIGURES": "NO"}, " ", "coaching"),
            ({"TONE": "NO"}, "", "coaching"),
            ({}, "He is a liar.", "coaching"),
            (dict.fromkeys(ALL_WELL, "NA"), "", "HOURS_AND_CAPS"),
        ],
    )
    def test_is_refused_without_answers_or_with_words_that_do_not_do(self, review, sun, answers, coaching, field):
        with pytest.raises(ReviewRefused) as refused:
            score(review, sun, coaching=coaching, **answers)

        assert refused.value.field == field
        review.refresh_from_db()
        assert (review.result, review.reviewed_at) == ("", None)
        assert Alert.objects.exists() is False

    def test_nobody_reviews_themselves(self, sun, amina):
        own = review_of(contact(sun, amina), sun)

        with pytest.raises(MayNotReview):
            score(own, sun)

        own.refresh_from_db()
        assert own.result == ""
        with pytest.raises(IntegrityError), transaction.atomic():
            QualityReview.objects.filter(pk=own.pk).update(reviewer=sun)

    def test_again_changes_nothing_and_otherwise_is_refused(self, review, sun):
        score(review, sun)

        assert score(review, sun, now=NOW + timedelta(minutes=1)).reviewed_at == NOW
        with pytest.raises(AlreadyReviewed):
            score(review, sun, HELP_OFFERED="NO", coaching="x")
        assert AuditRecord.objects.filter(action="collections.quality_reviewed").count() == 1


class TestAnswer:
    def test_is_given_once_by_whose_work_it_was(self, review, chidi, sun):
        score(review, sun)

        done = answer_review(review_id=review.pk, words="I will say it next time.", user=chidi, now=NOW)

        assert (done.answer, done.answered_at) == ("I will say it next time.", NOW)
        again = answer_review(review_id=review.pk, words="I will say it next time.", user=chidi, now=NOW)
        assert again.answered_at == NOW
        with pytest.raises(AlreadyReviewed):
            answer_review(review_id=review.pk, words="Something else.", user=chidi, now=NOW)

    def test_is_nobody_elses_and_not_before_the_review(self, review, chidi, sun):
        with pytest.raises(ReviewNotFound):
            answer_review(review_id=review.pk, words="", user=chidi, now=NOW)
        score(review, sun)
        with pytest.raises(ReviewNotFound):
            answer_review(review_id=review.pk, words="", user=sun, now=NOW)

        review.refresh_from_db()
        assert review.answered_at is None


class TestVisible:
    def test_to_collectors_is_what_was_found_of_their_own_work(self, review, chidi, sun, early):
        esi = collector("Esi", of=early)
        assert list(QualityReview.objects.visible_to(chidi)) == []

        score(review, sun)

        assert list(QualityReview.objects.visible_to(chidi)) == [review]
        assert list(QualityReview.objects.visible_to(esi)) == []
        assert list(QualityReview.objects.visible_to(factories.staff("Una", User.Role.UNDERWRITER))) == []

    def test_to_reviewers_is_all_but_what_waits_about_themselves(self, review, sun, amina):
        own = review_of(contact(sun, amina), sun)

        assert list(QualityReview.objects.visible_to(sun)) == [review]

        score(own, factories.staff("Tala", User.Role.SUPERVISOR))
        assert set(QualityReview.objects.visible_to(sun)) == {review, own}

    def test_the_note_of_a_contact_stays_sealed_where_it_is(self, review):
        assert review.attempt.note == WORDS
        assert WORDS not in str(QualityReview.objects.values().get())


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_eight_reviewers_never_get_the_same_and_a_week_is_drawn_once(self):
        forget_rules()
        chidi, amina = collector(of=team()), factories.borrower("Amina")
        reviewers = [factories.staff(f"Sun{number}", User.Role.SUPERVISOR) for number in range(8)]
        for _number in range(160):
            contact(chidi, amina)
        drawn, taken, start = [], [], threading.Barrier(8)

        def work(user: User) -> None:
            start.wait()
            try:
                drawn.append(draw_owed_weeks(now=NOW))
                taken.append(take_next_review(user=user, now=NOW).pk)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(user,)) for user in reviewers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(drawn) == [[]] * 7 + [[MONDAY]]
        assert len(taken) == len(set(taken)) == 8
        assert QualityReview.objects.count() == 8
