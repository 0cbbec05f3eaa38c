"""The offer builder: what a month can carry, sent as an offer; beyond the limits another person approves it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from collections_mgmt.models import Budget, CaseFile, CollectorProfile, OfferSet, RestructuringPlan, Team
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.close_day import close_date
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import Borrower, User
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.relief_cases import accepted
from tests.integration.staff.test_file_pages import signed_in

LIST = "/admin/collections_mgmt/offerset/"
MONTH = {
    "household": "1",
    "income.SALARY": "5,000.00",
    "expenses.HOUSING": "1,800",
    "expenses.FOOD": "1,200",
    "expenses.OTHER": "200",
    "debts.CARDS": "400",
    "cause": "INCOME",
    "lasts": "LONGER",
}


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def loan(amina: Borrower) -> Loan:
    """1,100.16 a month; the second payment is 19 days away, the first was paid."""
    today = lender_today()
    made = factories.running_loan(amina, starts_on=today - timedelta(days=40))
    first = made.installments.get(number=1, is_current=True).due_on
    factories.pay(made, 1_100_16, first, today=today)
    return made


@pytest.fixture
def sun(rules: None) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def desk(sun: User) -> Client:
    return signed_in(sun)


def builder(loan: Loan) -> str:
    return f"{LIST}build/{loan.pk}/"


def told(client: Client, loan: Loan, **changed: str) -> Any:
    return client.post(f"{builder(loan)}budget/", {**MONTH, **changed})


class TestABudgetByPhone:
    def test_is_kept_as_it_was_told(self, desk, loan):
        answer = told(desk, loan)

        assert answer.url == builder(loan)
        kept = Budget.objects.get()
        assert (kept.income, kept.debts) == ({"SALARY": 5_000_00}, {"CARDS": 400_00})
        assert kept.surplus_minor == 5_000_00 - 3_200_00 - 400_00 - 500_00

    def test_asks_once_what_an_unusual_amount_is_for_and_refuses_nobody(self, desk, loan):
        answer = told(desk, loan, **{"expenses.FOOD": "1,500"})

        assert "A word would help." in answer.content.decode()
        assert not Budget.objects.exists()

        told(desk, loan, **{"expenses.FOOD": "1,500", "words.FOOD": "A diet", "asked": "1"})

        assert Budget.objects.get().words == {"FOOD": "A diet"}

    def test_says_which_amount_cannot_be(self, desk, loan):
        answer = told(desk, loan, **{"income.SALARY": "-1"})

        assert "income.SALARY" in answer.context["form"].errors
        assert not Budget.objects.exists()


class TestWhatFits:
    def test_is_shown_with_why_not_the_others_and_sent_to_the_borrower(self, desk, loan):
        told(desk, loan)
        page = desk.get(builder(loan)).content.decode()
        assert "More time to repay · recommended" in page
        assert "There is no other loan here that it could be joined with." in page

        answer = desk.post(builder(loan), {"step": "propose"})

        offered = OfferSet.objects.get()
        assert answer.url == f"{LIST}{offered.pk}/change/"
        assert (offered.source, offered.status) == ("STAFF", "OPEN")
        assert not RestructuringPlan.objects.exists()

    def test_needs_a_month_first(self, desk, loan):
        page = desk.get(builder(loan)).content.decode()
        answer = desk.post(builder(loan), {"step": "propose"})

        assert "Nothing is known of this month yet." in page
        assert answer.status_code == 200
        assert not OfferSet.objects.exists()

    def test_is_accepted_by_the_borrower_and_nobody_else(self, desk, loan):
        told(desk, loan)
        desk.post(builder(loan), {"step": "propose"})

        plan = accepted(OfferSet.objects.get().offers.order_by("number").first(), on=lender_today())

        assert plan.loan == loan


class TestAnotherWay:
    def test_shows_what_it_means_while_it_is_chosen(self, desk, loan):
        told(desk, loan)

        answer = desk.get(builder(loan), {"method": "term_extension", "count": "24"}, headers={"HX-Request": "true"})

        text = answer.content.decode()
        assert "Within the limits." in text
        assert "<html" not in text
        assert not OfferSet.objects.exists()

    def test_stands_beside_what_the_engine_finds(self, desk, loan):
        told(desk, loan)

        desk.post(builder(loan), {"step": "offer", "method": "term_extension", "count": "20"})

        ways = list(OfferSet.objects.get().offers.order_by("number"))
        assert (ways[0].method, ways[0].is_recommended, ways[0].relief["count"]) == ("term_extension", True, 20)
        assert [way.is_recommended for way in ways[1:]] == [False] * (len(ways) - 1)

    def test_that_a_month_cannot_carry_is_offered_by_nobody(self, desk, loan):
        told(desk, loan)

        shown = desk.get(builder(loan), {"method": "term_extension", "count": "12"}).content.decode()
        for step in ("offer", "ask"):
            desk.post(builder(loan), {"step": step, "method": "term_extension", "count": "12", **ASK})

        assert "This cannot be offered." in shown
        assert not OfferSet.objects.exists()
        assert not ApprovalRequest.objects.exists()

    def test_outside_the_limits_waits_for_another_person(self, desk, loan, sun):
        told(desk, loan)
        way = {"method": "rate_cut", "annual_rate": "11", "count": "24"}

        shown = desk.get(builder(loan), way).content.decode()
        desk.post(builder(loan), {"step": "offer", **way})
        assert not OfferSet.objects.exists()
        desk.post(builder(loan), {"step": "ask", **way, **ASK})

        assert "Outside the limits." in shown
        asked = ApprovalRequest.objects.get()
        assert (asked.kind, asked.status) == ("relief.outside", "PENDING")
        assert not OfferSet.objects.exists()
        approve(request_id=asked.pk, user=factories.staff("Ada", User.Role.ADMIN), today=lender_today())
        assert OfferSet.objects.get().offers.get().relief["annual_rate"] == "0.11"


ASK = {"reason": "They lost work", "key": "6f0d5a52-2f7e-4b43-9f0e-3d1f0a1f2b11"}


class TestARequestForHelp:
    @pytest.fixture
    def asked(self, loan):
        return ask_for_help(
            borrower_id=loan.borrower_id,
            loan_ids=[loan.pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=None,
            words="",
            now=lender_now(),
            actor="user:1",
        )

    def test_is_answered_by_the_offer(self, desk, loan, asked):
        told(desk, loan)
        address = f"{builder(loan)}?request={asked.pk}"
        assert "a person answers by" in desk.get(address).content.decode()

        desk.post(address, {"step": "propose", "words": "We found two ways. Look at them in peace."})

        asked.refresh_from_db()
        offered = OfferSet.objects.get()
        assert (asked.outcome, asked.answer) == ("PLAN", "We found two ways. Look at them in peace.")
        assert offered.request == asked

    def test_is_not_answered_without_words(self, desk, loan, asked):
        told(desk, loan)

        desk.post(f"{builder(loan)}?request={asked.pk}", {"step": "propose", "words": ""})

        asked.refresh_from_db()
        assert asked.is_open
        assert not OfferSet.objects.exists()

    def test_leads_to_the_builder(self, desk, loan, asked):
        page = desk.get(f"/admin/collections_mgmt/hardshiprequest/{asked.pk}/change/").content.decode()

        assert f"{builder(loan)}?request={asked.pk}" in page


class TestWhoMayOffer:
    @pytest.fixture
    def chidi(self, rules) -> User:
        user = factories.staff("Chidi")
        team = Team.objects.create(code="early", name="Early")
        CollectorProfile.objects.create(user=user, team=team, languages=["zh-hans", "en"])
        return user

    def test_a_collector_finds_the_loans_of_their_files_only(self, chidi, loan):
        today = lender_today()
        brook = factories.running_loan(factories.borrower("Brook"), starts_on=today - timedelta(days=50))
        close_date(business_date=today - timedelta(days=1), today=today)
        CaseFile.objects.filter(borrower=brook.borrower).update(
            state="HELD", holder=chidi, held_until=lender_now() + timedelta(hours=1)
        )
        client = signed_in(chidi)

        assert client.get(builder(brook)).status_code == 200
        assert client.get(builder(loan)).status_code == 404
        assert client.post(builder(loan), {"step": "propose"}).status_code == 404
        file = CaseFile.objects.get(borrower=brook.borrower)
        assert builder(brook) in client.get(f"/admin/collections_mgmt/casefile/{file.pk}/change/").content.decode()

    def test_a_collector_finds_offers_and_plans_of_their_files_only(self, chidi, desk, loan):
        told(desk, loan)
        desk.post(builder(loan), {"step": "propose"})
        offered = OfferSet.objects.get()
        client = signed_in(chidi)

        assert offered.reference not in client.get(LIST).content.decode()
        assert client.get(f"{LIST}{offered.pk}/change/").status_code == 404
        assert client.post(f"{LIST}{offered.pk}/take-back/", {"reason": "x"}).status_code == 404
        offered.refresh_from_db()
        assert offered.is_open

    def test_a_collector_finds_the_loans_of_requests_in_their_hands(self, chidi, loan):
        asked = ask_for_help(
            borrower_id=loan.borrower_id,
            loan_ids=[loan.pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=None,
            words="",
            now=lender_now(),
            actor="user:1",
        )
        client = signed_in(chidi)
        assert client.get(builder(loan)).status_code == 404

        client.post(f"/admin/collections_mgmt/hardshiprequest/{asked.pk}/take/")

        assert client.get(f"{builder(loan)}?request={asked.pk}").status_code == 200

    def test_others_do_not(self, rules, loan):
        client = signed_in(factories.staff("Helen", User.Role.ACCOUNTANT))

        assert client.get(builder(loan)).status_code == 403
        assert client.post(f"{builder(loan)}budget/", MONTH).status_code == 403
        assert not Budget.objects.exists()


class TestLists:
    def test_show_offers_with_the_days_left_and_end_them_with_a_reason(self, desk, loan):
        told(desk, loan)
        desk.post(builder(loan), {"step": "propose"})
        offered = OfferSet.objects.get()

        assert offered.reference in desk.get(LIST).content.decode()
        page = desk.get(f"{LIST}{offered.pk}/change/").content.decode()
        assert "not offered, and why" in page.lower()
        desk.post(f"{LIST}{offered.pk}/take-back/", {"reason": "They asked for something else"})

        offered.refresh_from_db()
        assert offered.status == "TAKEN_BACK"
        assert offered.reference not in desk.get(LIST).content.decode()
        assert offered.reference in desk.get(f"{LIST}?state=all").content.decode()

    def test_show_plans_with_their_next_clock(self, desk, loan):
        told(desk, loan)
        desk.post(builder(loan), {"step": "propose"})
        plan = accepted(OfferSet.objects.get().offers.order_by("number").first(), on=lender_today())
        plans = "/admin/collections_mgmt/restructuringplan/"

        text = desk.get(plans).content.decode()
        page = desk.get(f"{plans}{plan.pk}/change/").content.decode()

        assert plan.reference in text
        assert "can be taken back until" in text
        assert "counts as forborne" in page
        desk.post(f"{plans}{plan.pk}/withdraw/")
        plan.refresh_from_db()
        assert plan.status == "WITHDRAWN"

    @pytest.mark.parametrize("plans", [False, True])
    def test_cost_no_more_queries_for_more_rows(self, desk, rules, plans):
        address = "/admin/collections_mgmt/restructuringplan/" if plans else LIST
        counts = []
        for name in ("Brook", "Dana"):
            owner = factories.borrower(name, phone="13800000000")
            made = factories.running_loan(owner, starts_on=lender_today() - timedelta(days=20))
            told(desk, made)
            desk.post(builder(made), {"step": "propose"})
            if plans:
                first = OfferSet.objects.get(borrower=owner).offers.order_by("number").first()
                accepted(first, on=lender_today())
            desk.get(address)
            with CaptureQueriesContext(connection) as queries:
                desk.get(address)
            counts.append(len(queries))

        assert OfferSet.objects.count() == 2
        assert counts[0] == counts[1]
