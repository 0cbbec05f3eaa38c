"""What search engines are told: one address a language, what a page is, and where they may look."""

import json
import re
from xml.etree import ElementTree

import pytest

from education.domain.lessons import LANGUAGES, load_lesson, slugs
from education.views.calculators.catalog import CALCULATORS
from education.views.seo import HREFLANG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]

PAGES = [
    "/learn/",
    "/learn/glossary/",
    "/learn/calculators/",
    *(f"/learn/{slug}/" for slug in slugs()),
    *(f"/learn/calculators/{code}/" for code in CALCULATORS),
]
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def data_of(text: str) -> dict:
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)[1])


class TestHead:
    @pytest.mark.parametrize("address", PAGES)
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_names_itself_and_the_page_in_each_language(self, client, address, language):
        text = client.get(f"{address}?lang={language}").content.decode()

        here = f"http://testserver{address}"
        assert f'<link rel="canonical" href="{here}?lang={language}">' in text
        alternates = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', text))
        assert alternates == {
            **{HREFLANG[code]: f"{here}?lang={code}" for code in LANGUAGES},
            "x-default": here,
        }
        description = re.search(r'<meta name="description" content="([^"]+)">', text)[1]
        assert 5 < len(description) < 200
        assert data_of(text)["inLanguage"] == HREFLANG[language]
        assert text.count("<title>") == 1

    def test_what_was_typed_is_no_part_of_the_address(self, client):
        text = client.get("/learn/calculators/flat-vs-irr/?lent=777&lang=en").content.decode()

        assert '<link rel="canonical" href="http://testserver/learn/calculators/flat-vs-irr/?lang=en">' in text


class TestData:
    def test_of_a_lesson_are_its_questions_with_the_right_answers(self, client):
        lesson = load_lesson("overdue", "en")

        data = data_of(client.get("/learn/overdue/?lang=en").content.decode())

        assert data["@type"] == ["LearningResource", "FAQPage"]
        assert data["timeRequired"] == f"PT{lesson.minutes}M"
        assert [each["name"] for each in data["mainEntity"]] == [question.text for question in lesson.questions]
        assert data["mainEntity"][0]["acceptedAnswer"]["text"].startswith(
            next(option.text for option in lesson.questions[0].options if option.is_right)
        )

    def test_of_the_list_are_all_lessons(self, client):
        assert len(data_of(client.get("/learn/").content.decode())["hasPart"]) == len(slugs())

    def test_of_the_glossary_are_sixty_terms(self, client):
        assert len(data_of(client.get("/learn/glossary/").content.decode())["hasDefinedTerm"]) == 60

    def test_cannot_end_their_block(self, client):
        text = client.get("/learn/annual-rate/?lang=en").content.decode()

        assert "<" not in re.search(r'ld\+json">(.*?)</script>', text, re.DOTALL)[1]

    def test_of_a_reader_hold_no_figures_of_theirs(self, client):
        page = client.get("/learn/overdue/?lang=en").content.decode()

        assert "testserver/loans" not in json.dumps(data_of(page))


class TestSitemap:
    def test_names_every_page_in_every_language(self, client):
        answer = client.get("/sitemap.xml")

        found = {each.text for each in ElementTree.fromstring(answer.content).iter(f"{SITEMAP}loc")}  # noqa: S314 – ours
        assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
        assert found == {f"http://testserver{path}?lang={code}" for path in PAGES for code in LANGUAGES}

    def test_says_when_the_facts_of_a_lesson_were_checked(self, client):
        text = client.get("/sitemap.xml").content.decode()

        assert f"<lastmod>{load_lesson('overdue', 'en').legal_facts_on.isoformat()}</lastmod>" in text

    def test_is_named_to_robots_who_may_read_lessons_and_nothing_of_anybodys(self, client):
        answer = client.get("/robots.txt")

        text = answer.content.decode()
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert "Sitemap: http://testserver/sitemap.xml" in text
        closed = re.findall(r"Disallow: (\S+)", text)
        assert [path for path in PAGES if path.startswith(tuple(closed))] == []
        assert {"/me/", "/loans/", "/admin/", "/accounts/"} <= set(closed)
