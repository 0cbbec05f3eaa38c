"""Campaigns on early warnings: who is offered relief, who is left in peace, who is left out to compare."""

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from collections_mgmt.domain.campaigns import is_held_out
from collections_mgmt.models import CampaignMember, Hold, OfferSet, ReliefCampaign, WarningLead, WarningTrigger
from collections_mgmt.selectors.campaigns import audience_of, most_given_up
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.observe import note_place
from collections_mgmt.services.relief.campaigns import (
    CampaignMoved,
    CampaignRefused,
    ask_start,
    digest_of_campaign,
    pause_campaign,
    resume_campaign,
    run_campaign,
    run_campaigns,
    start_campaign,
    stop_campaign,
    take_up,
    write_campaign,
)
from collections_mgmt.services.relief.make_offers import make_offers
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import OwnRequest, approve
from dashu.kernel.dates import add_months
from dashu.messaging.models import OutboxMessage
from dashu.policy import rules as policy
from dashu.users.models import Borrower, User
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, DAY, TODAY, noon
from tests.integration.collections_mgmt.test_make_offers import budget

NAMES = ("Amina", "Brook", "Dana", "Efe", "Fay", "Gil")
WHOLE = {"triggers": [], "strong": False, "regions": [], "sectors": [], "products": []}


@pytest.fixture
def sun(rules: None) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def wei(rules: None) -> User:
    return factories.staff("Wei", User.Role.SUPERVISOR)


def noticed(name: str, *, income: int = 5_000_00, kind: str = "PAYS_LATER") -> Borrower:
    """Somebody with a loan of 1,100.16 a month, of whom a month is known and something was noticed."""
    owner = factories.borrower(name)
    loan = factories.running_loan(owner)
    factories.pay(loan, 1_100_16, date(2026, 2, 15))
    budget(owner, income=income)
    WarningLead.objects.create(borrower=owner, opened_on=TODAY)
    WarningTrigger.objects.create(
        borrower=owner, loan=loan, kind=kind, fired_on=TODAY, ends_on=TODAY + 60 * DAY, is_strong=kind == "INCOME_DROP"
    )
    return owner


def written(user: User, **changed: Any) -> ReliefCampaign:
    given = {
        "name": "Spring",
        "audience": WHOLE,
        "holdout_bps": 0,
        "per_day": 10,
        "quiet_days": 30,
        "first_on": TODAY,
        "last_on": TODAY + 30 * DAY,
        "user": user,
        "now": noon(TODAY),
        **changed,
    }
    return write_campaign(**given)


def started(user: User, **changed: Any) -> ReliefCampaign:
    campaign = written(user, **changed)
    return start_campaign(campaign_id=campaign.pk, digest=digest_of_campaign(campaign), today=TODAY, actor=ACTOR)


def states(campaign: ReliefCampaign) -> dict[str, str]:
    return {member.borrower.name: member.state for member in campaign.members.select_related("borrower")}


