"""The versions of a schedule, a payoff quote by its id, and papers by what they are, as partners read them."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from repayments.services.extend_loan import extend_loan
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 20)


@pytest.fixture
def extended(danas_loan):
    """The first installment is paid; from March on, two months are skipped."""
    factories.pay(danas_loan, 1100_16, date(2026, 2, 15))
    staff = factories.staff()
    days = {"granted_on": date(2026, 3, 1), "today": TODAY}
    extend_loan(loan_id=danas_loan.pk, months=2, reason="asked", actor=f"user:{staff.pk}", **days)
    return danas_loan


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


class TestVersions:
    def test_say_why_from_when_and_what_each_comes_to(self, program, extended):
        newest, first = program.get(f"loans/{extended.number}/schedule-versions").json()["results"]

        assert (newest["version"], newest["reason"], newest["effective_on"]) == (2, "EXTENSION", "2026-03-01")
        assert (newest["is_in_force"], first["is_in_force"], first["reason"]) == (True, False, "CONTRACT")
        assert (first["made_by"], newest["made_by"], first["installments"]) == ("SYSTEM", "STAFF", 12)
        assert first["totals"]["principal"] == newest["totals"]["principal"] == yuan("12000.00")
        assert (first["totals"]["paid"], first["totals"]["unpaid"]) == (yuan("1100.16"), yuan("0.00"))
        assert newest["totals"]["paid"] == yuan("1100.16")
        assert newest["last_due_on"] == "2027-03-15"

    def test_come_page_by_page_in_the_same_queries(self, program, extended):
        address = f"loans/{extended.number}/schedule-versions?limit=1"
        program.get(address)
        with CaptureQueriesContext(connection) as for_one:
            first = program.get(address).json()
        with CaptureQueriesContext(connection) as for_two:
            both = program.get(f"loans/{extended.number}/schedule-versions?fields=version").json()

        assert [row["version"] for row in first["results"]] == [2]
        last = program.get(f"{address}&cursor={first['next_cursor']}").json()
        assert ([row["version"] for row in last["results"]], last["next_cursor"]) == ([1], None)
        assert both["results"] == [{"version": 2}, {"version": 1}]
        assert len(for_one) == len(for_two)

    def test_of_another_partners_loan_are_unknown(self, brook, extended):
        eve = program_of(factories.partner("Eve"))

        assert_problem(eve.get(f"loans/{extended.number}/schedule-versions"), 404, "loan_not_found", "loan")


class TestInstallments:
    def test_say_how_far_they_are_paid_in_each_version(self, program, extended, monkeypatch):
        monkeypatch.setattr("repayments.api.views.lender_today", lambda: date(2026, 5, 20))
        factories.pay(extended, 100_00, date(2026, 3, 10))

        before = program.get(f"loans/{extended.number}/schedule?version=1").json()["installments"]
        now = program.get(f"loans/{extended.number}/schedule").json()["installments"]

        assert [row["status"] for row in before[:3]] == ["PAID", "REPLACED", "REPLACED"]
        owed = [row for row in now if row["status"] != "NOTHING_DUE"]
        assert [(row["due_on"], row["status"]) for row in owed[:3]] == [
            ("2026-02-15", "PAID"),
            ("2026-05-15", "OVERDUE"),
            ("2026-06-15", "OPEN"),
        ]

    def test_are_left_out_where_only_the_balance_is_asked_for(self, program, extended):
        answer = program.get(f"loans/{extended.number}/schedule?fields=version,balance").json()

        assert sorted(answer) == ["balance", "version"]


class TestQuotesAndPapers:
    def test_quote_is_read_by_its_id(self, program, danas_loan, monkeypatch):
        monkeypatch.setattr("repayments.api.payoff_quotes.lender_today", lambda: date(2026, 2, 20))
        address = f"loans/{danas_loan.number}/payoff-quotes"
        quote = program.post(address, {"valid_to": "2026-02-21"}, **{"Idempotency-Key": "k"}).json()

        assert program.get(f"{address}/{quote['id']}").json() == quote
        assert program.get(f"{address}?status=USED").json() == {"payoff_quotes": []}
        assert program.get(f"{address}?fields=status").json() == {"payoff_quotes": [{"status": "OFFERED"}]}
        assert_problem(program.get(f"{address}/{uuid4()}"), 404, "payoff_quote_not_found", "quote")

    def test_papers_are_found_by_kind_and_day(self, program, danas_loan):
        address = f"loans/{danas_loan.number}/documents"
        body = {"kind": "STATEMENT_OF_ACCOUNT", "first": "2026-01-15", "last": "2026-02-20"}
        code = program.post(address, body, **{"Idempotency-Key": "k"}).json()["code"]

        def codes(query: str) -> list[dict[str, str]]:
            return program.get(f"{address}?fields=code&{query}").json()["documents"]

        assert codes("kind=STATEMENT_OF_ACCOUNT&is_revoked=false&issued_from=2026-02-01") == [{"code": code}]
        assert codes("kind=AMENDMENT") == codes("is_revoked=true") == codes("issued_to=2026-02-01") == []
        assert_problem(program.get(f"{address}?kind=POEM"), 422, "invalid_choice", "kind")
