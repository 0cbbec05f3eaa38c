"""The credit bureau's adapter against a server on the loopback interface, good and bad days included."""

import logging
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from loans.bureaus.base import BureauAnswerRefused, BureauRefused, BureauUnavailable, NoCreditBureau, Subject
from loans.bureaus.choosing import bureau
from loans.bureaus.http import MOST_BYTES, Client
from loans.bureaus.remote import HttpBureau
from loans.bureaus.signing import is_signed, signed_headers
from tests.integration.loans.fake_bureau import SECRET, fake_bureau

ZHANG = Subject("CN_ID", "11010519491231002X", "张三丰")
REQUEST = uuid.UUID("0b9e2b34-6f0e-4c1e-9d6f-d3b1fd1a7c55")


@pytest.fixture
def server():
    with fake_bureau() as server:
        yield server


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def adapter(server, pauses):
    return HttpBureau(Client(server.url, seconds=0.3, pause=pauses.append), SECRET)


def ask(adapter):
    return adapter.file_of(ZHANG, request_id=REQUEST, consent="C-17")


class TestAsking:
    def test_sends_who_is_meant_and_who_agreed_in_the_signed_body_only(self, server, adapter, caplog):
        with caplog.at_level(logging.DEBUG):
            file = ask(adapter)

        assert file.is_known is False
        assert server.asked == [
            {
                "request_id": str(REQUEST),
                "consent": "C-17",
                "subject": {"kind": "CN_ID", "number": "11010519491231002X", "name": "张三丰"},
            }
        ]
        assert server.paths == ["/files/"]
        assert "POST /files/" in caplog.text
        for secret in (ZHANG.number, ZHANG.name):
            assert secret not in f"{caplog.text} {ZHANG!r} {adapter!r}"
        assert SECRET not in repr(adapter)

    @pytest.mark.parametrize("troubles", [[500], [503, "break"], ["break"], [429], ["hang"], ["drip"], ["cut"]])
    def test_asks_again_under_the_same_id_what_can_heal(self, server, adapter, pauses, troubles):
        server.troubles = [*troubles]

        ask(adapter)

        assert server.ids == [str(REQUEST)] * (len(troubles) + 1)
        assert pauses == [0.2, 0.8][: len(troubles)]

    @pytest.mark.parametrize("trouble", [500, 429, "break", "hang", "drip", "cut"])
    def test_gives_up_after_three_tries(self, server, adapter, pauses, trouble):
        server.troubles = [trouble] * 9

        with pytest.raises(BureauUnavailable) as refusal:
            ask(adapter)

        assert (refusal.value.code, refusal.value.http_status) == ("credit_bureau_unavailable", 503)
        assert len(server.asked) == 3

    def test_nobody_at_the_address_is_no_answer(self, pauses):
        with pytest.raises(BureauUnavailable):
            ask(HttpBureau(Client("http://127.0.0.1:9/", pause=pauses.append), SECRET))

        assert len(pauses) == 2

    @pytest.mark.parametrize("status", [400, 401, 404, 409, 302, 204])
    def test_any_other_status_is_final(self, server, adapter, status):
        server.troubles = [status]

        with pytest.raises(BureauRefused) as refusal:
            ask(adapter)

        assert refusal.value.details == {"status": status}
        assert len(server.asked) == 1

    def test_asks_this_machine_without_the_proxy_for_the_outside(self, server, adapter, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

        assert ask(adapter).reference == "R1"


class TestAnswers:
    @pytest.mark.parametrize(
        "headers",
        [
            {"webhook-signature": "v1,AAAA"},
            {"webhook-signature": "nonsense"},
            {"webhook-signature": ""},
            {"webhook-id": str(uuid.UUID(int=7))},
            {"webhook-timestamp": "1500000000"},
        ],
    )
    def test_one_that_is_not_signed_for_this_question_is_refused(self, server, adapter, headers):
        server.headers = headers

        with pytest.raises(BureauAnswerRefused) as refusal:
            ask(adapter)

        assert refusal.value.details == {"problem": "not signed for this question"}
        assert len(server.asked) == 1

    def test_a_good_answer_to_another_question_is_refused(self, server, adapter):
        other = uuid.UUID(int=7)
        server.body = server.answer_to(str(other))
        server.headers = signed_headers(SECRET, other, server.body.decode(), now=datetime.now(UTC))

        with pytest.raises(BureauAnswerRefused):
            ask(adapter)

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            (b'{"loans": [', "invalid_json"),
            (b"", "empty_input"),
            (b"<html>", "invalid_json"),
            (b'{"request_id": "\xff"}', "not UTF-8"),
            (b" " * (MOST_BYTES + 1), "too large"),
        ],
    )
    def test_one_that_cannot_be_read_is_refused_at_once(self, server, adapter, body, problem):
        server.body = body

        with pytest.raises(BureauAnswerRefused) as refusal:
            ask(adapter)

        assert refusal.value.details == {"problem": problem}
        assert len(server.asked) == 1


class TestSignatures:
    def test_hold_for_one_body_one_id_and_five_minutes(self):
        now = datetime.now(UTC)
        headers = signed_headers(SECRET, REQUEST, "body", now=now)

        assert is_signed(SECRET, REQUEST, "body", headers) is True
        assert is_signed(SECRET, REQUEST, "bodY", headers) is False
        assert is_signed(SECRET, uuid.UUID(int=7), "body", headers) is False
        assert is_signed("whsec_AAAA", REQUEST, "body", headers) is False
        for minutes in (-6, 6):
            late = signed_headers(SECRET, REQUEST, "body", now=now + timedelta(minutes=minutes))
            assert is_signed(SECRET, REQUEST, "body", late) is False


class TestChoosing:
    def test_a_bureau_of_another_company_is_asked_with_the_secret_it_gave(self, server, settings):
        settings.CREDIT_BUREAU, settings.CREDIT_BUREAU_URL = "http", server.url
        settings.CREDIT_BUREAU_SECRET, settings.SIMULATED_BUREAU = SECRET, False

        assert ask(bureau()).reference == "R1"

    def test_there_is_none_where_the_simulated_one_is_off(self, settings):
        settings.SIMULATED_BUREAU = False

        for name in ("", "simulated"):
            settings.CREDIT_BUREAU = name
            with pytest.raises(NoCreditBureau):
                bureau()
