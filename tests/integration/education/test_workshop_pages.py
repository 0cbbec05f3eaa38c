"""Workshops in the browser: the list, signing up, one's seat, the door, and afterwards."""

import re
import secrets
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from dashu.documents.codes import grouped
from dashu.kernel.dates import lender_now
from education.models import Workshop, WorkshopFeedback, WorkshopRegistration
from education.models.workshops import CHECK_IN
from education.selectors.workshops import poster_token, registration_token
from education.services.workshops.check_in import check_in
from education.services.workshops.give_back import give_back
from education.services.workshops.keep import call_off
from education.services.workshops.materials import add_file, add_lesson_sheet
from education.services.workshops.sign_up import sign_up
from education.views.workshops import AN_HOUR
from tests import factories, workshops
from tests.sent_files import pdf

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _rules(policy_packs, settings):
    settings.SIMULATED_GATEWAY = True


def browser(user=None) -> Client:
    # Each browser from an address of its own: the limits are kept over tests.
    client = Client(headers=ENGLISH, REMOTE_ADDR=f"2001:db8::{secrets.token_hex(2)}:{secrets.token_hex(2)}")
    if user:
        factories.speak(user, "en")
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(workshop: Workshop) -> str:
    return f"/learn/workshops/{workshop.code}/"


def seat_of(mine: WorkshopRegistration) -> str:
    return f"/learn/workshops/seats/{registration_token(mine.pk)}/"


def text(answer) -> str:
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def calendar(answer) -> list[str]:
    return answer.content.decode().replace("\r\n ", "").split("\r\n")