class TestANight:
    def test_offers_what_fits_with_one_message_each_and_never_twice(self, sun):
        owners = [noticed(name) for name in NAMES[:2]]
        campaign = started(sun)

        first = run_campaigns(now=noon(TODAY))
        again = run_campaigns(now=noon(TODAY + DAY))

        assert (first["OFFERED"], again.total()) == (2, 0)
        assert states(campaign) == {"Amina": "OFFERED", "Brook": "OFFERED"}
        assert [offered.source for offered in OfferSet.objects.all()] == ["CAMPAIGN", "CAMPAIGN"]
        assert {lead.state for lead in WarningLead.objects.all()} == {"OFFERED"}
        for owner in owners:
            assert OutboxMessage.objects.filter(borrower=owner, template="collections.offer_made").count() == 1

    def test_takes_up_no_more_than_its_cap_and_goes_on_the_next_night(self, sun):
        for name in NAMES[:3]:
            noticed(name)
        campaign = started(sun, per_day=2)

        for _call in range(2):
            run_campaign(campaign_id=campaign.pk, now=noon(TODAY))
        assert campaign.members.count() == 2
        run_campaign(campaign_id=campaign.pk, now=noon(TODAY + DAY))

        assert campaign.members.count() == 3

    def test_leaves_a_stable_share_out_and_records_it(self, sun):
        owners = [noticed(name) for name in NAMES]
        campaign = started(sun, holdout_bps=3_000)
        ReliefCampaign.objects.filter(pk=campaign.pk).update(reference="C0000000001")

        run_campaigns(now=noon(TODAY))

        out = {owner.pk for owner in owners if is_held_out("C0000000001", owner.pk, holdout_bps=3_000)}
        assert set(campaign.members.filter(state="HELD_OUT").values_list("borrower", flat=True)) == out
        assert set(WarningLead.objects.filter(state="HELD_OUT").values_list("borrower", flat=True)) == out
        assert OfferSet.objects.count() == len(owners) - len(out)
        assert not OfferSet.objects.filter(borrower__in=out).exists()
        assert not OutboxMessage.objects.filter(borrower__in=out).exists()

    def test_says_to_whom_nothing_fits_and_leaves_the_warning_to_people(self, sun):
        amina, brook = noticed("Amina", income=20_000_00), noticed("Brook", income=1_000_00)
        campaign = started(sun)

        run_campaigns(now=noon(TODAY))

        assert dict(campaign.members.values_list("borrower", "code")) == {
            amina.pk: "plan_fits",
            brook.pk: "nothing_to_offer",
        }
        assert set(WarningLead.objects.values_list("state", flat=True)) == {"OPEN"}
        assert not OfferSet.objects.exists()

    def test_does_nothing_before_its_first_day_and_ends_after_its_last(self, sun):
        noticed("Amina")
        campaign = started(sun, first_on=TODAY + DAY, last_on=TODAY + 2 * DAY)

        run_campaigns(now=noon(TODAY))
        assert not campaign.members.exists()
        run_campaigns(now=noon(TODAY + 3 * DAY))

        campaign.refresh_from_db()
        assert (campaign.status, campaign.ended_on) == ("DONE", TODAY + 3 * DAY)
        assert not OfferSet.objects.exists()

    def test_ends_after_its_last_day_while_it_rests(self, sun):
        noticed("Amina")
        campaign = started(sun, last_on=TODAY + DAY)
        pause_campaign(campaign_id=campaign.pk, reason="Too many calls", user=sun)

        run_campaigns(now=noon(TODAY + DAY))
        campaign.refresh_from_db()
        assert campaign.status == "PAUSED"
        run_campaigns(now=noon(TODAY + 2 * DAY))

        campaign.refresh_from_db()
        assert (campaign.status, campaign.ended_on) == ("DONE", TODAY + 2 * DAY)
        assert not OfferSet.objects.exists()


