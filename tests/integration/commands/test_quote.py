import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[3]
PBC = {
    "principal": "100000.00",
    "annual_rate": "0.06",
    "method": "flat",
    "count": 12,
    "disbursed_on": "2026-01-10",
    "fees": [{"code": "entry", "amount": "1000.00", "timing": "upfront"}],
}


def without(document: dict, name: str) -> dict:
    return {key: value for key, value in document.items() if key != name}


class TestQuote:
    def test_answers_the_official_example(self, run):
        (answer,), code = run("quote", PBC)

        assert code == 0
        assert answer["installments"][0] == {
            "number": 1,
            "period_from": "2026-01-10",
            "due_on": "2026-02-10",
            "days": 30,
            "principal": "8333.33",
            "interest": "500.00",
            "fee": "0.00",
            "total": "8833.33",
            "balance": "91666.67",
        }
        assert len(answer["installments"]) == 12
        assert answer["installments"][11]["balance"] == "0.00"
        assert answer["totals"] == {
            "principal": "100000.00",
            "interest": "6000.00",
            "fee": "0.00",
            "total": "106000.00",
            "upfront_fee": "1000.00",
            "financed_fee": "0.00",
            "capitalized_interest": "0.00",
            "received": "99000.00",
            "cost": "7000.00",
        }
        assert answer["remainders"] == [{"number": 12, "amount": "0.04"}]
        assert answer["fees"] == [
            {"code": "entry", "timing": "upfront", "amount": "1000.00", "tax": "0.00", "rate_points": "0.021260"}
        ]
        assert answer["annual_rates"] == {"irr_nominal": "0.128045", "irr_effective": "0.135834"}

    def test_takes_every_term_at_its_neutral_value(self, run):
        full = PBC | {
            "currency": "CNY",
            "period": "month",
            "every": 1,
            "day_count": "30/360",
            "first_due_on": None,
            "due_day": None,
            "grace_principal": 0,
            "grace_interest": 0,
            "interest_free": 0,
            "balloon": "0",
            "rounding": "half_up",
            "calendar": None,
            "business_day": "none",
        }

        (given, plain), code = run("quote", full, PBC)

        assert (code, given) == (0, plain)

    def test_another_currency_has_its_own_decimals(self, run):
        document = without(PBC, "fees") | {"currency": "TWD", "principal": "120000", "annual_rate": "0"}

        (answer,), code = run("quote", document)

        assert (code, answer["installments"][0]["total"]) == (0, "10000")

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"principal": 100000}, "invalid_amount", "principal"),
            ({"principal": 100000.5}, "invalid_amount", "principal"),
            ({"principal": "0"}, "invalid_amount", "principal"),
            ({"principal": "-5"}, "invalid_amount", "principal"),
            ({"principal": "1.005"}, "invalid_amount", "principal"),
            ({"principal": "100000000000.01"}, "invalid_amount", "principal"),
            ({"principal": True}, "invalid_amount", "principal"),
            ({"principal": None}, "missing_field", "principal"),
            ({"annual_rate": 0.06}, "invalid_rate", "annual_rate"),
            ({"annual_rate": "6%"}, "invalid_rate", "annual_rate"),
            ({"annual_rate": "-0.01"}, "invalid_rate", "annual_rate"),
            ({"annual_rate": "NaN"}, "invalid_rate", "annual_rate"),
            ({"annual_rate": "0.0000000000001"}, "invalid_rate", "annual_rate"),
            ({"annual_rate": "10.01"}, "invalid_terms", "annual_rate"),
            ({"method": "annuity"}, "invalid_input", "method"),
            ({"method": ["flat"]}, "invalid_input", "method"),
            ({"count": 0}, "invalid_input", "count"),
            ({"count": 601}, "invalid_input", "count"),
            ({"count": "12"}, "invalid_input", "count"),
            ({"count": 12.0}, "invalid_input", "count"),
            ({"count": True}, "invalid_input", "count"),
            ({"count": 600, "every": 366}, "invalid_terms", "count"),
            ({"every": 0}, "invalid_input", "every"),
            ({"period": "decade"}, "invalid_input", "period"),
            ({"disbursed_on": "2026-02-30"}, "invalid_date", "disbursed_on"),
            ({"disbursed_on": 20260110}, "invalid_date", "disbursed_on"),
            ({"first_due_on": "2026-01-10"}, "invalid_terms", "first_due_on"),
            ({"first_due_on": "2026-02-15", "due_day": 20}, "invalid_terms", "due_day"),
            ({"due_day": 32}, "invalid_input", "due_day"),
            ({"balloon": "100000.01"}, "invalid_terms", "balloon"),
            ({"currency": "XXX"}, "currency_mismatch", "currency"),
            ({"currency": 7}, "invalid_input", "currency"),
            ({"fees": {}}, "invalid_input", "fees"),
            ({"fees": ["entry"]}, "invalid_input", "fees[0]"),
            ({"fees": [{"code": "x", "amount": 5, "timing": "each"}]}, "invalid_amount", "fees[0].amount"),
            ({"fees": [{"code": "x", "amount": "5", "timing": "late"}]}, "invalid_input", "fees[0].timing"),
            ({"fees": [{"code": "x", "amount": "5", "timing": "each", "y": 1}]}, "unknown_field", "fees[0].y"),
            ({"fees": [{"code": "x", "amount": "100000", "timing": "upfront"}]}, "invalid_terms", "fees"),
            ({"fees": [{"code": "x", "amount": "99999.99", "timing": "upfront"}]}, "no_annual_rate", None),
            ({"anual_rate": "0.06"}, "unknown_field", "anual_rate"),
            ({"grace_principal": 12}, "invalid_terms", "grace_principal"),
            ({"grace_interest": "1"}, "invalid_input", "grace_interest"),
            ({"interest_free": True}, "invalid_input", "interest_free"),
            ({"calendar": "mars"}, "unknown_calendar", "calendar"),
            ({"business_day": "following"}, "invalid_terms", "calendar"),
            ({"period": "day", "business_day": "following", "calendar": "cn"}, "invalid_terms", "business_day"),
            ({"method": "step"}, "invalid_terms", "step"),
            ({"step": {"every": 12, "up": "0.05"}}, "invalid_terms", "step"),
            ({"method": "seasonal"}, "invalid_terms", "interest_only_months"),
            ({"method": "seasonal", "interest_only_months": [13]}, "invalid_input", "interest_only_months[0]"),
            ({"method": "seasonal", "interest_only_months": list(range(1, 13))}, "invalid_terms", "count"),
            ({"method": "card_plan"}, "invalid_terms", "card_plan"),
            ({"method": "card_plan", "card_plan": {"fixed": "400.00"}}, "negative_amortization", "card_plan"),
            ({"method": "custom", "rows": [{"due_on": "2026-02-10"}]}, "invalid_terms", "count"),
            ({"method": "custom", "count": 1, "rows": [{"due_on": "2026-01-10"}]}, "invalid_terms", "rows"),
            (
                {"method": "custom", "count": 2, "rows": [{"due_on": "2026-02-10"}, {"due_on": "2026-03-10"}]},
                "invalid_terms",
                "rows[0]",
            ),
            (
                {
                    "method": "custom",
                    "count": 2,
                    "rows": [{"due_on": "2026-02-10", "total": "1.00"}, {"due_on": "2026-03-10"}],
                },
                "negative_amortization",
                "rows[0].total",
            ),
            ({"holidays": [{"first": 12, "count": 1}]}, "invalid_terms", "holidays[0]"),
            ({"tranches": [{"on": "2026-02-01", "amount": "1.00"}]}, "invalid_terms", "tranches"),
            ({"rate_changes": [{"on": "2026-01-10", "annual_rate": "0.05"}]}, "invalid_terms", "rate_changes"),
            ({"rounding_unit": "0"}, "invalid_amount", "rounding_unit"),
            ({"end_of_month": True, "due_day": 5}, "invalid_due_rule", "end_of_month"),
            ({"fees": [{"code": "x", "timing": "each", "share": "1.5"}]}, "invalid_input", "fees[0].share"),
            ({"fees": [{"code": "x", "timing": "each", "amount": "1", "cap": "2"}]}, "invalid_input", "fees[0].share"),
            ({"fees": [{"code": "x", "timing": "each", "amount": "9000"}]}, "invalid_terms", "fees"),
        ],
    )
    def test_refuses_with_code_and_field(self, run, changes, code, field):
        (answer,), exit_code = run("quote", PBC | changes)

        assert exit_code == 1
        assert set(answer) == {"error"}
        assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)
        assert len(answer["error"]["message"]) > 10


