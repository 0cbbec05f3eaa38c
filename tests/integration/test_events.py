import logging
from functools import partial

import pytest
from django.db import transaction

from dashu import events
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

        assert sent == [("dashu.events.react", {"event": EVENT, "fields": {"payment_id": 1, "loan_id": 2}})]

    def test_the_worker_queues_every_reaction(self, sent):
        events.react(event=EVENT, fields={"payment_id": 1, "loan_id": 2})

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
