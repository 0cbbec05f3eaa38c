"""The sheet of each lesson is one page, whatever the language, and is made once for a version."""

import io
from unittest import mock

import pytest
from django.core.cache import cache
from pypdf import PdfReader

from education.domain.lessons import LANGUAGES, load_lesson, slugs
from education.services import lesson_sheets
from education.services.lesson_sheets import sheet_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules(policy_packs):
    cache.clear()


def words_of(pdf: bytes) -> str:
    (page,) = PdfReader(io.BytesIO(pdf)).pages
    return "".join(page.extract_text().split())


class TestSheet:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", slugs())
    def test_is_one_page_of_a4_with_title_sources_and_date(self, slug, language):
        pdf = sheet_of(slug, language).pdf

        pages = PdfReader(io.BytesIO(pdf)).pages
        assert len(pages) == 1
        assert (round(pages[0].mediabox.width), round(pages[0].mediabox.height)) == (595, 842)
        said = words_of(pdf)
        lesson = load_lesson(slug, language)
        assert "".join(lesson.title.split())[:8] in said
        assert "".join(lesson.sources[-1].name.split())[-6:] in said
        assert str(lesson.legal_facts_on.year) in said

    def test_carries_the_figures_that_the_program_computed(self):
        assert "¥20.00" in words_of(sheet_of("overdue", "en").pdf)

    def test_is_made_once_for_a_version(self):
        first = sheet_of("budget", "en")

        with mock.patch.object(lesson_sheets, "paper") as paper:
            again = sheet_of("budget", "en")

        assert again == first
        assert paper.called is False

    def test_has_another_version_for_another_text(self):
        first = sheet_of("budget", "en")
        with mock.patch.object(lesson_sheets, "LOOK", 99):
            other = sheet_of("budget", "en")

        assert other.version != first.version

    def test_is_read_by_anybody_in_the_language_of_the_page(self, client):
        answer = client.get("/learn/overdue/sheet.pdf", headers={"accept-language": "zh-hant"})

        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/pdf"
        assert answer["ETag"] == f'"{sheet_of("overdue", "zh-hant").version}"'

    def test_of_no_lesson_is_not_found(self, client):
        assert client.get("/learn/nothing/sheet.pdf").status_code == 404
