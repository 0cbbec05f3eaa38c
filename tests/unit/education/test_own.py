"""A reader's own figures stand in a lesson, a visitor's are those of the example, and the text says which."""

from datetime import date
from decimal import Decimal

import pytest

from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from education.domain.lessons import LANGUAGES, lesson_for, load_lesson, slugs
from education.domain.own import NAMES, OwnFigures, OwnWords, example, late_cost
from education.domain.placeholders import names_own, with_own
from education.domain.words import BrokenLesson

AMINAS = OwnFigures(
    next_installment=876_54,
    next_due_on=date(2027, 1, 5),
    all_in_rate=Decimal("0.1612"),
    late_cost_per_day=45,
    late_cost_30_days=13_40,
)


class TestExample:
    def test_knows_every_figure(self):
        assert [name for name in sorted(NAMES) if getattr(example(), name) is None] == []

    def test_is_a_loan_computed_as_any_other(self):
        rows = build_schedule(
            ScheduleTerms(12_000_00, Decimal("0.18"), Method.EQUAL_INSTALLMENT, 12, date(2026, 9, 15))
        )
        shown = example()

        assert shown.next_installment == rows[2].total == 1_100_16
        assert (shown.next_due_on, shown.installments_left, shown.outstanding) == (date(2026, 12, 15), 10, 10_145_88)
        assert shown.all_in_rate == Decimal("0.195623")  # installments are whole fen

    def test_a_late_thousand_costs_twenty_in_thirty_days_at_the_highest_rate(self):
        assert (late_cost(1_000_00, 30), late_cost(1_000_00, 1)) == (20_00, 66)


class TestOwnFigures:
    def test_a_visitor_reads_the_example_and_that_it_is_one(self):
        html = load_lesson("overdue", "en").html

        assert "¥1,100.16" in html
        assert "December 15, 2026" in html
        assert "These are the figures of an example, not of your loan." in html

    def test_a_reader_reads_their_own_and_that_they_are(self):
        html = lesson_for("overdue", "en", AMINAS).html

        assert "Your next installment is ¥876.54, due on January 5, 2027." in html
        assert "about ¥0.45 a day, and ¥13.40 for 30 days" in html
        assert "These are your own figures, and only you see them." in html
        assert "example" not in html

    def test_what_is_not_known_is_marked_as_an_example_among_own_figures(self):
        html = lesson_for("overdue", "en", OwnFigures(next_installment=876_54)).html

        assert "Your next installment is ¥876.54, due on December 15, 2026 (example)." in html
        assert "Where it says “example”, we do not know yours." in html

    def test_own_figures_that_a_lesson_does_not_name_leave_the_example_as_it_is(self):
        assert lesson_for("overdue", "en", OwnFigures(income=5_000_00)) == load_lesson("overdue", "en")

    def test_zero_is_a_figure_of_ones_own(self):
        text = with_own("{{ own:monthly_debts }} {{ own:note }}", OwnFigures(monthly_debts=0), "en", where="here")

        assert text == "¥0.00 These are your own figures, and only you see them."

    @pytest.mark.parametrize(("language", "written"), [("zh-hans", "2027年1月5日"), ("zh-hant", "2027年1月5日")])
    def test_days_are_written_as_the_language_does(self, language, written):
        assert OwnWords(AMINAS, language, frozenset({"next_due_on"})).of("next_due_on") == written

    def test_a_count_is_no_amount(self):
        assert (
            OwnWords(OwnFigures(installments_left=7), "en", frozenset({"installments_left"})).of("installments_left")
            == "7"
        )

    @pytest.mark.parametrize("name", ["password", "note_", "names"])
    def test_a_name_that_does_not_exist_is_refused(self, name):
        with pytest.raises(BrokenLesson, match=name):
            with_own(f"{{{{ own:{name} }}}}", None, "en", where="here")

    @pytest.mark.parametrize("slug", slugs())
    def test_a_lesson_with_own_figures_says_whose_they_are_in_every_language(self, slug):
        named = [names_own(load_lesson(slug, language).markdown) for language in LANGUAGES]

        assert named[0] == named[1] == named[2]
        assert not named[0] or "note" in named[0]

    def test_most_lessons_have_own_figures(self):
        with_figures = [slug for slug in slugs() if names_own(load_lesson(slug, "en").markdown)]

        assert with_figures == [
            "annual-rate",
            "budget",
            "emergency-fund",
            "many-lenders",
            "overdue",
            "asking-for-help",
            "small-business-cash",
            "after-a-plan",
        ]
