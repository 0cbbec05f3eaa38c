"""Closed periods: what is written later is reported later, whoever writes it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Event

import pytest
from django.db import IntegrityError, connection, transaction

from dashu.audit.models import AuditRecord
from dashu.kernel.errors import DomainError
from dashu.ledger import periods
from dashu.ledger.models import AccountingPeriod, ClosingBalance, JournalEntry
from dashu.ledger.periods import (
    BooksBusy,
    NotAMonthEnd,
    PeriodNotOver,
    PeriodOutOfOrder,
    ReasonMissing,
    close_period,
    locked_through,
    next_month_end,
    preview_close,
    reopen_period,
)
from dashu.ledger.selectors import balance_of, trial_balance
from dashu.ledger.services import Entry, credit, debit, post, post_many, reverse
from tests.integration.ledger.test_guards import run

FEBRUARY, MARCH, APRIL = date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)
TODAY = date(2026, 5, 3)


def move(on: date, amount: int = 100_00, *, currency: str = "CNY") -> int:
    return post(
        effective_on=on,
        description=f"On {on}",
        kind="TEST",
        actor="user:1",
        currency=currency,
        lines=[debit("1001", amount), credit("1301.02", amount)],
    )


def close(through: date, *, today: date = TODAY) -> AccountingPeriod:
    return close_period(through=through, today=today, reason="Month end", actor="user:9")


def reported(entry_id: int) -> date:
    return JournalEntry.objects.get(pk=entry_id).accounting_day


class BookNotReady(DomainError):
    code = "book_not_ready"


def refuse_march(through: date) -> None:
    if through == MARCH:
        raise BookNotReady("March is not ready.")


@pytest.mark.django_db
class TestAccountingDay:
    def test_is_the_value_date_while_its_period_is_open(self):
        assert reported(move(date(2026, 3, 7))) == date(2026, 3, 7)

    def test_is_the_first_open_day_once_the_period_is_closed(self):
        close(MARCH)

        moved = {on: reported(move(on)) for on in (date(2026, 1, 5), MARCH, date(2026, 4, 1), date(2026, 4, 9))}

        assert moved == {
            date(2026, 1, 5): date(2026, 4, 1),
            MARCH: date(2026, 4, 1),
            date(2026, 4, 1): date(2026, 4, 1),
            date(2026, 4, 9): date(2026, 4, 9),
        }
        assert balance_of("1001", as_of=MARCH) == 200_00  # the value date still counts for the loan

    def test_is_given_to_each_of_many_entries_and_to_a_reversal(self):
        before = move(date(2026, 3, 7))
        close(MARCH)

        lines = [debit("1001", 5), credit("1301", 5)]
        ids = post_many(entries=[Entry(day, "x", "TEST", lines) for day in (MARCH, APRIL)], actor="user:1")
        undone = reverse(entry_id=before, effective_on=date(2026, 3, 7), reason="Slip", actor="user:1")

        assert [reported(pk) for pk in (*ids, undone)] == [date(2026, 4, 1), APRIL, date(2026, 4, 1)]

    def test_of_an_entry_older_than_the_column_is_its_value_date(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_journalentry DISABLE TRIGGER USER")
            entry_id = move(date(2026, 3, 7))
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE ledger_journalentry ENABLE TRIGGER USER")

        entry = JournalEntry.objects.get(pk=entry_id)
        assert (entry.accounting_on, entry.accounting_day) == (None, date(2026, 3, 7))
        assert [line.debit_minor for line in trial_balance(date(2026, 3, 6))] == []
        assert [line.debit_minor for line in trial_balance(date(2026, 3, 7))] == [100_00, 0, 0]

    @pytest.mark.parametrize("day", ["2026-03-31", "2020-01-01"])
    def test_inside_a_closed_period_is_refused_to_raw_sql(self, day):
        close(MARCH)

        locked = r"^ledger_period_locked: .* first open day is 2026-04-01"
        with pytest.raises(IntegrityError, match=locked), transaction.atomic():
            run(
                "INSERT INTO ledger_journalentry (effective_on, accounting_on, description, kind, actor)"
                " VALUES ('2026-04-02', %s, 'By hand', 'TEST', 'test')",
                [day],
            )

        assert JournalEntry.objects.exists() is False

    def test_that_is_open_may_be_named_by_raw_sql(self):
        close(MARCH)

        ((day,),) = run(
            "INSERT INTO ledger_journalentry (effective_on, accounting_on, description, kind, actor)"
            " VALUES ('2026-03-02', '2026-04-20', 'By hand', 'TEST', 'test') RETURNING accounting_on"
        )

        assert day == date(2026, 4, 20)
        transaction.set_rollback(True)  # it has no postings


@pytest.mark.django_db
class TestClosePeriod:
    def test_keeps_what_was_locked(self):
        move(date(2026, 1, 5), 50_00)
        move(date(2026, 3, 5), 70_00)
        move(date(2026, 3, 6), 3_00, currency="USD")
        close(FEBRUARY)

        period = close(MARCH)

        assert (period.starts_on, period.through, period.entries) == (date(2026, 3, 1), MARCH, 2)
        assert period.totals == {
            "CNY": {"debit_minor": 70_00, "credit_minor": 70_00},
            "USD": {"debit_minor": 3_00, "credit_minor": 3_00},
        }
        assert set(
            ClosingBalance.objects.filter(period=period).values_list(
                "account", "currency", "debit_minor", "credit_minor"
            )
        ) == {
            ("1001", "CNY", 120_00, 0),
            ("1301.02", "CNY", 0, 120_00),
            ("1001", "USD", 3_00, 0),
            ("1301.02", "USD", 0, 3_00),
        }
        assert (period.closed_by, period.reason, locked_through()) == ("user:9", "Month end", MARCH)
        record = AuditRecord.objects.get(action="ledger.period_closed", subject_id="2026-03-31")
        assert (record.actor, record.data["entries"]) == ("user:9", 2)

    @pytest.mark.parametrize(
        ("through", "today", "refusal"),
        [
            (date(2026, 3, 30), TODAY, NotAMonthEnd),
            (MARCH, MARCH, PeriodNotOver),
            (APRIL, date(2026, 4, 2), PeriodNotOver),
            (APRIL, TODAY, PeriodOutOfOrder),
            (FEBRUARY, TODAY, PeriodOutOfOrder),
            (date(2026, 1, 31), TODAY, PeriodOutOfOrder),
        ],
    )
    def test_refuses_a_day_that_is_not_due(self, through, today, refusal):
        close(FEBRUARY)

        with pytest.raises(refusal):
            close(through, today=today)

        assert locked_through() == FEBRUARY
        assert AccountingPeriod.objects.count() == 1

    def test_refuses_without_a_reason(self):
        with pytest.raises(ReasonMissing):
            close_period(through=MARCH, today=TODAY, reason="  ", actor="user:9")

        assert AccountingPeriod.objects.exists() is False

    def test_refuses_what_a_check_refuses(self, settings):
        settings.LEDGER_CLOSE_CHECKS = [f"{__name__}.refuse_march"]
        close(FEBRUARY)

        with pytest.raises(BookNotReady):
            close(MARCH)

        assert locked_through() == FEBRUARY

    def test_proposes_the_month_that_is_due(self):
        assert next_month_end(today=TODAY) == APRIL
        close(FEBRUARY)
        assert next_month_end(today=TODAY) == MARCH

    def test_preview_says_what_would_be_locked_and_what_stands_against_it(self, settings):
        settings.LEDGER_CLOSE_CHECKS = [f"{__name__}.refuse_march"]
        move(date(2026, 1, 5), 50_00)
        close(FEBRUARY)
        move(date(2026, 3, 5), 70_00)

        preview = preview_close(through=MARCH, today=MARCH)

        assert (preview.starts_on, preview.through, preview.entries) == (date(2026, 3, 1), MARCH, 1)
        assert {currency: total.debit_minor for currency, total in preview.totals.items()} == {"CNY": 70_00}
        assert [refusal.code for refusal in preview.refusals] == ["period_not_over", "book_not_ready"]
        assert locked_through() == FEBRUARY

    @pytest.mark.parametrize(
        "change",
        [
            "DELETE FROM ledger_accountingperiod",
            "TRUNCATE ledger_accountingperiod CASCADE",
            "UPDATE ledger_accountingperiod SET through = '2026-01-31'",
            "UPDATE ledger_accountingperiod SET reopened_at = now(), through = '2026-01-31'",
            "UPDATE ledger_closingbalance SET debit_minor = 0",
            "DELETE FROM ledger_closingbalance",
        ],
    )
    def test_cannot_be_undone_behind_its_back(self, change):
        move(date(2026, 1, 5))
        close(FEBRUARY)
        connection.check_constraints()

        with pytest.raises(IntegrityError, match=r"^ledger_(is_append_only|period_is_kept)"), transaction.atomic():
            run(change)

        assert locked_through() == FEBRUARY


@pytest.mark.django_db
class TestReopenPeriod:
    def test_opens_the_newest_and_leaves_what_was_moved_where_it_is(self):
        close(FEBRUARY)
        close(MARCH)
        moved = move(date(2026, 3, 20))

        reopen_period(through=MARCH, reason="Invoice forgotten", actor="user:9")

        assert (locked_through(), reported(moved)) == (FEBRUARY, date(2026, 4, 1))
        assert reported(move(date(2026, 3, 20))) == date(2026, 3, 20)
        record = AuditRecord.objects.get(action="ledger.period_reopened")
        assert (record.subject_id, record.actor, record.data) == (
            "2026-03-31",
            "user:9",
            {"reason": "Invoice forgotten"},
        )

    def test_lets_the_period_be_closed_again_with_what_came_since(self):
        move(date(2026, 3, 5), 70_00)
        close(MARCH)
        reopen_period(through=MARCH, reason="Invoice forgotten", actor="user:9")
        move(date(2026, 3, 20), 30_00)

        period = close(MARCH)

        assert period.totals == {"CNY": {"debit_minor": 100_00, "credit_minor": 100_00}}
        assert AccountingPeriod.objects.count() == 2
        assert trial_balance(MARCH)[0].balance_minor == 100_00

    @pytest.mark.parametrize("through", [FEBRUARY, date(2026, 1, 31), APRIL])
    def test_refuses_any_other(self, through):
        close(FEBRUARY)
        close(MARCH)

        with pytest.raises(PeriodOutOfOrder):
            reopen_period(through=through, reason="x", actor="user:9")

        assert locked_through() == MARCH

    def test_refuses_without_a_reason(self):
        close(MARCH)

        with pytest.raises(ReasonMissing):
            reopen_period(through=MARCH, reason="", actor="user:9")

        assert locked_through() == MARCH


@pytest.mark.django_db(transaction=True)
class TestTwoConnections:
    """A posting and a close at once: whichever comes first, nothing is reported in a period after it closed."""

    def test_a_close_waits_for_the_entry_that_began_before_it(self):
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                entry_id = move(date(2026, 3, 9))
                closing = pool.submit(in_own_connection, lambda: close(MARCH))
                wait_until_waiting("pg_advisory_xact_lock")
                assert closing.done() is False
            period = closing.result(timeout=20)

        assert reported(entry_id) == date(2026, 3, 9)
        assert (period.entries, period.totals["CNY"]["debit_minor"]) == (1, 100_00)

    def test_an_entry_that_began_after_it_is_reported_on_the_first_open_day(self):
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                period = close(MARCH)
                posting = pool.submit(in_own_connection, lambda: move(date(2026, 3, 9)))
                wait_until_waiting("INSERT INTO ledger_journalentry")
                assert posting.done() is False
            entry_id = posting.result(timeout=20)

        assert reported(entry_id) == date(2026, 4, 1)
        assert period.entries == 0

    def test_two_closes_at_once_close_one_month(self):
        go = Event()

        def close_after_the_start():
            go.wait(timeout=10)
            return close(MARCH)

        with ThreadPoolExecutor(2) as pool:
            closes = [pool.submit(in_own_connection, close_after_the_start, True) for _number in range(2)]
            go.set()
            results = [closing.result(timeout=20) for closing in closes]

        assert sorted(type(result).__name__ for result in results) == ["AccountingPeriod", "PeriodOutOfOrder"]
        assert AccountingPeriod.objects.count() == 1

    def test_a_close_gives_up_when_a_booking_takes_too_long(self, monkeypatch):
        monkeypatch.setattr(periods, "_PATIENCE", "100ms")
        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            move(date(2026, 3, 9))
            result = pool.submit(in_own_connection, lambda: close(MARCH), True).result(timeout=20)

        assert type(result) is BooksBusy
        assert AccountingPeriod.objects.exists() is False


def in_own_connection(work, keeps_refusal=False):
    try:
        return work()
    except DomainError as refusal:
        if not keeps_refusal:
            raise
        return refusal
    finally:
        connection.close()


def wait_until_waiting(statement: str) -> None:
    """Return once another connection waits for a lock in this statement."""
    for _attempt in range(2_000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                " AND query LIKE %s",
                [f"%{statement}%"],
            )
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.005)")
    raise AssertionError(f"nobody waits in {statement}")
