"""How a borrower stops messages and says where they like to be reached."""

from datetime import datetime, time, timedelta

import pytest
from django.test import Client

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import LENDER_ZONE, lender_now, lender_today
from dashu.messaging.links import Stop, read_stop_token, stop_token
from dashu.messaging.models import ContactPreference, OptOut, Representative
from dashu.messaging.selectors import calls_refused_at
from dashu.messaging.services.dialing import note_inbound
from dashu.messaging.services.representatives import note_representative
from dashu.users.models import Borrower
from tests import factories


@pytest.fixture
def amina(rules: None) -> Borrower:
    """She reads English, also where she is signed in."""
    found = factories.borrower("Amina", phone="13800000000", email="amina@example.com", language="en")
    found.user.language = "en"
    found.user.save()
    return found


def stopped() -> set[tuple[str, str]]:
    return set(OptOut.objects.filter(ended_at=None).values_list("channel", "purpose"))


def signed_in(borrower: Borrower) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(borrower.user, "django.contrib.auth.backends.ModelBackend")
    return client


class TestStopLink:
    def address(self, borrower, channel="SMS", purpose="REMINDER") -> str:
        return f"/stop/{stop_token(Stop(borrower.pk, channel, purpose))}/"

    def test_opening_it_stops_nothing_and_the_button_does(self, amina):
        client = Client()

        page = client.get(self.address(amina)).content.decode()
        assert "Reminders of due dates by text message" in page
        assert stopped() == set()

        page = client.post(self.address(amina), {"action": "stop"}).content.decode()
        assert "They are stopped." in page
        assert stopped() == {("SMS", "REMINDER")}
        assert OptOut.objects.get().source == "LINK"

    def test_a_mail_programs_own_button_works_without_a_cookie_of_ours(self, amina):
        client = Client(enforce_csrf_checks=True)

        answer = client.post(self.address(amina, "EMAIL"), {"List-Unsubscribe": "One-Click"})

        assert answer.status_code == 200
        assert stopped() == {("EMAIL", "REMINDER")}

    def test_twice_is_once_and_it_can_be_taken_back(self, amina):
        client = Client()
        client.post(self.address(amina))
        client.post(self.address(amina))
        assert OptOut.objects.count() == 1

        page = client.post(self.address(amina), {"action": "resume"}).content.decode()

        assert "You get them again." in page
        assert stopped() == set()

    def test_speaks_the_borrowers_language(self, amina):
        Borrower.objects.update(language="zh-hans")

        assert "用短信提醒还款日" in Client().get(self.address(amina)).content.decode()

    def test_names_and_stops_short_lessons(self, amina):
        page = Client().post(self.address(amina, "EMAIL", "LEARNING"))

        assert "Short lessons at the right moment, by e-mail" in page.content.decode()
        assert stopped() == {("EMAIL", "LEARNING")}

    @pytest.mark.parametrize("wrong", ["1er-AAAAAAAAAAAAAAAA", "nonsense", "1er-"])
    def test_a_link_that_is_not_ours_is_not_found(self, amina, wrong):
        assert Client().post(f"/stop/{wrong}/").status_code == 404
        assert stopped() == set()

    def test_the_link_says_exactly_whose_messages(self, amina):
        stop = Stop(amina.pk, "EMAIL", "MARKETING")
        token = stop_token(stop)

        assert read_stop_token(token) == stop
        told, _dash, signature = token.partition("-")
        assert read_stop_token(f"{told.replace('em', 'er')}-{signature}") is None


