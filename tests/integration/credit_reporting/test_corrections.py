"""What was told and is not true any more is told anew, once, with its cause."""

from datetime import date, timedelta

import pytest
from django.db import connection

from collections_mgmt.models import CreditRecordMonth
from collections_mgmt.services.disputes import DisputeRefused, add_statement, answer_dispute, dispute_record
from collections_mgmt.services.missed_credit_months import write_missed_month
from dashu.alerts.models import Alert
from dashu.credit_reporting.models import CorrectionSearch, RecordCorrection, ReportedRecord
from dashu.credit_reporting.services import find_corrections as find_corrections_module
from dashu.credit_reporting.services import watch
from dashu.credit_reporting.services.find_corrections import Found, find_corrections
from dashu.messaging.models import OutboxMessage
from dashu.users.models import User
from repayments.models import LoanEvent
from repayments.services.return_payment import return_payment
from tests import factories
from tests.applicants import BROOKS_NUMBER
from tests.integration.credit_reporting import cases
from tests.integration.credit_reporting.cases import MONTHLY

FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
TODAY = date(2026, 3, 12)
NOW = cases.at(TODAY)


@pytest.fixture
def loan(amina):
    return cases.reported_loan(cases.known(amina))


@pytest.fixture
def late(loan):
    """February was told as late, after a notice, and accepted."""
    cases.told_in_time(FEBRUARY)
    cases.closed(date(2026, 2, 28))
    cases.accepted(cases.filed(FEBRUARY))
    return loan


@pytest.fixture
def paid(loan):
    """February was told as paid on time, and accepted."""
    factories.pay(loan, MONTHLY, date(2026, 2, 15), reference="P1")
    cases.closed(date(2026, 2, 28))
    cases.accepted(cases.filed(FEBRUARY))
    return loan


