"""Payments as a partner reads them: of its own loans, by whatever way they came, with what they paid."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loans.models import Loan
from repayments.services.return_payment import return_payment
from tests import factories
from tests.integration.api.conftest import PAYMENT, assert_problem, program_of

pytestmark = pytest.mark.django_db

FIRST = date(2026, 2, 15)


@pytest.fixture
def eves_loan(brook) -> Loan:
    return factories.running_loan(brook, brought_by=factories.partner("Eve"))


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def pay(loan, amount, on=FIRST, **more):
    return factories.pay(loan, amount, on, today=date(2026, 3, 20), **more)


class TestList:
    def test_has_payments_of_every_way_newest_first(self, program, danas_loan, eves_loan):
        program.pay(danas_loan, PAYMENT)
        pay(danas_loan, 1100_16, date(2026, 3, 15), reference="BANK 7/8~9")
        pay(eves_loan, 500_00, reference="EVES")

        rows = program.get("payments").json()["results"]

        assert [(row["id"], row["reference"], row["channel"]) for row in rows] == [
            ("BANK~207~2F8~7E9", None, "BANK_TRANSFER"),
            ("dana:first", "first", "PARTNER"),
        ]
        assert [part["number"] for part in rows[0]["installments"]] == [2]
        assert rows[1]["applied"]["interest"] == {"amount": "180.00", "currency": "CNY"}
        assert rows == program.get(f"loans/{danas_loan.number}/payments").json()["results"]

    def test_is_filtered(self, program, danas_loan, amina, dana):
        other = factories.running_loan(amina, brought_by=dana)
        program.pay(danas_loan, PAYMENT)
        pay(danas_loan, 300_00, date(2026, 3, 1), reference="BOUNCED")
        pay(other, 200_00, date(2026, 3, 10), reference="OTHER")
        return_payment(
            reference="BOUNCED",
            returned_on=date(2026, 3, 2),
            today=date(2026, 3, 20),
            reason="bounced",
            actor="system:test",
        )

        assert ids(program.get(f"payments?loan={other.number}")) == ["OTHER"]
        assert ids(program.get("payments?received_from=2026-03-01&received_to=2026-03-01")) == ["BOUNCED"]
        assert ids(program.get("payments?reference=first")) == ["dana:first"]
        assert ids(program.get("payments?status=RETURNED")) == ["BOUNCED"]
        assert ids(program.get("payments?status=BOOKED&channel=BANK_TRANSFER")) == ["OTHER"]
        assert ids(program.get("payments?ids=OTHER,dana:first,nothing")) == ["OTHER", "dana:first"]

    def test_comes_page_by_page(self, program, danas_loan):
        for day in (1, 2, 3):
            pay(danas_loan, 100_00, date(2026, 2, day), reference=f"P{day}")

        first = program.get("payments?limit=2").json()
        pay(danas_loan, 100_00, date(2026, 2, 4), reference="P4")

        assert [row["id"] for row in first["results"]] == ["P3", "P2"]
        assert ids(program.get(f"payments?limit=2&cursor={first['next_cursor']}")) == ["P1"]

    def test_has_only_the_fields_asked_for(self, program, danas_loan):
        program.pay(danas_loan, PAYMENT)

        assert program.get("payments?fields=id,status").json()["results"] == [{"id": "dana:first", "status": "BOOKED"}]

    def test_needs_the_same_queries_for_one_payment_and_for_many(self, program, danas_loan):
        def queries() -> int:
            with CaptureQueriesContext(connection) as found:
                assert program.get("payments").status_code == 200
            return len(found)

        pay(danas_loan, 100_00, reference="P0")
        queries()
        for_one = queries()
        for number in range(1, 6):
            pay(danas_loan, 100_00, reference=f"P{number}")

        assert queries() == for_one

    @pytest.mark.parametrize(
        ("query", "code", "field"),
        [
            ("received_from=2026-02-30", "invalid_date", "received_from"),
            ("status=LOST", "invalid_choice", "status"),
            ("channel=PIGEON", "invalid_choice", "channel"),
            ("borrower=1", "unknown_field", "borrower"),
            ("fields=id,borrower", "unknown_field", "fields"),
            ("cursor=made-up", "invalid_cursor", "cursor"),
            ("ids=" + ",".join(f"P{n}" for n in range(201)), "invalid_input", "ids"),
            ("ids=OTHER,%00", "invalid_input", "ids"),
            ("ids=" + "9" * 721, "invalid_input", "ids"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, program, query, code, field):
        assert_problem(program.get(f"payments?{query}"), 422, code, field)

    def test_of_another_partners_loan_is_of_no_loan(self, program, eves_loan):
        assert_problem(program.get(f"loans/{eves_loan.number}/payments"), 404, "loan_not_found", "loan")
        assert ids(program.get(f"payments?loan={eves_loan.number}")) == []

    @pytest.mark.parametrize("address", ["payments", "payments/x", "split-payments/x", "loans/x/payments"])
    def test_needs_the_scope(self, dana, address):
        assert_problem(program_of(dana, scope="payments:write").get(address), 403, "insufficient_scope", None)


class TestDetail:
    def test_is_what_recording_it_answered(self, program, danas_loan):
        recorded = program.pay(danas_loan, {**PAYMENT, "reference": "2026-02-15/1"}).json()

        assert recorded["id"] == "dana:2026-02-15~2F1"
        assert program.get(f"payments/{recorded['id']}").json() == recorded

    def test_says_when_the_money_went_back(self, program, danas_loan):
        pay(danas_loan, 1100_16, reference="BOUNCED")
        return_payment(
            reference="BOUNCED",
            returned_on=date(2026, 2, 18),
            today=date(2026, 3, 20),
            reason="bounced",
            actor="system:test",
        )

        shown = program.get("payments/BOUNCED").json()

        assert (shown["status"], shown["is_returned"], shown["installments"]) == ("RETURNED", True, [])
        assert (shown["returned"]["on"], sorted(shown["returned"])) == ("2026-02-18", ["on", "posted_at"])

    def test_holds_no_reference_that_another_partner_gave(self, program, danas_loan):
        factories.pay(danas_loan, 100_00, FIRST, reference="eve:secret")

        assert program.get("payments/eve:secret?fields=reference").json() == {"reference": None}

    def test_is_unknown_of_another_partners_loan(self, program, eves_loan):
        pay(eves_loan, 100_00, reference="EVES")

        assert_problem(program.get("payments/EVES"), 404, "payment_not_found", "payment")
        assert_problem(program.get("payments/~00"), 404, "payment_not_found", "payment")


class TestSplit:
    def test_is_read_as_it_was_recorded_and_from_its_parts(self, program, danas_loan, amina, dana):
        other = factories.running_loan(amina, brought_by=dana)
        body = {
            "total": {"amount": "1600.16", "currency": "CNY"},
            "received_on": "2026-02-15",
            "reference": "both",
            "parts": [
                {"loan": danas_loan.number, "amount": {"amount": "1100.16", "currency": "CNY"}},
                {"loan": other.number, "amount": {"amount": "500.00", "currency": "CNY"}},
            ],
        }

        recorded = program.post("payments", body, **{"Idempotency-Key": "k"}).json()

        assert (recorded["id"], [part["loan"] for part in recorded["payments"]]) == (
            "dana:both",
            [danas_loan.number, other.number],
        )
        assert program.get("split-payments/dana:both").json() == recorded
        assert program.get("payments/dana:both-2").json()["split"] == {"id": "dana:both", "position": 2}

    def test_is_unknown_to_another_partner(self, program, eves_loan, danas_loan):
        assert_problem(program.get("split-payments/eve:both"), 404, "payment_not_found", "split")

    @pytest.mark.parametrize(("parts", "code"), [([], "missing_field"), ({}, "invalid_input"), (1, "invalid_input")])
    def test_names_its_parts_in_a_list(self, program, parts, code):
        body = {"total": {"amount": "1.00", "currency": "CNY"}, "received_on": "2026-02-15", "reference": "x"}

        answer = program.post("payments", {**body, "parts": parts}, **{"Idempotency-Key": "k"})

        assert_problem(answer, 422, code, "parts")


class TestRecording:
    def test_takes_few_queries(self, program, danas_loan):
        program.pay(danas_loan, PAYMENT)
        with CaptureQueriesContext(connection) as found:
            answer = program.pay(danas_loan, {**PAYMENT, "reference": "second"}, key="key-2")

        assert answer.status_code == 201
        assert len(found) == 21  # one of them tells the partner, in the same transaction