class TestList:
    def test_shows_what_is_coming_and_neither_drafts_nor_what_was_called_off(self):
        shown, off = workshops.opened(title={"en": "Shown"}), workshops.opened(title={"en": "Off"})
        workshops.draft(title={"en": "Hidden"})
        call_off(workshop_id=off.pk, reason="", now=lender_now(), actor=factories.ACTOR)

        said = text(browser().get("/learn/workshops/"))

        assert ("Shown" in said, "Off" in said, "Hidden" in said) == (True, False, False)
        assert browser().get(address(off)).status_code == 200
        assert "This workshop does not take place" in text(browser().get(address(off)))
        assert shown.status == "OPEN"

    def test_is_narrowed_to_a_region_or_to_what_is_online(self):
        workshops.opened(title={"en": "In Shanghai"})
        workshops.opened(title={"en": "In Beijing"}, region="BJ")
        workshops.opened(title={"en": "At home"}, place="", region="", online_link="https://meet.example/x")

        beijing, online = (text(browser().get(f"/learn/workshops/?region={code}")) for code in ("BJ", "ONLINE"))

        assert ("In Beijing" in beijing, "In Shanghai" in beijing, "At home" in beijing) == (True, False, False)
        assert ("At home" in online, "In Beijing" in online) == (True, False)

    def test_goes_on_page_by_page_with_the_same_few_queries(self, django_assert_num_queries):
        for number in range(23):
            workshops.opened(title={"en": f"Number {number:02}"}, starts_in=timedelta(days=2, minutes=number // 2))

        with django_assert_num_queries(3):
            first = browser().get("/learn/workshops/")
        after = re.search(r'href="\?(after=[0-9-]+)"', first.content.decode())
        assert after
        second = browser().get(f"/learn/workshops/?{after[1]}")

        seen = [re.findall(r"Number \d\d", text(page)) for page in (first, second)]
        assert [len(each) for each in seen] == [20, 3]
        assert len(set(seen[0] + seen[1])) == 23

    @pytest.mark.parametrize("after", ["x", "1-", "-1", "99999999999999999999-1", "1-99999999999999999999"])
    def test_is_not_broken_by_an_address_that_nobody_made(self, after):
        assert browser().get("/learn/workshops/", {"after": after}).status_code == 200


class TestWorkshop:
    def test_has_structured_data_of_an_event(self):
        page = browser().get(address(workshops.opened())).content.decode()

        for part in (
            'itemtype="https://schema.org/EducationEvent"',
            'itemprop="startDate"',
            'href="https://schema.org/OfflineEventAttendanceMode"',
            'href="https://schema.org/EventScheduled"',
            'itemprop="organizer"',
        ):
            assert part in page

    def test_marks_a_text_that_is_not_in_the_readers_language(self):
        workshop = workshops.opened(title={"zh-hant": "看懂利率"}, description={"zh-hans": "带合同来"})

        page = browser().get(address(workshop)).content.decode()

        assert '<h1 itemprop="name" lang="zh-hant">看懂利率</h1>' in page
        assert "Not translated yet; shown as it was written." in page

    def test_shows_the_link_of_the_online_room_to_who_has_a_seat_only(self):
        workshop = workshops.opened(place="", region="", online_link="https://meet.example/secret", capacity=1)
        amina, brook = factories.borrower("Amina"), factories.borrower("Brook")
        seat, waiting = (sign_up(workshop_id=workshop.pk, user=who.user, now=lender_now()) for who in (amina, brook))

        pages = {
            "visitor": browser().get(address(workshop)),
            "public calendar": browser().get(f"{address(workshop)}calendar.ics"),
            "waiting": browser().get(seat_of(waiting)),
            "calendar of who waits": browser().get(f"{seat_of(waiting)}calendar.ics"),
            "seat": browser().get(seat_of(seat)),
            "calendar of the seat": browser().get(f"{seat_of(seat)}calendar.ics"),
        }

        shown = {name for name, page in pages.items() if "meet.example" in page.content.decode().replace("\r\n ", "")}
        assert shown == {"seat", "calendar of the seat"}

    def test_gives_a_calendar_file_that_follows_changes(self):
        workshop = workshops.opened()
        first = calendar(browser().get(f"{address(workshop)}calendar.ics"))
        call_off(workshop_id=workshop.pk, reason="", now=lender_now(), actor=factories.ACTOR)
        last = calendar(browser().get(f"{address(workshop)}calendar.ics"))

        uid = f"UID:workshop-{workshop.code}@dashu"
        assert {uid, "SEQUENCE:0", "STATUS:CONFIRMED"} <= set(first)
        assert {uid, "SEQUENCE:1", "STATUS:CANCELLED"} <= set(last)

    def test_a_draft_is_seen_by_who_writes_it_only(self):
        draft = workshops.draft()
        supervisor, collector = factories.staff("Sun", "SUPERVISOR"), factories.staff("Chidi")

        codes = [browser(who).get(address(draft)).status_code for who in (None, collector, supervisor)]

        assert codes == [404, 404, 200]


class TestSigningUp:
    def test_a_borrower_presses_once(self):
        workshop, amina = workshops.opened(), factories.borrower("Amina")
        client = browser(amina.user)

        answer = client.post(address(workshop), follow=True)

        mine = WorkshopRegistration.objects.get()
        assert answer.redirect_chain == [(seat_of(mine), 302)]
        assert "Your seat is kept." in text(answer)
        assert grouped(mine.code) in text(answer)
        assert "Your seat is kept" in text(client.get("/learn/workshops/mine/"))

    def test_a_visitor_enters_the_code(self):
        workshop, client = workshops.opened(), browser()
        asked = client.post(
            address(workshop), {"name": "Vera", "contact": "vera@example.org", "agree": "on"}, follow=True
        )
        assert "Until then no seat is kept." in text(asked)
        mine = WorkshopRegistration.objects.get()
        assert Workshop.objects.get().seats_taken == 0

        wrong = client.post(seat_of(mine), {"act": "confirm", "code": "12"})
        right = client.post(seat_of(mine), {"act": "confirm", "code": workshops.code_of(mine)}, follow=True)

        assert "This is not the code." in text(wrong)
        assert "Your seat is kept." in text(right)
        assert Workshop.objects.get().seats_taken == 1

    def test_without_consent_what_was_typed_stays_and_nothing_is_kept(self):
        answer = browser().post(address(workshops.opened()), {"name": "Vera", "contact": "vera@example.org"})

        page = answer.content.decode()
        assert "Tick that we may keep your name and address" in page
        assert 'value="vera@example.org"' in page
        assert WorkshopRegistration.objects.exists() is False

    def test_too_often_from_one_place_is_refused(self):
        workshop, client = workshops.opened(), browser()
        said = [
            text(client.post(address(workshop), {"name": "V", "contact": f"v{number}@example.org", "agree": "on"}))
            for number in range(21)
        ]

        assert ["too many calls" in each for each in said] == [False] * 20 + [True]
        assert WorkshopRegistration.objects.count() == 20


class TestSeat:
    def test_belongs_to_its_address(self):
        mine = workshops.visitor(workshops.opened())
        token = registration_token(mine.pk)
        other = f"{mine.pk + 1}.{token.partition('.')[2]}"

        answers = [browser().get(f"/learn/workshops/seats/{each}/").status_code for each in (token, other)]

        assert answers == [200, 404]

    def test_is_given_back_by_the_page_and_goes_on(self):
        workshop = workshops.opened(capacity=1)
        mine = workshops.visitor(workshop)
        waiting = sign_up(workshop_id=workshop.pk, user=factories.borrower("Brook").user, now=lender_now())

        answer = browser().post(seat_of(mine), {"act": "give_back"}, follow=True)

        waiting.refresh_from_db()
        assert "This seat was given back." in text(answer)
        assert waiting.status == "REGISTERED"
        assert "A seat became free, and it is yours." in text(browser().get(seat_of(waiting)))

    def test_is_not_for_search_engines_or_other_sites(self):
        answer = browser().get(seat_of(workshops.visitor(workshops.opened())))

        assert (answer["X-Robots-Tag"], answer["Referrer-Policy"]) == ("noindex", "same-origin")

    def test_gives_what_there_is_to_take_home_to_who_was_there(self):
        workshop = workshops.opened(starts_in=timedelta(minutes=-5))
        about = {"workshop_id": workshop.pk, "now": lender_now(), "actor": factories.ACTOR}
        file = add_file(name="笔记.pdf", content=pdf(), **about)
        add_lesson_sheet(lesson="overdue", **about)
        mine = workshops.visitor(workshop)
        wanted = f"{seat_of(mine)}materials/{file.pk}/"
        assert browser().get(wanted).status_code == 404

        check_in(registration_id=mine.pk, actor="user:1", now=lender_now())

        answer = browser().get(wanted)
        assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "application/pdf", pdf())
        page = browser().get(seat_of(mine)).content.decode()
        assert wanted in page
        assert "/learn/overdue/sheet.pdf" in page


class TestDoor:
    def test_a_code_leads_staff_to_the_check_in_and_tells_others_nothing(self):
        mine = workshops.visitor(workshops.opened())
        scanned = f"/learn/workshops/check-in/{grouped(mine.code)}/"
        sun = factories.staff("Sun", "SUPERVISOR")
        assert sun.has_perm(CHECK_IN)

        staff, anybody = browser(sun).get(scanned), browser(factories.borrower("Brook").user).get(scanned)

        assert staff.url == f"/admin/education/workshop/check-in/?code={grouped(mine.code)}"
        assert anybody.status_code == 200
        assert "Vera" not in anybody.content.decode()

    def test_the_poster_lets_a_borrower_and_a_visitor_in_around_the_time(self):
        workshop = workshops.opened(starts_in=timedelta(minutes=30), capacity=3)
        amina = factories.borrower("Amina")
        member = sign_up(workshop_id=workshop.pk, user=amina.user, now=lender_now())
        visitor = workshops.visitor(workshop, "13800001234")
        here = reverse("education:here", args=[workshop.code, poster_token(workshop)])

        first, again = (text(browser(amina.user).post(here)) for _time in range(2))
        other = text(browser().post(here, {"code": "138 0000 1234"}))

        assert "Welcome." in first
        assert "You are on the list already." in again
        assert "Welcome." in other
        for row in (member, visitor):
            row.refresh_from_db()
            assert row.checked_in_by == "poster"

    def test_the_poster_lets_many_in_from_one_address_of_the_network(self):
        workshop = workshops.opened(starts_in=timedelta(minutes=30))
        workshops.visitor(workshop, "13800001234")
        here = reverse("education:here", args=[workshop.code, poster_token(workshop)])
        wireless = browser()

        said = [text(wireless.post(here, {"code": "no code"})) for _person in range(AN_HOUR + 1)]

        assert {"We find no seat for this" in each for each in said} == {True}
        assert "Welcome." in text(wireless.post(here, {"code": "13800001234"}))

    def test_who_was_let_in_early_gives_no_seat_back(self):
        workshop = workshops.opened(starts_in=timedelta(hours=3))
        mine = workshops.visitor(workshop)
        check_in(registration_id=mine.pk, actor=factories.ACTOR, now=lender_now())

        assert "I cannot come" not in text(browser().get(seat_of(mine)))
        refused = text(browser().post(seat_of(mine), {"act": "give_back"}))

        assert "nothing to give back any more" in refused
        mine.refresh_from_db()
        workshop.refresh_from_db()
        assert (mine.status, workshop.seats_taken) == ("REGISTERED", 1)

    def test_the_poster_is_closed_at_other_times_and_of_no_other_workshop(self):
        workshop, other = workshops.opened(), workshops.opened()
        here = reverse("education:here", args=[workshop.code, poster_token(workshop)])
        workshops.visitor(workshop, "13800001234")

        assert "This page opens an hour before" in text(browser().get(here))
        browser().post(here, {"code": "13800001234"})
        assert WorkshopRegistration.objects.filter(checked_in_at__isnull=False).exists() is False
        elsewhere = reverse("education:here", args=[other.code, poster_token(workshop)])
        assert browser().get(elsewhere).status_code == 404


class TestFeedback:
    def test_is_given_on_the_page_once(self):
        workshop = workshops.opened(starts_in=timedelta(minutes=-5))
        mine = workshops.visitor(workshop)
        check_in(registration_id=mine.pk, actor="user:1", now=lender_now())
        page = f"{seat_of(mine)}feedback/"
        assert "Say how it was" in text(browser().get(seat_of(mine)))

        wrong = browser().post(page, {"useful": "9", "clear": "4"})
        given = browser().post(page, {"useful": "5", "clear": "4", "place": "3", "words": "Thanks"}, follow=True)

        assert wrong.status_code == 200
        assert "What you said is kept without your name." in text(given)
        assert WorkshopFeedback.objects.get().words == "Thanks"

    def test_is_not_asked_of_who_was_not_there(self):
        mine = workshops.visitor(workshops.opened())

        assert "<form" not in browser().get(f"{seat_of(mine)}feedback/").content.decode().partition("<main")[2]


class TestMine:
    def test_shows_ones_own_only_with_few_queries(self, django_assert_max_num_queries):
        amina, brook = factories.borrower("Amina"), factories.borrower("Brook")
        for number in range(4):
            workshop = workshops.opened(title={"en": f"Mine {number}"})
            sign_up(workshop_id=workshop.pk, user=amina.user, now=lender_now())
        other = workshops.opened(title={"en": "Others"})
        sign_up(workshop_id=other.pk, user=brook.user, now=lender_now())
        gone = sign_up(workshop_id=other.pk, user=amina.user, now=lender_now())
        give_back(registration_id=gone.pk, now=lender_now())
        client = browser(amina.user)

        with django_assert_max_num_queries(8):
            said = text(client.get("/learn/workshops/mine/"))

        assert ([f"Mine {n}" in said for n in range(4)], "Others" in said) == ([True] * 4, False)
