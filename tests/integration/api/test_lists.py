"""Every list of the schema: named rows are read at once, and a cursor is good for one list with its filters only."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from dashu.api.pagination import asked_list, sealed
from tests import factories
from tests.integration.api.test_authorization import SCOPES, token_of
from tests.integration.api.test_schema import operations
from tests.integration.api.worlds import World, address
from tests.integration.bulk.conftest import folder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules", "folder")]

__all__ = ["folder"]

# Lists whose rows cannot be named, and why they need not be.
WITHOUT_IDS = {
    "list_events": "a feed is read on from a place; one event is read by its id",
    "list_loan_payments": "of one loan; /payments takes ids",
    "list_loan_refunds": "of one loan; /refunds takes ids",
    "list_restructuring_offers": "of one loan; /restructuring-offers takes ids",
    "list_incomes": "of one loan, and without ids of their own",
    "list_overdue_changes": "of one loan, and without ids of their own",
    "list_schedule_versions": "of one loan, and few",
    "list_webhook_deliveries": "of one endpoint; what is wanted of many is their status, which is a filter",
}
# Whose cursor is good with any filters: a place in time, from which one may go on with another choice of events.
PLACES_IN_TIME = {"list_events"}
# By list, a filter that every list of the kind takes, for one that it was not asked with.
FILTERS = {
    "get_book": "status=ACTIVE",
    "list_applications": "status=DRAFT",
    "list_borrowers": "ids=nobody",
    "list_jobs": "kind=payments",
    "list_loans": "status=ACTIVE",
    "list_loan_payments": "channel=PARTNER",
    "list_loan_refunds": "status=PENDING",
    "list_restructuring_offers": "status=OPEN",
    "list_incomes": "credited_from=2026-01-01",
    "list_overdue": "days_from=1",
    "list_overdue_changes": "changed_from=2026-01-01",
    "list_payments": "channel=PARTNER",
    "list_refunds": "status=PENDING",
    "list_all_restructuring_offers": "status=OPEN",
    "list_webhook_endpoints": "status=ENABLED",
    "list_webhook_deliveries": "status=PENDING",
}
NO_FILTERS = {"list_schedule_versions"}


@dataclass(frozen=True)
class List:
    name: str
    path: str
    parameters: frozenset[str]


@pytest.fixture
def lists() -> list[List]:
    schema = Client().get("/api/v1/schema/").json()
    found = [
        List(operation["operationId"], path, frozenset(each.get("name", "") for each in operation["parameters"]))
        for (_method, path), operation in operations(schema).items()
        if "parameters" in operation
    ]
    return [each for each in found if "cursor" in each.parameters]


@pytest.fixture
def danas(dana, amina) -> World:
    return World(dana, amina)


class TestEveryList:
    def test_reads_many_by_their_ids_or_says_why_not(self, lists):
        assert {each.name for each in lists if "ids" not in each.parameters} == WITHOUT_IDS.keys()

    def test_refuses_a_cursor_of_another_list(self, lists, danas):
        """Each is tried with a cursor that the program gives out, of the list before."""
        token, wrong = token_of(danas, SCOPES), {}
        paths = [address(each.path, danas) for each in lists]
        for each, here, other in zip(lists, paths, [paths[-1], *paths[:-1]], strict=True):
            answer = get(token, f"{here}?cursor={sealed(1, of=list_at(other))}")
            wrong[each.name] = (answer.status_code, answer.json().get("code"), answer.json().get("field"))

        assert {name: got for name, got in wrong.items() if got != (422, "invalid_cursor", "cursor")} == {}

    def test_refuses_a_cursor_of_other_filters(self, lists, danas):
        assert {each.name for each in lists} == FILTERS.keys() | NO_FILTERS | PLACES_IN_TIME
        token, wrong = token_of(danas, SCOPES), {}
        for each in [each for each in lists if each.name in FILTERS]:
            here = address(each.path, danas)
            answer = get(token, f"{here}?{FILTERS[each.name]}&cursor={sealed(1, of=list_at(here))}")
            wrong[each.name] = (answer.status_code, answer.json().get("code"))

        assert {name: got for name, got in wrong.items() if got != (422, "invalid_cursor")} == {}


class TestCursor:
    @pytest.fixture
    def first(self, program, amina, dana) -> str:
        """The cursor after the first of three running loans."""
        for _each in range(3):
            factories.running_loan(amina, brought_by=dana)
        return program.get("loans?status=ACTIVE&limit=1").json()["next_cursor"]

    def test_goes_on_with_the_same_filters_and_any_size_and_fields(self, program, first):
        rest = program.get(f"loans?limit=2&fields=id&cursor={first}&status=ACTIVE").json()

        assert (len(rest["results"]), rest["next_cursor"]) == (2, None)

    @pytest.mark.parametrize("query", ["loans?", "loans?status=SETTLED&", "loans?status=ACTIVE&product=consumer&"])
    def test_is_refused_with_other_filters(self, program, first, query):
        answer = program.get(f"{query}cursor={first}")

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")
        assert "the same filters" in answer.json()["detail"]

    def test_of_the_feed_goes_on_with_another_choice_of_events(self, program, first):
        cursor = program.get("events?limit=1").json()["next_cursor"]

        assert program.get(f"events?types=payment.received&cursor={cursor}").status_code == 200


def get(token: str, where: str) -> Any:
    return Client().get(f"/api/v1/{where}", headers={"Authorization": f"Bearer {token}"})


def list_at(where: str) -> str:
    """Return what names the list at an address without any filter."""

    class Asked:
        path, query_params = f"/api/v1/{where}", {}

    return asked_list(Asked())  # type: ignore[arg-type]
