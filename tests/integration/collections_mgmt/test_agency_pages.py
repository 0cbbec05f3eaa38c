"""The pages of agencies: who sees them, how loans are given and come back, and that each file taken is noted."""

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from collections_mgmt import agency_admin
from collections_mgmt.models import Agency, AgencyFile, Placement
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.audit.models import AuditRecord
from dashu.users.models import User
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.agency_cases import TODAY, agency, closed, late_loan, placed


@pytest.fixture
def today(monkeypatch) -> date:
    monkeypatch.setattr(agency_admin, "lender_today", lambda: TODAY)
    return TODAY


@pytest.fixture
def north(rules, today) -> Agency:
    return agency()


@pytest.fixture
def late(rules) -> Loan:
    loan = late_loan()
    closed()
    return loan


def signed_in(role: str = User.Role.SUPERVISOR, name: str = "Sun") -> Client:
    user = factories.staff(name, role)
    user.language = "en"
    user.save()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(name: str, *args: object) -> str:
    return reverse(f"admin:collections_mgmt_{name}", args=args)


class TestWhoSees:
    @pytest.mark.parametrize(
        ("role", "status"),
        [("SUPERVISOR", 200), ("ADMIN", 200), ("COLLECTOR", 403), ("UNDERWRITER", 403), ("ACCOUNTANT", 403)],
    )
    def test_is_whoever_leads_the_desk(self, late, north, role, status):
        placed(late, north)
        client = signed_in(role)

        for name in ("agency_changelist", "placement_changelist", "agencyfile_changelist"):
            assert client.get(page(name)).status_code == status
        assert client.get(page("agency_change", north.pk)).status_code == status
        assert client.get(page("placement_change", Placement.objects.get().pk)).status_code == status


class TestGivingLoans:
    given = {"from_days": 91, "amount": "500", "reason": "ten calls", "key": "0a8bd3b2-47a0-4b26-a5cb-6d9b1f1c8f10"}

    def test_shows_what_would_go_before_it_is_asked_for(self, late, north):
        client, address = signed_in(), page("agency_place", north.pk)

        shown = client.post(address, {**self.given, "step": "preview"})

        assert [str(figure.value) for figure in shown.context["figures"]][::2] == ["1", "0"]
        assert ApprovalRequest.objects.count() == 0
        seen = re.search(r'name="seen" value="([^"]+)"', shown.content.decode())
        assert seen is not None
        asked = client.post(address, {**self.given, "step": "ask", "seen": seen[1]})

        request = ApprovalRequest.objects.get(kind="agency.place")
        assert asked.url == reverse("admin:approvals_approvalrequest_change", args=[request.pk])
        assert (request.payload["loan_ids"], Placement.objects.count()) == ([late.pk], 0)
        approve(request_id=request.pk, user=factories.staff("Wen", User.Role.ADMIN), today=TODAY)
        assert Placement.objects.get().loan == late

    def test_asks_nothing_of_what_was_not_looked_at(self, late, north):
        client = signed_in()

        again = client.post(page("agency_place", north.pk), {**self.given, "step": "ask", "seen": "2:1:1"})

        assert again.status_code == 200
        assert "tables" in again.context
        assert not ApprovalRequest.objects.exists()

    def test_offers_no_button_where_nothing_may_go(self, late, north):
        shown = signed_in().post(page("agency_place", north.pk), {**self.given, "from_days": 500, "step": "preview"})

        assert 'value="ask"' not in shown.content.decode()
        assert "No loan may go like this." in shown.content.decode()

    def test_says_first_what_the_agency_lacks(self, late, north):
        Agency.objects.update(is_active=False)

        shown = signed_in().get(page("agency_place", north.pk), follow=True)

        assert "This agency gets no loans now." in shown.content.decode()

    def test_is_nothing_for_a_collector(self, late, north):
        assert signed_in("COLLECTOR").get(page("agency_place", north.pk)).status_code == 403


class TestTakingBack:
    def test_calls_one_back_with_a_reason(self, late, north):
        placement = placed(late, north)
        client = signed_in()

        client.post(page("placement_recall", placement.pk), {"reason": "called at work"})

        placement.refresh_from_db()
        assert (placement.reasons, placement.words) == (["OURS"], "called at work")
        client.post(page("agency_recall_file", north.pk), {})
        assert AgencyFile.objects.get(kind="RECALL").loans == 1

    def test_hands_out_a_file_by_a_button_only_and_notes_it(self, late, north):
        placement = placed(late, north)
        client, address = signed_in(), page("agencyfile_take_csv", placement.file_id)

        asked = client.get(address)
        assert "13800000001" not in asked.content.decode()
        assert not AuditRecord.objects.filter(action="collections.agency_file_taken").exists()
        taken = client.post(address)

        assert taken["Content-Disposition"].startswith("attachment; filename=")
        assert "13800000001" in taken.content.decode("utf-8-sig")
        assert AuditRecord.objects.filter(action="collections.agency_file_taken").count() == 1


class TestFigures:
    def test_stand_on_the_page_of_the_agency_and_month_by_month(self, late, north):
        placed(late, north)
        factories.pay(late, 1_000_00, TODAY)
        client = signed_in()

        head = client.get(page("agency_change", north.pk)).content.decode()
        month = client.get(page("agency_commission", north.pk), {"month": "2026-06"}).content.decode()
        empty = client.get(page("agency_commission", north.pk), {"month": "2026-05"}).content.decode()

        assert "150.00" in head
        assert "150.00" in month
        assert "Nothing came in." in empty

    def test_of_an_evaluation_are_noted_with_its_words_in_the_audit_log(self, north):
        signed_in().post(page("agency_evaluate", north.pk), {"score": 82, "words": "polite"})

        north.refresh_from_db()
        assert (north.score, north.evaluated_on) == (82, TODAY)
        noted = AuditRecord.objects.get(action="collections.agency_evaluated")
        assert noted.data == {"score": 82, "words": "polite"}
