"""Reports on a partner's loans: the book by state, cash by day, how arrears moved, and vintages; as JSON and CSV."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collections_mgmt.services.close_day import close_date
from dashu.api.csv_files import CsvRenderer
from repayments.services.return_payment import return_payment
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = pytest.mark.django_db

LATER = date(2026, 6, 1)


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def close(*days: str) -> None:
    for day in days:
        on = date.fromisoformat(day)
        close_date(business_date=on, today=on + timedelta(days=1))


@pytest.fixture
def book(danas_loan, amina, brook, dana):
    """Two of Dana's loans, one of them paid in February; one of Eve's, which no report of Dana's counts."""
    paid = factories.running_loan(amina, brought_by=dana)
    factories.pay(paid, 1100_16, date(2026, 2, 15), today=LATER, reference="FEB")
    factories.running_loan(brook, brought_by=factories.partner("Eve"))
    return danas_loan, paid


class TestPortfolio:
    def test_sums_by_product_status_and_bucket(self, program, book):
        report = program.get("reports/portfolio?as_of=2026-03-18").json()

        assert report["as_of"] == "2026-03-18"
        late, recent = sorted(report["results"], key=lambda row: row["bucket"], reverse=True)
        assert (late["product"], late["status"], late["bucket"], late["loans"]) == ("consumer", "ACTIVE", "M2", 1)
        assert (late["principal"], late["overdue"]) == (yuan("12000.00"), yuan("2200.32"))
        assert (recent["bucket"], recent["loans"], recent["principal"]) == ("M1", 1, yuan("11079.84"))
        (totals,) = program.get("book/totals?as_of=2026-03-18").json()["totals"]
        assert totals["sums"]["principal"] == yuan("23079.84")

    def test_is_a_table_for_spreadsheets_where_asked_for(self, program, book):
        answer = program.get("reports/portfolio?as_of=2026-03-18", Accept="text/csv")

        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        head, *lines = answer.content.decode().split("\r\n")
        assert head == "currency,product,status,bucket,loans,principal,interest,fee,penalty,credit,overdue"
        assert sorted(line.split(",")[3:6] for line in lines if line) == [
            ["M1", "1", "11079.84"],
            ["M2", "1", "12000.00"],
        ]

    def test_of_no_loans_is_a_table_without_lines(self, dana):
        answer = program_of(dana).get("reports/portfolio", Accept="text/csv")

        assert answer.content.decode().split("\r\n")[1:] == [""]

    def test_refuses_in_json_also_where_a_table_was_asked_for(self, program):
        answer = program.get("reports/portfolio?as_of=2199-01-01", Accept="text/csv")

        assert_problem(answer, 422, "date_in_future", "as_of")


class TestCash:
    def test_sums_by_day_and_way_and_tells_what_went_back(self, program, book):
        loan, _paid = book
        factories.pay(loan, 300_00, date(2026, 2, 20), today=LATER, reference="BOUNCED")
        factories.pay(loan, 100_00, date(2026, 2, 20), today=LATER, reference="HELD")
        return_payment(
            reference="BOUNCED", returned_on=date(2026, 2, 22), today=LATER, reason="bounced", actor="system:test"
        )

        first, second = program.get("reports/cash?first=2026-02-01&last=2026-02-28").json()["results"]

        assert (first["day"], first["channel"], first["amount"]) == ("2026-02-15", "BANK_TRANSFER", yuan("1100.16"))
        assert (first["interest"], first["principal"], first["returned_payments"]) == (
            yuan("180.00"),
            yuan("920.16"),
            0,
        )
        assert (second["payments"], second["amount"]) == (1, yuan("100.00"))
        assert (second["returned_payments"], second["returned"]) == (1, yuan("300.00"))
        assert program.get("reports/cash?first=2026-03-01&last=2026-03-02").json()["results"] == []

    @pytest.mark.parametrize(
        ("query", "code", "field"),
        [
            ("first=2026-02-02&last=2026-02-01", "report_period_invalid", "last"),
            ("first=2024-02-01&last=2026-02-01", "report_period_invalid", "last"),
            ("first=2026-02-01&last=2199-01-01", "date_in_future", "last"),
            ("first=2026-02-30&last=2026-03-01", "invalid_date", "first"),
            ("first=2026-02-01", "missing_field", "last"),
            ("first=2026-02-01&last=2026-02-02&format=csv", "unknown_field", "format"),
        ],
    )
    def test_refuses_periods_that_cannot_be(self, program, query, code, field):
        assert_problem(program.get(f"reports/cash?{query}"), 422, code, field)


