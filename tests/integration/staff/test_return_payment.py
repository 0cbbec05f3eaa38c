from datetime import timedelta

import pytest

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_today
from dashu.users.models import User
from repayments.models import Installment, LoanEvent, Payment
from repayments.selectors.reconciliation import differences
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

GOOD = {"returned_on": "2026-03-20", "reason": "Direct debit bounced"}


def address(payment):
    return f"/admin/repayments/payment/{payment.pk}/return/"


@pytest.fixture
def payment(late_loan) -> Payment:
    return late_loan.payments.get()


class TestReturnPayment:
    @pytest.mark.parametrize("role", ["SUPERVISOR", "ACCOUNTANT"])
    def test_restates_the_loan_and_says_who_did_it(self, role, payment):
        client = as_role(role)

        answer = client.post(address(payment), GOOD)

        assert (answer.status_code, answer.url) == (302, f"/admin/repayments/payment/{payment.pk}/change/")
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
        assert client.post(address(payment), GOOD).status_code == 403
        assert address(payment) not in client.get(f"/admin/repayments/payment/{payment.pk}/change/").content.decode()
        payment.refresh_from_db()
        assert payment.is_returned is False

    def test_says_what_will_happen_before_it_does(self, payment):
        page = as_role("ACCOUNTANT").get(address(payment)).content.decode()

        assert "¥1,100.16" in page
        assert payment.loan.number in page
        assert LoanEvent.objects.filter(kind="REVERSAL").exists() is False

    @pytest.mark.parametrize(
        ("given", "field", "words"),
        [
            ({"reason": ""}, "reason", "This field is required."),
            ({"reason": "x" * 501}, "reason", "at most 500 characters"),
            ({"reason": "nul\0"}, "reason", "Null characters are not allowed."),
            ({"returned_on": "soon"}, "returned_on", "Enter a valid date."),
            ({"returned_on": "2026-01-01"}, "returned_on", "2026"),
            ({"returned_on": str(lender_today() + timedelta(days=1))}, "returned_on", "20"),
        ],
    )
    def test_refuses_at_the_field_and_keeps_what_was_typed(self, payment, given, field, words):
        answer = as_role("ACCOUNTANT").post(address(payment), {**GOOD, **given})

        assert answer.status_code == 200
        form = answer.context["form"]
        assert list(form.errors) == [field]
        assert words in form.errors[field][0]
        assert form["returned_on"].value() == {**GOOD, **given}["returned_on"]
        payment.refresh_from_db()
        assert payment.is_returned is False

    def test_twice_changes_nothing_more(self, payment):
        client = as_role("ACCOUNTANT")
        client.post(address(payment), GOOD)

        client.post(address(payment), GOOD)

        assert LoanEvent.objects.filter(kind="REVERSAL").count() == 1
        assert "returned already" in client.get(address(payment)).content.decode()

    @pytest.mark.parametrize("payment_id", ["999999", "9" * 40, "abc", "%00"])
    def test_of_an_unknown_payment_is_not_found(self, rules, payment_id):
        assert as_role("ACCOUNTANT").post(f"/admin/repayments/payment/{payment_id}/return/", GOOD).status_code == 404
