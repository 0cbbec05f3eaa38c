from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DataError

from dashu.messaging import guard
from dashu.messaging.guard import judge
from dashu.messaging.models import ContactPoint, ContactPreference, OptOut
from dashu.policy.models import PolicyRule
from dashu.policy.selectors import PolicyRuleMissing, forget_rules
from tests import factories

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 1, 12, tzinfo=SHANGHAI)
NIGHT = datetime(2026, 5, 1, 23, tzinfo=SHANGHAI)
NEXT_MORNING = datetime(2026, 5, 2, 8, tzinfo=SHANGHAI)

pytestmark = pytest.mark.usefixtures("policy_packs")


def answers(borrower, *, at=NOON, purpose="REMINDER") -> dict[str, tuple[str, ...]]:
    return {verdict.channel: verdict.reasons for verdict in judge([borrower.pk], purpose=purpose, at=at)[borrower.pk]}


def told(borrower, when, *, purpose="REMINDER", channel="SMS", number=0):
    factories.message(
        borrower,
        dedupe_key=f"told:{when}:{channel}:{number}",
        channel=channel,
        template="x",
        language="en",
        purpose=purpose,
        status="SENT",
        sent_at=when,
    )


class TestJudge:
    def test_allows_every_channel_and_puts_the_account_last(self, amina):
        assert answers(amina) == {"EMAIL": (), "SMS": (), "IN_APP": ()}
        assert list(answers(amina)) == ["EMAIL", "SMS", "IN_APP"]

    def test_gives_every_reason_and_not_the_first(self, amina):
        OptOut.objects.create(borrower=amina, channel="SMS", purpose="REMINDER", source="LINK")
        ContactPoint.objects.create(borrower=amina, channel="SMS", address_key=amina.phone_index, invalid_since=NOON)
        told(amina, NOON)

        assert set(answers(amina, at=NOON + timedelta(hours=11))["SMS"]) == {
            "ADDRESS_INVALID",
            "OPTED_OUT",
            "QUIET_HOURS",
            "DAY_CAP",
        }

    def test_the_night_is_quiet_outside_and_the_account_is_open(self, amina):
        assert answers(amina, at=NIGHT) == {"EMAIL": ("QUIET_HOURS",), "SMS": ("QUIET_HOURS",), "IN_APP": ()}
        email, *_others = judge([amina.pk], purpose="REMINDER", at=NIGHT)[amina.pk]
        assert email.next_allowed_at == NEXT_MORNING

    def test_the_night_is_the_borrowers_own(self, amina):
        ContactPreference.objects.create(borrower=amina, time_zone="America/New_York")

        # Noon in Shanghai is midnight in New York.
        assert answers(amina)["SMS"] == ("QUIET_HOURS",)
        assert answers(amina, at=NOON + timedelta(hours=9))["SMS"] == ()

    def test_hours_that_somebody_likes_lie_within_those_of_the_rule(self, amina):
        ContactPreference.objects.create(borrower=amina, hours_from=time(18), hours_to=time(23, 30))

        assert answers(amina) == {"EMAIL": ("QUIET_HOURS",), "SMS": ("QUIET_HOURS",), "IN_APP": ()}
        email, *_others = judge([amina.pk], purpose="SERVICE", at=NOON)[amina.pk]
        assert email.next_allowed_at == NOON + timedelta(hours=6)
        assert answers(amina, at=NOON + timedelta(hours=9, minutes=59))["SMS"] == ()
        assert answers(amina, at=NOON + timedelta(hours=10))["SMS"] == ("QUIET_HOURS",)

    def test_liked_hours_are_those_of_where_they_live(self, amina):
        ContactPreference.objects.create(
            borrower=amina, time_zone="America/New_York", hours_from=time(18), hours_to=time(20)
        )

        # 19:00 in New York is 7 in the morning in Shanghai.
        assert answers(amina, at=NOON - timedelta(hours=5))["SMS"] == ()
        assert answers(amina, at=NOON + timedelta(hours=9))["SMS"] == ("QUIET_HOURS",)

    def test_hours_of_which_a_rule_leaves_nothing_hold_nothing_back(self, amina):
        ContactPreference.objects.create(borrower=amina, hours_from=time(5), hours_to=time(7))

        assert answers(amina)["SMS"] == ()
        assert answers(amina, at=NIGHT)["SMS"] == ("QUIET_HOURS",)

    def test_a_pause_is_of_reminders_outside_the_account_and_ends_by_itself(self, amina):
        ContactPreference.objects.create(borrower=amina, paused_until=NOON + timedelta(days=3))

        assert answers(amina) == {"EMAIL": ("PAUSED",), "SMS": ("PAUSED",), "IN_APP": ()}
        assert answers(amina, purpose="MARKETING")["SMS"] == ()
        assert answers(amina, purpose="SERVICE")["SMS"] == ()
        sms = next(verdict for verdict in judge([amina.pk], purpose="REMINDER", at=NOON)[amina.pk])
        assert sms.next_allowed_at == NOON + timedelta(days=3)
        assert answers(amina, at=NOON + timedelta(days=3))["SMS"] == ()

    def test_without_an_address_nobody_is_reached(self, policy_packs):
        brook = factories.borrower("Brook")

        assert answers(brook) == {"EMAIL": ("NO_ADDRESS",), "SMS": ("NO_ADDRESS",), "IN_APP": ()}

    def test_an_opt_out_is_of_one_channel_and_purpose_and_can_end(self, amina):
        stopped = OptOut.objects.create(borrower=amina, channel="SMS", purpose="MARKETING", source="LINK")

        assert answers(amina)["SMS"] == ()
        assert answers(amina, purpose="MARKETING") == {"EMAIL": (), "SMS": ("OPTED_OUT",), "IN_APP": ()}
        assert answers(amina, purpose="SERVICE")["SMS"] == ()

        OptOut.objects.filter(pk=stopped.pk).update(ended_at=NOON)
        assert answers(amina, purpose="MARKETING")["SMS"] == ()

    @pytest.mark.parametrize(
        ("days_ago", "reasons"),
        [
            ([0], ("DAY_CAP",)),
            ([1, 2, 3], ()),
            ([1, 2, 3, 6], ("WEEK_CAP",)),
            ([1, 2, 3, 7], ()),
            ([1, 2, 3, *range(7, 15), 29], ("MONTH_CAP",)),
            ([1, 2, 3, *range(7, 15), 30], ()),
        ],
    )
    def test_caps_count_what_left_the_house(self, amina, days_ago, reasons):
        for days in days_ago:
            told(amina, NOON - timedelta(days=days))
            told(amina, NOON - timedelta(days=days), channel="IN_APP")
            told(amina, NOON - timedelta(days=days), purpose="SERVICE", number=1)

        assert answers(amina) == {"EMAIL": reasons, "SMS": reasons, "IN_APP": ()}
        assert answers(amina, purpose="SERVICE")["SMS"] == ()

    def test_after_the_cap_of_the_day_the_next_morning_is_free(self, amina):
        told(amina, NOON - timedelta(hours=2))

        sms = next(verdict for verdict in judge([amina.pk], purpose="REMINDER", at=NOON)[amina.pk])

        assert (sms.reasons, sms.next_allowed_at) == (("DAY_CAP",), NEXT_MORNING)

    def test_a_hold_of_another_app_stops_everything_but_what_the_contract_asks_for(self, amina):
        guard.register_hold("dispute", f"SELECT {amina.pk}::bigint AS borrower_id")
        guard.register_hold("review", "SELECT id AS borrower_id FROM users_borrower WHERE kind = 'ENTITY'")
        try:
            brook = factories.borrower("Brook", kind="ENTITY", phone="13900000000")

            assert answers(amina) == dict.fromkeys(("EMAIL", "SMS", "IN_APP"), ("ON_HOLD",))
            assert answers(brook)["SMS"] == ("ON_HOLD",)
            assert answers(amina, purpose="SERVICE")["SMS"] == ()
        finally:
            guard.unregister_hold("dispute")
            guard.unregister_hold("review")

    def test_asks_the_database_once_for_many(self, amina, django_assert_num_queries):
        people = [factories.borrower(f"Borrower{number}") for number in range(20)]
        judge([amina.pk], purpose="REMINDER", at=NOON)

        with django_assert_num_queries(1):
            assert len(judge([person.pk for person in people], purpose="REMINDER", at=NOON)) == 20

    @pytest.mark.parametrize("code", ["contact.hours", "contact.caps"])
    def test_without_a_rule_nobody_is_contacted(self, amina, code):
        PolicyRule.objects.filter(code=code).delete()
        forget_rules()

        with pytest.raises(PolicyRuleMissing):
            judge([amina.pk], purpose="REMINDER", at=NOON)


