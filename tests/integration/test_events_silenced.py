from datetime import date

import pytest

from dashu import events
from tests.factories import pay, running_loan, yuan


class TestSilenced:
    def test_nothing_is_queued_inside_and_everything_after(
        self, amina, monkeypatch, django_capture_on_commit_callbacks
    ):
        queued = []
        monkeypatch.setattr(events.app, "send_task", lambda name, **_options: queued.append(name))
        loan = running_loan(amina)

        with django_capture_on_commit_callbacks(execute=True), events.silenced():
            pay(loan, yuan(1), date(2026, 2, 1))
        assert queued == []

        with django_capture_on_commit_callbacks(execute=True):
            pay(loan, yuan(1), date(2026, 2, 2))
        assert queued == ["dashu.events.react"]

    def test_an_unknown_event_is_a_mistake_also_inside(self):
        with events.silenced(), pytest.raises(KeyError):
            events.publish("repayments.nothing")
