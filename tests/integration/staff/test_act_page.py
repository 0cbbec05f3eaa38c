"""The page of an act: asked, shown, booked as shown, and closed to those who may not."""

from datetime import date, timedelta

import pytest

from dashu.kernel.dates import lender_today
from dashu.users.models import User
from loans.models import Loan
from repayments.models import Installment, LoanEvent
from repayments.services.acts import ACTS
from repayments.services.charge_fee import charge_fee
from tests import factories
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

FEE = {"fee": "notary", "amount": "50.00", "date": "2026-03-20", "reason": "Second letter"}
MAY = {
    "COLLECTOR": {"waive_amount"},
    "UNDERWRITER": set(),
    "SUPERVISOR": {
        "waive_amount",
        "extend_loan",
        "arrears_plan",
        "pause_count",
        "resume_count",
        "change_due_day",
        "restructure_loan",
        "return_payment",
    },
    "ACCOUNTANT": {
        "correct_payment",
        "apply_to_installment",
        "move_payment",
        "return_payment",
        "refund_credit",
        "charge_fee",
        "charge_off_loan",
        "write_off_loan",
        "sell_loan",
    },
    "ADMIN": set(ACTS),
}


def address(loan: Loan, code: str) -> str:
    return f"/admin/loans/loan/{loan.pk}/act/{code}/"


def labels(page) -> set[str]:
    return {str(button.label) for group in page.context["act_groups"] for button in group.buttons}


def fees() -> int:
    return LoanEvent.objects.filter(kind="FEE").count()


class TestPermissions:
    @pytest.mark.parametrize("role", MAY)
    def test_open_the_acts_of_each_role(self, role, late_loan):
        client = as_role(role)
        User.objects.filter(role=role).update(is_superuser=False)

        answers = {code: client.get(address(late_loan, code)).status_code for code in ACTS}

        assert answers == {code: 200 if code in MAY[role] else 403 for code in ACTS}

    @pytest.mark.parametrize("role", ["COLLECTOR", "SUPERVISOR"])
    def test_keep_others_from_booking(self, role, late_loan):
        answer = as_role(role).post(address(late_loan, "charge_fee"), {**FEE, "step": "confirm", "token": "x"})

        assert (answer.status_code, fees()) == (403, 0)

    def test_are_what_the_loan_page_offers(self, late_loan):
        page = as_role("SUPERVISOR").get(f"/admin/loans/loan/{late_loan.pk}/change/")

        assert labels(page) == {
            "Return a payment",
            "Waive an amount",
            "Payment holiday",
            "Arrears in installments",
            "Pause the count",
            "New terms",
            "New due day",
        }
        assert [str(group.label) for group in page.context["act_groups"]] == ["Money", "Relief", "Terms"]
        assert labels(as_role("COLLECTOR").get(f"/admin/loans/loan/{late_loan.pk}/change/")) == {"Waive an amount"}

    def test_to_undo_are_those_of_the_act(self, late_loan):
        fee = charge_fee(
            loan_id=late_loan.pk, code="notary", amount_minor=5000, charged_on=date(2026, 3, 20),
            today=date(2026, 3, 20), reason="x", actor="user:1",
        )  # fmt: skip
        query = f"?event={fee.pk}"

        assert as_role("SUPERVISOR").get(address(late_loan, "undo") + query).status_code == 403
        assert as_role("ACCOUNTANT").get(address(late_loan, "undo") + query).status_code == 200

    def test_to_charge_a_fee_is_there_only_where_one_was_disclosed(self, late_loan):
        client = as_role("ACCOUNTANT")
        assert "Notary fee · at most ¥500.00" in client.get(address(late_loan, "charge_fee")).content.decode()
        assert "Charge a fee" in labels(client.get(f"/admin/loans/loan/{late_loan.pk}/change/"))

        Loan.objects.filter(pk=late_loan.pk).update(disclosed_fees=[])

        assert "Charge a fee" not in labels(client.get(f"/admin/loans/loan/{late_loan.pk}/change/"))

    def test_to_charge_a_fee_refuses_another_fee_and_more_than_was_disclosed(self, late_loan):
        client = as_role("ACCOUNTANT")

        other = client.post(address(late_loan, "charge_fee"), {**FEE, "fee": "letter", "step": "preview"})
        more = client.post(address(late_loan, "charge_fee"), {**FEE, "amount": "500.01", "step": "preview"})

        assert "fee" in other.context["form"].errors
        assert more.context["form"].errors["amount"] == [
            "The cost sheet of this loan leaves at most 500.00 for this fee."
        ]
        assert fees() == 0

    @pytest.mark.parametrize("path", ["nothing/", "undo/", "undo/?event=x", "undo/?event=999999"])
    def test_of_what_does_not_exist_is_not_found(self, path, late_loan):
        assert as_role("ADMIN").get(f"/admin/loans/loan/{late_loan.pk}/act/{path}").status_code == 404

    def test_of_an_opening_belong_to_nobody(self, late_loan):
        opening = LoanEvent.objects.get(kind="DISBURSED")

        assert as_role("ADMIN").get(address(late_loan, "undo") + f"?event={opening.pk}").status_code == 403


