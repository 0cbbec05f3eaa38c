"""Three questions on a sheet: their figures, their stable order, and how answers are graded."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashu.finance.penalty import PenaltyRule
from dashu.finance.terms import Method
from dashu.kernel.money import Money
from loans.domain.understanding import KEYS, About, AnswerNotKnown, Place, grade, questions_of
from tests.unit.loans.sheets import EACH, ENTRY, LEVEL, PENALTY, sheet


def right_answers(of) -> dict[str, str]:
    return {question.about: question.right for question in questions_of(of)}


def amounts(question) -> dict[str, int | None]:
    """The amount of each choice by its key; None for one that says nothing is charged."""
    said = {choice.key: choice.said.values.get("amount") for choice in question.choices}
    return {key: amount.minor if amount else None for key, amount in said.items()}


class TestQuestions:
    def test_ask_what_is_paid_what_it_costs_and_what_a_delay_costs(self):
        payment, cost, late = questions_of(sheet())

        assert (payment.about, payment.place) == (About.PAYMENT, Place.SCHEDULE)
        assert amounts(payment)[payment.right] == 1_100_16
        assert set(amounts(payment).values()) == {1_100_16, 1_000_00, 1_280_16}
        assert (cost.about, cost.place) == (About.COST, Place.TOTALS)
        assert amounts(cost)[cost.right] == 1_201_95
        assert set(amounts(cost).values()) == {1_201_95, 2_160_00, 600_97}
        assert (late.about, late.place) == (About.LATE, Place.PENALTY)
        assert amounts(late)[late.right] == 18_40
        assert set(amounts(late).values()) == {18_40, None, 240_00}

    def test_a_loan_without_equal_months_is_asked_for_its_first_date(self):
        payment = questions_of(sheet(replace(LEVEL, method=Method.EQUAL_PRINCIPAL)))[0]

        assert payment.text.values == {"day": date(2026, 9, 15)}
        assert amounts(payment)[payment.right] == 1_180_00
        assert questions_of(sheet())[0].text.values == {}

    def test_fees_are_part_of_what_is_paid_and_of_the_cost(self):
        payment, cost, _late = questions_of(sheet(LEVEL, ENTRY, EACH))

        assert amounts(payment)[payment.right] == 1_100_16 + 1_005_00
        assert amounts(cost)[cost.right] == 1_201_95 + 1_060_00
        assert cost.why.values["fees"] == Money(1_060_00)

    def test_a_delay_that_costs_nothing_has_that_for_its_answer(self):
        late = questions_of(sheet(penalty=PenaltyRule()))[2]

        assert amounts(late)[late.right] is None
        assert None not in [amount for key, amount in amounts(late).items() if key != late.right]

    def test_are_the_same_for_the_same_sheet_and_shuffled_between_sheets(self):
        assert questions_of(sheet()) == questions_of(sheet())

        rights = {
            tuple(right_answers(sheet(replace(LEVEL, principal=10_000_00 + extra))).values()) for extra in range(30)
        }
        assert len(rights) > 5
        assert {key for right in rights for key in right} == set(KEYS)

    @given(
        principal=st.integers(1_000_00, 10_000_000_00),
        rate=st.sampled_from(["0", "0.0001", "0.06", "0.18", "0.24"]),
        count=st.integers(2, 60),
        method=st.sampled_from(
            [Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.BULLET, Method.INTEREST_ONLY, Method.FLAT]
        ),
        penalty=st.sampled_from([PENALTY, PenaltyRule()]),
    )
    def test_always_have_three_choices_well_apart(self, principal, rate, count, method, penalty):
        terms = replace(LEVEL, principal=principal, annual_rate=Decimal(rate), count=count, method=method)

        for question in questions_of(sheet(terms, penalty=penalty)):
            found = sorted(amount or 0 for amount in amounts(question).values())
            right = amounts(question)[question.right] or 0
            assert [choice.key for choice in question.choices] == list(KEYS)
            assert all(high - low >= max(right // 20, 1) for low, high in pairwise(found))


class TestGrade:
    def test_passes_the_right_answers(self):
        assert grade(sheet(), right_answers(sheet())).is_passed

    def test_names_what_was_wrong_or_left_out_with_its_place_on_the_sheet(self):
        given_answers = right_answers(sheet())
        given_answers[About.COST] = next(key for key in KEYS if key != given_answers[About.COST])
        del given_answers[About.LATE]

        found = grade(sheet(), given_answers)

        assert not found.is_passed
        assert [question.place for question in found.wrong] == [Place.TOTALS, Place.PENALTY]

    @pytest.mark.parametrize("answers", [{"price": "a"}, {"cost": "d"}, {"cost": ""}])
    def test_refuses_what_was_not_asked(self, answers):
        with pytest.raises(AnswerNotKnown) as refused:
            grade(sheet(), answers)

        assert refused.value.field in answers
