"""What participants are told, when, and on which way; and what visitors are told although they have no account."""

from datetime import datetime, timedelta

import pytest
from django.core import mail

from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import ContactPreference, OptOut, OutboxMessage
from education.models import GuestNotice, Workshop, WorkshopCode, WorkshopRegistration
from education.services.workshops import guests
from education.services.workshops.give_back import give_back
from education.services.workshops.guests import send_guest_notices, send_workshop_code
from education.services.workshops.keep import call_off, change_workshop
from education.services.workshops.remind import remind_participants
from education.services.workshops.sign_up import ask_to_sign_up, sign_up
from education.services.workshops.tidy import tidy_workshops
from tests import factories, workshops

pytestmark = pytest.mark.django_db

# A Monday at noon; workshops begin a week later at the same hour.
NOW = datetime(2026, 3, 2, 12, tzinfo=LENDER_ZONE)
STARTS = NOW + timedelta(days=7)


@pytest.fixture(autouse=True)
def _rules(policy_packs, settings):
    settings.SIMULATED_GATEWAY = True


@pytest.fixture
def workshop() -> Workshop:
    return workshops.opened(now=NOW, capacity=10)


def member(workshop: Workshop, name: str, *, now: datetime = NOW, **fields) -> WorkshopRegistration:
    owner = factories.borrower(name, **{"email": f"{name.lower()}@example.com", "language": "en", **fields})
    return sign_up(workshop_id=workshop.pk, user=owner.user, now=now)


def told(registration: WorkshopRegistration, kind: str) -> list[str]:
    rows = OutboxMessage.objects.filter(
        dedupe_key__contains=f":{registration.pk}:", template=f"education.workshop_{kind}"
    ).exclude(status="CANCELLED")
    return sorted(rows.values_list("channel", flat=True))


class TestReminders:
    def test_come_a_day_and_two_hours_before_and_once_each(self, workshop):
        mine = member(workshop, "Amina")

        for hours in (-25, -24, -23, -3, -2, -1):
            remind_participants(now=STARTS + timedelta(hours=hours))

        assert (told(mine, "tomorrow"), told(mine, "soon")) == (["EMAIL", "IN_APP"], ["EMAIL", "IN_APP"])

    def test_are_in_the_language_of_each_and_in_one_statement_for_all(self, workshop, django_assert_num_queries):
        rows = [member(workshop, "Amina"), member(workshop, "Brook", language="zh-hant"), member(workshop, "Chen")]

        # Two lists of workshops, then for the one: claim, read, borrowers, visitors, and the transaction's two ends.
        with django_assert_num_queries(8):
            made = remind_participants(now=STARTS - timedelta(hours=24))

        assert made == 6
        titles = {
            row.borrower.name: row.params["title"]
            for row in OutboxMessage.objects.filter(template__endswith="tomorrow")
        }
        assert titles == {
            "Amina": "What a loan really costs",
            "Brook": "看懂年化利率",
            "Chen": "What a loan really costs",
        }
        assert {told(row, "tomorrow")[0] for row in rows} == {"EMAIL"}

    def test_leave_out_who_waits_who_gave_back_and_who_has_just_signed_up(self):
        workshop = workshops.opened(now=NOW, capacity=2)
        gone, late = member(workshop, "Amina"), member(workshop, "Brook", now=STARTS - timedelta(hours=20))
        waiting = member(workshop, "Chen", now=NOW + timedelta(minutes=1))
        Workshop.objects.filter(pk=workshop.pk).update(waitlist_size=0)
        WorkshopRegistration.objects.filter(pk=waiting.pk).update(status="WAITING")
        WorkshopRegistration.objects.filter(pk=gone.pk).update(status="CANCELLED")

        remind_participants(now=STARTS - timedelta(hours=19))

        assert [told(row, "tomorrow") for row in (gone, late, waiting)] == [[], [], []]

    def test_stay_in_the_account_where_reminders_were_stopped_or_paused(self, workshop):
        stopped, paused, quiet = (member(workshop, name) for name in ("Amina", "Brook", "Chen"))
        OptOut.objects.create(
            borrower=stopped.user.borrower, channel="EMAIL", purpose="REMINDER", source="PORTAL", made_at=NOW
        )
        ContactPreference.objects.create(borrower=paused.user.borrower, paused_until=STARTS)
        ContactPreference.objects.create(borrower=quiet.user.borrower, channel="IN_APP")

        remind_participants(now=STARTS - timedelta(hours=24))

        assert [told(row, "tomorrow") for row in (stopped, paused, quiet)] == [["IN_APP"]] * 3

    def test_go_to_the_phone_where_there_is_no_address(self, workshop):
        mine = member(workshop, "Amina", email="", phone="13800000001")

        remind_participants(now=STARTS - timedelta(hours=2))

        assert told(mine, "soon") == ["IN_APP", "SMS"]

    def test_begin_anew_when_the_time_changes_and_what_waited_is_taken_back(self, workshop):
        mine = member(workshop, "Amina")
        remind_participants(now=STARTS - timedelta(hours=24))
        later = workshops.plan(now=NOW, starts_in=timedelta(days=9), capacity=10)

        change_workshop(workshop_id=workshop.pk, plan=later, now=STARTS - timedelta(hours=23), actor=factories.ACTOR)

        assert told(mine, "tomorrow") == ["IN_APP"]
        assert told(mine, "changed") == ["EMAIL", "IN_APP"]
        remind_participants(now=STARTS + timedelta(days=1))
        assert told(mine, "tomorrow") == ["EMAIL", "IN_APP", "IN_APP"]


