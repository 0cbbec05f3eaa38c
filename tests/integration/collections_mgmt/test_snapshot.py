"""The snapshot: what each night and each month's end keep, written anew from the book, and compared with it."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from io import StringIO
from itertools import chain

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet, Sum

from collections_mgmt.domain.desk_figures import GONE
from collections_mgmt.models import (
    BorrowerPlace,
    BucketMove,
    CloseRange,
    CloseRun,
    Dimension,
    HardshipRequest,
    LoanMonth,
    PortfolioDay,
    PortfolioMonth,
    PortfolioSlice,
    WarningLead,
)
from collections_mgmt.selectors.snapshot import Gap, days_there, gaps, latest_day, latest_month, months_there
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.scales import scales_on
from collections_mgmt.services.snapshot import facts_sql, missed_days
from collections_mgmt.services.snapshot.checking import differences_of_day, differences_of_month
from collections_mgmt.services.snapshot.facts_sql import Facts
from collections_mgmt.services.snapshot.lived import lived_facts
from collections_mgmt.services.snapshot.months_sql import MINOR, known_now, month_of, write_loan_months
from collections_mgmt.services.snapshot.partitions import ensure_month, name_of
from collections_mgmt.services.snapshot.rebuild import rebuild_day, rebuild_month
from collections_mgmt.services.snapshot.whole_months import SUMMED
from dashu.kernel.dates import midnight
from loans.models import Loan
from repayments.models import Installment, LoanBalance
from repayments.services.return_payment import return_payment
from tests.factories import partner, pay, running_loan, yuan
from tests.integration.repayments.lived_books import START, an_act, varied_loans

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in range(1, 5))
ENDS = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
OF_FACTS = {
    "principal_before_minor": "principal_before",
    **{f"{name}_minor": name for name in Facts.__dataclass_fields__ if f"{name}_minor" in MINOR},
    "status": "status",
    "days_past_due": "days",
    "effective_days_past_due": "effective_days",
    "annual_rate": "annual_rate",
    "is_prepaid": "is_prepaid",
}


def nights(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def close(first: date, last: date) -> None:
    for day in nights(first, last):
        close_date(business_date=day, today=day + timedelta(days=1))


@pytest.mark.parametrize("seed", range(2))
class TestABookOfManyLives:
    def test_is_kept_as_it_was_lived_and_written_anew_the_same(self, rules, seed):
        chance = random.Random(100 + seed)
        loans = varied_loans(chance)
        BorrowerPlace.objects.create(borrower=loans[0].borrower, region="CN-44", sector="RETAIL", noted_on=START)
        for number, day in enumerate(nights(START, ENDS[-1])):
            if chance.random() < 0.5:
                loan = chance.choice(loans)
                loan.refresh_from_db()
                an_act(chance, loan, day, number)
            close_date(business_date=day, today=day + timedelta(days=1))

        assert months_there() == [JANUARY, FEBRUARY, MARCH, APRIL]
        for month_end in ENDS:
            assert_lived(month_end)
            assert_summed(month_end.replace(day=1))
        for day in nights(START, ENDS[-1]):
            assert_slices_agree(day)

        kept = snapshot()
        LoanMonth.objects.all().update(principal_minor=1, worst_days_past_due=0)
        PortfolioMonth.objects.all().delete()
        PortfolioSlice.objects.filter(business_date__gte=MARCH).delete()
        for month_end in ENDS:
            rebuild_month(month_end=month_end)
        for day in nights(START, ENDS[-1]):
            rebuild_day(on=day)
        assert snapshot() == kept
        for month_end in ENDS:
            assert list(differences_of_month(month_end=month_end)) == []
        for day in nights(START, ENDS[-1]):
            assert list(differences_of_day(on=day)) == [], day


def assert_lived(month_end: date) -> None:
    """Every loan's row says what living through its events says, as was known then; no loan has a row without need."""
    item = CloseRange.objects.filter(run__business_date=month_end).first()
    assert item is not None
    assert item.known_at is not None
    rows = {row.loan_id: row for row in LoanMonth.objects.filter(month=month_end.replace(day=1))}
    for loan in Loan.objects.all():
        facts = lived_facts(loan, month_of(month_end, item.known_at))
        if facts is None:
            assert loan.pk not in rows
            continue
        money_came = any((facts.paid_principal, facts.paid_interest, facts.paid_fee, facts.paid_penalty))
        is_wanted = facts.is_new or "ACTIVE" in (facts.status_before, facts.status) or money_came or facts.recovered
        assert (loan.pk in rows) == bool(is_wanted), facts
        if is_wanted:
            row, lived = rows[loan.pk], asdict(facts)
            told = {name: getattr(row, name) for name in OF_FACTS}
            assert told == {name: lived[of_facts] for name, of_facts in OF_FACTS.items()}, (loan.pk, month_end)
            assert row.worst_days_past_due >= row.days_past_due


