"""How far behind a partner's loans are, as the nightly close found it, and how that changed."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collections_mgmt.models import OverdueStatus
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.holds import place_hold
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 19)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr("collections_mgmt.api.overdue.lender_today", lambda: TODAY)


def close(*days: str) -> None:
    for day in days:
        on = date.fromisoformat(day)
        close_date(business_date=on, today=on + timedelta(days=1))


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def numbers(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["loan"] for row in answer.json()["results"]]


class TestLoan:
    def test_says_how_far_behind_it_is_and_since_when(self, program, danas_loan):
        close("2026-02-16", "2026-03-18")

        shown = program.get(f"loans/{danas_loan.number}/overdue").json()

        assert shown["loan"] == danas_loan.number
        assert (shown["as_of"], shown["days_past_due"], shown["effective_days_past_due"]) == ("2026-03-18", 31, 31)
        assert (shown["oldest_due_on"], shown["bucket"], shown["bucket_since"]) == ("2026-02-15", "M2", "2026-03-18")
        assert (shown["classification"], shown["classification_since"]) == ("SPECIAL_MENTION", "2026-02-16")
        assert shown["overdue"]["principal"] == yuan("1854.12")
        assert shown["overdue"]["interest"] == yuan("346.20")
        status = OverdueStatus.objects.get()
        assert shown["overdue"]["total"] == yuan(f"{status.total_minor / 100:.2f}")
        assert shown["contact_stopped"] is False

    def test_that_was_never_behind_is_current(self, program, danas_loan):
        close("2026-02-10")

        shown = program.get(f"loans/{danas_loan.number}/overdue").json()

        assert (shown["as_of"], shown["days_past_due"], shown["bucket"]) == ("2026-02-10", 0, "CURRENT")
        assert (shown["oldest_due_on"], shown["bucket_since"]) == (None, None)
        assert shown["overdue"]["total"] == yuan("0.00")

    def test_says_that_contact_is_stopped_and_not_why(self, program, danas_loan):
        place_hold(
            loan_id=danas_loan.pk,
            kind="HARDSHIP_REVIEW",
            starts_on=TODAY,
            ends_on=None,
            today=TODAY,
            reason="illness in the family",
            actor="user:1",
        )

        answer = program.get(f"loans/{danas_loan.number}/overdue")

        assert answer.json()["contact_stopped"] is True
        assert "illness" not in answer.content.decode()
        assert "HARDSHIP" not in answer.content.decode()

    def test_of_another_partner_is_unknown(self, danas_loan):
        eve = program_of(factories.partner("Eve"))

        for address in ("overdue", "overdue/history"):
            assert_problem(eve.get(f"loans/{danas_loan.number}/{address}"), 404, "loan_not_found", "loan")


class TestHistory:
    def test_has_each_change_newest_first_and_page_by_page(self, program, danas_loan):
        close("2026-02-16", "2026-03-18")
        address = f"loans/{danas_loan.number}/overdue/history"

        first = program.get(f"{address}?limit=1").json()
        last = program.get(f"{address}?limit=1&cursor={first['next_cursor']}").json()

        assert [(row["changed_on"], row["bucket_before"], row["bucket"]) for row in first["results"]] == [
            ("2026-03-18", "M1", "M2")
        ]
        assert [(row["changed_on"], row["days_past_due"], row["bucket"]) for row in last["results"]] == [
            ("2026-02-16", 1, "M1")
        ]
        assert last["next_cursor"] is None
        days = program.get(f"{address}?changed_to=2026-03-01&fields=changed_on").json()["results"]
        assert days == [{"changed_on": "2026-02-16"}]


class TestList:
    def test_has_the_loans_of_this_partner_that_are_behind(self, program, danas_loan, brook, amina, dana):
        factories.running_loan(brook, brought_by=factories.partner("Eve"))
        paid = factories.running_loan(amina, brought_by=dana)
        factories.pay(paid, 2200_32, date(2026, 2, 15))
        late = factories.running_loan(amina, brought_by=dana)
        factories.pay(late, 1100_16, date(2026, 2, 15))
        close("2026-03-18")

        assert numbers(program.get("overdue")) == [late.number, danas_loan.number]
        assert numbers(program.get("overdue?bucket=M2")) == [danas_loan.number]
        assert numbers(program.get("overdue?days_from=2&days_to=30")) == [late.number]
        assert numbers(program.get(f"overdue?ids={late.number},{paid.number},DS1")) == [late.number]
        first = program.get("overdue?limit=1").json()
        assert numbers(program.get(f"overdue?cursor={first['next_cursor']}")) == [danas_loan.number]
        [row] = program.get("overdue?bucket=M2").json()["results"]
        assert row == program.get(f"loans/{danas_loan.number}/overdue").json()

    def test_needs_the_same_queries_for_one_loan_and_for_many(self, program, danas_loan, amina, dana):
        def queries() -> int:
            with CaptureQueriesContext(connection) as found:
                assert program.get("overdue").status_code == 200
            return len(found)

        close("2026-03-18")
        queries()
        for_one = queries()
        for _number in range(4):
            factories.running_loan(amina, brought_by=dana)
        close("2026-03-19")

        assert len(numbers(program.get("overdue"))) == 5
        assert queries() == for_one

    @pytest.mark.parametrize(
        ("query", "code", "field"),
        [
            ("days_from=-1", "invalid_input", "days_from"),
            ("reason=x", "unknown_field", "reason"),
            ("cursor=x", "invalid_cursor", "cursor"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, program, query, code, field):
        assert_problem(program.get(f"overdue?{query}"), 422, code, field)

    def test_needs_the_scope(self, dana):
        assert_problem(program_of(dana, scope="loans:read").get("overdue"), 403, "insufficient_scope", None)
