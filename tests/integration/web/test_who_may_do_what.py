"""
Every address of the back office × every role × reading and sending: who lacks the right of an act gets nowhere with it.

Which right an act asks for is declared with it, and which role has the right stands in `dashu/users/roles.yaml`. An act
that declares none fails here.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from dashu.users.models import User
from dashu.users.roles import STAFF_ROLES
from tests import factories
from tests.integration.web import test_who_sees_what as reading

pytestmark = pytest.mark.django_db

NOWHERE = reading.NOWHERE
# What a role does by its right with nothing but the button, and the table that it is kept in.
WITH_A_BUTTON = {"ACCOUNTANT": {"repayments_reconciliationday"}}
# Tables that a request may write to whatever becomes of it.
OF_REQUESTS = ("django_session", "audit_", "usersessions_", "account_", "django_admin_log")


class Act(NamedTuple):
    page: Any
    name: str
    needs: tuple[str, ...]
    address: str
    is_of_row: bool

    def is_open_to(self, user: User, *row: str) -> bool:
        """Whether the role has the right, by the matrix. :param row: also, whether it is for this row now."""
        request = RequestFactory().get("/admin/")
        request.user = user
        return all(
            user.has_perm(right) if "." in right else getattr(self.page, f"has_{right}_permission")(request, *row)
            for right in self.needs
        )


def acts() -> Iterator[Act]:
    """Yield the acts of each list and each row that the back office offers."""
    for page in admin.site._registry.values():
        if not hasattr(page, "_get_base_actions_detail"):
            continue
        of_rows = [*page._get_base_actions_detail(), *page._get_base_actions_row()]
        for offered, words in ((page._get_base_actions_list(), []), (of_rows, [NOWHERE])):
            for each in offered:
                needs = tuple(getattr(each.method, "allowed_permissions", ()))
                yield Act(page, each.action_name, needs, reverse(f"admin:{each.action_name}", args=words), bool(words))


@pytest.fixture(params=sorted(STAFF_ROLES))
def person(request, rules) -> User:
    user = factories.staff("Somebody", request.param)
    user.is_superuser = request.param == User.Role.ADMIN
    user.save()
    return User.objects.get(pk=user.pk)


@pytest.fixture
def client(person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def rows() -> dict[str, int]:
    """Return how many rows each table has that no request writes to by itself."""
    tables = [name for name in connection.introspection.table_names() if not name.startswith(OF_REQUESTS)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables))
        return dict(cursor.fetchall())


class TestActs:
    def test_declare_the_right_that_they_ask_for(self, rules):
        found = list(acts())

        assert len(found) > 60
        assert [act.name for act in found if not act.needs] == []

    def test_lead_nowhere_for_who_lacks_the_right(self, client, person):
        refused, before = 0, rows()
        wrong = {}
        for act in acts():
            if act.is_open_to(person):
                continue
            refused += 1
            for method in (client.get, client.post):
                answer = method(act.address)
                if answer.status_code != 403:
                    wrong[act.name, method.__name__] = answer.status_code

        assert wrong == {}
        assert refused > 0 or person.is_superuser
        assert rows() == before

    def test_open_to_who_has_the_right(self, client, person):
        """Without this, the other could pass by acts that are open to nobody."""
        closed = {}
        for act in acts():
            is_open = act.is_open_to(person, *([NOWHERE] if act.is_of_row else []))
            if is_open and (code := client.get(act.address).status_code) == 403:
                closed[act.name] = code

        assert closed == {}


class TestSending:
    def test_to_every_address_breaks_none_and_changes_nothing_without_a_right(self, client, person):
        before = rows()
        broken = {}
        for address in reading.TestBackOffice().addresses():
            if address in reading.PUBLIC_IN_ADMIN:
                continue
            answer = client.post(address, {"confirm": "1"})
            if answer.status_code >= 500:
                broken[address] = answer.status_code

        assert broken == {}
        if not person.is_superuser:
            changed = {name for name, count in rows().items() if count != before[name]}
            assert changed - WITH_A_BUTTON.get(person.role, set()) == set()
