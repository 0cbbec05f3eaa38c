import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOAN = {
    "pack": "cn",
    "product": "CONSUMER",
    "as_of": "2026-03-31",
    "schedule": [
        {"due": "2026-02-15", "amount": "100.00"},
        {"due": "2026-03-15", "amount": "100.00"},
        {"due": "2026-05-15", "amount": "100.00"},
    ],
    "payments": [{"on": "2026-02-15", "amount": "100.00"}],
    "flags": {},
}


def paid(*payments: tuple[str, str], **changes: object) -> dict:
    return LOAN | {"payments": [{"on": on, "amount": amount} for on, amount in payments]} | changes


class TestClassify:
    def test_answers_with_all_labels(self, run):
        (answer,), code = run("classify", LOAN)

        assert code == 0
        assert answer == {
            "dpd": 16,
            "overdue": "100.00",
            "oldest_due": "2026-03-15",
            "bucket": "M1",
            "five_tier": "SPECIAL_MENTION",
            "ifrs9_stage": 1,
            "credit_code": "1",
        }

    @pytest.mark.parametrize(
        ("as_of", "dpd", "tier", "stage", "code"),
        [
            ("2026-02-15", 0, "NORMAL", 1, "N"),
            ("2026-02-16", 1, "SPECIAL_MENTION", 1, "1"),
            ("2026-03-17", 30, "SPECIAL_MENTION", 1, "1"),
            ("2026-03-18", 31, "SPECIAL_MENTION", 2, "2"),
            ("2026-04-16", 60, "SPECIAL_MENTION", 2, "2"),
            ("2026-04-17", 61, "SPECIAL_MENTION", 2, "3"),
            ("2026-05-16", 90, "SPECIAL_MENTION", 2, "3"),
            ("2026-05-17", 91, "SUBSTANDARD", 3, "4"),
            ("2026-06-16", 121, "SUBSTANDARD", 3, "5"),
            ("2026-07-16", 151, "SUBSTANDARD", 3, "6"),
            ("2026-08-15", 181, "SUBSTANDARD", 3, "7"),
            ("2026-11-12", 270, "SUBSTANDARD", 3, "7"),
            ("2026-11-13", 271, "DOUBTFUL", 3, "7"),
            ("2027-02-10", 360, "DOUBTFUL", 3, "7"),
            ("2027-02-11", 361, "LOSS", 3, "7"),
        ],
    )
    def test_of_a_loan_that_was_never_paid(self, run, as_of, dpd, tier, stage, code):
        (answer,), _code = run("classify", paid(as_of=as_of))

        assert (answer["dpd"], answer["five_tier"], answer["ifrs9_stage"], answer["credit_code"]) == (
            dpd,
            tier,
            stage,
            code,
        )

    def test_cards_have_a_table_of_their_own(self, run):
        (answer,), _code = run("classify", paid(as_of="2026-06-16", product="card"))

        assert (answer["dpd"], answer["five_tier"]) == (121, "DOUBTFUL")

    @pytest.mark.parametrize(
        ("document", "code"),
        [
            (paid(("2026-02-15", "100"), ("2026-03-15", "100")), "N"),
            (paid(("2026-02-10", "200")), "N"),
            (paid(("2026-02-15", "100"), ("2026-03-16", "100")), "M"),
            (paid(("2026-03-01", "100"), ("2026-03-15", "100")), "N"),
            (paid(("2026-02-15", "200"), as_of="2026-04-30"), "*"),
            (paid(("2026-02-15", "300")), "C"),
            (paid(("2026-04-15", "300")), "2"),
            (paid(flags={"written_off": True}), "B"),
            (paid(flags={"paid_by_guarantor": True}), "D"),
            (paid(flags={"paid_in_kind": True}), "Z"),
            (paid(flags={"ended_otherwise": True}), "G"),
        ],
    )
    def test_credit_record_codes(self, run, document, code):
        (answer,), _code = run("classify", document)

        assert answer["credit_code"] == code

    @pytest.mark.parametrize(
        ("flags", "tier", "stage"),
        [
            ({"restructured": True}, "SPECIAL_MENTION", 2),
            ({"restructured_again": True}, "SUBSTANDARD", 2),
            ({"credit_impaired": True}, "NORMAL", 3),
            ({"restructured": False}, "NORMAL", 1),
        ],
    )
    def test_a_flag_holds_the_loan_at_a_worse_label(self, run, flags, tier, stage):
        (answer,), _code = run("classify", paid(("2026-02-15", "200"), flags=flags))

        assert (answer["five_tier"], answer["ifrs9_stage"]) == (tier, stage)

    def test_a_partial_payment_leaves_the_due_date_open(self, run):
        (answer,), _code = run("classify", paid(("2026-02-15", "99.99")))

        assert (answer["dpd"], answer["overdue"], answer["oldest_due"]) == (44, "100.01", "2026-02-15")

    def test_a_pack_without_stages_gives_none(self, run):
        (answer,), code = run("classify", LOAN | {"pack": "us"})

        assert code == 0
        assert (answer["bucket"], answer["ifrs9_stage"], answer["credit_code"]) == ("CURRENT", None, "0")

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"pack": "../cn"}, "unknown_pack", "pack"),
            ({"product": "MORTGAGE"}, "unknown_product", "product"),
            ({"product": None}, "missing_field", "product"),
            ({"as_of": "31.03.2026"}, "invalid_date", "as_of"),
            ({"schedule": []}, "invalid_input", "schedule"),
            ({"schedule": None}, "missing_field", "schedule"),
            ({"schedule": [{"due": "2026-02-15"}]}, "missing_field", "schedule[0].amount"),
            ({"schedule": [{"due": "2026-02-15", "amount": 1}]}, "invalid_amount", "schedule[0].amount"),
            ({"payments": [{"on": "2026-02-15", "amount": "-1"}]}, "invalid_amount", "payments[0].amount"),
            ({"payments": [{"on": "2026-02-15", "amount": "1", "by": "x"}]}, "unknown_field", "payments[0].by"),
            ({"flags": {"sleepy": True}}, "unknown_field", "flags.sleepy"),
            ({"flags": {"restructured": "yes"}}, "invalid_input", "flags.restructured"),
            ({"when": 1}, "unknown_field", "when"),
        ],
    )
    def test_refuses_with_code_and_field(self, run, changes, code, field):
        (answer,), exit_code = run("classify", LOAN | changes)

        assert exit_code == 1
        assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)


class TestFromAShell:
    def test_needs_no_database(self, tmp_path):
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "classify"],
            input=json.dumps(LOAN) + "\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/none", "DASHU_HOME": str(tmp_path)},
        )

        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["five_tier"] == "SPECIAL_MENTION"
