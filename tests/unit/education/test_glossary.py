"""Sixty terms, complete in three languages, each word standing for one of them only."""

import re

import pytest

from education.domain.glossary import Term, _refuse_twins, glossary, term_of
from education.domain.lessons import LANGUAGES, slugs
from education.domain.words import BrokenLesson
from tests.unit.education.test_typed_numbers import unexplained

SENTENCE_END = {
    "en": re.compile(r"[.!?](?:\s|$)"),
    "zh-hans": re.compile("[。！？]"),
    "zh-hant": re.compile("[。！？]"),
}
EVERY_TERM = [(language, term) for language in LANGUAGES for term in glossary(language)]


def named(pair) -> str:
    return f"{pair[1].code}-{pair[0]}"


class TestGlossary:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_has_sixty_terms_with_codes_of_their_own(self, language):
        codes = [term.code for term in glossary(language)]

        assert len(codes) == len(set(codes)) == 60
        assert codes == [term.code for term in glossary("zh-hans")]

    @pytest.mark.parametrize("pair", EVERY_TERM, ids=named)
    def test_a_definition_is_one_or_two_sentences(self, pair):
        language, term = pair

        assert 1 <= len(SENTENCE_END[language].findall(term.definition)) <= 2
        assert SENTENCE_END[language].search(term.definition[-1])

    @pytest.mark.parametrize("pair", EVERY_TERM, ids=named)
    def test_a_term_is_named_and_leads_to_a_lesson(self, pair):
        _language, term = pair

        assert all(word.strip() == word and word for word in term.words)
        assert term.lesson in slugs()

    @pytest.mark.parametrize("pair", EVERY_TERM, ids=named)
    def test_no_amount_and_no_rate_is_typed(self, pair):
        assert unexplained(pair[1].definition) == ""

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_word_stands_once(self, language):
        words = [word.lower() for term in glossary(language) for word in term.words]

        assert sorted(words) == sorted(set(words))

    def test_every_lesson_has_terms(self):
        assert {term.lesson for term in glossary("en")} == set(slugs())

    def test_simplified_and_traditional_are_written_in_their_own_characters(self):
        simplified, traditional = ("".join(t.term + t.definition for t in glossary(x)) for x in LANGUAGES[:2])

        assert set("這個應還貸從") & set(simplified) == set()
        assert set("这个应还贷从隻籤“”") & set(traditional) == set()


class TestTermOf:
    @pytest.mark.parametrize(
        ("word", "language", "code"),
        [
            ("Principal", "en", "principal"),
            (" outstanding principal ", "en", "principal"),
            ("IRR", "zh-hans", "compound-rate"),
            ("月供", "zh-hans", "installment"),
            ("循環利息", "zh-hant", "revolving-interest"),
            ("總費用年百分率", "zh-hant", "annual-rate"),
        ],
    )
    def test_finds_a_term_by_any_of_its_words(self, word, language, code):
        assert term_of(word, language).code == code

    @pytest.mark.parametrize("word", ["", "weather", "本金本金"])
    def test_a_word_that_it_does_not_know_is_none(self, word):
        assert term_of(word, "en") is None

    def test_a_word_for_two_terms_is_refused(self):
        one, two = Term("one", "Debt", "x.", (), "budget"), Term("two", "Loan", "x.", ("debt",), "budget")

        with pytest.raises(BrokenLesson, match="'debt' stands for one and two"):
            _refuse_twins((one, two))
