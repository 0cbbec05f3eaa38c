import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import psycopg2
import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashu.api import idempotency
from dashu.api.models import StoredAnswer
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_today
from dashu.ledger.models import JournalEntry
from loans.models import Loan
from repayments.models import LoanEvent, Payment
from tests import factories
from tests.integration.api.conftest import PAYMENT, PartnerProgram, assert_problem, program_of

pytestmark = pytest.mark.django_db


def with_amount(amount, currency="CNY"):
    return {**PAYMENT, "amount": {"amount": amount, "currency": currency}}


def written():
    return (
        Payment.objects.count(),
        LoanEvent.objects.count(),
        JournalEntry.objects.count(),
        StoredAnswer.objects.count(),
    )


class TestRecordPayment:
    def test_books_it_and_says_what_it_paid(self, program, danas_loan):
        answer = program.pay(danas_loan, PAYMENT)

        assert answer.status_code == 201
        body = answer.json()
        assert body.pop("posted_at").startswith("20")
        assert body == {
            "id": "dana:first",
            "loan": danas_loan.number,
            "reference": "first",
            "amount": {"amount": "1100.16", "currency": "CNY"},
            "received_on": "2026-02-15",
            "channel": "PARTNER",
            "kind": "PAYMENT",
            "status": "BOOKED",
            "is_returned": False,
            "returned": None,
            "split": None,
            "applied": {
                "fee": {"amount": "0.00", "currency": "CNY"},
                "penalty": {"amount": "0.00", "currency": "CNY"},
                "interest": {"amount": "180.00", "currency": "CNY"},
                "principal": {"amount": "920.16", "currency": "CNY"},
                "credit": {"amount": "0.00", "currency": "CNY"},
            },
            "installments": [
                {
                    "number": 1,
                    "fee": {"amount": "0.00", "currency": "CNY"},
                    "interest": {"amount": "180.00", "currency": "CNY"},
                    "principal": {"amount": "920.16", "currency": "CNY"},
                }
            ],
        }
        payment = Payment.objects.get()
        assert (payment.loan_id, payment.amount_minor, payment.reference) == (danas_loan.pk, 1100_16, "dana:first")
        assert (payment.channel, payment.event.actor) == ("PARTNER", "partner:dana")
        assert AuditRecord.objects.get(action="repayments.payment_received").actor == "partner:dana"

    def test_of_two_partners_may_have_the_same_reference(self, program, danas_loan, brook):
        eve = factories.partner("Eve")
        eves_loan = factories.running_loan(brook, brought_by=eve)

        program.pay(danas_loan, PAYMENT)
        answer = program_of(eve).pay(eves_loan, PAYMENT)

        assert (answer.status_code, answer.json()["reference"]) == (201, "first")
        assert set(Payment.objects.values_list("reference", flat=True)) == {"dana:first", "eve:first"}

    def test_sent_again_under_a_new_key_returns_the_first(self, program, danas_loan):
        first = program.pay(danas_loan, PAYMENT, key="key-1")

        again = program.pay(danas_loan, PAYMENT, key="key-2")

        assert (again.status_code, again.json()) == (201, first.json())
        assert Payment.objects.count() == 1

    def test_of_a_value_date_before_the_latest_event_is_booked(self, program, danas_loan):
        factories.pay(danas_loan, 1100_16, date(2026, 3, 15))

        answer = program.pay(danas_loan, PAYMENT).json()

        assert [row["number"] for row in answer["installments"]] == [1]


