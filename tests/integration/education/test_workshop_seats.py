"""Seats: taken, given back, handed on, and never one more than there are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from dashu.kernel.dates import lender_now
from dashu.messaging.models import OutboxMessage
from dashu.policy.selectors import forget_rules
from education.models import GuestNotice, Workshop, WorkshopCode, WorkshopRegistration
from education.services.workshops.contacts import ContactInvalid
from education.services.workshops.give_back import WorkshopHasBegun, give_back
from education.services.workshops.keep import call_off
from education.services.workshops.sign_up import (
    ConsentMissing,
    SignUpClosed,
    WorkshopFull,
    ask_code_again,
    ask_to_sign_up,
    confirm_visitor,
    sign_up,
)
from education.services.workshops.tidy import tidy_workshops
from loans.services.signing_codes import CodeTooSoon, CodeWrong, TooManyCodes
from tests import factories, workshops

pytestmark = pytest.mark.django_db

NOW = lender_now()


@pytest.fixture(autouse=True)
def _rules(policy_packs, settings):
    settings.SIMULATED_GATEWAY = True


def borrower(name: str):
    return factories.borrower(name, email=f"{name.lower()}@example.com", language="en")


def join(workshop: Workshop, name: str, *, now=NOW) -> WorkshopRegistration:
    return sign_up(workshop_id=workshop.pk, user=borrower(name).user, now=now)


def ask(workshop: Workshop, contact: str = "vera@example.org", *, now=NOW, has_agreed: bool = True):
    return ask_to_sign_up(
        workshop_id=workshop.pk, name="Vera", contact=contact, has_agreed=has_agreed, language="en", now=now
    )


def seats(workshop: Workshop) -> int:
    return Workshop.objects.get(pk=workshop.pk).seats_taken


def told(registration: WorkshopRegistration) -> list[tuple[str, str]]:
    rows = OutboxMessage.objects.filter(dedupe_key__contains=f":{registration.pk}:").order_by("pk")
    return [(row.template.removeprefix("education.workshop_"), row.channel) for row in rows]


class TestSigningUp:
    def test_gives_a_seat_and_tells_so_in_the_account(self):
        workshop = workshops.opened(now=NOW)

        mine = join(workshop, "Amina")

        assert (mine.status, mine.joined_at, seats(workshop)) == ("REGISTERED", NOW, 1)
        assert told(mine) == [("registered", "IN_APP")]
        message = OutboxMessage.objects.get()
        assert message.params["title"] == "What a loan really costs"
        assert message.params["link"].endswith(f"/learn/workshops/{workshop.code}/")

    def test_again_returns_the_same_seat(self):
        workshop = workshops.opened(now=NOW)
        amina = borrower("Amina").user

        first = sign_up(workshop_id=workshop.pk, user=amina, now=NOW)
        again = sign_up(workshop_id=workshop.pk, user=amina, now=NOW)

        assert (first, seats(workshop)) == (again, 1)

    def test_puts_who_finds_no_seat_on_the_waiting_list_and_then_nobody(self):
        workshop = workshops.opened(now=NOW, capacity=1, waitlist_size=1)

        statuses = [join(workshop, name).status for name in ("Amina", "Brook")]
        with pytest.raises(WorkshopFull):
            join(workshop, "Chen")

        assert (statuses, seats(workshop)) == (["REGISTERED", "WAITING"], 1)
        assert WorkshopRegistration.objects.count() == 2

    @pytest.mark.parametrize("hours", [-25, 24 * 8])
    def test_is_refused_before_it_opens_and_after_it_closes(self, hours):
        workshop = workshops.opened(now=NOW)

        with pytest.raises(SignUpClosed):
            join(workshop, "Amina", now=NOW + timedelta(hours=hours))

        assert WorkshopRegistration.objects.exists() is False

    def test_is_refused_for_a_draft_and_for_one_that_was_called_off(self):
        off = workshops.opened(now=NOW)
        call_off(workshop_id=off.pk, reason="", now=NOW, actor=factories.ACTOR)

        for name, workshop in (("Amina", workshops.draft(now=NOW)), ("Brook", off)):
            with pytest.raises(SignUpClosed):
                join(workshop, name)


class TestVisitors:
    def test_take_a_seat_with_the_code_only(self):
        workshop = workshops.opened(now=NOW)
        asked = ask(workshop)
        assert (asked.status, seats(workshop)) == ("UNCONFIRMED", 0)

        mine = confirm_visitor(registration_id=asked.pk, typed=workshops.code_of(asked), now=NOW)

        assert (mine.pk, mine.status, seats(workshop)) == (asked.pk, "REGISTERED", 1)
        assert [notice.kind for notice in GuestNotice.objects.all()] == ["REGISTERED"]
        assert OutboxMessage.objects.exists() is False

    def test_a_wrong_code_is_counted_and_gives_nothing(self):
        asked = ask(workshops.opened(now=NOW))

        with pytest.raises(CodeWrong) as refused:
            confirm_visitor(registration_id=asked.pk, typed="0000000", now=NOW)

        assert refused.value.details == {"tries_left": 4}
        assert WorkshopCode.objects.get().tries == 1
        assert seats(asked.workshop) == 0

    def test_who_has_a_seat_already_is_led_to_it_and_holds_no_second_one(self):
        workshop = workshops.opened(now=NOW)
        first = workshops.visitor(workshop, "+86 138 0000 1234", now=NOW)
        later = NOW + timedelta(minutes=5)

        asked = ask(workshop, "13800001234", now=later)
        again = confirm_visitor(registration_id=asked.pk, typed=workshops.code_of(asked), now=later)

        assert (again, seats(workshop)) == (first, 1)
        assert WorkshopRegistration.objects.count() == 1

    def test_names_and_addresses_are_sealed(self):
        mine = workshops.visitor(workshops.opened(now=NOW), now=NOW)

        with connection.cursor() as cursor:
            cursor.execute("SELECT name, email, contact_index FROM education_workshopregistration")
            stored = " ".join(cursor.fetchone())
        assert "Vera" not in stored
        assert "vera@" not in stored
        assert (mine.name, mine.masked_contact) == ("Vera", "v***@example.org")

    def test_without_consent_nothing_is_kept(self):
        workshop = workshops.opened(now=NOW)

        with pytest.raises(ConsentMissing):
            ask(workshop, has_agreed=False)

        assert WorkshopRegistration.objects.exists() is False

    def test_an_address_that_is_none_is_refused_at_its_field(self):
        workshop = workshops.opened(now=NOW)

        with pytest.raises(ContactInvalid) as refused:
            ask(workshop, "vera@nowhere")

        assert refused.value.field == "contact"

    def test_get_a_minute_between_codes_and_five_a_day(self):
        workshop = workshops.opened(now=NOW)
        asked = ask(workshop)
        with pytest.raises(CodeTooSoon):
            ask_code_again(registration_id=asked.pk, now=NOW + timedelta(seconds=30))

        for minute in range(2, 6):
            ask_code_again(registration_id=asked.pk, now=NOW + timedelta(minutes=minute))
        with pytest.raises(TooManyCodes):
            ask(workshop, now=NOW + timedelta(minutes=10))

        assert WorkshopCode.objects.count() == 5

    def test_of_what_was_not_confirmed_nothing_is_left_after_a_day(self):
        ask(workshops.opened(now=NOW))

        tidy_workshops(now=NOW + timedelta(hours=25))

        assert WorkshopRegistration.objects.exists() is False


class TestGivingBack:
    def test_hands_the_seat_to_who_waits_longest_and_tells_them(self):
        workshop = workshops.opened(now=NOW, capacity=1)
        amina = join(workshop, "Amina")
        brook = join(workshop, "Brook", now=NOW + timedelta(minutes=1))
        chen = join(workshop, "Chen", now=NOW + timedelta(minutes=2))

        give_back(registration_id=amina.pk, now=NOW + timedelta(hours=1))

        for row in (amina, brook, chen):
            row.refresh_from_db()
        assert (amina.status, brook.status, chen.status) == ("CANCELLED", "REGISTERED", "WAITING")
        assert (brook.moved_up_at, seats(workshop)) == (NOW + timedelta(hours=1), 1)
        assert told(brook) == [("waiting", "IN_APP"), ("moved_up", "IN_APP"), ("moved_up", "EMAIL")]

    def test_by_who_moved_up_hands_it_on(self):
        workshop = workshops.opened(now=NOW, capacity=1)
        amina, brook, chen = (
            join(workshop, name, now=NOW + timedelta(minutes=minute))
            for minute, name in enumerate(("Amina", "Brook", "Chen"))
        )
        give_back(registration_id=amina.pk, now=NOW)

        give_back(registration_id=brook.pk, now=NOW)

        chen.refresh_from_db()
        assert (chen.status, seats(workshop)) == ("REGISTERED", 1)

    def test_from_the_waiting_list_frees_no_seat(self):
        workshop = workshops.opened(now=NOW, capacity=1)
        join(workshop, "Amina")
        waiting = join(workshop, "Brook")

        give_back(registration_id=waiting.pk, now=NOW)

        assert seats(workshop) == 1

    def test_twice_changes_nothing(self):
        workshop = workshops.opened(now=NOW)
        mine = join(workshop, "Amina")
        join(workshop, "Brook")

        for _time in range(2):
            give_back(registration_id=mine.pk, now=NOW)

        assert seats(workshop) == 1

    def test_is_over_once_it_has_begun(self):
        workshop = workshops.opened(now=NOW)
        mine = join(workshop, "Amina")

        with pytest.raises(WorkshopHasBegun):
            give_back(registration_id=mine.pk, now=workshop.starts_at)

        assert seats(workshop) == 1

    def test_opens_the_way_to_sign_up_again(self):
        workshop = workshops.opened(now=NOW)
        amina = borrower("Amina").user
        first = sign_up(workshop_id=workshop.pk, user=amina, now=NOW)
        give_back(registration_id=first.pk, now=NOW)

        again = sign_up(workshop_id=workshop.pk, user=amina, now=NOW)

        assert (again.pk != first.pk, again.status, seats(workshop)) == (True, "REGISTERED", 1)


class TestPeopleWhoLeave:
    def test_give_their_seat_to_who_waits(self):
        workshop = workshops.opened(now=NOW, capacity=1)
        amina = borrower("Amina")
        mine = sign_up(workshop_id=workshop.pk, user=amina.user, now=NOW)
        waiting = join(workshop, "Brook")
        user, amina.user = amina.user, None
        amina.save()
        user.delete()

        tidy_workshops(now=NOW)

        mine.refresh_from_db()
        waiting.refresh_from_db()
        assert (mine.status, waiting.status, seats(workshop)) == ("CANCELLED", "REGISTERED", 1)


class TestDatabase:
    def test_refuses_more_seats_than_there_are(self):
        workshop = workshops.opened(now=NOW, capacity=1)

        with pytest.raises(IntegrityError), transaction.atomic():
            Workshop.objects.filter(pk=workshop.pk).update(seats_taken=2)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture(autouse=True)
    def _fresh(self, transactional_db):
        forget_rules()

    def at_once(self, acts) -> list:
        def run(act):
            try:
                return act()
            except Exception as error:
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(acts)) as pool:
            return [each.result() for each in [pool.submit(run, act) for act in acts]]

    def test_many_sign_ups_take_no_more_seats_than_there_are(self):
        workshop = workshops.opened(now=NOW, capacity=3, waitlist_size=2)
        users = [borrower(f"Person{number}").user for number in range(8)]

        found = self.at_once([lambda user=user: sign_up(workshop_id=workshop.pk, user=user, now=NOW) for user in users])

        refused = [each for each in found if isinstance(each, WorkshopFull)]
        statuses = sorted(each.status for each in found if isinstance(each, WorkshopRegistration))
        assert statuses == ["REGISTERED"] * 3 + ["WAITING"] * 2
        assert len(refused) == 3
        assert seats(workshop) == 3

    def test_one_person_who_presses_twice_has_one_seat(self):
        workshop = workshops.opened(now=NOW)
        amina = borrower("Amina").user

        found = self.at_once([lambda: sign_up(workshop_id=workshop.pk, user=amina, now=NOW)] * 4)

        assert len({each.pk for each in found}) == 1
        assert seats(workshop) == 1

    def test_seats_given_back_and_taken_at_once_add_up(self):
        workshop = workshops.opened(now=NOW, capacity=2, waitlist_size=4)
        held = [join(workshop, f"Holder{number}") for number in range(2)]
        waiting = [join(workshop, f"Waiter{number}") for number in range(2)]
        late = [borrower(f"Late{number}").user for number in range(2)]

        self.at_once(
            [
                *(lambda row=row: give_back(registration_id=row.pk, now=NOW) for row in held),
                *(lambda user=user: sign_up(workshop_id=workshop.pk, user=user, now=NOW) for user in late),
            ]
        )

        for row in waiting:
            row.refresh_from_db()
        assert [row.status for row in waiting] == ["REGISTERED", "REGISTERED"]
        assert WorkshopRegistration.objects.filter(workshop=workshop, status="REGISTERED").count() == 2
        assert seats(workshop) == 2
