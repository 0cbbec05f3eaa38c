"""
Every operation of the schema × every way to ask that must not succeed: table-driven, so that a new operation is in it.

An operation that names a new kind of object fails here until `tests/integration/api/worlds.py` knows one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application

from dashu.users.models import User
from dashu.users.roles import STAFF_ROLES
from tests import factories
from tests.integration.api.conftest import register
from tests.integration.api.worlds import World, address, objects_in
from tests.integration.bulk.conftest import folder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules", "folder")]

__all__ = ["folder"]  # the files of bulk jobs lie in one of the test's own
SCOPES = list(settings.OAUTH2_PROVIDER["SCOPES"])
# What differs from one call to the next, whatever was asked.
OF_THE_CALL = {"X-Request-Id", "RateLimit", "Date"}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    scopes: frozenset[str]
    media_type: str
    body: Any

    def send(self, token: str | None, where: str, *, client: Client | None = None) -> HttpResponse:
        headers = {"Accept-Language": "en", "Idempotency-Key": str(uuid4())}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        client = client or Client()
        if self.media_type == "multipart/form-data":
            form = {"kind": "INCOME", "file": SimpleUploadedFile("paper.pdf", b"%PDF-1.4")}
            return client.post(f"/api/v1/{where}", data=form, headers=headers)
        return client.generic(
            self.method.upper(), f"/api/v1/{where}", data=self.body, content_type="application/json", headers=headers
        )

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@pytest.fixture
def operations() -> list[Operation]:
    schema = Client().get("/api/v1/schema/").json()
    return list(operations_of(schema))


def operations_of(schema: dict[str, Any]) -> Iterator[Operation]:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {"application/json": {}})
            media_type, body = next(iter(content.items()))
            examples = list(body.get("examples", {}).values())
            [security] = operation["security"]
            yield Operation(
                method,
                path,
                frozenset(security["partner"]),
                media_type,
                json.dumps(examples[0]["value"]) if examples else "",
            )
            if method == "get":
                yield Operation("head", path, frozenset(security["partner"]), media_type, "")


@pytest.fixture
def danas(dana, amina) -> World:
    return World(dana, amina)


@pytest.fixture
def elifs(brook) -> World:
    return World(factories.partner("Elif"), brook)


def token_of(world: World, scopes: list[str], **more: Any) -> str:
    application = Application.objects.filter(user=world.partner.user).first() or register(world.partner)
    value = uuid4().hex
    AccessToken.objects.create(
        **{
            "token": value,
            "application": application,
            "scope": " ".join(scopes),
            "expires": timezone.now() + timedelta(hours=1),
            **more,
        }
    )
    return value


def answered(response: HttpResponse) -> tuple[int, str]:
    """Return status and code; a HEAD has no body, and its status says enough."""
    is_problem = response.get("Content-Type") == "application/problem+json" and response.content
    return response.status_code, response.json()["code"] if is_problem else ""


def told(response: HttpResponse) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in response.headers.items() if name not in OF_THE_CALL}
    return response.status_code, response.content, headers


class TestEveryOperation:
    def test_needs_a_scope(self, operations):
        assert [str(operation) for operation in operations if not operation.scopes] == []
        assert {scope for operation in operations for scope in operation.scopes} <= set(SCOPES)

    def test_is_refused_to_each_scope_alone_that_it_does_not_need(self, operations, danas):
        tokens = {scope: token_of(danas, [scope]) for scope in SCOPES}

        wrong = []
        for operation in operations:
            where = address(operation.path, danas)
            for scope, token in tokens.items():
                if operation.scopes == {scope}:
                    continue
                got = answered(operation.send(token, where))
                if got not in ((403, "insufficient_scope"), (403, "")) or (got[1] == "" and operation.method != "head"):
                    wrong.append((str(operation), scope, got))

        assert wrong == []

    def test_is_open_to_its_own_scopes_alone(self, operations, danas):
        wrong = []
        for operation in operations:
            token = token_of(danas, sorted(operation.scopes))
            status, code = answered(operation.send(token, address(operation.path, None)))
            if status in (401, 403) or code == "insufficient_scope":
                wrong.append((str(operation), status, code))

        assert wrong == []

    @pytest.mark.parametrize("who", ["nobody", "a borrower's session", "a guess", "an expired token"])
    def test_is_refused_to_who_has_no_good_token(self, operations, danas, amina, who):
        client, token = Client(), None
        if who == "a borrower's session":
            client.force_login(amina.user, backend="django.contrib.auth.backends.ModelBackend")
        elif who == "a guess":
            token = "guessed"
        elif who == "an expired token":
            token = token_of(danas, SCOPES, expires=timezone.now() - timedelta(seconds=1))
        code = "invalid_token" if token else "not_authenticated"

        wrong = []
        for operation in operations:
            response = operation.send(token, address(operation.path, danas), client=client)
            expected = (401, "" if operation.method == "head" else code)
            if answered(response) != expected or response["WWW-Authenticate"] != 'Bearer realm="api"':
                wrong.append((str(operation), answered(response)))

        assert wrong == []

    @pytest.mark.parametrize("role", [*STAFF_ROLES, User.Role.PARTNER])
    def test_is_refused_to_the_session_of_whoever_has_signed_in(self, operations, danas, role):
        """What people may do in the browser opens nothing to a program that has their cookie."""
        client = Client()
        user = danas.partner.user if role == User.Role.PARTNER else factories.staff("Somebody", role)
        user.is_superuser = role == User.Role.ADMIN
        user.save()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

        wrong = []
        for operation in operations:
            answer = operation.send(None, address(operation.path, danas), client=client)
            if answered(answer) != (401, "" if operation.method == "head" else "not_authenticated"):
                wrong.append((str(operation), answered(answer)))

        assert wrong == []

    def test_is_refused_to_a_partner_that_was_made_inactive(self, operations, danas):
        token = token_of(danas, SCOPES)
        where = {operation: address(operation.path, danas) for operation in operations}
        danas.partner.is_active = False
        danas.partner.save()

        found = {answered(operation.send(token, where[operation])) for operation in operations}

        assert found == {(403, "partner_inactive"), (403, "")}


class TestEveryObject:
    def test_of_another_partner_is_as_unknown_as_one_that_does_not_exist(self, operations, danas, elifs):
        token = token_of(elifs, SCOPES)

        wrong = []
        for operation in operations:
            if not objects_in(operation.path):
                continue
            unknown = told(operation.send(token, address(operation.path, None)))
            others = told(operation.send(token, address(operation.path, danas)))
            if unknown[0] != 404 or others != unknown:
                wrong.append((str(operation), unknown, others))

        assert wrong == []

    def test_of_another_partner_is_not_found_below_an_object_of_ones_own(self, operations, danas, elifs):
        token = token_of(elifs, SCOPES)

        wrong = []
        for operation in operations:
            if objects_in(operation.path) < 2:
                continue
            unknown = told(operation.send(token, address(operation.path, elifs, None)))
            others = told(operation.send(token, address(operation.path, elifs, danas)))
            if unknown[0] != 404 or others != unknown:
                wrong.append((str(operation), unknown, others))

        assert wrong == []

    def test_of_ones_own_is_found(self, operations, danas):
        """Without this, the others could pass by addresses that nothing is found at."""
        token = token_of(danas, SCOPES)

        read = [operation for operation in operations if operation.method == "get" and objects_in(operation.path)]
        found = {str(each): each.send(token, address(each.path, danas)).status_code for each in read}

        assert {name: status for name, status in found.items() if status != 200} == {}


class TestEveryList:
    def test_holds_nothing_of_another_partner(self, operations, danas, elifs):
        """Whatever has no object in its address: what only Dana has is not in what Elif reads."""
        names = [getattr(danas, name) for name in World.NAMED.values()] + [danas.borrower.number]
        token = token_of(elifs, SCOPES)

        wrong = []
        for operation in operations:
            if operation.method != "get" or objects_in(operation.path):
                continue
            content = operation.send(token, address(operation.path, elifs)).content.decode()
            wrong += [(str(operation), name) for name in names if name in content]

        assert wrong == []
