"""`manage.py restructure_options`: what stands in a document decides what is offered, and a wrong one is refused."""

from copy import deepcopy
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest

from collections_mgmt.domain.relief.offers import Code, Effect, Refusal, Why
from collections_mgmt.relief_words import CAUSES, EFFECTS, METHODS, WHYS, reason
from dashu.finance.relief import ReliefMethod
from dashu.policy.pack_files import pack_file

DAY = date(2026, 6, 1)
LOAN: dict[str, Any] = {
    "terms": {
        "principal": "12000.00",
        "annual_rate": "0.18",
        "method": "equal_installment",
        "count": 12,
        "disbursed_on": "2026-01-15",
    },
    "product_rules": {"penalty": {"annual_rate": "0.24"}},
    "events": [
        {"on": "2026-01-15", "type": "disburse"},
        {"on": "2026-02-15", "type": "payment", "id": "p1", "amount": "1100.16"},
        {"on": "2026-03-15", "type": "payment", "id": "p2", "amount": "1100.16"},
        {"on": "2026-04-15", "type": "payment", "id": "p3", "amount": "1100.16"},
    ],
}
SECOND: dict[str, Any] = {
    "terms": {
        "principal": "6000.00",
        "annual_rate": "0.09",
        "method": "equal_installment",
        "count": 12,
        "disbursed_on": "2026-05-15",
    },
    "product_rules": {},
    "events": [{"on": "2026-05-15", "type": "disburse"}, {"on": "2026-06-15", "type": "payment", "amount": "524.71"}],
}
SECOND_A_MONTH = "524.71"
QUESTION: dict[str, Any] = {
    "loan": LOAN,
    "as_of": "2026-06-20",
    "income": "3400.00",
    "expenses": "2000.00",
    "other_debt_payments": "0.00",
    "reasons": ["income_unstable"],
}


def asked(**changes: Any) -> dict[str, Any]:
    return {**QUESTION, **changes}


def with_events(*events: dict[str, Any]) -> dict[str, Any]:
    return {**LOAN, "events": [*LOAN["events"], *events]}


def reasons(answer: dict[str, Any]) -> dict[str, str]:
    return {one["method"]: one["reason"] for one in answer["not_offered"]}