class TestExplain:
    def test_every_row_says_how_its_numbers_came_about(self, run):
        (plain, explained), code = run("quote", PBC, PBC | {"explain": True})

        first = explained["installments"][0].pop("explanation")
        assert code == 0
        assert [line["of"] for line in first] == ["interest", "installment", "principal"]
        assert first[0] == {
            "of": "interest",
            "formula": "principal × yearly rate × years of the whole loan, in level parts",
            "inputs": {
                "principal": "100000.00", "annual_rate": "0.06", "year_fraction": "1", "rounding": "half_up",
            },
            "unrounded": None,
            "rounded": "500.00",
        }  # fmt: skip
        assert first[1]["unrounded"] == "8833.3333333333"
        for installment in explained["installments"][1:]:
            installment.pop("explanation")
        assert explained == plain

    def test_the_option_of_the_command_explains_all_documents(self, monkeypatch, capsys):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(PBC).encode())))

        call_command("quote", "--explain")

        answer = json.loads(capsys.readouterr().out)
        assert all(installment["explanation"] for installment in answer["installments"])


class TestFloating:
    LOAN = without(without(PBC, "fees"), "annual_rate") | {"method": "equal_installment", "disbursed_on": "2024-09-15"}

    def test_a_rate_by_the_table_is_the_same_as_its_changes_written_out(self, run):
        floating = self.LOAN | {"floating": {"table": "LPR_5Y", "margin_bps": -20, "reprice": "each_january"}}
        written = self.LOAN | {
            "annual_rate": "0.0365",
            "rate_changes": [{"on": "2025-01-01", "annual_rate": "0.0340"}],
        }

        (by_table, by_hand), code = run("quote", floating, written)

        assert (code, by_table) == (0, by_hand)

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"floating": {"table": "SHIBOR", "reprice": "fixed"}}, "unknown_rate_table", "floating.table"),
            ({"floating": {"table": "LPR_1Y"}}, "missing_field", "floating.reprice"),
            ({"floating": {"table": "LPR_1Y", "reprice": "weekly"}}, "invalid_input", "floating.reprice"),
            (
                {"floating": {"table": "LPR_1Y", "reprice": "fixed", "margin_bps": "5"}},
                "invalid_input",
                "floating.margin_bps",
            ),
            (
                {"floating": {"table": "LPR_1Y", "reprice": "fixed"}, "annual_rate": "0.05"},
                "invalid_input",
                "annual_rate",
            ),
            (
                {"floating": {"table": "LPR_1Y", "reprice": "fixed"}, "disbursed_on": "2019-01-01"},
                "rate_unknown",
                "disbursed_on",
            ),
            (
                {
                    "floating": {"table": "LPR_1Y", "reprice": "fixed"},
                    "rate_changes": [{"on": "2025-01-01", "annual_rate": "0.03"}],
                },
                "invalid_input",
                "rate_changes",
            ),
            (
                {"floating": {"table": "LPR_1Y", "reprice": "each_period"}, "count": 600, "every": 366},
                "invalid_terms",
                "count",
            ),
        ],
    )
    def test_refuses_with_code_and_field(self, run, changes, code, field):
        (answer,), exit_code = run("quote", self.LOAN | changes)

        assert (exit_code, answer["error"]["code"], answer["error"]["field"]) == (1, code, field)


