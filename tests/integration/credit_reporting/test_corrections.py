"""What was told and is not true any more is told anew, once, with its cause."""

from datetime import date, timedelta

import pytest
from django.db import connection

from collections_mgmt.models import CreditRecordMonth
from collections_mgmt.services.disputes import add_statement, answer_dispute, dispute_record
from dashu.credit_reporting.models import RecordCorrection, ReportedRecord
from dashu.credit_reporting.services.find_corrections import find_corrections
from dashu.messaging.models import OutboxMessage
from dashu.users.models import User
from repayments.models import LoanEvent
from repayments.services.return_payment import return_payment
from tests import factories
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


def booked_on(day: date | None = None) -> None:
    """
    Have every event booked on the day on which it counts, and the newest one on this day.

    The database stamps events with the time of the test, which is none of the story.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE repayments_loanevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE repayments_loanevent SET posted_at = effective_on + interval '12 hours'")
        if day:
            newest = "id = (SELECT MAX(id) FROM repayments_loanevent)"
            cursor.execute(f"UPDATE repayments_loanevent SET posted_at = %s WHERE {newest}", [cases.at(day)])
        cursor.execute("ALTER TABLE repayments_loanevent ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def found(day: date = TODAY) -> int:
    return find_corrections(since=cases.at(day) - timedelta(days=5), now=cases.at(day), actor="system:test")


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

    def test_statement_goes_out_beside_what_stands_cut_to_its_length(self, dispute, sun):
        answer_dispute(dispute_id=dispute.pk, is_corrected=False, words="It came in March.", user=sun, now=NOW)
        add_statement(dispute_id=dispute.pk, words="银" * 250, now=NOW, actor="user:1")

        assert found() == 1
        cases.accepted(cases.corrected(TODAY), on=TODAY)

        assert ReportedRecord.objects.get(status="ACCEPTED").told["statement"] == "银" * 200
