"""Alerts: one for each thing that is wrong, told once, until it is over."""

import logging

import pytest
from django.core import mail
from django.db import DatabaseError

from dashu.alerts import services
from dashu.alerts.models import Alert
from dashu.alerts.services import end_alert, raise_alert, raise_alert_if_possible, tell_without_database
from dashu.alerts.texts import KINDS
from tests import factories

LATE = {"date": "2026-02-20"}
NAMES = ["date", "attempts", "loans", "loan", "error", "count", "document"]
NAMES += ["failure", "promise", "due_on", "reference", "review_on", "borrower"]
NAMES += ["strategy", "version", "job"]
NAMES += ["review", "week"]
NAMES += ["partner", "endpoint"]
NAMES += ["scorecard", "name", "index", "bar", "group", "attribute", "ratio"]
NAMES += ["lesson", "checked_on"]
NAMES += ["report"]
NAMES += ["fault", "number", "record", "month"]
NAMES += ["seconds"]
NAMES += ["actor", "role", "minutes"]


@pytest.fixture
def on_call(settings, db) -> str:
    settings.ADMINS = [("", "oncall@example.com")]
    return "oncall@example.com"


class TestRaise:
    def test_tells_once_however_often_it_is_noticed(self, on_call, django_capture_on_commit_callbacks, caplog):
        with caplog.at_level(logging.ERROR), django_capture_on_commit_callbacks(execute=True):
            for _time in range(3):
                raise_alert("close.is_late", subject="2026-02-20", **LATE)

        alert = Alert.objects.get()
        assert (alert.times, alert.ended_at) == (3, None)
        assert [message.to for message in mail.outbox] == [[on_call]]
        assert "2026-02-20" in mail.outbox[0].body
        assert len([record for record in caplog.records if record.name == "dashu.alerts.services"]) == 1

    def test_tells_again_after_it_was_over(self, on_call, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            raise_alert("close.is_late", subject="2026-02-20", **LATE)
            assert end_alert("close.is_late", subject="2026-02-20") is True
            assert end_alert("close.is_late", subject="2026-02-20") is False
            raise_alert("close.is_late", subject="2026-02-20", **LATE)

        assert len(mail.outbox) == 2
        assert Alert.objects.filter(ended_at=None).count() == 1

    def test_of_two_subjects_are_two(self, on_call):
        for day in ("2026-02-20", "2026-02-21"):
            raise_alert("close.is_late", subject=day, date=day)

        end_alert("close.is_late", subject="2026-02-20")

        assert [alert.subject for alert in Alert.objects.filter(ended_at=None)] == ["2026-02-21"]

    def test_never_fails_whoever_must_go_on(self, on_call, monkeypatch, caplog):
        def fail(*_args, **_how):
            raise DatabaseError("gone")

        monkeypatch.setattr(services, "raise_alert", fail)
        with caplog.at_level(logging.ERROR):
            raise_alert_if_possible("broker.unreachable", error="x")

        assert "gone" in caplog.text

    def test_a_mail_server_that_is_down_is_only_logged(self, on_call, monkeypatch, caplog):
        monkeypatch.setattr(services, "mail_admins", lambda *_args: (_ for _ in ()).throw(ConnectionRefusedError("no")))

        with caplog.at_level(logging.ERROR):
            tell_without_database("database.unreachable", error="down")

        assert "could not be sent" in caplog.text


class TestTexts:
    def test_each_kind_is_worded_for_its_values(self):
        values = dict.fromkeys(NAMES, "7")

        for kind, text in KINDS.items():
            assert "7" in str(text) % values, kind


class TestPage:
    def test_shows_open_alerts_and_the_front_page_counts_them(self, on_call, rules, administrator, client):
        raise_alert("close.is_late", subject="2026-02-20", **LATE)
        client.force_login(administrator)

        assert "2026-02-20" in client.get("/admin/alerts/alert/").content.decode()
        figures = {str(figure.title): figure for figure in client.get("/admin/").context["figures"]}
        assert (figures["open alerts"].value, figures["open alerts"].tone) == ("1", "late")

    def test_is_closed_to_collectors(self, on_call, client):
        client.force_login(factories.staff("Chidi"))

        assert client.get("/admin/alerts/alert/").status_code == 403
