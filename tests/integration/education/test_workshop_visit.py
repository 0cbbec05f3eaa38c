"""At the door and afterwards: let in once, the poster in its time, feedback without a name, figures."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from dashu.documents.codes import grouped
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import InvalidInput
from education.models import Workshop, WorkshopFeedback, WorkshopMaterial
from education.selectors.workshop_figures import counts_of, feedback_of
from education.services.workshops.check_in import (
    POSTER,
    CheckInClosed,
    NoSeat,
    check_in,
    find_by_code,
    find_on_site,
)
from education.services.workshops.give_back import give_back
from education.services.workshops.give_feedback import FeedbackClosed, give_feedback
from education.services.workshops.keep import (
    WorkshopIncomplete,
    WorkshopIsOver,
    call_off,
    change_workshop,
    copy_workshop,
    open_workshop,
)
from education.services.workshops.materials import TooManyMaterials, add_file, add_lesson_sheet, remove_material
from education.services.workshops.rows import RegistrationNotFound
from education.services.workshops.sign_up import sign_up
from loans.domain.document_files import DocumentRefused
from tests import factories, workshops
from tests.sent_files import pdf

pytestmark = pytest.mark.django_db

NOW = lender_now()
FINE = {"useful": 5, "clear": 4, "place": 3}


@pytest.fixture(autouse=True)
def _rules(policy_packs, settings):
    settings.SIMULATED_GATEWAY = True


@pytest.fixture
def workshop() -> Workshop:
    return workshops.opened(now=NOW, capacity=10)


def member(workshop: Workshop, name: str = "Amina"):
    return sign_up(workshop_id=workshop.pk, user=factories.borrower(name).user, now=NOW)


def came(workshop: Workshop, name: str):
    mine = member(workshop, name)
    check_in(registration_id=mine.pk, actor="user:1", now=workshop.starts_at)
    return mine


class TestCheckIn:
    def test_lets_in_once_and_then_says_so(self, workshop):
        mine = member(workshop)

        first = check_in(registration_id=mine.pk, actor="user:1", now=workshop.starts_at)
        again = check_in(registration_id=mine.pk, actor="user:2", now=workshop.starts_at + timedelta(minutes=1))

        assert (first.is_first, again.is_first) == (True, False)
        mine.refresh_from_db()
        assert (mine.checked_in_at, mine.checked_in_by) == (workshop.starts_at, "user:1")

    def test_finds_a_code_however_it_is_typed(self, workshop):
        mine = member(workshop)

        assert find_by_code(f" {grouped(mine.code).lower()} ") == mine
        with pytest.raises(RegistrationNotFound):
            find_by_code("0000-0000-0000-0000")

    def test_lets_nobody_in_without_a_seat(self, workshop):
        mine = member(workshop)
        give_back(registration_id=mine.pk, now=NOW)

        with pytest.raises(NoSeat):
            check_in(registration_id=mine.pk, actor="user:1", now=workshop.starts_at)

        assert counts_of(workshop).came == 0

    @pytest.mark.parametrize(
        ("actor", "minutes", "is_open"),
        [
            ("user:1", -12 * 60 - 1, False),
            ("user:1", -12 * 60, True),
            (POSTER, -61, False),
            (POSTER, -60, True),
            (POSTER, 3 * 60, True),
            (POSTER, 3 * 60 + 1, False),
        ],
    )
    def test_is_open_around_the_time_and_the_poster_for_less(self, workshop, actor, minutes, is_open):
        mine = member(workshop)
        at = workshop.starts_at + timedelta(minutes=minutes)

        if is_open:
            assert check_in(registration_id=mine.pk, actor=actor, now=at).is_first is True
        else:
            with pytest.raises(CheckInClosed):
                check_in(registration_id=mine.pk, actor=actor, now=at)

    def test_at_the_poster_finds_a_visitor_by_code_or_address_of_this_workshop_only(self, workshop):
        mine = workshops.visitor(workshop, "138 0000 1234", now=NOW)
        other = workshops.opened(now=NOW)

        assert find_on_site(workshop, "+86 13800001234") == find_on_site(workshop, grouped(mine.code)) == mine
        for typed in ("13800001234", grouped(mine.code), "nonsense"):
            with pytest.raises(RegistrationNotFound):
                find_on_site(other, typed)


class TestFeedback:
    def test_is_kept_without_any_way_to_who_gave_it(self, workshop):
        mine = came(workshop, "Amina")

        give_feedback(registration_id=mine.pk, ratings=FINE, words=" Clear. ", now=workshop.ends_at)

        row = WorkshopFeedback.objects.get()
        assert (row.useful, row.clear, row.place, row.words) == (5, 4, 3, "Clear.")
        named = {field.related_model for field in WorkshopFeedback._meta.concrete_fields if field.related_model}
        assert named == {Workshop}
        with connection.cursor() as cursor:
            columns = [c.name for c in connection.introspection.get_table_description(cursor, row._meta.db_table)]
        assert sorted(columns) == ["clear", "id", "place", "shuffled", "useful", "words", "workshop_id"]

    def test_is_given_once_and_by_who_was_there(self, workshop):
        mine, absent = came(workshop, "Amina"), member(workshop, "Brook")
        give_feedback(registration_id=mine.pk, ratings=FINE, words="", now=workshop.ends_at)

        for row in (mine, absent):
            with pytest.raises(FeedbackClosed):
                give_feedback(registration_id=row.pk, ratings=FINE, words="", now=workshop.ends_at)

        assert WorkshopFeedback.objects.count() == 1

    def test_of_a_rating_that_there_is_not_is_refused(self, workshop):
        mine = came(workshop, "Amina")

        with pytest.raises(InvalidInput) as refused:
            give_feedback(registration_id=mine.pk, ratings={**FINE, "clear": 6}, words="", now=workshop.ends_at)

        assert refused.value.field == "clear"
        assert WorkshopFeedback.objects.exists() is False

    def test_is_summed_up_from_three_people_on(self, workshop):
        rows = [came(workshop, name) for name in ("Amina", "Brook", "Chen")]
        for place, row in enumerate(rows, start=1):
            if place == 3:
                assert (feedback_of(workshop).averages, feedback_of(workshop).words) == (None, [])
            give_feedback(
                registration_id=row.pk, ratings={**FINE, "useful": place + 2}, words=f"w{place}", now=workshop.ends_at
            )

        found = feedback_of(workshop)
        assert found.averages == {"useful": Decimal("4.0"), "clear": Decimal("4.0"), "place": Decimal("3.0")}
        assert sorted(found.words) == ["w1", "w2", "w3"]


class TestFigures:
    def test_count_seats_waiting_who_came_and_who_gave_back(self):
        workshop = workshops.opened(now=NOW, capacity=2)
        first, second = came(workshop, "Amina"), member(workshop, "Brook")
        member(workshop, "Chen")
        give_back(registration_id=second.pk, now=NOW)
        member(workshop, "Dai")

        counts = counts_of(workshop)

        assert first.workshop_id == workshop.pk
        assert (counts.seats, counts.waiting, counts.gave_back, counts.came, counts.moved_up) == (2, 1, 1, 1, 1)
        assert counts.share_that_came == Decimal("0.5")


class TestPlanning:
    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"title": {}}, "title_zh-hans"),
            ({"place": "", "online_link": ""}, "place"),
            ({"region": ""}, "region"),
            ({"capacity": 0}, "capacity"),
            ({"ends_at": NOW}, "ends_at"),
            ({"registration_until": NOW - timedelta(days=2)}, "registration_until"),
            ({"time_zone": "Mars/Olympus"}, "time_zone"),
            ({"lessons": ("nothing",)}, "lessons"),
        ],
    )
    def test_what_contradicts_itself_is_refused_at_its_field(self, changed, field):
        with pytest.raises((WorkshopIncomplete, InvalidInput)) as refused:
            workshops.draft(now=NOW, **changed)

        assert refused.value.field == field
        assert Workshop.objects.exists() is False

    def test_seats_that_are_taken_stay(self):
        workshop = workshops.opened(now=NOW, capacity=2)
        member(workshop, "Amina")
        member(workshop, "Brook")

        with pytest.raises(WorkshopIncomplete) as refused:
            change_workshop(workshop_id=workshop.pk, plan=workshops.plan(now=NOW, capacity=1), now=NOW, actor="user:1")

        assert refused.value.field == "capacity"

    def test_one_called_off_can_only_be_copied(self, workshop):
        member(workshop)
        add_lesson_sheet(workshop_id=workshop.pk, lesson="overdue", now=NOW, actor="user:1")
        call_off(workshop_id=workshop.pk, reason="", now=NOW, actor="user:1")
        with pytest.raises(WorkshopIsOver):
            open_workshop(workshop_id=workshop.pk, now=NOW, actor="user:1")

        copy = copy_workshop(workshop_id=workshop.pk, weeks=4, now=NOW, actor="user:1")

        assert (copy.status, copy.seats_taken, copy.sequence, copy.title) == ("DRAFT", 0, 0, workshop.title)
        assert copy.starts_at - workshop.starts_at == timedelta(weeks=4)
        assert (copy.code != workshop.code, copy.registrations.count(), copy.materials.count()) == (True, 0, 1)

    def test_a_copy_keeps_the_hour_of_the_clock_over_summer_time(self):
        at = NOW.replace(year=2027, month=3, day=1, hour=23, minute=0)
        made = workshops.draft(
            now=at, starts_in=timedelta(), time_zone="America/New_York", registration_until=at + timedelta(hours=1)
        )

        copy = copy_workshop(workshop_id=made.pk, weeks=4, now=NOW, actor="user:1")

        assert copy.starts_at.astimezone(made.zone).time() == made.starts_at.astimezone(made.zone).time()
        assert copy.starts_at - made.starts_at == timedelta(weeks=4, hours=-1)


class TestMaterials:
    def test_are_files_that_were_looked_through_and_sheets_once_each(self, workshop):
        about = {"workshop_id": workshop.pk, "now": NOW, "actor": "user:1"}
        file = add_file(name="notes.pdf", content=pdf(), **about)
        sheet = add_lesson_sheet(lesson="overdue", **about)

        assert add_lesson_sheet(lesson="overdue", **about) == sheet
        assert (file.content_type, sheet.lesson) == ("application/pdf", "overdue")
        with pytest.raises(DocumentRefused):
            add_file(name="notes.pdf", content=b"MZ\x00", **about)
        with pytest.raises(InvalidInput):
            add_lesson_sheet(lesson="nothing", **about)

        remove_material(workshop_id=workshop.pk, material_id=file.pk, actor="user:1")
        assert list(WorkshopMaterial.objects.values_list("lesson", flat=True)) == ["overdue"]

    def test_are_at_most_ten(self, workshop):
        WorkshopMaterial.objects.bulk_create(
            WorkshopMaterial(workshop=workshop, name=str(number), added_at=NOW) for number in range(10)
        )

        with pytest.raises(TooManyMaterials):
            add_lesson_sheet(workshop_id=workshop.pk, lesson="overdue", now=NOW, actor="user:1")