def assert_summed(month: date) -> None:
    """The sums are those of the rows, added up here in plain Python; each dimension adds up to the whole."""
    expected: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMMED, 0))
    for row in LoanMonth.objects.filter(month=month):
        is_behind = row.days_past_due > 0 and row.status == "ACTIVE"
        values = {
            Dimension.ALL: "", Dimension.REGION: row.region, Dimension.SECTOR: row.sector,
            Dimension.CHANNEL: row.channel, Dimension.RISK_BAND: row.risk_band,
            Dimension.VINTAGE: row.vintage.isoformat(), **({Dimension.CAUSE: row.cause} if is_behind else {}),
        }  # fmt: skip
        for dimension, value in values.items():
            sums = expected[row.product, row.currency, dimension.value, value, row.bucket_before, row.bucket]
            sums["loans"] += 1
            sums["prepaid_loans"] += row.is_prepaid
            sums["restructured_loans"] += row.is_restructured
            for days in (30, 60, 90):
                is_ever = row.worst_days_past_due > days
                sums[f"ever_{days}"] += is_ever
                sums[f"ever_{days}_original_minor"] += row.original_minor * is_ever
            for name in SUMMED[9:]:
                sums[name] += getattr(row, name)
    found = {
        (row.product, row.currency, row.dimension, row.value, row.bucket_before, row.bucket): {
            name: getattr(row, name) for name in SUMMED
        }
        for row in PortfolioMonth.objects.filter(month=month)
    }
    assert found == expected


def assert_slices_agree(day: date) -> None:
    of_days: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in PortfolioDay.objects.filter(business_date=day):
        parts = (row.loans, row.principal_minor, row.exposure_minor, row.overdue_minor)
        of_days[row.product, row.bucket] = [a + b for a, b in zip(of_days[row.product, row.bucket], parts, strict=True)]
    for dimension in set(Dimension) - {Dimension.CAUSE}:
        summed: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for part in PortfolioSlice.objects.filter(business_date=day, dimension=dimension):
            parts = (part.loans, part.principal_minor, part.exposure_minor, part.overdue_minor)
            key = part.product, part.bucket
            summed[key] = [a + b for a, b in zip(summed[key], parts, strict=True)]
        assert summed == of_days, (day, dimension)


def snapshot() -> list[tuple[object, ...]]:
    return list(
        chain(
            LoanMonth.objects.order_by("month", "loan_id").values_list(),
            PortfolioMonth.objects.order_by("pk").values_list(),
            PortfolioSlice.objects.order_by("pk").values_list(),
            PortfolioDay.objects.order_by("pk").values_list(),
        )
    )


class TestTheOverviewOfTheDesk:
    """It adds teams and strategies to the moves of the snapshot."""

    def test_counts_the_same_moves_between_buckets(self, loan, amina):
        running_loan(amina, starts_on=START, count=3)
        pay(loan, yuan(1_100), date(2026, 2, 14))
        close(START, ENDS[3])

        seen = set()
        for month_end in ENDS:
            seen.update(assert_the_same_moves(month_end))
        assert {("NEW", "CURRENT"), ("CURRENT", "M1"), ("M2", "M3")} <= seen

    def test_does_so_of_loans_that_were_corrected_back_into_the_month_before(self, loan, amina):
        gone = running_loan(amina, count=3)
        close(date(2026, 2, 10), ENDS[1])
        pay(loan, yuan("1100.16"), date(2026, 2, 15), today=date(2026, 3, 5))
        owed = Installment.objects.filter(loan=gone).aggregate(Sum("principal_minor"), Sum("interest_minor"))
        pay(gone, sum(owed.values()) + yuan(100), date(2026, 2, 20), today=date(2026, 3, 6))
        close(MARCH, ENDS[2])

        assert assert_the_same_moves(ENDS[2])["CURRENT", "M1"] == 1