class TestWishes:
    def test_shows_and_keeps_what_was_chosen(self, amina):
        client = Client(headers={"accept-language": "en"})
        client.force_login(amina.user, "django.contrib.auth.backends.ModelBackend")

        page = client.get("/me/contact/").content.decode()
        assert "Text message · 13800000000" in page
        answer = client.post("/me/contact/", {"channel": "SMS", "reminder_sms": "on", "marketing_email": "on"})

        assert answer.status_code == 302
        assert ContactPreference.objects.get().channel == "SMS"
        assert stopped() == {
            ("EMAIL", "REMINDER"),
            ("SMS", "MARKETING"),
            ("EMAIL", "LEARNING"),
            ("SMS", "LEARNING"),
        }

        everything = [
            f"{purpose}_{way}" for purpose in ("reminder", "marketing", "learning") for way in ("email", "sms")
        ]
        client.post("/me/contact/", {"channel": "", **dict.fromkeys(everything, "on")})
        assert stopped() == set()
        assert ContactPreference.objects.get().channel == ""

    def test_the_email_about_unread_messages_can_be_turned_off(self, amina):
        client = signed_in(amina)
        assert 'name="notices" id="id_notices" checked' in client.get("/me/contact/").content.decode()

        client.post("/me/contact/", {"notices": ""})
        client.post("/me/contact/", {"notices": ""})
        assert ContactPreference.objects.get().wants_notices is False
        assert AuditRecord.objects.filter(action="messaging.notices_stopped").count() == 1
        assert 'name="notices" id="id_notices" checked' not in client.get("/me/contact/").content.decode()

        client.post("/me/contact/", {"notices": "on"})
        assert ContactPreference.objects.get().wants_notices is True

    def test_refuses_a_way_that_is_not_offered(self, amina):
        client = Client(headers={"accept-language": "en"})
        client.force_login(amina.user, "django.contrib.auth.backends.ModelBackend")

        assert client.post("/me/contact/", {"channel": "PIGEON"}).status_code == 200
        assert ContactPreference.objects.exists() is False

    def test_keeps_the_hours_within_those_of_the_rule(self, amina):
        client = signed_in(amina)

        client.post("/me/contact/", {"hours_from": "18:00", "hours_to": "21:00"})
        kept = ContactPreference.objects.get()
        assert (kept.hours_from, kept.hours_to) == (time(18), time(21))
        assert '<option value="18:00" selected>' in client.get("/me/contact/").content.decode()

        client.post("/me/contact/", {"hours_from": "", "hours_to": ""})
        kept.refresh_from_db()
        assert (kept.hours_from, kept.hours_to) == (None, None)

    @pytest.mark.parametrize(
        ("hours_from", "hours_to", "said"),
        [
            ("18:00", "", "Choose both, or “No wish” in both."),
            ("20:00", "18:00", "Choose an end that lies after the beginning."),
            ("07:00", "18:00", "Select a valid choice"),
        ],
    )
    def test_refuses_hours_that_make_no_sense_and_keeps_what_was_chosen(self, amina, hours_from, hours_to, said):
        page = signed_in(amina).post("/me/contact/", {"hours_from": hours_from, "hours_to": hours_to}).content.decode()

        assert said in page
        assert ContactPreference.objects.filter(hours_from__isnull=False).exists() is False

    def test_is_for_borrowers(self, amina, chidi):
        assert Client().get("/me/contact/").status_code == 302
        client = Client()
        client.force_login(chidi, "django.contrib.auth.backends.ModelBackend")
        assert client.get("/me/contact/").status_code == 404


class TestPause:
    def test_stops_reminders_until_the_day_and_can_end_early(self, amina):
        client = signed_in(amina)

        page = client.post("/me/contact/pause/", {"days": "7"}, follow=True).content.decode()

        last = lender_today() + timedelta(days=7)
        until = datetime(last.year, last.month, last.day, tzinfo=LENDER_ZONE)
        assert ContactPreference.objects.get().paused_until == until
        assert "Reminders by e-mail and text message are paused until" in page
        assert AuditRecord.objects.get(action="messaging.reminders_paused").data == {"until": until.isoformat()}

        client.post("/me/contact/pause/")
        assert ContactPreference.objects.get().paused_until is None

    @pytest.mark.parametrize("days", ["4", "-3", "1000", "x", "³"])
    def test_takes_only_what_the_rule_offers(self, amina, days):
        page = signed_in(amina).post("/me/contact/pause/", {"days": days}, follow=True).content.decode()

        assert "Reminders can be paused for 3, 7, 14 days." in page
        assert ContactPreference.objects.exists() is False