class TestIdempotencyKey:
    def test_returns_the_first_answer_to_the_same_request(self, program, danas_loan):
        first = program.pay(danas_loan, PAYMENT)
        before = written()

        again = program.pay(danas_loan, json.dumps(PAYMENT, indent=4, sort_keys=True))

        assert (again.status_code, again.content) == (201, first.content)
        assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
        assert written() == before == (1, before[1], before[2], 1)

    @pytest.mark.parametrize(
        "changed",
        [with_amount("1100.17"), {**PAYMENT, "reference": "second"}, {**PAYMENT, "received_on": "2026-02-16"}, {}],
    )
    def test_is_refused_for_another_body(self, program, danas_loan, changed):
        program.pay(danas_loan, PAYMENT)
        before = written()

        assert_problem(program.pay(danas_loan, changed), 409, "idempotency_key_reused", "Idempotency-Key")
        assert written() == before

    def test_is_refused_for_another_loan(self, program, danas_loan, amina, dana):
        other = factories.running_loan(amina, brought_by=dana)
        program.pay(danas_loan, PAYMENT)

        assert_problem(program.pay(other, PAYMENT), 409, "idempotency_key_reused", "Idempotency-Key")

    def test_belongs_to_one_partner(self, program, danas_loan, brook):
        eve = factories.partner("Eve")
        eves_loan = factories.running_loan(brook, brought_by=eve)
        program.pay(danas_loan, PAYMENT)

        assert program_of(eve).pay(eves_loan, with_amount("500.00")).status_code == 201

    def test_of_a_refused_request_is_free_again(self, program, danas_loan):
        assert_problem(program.pay(danas_loan, with_amount("0")), 422, "invalid_amount", "amount")

        assert program.pay(danas_loan, PAYMENT).status_code == 201

    def test_is_required(self, program, danas_loan):
        answer = program.post(f"loans/{danas_loan.number}/payments", PAYMENT)

        assert_problem(answer, 400, "idempotency_key_missing", "Idempotency-Key")
        assert Payment.objects.exists() is False

    def test_refuses_a_body_whose_length_is_not_said_and_books_nothing(self, program, danas_loan):
        headers = program.headers({"Idempotency-Key": "key-1", "Transfer-Encoding": "chunked"})

        answer = program.client.generic("POST", f"/api/v1/loans/{danas_loan.number}/payments", headers=headers)

        assert_problem(answer, 411, "length_required", None)
        assert written() == (0, 1, 1, 0)

    @pytest.mark.parametrize("key", ["", "two words", "钥匙", "x" * 256])
    def test_must_be_printable_and_short(self, program, danas_loan, key):
        answer = program.pay(danas_loan, PAYMENT, key=key)

        assert_problem(answer, 400, "idempotency_key_invalid", "Idempotency-Key")


