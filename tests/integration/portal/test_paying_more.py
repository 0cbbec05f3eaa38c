"""Paying in advance, several loans together, by bank transfer, and waiting for the provider's word."""

import re
from datetime import date, timedelta

import pytest

from repayments.domain.virtual_accounts import number_for
from repayments.models import Checkout, Installment, Payment
from repayments.selectors.previews import preview_payment
from repayments.selectors.standings import standings_of
from repayments.services.gateway import start_checkout
from tests import factories
from tests.factories import pay, yuan

TODAY = date(2026, 6, 20)
INSTALLMENT = 1100_16


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    for module in ("dashu.portal.views", "dashu.portal.paying", "dashu.portal.simulated_gateway", "repayments.views"):
        monkeypatch.setattr(f"{module}.lender_today", lambda: TODAY)


@pytest.fixture
def loan(amina):
    """1,100.16 a month; the first installment is 10 days late."""
    return factories.running_loan(amina, starts_on=date(2026, 5, 10))


@pytest.fixture
def on_track(amina):
    """The first installment is due on 10 July."""
    return factories.running_loan(amina, starts_on=date(2026, 6, 10))


@pytest.fixture
def browser(client, amina):
    client.force_login(amina.user)
    factories.speak(amina.user, "en")
    return client


class TestSeeingWhatItPays:
    def test_starts_nothing_and_says_what_is_paid(self, browser, loan):
        page = browser.post(f"/loans/{loan.number}/pay/", {"choice": "other", "amount": "1200"})

        text = page.content.decode()
        assert Checkout.objects.exists() is False
        assert "Installment 1, due June 10" in text
        assert "paid in full" in text
        assert "Installment 2, due July 10" in text
        # 1,200.00 less the first installment and 5.52 of penalty is paid in advance
        assert "¥94.32 of this is more than is due today." in text

    @pytest.mark.parametrize("amount", [1, 500_00, INSTALLMENT + 5_52, 3000_00, 13_207_44])
    def test_is_what_booking_then_does(self, loan, amount):
        seen = preview_payment(loan, amount, on=TODAY)

        payment = pay(loan, amount, TODAY)

        parts = ("fee", "penalty", "interest", "principal")
        assert [getattr(seen.receipt, part) for part in parts] == [getattr(payment, f"{part}_minor") for part in parts]
        assert seen.receipt.unapplied == payment.unapplied_minor
        allocated = list(
            payment.allocations.order_by("number").values_list(
                "number", "principal_minor", "interest_minor", "fee_minor"
            )
        )
        assert [(row.number, row.principal, row.interest, row.fee) for row in seen.rows] == allocated
        loan.refresh_from_db()
        assert seen.after == standings_of([loan], today=TODAY)[loan.pk]

    def test_is_shown_again_when_the_amount_has_changed_meanwhile(self, browser, loan):
        page = browser.post(f"/loans/{loan.number}/pay/", {"choice": "asked", "shown": "110016"})

        assert page.context["total_minor"] == INSTALLMENT + 5_52
        assert Checkout.objects.exists() is False

    def test_explains_what_is_beyond_everything_that_is_owed(self, browser, loan):
        left = standings_of([loan], today=TODAY)[loan.pk].left_to_pay

        page = browser.post(f"/loans/{loan.number}/pay/", {"choice": "other", "amount": f"{left // 100 + 1}"})

        assert "This is more than is left to pay." in page.content.decode()
        assert Checkout.objects.exists() is False