class TestArrears:
    def test_says_from_which_bucket_to_which_loans_went(self, program, book, amina, dana):
        factories.running_loan(amina, brought_by=dana, starts_on=date(2026, 3, 10))

        rows = program.get("reports/arrears?first=2026-02-20&last=2026-03-18").json()["results"]

        moves = {(row["bucket_before"], row["bucket"]): row for row in rows}
        assert set(moves) == {("CURRENT", "M1"), ("M1", "M2"), ("", "CURRENT")}
        worse = moves["M1", "M2"]
        assert (worse["loans"], worse["overdue_before"], worse["overdue"]) == (1, yuan("1100.16"), yuan("2200.32"))
        assert moves["", "CURRENT"]["principal_before"] == yuan("0.00")

    def test_of_a_time_before_the_first_loan_has_only_new_ones(self, program, book):
        [row] = program.get("reports/arrears?first=2025-12-31&last=2026-02-01").json()["results"]

        assert (row["bucket_before"], row["status_before"], row["bucket"], row["loans"]) == ("", "", "CURRENT", 2)


class TestVintages:
    def test_say_how_many_were_ever_late_by_each_month(self, program, book):
        _late, paid = book
        close("2026-03-18")
        factories.pay(paid, 12_000_00, date(2026, 3, 20), today=LATER)
        close("2026-05-20")

        rows = program.get("reports/vintages?first=2026-01-01&last=2026-01-31&as_of=2026-05-20").json()["results"]

        assert [(row["months_on_book"], row["loans"], row["late_30"], row["late_90"]) for row in rows] == [
            (0, 2, 0, 0),
            (1, 2, 0, 0),
            (2, 2, 1, 0),
            (3, 2, 1, 0),
            (4, 2, 1, 1),
        ]
        assert rows[-1]["late_90_principal"] == yuan("12000.00")
        assert rows[0]["month"] == "2026-01-01"
        short = program.get("reports/vintages?first=2026-01-01&last=2026-01-31&as_of=2026-05-20&months=1").json()
        assert len(short["results"]) == 2

    def test_refuse_too_many_months(self, program):
        answer = program.get("reports/vintages?first=2020-01-01&last=2026-01-31")

        assert_problem(answer, 422, "report_period_invalid", "last")


class TestEveryReport:
    ADDRESSES = (
        "portfolio?as_of=2026-03-18",
        "cash?first=2026-02-01&last=2026-03-18",
        "arrears?first=2026-02-01&last=2026-03-18",
        "vintages?first=2026-01-01&last=2026-03-18&as_of=2026-03-18",
    )

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_is_one_query_however_many_loans_there_are(self, program, book, amina, dana, address):
        def queries() -> list[str]:
            with CaptureQueriesContext(connection) as found:
                assert program.get(f"reports/{address}").json()["results"]
            return [query["sql"] for query in found if "oauth2" not in query["sql"]]

        queries()
        for_two = len(queries())
        for _number in range(3):
            factories.running_loan(amina, brought_by=dana)

        assert len(queries()) == for_two

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_has_nothing_of_another_partner(self, book, address):
        assert program_of(factories.partner("Frank")).get(f"reports/{address}").json()["results"] == []

    def test_needs_the_scope(self, dana):
        program = program_of(dana, scope="loans:read")

        assert_problem(program.get("reports/portfolio"), 403, "insufficient_scope", None)

    def test_has_only_the_fields_asked_for(self, program, book):
        rows = program.get("reports/portfolio?as_of=2026-03-18&fields=bucket,loans").json()["results"]

        assert sorted(rows, key=str) == [{"bucket": "M1", "loans": 1}, {"bucket": "M2", "loans": 1}]


class TestCsv:
    def test_takes_the_teeth_of_formulas_and_leaves_amounts_alone(self):
        rows = [{"name": "=1+1", "amount": {"amount": "-1.00", "currency": "CNY"}, "none": None}]

        text = CsvRenderer().render({"results": rows}, renderer_context={"response": _Answer()}).decode()

        assert text == "name,amount,none\r\n'=1+1,-1.00,\r\n"


class _Answer:
    exception = False
