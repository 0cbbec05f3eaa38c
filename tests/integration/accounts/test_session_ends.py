import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from collections_mgmt.models import Arrangement, Complaint
from collections_mgmt.services.promises import make_promise
from dashu.accounts import idle
from dashu.accounts.sessions import SessionStore
from dashu.kernel.dates import lender_today
from dashu.messaging.models import ContactPreference
from dashu.users.models import User
from loans.models import Application
from repayments.selectors.standings import standings_of
from tests import factories
from tests.integration.accounts.conftest import ENGLISH, is_signed_in, post

SIGN_IN = "/accounts/login/"
COMPLAINT = "/complaints/new/"


@pytest.fixture
def signed_in(client, amina, clock):
    User.objects.filter(pk=amina.user_id).update(language="en")
    post(client, "login/", login="amina@example.com", password="correct horse")
    assert is_signed_in(client) is True
    return client


def sign_in_again(client, page, login="amina@example.com"):
    return client.post(page.url, {"login": login, "password": "correct horse"}, headers=ENGLISH)


def words(client, address):
    return client.get(address, headers=ENGLISH).content.decode()


class TestWithoutUse:
    def test_a_session_lasts_as_long_as_it_is_used(self, signed_in, clock):
        for _ in range(4):
            clock[0] += 29 * 60
            assert signed_in.get("/messages/").status_code == 200

    def test_half_an_hour_ends_it(self, signed_in, clock):
        clock[0] += 30 * 60 + 1

        page = signed_in.get("/messages/?a=1&b=2", headers=ENGLISH)

        assert page.url == "/accounts/login/?next=/messages/%3Fa%3D1%26b%3D2"
        assert is_signed_in(signed_in) is False
        shown = words(signed_in, page.url)
        assert "You were signed out after 30 minutes without use. Sign in, and you are back on the same page." in shown
        assert sign_in_again(signed_in, page).url == "/messages/?a=1&b=2"

    def test_the_time_is_a_setting(self, signed_in, clock, settings):
        settings.SESSION_IDLE = timezone.timedelta(minutes=5)
        clock[0] += 5 * 60 + 1

        assert "You were signed out after 5 minutes" in words(
            signed_in, signed_in.get("/messages/", headers=ENGLISH).url
        )

    def test_where_somebody_asked_to_stay_it_is_two_weeks(self, client, amina, clock):
        post(client, "login/", login="amina@example.com", password="correct horse", remember="on")
        clock[0] += 13 * 86_400
        assert client.get("/messages/").status_code == 200

        clock[0] += 14 * 86_400 + 1

        assert client.get("/messages/").status_code == 302

    def test_staff_are_not_kept_signed_in(self, client, chidi, clock):
        post(client, "login/", login="chidi@example.com", password="correct horse", remember="on")
        assert client.get("/admin/").status_code == 200
        clock[0] += 30 * 60 + 1

        page = client.get("/admin/")

        assert page.url == "/admin/login/?next=/admin/"

    def test_a_public_page_opens_all_the_same(self, signed_in, clock):
        clock[0] += 30 * 60 + 1

        assert signed_in.get("/learn/").status_code == 200
        assert is_signed_in(signed_in) is False