class TestPayingInAdvance:
    def test_offers_what_is_due_with_the_next_installments(self, browser, loan):
        ways = browser.get(f"/loans/{loan.number}/pay/").context["form"].ways

        assert [(way.count, way.amount_minor, way.through) for way in ways.values()][:2] == [
            (1, 2 * INSTALLMENT + 5_52, date(2026, 7, 10)),
            (2, 3 * INSTALLMENT + 5_52, date(2026, 8, 10)),
        ]
        assert len(ways) == 6

    def test_offers_more_than_the_next_when_nothing_is_due(self, browser, on_track):
        ways = browser.get(f"/loans/{on_track.number}/pay/").context["form"].ways

        assert (ways[1].amount_minor, ways[1].through) == (2 * INSTALLMENT, date(2026, 8, 10))

    def test_goes_to_the_provider_with_the_chosen_amount(self, browser, on_track):
        address = f"/loans/{on_track.number}/pay/"
        seen = browser.post(address, {"choice": "ahead", "ahead": "2", "amount": ""})
        kept = {**dict(seen.context["kept"]), "shown": seen.context["total_minor"]}

        browser.post(address, kept)

        assert Checkout.objects.get().amount_minor == 3 * INSTALLMENT

    @pytest.mark.parametrize("ahead", ["", "7", "x"])
    def test_asks_how_many(self, browser, on_track, ahead):
        page = browser.post(f"/loans/{on_track.number}/pay/", {"choice": "ahead", "ahead": ahead})

        assert list(page.context["form"].errors) == ["ahead"]
        assert Checkout.objects.exists() is False


class TestBankTransfer:
    def test_shows_the_loans_own_account_and_reference(self, browser, loan):
        text = browser.get(f"/loans/{loan.number}/pay/").content.decode()

        number = number_for(loan.pk, prefix="8620")
        assert f'data-copy="{number}"' in text
        assert " ".join(re.findall("....", number)) in text
        assert "示范银行, 上海分行营业部" in text
        assert f'data-copy="{loan.number}"' in text


class TestPayingTogether:
    def together(self, browser, typed):
        page = browser.post("/pay/", typed)
        if page.context and "lines" in page.context:
            return browser.post("/pay/", {**typed, "shown": page.context["total_minor"]})
        return page

    def test_is_offered_at_home_when_there_are_several(self, browser, loan, on_track):
        assert "Pay several loans together" in browser.get("/").content.decode()

    def test_is_not_offered_for_one_loan(self, browser, loan):
        assert "Pay several loans together" not in browser.get("/").content.decode()

    def test_of_one_loan_is_asked_on_its_own_page(self, browser, loan):
        assert browser.get("/pay/").url == f"/loans/{loan.number}/pay/"

    def test_says_so_when_nothing_is_open(self, client, brook):
        client.force_login(brook.user, backend="django.contrib.auth.backends.ModelBackend")
        factories.speak(brook.user, "en")

        assert "Nothing is open on your loans" in client.get("/pay/").content.decode()

    def test_books_each_part_on_its_loan(self, browser, loan, on_track):
        typed = {f"loan-{loan.number}": "1105.68", f"loan-{on_track.number}": "￥500"}

        address = self.together(browser, typed).url
        page = browser.post(address, {"confirm": "1"}, follow=True)

        assert page.redirect_chain[-1][0] == f"/checkouts/{Checkout.objects.get().token}/"
        assert dict(Payment.objects.values_list("loan_id", "amount_minor")) == {
            loan.pk: 1105_68,
            on_track.pk: yuan(500),
        }
        text = page.content.decode()
        assert "1,605" in text
        for payment in Payment.objects.all():
            assert f"/receipts/{payment.reference}/" in text

    def test_of_one_loan_only_is_an_ordinary_payment(self, browser, loan, on_track):
        address = self.together(browser, {f"loan-{loan.number}": "10", f"loan-{on_track.number}": ""}).url
        page = browser.post(address, {"confirm": "1"}, follow=True)

        assert page.redirect_chain[-1][0] == f"/receipts/{Payment.objects.get().reference}/"

    @pytest.mark.parametrize("typed", ["abc", "0", "-1", "99999999"])
    def test_explains_a_wrong_amount_at_its_loan(self, browser, loan, on_track, typed):
        page = self.together(browser, {f"loan-{loan.number}": "10", f"loan-{on_track.number}": typed})

        assert list(page.context["form"].errors) == [f"loan-{on_track.number}"]
        assert Checkout.objects.exists() is False

    def test_asks_for_something(self, browser, loan, on_track):
        page = self.together(browser, {})

        assert "for at least one loan" in page.content.decode()

    def test_shows_nothing_of_another_borrowers_loans(self, browser, loan, brook):
        theirs = factories.running_loan(brook, starts_on=date(2026, 5, 10))

        page = browser.get("/pay/", follow=True)
        browser.post("/pay/", {f"loan-{theirs.number}": "10", "shown": "1000"})

        assert theirs.number not in page.content.decode()
        assert Checkout.objects.exists() is False

    def test_costs_the_same_for_two_loans_and_for_six(self, browser, amina, loan, on_track, django_assert_num_queries):
        for _number in range(4):
            factories.running_loan(amina, starts_on=date(2026, 6, 10))

        with django_assert_num_queries(7):  # session, person, borrower, loans, balances, installments, unread
            browser.get("/pay/")

    def test_leads_staff_home(self, client, chidi):
        client.force_login(chidi, backend="django.contrib.auth.backends.ModelBackend")

        assert client.get("/pay/").url == "/"


