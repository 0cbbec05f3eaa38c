import threading
from datetime import datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from dashu.messaging import sending
from dashu.messaging.models import OutboxMessage
from dashu.messaging.sending import send_due
from dashu.messaging.tasks import send_due_messages
from dashu.messaging.templates import Rendered
from dashu.messaging.transports import carry
from dashu.policy.models import PolicyRule
from dashu.policy.selectors import forget_rules
from tests.integration.messaging.test_outbox import remind
from tests.loopback import gateway, mail_server

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 1, 12, tzinfo=SHANGHAI)
NIGHT = datetime(2026, 5, 1, 23, tzinfo=SHANGHAI)
NEXT_MORNING = datetime(2026, 5, 2, 8, tzinfo=SHANGHAI)
MOST_ATTEMPTS = 6  # the waits of the rule messages.retry, and the first
LONG_AGO = datetime(2026, 1, 1, tzinfo=SHANGHAI)


def send(now: datetime = NOON) -> dict[str, int]:
    return dict(send_due(clock=lambda: now, until=now + timedelta(minutes=1)))


def put(borrower, channel="IN_APP", key="k", **changes):
    assert remind(borrower, key, channel=channel, not_before=LONG_AGO, **changes) is True


def only() -> OutboxMessage:
    return OutboxMessage.objects.get()


@pytest.fixture
def sms_gateway(settings):
    with gateway() as server:
        settings.MESSAGING = {
            **settings.MESSAGING,
            "SMS_TRANSPORT": "http",
            "SMS_GATEWAY_URL": server.url,
            "SMS_GATEWAY_TOKEN": "secret",
        }
        yield server


@pytest.fixture
def mail_gateway(settings):
    with gateway() as server:
        settings.MESSAGING = {
            **settings.MESSAGING,
            "EMAIL_TRANSPORT": "http",
            "EMAIL_GATEWAY_URL": server.url,
            "EMAIL_GATEWAY_TOKEN": "mail-secret",
        }
        yield server


@pytest.fixture
def mail(settings):
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.MESSAGING = {**settings.MESSAGING, "EMAIL_TRANSPORT": "smtp"}
        yield server


@pytest.mark.usefixtures("policy_packs")
class TestSendDue:
    def test_shows_a_message_in_the_account_and_keeps_what_was_said(self, amina):
        put(amina)

        assert send() == {"SENT": 1}
        assert (only().status, only().sent_at, only().attempts) == ("SENT", NOON, 1)
        assert only().subject == "CN¥1,234.50 is due on January 31, 2026"
        assert "for loan L7" in only().body

    def test_sends_once(self, amina):
        put(amina)
        send()

        assert send() == {}
        assert only().attempts == 1

    def test_leaves_what_is_not_due_yet(self, amina):
        remind(amina, not_before=NOON + timedelta(minutes=1))

        assert send() == {}
        assert only().status == "PENDING"

    def test_a_message_that_cannot_be_written_fails_and_holds_nothing_up(self, amina):
        put(amina, key="broken", params={"loan_number": "L7"})
        put(amina, key="odd", params={"amount_minor": 1, "due_on": "2026-01-31", "loan_number": "L7"})
        OutboxMessage.objects.filter(dedupe_key="odd").update(params=["not", "a", "mapping"])
        put(amina, key="good")

        assert send() == {"FAILED": 2, "SENT": 1}
        errors = dict(OutboxMessage.objects.values_list("dedupe_key", "error"))
        assert errors["broken"].startswith("message_incomplete")
        assert errors["odd"] == "unexpected: AttributeError"
        assert errors["good"] == ""

    def test_takes_back_what_a_stopped_worker_had_claimed(self, amina):
        put(amina, key="lost")
        put(amina, key="busy")
        OutboxMessage.objects.update(status="SENDING", attempts=1, claimed_at=NOON - timedelta(minutes=14))
        OutboxMessage.objects.filter(dedupe_key="lost").update(claimed_at=NOON - timedelta(minutes=16))

        assert send() == {"SENT": 1}
        assert dict(OutboxMessage.objects.values_list("dedupe_key", "status")) == {"lost": "SENT", "busy": "SENDING"}

    def test_the_task_runs_the_same(self, amina):
        remind(amina)

        send_due_messages(newer_field="ignored")

        assert only().status == "SENT"