class TestBestChannel:
    def best(self, borrower) -> str:
        return next(iter(judge([borrower.pk], purpose="REMINDER", at=NOON)[borrower.pk])).channel

    def test_a_time_zone_that_does_not_exist_is_refused_when_it_is_written(self, amina):
        with pytest.raises(DataError):
            ContactPreference.objects.create(borrower=amina, time_zone="US/Nowhere")

    def test_is_the_preferred_one(self, amina):
        ContactPoint.objects.create(borrower=amina, channel="EMAIL", address_key=amina.email, delivered_at=NOON)
        ContactPreference.objects.create(borrower=amina, channel="IN_APP")

        assert self.best(amina) == "IN_APP"

    def test_is_where_the_latest_one_arrived(self, amina):
        ContactPoint.objects.create(borrower=amina, channel="SMS", address_key=amina.phone_index, delivered_at=NOON)

        assert self.best(amina) == "SMS"

    def test_is_not_where_the_latest_ones_failed(self, amina):
        ContactPoint.objects.create(
            borrower=amina, channel="EMAIL", address_key=amina.email, failures=1, failed_at=NOON
        )

        assert self.best(amina) == "SMS"

    def test_begins_anew_with_a_new_address(self, amina):
        ContactPoint.objects.create(borrower=amina, channel="EMAIL", address_key="old@example.com", invalid_since=NOON)

        assert self.best(amina) == "EMAIL"
        assert answers(amina)["EMAIL"] == ()