class TestRefusal:
    @pytest.mark.parametrize(
        ("body", "status", "code", "field"),
        [
            (with_amount("0"), 422, "invalid_amount", "amount"),
            (with_amount("0.00"), 422, "invalid_amount", "amount"),
            (with_amount("-1.00"), 422, "invalid_amount", "amount"),
            (with_amount("1.001"), 422, "invalid_amount", "amount"),
            (with_amount("1e3"), 422, "invalid_amount", "amount"),
            (with_amount("１００"), 422, "invalid_amount", "amount"),
            (with_amount("NaN"), 422, "invalid_amount", "amount"),
            (with_amount("100000000000.01"), 422, "invalid_amount", "amount"),
            (with_amount("9" * 400), 422, "invalid_amount", "amount"),
            (with_amount(1100.16), 422, "invalid_amount", "amount"),
            (with_amount(1100), 422, "invalid_amount", "amount"),
            (with_amount(None), 422, "invalid_amount", "amount"),
            ({**PAYMENT, "amount": "1100.16"}, 422, "invalid_amount", "amount"),
            ({**PAYMENT, "amount": {"amount": "1100.16"}}, 422, "invalid_amount", "amount"),
            ({**PAYMENT, "amount": None}, 422, "missing_field", "amount"),
            (with_amount("1100.16", "XXX"), 422, "currency_mismatch", "amount"),
            (with_amount("1100.16", "USD"), 422, "currency_mismatch", "amount"),
            ({**PAYMENT, "received_on": "2026-01-14"}, 422, "date_outside_contract", "received_on"),
            ({**PAYMENT, "received_on": "2026-02-30"}, 422, "invalid_date", "received_on"),
            ({**PAYMENT, "received_on": "15.02.2026"}, 422, "invalid_date", "received_on"),
            ({**PAYMENT, "received_on": 20260215}, 422, "invalid_date", "received_on"),
            ({**PAYMENT, "reference": ""}, 422, "missing_field", "reference"),
            ({**PAYMENT, "reference": "two words"}, 422, "invalid_input", "reference"),
            ({**PAYMENT, "reference": "line\n"}, 422, "invalid_input", "reference"),
            ({**PAYMENT, "reference": "nul\0"}, 422, "invalid_input", "reference"),
            ({**PAYMENT, "reference": ["a"]}, 422, "invalid_input", "reference"),
            ({**PAYMENT, "reference": "r" * 40}, 422, "too_long", "reference"),
            ({**PAYMENT, "note": "thanks"}, 422, "unknown_field", "note"),
            ({"amount": PAYMENT["amount"], "reference": "first"}, 422, "missing_field", "received_on"),
            ([], 422, "invalid_input", None),
            ("text", 400, "malformed_json", None),
            ('"text"', 422, "invalid_input", None),
            ("", 422, "missing_field", "amount"),
            ('{"reference": "a", "reference": "b"}', 400, "malformed_json", None),
            ('{"amount": NaN}', 400, "malformed_json", None),
            (f'{{"amount": {"9" * 5000}}}', 400, "malformed_json", None),
            (b'{"reference": "\xff"}', 400, "malformed_json", None),
            ('{"reference": 1e400}', 400, "malformed_json", None),
            (r'{"\ud800": 1}', 400, "malformed_json", None),
            (r'{"reference": ["\ud800"]}', 400, "malformed_json", None),
            (r'{"\ud800": 1, "\ud800": 2}', 400, "malformed_json", None),
            ("[" * 21 + "]" * 21, 400, "json_too_deep", None),
            ("[" * 30_000, 400, "json_too_deep", None),
            (json.dumps({**PAYMENT, "reference": "x" * 70_000}), 413, "body_too_large", None),
        ],
    )
    def test_names_the_fault_and_leaves_no_trace(self, program, danas_loan, body, status, code, field):
        before = written()

        assert_problem(program.pay(danas_loan, body), status, code, field)
        assert written() == before

    def test_of_a_date_in_the_future(self, program, danas_loan):
        tomorrow = (lender_today() + timedelta(days=1)).isoformat()

        answer = program.pay(danas_loan, {**PAYMENT, "received_on": tomorrow})

        assert_problem(answer, 422, "date_outside_contract", "received_on")

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    def test_of_another_content_type(self, program, danas_loan, content_type):
        answer = program.post(
            f"loans/{danas_loan.number}/payments",
            json.dumps(PAYMENT),
            content_type=content_type,
            **{"Idempotency-Key": "key-1"},
        )

        assert_problem(answer, 415, "unsupported_media_type", None)

    def test_of_several_faults_names_them_all(self, program, danas_loan):
        answer = program.pay(danas_loan, {"amount": {"amount": "0", "currency": "CNY"}, "received_on": "soon"})

        assert_problem(answer, 422, "invalid_amount", "amount")
        assert [(fault["code"], fault["field"]) for fault in answer.json()["errors"]] == [
            ("invalid_amount", "amount"),
            ("invalid_date", "received_on"),
            ("missing_field", "reference"),
        ]

    def test_of_a_settled_loan(self, program, danas_loan):
        Loan.objects.filter(pk=danas_loan.pk).update(status=Loan.Status.SETTLED)

        assert_problem(program.pay(danas_loan, PAYMENT), 409, "loan_not_payable", "loan")
        assert written()[0] == 0

    def test_of_a_loan_that_waits_for_its_payout(self, program, amina, dana):
        waiting = factories.approved_loan(amina, brought_by=dana)

        assert_problem(program.pay(waiting, PAYMENT), 409, "loan_not_payable", "loan")

    def test_of_a_reference_used_for_another_amount(self, program, danas_loan):
        program.pay(danas_loan, PAYMENT)
        before = written()

        answer = program.pay(danas_loan, with_amount("1100.17"), key="key-2")

        assert_problem(answer, 409, "reference_reused", "reference")
        assert written() == before

    def test_of_an_unknown_loan(self, program, rules):
        assert_problem(program.pay(Loan(number="DS20260000000"), PAYMENT), 404, "loan_not_found", "loan")

    def test_of_another_partners_loan_says_no_more_than_of_an_unknown_one(self, danas_loan):
        eve = program_of(factories.partner("Eve"))

        answer = eve.pay(danas_loan, PAYMENT)

        assert_problem(answer, 404, "loan_not_found", "loan")
        assert answer.json() == eve.pay(Loan(number="DS20260000000"), PAYMENT, key="key-2").json()
        assert Payment.objects.exists() is False

    def test_speaks_the_language_asked_for(self, program, danas_loan):
        english = program.pay(danas_loan, with_amount("0")).json()
        chinese = program.pay(danas_loan, with_amount("0"), **{"Accept-Language": "zh-hant"}).json()

        assert english["detail"] == "The amount must be more than 0."
        assert chinese["code"] == english["code"]

    def test_of_our_own_failure_is_a_problem_and_leaves_no_trace(self, program, danas_loan, monkeypatch):
        def fail(**_fields):
            raise RuntimeError("a mistake of ours")

        monkeypatch.setattr("repayments.services.receive_payment.audit.record", fail)
        program.client.raise_request_exception = False
        before = written()

        answer = program.pay(danas_loan, PAYMENT)

        assert_problem(answer, 500, "internal_error", None)
        assert "mistake" not in answer.content.decode()
        assert written() == before

    def test_while_the_database_is_away_asks_for_the_same_again_and_books_that_once(
        self, program, danas_loan, monkeypatch
    ):
        def go_away(**_fields):
            raise OperationalError("terminating connection") from psycopg2.OperationalError("terminating connection")

        before = written()
        with monkeypatch.context() as patch:
            patch.setattr("repayments.services.receive_payment.audit.record", go_away)
            answer = program.pay(danas_loan, PAYMENT)

        assert_problem(answer, 503, "try_again_later", None)
        assert answer["Retry-After"] == "10"
        assert written() == before
        assert program.pay(danas_loan, PAYMENT).status_code == 201
        assert program.pay(danas_loan, PAYMENT).status_code == 201
        assert Payment.objects.count() == 1

    def test_while_nobody_can_be_looked_up_says_the_same(self, program, danas_loan):
        def refuse(*_arguments):
            raise OperationalError("server closed the connection") from psycopg2.OperationalError("closed")

        program.client.raise_request_exception = False
        with connection.execute_wrapper(refuse):
            answer = program.pay(danas_loan, PAYMENT)

        assert_problem(answer, 503, "try_again_later", None)
        assert answer["Retry-After"] == "10"

    def test_of_a_json_number_says_how_to_write_it(self, program, danas_loan):
        answer = program.pay(danas_loan, with_amount(10.5))

        assert "the amount as text" in answer.json()["detail"]


