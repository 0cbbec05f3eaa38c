"""What staff note at a case: promises, holds, and who may do what."""

from datetime import timedelta
from uuid import uuid4

import pytest

from collections_mgmt.models import CaseFile, CollectionCase, Hold, PromiseToPay
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.complaints import make_complaint
from collections_mgmt.services.promises import note_promise
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import User
from repayments.models import LoanEvent
from tests import factories


@pytest.fixture
def case(amina) -> CollectionCase:
    today = lender_today()
    loan = factories.running_loan(amina, starts_on=today - timedelta(days=50))
    close_date(business_date=today - timedelta(days=1), today=today)
    return CollectionCase.objects.get(loan=loan)


@pytest.fixture
def chidi(case) -> User:
    """A collector who holds the file of the borrower."""
    user = factories.staff("Chidi")
    factories.held_file(user, case.loan.borrower)
    return user


def address(case: CollectionCase, act: str) -> str:
    return f"/admin/collections_mgmt/collectioncase/{case.pk}/{act}/"


class TestCasePage:
    def test_a_collector_notes_a_promise_and_sees_it(self, case, chidi, client):
        client.force_login(chidi)
        due_on = lender_today() + timedelta(days=5)

        told = {"amount": "1,100.16", "due_on": due_on.isoformat(), "note": "salary on the 3rd"}
        client.post(address(case, "promise"), told)

        promise = PromiseToPay.objects.get()
        assert (promise.amount_minor, promise.due_on, promise.loan_id) == (110_016, due_on, case.loan_id)
        page = client.get(f"/admin/collections_mgmt/collectioncase/{case.pk}/change/").content.decode()
        assert "1,100.16" in page
        assert "salary on the 3rd" in page

    def test_says_in_the_readers_language_why_something_ended(self, case, chidi, client):
        factories.speak(chidi, "zh-hans")
        today, by = lender_today(), factories.ACTOR
        for days in (5, 6):
            note_promise(
                loan_id=case.loan_id, amount_minor=1_000_00, due_on=today + timedelta(days=days), today=today, actor=by
            )
        complaint = make_complaint(
            borrower_id=case.loan.borrower_id, loan_id=case.loan_id, about="CONTACT", words="w", wish="", key=uuid4(),
            now=lender_now(), actor=by,
        )  # fmt: skip
        hold = Hold.objects.get()
        assert PromiseToPay.objects.get(status="CANCELLED").end_reason == "ANOTHER_PROMISE"
        assert hold.reason == f"COMPLAINT {complaint.reference}"
        client.force_login(chidi)

        file = CaseFile.objects.get()
        pages = {
            f"/admin/collections_mgmt/collectioncase/{case.pk}/change/": [
                "已由另一项还款承诺取代",
                complaint.reference,
            ],
            f"/admin/collections_mgmt/casefile/{file.pk}/change/": ["已由另一项还款承诺取代"],
            f"/admin/collections_mgmt/hold/{hold.pk}/change/": [f"投诉 {complaint.reference}"],
        }
        for page, told in pages.items():
            shown = client.get(page).content.decode()
            assert [words for words in told if words not in shown] == [], page
            assert "ANOTHER_PROMISE" not in shown
            assert f"COMPLAINT {complaint.reference}" not in shown

    def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(self, case, chidi, client):
        client.force_login(chidi)
        late = lender_today() + timedelta(days=99)

        page = client.post(address(case, "promise"), {"amount": "1,100.16", "due_on": late.isoformat(), "note": "kept"})

        assert page.context["form"].errors.keys() == {"due_on"}
        assert "kept" in page.content.decode()
        assert not PromiseToPay.objects.exists()

    def test_a_promise_of_next_to_nothing_is_refused_at_its_amount(self, case, chidi, client):
        client.force_login(chidi)
        given = {"amount": "5", "due_on": (lender_today() + timedelta(days=3)).isoformat(), "note": ""}

        page = client.post(address(case, "promise"), given)

        assert page.context["form"].errors.keys() == {"amount"}
        assert not PromiseToPay.objects.exists()

    def test_a_collector_places_a_hold_and_a_supervisor_ends_it(self, case, chidi, client):
        today = lender_today()
        client.force_login(chidi)
        client.post(
            address(case, "hold"), {"kind": "DISPUTE", "starts_on": today.isoformat(), "ends_on": "", "reason": "bank"}
        )
        hold = Hold.objects.get()
        end = {"hold": hold.pk, "ended_on": today.isoformat(), "reason": "answered"}
        assert client.post(address(case, "end-hold"), end).status_code == 403

        client.force_login(factories.staff("Sun", User.Role.SUPERVISOR))
        client.post(address(case, "end-hold"), end)

        hold.refresh_from_db()
        assert hold.ended_on == today
        # It covers today; the night after lets the days count again.
        steered = LoanEvent.objects.filter(loan_id=case.loan_id, kind__in=["PAUSE", "RESUME"])
        assert [event.kind for event in steered] == ["PAUSE"]

    @pytest.mark.parametrize("act", ["promise", "hold", "end-hold"])
    def test_is_closed_to_others(self, case, client, act):
        client.force_login(factories.staff("Uma", User.Role.UNDERWRITER))

        assert client.get(address(case, act)).status_code == 403