class TestRestructureOptions:
    def test_offers_a_plan_that_fits_with_all_its_figures(self, run):
        (answer,), code = run("restructure_options", asked())

        assert code == 0
        assert (answer["as_of"], answer["currency"], answer["days_past_due"]) == ("2026-06-20", "CNY", 36)
        assert (answer["room"], answer["present"]["overdue"]) == ("1060.00", "2225.37")
        (offer,) = answer["offers"]
        assert offer["relief"] == {"method": "term_extension", "count": 10, "arrears_over": 10}
        assert offer["first_payment"] == {"on": "2026-07-15", "amount": "1025.37"}
        assert (offer["monthly_payment"], offer["highest_payment"]) == ("1025.39", "1025.39")
        assert (offer["total_to_pay"], offer["extra_cost"]) == ("10253.81", "327.29")
        assert offer["npv"] == {"present": "9502.41", "offer": "9479.60", "loss": "0.002400"}
        assert offer["affordability"]["before"]["fits"] is False
        assert offer["affordability"]["after"] == {
            "month": "2026-12",
            "payment": "1025.39",
            "surplus": "34.61",
            "debt_share": "0.3016",
            "fits": True,
            "watched": False,
        }
        assert offer["credit_record"] == {"effect": "restructured", "mark": "1"}
        assert offer["if_missed"] == {"broken_after_days": 10, "cure_days": 30}
        assert answer["recommended"] == "term_extension"
        assert sorted([*reasons(answer), "term_extension"]) == sorted(ReliefMethod)

    def test_the_schedule_sums_to_the_total_and_the_acts_replay_to_it(self, run):
        (answer,), _code = run("restructure_options", asked())
        offer = answer["offers"][0]
        fen = [int(row["total"].replace(".", "")) for row in offer["schedule"]]

        assert sum(fen) == 10_253_81
        loan = with_events(*(act | {"id": f"r{number}"} for number, act in enumerate(offer["acts"])))
        (replayed,), code = run("replay", {**loan, "as_of": ["2026-06-20", "2026-07-15"]})
        assert code == 0
        assert replayed["as_of"][0]["next_due"] == {"on": "2026-07-15", "amount": "1025.37"}
        assert replayed["as_of"][0]["dpd"] == 0

    def test_counts_the_events_up_to_its_day_only(self, run):
        late = {"on": "2026-06-21", "type": "payment", "id": "p4", "amount": "2200.00"}

        (plain, later), _code = run("restructure_options", asked(), asked(loan=with_events(late)))

        assert later == plain

    def test_a_gap_that_ends_is_bridged(self, run):
        paid = [
            {"on": "2026-05-15", "type": "payment", "id": "p4", "amount": "1100.16"},
            {"on": "2026-06-15", "type": "payment", "id": "p5", "amount": "1100.16"},
        ]
        gap = asked(loan=with_events(*paid), income="2500.00", income_later={"amount": "5000.00", "from": "2026-09-10"})

        (answer,), _code = run("restructure_options", gap)

        assert [offer["method"] for offer in answer["offers"]] == [
            "interest_only",
            "payment_holiday",
            "term_extension",
        ]
        assert [offer["why"] for offer in answer["offers"]] == ["bridges_gap", None, None]

    def test_asks_for_a_word_and_refuses_nobody_for_spending(self, run):
        much = {"FOOD": "1800.00", "OTHER": "200.00"}

        (answer, told), _code = run(
            "restructure_options", asked(expenses=much), asked(expenses=much, words={"FOOD": "Three of us eat at home"})
        )

        assert answer["asks"] == [{"category": "FOOD", "stated": "1800.00", "guideline": "1200.00"}]
        assert told["asks"] == []
        assert told["offers"] == answer["offers"]

    def test_a_plan_that_just_began_is_not_changed_again(self, run):
        plan = {"on": "2026-06-01", "type": "restructure", "id": "r1", "terms": {"count": 8}}

        (answer,), _code = run("restructure_options", asked(loan=with_events(plan)))

        assert answer["offers"] == []
        assert set(reasons(answer).values()) == {"plan_too_young", "no_payday"}

    def test_a_plan_that_was_undone_does_not_count(self, run):
        plan = {"on": "2026-06-01", "type": "restructure", "id": "r1", "terms": {"count": 8}}
        undone = {"on": "2026-06-01", "posted_on": "2026-06-02", "type": "reversal", "reverses": "r1"}

        (answer, plain), _code = run("restructure_options", asked(loan=with_events(plan, undone)), asked())

        assert answer["recommended"] == plain["recommended"] == "term_extension"

    def test_answers_for_one_relief_that_is_asked_about(self, run):
        longer = {"method": "term_extension", "count": 20, "arrears_over": 12}
        shorter = {"method": "term_extension", "count": 9, "arrears_over": 9}

        (yes, no), _code = run("restructure_options", asked(relief=longer), asked(relief=shorter))

        assert yes["quoted"]["refusal"] is None
        assert yes["quoted"]["offer"]["relief"] == longer
        assert no["quoted"] == {
            "offer": None,
            "refusal": {
                "method": "term_extension",
                "reason": "not_affordable",
                "found": "1131.33",
                "limit": "1060.00",
                "instead": None,
                "needs_person": False,
            },
        }

    def test_joins_loans_where_the_month_cannot_carry_all_of_them(self, run):
        (answer, alone), code = run("restructure_options", asked(others=[SECOND]), asked(other_loans=1))

        assert code == 0
        assert reasons(alone)["consolidation"] == "needs_person"
        (offer,) = [one for one in answer["offers"] if one["method"] == "consolidation"]
        joined = offer["consolidation"]
        assert [(one["loan"], one["annual_rate"]) for one in joined["ends"]] == [
            ("loan", "0.18"),
            ("others[0]", "0.09"),
        ]
        ends = [int(one["amount"].replace(".", "")) for one in joined["ends"]]
        assert joined["principal"] == f"{sum(ends) / 100:.2f}"
        assert (
            offer["annual_rate"]
            == joined["annual_rate_before"]
            == str(
                ((ends[0] * Decimal("0.18") + ends[1] * Decimal("0.09")) / sum(ends)).quantize(
                    Decimal("0.000001"), ROUND_DOWN
                )
            )
        )
        assert Decimal(offer["highest_payment"]) <= Decimal(answer["room"]) + Decimal(SECOND_A_MONTH)
        assert Decimal(joined["present"]["total_to_pay"]) + Decimal(offer["extra_cost"]) == Decimal(
            offer["total_to_pay"]
        )
        principal = sum(Decimal(row["principal"]) for row in offer["schedule"])
        assert principal == Decimal(joined["principal"])
        assert Decimal(joined["cost"]) == Decimal(offer["total_to_pay"]) - principal
        assert offer["acts"] == []

    def test_counts_what_another_loan_asks_for_as_a_debt_of_this_one(self, run):
        (answer, plain), _code = run("restructure_options", asked(others=[SECOND]), asked())

        assert Decimal(plain["room"]) - Decimal(answer["room"]) == Decimal(SECOND_A_MONTH)

    def test_answers_for_one_consolidation_that_is_asked_about(self, run):
        fewest = {"method": "consolidation", "count": 2}

        (answer,), _code = run("restructure_options", asked(others=[SECOND], relief=fewest))

        assert answer["quoted"]["refusal"]["reason"] == "not_affordable"

    def test_proposes_a_settlement_where_no_plan_fits_and_a_sum_is_there(self, run):
        broke = {"income": "1900.00", "as_of": "2026-08-20"}

        (none, none_yet, less, settled, all_of_it), code = run(
            "restructure_options",
            asked(**broke),
            asked(income="1900.00", lump_sum="6000.00"),
            asked(**broke, lump_sum="3000.00"),
            asked(**broke, lump_sum="6000.00"),
            asked(**broke, lump_sum="12000.00"),
        )

        assert code == 0
        assert [one["settlement"] for one in (none, none_yet, less, all_of_it)] == [None] * 4
        assert reasons(none)["settlement"] == "no_surplus"
        assert reasons(none_yet)["settlement"] == "too_early"
        assert reasons(less)["settlement"] == "no_gain"
        assert reasons(all_of_it)["settlement"] == "pays_all"
        found = settled["settlement"]
        assert (settled["offers"], reasons(settled)["settlement"]) == ([], "needs_person")
        assert Decimal(found["owed"]) == Decimal(found["pays"]) + Decimal(found["given_up"])
        assert found["pays"] == "6000.00"
        assert Decimal(found["share"]) == (Decimal(found["given_up"]) / Decimal(found["owed"])).quantize(
            Decimal("0.000001")
        )

    def test_proposes_no_settlement_where_a_plan_fits(self, run):
        (answer,), _code = run("restructure_options", asked(as_of="2026-08-20", income="4000.00", lump_sum="6000.00"))

        assert answer["offers"]
        assert (answer["settlement"], reasons(answer)["settlement"]) == (None, "gentler_fits")

    @pytest.mark.parametrize("pack", ["cn", "cn_private", "tw", "us"])
    def test_every_pack_has_rules_of_relief(self, run, pack):
        loan = deepcopy(LOAN)
        loan["terms"]["annual_rate"] = "0.1"

        (answer,), code = run("restructure_options", asked(loan=loan, pack=pack))

        assert code == 0
        assert answer["recommended"] == "term_extension"

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"income": None}, "missing_field", "income"),
            ({"income": 3400}, "invalid_amount", "income"),
            ({"income": "-1.00"}, "invalid_amount", "income"),
            ({"expenses": {"FOOD": "12.345"}}, "invalid_amount", "expenses.FOOD"),
            ({"expenses": {"GAMES": "10.00"}}, "invalid_input", "expenses.GAMES"),
            ({"other_debt_payments": None}, "missing_field", "other_debt_payments"),
            ({"reasons": ["laziness"]}, "invalid_input", "reasons[0]"),
            ({"reasons": "income_unstable"}, "invalid_input", "reasons"),
            ({"as_of": "2026-02-30"}, "invalid_date", "as_of"),
            ({"as_of": "2026-01-14"}, "date_outside_contract", "as_of"),
            ({"payday": 32}, "invalid_input", "payday"),
            ({"household": 0}, "invalid_input", "household"),
            ({"income_later": {"amount": "5000.00"}}, "missing_field", "income_later.from"),
            (
                {"income_later": {"amount": "1.00", "from": "2026-09-10", "sure": True}},
                "unknown_field",
                "income_later.sure",
            ),
            ({"others": [{"terms": LOAN["terms"], "hurry": True}]}, "missing_field", "others[0].events"),
            ({"others": [SECOND | {"events": []}]}, "date_outside_contract", "as_of"),
            (
                {"others": [SECOND | {"terms": SECOND["terms"] | {"currency": "USD"}}]},
                "invalid_input",
                "others[0].terms",
            ),
            ({"others": [SECOND], "other_loans": 0}, "invalid_input", "other_loans"),
            ({"lump_sum": "0.00"}, "invalid_amount", "lump_sum"),
            ({"relief": {"method": "magic"}}, "invalid_input", "relief.method"),
            ({"relief": {"method": "step_up", "step": "-1"}}, "invalid_rate", "relief.step"),
            ({"relief": {"method": "payment_holiday", "interest": "free"}}, "invalid_input", "relief.interest"),
            ({"pack": "mars"}, "unknown_pack", "pack"),
            ({"product": "MORTGAGE"}, "unknown_product", "product"),
            ({"hurry": True}, "unknown_field", "hurry"),
            ({"loan": None}, "missing_field", "loan"),
            ({"loan": LOAN | {"events": []}}, "date_outside_contract", "as_of"),
            ({"loan": LOAN | {"terms": LOAN["terms"] | {"count": 0}}}, "invalid_input", "loan.terms.count"),
            (
                {"loan": with_events({"on": "2026-05-01", "type": "payment"})},
                "missing_field",
                "loan.events[4].amount",
            ),
            (
                {"loan": with_events({"on": "2026-05-01", "type": "reversal", "reverses": "p9"})},
                "unknown_event",
                "loan.events[4].reverses",
            ),
        ],
    )
    def test_refuses_a_wrong_document_by_code_and_field_and_answers_the_others(self, run, changes, code, field):
        answers, status = run("restructure_options", asked(**changes), asked())

        assert status == 1
        assert (answers[0]["error"]["code"], answers[0]["error"]["field"]) == (code, field)
        assert answers[1]["recommended"] == "term_extension"


class TestWords:
    def test_there_are_some_for_everything_that_can_be_answered(self):
        assert set(METHODS) == set(ReliefMethod)
        assert set(WHYS) == set(Why)
        assert set(EFFECTS) == set(Effect)
        assert len(CAUSES) == 5
        for code in Code:
            assert reason(Refusal(ReliefMethod.TERM_EXTENSION, code, 2, 3), "CNY")

    def test_say_the_numbers_that_decided(self):
        tight = Refusal(ReliefMethod.TERM_EXTENSION, Code.NOT_AFFORDABLE, 1131_33, 1060_00)

        assert reason(tight, "CNY") == "A month would have to carry ¥1,131.33, and it can carry ¥1,060.00."

    def test_guidelines_name_the_same_categories_in_every_pack(self):
        names = {
            pack: list(pack_file(pack).value("relief.guidelines", on=DAY).categories)
            for pack in ("cn", "cn_private", "tw", "us")
        }

        assert names["cn"] == ["HOUSING", "FOOD", "UTILITIES", "TRANSPORT", "HEALTH", "FAMILY", "OTHER"]
        assert all(categories == names["cn"] for categories in names.values())
