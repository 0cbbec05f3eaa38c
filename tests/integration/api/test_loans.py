from datetime import date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.kernel.dates import LENDER_ZONE
from loans.models import Loan
from repayments.services.extend_loan import extend_loan
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = pytest.mark.django_db


def queries_of(call):
    with CaptureQueriesContext(connection) as queries:
        answer = call()
    assert answer.status_code == 200
    return len(queries)


class TestListLoans:
    def test_shows_the_contract(self, program, danas_loan):
        answer = program.get("loans").json()

        assert answer["results"][0].pop("created_at") == danas_loan.created_at.astimezone(LENDER_ZONE).isoformat()
        assert answer == {
            "results": [
                {
                    "id": danas_loan.number,
                    "status": "ACTIVE",
                    "product": {"code": "consumer", "name": "Consumer loan", "version": 1},
                    "principal": {"amount": "12000.00", "currency": "CNY"},
                    "annual_rate": "0.180000",
                    "method": "equal_installment",
                    "installment_count": 12,
                    "starts_on": "2026-01-15",
                    "first_due_on": None,
                    "borrower": None,
                }
            ],
            "next_cursor": None,
        }

    def test_shows_nothing_of_another_partner(self, program, danas_loan, loan, brook):
        factories.running_loan(brook, brought_by=factories.partner("Eve"))

        assert [row["id"] for row in program.get("loans").json()["results"]] == [danas_loan.number]

    def test_speaks_the_language_asked_for(self, program, danas_loan):
        answer = program.get("loans", **{"Accept-Language": "zh-hans"}).json()

        assert answer["results"][0]["product"]["name"] == danas_loan.product_terms.product.name["zh-Hans"]

    def test_is_filtered_by_status(self, program, danas_loan, amina, dana):
        waiting = factories.approved_loan(amina, brought_by=dana)

        assert [row["id"] for row in program.get("loans?status=APPROVED").json()["results"]] == [waiting.number]
        assert [row["id"] for row in program.get("loans?status=ACTIVE").json()["results"]] == [danas_loan.number]

    def test_pages_without_gap_or_repeat_while_loans_are_added(self, program, amina, dana):
        numbers = [factories.approved_loan(amina, brought_by=dana).number for _ in range(5)]

        first = program.get("loans?limit=2").json()
        factories.approved_loan(amina, brought_by=dana)
        second = program.get(f"loans?limit=2&cursor={first['next_cursor']}").json()
        third = program.get(f"loans?limit=2&cursor={second['next_cursor']}").json()

        pages = [[row["id"] for row in page["results"]] for page in (first, second, third)]
        assert pages == [numbers[4:2:-1], numbers[2:0:-1], numbers[:1]]
        assert third["next_cursor"] is None

    def test_needs_the_same_queries_for_one_loan_and_for_many(self, program, amina, dana):
        factories.approved_loan(amina, brought_by=dana)
        for_one = queries_of(lambda: program.get("loans"))
        for _ in range(7):
            factories.approved_loan(amina, brought_by=dana)

        assert queries_of(lambda: program.get("loans")) == for_one

    def test_names_the_borrower_by_the_partners_own_reference(self, program, dana):
        theirs = factories.borrower("Brook", source="partner:dana", external_id="C-7")
        factories.approved_loan(theirs, brought_by=dana)

        assert program.get("loans?fields=borrower").json()["results"] == [{"borrower": "C-7"}]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("product=sme", ["later"]),
            ("product=gold", []),
            ("borrower=C-7", ["later"]),
            ("borrower=C-8", []),
            ("starts_from=2026-01-16", ["later"]),
            ("starts_to=2026-01-15", ["first"]),
            ("due_from=2026-02-01&due_to=2026-02-15", ["first"]),
            ("due_from=2026-02-16&due_to=2026-02-19", []),
            ("due_to=2026-02-15", ["first"]),
            ("due_from=2027-02-01", ["later"]),
            ("created_to=2026-01-01", []),
            ("created_from=2026-01-01", ["later", "first"]),
            ("updated_since=2199-01-01T00:00:00%2B08:00", []),
            ("updated_since=2026-01-01T00:00:00%2B08:00", ["later", "first"]),
        ],
    )
    def test_is_narrowed(self, program, danas_loan, dana, query, found):
        theirs = factories.borrower("Brook", source="partner:dana", external_id="C-7")
        later = factories.running_loan(
            theirs, brought_by=dana, product="sme", principal=20_000_00, starts_on=date(2026, 2, 20), count=12
        )
        names = {danas_loan.number: "first", later.number: "later"}

        assert [names[row["id"]] for row in program.get(f"loans?{query}").json()["results"]] == found

    def test_tells_what_something_was_booked_on_since(self, program, danas_loan, amina, dana):
        factories.approved_loan(amina, brought_by=dana)
        Loan.objects.update(created_at=datetime(2026, 1, 1, tzinfo=LENDER_ZONE))

        answer = program.get("loans?updated_since=2026-01-02T00:00:00%2B08:00").json()

        assert [row["id"] for row in answer["results"]] == [danas_loan.number]

    def test_reads_those_that_are_named_and_no_other_partners(self, program, danas_loan, brook, amina, dana):
        eves = factories.running_loan(brook, brought_by=factories.partner("Eve"))
        factories.running_loan(amina, brought_by=dana)

        answer = program.get(f"loans?ids={danas_loan.number},{eves.number},DS00000000000,{danas_loan.number}").json()

        assert [row["id"] for row in answer["results"]] == [danas_loan.number]
        assert answer["next_cursor"] is None

    def test_reads_two_hundred_that_are_named_on_one_page(self, program, amina, dana):
        numbers = [factories.approved_loan(amina, brought_by=dana).number for _ in range(52)]

        assert len(program.get(f"loans?ids={','.join(numbers)}").json()["results"]) == 52
        assert len(program.get(f"loans?ids={','.join(numbers)}&limit=2").json()["results"]) == 2

    @pytest.mark.parametrize(
        ("query", "code", "field"),
        [
            ("status=LATE", "invalid_choice", "status"),
            ("limit=0", "invalid_input", "limit"),
            ("limit=201", "invalid_input", "limit"),
            ("limit=many", "invalid_input", "limit"),
            ("cursor=guessed", "invalid_cursor", "cursor"),
            ("cursor=%E6%A0%91", "invalid_cursor", "cursor"),
            (f"cursor={'x' * 201}", "too_long", "cursor"),
            ("cursor=%00", "invalid_input", "cursor"),
            ("stauts=ACTIVE", "unknown_field", "stauts"),
            ("starts_from=2026-02-30", "invalid_date", "starts_from"),
            ("updated_since=yesterday", "invalid_input", "updated_since"),
            ("ids=", "invalid_input", "ids"),
            ("ids=A,,B", "invalid_input", "ids"),
            (f"ids={'x' * 81}", "invalid_input", "ids"),
            ("ids=" + ",".join(map(str, range(201))), "invalid_input", "ids"),
        ],
    )
    def test_refuses_a_wrong_parameter(self, program, query, code, field):
        assert_problem(program.get(f"loans?{query}"), 422, code, field)


