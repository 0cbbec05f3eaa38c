from datetime import date, timedelta

import pytest

from repayments.models import Checkout, Installment, Payment, PayoffQuote
from repayments.selectors.reconciliation import differences
from repayments.services.payoff_quotes import close_changed_quotes
from tests import factories
from tests.factories import pay

pytestmark = pytest.mark.django_db

TODAY = date(2026, 2, 20)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """The day, which a test may move on."""
    clock = {"today": TODAY}
    for module in ("settling", "views", "simulated_gateway"):
        monkeypatch.setattr(f"dashu.portal.{module}.lender_today", lambda: clock["today"])
    return clock


@pytest.fixture
def loan(loan):
    pay(loan, 1_100_16, date(2026, 2, 15))
    return loan


@pytest.fixture
def browser(client, amina):
    client.force_login(amina.user)
    factories.speak(amina.user, "en")
    return client


def ask(browser, loan, valid_to="2026-02-27"):
    return browser.post(f"/loans/{loan.number}/payoff/", {"valid_to": valid_to})


class TestPayoffPage:
    def test_is_reached_from_the_loan(self, browser, loan):
        assert f"/loans/{loan.number}/payoff/" in browser.get(f"/loans/{loan.number}/").content.decode()

    def test_says_what_today_asks_for_part_by_part_and_what_is_saved(self, browser, loan):
        page = browser.get(f"/loans/{loan.number}/payoff/")

        text = page.content.decode()
        assert page.context["total"] == 11_109_52
        assert [(str(part.name), part.minor) for part in page.context["parts"]] == [
            ("Principal", 11_079_84),
            ("Interest", 29_68),
        ]
        left = sum(Installment.objects.filter(loan=loan).values_list("unpaid_minor", flat=True))
        assert (left, page.context["saved"]) == (12_101_79, 12_101_79 - 11_109_52)
        assert "less than all installments that are left" in text
        assert "Interest of later days is not charged." in text
        assert PayoffQuote.objects.exists() is False

    def test_an_offer_is_accepted_and_paid_to_the_fen(self, browser, loan, today):
        quote_page = ask(browser, loan).url
        assert "Accept: at most" in browser.get(quote_page).content.decode()
        assert Checkout.objects.exists() is False
        browser.post(quote_page, {"accept": "1"})
        today["today"] = date(2026, 2, 24)

        accepted = browser.get(quote_page).content.decode()
        gateway = browser.post(quote_page, {"pay": "1"}).url
        receipt = browser.post(gateway, {"confirm": "1"}, follow=True).content.decode()

        assert "To pay today" in accepted
        assert "¥11,133.26" in accepted
        assert Checkout.objects.get().amount_minor == 11_133_26
        assert "This loan is paid off." in receipt
        assert f"/loans/{loan.number}/documents/" in receipt
        loan.refresh_from_db()
        assert loan.status == "SETTLED"
        assert differences() == []
        assert "This quote was paid." in browser.get(quote_page).content.decode()

    def test_a_second_press_of_accept_changes_nothing(self, browser, loan):
        quote_page = ask(browser, loan).url

        answers = [browser.post(quote_page, {"accept": "1"}) for _press in range(2)]

        assert [answer.url for answer in answers] == [quote_page] * 2
        assert PayoffQuote.objects.get().status == "ACCEPTED"

    def test_a_second_press_of_pay_leads_to_the_same_payment(self, browser, loan):
        quote_page = ask(browser, loan).url
        browser.post(quote_page, {"accept": "1"})
        sent = {"pay": "1", "once": str(browser.get(quote_page).context["once"])}

        first, second = (browser.post(quote_page, sent) for _press in range(2))

        assert first.url == second.url == f"/gateway/simulated/{Checkout.objects.get().token}/"

    def test_turning_back_at_the_provider_leads_back_to_the_quote(self, browser, loan):
        quote_page = ask(browser, loan).url
        browser.post(quote_page, {"accept": "1"})
        gateway = browser.post(quote_page, {"pay": "1"}).url

        assert browser.post(gateway, {"decline": "1"}).url == quote_page

    def test_a_quote_that_no_longer_fits_says_why(self, browser, loan):
        quote_page = ask(browser, loan).url
        browser.post(quote_page, {"accept": "1"})
        pay(loan, 100_00, TODAY)

        refused = browser.post(quote_page, {"pay": "1"}, follow=True)
        close_changed_quotes(loan_id=loan.pk, today=TODAY)
        later = browser.get(quote_page).content.decode()

        assert refused.redirect_chain[0][0] == f"/loans/{loan.number}/payoff/"
        assert "its amount no longer fits" in refused.content.decode()
        assert "the loan changed: Payment." in later
        assert 'name="pay"' not in later
        assert Checkout.objects.exists() is False

    def test_after_its_last_day_it_can_not_be_paid(self, browser, loan, today):
        quote_page = ask(browser, loan).url
        browser.post(quote_page, {"accept": "1"})
        today["today"] = date(2026, 2, 28)

        page = browser.get(quote_page).content.decode()
        refused = browser.post(quote_page, {"pay": "1"}, follow=True).content.decode()

        assert "The last day of this quote has passed." in page
        assert "was valid to" in refused
        assert Checkout.objects.exists() is False

    @pytest.mark.parametrize(
        ("valid_to", "says"),
        [
            ("", "Please fill this in."),
            ("soon", "Enter a valid date."),
            ("2026-02-19", "valid to a day between"),
            ("2026-03-08", "valid to a day between"),
        ],
    )
    def test_a_wrong_day_is_explained_beside_the_field(self, browser, loan, valid_to, says):
        page = ask(browser, loan, valid_to)

        assert says in page.context["form"].errors["valid_to"][0]
        assert PayoffQuote.objects.exists() is False

    def test_shows_the_quote_that_was_accepted(self, browser, loan):
        quote_page = ask(browser, loan).url
        browser.post(quote_page, {"accept": "1"})

        assert quote_page in browser.get(f"/loans/{loan.number}/payoff/").content.decode()

    def test_of_a_loan_that_does_not_run_says_so(self, browser, amina):
        waiting = factories.approved_loan(amina)

        assert "This loan is not running." in browser.get(f"/loans/{waiting.number}/payoff/").content.decode()

    def test_is_nobody_elses(self, browser, loan, brook):
        theirs = factories.running_loan(brook, starts_on=date(2026, 2, 1))
        quote_page = ask(browser, loan).url
        token = quote_page.rstrip("/").rsplit("/", 1)[1]

        for address in (f"/loans/{theirs.number}/payoff/", f"/loans/{theirs.number}/payoff/{token}/"):
            assert browser.get(address).status_code == 404
            assert browser.post(address, {"accept": "1"}).status_code == 404
        browser.force_login(brook.user)
        assert browser.post(quote_page, {"accept": "1"}).status_code == 404
        assert PayoffQuote.objects.get().status == "OFFERED"

    def test_needs_a_login(self, client, loan):
        for address in ("payoff/", "documents/"):
            assert client.get(f"/loans/{loan.number}/{address}").url.startswith("/accounts/login/")

    def test_takes_a_constant_number_of_queries(self, browser, loan, django_assert_num_queries):
        address = f"/loans/{loan.number}/payoff/"
        browser.get(address)  # the policy is read once
        for _more in range(2):
            with django_assert_num_queries(
                9
            ):  # session, person, loan, position (2), standing (2), accepted quote, unread
                browser.get(address)
            quote_page = ask(browser, loan, str(TODAY + timedelta(days=_more))).url
            with django_assert_num_queries(5):  # session, person, loan, quote, unread
                browser.get(quote_page)

    @pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
    def test_reads_in_chinese(self, browser, amina, loan, language):
        factories.speak(amina.user, language)

        page = browser.get(f"/loans/{loan.number}/payoff/").content.decode()

        assert {"zh-hans": "提前结清", "zh-hant": "提前結清"}[language] in page
        assert Payment.objects.count() == 1
