"""Lessons that editors write: begun, written together, reviewed by another person, published at their day, retired."""

from datetime import timedelta

import pytest

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import OwnRequest, approve, decline
from dashu.audit.models import AuditRecord
from dashu.users.models import User
from education.domain.lessons import load_lesson
from education.domain.parts import question_part
from education.models import LessonEdit, LessonVersion
from education.selectors.published import LessonNotPublished, lesson_of, lessons_in, published_slugs
from education.services.publish_lessons import (
    LessonDayPast,
    LessonNotReady,
    ReasonMissing,
    approve_lesson,
    call_off,
    publish_due,
    retire_lesson,
)
from education.services.write_lessons import (
    LessonFixed,
    LessonMoved,
    LessonTaken,
    NoSuchLesson,
    begin_lesson,
    begin_version,
    confirm_facts,
    give_up,
    save_note,
)
from tests import factories
from tests.integration.education.editing import NOW, TODAY, asked, begun, editor, published, saved, source, titled
from tests.integration.education.editing import tomorrow as a_day_later

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def sun(policy_packs) -> User:
    return editor("Sun")


@pytest.fixture
def tala(policy_packs) -> User:
    return editor("Tala")


def title_now() -> str:
    return lesson_of("overdue", "en").title


class TestWay:
    def test_begins_with_what_readers_have_and_ends_with_readers(self, sun, tala):
        version = begun(sun)
        assert (version.number, version.status, version.based_on) == (2, "DRAFT", None)
        assert source(version).body("en") == load_lesson("overdue", "en").markdown

        saved(version, "en", sun, title="When a payment is late")
        request = asked(version, sun)
        assert title_now() == load_lesson("overdue", "en").title
        approve(request_id=request.pk, user=tala, today=TODAY)

        version.refresh_from_db()
        assert (version.status, version.published_at is not None) == ("PUBLISHED", True)
        assert title_now() == "When a payment is late"
        assert lesson_of("overdue", "zh-hans").title == load_lesson("overdue", "zh-hans").title
        assert [lesson.slug for lesson in lessons_in("en")] == list(published_slugs())
        actions = AuditRecord.objects.filter(subject_type="lesson").order_by("id").values_list("action", flat=True)
        assert list(actions) == [
            "education.lesson_begun",
            "education.lesson_written",
            "education.lesson_review_asked",
            "education.lesson_approved",
            "education.lesson_published",
        ]

    def test_the_next_version_takes_the_place_of_the_one_before(self, sun, tala):
        first = published(sun, tala, "First")

        published(sun, tala, "Second")

        first.refresh_from_db()
        assert (first.status, title_now()) == ("RETIRED", "Second")

    def test_an_earlier_version_comes_back_as_a_new_one_with_its_text(self, sun, tala):
        first = published(sun, tala, "First")
        published(sun, tala, "Second")

        again = begin_version(slug="overdue", user=sun, now=NOW, of_number=first.number)

        assert (again.number, again.based_on, again.files) == (4, first.number, first.files)
        approve(request_id=asked(again, sun, key="again").pk, user=tala, today=TODAY)
        assert title_now() == "First"

    def test_a_lesson_has_one_version_on_its_way(self, sun, tala):
        assert begun(sun) == begun(tala)

        with pytest.raises(NoSuchLesson):
            begin_version(slug="nothing", user=sun, now=NOW)
        first = published(sun, tala)
        begun(sun)
        with pytest.raises(LessonTaken):
            begin_version(slug="overdue", user=sun, now=NOW, of_number=first.number)

    def test_one_that_is_given_up_makes_room_and_changes_nothing_for_readers(self, sun):
        version = titled(sun)

        give_up(version_id=version.pk, user=sun, now=NOW)

        assert title_now() == load_lesson("overdue", "en").title
        assert begun(sun).number == 3
        with pytest.raises(LessonFixed):
            saved(version, "en", sun, title="Late")

    def test_a_new_lesson_is_written_from_nothing_and_not_ready_until_it_is_whole(self, sun):
        version = begin_lesson(slug="a-first-loan", user=sun, now=NOW, today=TODAY)

        assert (version.number, source(version).head("en")["order"]) == (1, 13)
        with pytest.raises(LessonNotReady):
            asked(version, sun)
        assert "a-first-loan" not in published_slugs()
        with pytest.raises(LessonTaken):
            begin_lesson(slug="overdue", user=sun, now=NOW, today=TODAY)


