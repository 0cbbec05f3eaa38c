import itertools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from dashu.messaging import simulated
from dashu.messaging.delivery import Receipt
from dashu.messaging.models import ContactPoint, DeliveryReceipt, OptOut, OutboxMessage
from dashu.messaging.services.book_receipts import book_receipts
from dashu.messaging.services.opt_out import resume_messages
from dashu.messaging.tasks import tell_simulated_receipt
from tests import factories

NOON = datetime(2026, 5, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
Kind = DeliveryReceipt.Kind

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def sent(amina):
    return make_sent(amina)


def make_sent(borrower, key="k", **changes) -> OutboxMessage:
    fields = {
        "channel": "SMS",
        "address": borrower.phone,
        "address_key": borrower.phone_index,
        "purpose": "REMINDER",
        "status": "SENT",
        "sent_at": NOON,
    }
    return factories.message(borrower, dedupe_key=key, **{**fields, **changes})


def receipt(message, kind, minutes=1, event_id="") -> Receipt:
    event_id = event_id or f"evt-{message.pk}-{kind}-{minutes}"
    return Receipt(event_id, str(message.pk), Kind(kind), NOON + timedelta(minutes=minutes))


def book(*receipts) -> dict[str, int]:
    return {name: count for name, count in book_receipts(receipts, provider="p", now=NOON).items() if count}


def point() -> tuple[int, bool]:
    found = ContactPoint.objects.get()
    return found.failures, found.invalid_since is not None


class TestBookReceipts:
    def test_notes_a_delivery_on_the_message_and_the_address(self, sent):
        assert book(receipt(sent, "DELIVERED")) == {"new": 1}

        sent.refresh_from_db()
        assert (sent.delivery, sent.delivery_at) == ("DELIVERED", NOON + timedelta(minutes=1))
        found = ContactPoint.objects.get()
        assert (found.channel, found.address_key) == ("SMS", sent.borrower.phone_index)
        assert (found.delivered_at, found.failures) == (NOON + timedelta(minutes=1), 0)

    def test_the_same_event_again_changes_nothing(self, sent):
        again = receipt(sent, "FAILED")

        assert book(again, again) == {"new": 1, "known": 1}
        assert book(again) == {"known": 1}
        assert point() == (1, False)

    def test_leaves_events_of_messages_that_are_not_ours(self, sent):
        strange = Receipt("e", "99999999999", Kind.BOUNCED, NOON)

        assert book(strange, Receipt("f", "not-a-key", Kind.BOUNCED, NOON)) == {"unknown": 2}
        assert DeliveryReceipt.objects.exists() is False

    @pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
    def test_comes_to_the_same_in_every_order(self, amina, order):
        messages = [make_sent(amina, f"k{number}") for number in range(4)]
        told = [
            receipt(messages[0], "FAILED", 1),
            receipt(messages[1], "DELIVERED", 2),
            receipt(messages[2], "FAILED", 3),
            receipt(messages[3], "FAILED", 4),
        ]

        for place in order:
            book(told[place])

        assert point() == (2, False)

    def test_a_bounce_and_three_failures_in_a_row_make_an_address_invalid(self, amina):
        messages = [make_sent(amina, f"k{number}") for number in range(4)]
        for number in range(3):
            book(receipt(messages[number], "FAILED", number))
        assert point() == (3, True)

        book(receipt(messages[3], "DELIVERED", 5))
        assert point() == (0, False)

        book(receipt(messages[3], "BOUNCED", 6))
        assert point() == (1, True)
        messages[3].refresh_from_db()
        assert messages[3].delivery == "BOUNCED"

    @pytest.mark.parametrize("kind", ["COMPLAINED", "OPTED_OUT"])
    def test_a_complaint_and_an_answer_stop_what_can_be_stopped_on_this_channel(self, sent, kind):
        book(receipt(sent, kind))

        assert set(OptOut.objects.values_list("channel", "purpose", "source")) == {
            ("SMS", "REMINDER", "PROVIDER"),
            ("SMS", "MARKETING", "PROVIDER"),
            ("SMS", "LEARNING", "PROVIDER"),
        }

    def test_news_from_before_the_borrower_wanted_them_again_stop_nothing(self, sent, amina):
        book(receipt(sent, "OPTED_OUT", 1))
        resume_messages(
            borrower_id=amina.pk, channel="SMS", purpose="REMINDER", at=NOON + timedelta(hours=1), actor="user:1"
        )

        book(receipt(sent, "COMPLAINED", 2))

        stopped = OptOut.objects.filter(ended_at=None)
        assert set(stopped.values_list("purpose", flat=True)) == {"MARKETING", "LEARNING"}

    @pytest.mark.parametrize("status", ["PENDING", "SENDING", "FAILED"])
    def test_tells_that_a_message_of_uncertain_outcome_was_sent(self, amina, status):
        message = make_sent(amina, status=status, sent_at=None, is_uncertain=True, body="said")

        book(receipt(message, "DELIVERED"))

        message.refresh_from_db()
        assert (message.status, message.is_uncertain) == ("SENT", False)
        assert message.sent_at == NOON + timedelta(minutes=1)

    def test_costs_the_same_for_few_and_for_many(self, amina, django_assert_num_queries):
        messages = [make_sent(amina, f"k{number}") for number in range(20)]
        told = [receipt(message, "DELIVERED") for message in messages]

        # Locking, writing, the addresses twice, the frame of the transaction; and one for each changed message.
        with django_assert_num_queries(6 + 20):
            book(*told)


class TestCallback:
    def post(self, body, headers):
        named = {name.replace("-", "_").upper(): value for name, value in headers.items()}
        extra = {f"HTTP_{name}": value for name, value in named.items()}
        return Client().post("/messages/callbacks/", body, content_type="application/json", **extra)

    def test_takes_what_is_signed(self, sent):
        event = simulated.event(str(sent.pk), "DELIVERED", occurred_at=NOON)

        answer = self.post(*simulated.signed([event, event]))

        assert (answer.status_code, answer.json()) == (200, {"unknown": 0, "new": 1, "known": 1})
        sent.refresh_from_db()
        assert sent.delivery == "DELIVERED"

    def test_refuses_what_is_not_signed_and_what_says_nothing(self, sent):
        event = simulated.event(str(sent.pk), "DELIVERED", occurred_at=NOON)
        body, headers = simulated.signed([event])

        assert self.post(body + " ", headers).status_code == 400
        assert self.post(body, {}).json()["code"] == "receipt_refused"
        assert self.post(*simulated.signed([{**event, "kind": "EATEN"}])).status_code == 400
        assert self.post(*simulated.signed([{**event, "occurred_at": "2026-05-01"}])).status_code == 400
        assert DeliveryReceipt.objects.exists() is False

    def test_the_simulated_provider_speaks_the_same(self, sent):
        tell_simulated_receipt(key=str(sent.pk), kind="BOUNCED")

        assert ContactPoint.objects.get().invalid_since is not None
