import json
import logging
import sys

import pytest
import structlog
from django.core import mail
from django.http import HttpRequest, HttpResponse
from structlog.testing import capture_logs

from dashu.portal.signing import by_link
from dashu.web.logs import JsonLines, only_what_jobs_may_say

pytestmark = pytest.mark.django_db


def _failing(request: HttpRequest, token: str) -> HttpResponse:
    held = request.POST["name"]
    raise RuntimeError(f"{len(held)} signs, {len(token)} of a key")


class TestLogRequests:
    @pytest.mark.parametrize("place", ["guarantee", "sign", "relief", "stop"])
    def test_leaves_out_what_an_address_is_the_key_to(self, place, client):
        with capture_logs() as lines:
            client.get(f"/{place}/AbCdEfGhIjKlMnOpQrStUvWxYz012345/?next=/guarantee/AbCdEfGh/")

        assert [line["request"] for line in lines] == [f"GET /{place}/…/?next=…"] * 2

    def test_writes_other_addresses_as_they_are_but_for_what_was_asked(self, client):
        with capture_logs() as lines:
            client.get("/verify/?code=7K3M&q=王小明")

        assert {line["request"] for line in lines} == {"GET /verify/?code=…&q=…"}

    def test_of_a_page_of_a_loan_names_it(self, client):
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
            client.get("/loans/DS-17/")

        assert [line.get("loan") for line in lines] == [None, "DS-17"]
        assert lines[0]["request_id"] == lines[1]["request_id"]


class TestRequestId:
    def lines(self, client, address, **headers) -> list[dict]:
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
            self.answer = client.get(address, headers=headers)
        return lines

    def test_of_a_call_is_the_one_that_it_is_answered_with(self, client):
        lines = self.lines(client, "/api/v1/loans", **{"X-Request-ID": "mine"})

        assert {line["request_id"] for line in lines} == {self.answer["X-Request-Id"]}

    def test_of_a_page_is_the_proxys_and_nobody_elses(self, client, settings):
        given = {"X-Request-ID": "0123456789abcdef0123456789abcdef"}

        assert {line["request_id"] for line in self.lines(client, "/verify/", **given)} != {given["X-Request-ID"]}
        settings.TRUSTED_PROXIES = 1
        assert {line["request_id"] for line in self.lines(client, "/verify/", **given)} == {given["X-Request-ID"]}
        forged = {"X-Request-ID": "forged by somebody"}
        assert {line["request_id"] for line in self.lines(client, "/verify/", **forged)} != {"forged by somebody"}


class TestJson:
    def line(self, record: logging.LogRecord) -> dict:
        text = JsonLines().format(record)
        assert "\n" not in text
        return json.loads(text)

    def test_says_when_how_grave_who_and_what(self):
        record = logging.LogRecord("dashu.x", logging.WARNING, "f.py", 1, "Close of %s\nforged", ("2026-01-01",), None)

        line = self.line(record)

        assert (line["event"], line["level"], line["logger"]) == ("Close of 2026-01-01\nforged", "warning", "dashu.x")
        assert line["timestamp"].endswith("Z")

    def test_has_a_failure_in_one_line(self):
        try:
            raise ValueError("broken")
        except ValueError:
            record = logging.LogRecord("x", logging.ERROR, "f.py", 1, "failed", (), sys.exc_info())

        assert "ValueError: broken" in self.line(record)["exception"]

    def test_a_job_is_told_the_request_and_the_loan_and_nothing_else(self):
        context = {"request_id": "1", "loan": "DS1", "ip": "203.0.113.7", "user_id": "5"}

        only_what_jobs_may_say(None, context)

        assert context == {"request_id": "1", "loan": "DS1"}


class TestFailures:
    """Where a request fails, logs and mails say why, and nothing of what somebody sent or holds."""

    KEY = "5e" * 24
    PERSONAL = ("Amina-Wei", KEY, "COOKIE-OF-HERS", "SECRET-OF-HERS")

    @pytest.fixture
    def fail(self, client, settings, monkeypatch):
        monkeypatch.setattr(by_link, "_page", _failing)
        settings.ADMINS = [("", "oncall@example.com")]
        client.raise_request_exception = False
        client.cookies["signature"] = "COOKIE-OF-HERS"
        return lambda: client.post(f"/sign/{self.KEY}/?state=SECRET-OF-HERS", {"name": "Amina-Wei"})

    def said(self, text: str) -> list[str]:
        return [word for word in self.PERSONAL if word in text]

    def test_are_printed_with_their_lines_and_without_what_variables_held(self, fail, capsys):
        assert fail().status_code == 500

        printed = capsys.readouterr().out
        assert "RuntimeError: 9 signs, 48 of a key" in printed
        assert "in _failing" in printed
        assert self.said(printed) == []

    def test_are_mailed_with_their_lines_and_without_the_request(self, fail):
        fail()

        [sent] = mail.outbox
        assert "RuntimeError\n9 signs, 48 of a key" in sent.body
        assert "in _failing" in sent.body
        assert "/sign/…/" in sent.subject
        assert self.said(f"{sent.subject} {sent.body}") == []

    def test_are_logged_without_the_key(self, fail, caplog):
        [console] = [each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler]
        fail()

        [line] = [each for each in caplog.records if each.name == "django.request"]
        assert console.filter(line)
        assert line.getMessage() == "Internal Server Error: /sign/…/"
