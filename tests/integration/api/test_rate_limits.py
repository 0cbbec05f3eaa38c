"""Clients that call too often are told when to come back."""

import base64
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import redis
from django.test import Client

from dashu.alerts.models import Alert
from dashu.api import rate_limits
from dashu.api.rate_limits import Standing, take
from dashu.api.services.clients import set_grant
from dashu.api.tasks import sum_up_calls
from repayments.models import Payment
from tests.integration.api.conftest import PAYMENT, SECRET, ask_for_token, assert_problem, program_of, register

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _full_buckets(settings):
    server = redis.Redis.from_url(settings.REDIS_URL)
    for key in server.scan_iter("dashu:limit:*"):
        server.delete(key)


@pytest.fixture
def _two_a_minute(settings):
    settings.API_LIMITS = {**settings.API_LIMITS, "reads": 2, "writes": 1}


class TestBucket:
    def test_takes_its_quota_at_once_and_then_asks_to_wait(self):
        whose = str(uuid4())

        first, second, third = (take("reads", whose, 2) for _time in range(3))

        assert first == Standing("reads", quota=2, remaining=1, full_in=30, retry_in=0)
        assert (second.remaining, second.retry_in) == (0, 0)
        assert 50 < second.full_in <= 60
        assert third.remaining == 0
        assert 20 < third.retry_in <= 30

    def test_is_of_one_client_and_one_kind(self):
        whose = str(uuid4())
        take("reads", whose, 1)

        assert take("writes", whose, 1).retry_in == 0
        assert take("reads", str(uuid4()), 1).retry_in == 0
        assert take("reads", whose, 1).retry_in > 0

    def test_gives_no_drop_twice(self):
        whose = str(uuid4())

        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda _number: take("reads", whose, 25), range(100)))

        assert sum(standing.retry_in == 0 for standing in taken) == 25

    @pytest.mark.parametrize(("full_in", "retry_in"), [(0, 0), (29, 0), (59, 29)])
    def test_fills_evenly(self, settings, full_in, retry_in):
        server, whose = redis.Redis.from_url(settings.REDIS_URL), str(uuid4())
        seconds, micros = server.time()
        server.set(f"dashu:limit:reads:{whose}", (seconds + full_in) * 1_000_000 + micros)

        assert retry_in - 9 <= take("reads", whose, 2).retry_in <= retry_in


@pytest.mark.usefixtures("_two_a_minute")
class TestClient:
    def test_is_told_how_it_stands_with_every_answer(self, program):
        answer = program.get("loans")

        assert answer["RateLimit-Policy"] == '"reads";q=2;w=60'
        assert answer["RateLimit"] == '"reads";r=1;t=30'
        assert "Retry-After" not in answer
        assert program.get("loans?colour=red")["RateLimit"].startswith('"reads";r=0;t=')

    def test_beyond_its_limit_is_refused(self, program):
        for _time in range(2):
            assert program.get("loans").status_code == 200

        refused = program.get("loans")

        assert_problem(refused, 429, "rate_limited", None)
        assert 20 < int(refused["Retry-After"]) <= 30
        assert refused["RateLimit"].startswith('"reads";r=0;t=')

    def test_beyond_its_limit_writes_nothing(self, program, danas_loan):
        assert program.pay(danas_loan, PAYMENT).status_code == 201

        refused = program.pay(danas_loan, {**PAYMENT, "reference": "second"}, key="key-2")

        assert_problem(refused, 429, "rate_limited", None)
        assert Payment.objects.count() == 1
        assert program.get("loans").status_code == 200

    def test_with_a_limit_of_its_own_has_that(self, dana, program, administrator):
        application = dana.user.oauth2_provider_application.get()
        set_grant(
            application_id=application.pk, granted_scopes=None, reads_a_minute=5, writes_a_minute=None, actor="user:1"
        )

        assert program.get("loans")["RateLimit"] == '"reads";r=4;t=12'
        assert program.post("quotes", {})["RateLimit-Policy"] == '"writes";q=1;w=60'

    def test_that_nobody_knows_has_no_limit_to_tell(self, program):
        assert "RateLimit" not in Client().get("/api/v1/loans")


def end_token(client: str, *, secret: str):
    credentials = base64.b64encode(f"{client}:{secret}".encode()).decode()
    return Client().post(
        "/oauth/revoke_token/", {"token": "a token"}, headers={"Authorization": f"Basic {credentials}"}
    )


class TestTokens:
    def test_are_not_given_to_who_asks_too_often_for_one_client(self, dana, settings):
        settings.API_LIMITS = {**settings.API_LIMITS, "tokens": 2}
        register(dana)

        answers = [ask_for_token("client-of-dana", secret=secret) for secret in ("a", "b", SECRET)]

        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert answers[2].json()["error"] == "rate_limited"
        assert 20 < int(answers[2]["Retry-After"]) <= 30
        assert ask_for_token("another-client").status_code == 401

    def test_are_ended_no_more_often_than_given(self, dana, settings):
        settings.API_LIMITS = {**settings.API_LIMITS, "tokens": 2}
        register(dana)

        answers = [end_token("client-of-dana", secret=secret) for secret in ("a", "b", SECRET)]

        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert answers[2].json()["error"] == "rate_limited"
        assert ask_for_token("client-of-dana", secret=SECRET).status_code == 429

    def test_are_not_given_to_an_address_that_tries_many_clients(self, settings):
        settings.API_LIMITS = {**settings.API_LIMITS, "addresses": 3}

        answers = [ask_for_token(f"client-{number}") for number in range(5)]

        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]


class TestOutage:
    @pytest.fixture
    def _away(self, settings, monkeypatch):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"
        monkeypatch.setattr(rate_limits._Outage, "until", 0.0)

    @pytest.mark.usefixtures("_away", "_two_a_minute")
    def test_lets_calls_go_on_and_raises_an_alert(self, program):
        answers = [program.get("loans") for _time in range(4)]

        assert [answer.status_code for answer in answers] == [200] * 4
        assert not any("RateLimit" in answer for answer in answers)
        alert = Alert.objects.get()
        assert (alert.kind, alert.times, alert.params) == ("api.no_limits", 1, {"error": "ConnectionError"})

    @pytest.mark.usefixtures("_away")
    def test_is_over_when_jobs_run_again(self, dana):
        register(dana)
        program_of(dana)
        assert Alert.objects.get().ended_at is None

        sum_up_calls()

        assert Alert.objects.get().ended_at is not None
