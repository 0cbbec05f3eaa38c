"""The sheet and its questions in words."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation

from dashu.finance.penalty import PenaltyRule
from dashu.finance.terms import Method
from loans.disclosing import contingent_rows, cost_rows, in_words, late_example, question_words, yearly_cost
from loans.domain.fees import FeeWhen
from loans.domain.understanding import questions_of
from tests.unit.loans.sheets import EACH, ENTRY, LEVEL, NOTARY, PENALTY, line, sheet


class TestRows:
    def test_say_how_each_cost_is_worked_out_and_who_receives_it(self):
        rows = cost_rows(sheet(LEVEL, ENTRY, EACH, NOTARY), lender="Dashu")

        assert [(row.code, row.payee, row.amount) for row in rows] == [
            ("interest", "Dashu", "¥1,201.95"),
            ("entry", "Dashu Finance", "¥1,000.00"),
            ("account", "Dashu Finance", "¥60.00"),
        ]
        assert rows[0].method == "18% a year of the principal still owed; Equal installments"
        assert rows[2].method == "¥5.00 with each of 12 installments"

    def test_say_of_a_flat_rate_that_it_counts_on_the_first_principal(self):
        [row] = cost_rows(sheet(replace(LEVEL, method=Method.FLAT)), lender="Dashu")

        assert row.method == "18% a year of the first principal; Flat rate"

    def test_of_a_delay_say_rate_base_grace_and_cap(self):
        [penalty, notary] = contingent_rows(
            sheet(LEVEL, replace(NOTARY, is_once=True), penalty=replace(PENALTY, grace_days=3)), lender="Dashu"
        )

        assert penalty.method == (
            "24% a year of the overdue principal only, by days (360 days a year); 3 days of grace are free;"
            " all of it together never above 24% a year"
        )
        assert notary.method == "Only when you ask for it or it happens: at most ¥500.00 in all"

    def test_of_a_rate_say_the_amount_the_rate_and_its_cap(self):
        share = line("service", FeeWhen.EACH, share=Decimal("0.001"), cap=10_00)

        assert "¥10.00 (0.1% of the principal, at most ¥10.00)" in cost_rows(sheet(LEVEL, share), lender="")[1].method

    def test_the_stricter_rate_stands_out(self):
        cost = yearly_cost(sheet())

        assert (cost.prominent, cost.prominent_name) == ("19.56%", "internal rate of return, compounded")
        assert (cost.other, cost.other_name) == ("18.00%", "simple interest")

    def test_a_delay_is_told_by_an_example(self):
        assert late_example(sheet()) == (
            "Example: the first installment of ¥1,100.16 is paid 30 days late. It then costs ¥18.40 more."
        )
        assert "Nothing is charged for it." in late_example(sheet(penalty=PenaltyRule()))


class TestQuestions:
    def test_read_as_sentences_and_keep_the_right_answer_to_themselves(self):
        shown = [question_words(question) for question in questions_of(sheet())]

        assert [each["text"] for each in shown] == [
            "How much do you pay every month?",
            "What does the loan cost you in all, beside the sum you receive, if every payment is on time?",
            "What does it cost you more if you pay the first installment 30 days late?",
        ]
        assert "¥1,100.16" in [choice["text"] for choice in shown[0]["choices"]]
        assert [choice["key"] for choice in shown[0]["choices"]] == ["a", "b", "c"]
        assert set(shown[0]) == {"about", "text", "choices"}

    @pytest.mark.parametrize(
        ("language", "asked", "why"),
        [
            ("zh-hans", "您每个月还多少？", "还款计划为每月 ¥1,100.16，从 2026年9月15日 到 2027年8月15日。"),
            ("zh-hant", "您每個月還多少？", "還款計畫為每月 ¥1,100.16，從 2026年9月15日 到 2027年8月15日。"),
        ],
    )
    def test_are_asked_in_the_readers_language(self, language, asked, why):
        with translation.override(language):
            question = questions_of(sheet())[0]

            assert question_words(question)["text"] == asked
            assert in_words(question.why) == why
