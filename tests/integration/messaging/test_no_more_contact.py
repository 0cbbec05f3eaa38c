"""“Spoke, wants no more contact” stops our calls until the borrower says otherwise; what they allow us."""

from datetime import datetime, time, timedelta
from itertools import permutations

import pytest

from dashu.audit.models import AuditRecord
from dashu.messaging.case_facts import CaseFacts, register_case_facts, unregister_case_facts
from dashu.messaging.models import ContactAttempt, ContactPreference, GuardDecision
from dashu.messaging.selectors import calls_refused_at
from dashu.messaging.services.consents_to_contact import (
    CallsNotStopped,
    Consent,
    LastDayRefused,
    agree_to_contact,
    want_calls,
)
from dashu.messaging.services.contact_times import agree_hours
from dashu.messaging.services.dialing import ask_to_dial, note_inbound, preview_contact, record_outcome
from dashu.users.models import Borrower
from tests.integration.messaging.test_dialing import CHIDI, NOON

LATER = NOON + timedelta(days=30)

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture(autouse=True)
def late():
    register_case_facts("test", lambda asked, _on: dict.fromkeys(asked, CaseFacts(dpd=12)))
    yield
    unregister_case_facts("test")


def refuse(borrower: Borrower, at: datetime, party: str = "BORROWER") -> ContactAttempt:
    """A call of ours that ended with it, as the services keep one."""
    allowed = GuardDecision.objects.create(
        borrower=borrower, channel="CALL", party=party, purpose="COLLECTION", stage="ASKED", verdict="ALLOW",
        reasons=[], at=at,
    )  # fmt: skip
    return ContactAttempt.objects.create(
        key=f"{borrower.pk}:{at}", borrower=borrower, channel="CALL", party=party, purpose="COLLECTION",
        operator=CHIDI, started_at=at, decision=allowed, outcome="REFUSED", outcome_at=at,
    )  # fmt: skip


def call_us(borrower: Borrower, at: datetime, outcome: str = "RIGHT_PARTY") -> None:
    note_inbound(key=f"{borrower.pk}:{at}", borrower_id=borrower.pk, started_at=at, at=at, actor=CHIDI, outcome=outcome)


def agree(borrower: Borrower, at: datetime) -> None:
    agree_hours(borrower_id=borrower.pk, hours=(time(22), time(23)), at=at, actor=CHIDI)


def ask_for_calls(borrower: Borrower, at: datetime) -> None:
    try:
        want_calls(borrower_id=borrower.pk, at=at, actor=CHIDI)
    except CallsNotStopped:
        assert calls_refused_at(borrower.pk) is None


# What may happen, and whether it stops calls; None where it changes nothing.
EVENTS = [
    (refuse, True),
    (call_us, None),
    (lambda borrower, at: call_us(borrower, at, "REFUSED"), True),
    (lambda borrower, at: call_us(borrower, at, "WRONG_PARTY"), None),
    (agree, None),
    (ask_for_calls, False),
]


def reasons(borrower: Borrower, at: datetime = LATER, **asked: str) -> list[str]:
    found = preview_contact(borrower_id=borrower.pk, operator=CHIDI, at=at, **{"channel": "CALL", **asked})
    return [reason.value for reason in found.reasons]


