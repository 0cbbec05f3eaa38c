"""What is wrong with a lesson is said at its place, and what an editor writes reaches readers only where it is safe."""

from datetime import date

import pytest

from education.domain.checking import errors_of, problems_of, problems_of_text
from education.domain.lessons import html_of, read_lesson, slugs
from education.domain.parts import FACTS, blank_files, part_of, parts_of, question_part, with_part
from education.domain.source import LessonSource, source_of_files
from education.domain.translations import differences, side_by_side
from education.domain.words import LANGUAGES, BrokenLesson

TODAY = date(2026, 12, 1)


def changed(part: str, slug: str = "overdue", **changes) -> LessonSource:
    source = source_of_files(slug)
    return LessonSource(slug, with_part(source, part, {**part_of(source, part), **changes}), where="here")


def with_body(body: str, language: str = "en") -> LessonSource:
    return changed(language, body=body)


def found(source: LessonSource, part: str = "en") -> list[tuple[str, int]]:
    problems = problems_of(source, known=slugs(), today=TODAY)
    return [(each.code, each.line) for each in problems if each.part == part]


class TestFiles:
    @pytest.mark.parametrize("slug", slugs())
    def test_the_lessons_that_come_with_the_program_have_nothing_wrong(self, slug):
        assert problems_of(source_of_files(slug), known=slugs(), today=TODAY) == []

    @pytest.mark.parametrize("slug", slugs())
    def test_writing_a_part_as_it_is_changes_nothing_for_readers(self, slug):
        source = source_of_files(slug)
        for part in parts_of(source):
            again = LessonSource(slug, with_part(source, part, part_of(source, part)), where="here")
            for language in LANGUAGES:
                assert read_lesson(again, language) == read_lesson(source, language)


class TestPlaces:
    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ("It costs {{ figure:gone }}.", "unknown_placeholder"),
            ("It costs {{ own:nothing }}.", "unknown_placeholder"),
            ("It costs {{ figur:cost }}.", "broken_placeholder"),
            ("It costs {{ figure:cost", "broken_placeholder"),
            ("See {{ chart:cost }} here.", "unknown_placeholder"),
            ("{{ image:nothing }}", "unknown_placeholder"),
            ("It costs ¥20.00 a month.", "typed_amount"),
            ("每月还 1000 元。", "typed_amount"),
            ("It costs 24% a year.", "typed_amount"),
            ("After 17 tries.", "typed_number"),
            ("<b>bold</b>", "html"),
            ("![a cat](https://example.com/cat.png)", "unsafe_picture"),
            ("[here](javascript:alert)", "unsafe_link"),
            ("[here](http://example.com)", "unsafe_link"),
            ("[here](//example.com)", "unsafe_link"),
        ],
    )
    def test_are_named_by_line(self, line, code):
        assert (code, 3) in found(with_body(f"One paragraph.\n\n{line}\n"))

    def test_a_chart_stands_alone(self):
        source = changed("en", "budget", body="See {{ chart:month }} here.\n")
        name = next(iter(source.chart_words))
        source = changed("en", "budget", body=f"See {{{{ chart:{name} }}}} here.\n")

        assert ("not_alone", 1) in found(source)

    def test_own_figures_need_the_note(self):
        codes = [code for code, _line in found(with_body("You owe {{ own:outstanding }}.\n"))]

        assert "no_note" in codes

    def test_length_and_sentences_are_held_to_their_bounds(self):
        short = with_body("Too short a text.\n")
        long = with_body(" ".join(["word"] * 400) + ".\n")

        assert ("length", 0) in found(short)
        assert ("sentences", 0) in found(long)

    def test_a_hint_keeps_nothing_back(self):
        source = source_of_files("overdue")
        hinted = with_body(source.body("en") + "\nAfter 17 tries.\n")
        problems = problems_of_text(hinted, "en")

        assert {each.code for each in problems} >= {"typed_number", "differs"}
        assert errors_of(problems) == []

    def test_a_text_that_cannot_be_read_is_one_error_and_no_crash(self):
        files = {**source_of_files("overdue").files, "quiz.yaml": "questions: [unclosed"}
        (problem,) = problems_of(LessonSource("overdue", files, where="here"), known=slugs(), today=TODAY)

        assert (problem.part, problem.code) == (FACTS, "broken")


class TestFacts:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"level": 4}, "range"),
            ({"minutes": 9}, "range"),
            ({"page": "nowhere"}, "unknown"),
            ({"related": ["nothing", "budget"]}, "unknown"),
            ({"related": ["budget"]}, "too_few"),
            ({"skills": []}, "too_few"),
            ({"skills": ["cost-of-delay", "know-rights", "speak-early", "fly"]}, "skill_unused"),
            ({"legal_facts_on": date(2027, 1, 1)}, "future"),
        ],
    )
    def test_are_checked(self, changes, code):
        assert (code, 0) in found(changed(FACTS, **changes), FACTS)

    def test_are_the_same_in_all_languages_once_saved(self):
        source = changed(FACTS, minutes=2, legal_facts_on=TODAY)

        assert {source.head(language)["minutes"] for language in LANGUAGES} == {2}
        assert {source.head(language)["legal_facts_on"] for language in LANGUAGES} == {TODAY}

    def test_a_blank_lesson_says_all_that_is_missing(self):
        blank = LessonSource("new", blank_files(order=13, legal_facts_on=TODAY), where="here")

        problems = problems_of(blank, known=slugs(), today=TODAY)

        assert {each.part for each in problems} == {FACTS, *LANGUAGES}
        assert all(each.text for each in problems)


