from datetime import date

import pytest

from dashu.policy.rules import MatchWeights
from repayments.domain.bank_matching import Debt, Named, Rule, Why, suggestions, sure_one
from repayments.domain.bank_text import likeness, masked, name_key, references_in, spellings, uuids_among

WEIGHTS = MatchWeights(auto=95, suggest=60, ambiguous_within=5, name=60, amount=40, unequal_name_cap=90, early_days=31)
DUE = date(2026, 2, 15)


def debt(loan_id: int = 1, name: str = "林小雨", **values) -> Debt:
    facts = {
        "borrower_id": loan_id,
        "on": DUE,
        "due_now": 1_100_16,
        "due_on": DUE,
        "unpaid": ((DUE, 1_100_16),),
        "payoff": 11_000_00,
        "left": 12_000_00,
    }
    return Debt(loan_id=loan_id, borrower_name=name, **{**facts, **values})


def suggest(*debts: Debt, amount: int = 1_100_16, payer: str = "林小雨", named: tuple[Named, ...] = ()):
    by_id = {one.loan_id: one for one in debts}
    return suggestions(amount=amount, payer=payer, named=named, debts=by_id, weights=WEIGHTS)


class TestNames:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("陳嘉欣", "陈嘉欣"),
            ("Grace Ho", "HO GRACE"),
            ("Grace Ho", "HO, Grace"),
            ("ＧＲＡＣＥ　ＨＯ", "Grace Ho"),
            ("林 小 雨", "林小雨"),
            ("深圳市大树（金融）有限公司", "深圳市大樹(金融)有限公司"),
        ],
    )
    def test_are_the_same_in_another_spelling(self, one, other):
        assert name_key(one) == name_key(other)
        assert likeness(one, other) == 100

    @pytest.mark.parametrize(("one", "other"), [("林小雨", "林晓雨"), ("Grace Ho", "Grace Hu"), ("王伟", "王伟明")])
    def test_that_differ_by_a_sign_are_only_alike(self, one, other):
        assert 50 <= likeness(one, other) < 100

    @pytest.mark.parametrize(("one", "other"), [("", "林小雨"), ("·", "·"), ("", "")])
    def test_that_are_missing_are_like_none(self, one, other):
        assert likeness(one, other) == 0

    def test_are_looked_for_in_the_other_characters_and_orders(self):
        assert {"陈嘉欣", "陳嘉欣"} <= spellings("陈嘉欣")
        assert {"Grace Ho", "HO GRACE"} <= spellings("ho, grace")
        assert spellings("  ") == set()
        assert len(spellings("台台台台台台台台台台台台")) <= 30


class TestReferences:
    @pytest.mark.parametrize(
        "text",
        [
            "还款DS20260000012谢谢",
            "ds 2026 0000012",
            "DS-2026-0000012",
            "ＤＳ２０２６０００００１２",
            "REFDS20260000012",
            "DS2026_0000012/2月",
        ],
    )
    def test_of_a_loan_are_found_however_the_payer_wrote_them(self, text):
        assert "DS20260000012" in references_in(text)

    @pytest.mark.parametrize("text", ["DS202600000123", "DS 2026 还款 0000012", "", "谢谢"])
    def test_are_not_made_of_what_does_not_belong_together(self, text):
        assert "DS20260000012" not in references_in(text)

    def test_of_a_checkout_are_found_with_and_without_hyphens(self):
        token = "0b0e9a2c-5a1e-4b57-9d53-3f5f8d1f2a11"

        for text in (f"pay {token}", f"SIM-{token}", token.replace("-", ""), token.upper()):
            assert {str(one) for one in uuids_among(references_in(text))} == {token}

    def test_of_a_text_without_end_stay_few(self):
        assert len(references_in("A1 " * 100_000)) < 2_000

    def test_account_numbers_are_shown_by_their_end(self):
        assert (masked("6217001234567890"), masked("")) == ("•••• 7890", "")


