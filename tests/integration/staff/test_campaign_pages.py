"""Campaigns of relief at the desk: written, looked at, asked for, steered."""

from datetime import timedelta

import pytest
from django.test import Client

from collections_mgmt.models import ReliefCampaign, WarningLead, WarningTrigger
from collections_mgmt.services.relief.disaster_lists import follow_lists
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import Borrower, User
from loans.models import Loan
from tests import factories
from tests.integration.staff.test_file_pages import signed_in

LIST = "/admin/collections_mgmt/reliefcampaign/"
KEY = "6f0d5a52-2f7e-4b43-9f0e-3d1f0a1f2b22"


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina")


@pytest.fixture
def loan(amina: Borrower) -> Loan:
    return factories.running_loan(amina, starts_on=lender_today() - timedelta(days=20))


@pytest.fixture
def sun(rules: None) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def desk(sun: User) -> Client:
    return signed_in(sun)


def day(later: int) -> str:
    return (lender_today() + timedelta(days=later)).isoformat()


def write(client: Client, **changed: str) -> ReliefCampaign:
    given = {"name": "Spring", "per_day": "20", "holdout": "10", "quiet_days": "30", "triggers": "PAYS_LATER"}
    client.post(f"{LIST}write/", {**given, "first_on": day(0), "last_on": day(30), **changed})
    return ReliefCampaign.objects.get()


class TestACampaign:
    def test_is_written_shown_with_whom_it_reaches_and_asked_for(self, desk, loan, amina):
        WarningLead.objects.create(borrower=amina, opened_on=lender_today())
        WarningTrigger.objects.create(
            borrower=amina, kind="PAYS_LATER", fired_on=lender_today(), ends_on=lender_today(), is_strong=False
        )
        campaign = write(desk)

        page = desk.get(f"{LIST}{campaign.pk}/change/").content.decode()
        desk.post(f"{LIST}{campaign.pk}/ask/", {"reason": "Spring", "key": KEY})

        assert "people it reaches" in page.lower()
        assert "10%" in page
        asked = ApprovalRequest.objects.get()
        assert (asked.kind, asked.status) == ("relief.campaign", "PENDING")
        assert "It waits for another person" in desk.get(f"{LIST}{campaign.pk}/change/").content.decode()
        assert desk.get(f"/admin/approvals/approvalrequest/{asked.pk}/change/").status_code == 200

    def test_keeps_what_was_typed_where_a_rule_stands_against_it(self, desk, rules):
        answer = desk.post(
            f"{LIST}write/",
            {
                "name": "Spring",
                "per_day": "20",
                "holdout": "60",
                "quiet_days": "30",
                "first_on": day(0),
                "last_on": day(30),
            },
        )

        assert "At most 30% may be left out" in answer.content.decode()
        assert not ReliefCampaign.objects.exists()

    def test_is_paused_goes_on_and_is_stopped(self, desk, rules):
        campaign = write(desk)
        ReliefCampaign.objects.update(status="RUNNING")
        address = f"{LIST}{campaign.pk}"

        desk.post(f"{address}/pause/", {"reason": "Too many calls"})
        assert ReliefCampaign.objects.get().status == "PAUSED"
        desk.post(f"{address}/resume/")
        assert ReliefCampaign.objects.get().status == "RUNNING"
        desk.post(f"{address}/stop/", {"reason": "Enough"})

        assert (ReliefCampaign.objects.get().status, ReliefCampaign.objects.get().reason) == ("STOPPED", "Enough")

    def test_can_be_changed_while_it_is_a_draft(self, desk, rules):
        campaign = write(desk)

        page = desk.get(f"{LIST}{campaign.pk}/edit/").content.decode()
        desk.post(
            f"{LIST}{campaign.pk}/edit/",
            {
                "name": "Summer",
                "per_day": "5",
                "holdout": "0",
                "quiet_days": "40",
                "first_on": day(1),
                "last_on": day(9),
            },
        )

        assert 'value="Spring"' in page
        campaign.refresh_from_db()
        assert (campaign.name, campaign.per_day, campaign.holdout_bps) == ("Summer", 5, 0)


class TestADisasterList:
    def test_takes_numbers_of_a_form_and_one_relief(self, desk, loan, sun):
        page = desk.get(f"{LIST}list/?method=payment_holiday")
        assert page.status_code == 200

        answer = desk.post(
            f"{LIST}list/",
            {
                "name": "Flood",
                "last_on": day(14),
                "numbers": f"{loan.number};Amina\n",
                "method": "payment_holiday",
                "months": "2",
                "interest": "parked",
            },
        )
        campaign = ReliefCampaign.objects.get()
        assert answer.url == f"{LIST}{campaign.pk}/change/"
        assert "are being looked at" in desk.get(answer.url).content.decode()
        follow_lists(now=lender_now())

        text = desk.get(answer.url).content.decode()
        assert campaign.relief == {"method": "payment_holiday", "months": 2, "interest": "parked"}
        assert "Nothing is known of their month" in text

    def test_says_which_number_there_is_no_loan_of(self, desk, rules):
        answer = desk.post(
            f"{LIST}list/",
            {"name": "Flood", "last_on": day(14), "numbers": "DS404", "method": "due_date", "due_day": "5"},
        )

        assert "There are no such loans: DS404." in answer.content.decode()
        assert not ReliefCampaign.objects.exists()


class TestWhoSteers:
    def test_collectors_see_nothing_of_it(self, rules):
        client = signed_in(factories.staff("Chidi"))

        assert client.get(LIST).status_code == 403
        assert client.post(f"{LIST}write/", {"name": "x"}).status_code == 403
        assert not ReliefCampaign.objects.exists()

    def test_an_approval_of_another_supervisor_starts_it(self, desk, rules):
        campaign = write(desk)
        desk.post(f"{LIST}{campaign.pk}/ask/", {"reason": "Spring", "key": KEY})
        wei = factories.staff("Wei", User.Role.SUPERVISOR)

        approve(request_id=ApprovalRequest.objects.get().pk, user=wei, today=lender_today())

        campaign.refresh_from_db()
        assert campaign.status == "RUNNING"
