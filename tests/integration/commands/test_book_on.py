"""The book on a past day from a shell; its examples are in test_documentation."""

import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from dashu.kernel.dates import lender_today
from tests import factories

pytestmark = pytest.mark.django_db

YESTERDAY = lender_today() - timedelta(days=1)


def run(*arguments: str) -> tuple[list[dict[str, Any]], int]:
    out, code = io.StringIO(), 0
    try:
        call_command("book_on", *arguments, stdout=out)
    except SystemExit as end:
        code = end.code
    return [json.loads(line) for line in out.getvalue().splitlines()], code


class TestBookOn:
    def test_prints_a_line_for_each_loan_of_the_day(self, loan, brook):
        sme = factories.running_loan(brook, product="sme", principal=20_000_00)
        factories.running_loan(brook, starts_on=date(2026, 5, 1))

        lines, code = run("--as-of", "2026-03-18", "--loans")

        assert ([line["loan"] for line in lines], code) == ([loan.number, sme.number], 0)
        assert [line["loan"] for line in run("--as-of", "2026-03-18", "--loans", "--product", "sme")[0]] == [sme.number]

    def test_prints_totals_with_what_was_learned_since(self, loan):
        lines, code = run("--as-of", "2026-03-18", "--known-on", str(YESTERDAY))

        assert code == 0
        (totals,) = lines
        assert (totals["known_on"], totals["loans"], totals["principal"]) == (str(YESTERDAY), 0, "0.00")
        assert (totals["difference"]["loans"], totals["difference"]["principal"]) == (1, "12000.00")

    def test_tells_of_yesterday_and_prints_nothing_of_an_empty_book(self, loan):
        assert run()[0][0]["as_of"] == str(YESTERDAY)
        assert run("--as-of", "2020-01-01") == ([], 0)

    @pytest.mark.parametrize(
        ("arguments", "code", "field"),
        [
            (("--as-of", "2199-01-01"), "date_in_future", "as_of"),
            (("--known-on", "2199-01-01"), "date_in_future", "known_on"),
            (("--as-of", "18.3.2026"), "invalid_date", "as_of"),
            (("--status", "LATE"), "invalid_choice", "status"),
        ],
    )
    def test_refuses_with_a_code_and_the_field(self, rules, arguments, code, field):
        ((line,), status) = run(*arguments)

        assert (line["error"]["code"], line["error"]["field"], status) == (code, field, 1)
