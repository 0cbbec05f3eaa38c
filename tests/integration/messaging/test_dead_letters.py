from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashu.audit.models import AuditRecord
from dashu.messaging.models import OutboxMessage
from dashu.messaging.sending import send_due
from dashu.messaging.services.dead_letters import NotGivenUp, cancel_message, try_again
from tests.integration.messaging.test_outbox import remind
from tests.integration.messaging.test_sending import sms_gateway  # noqa: F401 – a fixture

NOON = datetime(2026, 5, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def given_up(amina, sms_gateway):  # noqa: F811
    sms_gateway.answers = [422]
    remind(amina, channel="SMS", not_before=NOON)
    send_due(clock=lambda: NOON, until=NOON + timedelta(minutes=1))
    return OutboxMessage.objects.get(status="FAILED")


class TestTryAgain:
    def test_puts_it_back_with_its_key_and_all_its_tries(self, given_up, sms_gateway):  # noqa: F811
        try_again(message_id=given_up.pk, reason="The number was corrected", now=NOON, actor="user:1")
        try_again(message_id=given_up.pk, reason="Twice", now=NOON, actor="user:1")
        send_due(clock=lambda: NOON, until=NOON + timedelta(minutes=1))

        message = OutboxMessage.objects.get()
        assert (message.status, message.attempts) == ("SENT", 1)
        assert [posted["headers"]["Idempotency-Key"] for posted in sms_gateway.received] == [str(message.pk)] * 2
        record = AuditRecord.objects.get(action="messaging.tried_again")
        assert record.data == {"error": "the gateway answered 422", "reason": "The number was corrected"}

    def test_refuses_what_was_sent(self, given_up):
        OutboxMessage.objects.update(status="SENT")

        with pytest.raises(NotGivenUp):
            try_again(message_id=given_up.pk, reason="x", now=NOON, actor="user:1")
        with pytest.raises(NotGivenUp):
            cancel_message(message_id=given_up.pk, reason="x", actor="user:1")

        assert OutboxMessage.objects.get().status == "SENT"


class TestCancel:
    def test_lets_it_rest_and_again_changes_nothing(self, given_up):
        cancel_message(message_id=given_up.pk, reason="Called instead", actor="user:1")
        cancel_message(message_id=given_up.pk, reason="Called instead", actor="user:1")

        assert OutboxMessage.objects.get().status == "CANCELLED"
        assert AuditRecord.objects.filter(action="messaging.cancelled").count() == 1
