"""What staff do about payoffs and papers: offered, accepted, withdrawn, issued, revoked, each by who may."""

from datetime import date, timedelta

import pytest

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_today
from dashu.users.models import User
from repayments.models import IssuedDocument, PayoffQuote
from tests import factories
from tests.factories import pay
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def settled(amina):
    loan = factories.running_loan(amina, principal=3_000_00, count=3)
    pay(loan, 3_045_00, date(2026, 2, 15), reference="ALL", kind="SETTLEMENT")
    return loan


def act(client, loan, name, **form):
    return client.post(f"/admin/loans/loan/{loan.pk}/{name}/", form)


def quoted(client, loan) -> PayoffQuote:
    act(client, loan, "payoff", valid_to=str(lender_today() + timedelta(days=3)))
    return PayoffQuote.objects.get()


class TestPayoffQuotes:
    def test_are_offered_and_accepted_from_the_loan(self, loan):
        client = as_role("COLLECTOR")

        quote = quoted(client, loan)
        page = client.get(f"/admin/repayments/payoffquote/{quote.pk}/change/")
        client.post(f"/admin/repayments/payoffquote/{quote.pk}/accept/", {"x": "1"})

        [table] = page.context["tables"]
        assert len(table.rows) == 4
        quote.refresh_from_db()
        person = f"user:{User.objects.get(role='COLLECTOR').pk}"
        assert (quote.status, quote.actor, quote.accepted_by) == ("ACCEPTED", person, person)

    def test_are_withdrawn_with_a_reason_by_who_may(self, loan):
        quote = quoted(as_role("COLLECTOR"), loan)
        address = f"/admin/repayments/payoffquote/{quote.pk}/withdraw/"

        assert User.objects.get(role="COLLECTOR").has_perm("repayments.withdraw_payoffquote") is False
        client = as_role("ACCOUNTANT")
        assert client.post(address, {"reason": ""}).context["form"].errors["reason"] == ["Please fill this in."]
        client.post(address, {"reason": "wrong loan"})
        again = client.post(address, {"reason": "again"})

        quote.refresh_from_db()
        assert (quote.status, quote.closed_note) == ("WITHDRAWN", "wrong loan")
        assert "no longer holds" in str(again.context["form"].non_field_errors())

    @pytest.mark.parametrize("role", ["UNDERWRITER", "ADMIN"])
    def test_are_not_offered_by_others(self, loan, role):
        client = as_role(role)
        user = User.objects.get(role=role)
        user.is_superuser = False
        user.save()

        assert act(client, loan, "payoff", valid_to=str(lender_today())).status_code == 403
        assert PayoffQuote.objects.exists() is False

    def test_a_day_too_far_is_refused_at_the_field(self, loan):
        answer = act(as_role("COLLECTOR"), loan, "payoff", valid_to=str(lender_today() + timedelta(days=99)))

        assert "valid to a day between" in answer.context["form"].errors["valid_to"][0]
        assert PayoffQuote.objects.exists() is False


class TestDocuments:
    def test_are_issued_from_the_loan_and_listed_there(self, settled):
        client = as_role("COLLECTOR")

        answer = act(client, settled, "certificate", language="zh-hans")

        document = IssuedDocument.objects.get()
        assert answer.url == f"/admin/repayments/issueddocument/{document.pk}/change/"
        assert document.language == "zh-hans"
        tables = client.get(f"/admin/loans/loan/{settled.pk}/change/").context["tables"]
        [table] = [table for table in tables if str(table.title) == "Issued documents"]
        assert document.number in table.rows[0][0]

    def test_are_downloaded_with_a_note_of_who_did(self, loan):
        client = as_role("ACCOUNTANT")
        act(client, loan, "statement", first="2026-01-01", last="2026-03-01", language="en")
        document = IssuedDocument.objects.get()
        page = client.get(f"/admin/repayments/issueddocument/{document.pk}/change/").content.decode()

        for form in ("pdf", "xlsx"):
            address = f"/admin/repayments/issueddocument/{document.pk}/file/{form}/"
            assert address in page
            assert client.get(address).status_code == 200
        assert client.get(f"/admin/repayments/issueddocument/{document.pk}/file/exe/").status_code == 404
        assert client.get("/admin/repayments/issueddocument/999999/file/pdf/").status_code == 404
        actors = AuditRecord.objects.filter(action="repayments.document_downloaded").values_list("actor", flat=True)
        assert list(actors) == [f"user:{User.objects.get(role='ACCOUNTANT').pk}"] * 2

    def test_are_revoked_with_a_reason_by_who_may(self, loan, client):
        act(as_role("COLLECTOR"), loan, "statement", first="2026-01-01", last="2026-03-01", language="en")
        document = IssuedDocument.objects.get()
        address = f"/admin/repayments/issueddocument/{document.pk}/revoke/"
        collector = client
        collector.force_login(User.objects.get(role="COLLECTOR"), "django.contrib.auth.backends.ModelBackend")

        assert collector.post(address, {"reason": "x"}).status_code == 403
        supervisor = as_role("SUPERVISOR")
        supervisor.post(address, {"reason": "for the wrong person"})
        again = supervisor.post(address, {"reason": "again"})

        document.refresh_from_db()
        assert (document.revoked_reason, document.revoked_note) == ("BY_STAFF", "for the wrong person")
        assert "revoked before" in str(again.context["form"].non_field_errors())

    def test_a_certificate_of_a_running_loan_is_refused(self, loan):
        answer = act(as_role("COLLECTOR"), loan, "certificate", language="en")

        assert "is not paid off" in str(answer.context["form"].non_field_errors())
        assert IssuedDocument.objects.exists() is False

    def test_a_wrong_period_is_refused_at_the_field(self, loan):
        answer = act(as_role("COLLECTOR"), loan, "statement", first="2026-03-01", last="2026-02-01", language="en")

        assert answer.context["form"].errors["last"] == ["The period ends before it begins."]

    def test_files_are_closed_to_borrowers(self, client, loan, amina):
        act(as_role("COLLECTOR"), loan, "statement", first="2026-01-01", last="2026-03-01", language="en")
        client.force_login(amina.user, "django.contrib.auth.backends.ModelBackend")

        document = IssuedDocument.objects.get()
        assert client.get(f"/admin/repayments/issueddocument/{document.pk}/file/pdf/").status_code == 302
