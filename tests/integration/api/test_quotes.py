import io
import json

import pytest
from django.core.management import call_command

from loans.api import examples
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = pytest.mark.django_db

TERMS = examples.TERMS
SHORT = {
    "principal": "12000.00",
    "annual_rate": "0.18",
    "method": "equal_installment",
    "count": 12,
    "disbursed_on": "2026-01-15",
}


class TestQuote:
    def test_is_the_documented_example(self, program):
        answer = program.post("quotes", TERMS)

        assert (answer.status_code, answer.json()) == (200, examples.QUOTE)

    def test_is_the_same_as_of_the_command(self, program, monkeypatch, capsys):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(SHORT).encode())))
        call_command("quote")
        written = capsys.readouterr().out

        assert program.post("quotes", SHORT).json() == json.loads(written)

    def test_explains_in_the_readers_language(self, program):
        answer = program.post("quotes", {**SHORT, "explain": True}, **{"Accept-Language": "zh-Hans"})

        line = answer.json()["installments"][0]["explanation"][0]
        assert (line["formula"], line["rounded"]) == ("余额 × 年利率 × 年数", "180.00")

    def test_is_written_in_its_own_currency(self, program):
        totals = program.post("quotes", {**SHORT, "currency": "TWD", "principal": "12000"}).json()["totals"]

        assert (totals["principal"], "." in totals["interest"]) == ("12000", False)

    def test_holds_the_rates_against_the_cap_of_a_pack(self, program):
        cap = program.post("quotes", {**SHORT, "pack": "cn"}).json()["cap"]

        assert (cap["annual_rate"], cap["is_within"], cap["margin"]) == ("0.195623", True, "0.044377")
        assert cap["highest_annual_rate"] == "0.217052"

    def test_refuses_a_contract_rate_above_the_bound_of_the_pack(self, program):
        answer = program.post("quotes", {**SHORT, "pack": "cn", "annual_rate": "0.25"})

        assert_problem(answer, 422, "rate_above_bound", "annual_rate")
        assert answer.json()["details"] == {"rule": "rate.highest_contract", "bound": "0.24"}

    def test_needs_its_scope(self, dana):
        assert_problem(program_of(dana, scope="loans:read").post("quotes", SHORT), 403, "insufficient_scope", None)

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"principal": "0"}, "invalid_amount", "principal"),
            ({"principal": "-5"}, "invalid_amount", "principal"),
            ({"principal": "1.001"}, "invalid_amount", "principal"),
            ({"principal": 12000}, "invalid_amount", "principal"),
            ({"principal": "9" * 14}, "invalid_amount", "principal"),
            ({"currency": "XXX"}, "currency_mismatch", "currency"),
            ({"annual_rate": 0.18}, "invalid_rate", "annual_rate"),
            ({"annual_rate": "-0.1"}, "invalid_rate", "annual_rate"),
            ({"annual_rate": "18%"}, "invalid_rate", "annual_rate"),
            ({"method": "balloon"}, "invalid_input", "method"),
            ({"count": 0}, "invalid_input", "count"),
            ({"count": 601}, "invalid_input", "count"),
            ({"count": "12"}, "invalid_input", "count"),
            ({"count": True}, "invalid_input", "count"),
            ({"disbursed_on": "2026-02-30"}, "invalid_date", "disbursed_on"),
            ({"first_due_on": "2026-01-01"}, "invalid_terms", "first_due_on"),
            ({"fees": [{"code": "a", "amount": "1.00", "timing": "never"}]}, "invalid_input", "fees[0].timing"),
            ({"fees": [{}] * 51}, "invalid_input", "fees"),
            ({"calendar": "mars"}, "unknown_calendar", "calendar"),
            ({"speed": "fast"}, "unknown_field", "speed"),
        ],
    )
    def test_refuses_at_the_field(self, program, change, code, field):
        assert_problem(program.post("quotes", {**SHORT, **change}), 422, code, field)

    @pytest.mark.parametrize("missing", SHORT)
    def test_refuses_terms_without_a_part(self, program, missing):
        body = {name: value for name, value in SHORT.items() if name != missing}

        assert_problem(program.post("quotes", body), 422, "missing_field", missing)

    @pytest.mark.parametrize("body", ["[]", "null", '"text"', "12"])
    def test_refuses_what_is_no_object(self, program, body):
        assert_problem(program.post("quotes", body), 422, "invalid_input", None)

    def test_refuses_malformed_json(self, program):
        assert_problem(program.post("quotes", "{"), 400, "malformed_json", None)