class TestWhatWasTyped:
    def late(self, client, clock, address="/messages/", headers=ENGLISH, **typed):
        clock[0] += 30 * 60 + 1
        return client.post(address, typed, headers=headers)

    def test_is_in_the_form_again_for_the_same_person_on_the_same_page(self, signed_in, amina, clock):
        page = self.late(signed_in, clock, COMPLAINT, about="AMOUNT", words="Ms. 王 said <b>, and\nno more", wish="")

        assert page.url == f"/accounts/login/?next={COMPLAINT}"
        assert "Nothing was sent yet." in words(signed_in, page.url)
        back = sign_in_again(signed_in, page)
        assert back.url == COMPLAINT
        shown = words(signed_in, COMPLAINT)
        assert ">\nMs. 王 said &lt;b&gt;, and\nno more</textarea>" in shown
        assert re.findall(r'<input type="radio" name="about" value="(\w+)"[^>]* checked', shown) == ["AMOUNT"]
        assert "What you had typed is in the form again. Nothing was sent" in shown
        assert Complaint.objects.exists() is False
        again = words(signed_in, COMPLAINT)
        assert ("Ms. 王" in again, "kept-input" in again) == (False, False)

    def test_leaves_a_box_unticked_that_was_unticked(self, signed_in, clock):
        ticked = r'<input type="checkbox" name="(\w+)"[^>]* checked'
        assert set(re.findall(ticked, words(signed_in, "/me/contact/"))) > {"reminder_email", "notices"}

        page = self.late(signed_in, clock, "/me/contact/", channel="IN_APP", hours_from="09:00", notices="on")
        sign_in_again(signed_in, page)

        shown = words(signed_in, "/me/contact/")
        assert re.findall(ticked, shown) == ["notices"]
        assert re.findall(r'<option value="([^"]+)" selected>', shown) == ["09:00"]
        assert ContactPreference.objects.exists() is False

    def test_has_room_in_a_list_that_was_made_longer(self, signed_in, clock):
        signed_in.post("/apply/consumer/")
        step = f"/applications/{Application.objects.get().reference}/steps/debts/"
        typed = {"debts-TOTAL_FORMS": "2", "debts-INITIAL_FORMS": "0"} | {
            f"debts-{place}-lender": lender for place, lender in enumerate(("First bank", "Second bank"))
        }
        page = self.late(signed_in, clock, step, **typed)
        sign_in_again(signed_in, page)

        shown = words(signed_in, step)

        assert re.findall(r'name="debts-\d-lender"[^>]* value="([^"]+)"', shown) == ["First bank", "Second bank"]
        assert 'name="debts-TOTAL_FORMS" value="2"' in shown

    def test_goes_to_no_other_form_of_the_page(self, signed_in, clock):
        stood_on = {"Referer": f"http://testserver{COMPLAINT}", **ENGLISH}
        page = self.late(signed_in, clock, "/me/contact/pause/", stood_on, words="x1y")
        sign_in_again(signed_in, page)

        shown = words(signed_in, COMPLAINT)

        assert "x1y" not in shown
        assert "Please fill in the form once more." in shown

    @pytest.mark.parametrize("stood_on", ["overdue", "plan", ""])
    def test_is_back_in_a_form_whose_address_has_no_page(self, signed_in, amina, clock, stood_on):
        """It was sent from the page, or from what said that it could not be agreed on; or the browser does not tell."""
        late = factories.running_loan(amina, starts_on=lender_today() - timedelta(days=130))
        taken_at = f"/loans/{late.number}/plan/"
        referrer = {"Referer": f"http://testserver/loans/{late.number}/{stood_on}/"} if stood_on else {}
        page = self.late(signed_in, clock, taken_at, {**referrer, **ENGLISH}, count="3", first_on="2031-02-03")
        assert "with what you had typed" in words(signed_in, page.url)
        back = sign_in_again(signed_in, page)

        shown = signed_in.get(back.url, follow=True, headers=ENGLISH).content.decode()

        assert re.findall(r'name="first_on"[^>]* value="([^"]+)"', shown) == ["2031-02-03"]
        assert "What you had typed is in the form again." in shown
        assert Arrangement.objects.exists() is False

    def test_is_seen_in_a_form_that_was_folded(self, signed_in, amina, clock):
        late = factories.running_loan(amina, starts_on=lender_today() - timedelta(days=130))
        day = lender_today() + timedelta(days=3)
        address = f"/loans/{late.number}/overdue/"
        due = standings_of([late], today=lender_today())[late.pk].due_now
        make_promise(loan_id=late.pk, amount_minor=due, due_on=day, today=lender_today(), actor="user:1")
        folded = r'<details class="more"(.*)><summary>Change it'
        assert re.findall(folded, words(signed_in, address)) == [""]

        page = self.late(signed_in, clock, address, amount="123.45", due_on=day.isoformat())
        sign_in_again(signed_in, page)

        shown = words(signed_in, address)
        assert re.findall(r'name="amount"[^>]* value="([^"]+)"', shown) == ["123.45"]
        assert re.findall(r"<details([^>]*)><summary>Change it", shown) == [' open class="more"']

    def test_of_another_site_is_not_kept(self, signed_in, clock):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = signed_in.cookies

        page = self.late(strict, clock, COMPLAINT, {"Referer": "https://evil.example/", **ENGLISH}, words="I owe it")

        assert page.status_code == 403
        assert "kept_input" not in strict.session

    def test_waits_where_the_page_first_asks_who_it_is(self, signed_in, clock):
        page = self.late(signed_in, clock, "/accounts/2fa/webauthn/add/", name="My old phone")
        signed_in.post(page.url, {"login": "amina@example.com", "password": "correct horse"}, headers=ENGLISH)
        session = signed_in.session
        session["account_authentication_methods"] = []
        session.save()
        asked = signed_in.get("/accounts/2fa/webauthn/add/")
        assert asked.url.startswith("/accounts/reauthenticate/")

        signed_in.post(asked.url, {"password": "correct horse"})

        assert 'value="My old phone"' in words(signed_in, "/accounts/2fa/webauthn/add/")

    def test_is_not_shown_to_another(self, signed_in, brook, clock):
        page = self.late(signed_in, clock, COMPLAINT, words="for me only")

        sign_in_again(signed_in, page, "brook@example.com")

        assert "for me only" not in words(signed_in, COMPLAINT)
        assert "kept_input" not in signed_in.session

    def test_is_not_shown_to_another_who_signs_in_first_to_another_page(self, signed_in, brook, clock):
        self.late(signed_in, clock, COMPLAINT, words="for me only")
        post(signed_in, "login/", login="brook@example.com", password="correct horse")
        words(signed_in, "/me/")
        post(signed_in, "logout/")

        post(signed_in, "login/", login="amina@example.com", password="correct horse")

        assert "for me only" not in words(signed_in, COMPLAINT)

    def test_of_the_back_office_is_not_kept_and_that_is_said(self, client, chidi, clock):
        post(client, "login/", login="chidi@example.com", password="correct horse")

        self.late(client, clock, "/admin/users/user/", note="keep")

        assert "kept_input" not in client.session

    def test_leaves_out_passwords_codes_and_cards(self, signed_in, clock):
        typed = {"password1": "x", "code": "123456", "card_number": "6222", "csrfmiddlewaretoken": "t", "note": "keep"}
        self.late(signed_in, clock, **typed)

        assert signed_in.session["kept_input"]["fields"] == {"note": ["keep"]}

    def test_says_that_the_rest_is_asked_for_once_more(self, signed_in, clock):
        page = self.late(signed_in, clock, COMPLAINT, words="It was late", card_number="6222")
        sign_in_again(signed_in, page)

        shown = words(signed_in, COMPLAINT)

        assert "is in the form again, except files, passwords, codes and the numbers of identity cards" in shown
        assert "6222" not in shown

    def test_leaves_out_what_a_page_calls_sensitive(self, signed_in, clock):
        from django.test import RequestFactory

        from dashu.accounts import kept_input

        request = RequestFactory().post("/x/", {"iban": "DE", "note": "keep"})
        request.session = {}
        request.sensitive_post_parameters = ("iban",)
        assert kept_input.keep(request, 1, path="/x/") is True
        assert request.session["kept_input"]["fields"] == {"note": ["keep"]}
        request.sensitive_post_parameters = "__ALL__"
        assert kept_input.keep(request, 1, path="/x/") is False

    def test_too_much_is_not_kept_and_that_is_said(self, signed_in, clock):
        page = self.late(signed_in, clock, note="x" * 20_001)

        assert "kept_input" not in signed_in.session
        assert "then send the form once more" in words(signed_in, page.url)

    def test_is_forgotten_after_an_hour(self, signed_in, clock):
        page = self.late(signed_in, clock, COMPLAINT, words="keep this")
        clock[0] += 3601
        sign_in_again(signed_in, page)

        assert "keep this" not in words(signed_in, COMPLAINT)
        assert "kept_input" not in signed_in.session

    def test_of_a_session_that_was_ended_elsewhere_is_not_kept_and_that_is_said(self, signed_in):
        SessionStore(signed_in.session.session_key).delete()

        page = signed_in.post("/messages/", {"note": "gone"}, headers=ENGLISH)

        assert page.url == "/accounts/login/?next=/messages/"
        shown = words(signed_in, page.url)
        assert "Nothing was sent. Sign in, and you are back on the same page" in shown

    def test_lies_sealed(self, signed_in, clock):
        self.late(signed_in, clock, note="for nobody")

        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(session_data, ' ') FROM django_session")
            assert "for nobody" not in cursor.fetchone()[0]