class TestWaiting:
    @pytest.fixture
    def checkout(self, loan):
        return start_checkout(loan_id=loan.pk, amount_minor=100_00, today=TODAY)

    def test_says_that_we_wait_and_looks_again(self, browser, checkout):
        text = browser.get(f"/checkouts/{checkout.token}/").content.decode()

        assert "Waiting for the provider" in text
        assert 'data-wait="5"' in text
        assert "If you have not confirmed it, nothing was paid." in text

    @pytest.mark.parametrize(
        ("status", "says"), [("DECLINED", "Nothing was paid."), ("EXPIRED", "not confirmed in time")]
    )
    def test_says_when_nothing_was_paid(self, browser, checkout, status, says):
        Checkout.objects.update(status=status)

        text = browser.get(f"/checkouts/{checkout.token}/").content.decode()

        assert says in text
        assert 'data-wait="5"' not in text

    def test_leads_to_the_receipt_once_it_is_paid(self, browser, checkout):
        browser.post(f"/gateway/simulated/{checkout.token}/", {"confirm": "1"})

        assert browser.get(f"/checkouts/{checkout.token}/").url == f"/receipts/{Payment.objects.get().reference}/"

    def test_of_another_borrower_is_not_found(self, client, checkout, brook):
        client.force_login(brook.user)

        assert client.get(f"/checkouts/{checkout.token}/").status_code == 404

    def test_of_a_payment_told_later_begins_here(self, browser, checkout, monkeypatch):
        sent = []
        monkeypatch.setattr("repayments.gateways.simulated.app.send_task", lambda name, **how: sent.append((name, how)))

        page = browser.post(f"/gateway/simulated/{checkout.token}/", {"later": "1"})

        assert page.url == f"/checkouts/{checkout.token}/"
        [(name, how)] = sent
        assert (name, how["countdown"]) == ("repayments.tasks.deliver_simulated_callback", 20)


class TestSimulatedProvider:
    @pytest.mark.parametrize(
        ("script", "standing"),
        [
            ("pay_twice_told", 1),
            ("pay_then_charge_back", 0),
            ("charge_back_told_first", 0),
            ("charge_back_and_won", 1),
            ("pay_then_late_decline", 1),
            ("decline_then_pay", 1),
            ("no such script", 0),
        ],
    )
    def test_plays_what_the_payer_chose(self, browser, loan, script, standing):
        checkout = start_checkout(loan_id=loan.pk, amount_minor=100_00, today=TODAY)

        page = browser.post(f"/gateway/simulated/{checkout.token}/", {"script": script}, follow=True)

        assert page.status_code == 200
        assert Payment.objects.filter(is_returned=False).count() == standing