class TestByReference:
    def test_a_named_loan_scores_100_whatever_the_amount_and_name(self):
        (found,) = suggest(debt(), amount=5, payer="Brook", named=(Named(1, Rule.LOAN_NUMBER, "DS1"),))

        assert (found.score, found.rule, [one.why for one in found.reasons]) == (
            100,
            Rule.LOAN_NUMBER,
            [Why.LOAN_NUMBER],
        )
        assert sure_one([found], WEIGHTS) == found

    def test_another_loan_of_the_same_amount_does_not_make_it_doubtful(self):
        found = suggest(debt(1), debt(2), named=(Named(1, Rule.LOAN_NUMBER, "DS1"),))

        assert [(one.loan_id, one.score) for one in found] == [(1, 100), (2, 99)]
        assert sure_one(found, WEIGHTS) == found[0]

    def test_two_named_loans_are_a_matter_for_a_person(self):
        named = (Named(1, Rule.LOAN_NUMBER, "DS1"), Named(2, Rule.LOAN_NUMBER, "DS2"))

        assert sure_one(suggest(debt(1), debt(2), named=named), WEIGHTS) is None

    def test_a_payment_that_is_booked_is_never_booked_again_without_a_person(self):
        found = suggest(debt(), named=(Named(1, Rule.PAYMENT, "PAY1", is_booked=True),))

        assert Why.BOOKED_ALREADY in [one.why for one in found[0].reasons]
        assert sure_one(found, WEIGHTS) is None

    def test_a_settled_loan_is_shown_but_left_to_a_person(self):
        found = suggest(debt(is_settled=True), named=(Named(1, Rule.LOAN_NUMBER, "DS1"),))

        assert [one.why for one in found[0].reasons] == [Why.LOAN_NUMBER, Why.SETTLED]
        assert sure_one(found, WEIGHTS) is None


class TestByAmountAndName:
    @pytest.mark.parametrize(
        ("amount", "why"), [(1_100_16, Why.INSTALLMENT), (1_150_00, Why.DUE_NOW), (11_000_00, Why.PAYOFF)]
    )
    def test_an_amount_that_is_owed_by_one_of_that_name_is_sure(self, amount, why):
        found = suggest(debt(due_now=1_150_00), amount=amount)

        assert (found[0].score, [one.why for one in found[0].reasons]) == (99, [why, Why.SAME_NAME])
        assert sure_one(found, WEIGHTS) == found[0]

    def test_the_reason_names_the_day_and_the_likeness(self):
        (found,) = suggest(debt(name="深圳市大树第一科技有限公司"), payer="深圳市大树第二科技有限公司")

        assert found.reasons[0].values == {"due_on": DUE}
        assert (found.reasons[1].why, found.reasons[1].values) == (Why.NAME_ALIKE, {"percent": 92})
        assert found.score == 94

    def test_a_name_that_is_only_alike_is_never_booked_without_a_person(self):
        found = suggest(debt(name="A" * 50), payer="A" * 49 + "B")

        assert found[0].score < WEIGHTS.auto
        assert sure_one(found, WEIGHTS) is None

    @pytest.mark.parametrize(("on", "is_sure"), [(date(2026, 1, 15), True), (date(2026, 1, 14), False)])
    def test_an_installment_paid_more_than_a_month_ahead_is_left_to_a_person(self, on, is_sure):
        found = suggest(debt(on=on, due_now=0, due_on=None))

        assert found[0].score == 99
        assert (Why.EARLY in [one.why for one in found[0].reasons]) is not is_sure
        assert (sure_one(found, WEIGHTS) is not None) is is_sure

    def test_another_amount_of_the_same_name_is_only_shown(self):
        (found,) = suggest(debt(), amount=500_00)

        assert (found.score, [one.why for one in found.reasons]) == (60, [Why.OTHER_AMOUNT, Why.SAME_NAME])
        assert sure_one([found], WEIGHTS) is None

    def test_the_amount_without_the_name_is_not_shown(self):
        assert suggest(debt(), payer="") == []
        assert suggest(debt(), payer="Brook") == []

    def test_two_loans_within_five_points_are_never_booked_without_a_person(self):
        found = suggest(debt(1), debt(2))

        assert [one.score for one in found] == [99, 99]
        assert sure_one(found, WEIGHTS) is None

    def test_a_second_loan_six_points_behind_does_not_stand_in_the_way(self):
        company = "深圳市大树第一科技有限公司"
        near = suggest(debt(1, company), debt(2, "深圳市大树第二科技有限公司"), payer=company)
        far = suggest(debt(1, company), debt(2, "深圳市大树科技公司"), payer=company)

        assert near[0].score - near[1].score == 5
        assert sure_one(near, WEIGHTS) is None
        assert far[0].score - far[1].score > 5
        assert sure_one(far, WEIGHTS) == far[0]

    def test_at_most_five_are_shown(self):
        assert len(suggest(*[debt(number) for number in range(1, 9)])) == 5
