"""The editors' pages: a draft part by part with its preview, two editors, images, translations, review, and figures."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from PIL import Image

from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.kernel.dates import lender_today
from dashu.users.models import User
from education.domain.lessons import load_lesson, slugs
from education.domain.parts import part_of
from education.domain.pictures import address_of
from education.models import LessonEdit, LessonImage, LessonVersion
from education.selectors.published import lesson_of
from tests import factories
from tests.integration.education.editing import TODAY, begun, editor, published, saved, source, titled
from tests.integration.staff.test_file_pages import signed_in

pytestmark = pytest.mark.usefixtures("policy_packs")

LESSONS = "/admin/education/lessonversion/"
LANGUAGES = ("zh-hans", "zh-hant", "en")


@pytest.fixture
def sun(policy_packs) -> User:
    return editor("Sun")


@pytest.fixture
def tala(policy_packs) -> User:
    return editor("Tala")


def page_of(version: LessonVersion, rest: str) -> str:
    return f"{LESSONS}{version.pk}/{rest}"


def typed(version: LessonVersion, **changes) -> dict:
    """What the form of the English text holds."""
    part = part_of(source(version), "en")
    names = "\n".join(each["name"] for each in part["sources"])
    return {**part, "sources": names, "revision": version.revision, "step": "save", **changes}


class TestWay:
    def test_from_the_list_to_readers(self, sun, tala, client):
        desk = signed_in(sun)
        listed = desk.get(LESSONS).content.decode()
        assert load_lesson("overdue", "en").title in listed

        answer = desk.post(f"{LESSONS}begin/", {"slug": "overdue"})
        version = LessonVersion.objects.get()
        assert answer.url == page_of(version, "change/")
        desk.post(page_of(version, "part/en/"), typed(version, title="When you are late"))
        shown = desk.get(answer.url).content.decode()
        assert "<ins>title: When you are late</ins>" in shown

        form = desk.get(page_of(version, "ask/")).context["form"]
        given = {"reason": "Clearer.", "key": form.initial["key"], "zone": "Asia/Shanghai", "day": "", "time": ""}
        desk.post(page_of(version, "ask/"), given)
        request = ApprovalRequest.objects.get()
        other = signed_in(tala)
        address = f"/admin/approvals/approvalrequest/{request.pk}/change/"
        asked = other.get(address)
        assert "Show this to readers from now on: lesson overdue, version 2." in asked.content.decode()
        assert "title: When you are late" in asked.content.decode()
        other.post(address, {"decision": "approve", "note": "", "seen": asked.context["seen"]})

        read = client.get("/learn/overdue/", headers={"accept-language": "en"}).content.decode()
        assert "When you are late" in read

    def test_a_day_is_read_off_the_clock_of_the_zone(self, sun):
        version, day = titled(sun), lender_today() + timedelta(days=9)
        key = "0e8f4c0e-6a6b-4a5f-9f0e-5a5b1c1d2e3f"

        given = {"reason": "Clearer.", "key": key, "day": day.isoformat(), "time": "08:00", "zone": "UTC"}
        signed_in(sun).post(page_of(version, "ask/"), given)

        version.refresh_from_db()
        assert version.publish_at.isoformat() == f"{day.isoformat()}T08:00:00+00:00"
        shown = signed_in(sun).get(page_of(version, "change/")).content.decode()
        assert "(UTC)" in shown

    def test_a_time_needs_a_day(self, sun):
        version = titled(sun)

        page = signed_in(sun).post(
            page_of(version, "ask/"), {"reason": "x", "key": "x", "time": "08:00", "zone": "UTC"}
        ).content.decode()  # fmt: skip

        assert "Choose the day as well." in page
        assert ApprovalRequest.objects.exists() is False


class TestPreview:
    def test_is_what_readers_get_and_keeps_nothing(self, sun):
        version = begun(sun)
        body = part_of(source(version), "en")["body"] + "\n## One *more* thing\n"

        answer = signed_in(sun).post(
            page_of(version, "part/en/"),
            typed(version, body=body, step="preview"),
            headers={"hx-request": "true"},
        )

        text = answer.content.decode()
        assert "<html" not in text
        assert "<h2>One <em>more</em> thing</h2>" in text
        assert "Length" in text
        version.refresh_from_db()
        assert (version.revision, LessonEdit.objects.exists()) == (1, False)

    def test_says_at_its_line_what_is_wrong(self, sun):
        version = begun(sun)

        page = signed_in(sun).post(
            page_of(version, "part/en/"), typed(version, body="Pay ¥20.00.\n\n{{ figure:gone }}\n", step="preview")
        ).content.decode()  # fmt: skip

        assert "line 1:" in page
        assert "is typed. An amount or a rate is computed" in page
        assert "line 3:" in page
        assert "Nothing is called {{ figure:gone }} here." in page
        assert "Pay ¥20.00." in page

    @pytest.mark.parametrize("sign", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
    def test_runs_nothing(self, sun, sign):
        version = begun(sun)

        answer = signed_in(sun).post(
            page_of(version, "part/en/"),
            typed(version, body=f"Fine.\n\n{sign}\n", step="preview"),
            headers={"hx-request": "true"},
        )

        assert sign not in answer.content.decode()
        assert "Fine." in answer.content.decode()

    def test_a_whole_version_can_be_read_in_each_language(self, sun):
        version = titled(sun, "When you are late")

        for language in LANGUAGES:
            page = signed_in(sun).get(page_of(version, f"read/{language}/"))
            assert lesson_of("overdue", language).questions[0].text in page.content.decode()
        assert signed_in(sun).get(page_of(version, "read/fr/")).status_code == 404


class TestTogether:
    def test_the_second_is_shown_both_texts_and_may_save_theirs(self, sun, tala):
        version = begun(sun)
        mine = typed(version, title="Of Tala")
        signed_in(sun).post(page_of(version, "part/en/"), typed(version, title="Of Sun"))

        answer = signed_in(tala).post(page_of(version, "part/en/"), mine)

        page = answer.content.decode()
        assert "Somebody else saved this part while you were writing." in page
        assert "<del>title: Of Sun</del>" in page
        assert "<ins>title: Of Tala</ins>" in page
        assert 'value="Of Tala"' in page
        version.refresh_from_db()
        assert source(version).head("en")["title"] == "Of Sun"

        again = {**mine, "revision": answer.context["form"]["revision"].value()}
        signed_in(tala).post(page_of(version, "part/en/"), again)
        version.refresh_from_db()
        assert source(version).head("en")["title"] == "Of Tala"
        assert "title: Of Sun" in signed_in(sun).get(page_of(version, "change/")).content.decode()


class TestParts:
    def test_facts_are_written_into_all_languages(self, sun):
        version = begun(sun)
        form = signed_in(sun).get(page_of(version, "part/facts/")).context["form"]
        given = {name: form[name].value() for name in form.fields}

        signed_in(sun).post(page_of(version, "part/facts/"), {**given, "minutes": 3, "review_months": 3})

        version.refresh_from_db()
        heads = [source(version).head(language) for language in LANGUAGES]
        assert {(head["minutes"], head["review_months"]) for head in heads} == {(3, 3)}
        assert {tuple(head["skills"]) for head in heads} == {tuple(load_lesson("overdue", "en").skills)}

    @pytest.mark.parametrize("slug", slugs())
    def test_every_question_saved_as_it_is_stays_as_it_is(self, sun, slug):
        version, desk = begun(sun, slug), signed_in(sun)
        before = source(version).questions

        for each in before:
            address = page_of(version, f"part/question:{each['code']}/")
            form = desk.get(address).context["form"]
            given = {name: form[name].value() for name in form.fields}
            sent = {name: value for name, value in given.items() if value not in (None, False)}
            assert desk.post(address, {**sent, "step": "save"}).status_code == 302

        version.refresh_from_db()
        assert source(version).questions == before
        assert LessonEdit.objects.exists() is False

    def test_a_question_is_added_changed_and_taken_out(self, sun):
        version, desk = begun(sun), signed_in(sun)
        words = {f"text_{language}": "Why?" for language in LANGUAGES}
        for number, word in enumerate(("because", "so", "never"), start=1):
            words |= {f"o{number}_text_{language}": word for language in LANGUAGES}
            words |= {f"o{number}_feedback_{language}": f"You said {word}." for language in LANGUAGES}
            words[f"o{number}_code"] = word
        new = {**words, "code": "why", "skill": "know-rights", "place": 1, "right": 2, "repeat": "on", "revision": 1}

        desk.post(page_of(version, "part/question:question-1/"), {**new, "step": "save"})

        version.refresh_from_db()
        first = source(version).questions[0]
        assert (first["code"], first["right"], list(first["options"])) == ("why", "so", ["because", "so", "never"])
        removal = {**new, "revision": version.revision, "step": "remove"}
        desk.post(page_of(version, "part/question:why/"), removal)
        version.refresh_from_db()
        assert "why" not in [each["code"] for each in source(version).questions]

    def test_charts_say_other_words(self, sun):
        version, desk = begun(sun), signed_in(sun)
        form = desk.get(page_of(version, "part/charts/")).context["form"]
        given = {name: form[name].value() for name in form.fields}

        desk.post(page_of(version, "part/charts/"), {**given, "c0_en": "What a day costs"})

        version.refresh_from_db()
        name = next(iter(source(version).chart_words))
        assert source(version).chart_words[name]["title"]["en"] == "What a day costs"
        assert "What a day costs" in desk.get(page_of(version, "read/en/")).content.decode()

    def test_a_part_that_is_not_there_is_not_found(self, sun):
        version = begun(sun)

        for part in ("nothing", "fr", "en.md"):
            assert signed_in(sun).get(page_of(version, f"part/{part}/")).status_code == 404


class TestImages:
    def sent(self) -> io.BytesIO:
        file = io.BytesIO()
        Image.new("RGB", (400, 200), (40, 120, 90)).save(file, format="PNG")
        file.seek(0)
        file.name = "chart.png"
        return file

    def given(self, **changes) -> dict:
        return {"code": "door", "file": self.sent(), **{f"alt_{code}": "A door" for code in LANGUAGES}, **changes}

    def test_is_added_named_and_served_with_safe_headers(self, sun, client):
        version, desk = begun(sun), signed_in(sun)

        desk.post(page_of(version, "images/"), self.given())

        kept = LessonImage.objects.get()
        version.refresh_from_db()
        assert source(version).pictures["door"]["digest"] == kept.digest
        address = reverse("education:image", args=[kept.digest])
        assert address == address_of(kept.digest)
        served = client.get(address)
        assert served["Content-Type"] == "image/webp"
        assert served["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in served["Cache-Control"]
        assert "default-src 'none'" in served["Content-Security-Policy"]
        assert served.content[8:12] == b"WEBP"

    @pytest.mark.parametrize("missing", [f"alt_{code}" for code in LANGUAGES])
    def test_needs_a_description_in_each_language(self, sun, missing):
        version = begun(sun)

        page = signed_in(sun).post(page_of(version, "images/"), self.given(**{missing: " "}))

        assert page.status_code == 200
        assert LessonImage.objects.exists() is False

    def test_what_is_no_picture_is_refused_beside_the_field(self, sun):
        version = begun(sun)
        harmful = io.BytesIO(b"<svg onload=alert(1)>")
        harmful.name = "chart.png"

        page = signed_in(sun).post(page_of(version, "images/"), self.given(file=harmful)).content.decode()

        assert "We can read pictures as JPEG, PNG or WebP." in page
        assert LessonImage.objects.exists() is False

    def test_can_be_taken_out_of_a_draft(self, sun):
        version, desk = begun(sun), signed_in(sun)
        desk.post(page_of(version, "images/"), self.given())

        desk.post(page_of(version, "images/door/remove/"))

        version.refresh_from_db()
        assert dict(source(version).pictures) == {}


class TestTranslations:
    def test_stand_beside_each_other_and_say_what_is_missing(self, sun):
        version = begun(sun)
        saved(version, "zh-hans", sun, body=source(version).body("zh-hans") + "\n## 还有一点\n\n多了一段话。\n")

        page = signed_in(sun).get(page_of(version, "translations/")).content.decode()

        assert "Not as in Simplified Chinese: headings" in page
        assert "<em>missing</em>" in page
        assert "Written before the last change in Simplified Chinese:" in page

    def test_one_that_is_saved_after_its_source_is_in_step(self, sun):
        version = begun(sun)
        saved(version, "zh-hans", sun, title="逾期之后")
        for language in ("zh-hant", "en"):
            saved(version, language, sun)

        page = signed_in(sun).get(page_of(version, "change/")).content.decode()

        assert "Written before the last change" not in page


class TestReaders:
    def test_who_may_only_read_sees_versions_and_writes_nothing(self, sun, tala):
        version = published(sun, tala)
        draft = begun(sun)
        chidi = signed_in(factories.staff("Chidi"))

        for address in (LESSONS, f"{LESSONS}links/", f"{LESSONS}questions/overdue/", page_of(version, "change/")):
            assert chidi.get(address).status_code == 200
        assert "Write a new version" not in chidi.get(LESSONS).content.decode()
        for rest in ("part/en/", "ask/", "retire/", "note/", "images/"):
            assert chidi.get(page_of(draft, rest)).status_code == 403
            assert chidi.post(page_of(draft, rest), {}).status_code == 403
        for rest in ("give-up/", "call-off/", "images/door/remove/"):
            assert chidi.post(page_of(draft, rest)).status_code == 403
        for address in ("begin/", "confirm/", "new/"):
            assert chidi.post(f"{LESSONS}{address}", {"slug": "budget"}).status_code == 403
        assert LessonVersion.objects.count() == 2

    def test_is_closed_to_accountants_and_borrowers(self, amina):
        assert signed_in(factories.staff("Una", "ACCOUNTANT")).get(LESSONS).status_code == 403
        assert signed_in(amina.user).get(LESSONS).status_code == 302

    def test_the_list_costs_the_same_for_one_version_and_for_many(self, sun, tala, django_assert_max_num_queries):
        desk = signed_in(sun)
        published(sun, tala, "One", "overdue")
        desk.get(LESSONS)
        with django_assert_max_num_queries(30) as few:
            desk.get(LESSONS)
        for slug in ("budget", "scams", "annual-rate"):
            published(sun, tala, f"Of {slug}", slug)
        desk.get(LESSONS)

        with django_assert_max_num_queries(30) as many:
            desk.get(LESSONS)

        assert len(many) == len(few)


class TestActs:
    def test_a_new_lesson_an_end_and_a_return(self, sun, tala):
        desk = signed_in(sun)
        desk.post(f"{LESSONS}new/", {"slug": "a-first-loan"})
        draft = LessonVersion.objects.get()
        assert desk.get(page_of(draft, "change/")).status_code == 200
        assert "Choose another name" in desk.post(f"{LESSONS}new/", {"slug": "images"}).content.decode()
        desk.post(page_of(draft, "give-up/"))
        draft.refresh_from_db()
        assert draft.status == "RETIRED"

        version = published(sun, tala)
        desk.post(page_of(version, "retire/"), {"reason": "The law changed."})
        version.refresh_from_db()
        assert (version.status, version.retired_because) == ("RETIRED", "The law changed.")
        desk.post(f"{LESSONS}begin/", {"slug": "overdue", "number": version.number})
        assert LessonVersion.objects.get(status="DRAFT").based_on == version.number

    def test_facts_that_are_due_are_marked_and_confirmed_in_a_draft(self, sun, tala):
        version = saved(begun(sun), "facts", sun, legal_facts_on=TODAY - timedelta(days=200), review_months=1)
        desk = signed_in(sun)
        asked = ApprovalRequest.objects
        form = desk.get(page_of(version, "ask/")).context["form"]
        desk.post(page_of(version, "ask/"), {"reason": "x", "key": form.initial["key"], "zone": "UTC"})
        approve(request_id=asked.get().pk, user=tala, today=TODAY)
        assert "Checked today, still right" in desk.get(LESSONS).content.decode()

        desk.post(f"{LESSONS}confirm/", {"slug": "overdue"})

        draft = LessonVersion.objects.get(status="DRAFT")
        assert source(draft).head("en")["legal_facts_on"] == TODAY
