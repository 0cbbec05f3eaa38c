"""The lessons' figures are the ones the domain notes and the official example give, and every text is complete."""

import re
from pathlib import Path

import pytest
import yaml

from dashu.finance.annual_rates import annual_rates
from education.domain.figures import FIGURES, annual_rate, figures_of, overdue
from education.domain.lessons import CONTENT, LANGUAGES, PAGES, BrokenLesson, load_lesson, slugs, with_figures

POLICY = Path(__file__).resolve().parents[3] / "dashu" / "policy" / "packs" / "cn.yaml"
EVERY_TEXT = [(slug, language) for slug in slugs() for language in LANGUAGES]


class TestFiguresOfTheAnnualRateLesson:
    @pytest.mark.parametrize(
        ("fee", "nominal", "effective"), [("low", "13.03%", "13.84%"), ("high", "16.22%", "17.48%")]
    )
    def test_a_monthly_fee_on_the_full_amount_is_nearly_twice_what_it_looks_like(self, fee, nominal, effective):
        figures = figures_of("annual-rate")

        assert (figures[f"{fee}_nominal"], figures[f"{fee}_effective"]) == (nominal, effective)

    def test_the_official_example_gives_the_official_rates(self):
        figures = figures_of("annual-rate")

        assert (figures["official_nominal"], figures["official_effective"]) == ("12.80%", "13.58%")

    def test_amounts_are_those_of_the_worked_exercise(self):
        figures = figures_of("annual-rate")

        assert figures["low_payment"] == "¥1,072.00"
        assert figures["high_payment"] == "¥1,090.00"
        assert figures["low_fee_total"] == "¥864.00"
        assert figures["high_fee_total"] == "¥1,080.00"
        assert figures["fee_difference"] == "¥216.00"
        assert figures["owed_half_way"] == "¥6,000.00"
        assert figures["owed_on_average"] == "¥6,500.00"
        assert figures["low_times_12"] == "7.2%"
        assert figures["rule_of_thumb"] == "1.8"

    def test_the_quiz_is_right_that_13_percent_compound_is_cheaper_than_13_percent_simple(self):
        rates = annual_rate.rates_of_fee(annual_rate.FEES["low"])

        assert rates.irr_effective > rates.irr_nominal
        assert annual_rates(12_000_00, [1_072_00] * 12, 12) == rates


class TestFiguresOfTheOverdueLesson:
    def test_a_thousand_yuan_for_thirty_days_at_24_percent_is_twenty_yuan(self):
        assert overdue.penalty_after(30) == 20_00

    def test_other_spans_follow_the_same_rule(self):
        assert [overdue.penalty_after(days) for days in (0, 3, 60, 90, 360)] == [0, 2_00, 40_00, 60_00, 240_00]

    def test_the_example_charges_what_the_lender_may_charge_at_most(self):
        rule = next(rule for rule in _policy() if rule["code"] == "penalty.rule")["value"]

        assert str(overdue.RULE.annual_rate) == rule["cap"]
        assert overdue.RULE.year_days == rule["year_days"]
        assert overdue.RULE.grace_days == rule["grace_days"]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_days_and_hours_are_those_of_the_policy_pack(self, language):
        text = load_lesson("overdue", language).html
        rules = {rule["code"]: rule["value"] for rule in _policy()}

        codes = [step["from_days"] for step in rules["credit_record.codes"]["by_days"]]
        assert codes[1:5] == [1, 31, 61, 91]
        for first, last in ((1, 30), (31, 60), (61, 90)):
            assert f"{first}–{last}" in text
        assert next(s["from_days"] for s in rules["classification.five_tier.loan"] if s["code"] == "SUBSTANDARD") == 91
        assert rules["contact.hours"]["closes"] in text
        assert rules["contact.hours"]["opens"].removeprefix("0") in text


class TestLessons:
    def test_every_lesson_has_figures_and_every_figures_module_a_lesson(self):
        assert set(slugs()) == set(FIGURES)

    @pytest.mark.parametrize(("slug", "language"), EVERY_TEXT)
    def test_no_amount_and_no_computed_rate_is_typed(self, slug, language):
        typed = (CONTENT / slug / f"{language}.md").read_text(encoding="utf-8")

        assert re.findall(r"¥|\d+\.\d+ ?%", typed) == []
        assert "{{" not in load_lesson(slug, language).html
        assert "{{" not in load_lesson(slug, language).summary

    @pytest.mark.parametrize(("slug", "language"), EVERY_TEXT)
    def test_every_figure_a_lesson_names_is_used_in_every_language(self, slug, language):
        def named(code: str) -> set[str]:
            return set(re.findall(r"figure:(\w+)", (CONTENT / slug / f"{code}.md").read_text(encoding="utf-8")))

        assert named(language) == named("zh-hans")

    @pytest.mark.parametrize("slug", slugs())
    def test_every_figure_is_used_in_a_text_a_question_or_a_chart(self, slug):
        texts = "".join(path.read_text(encoding="utf-8") for path in (CONTENT / slug).iterdir())
        named = set(re.findall(r"figure:(\w+)", texts))

        assert [name for name in figures_of(slug) if name.removesuffix("_again") not in named] == []

    @pytest.mark.parametrize("slug", slugs())
    def test_languages_agree_on_what_is_not_text(self, slug):
        texts = [load_lesson(slug, language) for language in LANGUAGES]

        shared = {
            (t.order, t.level, t.minutes, t.legal_facts_on, t.skills, t.related, t.next_step.page, len(t.sources))
            for t in texts
        }
        assert len(shared) == 1
        assert (
            len({tuple((q.code, tuple((o.code, o.is_right) for o in q.options)) for q in t.questions) for t in texts})
            == 1
        )

    def test_they_are_twelve_in_three_levels(self):
        lessons = [load_lesson(slug, "en") for slug in slugs()]

        assert [lesson.order for lesson in lessons] == list(range(1, 13))
        assert {lesson.level for lesson in lessons} == {1, 2, 3}

    @pytest.mark.parametrize(("slug", "language"), EVERY_TEXT)
    def test_a_lesson_has_all_that_a_page_needs(self, slug, language):
        lesson = load_lesson(slug, language)

        assert all([lesson.title, lesson.summary, lesson.sources, lesson.skills, lesson.next_step.text])
        assert all(source.name for source in lesson.sources)
        assert lesson.next_step.page in PAGES
        assert 1 <= lesson.minutes <= 5
        assert len(lesson.related) >= 2
        assert set(lesson.related) <= set(slugs()) - {slug}

    @pytest.mark.parametrize("slug", slugs())
    def test_simplified_and_traditional_are_written_in_their_own_characters(self, slug):
        simplified, traditional = (load_lesson(slug, language) for language in ("zh-hans", "zh-hant"))

        assert set("這個應還貸從") & set(simplified.markdown) == set()
        assert set("这个应还贷从隻籤") & set(traditional.markdown) == set()
        assert re.findall("[“”]", traditional.markdown) == []

    def test_a_figure_that_does_not_exist_is_named_with_its_file(self):
        with pytest.raises(BrokenLesson, match=r"here.*'wrong'"):
            with_figures("It costs {{ figure:wrong }}.", {"right": "¥1.00"}, where="here")


def _policy() -> list[dict]:
    return yaml.safe_load(POLICY.read_text(encoding="utf-8"))["rules"]
