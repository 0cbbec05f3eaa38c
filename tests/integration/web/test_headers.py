"""What a passive look at answers would find: headers of every kind of answer, cookies, and what tells of the inside."""

import os
import re
import subprocess
import sys

import pytest
from django.test import Client

from tests import factories
from tests.architecture.source import ROOT
from tests.architecture.test_settings import PRODUCTION
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db
VISITOR = [
    "/",
    "/learn/",
    "/accounts/login/",
    "/accounts/signup/",
    "/api/docs/",
    "/verify/",
    "/no-such-page/",
    "/sw.js",
]
BORROWER = ["/", "/me/", "/loans/", "/messages/", "/accounts/security/"]
STAFF = ["/admin/", "/admin/loans/loan/", "/admin/approvals/approvalrequest/"]
PROGRAM = ["/api/v1/loans", "/api/v1/schema/", "/healthz", "/metrics", "/oauth/token/"]


@pytest.fixture
def as_in_production(settings):
    """The settings that only production has; everything else is the same."""
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    settings.SECURE_HSTS_PRELOAD = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def readers() -> dict[str, Client]:
    borrower = Client()
    borrower.force_login(factories.borrower("Amina").user, "django.contrib.auth.backends.ModelBackend")
    return {"visitor": Client(), "borrower": borrower, "staff": as_role("ADMIN")}


class TestHeaders:
    def test_are_on_every_answer(self, rules, as_in_production):
        people = readers()
        asked = [("visitor", each) for each in (*VISITOR, *PROGRAM)]
        asked += [("borrower", each) for each in BORROWER] + [("staff", each) for each in STAFF]
        wrong = []

        for who, address in asked:
            answer = people[who].get(address, secure=True)
            wrong += [(who, address, what) for what in problems_of(answer)]

        assert wrong == []

    def test_of_a_refusal_and_a_redirect_are_the_same(self, rules, as_in_production):
        client = Client()
        answers = [
            client.get("/me/", secure=True),
            client.post("/accounts/login/", {"login": "x", "password": "y"}, secure=True),
            client.generic("TRACE", "/", secure=True),
            client.get("/api/v1/nothing", secure=True),
        ]

        assert [problems_of(answer) for answer in answers] == [[]] * len(answers)

    def test_an_origin_is_never_let_in(self, rules):
        answer = Client().get("/api/v1/schema/", headers={"Origin": "https://evil.example"})

        assert [name for name in answer.headers if name.startswith("Access-Control-")] == []


def problems_of(answer) -> list[str]:
    found = []
    headers = answer.headers
    policy = headers.get("Content-Security-Policy", "")
    is_page = headers.get("Content-Type", "").startswith("text/html")
    if not re.fullmatch(r"max-age=31536000; includeSubDomains; preload", headers.get("Strict-Transport-Security", "")):
        found.append("Strict-Transport-Security")
    if headers.get("X-Content-Type-Options") != "nosniff":
        found.append("X-Content-Type-Options")
    if headers.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        found.append("Referrer-Policy")
    if headers.get("Cross-Origin-Opener-Policy") != "same-origin":
        found.append("Cross-Origin-Opener-Policy")
    if headers.get("Cross-Origin-Resource-Policy") != "same-origin":
        found.append("Cross-Origin-Resource-Policy")
    if "camera=()" not in headers.get("Permissions-Policy", ""):
        found.append("Permissions-Policy")
    if is_page and not all(
        part in policy for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
    ):
        found.append("Content-Security-Policy")
    if (
        answer.status_code != 304
        and answer.content
        and "charset" not in headers["Content-Type"]
        and "json" not in headers["Content-Type"]
    ):
        found.append("charset")
    if {"Server", "X-Powered-By", "X-AspNet-Version"} & set(headers):
        found.append("tells of the server")
    if any(
        word in answer.content.decode("utf-8", "replace")
        for word in ("Traceback (most recent", "psycopg2", "DEBUG = True")
    ):
        found.append("tells of the inside")
    return found


def test_production_passes_djangos_own_check(tmp_path):
    """`manage.py check --deploy` has nothing to say; it opens no database."""
    settings = {**PRODUCTION, "DASHU_SECRET_KEY": "x7!" * 20 + "abcdefghijk", "DASHU_HOME": str(tmp_path)}
    # The browser journeys of the same process set a DJANGO_ name that no production has.
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "DASHU_"))}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**outside, **settings, "DJANGO_SETTINGS_MODULE": "dashu.settings.prod"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (ran.returncode, ran.stdout.strip()) == (0, "System check identified no issues (0 silenced)."), ran.stderr
