from copy import deepcopy

import pytest

from repayments.models import Payment, PaymentGroup
from tests import factories
from tests.integration.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


def money(amount, currency="CNY"):
    return {"amount": amount, "currency": currency}


@pytest.fixture
def second(amina, dana):
    return factories.running_loan(amina, brought_by=dana)


@pytest.fixture
def body(danas_loan, second):
    return {
        "total": money("1600.16"),
        "received_on": "2026-02-15",
        "reference": "sum-1",
        "parts": [
            {"loan": danas_loan.number, "amount": money("1100.16")},
            {"loan": second.number, "amount": money("500.00")},
        ],
    }


def send(program, body, key="key-1"):
    return program.post("payments", body, **{"Idempotency-Key": key})


def nothing_is_booked():
    return not (Payment.objects.exists() or PaymentGroup.objects.exists())


class TestRecordSplitPayment:
    def test_books_every_part_and_says_what_each_paid(self, program, body, danas_loan, second):
        answer = send(program, body)

        assert answer.status_code == 201
        document = answer.json()
        assert (document["reference"], document["total"], document["received_on"]) == (
            "sum-1",
            money("1600.16"),
            "2026-02-15",
        )
        parts = [(part["loan"], part["reference"], part["amount"]) for part in document["payments"]]
        assert parts == [
            (danas_loan.number, "sum-1-1", money("1100.16")),
            (second.number, "sum-1-2", money("500.00")),
        ]
        assert document["payments"][0]["applied"]["principal"] == money("920.16")
        assert set(Payment.objects.values_list("reference", "channel")) == {
            ("dana:sum-1-1", "PARTNER"),
            ("dana:sum-1-2", "PARTNER"),
        }

    def test_the_same_key_answers_the_same(self, program, body):
        first = send(program, body)

        again = send(program, body)

        assert (again.status_code, again.content) == (201, first.content)
        assert again["Idempotent-Replayed"] == "true"
        assert Payment.objects.count() == 2

    def test_the_same_reference_under_a_new_key_answers_the_same(self, program, body):
        first = send(program, body)

        again = send(program, body, key="key-2")

        assert (again.status_code, again.json()) == (201, first.json())
        assert Payment.objects.count() == 2

    @pytest.mark.parametrize(
        ("change", "status", "code", "field"),
        [
            (lambda body: body.update(total=money("1600.17")), 422, "split_does_not_add_up", "total"),
            (lambda body: body["parts"].append(body["parts"][0]), 422, "split_does_not_add_up", "parts"),
            (lambda body: body.update(total=money("1600.16", "USD")), 422, "currency_mismatch", "amount"),
            (lambda body: body["parts"][0].update(loan="DS0"), 404, "loan_not_found", "loan"),
            (lambda body: body["parts"][0].update(loan="a\0b"), 422, None, None),
            (lambda body: body.update(received_on="2026-01-01"), 422, "date_outside_contract", "received_on"),
            (lambda body: body.update(parts=[]), 422, None, None),
            (lambda body: body.update(reference="x" * 36), 422, "too_long", "reference"),
            (lambda body: body.pop("total"), 422, "missing_field", "total"),
            (lambda body: body.update(more=1), 422, "unknown_field", "more"),
            (lambda body: body["parts"][0].update(amount=money("0")), 422, "invalid_amount", None),
        ],
    )
    def test_refuses_what_is_wrong_and_books_nothing(self, program, body, change, status, code, field):
        given = deepcopy(body)
        change(given)

        answer = send(program, given)

        assert answer.status_code == status
        if code and field:
            assert_problem(answer, status, code, field)
        assert nothing_is_booked()

    def test_refuses_loans_of_two_borrowers(self, program, body, brook, dana):
        theirs = factories.running_loan(brook, brought_by=dana)
        body["parts"][1]["loan"] = theirs.number

        assert_problem(send(program, body), 404, "loan_not_found", "loan")
        assert nothing_is_booked()

    def test_another_partners_loan_is_unknown(self, program, body, amina):
        theirs = factories.running_loan(amina, brought_by=factories.partner("Eve"))
        body["parts"][1]["loan"] = theirs.number

        assert_problem(send(program, body), 404, "loan_not_found", "loan")
        assert nothing_is_booked()

    def test_needs_a_key(self, program, body):
        assert_problem(program.post("payments", body), 400, "idempotency_key_missing", "Idempotency-Key")
        assert nothing_is_booked()