class TestActPage:
    @pytest.mark.parametrize("code", ACTS)
    def test_asks_for_what_the_act_needs(self, code, late_loan):
        page = as_role("ADMIN").get(address(late_loan, code))

        assert list(page.context["form"].fields) == [field.name for field in ACTS[code].fields]

    def test_shows_what_would_change_and_books_nothing(self, late_loan):
        page = as_role("ACCOUNTANT").post(address(late_loan, "charge_fee"), {**FEE, "step": "preview"})

        assert (page.status_code, fees()) == (200, 0)
        [change] = page.context["changes"]
        _figures, schedule, *_others = change.tables
        changed = [row for row, tone in zip(schedule.rows, schedule.tones, strict=True) if tone == "changed"]
        assert [(row[0], row[5]) for row in changed] == [("changed", "¥0.00 → ¥50.00")]
        assert "staff-row--quiet" in page.content.decode()

    def test_books_what_was_shown(self, late_loan):
        client = as_role("ACCOUNTANT")
        shown = client.post(address(late_loan, "charge_fee"), {**FEE, "step": "preview"})

        answer = client.post(
            address(late_loan, "charge_fee"), {**FEE, "step": "confirm", "token": shown.context["seen"].token}
        )

        assert (answer.status_code, answer.url) == (302, f"/admin/loans/loan/{late_loan.pk}/change/")
        fee = LoanEvent.objects.get(kind="FEE")
        assert (fee.amount_minor, fee.data["reason"]) == (50_00, "Second letter")
        assert fee.actor == f"user:{User.objects.get(role='ACCOUNTANT').pk}"

    def test_shows_the_new_preview_when_the_loan_has_changed(self, late_loan):
        client = as_role("ACCOUNTANT")
        shown = client.post(address(late_loan, "charge_fee"), {**FEE, "step": "preview"})
        factories.pay(late_loan, 10_00, date(2026, 3, 21), today=date(2026, 3, 21))
        given = {**FEE, "step": "confirm", "token": shown.context["seen"].token}

        page = client.post(address(late_loan, "charge_fee"), given)

        assert (page.status_code, fees()) == (200, 0)
        assert "the loan has changed" in page.context["stale"]
        assert page.context["since"] == ["Payment · ¥10.00 · March 21, 2026"]
        client.post(address(late_loan, "charge_fee"), {**given, "token": page.context["seen"].token})
        assert fees() == 1

    def test_confirmed_twice_books_once_and_says_that_it_is_done(self, late_loan):
        client = as_role("ACCOUNTANT")
        shown = client.post(address(late_loan, "charge_fee"), {**FEE, "step": "preview"})
        given = {**FEE, "step": "confirm", "token": shown.context["seen"].token}
        client.post(address(late_loan, "charge_fee"), given)

        page = client.post(address(late_loan, "charge_fee"), given)

        assert fees() == 1
        assert page.context["since"] == ["Fee · Notary fee · ¥50.00 · March 20, 2026 · Second letter"]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"amount": "much"}, "amount"),
            ({"amount": "0"}, "amount"),
            ({"amount": ""}, "amount"),
            ({"date": "soon"}, "date"),
            ({"date": "2026-01-01"}, "date"),
            ({"date": str(lender_today() + timedelta(days=1))}, "date"),
            ({"reason": ""}, "reason"),
            ({"reason": "nul\0"}, "reason"),
            ({"reason": "x" * 501}, "reason"),
        ],
    )
    @pytest.mark.parametrize("step", ["preview", "confirm"])
    def test_refuses_at_the_field_and_keeps_what_was_typed(self, step, given, field, late_loan):
        page = as_role("ACCOUNTANT").post(address(late_loan, "charge_fee"), {**FEE, **given, "step": step})

        assert (page.status_code, fees()) == (200, 0)
        assert list(page.context["form"].errors) == [field]
        assert page.context["form"]["amount"].value() == {**FEE, **given}["amount"]

    def test_goes_back_to_the_form_with_what_was_typed(self, late_loan):
        page = as_role("ACCOUNTANT").post(address(late_loan, "charge_fee"), {**FEE, "step": "edit"})

        assert "seen" not in page.context
        assert page.context["form"]["amount"].value() == "50.00"

    def test_shows_both_loans_of_a_moved_payment(self, late_loan):
        other = factories.running_loan(late_loan.borrower)
        given = {"payment": late_loan.payments.get().reference, "to_loan": other.number, "reason": "wrong loan"}

        page = as_role("ACCOUNTANT").post(address(late_loan, "move_payment"), {**given, "step": "preview"})

        assert [change.number for change in page.context["changes"]] == [late_loan.number, other.number]

    def test_undoes_from_the_events_of_the_loan(self, late_loan):
        client = as_role("ACCOUNTANT")
        payment = late_loan.payments.get()
        page = client.get(f"/admin/loans/loan/{late_loan.pk}/change/")
        events = next(table for table in page.context["tables"] if str(table.title) == "Events")
        assert ["Undo" in str(row[-1]) for row in events.rows] == [True, False]
        given = {"event": str(payment.pk), "reason": "never came"}

        shown = client.post(address(late_loan, "undo"), {**given, "step": "preview"})
        client.post(address(late_loan, "undo"), {**given, "step": "confirm", "token": shown.context["seen"].token})

        payment.refresh_from_db()
        first = Installment.objects.get(loan=late_loan, number=1, is_current=True)
        assert (payment.is_returned, first.paid_principal_minor) == (True, 0)
        page = client.get(f"/admin/loans/loan/{late_loan.pk}/change/")
        restated = next(table for table in page.context["tables"] if str(table.title) == "Restatements")
        assert restated.rows[0][1] == "Reversal"
