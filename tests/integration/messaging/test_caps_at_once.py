"""Many workers at once: no cap is passed, and what stops contact holds for messages that a worker has already."""

import random
from datetime import datetime, timedelta
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashu.messaging import guard, sending
from dashu.messaging.guard import judge
from dashu.messaging.models import ContactPreference, ContactRefusal, GuardDecision, OptOut, OutboxMessage
from dashu.messaging.sending import send_due
from dashu.policy.contact_guard import Attempt, Case, Contact, decide
from dashu.policy.rules import contact_rules
from tests import factories
from tests.integration.messaging.test_dialing import in_threads

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 1, 12, tzinfo=SHANGHAI)
LONG_AGO = datetime(2026, 1, 1, tzinfo=SHANGHAI)
CAPS = {"REMINDER": (1, 4, 12), "MARKETING": (1, 1, 2), "LEARNING": (1, 1, 2)}
Status = OutboxMessage.Status

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture(autouse=True)
def plain_words():
    """Messages of every purpose say what their template says, so that only the guard decides what leaves."""
    with (
        mock.patch.object(sending, "is_composed", return_value=False),
        mock.patch("dashu.messaging.composing.is_composed", return_value=False),
        mock.patch("dashu.messaging.composing.render", return_value=sending.Rendered("Hello", "Hello. Stop: x")),
    ):
        yield


def put(borrower, key, purpose="MARKETING", channel="SMS"):
    return factories.message(
        borrower,
        dedupe_key=key,
        channel=channel,
        purpose=purpose,
        template="secret.notice",
        not_before=LONG_AGO,
    )


def send(at=NOON):
    return send_due(clock=lambda: at, until=at + timedelta(minutes=1))


def outside(**about):
    return OutboxMessage.objects.filter(status=Status.SENT, **about).exclude(channel="IN_APP")


@pytest.mark.django_db(transaction=True)
class TestTwentySenders:
    def test_never_pass_the_cap_of_the_day(self, amina):
        brook = factories.borrower("Brook", phone="13900000000", email="brook@example.com")
        for number in range(30):
            put(amina, f"a{number}", channel=random.choice(["SMS", "EMAIL"]))
            put(brook, f"b{number}", purpose="REMINDER")

        in_threads(20, lambda _number: send())

        assert outside(borrower=amina).count() == 1
        assert outside(borrower=brook).count() == 1
        assert OutboxMessage.objects.filter(status__in=[Status.PENDING, Status.SENDING]).exists() is False
        for message in outside():
            assert message.decision.verdict == "ALLOW_WITH_CONDITIONS"
            assert message.decision.conditions == ["OPT_OUT_WORDS"]

    def test_never_pass_the_cap_of_the_week_over_days(self, amina):
        for day in range(5):
            for number in range(8):
                put(amina, f"{day}:{number}", purpose="REMINDER")
            moment = NOON + timedelta(days=day)
            in_threads(8, lambda _number, at=moment: send(at))

        assert outside().count() == CAPS["REMINDER"][1]


class TestOneBatch:
    def test_with_two_messages_of_one_person_sends_one_outside(self, amina):
        put(amina, "first")
        put(amina, "second")

        send()

        assert outside().count() == 1
        assert OutboxMessage.objects.get(channel="IN_APP").dedupe_key == "second"

    def test_counts_what_may_have_left_for_all_we_know(self, amina):
        factories.message(
            amina,
            dedupe_key="lost",
            channel="SMS",
            purpose="MARKETING",
            status=Status.FAILED,
            is_uncertain=True,
            claimed_at=NOON - timedelta(hours=1),
        )
        put(amina, "next")

        send()

        assert outside().count() == 0
        assert ContactRefusal.objects.filter(channel="SMS").get().reasons == ["DAY_CAP", "WEEK_CAP"]


class TestWhatIsClaimedAlready:
    """A worker has the messages in its hands when contact is stopped."""

    def stopped_after_claim(self, stop):
        claim = sending._claim

        def claimed(*about):
            messages = claim(*about)
            if messages:
                stop()
            return messages

        with mock.patch.object(sending, "_claim", claimed):
            send()

    @pytest.mark.parametrize("purpose", ["REMINDER", "MARKETING", "LEARNING"])
    def test_a_hold_stops_it(self, amina, purpose):
        put(amina, "queued", purpose=purpose)

        try:
            self.stopped_after_claim(
                lambda: guard.register_hold("complaint", f"SELECT {amina.pk}::bigint AS borrower_id")
            )
        finally:
            guard.unregister_hold("complaint")

        message = OutboxMessage.objects.get()
        assert (message.status, message.decision) == (Status.BLOCKED, None)
        assert set(ContactRefusal.objects.values_list("reasons__0", flat=True)) == {"ON_HOLD"}

    def test_an_opt_out_sends_it_another_way(self, amina):
        put(amina, "queued")

        def stop():
            OptOut.objects.get_or_create(borrower=amina, channel="SMS", purpose="MARKETING", source="LINK")

        self.stopped_after_claim(stop)

        assert OutboxMessage.objects.get().channel == "EMAIL"
        assert GuardDecision.objects.get(verdict="BLOCK").reasons == ["OPTED_OUT"]


MOMENTS = st.integers(min_value=0, max_value=24 * 31).map(lambda hours: NOON - timedelta(hours=hours))
TOLD = st.lists(
    st.tuples(
        MOMENTS, st.sampled_from(["SMS", "EMAIL", "IN_APP"]), st.sampled_from(["REMINDER", "MARKETING", "LEARNING"])
    ),
    max_size=14,
)


class TestBothGuards:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        told=TOLD,
        hour=st.integers(0, 23),
        purpose=st.sampled_from(["REMINDER", "MARKETING", "LEARNING", "SERVICE"]),
        zone=st.sampled_from(["", "America/New_York", "Asia/Kathmandu"]),
        is_paused=st.booleans(),
        is_held=st.booleans(),
    )
    def test_of_sets_and_of_one_decide_alike(self, amina, told, hour, purpose, zone, is_paused, is_held):
        at = NOON.replace(hour=hour) + timedelta(days=1)
        paused = at + timedelta(days=2) if is_paused else None
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("DELETE FROM messaging_guarddecision")
            cursor.execute("DELETE FROM messaging_outboxmessage")
            cursor.execute("SET LOCAL session_replication_role = origin")
        ContactPreference.objects.update_or_create(pk=amina.pk, defaults={"time_zone": zone, "paused_until": paused})
        for number, (moment, channel, about) in enumerate(told):
            factories.message(
                amina, dedupe_key=f"t{number}", channel=channel, purpose=about, status="SENT", sent_at=moment
            )
        if is_held:
            guard.register_hold("held", f"SELECT {amina.pk}::bigint AS borrower_id")
        try:
            by_set = {verdict.channel: verdict for verdict in judge([amina.pk], purpose=purpose, at=at)[amina.pk]}
        finally:
            guard.unregister_hold("held")

        rules = contact_rules(at.date())
        history = [Contact(moment, channel, "BORROWER", "", "SENT", purpose=about) for moment, channel, about in told]
        case = Case(dpd=1, holds=frozenset({"held"} if is_held else ()), paused_until=paused)
        for channel in ("SMS", "EMAIL", "IN_APP"):
            attempt = Attempt(channel, "BORROWER", "x", purpose, "system")
            one = decide(rules, attempt, case, history, now=at, zone=ZoneInfo(zone) if zone else rules.hours.zone)
            assert set(one.reasons) == set(by_set[channel].reasons), channel
