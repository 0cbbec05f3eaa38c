"""Returning a payment from its own page leads to the act on its loan, which shows what it changes first."""

import pytest

from dashu.audit.models import AuditRecord
from dashu.users.models import User
from repayments.models import Installment, LoanEvent, Payment
from repayments.selectors.reconciliation import differences
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db


def address(payment):
    return f"/admin/repayments/payment/{payment.pk}/return/"


def act(payment):
    return f"/admin/loans/loan/{payment.loan_id}/act/return_payment/"


def given(payment):
    return {"payment": payment.reference, "date": "2026-03-20", "reason": "Direct debit bounced"}


@pytest.fixture
def payment(late_loan) -> Payment:
    return late_loan.payments.get()


class TestReturnPayment:
    def test_leads_to_the_act_with_the_payment_chosen(self, payment):
        client = as_role("ACCOUNTANT")

        page = client.get(address(payment), follow=True)

        assert page.redirect_chain == [(f"{act(payment)}?payment={payment.reference}", 302)]
        assert page.context["form"]["payment"].value() == payment.reference
        assert payment.loan.number in page.content.decode()

    @pytest.mark.parametrize("role", ["SUPERVISOR", "ACCOUNTANT"])
    def test_restates_the_loan_and_says_who_did_it(self, role, payment):
        client = as_role(role)
        shown = client.post(act(payment), {**given(payment), "step": "preview"})
        assert LoanEvent.objects.filter(kind="REVERSAL").exists() is False

        answer = client.post(act(payment), {**given(payment), "step": "confirm", "token": shown.context["seen"].token})

        assert (answer.status_code, answer.url) == (302, f"/admin/loans/loan/{payment.loan_id}/change/")
        payment.refresh_from_db()
        assert payment.is_returned is True
        first = Installment.objects.get(loan=payment.loan, number=1)
        assert (first.paid_principal_minor, first.paid_interest_minor) == (0, 0)
        record = AuditRecord.objects.get(action="repayments.payment_returned")
        assert record.actor == f"user:{User.objects.get(role=role).pk}"
        assert record.data["reason"] == "Direct debit bounced"
        assert differences() == []

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER"])
    def test_is_closed_to_others(self, role, payment):
        client = as_role(role)

        assert client.get(address(payment)).status_code == 403
        assert client.post(act(payment), {**given(payment), "step": "confirm"}).status_code == 403
        assert address(payment) not in client.get(f"/admin/repayments/payment/{payment.pk}/change/").content.decode()
        payment.refresh_from_db()
        assert payment.is_returned is False

    def test_of_a_day_before_it_came_is_refused_at_the_day(self, payment):
        page = as_role("ACCOUNTANT").post(act(payment), {**given(payment), "date": "2026-02-17", "step": "preview"})

        assert list(page.context["form"].errors) == ["date"]
        assert "It cannot be returned before" in page.context["form"].errors["date"][0]

    def test_twice_changes_nothing_more(self, payment):
        client = as_role("ACCOUNTANT")
        shown = client.post(act(payment), {**given(payment), "step": "preview"})
        confirm = {**given(payment), "step": "confirm", "token": shown.context["seen"].token}
        client.post(act(payment), confirm)

        page = client.post(act(payment), confirm)

        assert LoanEvent.objects.filter(kind="REVERSAL").count() == 1
        assert page.context["seen"].preview.has_changes is False
        assert "Book this" not in page.content.decode()
        assert client.get(address(payment)).url == f"/admin/repayments/payment/{payment.pk}/change/"

    @pytest.mark.parametrize("payment_id", ["999999", "9" * 40, "abc", "%00"])
    def test_of_an_unknown_payment_is_not_found(self, rules, payment_id):
        assert as_role("ACCOUNTANT").post(f"/admin/repayments/payment/{payment_id}/return/").status_code == 404
