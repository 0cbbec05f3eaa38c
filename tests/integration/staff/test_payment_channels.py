"""Staff at the cash desk, at chargebacks, and reading what providers said and autopay did."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import User
from repayments.gateways.base import Account
from repayments.models import AutopayAttempt, AutopayMandate, Chargeback, Checkout, GatewayCallback, Payment
from repayments.selectors.reconciliation import differences
from repayments.selectors.standings import standings_of
from repayments.services.autopay import request_collections
from repayments.services.gateway import SimulatedProvider, book_callback
from repayments.services.mandates import set_up_autopay
from tests import factories
from tests.factories import yuan
from tests.integration.staff.conftest import DAY, as_role
from tests.integration.staff.test_access import list_of

pytestmark = pytest.mark.django_db

CASH = {"amount": "500", "received_on": "2026-03-20", "receipt_number": "K-0001"}


def desk(loan) -> str:
    return f"/admin/loans/loan/{loan.pk}/cash/"


def cash() -> list[tuple[str, int]]:
    return list(Payment.objects.filter(channel="CASH_DESK").order_by("pk").values_list("reference", "amount_minor"))


class TestCashDesk:
    @pytest.mark.parametrize("role", ["ACCOUNTANT", "SUPERVISOR"])
    def test_books_the_cash_and_shows_a_receipt_to_print(self, role, late_loan):
        client = as_role(role)

        page = client.post(desk(late_loan), CASH, follow=True)

        payment = Payment.objects.get(channel="CASH_DESK")
        assert (payment.reference, payment.amount_minor, payment.received_on) == ("CASH-K-0001", yuan(500), DAY)
        assert payment.event.actor == f"user:{User.objects.get(role=role).pk}"
        text = page.content.decode()
        assert page.redirect_chain[-1][0] == f"/admin/repayments/payment/{payment.pk}/receipt/"
        for part in ("CASH-K-0001", "Amina", "Cash desk", late_loan.number, "Paid in all"):
            assert part in text
        assert differences() == []

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER"])
    def test_is_closed_to_others(self, role, late_loan):
        client = as_role(role)

        assert client.get(desk(late_loan)).status_code == 403
        assert client.post(desk(late_loan), CASH).status_code == 403
        assert desk(late_loan) not in client.get(f"/admin/loans/loan/{late_loan.pk}/change/").content.decode()
        assert cash() == []

    def test_a_double_submit_books_once(self, late_loan):
        client = as_role("ACCOUNTANT")

        first, second = client.post(desk(late_loan), CASH), client.post(desk(late_loan), CASH)

        assert first.url == second.url
        assert cash() == [("CASH-K-0001", yuan(500))]

    def test_a_receipt_number_of_another_sum_is_refused_at_its_field(self, late_loan):
        client = as_role("ACCOUNTANT")
        client.post(desk(late_loan), CASH)

        page = client.post(desk(late_loan), {**CASH, "amount": "501"})

        assert list(page.context["form"].errors) == ["receipt_number"]
        assert len(cash()) == 1

    def test_more_than_is_owed_needs_a_word_of_the_payer(self, late_loan):
        client = as_role("ACCOUNTANT")
        left = standings_of([late_loan], today=lender_today())[late_loan.pk].left_to_pay
        given = {**CASH, "amount": f"{left // 100 + 100}", "received_on": str(lender_today())}

        refused = client.post(desk(late_loan), given)
        assert list(refused.context["form"].errors) == ["accepts_credit"]
        assert late_loan.number in refused.context["form"].errors["accepts_credit"][0]
        assert cash() == []

        client.post(desk(late_loan), {**given, "accepts_credit": "on"})

        assert Payment.objects.get(channel="CASH_DESK").unapplied_minor > 0
        assert differences() == []

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"amount": ""}, "amount"),
            ({"amount": "0"}, "amount"),
            ({"amount": "-5"}, "amount"),
            ({"amount": "1.234"}, "amount"),
            ({"amount": "ten"}, "amount"),
            ({"received_on": "2025-01-01"}, "received_on"),
            ({"received_on": str(lender_today() + timedelta(days=1))}, "received_on"),
            ({"receipt_number": ""}, "receipt_number"),
            ({"receipt_number": "a b"}, "receipt_number"),
            ({"receipt_number": "x" * 41}, "receipt_number"),
        ],
    )
    def test_refuses_at_the_field_and_keeps_what_was_typed(self, late_loan, given, field):
        page = as_role("ACCOUNTANT").post(desk(late_loan), {**CASH, **given})

        assert list(page.context["form"].errors) == [field]
        assert page.context["form"]["amount"].value() == {**CASH, **given}["amount"]
        assert cash() == []

    def test_splits_one_sum_over_the_borrowers_loans(self, late_loan, amina):
        other = factories.running_loan(amina)

        page = as_role("ACCOUNTANT").post(desk(late_loan), {**CASH, f"part_{other.pk}": "200"}, follow=True)

        assert cash() == [("CASH-K-0001-1", yuan(300)), ("CASH-K-0001-2", yuan(200))]
        text = page.content.decode()
        assert late_loan.number in text
        assert other.number in text
        assert "CASH-K-0001<" in text
        assert differences() == []

    def test_refuses_parts_that_leave_nothing(self, late_loan, amina):
        other = factories.running_loan(amina)

        page = as_role("ACCOUNTANT").post(desk(late_loan), {**CASH, f"part_{other.pk}": "500"})

        assert list(page.context["form"].errors) == ["amount"]
        assert cash() == []

    def test_refuses_a_loan_that_was_not_paid_out(self, amina, rules):
        waiting = factories.approved_loan(amina)

        page = as_role("ACCOUNTANT").post(desk(waiting), CASH)

        assert page.context["form"].non_field_errors() == ["This loan has not been paid out yet."]
        assert cash() == []

    def test_of_an_unknown_loan_is_not_found(self, rules):
        assert as_role("ACCOUNTANT").post("/admin/loans/loan/999999/cash/", CASH).status_code == 404


class TestChargeback:
    GIVEN = {"charged_back_on": "2026-03-20", "reason": "Dispute 77"}

    def page_of(self, payment, action) -> str:
        return f"/admin/repayments/payment/{payment.pk}/{action}/"

    def test_takes_the_payment_back_and_can_be_won(self, late_loan):
        client, payment = as_role("ACCOUNTANT"), late_loan.payments.get()
        client.post(self.page_of(payment, "charge-back"), self.GIVEN)
        assert Chargeback.objects.get().reason == "Dispute 77"
        assert "Dispute 77" in client.get(f"/admin/repayments/payment/{payment.pk}/change/").content.decode()

        client.post(self.page_of(payment, "won"), {"won_on": "2026-03-21", "won_reference": "BANK-77"})

        assert Chargeback.objects.get().won_payment.reference == "BANK-77"
        assert "no chargeback that could be won" in client.get(self.page_of(payment, "won")).content.decode()
        assert differences() == []

    def test_twice_changes_nothing_more(self, late_loan):
        client, payment = as_role("SUPERVISOR"), late_loan.payments.get()
        for _again in range(2):
            client.post(self.page_of(payment, "charge-back"), self.GIVEN)

        assert Chargeback.objects.count() == 1
        assert "This payment is returned already." in client.get(self.page_of(payment, "charge-back")).content.decode()

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER"])
    def test_is_closed_to_others(self, role, late_loan):
        client, payment = as_role(role), late_loan.payments.get()

        assert client.post(self.page_of(payment, "charge-back"), self.GIVEN).status_code == 403
        assert client.post(self.page_of(payment, "won"), {}).status_code == 403
        assert Chargeback.objects.exists() is False

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"reason": ""}, "reason"),
            ({"charged_back_on": "2026-01-20"}, "charged_back_on"),
            ({"reason": "x" * 501}, "reason"),
        ],
    )
    def test_refuses_at_the_field(self, late_loan, given, field):
        payment = late_loan.payments.get()

        page = as_role("ACCOUNTANT").post(self.page_of(payment, "charge-back"), {**self.GIVEN, **given})

        assert list(page.context["form"].errors) == [field]
        assert Chargeback.objects.exists() is False


@pytest.fixture
def collected(late_loan):
    """A loan with autopay, a planned collection, and a callback that is known."""
    set_up_autopay(
        loan_id=late_loan.pk,
        account=Account("sim-pays", "•••• 6789"),
        timing="DAYS_BEFORE",
        timing_number=5,
        consent_version="2026-11",
        consent_text="Dashu may collect.",
        now=lender_now(),
        today=date(2026, 3, 21),
        actor="user:7",
    )
    request_collections(on=date(2026, 4, 10))
    body, headers = SimulatedProvider().sign_callback(Checkout.objects.get(), "DECLINED")
    book_callback(body=body, headers=headers, today=DAY)
    return late_loan


PAGES = [AutopayMandate, AutopayAttempt, GatewayCallback]
MAY_SEE = {
    "COLLECTOR": {AutopayMandate, AutopayAttempt},
    "SUPERVISOR": set(PAGES),
    "UNDERWRITER": set(),
    "ACCOUNTANT": set(PAGES),
    "ADMIN": set(PAGES),
}


class TestPages:
    @pytest.mark.parametrize("role", MAY_SEE)
    def test_open_for_those_who_need_them(self, role, collected):
        client = as_role(role)

        answers = {model: client.get(list_of(model)).status_code for model in PAGES}

        assert answers == {model: 200 if model in MAY_SEE[role] else 403 for model in PAGES}

    @pytest.mark.parametrize("model", PAGES)
    def test_show_a_row_and_change_nothing(self, model, collected):
        client, row = as_role("ADMIN"), model.objects.get()
        address = f"{list_of(model)}{row.pk}/change/"

        assert client.get(address).status_code == 200
        assert client.post(address, {"status": "PAID", "outcome": "BOOKED"}).status_code == 403
        assert client.post(f"{list_of(model)}{row.pk}/delete/", {"post": "yes"}).status_code == 403

    @pytest.mark.parametrize("model", PAGES)
    def test_cost_the_same_for_one_row_and_for_many(self, model, collected, brook):
        client = as_role("ADMIN")
        client.get(list_of(model))
        with CaptureQueriesContext(connection) as for_one:
            client.get(list_of(model))
        for number in range(3):
            other = factories.running_loan(brook)
            mandate = AutopayMandate.objects.get(loan=collected)
            mandate.pk, mandate.loan = None, other
            mandate.save(force_insert=True)
            AutopayAttempt.objects.create(
                mandate=mandate,
                loan=other,
                due_on=DAY,
                try_number=1,
                scheduled_on=DAY,
                token=f"00000000-0000-0000-0000-00000000000{number}",
            )
            GatewayCallback.objects.create(
                provider="simulated", event_id=f"e{number}", signature_ok=True, body_hash="", currency="CNY"
            )

        with CaptureQueriesContext(connection) as for_many:
            assert client.get(list_of(model)).context["cl"].result_list.count() == 4

        assert len(for_many) == len(for_one)

    def test_of_the_loan_shows_its_autopay(self, collected):
        page = as_role("COLLECTOR").get(f"/admin/loans/loan/{collected.pk}/change/")

        [shown] = [table for table in page.context["tables"] if str(table.title) == "Autopay"]
        assert shown.note == "In use · •••• 6789 · 5 days before the due date"
        assert [row[:2] for row in shown.rows] == [["April 10, 2026", "April 15, 2026"]]

    def test_of_callbacks_are_searched_by_the_checkout(self, collected):
        client, token = as_role("ACCOUNTANT"), Checkout.objects.get().token

        found = {
            term: client.get(f"{list_of(GatewayCallback)}?q={term}").context["cl"].result_list.count()
            for term in (token, "nothing", "0")
        }

        assert found == {token: 1, "nothing": 0, "0": 0}

    def test_of_the_mandate_shows_the_words_that_were_agreed_to(self, collected):
        mandate = AutopayMandate.objects.get()

        page = as_role("SUPERVISOR").get(f"{list_of(AutopayMandate)}{mandate.pk}/change/").content.decode()

        assert "Dashu may collect." in page
        assert "user:7" in page
