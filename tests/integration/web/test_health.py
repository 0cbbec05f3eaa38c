import pytest
from django.db import OperationalError, connection


class TestLive:
    def test_answers_without_asking_the_servers(self, client):
        response = client.get("/healthz")

        assert (response.status_code, response.json()) == (200, {"status": "live"})


@pytest.mark.django_db
class TestReady:
    def test_answers_when_both_servers_do(self, client):
        response = client.get("/readyz")

        assert (response.status_code, response.json()) == (200, {"status": "ready"})

    def test_says_that_the_database_is_away(self, client, monkeypatch):
        def refuse(*_arguments):
            raise OperationalError("connection refused")

        monkeypatch.setattr(connection, "cursor", refuse)

        response = client.get("/readyz")

        assert response.status_code == 503
        assert response.json() == {"status": "unavailable", "code": "database_unreachable"}

    def test_says_that_redis_is_away(self, client, settings):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"

        response = client.get("/readyz")

        assert response.status_code == 503
        assert response.json() == {"status": "unavailable", "code": "redis_unreachable"}
