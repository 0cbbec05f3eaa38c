import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from collections_mgmt.models import CloseRange, CloseRun, CollectionCase, OverdueChange, OverdueStatus
from collections_mgmt.services.close_day import DateNotOver, close_date, owed_dates, start_close, summary
from collections_mgmt.services.close_range import close_range
from collections_mgmt.services.reassess_loan import reassess_loan
from dashu.ledger.models import JournalEntry, Posting
from loans.models import Loan
from repayments.models import LoanBalance
from repayments.selectors.reconciliation import differences
from tests.factories import pay, running_loan, yuan

DUE = date(2026, 2, 15)


def close(day: date, *, today: date | None = None) -> CloseRun:
    return close_date(business_date=day, today=today or day + timedelta(days=1))


class TestOverdue:
    def test_the_due_day_is_day_0_and_the_next_is_day_1(self, loan):
        close(DUE)
        assert OverdueStatus.objects.overdue().exists() is False

        close(DUE + timedelta(days=1))

        status = OverdueStatus.objects.get(pk=loan.pk)
        assert (status.days_past_due, status.bucket, status.classification) == (1, "M1", "SPECIAL_MENTION")
        assert (status.principal_minor, status.interest_minor) == (92_016, 18_000)
        assert CollectionCase.objects.get().opened_on == DUE + timedelta(days=1)

    def test_a_payment_cures_and_the_next_close_closes_the_case(self, loan):
        close(DUE + timedelta(days=5))
        pay(loan, yuan(1_200), DUE + timedelta(days=6))

        close(DUE + timedelta(days=6))

        status = OverdueStatus.objects.get(pk=loan.pk)
        assert (status.days_past_due, status.bucket, status.penalty_minor) == (0, "CURRENT", 0)
        case = CollectionCase.objects.get()
        assert (case.status, case.closed_on) == ("CLOSED", DUE + timedelta(days=6))
        changes = OverdueChange.objects.order_by("changed_on").values_list("bucket_before", "bucket")
        assert list(changes) == [("CURRENT", "M1"), ("M1", "CURRENT")]

    def test_only_changes_are_written_as_history(self, loan):
        for after in range(1, 33):
            close(DUE + timedelta(days=after))

        changes = OverdueChange.objects.order_by("changed_on").values_list("changed_on", "bucket")
        assert list(changes) == [(DUE + timedelta(days=1), "M1"), (DUE + timedelta(days=31), "M2")]

    def test_a_payment_is_seen_before_the_next_close(self, loan):
        close(DUE + timedelta(days=5))
        pay(loan, yuan(1_200), DUE + timedelta(days=6))

        reassess_loan(loan_id=loan.pk, as_of=DUE + timedelta(days=6))

        assert OverdueStatus.objects.get(pk=loan.pk).days_past_due == 0
        assert CollectionCase.objects.get().status == "CLOSED"


class TestPenalty:
    def test_thirty_days_on_one_thousand_at_24_percent_cost_20(self, amina):
        loan = running_loan(amina, principal=yuan(12_000), annual_rate="0.21", product="sme")
        for after in range(1, 29):
            close(DUE + timedelta(days=after))

        # 28 days on 1,000.00 at 24%/360, before the next installment falls due
        assert LoanBalance.objects.get(pk=loan.pk).penalty_charged_minor == 1_866
        assert differences() == []

        close(DUE + timedelta(days=30))

        # 30 days on the first 1,000.00 = 20.00 and 2 days on the second = 1.33 (1.3333 with what the first left over)
        assert LoanBalance.objects.get(pk=loan.pk).penalty_charged_minor == 2_133


class TestIdempotence:
    def test_a_closed_date_stays_as_it_is(self, loan):
        day = DUE + timedelta(days=3)
        first = close(day)
        entries, postings = JournalEntry.objects.count(), Posting.objects.count()
        counts = summary(first)["counts"]

        again = close(day)

        assert again.pk == first.pk
        assert summary(again)["counts"] == counts
        assert (JournalEntry.objects.count(), Posting.objects.count()) == (entries, postings)
        assert list(owed_dates(to=day, today=day + timedelta(days=1))) == []

    def test_a_range_that_was_interrupted_is_closed_once(self, loan):
        day = DUE + timedelta(days=3)
        run = start_close(business_date=day)
        (item,) = run.ranges.all()
        close_range(range_id=item.pk, today=day)

        assert close_range(range_id=item.pk, today=day) is None
        assert close(day).status == CloseRun.Status.CLOSED
        assert JournalEntry.objects.filter(kind="ACCRUAL").count() == 1

    def test_missed_dates_are_caught_up_in_order(self, loan):
        close(DUE)

        days = list(owed_dates(to=DUE + timedelta(days=3), today=DUE + timedelta(days=4)))

        assert days == [DUE + timedelta(days=n) for n in (1, 2, 3)]

    def test_a_gap_of_days_accrues_as_much_as_closing_each_night(self, amina, brook):
        nightly = running_loan(amina)
        for after in range(1, 40):
            close(DUE + timedelta(days=after))
        at_once = running_loan(brook)
        CloseRun.objects.all().delete()
        close(DUE + timedelta(days=39))

        charged = [LoanBalance.objects.get(pk=loan.pk).penalty_parts for loan in (nightly, at_once)]
        assert charged[0] == charged[1] > 0

    def test_refuses_a_date_that_is_not_over(self):
        with pytest.raises(DateNotOver):
            next(owed_dates(to=DUE, today=DUE))


class TestQuarantine:
    def test_one_bad_loan_stands_alone_and_all_others_close(self, amina):
        good = [running_loan(amina) for _number in range(4)]
        bad = running_loan(amina)
        others = [running_loan(amina) for _number in range(3)]
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE collections_mgmt_overduestatus ADD CONSTRAINT poison CHECK (loan_id <> {bad.pk})"
            )

        run = close(DUE + timedelta(days=2))

        assert run.status == CloseRun.Status.CLOSED
        quarantined = run.ranges.get(status=CloseRange.Status.QUARANTINED)
        assert (quarantined.first_loan_id, quarantined.end_loan_id) == (bad.pk, bad.pk + 1)
        assert "poison" in quarantined.error
        overdue = set(OverdueStatus.objects.overdue().values_list("loan_id", flat=True))
        assert overdue == {loan.pk for loan in (*good, *others)}
        assert differences() == []


class TestCommand:
    def run(self, *args: str) -> list[dict]:
        out = StringIO()
        call_command("close_day", *args, stdout=out)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    def test_closes_and_prints_a_summary_line(self, loan):
        (line,) = self.run("--to", "2026-02-20")

        assert (line["business_date"], line["status"], line["counts"]["overdue"]) == ("2026-02-20", "CLOSED", 1)
        assert Loan.objects.get().overdue.days_past_due == 5
        assert self.run("--to", "2026-02-20") == [{"closed_to": "2026-02-20", "dates": 0}]

    @pytest.mark.parametrize(("to", "code"), [("2026-02-30", "invalid_date"), ("2199-01-01", "date_not_over")])
    def test_refuses_a_date_that_cannot_be_closed(self, loan, capsys, to, code):
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("close_day", "--to", to, stdout=out)

        assert json.loads(out.getvalue())["error"]["code"] == code
        assert CloseRun.objects.exists() is False