class TestTogether:
    def test_whoever_would_write_over_another_is_told_and_nothing_is_lost(self, sun, tala):
        version = begun(sun)
        seen = version.revision
        saved(version, "en", sun, title="Of Sun")

        with pytest.raises(LessonMoved) as refused:
            saved(version, "en", tala, revision=seen, title="Of Tala")

        version.refresh_from_db()
        assert source(version).head("en")["title"] == "Of Sun"
        assert refused.value.details["revision"] == version.revision

        saved(version, "en", tala, revision=refused.value.details["revision"], title="Of Tala")
        version.refresh_from_db()
        assert source(version).head("en")["title"] == "Of Tala"
        edits = LessonEdit.objects.filter(version=version).order_by("id")
        assert ["Of Sun" in edit.after for edit in edits] == [True, False]
        assert [edit.by for edit in edits] == [sun, tala]

    def test_two_may_write_on_two_parts(self, sun, tala):
        version = begun(sun)
        seen = version.revision
        saved(version, "en", sun, title="Of Sun")

        saved(version, "zh-hans", tala, revision=seen, title="逾期以后")
        saved(version, "facts", tala, revision=seen, minutes=4)
        saved(version, question_part("cost-of-30-days"), tala, revision=seen, repeat=False)

        version.refresh_from_db()
        heads = [source(version).head(language) for language in ("en", "zh-hans", "zh-hant")]
        assert [head["title"] for head in heads[:2]] == ["Of Sun", "逾期以后"]
        assert {head["minutes"] for head in heads} == {4}

    def test_saving_what_is_there_is_no_edit(self, sun):
        version = begun(sun)

        saved(version, "en", sun)

        version.refresh_from_db()
        assert (version.revision, LessonEdit.objects.exists()) == (1, False)
        assert version.written.keys() == {"en"}


class TestReview:
    def test_nobody_reviews_what_they_wrote_on(self, sun, tala):
        version = titled(sun)
        saved(version, "zh-hans", tala, title="逾期以后")
        request = asked(version, sun)

        for person in (sun, tala):
            with pytest.raises((OwnRequest, NotAuthorized)):
                approve(request_id=request.pk, user=person, today=TODAY)

        version.refresh_from_db()
        assert version.status == "IN_REVIEW"
        approve(request_id=request.pk, user=editor("Anna"), today=TODAY)
        assert title_now() == "When a payment is late"

    def test_what_is_in_review_is_fixed_until_it_is_declined(self, sun, tala):
        version = titled(sun)
        request = asked(version, sun)

        with pytest.raises(LessonFixed):
            saved(version, "en", sun, title="Other")
        decline(request_id=request.pk, user=tala, today=TODAY, note="Too long.")

        saved(version, "en", sun, title="Other")
        version.refresh_from_db()
        assert version.status == "DRAFT"

    def test_the_same_form_twice_is_one_request(self, sun):
        version = titled(sun)

        assert asked(version, sun) == asked(version, sun)
        assert ApprovalRequest.objects.count() == 1

    def test_the_reviewer_sees_what_changes_line_by_line(self, sun):
        version = titled(sun, "When a payment is late")

        (table,) = asked(version, sun).preview

        was = load_lesson("overdue", "en").title
        assert [row[:2] for row in table["rows"]] == [["en", "−"], ["en", "+"]]
        assert was in table["rows"][0][2]
        assert "When a payment is late" in table["rows"][1][2]

    def test_what_is_not_ready_is_not_reviewed(self, sun):
        version = saved(begun(sun), "en", sun, body="It costs 24% a year. {{ figure:nothing }}")

        with pytest.raises(LessonNotReady) as refused:
            asked(version, sun)

        assert refused.value.details["problems"] >= 2
        version.refresh_from_db()
        assert (version.status, ApprovalRequest.objects.exists()) == ("DRAFT", False)

    def test_another_text_than_the_one_submitted_is_not_approved(self, sun):
        version = titled(sun)
        asked(version, sun)

        with pytest.raises(LessonFixed):
            approve_lesson(version_id=version.pk, digest="0" * 64, actor="user:1", now=NOW, today=TODAY)

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER", "ACCOUNTANT"])
    def test_others_do_not_write(self, role, sun):
        other = factories.staff("Otto", role)
        version = begun(sun)

        for act in (
            lambda: begun(other),
            lambda: saved(version, "en", other, title="x"),
            lambda: save_note(version_id=version.pk, note="x", user=other, now=NOW),
            lambda: asked(version, other),
            lambda: give_up(version_id=version.pk, user=other, now=NOW),
            lambda: retire_lesson(version_id=version.pk, because="x", user=other, now=NOW),
        ):
            with pytest.raises(NotAuthorized):
                act()

        version.refresh_from_db()
        assert (version.status, version.revision) == ("DRAFT", 1)


