"""What Prometheus reads: the state of the installation, and what processes counted; who may read it."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from time import time
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import redis
from celery import shared_task
from celery.app.task import Context
from django.contrib.auth import authenticate
from django.db import DatabaseError
from django.test import RequestFactory
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from collections_mgmt.models import CloseRun
from dashu.alerts.services import raise_alert
from dashu.audit import services as audit
from dashu.audit.tasks import link_audit_records
from dashu.kernel.dates import lender_now
from dashu.operations.metrics import book, counting, exposition, servers, worker_port
from dashu.operations.metrics.figures import FIGURES
from dashu.operations.metrics.processes import OWN
from repayments.models import ReconciliationDay
from tests.architecture.source import ROOT
from tests.factories import borrower, message, running_loan

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-inside"
ASKED = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}


@pytest.fixture
def read(client, settings):
    """Ask as Prometheus does: by a host's number, over plain HTTP. Returns values by name and labels."""
    settings.METRICS_TOKEN = TOKEN
    settings.SECURE_SSL_REDIRECT = True

    def values(path):
        answer = client.get(path, HTTP_HOST="10.1.2.3:8000", **ASKED)
        assert answer.status_code == 200
        found = text_string_to_metric_families(answer.content.decode())
        return {(each.name, *each.labels.values()): each.value for family in found for each in family.samples}

    return values


