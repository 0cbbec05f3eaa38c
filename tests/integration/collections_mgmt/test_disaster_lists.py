"""One relief for a list of loans: looked at one by one, approved as a whole, offered to each borrower."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from collections_mgmt.models import CampaignMember, OfferSet, ReliefCampaign, RestructuringPlan
from collections_mgmt.services.observe import note_place
from collections_mgmt.services.relief import disaster_lists
from collections_mgmt.services.relief.campaigns import CampaignMoved, CampaignRefused, pause_campaign, stop_campaign
from collections_mgmt.services.relief.disaster_lists import ask_list, follow_lists, write_list
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.messaging.guard import Verdict
from dashu.messaging.models import OutboxMessage
from dashu.policy import rules as policy
from dashu.policy.authority import Bounds
from dashu.users.models import Borrower, User
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, DAY, TODAY, accepted, noon
from tests.integration.collections_mgmt.test_make_offers import budget

HOLIDAY = {"method": "payment_holiday", "months": 2, "interest": "parked"}
CUT = {"method": "rate_cut", "annual_rate": "0.08", "count": 16}
DEEP = {"method": "rate_cut", "annual_rate": "0.01", "count": 30}
NOBODY: dict[str, Any] = {"regions": [], "sectors": [], "products": []}


@pytest.fixture
def sun(rules: None) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def ada(rules: None) -> User:
    return factories.staff("Ada", User.Role.ADMIN)


def lent(name: str, *, income: int | None = 6_000_00) -> Loan:
    owner: Borrower = factories.borrower(name, phone="13800000000")
    loan = factories.running_loan(owner)
    factories.pay(loan, 1_100_16, date(2026, 2, 15))
    if income is not None:
        budget(owner, income=income)
    return loan


def written(user: User, *loans: Loan, **changed: Any) -> ReliefCampaign:
    given = {
        "name": "Flood",
        "relief": HOLIDAY,
        "audience": NOBODY,
        "numbers": [loan.number for loan in loans],
        "last_on": TODAY + 14 * DAY,
        "user": user,
        "now": noon(TODAY),
        **changed,
    }
    return write_list(**given)


def asked(campaign: ReliefCampaign, user: User) -> ApprovalRequest:
    return ask_list(campaign_id=campaign.pk, reason="Flood", user=user, today=TODAY, idempotency_key="k", preview=[])


def states(campaign: ReliefCampaign) -> dict[int, tuple[str, str]]:
    return {loan: (state, code) for loan, state, code in campaign.members.values_list("loan", "state", "code")}


class TestAList:
    def test_is_looked_at_loan_by_loan_with_what_it_costs_and_why_not(self, sun):
        fits, tight, unknown = lent("Amina"), lent("Brook", income=4_600_00), lent("Dana", income=None)
        campaign = written(sun, fits, tight, unknown)

        follow_lists(now=noon(TODAY))

        assert states(campaign) == {
            fits.pk: ("FITS", ""),
            tight.pk: ("NOT_OFFERED", "not_affordable"),
            unknown.pk: ("NOT_OFFERED", "month_unknown"),
        }
        assert not OfferSet.objects.exists()

    def test_is_offered_to_each_once_another_person_approved_it(self, sun, ada):
        loan = lent("Amina")
        campaign = written(sun, loan)
        follow_lists(now=noon(TODAY))
        request = asked(campaign, sun)
        follow_lists(now=noon(TODAY))
        assert not OfferSet.objects.exists()

        approve(request_id=request.pk, user=ada, today=TODAY)
        follow_lists(now=noon(TODAY))
        follow_lists(now=noon(TODAY))

        offered = OfferSet.objects.get()
        campaign.refresh_from_db()
        assert (offered.source, offered.offers.get().method) == ("DISASTER", "payment_holiday")
        assert (states(campaign), campaign.status) == ({loan.pk: ("OFFERED", "")}, "DONE")
        assert not RestructuringPlan.objects.exists()
        assert accepted(offered.offers.get()).loan == loan

    def test_goes_on_where_it_was_broken_off(self, sun, ada, monkeypatch):
        monkeypatch.setattr(disaster_lists, "CHUNK", 1)
        first, second = lent("Amina"), lent("Brook")
        campaign = written(sun, first, second)

        follow_lists(now=noon(TODAY))
        assert states(campaign) == {first.pk: ("FITS", ""), second.pk: ("LISTED", "")}
        with pytest.raises(CampaignMoved):
            asked(campaign, sun)
        follow_lists(now=noon(TODAY))
        approve(request_id=asked(campaign, sun).pk, user=ada, today=TODAY)
        follow_lists(now=noon(TODAY))
        assert OfferSet.objects.count() == 1
        follow_lists(now=noon(TODAY))

        assert OfferSet.objects.count() == 2

    def test_that_was_stopped_makes_no_more_offers(self, sun, ada):
        campaign = written(sun, lent("Amina"))
        follow_lists(now=noon(TODAY))
        approve(request_id=asked(campaign, sun).pk, user=ada, today=TODAY)
        stop_campaign(campaign_id=campaign.pk, reason="The water is gone", today=TODAY, user=sun)

        follow_lists(now=noon(TODAY))

        assert not OfferSet.objects.exists()

    def test_says_of_a_loan_with_an_open_offer_why_it_is_left_out(self, sun, ada):
        loan = lent("Amina")
        first, second = written(sun, loan), written(sun, loan)
        follow_lists(now=noon(TODAY))
        approve(request_id=asked(first, sun).pk, user=ada, today=TODAY)
        follow_lists(now=noon(TODAY))
        CampaignMember.objects.filter(campaign=second).update(state="LISTED")
        follow_lists(now=noon(TODAY))

        assert states(second) == {loan.pk: ("NOT_OFFERED", "relief_refused")}
        with pytest.raises(CampaignRefused):
            asked(second, sun)


class TestWhoApproves:
    def test_of_one_loan_is_whoever_could_approve_it_alone(self, sun, ada):
        loan = lent("Amina", income=5_000_00)
        campaign = written(sun, loan, relief=DEEP)
        follow_lists(now=noon(TODAY))
        request = asked(campaign, sun)

        with pytest.raises(NotAuthorized):
            approve(request_id=request.pk, user=factories.staff("Wei", User.Role.SUPERVISOR), today=TODAY)
        follow_lists(now=noon(TODAY))
        assert (request.kind, OfferSet.objects.count()) == ("relief.list_deep", 0)

        approve(request_id=request.pk, user=ada, today=TODAY)
        follow_lists(now=noon(TODAY))
        assert OfferSet.objects.get().offers.get().method == "rate_cut"

    def test_of_many_is_bound_by_the_amount_of_a_single_loan(self, sun, monkeypatch):
        campaign = written(sun, lent("Amina", income=5_000_00), relief=CUT)
        authority = policy.approval_authority(TODAY)
        single = replace(authority.kinds["relief.outside"], roles={"SUPERVISOR": Bounds(0, 100)})
        tighter = replace(authority, kinds={**authority.kinds, "relief.outside": single})
        monkeypatch.setattr(policy, "approval_authority", lambda *_args, **_named: tighter)

        follow_lists(now=noon(TODAY))

        assert list(campaign.members.values_list("state", "code")) == [("FITS", "deep")]
        assert asked(campaign, sun).kind == "relief.list_deep"

    def test_of_what_gives_up_little_is_another_supervisor(self, sun):
        campaign = written(sun, lent("Amina", income=5_000_00), relief=CUT)
        follow_lists(now=noon(TODAY))
        request = asked(campaign, sun)

        approve(request_id=request.pk, user=factories.staff("Wei", User.Role.SUPERVISOR), today=TODAY)

        campaign.refresh_from_db()
        assert (request.kind, campaign.status) == ("relief.list", "RUNNING")


class TestWhatWasApproved:
    """A list that was approved goes so far and no further."""

    def running(self, sun: User, ada: User, *loans: Loan, cost: int | None = None, **changed: Any) -> ReliefCampaign:
        """:param cost: that was found for the first loan, None for what it is."""
        campaign = written(sun, *loans, **changed)
        follow_lists(now=noon(TODAY))
        if cost is not None:
            campaign.members.filter(loan=loans[0]).update(given_up_minor=cost)
        approve(request_id=asked(campaign, sun).pk, user=ada, today=TODAY)
        return campaign

    def test_ends_with_its_last_day(self, sun, ada):
        loan = lent("Amina")
        campaign = self.running(sun, ada, loan)

        follow_lists(now=noon(TODAY + 15 * DAY))

        campaign.refresh_from_db()
        assert (campaign.status, campaign.ended_on) == ("DONE", TODAY + 15 * DAY)
        assert states(campaign) == {loan.pk: ("NOT_OFFERED", "too_late")}
        assert not OfferSet.objects.exists()

    def test_ends_with_its_last_day_while_it_rests(self, sun, ada):
        loan = lent("Amina")
        campaign = self.running(sun, ada, loan)
        pause_campaign(campaign_id=campaign.pk, reason="The water has gone", user=sun)

        follow_lists(now=noon(campaign.last_on))
        campaign.refresh_from_db()
        assert (campaign.status, states(campaign)) == ("PAUSED", {loan.pk: ("FITS", "")})
        follow_lists(now=noon(campaign.last_on + DAY))

        campaign.refresh_from_db()
        assert (campaign.status, campaign.ended_on) == ("DONE", campaign.last_on + DAY)
        assert states(campaign) == {loan.pk: ("NOT_OFFERED", "too_late")}
        assert not OfferSet.objects.exists()

    def test_still_goes_on_on_its_last_day(self, sun, ada):
        self.running(sun, ada, lent("Amina"), last_on=TODAY)

        follow_lists(now=noon(TODAY))

        assert OfferSet.objects.count() == 1

    def test_is_not_asked_for_once_its_last_day_is_over(self, sun):
        campaign = written(sun, lent("Amina"), last_on=TODAY - DAY, now=noon(TODAY - DAY))
        follow_lists(now=noon(TODAY - DAY))

        with pytest.raises(CampaignMoved):
            asked(campaign, sun)
        follow_lists(now=noon(TODAY))

        campaign.refresh_from_db()
        assert (campaign.status, ApprovalRequest.objects.count()) == ("STOPPED", 0)

    def test_gives_up_no_more_in_all_than_was_approved(self, sun, ada):
        first, second = lent("Amina", income=5_000_00), lent("Brook", income=5_000_00)
        campaign = self.running(sun, ada, first, second, relief=CUT, cost=0)

        follow_lists(now=noon(TODAY))

        assert states(campaign) == {first.pk: ("OFFERED", ""), second.pk: ("NOT_OFFERED", "beyond_approved")}

    def test_is_not_enough_for_a_loan_that_gives_up_much_by_now(self, sun, ada):
        loan = lent("Amina", income=5_000_00)
        campaign = self.running(sun, ada, loan, relief=CUT, cost=10_000_00)
        ReliefCampaign.objects.update(relief=DEEP)

        follow_lists(now=noon(TODAY))

        assert states(campaign) == {loan.pk: ("NOT_OFFERED", "beyond_approved")}
        assert not OfferSet.objects.exists()

    def test_offers_nothing_while_the_guard_lets_nobody_write(self, sun, ada, monkeypatch):
        loan = lent("Amina")
        campaign = self.running(sun, ada, loan)
        monkeypatch.setattr(
            disaster_lists, "judge", lambda ids, **_named: {person: [Verdict("SMS", ("CANNOT_ACT",))] for person in ids}
        )

        follow_lists(now=noon(TODAY))

        assert states(campaign) == {loan.pk: ("NOT_OFFERED", "guard")}
        assert not OfferSet.objects.exists()

    def test_is_told_once_to_whoever_has_two_loans_on_it(self, sun, ada):
        first = lent("Amina")
        second = factories.running_loan(first.borrower)
        budget(first.borrower, income=9_000_00)
        self.running(sun, ada, first, second)

        follow_lists(now=noon(TODAY))

        assert OfferSet.objects.filter(status="OPEN").count() == 2
        assert OutboxMessage.objects.filter(template="collections.offer_made").count() == 1


class TestWhichLoans:
    def test_are_those_of_a_region(self, sun):
        near, far = lent("Amina"), lent("Brook")
        region, other, *_rest = policy.early_warning_places(TODAY)["regions"]
        note_place(borrower_id=near.borrower_id, region=region, sector="", today=TODAY, actor=ACTOR)
        note_place(borrower_id=far.borrower_id, region=other, sector="", today=TODAY, actor=ACTOR)

        campaign = written(sun, audience={**NOBODY, "regions": [region]})

        assert list(states(campaign)) == [near.pk]

    @pytest.mark.parametrize(
        "changed",
        [
            {"numbers": ["NO-SUCH-LOAN"]},
            {"numbers": []},
            {"audience": {**NOBODY, "products": ["SME"]}, "numbers": []},
        ],
    )
    def test_have_to_be_there(self, sun, changed):
        lent("Amina")

        with pytest.raises(CampaignRefused) as refusal:
            written(sun, **changed)

        assert refusal.value.field == "numbers"
        assert not ReliefCampaign.objects.exists()