@pytest.mark.usefixtures("policy_packs")
class TestContactHours:
    @pytest.mark.parametrize("channel", ["SMS", "EMAIL"])
    def test_contact_waits_for_the_morning(self, amina, channel, sms_gateway, mail):
        put(amina, channel)

        assert send(NIGHT) == {}
        assert (only().status, only().not_before, only().attempts) == ("PENDING", NEXT_MORNING, 0)
        assert (sms_gateway.received, mail.received) == ([], [])

        assert send(NEXT_MORNING) == {"SENT": 1}

    def test_the_borrowers_account_is_always_open(self, amina):
        put(amina)

        assert send(NIGHT) == {"SENT": 1}

    def test_closing_time_is_kept_between_two_messages(self, amina, sms_gateway, monkeypatch):
        put(amina, "SMS", "first")
        put(amina, "SMS", "second")
        sms_gateway.answers = [200]
        monkeypatch.setattr(sending, "AT_ONCE", 1)

        def clock():
            return NIGHT if sms_gateway.received else NOON

        send_due(clock=clock, until=NIGHT + timedelta(minutes=1))

        assert len(sms_gateway.received) == 1
        waiting = OutboxMessage.objects.get(status="PENDING")
        assert (waiting.not_before, waiting.attempts) == (NEXT_MORNING, 0)

    def test_without_the_rule_nothing_leaves(self, amina, sms_gateway):
        PolicyRule.objects.filter(code="contact.hours").delete()
        forget_rules()
        put(amina, "SMS")

        assert send() == {}
        assert sms_gateway.received == []
        assert only().status == "PENDING"
        assert only().not_before == NOON + timedelta(hours=1)
        assert "contact.hours" in only().error


@pytest.mark.usefixtures("policy_packs")
class TestGateway:
    def test_posts_text_with_an_idempotency_key(self, amina, sms_gateway):
        put(amina, "SMS")

        send()

        (posted,) = sms_gateway.received
        assert (posted["to"], posted["message_id"]) == (amina.phone, only().pk)
        assert posted["text"] == only().body
        assert posted["headers"]["Idempotency-Key"] == str(only().pk)
        assert posted["headers"]["Authorization"] == "Bearer secret"
        assert (only().status, only().provider_reference) == ("SENT", "sms-1")

    @pytest.mark.parametrize("answer", [500, 503, 429])
    def test_tries_again_later_what_can_heal(self, amina, sms_gateway, answer):
        sms_gateway.answers = [answer]
        put(amina, "SMS")

        send()
        assert (only().status, only().not_before, only().attempts) == ("PENDING", NOON + timedelta(minutes=2), 1)
        assert only().error == f"the gateway answered {answer}"

        send(NOON + timedelta(minutes=2))
        assert (only().status, only().attempts, only().error) == ("SENT", 2, "")
        assert {posted["headers"]["Idempotency-Key"] for posted in sms_gateway.received} == {str(only().pk)}

    def test_gives_up_after_the_last_attempt(self, amina, sms_gateway):
        sms_gateway.answers = [500]
        put(amina, "SMS")
        OutboxMessage.objects.update(attempts=MOST_ATTEMPTS - 1)

        send()

        assert (only().status, only().attempts) == ("FAILED", MOST_ATTEMPTS)

    @pytest.mark.parametrize("answer", [302, 400, 401, 422])
    def test_ends_at_a_refusal(self, amina, sms_gateway, answer):
        sms_gateway.answers = [answer]
        put(amina, "SMS")

        send()

        assert (only().status, only().error) == ("FAILED", f"the gateway answered {answer}")

    def test_waits_for_a_gateway_that_is_down(self, amina, settings):
        settings.MESSAGING = {
            **settings.MESSAGING,
            "SMS_TRANSPORT": "http",
            "SMS_GATEWAY_URL": "http://127.0.0.1:9/sms",
        }
        put(amina, "SMS")

        send()

        assert (only().status, only().error) == ("PENDING", "the gateway is not reachable: ConnectionError")

    def test_a_borrower_without_a_phone_cannot_be_reached(self, amina, sms_gateway):
        amina.phone = ""
        amina.save()
        put(amina, "SMS")

        send()

        assert (only().status, only().error) == ("FAILED", "the borrower has no phone number")
        assert sms_gateway.received == []


@pytest.mark.usefixtures("policy_packs")
class TestUncertainOutcomes:
    def test_what_the_gateway_took_before_it_broke_is_sent_once(self, amina, sms_gateway):
        sms_gateway.answers = [599]
        put(amina, "SMS")

        send()
        assert (only().status, only().is_uncertain) == ("PENDING", True)

        assert send(NOON + timedelta(minutes=2)) == {"SENT": 1}
        assert len(sms_gateway.received) == 1
        assert (only().status, only().provider_reference, only().is_uncertain) == ("SENT", "sms-1", False)
        assert only().body == sms_gateway.received[0]["text"]

    def test_what_the_gateway_never_took_is_sent_again(self, amina, sms_gateway):
        sms_gateway.answers = [500]
        put(amina, "SMS")

        send()
        send(NOON + timedelta(minutes=2))

        assert len(sms_gateway.received) == 2
        assert len(sms_gateway.taken) == 1
        assert only().status == "SENT"

    def test_a_worker_that_stopped_after_handing_over_leaves_nothing_to_send(self, amina, sms_gateway):
        put(amina, "SMS")
        send()
        OutboxMessage.objects.update(status="SENDING", is_uncertain=True, claimed_at=NOON, sent_at=None)

        send(NOON + timedelta(minutes=16))

        assert len(sms_gateway.received) == 1
        assert only().status == "SENT"

    def test_a_refusal_leaves_nothing_uncertain(self, amina, sms_gateway):
        sms_gateway.answers = [429]
        put(amina, "SMS")

        send()

        assert (only().status, only().is_uncertain) == ("PENDING", False)


