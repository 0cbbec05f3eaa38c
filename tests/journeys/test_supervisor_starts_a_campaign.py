"""A supervisor starts a campaign of relief: writes it, another one approves it, the night offers, some are let be."""

from datetime import date, timedelta
from typing import Any

import pytest

from collections_mgmt.domain.campaigns import is_held_out
from collections_mgmt.models import OfferSet, ReliefCampaign, WarningLead, WarningTrigger
from collections_mgmt.services.relief.campaigns import run_campaigns
from collections_mgmt.services.relief.state_budget import state_budget
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_now, lender_today
from dashu.messaging.models import OutboxMessage
from dashu.policy.selectors import forget_rules
from dashu.users.models import Borrower
from tests import factories
from tests.journeys.browsing import width_of
from tests.journeys.test_supervisor_changes_a_strategy import desk, press, staff, step_on

PEOPLE = 6
SHARE_BPS = 3_000


@pytest.fixture
def noticed(transactional_db) -> list[Borrower]:
    """Six people whose month no longer carries what they pay, and of whom early warning noticed something."""
    forget_rules()
    return [_noticed(f"Person{number}", today=lender_today()) for number in range(PEOPLE)]


def _noticed(name: str, *, today: date) -> Borrower:
    owner = factories.borrower(name)
    loan = factories.running_loan(owner, starts_on=today - timedelta(days=20))
    state_budget(
        borrower_id=owner.pk,
        currency="CNY",
        household=1,
        income={"SALARY": 5_000_00},
        expenses={"HOUSING": 2_000_00, "FOOD": 1_200_00},
        debts={"CARDS": 400_00},
        cause="INCOME",
        now=lender_now(),
        actor="user:1",
    )
    WarningLead.objects.create(borrower=owner, opened_on=today)
    WarningTrigger.objects.create(
        borrower=owner,
        loan=loan,
        kind="PAYS_LATER",
        fired_on=today,
        ends_on=today + timedelta(days=60),
        is_strong=False,
    )
    return owner


def _number_that_divides(owners: list[Borrower]) -> str:
    """Return a number of a campaign by which some are left out and some are offered relief."""
    for place in range(1_000):
        number = f"C{place:010d}"
        out = [is_held_out(number, owner.pk, holdout_bps=SHARE_BPS) for owner in owners]
        if any(out) and not all(out):
            return number
    raise AssertionError("no number divides them")


def test_from_the_draft_to_the_offers(open_browser, live_server, noticed):
    today = lender_today()
    sara, wei = staff("Sara"), staff("Wei")
    page = desk(open_browser, sara, live_server.url)
    page.goto("/admin/collections_mgmt/reliefcampaign/")
    step_on(page, "Campaign on early warnings")
    _fill(page, name="Spring", per_day="20", holdout="30", last_on=(today + timedelta(days=20)).isoformat())
    press(page, "Write it down")
    assert width_of(page) <= 1280
    campaign = ReliefCampaign.objects.get()
    ReliefCampaign.objects.filter(pk=campaign.pk).update(reference=_number_that_divides(noticed))

    page.reload()
    assert "people it reaches" in page.content().lower()
    step_on(page, "Ask for approval")
    page.fill("textarea[name=reason]", "Before the holidays")
    press(page, "Ask for approval")
    run_campaigns(now=lender_now())
    assert not OfferSet.objects.exists()

    approver = desk(open_browser, wei, live_server.url)
    request: Any = ApprovalRequest.objects.get()
    approver.goto(f"/admin/approvals/approvalrequest/{request.pk}/change/")
    press(approver, "Approve and do it")
    assert ReliefCampaign.objects.get().status == "RUNNING"
    run_campaigns(now=lender_now())

    reference = ReliefCampaign.objects.get().reference
    out = {owner.pk for owner in noticed if is_held_out(reference, owner.pk, holdout_bps=SHARE_BPS)}
    offered = set(OfferSet.objects.values_list("borrower", flat=True))
    assert offered == {owner.pk for owner in noticed} - out
    assert set(WarningLead.objects.filter(state="HELD_OUT").values_list("borrower", flat=True)) == out
    told = OutboxMessage.objects.filter(template="collections.offer_made").values_list("borrower", flat=True)
    assert sorted(told) == sorted(offered)
    page.goto(f"/admin/collections_mgmt/reliefcampaign/{campaign.pk}/change/")
    assert "In the comparison group" in page.content()


def _fill(page: Any, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"input[name={name}]", value)
