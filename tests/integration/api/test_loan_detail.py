"""One loan in full: what was agreed, and where it stands for a payment made today."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from repayments.api import loan_examples as examples
from repayments.api import loans as views
from repayments.selectors.standings import standings_of
from repayments.services.change_rate import change_rate
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of
from tests.signers import signed

pytestmark = pytest.mark.django_db

TODAY = date(2026, 4, 1)


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(views, "lender_today", lambda: TODAY)


class TestGetLoan:
    def test_shows_terms_and_balances_as_documented(self, program, danas_loan):
        factories.pay(danas_loan, 1100_16, date(2026, 2, 15))

        shown = program.get(f"loans/{danas_loan.number}").json()

        documented = {**examples.LOAN, "id": danas_loan.number, "borrower": None, "tranche": None}
        for name in ("links", "created_at"):
            del documented[name], shown[name]
        assert shown == documented

    def test_is_what_the_borrower_is_shown(self, program, danas_loan):
        factories.pay(danas_loan, 1200_00, date(2026, 2, 15))
        standing = standings_of([danas_loan], today=TODAY)[danas_loan.pk]

        balance = program.get(f"loans/{danas_loan.number}").json()["balance"]

        assert balance["due_now"] == money(f"{standing.due_now / 100:.2f}")
        assert balance["left_to_pay"] == money(f"{standing.left_to_pay / 100:.2f}")
        assert balance["next_due"]["on"] == standing.next_due_on.isoformat()
        assert balance["days_past_due"] == standing.days_past_due == 17

    def test_counts_what_is_due_today_as_demanded_and_not_as_overdue(self, program, danas_loan, monkeypatch):
        monkeypatch.setattr(views, "lender_today", lambda: date(2026, 2, 15))

        balance = program.get(f"loans/{danas_loan.number}").json()["balance"]

        assert balance["outstanding"]["interest"] == money("180.00")
        assert balance["overdue"]["interest"] == money("0.00")
        assert (balance["due_now"], balance["days_past_due"]) == (money("1100.16"), 0)

    def test_before_the_payout_has_no_balance(self, program, amina, dana):
        waiting = factories.approved_loan(amina, brought_by=dana)

        shown = program.get(f"loans/{waiting.number}").json()

        assert (shown["status"], shown["balance"], shown["schedule_version"]) == ("APPROVED", None, None)

    def test_names_contract_and_application(self, program, amina, dana):
        contract = signed(amina)
        loan = contract.first_loan
        loan.partner = dana
        loan.save()

        shown = program.get(f"loans/{loan.number}").json()

        assert shown["tranche"] == {
            "number": 1,
            "agreed_on": loan.starts_on.isoformat(),
            "give_back_until": None,
            "ended_at": None,
            "contract": contract.number,
            "application": contract.application.reference,
        }
        assert shown["links"]["application"] == f"/api/v1/applications/{contract.application.reference}"

    def test_says_the_rate_in_force(self, program, danas_loan):
        change_rate(
            loan_id=danas_loan.pk,
            annual_rate=Decimal("0.12"),
            changed_on=date(2026, 2, 15),
            reason="Agreed",
            today=TODAY,
            actor="user:1",
        )

        shown = program.get(f"loans/{danas_loan.number}?fields=annual_rate,terms").json()

        assert (shown["annual_rate"], shown["terms"]["annual_rate_in_force"]) == ("0.180000", "0.120000")

    def test_links_lead_to_what_is_there(self, program, danas_loan):
        links = program.get(f"loans/{danas_loan.number}?fields=links").json()["links"]

        for name in ("product", "schedule", "position", "payoff_quotes", "documents"):
            assert program.get(links[name].removeprefix("/api/v1/")).status_code == 200, name
        assert links["payments"] == f"/api/v1/loans/{danas_loan.number}/payments"

    def test_needs_three_queries_for_any_length(self, program, danas_loan, amina, dana):
        longer = factories.running_loan(amina, brought_by=dana, count=36)

        for loan in (danas_loan, longer):
            with CaptureQueriesContext(connection) as queries:
                assert program.get(f"loans/{loan.number}").status_code == 200
            assert len(queries) == 3

    def test_carries_only_the_fields_asked_for(self, program, danas_loan):
        shown = program.get(f"loans/{danas_loan.number}?fields=id,status").json()

        assert shown == {"id": danas_loan.number, "status": "ACTIVE"}

    def test_of_another_partner_is_not_found(self, danas_loan):
        eve = program_of(factories.partner("Eve"))

        assert_problem(eve.get(f"loans/{danas_loan.number}"), 404, "loan_not_found", "loan")

    @pytest.mark.parametrize("number", ["DS20260000000", "%00", "x" * 300, "1"])
    def test_of_an_unknown_loan_is_not_found(self, program, number):
        assert_problem(program.get(f"loans/{number}"), 404, "loan_not_found", "loan")

    @pytest.mark.parametrize(("query", "field"), [("fields=salary", "fields"), ("as_of=2026-01-01", "as_of")])
    def test_refuses_a_wrong_parameter(self, program, danas_loan, query, field):
        assert_problem(program.get(f"loans/{danas_loan.number}?{query}"), 422, "unknown_field", field)

    def test_needs_its_scope(self, dana, danas_loan):
        answer = program_of(dana, scope="payments:write").get(f"loans/{danas_loan.number}")

        assert_problem(answer, 403, "insufficient_scope", None)