class TestInput:
    def test_a_refused_document_has_its_error_in_its_place(self, run):
        answers, code = run("quote", PBC, without(PBC, "count"), PBC)

        assert code == 1
        assert answers[1]["error"]["field"] == "count"
        assert answers[0] == answers[2]
        assert "installments" in answers[0]

    @pytest.mark.parametrize("indent", [1, 4, "\t"])
    def test_one_pretty_printed_document_is_one_document(self, run, indent):
        answers, code = run("quote", json.dumps(PBC, indent=indent).encode())

        assert (len(answers), code) == (1, 0)

    def test_a_broken_pretty_printed_document_is_one_error(self, run):
        broken = json.dumps(PBC, indent=2).replace('"flat",', '"flat"').encode()

        answers, code = run("quote", broken)

        assert (len(answers), code) == (1, 1)
        assert answers[0]["error"]["code"] == "invalid_json"
        assert "line 5" in answers[0]["error"]["message"]

    def test_blank_lines_a_byte_order_mark_and_windows_ends_do_not_count(self, run):
        line = json.dumps(PBC).encode()

        answers, code = run("quote", b"\xef\xbb\xbf" + line + b"\r\n\r\n  \r\n" + line + b"\r\n")

        assert (len(answers), code) == (2, 0)

    @pytest.mark.parametrize(
        ("raw", "error"),
        [
            (b"", "empty_input"),
            (b" \n\n", "empty_input"),
            (b"{", "invalid_json"),
            (b"hello", "invalid_json"),
            (b'{"principal": NaN}', "invalid_json"),
            (b'{"principal": 1' + b"0" * 5000 + b"}", "invalid_json"),
            (b'{"count": 1, "count": 2}', "invalid_json"),
            (b"[" * 100_000, "invalid_json"),
            (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "invalid_json"),
            (b'{"principal": "\xff"}', "invalid_encoding"),
            ('{"principal": "一万元"}'.encode("gb18030"), "invalid_encoding"),
            (b"null", "invalid_input"),
            (b"[]", "invalid_input"),
            (b'"text"', "invalid_input"),
            (b"12", "invalid_input"),
        ],
    )
    def test_what_is_no_document_is_one_clean_error(self, run, raw, error):
        answers, code = run("quote", raw)

        assert ([answer["error"]["code"] for answer in answers], code) == ([error], 1)

    def test_a_lone_surrogate_is_shown_and_breaks_nothing(self, run):
        (answer,), code = run("quote", b'{"\\ud800": 1, ' + json.dumps(PBC).encode()[1:])

        assert (answer["error"]["code"], answer["error"]["field"], code) == ("unknown_field", "\ud800", 1)

    def test_more_than_the_bound_is_refused_at_once(self, run, monkeypatch):
        monkeypatch.setattr("dashu.api.json_commands.MAX_BYTES", 1000)

        answers, code = run("quote", b" " * 1001)

        assert ([answer["error"]["code"] for answer in answers], code) == (["input_too_large"], 1)


