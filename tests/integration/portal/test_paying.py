from datetime import date

import pytest

from dashu.ledger import accounts
from dashu.ledger.models import JournalEntry
from dashu.ledger.selectors import loan_balances
from repayments.models import Checkout, LoanBalance, Payment
from repayments.selectors.reconciliation import differences
from repayments.services.gateway import SimulatedProvider, start_checkout
from tests import factories

TODAY = date(2026, 6, 20)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    for module in ("dashu.portal.views", "dashu.portal.paying", "dashu.portal.simulated_gateway", "repayments.views"):
        monkeypatch.setattr(f"{module}.lender_today", lambda: TODAY)


@pytest.fixture
def loan(amina):
    """1,100.16 a month; the first installment is 10 days late."""
    return factories.running_loan(amina, starts_on=date(2026, 5, 10))


@pytest.fixture
def browser(client, amina):
    client.force_login(amina.user)
    factories.speak(amina.user, "en")
    return client


def choose(browser, loan, **typed):
    """Choose an amount and, where it is one, confirm what it pays; return the last answer."""
    page = browser.post(f"/loans/{loan.number}/pay/", typed)
    if page.context and "lines" in page.context:
        return browser.post(f"/loans/{loan.number}/pay/", {**typed, "shown": page.context["total_minor"]})
    return page


class TestChoosingAnAmount:
    def test_what_is_due_goes_to_the_provider_with_penalty(self, browser, loan):
        page = choose(browser, loan, choice="asked")

        checkout = Checkout.objects.get()
        assert page.url == f"/gateway/simulated/{checkout.token}/"
        # 920.16 principal, 9 whole days at 24% a year of 360 days: 5.52
        assert checkout.amount_minor == 1_100_16 + 5_52
        assert Payment.objects.exists() is False

    @pytest.mark.parametrize("typed", ["250.50", "¥250.5", " 250.50 ", "２５０．５０", "0,250.50"])
    def test_another_amount_is_read_as_people_type_it(self, browser, loan, typed):
        choose(browser, loan, choice="other", amount=typed)

        assert Checkout.objects.get().amount_minor == 250_50

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ("", "Enter the amount you want to pay."),
            ("0", "must be more than 0"),
            ("-5", "is not an amount"),
            ("1.234", "decimals"),
            ("ten", "is not an amount"),
            ("99999999", "At most"),
            ("99999999999999999", "not"),
        ],
    )
    def test_a_wrong_amount_is_explained_beside_the_field_and_kept(self, browser, loan, typed, says):
        page = choose(browser, loan, choice="other", amount=typed).content.decode()

        assert says in page
        assert 'aria-invalid="true"' in page
        assert not typed or f'value="{typed}"' in page
        assert Checkout.objects.exists() is False

    def test_an_amount_typed_but_not_chosen_is_asked_about(self, browser, loan):
        page = choose(browser, loan, choice="asked", amount="100").content.decode()

        assert "To pay this amount, choose it." in page
        assert Checkout.objects.exists() is False

    def test_a_made_up_choice_starts_nothing(self, browser, loan):
        assert choose(browser, loan, choice="free").status_code == 200
        assert Checkout.objects.exists() is False


class TestWithoutAProvider:
    @pytest.fixture(autouse=True)
    def _as_in_production(self, settings):
        settings.SIMULATED_GATEWAY = False

    def test_the_form_says_how_else_to_pay_and_starts_nothing(self, browser, loan):
        page = choose(browser, loan, choice="other", amount="100").content.decode()

        assert "Online payment is not set up here." in page
        assert 'value="100"' in page
        assert Checkout.objects.exists() is False

    def test_nobody_can_confirm_a_payment_without_money(self, browser, loan, settings):
        settings.SIMULATED_GATEWAY = True
        address = choose(browser, loan, choice="asked").url
        checkout = Checkout.objects.get()
        body, headers = SimulatedProvider().sign_callback(checkout, "PAID")
        settings.SIMULATED_GATEWAY = False

        confirmed = browser.post(address, {"confirm": "1"})
        called_back = browser.post("/gateway/callbacks/", body, content_type="application/json", headers=headers)

        assert (confirmed.status_code, called_back.status_code) == (404, 503)
        assert Payment.objects.exists() is False


