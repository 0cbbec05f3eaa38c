"""Workshops for staff: who may, planning, the list, the door on a phone, and what can be taken along."""

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from dashu.audit.models import AuditRecord
from dashu.documents.codes import grouped
from dashu.kernel.dates import lender_now
from education.models import Workshop, WorkshopMaterial
from education.services.workshops.check_in import check_in
from education.services.workshops.sign_up import sign_up
from tests import factories, workshops
from tests.integration.staff.conftest import as_role
from tests.sent_files import pdf

pytestmark = pytest.mark.django_db

PAGES = "/admin/education/workshop/"


@pytest.fixture(autouse=True)
def _rules(policy_packs, settings):
    settings.SIMULATED_GATEWAY = True


def page_of(workshop: Workshop, act: str = "change") -> str:
    return f"{PAGES}{workshop.pk}/{act}/"


def typed(**changed: str) -> dict[str, str]:
    return {
        "title_en": "Credit in plain words",
        "starts_at": "2030-05-04T14:00",
        "ends_at": "2030-05-04T16:00",
        "registration_from": "2026-01-01T09:00",
        "registration_until": "2030-05-04T12:00",
        "time_zone": "America/New_York",
        "region": "SH",
        "place": "Library",
        "capacity": "20",
        "waitlist_size": "5",
        "organizer": "Dashu",
        **changed,
    }


class TestAccess:
    def test_who_runs_workshops_sees_who_signed_up_and_nobody_else_does(self):
        workshop = workshops.opened()
        workshops.visitor(workshop, "13800001234")
        found = {}
        for role in ("SUPERVISOR", "ADMIN", "COLLECTOR", "UNDERWRITER"):
            client = as_role(role)
            page = client.get(page_of(workshop))
            found[role] = (
                page.status_code,
                "Vera" in page.content.decode(),
                client.get(f"{PAGES}check-in/").status_code,
                client.get(f"{PAGES}write/").status_code,
                client.post(f"{PAGES}{workshop.pk}/list.csv").status_code,
            )

        assert found == {
            "SUPERVISOR": (200, True, 200, 200, 200),
            "ADMIN": (200, True, 200, 200, 200),
            "COLLECTOR": (200, False, 403, 403, 403),
            "UNDERWRITER": (200, False, 403, 403, 403),
        }

    def test_addresses_are_hidden_in_part(self):
        workshop = workshops.opened()
        workshops.visitor(workshop, "13800001234")

        page = as_role("SUPERVISOR").get(page_of(workshop)).content.decode()

        assert "138****1234" in page
        assert "13800001234" not in page


class TestPlanning:
    def test_makes_a_draft_by_the_clock_of_the_place_and_opens_it(self):
        client = as_role("SUPERVISOR")

        client.post(f"{PAGES}write/", typed())

        made = Workshop.objects.get()
        assert (made.status, made.title) == ("DRAFT", {"en": "Credit in plain words"})
        assert made.starts_at.isoformat() == "2030-05-04T18:00:00+00:00"
        assert client.get(page_of(made, "edit")).content.decode().count("2030-05-04T14:00") == 1
        client.post(page_of(made, "open"))
        made.refresh_from_db()
        assert made.status == "OPEN"

    def test_says_at_the_field_what_is_wrong_and_keeps_what_was_typed(self):
        answer = as_role("SUPERVISOR").post(f"{PAGES}write/", typed(ends_at="2030-05-04T13:00", place="Old library"))

        page = answer.content.decode()
        assert "It has to end after it begins." in page
        assert 'value="Old library"' in page
        assert Workshop.objects.exists() is False

    def test_calls_off_copies_and_adds_what_to_take_home(self):
        client, workshop = as_role("SUPERVISOR"), workshops.opened()
        upload = io.BytesIO(pdf())
        upload.name = "notes.pdf"

        client.post(page_of(workshop, "materials"), {"lesson": "", "file": upload})
        client.post(page_of(workshop, "materials"), {"lesson": "overdue"})
        both = client.post(page_of(workshop, "materials"), {"lesson": ""})
        client.post(page_of(workshop, "call-off"), {"reason": "Ill"})
        copied = client.post(page_of(workshop, "copy"), {"weeks": "2"})

        workshop.refresh_from_db()
        assert "Choose a sheet or a file, one of the two." in both.content.decode()
        assert (workshop.status, workshop.cancel_reason) == ("CANCELLED", "Ill")
        copy = Workshop.objects.latest("pk")
        assert (copied.url, copy.materials.count()) == (page_of(copy), 2)
        first = WorkshopMaterial.objects.filter(workshop=copy).first()
        client.post(f"{PAGES}{copy.pk}/materials/{first.pk}/")
        assert copy.materials.count() == 1

    def test_lists_workshops_without_a_query_for_each(self, django_assert_max_num_queries):
        client = as_role("SUPERVISOR")
        for _number in range(2):
            workshops.opened()
        client.get(PAGES)
        for _number in range(6):
            workshops.opened()

        with django_assert_max_num_queries(12):
            assert client.get(PAGES).status_code == 200


