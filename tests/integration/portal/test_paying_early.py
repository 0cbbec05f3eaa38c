"""What if I pay more today: the page shows what the book then does, to the fen, and leads to that very payment."""

from datetime import date

import pytest

from loans.models import Loan
from repayments.models import Payment
from repayments.selectors.early_payments import early_payment
from repayments.selectors.standings import standings_of
from repayments.services.payoff_quotes import preview_payoff
from tests import factories
from tests.integration.repayments.lived_books import varied

TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    for module in ("paying_early", "paying"):
        monkeypatch.setattr(f"dashu.portal.{module}.lender_today", lambda: TODAY)


@pytest.fixture
def visit(client, amina):
    client.force_login(amina.user)
    factories.speak(amina.user, "en")
    return client.get


def loan_of(owner, **contract):
    """Paid out on 15 January; the installment of 15 February is paid on its day unless it is to be late."""
    is_late = contract.pop("is_late", False)
    loan = varied(owner, **contract)
    if not is_late:
        factories.pay(loan, standings_of([loan], today=date(2026, 2, 15))[loan.pk].due_now, date(2026, 2, 15))
    loan.refresh_from_db()
    return loan


KINDS = {
    "scheduled": {},
    "late": {"is_late": True},
    "from the end": {
        "waterfall": {
            "order": ["fee", "interest", "principal", "penalty"],
            "direction": "by_installment",
            "surplus": "last_installment",
        }
    },
    "daily": {"interest_basis": "daily"},
    "daily and late": {"interest_basis": "daily", "is_late": True},
}


class TestWhatPayingMoreDoes:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("extra", [0, 1, 777_77, 1_500_00, 5_000_00])
    def test_is_what_the_book_does_when_it_is_paid_and_every_date_is_kept(self, amina, kind, extra):
        loan = loan_of(amina, **KINDS[kind])

        told = early_payment(loan, extra, today=TODAY)
        if told.now:
            factories.pay(loan, told.now, TODAY)

        assert standings_of([loan], today=TODAY)[loan.pk] == told.after
        for on, minor in told.course.payments:
            if on != TODAY:
                factories.pay(loan, minor, on)
        loan.refresh_from_db()
        assert loan.status == Loan.Status.SETTLED
        assert Payment.objects.filter(loan=loan, unapplied_minor__gt=0).exists() is False
        assert told.course.ends_on == Payment.objects.filter(loan=loan).latest("received_on").received_on

    def test_saves_nothing_where_the_schedule_fixes_the_interest(self, amina):
        told = early_payment(loan_of(amina), 2_000_00, today=TODAY)

        assert (told.saved, told.after.next_due_on) == (0, date(2026, 4, 15))
        assert told.course.ends_on == told.agreed.ends_on

    def test_ends_the_loan_earlier_where_the_money_pays_the_last_installments(self, amina):
        told = early_payment(loan_of(amina, **KINDS["from the end"]), 3_300_00, today=TODAY)

        assert told.saved == 0
        assert (told.course.ends_on, told.agreed.ends_on) == (date(2026, 7, 15), date(2026, 9, 15))

    def test_saves_the_interest_of_the_days_where_interest_counts_by_the_day(self, amina):
        told = early_payment(loan_of(amina, interest_basis="daily"), 2_000_00, today=TODAY)

        assert told.saved == 20_94

    @pytest.mark.parametrize("kind", KINDS)
    def test_knows_the_payoff_of_the_day(self, amina, kind):
        loan = loan_of(amina, **KINDS[kind])

        assert early_payment(loan, 0, today=TODAY).whole == preview_payoff(loan, valid_to=TODAY, today=TODAY)[0].total


class TestThePage:
    def test_shows_it_and_leads_to_the_payment_with_the_amount_filled_in(self, visit, amina):
        loan = loan_of(amina)

        page = visit(f"/loans/{loan.number}/early/?amount=１,500")
        told = page.context["early"]

        assert (told.extra, told.now) == (1_500_00, 1_500_00)
        assert "it does not lower the interest" in page.content.decode()
        address = f"/loans/{loan.number}/pay/?amount=1500.00"
        assert f'href="{address}"' in page.content.decode()
        form = visit(address).context["form"]
        assert (form["choice"].value(), form["amount"].value()) == ("other", "1500.00")

    def test_what_is_due_comes_first(self, visit, amina):
        loan = loan_of(amina, is_late=True)

        told = visit(f"/loans/{loan.number}/early/?amount=100").context["early"]

        assert told.due_now == standings_of([loan], today=TODAY)[loan.pk].due_now
        assert told.now == told.due_now + 100_00

    def test_what_is_enough_leads_to_the_payoff(self, visit, amina):
        loan = loan_of(amina)

        page = visit(f"/loans/{loan.number}/early/?amount=999999").content.decode()

        assert "That is enough to pay everything off" in page
        assert "Pay this amount" not in page

    @pytest.mark.parametrize("typed", ["", "lots", "-1", "1.234"])
    def test_what_is_no_amount_is_said_at_the_field(self, visit, amina, typed):
        loan = loan_of(amina)

        page = visit(f"/loans/{loan.number}/early/?amount={typed}")

        assert page.context["early"] is None
        assert page.context["form"].errors["amount"]
        assert "Pay this amount" not in page.content.decode()

    def test_an_update_is_the_answer_alone(self, client, visit, amina):
        loan = loan_of(amina)

        page = visit(f"/loans/{loan.number}/early/?amount=100", headers={"HX-Request": "true"}).content.decode()

        assert "<html" not in page
        assert 'id="calc-amount-wrong"' in page

    def test_asks_the_same_number_of_questions_for_any_amount(self, visit, amina, django_assert_num_queries):
        loan = loan_of(amina)
        visit(f"/loans/{loan.number}/early/")

        # session, person, loan, and balance with installments: for the card, without an amount, and with it
        for amount in ("1", "5000"):
            with django_assert_num_queries(10):
                visit(f"/loans/{loan.number}/early/?amount={amount}")

    def test_another_borrowers_loan_is_not_found(self, visit, brook):
        assert visit(f"/loans/{loan_of(brook).number}/early/").status_code == 404

    def test_a_loan_that_is_paid_off_has_nothing_to_pay_early(self, visit, amina):
        loan = loan_of(amina)
        factories.pay(loan, standings_of([loan], today=TODAY)[loan.pk].left_to_pay, TODAY)

        assert "Nothing to pay" in visit(f"/loans/{loan.number}/early/").content.decode()
