"""That a loan is forborne stands where staff and its borrower look: until when, how observed, what is reported."""

from datetime import date

import pytest
from django.test import Client

from collections_mgmt.desk.page import file_page
from collections_mgmt.forborne_words import borrower_sentences, staff_line, staff_rows
from collections_mgmt.models import CaseFile, RestructuringPlan
from collections_mgmt.services.relief.withdraw_plan import withdraw_plan
from dashu.users.models import Borrower, User
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, TODAY, close, noon, plan_for


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr("dashu.portal.trouble.credit_record.lender_today", lambda: TODAY)
    monkeypatch.setattr("dashu.portal.admin.lender_today", lambda: TODAY)


@pytest.fixture
def amina(rules: None) -> Borrower:
    owner = factories.borrower("Amina", phone="13800000000", language="en")
    User.objects.filter(pk=owner.user_id).update(language="en")
    return owner


@pytest.fixture
def plan(loan: Loan) -> RestructuringPlan:
    """Accepted on 1 March, first due on 1 April: observed for 12 months from then, and on probation for 24 more."""
    return plan_for(loan)


def record(owner: Borrower) -> str:
    client = Client()
    client.force_login(User.objects.get(pk=owner.user_id))
    return " ".join(client.get("/credit-record/").content.decode().split())


def loan_page(loan: Loan) -> list[str]:
    user = factories.staff("Chidi")
    User.objects.filter(pk=user.pk).update(language="en")
    client = Client()
    client.force_login(User.objects.get(pk=user.pk), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/admin/loans/loan/{loan.pk}/change/")
    return [f"{name}: {value}" for table in page.context["tables"] if str(table.title) == "Forborne"
            for name, value in table.rows]  # fmt: skip


class TestTheLoanPage:
    def test_says_until_when_and_what_holds_meanwhile(self, loan, plan):
        assert loan_page(loan) == [
            f"plan of relief: {plan.reference} · More time to repay",
            "status: Accepted",
            "accepted on: March 1, 2026",
            "forborne: until April 1, 2029",
            "observation: from April 1, 2026 to April 1, 2027 at least; a payment that is missed begins it anew",
            "best class meanwhile: Special mention · stage 2",
            "special event in the credit record: 1",
        ]

    def test_says_nothing_of_a_loan_as_agreed(self, loan):
        assert loan_page(loan) == []

    def test_says_nothing_any_more_once_the_plan_is_taken_back(self, loan, plan):
        withdraw_plan(plan_id=plan.pk, now=noon(TODAY), actor=ACTOR)

        assert loan_page(loan) == []


class TestTheFile:
    def test_begins_with_it(self, loan):
        close(date(2026, 2, 28))
        plan = plan_for(loan)

        told = file_page(CaseFile.objects.get(), group="", after=None, now=noon(TODAY))["banners"]

        assert ("soon", staff_line(plan)) in told
        assert loan.number in staff_line(plan)


class TestTheCreditRecord:
    def test_says_in_plain_words_what_is_reported_and_until_when(self, loan, plan):
        shown = record(loan.borrower)

        assert "Since March 1, 2026 this loan is paid by a plan that you agreed with us: More time to repay." in shown
        assert "we report it once, as the special event 1" in shown
        assert "until April 1, 2027 at least, and count it as changed until April 1, 2029." in shown

    def test_says_nothing_of_a_loan_as_agreed(self, loan):
        assert "The contract was changed" not in record(loan.borrower)

    def test_says_when_the_observation_is_over(self, loan, plan):
        plan.is_observed, plan.observation_ended_on = False, date(2027, 4, 1)

        assert borrower_sentences(plan)[-1] == (
            "The loan is back in its usual class. We count it as changed until April 1, 2029, and then no more."
        )
        assert dict(staff_rows(plan))["observation"] == "ended on April 1, 2027"
        assert dict(staff_rows(plan))["probation"] == "until April 1, 2029"
