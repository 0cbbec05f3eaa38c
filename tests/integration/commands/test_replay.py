import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOAN = {
    "terms": {
        "principal": "12000.00",
        "annual_rate": "0.18",
        "method": "equal_installment",
        "count": 12,
        "disbursed_on": "2026-01-15",
    },
    "product_rules": {
        "allocation": ["fee", "interest", "principal", "penalty"],
        "penalty": {"annual_rate": "0.24"},
        "grace_days": 0,
    },
    "events": [
        {"on": "2026-01-15", "type": "disburse", "amount": "12000.00"},
        {"on": "2026-02-15", "type": "payment", "id": "p1", "amount": "1100.16"},
        {"on": "2026-03-15", "type": "payment", "id": "p2", "amount": "1100.16"},
        {"on": "2026-03-18", "type": "reversal", "reverses": "p2"},
    ],
    "as_of": ["2026-03-17", "2026-03-18"],
}
NOTHING = {"principal": "0.00", "interest": "0.00", "fee": "0.00", "penalty": "0.00"}


def with_events(*events: dict, **changes: object) -> dict:
    return LOAN | {"events": [LOAN["events"][0], *events], "as_of": ["2026-03-18"]} | changes


class TestTakeover:
    TAKEN_OVER = {
        "type": "take_over",
        "on": "2026-03-01",
        "principal": "2600.00",
        "penalty": "5.00",
        "rows": [
            {
                "number": 1,
                "due_on": "2026-02-15",
                "principal": "1000.00",
                "interest": "30.00",
                "paid_principal": "400.00",
            },
            {"number": 2, "due_on": "2026-03-15", "principal": "1000.00", "interest": "20.00"},
            {"number": 3, "due_on": "2026-04-15", "principal": "1000.00", "interest": "10.00"},
        ],
    }

    def test_goes_on_with_the_rows_that_the_loan_brings(self, run):
        loan = LOAN | {
            "terms": LOAN["terms"] | {"principal": "3000.00", "count": 3, "disbursed_on": "2026-03-01"},
            "events": [self.TAKEN_OVER, {"on": "2026-03-11", "type": "payment", "id": "p", "amount": "1659.00"}],
            "as_of": ["2026-03-01", "2026-03-10", "2026-03-11"],
        }

        (answer,), code = run("replay", loan)

        assert code == 0
        begun, later, paid = answer["as_of"]
        assert begun["outstanding"] == {"principal": "2600.00", "interest": "30.00", "fee": "0.00", "penalty": "5.00"}
        assert (begun["dpd"], begun["overdue"]["principal"]) == (14, "600.00")
        # 9 days of 24% on 600.00, by 360 days: 3.60.
        assert later["outstanding"]["penalty"] == "8.60"
        # 630.00 pay the first row, 8.60 the penalty; 1,020.40 are left for the second and the third.
        assert answer["payments"][0]["allocation"] == {
            "fee": "0.00",
            "penalty": "8.60",
            "interest": "50.40",
            "principal": "1600.00",
            "unapplied": "0.00",
        }
        assert (paid["dpd"], paid["outstanding"]["principal"]) == (0, "1000.00")

    def test_is_refused_on_another_day_than_the_terms_say(self, run):
        (answer,), code = run("replay", LOAN | {"events": [self.TAKEN_OVER]})

        assert (code, answer["error"]["code"]) == (1, "date_outside_contract")


class TestContracts:
    def test_interest_by_the_day_is_what_the_days_have_earned(self, run):
        paid = {"on": "2026-02-14", "type": "payment", "id": "p", "amount": "200.00"}
        loan = with_events(paid, product_rules={"interest_basis": "daily"}, as_of=["2026-02-13", "2026-02-14"])

        (answer,), code = run("replay", loan)

        # 12,000.00 at 18% for 29 and 30 of 365 days: 171.62 and 177.53.
        assert code == 0
        assert answer["as_of"][0]["outstanding"]["interest"] == "171.62"
        assert answer["payments"][0]["allocation"]["interest"] == "177.53"
        assert answer["as_of"][1]["outstanding"] == NOTHING | {"principal": "11977.53"}

    def test_the_cap_on_everything_clips_the_penalty(self, run):
        rules = {"penalty": {"annual_rate": "0.36"}}
        capped = {"penalty": {"annual_rate": "0.36", "all_in_cap": "0.24"}, "non_accrual_days": 90}

        answers, code = run(
            "replay", *(with_events(product_rules=given, as_of=["2026-03-14"]) for given in (rules, capped))
        )

        # 27 days on the 920.16 of principal that were due on 15 February.
        assert code == 0
        penalties = [answer["as_of"][0]["outstanding"]["penalty"] for answer in answers]
        assert penalties == ["24.84", "16.56"]


