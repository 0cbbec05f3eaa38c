"""What kinds of holds do by themselves, looking at them again, and special care."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from collections_mgmt.contact_flags import register
from collections_mgmt.models import Hold, Vulnerability
from collections_mgmt.selectors.care import VULNERABLE, more_days, needing_care
from collections_mgmt.services.answer_help import answer_help
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.care import CareRefused, end_care, note_care, review_care, watch_care
from collections_mgmt.services.holds import HoldRefused, end_hold, expire_holds, place_hold, review_hold, watch_holds
from dashu.alerts.models import Alert
from dashu.audit.models import AuditRecord
from dashu.messaging import guard
from dashu.messaging.models import Purpose
from dashu.policy.models import PolicyRule
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from repayments.models import LoanEvent
from tests import factories

TODAY = date(2026, 3, 20)
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 20, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
ACTOR = "user:1"


@pytest.fixture
def sun(db) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


def place(loan, kind, *, starts_on=TODAY, ends_on=None, today=TODAY):
    return place_hold(
        loan_id=loan.pk, kind=kind, starts_on=starts_on, ends_on=ends_on, today=today, reason="told", actor=ACTOR
    )


def is_left_in_peace(borrower) -> bool:
    verdicts = guard.judge([borrower.pk], purpose=Purpose.REMINDER, at=NOON)[borrower.pk]
    return all("ON_HOLD" in verdict.reasons for verdict in verdicts)


def with_effects(kind, **changed):
    rule = PolicyRule.objects.get(pack="cn", code="holds.effects")
    rule.value[kind] |= changed
    rule.save()
    forget_rules()


class TestEffects:
    @pytest.mark.parametrize(
        ("kind", "contact", "mark"),
        [
            ("COMPLAINT", "LOAN", ""),
            ("DISPUTE", "LOAN", "DISPUTED"),
            ("BANKRUPTCY", "PERSON", "INSOLVENT"),
            ("VULNERABLE_REVIEW", "PERSON", ""),
        ],
    )
    def test_are_written_into_the_hold_when_it_is_placed(self, loan, amina, kind, contact, mark):
        hold = place(loan, kind)

        assert (hold.contact, hold.mark) == (contact, mark)
        assert is_left_in_peace(amina) is (contact == "PERSON")

    def test_follow_the_rule_of_the_day_and_stay_with_the_hold(self, loan, amina):
        with_effects("COMPLAINT", contact="person", pauses_count=False)
        hold = place(loan, "COMPLAINT")
        with_effects("COMPLAINT", contact="none")

        hold.refresh_from_db()
        assert (hold.contact, is_left_in_peace(amina)) == ("PERSON", True)
        assert not LoanEvent.objects.filter(loan=loan, kind="PAUSE").exists()

    def test_end_with_the_longest_days_of_the_kind(self, loan):
        hold = place(loan, "VULNERABLE_REVIEW")

        assert hold.ends_on == TODAY + 29 * DAY
        assert expire_holds(on=TODAY + 30 * DAY, actor=ACTOR) == 1
        hold.refresh_from_db()
        assert hold.ended_on == TODAY + 29 * DAY

    def test_refuse_a_last_day_beyond_them(self, loan):
        with pytest.raises(HoldRefused) as refusal:
            place(loan, "VULNERABLE_REVIEW", ends_on=TODAY + 30 * DAY)

        assert refusal.value.field == "ends_on"
        assert not Hold.objects.exists()


class TestLookingAgain:
    def test_alerts_on_the_day_and_ends_with_an_answer(self, loan):
        hold = place(loan, "BANKRUPTCY")
        on = TODAY + 90 * DAY

        assert (watch_holds(today=on - DAY), watch_holds(today=on)) == (0, 1)
        assert Alert.objects.get(kind="hold.to_review").ended_at is None
        review_hold(hold_id=hold.pk, today=on, reason="still with the court", actor=ACTOR)

        hold.refresh_from_db()
        assert hold.review_on == on + 90 * DAY
        assert Alert.objects.get(kind="hold.to_review").ended_at is not None
        assert AuditRecord.objects.get(action="collections.hold_reviewed").data["reason"] == "still with the court"

    def test_ending_it_notes_who_and_why(self, loan):
        hold = place(loan, "BANKRUPTCY")
        watch_holds(today=TODAY + 90 * DAY)

        end_hold(hold_id=hold.pk, ended_on=TODAY, today=TODAY, reason="closed by the court", actor="user:2")

        hold.refresh_from_db()
        assert (hold.end_reason, hold.ended_by) == ("closed by the court", "user:2")
        assert Alert.objects.get(kind="hold.to_review").ended_at is not None
        with pytest.raises(HoldRefused):
            review_hold(hold_id=hold.pk, today=TODAY, reason="late", actor=ACTOR)


class TestSpecialCare:
    def note(self, amina, sun, category="BEREAVEMENT", **more):
        given = {"is_specialist": False, "has_consented": False, **more}
        return note_care(borrower_id=amina.pk, category=category, user=sun, today=TODAY, **given)

    def test_is_told_by_the_statement_that_keeps_programs_from_calling(self, amina, sun):
        noted = self.note(amina, sun)
        with connection.cursor() as cursor:
            cursor.execute(VULNERABLE)
            assert cursor.fetchall() == [(amina.pk,)]
            end_care(care_id=noted.pk, user=sun, today=TODAY)
            cursor.execute(VULNERABLE)
            assert cursor.fetchall() == []

    def test_once_for_a_category_and_the_specialist_can_be_added(self, amina, sun):
        assert self.note(amina, sun) == self.note(amina, sun, is_specialist=True)

        assert needing_care([amina.pk]) == {amina.pk: True}

    def test_of_health_needs_consent(self, amina, sun):
        with pytest.raises(CareRefused) as refusal:
            self.note(amina, sun, "HEALTH")

        assert refusal.value.field == "has_consented"
        assert not Vulnerability.objects.exists()
        assert self.note(amina, sun, "HEALTH", has_consented=True).consented_on == TODAY

    def test_is_audited_without_its_reason(self, amina, sun):
        self.note(amina, sun)

        record = AuditRecord.objects.get(action="collections.care_noted")
        assert "BEREAVEMENT" not in str(record.data)

    def test_is_asked_about_again(self, amina, sun):
        noted = self.note(amina, sun)
        on = TODAY + 180 * DAY

        assert (watch_care(today=on - DAY), watch_care(today=on)) == (0, 1)
        review_care(care_id=noted.pk, user=sun, today=on)

        assert Alert.objects.get(kind="care.to_review").ended_at is not None
        assert Vulnerability.objects.get().review_on == on + 180 * DAY

    def test_gives_more_days_to_decide(self, loan, amina, sun):
        self.note(amina, sun)
        assert more_days(amina.pk, TODAY) == 7
        asked = ask_for_help(
            borrower_id=amina.pk,
            loan_ids=[loan.pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=None,
            words="",
            now=NOON,
            actor=ACTOR,
        )

        answer_help(request_id=asked.pk, is_possible=True, words="Three plans follow.", user=sun, now=NOON)

        assert Hold.objects.get().ends_on == TODAY + 21 * DAY

    def test_is_registered_as_a_flag_of_the_contact_guard(self, amina, sun):
        flags: dict[str, str] = {}

        register(flags.__setitem__)

        self.note(amina, sun)
        with connection.cursor() as cursor:
            cursor.execute(flags["vulnerable"])
            assert cursor.fetchall() == [(amina.pk,)]
