"""Collectors are given people one by one: of everybody else they find no name, no message and no contact."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from collections_mgmt.models import CaseFile
from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import ContactAttempt, GuardDecision, OutboxMessage
from dashu.users.models import Borrower, User
from repayments.models import Payment
from tests import factories
from tests.integration.collections_mgmt.desk_cases import collector, late_person, team
from tests.integration.staff.test_access import list_of

pytestmark = pytest.mark.usefixtures("policy_packs")

CONTACT = [OutboxMessage, GuardDecision, ContactAttempt]
AT = datetime(2026, 3, 20, 10, tzinfo=LENDER_ZONE)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def leave_traces(borrower: Borrower) -> None:
    """A message, a decision, a call and a payment."""
    loan = borrower.loans.first() or factories.running_loan(borrower)
    factories.message(borrower, dedupe_key=uuid4().hex, sent_at=AT, purpose="REMINDER", channel="SMS", status="SENT")
    asked = {"channel": "CALL", "party": "BORROWER", "purpose": "COLLECTION", "operator": "user:1"}
    decision = GuardDecision.objects.create(
        borrower=borrower, stage="ASKED", verdict="ALLOW", reasons=[], at=AT, **asked
    )
    ContactAttempt.objects.create(
        key=uuid4().hex, borrower=borrower, decision=decision, started_at=AT, outcome="NO_ANSWER",
        outcome_at=AT + timedelta(minutes=5), **asked,
    )  # fmt: skip
    factories.pay(loan, 100_00, date(2026, 2, 20))


@pytest.fixture
def people() -> dict[str, Borrower]:
    """Amina's file is held by Chidi; Brook's waits for whoever is next; Chen has none."""
    chidi = collector(of=team())
    found = {"Amina": late_person("Amina").borrower, "Brook": late_person("Brook").borrower}
    found["Chen"] = factories.borrower("Chen")
    for borrower in found.values():
        leave_traces(borrower)
    CaseFile.objects.filter(borrower=found["Amina"]).update(
        state="HELD", holder=chidi, held_until=AT + timedelta(days=9999)
    )
    return found


def listed(client: Client, model: Any) -> set[int]:
    answer = client.get(list_of(model))
    assert answer.status_code == 200
    return {_borrower_of(row) for row in answer.context["cl"].result_list}


def _borrower_of(row: Any) -> int:
    if isinstance(row, Borrower):
        return row.pk
    return row.loan.borrower_id if isinstance(row, Payment) else row.borrower_id


def opened(client: Client, model: Any, borrower: Borrower) -> int:
    about = {Borrower: {"pk": borrower.pk}, Payment: {"loan__borrower": borrower}}.get(model, {"borrower": borrower})
    row = model.objects.filter(**about).first()
    return client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/{row.pk}/change/").status_code


class TestCollectors:
    @pytest.mark.parametrize("model", [Borrower, *CONTACT])
    def test_find_the_people_whose_file_they_hold_and_nobody_else(self, people, model):
        client = client_of(User.objects.get(email="chidi@example.com"))

        assert listed(client, model) == {people["Amina"].pk}
        assert [opened(client, model, each) for each in people.values()] == [200, 302, 302]

    def test_find_nobody_by_a_search_either(self, people):
        client = client_of(User.objects.get(email="chidi@example.com"))

        for term in (people["Brook"].number, "Brook", "Chen"):
            assert client.get(list_of(Borrower), {"q": term}).context["cl"].result_list.count() == 0

    def test_find_payments_but_of_those_who_wait_in_the_queue(self, people):
        client = client_of(User.objects.get(email="chidi@example.com"))

        assert listed(client, Payment) == {people["Amina"].pk, people["Chen"].pk}
        assert [opened(client, Payment, each) for each in people.values()] == [200, 302, 200]

    def test_find_the_calls_that_they_made_whoever_has_the_file_now(self, people):
        chidi = User.objects.get(email="chidi@example.com")
        own = ContactAttempt.objects.filter(borrower=people["Brook"])
        own.update(operator=f"user:{chidi.pk}")

        assert listed(client_of(chidi), ContactAttempt) == {people["Amina"].pk, people["Brook"].pk}

    def test_see_nobody_while_they_hold_nothing(self, people):
        client = client_of(collector("Dora", of=team("late")))

        assert [listed(client, model) for model in (Borrower, *CONTACT)] == [set()] * 4


class TestLeaders:
    @pytest.mark.parametrize("model", [Borrower, *CONTACT, Payment])
    def test_of_the_desk_find_everybody(self, people, model):
        client = client_of(factories.staff("Sun", User.Role.SUPERVISOR))

        assert listed(client, model) == {each.pk for each in people.values()}
        assert [opened(client, model, each) for each in people.values()] == [200] * 3