class TestFromAShell:
    def test_needs_no_database_and_ends_with_1_after_a_refusal(self, tmp_path):
        lines = json.dumps(PBC) + "\n" + json.dumps(PBC | {"count": 0}) + "\n"

        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "quote"],
            input=lines,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/none", "DASHU_HOME": str(tmp_path)},
        )

        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 1
        assert [set(answer) for answer in answers] == [
            {"installments", "totals", "remainders", "fees", "annual_rates"},
            {"error"},
        ]
        assert done.stderr.strip() == "CommandError: 1 of 2 documents refused."


class TestCap:
    def test_holds_the_stricter_rate_against_the_cap_of_the_pack(self, run):
        (answer,), code = run("quote", PBC | {"pack": "cn"})

        assert code == 0
        assert answer["annual_rates"] == {"irr_nominal": "0.128045", "irr_effective": "0.135834"}
        assert answer["cap"] == {
            "pack": "cn",
            "cap": "0.24",
            "source": "Microlenders may not lend above 24% a year, all costs counted as internal rate of return "
            "(press 2025-12)",
            "annual_rate": "0.135834",
            "is_within": True,
            "margin": "0.104166",
            "highest_annual_rate": "0.110216",
            "highest_upfront_fee": "5477.86",
        }

    def test_says_what_to_change_above_the_cap(self, run):
        loan = PBC | {"annual_rate": "0.12", "pack": "cn"}

        (above,), code = run("quote", loan)
        cap = above["cap"]
        cheaper = loan | {"annual_rate": cap["highest_annual_rate"]}
        with_less = loan | {"fees": [{"code": "entry", "amount": cap["highest_upfront_fee"], "timing": "upfront"}]}
        (at_rate, with_fee), _code = run("quote", cheaper, with_less)

        assert (code, cap["is_within"], cap["margin"]) == (0, False, "-0.020971")
        assert at_rate["cap"]["is_within"] is True
        assert with_fee["cap"]["is_within"] is True

    def test_knows_the_cap_of_the_day_of_the_payout(self, run):
        (answer,), _code = run("quote", PBC | {"pack": "cn", "disbursed_on": "2027-12-31"})

        assert (answer["cap"]["cap"], answer["cap"]["is_within"]) == ("0.12", False)

    def test_holds_private_lending_against_four_times_the_lpr_of_the_day(self, run):
        loan = PBC | {"pack": "cn_private", "fees": []}
        above, below = loan | {"annual_rate": "0.1241"}, loan | {"method": "equal_installment", "annual_rate": "0.11"}

        (refused, answer), code = run("quote", above, below)

        assert (code, refused["error"]["code"]) == (1, "rate_above_bound")
        assert (answer["cap"]["cap"], answer["cap"]["is_within"]) == ("0.12", True)
        assert "LPR" in answer["cap"]["source"]

    def test_without_a_pack_says_nothing_of_caps(self, run):
        (answer,), _code = run("quote", PBC | {"annual_rate": "5", "pack": None})

        assert "cap" not in answer

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"annual_rate": "0.240001"}, "rate_above_bound", "annual_rate"),
            (
                {"rate_changes": [{"on": "2026-05-10", "annual_rate": "0.25"}]},
                "rate_above_bound",
                "rate_changes[0].annual_rate",
            ),
            ({"pack": "mars"}, "unknown_pack", "pack"),
            ({"pack": 5}, "invalid_input", "pack"),
            ({"pack": "us", "annual_rate": "0.37"}, "rate_above_bound", "annual_rate"),
        ],
    )
    def test_refuses_a_contract_rate_above_the_bound_of_the_pack(self, run, change, code, field):
        (answer,), exit_code = run("quote", PBC | {"pack": "cn"} | change)

        assert exit_code == 1
        assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)
