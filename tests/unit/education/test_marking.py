"""Terms are marked where they first stand in running text, and nowhere that can be pressed."""

import re

import pytest

from education.domain.glossary import glossary
from education.domain.lessons import LANGUAGES, load_lesson, slugs
from education.domain.marking import marked


def mark(html: str, language: str = "zh-hans", seen: set[str] | None = None, most: int = 10) -> str:
    return marked(html, language, seen=set() if seen is None else seen, most=most, mark=lambda t, w: f"[{w}|{t.code}]")[
        0
    ]


class TestMarked:
    def test_the_first_occurrence_only(self):
        assert mark("<p>本金和本金</p>") == "<p>[本金|principal]和本金</p>"

    def test_the_longest_word_that_stands_there(self):
        assert mark("<p>剩余本金</p>") == "<p>[剩余本金|principal]</p>"

    def test_english_words_by_themselves_in_any_case_and_number(self):
        assert mark("<p>Principal, principally</p>", "en") == "<p>[Principal|principal], principally</p>"
        assert mark("<p>All installments</p>", "en") == "<p>All [installments|installment]</p>"

    @pytest.mark.parametrize(
        "html",
        [
            '<a href="/x">本金</a>',
            "<button>本金</button>",
            "<label>本金</label>",
            "<h2>本金</h2>",
            "<details><summary>x</summary><p>本金</p></details>",
            '<span class="visually-hidden">本金</span>',
            '<th class="end wide-only">本金</th>',
            '<p title="本金">x</p>',
            "<!-- 本金 -->",
            '<script type="application/json">"本金"</script>',
            "<textarea>本金</textarea>",
        ],
    )
    def test_nothing_in_what_is_left_alone(self, html):
        assert mark(html) == html

    def test_goes_on_behind_what_was_left_alone(self):
        assert mark('<a href="/">本金</a> 本金<br>利息') == '<a href="/">本金</a> [本金|principal]<br>[利息|interest]'

    def test_what_was_seen_on_the_page_is_not_marked_again(self):
        seen = {"principal"}

        assert mark("<p>本金 利息</p>", seen=seen) == "<p>本金 [利息|interest]</p>"
        assert seen == {"principal", "interest"}

    def test_no_more_than_allowed(self):
        assert mark("<p>本金 利息</p>", most=1) == "<p>[本金|principal] 利息</p>"

    def test_entities_and_attributes_stay_as_they_are(self):
        html = '<p data-x="a&amp;b">1 &lt; 2 &amp; &#165;3 <img src="x" alt="本金"></p>'

        assert mark(html) == html

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", slugs())
    def test_without_the_marks_a_lesson_is_unchanged(self, slug, language):
        html = load_lesson(slug, language).html

        with_marks = mark(html, language)

        assert with_marks != html
        assert re.sub(r"\[([^\]|]*)\|[a-z-]+\]", r"\1", with_marks) == html

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_term_can_be_marked_by_all_its_words(self, language):
        missed = [
            word
            for term in glossary(language)
            for word in term.words
            if f"|{term.code}]" not in mark(f"<p>{word}</p>", language)
        ]

        assert missed == []