def assert_the_same_moves(month_end: date) -> Counter[tuple[str, str]]:
    kept = PortfolioMonth.objects.filter(month=month_end.replace(day=1), dimension=Dimension.ALL)
    ran = [row for row in kept if not (row.bucket_before in GONE and row.bucket in GONE)]
    counted = Counter({(row.bucket_before, row.bucket): row.loans for row in ran})
    moves = BucketMove.objects.filter(month_end=month_end).values_list("bucket_before", "bucket", "loans")
    assert counted == Counter({(before, bucket): loans for before, bucket, loans in moves}), month_end
    return counted


class TestWhatIsLearnedLater:
    def test_does_not_change_a_month_that_is_written_anew(self, loan):
        close(date(2026, 2, 10), ENDS[1])
        pay(loan, yuan(1_100), date(2026, 2, 20), today=date(2026, 3, 5))
        before = LoanMonth.objects.filter(month=FEBRUARY).values().get()

        rebuild_month(month_end=ENDS[1])

        assert LoanMonth.objects.filter(month=FEBRUARY).values().get() == before
        assert before["paid_principal_minor"] == 0
        assert before["bucket"] == "M1"

    def test_is_in_the_month_that_is_written_as_is_known_now(self, loan):
        close(date(2026, 2, 10), ENDS[1])
        pay(loan, yuan("1100.16"), date(2026, 2, 20), today=date(2026, 3, 5))

        with connection.cursor() as cursor:
            now = {"month_end": ENDS[1], "known_at": known_now(), "first": 0, "end": 2**40}
            write_loan_months(cursor, **now, scales=scales_on(ENDS[1]))

        month = LoanMonth.objects.get(month=FEBRUARY)
        assert month.paid_principal_minor + month.paid_interest_minor + month.paid_penalty_minor == yuan("1100.16")
        assert month.principal_before_minor - month.paid_principal_minor == month.principal_minor

        (difference,) = (one for one in differences_of_month(month_end=ENDS[1]) if one.what == "loan")

        assert difference.key == f"2026-02 loan {loan.pk}"
        assert {"principal_minor", "paid_principal_minor", "overdue_minor"} <= {
            name for name, _kept, _found in difference.columns
        }

    def test_a_place_that_was_noted_later_is_said_to_be_without_history(self, loan):
        close(date(2026, 2, 27), ENDS[1])
        BorrowerPlace.objects.create(borrower=loan.borrower, region="CN-44", noted_on=ENDS[2])

        (difference,) = differences_of_month(month_end=ENDS[1])

        assert difference.columns == (("region", "", "CN-44"),)
        assert "history" in str(difference.why)