class TestAnyBody:
    """Whatever JSON arrives, the answer is a documented refusal, and nothing is written."""

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*PAYMENT, "currency", "x"]), inner),
            max_leaves=8,
        )
    )
    def test_is_refused_by_name(self, program, danas_loan, body):
        answer = program.pay(danas_loan, body)

        assert answer.status_code in (400, 422)
        assert answer["Content-Type"] == "application/problem+json"
        assert Payment.objects.exists() is False


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def _at_once(self, *calls):
        barrier = Barrier(len(calls))

        def run(call):
            try:
                barrier.wait(timeout=10)
                return call()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    def test_the_same_request_is_carried_out_once(self, program, danas_loan):
        def send():
            return PartnerProgram(Client(), program.token).pay(danas_loan, PAYMENT)

        before = JournalEntry.objects.count()
        answers = self._at_once(*[send] * 50)

        assert [answer.status_code for answer in answers] == [201] * 50
        assert len({answer.content for answer in answers}) == 1
        assert sorted(answer.get("Idempotent-Replayed") or "" for answer in answers) == ["", *["true"] * 49]
        assert (Payment.objects.count(), StoredAnswer.objects.count()) == (1, 1)
        assert LoanEvent.objects.filter(kind=LoanEvent.Kind.PAYMENT).count() == 1
        assert JournalEntry.objects.count() - before == 1

    def test_a_duplicate_of_a_write_that_takes_long_is_told_to_come_back(self, program, danas_loan, dana, monkeypatch):
        monkeypatch.setattr(idempotency, "PATIENCE", 1)

        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            StoredAnswer.objects.create(user=dana.user, key="key-1", fingerprint="", status=0, body="")
            answer = pool.submit(self._at_once, lambda: program.pay(danas_loan, PAYMENT)).result(timeout=60)[0]
            assert_problem(answer, 409, "request_in_progress", "Idempotency-Key")
            assert answer["Retry-After"] == "5"
            assert Payment.objects.count() == 0
            transaction.set_rollback(True)

        assert program.pay(danas_loan, PAYMENT).status_code == 201

    def test_only_waiting_for_the_key_has_a_limit(self, dana):
        with transaction.atomic():
            assert idempotency._claimed(dana.user_id, "key-1", "") is not None
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('lock_timeout')")
                assert cursor.fetchone()[0] == "0"

    def test_one_reference_for_two_loans_is_taken_by_one(self, program, danas_loan, amina, dana):
        other = factories.running_loan(amina, brought_by=dana)

        answers = self._at_once(
            lambda: PartnerProgram(Client(), program.token).pay(danas_loan, PAYMENT, key="key-1"),
            lambda: PartnerProgram(Client(), program.token).pay(other, PAYMENT, key="key-2"),
        )

        assert sorted(answer.status_code for answer in answers) == [201, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert_problem(refused, 409, "reference_reused", "reference")
        assert (Payment.objects.count(), StoredAnswer.objects.count()) == (1, 1)
