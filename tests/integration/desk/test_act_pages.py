"""The acts on an application at their pages: offered to who holds it, and refused beside the field."""

from uuid import uuid4

import pytest

from loans.models import Application, ApplicationDocument
from loans.services.hold_application import claim_next_application
from tests.applicants import NOW
from tests.integration.desk.conftest import referred, signed_in


@pytest.fixture
def held(amina, una, bureau):
    referred(amina)
    return claim_next_application(user=una, now=NOW)


def address(application, act: str = "change") -> str:
    return f"/admin/loans/application/{application.pk}/{act}/"


def decision(**changes: str) -> dict[str, str]:
    return {"amount": "12,000.00", "months": "12", "words": "Steady income.", "key": str(uuid4()), **changes}


class TestPages:
    def test_offer_the_acts_to_who_holds_it(self, held, una, victor):
        mine = signed_in(una).get(address(held)).content.decode()
        others = signed_in(victor).get(address(held)).content.decode()

        assert (address(held, "approve") in mine, address(held, "approve") in others) == (True, False)
        assert "Una holds this application." in others

    def test_approve(self, held, una):
        client = signed_in(una)

        answer = client.post(address(held, "approve"), decision(), follow=True)

        held.refresh_from_db()
        assert held.status == "OFFERED"
        assert "Done within own authority" in answer.content.decode()

    def test_keep_what_was_typed_where_it_is_refused(self, held, una):
        page = signed_in(una).post(address(held, "approve"), decision(amount="90000.00")).content.decode()

        assert "The amount lies between" in page
        assert "90000.00" in page
        held.refresh_from_db()
        assert held.status == "REFERRED"

    def test_refuse_with_a_reason_and_words(self, held, una):
        client = signed_in(una)
        assert "Wants a person: You did not want a computer" in client.get(address(held, "refuse")).content.decode()

        client.post(address(held, "refuse"), {"reasons": ["person_asked_for"], "words": "The month is full."})

        held.refresh_from_db()
        assert (held.status, held.reviews.first().note) == ("REFUSED", "The month is full.")

    def test_keep_a_proved_figure_and_a_note(self, held, una):
        client = signed_in(una)
        shown = ApplicationDocument.objects.create(
            application=held,
            kind="INCOME",
            name="pay.pdf",
            content_type="application/pdf",
            size=3,
            sha256="a" * 64,
            stored_as="x",
            scan="CLEAN",
            added_at=NOW,
            added_by="user:1",
        )

        client.post(
            address(held, "verify"),
            {"name": "income", "amount": "12000", "document": shown.pk, "words": "Three payslips."},
        )
        client.post(address(held, "note"), {"words": "She called back."})

        page = client.get(address(held)).content.decode()
        assert "Income: ¥12,000.00 · Three payslips." in page
        assert "She called back." in page
        assert Application.objects.get().verified["income"]["minor"] == 12_000_00

    def test_say_that_an_approval_waits(self, amina, una, bureau):
        application = referred(amina, loan={"amount": "80000.00", "months": 24}, month={"income": "60000.00"})
        claim_next_application(user=una, now=NOW)
        client = signed_in(una)

        page = client.post(address(application, "approve"), decision(amount="80000", months="24"), follow=True)

        assert "Una asked to approve up to ¥80,000.00." in page.content.decode()
        assert address(application, "refuse") not in page.content.decode()

    def test_are_closed_to_who_may_not_see_applications(self, held, chidi):
        client = signed_in(chidi)

        for act in ("approve", "refuse", "verify", "note", "release", "hand-over", "reveal"):
            assert client.post(address(held, act), decision()).status_code == 404

        held.refresh_from_db()
        assert held.status == "REFERRED"
