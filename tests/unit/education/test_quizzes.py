"""Every question teaches: one right option, a reason for each, a skill of the lesson, and another way to ask."""

import pytest

from education.domain.lessons import LANGUAGES, load_lesson, slugs
from education.domain.quizzes import FIRST, read_questions
from education.domain.words import BrokenLesson

QUESTIONS = [(slug, question.code) for slug in slugs() for question in load_lesson(slug, "en").questions]
WORDS = dict.fromkeys(LANGUAGES, "x")


def quiz(**changes) -> list[dict]:
    """A quiz of one question with two options."""
    option = {"text": dict.fromkeys(LANGUAGES, "{{ figure:owed }}"), "feedback": WORDS}
    return [{"code": "q", "skill": "s", "text": WORDS, "right": "a", "options": {"a": option, "b": option}} | changes]


class TestQuestions:
    def test_every_lesson_asks_four_or_more(self):
        assert [slug for slug in slugs() if len(load_lesson(slug, "en").questions) < 4] == []

    @pytest.mark.parametrize(("slug", "code"), QUESTIONS)
    def test_a_question_has_three_or_four_options_and_one_is_right(self, slug, code):
        options = load_lesson(slug, "en").question(code).options

        assert len(options) in (3, 4)
        assert sum(option.is_right for option in options) == 1

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize(("slug", "code"), QUESTIONS)
    def test_options_and_feedback_of_every_way_of_asking_differ(self, slug, code, language):
        for variant in load_lesson(slug, language).question(code).variants:
            texts = [option.text for option in variant.options]
            feedback = [option.feedback for option in variant.options]
            assert len(set(texts)) == len(texts)
            assert len(set(feedback)) == len(feedback)
            assert all(texts)
            assert all(feedback)

    @pytest.mark.parametrize(("slug", "code"), QUESTIONS)
    def test_it_can_be_asked_again_in_two_ways(self, slug, code):
        question = load_lesson(slug, "zh-hans").question(code)

        assert len(question.repeats) >= 2
        assert len({variant.text for variant in question.repeats}) == len(question.repeats)
        assert len({variant.code for variant in question.variants}) == len(question.variants)

    @pytest.mark.parametrize("slug", slugs())
    def test_skills_are_those_of_the_lesson_and_all_are_tested(self, slug):
        lesson = load_lesson(slug, "en")

        assert {question.skill for question in lesson.questions} == set(lesson.skills)

    def test_the_right_answer_is_not_always_the_first(self):
        places = {
            next(n for n, option in enumerate(question.options) if option.is_right)
            for slug in slugs()
            for question in load_lesson(slug, "en").questions
        }

        assert places == {0, 1, 2}

    def test_codes_are_unique_in_a_lesson(self):
        for slug in slugs():
            codes = [question.code for question in load_lesson(slug, "en").questions]
            assert len(set(codes)) == len(codes)


class TestVariants:
    def test_a_variant_asks_with_figures_of_its_own(self):
        first, again = load_lesson("budget", "en").question("left-over").variants

        assert [option.text for option in first.options] == ["¥1,400.00", "¥2,200.00", "¥3,800.00"]
        assert [option.text for option in again.options] == ["¥900.00", "¥1,500.00", "¥2,600.00"]
        assert again.text.startswith("Another month: income ¥6,000.00")

    def test_a_figure_without_a_twin_stays_as_it_is(self):
        asked = quiz(variants=[{"code": "again", "text": WORDS, "repeat": True}])

        (question,) = read_questions(asked, "en", {"owed": "¥1.00", "lent_again": "¥2.00"}, where="here")
        first, again = question.variants

        assert (first.code, first.may_repeat, again.may_repeat) == (FIRST, False, True)
        assert again.options[0].text == "¥1.00"

    def test_a_quiz_without_a_right_option_is_refused(self):
        with pytest.raises(BrokenLesson, match=r"here.*exactly one right option"):
            read_questions(quiz(right="c"), "en", {"owed": "¥1.00"}, where="here")

    def test_a_code_that_yaml_reads_as_something_else_is_refused(self):
        options = {False: quiz()[0]["options"]["a"], "b": quiz()[0]["options"]["b"]}

        with pytest.raises(BrokenLesson, match="no text"):
            read_questions(quiz(right="b", options=options), "en", {"owed": "¥1.00"}, where="here")

    def test_a_figure_that_does_not_exist_is_named(self):
        with pytest.raises(BrokenLesson, match="'owed'"):
            read_questions(quiz(), "en", {}, where="here")
