"""A settlement that the engine finds to be the way: it leads into the path of every settlement, and to no dead end."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from collections_mgmt.models import Budget, CollectionCase, OfferSet, Settlement
from collections_mgmt.relief_words import settlement_proposed
from collections_mgmt.services.relief.make_offers import NothingToOffer, make_offers
from collections_mgmt.services.relief.propose_settlement import propose_settlement, proposed_parts
from collections_mgmt.services.relief.state_budget import BudgetRefused
from collections_mgmt.services.relief.writing import ReliefRefused
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.users.models import Borrower, User
from loans.models import Loan
from repayments.selectors.owed import owed_on
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, noon
from tests.integration.collections_mgmt.test_make_offers import budget

ON = date(2026, 5, 20)  # 94 days after the first due date


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000")


def broke(loan: Loan, **more: Any) -> Budget:
    """Nothing is left of a month, and that stays so."""
    return budget(loan.borrower, income=3_800_00, now=noon(ON), **more)


def asked(loan: Loan, kept: Budget, user: User) -> ApprovalRequest:
    return propose_settlement(
        loan_id=loan.pk, budget_id=kept.pk, reason="their sister helps", user=user, today=ON, idempotency_key="k1"
    )


class TestTheProposal:
    def test_stands_in_the_answer_where_no_plan_fits_and_a_sum_is_there(self, loan):
        owed = owed_on(loan, ON).total
        kept = broke(loan, lump_sum_minor=9_000_00)

        with pytest.raises(NothingToOffer) as refusal:
            make_offers(loan_id=loan.pk, source="ASKED", budget_id=kept.pk, now=noon(ON), actor=ACTOR)

        (said,) = [one for one in refusal.value.details["not_offered"] if one["method"] == "settlement"]
        assert (said["reason"], said["needs_person"]) == ("needs_person", True)
        assert said["proposal"]["pays"] == "9000.00"
        assert said["proposal"]["owed"] == f"{owed / 100:.2f}"
        assert said["proposal"]["given_up"] == f"{(owed - 9_000_00) / 100:.2f}"
        with override("en"):
            words = settlement_proposed(said["proposal"], "CNY")
        assert words.startswith("Paid at once, ¥9,000.00 would end the loan: of ¥")

    @pytest.mark.parametrize("lump_sum", [None, 2_000_00, 20_000_00])
    def test_is_none_without_a_sum_or_for_too_little_or_for_all(self, loan, lump_sum):
        kept = broke(loan, lump_sum_minor=lump_sum)

        with pytest.raises(NothingToOffer):
            proposed_parts(loan_id=loan.pk, budget_id=kept.pk, today=ON)

    def test_is_none_where_a_plan_fits(self, loan):
        kept = budget(loan.borrower, income=8_000_00, cause="MANAGEMENT", now=noon(ON), lump_sum_minor=9_000_00)

        with pytest.raises(NothingToOffer):
            proposed_parts(loan_id=loan.pk, budget_id=kept.pk, today=ON)

    def test_needs_a_sum_of_more_than_nothing(self, loan):
        with pytest.raises(BudgetRefused) as refusal:
            broke(loan, lump_sum_minor=0)

        assert refusal.value.field == "lump_sum_minor"
        assert not Budget.objects.exists()


class TestTheWayOfIt:
    def test_stands_in_the_form_of_the_case_ready_to_be_asked_for(self, loan, monkeypatch):
        monkeypatch.setattr("collections_mgmt.agreement_acts.lender_today", lambda: ON)
        case = CollectionCase.objects.create(loan=loan, opened_on=ON)
        client = Client()
        client.force_login(
            factories.staff("Sun", User.Role.SUPERVISOR), backend="django.contrib.auth.backends.ModelBackend"
        )
        address = f"/admin/collections_mgmt/collectioncase/{case.pk}/settle/"
        empty = client.get(address).context["form"].initial

        broke(loan, lump_sum_minor=9_000_00)
        filled = client.get(address).context

        assert (empty["amount"], empty["first_on"]) == (None, ON)
        assert (filled["form"].initial["amount"], filled["form"].initial["first_on"]) == (
            "9000.00",
            ON + timedelta(days=14),
        )
        assert filled["owed"][-1].value == "¥9,000.00"

    def test_is_asked_for_by_one_person_and_approved_by_another(self, loan):
        kept = broke(loan, lump_sum_minor=9_000_00)

        request = asked(loan, kept, factories.staff("Chidi"))
        assert (request.kind, request.status, Settlement.objects.count()) == ("settlement.offer", "PENDING", 0)
        with pytest.raises(NotAuthorized):
            approve(request_id=request.pk, user=factories.staff("Brook"), today=ON)
        approve(request_id=request.pk, user=factories.staff("Sun", User.Role.SUPERVISOR), today=ON)

        settlement = Settlement.objects.get()
        assert (settlement.status, settlement.total_minor) == ("OFFERED", 9_000_00)
        assert settlement.parts.get().due_on == ON + timedelta(days=14)

    def test_an_open_one_blocks_every_other_way(self, loan):
        kept = broke(loan, lump_sum_minor=9_000_00)
        request = asked(loan, kept, factories.staff("Chidi"))
        approve(request_id=request.pk, user=factories.staff("Sun", User.Role.SUPERVISOR), today=ON)

        with pytest.raises(ReliefRefused, match="settlement is open"):
            make_offers(loan_id=loan.pk, source="ASKED", budget_id=kept.pk, now=noon(ON), actor=ACTOR)

        assert not OfferSet.objects.exists()