class TestWhoMayRead:
    @pytest.mark.parametrize("path", [exposition.PROCESSES, exposition.STATE])
    @pytest.mark.parametrize("given", ["", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer "])
    def test_without_the_token_nothing_is_there(self, path, given, client, settings):
        settings.METRICS_TOKEN = TOKEN

        assert client.get(path, HTTP_AUTHORIZATION=given).status_code == 404

    def test_where_no_token_is_set_nobody_may(self, client, settings):
        settings.METRICS_TOKEN = ""

        assert client.get(exposition.PROCESSES, HTTP_AUTHORIZATION="Bearer ").status_code == 404

    def test_another_address_says_what_it_always_says(self, client, settings):
        settings.METRICS_TOKEN = TOKEN

        assert client.get("/healthz", **ASKED).json() == {"status": "live"}

    def test_a_worker_answers_at_its_own_port_alike(self, settings, unused_port):
        settings.METRICS_TOKEN, settings.METRICS_PORT = TOKEN, unused_port
        server = worker_port.open_port()
        url = f"http://127.0.0.1:{unused_port}{exposition.PROCESSES}"
        try:
            with urlopen(Request(url, headers={"Authorization": f"Bearer {TOKEN}"})) as answer:
                assert b"dashu_task_seconds" in answer.read()
            with pytest.raises(HTTPError, match="404"):
                urlopen(url)
            assert worker_port.open_port() is None  # a second worker works on without
        finally:
            server.shutdown()
            server.server_close()

    @pytest.fixture
    def unused_port(self):
        import socket

        with socket.socket() as one:
            one.bind(("", 0))
            return one.getsockname()[1]


class TestState:
    def test_names_every_figure_and_reads_every_group(self, read):
        values = read(exposition.STATE)

        assert {name for name, *labels in values if labels == ["close"]} == {
            *("dashu_figures_readable", "dashu_queue_messages", "dashu_queue_oldest_seconds")
        }
        assert {value for (name, *_labels), value in values.items() if name == "dashu_figures_readable"} == {1}
        assert {name for name, *_labels in values} <= FIGURES.keys()

    def test_a_group_that_cannot_be_read_hides_no_other(self, read, monkeypatch):
        def fail():
            raise DatabaseError("gone")
            yield

        monkeypatch.setattr(book, "read_outbox", lambda _now: fail())
        values = read(exposition.STATE)

        assert values["dashu_figures_readable", "outbox"] == 0
        assert values["dashu_figures_readable", "audit"] == 1
        assert ("dashu_outbox_due_messages",) not in values

    def test_a_broker_that_is_away_is_no_error(self, read, settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

        assert read(exposition.STATE)["dashu_figures_readable", "queues"] == 0

    def test_nights_that_are_owed_are_counted(self):
        now = lender_now().replace(hour=9)
        assert said(book.read_close(now))["dashu_close_owed_dates"] == 0
        running_loan(borrower())
        assert said(book.read_close(now))["dashu_close_owed_dates"] == 1
        ended = timezone.now()
        CloseRun.objects.create(
            business_date=now.date() - timedelta(days=4), status=CloseRun.Status.CLOSED, ended_at=ended
        )

        values = said(book.read_close(now))

        assert values["dashu_close_owed_dates"] == 3
        assert values["dashu_close_ended_timestamp_seconds"] == ended.timestamp()

    def test_books_that_differ_are_told(self):
        assert said(book.read_reconciliation()) == {}
        for day, differences in ((1, 0), (2, 5)):
            ReconciliationDay.objects.create(
                on=date(2026, 3, day),
                loans=9,
                differences=differences,
                difference_minor=7,
                unbalanced={"CNY": 7},
                actor="system:close",
            )

        values = said(book.read_reconciliation())

        assert values["dashu_reconciliation_differences"] == 5
        assert values["dashu_reconciliation_unbalanced"] == 1

    def test_messages_that_may_leave_have_an_age(self):
        now = timezone.now()
        owner = borrower()
        for key, minutes in (("a", 30), ("b", 5), ("c", -60)):
            message(owner, dedupe_key=key, not_before=now - timedelta(minutes=minutes))

        assert said(book.read_outbox(now)) == {
            "dashu_outbox_due_messages": 2,
            "dashu_outbox_oldest_due_seconds": 1800,
            "dashu_outbox_failed_messages": 0,
        }

    def test_a_record_waits_for_its_link_until_it_has_one(self):
        audit.record(action="loans.sold", subject_type="loan", subject_id=1, actor="user:1")
        later = timezone.now() + timedelta(seconds=90)
        assert 89 < said(book.read_audit(later))["dashu_audit_oldest_unlinked_seconds"] < 120

        link_audit_records()
        raise_alert("audit.chain_broken", fault="RECORD_DIFFERS", number=1, record=1, count=1)

        assert said(book.read_audit(later)) == {
            "dashu_audit_links": 1,
            "dashu_audit_oldest_unlinked_seconds": 0,
            "dashu_audit_chain_broken": 1,
        }

    def test_the_oldest_job_of_a_queue_says_how_long_it_waits(self, settings):
        with redis.from_url(settings.REDIS_URL) as broker:
            for age in (100, 10):
                broker.lpush("bulk", json.dumps({"headers": {counting.QUEUED_AT: time() - age}}))
            broker.lpush("webhooks", json.dumps({"headers": {}}))
            found = {(each.name, *each.labels): each.value for each in servers.read_queues()}
            broker.delete("bulk", "webhooks")

        assert found["dashu_queue_messages", "bulk"] == 2
        assert 100 <= found["dashu_queue_oldest_seconds", "bulk"] < 110
        assert (found["dashu_queue_messages", "webhooks"], found["dashu_queue_oldest_seconds", "webhooks"]) == (1, 0)

    def test_the_newest_whole_backup_says_how_old_it_is(self, settings, tmp_path):
        settings.BACKUP_FOLDER = ""
        assert said(servers.read_backup()) == {}
        settings.BACKUP_FOLDER = str(tmp_path)
        assert said(servers.read_backup()) == {"dashu_backup_written_timestamp_seconds": 0}
        for name in ("20261130T154501Z", "20261129T154501Z", ".20261201T154501Z.part"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "manifest.json").write_text("{}")
        (tmp_path / "20261202T154501Z").mkdir()  # not whole

        assert said(servers.read_backup()) == {"dashu_backup_written_timestamp_seconds": 1_796_053_501}


class TestProcesses:
    def test_requests_are_counted_by_view_and_never_by_what_an_address_holds(self, read, client):
        before = of("dashu_http_seconds_count", view="none", method="GET", status="4xx")
        client.get("/no/such/page/of/Amina/", secure=True)
        client.get("/healthz", secure=True)

        values = read(exposition.PROCESSES)

        assert of("dashu_http_seconds_count", view="none", method="GET", status="4xx") == before + 1
        assert values["dashu_http_seconds_count", "GET", "2xx", "live"] >= 1
        assert not any("Amina" in label for _name, *labels in values for label in labels)

    def test_a_method_that_nobody_knows_makes_no_label_of_its_own(self, client):
        client.generic("BREW", "/healthz")

        assert of("dashu_http_seconds_count", view="live", method="other", status="2xx") >= 1
        assert (
            OWN.get_sample_value("dashu_http_seconds_count", {"view": "live", "method": "BREW", "status": "2xx"})
            is None
        )

    def test_a_sign_in_that_fails_is_counted(self):
        before = of("dashu_sign_ins_failed_total")

        authenticate(RequestFactory().post("/"), username="nobody@example.com", password="wrong")

        assert of("dashu_sign_ins_failed_total") == before + 1

    def test_a_task_is_counted_with_how_long_it_waited_and_ran(self):
        ran = {"task": nothing.name, "outcome": "SUCCESS"}
        before = of("dashu_task_seconds_count", **ran), of("dashu_task_waited_seconds_sum", queue="default")

        headers = {}
        counting.note_when_queued(headers=headers)
        request = Context({"queued_at": headers["queued_at"] - 40})
        task = SimpleNamespace(name=nothing.name, request=request)
        counting.note_begin(task=task)
        counting.count_task(task=task, state="SUCCESS")

        assert of("dashu_task_seconds_count", **ran) == before[0] + 1
        assert 40 <= of("dashu_task_waited_seconds_sum", queue="default") - before[1] < 45

    def test_a_task_that_was_put_off_did_not_wait_until_it_was_due(self):
        before = of("dashu_task_waited_seconds_sum", queue="default")
        eta = (timezone.now() - timedelta(seconds=5)).isoformat()

        counting.note_begin(
            task=SimpleNamespace(name=nothing.name, request=Context({"queued_at": time() - 500, "eta": eta}))
        )

        assert 5 <= of("dashu_task_waited_seconds_sum", queue="default") - before < 10

    def test_what_several_processes_counted_is_read_together_also_of_those_that_ended(self, tmp_path):
        count = "from dashu.operations.metrics.processes import SIGN_INS_FAILED as c; c.inc()"
        read = (
            "from prometheus_client import generate_latest;"
            "from dashu.operations.metrics.processes import of_all_processes;"
            "print(generate_latest(of_all_processes()).decode())"
        )
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        said = [
            subprocess.run(
                [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
            ).stdout
            for program in (count, count, read)
        ]

        assert "dashu_sign_ins_failed_total 2.0" in said[-1]


@shared_task(name="tests.metrics.nothing")
def nothing() -> None:
    """Does nothing."""


def said(readings):
    return {each.name: each.value for each in readings}


def of(name, **labels):
    return OWN.get_sample_value(name, labels) or 0.0
