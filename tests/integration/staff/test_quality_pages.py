"""Quality reviews in the browser: the queue, the facts beside the scorecard, the talk about it, and the report."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation
from openpyxl import load_workbook

from collections_mgmt.models import CollectorProfile, QualityReview, Team
from collections_mgmt.quality.report import share_words
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_now
from dashu.kernel.shares import Share
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.quality_cases import ALL_WELL, WORDS, contact, review_of
from tests.integration.staff.test_file_pages import DESK, signed_in

REVIEWS = "/admin/collections_mgmt/qualityreview/"


@pytest.fixture
def chidi(policy_packs) -> User:
    user = factories.staff("Chidi")
    early = Team.objects.create(code="early", name="Early")
    CollectorProfile.objects.create(user=user, team=early, languages=["en"])
    return user


@pytest.fixture
def sun(policy_packs) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def review(chidi) -> QualityReview:
    at = lender_now() - timedelta(days=7)
    amina = factories.borrower("Amina", phone="13812345678")
    contact(chidi, amina, at=at - timedelta(days=2), outcome="BUSY")
    return review_of(contact(chidi, amina, at=at), chidi)


def scored(client: Client, review: QualityReview, *, coaching: str = "", **answers: str):
    return client.post(f"{REVIEWS}{review.pk}/score/", {**ALL_WELL, "coaching": coaching, **answers})


class TestQueue:
    def test_leads_from_the_list_to_the_scorecard_and_back(self, review, sun):
        client = signed_in(sun)
        assert "Next review" in client.get(REVIEWS).content.decode()

        answer = client.post(f"{REVIEWS}next/")

        assert answer.url == f"{REVIEWS}{review.pk}/score/"
        page = client.get(answer.url).content.decode()
        assert WORDS in page
        assert "Contacts with this person in the seven days before" in page
        assert "Busy" in page
        assert "critical: a “no” fails the whole" in page
        assert "13812345678" not in page
        assert "Amina" not in page

    def test_keeps_what_was_found_and_leads_to_it(self, review, sun):
        client = signed_in(sun)

        answer = scored(client, review, HELP_OFFERED="NO", FIGURES="NO", coaching="Ask what they can carry.")

        assert answer.url == f"{REVIEWS}{review.pk}/change/"
        page = client.get(answer.url).content.decode()
        assert "To be improved" in page
        assert "Ask what they can carry." in page
        assert "Not read yet." in page
        assert client.post(f"{REVIEWS}next/", follow=True).content.decode().count("Nothing waits for a review") == 1

    def test_says_at_the_field_what_is_missing(self, review, sun):
        page = scored(signed_in(sun), review, TONE="NO").content.decode()

        assert "Write at least a word" in page
        review.refresh_from_db()
        assert review.result == ""

    def test_ones_own_work_cannot_be_opened_or_scored(self, sun):
        own = review_of(contact(sun, factories.borrower("Brook"), at=lender_now() - timedelta(days=7)), sun)
        client = signed_in(sun)

        assert client.get(f"{REVIEWS}{own.pk}/change/").status_code == 404
        assert scored(client, own).status_code == 404
        own.refresh_from_db()
        assert own.result == ""

    def test_a_critical_failure_is_seen_to(self, review, sun):
        client = signed_in(sun)
        scored(client, review, TONE="NO", coaching="Never name an employer.")
        assert "See to it" in client.get(f"{REVIEWS}{review.pk}/change/").content.decode()
        assert f"{REVIEWS}{review.pk}/change/" in client.get(f"{REVIEWS}?state=open").content.decode()

        client.post(f"{REVIEWS}{review.pk}/follow-up/", {"words": "Talked about it."})

        assert "Talked about it." in client.get(f"{REVIEWS}{review.pk}/change/").content.decode()
        assert f"{REVIEWS}{review.pk}/change/" not in client.get(f"{REVIEWS}?state=open").content.decode()


class TestOwnWork:
    def test_is_told_at_the_desk_read_and_answered(self, review, chidi, sun):
        client = signed_in(chidi)
        assert "Somebody looked at your work" not in client.get(DESK).content.decode()
        assert client.get(f"{REVIEWS}{review.pk}/change/").status_code == 404
        scored(signed_in(sun), review, coaching="Well heard.")

        assert f"{REVIEWS}{review.pk}/change/" in client.get(DESK).content.decode()
        page = client.get(f"{REVIEWS}{review.pk}/change/").content.decode()
        assert "Well heard." in page
        assert "Review it" not in page

        client.post(f"{REVIEWS}{review.pk}/answer/", {"words": "Thank you."})

        assert "Somebody looked at your work" not in client.get(DESK).content.decode()
        assert "Thank you." in signed_in(sun).get(f"{REVIEWS}{review.pk}/change/").content.decode()

    def test_is_nobody_elses(self, review, sun):
        scored(signed_in(sun), review, coaching="Well heard.")
        esi = signed_in(factories.staff("Esi"))

        assert esi.get(f"{REVIEWS}{review.pk}/change/").status_code == 404
        assert esi.post(f"{REVIEWS}{review.pk}/answer/", {"words": "x"}).status_code == 404
        assert esi.get(f"{REVIEWS}report/").status_code == 403
        assert esi.post(f"{REVIEWS}next/").status_code == 403
        assert scored(esi, review).status_code == 403
        review.refresh_from_db()
        assert review.answered_at is None

    @pytest.mark.parametrize("role", ["UNDERWRITER", "ACCOUNTANT"])
    def test_is_closed_to_other_roles(self, role, policy_packs):
        assert signed_in(factories.staff("Una", role)).get(REVIEWS).status_code == 403


class TestReport:
    def test_counts_what_was_drawn_at_random_apart_and_marks_small_numbers(self, review, chidi, sun):
        amina, at = review.attempt.borrower, lender_now() - timedelta(days=7)
        worse = review_of(contact(chidi, amina, at=at), chidi)
        raised = review_of(contact(chidi, amina, at=at), chidi, why="COMPLAINT")
        client = signed_in(sun)
        scored(client, review)
        scored(client, worse, HELP_OFFERED="NO", FIGURES="NO", coaching="x")
        scored(client, raised, TONE="NO", coaching="x")

        answer = client.get(f"{REVIEWS}report/")

        teams, people, questions = answer.context["tables"]
        assert teams.rows == [[f"{at:%Y-%m}", "Early", "1 of 2 · 50% (9–91%) · few", "82.5%", "0 of 1", 1]]
        assert people.rows[0][2:4] == ["Chidi", "1 of 2 · 50% (9–91%) · few"]
        assert questions.rows[0][1] == "1 of 2 · 50% (9–91%) · few"
        assert answer.context["figures"][3].value == 1

    def test_is_taken_along_as_a_workbook_with_a_trace(self, review, chidi, sun):
        client = signed_in(sun)
        scored(client, review)
        assert f'action="{REVIEWS}report/export/"' in client.get(f"{REVIEWS}report/").content.decode()

        answer = client.post(f"{REVIEWS}report/export/")

        book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        assert book.sheetnames == ["By team and month", "By collector and month", "By question", "How it is computed"]
        heads, row = book["By collector and month"].iter_rows(values_only=True)
        assert heads[:6] == ("Month", "Team", "Collector", "Drawn at random", "As it should be", "Share")
        assert row[1:] == ("Early", "Chidi", 1, 1, 1, 0.2065, 1, 1, 0, 0, 0)
        noted = AuditRecord.objects.get(action="collections.quality_report_exported")
        assert noted.actor == f"user:{sun.pk}"

    def test_is_taken_along_by_reviewers_alone(self, review, chidi):
        assert signed_in(chidi).post(f"{REVIEWS}report/export/").status_code == 403
        assert signed_in(factories.staff("Sun", "SUPERVISOR")).get(f"{REVIEWS}report/export/").status_code == 405
        assert not AuditRecord.objects.filter(action="collections.quality_report_exported").exists()

    def test_a_share_of_many_is_not_marked(self):
        with translation.override("en"):
            assert share_words(Share(81, 263), 10) == "81 of 263 · 30% (26–37%)"
            assert share_words(Share(0, 0), 10) == "–"

    def test_asks_no_more_the_more_was_reviewed(self, review, chidi, sun, django_assert_max_num_queries):
        client = signed_in(sun)
        client.get(f"{REVIEWS}report/")

        with django_assert_max_num_queries(14):
            client.get(f"{REVIEWS}report/")
