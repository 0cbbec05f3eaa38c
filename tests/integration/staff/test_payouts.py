"""Payouts on the pages of staff: who may ask, who may try again."""

import pytest
from django.test import Client

from dashu.approvals.models import ApprovalRequest
from dashu.users.models import User
from dashu.users.services.record_identity import verify_identity
from repayments.models import Payout
from repayments.services.request_payout import request_payout
from tests import factories
from tests.applicants import NOW
from tests.signers import ACCOUNT, signed


@pytest.fixture
def signed_in(monkeypatch):
    """Sign somebody of a role in, past the second factor, reading English."""

    def of(role):
        person = factories.staff(f"{role.title()}", role)
        person.language = "en"
        person.save()
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(person)
        return client

    return of


def address(payout, act=""):
    return f"/admin/repayments/payout/{payout.pk}/{act or 'change'}/"


class TestPayoutPage:
    def test_shows_the_account_masked(self, amina, signed_in):
        payout = request_payout(contract_id=signed(amina).pk, now=NOW)

        shown = signed_in(User.Role.ACCOUNTANT).get(address(payout)).content.decode()

        assert payout.account_shown in shown
        assert ACCOUNT.number not in shown

    def test_an_underwriter_asks_for_a_large_one(self, amina, signed_in):
        payout = request_payout(contract_id=signed(amina, "SME").pk, now=NOW)
        verify_identity(borrower_id=amina.pk, verified_at=NOW, actor="user:9")
        client = signed_in(User.Role.UNDERWRITER)
        page = client.get(address(payout, "ask"))

        client.post(address(payout, "ask"), {"reason": "In order.", "key": page.context["form"].initial["key"]})

        asked = ApprovalRequest.objects.get()
        assert (asked.kind, asked.amount_minor, asked.status) == ("loan.payout", 100_000_00, "PENDING")

    def test_says_why_a_later_part_is_held_back(self, amina, signed_in):
        payout = request_payout(contract_id=signed(amina).pk, now=NOW)
        Payout.objects.update(status="HELD", held_because=["overdue"], held_at=NOW)

        shown = signed_in(User.Role.ACCOUNTANT).get(address(payout)).content.decode()

        assert "Held back" in shown
        assert "A payment on another part of this contract is overdue." in shown

    def test_of_a_part_it_says_over_how_much_the_contract_is(self, amina, signed_in):
        parts = [{"amount": "60000.00"}, {"amount": "40000.00", "on": "2027-01-15"}]
        payout = request_payout(contract_id=signed(amina, "SME", loan={"tranches": parts}).pk, now=NOW)
        verify_identity(borrower_id=amina.pk, verified_at=NOW, actor="user:9")
        client = signed_in(User.Role.UNDERWRITER)
        page = client.get(address(payout, "ask"))

        client.post(address(payout, "ask"), {"reason": "In order.", "key": page.context["form"].initial["key"]})

        asked = ApprovalRequest.objects.get()
        shown = client.get(f"/admin/approvals/approvalrequest/{asked.pk}/change/").content.decode()
        assert "a part of a contract over ¥100,000.00" in shown

    def test_the_contract_leads_to_the_loan_of_each_part(self, amina, signed_in):
        parts = [{"amount": "60000.00"}, {"amount": "40000.00", "on": "2027-01-15"}]
        contract = signed(amina, "SME", loan={"tranches": parts})

        shown = signed_in(User.Role.ADMIN).get(f"/admin/loans/loancontract/{contract.pk}/change/").content.decode()

        for tranche in contract.tranches.select_related("loan"):
            assert f"/admin/loans/loan/{tranche.loan_id}/change/" in shown

    def test_says_that_nobody_compared_the_identity(self, amina, signed_in):
        payout = request_payout(contract_id=signed(amina, "SME").pk, now=NOW)
        client = signed_in(User.Role.UNDERWRITER)
        key = client.get(address(payout, "ask")).context["form"].initial["key"]

        page = client.post(address(payout, "ask"), {"reason": "In order.", "key": key}).content.decode()

        assert "Nobody has compared the borrower&#x27;s identity with the card yet." in page
        assert not ApprovalRequest.objects.exists()

    def test_an_accountant_tries_a_failed_one_again(self, amina, signed_in):
        payout = request_payout(contract_id=signed(amina).pk, now=NOW)
        Payout.objects.update(status="FAILED")

        signed_in(User.Role.ACCOUNTANT).post(address(payout, "retry"))

        assert list(Payout.objects.order_by("number").values_list("status", flat=True)) == ["FAILED", "APPROVED"]

    def test_an_underwriter_does_not_try_again(self, amina, signed_in):
        payout = request_payout(contract_id=signed(amina).pk, now=NOW)
        Payout.objects.update(status="FAILED")

        assert signed_in(User.Role.UNDERWRITER).post(address(payout, "retry")).status_code == 403
        assert Payout.objects.count() == 1