class TestWhoIsLeftInPeace:
    def test_who_has_a_hold_an_open_request_or_a_recent_offer(self, sun):
        amina, brook, dana = (noticed(name) for name in NAMES[:3])
        place_hold(
            loan_id=amina.loans.get().pk,
            kind=Hold.Kind.COMPLAINT,
            starts_on=TODAY,
            ends_on=None,
            today=TODAY,
            reason="x",
            actor=ACTOR,
        )
        ask_for_help(
            borrower_id=brook.pk,
            loan_ids=[brook.loans.get().pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=None,
            words="",
            now=noon(TODAY),
            actor=ACTOR,
        )
        OfferSet.objects.create(
            borrower=dana,
            source="STAFF",
            status="DECLINED",
            made_at=noon(TODAY - 5 * DAY),
            made_on=TODAY - 5 * DAY,
            last_day=TODAY,
            quoted_on=TODAY - 5 * DAY,
            ended_on=TODAY - 4 * DAY,
            actor=ACTOR,
        )
        campaign = started(sun)

        found = audience_of(campaign, now=noon(TODAY))
        run_campaigns(now=noon(TODAY))

        assert (found.people, found.leads, dict(found.blocked)) == (3, [], {"hold": 1, "asked": 1, "offered": 1})
        assert not campaign.members.exists()

    def test_whom_another_campaign_compares_with_for_as_long_as_the_evidence_needs(self, sun):
        amina = noticed("Amina")
        other = started(sun, name="Winter", holdout_bps=3_000)
        held_out = CampaignMember.objects.create(
            campaign=other, borrower=amina, state="HELD_OUT", on=add_months(TODAY, -12) + DAY
        )
        campaign = started(sun)

        found = audience_of(campaign, now=noon(TODAY))
        run_campaign(campaign_id=campaign.pk, now=noon(TODAY))
        assert (found.leads, dict(found.blocked)) == ([], {"compared": 1})
        assert not campaign.members.exists()

        CampaignMember.objects.filter(pk=held_out.pk).update(on=add_months(TODAY, -12))
        run_campaign(campaign_id=campaign.pk, now=noon(TODAY))
        assert states(campaign) == {"Amina": "OFFERED"}

    def test_nobody_whom_a_person_would_help(self, sun):
        amina = noticed("Amina")
        campaign = started(sun, holdout_bps=3_000)
        CampaignMember.objects.create(campaign=campaign, borrower=amina, state="HELD_OUT", on=TODAY)

        offered = make_offers(loan_id=amina.loans.get().pk, source="STAFF", now=noon(TODAY), actor=ACTOR)

        assert offered.status == "OPEN"

    def test_is_looked_at_once_more_under_the_lock(self, sun):
        amina = noticed("Amina")
        lead = WarningLead.objects.get()
        campaign = started(sun)
        place_hold(
            loan_id=amina.loans.get().pk,
            kind=Hold.Kind.COMPLAINT,
            starts_on=TODAY,
            ends_on=None,
            today=TODAY,
            reason="x",
            actor=ACTOR,
        )

        state = take_up(campaign_id=campaign.pk, lead_id=lead.pk, borrower_id=amina.pk, now=noon(TODAY))

        assert state == "skipped"
        assert not CampaignMember.objects.exists()


class TestAnAudience:
    def test_is_narrowed_by_what_was_noticed_and_where(self, sun):
        amina = noticed("Amina")
        noticed("Brook", kind="INCOME_DROP")
        region = next(iter(policy.early_warning_places(TODAY)["regions"]))
        note_place(borrower_id=amina.pk, region=region, sector="", today=TODAY, actor=ACTOR)

        def names(**audience: Any) -> list[str]:
            found = audience_of(written(sun, audience={**WHOLE, **audience}), now=noon(TODAY))
            return [lead.borrower.name for lead in found.leads]

        assert names() == ["Amina", "Brook"]
        assert names(triggers=["PAYS_LATER"]) == ["Amina"]
        assert names(strong=True) == ["Brook"]
        assert names(regions=[region]) == ["Amina"]
        assert names(products=["SME"]) == []


class TestSteering:
    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"per_day": 0}, "per_day"),
            ({"per_day": 501}, "per_day"),
            ({"quiet_days": 29}, "quiet_days"),
            ({"holdout_bps": 3_001}, "holdout"),
            ({"name": " "}, "name"),
            ({"last_on": TODAY - DAY}, "last_on"),
            ({"last_on": TODAY + 92 * DAY}, "last_on"),
        ],
    )
    def test_refuses_what_the_rules_do_not_allow(self, sun, changed, field):
        with pytest.raises(CampaignRefused) as refusal:
            written(sun, **changed)

        assert refusal.value.field == field
        assert not ReliefCampaign.objects.exists()

    def test_is_for_those_who_may(self, rules):
        with pytest.raises(NotAuthorized):
            written(factories.staff("Chidi"))

        assert not ReliefCampaign.objects.exists()

    def test_starts_once_another_person_approved_it(self, sun, wei):
        noticed("Amina")
        campaign = written(sun)
        asked = self._asked(campaign, sun)

        run_campaigns(now=noon(TODAY))
        assert not OfferSet.objects.exists()
        with pytest.raises(OwnRequest):
            approve(request_id=asked.pk, user=sun, today=TODAY)
        approve(request_id=asked.pk, user=wei, today=TODAY)

        campaign.refresh_from_db()
        assert (campaign.status, campaign.started_on) == ("RUNNING", TODAY)
        assert asked.amount_minor == 12_000_00 // 100

    def test_that_changed_since_it_was_asked_for_does_not_start(self, sun, wei):
        campaign = written(sun)
        asked = self._asked(campaign, sun)
        written(sun, campaign_id=campaign.pk, per_day=11)

        done = approve(request_id=asked.pk, user=wei, today=TODAY)

        campaign.refresh_from_db()
        assert (done.status, campaign.status) == ("FAILED", "DRAFT")

    def test_pauses_goes_on_and_stops(self, sun):
        noticed("Amina")
        campaign = started(sun)

        with pytest.raises(CampaignRefused):
            pause_campaign(campaign_id=campaign.pk, reason=" ", user=sun)
        pause_campaign(campaign_id=campaign.pk, reason="Too many calls", user=sun)
        run_campaigns(now=noon(TODAY))
        assert not OfferSet.objects.exists()
        resume_campaign(campaign_id=campaign.pk, user=sun)
        stop_campaign(campaign_id=campaign.pk, reason="Enough", today=TODAY, user=sun)
        run_campaigns(now=noon(TODAY))

        assert not OfferSet.objects.exists()
        with pytest.raises(CampaignMoved):
            resume_campaign(campaign_id=campaign.pk, user=sun)

    @pytest.mark.parametrize(
        ("days", "per_day", "on", "minor"),
        [
            (0, 1, TODAY, 120_00),
            (1, 1, TODAY, 240_00),
            (0, 2, TODAY, 240_00),
            (30, 10, TODAY, 360_00),
            (1, 1, TODAY + DAY, 120_00),
            (1, 1, TODAY + 2 * DAY, 0),
        ],
    )
    def test_says_the_most_that_it_could_give_up_also_to_those_noticed_later(self, sun, days, per_day, on, minor):
        for name in NAMES[:3]:
            factories.running_loan(factories.borrower(name))
        campaign = written(sun, last_on=TODAY + days * DAY, per_day=per_day)

        assert most_given_up(campaign, share=policy.relief_limits(TODAY).value_loss, on=on) == minor

    def test_counts_the_largest_loans_and_rounds_up(self, sun):
        factories.running_loan(factories.borrower("Amina"))
        factories.running_loan(factories.borrower("Brook"), principal=12_000_01)
        campaign = written(sun, last_on=TODAY, per_day=1)

        assert most_given_up(campaign, share=Decimal("0.01"), on=TODAY) == 120_01

    def test_counts_only_where_it_reaches(self, sun):
        amina, _brook = (factories.running_loan(factories.borrower(name)).borrower for name in NAMES[:2])
        region = next(iter(policy.early_warning_places(TODAY)["regions"]))
        note_place(borrower_id=amina.pk, region=region, sector="", today=TODAY, actor=ACTOR)

        def most(**audience: Any) -> int:
            return most_given_up(written(sun, audience={**WHOLE, **audience}), share=Decimal("0.01"), on=TODAY)

        assert (most(), most(regions=[region]), most(products=["SME"])) == (240_00, 120_00, 0)

    def _asked(self, campaign: ReliefCampaign, user: User) -> ApprovalRequest:
        return ask_start(
            campaign_id=campaign.pk, reason="Spring", user=user, today=TODAY, idempotency_key="k", preview=[]
        )


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Two workers run one campaign at the same moment; nobody is taken up twice, and the cap holds."""

    def test_two_workers_take_up_as_many_as_one(self, sun):
        for name in NAMES[:3]:
            noticed(name)
        campaign = started(sun, per_day=2)

        outcomes = both(*[lambda: run_campaign(campaign_id=campaign.pk, now=noon(TODAY))] * 2)

        assert not [found for found in outcomes if isinstance(found, Exception)]
        assert campaign.members.filter(state="OFFERED").count() == 2
        assert OfferSet.objects.count() == 2

    def test_an_offer_of_staff_and_one_of_the_campaign_are_one_offer(self, sun):
        amina = noticed("Amina")
        campaign = started(sun)

        both(
            lambda: run_campaign(campaign_id=campaign.pk, now=noon(TODAY)),
            lambda: make_offers(loan_id=amina.loans.get().pk, source="STAFF", now=noon(TODAY), actor=ACTOR),
        )

        assert OfferSet.objects.filter(status="OPEN").count() == 1


def both(*acts: Any) -> list[Any]:
    outcomes: list[Any] = []

    def run(act: Any) -> None:
        try:
            outcomes.append(act())
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
