"""The book of a partner's loans on a past day: its loans and nobody else's, page by page, and its totals."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collections_mgmt.services.close_day import close_date
from dashu.kernel.dates import lender_today
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = pytest.mark.django_db

DAY = "2026-03-18"


def closed(day: str = DAY) -> None:
    on = date.fromisoformat(day)
    close_date(business_date=on, today=on + timedelta(days=1))


def numbers(answer) -> list[str]:
    return [row["loan"] for row in answer.json()["results"]]


class TestBook:
    def test_says_of_each_loan_what_its_own_position_says(self, program, danas_loan):
        closed()

        book = program.get(f"book?as_of={DAY}").json()

        position = program.get(f"loans/{danas_loan.number}/position?as_of={DAY}").json()
        (row,) = book["results"]
        assert (book["as_of"], book["known_on"], book["next_cursor"]) == (DAY, None, None)
        assert {name: row[name] for name in position if name not in ("as_of", "known_on")} == {
            name: value for name, value in position.items() if name not in ("as_of", "known_on")
        }
        assert (row["product"], row["oldest_due_on"], row["days_past_due"]) == ("consumer", "2026-02-15", 31)

    def test_shows_nothing_of_another_partner(self, program, danas_loan, loan, brook):
        eve = factories.partner("Eve")
        eves = factories.running_loan(brook, brought_by=eve)

        assert numbers(program.get(f"book?as_of={DAY}")) == [danas_loan.number]
        assert numbers(program_of(eve).get(f"book?as_of={DAY}")) == [eves.number]
        (totals,) = program.get(f"book/totals?as_of={DAY}").json()["totals"]
        assert (totals["sums"]["loans"], totals["sums"]["principal"]["amount"]) == (1, "12000.00")

    def test_cursor_of_another_partner_opens_nothing_of_theirs(self, program, brook, amina, dana):
        eve = factories.partner("Eve")
        mine = []
        for _number in range(3):
            factories.running_loan(brook, brought_by=eve)
            mine.append(factories.running_loan(amina, brought_by=dana).number)
        cursor = program_of(eve).get(f"book?as_of={DAY}&limit=2").json()["next_cursor"]

        assert numbers(program.get(f"book?as_of={DAY}&cursor={cursor}")) == mine[1:]

    def test_pages_tell_of_one_book_while_payments_are_booked(self, program, amina, dana):
        loans = [factories.running_loan(amina, brought_by=dana) for _number in range(3)]

        first = program.get(f"book?as_of={DAY}&limit=2").json()
        for loan in loans:
            factories.pay(loan, 1100_16, date(2026, 2, 15), today=date(2026, 3, 19))
        factories.running_loan(amina, brought_by=dana)
        second = program.get(f"book?as_of={DAY}&limit=2&cursor={first['next_cursor']}").json()

        rows = [*first["results"], *second["results"]]
        assert [row["loan"] for row in rows] == [loan.number for loan in loans]
        assert {row["days_past_due"] for row in rows} == {31}
        assert second["next_cursor"] is None
        assert {row["days_past_due"] for row in program.get(f"book?as_of={DAY}").json()["results"]} == {3, 31}

    def test_tells_what_was_known_on_a_day(self, program, danas_loan):
        yesterday = lender_today() - timedelta(days=1)

        answer = program.get(f"book?as_of={DAY}&known_on={yesterday}")

        assert numbers(answer) == []  # the loan was recorded today
        assert numbers(program.get(f"book?as_of={DAY}&known_on={lender_today()}")) == [danas_loan.number]

    def test_is_picked_by_product_status_bucket_and_classification(self, program, danas_loan, amina, dana):
        sme = factories.running_loan(amina, brought_by=dana, product="sme", principal=20_000_00)
        factories.pay(sme, 20_000_00, date(2026, 3, 10))

        assert numbers(program.get(f"book?as_of={DAY}&product=sme")) == [sme.number]
        assert numbers(program.get(f"book?as_of={DAY}&bucket=M2&status=ACTIVE")) == [danas_loan.number]
        assert numbers(program.get(f"book?as_of={DAY}&classification=LOSS")) == []

    def test_needs_the_same_queries_for_one_loan_and_for_many(self, program, danas_loan, amina, dana):
        def queries() -> int:
            with CaptureQueriesContext(connection) as found:
                assert program.get(f"book?as_of={DAY}").status_code == 200
            return len(found)

        queries()
        for_one = queries()
        for _number in range(7):
            factories.running_loan(amina, brought_by=dana)

        assert queries() == for_one

    @pytest.mark.parametrize(
        ("query", "code", "field"),
        [
            ("as_of=2199-01-01", "date_in_future", "as_of"),
            ("known_on=2199-01-01", "date_in_future", "known_on"),
            ("as_of=2026-02-30", "invalid_date", "as_of"),
            ("bucket=M99", "invalid_choice", "bucket"),
            ("status=APPROVED", "invalid_choice", "status"),
            ("product=gold", "invalid_choice", "product"),
            ("classification=x", "invalid_choice", "classification"),
            ("partner=2", "unknown_field", "partner"),
            ("cursor=made-up", "invalid_cursor", "cursor"),
            ("limit=0", "invalid_input", "limit"),
        ],
    )
    def test_refuses_what_it_cannot_answer(self, program, danas_loan, query, code, field):
        assert_problem(program.get(f"book?{query}"), 422, code, field)

    def test_takes_no_cursor_of_another_list(self, program, amina, dana):
        for _number in range(2):
            factories.running_loan(amina, brought_by=dana)
        cursor = program.get("loans?limit=1").json()["next_cursor"]

        assert_problem(program.get(f"book?cursor={cursor}"), 422, "invalid_cursor", "cursor")

    @pytest.mark.parametrize("address", ["book", "book/totals"])
    def test_needs_the_scope(self, dana, address):
        assert_problem(program_of(dana, scope="quotes").get(address), 403, "insufficient_scope", None)


class TestTotals:
    def test_add_up_and_say_what_was_learned_since(self, program, danas_loan, amina, dana):
        factories.running_loan(amina, brought_by=dana)
        closed()

        (totals,) = program.get(f"book/totals?as_of={DAY}&known_on={lender_today()}").json()["totals"]

        assert totals["sums"]["principal_over_30_days"] == {"amount": "24000.00", "currency": "CNY"}
        assert [(row["code"], row["loans"]) for row in totals["by_bucket"]] == [("M2", 2)]
        assert [row["code"] for row in totals["by_classification"]] == ["SPECIAL_MENTION"]
        assert totals["difference"]["overdue"] == {"amount": "0.00", "currency": "CNY"}
        (before,) = program.get(f"book/totals?as_of={DAY}&known_on={lender_today() - timedelta(days=1)}").json()[
            "totals"
        ]
        assert (before["sums"]["loans"], before["difference"]["loans"]) == (0, 2)
        assert before["difference"]["principal"]["amount"] == "24000.00"

    def test_refuse_a_day_that_has_not_come(self, program, danas_loan):
        assert_problem(program.get("book/totals?as_of=2199-01-01"), 422, "date_in_future", "as_of")


class TestPosition:
    def test_refuses_what_is_known_on_a_day_that_has_not_come(self, program, danas_loan):
        answer = program.get(f"loans/{danas_loan.number}/position?as_of={DAY}&known_on=2199-01-01")

        assert_problem(answer, 422, "date_in_future", "known_on")