class TestAPayoutThatWasRecordedAfterItsMonth:
    """The loan is in no month before, so it begins in the month that is written next, with all that came since."""

    @pytest.mark.parametrize("is_lived", [False, True])
    def test_is_new_in_the_month_after_and_brings_what_was_paid_out(self, loan, amina, monkeypatch, is_lived):
        if is_lived:
            monkeypatch.setattr(facts_sql, "PLAIN", ("DISBURSED",))
        close(date(2026, 1, 30), ENDS[0])
        late = running_loan(amina, starts_on=date(2026, 1, 20))
        pay(late, yuan(300), date(2026, 1, 29), today=date(2026, 2, 2))
        close(FEBRUARY, MARCH)

        (row,) = LoanMonth.objects.filter(loan_id=late.pk)
        assert (row.month, row.vintage, row.bucket_before, row.bucket) == (FEBRUARY, JANUARY, "NEW", "M1")
        assert (row.disbursed_minor, row.principal_before_minor) == (late.principal_minor, 0)
        assert row.paid_principal_minor + row.paid_interest_minor == yuan(300)
        assert row.disbursed_minor - row.paid_principal_minor == row.principal_minor
        assert row.expected_minor == yuan("1100.16")
        assert_summed(FEBRUARY)

        kept = snapshot()
        rebuild_month(month_end=ENDS[1])
        assert snapshot() == kept
        assert list(differences_of_month(month_end=ENDS[1])) == []

    def test_is_so_of_the_first_loan_of_an_empty_book(self, amina):
        close(ENDS[0], ENDS[0])
        late = running_loan(amina, starts_on=date(2026, 1, 31))
        close(FEBRUARY, ENDS[1])

        row = LoanMonth.objects.get(loan_id=late.pk)
        assert (row.bucket_before, row.disbursed_minor) == ("NEW", late.principal_minor)

    def test_is_not_so_of_a_loan_that_ended_before_the_first_month_and_came_back(self, loan, amina):
        old = running_loan(amina, starts_on=date(2025, 12, 1), count=3)
        owed = Installment.objects.filter(loan=old).aggregate(Sum("principal_minor"), Sum("interest_minor"))
        paid = pay(old, sum(owed.values()), date(2026, 1, 1))
        close(date(2026, 2, 27), ENDS[1])
        return_payment(reference=paid.reference, returned_on=MARCH, today=MARCH, reason="BOUNCED", actor="test")
        close(MARCH, ENDS[2])

        (row,) = LoanMonth.objects.filter(loan_id=old.pk)
        assert (row.month, row.bucket_before, row.disbursed_minor) == (MARCH, "SETTLED", 0)


class TestMonthsThatWereNeverClosed:
    def test_are_a_gap_that_a_rebuild_fills_from_the_book(self, loan):
        close(date(2026, 3, 30), ENDS[2])
        assert (months_there(), latest_month(), latest_day()) == ([MARCH], MARCH, ENDS[2])
        assert gaps() == [Gap(JANUARY, FEBRUARY)]
        assert gaps(APRIL) == [Gap(JANUARY, FEBRUARY), Gap(APRIL, APRIL)]
        assert days_there(date(2026, 3, 1), ENDS[2]) == [date(2026, 3, 30), ENDS[2]]

        rebuild_month(month_end=ENDS[0])
        rebuild_month(month_end=ENDS[1])
        rebuild_day(on=ENDS[1])

        assert gaps() == []
        february = LoanMonth.objects.get(month=FEBRUARY)
        assert (february.bucket_before, february.bucket, february.days_past_due) == ("CURRENT", "M1", 13)
        assert february.expected_minor == yuan("1100.16")
        part = PortfolioSlice.objects.get(business_date=ENDS[1], dimension=Dimension.VINTAGE)
        assert (part.value, part.loans, part.overdue_minor) == ("2026-01-01", 1, yuan("1100.16"))

    def test_tell_who_came_back_in_a_month_that_was_closed(self, loan):
        pay(loan, yuan(2_300), date(2026, 3, 20))
        close(ENDS[2], ENDS[2])
        rebuild_month(month_end=ENDS[0])
        rebuild_month(month_end=ENDS[1])

        fell = PortfolioMonth.objects.filter(month=FEBRUARY, bucket_before="CURRENT", bucket="M1")
        assert set(fell.values_list("cured_1", "cured_2", "cured_3")) == {(1, 1, 1)}
        assert fell.count() == len(Dimension)
        assert list(differences_of_month(month_end=ENDS[1])) == []
        fell.filter(dimension=Dimension.ALL).update(cured_2=0)
        (difference,) = differences_of_month(month_end=ENDS[1])
        assert difference.key.endswith("CURRENT M1")

    def test_an_empty_book_has_none(self, rules):
        close(ENDS[0], ENDS[0])

        assert (months_there(), latest_month(), latest_day(), gaps()) == ([], None, None, [])


def poison(loan: Loan) -> QuerySet[LoanBalance]:
    """Make the penalty so large that charging another day overflows; return the balance, to heal it."""
    Loan.objects.filter(pk=loan.pk).update(penalty_cap_rate=None)
    balance = LoanBalance.objects.filter(pk=loan.pk)
    balance.update(penalty_parts=10**38 - 1, penalty_uncapped_parts=10**38 - 1)
    return balance


