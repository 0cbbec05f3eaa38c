"""The pure decision, by the rules of the packs as they come with the program."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.messaging import guard as words
from dashu.policy.contact_guard import Attempt, Case, Condition, Contact, Decision, Outcome, Reason, decide
from dashu.policy.contact_rules import Channel, ContactPurpose, ContactRules, Effect, Party, flags_of, parties_of
from dashu.policy.pack_files import pack_file
from dashu.policy.rules import contact_rules_from

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
NOON = datetime(2026, 5, 4, 12, tzinfo=SHANGHAI)
OWN, OTHER = "number-1", "number-2"


def rules_of(pack: str, on: date = date(2026, 5, 4)) -> ContactRules:
    return contact_rules_from(pack, lambda code: pack_file(pack).rule(code, on=on))


RULES = {pack: rules_of(pack) for pack in ("cn", "us", "tw")}


def ask(
    *history: Contact,
    pack: str = "cn",
    at: datetime = NOON,
    zone: ZoneInfo = SHANGHAI,
    flags: tuple[str, ...] = (),
    channel: str = "CALL",
    party: str = "BORROWER",
    address: str = OWN,
    purpose: str = "COLLECTION",
    operator: str = "user:7",
    visitors: int | None = None,
    **case,
) -> Decision:
    return decide(
        RULES[pack],
        Attempt(channel, party, address, purpose, operator, visitors=visitors),
        Case(**{"dpd": 12, "flags": frozenset(flags), **case}),
        history,
        now=at,
        zone=zone,
    )


def reasons(*history: Contact, **asked) -> tuple[str, ...]:
    return ask(*history, **asked).reasons


def called(ago: timedelta = timedelta(hours=1), outcome: str = "NO_ANSWER", **about) -> Contact:
    return Contact(
        **{"at": NOON - ago, "channel": "CALL", "party": "BORROWER", "address": OWN, "outcome": outcome} | about
    )


def days(count: int) -> timedelta:
    return timedelta(days=count)


class TestHours:
    def test_are_open_at_eight_and_closed_at_ten_in_the_evening(self):
        day = NOON.replace(hour=0)

        assert reasons(at=day.replace(hour=8)) == ()
        assert reasons(at=day.replace(hour=21, minute=59)) == ()
        late = ask(at=day.replace(hour=22))
        assert late.reasons == (Reason.QUIET_HOURS,)
        assert late.next_allowed_at == datetime(2026, 5, 5, 8, tzinfo=SHANGHAI)

    def test_are_those_of_where_the_person_lives(self):
        found = ask(zone=NEW_YORK, pack="us")  # midnight there

        assert found.reasons == (Reason.QUIET_HOURS,)
        assert found.next_allowed_at == datetime(2026, 5, 4, 8, tzinfo=NEW_YORK)

    def test_of_the_united_states_end_at_nine(self):
        nine = datetime(2026, 5, 4, 21, tzinfo=NEW_YORK)

        assert reasons(pack="us", at=nine - timedelta(minutes=1), zone=NEW_YORK) == ()
        assert reasons(pack="us", at=nine, zone=NEW_YORK) == (Reason.QUIET_HOURS,)

    def test_open_on_the_day_the_clocks_go_forward(self):
        night = datetime(2026, 3, 8, 1, 30, tzinfo=NEW_YORK)

        assert ask(pack="us", at=night, zone=NEW_YORK).next_allowed_at == datetime(2026, 3, 8, 12, tzinfo=UTC)

    def test_that_were_agreed_open_calls_and_no_messages(self):
        night = NOON.replace(hour=23)
        agreed = {"agreed_hours": (time(22), time(23, 30))}

        assert reasons(at=night, **agreed) == ()
        assert reasons(at=night, channel="SMS", purpose="REMINDER", **agreed) == (Reason.QUIET_HOURS,)
        assert reasons(at=night, flags=("any_hour_agreed",)) == ()

    @pytest.mark.parametrize("party", ["GUARANTOR", "REPRESENTATIVE", "WORKPLACE", "THIRD_PARTY"])
    def test_that_the_borrower_agreed_to_open_no_night_of_anybody_else(self, party):
        night, open_all = NOON.replace(hour=23), ("any_hour_agreed", "represented", "workplace_agreed", "deceased")

        found = ask(party=party, address=OTHER, at=night, agreed_hours=(time(22), time(23, 30)), flags=open_all)

        assert Reason.QUIET_HOURS in found.reasons

    def test_that_somebody_likes_lie_within_those_of_the_rule(self):
        liked = {"liked_hours": (time(18), time(23, 30))}

        assert ask(**liked).next_allowed_at == NOON.replace(hour=18)
        assert reasons(at=NOON.replace(hour=22), **liked) == (Reason.QUIET_HOURS,)
        assert reasons(liked_hours=(time(5), time(7))) == ()

    def test_hold_back_no_letter(self):
        assert reasons(at=NOON.replace(hour=23), channel="LETTER") == ()


class TestCallsOfADay:
    def test_three_conversations_are_enough_also_those_of_a_machine(self):
        spoken = [called(outcome="RIGHT_PARTY"), called(outcome="CONNECTED", channel="AI_CALL", address=OTHER)]

        assert reasons(*spoken) == ()
        found = ask(*spoken, called(outcome="REFUSED"))
        assert found.reasons == (Reason.CONNECTED_CAP,)
        assert found.next_allowed_at == datetime(2026, 5, 5, 8, tzinfo=SHANGHAI)
        assert found.findings[0].rule == "contact.connected_calls"

    def test_a_call_under_way_may_become_a_conversation(self):
        assert reasons(*[called(outcome="OPEN")] * 3) == (Reason.CONNECTED_CAP,)
        assert reasons(*[called(outcome="OPEN", ago=days(1))] * 3) == ()

    def test_six_dials_of_a_number_are_enough_and_another_number_is_free(self):
        dials = [called()] * 6

        assert reasons(*dials[:5]) == ()
        assert reasons(*dials) == (Reason.DIAL_CAP,)
        assert reasons(*dials, address=OTHER) == ()
        assert reasons(*dials, flags=("more_dials_agreed",)) == ()

    def test_a_dial_of_a_number_that_is_not_known_counts_for_each(self):
        assert reasons(*[called(address="")] * 6) == (Reason.DIAL_CAP,)

    def test_calls_of_yesterday_and_calls_to_us_do_not_count(self):
        assert reasons(*[called(ago=timedelta(hours=13))] * 9) == ()
        assert reasons(*[called(outcome="RIGHT_PARTY", is_inbound=True)] * 9) == ()

    def test_a_message_is_no_call(self):
        assert reasons(*[called(channel="SMS", outcome="DELIVERED")] * 9) == ()


class TestFrequency:
    """Regulation F, 12 CFR 1006.14(b)(2)."""

    MORNING = datetime(2026, 5, 4, 9, tzinfo=NEW_YORK)

    def ask(self, *history: Contact, **asked) -> Decision:
        return ask(*history, **{"pack": "us", "zone": NEW_YORK, "at": self.MORNING} | asked)

    def before(self, count: int, outcome: str = "NO_ANSWER", **about) -> Contact:
        return Contact(self.MORNING - days(count), "CALL", "BORROWER", OWN, outcome, **about)

    def test_seven_calls_in_seven_days_are_enough(self):
        week = [self.before(count) for count in range(7)]

        assert self.ask(*week[:6]).allows
        found = self.ask(*week)
        assert found.reasons == (Reason.FREQUENCY_CAP,)
        assert found.next_allowed_at == datetime(2026, 5, 5, 8, tzinfo=NEW_YORK)

    def test_the_day_of_a_conversation_is_the_first_of_seven(self):
        assert self.ask(self.before(6, "RIGHT_PARTY")).reasons == (Reason.CONVERSATION_REST,)
        assert self.ask(self.before(7, "RIGHT_PARTY")).allows
        found = self.ask(self.before(2, "RIGHT_PARTY"))
        assert found.next_allowed_at == datetime(2026, 5, 9, 8, tzinfo=NEW_YORK)

    def test_a_call_to_us_is_no_call_but_a_conversation(self):
        calls = [self.before(count) for count in range(1, 7)]

        assert self.ask(*calls, self.before(0, "NO_ANSWER", is_inbound=True)).allows
        spoken = self.ask(self.before(1, "RIGHT_PARTY", is_inbound=True))
        assert spoken.reasons == (Reason.CONVERSATION_REST,)

    def test_voicemail_counts_and_calls_that_were_asked_for_do_not(self):
        assert self.ask(*[self.before(1, "VOICEMAIL")] * 7).reasons == (Reason.FREQUENCY_CAP,)
        assert self.ask(*[self.before(1, is_consented=True)] * 7).allows
        assert self.ask(self.before(1, "RIGHT_PARTY"), flags=("call_agreed",)).allows

    def test_counts_for_each_debt_by_itself(self):
        week = [self.before(1, debts=frozenset({"L1"}))] * 7
        other = Attempt("CALL", "BORROWER", OWN, "COLLECTION", "user:7", frozenset({"L2"}))
        same = Attempt("CALL", "BORROWER", OWN, "COLLECTION", "user:7", frozenset({"L1", "L2"}))

        asked = {"now": self.MORNING, "zone": NEW_YORK}
        assert decide(RULES["us"], other, Case(dpd=3), week, **asked).allows
        assert decide(RULES["us"], same, Case(dpd=3), week, **asked).reasons == (Reason.FREQUENCY_CAP,)

    def test_is_no_rule_of_mainland_china(self):
        assert reasons(*[called(ago=days(count)) for count in range(1, 9)]) == ()


class TestWhom:
    def test_others_only_after_three_failures_in_a_row_and_only_to_locate(self):
        asked = {"party": "THIRD_PARTY", "address": OTHER, "purpose": "LOCATE"}
        failed = [called(ago=days(count)) for count in (1, 2, 3)]

        assert reasons(*failed[:2], **asked) == (Reason.BORROWER_REACHABLE,)
        assert reasons(called(ago=timedelta(hours=2), outcome="RIGHT_PARTY"), *failed, **asked) == (
            Reason.BORROWER_REACHABLE,
        )
        found = ask(*failed, **asked)
        assert found.allows
        assert found.conditions == (Condition.NO_DEBT_DETAILS, Condition.TO_LOCATE_ONLY)
        assert reasons(*failed, **asked | {"purpose": "COLLECTION"}) == (Reason.ONLY_TO_LOCATE,)

    LOCATE = {"party": "THIRD_PARTY", "address": OTHER, "purpose": "LOCATE"}

    def test_others_not_after_what_did_not_come_about(self):
        failed = [called(ago=days(count), outcome="FAILED") for count in range(1, 9)]

        assert reasons(*failed, **self.LOCATE) == (Reason.BORROWER_REACHABLE,)
        mixed = [called(ago=days(1)), called(ago=days(2), outcome="FAILED"), called(ago=days(3))]
        assert reasons(*mixed, **self.LOCATE) == (Reason.BORROWER_REACHABLE,)
        assert reasons(*mixed, called(ago=days(4)), **self.LOCATE) == ()

    def test_others_not_after_three_attempts_of_one_day(self):
        today = [called(ago=timedelta(minutes=count)) for count in (1, 2, 3)]

        assert reasons(*today, **self.LOCATE) == (Reason.BORROWER_REACHABLE,)
        assert reasons(*today, called(ago=days(1)), **self.LOCATE) == ()

    def test_others_not_after_attempts_of_long_ago(self):
        assert reasons(*[called(ago=days(count)) for count in (27, 28, 29)], **self.LOCATE) == ()
        old = [called(ago=days(count)) for count in (28, 29, 30)]
        assert reasons(*old, **self.LOCATE) == (Reason.BORROWER_REACHABLE,)
        assert reasons(called(ago=days(30), outcome="INVALID_NUMBER"), **self.LOCATE) == (Reason.BORROWER_REACHABLE,)

    def test_others_not_after_calls_to_us(self):
        theirs = [called(ago=days(count), outcome="WRONG_PARTY", is_inbound=True) for count in (1, 2, 3)]

        assert reasons(*theirs, **self.LOCATE) == (Reason.BORROWER_REACHABLE,)

    @pytest.mark.parametrize("flag", ["deceased", "incapacitated"])
    def test_others_at_once_where_the_borrower_cannot_be_asked(self, flag):
        assert reasons(party="THIRD_PARTY", address=OTHER, purpose="LOCATE", flags=(flag,)) == ()

    def test_others_at_once_where_the_number_is_invalid(self):
        wrong = called(outcome="INVALID_NUMBER")

        assert reasons(wrong, party="THIRD_PARTY", address=OTHER, purpose="LOCATE") == ()
        assert reasons(wrong) == (Reason.ADDRESS_INVALID,)

    def test_nobody_again_who_refused(self):
        asked = {"party": "THIRD_PARTY", "purpose": "LOCATE", "flags": ("deceased",)}
        refused = called(party="THIRD_PARTY", address=OTHER, outcome="REFUSED")

        assert reasons(refused, address=OTHER, **asked) == (Reason.PARTY_REFUSED,)
        assert reasons(refused, address="number-3", **asked) == ()

    def test_whoever_refused_or_was_called_is_the_same_person_under_another_name(self):
        refused = called(party="THIRD_PARTY", address=OTHER, outcome="REFUSED")
        week = [called(ago=days(count), party="GUARANTOR", address=OTHER) for count in range(7)]
        spoken = [
            called(ago=timedelta(hours=hour), party="GUARANTOR", address=OTHER, outcome="RIGHT_PARTY")
            for hour in (1, 2, 3)
        ]

        named = {"party": "REPRESENTATIVE", "address": OTHER, "flags": ("represented",)}
        assert reasons(refused, **named) == (Reason.PARTY_REFUSED,)
        assert reasons(*spoken, **named) == (Reason.CONNECTED_CAP,)
        assert reasons(*week, **named, pack="us", zone=SHANGHAI) == (Reason.FREQUENCY_CAP,)
        assert reasons(refused, *spoken, *week, **named | {"address": "number-3"}) == ()

    def test_each_of_them_once_in_the_united_states(self):
        asked = {"party": "THIRD_PARTY", "purpose": "LOCATE", "flags": ("deceased",), "pack": "us", "zone": SHANGHAI}
        told = called(party="THIRD_PARTY", address=OTHER, ago=days(90))

        assert reasons(told, address=OTHER, **asked) == (Reason.PARTY_CAP,)
        assert reasons(told, address="number-3", **asked) == ()

    def test_a_guarantor_when_something_is_late(self):
        found = ask(party="GUARANTOR", address=OTHER)

        assert found.conditions == (Condition.WITHIN_GUARANTEE,)
        assert reasons(party="GUARANTOR", address=OTHER, purpose="SERVICE", dpd=0) == (Reason.NOTHING_OVERDUE,)

    def test_a_workplace_only_where_it_was_agreed(self):
        assert reasons(party="WORKPLACE", address=OTHER) == (Reason.NO_CONSENT,)
        assert ask(party="WORKPLACE", address=OTHER, flags=("workplace_agreed",)).conditions == (
            Condition.NO_DEBT_DETAILS,
        )

    def test_only_the_one_who_speaks_for_somebody(self):
        assert reasons(flags=("represented",)) == (Reason.REPRESENTED,)
        assert reasons(flags=("represented",), party="REPRESENTATIVE", address=OTHER) == ()

    @pytest.mark.parametrize("pack", ["cn", "us", "tw"])
    def test_nobody_speaks_for_somebody_who_was_not_named(self, pack):
        asked = {"party": "REPRESENTATIVE", "address": OTHER, "pack": pack}

        assert reasons(**asked) == (Reason.NOBODY_NAMED,)
        assert reasons(**asked, flags=("no_calls",)) == (Reason.NOBODY_NAMED,)
        named = {**asked, "flags": ("represented",)}
        assert reasons(**named, is_named_by_caller=True) == (Reason.NAMED_BY_CALLER,)
        assert reasons(**named) == ()


class TestLetters:
    def letter(self, ago: int, outcome: str = "SENT", **about) -> Contact:
        return called(days(ago), outcome, channel="LETTER", address="", **about)

    def test_one_a_week_and_two_in_thirty_days(self):
        asked = {"channel": "LETTER", "address": ""}

        found = ask(self.letter(6), **asked)
        assert (found.reasons, found.findings[0].rule) == ((Reason.LETTER_CAP,), "contact.letters")
        assert found.next_allowed_at == datetime(2026, 5, 5, tzinfo=SHANGHAI)
        assert reasons(self.letter(7), **asked) == ()
        assert reasons(self.letter(7), self.letter(29), **asked) == (Reason.LETTER_CAP,)
        assert reasons(self.letter(7), self.letter(30), **asked) == ()

    def test_that_were_not_posted_or_that_the_contract_asks_for_do_not_count(self):
        asked = {"channel": "LETTER", "address": ""}

        assert reasons(self.letter(1, "FAILED"), self.letter(1, purpose="SERVICE"), **asked) == ()
        assert reasons(self.letter(1, "OPEN"), **asked) == (Reason.LETTER_CAP,)
        assert reasons(self.letter(1), **asked, purpose="SERVICE") == ()

    def test_of_another_person_do_not_count(self):
        asked = {"channel": "LETTER", "address": ""}

        assert reasons(self.letter(1), **asked, party="GUARANTOR") == ()


class TestVisits:
    def test_come_after_the_days_of_notice(self):
        asked = {"channel": "VISIT", "address": "", "flags": ("home_visit_agreed",), "visitors": 2}

        found = ask(**asked, visit_agreed_at=NOON - days(2))
        assert found.reasons == (Reason.VISIT_NOTICE,)
        assert found.next_allowed_at == datetime(2026, 5, 5, 8, tzinfo=SHANGHAI)
        assert reasons(**asked, visit_agreed_at=NOON.replace(hour=23) - days(3)) == ()

    @pytest.mark.parametrize("visitors", [1, 3])
    def test_are_made_by_as_many_as_the_rule_says(self, visitors):
        asked = {"channel": "VISIT", "address": "", "flags": ("home_visit_agreed",)}

        assert reasons(**asked, visitors=visitors) == (Reason.VISITORS,)
        assert reasons(**asked, visitors=2) == ()

    @pytest.mark.parametrize("party", ["GUARANTOR", "REPRESENTATIVE", "THIRD_PARTY"])
    def test_at_others_homes_are_not_agreed_to_by_the_borrower(self, party):
        found = ask(channel="VISIT", address="", party=party, flags=("home_visit_agreed",))

        assert Reason.NO_CONSENT in found.reasons

    def test_one_a_day_by_two_where_it_was_agreed(self):
        asked = {"channel": "VISIT", "address": ""}

        assert reasons(**asked) == (Reason.NO_CONSENT,)
        found = ask(flags=("home_visit_agreed",), **asked)
        assert found.conditions == (Condition.ENOUGH_VISITORS,)
        again = ask(called(channel="VISIT", outcome="NOT_MET"), flags=("home_visit_agreed",), **asked)
        assert again.reasons == (Reason.VISIT_CAP,)
        assert again.next_allowed_at == datetime(2026, 5, 5, 8, tzinfo=SHANGHAI)


class TestCase:
    def test_nobody_is_called_who_owes_nothing_or_paid_meanwhile(self):
        assert reasons(dpd=0) == (Reason.NOTHING_OVERDUE,)
        assert reasons(flags=("paid",)) == (Reason.PAID_SINCE,)
        assert reasons(dpd=None) == (Reason.CASE_UNKNOWN,)

    @pytest.mark.parametrize("channel", ["CALL", "AI_CALL", "SMS", "EMAIL", "IN_APP", "LETTER"])
    def test_a_hold_stops_every_way_but_what_the_contract_asks_for(self, channel):
        assert reasons(channel=channel, holds=frozenset({"complaint"})) == (Reason.ON_HOLD,)
        assert reasons(channel=channel, flags=("dispute",)) == (Reason.ON_HOLD,)
        assert reasons(channel=channel, holds=frozenset({"complaint"}), purpose="SERVICE") == ()

    def test_names_every_hold(self):
        found = ask(holds=frozenset({"complaint", "closed"}), flags=("dispute",))

        assert [finding.about for finding in found.findings] == ["closed", "complaint", "dispute"]
        assert found.next_allowed_at is None

    def test_no_machine_calls_a_vulnerable_person(self):
        assert reasons(channel="AI_CALL", flags=("vulnerable",)) == (Reason.VULNERABLE,)
        assert reasons(channel="AI_CALL", flags=("vulnerable",), purpose="SERVICE") == (Reason.VULNERABLE,)
        assert reasons(operator="auto:dialer", flags=("vulnerable",)) == (Reason.VULNERABLE,)
        assert reasons(flags=("vulnerable",)) == ()
        assert ask(channel="AI_CALL").conditions == (Condition.SAY_IT_IS_A_MACHINE,)

    def test_no_more_contact_stops_visits_and_letters_too(self):
        agreed = ("no_calls", "home_visit_agreed")

        assert reasons(flags=agreed, channel="VISIT", address="") == (Reason.OPTED_OUT,)
        assert reasons(flags=agreed, channel="LETTER", address="") == (Reason.OPTED_OUT,)
        assert reasons(flags=agreed, channel="LETTER", address="", purpose="SERVICE") == ()

    def test_what_somebody_does_not_want_stops_that_way_alone(self):
        assert reasons(flags=("no_calls",)) == (Reason.OPTED_OUT,)
        assert reasons(flags=("no_calls",), channel="SMS", purpose="REMINDER") == ()
        assert reasons(flags=("no_sms",), channel="SMS", purpose="REMINDER") == (Reason.OPTED_OUT,)

    def test_every_reason_is_given_and_not_the_first(self):
        found = ask(*[called()] * 6, at=NOON.replace(hour=23), flags=("complaint", "no_calls"), dpd=0)

        assert set(found.reasons) == {
            Reason.ON_HOLD,
            Reason.OPTED_OUT,
            Reason.NOTHING_OVERDUE,
            Reason.QUIET_HOURS,
            Reason.DIAL_CAP,
        }
        assert found.next_allowed_at is None


class TestMessages:
    def test_say_how_to_stop_them(self):
        assert ask(channel="SMS", purpose="REMINDER").conditions == (Condition.OPT_OUT_WORDS,)
        assert ask(channel="SMS", purpose="SERVICE").conditions == ()
        assert ask(channel="SMS", purpose="SERVICE", pack="us").conditions == (Condition.OPT_OUT_WORDS,)

    def test_are_capped_over_all_channels_by_purpose(self):
        told = called(channel="EMAIL", outcome="SENT", purpose="REMINDER")

        found = ask(told, channel="SMS", purpose="REMINDER")
        assert found.reasons == (Reason.DAY_CAP,)
        assert found.next_allowed_at == datetime(2026, 5, 5, 8, tzinfo=SHANGHAI)
        assert reasons(told, channel="SMS", purpose="MARKETING") == ()
        assert reasons(told, channel="SMS", purpose="SERVICE") == ()

    def test_after_the_cap_of_the_week_the_first_day_with_room_is_next(self):
        told = [called(ago=days(count), channel="SMS", outcome="SENT") for count in (1, 2, 3, 5)]

        found = ask(*told, channel="SMS", purpose="REMINDER")
        assert found.reasons == (Reason.WEEK_CAP,)
        assert found.next_allowed_at == datetime(2026, 5, 6, 8, tzinfo=SHANGHAI)

    def test_a_pause_is_of_reminders(self):
        until = NOON + days(2)

        assert ask(channel="SMS", purpose="REMINDER", paused_until=until).next_allowed_at == until
        assert reasons(channel="SMS", purpose="MARKETING", paused_until=until) == ()


class TestUnknown:
    """What the guard does not know it does not allow."""

    @pytest.mark.parametrize(
        ("asked", "reason"),
        [
            ({"channel": "FAX"}, Reason.UNKNOWN_CHANNEL),
            ({"party": "NEIGHBOR"}, Reason.UNKNOWN_PARTY),
            ({"purpose": "THREATEN"}, Reason.UNKNOWN_PURPOSE),
            ({"flags": ("brand_new",)}, Reason.UNKNOWN_FLAG),
            ({"address": ""}, Reason.NO_ADDRESS),
        ],
    )
    def test_is_refused(self, asked, reason):
        found = ask(**asked)

        assert found.reasons == (reason,)
        assert found.next_allowed_at is None

    def test_outcome_is_refused(self):
        assert reasons(called(outcome="HUNG_UP_ANGRY")) == (Reason.UNKNOWN_OUTCOME,)

    def test_effect_or_party_of_a_pack_is_refused_when_it_is_loaded(self):
        with pytest.raises(ValueError, match="STOPS_SOMETIMES"):
            flags_of({"odd": ["STOPS_SOMETIMES"]})
        with pytest.raises(ValueError, match="expected"):
            parties_of({"BORROWER": "ALWAYS"})


class TestPacks:
    @pytest.mark.parametrize("pack", ["cn", "us", "tw"])
    def test_name_the_same_flags_and_stop_the_same_holds(self, pack):
        flags = RULES[pack].flags

        assert flags.keys() == RULES["cn"].flags.keys()
        for hold in ("complaint", "dispute", "hardship_review", "breathing_space", "bankruptcy", "fraud"):
            assert Effect.STOPS_ALL in flags[hold]

    def test_a_version_is_that_of_its_rules(self):
        assert RULES["cn"].version == rules_of("cn").version
        assert len({rules.version for rules in RULES.values()}) == 3

    def test_every_reason_and_condition_has_words(self):
        assert set(words.Reason.values) == set(Reason)
        assert set(words.Condition.values) == set(Condition)


HOURS = st.integers(min_value=0, max_value=24 * 40)
CONTACTS = st.builds(
    Contact,
    at=HOURS.map(lambda hours: NOON - timedelta(hours=hours)),
    channel=st.sampled_from(list(Channel)),
    party=st.sampled_from([Party.BORROWER, Party.BORROWER, Party.THIRD_PARTY]),
    address=st.sampled_from([OWN, OTHER, ""]),
    outcome=st.sampled_from(list(Outcome)),
    is_inbound=st.booleans(),
    is_consented=st.booleans(),
    purpose=st.sampled_from(["", "REMINDER", "MARKETING", "LEARNING", "SERVICE"]),
)


class TestNextAllowed:
    @settings(max_examples=400, deadline=None)
    @given(
        history=st.lists(CONTACTS, max_size=25),
        pack=st.sampled_from(["cn", "us", "tw"]),
        channel=st.sampled_from(list(Channel)),
        purpose=st.sampled_from(list(ContactPurpose)),
        party=st.sampled_from(list(Party)),
        zone=st.sampled_from([SHANGHAI, NEW_YORK, ZoneInfo("America/Havana"), ZoneInfo("Asia/Kathmandu")]),
        minutes=st.integers(min_value=0, max_value=60 * 24 * 7),
        flags=st.frozensets(st.sampled_from(["deceased", "vulnerable", "home_visit_agreed", "workplace_agreed"])),
    )
    def test_is_allowed_then_and_not_a_minute_before(
        self, history, pack, channel, purpose, party, zone, minutes, flags
    ):
        attempt = Attempt(channel, party, OWN, purpose, "user:7")
        case = Case(dpd=5, flags=flags)
        start = NOON + timedelta(minutes=minutes)

        def asked(moment: datetime) -> Decision:
            return decide(RULES[pack], attempt, case, history, now=moment, zone=zone)

        found = asked(start)
        if found.next_allowed_at is None:
            return
        assert not found.allows
        assert found.next_allowed_at > start
        assert asked(found.next_allowed_at).allows
        before = found.next_allowed_at - timedelta(minutes=1)
        assert before < start or not asked(before).allows
        for hours in range(0, 24 * 8, 5):
            between = start + timedelta(hours=hours)
            assert between >= found.next_allowed_at or not asked(between).allows