class TestProductRules:
    def test_early_repayment_is_charged_and_given_back_as_the_rules_say(self, run):
        rules = {"early_repayment": {"fee_share": "0.01", "rebate": "pro_rata", "upfront_fee": "365.00"}}
        plain, ruled = (with_events(product_rules=given) for given in ({}, rules))

        answers, code = run("replay", plain, ruled)

        # Two installments' interest and 3 of 31 days of the third are owed. 1% is of the 10,145.88 that is not yet due;
        # 303 of the 365 days are left.
        without, given = (answer["as_of"][0]["payoff"] for answer in answers)
        assert code == 0
        assert (without, given) == ("12360.93", "12159.39")

    def test_money_beyond_what_is_due_shortens_the_term(self, run):
        paid = {"on": "2026-02-15", "type": "payment", "id": "p1", "amount": "6100.16"}

        (answer,), code = run("replay", with_events(paid, product_rules={"surplus": "reduce_term"}))

        assert code == 0
        assert answer["payments"][0]["allocation"]["principal"] == "5920.16"
        assert answer["as_of"][0]["next_due"] == {"on": "2026-04-15", "amount": "1100.16"}

    def test_days_are_counted_as_the_rules_say(self, run):
        counted = {"counts_due_day": True, "grace_days": 3, "days": "months_of_30"}
        material = {"materiality": {"absolute": "500.00", "relative": "0.01"}}

        answers, code = run(
            "replay",
            with_events(product_rules={"days_past_due": counted}, as_of=["2026-03-18"]),
            with_events(product_rules={"days_past_due": material}, as_of=["2026-02-15", "2026-02-16", "2026-03-18"]),
        )

        assert code == 0
        assert answers[0]["as_of"][0]["dpd"] == 31
        assert [state["material_days"] for state in answers[1]["as_of"]] == [0, 1, 31]

    @pytest.mark.parametrize(
        ("rules", "code", "field"),
        [
            ({"early_repayment": {"fee_share": "1.5"}}, "invalid_input", "product_rules.early_repayment.fee_share"),
            (
                {"early_repayment": {"fee_floor": "5.00", "fee_cap": "4.00"}},
                "invalid_input",
                "product_rules.early_repayment.fee_cap",
            ),
            ({"early_repayment": {"rebate": "some"}}, "invalid_input", "product_rules.early_repayment.rebate"),
            ({"days_past_due": {"days": "business"}}, "invalid_input", "product_rules.days_past_due.days"),
            (
                {"days_past_due": {"materiality": {"absolute": "1.00"}}},
                "missing_field",
                "product_rules.days_past_due.materiality.relative",
            ),
            ({"surplus": "burn"}, "invalid_input", "product_rules.surplus"),
        ],
    )
    def test_refuses_rules_that_nobody_knows(self, run, rules, code, field):
        (answer,), exit_code = run("replay", with_events(product_rules=rules))

        assert (exit_code, answer["error"]["code"], answer["error"]["field"]) == (1, code, field)


