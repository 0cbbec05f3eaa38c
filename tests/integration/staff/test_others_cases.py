"""Nobody picks: what lies at a file that somebody else works on is nowhere to be found, on no page and by no act."""

from datetime import timedelta

import pytest

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.models import (
    Arrangement,
    CollectionCase,
    Hold,
    OverdueStatus,
    PromiseToPay,
    Settlement,
    Vulnerability,
)
from collections_mgmt.services.arrangements import cancel_arrangement, make_arrangement
from collections_mgmt.services.care import note_care
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.promises import note_promise
from collections_mgmt.services.settlements import offer_settlement
from dashu.kernel.dates import lender_today
from dashu.portal.navigation import sidebar
from dashu.users.models import User
from tests import factories
from tests.integration.staff.test_access import list_of

ADMIN = "/admin/collections_mgmt"
LISTS = [CollectionCase, OverdueStatus, Arrangement, Settlement, Hold, Vulnerability]


@pytest.fixture
def chidi(db) -> User:
    user = factories.staff("Chidi")
    user.language = "en"
    user.save()
    return user


@pytest.fixture
def case(amina, chidi) -> CollectionCase:
    """A case with a plan, an offer, a hold and special care, whose file Chidi holds."""
    today = lender_today()
    loan = factories.running_loan(amina, starts_on=today - timedelta(days=120))
    close_date(business_date=today - timedelta(days=1), today=today)
    factories.held_file(chidi, amina)
    by = {"today": today, "actor": factories.ACTOR}
    parts = [Due(today + timedelta(days=day), 500_00) for day in (3, 33)]
    make_arrangement(loan_id=loan.pk, parts=parts, note="", **by)
    offer_settlement(loan_id=loan.pk, parts=[Due(today, 11_000_00)], reason="lost the shop", **by)
    note_care(
        borrower_id=amina.pk, category="BEREAVEMENT", is_specialist=False, has_consented=False,
        user=factories.staff("Sun", User.Role.SUPERVISOR), today=today,
    )  # fmt: skip
    place_hold(loan_id=loan.pk, kind="DISPUTE", starts_on=today, ends_on=None, reason="bank", **by)
    return CollectionCase.objects.get(loan=loan)


def shown(client, model) -> list[int]:
    return [row.pk for row in client.get(list_of(model)).context["cl"].result_list]


def pages(case: CollectionCase) -> list[str]:
    acts = ("change", "promise", "hold", "plan", "settle", "care")
    of_case = [f"{ADMIN}/collectioncase/{case.pk}/{act}/" for act in acts]
    plan = f"{ADMIN}/arrangement/{Arrangement.objects.get().pk}"
    return [
        *of_case,
        f"{plan}/cancel/",
        *(f"{ADMIN}/{model._meta.model_name}/{row.pk}/change/" for model in LISTS[1:] for row in model.objects.all()),
    ]


class TestTheCaseOfSomebodyElse:
    def test_is_in_no_list_and_on_no_page(self, case, client):
        client.force_login(factories.staff("Dele"))

        assert {model: shown(client, model) for model in LISTS} == {model: [] for model in LISTS}
        for page in pages(case):
            assert client.get(page).status_code == 404, page

    @pytest.mark.parametrize(
        ("act", "told"),
        [
            ("promise", {"amount": "10", "due_on": "2099-01-01", "note": ""}),
            ("hold", {"kind": "FRAUD", "starts_on": "2026-01-01", "ends_on": "", "reason": "x"}),
            ("plan", {"amount": "10", "count": "2", "first_on": "2099-01-01", "note": ""}),
            ("settle", {"amount": "10", "count": "1", "first_on": "2099-01-01", "reason": "x", "step": "preview"}),
            ("care", {"category": "DISASTER"}),
        ],
    )
    def test_is_not_found_by_any_act(self, case, client, act, told):
        client.force_login(factories.staff("Dele"))
        before = {model: model.objects.count() for model in (*LISTS, PromiseToPay)}

        assert client.get(f"{ADMIN}/collectioncase/{case.pk}/{act}/").status_code == 404
        assert client.post(f"{ADMIN}/collectioncase/{case.pk}/{act}/", told).status_code == 404

        assert {model: model.objects.count() for model in before} == before

    def test_nor_is_their_plan(self, case, client):
        client.force_login(factories.staff("Dele"))
        plan = Arrangement.objects.get()

        assert client.post(f"{ADMIN}/arrangement/{plan.pk}/cancel/", {"reason": "mine now"}).status_code == 404

        plan.refresh_from_db()
        assert plan.status == "ACTIVE"

    def test_nor_is_their_promise(self, case, client):
        plan, by = Arrangement.objects.get(), {"today": lender_today(), "actor": factories.ACTOR}
        cancel_arrangement(arrangement_id=plan.pk, reason="one payment instead", **by)
        promise = note_promise(loan_id=case.loan_id, amount_minor=100_00, due_on=lender_today(), **by)
        client.force_login(factories.staff("Dele"))

        answer = client.post(f"{ADMIN}/collectioncase/{case.pk}/take-back/", {"reason": "mine now"})

        promise.refresh_from_db()
        assert (answer.status_code, promise.status) == (404, "OPEN")

    def test_is_seen_by_whoever_leads_the_desk(self, case, client):
        client.force_login(User.objects.get(role=User.Role.SUPERVISOR))

        assert {model: len(shown(client, model)) for model in LISTS} == dict.fromkeys(LISTS, 1)

    def test_is_seen_by_who_only_looks(self, case, client):
        client.force_login(factories.staff("Uma", User.Role.UNDERWRITER))

        assert shown(client, OverdueStatus) == [case.loan_id]


class TestOnesOwn:
    def test_is_in_all_lists_while_its_file_is_theirs(self, case, chidi, client):
        client.force_login(chidi)

        assert {model: len(shown(client, model)) for model in LISTS} == dict.fromkeys(LISTS, 1)

    def test_desk_is_the_first_entry_of_the_menu_and_a_figure_of_the_front_page(self, case, chidi, client, rf):
        request = rf.get("/admin/")
        request.user = chidi
        client.force_login(chidi)

        first = sidebar(request)[0]["items"][0]

        assert (str(first["title"]), first["link"]) == ("My desk", f"{ADMIN}/casefile/")
        figures = {str(figure.title): figure.value for figure in client.get("/admin/").context["figures"]}
        assert figures["my desk"] == "1"
        assert {"overdue loans", "open cases"}.isdisjoint(figures)