class TestNoMoreContact:
    def test_stops_calls_of_people_and_machines_and_nothing_else(self, amina):
        answer = ask_to_dial(key="k", borrower_id=amina.pk, operator=CHIDI, at=NOON)
        record_outcome(attempt_id=answer.attempt.pk, outcome="REFUSED", at=NOON, actor=CHIDI)

        refused = ask_to_dial(key="again", borrower_id=amina.pk, operator=CHIDI, at=LATER)

        assert (refused.attempt, refused.number, refused.decision.reasons) == (None, "", ["OPTED_OUT"])
        assert "OPTED_OUT" in reasons(amina, channel="AI_CALL")
        assert "OPTED_OUT" not in reasons(amina, channel="SMS", purpose="REMINDER")
        assert reasons(amina, channel="CALL", purpose="SERVICE") == []

    @pytest.mark.parametrize("length", [1, 2, 3, 4])
    def test_holds_by_whatever_came_last(self, db, length):
        for events in permutations(EVENTS, length):
            borrower, stops = Borrower.objects.create(name="x"), False
            for hour, (happen, effect) in enumerate(events):
                happen(borrower, NOON + timedelta(hours=hour))
                stops = stops if effect is None else effect

            assert (calls_refused_at(borrower.pk) is not None) is stops

    def test_counts_from_when_they_spoke_and_not_from_when_it_was_noted(self, amina):
        refuse(amina, NOON - timedelta(hours=1))
        ask_for_calls(amina, NOON + timedelta(hours=1))
        refuse(amina, NOON)

        assert calls_refused_at(amina.pk) is None
        assert "OPTED_OUT" not in reasons(amina)

    def test_said_twice_holds_since_the_last_time(self, amina):
        refuse(amina, NOON)
        ask_for_calls(amina, NOON + timedelta(days=1))
        refuse(amina, NOON + timedelta(days=2))

        assert calls_refused_at(amina.pk) == NOON + timedelta(days=2)

    def test_of_a_guarantor_is_not_that_of_the_borrower(self, amina, brook):
        refuse(amina, NOON, party="GUARANTOR")
        refuse(brook, NOON)

        assert calls_refused_at(amina.pk) is None

    def test_does_not_end_with_what_whoever_wants_to_call_notes(self, amina):
        refuse(amina, NOON)

        agree(amina, NOON + timedelta(hours=1))
        call_us(amina, NOON + timedelta(hours=2))

        assert calls_refused_at(amina.pk) == NOON
        assert "OPTED_OUT" in reasons(amina)

    @pytest.mark.parametrize("channel", ["VISIT", "LETTER"])
    def test_stops_visits_and_letters(self, amina, channel):
        agree_to_contact(borrower_id=amina.pk, consent=Consent.HOME, is_agreed=True, at=NOON, actor=CHIDI)
        assert reasons(amina, channel=channel) == []

        refuse(amina, NOON)

        assert reasons(amina, channel=channel) == ["OPTED_OUT"]

    def test_does_not_end_with_hours_taken_back(self, amina):
        agree(amina, NOON - timedelta(days=1))
        refuse(amina, NOON)

        agree_hours(borrower_id=amina.pk, hours=None, at=LATER, actor=CHIDI)

        assert calls_refused_at(amina.pk) == NOON

    def test_that_nobody_said_is_ended_by_nobody(self, amina):
        with pytest.raises(CallsNotStopped):
            want_calls(borrower_id=amina.pk, at=NOON, actor=CHIDI)
        assert not ContactPreference.objects.exists()
        assert not AuditRecord.objects.exists()


class TestWhatIsAgreed:
    ASKED = {Consent.HOME: {"channel": "VISIT"}, Consent.WORK: {"channel": "CALL", "party": "WORKPLACE"}}

    def agreed(self, borrower, consent, is_agreed=True, until=None) -> None:
        agree_to_contact(
            borrower_id=borrower.pk, consent=consent, is_agreed=is_agreed, until=until, at=NOON, actor=CHIDI
        )

    @pytest.mark.parametrize("consent", list(Consent))
    def test_opens_one_way_until_its_last_day(self, amina, consent):
        other = next(each for each in Consent if each != consent)
        assert "NO_CONSENT" in reasons(amina, **self.ASKED[consent])

        self.agreed(amina, consent, until=LATER.date())

        assert "NO_CONSENT" not in reasons(amina, **self.ASKED[consent])
        assert "NO_CONSENT" in reasons(amina, at=LATER + timedelta(days=1), **self.ASKED[consent])
        assert "NO_CONSENT" in reasons(amina, **self.ASKED[other])

    @pytest.mark.parametrize("consent", list(Consent))
    def test_is_taken_back_at_once(self, amina, consent):
        self.agreed(amina, consent)
        assert "NO_CONSENT" not in reasons(amina, at=NOON, **self.ASKED[consent])

        self.agreed(amina, consent, is_agreed=False)

        assert "NO_CONSENT" in reasons(amina, at=NOON, **self.ASKED[consent])
        actions = AuditRecord.objects.order_by("pk").values_list("action", "data")
        assert list(actions) == [
            ("messaging.contact_agreed", {"to": consent.value}),
            ("messaging.contact_agreement_withdrawn", {"to": consent.value}),
        ]

    def test_twice_changes_nothing_and_another_last_day_does(self, amina):
        for until in (None, None, LATER.date()):
            self.agreed(amina, Consent.HOME, until=until)

        assert AuditRecord.objects.count() == 2
        kept = ContactPreference.objects.get()
        assert (kept.home_agreed_at, kept.home_agreed_until, kept.work_agreed_at) == (NOON, LATER.date(), None)

    def test_is_not_agreed_for_a_day_that_is_over(self, amina):
        with pytest.raises(LastDayRefused) as refused:
            self.agreed(amina, Consent.WORK, until=NOON.date() - timedelta(days=1))

        assert refused.value.field == "work_until"
        assert not ContactPreference.objects.exists()