class TestReplay:
    def test_a_reversal_counts_from_its_own_day(self, run):
        (answer,), code = run("replay", LOAN)

        assert code == 0
        assert answer["as_of"][0] == {
            "as_of": "2026-03-17",
            "status": "ACTIVE",
            "outstanding": NOTHING | {"principal": "10145.88"},
            "overdue": NOTHING,
            "credit": "0.00",
            "dpd": 0,
            "effective_dpd": 0,
            "bucket": "CURRENT",
            "classification": "NORMAL",
            "next_due": {"on": "2026-04-15", "amount": "1100.16"},
            "payoff": "10155.70",
        }
        # Penalty is 933.96 × 24% / 360 for 3 days; a payment made that day is charged 2 of them.
        assert answer["as_of"][1] == {
            "as_of": "2026-03-18",
            "status": "ACTIVE",
            "outstanding": {"principal": "11079.84", "interest": "166.20", "fee": "0.00", "penalty": "1.86"},
            "overdue": {"principal": "933.96", "interest": "166.20", "fee": "0.00", "penalty": "1.86"},
            "credit": "0.00",
            "dpd": 3,
            "effective_dpd": 3,
            "bucket": "M1",
            "classification": "SPECIAL_MENTION",
            "next_due": {"on": "2026-04-15", "amount": "1100.16"},
            "payoff": "11262.01",
        }

    def test_shows_what_each_payment_paid(self, run):
        (answer,), _code = run("replay", LOAN)

        assert answer["payments"] == [
            {
                "id": "p1",
                "type": "payment",
                "on": "2026-02-15",
                "amount": "1100.16",
                "allocation": {
                    "fee": "0.00",
                    "penalty": "0.00",
                    "interest": "180.00",
                    "principal": "920.16",
                    "unapplied": "0.00",
                },
                "lines": [
                    {"installment": 1, "component": "interest", "amount": "180.00"},
                    {"installment": 1, "component": "principal", "amount": "920.16"},
                ],
                "reversed_on": None,
            },
            {
                "id": "p2",
                "type": "payment",
                "on": "2026-03-15",
                "amount": "1100.16",
                "allocation": {
                    "fee": "0.00",
                    "penalty": "0.00",
                    "interest": "166.20",
                    "principal": "933.96",
                    "unapplied": "0.00",
                },
                "lines": [
                    {"installment": 2, "component": "interest", "amount": "166.20"},
                    {"installment": 2, "component": "principal", "amount": "933.96"},
                ],
                "reversed_on": "2026-03-18",
            },
        ]

    def test_a_reversal_may_name_the_event_by_its_own_id(self, run):
        same = LOAN | {"events": [*LOAN["events"][:3], {"on": "2026-03-18", "type": "reversal", "id": "p2"}]}

        (one, other), code = run("replay", LOAN, same)

        assert (code, one) == (0, other)

    def test_dates_come_back_in_the_order_asked_for(self, run):
        (answer,), _code = run("replay", LOAN | {"as_of": ["2026-03-18", "2026-01-01", "2026-03-18"]})

        assert [(state["as_of"], state["status"]) for state in answer["as_of"]] == [
            ("2026-03-18", "ACTIVE"),
            ("2026-01-01", "NOT_PAID_OUT"),
            ("2026-03-18", "ACTIVE"),
        ]

    def test_days_in_arrears_lead_to_bucket_and_class_by_the_pack(self, run):
        late = with_events(as_of=["2026-05-17", "2026-11-13"])

        (cn, us), code = run("replay", late, late | {"pack": "us", "product": "SME"})

        assert code == 0
        assert [(s["dpd"], s["bucket"], s["classification"]) for s in cn["as_of"]] == [
            (91, "M4", "SUBSTANDARD"),
            (271, "M7", "DOUBTFUL"),
        ]
        assert [(s["bucket"], s["classification"]) for s in us["as_of"]] == [("D90", "SUBSTANDARD"), ("D120", "LOSS")]

    def test_every_kind_of_event(self, run):
        life = with_events(
            {"on": "2026-02-15", "type": "payment", "id": "a", "amount": "1100.16"},
            {"on": "2026-02-15", "type": "prepay", "id": "b", "amount": "5000.00"},
            {"on": "2026-02-20", "type": "fee", "id": "c", "amount": "10.00"},
            {"on": "2026-02-21", "type": "waiver", "component": "fee", "amount": "10.00"},
            {"on": "2026-03-20", "type": "pause"},
            {"on": "2026-03-25", "type": "resume"},
            {"on": "2026-04-01", "type": "restructure", "terms": {"count": 24, "annual_rate": "0.12"}},
            {"on": "2026-09-01", "type": "write_off"},
            {"on": "2026-10-01", "type": "recovery", "id": "d", "amount": "100.00"},
            as_of=["2026-02-28", "2026-03-26", "2026-04-02", "2026-10-01"],
        )

        (answer,), code = run("replay", life)

        assert code == 0
        states = answer["as_of"]
        assert states[0]["next_due"] == {"on": "2026-03-15", "amount": "603.69"}
        assert (states[1]["dpd"], states[1]["effective_dpd"]) == (11, 6)
        assert (states[2]["dpd"], states[2]["next_due"]["on"]) == (0, "2026-05-01")
        assert (states[3]["status"], states[3]["outstanding"]["interest"] != "0.00") == ("CHARGED_OFF", True)
        assert [payment["id"] for payment in answer["payments"]] == ["a", "b", "d"]

    @pytest.mark.parametrize(
        ("document", "code", "field"),
        [
            (LOAN | {"terms": None}, "invalid_input", "terms"),
            (LOAN | {"terms": LOAN["terms"] | {"count": 0}}, "invalid_input", "terms.count"),
            (LOAN | {"terms": LOAN["terms"] | {"annual_rate": "11"}}, "invalid_terms", "terms.annual_rate"),
            (LOAN | {"product_rules": {"allocation": ["fee"]}}, "invalid_input", "product_rules.allocation"),
            (LOAN | {"product_rules": {"allocation": ["fees"]}}, "invalid_input", "product_rules.allocation[0]"),
            (LOAN | {"product_rules": {"grace_days": -1}}, "invalid_input", "product_rules.grace_days"),
            (
                LOAN | {"product_rules": {"penalty": {"annual_rate": "0.1234567"}}},
                "invalid_rate",
                "product_rules.penalty.annual_rate",
            ),
            (
                LOAN | {"product_rules": {"penalty": {"year_days": 364}}},
                "invalid_input",
                "product_rules.penalty.year_days",
            ),
            (
                LOAN | {"product_rules": {"penalty": {"multiplier": "1.5"}}},
                "missing_field",
                "product_rules.penalty.cap",
            ),
            (LOAN | {"as_of": "2026-03-18"}, "invalid_input", "as_of"),
            (LOAN | {"as_of": ["2026-03-32"]}, "invalid_date", "as_of[0]"),
            (LOAN | {"pack": "xx"}, "unknown_pack", "pack"),
            (LOAN | {"product": "MORTGAGE"}, "unknown_product", "product"),
            (LOAN | {"rules": {}}, "unknown_field", "rules"),
            (with_events({"on": "2026-02-15", "type": "teleport"}), "event_type_unsupported", "events[1].type"),
            (with_events({"on": "2026-02-15", "type": "take_over"}), "missing_field", "events[1].rows"),
            (
                with_events({"on": "2026-02-15", "type": "take_over", "rows": [], "principal": "1.00"}),
                "invalid_input",
                "events[1].rows",
            ),
            (
                with_events(
                    {
                        "on": "2026-02-15",
                        "type": "take_over",
                        "principal": "1.00",
                        "rows": [{"number": 1, "due_on": "2026-03-15", "principal": "1.00", "paid_principal": "1.01"}],
                    }
                ),
                "invalid_input",
                "events[1].rows[0]",
            ),
            (with_events({"on": "2026-02-15"}), "missing_field", "events[1].type"),
            (with_events({"type": "payment", "amount": "1"}), "missing_field", "events[1].on"),
            (with_events({"on": "2026-02-15", "type": "payment"}), "missing_field", "events[1].amount"),
            (
                with_events({"on": "2026-02-15", "type": "payment", "amount": 5}),
                "invalid_amount",
                "events[1].amount",
            ),
            (
                with_events({"on": "2026-02-15", "type": "payment", "amount": "0"}),
                "invalid_amount",
                "events[1].amount",
            ),
            (with_events({"on": "2026-02-15", "type": "pause", "amount": "1"}), "unknown_field", "events[1].amount"),
            (
                with_events({"on": "2026-02-15", "posted_on": "2026-02-14", "type": "pause"}),
                "invalid_date",
                "events[1].posted_on",
            ),
            (
                with_events({"on": "2026-01-14", "type": "payment", "amount": "1"}),
                "date_outside_contract",
                "events[1].on",
            ),
            (with_events({"on": "2026-02-15", "type": "reversal"}), "missing_field", "events[1].reverses"),
            (
                with_events({"on": "2026-02-15", "type": "reversal", "reverses": "nobody"}),
                "unknown_event",
                "events[1].reverses",
            ),
            (
                with_events(
                    {"on": "2026-02-15", "type": "settle", "amount": "12180.00"},
                    {"on": "2026-02-16", "type": "payment", "amount": "1.00"},
                ),
                "loan_not_payable",
                "events[2]",
            ),
            (
                with_events({"on": "2026-02-15", "type": "settle", "amount": "12179.99"}),
                "settlement_too_small",
                "events[1].amount",
            ),
            (
                with_events({"on": "2026-02-15", "type": "restructure", "terms": {"count": 6, "fees": []}}),
                "unknown_field",
                "events[1].terms.fees",
            ),
        ],
    )
    def test_refuses_with_code_and_field(self, run, document, code, field):
        (answer,), exit_code = run("replay", document)

        assert exit_code == 1
        assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)


class TestFromAShell:
    def test_needs_no_database(self, tmp_path):
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "replay"],
            input=json.dumps(LOAN, indent=2),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/none", "DASHU_HOME": str(tmp_path)},
        )

        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["as_of"][1]["dpd"] == 3