class TestALoanThatWasLeftOut:
    def test_has_its_month_once_it_is_closed_again(self, loan, amina):
        poisoned = running_loan(amina)
        poison(poisoned)
        close(ENDS[1], ENDS[1])
        assert list(LoanMonth.objects.values_list("loan_id", flat=True)) == [loan.pk]

        LoanBalance.objects.filter(pk=poisoned.pk).update(penalty_parts=0, penalty_uncapped_parts=0)
        close(MARCH, MARCH)

        rows = LoanMonth.objects.filter(month=FEBRUARY).order_by("loan_id").values_list("loan_id", "days_past_due")
        assert list(rows) == [(loan.pk, 13), (poisoned.pk, 13)]
        assert_summed(FEBRUARY)
        assert list(differences_of_month(month_end=ENDS[1])) == []

    def test_is_in_the_sums_of_the_days_that_it_missed(self, loan, amina):
        poisoned = poison(running_loan(amina))
        close(date(2026, 2, 27), ENDS[1])
        poisoned.update(penalty_parts=0, penalty_uncapped_parts=0)
        close(MARCH, MARCH)

        for day in (date(2026, 2, 27), ENDS[1], MARCH):
            of_day = PortfolioDay.objects.filter(business_date=day).aggregate(Sum("loans"), Sum("principal_minor"))
            assert of_day == {"loans__sum": 2, "principal_minor__sum": 2 * loan.principal_minor}
            assert_slices_agree(day)
            assert list(differences_of_day(on=day)) == []
        assert assert_the_same_moves(ENDS[1]) == {("CURRENT", "M1"): 2}

    def test_is_new_once_where_it_is_closed_again_at_the_end_of_the_month_after(self, loan, amina):
        poisoned = poison(running_loan(amina, starts_on=date(2026, 1, 5), first_due_on=date(2026, 1, 25)))
        close(ENDS[0], date(2026, 2, 27))
        assert list(LoanMonth.objects.values_list("loan_id", flat=True)) == [loan.pk]
        poisoned.update(penalty_parts=0, penalty_uncapped_parts=0)
        close(ENDS[1], ENDS[1])

        rows = LoanMonth.objects.exclude(loan_id=loan.pk).order_by("month").values_list("bucket_before", "bucket")
        assert list(rows) == [("NEW", "M1"), ("M1", "M2")]
        for month_end in ENDS[:2]:
            assert_summed(month_end.replace(day=1))
            assert list(differences_of_month(month_end=month_end)) == []

    def test_stops_no_night_where_its_month_cannot_be_written_even_then(self, loan, amina, monkeypatch):
        poisoned = running_loan(amina)
        poison(poisoned)
        close(ENDS[1], ENDS[1])
        LoanBalance.objects.filter(pk=poisoned.pk).update(penalty_parts=0, penalty_uncapped_parts=0)
        with monkeypatch.context() as patch:
            patch.setattr(missed_days, "write_piece", lambda *_args: 1 // 0)
            close(MARCH, MARCH)

        assert CloseRun.objects.get(business_date=MARCH).status == CloseRun.Status.CLOSED
        left = CloseRange.objects.get(first_loan_id=poisoned.pk, run__business_date=ENDS[1], status="QUARANTINED")
        assert "division" in left.error
        close(MARCH + timedelta(days=1), MARCH + timedelta(days=1))
        assert LoanMonth.objects.filter(month=FEBRUARY, loan_id=poisoned.pk).exists()


class TestPartitions:
    def test_rows_land_in_that_of_their_month(self, loan):
        close(ENDS[1], MARCH)

        with connection.cursor() as cursor:
            cursor.execute("SELECT tableoid::regclass::text FROM collections_mgmt_loanmonth")
            assert cursor.fetchall() == [(name_of("collections_mgmt_loanmonth", FEBRUARY),)]
            cursor.execute(
                "SELECT DISTINCT business_date, tableoid::regclass::text"
                " FROM collections_mgmt_portfolioslice ORDER BY 1"
            )
            names = [name_of("collections_mgmt_portfolioslice", month) for month in (FEBRUARY, MARCH)]
            assert cursor.fetchall() == list(zip((ENDS[1], MARCH), names, strict=True))

    def test_are_made_once(self, rules):
        ensure_month(FEBRUARY)
        ensure_month(FEBRUARY)

    def test_the_sums_of_ranges_are_let_go_once_a_later_date_is_closed(self, loan):
        close(ENDS[0], FEBRUARY)

        assert [bool(item.slices) for item in CloseRange.objects.order_by("run__business_date")] == [False, True]
        assert PortfolioSlice.objects.filter(business_date=ENDS[0]).exists()


class TestTheCommand:
    def test_says_what_it_wrote_and_what_differs(self, loan):
        close(date(2026, 2, 27), ENDS[1])
        LoanMonth.objects.update(principal_minor=1)

        with pytest.raises(SystemExit) as stopped:
            told("--from", "2026-02", "--to", "2026-02", "--check", "--days")
        assert stopped.value.code == 1

        assert told("--from", "2026-02", "--to", "2026-02")[0] == {"rebuilt": "2026-02-28", "rows": 1, "pieces": 1}
        checked = told("--from", "2026-02", "--to", "2026-02", "--check")
        assert checked == [{"checked": "2026-02", "differences": 0}]

    def test_refuses_a_date_whose_close_goes_on(self, loan):
        close(ENDS[1], ENDS[1])
        CloseRun.objects.update(status=CloseRun.Status.RUNNING)

        with pytest.raises(SystemExit):
            told("--from", "2026-02", "--to", "2026-02")

    def test_refuses_what_is_no_month(self, loan):
        with pytest.raises(SystemExit):
            told("--from", "spring")


def told(*arguments: str) -> list[dict[str, object]]:
    out = StringIO()
    call_command("rebuild_snapshot", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


class TestWhyALoanIsBehind:
    def test_is_what_the_borrower_said_before_what_a_warning_noted(self, loan, amina):
        WarningLead.objects.create(borrower=amina, opened_on=date(2026, 2, 20), cause="SPENDING")
        close(ENDS[1], ENDS[1])
        assert LoanMonth.objects.get(month=FEBRUARY).cause == "SPENDING"

        HardshipRequest.objects.create(
            borrower=amina, cause="INCOME", asked_at=midnight(date(2026, 2, 10)), due_on=date(2026, 2, 25)
        )
        rebuild_month(month_end=ENDS[1])

        assert LoanMonth.objects.get(month=FEBRUARY).cause == "INCOME"
        (behind,) = PortfolioMonth.objects.filter(dimension=Dimension.CAUSE)
        assert (behind.value, behind.bucket, behind.loans) == ("INCOME", "M1", 1)

    def test_is_nothing_for_a_loan_that_is_not(self, loan, amina):
        WarningLead.objects.create(borrower=amina, opened_on=date(2026, 1, 20), cause="SPENDING")

        close(ENDS[0], ENDS[0])

        assert LoanMonth.objects.get(month=JANUARY).cause == ""
        assert not PortfolioMonth.objects.filter(month=JANUARY, dimension=Dimension.CAUSE).exists()


class TestDimensions:
    def test_come_from_the_borrower_the_way_it_came_and_when(self, amina):
        BorrowerPlace.objects.create(borrower=amina, region="CN-44", sector="RETAIL", noted_on=START)
        running_loan(amina, brought_by=partner("Dana"))
        taken_over = running_loan(amina, starts_on=date(2026, 2, 2))
        Loan.objects.filter(pk=taken_over.pk).update(source="elsewhere", external_id="1")

        close(ENDS[1], ENDS[1])

        parts: Counter[tuple[str, str]] = Counter()
        for part in PortfolioSlice.objects.exclude(dimension=""):
            parts[part.dimension, part.value] += part.loans
        assert sorted((*key, loans) for key, loans in parts.items()) == [
            ("channel", "PARTNER", 1), ("channel", "TAKEOVER", 1), ("region", "CN-44", 2), ("risk_band", "", 2),
            ("sector", "RETAIL", 2), ("vintage", "2026-01-01", 1), ("vintage", "2026-02-01", 1),
        ]  # fmt: skip
        months = LoanMonth.objects.order_by("loan_id").values_list("channel", "region", "sector", "months_on_book")
        assert list(months) == [("PARTNER", "CN-44", "RETAIL", 1), ("TAKEOVER", "CN-44", "RETAIL", 0)]
