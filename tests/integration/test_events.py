import logging
from functools import partial

import pytest
from django.core import mail
from django.db import transaction

from collections_mgmt.tasks import close_due_dates
from dashu import events
from dashu.alerts.models import Alert
from dashu.celery import app

EVENT = "repayments.payment_received"


@pytest.fixture
def sent(monkeypatch):
    calls = []
    monkeypatch.setattr(app, "send_task", lambda name, kwargs, **options: calls.append((name, kwargs)))
    return calls


@pytest.mark.django_db(transaction=True)
class TestPublish:
    def test_hands_the_event_over_once_the_work_is_committed(self, sent):
        with transaction.atomic():
            events.publish(EVENT, payment_id=1, loan_id=2)
            assert sent == []

        assert sent == [("dashu.events.react", {"events": [(EVENT, {"payment_id": 1, "loan_id": 2})]})]

    def test_what_is_committed_together_goes_in_one_message_without_what_was_undone(self, sent):
        with transaction.atomic():
            events.publish(EVENT, payment_id=1, loan_id=2)
            with transaction.atomic():
                events.publish(EVENT, payment_id=3, loan_id=2)
                transaction.set_rollback(True)
            events.publish("repayments.loan_restated", loan_id=2, event_id=4)
            with transaction.atomic():
                events.publish(EVENT, payment_id=5, loan_id=2)

        told = [[(event, *fields.values()) for event, fields in message["events"]] for _task, message in sent]
        assert told == [[(EVENT, 1, 2), ("repayments.loan_restated", 2, 4)], [(EVENT, 5, 2)]]

    def test_the_worker_queues_every_reaction(self, sent):
        events.react(events=[(EVENT, {"payment_id": 1, "loan_id": 2})])

        assert sent == [(task, {"payment_id": 1, "loan_id": 2}) for task in events.REACTIONS[EVENT]]

    def test_says_nothing_when_the_work_is_rolled_back(self, sent):
        with transaction.atomic():
            events.publish(EVENT, payment_id=1, loan_id=2)
            transaction.set_rollback(True)

        assert sent == []

    def test_an_event_that_nobody_listed_is_our_mistake(self, sent):
        with pytest.raises(KeyError, match="weather"):
            events.publish("weather.changed")

    def test_a_broker_that_is_down_does_not_fail_the_caller(self, monkeypatch, caplog):
        nowhere = app.connection_for_write("redis://127.0.0.1:9/0")
        monkeypatch.setattr(app, "send_task", partial(app.send_task, connection=nowhere))

        with caplog.at_level(logging.ERROR, logger="dashu.events"), transaction.atomic():
            events.publish(EVENT, payment_id=1, loan_id=2)

        assert [record.levelname for record in caplog.records if record.name == "dashu.events"] == ["ERROR"]
        assert EVENT in caplog.text


class TestRoutes:
    @pytest.mark.parametrize(
        ("task", "queue"),
        [
            ("collections_mgmt.tasks.close_range", "close"),
            ("collections_mgmt.tasks.reassess_loan", "collections"),
            ("dashu.messaging.tasks.send_due_messages", "messages"),
            ("repayments.tasks.send_receipt", "default"),
        ],
    )
    def test_a_task_goes_to_the_queue_of_its_prefix(self, task, queue):
        assert app.amqp.router.route({}, task)["queue"].name == queue


@pytest.mark.django_db(transaction=True)
class TestBrokerDown:
    def test_raises_one_alert_that_the_next_task_ends(self, policy_packs, monkeypatch):
        nowhere = app.connection_for_write("redis://127.0.0.1:9/0")
        with monkeypatch.context() as down:
            down.setattr(app, "send_task", partial(app.send_task, connection=nowhere))
            for _time in range(2):
                events.publish(EVENT, payment_id=1, loan_id=2)

        alert = Alert.objects.get()
        assert (alert.kind, alert.times, alert.ended_at) == ("broker.unreachable", 2, None)
        assert [message.subject for message in mail.outbox] == []  # nobody is named in ADMINS

        close_due_dates()

        alert.refresh_from_db()
        assert alert.ended_at is not None
