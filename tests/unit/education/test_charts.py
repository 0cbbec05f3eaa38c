"""Charts are drawn from the figures, say what they show, and bring nothing that the site's policy would refuse."""

import re
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from education.domain.charts import Bar, Bars, ChartWords, Line, Lines, draw
from education.domain.figures import CHARTS, charts_of
from education.domain.lessons import LANGUAGES, load_lesson, slugs
from education.domain.placeholders import with_charts
from education.domain.words import BrokenLesson

SVG = "{http://www.w3.org/2000/svg}"
WORDS = ChartWords("Debts & income", "One < two", {"one": "One", "two": "Two"})
DRAWN = [(slug, language) for slug in slugs() if slug in CHARTS for language in LANGUAGES]


def parsed(svg: str) -> Element:
    return fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def svgs_of(slug: str, language: str) -> list[str]:
    return re.findall(r"<svg\b.*?</svg>", load_lesson(slug, language).html, re.DOTALL)


class TestBars:
    def test_lengths_are_in_proportion(self):
        root = parsed(draw(Bars((Bar("one", 300, "¥3.00"), Bar("two", 1_200, "¥12.00"))), WORDS, "x"))

        assert [rect.get("width") for rect in root.iter(f"{SVG}rect")] == ["100", "400"]

    def test_a_bar_of_nothing_can_still_be_seen(self):
        root = parsed(draw(Bars((Bar("one", 0, "¥0.00"), Bar("two", 5, "¥0.05"))), WORDS, "x"))

        assert [rect.get("width") for rect in root.iter(f"{SVG}rect")] == ["2", "400"]

    def test_every_bar_has_its_label_and_its_figure(self):
        root = parsed(draw(Bars((Bar("one", 300, "¥3.00"), Bar("two", 1_200, "¥12.00"))), WORDS, "x"))

        assert [text.text for text in root.iter(f"{SVG}text")] == ["One", "¥3.00", "Two", "¥12.00"]

    def test_a_negative_length_is_our_own_mistake(self):
        with pytest.raises(AssertionError):
            draw(Bars((Bar("one", -1, "x"), Bar("two", 1, "x"))), WORDS, "x")


class TestLines:
    def test_the_highest_is_at_the_top_and_zero_where_the_mark_is(self):
        chart = Lines((Line("one", (100, 50, 0)),), {100: "¥1.00", 0: "¥0.00"}, ("0", "2"))

        root = parsed(draw(chart, WORDS, "x"))

        assert [line.get("points") for line in root.iter(f"{SVG}polyline")] == ["96,16 242,116 388,216"]

    def test_below_zero_is_below_the_line_of_zero(self):
        chart = Lines((Line("one", (100, -100)),), {0: "¥0.00"}, ("0", "1"))

        root = parsed(draw(chart, WORDS, "x"))

        assert next(root.iter(f"{SVG}polyline")).get("points") == "96,16 388,216"
        assert next(root.iter(f"{SVG}path")).get("d") == "M96 116H388"

    def test_lines_differ_by_more_than_color(self):
        chart = Lines((Line("one", (1, 0)), Line("two", (0, 1))), {}, ("0", "1"))

        dashes = [line.get("stroke-dasharray") for line in parsed(draw(chart, WORDS, "x")).iter(f"{SVG}polyline")]

        assert dashes == [None, "8 5"]


class TestWords:
    def test_what_the_lines_run_along_is_written_below(self):
        chart = Lines((Line("one", (1, 0)),), {}, ("0", "12"))

        root = parsed(draw(chart, ChartWords("t", "d", {"one": "One"}, "Month"), "x"))

        assert [text.text for text in root.iter(f"{SVG}text")] == ["0", "Month", "12", "One"]

    def test_title_and_description_are_named_and_escaped(self):
        svg = draw(Bars((Bar("one", 1, "1"),)), WORDS, "lesson-debts")

        assert 'role="img"' in svg
        assert 'aria-labelledby="lesson-debts-title lesson-debts-desc"' in svg
        assert '<title id="lesson-debts-title">Debts &amp; income</title>' in svg
        assert '<desc id="lesson-debts-desc">One &lt; two</desc>' in svg


class TestChartsOfLessons:
    def test_ten_lessons_have_one(self):
        assert len(CHARTS) == 10

    @pytest.mark.parametrize(("slug", "language"), DRAWN)
    def test_every_chart_is_shown_once_is_small_and_well_formed(self, slug, language):
        found = svgs_of(slug, language)

        assert len(found) == len(charts_of(slug))
        for svg in found:
            assert len(svg.encode()) < 6_000
            assert parsed(svg).tag == f"{SVG}svg"

    @pytest.mark.parametrize(("slug", "language"), DRAWN)
    def test_none_has_a_style_a_script_or_a_color_of_its_own(self, slug, language):
        svg = "".join(svgs_of(slug, language))

        assert re.findall(r"style=|<style|<script|\son\w+=|href|#[0-9a-f]{3}|rgb\(", svg) == []
        assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) <= {
            "currentColor",
            "none",
            "var(--line-strong, currentColor)",
            *(f"var(--chart-{tone}, currentColor)" for tone in ("principal", "interest", "fee", "left", "other")),
        }

    def test_a_chart_that_does_not_exist_is_named_with_its_place(self):
        with pytest.raises(BrokenLesson, match=r"here.*'debts'"):
            with_charts("<p>{{ chart:debts }}</p>", {}, where="here")
