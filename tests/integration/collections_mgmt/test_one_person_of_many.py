"""Nights over many people: the loans of each are locked in one order, and nobody stops it for the others."""

from typing import Any

import pytest

from collections_mgmt.campaign_words import code_words
from collections_mgmt.models import OfferSet, WarningLead
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.relief import campaigns, disaster_lists
from collections_mgmt.services.relief.campaigns import run_campaigns, stop_campaign
from collections_mgmt.services.relief.disaster_lists import follow_lists
from collections_mgmt.services.relief.staff_offers import offer_by_staff
from dashu.alerts.models import Alert
from dashu.users.models import User
from repayments.services import booking
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, TODAY, noon
from tests.integration.collections_mgmt.test_campaigns import WHOLE, noticed, started
from tests.integration.collections_mgmt.test_disaster_lists import lent, states, written
from tests.integration.collections_mgmt.test_make_offers import budget


@pytest.fixture
def sun(rules: None) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def locked(monkeypatch) -> list[int]:
    """The loans that were locked, in that order."""
    seen: list[int] = []
    lock = booking.lock_loan

    def noted(loan_id: int) -> Any:
        seen.append(loan_id)
        return lock(loan_id)

    monkeypatch.setattr(booking, "lock_loan", noted)
    return seen


def failing_for(monkeypatch, module: Any, name: str, loan_id: int) -> None:
    """Let what a module does for one loan go wrong as nobody foresaw."""
    does = getattr(module, name)

    def fails(*args: Any, **about: Any) -> Any:
        if about["loan_id"] == loan_id:
            raise ZeroDivisionError
        return does(*args, **about)

    monkeypatch.setattr(module, name, fails)


class TestOfWhomSomethingGoesWrong:
    def test_a_campaign_puts_one_person_aside_with_an_alert_and_reaches_the_others(self, sun, monkeypatch):
        amina, brook = noticed("Amina"), noticed("Brook")
        campaign = started(sun)
        failing_for(monkeypatch, campaigns, "decide_offers", amina.loans.get().pk)

        done = run_campaigns(now=noon(TODAY))

        assert done == {"NOT_OFFERED": 1, "OFFERED": 1}
        member = campaign.members.get(borrower=amina)
        assert (member.state, code_words(member.code)) == (
            "NOT_OFFERED",
            "Something went wrong; a person has to look at it",
        )
        alert = Alert.objects.get(kind="relief.put_aside", ended_at=None)
        assert alert.params == {"reference": campaign.reference, "borrower": amina.number, "error": "ZeroDivisionError"}
        assert OfferSet.objects.get().borrower == brook
        assert WarningLead.objects.get(borrower=amina).state == "OPEN"

        stop_campaign(campaign_id=campaign.pk, reason="It fails", today=TODAY, user=sun)
        assert not Alert.objects.filter(kind="relief.put_aside", ended_at=None).exists()

    def test_a_list_puts_one_loan_aside_with_an_alert_and_looks_at_the_others(self, sun, monkeypatch):
        amina, brook = lent("Amina"), lent("Brook")
        campaign = written(sun, amina, brook)
        failing_for(monkeypatch, disaster_lists, "preview_outside", amina.pk)

        follow_lists(now=noon(TODAY))

        assert states(campaign) == {amina.pk: ("NOT_OFFERED", "failed"), brook.pk: ("FITS", "")}
        assert Alert.objects.get(kind="relief.put_aside").params["borrower"] == amina.borrower.number


class TestLocks:
    def test_of_a_campaign_are_in_the_order_of_ids_whichever_loan_it_is_about(self, sun, locked):
        owner = noticed("Amina")
        first, second = owner.loans.get(), factories.running_loan(owner, product="sme", principal=20_000_00)
        started(sun, audience={**WHOLE, "products": ["SME"]})
        locked.clear()

        run_campaigns(now=noon(TODAY))

        assert owner.relief_campaigns.exists()
        assert list(dict.fromkeys(locked)) == [first.pk, second.pk]

    def test_of_an_offer_that_answers_a_request_are_in_the_order_of_ids(self, sun, locked):
        owner = factories.borrower("Amina", phone="13800000000")
        first, second = (factories.running_loan(owner) for _each in range(2))
        kept = budget(owner, income=5_200_00)
        asked = ask_for_help(
            borrower_id=owner.pk,
            loan_ids=[second.pk],
            cause="INCOME",
            lasts="UNKNOWN",
            can_pay_minor=None,
            words="",
            now=noon(TODAY),
            actor=ACTOR,
        )
        locked.clear()
        about = {"budget_id": kept.pk, "request_id": asked.pk, "words": "We found a way."}

        offer_by_staff(loan_id=second.pk, relief=None, user=sun, now=noon(TODAY), **about)

        assert list(dict.fromkeys(locked)) == [first.pk, second.pk]
