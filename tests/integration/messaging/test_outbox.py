from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from dashu.messaging.models import OutboxMessage
from dashu.messaging.services.enqueue import cancel_waiting, enqueue
from dashu.messaging.templates import UnknownTemplate
from tests import samples  # noqa: F401 – registers them

PARAMS = {"amount_minor": 1_234_50, "due_on": date(2026, 1, 31), "loan_number": "L7"}


def remind(borrower, key="reminder:7:1", **changes):
    fields = {"template": "sample.upcoming", "params": PARAMS, "loan_id": 7, **changes}
    return enqueue(dedupe_key=key, borrower_id=borrower.pk, **fields)


@pytest.mark.django_db
class TestEnqueue:
    def test_puts_one_message_in_the_borrowers_language(self, amina, django_assert_num_queries):
        with django_assert_num_queries(1):
            put = remind(amina)

        message = OutboxMessage.objects.get()
        assert put is True
        assert (message.borrower, message.loan_id, message.language) == (amina, 7, "en")
        assert (message.channel, message.status, message.attempts) == ("IN_APP", "PENDING", 0)
        assert message.params == {"amount_minor": 1_234_50, "due_on": "2026-01-31", "loan_number": "L7"}

    def test_tells_the_same_once(self, amina):
        remind(amina)

        assert remind(amina, params={**PARAMS, "amount_minor": 1}) is False
        assert OutboxMessage.objects.get().params["amount_minor"] == 1_234_50

    def test_keeps_the_earliest_moment(self, amina):
        morning = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)

        remind(amina, not_before=morning)

        assert OutboxMessage.objects.get().not_before == morning

    def test_refuses_an_unknown_template_and_leaves_no_trace(self, amina):
        with pytest.raises(UnknownTemplate):
            remind(amina, template="reminder.angry")

        assert OutboxMessage.objects.exists() is False

    def test_refuses_an_unknown_channel_and_an_unknown_borrower(self, amina):
        with pytest.raises(ValueError, match="PIGEON"):
            remind(amina, channel="PIGEON")
        with pytest.raises(IntegrityError, match="language"), transaction.atomic():
            enqueue(dedupe_key="x", borrower_id=0, template="sample.upcoming", params=PARAMS)

        assert OutboxMessage.objects.exists() is False


@pytest.mark.django_db
class TestCancelWaiting:
    def test_cancels_only_this_loans_waiting_messages_of_these_templates(self, amina):
        remind(amina, "a")
        remind(amina, "b", template="sample.overdue")
        remind(amina, "c", loan_id=8)
        remind(amina, "d")
        OutboxMessage.objects.filter(dedupe_key="d").update(status="SENT")

        assert cancel_waiting(loan_id=7, templates=["sample.upcoming"]) == 1
        assert dict(OutboxMessage.objects.values_list("dedupe_key", "status")) == {
            "a": "CANCELLED",
            "b": "PENDING",
            "c": "PENDING",
            "d": "SENT",
        }
