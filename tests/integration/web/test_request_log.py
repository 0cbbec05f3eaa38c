import logging

import pytest
from django.core import mail
from django.http import HttpRequest, HttpResponse
from structlog.testing import capture_logs

from dashu.portal.signing import by_link

pytestmark = pytest.mark.django_db


def _failing(request: HttpRequest, token: str) -> HttpResponse:
    held = request.POST["name"]
    raise RuntimeError(f"{len(held)} signs, {len(token)} of a key")


class TestLogRequests:
    @pytest.mark.parametrize("place", ["guarantee", "sign", "relief", "stop"])
    def test_leaves_out_what_an_address_is_the_key_to(self, place, client):
        with capture_logs() as lines:
            client.get(f"/{place}/AbCdEfGhIjKlMnOpQrStUvWxYz012345/?next=/guarantee/AbCdEfGh/")

        assert [line["request"] for line in lines] == [f"GET /{place}/…/?next=/guarantee/…/"] * 2

    def test_writes_other_addresses_as_they_are(self, client):
        with capture_logs() as lines:
            client.get("/verify/?code=7K3M")

        assert {line["request"] for line in lines} == {"GET /verify/?code=7K3M"}


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
        assert self.said(printed.replace("state=SECRET-OF-HERS", "")) == []

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
