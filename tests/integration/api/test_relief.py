"""A partner states the month of a borrower and asks for relief with their consent; only the borrower accepts."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oauth2_provider.models import Application as ApiClient

from collections_mgmt.models import Budget, IncomeObservation, OfferSet, ReliefLink
from collections_mgmt.selectors.relief_of_partner import PURPOSE, about_partner, is_agreed
from collections_mgmt.services.relief.end_offers import decline_offers
from collections_mgmt.services.relief.make_offers import make_offers
from collections_mgmt.services.relief.open_link import open_link
from collections_mgmt.services.relief.state_budget import state_budget
from dashu.api.models import StoredAnswer
from dashu.consents.models import ConsentEntry
from dashu.consents.selectors import latest_texts
from dashu.consents.services.ledger import withdraw_consent
from dashu.users.models import Borrower
from loans.models import Loan
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of
from tests.integration.collections_mgmt.relief_cases import TODAY, accepted, noon
from tests.integration.collections_mgmt.warning_cases import agree

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("policy_packs")]

NOW = noon(TODAY)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr("collections_mgmt.api.relief.lender_now", lambda: NOW)
    monkeypatch.setattr("collections_mgmt.api.relief.lender_today", lambda: TODAY)


@pytest.fixture
def amina(db: None):
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def loan(danas_loan) -> Loan:
    """1,100.16 a month, of which the first was paid on its day."""
    factories.pay(danas_loan, 1_100_16, date(2026, 2, 15))
    return danas_loan


@pytest.fixture
def consent() -> dict[str, Any]:
    text = latest_texts([PURPOSE])[0]
    # The text is older than the day on which these tests play; what keeps texts as they are is set aside for that.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE consents_consenttext SET loaded_at = '2026-01-01' WHERE id = %s", [text.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    return {"text": text.pk, "language": "zh-hans", "given_at": "2026-03-01T11:58:00+08:00"}


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def month(**more: Any) -> dict[str, Any]:
    """What is left of 5,000 yuan a month: 900 for the loan."""
    return {
        "household": 1,
        "income": {"SALARY": yuan("5000.00")},
        "expenses": {"HOUSING": yuan("2000.00"), "FOOD": yuan("1200.00")},
        "debts": {"CARD": yuan("400.00")},
        "cause": "INCOME",
        **more,
    }


def state(program, loan, *, key="b1", **more: Any):
    return program.post(f"loans/{loan.number}/budget", month(**more), **{"Idempotency-Key": key})


def ask(program, loan, body=None, *, key="r1"):
    return program.post(f"loans/{loan.number}/relief-requests", body or {}, **{"Idempotency-Key": key})


def taken_back(loan: Loan) -> None:
    withdraw_consent(
        borrower_id=loan.borrower_id,
        purpose=PURPOSE,
        about=about_partner(loan.partner),
        now=NOW,
        actor="user:1",
    )


class TestForm:
    def test_has_the_text_and_the_codes(self, program):
        form = program.get("relief-form").json()

        assert form["consent_text"]["id"] == latest_texts([PURPOSE])[0].pk
        assert set(form["consent_text"]["text"]) == {"en", "zh-Hans", "zh-Hant"}
        assert {"code": "FOOD", "name": "Food"} in form["categories"]
        assert "INCOME" in [cause["code"] for cause in form["causes"]]


class TestBudget:
    def test_is_kept_with_the_consent(self, program, loan, consent):
        answer = state(program, loan, consent=consent)

        assert answer.status_code == 201, answer.content
        assert answer.json()["left_of_a_month"] == yuan("900.00")
        kept = Budget.objects.get()
        assert (kept.reference, kept.actor, kept.verified) == (answer.json()["id"], "partner:dana", [])
        given = ConsentEntry.objects.get()
        assert (given.kind, given.text.purpose, given.language) == ("GIVEN", PURPOSE, "zh-hans")

    def test_needs_the_consent_once(self, program, loan, consent):
        assert_problem(state(program, loan), 403, "relief_not_agreed", "consent")
        assert Budget.objects.exists() is False

        state(program, loan, key="b2", consent=consent)
        assert state(program, loan, key="b3").status_code == 201
        taken_back(loan)
        assert_problem(state(program, loan, key="b4"), 403, "relief_not_agreed", "consent")
        assert Budget.objects.count() == 2

    def test_is_not_kept_with_a_consent_from_before_it_was_taken_back(self, program, loan, consent, dana):
        state(program, loan, consent=consent)
        taken_back(loan)

        assert_problem(state(program, loan, key="b2", consent=consent), 409, "consent_taken_back", "given_at")
        assert is_agreed(loan.borrower_id, dana) is False
        assert Budget.objects.count() == 1

        anew = {**consent, "given_at": NOW.isoformat()}
        assert state(program, loan, key="b3", consent=anew).status_code == 201
        assert is_agreed(loan.borrower_id, dana) is True

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"given_at": "2026-01-20T10:00:00+08:00"}, "consent.given_at"),
            ({"given_at": "2026-03-01T12:10:00+08:00"}, "consent.given_at"),
            ({"text": 999_999}, "consent.text"),
        ],
    )
    def test_refuses_a_consent_that_nobody_can_have_given(self, program, loan, consent, change, field):
        assert_problem(state(program, loan, consent={**consent, **change}), 422, "relief_consent_invalid", field)
        assert (Budget.objects.exists(), ConsentEntry.objects.exists()) == (False, False)

    @pytest.mark.parametrize("moment", ["2026-03-01T11:58:00", "yesterday", "0001-01-01T00:00:00+14:00", 1])
    def test_refuses_a_moment_that_is_none(self, program, loan, consent, moment):
        answer = state(program, loan, consent={**consent, "given_at": moment})

        assert_problem(answer, 422, "invalid_input", "consent.given_at")
        assert ConsentEntry.objects.exists() is False

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"expenses": {"YACHT": {"amount": "1.00", "currency": "CNY"}}}, "budget_refused", "expenses.YACHT"),
            ({"income": {"a b": {"amount": "1.00", "currency": "CNY"}}}, "invalid_input", "income"),
            ({"income": {"A": {"amount": "1.00", "currency": "USD"}}}, "currency_mismatch", "amount"),
            ({"words": {"FOOD\0": "x"}}, "invalid_input", "words"),
            ({"income": []}, "invalid_input", "income"),
            ({"household": 0}, "invalid_input", "household"),
            ({"cause": "BOREDOM"}, "invalid_choice", "cause"),
            ({"income_later": {"amount": "1.00", "currency": "CNY"}}, "budget_refused", "income_later_minor"),
            ({"name": "Amina"}, "unknown_field", "name"),
        ],
    )
    def test_refuses_figures_that_cannot_be(self, program, loan, consent, change, code, field):
        assert_problem(state(program, loan, consent=consent, **change), 422, code, field)
        assert (Budget.objects.exists(), ConsentEntry.objects.exists()) == (False, False)

    def test_of_another_partners_loan_is_of_none(self, loan, consent):
        eve = program_of(factories.partner("Eve"))

        assert_problem(state(eve, loan, consent=consent), 404, "loan_not_found", "loan")
        assert ConsentEntry.objects.exists() is False


class TestAsking:
    def test_offers_what_the_borrower_would_have_been_offered(self, program, loan, consent):
        budget = state(program, loan, consent=consent).json()["id"]

        answer = ask(program, loan)

        assert answer.status_code == 201, answer.content
        shown = answer.json()
        offered = OfferSet.objects.get()
        assert (shown["outcome"], shown["budget"], shown["offers"]["id"]) == ("OFFERED", budget, offered.reference)
        assert (offered.source, offered.actor, offered.budget.reference) == ("ASKED", "partner:dana", budget)
        ways = shown["offers"]["ways"]
        assert 1 <= len(ways) <= 3
        assert all(float(way["figures"]["highest"]["amount"]) <= 900 for way in ways)
        assert ways[0]["affordability"]["before"]["fits"] is False
        assert ways[0]["affordability"]["after"]["fits"] is True
        assert ways[0]["schedule"][0]["due_on"] == ways[0]["figures"]["first_due_on"]
        assert "settlement" in [one["method"] for one in shown["not_offered"]]
        assert shown["offers"]["accept_at"].endswith(f"/plans/offers/{offered.reference}/")
        assert program.get(f"restructuring-offers/{offered.reference}").json() == shown["offers"]

    def test_says_where_nothing_fits_and_keeps_the_answer(self, program, loan, consent):
        state(program, loan, consent=consent)
        ask(program, loan)
        state(program, loan, key="b2", income={"SALARY": yuan("3000.00")})

        answer = ask(program, loan, key="r2")

        assert (answer.status_code, answer.json()["outcome"], answer.json()["offers"]) == (
            201,
            "NOTHING_TO_OFFER",
            None,
        )
        assert {one["reason"] for one in answer.json()["not_offered"]} == {"no_surplus"}
        assert OfferSet.objects.get().status == "TAKEN_BACK"
        assert StoredAnswer.objects.count() == 4

    def test_needs_the_consent_and_a_budget_of_this_partner(self, program, loan, consent):
        assert_problem(ask(program, loan), 403, "relief_not_agreed", "consent")
        own = state_budget(
            borrower_id=loan.borrower_id,
            currency="CNY",
            household=1,
            income={"SALARY": 5_000_00},
            expenses={},
            debts={},
            cause="INCOME",
            now=NOW,
            actor="user:1",
        )
        state(program, loan, consent=consent)

        assert_problem(ask(program, loan, {"budget": own.reference}), 404, "budget_not_found", "budget")
        assert OfferSet.objects.exists() is False

    def test_needs_the_scope_to_write(self, dana, loan):
        program = program_of(dana, scope="relief:read")

        for answer in (ask(program, loan), state(program, loan)):
            assert_problem(answer, 403, "insufficient_scope", None)


class TestOffers:
    def test_that_others_asked_for_say_nothing_of_the_month(self, program, loan, consent):
        own = state_budget(
            borrower_id=loan.borrower_id,
            currency="CNY",
            household=1,
            income={"SALARY": 5_000_00},
            expenses={"HOUSING": 2_000_00, "FOOD": 1_200_00},
            debts={"CARD": 400_00},
            cause="INCOME",
            now=NOW,
            actor="user:1",
        )
        make_offers(loan_id=loan.pk, source="ASKED", budget_id=own.pk, now=NOW, actor="user:1")

        [shown] = program.get(f"loans/{loan.number}/restructuring-offers").json()["results"]

        assert (shown["budget"], {way["affordability"] for way in shown["ways"]}) == (None, {None})
        assert OfferSet.objects.get().not_offered
        assert (shown["source"], shown["not_offered"]) == (None, [])

    def test_say_nothing_of_the_month_once_the_consent_is_taken_back(self, program, loan, consent):
        state(program, loan, consent=consent)
        number = ask(program, loan).json()["offers"]["id"]
        taken_back(loan)

        shown = program.get(f"restructuring-offers/{number}").json()

        assert (shown["budget"], {way["affordability"] for way in shown["ways"]}) == (None, {None})
        assert OfferSet.objects.get().not_offered
        assert (shown["source"], shown["not_offered"]) == (None, [])

    def test_are_not_told_again_by_a_key_once_the_consent_is_taken_back(self, program, loan, consent):
        told = [state(program, loan, consent=consent), ask(program, loan)]
        again = [state(program, loan, consent=consent), ask(program, loan)]
        taken_back(loan)

        answers = [state(program, loan, consent=consent), ask(program, loan)]

        assert [answer.json() for answer in again] == [answer.json() for answer in told]
        for answer in answers:
            assert_problem(answer, 403, "relief_not_agreed", "consent")
        assert (Budget.objects.count(), OfferSet.objects.count()) == (1, 1)

    def test_leave_out_ways_that_are_about_loans_of_others(self, program, loan, consent, amina):
        factories.running_loan(amina, brought_by=factories.partner("Eve"), principal=3_000_00)
        state(program, loan, consent=consent, income={"SALARY": yuan("6000.00")})

        shown = ask(program, loan).json()

        methods = [way["method"] for way in (shown["offers"] or {"ways": []})["ways"]]
        assert "consolidation" not in methods
        assert {way["loan"] for way in (shown["offers"] or {"ways": []})["ways"]} <= {loan.number}

    def test_show_the_plan_that_came_of_them_and_no_way_to_accept(self, program, loan, consent):
        state(program, loan, consent=consent)
        number = ask(program, loan).json()["offers"]["id"]
        accepted(OfferSet.objects.get().offers.get(number=1))

        shown = program.get(f"restructuring-offers/{number}").json()

        assert (shown["status"], shown["plan"]["status"], shown["accept_at"]) == ("ACCEPTED", "ACCEPTED", None)
        assert program.get("restructuring-offers?status=OPEN").json()["results"] == []
        [row] = program.get("restructuring-offers?fields=id").json()["results"]
        assert row == {"id": number}

    def test_of_another_partner_are_unknown(self, program, loan, consent):
        state(program, loan, consent=consent)
        number = ask(program, loan).json()["offers"]["id"]
        eve = program_of(factories.partner("Eve"))

        assert eve.get("restructuring-offers").json()["results"] == []
        assert_problem(eve.get(f"restructuring-offers/{number}"), 404, "relief_offer_not_found", "offer")
        assert_problem(eve.get(f"loans/{loan.number}/restructuring-offers"), 404, "loan_not_found", "loan")

    def test_need_the_same_queries_for_one_and_for_many(self, program, loan, consent):
        def queries() -> int:
            with CaptureQueriesContext(connection) as found:
                assert program.get("restructuring-offers").status_code == 200
            return len(found)

        state(program, loan, consent=consent)
        ask(program, loan)
        queries()
        for_one = queries()
        for number in range(2, 4):
            ask(program, loan, key=f"r{number}")

        assert OfferSet.objects.count() == 3
        assert queries() == for_one


class TestLinks:
    @pytest.fixture(autouse=True)
    def _now_of_links(self, monkeypatch):
        monkeypatch.setattr("collections_mgmt.api.relief_links.lender_now", lambda: NOW)

    @pytest.fixture
    def offer(self, program, loan, consent, dana) -> str:
        """Of a borrower without a login."""
        ApiClient.objects.filter(user=dana.user).update(redirect_uris="https://partner.example/")
        Borrower.objects.filter(pk=loan.borrower_id).update(user=None)
        state(program, loan, consent=consent)
        shown = ask(program, loan).json()["offers"]
        assert shown["accept_at"] is None
        return shown["id"]

    def make(self, program, offer: str, *, key: str = "l1", **more: Any):
        return program.post(f"restructuring-offers/{offer}/link", more, **{"Idempotency-Key": key})

    def test_opens_the_page_of_the_borrower(self, program, offer):
        made = self.make(program, offer, return_url="https://partner.example/done")

        assert made.status_code == 201, made.content
        link = ReliefLink.objects.get()
        assert set(made.json()) == {"id", "phone", "expires_at", "url"}
        assert (made.json()["id"], made.json()["phone"]) == (str(link.public_id), "138****0000")
        token = made.json()["url"].rstrip("/").rpartition("/")[2]
        opened = open_link(token=token, confirmation="", now=NOW)
        assert (opened.link, opened.offered.reference, opened.is_confirmed) == (link, offer, False)

    def test_sent_again_is_the_same_link_of_which_no_more_than_its_id_is_kept(self, program, offer):
        first, again = self.make(program, offer), self.make(program, offer)

        assert again.json() == first.json()
        assert ReliefLink.objects.count() == 1
        token = first.json()["url"].rstrip("/").rpartition("/")[2]
        assert token not in StoredAnswer.objects.get(key="l1").body

    def test_accepts_nothing_for_the_borrower(self, program, offer):
        self.make(program, offer)

        assert program.get(f"restructuring-offers/{offer}").json()["status"] == "OPEN"

    def test_leads_nowhere_but_to_a_registered_host(self, program, offer):
        answer = self.make(program, offer, return_url="https://evil.example/")

        assert_problem(answer, 422, "return_url_refused", "return_url")
        assert ReliefLink.objects.exists() is False

    def test_is_refused_where_there_is_nothing_to_answer_or_too_often(self, program, offer):
        for number in range(10):
            assert self.make(program, offer, key=f"m{number}").status_code == 201
        assert_problem(self.make(program, offer, key="n"), 429, "relief_links_used_up", None)

        decline_offers(set_id=OfferSet.objects.get().pk, now=NOW, actor="user:1")
        assert_problem(self.make(program, offer, key="o"), 409, "relief_offer_not_open", None)

    def test_needs_a_phone_and_the_scope_and_an_offer_of_its_own(self, program, offer, loan, dana):
        eve = program_of(factories.partner("Eve"))
        assert_problem(self.make(eve, offer), 404, "relief_offer_not_found", "offer")

        Borrower.objects.filter(pk=loan.borrower_id).update(phone="")
        assert_problem(self.make(program, offer, key="l2"), 409, "identity_missing", "phone")
        reader = program_of(dana, scope="relief:read")
        assert_problem(self.make(reader, offer, key="l3"), 403, "insufficient_scope", None)
        assert ReliefLink.objects.exists() is False


class TestIncomes:
    BODY = {"amount": {"amount": "5000.00", "currency": "CNY"}, "credited_on": "2026-03-10", "reference": "s/3"}

    @pytest.fixture(autouse=True)
    def _today(self, monkeypatch):
        monkeypatch.setattr("collections_mgmt.api.incomes.lender_today", lambda: date(2026, 3, 11))

    def tell(self, program, loan, *, key="i1", **more: Any):
        return program.post(f"loans/{loan.number}/incomes", {**self.BODY, **more}, **{"Idempotency-Key": key})

    def test_are_kept_once_with_the_consent(self, program, loan):
        agree(loan.borrower, "CASH_FLOW_WATCH")

        told = self.tell(program, loan)
        again = self.tell(program, loan, key="i2")

        assert (told.status_code, told.json()) == (201, {**self.BODY, "noted_on": "2026-03-11"})
        assert again.json() == told.json()
        kept = IncomeObservation.objects.get()
        assert (kept.borrower_id, kept.source, kept.reference) == (loan.borrower_id, "partner", "dana:s/3")
        assert program.get(f"loans/{loan.number}/incomes").json()["results"] == [told.json()]
        assert program.get(f"loans/{loan.number}/incomes?credited_to=2026-03-01").json()["results"] == []

    def test_are_neither_kept_nor_read_without_it(self, program, loan):
        assert_problem(self.tell(program, loan), 403, "watch_not_agreed", "borrower")
        assert_problem(program.get(f"loans/{loan.number}/incomes"), 403, "watch_not_agreed", "borrower")
        assert IncomeObservation.objects.exists() is False

    def test_are_not_told_again_by_a_key_once_the_consent_is_taken_back(self, program, loan):
        agree(loan.borrower, "CASH_FLOW_WATCH")
        told, again = self.tell(program, loan), self.tell(program, loan)
        withdraw_consent(
            borrower_id=loan.borrower_id, purpose="CASH_FLOW_WATCH", about="", now=NOW + timedelta(days=30), actor="u"
        )

        assert (told.status_code, again.json()) == (201, told.json())
        assert_problem(self.tell(program, loan), 403, "watch_not_agreed", "borrower")

    def test_are_refused_where_they_say_otherwise_than_before(self, program, loan):
        agree(loan.borrower, "CASH_FLOW_WATCH")
        self.tell(program, loan)

        answer = self.tell(program, loan, key="i2", credited_on="2026-03-09")

        assert_problem(answer, 422, "observation_refused", "reference")
        assert_problem(
            self.tell(program, loan, key="i3", credited_on="2026-04-01", reference="x"),
            422,
            "observation_refused",
            "credited_on",
        )
        assert IncomeObservation.objects.count() == 1
