"""A borrower's credit goes back: asked for on the loan's page, booked when another person approves."""

from datetime import date
from uuid import uuid4

import pytest

from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.kernel.dates import lender_today
from dashu.ledger.selectors import loan_balances
from dashu.users.models import User
from loans.models import Loan
from repayments.models import LoanBalance, LoanEvent
from repayments.selectors.reconciliation import differences
from repayments.selectors.refunds import RefundExceedsCredit, refund_preview
from repayments.services.ask_refund import ask_refund
from tests import factories
from tests.factories import yuan
from tests.integration.approvals.test_pages import page_of, signed_in
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 20)


def address(loan: Loan) -> str:
    return f"/admin/loans/loan/{loan.pk}/refund/"


def given(**other: str) -> dict[str, str]:
    return {"amount": "100.00", "to": "source", "reason": "paid twice", "key": str(uuid4()), **other}


@pytest.fixture
def settled_loan(amina) -> Loan:
    """Ended on its first day with more than was needed: 250 yuan are the borrower's."""
    loan = factories.running_loan(amina)
    factories.pay(loan, yuan(12_250), loan.starts_on, today=TODAY, kind="SETTLEMENT")
    assert LoanBalance.objects.get(pk=loan.pk).unapplied_minor == yuan(250)
    return loan


@pytest.fixture
def wei(db: None) -> User:
    return factories.staff("Wei", User.Role.ACCOUNTANT)


class TestAskRefund:
    def test_waits_for_another_person_and_books_nothing(self, settled_loan):
        books = loan_balances([settled_loan.pk])

        answer = as_role("ACCOUNTANT").post(address(settled_loan), given(key="11111111-1111-1111-1111-111111111111"))

        asked = ApprovalRequest.objects.get()
        assert (answer.status_code, answer.url) == (302, page_of(asked))
        assert (asked.status, asked.kind, asked.amount_minor, asked.loan_id) == (
            "PENDING",
            "refund",
            yuan(100),
            settled_loan.pk,
        )
        assert asked.maker.role == "ACCOUNTANT"
        assert asked.payload == {
            "loan_id": settled_loan.pk,
            "loan_number": settled_loan.number,
            "amount_minor": yuan(100),
            "currency": "CNY",
            "to": "source",
            "reason": "paid twice",
            "reference": "REFUND-11111111-1111-1111-1111-111111111111",
        }
        assert LoanBalance.objects.get(pk=settled_loan.pk).unapplied_minor == yuan(250)
        assert loan_balances([settled_loan.pk]) == books

    def test_shows_the_checker_what_it_would_change(self, settled_loan, wei):
        as_role("ACCOUNTANT").post(address(settled_loan), given(to="account", account_end="0417"))

        page = signed_in(wei).get(page_of(ApprovalRequest.objects.get()))

        words = page.content.decode()
        assert f"Send ¥100.00 of the credit of loan {settled_loan.number} to the account ending in 0417." in words
        assert [table["rows"] for table in page.context["preview"]] == [
            [["Credit of the borrower", "¥250.00", "¥150.00"]],
            [["2201 Money held for borrowers", "¥100.00", ""], ["1001 Cash at bank", "", "¥100.00"]],
        ]
        assert f"/admin/loans/loan/{settled_loan.pk}/change/" in words

    def test_offers_the_whole_credit_less_what_already_waits(self, settled_loan):
        client = as_role("ACCOUNTANT")

        before = client.get(address(settled_loan))
        client.post(address(settled_loan), given(amount="200.00"))
        after = client.get(address(settled_loan))

        assert before.context["form"]["amount"].value() == "250.00"
        assert after.context["form"]["amount"].value() == "50.00"
        assert "A refund of ¥200.00 of it already waits" in after.content.decode()
        client.post(address(settled_loan), given(amount="50.00"))
        assert "already asked for" in client.get(address(settled_loan)).content.decode()

    def test_is_on_the_loan_s_page_while_it_waits(self, settled_loan):
        client = as_role("ACCOUNTANT")
        loan_page = f"/admin/loans/loan/{settled_loan.pk}/change/"
        assert "Waiting for approval" not in client.get(loan_page).content.decode()

        client.post(address(settled_loan), given())

        tables = client.get(loan_page).context["tables"]
        assert str(tables[0].title) == "Waiting for approval"
        assert tables[0].rows[0][1:4] == ["¥100.00", "Accountant", "paid twice"]

    def test_of_a_loan_without_credit_says_so(self, loan):
        page = as_role("ACCOUNTANT").get(address(loan)).content.decode()

        assert "The borrower has no credit on this loan" in page
        assert "<form" not in page.partition('class="staff-form"')[2]

    @pytest.mark.parametrize(
        ("other", "field"),
        [
            ({"amount": "250.01"}, "amount"),
            ({"amount": "0"}, "amount"),
            ({"amount": "-5"}, "amount"),
            ({"amount": "1.005"}, "amount"),
            ({"amount": "1e3"}, "amount"),
            ({"amount": ""}, "amount"),
            ({"reason": " "}, "reason"),
            ({"reason": "x" * 501}, "reason"),
            ({"to": "elsewhere"}, "to"),
            ({"to": "account"}, "account_end"),
            ({"to": "account", "account_end": "6222000011110417"}, "account_end"),
            ({"key": "x"}, "key"),
        ],
    )
    def test_refuses_at_the_field_and_keeps_what_was_typed(self, settled_loan, other, field):
        answer = as_role("ACCOUNTANT").post(address(settled_loan), given(**other))

        assert answer.status_code == 200
        assert list(answer.context["form"].errors) == [field]
        assert answer.context["form"]["reason"].value() == other.get("reason", "paid twice")
        assert ApprovalRequest.objects.exists() is False

    def test_sent_twice_asks_once_even_after_it_was_paid(self, settled_loan, wei):
        client, form = as_role("ACCOUNTANT"), given(amount="250.00")
        client.post(address(settled_loan), form)
        approve(request_id=ApprovalRequest.objects.get().pk, user=wei, today=lender_today())

        answer = client.post(address(settled_loan), form)

        assert answer.status_code == 302
        assert ApprovalRequest.objects.get().status == "APPROVED"

    @pytest.mark.parametrize("role", ["COLLECTOR", "SUPERVISOR", "UNDERWRITER"])
    def test_is_closed_to_others(self, role, settled_loan):
        client = as_role(role)

        assert client.get(address(settled_loan)).status_code == 403
        assert client.post(address(settled_loan), given()).status_code == 403
        assert address(settled_loan) not in client.get(f"/admin/loans/loan/{settled_loan.pk}/change/").content.decode()
        assert ApprovalRequest.objects.exists() is False

    @pytest.mark.parametrize("loan_id", ["999999", "abc"])
    def test_of_an_unknown_loan_is_not_found(self, rules, loan_id):
        assert as_role("ACCOUNTANT").post(f"/admin/loans/loan/{loan_id}/refund/", given()).status_code == 404