class TestDay:
    def test_waits_for_its_day_and_is_then_published_once(self, sun, tala):
        version = titled(sun)
        approve(request_id=asked(version, sun, publish_at=a_day_later()).pk, user=tala, today=TODAY)
        version.refresh_from_db()
        assert (version.status, version.publish_zone) == ("APPROVED", "Asia/Taipei")

        assert publish_due(now=a_day_later() - timedelta(seconds=1), today=TODAY) == 0
        assert title_now() != "When a payment is late"
        assert publish_due(now=a_day_later(), today=TODAY) == 1
        assert publish_due(now=a_day_later(), today=TODAY) == 0

        assert title_now() == "When a payment is late"

    def test_a_day_that_is_over_is_refused(self, sun):
        with pytest.raises(LessonDayPast):
            asked(titled(sun), sun, publish_at=NOW - timedelta(minutes=1))

    def test_can_be_taken_back_before(self, sun, tala):
        version = titled(sun)
        approve(request_id=asked(version, sun, publish_at=a_day_later()).pk, user=tala, today=TODAY)

        call_off(version_id=version.pk, user=sun)

        assert publish_due(now=a_day_later(), today=TODAY) == 0
        version.refresh_from_db()
        assert (version.status, version.publish_at) == ("DRAFT", None)

    def test_one_that_broke_meanwhile_stays_and_somebody_is_told(self, sun, tala):
        version = titled(sun)
        approve(request_id=asked(version, sun, publish_at=a_day_later()).pk, user=tala, today=TODAY)
        broken = version.files["en.md"].replace("{{ own:note }}", "{{ own:gone }}")
        LessonVersion.objects.filter(pk=version.pk).update(files={**version.files, "en.md": broken})

        assert publish_due(now=a_day_later(), today=TODAY) == 0

        from dashu.alerts.models import Alert

        version.refresh_from_db()
        assert version.status == "APPROVED"
        assert Alert.objects.get().kind == "education.lesson_not_published"


class TestRetiring:
    def test_takes_the_lesson_away_and_its_files_do_not_come_back(self, sun, tala, client):
        version = published(sun, tala)

        retire_lesson(version_id=version.pk, because="The law changed.", user=sun, now=NOW)

        assert "overdue" not in published_slugs()
        with pytest.raises(LessonNotPublished):
            lesson_of("overdue", "en")
        assert client.get("/learn/overdue/").status_code == 404
        assert "/learn/overdue/" not in client.get("/learn/").content.decode()
        again = begun(sun)
        approve(request_id=asked(again, sun, key="again").pk, user=tala, today=TODAY)
        assert client.get("/learn/overdue/").status_code == 200

    def test_says_why(self, sun, tala):
        version = published(sun, tala)

        with pytest.raises(ReasonMissing):
            retire_lesson(version_id=version.pk, because="  ", user=sun, now=NOW)

        assert "overdue" in published_slugs()

    def test_only_what_is_published(self, sun):
        with pytest.raises(LessonFixed):
            retire_lesson(version_id=begun(sun).pk, because="x", user=sun, now=NOW)


class TestReaders:
    def test_cost_is_the_same_whatever_is_published(self, sun, tala, client, django_assert_num_queries):
        with django_assert_num_queries(1):
            client.get("/learn/overdue/")
        for slug in ("overdue", "budget", "scams"):
            published(sun, tala, f"Of {slug}", slug)
        client.get("/learn/overdue/", headers={"accept-language": "en"})

        with django_assert_num_queries(1):
            page = client.get("/learn/overdue/", headers={"accept-language": "en"})
        with django_assert_num_queries(1):
            client.get("/learn/", headers={"accept-language": "en"})

        assert "Of overdue" in page.content.decode()

    def test_one_that_a_release_can_no_longer_read_gives_way_to_the_file(self, sun, tala, client):
        version = published(sun, tala)
        broken = {**version.files, "en.md": version.files["en.md"].replace("own:note", "own:gone")}
        LessonVersion.objects.filter(pk=version.pk).update(files=broken, digest="f" * 64)

        page = client.get("/learn/overdue/", headers={"accept-language": "en"})

        assert load_lesson("overdue", "en").title in page.content.decode()


class TestFacts:
    def test_confirming_writes_the_day_into_a_version(self, sun):
        version = confirm_facts(slug="overdue", user=sun, now=NOW, today=TODAY)

        days = {source(version).head(language)["legal_facts_on"] for language in ("en", "zh-hans", "zh-hant")}
        assert days == {TODAY}
        assert version.status == "DRAFT"