def booked_on(day: date | None = None, newest: int = 1) -> None:
    """
    Have every event booked on the day on which it counts, and the newest ones on this day.

    The database stamps events with the time of the test, which is none of the story.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE repayments_loanevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE repayments_loanevent SET posted_at = effective_on + interval '12 hours'")
        if day:
            latest = "id IN (SELECT id FROM repayments_loanevent ORDER BY id DESC LIMIT %s)"
            cursor.execute(f"UPDATE repayments_loanevent SET posted_at = %s WHERE {latest}", [cases.at(day), newest])
        cursor.execute("ALTER TABLE repayments_loanevent ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def found(day: date = TODAY) -> int:
    looked = find_corrections(since=cases.at(day) - timedelta(days=5), now=cases.at(day), actor="system:test")
    assert looked.left == []
    return looked.corrections


def records(loan) -> list[tuple[str, str, str]]:
    return list(ReportedRecord.objects.filter(loan=loan).order_by("pk").values_list("action", "status", "code"))


class TestPaymentInThePast:
    def test_corrects_the_month_that_was_told_as_late(self, late):
        factories.pay(late, MONTHLY, date(2026, 2, 14), today=TODAY)
        booked_on(TODAY)

        assert found() == 1
        correction = RecordCorrection.objects.get()
        assert (correction.cause, correction.month) == ("PAYMENT", FEBRUARY)
        assert correction.changed["code"] == ["1", "N"]
        assert correction.due_on == TODAY + timedelta(days=3)
        assert CreditRecordMonth.objects.get(loan=late, month=FEBRUARY).code == "N"

        file = cases.corrected(TODAY)
        assert (file.kind, file.totals["records"], file.totals["adverse"]) == ("CORRECTION", 1, 0)
        cases.accepted(file)
        assert records(late) == [("1", "CORRECTED", "1"), ("2", "ACCEPTED", "N")]
        assert OutboxMessage.objects.filter(template="credit_reporting.corrected").count() == 1

    def test_is_found_once(self, late):
        factories.pay(late, MONTHLY, date(2026, 2, 14), today=TODAY)
        booked_on(TODAY)

        assert [found(), found()] == [1, 0]
        cases.accepted(cases.corrected(TODAY))
        assert found() == 0
        assert cases.corrected(TODAY) is None

    def test_within_the_month_of_booking_changes_nothing_that_was_told(self, late):
        factories.pay(late, 1_200_00, TODAY)
        booked_on(TODAY)

        assert found() == 0


class TestReturnedPayment:
    def test_makes_the_month_adverse_only_once_the_borrower_was_told(self, paid):
        back_on = date(2026, 2, 17)
        return_payment(reference="P1", returned_on=back_on, today=TODAY, reason="no cover", actor="user:1")
        booked_on(TODAY)

        assert found() == 1
        assert LoanEvent.objects.filter(kind="REVERSAL").exists()
        assert cases.corrected(TODAY) is None  # nobody told them
        assert RecordCorrection.objects.get().record is None
        assert OutboxMessage.objects.filter(template="credit_reporting.month_held").count() == 1
        cases.notices_arrive(TODAY)

        file = cases.corrected(TODAY + timedelta(days=3))

        cases.accepted(file)
        assert records(paid) == [("1", "CORRECTED", "N"), ("2", "ACCEPTED", "1")]

    def test_of_a_later_month_leaves_what_was_true_then(self, paid):
        return_payment(reference="P1", returned_on=TODAY, today=TODAY, reason="no cover", actor="user:1")
        booked_on(TODAY)

        assert found() == 0


class TestDispute:
    @pytest.fixture
    def dispute(self, late):
        return dispute_record(
            borrower_id=late.borrower_id, loan_id=late.pk, month=FEBRUARY, words="I paid.", now=NOW, actor="user:1"
        )

    @pytest.fixture
    def sun(self, rules) -> User:
        return factories.staff("Sun", User.Role.SUPERVISOR)

    def marked(self) -> str:
        return ReportedRecord.objects.get(status="ACCEPTED").told["disputed"]

    def test_is_marked_with_the_bureau_within_three_days_and_unmarked_with_the_answer(self, dispute, sun):
        booked_on()
        assert found() == 1
        correction = RecordCorrection.objects.get()
        assert (correction.cause, correction.cause_reference) == ("DISPUTE", dispute.reference)
        assert correction.changed == {"disputed": ["0", "1"]}
        cases.accepted(cases.corrected(TODAY), on=TODAY)
        assert self.marked() == "1"

        answer_dispute(dispute_id=dispute.pk, is_corrected=False, words="It came in March.", user=sun, now=NOW)
        assert found() == 1
        cases.accepted(cases.corrected(TODAY), on=TODAY)
        assert self.marked() == "0"

    def test_that_was_right_corrects_the_month_and_takes_the_mark_off(self, late, dispute, sun):
        booked_on()
        found()
        cases.accepted(cases.corrected(TODAY), on=TODAY)
        factories.pay(late, MONTHLY, date(2026, 2, 14), today=TODAY)
        answer_dispute(dispute_id=dispute.pk, is_corrected=True, words="Booked to its day.", user=sun, now=NOW)
        booked_on(TODAY)

        assert found() == 1
        cases.accepted(cases.corrected(TODAY), on=TODAY)

        record = ReportedRecord.objects.get(status="ACCEPTED")
        assert (record.code, record.told["disputed"], record.cause) == ("N", "0", "DISPUTE")

    def test_statement_goes_out_whole_beside_what_stands(self, dispute, sun):
        answer_dispute(dispute_id=dispute.pk, is_corrected=False, words="It came in March.", user=sun, now=NOW)
        with pytest.raises(DisputeRefused):
            add_statement(dispute_id=dispute.pk, words="银" * 201, now=NOW, actor="user:1")
        add_statement(dispute_id=dispute.pk, words="银" * 200, now=NOW, actor="user:1")

        assert found() == 1
        cases.accepted(cases.corrected(TODAY), on=TODAY)

        assert ReportedRecord.objects.get(status="ACCEPTED").told["statement"] == "银" * 200


class TestTouchedTwice:
    def test_months_after_the_disputed_one_are_noted_anew_for_what_was_booked_back(self, loan):
        """A payment of March comes back while January is objected to: March is late by now, and corrected."""
        factories.pay(loan, MONTHLY, date(2026, 2, 15), reference="P1")
        cases.closed(date(2026, 2, 28))
        cases.accepted(cases.filed(FEBRUARY))
        factories.pay(loan, MONTHLY, date(2026, 3, 15), reference="P2")
        cases.closed(date(2026, 3, 31))
        cases.accepted(cases.filed(MARCH), on=date(2026, 4, 2))
        on = date(2026, 4, 12)
        dispute_record(
            borrower_id=loan.borrower_id, loan_id=loan.pk, month=FEBRUARY, words="No.", now=cases.at(on), actor="user:1"
        )
        return_payment(reference="P2", returned_on=date(2026, 3, 17), today=on, reason="no cover", actor="user:1")
        booked_on(on)

        assert found(on) == 2

        corrections = {each.month: each for each in RecordCorrection.objects.all()}
        assert (corrections[FEBRUARY].cause, corrections[FEBRUARY].changed) == ("DISPUTE", {"disputed": ["0", "1"]})
        assert (corrections[MARCH].cause, corrections[MARCH].changed["code"]) == ("PAYMENT", ["N", "1"])
        assert CreditRecordMonth.objects.get(loan=loan, month=MARCH).code == "1"


class TestSearch:
    def test_looks_from_where_it_came_to_and_once_a_day_at_what_is_held(self, late, monkeypatch):
        looked: list[tuple] = []
        monkeypatch.setattr(
            watch, "find_corrections", lambda *, since, now, actor: looked.append(since) or Found(0, [])
        )
        monkeypatch.setattr(watch, "build_corrections", lambda *, now, actor, with_held: looked.append(with_held))

        watch.correct_due(now=NOW)
        watch.correct_due(now=NOW + timedelta(hours=1))

        assert looked == [NOW - watch.LOOKED_BACK, True, NOW - watch.OVERLAP, False]

    def test_of_a_loan_that_cannot_be_compared_goes_on_with_the_others_and_tells_staff(self, late, brook, monkeypatch):
        other = cases.reported_loan(cases.known(brook, BROOKS_NUMBER))
        for each in (late, other):
            factories.pay(each, MONTHLY, date(2026, 2, 14), today=TODAY)
        booked_on(TODAY, newest=2)
        compare = find_corrections_module._compare

        def fails(telling, loan_id, touches, **rest):
            if loan_id == other.pk:
                raise RuntimeError("broken")
            return compare(telling, loan_id, touches, **rest)

        monkeypatch.setattr(find_corrections_module, "_compare", fails)

        assert watch.correct_due(now=NOW) == 1

        assert RecordCorrection.objects.get().loan == late
        assert Alert.objects.get(kind="credit_reporting.not_compared").params["loan"] == other.pk
        assert CorrectionSearch.objects.get().looked_until == NOW - watch.LOOKED_BACK


class TestHeldAgain:
    def test_month_noted_late_and_held_is_seen_and_taken_up(self, loan, brook):
        other = cases.known(brook, BROOKS_NUMBER)
        unagreed = factories.running_loan(other)
        for each in (loan, unagreed):
            factories.pay(each, MONTHLY, date(2026, 2, 15))
        cases.closed(date(2026, 2, 28))
        CreditRecordMonth.objects.filter(loan=unagreed).delete()  # the close had to leave it out
        file = cases.filed(FEBRUARY)
        write_missed_month(loan_id=unagreed.pk, month_end=date(2026, 2, 28))

        assert cases.corrected(TODAY) is None

        record = ReportedRecord.objects.get(loan=unagreed)
        file.refresh_from_db()
        assert (record.status, record.held_for, record.file, file.held) == ("HELD", ["NO_CONSENT"], file, 1)
        cases.agreed(unagreed, TODAY)
        late = cases.corrected(TODAY + timedelta(days=1))
        assert (late.totals["records"], records(unagreed)) == (1, [("3", "RELEASED", "N"), ("3", "IN_FILE", "N")])
