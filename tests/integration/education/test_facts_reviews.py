"""Legal facts have a day: what is due is listed, told once, and told no more when it was looked at."""

from datetime import date, timedelta

import pytest

from dashu.alerts.models import Alert
from dashu.approvals.services.decide import approve
from dashu.kernel.dates import add_months
from education.domain.lessons import load_lesson, slugs
from education.selectors.reviews import facts_reviews
from education.services.watch_facts import watch_facts
from education.services.write_lessons import confirm_facts
from tests.integration.education.editing import NOW, TODAY, asked, begun, editor, saved

pytestmark = pytest.mark.usefixtures("policy_packs")


def due_on(slug: str) -> date:
    return next(review.due_on for review in facts_reviews() if review.slug == slug)


class TestReviews:
    def test_are_due_half_a_year_after_the_facts_unless_a_lesson_says_otherwise(self):
        sun = editor("Sun")
        checked_on = load_lesson("overdue", "en").legal_facts_on
        assert due_on("overdue") == add_months(checked_on, 6)

        version = saved(begun(sun), "facts", sun, review_months=2)
        approve(request_id=asked(version, sun).pk, user=editor("Tala"), today=TODAY)

        assert due_on("overdue") == add_months(checked_on, 2)
        assert next(review.slug for review in facts_reviews()) == "overdue"

    def test_are_asked_for_in_one_query(self, db, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert len(facts_reviews()) == len(slugs())


class TestTelling:
    def test_each_lesson_once_until_it_was_looked_at(self):
        day = due_on("overdue")
        assert watch_facts(today=day - timedelta(days=1)) == 0

        watch_facts(today=day)
        watch_facts(today=day + timedelta(days=1))

        told = Alert.objects.filter(kind="education.facts_to_review", subject="overdue")
        assert [alert.times for alert in told] == [1]
        assert f"due on {day}" in told.get().text

    def test_ends_when_a_version_says_that_they_were_checked(self):
        sun, day = editor("Sun"), due_on("overdue")
        watch_facts(today=day)

        version = confirm_facts(slug="overdue", user=sun, now=NOW, today=day)
        approve(
            request_id=asked(version, sun, today=day).pk, user=editor("Tala"), today=day
        )  # fmt: skip
        watch_facts(today=day)

        assert Alert.objects.get(subject="overdue").ended_at is not None
        assert Alert.objects.filter(ended_at=None).exclude(subject="overdue").exists()