class TestGetSchedule:
    def test_shows_what_is_due_and_what_is_paid(self, program, danas_loan):
        factories.pay(danas_loan, 1200_00, date(2026, 2, 15))

        answer = program.get(f"loans/{danas_loan.number}/schedule").json()

        assert {name: answer[name] for name in answer if name != "installments"} == {
            "loan": danas_loan.number,
            "version": 1,
            "versions": [1],
            "reason": "CONTRACT",
            "effective_on": "2026-01-15",
            "balance": {
                "principal": {"amount": "11079.84", "currency": "CNY"},
                "penalty": {"amount": "0.00", "currency": "CNY"},
                "credit": {"amount": "0.00", "currency": "CNY"},
            },
        }
        assert len(answer["installments"]) == 12
        assert answer["installments"][0] == {
            "number": 1,
            "due_on": "2026-02-15",
            "principal": {"amount": "920.16", "currency": "CNY"},
            "interest": {"amount": "180.00", "currency": "CNY"},
            "fee": {"amount": "0.00", "currency": "CNY"},
            "total": {"amount": "1100.16", "currency": "CNY"},
            "paid": {"amount": "1100.16", "currency": "CNY"},
            "waived": {"amount": "0.00", "currency": "CNY"},
            "unpaid": {"amount": "0.00", "currency": "CNY"},
            "status": "PAID",
        }

    def test_shows_an_earlier_version(self, program, danas_loan):
        on = date(2026, 2, 1)
        extend_loan(loan_id=danas_loan.pk, months=1, granted_on=on, today=on, reason="illness", actor="user:test")

        now = program.get(f"loans/{danas_loan.number}/schedule").json()
        before = program.get(f"loans/{danas_loan.number}/schedule?version=1").json()

        assert (now["version"], now["versions"], now["reason"]) == (2, [1, 2], "EXTENSION")
        assert (before["version"], before["reason"]) == (1, "CONTRACT")
        assert now["installments"][0]["due_on"] == "2026-03-15"
        assert before["installments"][0]["due_on"] == "2026-02-15"

    def test_needs_the_same_queries_for_any_length(self, program, danas_loan, amina, dana):
        longer = factories.running_loan(amina, brought_by=dana, count=24)

        for_twelve = queries_of(lambda: program.get(f"loans/{danas_loan.number}/schedule"))

        assert queries_of(lambda: program.get(f"loans/{longer.number}/schedule")) == for_twelve

    def test_of_another_partner_is_not_found(self, danas_loan):
        eve = program_of(factories.partner("Eve"))

        assert_problem(eve.get(f"loans/{danas_loan.number}/schedule"), 404, "loan_not_found", "loan")

    @pytest.mark.parametrize("number", ["DS20260000000", "%00", "x" * 300, "1"])
    def test_of_an_unknown_loan_is_not_found(self, program, number):
        assert_problem(program.get(f"loans/{number}/schedule"), 404, "loan_not_found", "loan")

    def test_before_the_payout_is_not_found(self, program, amina, dana):
        waiting = factories.approved_loan(amina, brought_by=dana)

        assert_problem(program.get(f"loans/{waiting.number}/schedule"), 404, "schedule_not_found", "loan")

    @pytest.mark.parametrize(
        ("version", "status", "code"),
        [("2", 404, "schedule_not_found"), ("0", 422, "invalid_input"), ("x", 422, "invalid_input")],
    )
    def test_refuses_a_version_that_is_none(self, program, danas_loan, version, status, code):
        answer = program.get(f"loans/{danas_loan.number}/schedule?version={version}")

        assert_problem(answer, status, code, "version")

    def test_of_a_withdrawn_partner_is_not_shown(self, program, danas_loan, dana):
        dana.is_active = False
        dana.save()

        assert Loan.objects.visible_to(dana.user).exists() is False
        assert_problem(program.get(f"loans/{danas_loan.number}/schedule"), 403, "partner_inactive", None)


class TestQueriesThatCannotBe:
    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("loans?ids=%00", "ids"),
            ("borrowers?ids=a%00b", "ids"),
            ("loans?updated_since=0001-01-01T00:00:00Z", "updated_since"),
            ("loans?updated_since=9999-12-31T23:59:59-12:00", "updated_since"),
        ],
    )
    def test_are_refused(self, program, rules, query, field):
        assert_problem(program.get(query), 422, "invalid_input", field)