class TestChanges:
    def test_of_time_or_place_are_told_and_count_for_calendars(self, workshop):
        mine = member(workshop, "Amina")
        moved = workshops.plan(now=NOW, capacity=10, place="静安图书馆")

        changed = change_workshop(workshop_id=workshop.pk, plan=moved, now=NOW, actor=factories.ACTOR)

        assert changed.sequence == 1
        assert told(mine, "changed") == ["EMAIL", "IN_APP"]
        assert "静安图书馆" in OutboxMessage.objects.filter(template__endswith="changed").first().params["place"]

    def test_of_a_word_in_the_text_are_not(self, workshop):
        mine = member(workshop, "Amina")
        plan = workshops.plan(now=NOW, capacity=10, description={"en": "Bring a pen."})

        changed = change_workshop(workshop_id=workshop.pk, plan=plan, now=NOW, actor=factories.ACTOR)

        assert (changed.sequence, told(mine, "changed")) == (0, [])

    def test_of_the_seats_move_people_up(self):
        workshop = workshops.opened(now=NOW, capacity=1)
        member(workshop, "Amina")
        waiting = member(workshop, "Brook")

        change_workshop(
            workshop_id=workshop.pk, plan=workshops.plan(now=NOW, capacity=2), now=NOW, actor=factories.ACTOR
        )

        waiting.refresh_from_db()
        assert (waiting.status, told(waiting, "moved_up")) == ("REGISTERED", ["EMAIL", "IN_APP"])

    def test_a_workshop_called_off_is_told_to_everybody_once_with_the_reason(self):
        workshop = workshops.opened(now=NOW, capacity=1)
        seat, waiting = member(workshop, "Amina"), member(workshop, "Brook")
        visitor = workshops.visitor(workshops.opened(now=NOW), now=NOW)

        for _time in range(2):
            call_off(workshop_id=workshop.pk, reason="The room is flooded.", now=NOW, actor=factories.ACTOR)

        assert [told(row, "called_off") for row in (seat, waiting)] == [["EMAIL", "IN_APP"]] * 2
        message = OutboxMessage.objects.filter(template__endswith="called_off").first()
        assert message.params["reason"] == "The room is flooded."
        assert GuestNotice.objects.filter(registration=visitor, kind="CALLED_OFF").exists() is False


class TestVisitors:
    def test_are_written_to_by_mail_with_the_way_to_their_seat(self, workshop):
        workshops.visitor(workshop, now=NOW)

        assert send_guest_notices(now=NOW) == 1

        (sent,) = mail.outbox
        assert sent.to == ["vera@example.org"]
        assert sent.subject == "Your seat is kept: What a loan really costs"
        assert "/learn/workshops/seats/" in sent.body
        assert send_guest_notices(now=NOW + timedelta(hours=1)) == 0

    def test_are_written_to_in_contact_hours_only(self, workshop):
        workshops.visitor(workshop, now=NOW)
        night = NOW.replace(hour=23)

        assert send_guest_notices(now=night) == 0
        assert mail.outbox == []
        assert send_guest_notices(now=night + timedelta(hours=10)) == 1

    def test_get_the_code_at_any_hour_because_they_wait_for_it(self, workshop):
        night = NOW.replace(hour=23)
        ask_to_sign_up(
            workshop_id=workshop.pk, name="V", contact="v@example.org", has_agreed=True, language="en", now=night
        )
        code = WorkshopCode.objects.get()

        assert send_workshop_code(code_id=code.pk, now=night) is True
        assert send_workshop_code(code_id=code.pk, now=night) is False

        assert [code.sealed_code in sent.body for sent in mail.outbox] == [True]

    def test_hear_nothing_that_is_no_longer_true(self, workshop):
        mine = workshops.visitor(workshop, now=NOW)
        remind_participants(now=STARTS - timedelta(hours=24))
        give_back(registration_id=mine.pk, now=STARTS - timedelta(hours=23))

        assert send_guest_notices(now=STARTS - timedelta(hours=23)) == 0
        assert mail.outbox == []

    def test_a_phone_gets_a_text_under_a_key_of_its_own(self, workshop, monkeypatch):
        sent = []
        monkeypatch.setattr(guests, "send_secret_text", lambda **message: sent.append(message))
        workshops.visitor(workshop, "13800001234", now=NOW)

        send_guest_notices(now=NOW)

        (message,) = sent
        assert (message["phone"], message["key"]) == (
            "+8613800001234",
            f"workshop-notice-{GuestNotice.objects.get().pk}",
        )
        assert "What a loan really costs" in message["text"]

    def test_are_forgotten_thirty_days_after_but_still_count(self, workshop):
        mine = workshops.visitor(workshop, now=NOW)
        over = workshop.ends_at + timedelta(days=30)

        tidy_workshops(now=over - timedelta(minutes=1))
        mine.refresh_from_db()
        assert mine.name == "Vera"

        tidy_workshops(now=over + timedelta(minutes=1))
        mine.refresh_from_db()
        assert (mine.name, mine.email, mine.phone, mine.contact_index) == ("", "", "", "")
        assert (mine.status, mine.forgotten_at is not None) == ("REGISTERED", True)
        assert WorkshopCode.objects.exists() is False


def test_a_workshop_is_over_when_it_has_ended(workshop):
    tidy_workshops(now=workshop.ends_at)

    workshop.refresh_from_db()
    assert workshop.status == "DONE"