class TestButtonsOfAPage:
    """Their addresses have no page: whoever signs in again comes back to the page that they stand on."""

    STOOD_ON = {"Referer": "http://testserver/me/contact/?from=help", **ENGLISH}

    def test_lead_back_to_the_page_that_they_stand_on(self, signed_in, clock):
        clock[0] += 30 * 60 + 1

        page = signed_in.post("/me/contact/pause/", {"days": "14"}, headers=self.STOOD_ON)

        assert page.url == "/accounts/login/?next=/me/contact/%3Ffrom%3Dhelp"
        back = sign_in_again(signed_in, page)
        assert back.url == "/me/contact/?from=help"
        assert "Nothing was sent before you signed in again." in words(signed_in, back.url)

    @pytest.mark.parametrize(
        "address", ["/messages/read/", "/me/contact/pause/", "/me/closing/offers/", "/accounts/security/elsewhere/"]
    )
    def test_lead_to_a_page_that_opens(self, signed_in, clock, address):
        clock[0] += 30 * 60 + 1

        page = signed_in.post(address, headers=self.STOOD_ON)

        assert signed_in.get(sign_in_again(signed_in, page).url).status_code == 200

    @pytest.mark.parametrize("referrer", ["https://evil.example/x", "javascript:alert(1)", ""])
    def test_do_not_lead_to_another_site(self, signed_in, clock, referrer):
        clock[0] += 30 * 60 + 1

        page = signed_in.post("/me/contact/", {"channel": ""}, headers={"Referer": referrer, **ENGLISH})

        assert page.url == "/accounts/login/?next=/me/contact/"