class TestQuestions:
    PART = question_part("cost-of-30-days")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda entry: {"right": "nothing-of-it"}, "right_option"),
            (lambda entry: {"skill": "fly"}, "unknown"),
            (lambda entry: {"options": dict(list(entry["options"].items())[:2])}, "option_count"),
            (lambda entry: {"text": {**entry["text"], "en": ""}}, "missing"),
            (lambda entry: {"text": {**entry["text"], "en": "You pay ¥5.00."}}, "typed_amount"),
            (lambda entry: {"text": {**entry["text"], "en": "{{ figure:gone }}"}}, "unknown_placeholder"),
            (lambda entry: {"repeat": False, "variants": []}, "no_repeat"),
        ],
    )
    def test_are_checked(self, change, code):
        entry = part_of(source_of_files("overdue"), self.PART)

        assert (code, 0) in found(changed(self.PART, **change(entry)), self.PART)

    def test_one_that_is_taken_out_is_gone_and_one_that_is_moved_stands_there(self):
        source = source_of_files("overdue")
        codes = [each["code"] for each in source.questions]

        without = LessonSource("overdue", with_part(source, self.PART, None), where="here")
        moved = changed(self.PART, place=len(codes) - 1)

        assert [each["code"] for each in without.questions] == [code for code in codes if code != "cost-of-30-days"]
        assert [each["code"] for each in moved.questions][-1] == "cost-of-30-days"


class TestSafety:
    @pytest.mark.parametrize(
        "written",
        [
            "<script>alert(1)</script>",
            '<img src=x onerror="alert(1)">',
            '<p onclick="alert(1)">x</p>',
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:msgbox)",
            "[x](//evil.example/)",
            "[x](/\\evil.example)",
            '<a href="https://a.example" style="position:fixed">x</a>',
            '<a href="https://a.example" onmouseover="alert(1)">x</a>',
            "<iframe src=https://evil.example></iframe>",
            "<svg><script>alert(1)</script></svg>",
            "<style>*{display:none}</style>",
            '<form action="https://evil.example"><input name=password></form>',
            "![x](https://evil.example/track.png)",
        ],
    )
    def test_nothing_that_acts_or_loads_reaches_a_reader(self, written):
        html = html_of(with_body(f"Before.\n\n{written}\n\nAfter.\n"), "en")

        # As markup; what is left of it may stand there as words.
        for sign in (
            "<script",
            "<img",
            "<iframe",
            "<style",
            "<form",
            "<input",
            " on",
            "style=",
            "<svg",
            'evil.example/"',
        ):
            assert sign not in html.replace(" on ", " "), html
        for scheme in ("javascript:", "data:", "vbscript:", "//evil", "/\\evil"):
            assert f'href="{scheme}' not in html.lower(), html
        assert "Before." in html
        assert "After." in html

    def test_a_link_leads_out_without_telling_where_from(self):
        html = html_of(with_body("See [the law](https://flk.npc.gov.cn/) and [help](/help/).\n"), "en")

        assert '<a href="https://flk.npc.gov.cn/" rel="noopener noreferrer">the law</a>' in html
        assert '<a href="/help/" rel="noopener noreferrer">help</a>' in html

    def test_an_image_is_ours_with_its_description_escaped(self):
        about = {"digest": "0" * 64, "width": 640, "height": 360, "alt": dict.fromkeys(LANGUAGES, 'A "chart" <b>')}
        source = with_body("Before.\n\n{{ image:chart }}\n")
        files = with_part(source, "images", {"chart": about})

        html = html_of(LessonSource("overdue", files, where="here"), "en")

        assert f'src="/learn/images/{"0" * 64}.webp"' in html
        assert 'alt="A &quot;chart&quot; &lt;b&gt;"' in html
        assert 'width="640" height="360"' in html

    def test_what_names_nothing_is_no_lesson(self):
        with pytest.raises(BrokenLesson, match="'nothing'"):
            html_of(with_body("{{ image:nothing }}\n"), "en")


class TestTranslations:
    @pytest.mark.parametrize("slug", slugs())
    def test_those_of_the_program_have_the_shape_of_their_source(self, slug):
        source = source_of_files(slug)

        assert [each for language in LANGUAGES for each in differences(source, language)] == []
        assert all(all([row.source, *row.translations.values()]) for row in side_by_side(source))

    def test_a_missing_paragraph_and_figure_are_told_and_shown_at_their_place(self):
        source = source_of_files("overdue")
        blocks = source.body("en").split("\n\n")
        gone = next(number for number, block in enumerate(blocks) if "{{ figure:" in block and block[0].isalpha())
        shorter = with_body("\n\n".join(blocks[:gone] + blocks[gone + 1 :]))

        kinds = {each.kind for each in differences(shorter, "en")}

        assert kinds == {"paragraphs", "placeholders"}
        missing = [row for row in side_by_side(shorter) if not row.translations["en"]]
        assert len(missing) == 1
        assert {code for code, _line in found(shorter)} >= {"differs", "placeholders_differ"}