class TestWhatWasAgreed:
    @pytest.fixture
    def agreed(self, amina) -> Borrower:
        now = lender_now()
        ContactPreference.objects.create(
            borrower=amina, agreed_from=time(21), agreed_to=time(22), home_agreed_at=now, work_agreed_at=now,
            home_agreed_until=lender_today(),
        )  # fmt: skip
        return amina

    def test_is_shown_with_its_last_day(self, agreed):
        page = signed_in(agreed).get("/me/contact/").content.decode()

        assert "Calls and visits from 21:00 to 22:00, beside the usual hours" in page
        assert "Visits at your home · until and with" in page
        assert "Contact at your workplace" in page

    @pytest.mark.parametrize(
        ("what", "left"), [("hours", {"home", "work"}), ("home", {"hours", "work"}), ("work", {"hours", "home"})]
    )
    def test_is_taken_back_one_by_one_and_at_once(self, agreed, what, left):
        page = signed_in(agreed).post("/me/contact/take-back/", {"what": what}, follow=True)

        assert "Taken back. It holds from now on." in page.content.decode()
        assert {code for code, _words, _last in page.context["agreed"]} == left
        assert AuditRecord.objects.get().actor == f"user:{agreed.user_id}"

    @pytest.mark.parametrize("what", ["", "calls_wanted_at", "HOME"])
    def test_nothing_else_is_taken_back(self, agreed, what):
        assert signed_in(agreed).post("/me/contact/take-back/", {"what": what}).status_code == 404
        assert not AuditRecord.objects.exists()

    def test_that_is_over_or_was_never_there_is_not_shown(self, amina):
        ContactPreference.objects.create(
            borrower=amina, home_agreed_at=lender_now(), home_agreed_until=lender_today() - timedelta(days=1)
        )

        assert "What you agreed to with us" not in signed_in(amina).get("/me/contact/").content.decode()


class TestWhoSpeaksAndCalls:
    def noted(self, borrower: Borrower) -> Representative:
        return note_representative(
            borrower_id=borrower.pk, role="ATTORNEY", name="Ren", phone="13900000001", paper="PoA 7",
            since=lender_today(), at=lender_now(), actor="user:0",
        )  # fmt: skip

    def test_a_representative_is_confirmed_or_denied(self, amina):
        client, spoken = signed_in(amina), self.noted(amina)
        page = client.get("/me/contact/").content.decode()
        assert "Ren · Lawyer or authorized person" in page

        client.post("/me/contact/representative/", {"representative": spoken.pk, "answer": "confirm"})
        spoken.refresh_from_db()
        assert (spoken.confirmed_at is not None, spoken.ended_at) == (True, None)

        client.post("/me/contact/representative/", {"representative": spoken.pk, "answer": "end"})
        spoken.refresh_from_db()
        assert (spoken.ended_at is not None, spoken.ended_by) == (True, f"user:{amina.user_id}")
        assert "Ren" not in client.get("/me/contact/").content.decode()

    def test_that_of_somebody_else_is_not_found(self, amina):
        spoken = self.noted(factories.borrower("Brook", phone="13700000000"))

        answer = signed_in(amina).post("/me/contact/representative/", {"representative": spoken.pk, "answer": "end"})

        spoken.refresh_from_db()
        assert (answer.status_code, spoken.ended_at) == (404, None)

    def test_calls_are_wanted_again_by_their_own_press(self, amina):
        note_inbound(
            key="in", borrower_id=amina.pk, started_at=lender_now() - timedelta(hours=1), at=lender_now(),
            actor="user:0", outcome="REFUSED",
        )  # fmt: skip
        client = signed_in(amina)
        assert "You may call me again" in client.get("/me/contact/").content.decode()

        client.post("/me/contact/take-back/", {"what": "no_calls"})

        assert calls_refused_at(amina.pk) is None
        assert "You may call me again" not in client.get("/me/contact/").content.decode()
