"""Pages of the back office asked for by what no row, no day and no filter can be."""

import pytest
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from collections_mgmt.models import Arrangement, CollectionCase, SavedFilter, Settlement
from dashu.kernel.dates import lender_today
from dashu.web.object_keys import may_be_key
from loans.models import Product
from tests.integration.collections_mgmt.agency_cases import agency
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

IMPOSSIBLE = ["abc", "0", "-1", "99999999999999999999", "1.5", "_5F"]
LATEST_DAY = "9999-12-31"


def change_pages(key: str) -> list[str]:
    found = []
    for model in admin.site._registry:
        try:
            found.append(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key]))
        except NoReverseMatch:  # a list without a page per row
            continue
    return found


def acting_pages(key: str) -> list[str]:
    return [
        reverse(f"admin:{action.action_name}", args=[key])
        for page in admin.site._registry.values()
        if hasattr(page, "_get_base_actions_detail")
        for action in page._get_base_actions_detail()
    ]


class TestKeys:
    @pytest.mark.parametrize("key", IMPOSSIBLE)
    def test_that_no_row_can_have_open_no_page(self, policy_packs, key):
        client = as_role("ADMIN")
        pages = change_pages(key)

        assert len(pages) > 60
        answers = {page: client.get(page).status_code for page in pages}
        assert {page: status for page, status in answers.items() if status not in (302, 403, 404)} == {}

    @pytest.mark.parametrize("key", ["abc", "99999999999999999999"])
    def test_that_no_row_can_have_are_asked_for_no_act(self, policy_packs, key):
        client = as_role("ADMIN")
        pages = acting_pages(key)

        assert len(pages) > 30
        assert {client.get(page).status_code for page in pages} == {404}

    def test_of_rows_that_are_not_there_open_no_page(self, policy_packs):
        client = as_role("ADMIN")

        answers = {page: client.get(page).status_code for page in [*change_pages("999999"), *acting_pages("999999")]}
        assert {page: status for page, status in answers.items() if status not in (302, 403, 404)} == {}

    def test_are_read_by_the_kind_of_the_table(self):
        assert may_be_key(CollectionCase, "9223372036854775807")
        assert not may_be_key(CollectionCase, "9223372036854775808")
        assert not may_be_key(CollectionCase, "one")
        assert may_be_key(Product, "7")


class TestDays:
    @pytest.mark.parametrize("act", ["settle", "plan"])
    def test_that_no_plan_can_reach_are_refused_at_their_field(self, late_loan, act):
        given = {"amount": "900", "count": "3", "first_on": LATEST_DAY, "reason": "r", "note": "", "step": "look"}
        given["key"] = "3f0b2c8e-7c0a-4b5a-9d6f-1a2b3c4d5e6f"

        case = CollectionCase.objects.get(loan=late_loan)

        answer = as_role("ADMIN").post(f"/admin/collections_mgmt/collectioncase/{case.pk}/{act}/", given)

        assert answer.status_code == 200
        assert answer.context["form"].errors["first_on"] == [
            "Choose a nearer day: no calendar reaches as far as this would go."
        ]
        assert not Settlement.objects.exists()
        assert not Arrangement.objects.exists()

    @pytest.mark.parametrize("month", ["9999-12", "2199-12", "0001-01", "now"])
    def test_that_are_no_month_of_a_commission_show_the_latest(self, policy_packs, month):
        page = f"/admin/collections_mgmt/agency/{agency().pk}/commission/"

        answer = as_role("ADMIN").get(page, {"month": month})

        assert answer.status_code == 200
        assert f"{lender_today():%Y-%m}" in answer.content.decode()


class TestFilters:
    @pytest.mark.parametrize("query", ["clock=\0review", "a=" + "b" * 400])
    def test_that_cannot_be_kept_are_not(self, query):
        answer = as_role("SUPERVISOR").post(
            "/admin/collections_mgmt/casefile/save-filter/", {"name": "Late looks", "query": query}, follow=True
        )

        assert answer.status_code == 200
        assert "This view was not kept" in answer.content.decode()
        assert not SavedFilter.objects.exists()


class TestWhatIsSent:
    """Rows that are chosen in a list or looked up by a field are refused where there can be none of the key."""

    @pytest.mark.parametrize("key", ["abc", "99999999999999999999"])
    def test_lists_take_no_act_for_such_rows(self, policy_packs, key):
        client = as_role("ADMIN")
        answers = {}
        for model, page in admin.site._registry.items():
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for act in (
                "delete_selected",
                *(act if isinstance(act, str) else act.__name__ for act in page.actions or ()),
            ):
                if not may_be_key(model, key):
                    answers[address, act] = client.post(address, {"action": act, "_selected_action": key}).status_code

        refused = [named for named, status in answers.items() if status in (400, 403)]
        assert len(refused) > 80
        # What takes no acts at all, such as a list that is a page of its own, shows itself.
        assert {status for named, status in answers.items() if named not in refused} <= {200}

    @pytest.mark.parametrize("key", ["abc", "-1", "99999999999999999999", "1'"])
    @pytest.mark.parametrize("model", ["borrower", "partner"])
    def test_forms_look_none_up(self, policy_packs, model, key):
        answer = as_role("ADMIN").post(reverse(f"admin:users_{model}_add"), {"user": key, "name": "Amina"})

        assert answer.status_code == 400
