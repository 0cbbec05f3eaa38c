"""What collections tells the contact guard, by calls and messages that do or do not come about."""

import uuid
from datetime import date, datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

import pytest

from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.complaints import make_complaint, write_back
from collections_mgmt.services.holds import place_hold
from dashu.messaging import sending
from dashu.messaging.models import ContactRefusal, OutboxMessage
from dashu.messaging.sending import send_due
from dashu.messaging.services.dialing import ask_to_dial
from dashu.users.models import Borrower, User
from tests import factories

SHANGHAI = ZoneInfo("Asia/Shanghai")
PHONE = "13800001234"
# The first installment was due on 15 February.
LATE = date(2026, 2, 18)
MORNING = datetime(2026, 2, 19, 10, tzinfo=SHANGHAI)


@pytest.fixture
def amina(rules) -> Borrower:
    return factories.borrower("Amina", phone=PHONE, email="amina@example.com")


@pytest.fixture
def loan(amina):
    return factories.running_loan(amina)


@pytest.fixture
def late(loan):
    close_date(business_date=LATE, today=LATE + timedelta(days=1))
    return loan


def dial(borrower, key="k", **asked):
    return ask_to_dial(key=key, borrower_id=borrower.pk, operator="user:7", at=MORNING, **asked)


def complain(borrower, loan=None):
    return make_complaint(
        borrower_id=borrower.pk,
        loan_id=loan.pk if loan else None,
        key=uuid.uuid4(),
        now=MORNING,
        actor="user:1",
        about="CONTACT",
        words="Three calls before noon.",
        wish="",
    )


class TestCalls:
    def test_are_about_a_loan_that_is_late(self, amina, late):
        assert dial(amina).number == PHONE
        assert dial(amina, "k2", loan_ids=[late.pk]).number == PHONE
        other = factories.running_loan(amina, starts_on=date(2026, 2, 1))
        assert dial(amina, "k3", loan_ids=[other.pk]).decision.reasons == ["NOTHING_OVERDUE"]

    def test_stop_at_once_when_it_was_paid(self, amina, late):
        factories.pay(late, 2_000_00, date(2026, 2, 19), today=date(2026, 2, 19))

        answer = dial(amina)

        assert (answer.number, answer.decision.reasons) == ("", ["NOTHING_OVERDUE"])

    def test_stop_while_a_loan_is_on_hold(self, amina, late):
        place_hold(
            loan_id=late.pk,
            kind="DISPUTE",
            starts_on=date(2026, 2, 19),
            ends_on=None,
            today=date(2026, 2, 19),
            reason="asked",
            actor="user:1",
        )

        assert dial(amina).decision.reasons == ["ON_HOLD"]

    def test_stop_while_a_complaint_waits_for_our_answer(self, amina, late):
        complaint = complain(amina)
        assert dial(amina).decision.reasons == ["ON_HOLD"]
        assert dial(amina, "answer", purpose="SERVICE").number == PHONE

        sun = factories.staff("Sun", User.Role.SUPERVISOR)
        write_back(complaint_id=complaint.pk, words="We will write.", is_answer=True, user=sun, now=MORNING)
        assert dial(amina, "again").number == PHONE


class TestMessages:
    def test_that_a_worker_has_in_its_hands_stop_at_a_complaint(self, amina, loan):
        close_date(business_date=date(2026, 2, 15), today=date(2026, 2, 16))
        at = datetime(2026, 2, 16, 9, 30, tzinfo=SHANGHAI)
        waiting = OutboxMessage.objects.get(purpose="REMINDER")
        assert (waiting.status, waiting.channel) == ("PENDING", "EMAIL")
        claim = sending._claim

        def claimed(*about):
            messages = claim(*about)
            if messages and not made:
                made.append(complain(amina))
            return messages

        made = []
        with mock.patch.object(sending, "_claim", claimed):
            send_due(clock=lambda: at, until=at + timedelta(minutes=1))

        waiting.refresh_from_db()
        assert (waiting.status, waiting.decision) == ("BLOCKED", None)
        assert {"ON_HOLD"} == {reason for row in ContactRefusal.objects.all() for reason in row.reasons}
        assert OutboxMessage.objects.filter(purpose="REMINDER", status="SENT").exists() is False
