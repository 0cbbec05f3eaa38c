"""Disputes of credit records: marked, left in peace, answered, noted anew, and a statement to what stands."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collections_mgmt.models import CreditRecordMonth, Dispute, Hold
from collections_mgmt.selectors.credit_records import credit_records
from collections_mgmt.services.asked import WordsMissing
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.disputes import (
    DisputeRefused,
    add_statement,
    answer_dispute,
    dispute_record,
    withdraw_dispute,
)
from dashu.audit.models import AuditRecord
from dashu.messaging.models import OutboxMessage
from dashu.users.models import User
from repayments.services.booking import LoanNotFound
from tests import factories

NOW = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()
FEBRUARY = date(2026, 2, 1)


@pytest.fixture
def loan(amina):
    """Its installment of 15 February is not paid at the end of the month."""
    made = factories.running_loan(amina)
    close_date(business_date=date(2026, 2, 28), today=date(2026, 3, 1))
    assert CreditRecordMonth.objects.get().code == "1"
    return made


@pytest.fixture
def sun(rules) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


def dispute(loan, month=FEBRUARY, *, words="I paid on the 14th.", borrower=None):
    return dispute_record(
        borrower_id=(borrower or loan.borrower).pk,
        loan_id=loan.pk,
        month=month,
        words=words,
        now=NOW,
        actor="user:1",
    )


def answer(found, user, *, is_corrected=False, words="The bank shows the 2nd of March."):
    return answer_dispute(dispute_id=found.pk, is_corrected=is_corrected, words=words, user=user, now=NOW)


class TestDispute:
    def test_is_kept_with_twenty_days_for_the_answer_and_a_hold(self, loan):
        found = dispute(loan, date(2026, 2, 17))

        assert (found.month, found.due_on, found.words) == (FEBRUARY, date(2026, 3, 22), "I paid on the 14th.")
        hold = Hold.objects.get()
        assert (hold.kind, hold.loan_id, hold.ends_on) == ("DISPUTE", loan.pk, None)
        assert OutboxMessage.objects.get(template="collections.dispute_received").params == {
            "reference": found.reference,
            "loan_number": loan.number,
            "due_on": "2026-03-22",
        }

    def test_marks_the_month_while_it_is_open(self, loan, sun):
        found = dispute(loan)

        def marks():
            [year] = credit_records([loan], today=TODAY)[loan.pk].years
            return [cell.month.month for cell in year.cells if cell.is_disputed]

        assert marks() == [2]
        answer(found, sun)
        assert marks() == []

    @pytest.mark.parametrize("month", [FEBRUARY, None])
    def test_objecting_again_while_it_is_open_is_the_same(self, loan, month):
        assert dispute(loan, month) == dispute(loan, month)

        assert Dispute.objects.count() == 1
        assert Hold.objects.count() == 1

    def test_of_a_month_that_is_not_noted_is_refused(self, loan):
        with pytest.raises(DisputeRefused) as refusal:
            dispute(loan, date(2026, 3, 1))

        assert refusal.value.field == "month"
        assert not Dispute.objects.exists()

    def test_of_another_persons_loan_is_not_found_and_leaves_no_trace(self, loan, brook):
        with pytest.raises(LoanNotFound):
            dispute(loan, borrower=brook)

        assert not Dispute.objects.exists()
        assert not Hold.objects.exists()

    def test_needs_words(self, loan):
        with pytest.raises(WordsMissing):
            dispute(loan, words="")

        assert not Hold.objects.exists()

    def test_taken_back_ends_the_hold_and_twice_is_once(self, loan):
        found = dispute(loan)

        withdraw_dispute(dispute_id=found.pk, now=NOW, actor="user:1")
        withdraw_dispute(dispute_id=found.pk, now=NOW + timedelta(days=1), actor="user:1")

        found.refresh_from_db()
        assert (found.outcome, found.answered_at) == ("WITHDRAWN", NOW)
        assert Hold.objects.get().ended_on == TODAY


class TestAnswer:
    def test_that_it_stands_says_why_and_ends_the_hold(self, loan, sun):
        found = answer(dispute(loan), sun)

        assert (found.outcome, found.answered_by, found.answer) == ("STANDS", sun, "The bank shows the 2nd of March.")
        assert Hold.objects.get().ended_on == TODAY
        assert OutboxMessage.objects.filter(template="collections.dispute_answered").count() == 1

    def test_that_it_is_corrected_notes_the_month_anew_from_the_corrected_loan(self, loan, sun):
        found = dispute(loan)
        factories.pay(loan, 1_100_16, date(2026, 2, 14), today=TODAY)

        answer(found, sun, is_corrected=True, words="Your payment counts from the 14th now.")

        assert CreditRecordMonth.objects.get().code == "N"
        found.refresh_from_db()
        assert found.outcome == "CORRECTED"
        kept = AuditRecord.objects.get(action="collections.dispute_answered")
        assert kept.data == {"outcome": "CORRECTED", "changed": {"2026-02": ["1", "N"]}}

    def test_that_it_is_corrected_is_refused_while_the_loan_is_as_it_was(self, loan, sun):
        found = dispute(loan)

        with pytest.raises(DisputeRefused, match="Correct the loan first"):
            answer(found, sun, is_corrected=True)

        found.refresh_from_db()
        assert found.is_open
        assert Hold.objects.get().ended_on is None


class TestStatement:
    def test_stands_beside_what_stands_and_can_be_changed(self, loan, sun):
        found = answer(dispute(loan), sun)

        add_statement(dispute_id=found.pk, words="The bank was closed.", now=NOW, actor="user:1")
        found.refresh_from_db()
        assert (found.statement, found.stated_at) == ("The bank was closed.", NOW)

        add_statement(dispute_id=found.pk, words="", now=NOW, actor="user:1")
        found.refresh_from_db()
        assert found.statement == ""

    def test_is_not_added_while_it_is_open(self, loan):
        found = dispute(loan)

        with pytest.raises(DisputeRefused):
            add_statement(dispute_id=found.pk, words="The bank was closed.", now=NOW, actor="user:1")

        found.refresh_from_db()
        assert found.statement == ""

    def test_is_at_most_500_characters_long(self, loan, sun):
        found = answer(dispute(loan), sun)

        with pytest.raises(DisputeRefused):
            add_statement(dispute_id=found.pk, words="x" * 501, now=NOW, actor="user:1")


class TestRecords:
    def test_what_is_late_stays_until_it_is_paid_and_then_five_years(self, loan):
        record = credit_records([loan], today=TODAY)[loan.pk]
        assert ([cell.code for cell in record.adverse], record.is_late, record.gone_on) == (["1"], True, None)

        factories.pay(loan, 1_200_00, TODAY)
        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))

        record = credit_records([loan], today=TODAY + timedelta(days=1))[loan.pk]
        assert (record.is_late, record.gone_on) == (False, date(2031, 3, 2))

    def test_asks_as_much_for_one_loan_as_for_five(self, amina, loan, django_assert_num_queries):
        loans = [loan, *(factories.running_loan(amina, starts_on=date(2026, 2, 1)) for _number in range(4))]

        for some in (loans[:1], loans):
            with django_assert_num_queries(4):
                credit_records(some, today=TODAY)