class TestDoor:
    def test_lets_in_by_the_code_and_says_so_the_second_time(self):
        workshop = workshops.opened(starts_in=timedelta(minutes=20))
        mine = workshops.visitor(workshop)
        client = as_role("SUPERVISOR")
        door = f"{PAGES}check-in/"

        asked = client.get(door, {"code": grouped(mine.code)}).content.decode()
        first = client.post(door, {"code": grouped(mine.code)}).content.decode()
        again = client.post(door, {"code": grouped(mine.code)}).content.decode()

        assert "Vera" in asked
        mine.refresh_from_db()
        assert mine.checked_in_by.startswith("user:")
        assert "Let in. Welcome!" in first
        assert "Was let in before, at" in again

    def test_says_what_a_code_is_not(self):
        client = as_role("SUPERVISOR")

        assert "No seat has this code." in client.get(f"{PAGES}check-in/", {"code": "abc"}).content.decode()

    def test_refuses_on_another_day(self):
        mine = workshops.visitor(workshops.opened())

        page = as_role("SUPERVISOR").post(f"{PAGES}check-in/", {"code": mine.code}).content.decode()

        assert "People are let in on the day of the workshop only." in page
        mine.refresh_from_db()
        assert mine.checked_in_at is None

    def test_prints_a_poster(self):
        workshop = workshops.opened()

        page = as_role("SUPERVISOR").get(page_of(workshop, "poster")).content.decode()

        assert "<svg" in page
        assert f"/learn/workshops/{workshop.code}/here/" in page


class TestList:
    @pytest.fixture
    def workshop(self) -> Workshop:
        workshop = workshops.opened(starts_in=timedelta(minutes=-5), capacity=3)
        owner = factories.borrower("=1+1")
        seat = sign_up(workshop_id=workshop.pk, user=owner.user, now=lender_now())
        check_in(registration_id=seat.pk, actor="user:1", now=lender_now())
        workshops.visitor(workshop)
        return workshop

    def test_is_taken_as_csv_without_formulas_and_addresses_and_that_is_noted(self, workshop):
        answer = as_role("SUPERVISOR").post(f"{PAGES}{workshop.pk}/list.csv")

        lines = answer.content.decode("utf-8-sig").splitlines()
        assert lines[0] == "Name,State,Signed up on,Came at"
        assert lines[1].startswith("'=1+1,Has a seat,")
        assert lines[2].startswith("Vera,Has a seat,")
        assert "vera@" not in answer.content.decode()
        noted = AuditRecord.objects.get(action="education.workshop_list_taken")
        assert noted.data == {"format": "csv"}

    def test_is_taken_as_a_workbook(self, workshop):
        answer = as_role("SUPERVISOR").post(f"{PAGES}{workshop.pk}/list.xlsx")

        rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(answer.content)).active.rows]
        assert rows[2][:2] == ["Name", "State"]
        assert [row[0] for row in rows[3:5]] == ["=1+1", "Vera"]

    def test_is_not_given_for_merely_opening_the_address(self, workshop):
        answer = as_role("SUPERVISOR").get(f"{PAGES}{workshop.pk}/list.csv")

        assert answer.status_code == 302
        assert AuditRecord.objects.filter(action="education.workshop_list_taken").exists() is False