class TestConfirming:
    def test_books_the_payment_and_shows_its_receipt(self, browser, loan):
        page = browser.post(choose(browser, loan, choice="asked").url, {"confirm": "1"}, follow=True)

        payment = Payment.objects.get()
        text = page.content.decode()
        assert page.redirect_chain[-1][0] == f"/receipts/{payment.reference}/"
        for part in ("Principal", "Interest", "Penalty interest", "Paid in all", "Next on July 10, 2026"):
            assert part in text
        assert "Still due now" not in text
        assert payment.penalty_minor == 5_52

    def test_confirming_twice_pays_once(self, browser, loan):
        address = choose(browser, loan, choice="asked").url

        first = browser.post(address, {"confirm": "1"})
        entries = JournalEntry.objects.count()
        second = browser.post(address, {"confirm": "1"})

        assert first.url == second.url
        assert Payment.objects.count() == 1
        assert JournalEntry.objects.count() == entries

    def test_sending_the_pay_form_twice_pays_nothing_by_itself(self, browser, loan):
        choose(browser, loan, choice="asked")
        choose(browser, loan, choice="asked")

        assert Payment.objects.exists() is False

    def test_going_back_to_a_paid_checkout_shows_the_receipt(self, browser, loan):
        address = choose(browser, loan, choice="asked").url
        browser.post(address, {"confirm": "1"})

        assert browser.get(address).url == f"/receipts/{Payment.objects.get().reference}/"

    def test_declining_pays_nothing_and_says_so(self, browser, loan):
        page = browser.post(choose(browser, loan, choice="asked").url, {"decline": "1"}, follow=True)

        assert "Nothing was paid." in page.content.decode()
        assert Payment.objects.exists() is False

    def test_money_for_a_loan_settled_meanwhile_becomes_the_borrowers_credit(self, browser, loan):
        address = choose(browser, loan, choice="asked").url
        factories.pay(loan, sum(loan.installments.values_list("unpaid_minor", flat=True)) + 5_52, TODAY)

        page = browser.post(address, {"confirm": "1"}, follow=True)

        late = Payment.objects.latest("event_id")
        assert (late.unapplied_minor, late.amount_minor) == (late.amount_minor, Checkout.objects.get().amount_minor)
        assert "Kept as your credit" in page.content.decode()
        balance = LoanBalance.objects.get(loan=loan)
        assert (balance.unapplied_minor, balance.principal_minor) == (late.amount_minor, 0)
        assert loan_balances([loan.pk])[loan.pk][accounts.BORROWER_CREDIT] == -late.amount_minor
        assert list(differences()) == []

    def test_an_unknown_checkout_is_not_found(self, browser):
        assert browser.get("/gateway/simulated/00000000-0000-0000-0000-000000000000/").status_code == 404


class TestReceipt:
    def test_another_borrowers_receipt_is_not_found(self, browser, brook):
        theirs = factories.running_loan(brook)
        payment = factories.pay(theirs, 100_00, TODAY)

        assert browser.get(f"/receipts/{payment.reference}/").status_code == 404

    def test_the_last_payment_says_that_nothing_is_left(self, browser, loan):
        left = sum(loan.installments.values_list("unpaid_minor", flat=True)) + 5_52
        payment = factories.pay(loan, left, TODAY)

        assert "This loan is paid off." in browser.get(f"/receipts/{payment.reference}/").content.decode()


class TestCallback:
    def test_one_that_is_not_signed_is_refused_with_a_code(self, client, loan):
        page = client.post("/gateway/callbacks/", "{}", content_type="application/json")

        assert (page.status_code, page.json()["code"]) == (400, "callback_refused")
        assert Payment.objects.exists() is False

    def test_a_signed_one_books_the_payment(self, client, loan):
        checkout = start_checkout(loan_id=loan.pk, amount_minor=100_00, today=TODAY)
        body, headers = SimulatedProvider().sign_callback(checkout, "PAID")

        page = client.post("/gateway/callbacks/", body, content_type="application/json", headers=headers)

        assert page.json() == {"status": "PAID"}
        assert Payment.objects.get().amount_minor == 100_00


class TestPressingTheButtonTwice:
    def confirmed(self, browser, loan, **more):
        typed = {"choice": "other", "amount": "250"}
        preview = browser.post(f"/loans/{loan.number}/pay/", typed)
        return {**typed, "shown": preview.context["total_minor"], "once": str(preview.context["once"]), **more}

    def test_begins_one_payment_and_leads_to_it_both_times(self, browser, loan):
        sent = self.confirmed(browser, loan)

        first, second = (browser.post(f"/loans/{loan.number}/pay/", sent) for _press in range(2))

        checkout = Checkout.objects.get()
        assert first.url == second.url == f"/gateway/simulated/{checkout.token}/"
        assert str(checkout.token) == sent["once"]

    def test_after_it_was_paid_shows_what_became_of_it(self, browser, loan):
        sent = self.confirmed(browser, loan)
        browser.post(f"/loans/{loan.number}/pay/", sent)
        browser.post(f"/gateway/simulated/{sent['once']}/", {"confirm": "1"})
        assert Payment.objects.count() == 1

        again = browser.post(f"/loans/{loan.number}/pay/", sent)

        assert again.url == f"/checkouts/{sent['once']}/"
        assert (Checkout.objects.count(), Payment.objects.count()) == (1, 1)

    def test_with_another_amount_is_refused_and_changes_nothing(self, browser, loan):
        sent = self.confirmed(browser, loan)
        browser.post(f"/loans/{loan.number}/pay/", sent)

        page = browser.post(f"/loans/{loan.number}/pay/", {**sent, "amount": "251", "shown": "25100"})

        assert "This payment was begun with another amount" in page.content.decode()
        assert Checkout.objects.get().amount_minor == 250_00

    def test_another_form_begins_another_payment(self, browser, loan):
        for _visit in range(2):
            browser.post(f"/loans/{loan.number}/pay/", self.confirmed(browser, loan))

        assert Checkout.objects.count() == 2

    @pytest.mark.parametrize("once", ["", "no token", "x" * 400])
    def test_a_form_without_a_token_pays_all_the_same(self, browser, loan, once):
        page = browser.post(f"/loans/{loan.number}/pay/", self.confirmed(browser, loan, once=once))

        assert page.url == f"/gateway/simulated/{Checkout.objects.get().token}/"

    def test_for_several_loans_begins_one_payment(self, browser, loan):
        other = factories.running_loan(loan.borrower, starts_on=date(2026, 5, 20))
        typed = {f"loan-{loan.number}": "300", f"loan-{other.number}": "200"}
        preview = browser.post("/pay/", typed)
        sent = {**typed, "shown": preview.context["total_minor"], "once": str(preview.context["once"])}

        first, second = (browser.post("/pay/", sent) for _press in range(2))

        assert first.url == second.url
        assert Checkout.objects.get().amount_minor == 500_00
