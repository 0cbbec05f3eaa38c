"""Lessons are plain: as long as a few minutes allow, and in short sentences."""

from decimal import Decimal

import pytest

from education.domain.lessons import LANGUAGES, load_lesson, slugs
from education.domain.readability import BOUNDS, MOST_ON_AVERAGE, length_of, readability, sentences


class TestLessons:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", slugs())
    def test_are_short_enough_to_read_and_long_enough_to_teach(self, slug, language):
        least, most = BOUNDS[language]

        assert least <= readability(load_lesson(slug, language).html, language).length <= most

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("slug", slugs())
    def test_have_short_sentences(self, slug, language):
        found = readability(load_lesson(slug, language).html, language)

        assert found.average <= MOST_ON_AVERAGE[language], found.longest


class TestMeasures:
    def test_english_counts_words_and_an_amount_is_one(self):
        html = "<h2>Not counted here</h2><p>You owe ¥1,072.00 a month. It's little!</p><ul><li>No stop here</li></ul>"

        found = readability(html, "en")

        assert list(sentences(html, "en")) == ["You owe ¥1,072.00 a month.", "It's little!", "No stop here"]
        assert (found.sentences, found.average, found.longest) == (3, Decimal("3.3"), "You owe ¥1,072.00 a month.")

    def test_chinese_counts_characters_and_a_number_is_one(self):
        html = "<p>借 ¥1,072.00，分12期还。好吗？</p><table><tr><td>不算句子</td></tr></table>"

        found = readability(html, "zh-hans")

        assert list(sentences(html, "zh-hans")) == ["借 ¥1,072.00，分12期还。", "好吗？"]
        assert (found.sentences, found.average, found.length) == (2, Decimal("4.0"), 10)

    def test_a_chart_is_no_text(self):
        html = "<figure><svg><title>Ten words</title></svg></figure><p>One sentence.</p>"

        assert readability(html, "en").length == 2

    def test_markup_inside_a_sentence_does_not_end_it(self):
        assert length_of(sentences("<p>Pay <strong>a part</strong> &amp; ask.</p>", "en")[0], "en") == 4
