"""What Prometheus reads is true, hidden, and what alerts and documents speak of."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from collections_mgmt.services.close_day import close_date
from dashu.alerts.services import raise_alert
from dashu.audit import services as audit
from dashu.audit.chain import link_new_records
from dashu.events import QUEUES
from dashu.kernel.dates import lender_now
from dashu.operations import metrics
from dashu.operations.metrics import GAUGES
from dashu.operations.queues import note_taken
from dashu.operations.tasks import note_queue_taken
from repayments.models import ReconciliationDay
from tests import factories

pytestmark = pytest.mark.django_db
DOCS = Path(settings.BASE_DIR) / "docs" / "operations"
ALERTS = yaml.safe_load((DOCS / "monitoring" / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((DOCS / "monitoring" / "dashboard.json").read_text())
EXPORTED = {*GAUGES, *(f"dashu_http_seconds_{part}" for part in ("bucket", "count", "sum"))}


@pytest.fixture
def read(settings):
    settings.METRICS_TOKEN = "a-token"

    def read() -> dict[tuple[str, ...], float]:
        answer = Client().get("/metrics", headers={"Authorization": "Bearer a-token"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        return {
            (sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples
        }

    return read


class TestPage:
    @pytest.mark.parametrize("given", ["", "Bearer wrong", "Bearer ", "a-token"])
    def test_is_hidden_from_whoever_has_no_token(self, settings, given):
        settings.METRICS_TOKEN = "a-token" if given != "a-token" else "other"

        assert Client().get("/metrics", headers={"Authorization": given}).status_code == 404

    def test_without_a_token_set_is_nobodys(self, settings):
        settings.METRICS_TOKEN = ""

        assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    def test_names_nobody_and_no_address(self, read, amina):
        Client().get("/password/reset/key/1-secret/")
        Client().get("/loans/DS1/?q=Amina")

        told = {key for key in read() if key[0].startswith("dashu_http_seconds")}

        assert told
        assert not any("Amina" in word or "/" in word for key in told for word in key)


class TestFigures:
    def test_of_the_close(self, read, amina):
        assert read()["dashu_close_owed_days",] == 0
        factories.running_loan(amina, starts_on=lender_now().date() - timedelta(days=40))
        assert read()["dashu_close_owed_days",] == 1
        close_date(business_date=date(2026, 1, 20), today=date(2026, 1, 21))

        assert read()["dashu_close_owed_days",] > 1

    def test_of_the_books(self, read):
        assert read()["dashu_books_differ",] == 0
        ReconciliationDay.objects.create(
            on=lender_now().date() - timedelta(days=3), loans=5, differences=2, difference_minor=7,
            unbalanced={"CNY": 1}, actor="x",
        )  # fmt: skip

        found = read()

        assert (found["dashu_books_differ",], found["dashu_books_age_days",]) == (3, 3)

    def test_of_queues(self, read, monkeypatch):
        monkeypatch.setattr("dashu.operations.queues.time.time", lambda: 1_000.0)
        for queue in QUEUES:
            note_taken(queue)
        monkeypatch.setattr("dashu.operations.queues.time.time", lambda: 1_042.0)
        note_queue_taken(queue="close")

        found = read()

        assert found["dashu_broker_up",] == 1
        untaken = {queue: found["dashu_queue_untaken_seconds", queue] for queue in QUEUES}
        assert untaken == {queue: 0 if queue == "close" else 42 for queue in QUEUES}
        assert {key[1] for key in found if key[0] == "dashu_queue_length"} == set(QUEUES)

    def test_without_a_broker_are_still_told(self, read, settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

        found = read()

        assert found["dashu_broker_up",] == 0
        assert ("dashu_outbox_due",) in found

    def test_of_sign_ins_alerts_and_the_audit_log(self, read):
        AccessAttempt.objects.create(username="a@example.com", failures_since_start=7)
        raise_alert("close.is_late", date="2026-01-01")
        audit.record(action="x.y", subject_type="x", subject_id=1, actor="system:test")

        found = read()

        assert found["dashu_sign_ins_failed",] == 7
        assert found["dashu_alerts_open", "close.is_late"] == 1
        assert found["dashu_audit_unlinked_seconds",] >= 0
        assert 0 < found["dashu_database_connections_ratio",] < 1
        assert 0 < found["dashu_disk_free_ratio",] < 1

    def test_of_requests_go_by_the_names_of_pages(self, read):
        before = read().get(("dashu_http_seconds_count", "GET", "live", "200"), 0)

        Client().get("/healthz")

        assert read()["dashu_http_seconds_count", "GET", "live", "200"] == before + 1

    def test_cost_few_questions(self, read, django_assert_max_num_queries):
        with django_assert_max_num_queries(len(GAUGES) + 5):
            read()


class TestAlerts:
    @pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
    def test_have_a_runbook_and_ask_for_what_is_told(self, rule):
        runbook = (DOCS / "runbooks" / f"{rule['alert']}.md").read_text()
        parts = ("What it means", "What a borrower sees", "First look", "Mending", "Whom to wake")

        assert all(f"**{part}.**" in runbook for part in parts)
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert names_in(rule["expr"]) <= {*EXPORTED, "up"}
        assert rule["expr"].count("(") == rule["expr"].count(")")

    def test_cover_what_has_to_be_seen(self):
        asked = {name for rule in ALERTS for name in names_in(rule["expr"])}

        assert {
            "dashu_close_owed_days", "dashu_books_differ", "dashu_queue_untaken_seconds", "dashu_outbox_oldest_seconds",
            "dashu_sign_ins_failed", "dashu_webhooks_given_up",
        } <= asked  # fmt: skip

    def test_there_is_no_runbook_too_many(self):
        assert {file.stem for file in (DOCS / "runbooks").glob("*.md")} == {rule["alert"] for rule in ALERTS}


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\b(dashu_[a-z_]+|up)\b(?=[\[{ ]|$|\))", expression))


class TestDocuments:
    def test_the_dashboard_asks_for_what_is_told(self):
        asked = {
            name for panel in DASHBOARD["panels"] for target in panel["targets"] for name in names_in(target["expr"])
        }

        assert asked <= EXPORTED
        assert asked >= set(GAUGES)
        assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])

    def test_every_figure_is_documented(self):
        text = (DOCS / "monitoring.md").read_text()

        for name, (help_text, _labels, _read) in GAUGES.items():
            assert f"| `{name}` | {help_text} |" in text
        assert "| `dashu_http_seconds` |" in text

    def test_every_queue_gets_its_small_job(self):
        noted = {
            entry["args"][0]: entry["options"]["queue"]
            for entry in settings.CELERY_BEAT_SCHEDULE.values()
            if entry["task"] == "dashu.operations.tasks.note_queue_taken"
        }

        assert noted == {queue: queue for queue in QUEUES}


def test_unlinked_records_are_told_until_they_are_linked(read):
    audit.record(action="x.y", subject_type="x", subject_id=1, actor="system:test")
    link_new_records()

    assert read()["dashu_audit_unlinked_seconds",] == 0
    assert timedelta(minutes=15) == metrics.SIGN_INS_WITHIN