class TestAutopayPages:
    @pytest.fixture(autouse=True)
    def _today_there(self, monkeypatch):
        monkeypatch.setattr("dashu.portal.autopay.lender_today", lambda: TODAY)

    def set_up(self, browser, loan, **given):
        choice = {"timing": "DUE_DATE", "days_before": 3, "month_day": 1, "account": "sim-pays", "agree": "on"}
        return browser.post(f"/loans/{loan.number}/autopay/", {**choice, **given}, follow=True)

    def test_are_set_up_with_the_words_that_were_shown(self, browser, on_track, amina):
        words = browser.get(f"/loans/{on_track.number}/autopay/").context["words"]

        page = self.set_up(browser, on_track, timing="DAYS_BEFORE", days_before=5).content.decode()

        mandate = on_track.mandates.get()
        assert mandate.consent_text == "\n".join(words)
        assert mandate.consented_by == f"user:{amina.user.pk}"
        assert (mandate.timing, mandate.timing_number) == ("DAYS_BEFORE", 5)
        assert "July 5, 2026" in page
        assert "•••• 6789" in page

    def test_need_the_consent(self, browser, on_track):
        page = self.set_up(browser, on_track, agree="")

        assert "Without it, nothing is collected." in page.content.decode()
        assert on_track.mandates.exists() is False

    @pytest.mark.parametrize(
        "given", [{"account": "stolen"}, {"timing": "NEVER"}, {"timing": "MONTH_DAY", "month_day": 31}]
    )
    def test_refuse_what_was_not_offered(self, browser, on_track, given):
        assert self.set_up(browser, on_track, **given).status_code == 200
        assert on_track.mandates.exists() is False

    def test_pause_resume_and_end_in_one_click_each(self, browser, on_track):
        self.set_up(browser, on_track)
        address = f"/loans/{on_track.number}/autopay/"

        states = []
        for action in ("pause", "resume", "end"):
            browser.post(address, {"action": action})
            states.append(on_track.mandates.get().status)

        assert states == ["PAUSED", "ACTIVE", "CANCELLED"]
        assert "Set up autopay" in browser.get(address).content.decode()

    def test_end_pressed_twice_is_once_and_asks_for_nothing(self, browser, on_track):
        self.set_up(browser, on_track)
        address = f"/loans/{on_track.number}/autopay/"
        browser.post(address, {"action": "end"})

        again = browser.post(address, {"action": "end"}).content.decode()

        assert "Set up autopay" in again
        assert "field__error" not in again
        assert on_track.mandates.get().status == "CANCELLED"

    def test_change_the_day(self, browser, on_track):
        self.set_up(browser, on_track)

        browser.post(
            f"/loans/{on_track.number}/autopay/",
            {"action": "day", "timing": "MONTH_DAY", "month_day": "25", "days_before": "3"},
        )

        mandate = on_track.mandates.get()
        assert (mandate.timing, mandate.timing_number, mandate.day_chosen_on) == ("MONTH_DAY", 25, TODAY)
        assert "June 25, 2026" in browser.get(f"/loans/{on_track.number}/").content.decode()

    def test_of_another_borrower_are_not_found(self, browser, brook):
        theirs = factories.running_loan(brook, starts_on=date(2026, 6, 10))

        assert browser.get(f"/loans/{theirs.number}/autopay/").status_code == 404
        assert self.set_up(browser, theirs).status_code == 404
        assert theirs.mandates.exists() is False

    def test_have_nothing_to_offer_for_a_paid_loan(self, browser, loan):
        pay(loan, sum(Installment.objects.filter(loan=loan).values_list("unpaid_minor", flat=True)) + 5_52, TODAY)

        assert "Nothing is open on this loan." in browser.get(f"/loans/{loan.number}/autopay/").content.decode()

    def test_say_up_to_when_a_hold_lasts(self, browser, on_track):
        self.set_up(browser, on_track)
        on_track.mandates.update(held_through=TODAY + timedelta(days=5))

        assert (
            "Nothing is collected up to June 25, 2026"
            in browser.get(f"/loans/{on_track.number}/autopay/").content.decode()
        )