def asked_for(loan: Loan, amount: int) -> ApprovalRequest:
    return ask_refund(
        loan_id=loan.pk,
        amount_minor=amount,
        to="0417",
        reason="paid twice",
        user=factories.staff("Helen", User.Role.ACCOUNTANT),
        today=TODAY,
        idempotency_key="one",
    )


class TestApproval:
    def test_books_exactly_what_was_asked_for_in_the_maker_s_name(self, settled_loan, wei):
        asked = asked_for(settled_loan, yuan(100))

        done = approve(request_id=asked.pk, user=wei, today=date(2026, 3, 21))

        event = LoanEvent.objects.get(kind=LoanEvent.Kind.REFUND)
        assert (event.loan_id, event.amount_minor, event.effective_on) == (
            settled_loan.pk,
            yuan(100),
            date(2026, 3, 21),
        )
        assert event.data == {"reference": "REFUND-one", "reason": "paid twice"}
        assert event.actor == f"user:{asked.maker_id}"
        assert done.result == {"event": event.pk, "refunded_on": "2026-03-21"}

    def test_preview_ends_with_the_credit(self, settled_loan):
        asked = asked_for(settled_loan, yuan(250))
        LoanBalance.objects.filter(pk=settled_loan.pk).update(unapplied_minor=yuan(249))

        with pytest.raises(RefundExceedsCredit, match=r"¥249\.00 can be sent back"):
            refund_preview(asked.payload, TODAY)


class TestBooking:
    def test_pays_the_credit_out_and_the_books_agree(self, settled_loan, wei):
        asked = asked_for(settled_loan, yuan(100))

        done = approve(request_id=asked.pk, user=wei, today=TODAY)

        assert done.status == "APPROVED"
        assert LoanBalance.objects.get(pk=settled_loan.pk).unapplied_minor == yuan(150)
        assert loan_balances([settled_loan.pk])[settled_loan.pk]["2201"] == -yuan(150)
        assert differences() == []

    def test_fails_when_the_credit_has_gone_meanwhile(self, settled_loan, wei):
        first, second = (asked_for_again(settled_loan, key) for key in ("one", "two"))
        approve(request_id=first.pk, user=wei, today=TODAY)
        books = loan_balances([settled_loan.pk])

        failed = approve(request_id=second.pk, user=wei, today=TODAY)

        assert failed.status == "FAILED"
        assert failed.result["code"] == "event_refused"
        assert loan_balances([settled_loan.pk]) == books
        assert differences() == []


def asked_for_again(loan: Loan, key: str) -> ApprovalRequest:
    """A refund of the whole credit, as two people who do not see each other might ask for it."""
    asked = asked_for(loan, yuan(250)) if key == "one" else ApprovalRequest.objects.get()
    if key == "one":
        return asked
    return ApprovalRequest.objects.create(
        **{
            field.attname: getattr(asked, field.attname)
            for field in ApprovalRequest._meta.concrete_fields
            if field.name not in ("id", "idempotency_key", "payload", "requested_at")
        },
        idempotency_key=key,
        payload={**asked.payload, "reference": f"REFUND-{key}"},
    )