class TestPartsOfAPage:
    def test_lead_to_the_sign_in_page_as_a_whole(self, signed_in, clock):
        clock[0] += 30 * 60 + 1
        shown_on = {"HX-Request": "true", "HX-Current-URL": "http://testserver/loans/A 1/?x=1"}

        answer = signed_in.get("/messages/", headers=shown_on)

        assert answer.status_code == 200
        assert answer.headers["HX-Redirect"] == "/accounts/login/?next=/loans/A%201/%3Fx%3D1"
        assert answer.content == b""

    def test_do_not_lead_to_another_site(self, client):
        answer = client.get("/messages/", headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/"})

        assert answer.headers["HX-Redirect"] == "/accounts/login/?next=/"


class TestFormRefused:
    @pytest.fixture
    def strict(self):
        return Client(enforce_csrf_checks=True)

    def test_says_calmly_that_nothing_happened_and_leads_back(self, strict):
        page = strict.post(
            SIGN_IN, {"login": "x"}, headers={"Referer": "http://testserver/accounts/login/?next=/pay/", **ENGLISH}
        )

        assert page.status_code == 403
        assert "Nothing was changed and nothing was paid." in page.content.decode()
        assert 'href="/accounts/login/?next=/pay/"' in page.content.decode()

    @pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example/x", "///evil.example/x"])
    def test_takes_no_page_of_ours_for_another_site(self, strict, path):
        headers = {"HX-Request": "true", "Referer": f"http://testserver{path}"}

        assert strict.post(SIGN_IN, headers=headers).headers["HX-Redirect"] == "/evil.example/x"

    @pytest.mark.parametrize("referrer", ["https://evil.example/x", "javascript:alert(1)", ""])
    def test_does_not_lead_elsewhere(self, strict, referrer):
        page = strict.post(SIGN_IN, {"login": "x"}, headers={"Referer": referrer, **ENGLISH})

        assert 'href="/">Open the page again' in page.content.decode().replace("\n", "")

    def test_a_part_of_a_page_reloads_the_page(self, strict):
        answer = strict.post(SIGN_IN, headers={"HX-Request": "true", "Referer": "http://testserver/learn/"})

        assert (answer.status_code, answer.headers["HX-Redirect"]) == (403, "/learn/")


class TestStoredSessions:
    def test_open_with_the_keys_only(self, settings):
        store = SessionStore()
        store["secret"] = "142857"
        store.save()
        assert SessionStore(store.session_key)["secret"] == "142857"

        settings.FIELD_KEYS = [("other", bytes(32))]

        assert SessionStore(store.session_key).get("secret") is None

    def test_begin_counting_at_whichever_page_somebody_signs_in(self, client):
        User.objects.create_superuser("ada@example.com", "correct horse")

        client.post("/admin/login/", {"username": "ada@example.com", "password": "correct horse"})

        assert client.session[idle.SEEN_AT] > 0