@pytest.mark.usefixtures("policy_packs")
class TestMailGateway:
    """The same protocol as for text messages; what differs is what is posted, and where to."""

    def test_posts_a_mail_with_an_idempotency_key(self, amina, mail_gateway, sms_gateway, mailoutbox):
        put(amina, "EMAIL")

        send()

        (posted,) = mail_gateway.received
        assert (posted["from"], posted["to"]) == ("Dashu <no-reply@dashu.example>", "amina@example.com")
        assert (posted["subject"], posted["text"]) == (only().subject, only().body)
        assert posted["message_id"] == only().pk
        assert posted["headers"]["Idempotency-Key"] == str(only().pk)
        assert posted["headers"]["Authorization"] == "Bearer mail-secret"
        assert (only().status, only().provider_reference) == ("SENT", "sms-1")
        assert (sms_gateway.received, mailoutbox) == ([], [])

    def test_offers_the_mail_programs_button_for_what_is_no_part_of_the_contract(self, amina, mail_gateway):
        put(amina, "EMAIL")
        message = only()
        message.purpose = "LEARNING"

        carry(message, Rendered("A lesson", "Two minutes"))

        (mail,) = mail_gateway.mails
        assert mail["Message-ID"] == f"<message-{only().pk}@dashu.example>"
        assert mail["List-Unsubscribe"].startswith("<http")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_what_the_gateway_took_before_it_broke_is_sent_once(self, amina, mail_gateway):
        mail_gateway.answers = [599]
        put(amina, "EMAIL")

        send()
        assert (only().status, only().is_uncertain) == ("PENDING", True)

        assert send(NOON + timedelta(minutes=2)) == {"SENT": 1}
        assert len(mail_gateway.received) == 1

    def test_what_the_gateway_never_took_is_sent_again_under_its_key(self, amina, mail_gateway):
        mail_gateway.answers = [503]
        put(amina, "EMAIL")

        send()
        send(NOON + timedelta(minutes=2))

        assert {posted["headers"]["Idempotency-Key"] for posted in mail_gateway.received} == {str(only().pk)}
        assert (len(mail_gateway.received), len(mail_gateway.taken), only().status) == (2, 1, "SENT")

    def test_a_borrower_without_an_address_cannot_be_reached(self, amina, mail_gateway):
        amina.email = ""
        amina.save()
        put(amina, "EMAIL")

        send()

        assert (only().status, only().error) == ("FAILED", "the borrower has no e-mail address")
        assert mail_gateway.received == []


@pytest.mark.usefixtures("policy_packs")
class TestMail:
    def test_sends_a_mail(self, amina, mail):
        put(amina, "EMAIL")

        send()

        (text,) = mail.received
        assert "To: amina@example.com" in text
        assert f"Message-ID: <message-{only().pk}@dashu.example>" in text
        assert only().status == "SENT"

    def test_ends_when_the_server_refuses_the_address(self, amina, mail):
        mail.recipient_answer = "550 no such person"
        put(amina, "EMAIL")

        send()

        assert (only().status, only().error) == ("FAILED", "the mail server refused the address: [550]")

    def test_tries_again_when_the_server_is_busy(self, amina, mail):
        mail.recipient_answer = "451 try later"
        put(amina, "EMAIL")

        send()

        assert (only().status, only().not_before) == ("PENDING", NOON + timedelta(minutes=2))

    def test_waits_for_a_server_that_is_down(self, amina, mail, settings):
        settings.EMAIL_PORT = 9
        put(amina, "EMAIL")

        send()

        assert (only().status, only().error) == ("PENDING", "the mail server is not reachable: ConnectionRefusedError")

    def test_the_embedded_default_keeps_the_mail_for_staff(self, amina, mailoutbox):
        put(amina, "EMAIL")

        send()

        assert only().status == "SENT"
        assert mailoutbox == []


@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    @pytest.mark.usefixtures("policy_packs")
    def test_send_each_message_once(self, amina, sms_gateway):
        for number in range(40):
            put(amina, "SMS", f"k{number}")
        started = threading.Barrier(2)

        def work() -> None:
            started.wait()
            try:
                send()
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        keys = [posted["headers"]["Idempotency-Key"] for posted in sms_gateway.received]
        assert len(keys) == len(set(keys)) == 40
        assert set(OutboxMessage.objects.values_list("status", "attempts")) == {("SENT", 1)}

    @pytest.mark.usefixtures("policy_packs")
    def test_a_claimed_row_is_skipped_and_the_claim_is_committed_before_the_network(self, amina, sms_gateway):
        put(amina, "SMS")
        seen: list[tuple[str, int]] = []

        def carry(message, text):
            assert connection.in_atomic_block is False
            seen.append((only().status, sum(send().values())))
            return ""

        with mock.patch.object(sending, "carry", carry):
            send()

        assert seen == [("SENDING", 0)]
        assert only().status == "SENT"
        assert only().claimed_at < timezone.now()
