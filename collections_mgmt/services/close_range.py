"""
Close one range of loans for one business date, in one database transaction.

The range's row is claimed by a conditional update and held by its lock, so a killed worker leaves the range waiting and
two workers never close it twice. A range that the database refuses is split until the bad loan stands alone; that loan
is quarantined with the reason, and all others close. Whatever else goes wrong leaves the range waiting, with the error,
for another attempt after a while.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, InternalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from collections_mgmt.models import CloseRange
from collections_mgmt.services import overdue_sql, portfolio_sql
from collections_mgmt.services.agreements_sql import decide_arrangements, decide_settlements
from collections_mgmt.services.behavior_sql import score_behavior
from collections_mgmt.services.credit_months_sql import is_month_end, write_credit_months
from collections_mgmt.services.moves_sql import note_moves
from collections_mgmt.services.promises_sql import decide_promises, remind_of_promises
from collections_mgmt.services.relief_sql import expire_offers, follow_plans, remind_of_offers
from collections_mgmt.services.reminders_sql import Plan, queue_reminders
from collections_mgmt.services.scales import scales_on
from collections_mgmt.services.signals_sql import refresh_signals
from collections_mgmt.services.snapshot.months_sql import known_now, write_loan_months
from collections_mgmt.services.warnings_sql import notice_of_loans
from dashu.alerts.services import raise_alert
from dashu.kernel.dates import LENDER_ZONE
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from repayments.services.autopay import announce_collections, request_collections

ACTOR = "system:close"
ALERT_AFTER = 3  # attempts

_PLACES = 4_711_003
_FOUND = ("status", "error", "ended_at", "counts", "seconds", "sums", "slices", "known_at")
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=10)


def close_next_range(*, run_id: int, today: date) -> CloseRange | None:
    """Close a range of the run, the one first that failed least often; None when none is to be had now."""
    return _close_one("item.run_id = %s", run_id, today=today)


def close_range(*, range_id: int, today: date) -> CloseRange | None:
    """
    Close the range, if it is its turn and nobody else is at it; None otherwise.

    It is not its turn when it is done, its run is paused, it failed a moment ago, or `CLOSE_AT_ONCE` others go on.

    :param today: reminders are queued only for this day or later, so that catching up sends nothing stale.
    """
    return _close_one("item.id = %s", range_id, today=today)


def _close_one(which: str, value: int, *, today: date) -> CloseRange | None:
    claimed: int | None = None
    try:
        with transaction.atomic():
            claimed = _claim(which, value) if _has_room() else None
            if claimed is None:
                return None
            item = CloseRange.objects.select_related("run").get(pk=claimed)
            _close(item, today=today)
            item.status, item.error, item.ended_at = CloseRange.Status.DONE, "", timezone.now()
            item.save(update_fields=_FOUND)
            return item
    except (DataError, IntegrityError, InternalError) as error:
        if claimed is None:
            raise
        return _split_or_quarantine(claimed, error)
    except Exception as error:
        if claimed is not None:
            _note_failure(claimed, error)
        raise


def _has_room() -> bool:
    """Take one of the places that the database has for closing, until the transaction ends."""
    with connection.cursor() as cursor:
        for place in range(settings.CLOSE_AT_ONCE):
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_PLACES, place])
            if cursor.fetchone()[0]:
                return True
    return False


def _claim(which: str, value: int) -> int | None:
    """Claim a range whose turn it is, and hold it by its row's lock; a dead worker lets go of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE collections_mgmt_closerange SET started_at = clock_timestamp()
            WHERE id = (
                SELECT item.id FROM collections_mgmt_closerange AS item
                JOIN collections_mgmt_closerun AS run ON run.id = item.run_id AND run.status = 'RUNNING'
                WHERE {which} AND item.status = 'WAITING' AND (item.next_at IS NULL OR item.next_at <= now())
                ORDER BY item.attempts, item.first_loan_id LIMIT 1
                FOR UPDATE OF item SKIP LOCKED
            )
            RETURNING id
            """,  # noqa: S608 – a constant of this module
            [value],
        )
        claimed = cursor.fetchone()
    return claimed[0] if claimed else None


@dataclass
class _Steps:
    """What each step of a range found, and the seconds it took."""

    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def do(self, name: str, work: Callable[..., Any], *args: Any, **how: Any) -> None:
        started = time.perf_counter()
        found = work(*args, **how)
        self.counts.update(found if isinstance(found, Mapping) else {name: found})
        self.seconds[name] = round(time.perf_counter() - started, 4)


def _close(item: CloseRange, *, today: date) -> None:
    on, steps = item.run.business_date, _Steps()
    within: Any = {"first": item.first_loan_id, "end": item.end_loan_id}
    scales = scales_on(on)
    with connection.cursor() as cursor:
        steps.do("touched", overdue_sql.touch_range, cursor, on=on, **within)
        steps.do(
            "accrued", overdue_sql.accrue, cursor, on=on, **within, description=f"Close {on}: accrual", actor=ACTOR
        )
        steps.do("overdue", overdue_sql.count_overdue, cursor, on=on, **within, scales=scales)
        steps.do("changed", overdue_sql.note_changes, cursor, on=on)
        steps.do("stored", overdue_sql.store_status, cursor)
        kept = policy.promise_kept(on)
        steps.do("promises", decide_promises, cursor, on=on, **within, kept=kept)
        steps.do("arrangements", decide_arrangements, cursor, on=on, **within, kept=kept)
        terms = policy.settlement_terms(on)
        steps.do("settlements", decide_settlements, cursor, on=on, **within, terms=terms, actor=ACTOR)
        steps.do("offers_expired", expire_offers, cursor, on=on, **within, actor=ACTOR)
        steps.do("plans", _follow_plans, cursor, on=on, **within)
        steps.do("cases_opened", overdue_sql.open_cases, cursor, on=on, scales=scales)
        steps.do("cases_escalated", overdue_sql.escalate_cases, cursor, on=on, scales=scales)
        steps.do("cases_closed", overdue_sql.close_cases, cursor, on=on)
        steps.do("signals", refresh_signals, cursor, on=on, **within)
        steps.do("warnings", _notice_of_loans, cursor, on=on, **within)
        if is_month_end(on):
            steps.do("behavior", _score_behavior, cursor, on=on, **within)
            steps.do("credit_months", _write_credit_months, cursor, on=on, **within)
        send_on = on + timedelta(days=1)
        if send_on >= today:
            not_before = morning_of(send_on)
            steps.do("collections", request_collections, on=send_on, **within)
            steps.do("notices", announce_collections, on=send_on, not_before=not_before, **within)
            steps.do("reminders", queue_reminders, cursor, reminder_plan(send_on, not_before), **within)
            steps.do("promise_reminders", remind_of_promises, cursor, on=send_on, not_before=not_before, **within)
            remind = partial(remind_of_offers, days_before=policy.relief_limits(send_on).remind_days)
            steps.do("offer_reminders", remind, cursor, on=send_on, not_before=not_before, **within)
        steps.do("portfolio", _sum_portfolio, cursor, item, scales)
        if is_month_end(on):
            steps.do("snapshot", _write_snapshot, cursor, item, scales)
            steps.do("moves", note_moves, cursor, on=on, **within, buckets=scales.buckets)
    item.counts, item.seconds = steps.counts, steps.seconds


def _sum_portfolio(cursor: CursorWrapper, item: CloseRange, scales: overdue_sql.Scales) -> dict[str, int]:
    sums = portfolio_sql.sum_range(
        cursor,
        on=item.run.business_date,
        first=item.first_loan_id,
        end=item.end_loan_id,
        buckets=scales.buckets,
        tiers=scales.tiers,
        stages=scales.stages,
    )
    item.sums, item.slices = sums.states, sums.slices
    return {"running": sum(row["loans"] for row in item.sums)}


def _write_snapshot(cursor: CursorWrapper, item: CloseRange, scales: overdue_sql.Scales) -> int:
    item.known_at = known_now()
    return write_loan_months(
        cursor,
        month_end=item.run.business_date,
        known_at=item.known_at,
        first=item.first_loan_id,
        end=item.end_loan_id,
        scales=scales,
    )


def _write_credit_months(cursor: CursorWrapper, *, on: date, first: int, end: int) -> int:
    try:
        codes = policy.credit_codes(on)
    except PolicyRuleMissing:  # of a country whose bureaus are told otherwise
        return 0
    return write_credit_months(cursor, on=on, first=first, end=end, codes=codes)


def _score_behavior(cursor: CursorWrapper, *, on: date, first: int, end: int) -> int:
    try:
        policy.early_warning(on)
    except PolicyRuleMissing:  # of a country where nothing would read the score
        return 0
    return score_behavior(cursor, month_end=on, first=first, end=end)


def _notice_of_loans(cursor: CursorWrapper, *, on: date, first: int, end: int) -> int:
    try:
        rules = policy.early_warning(on)
    except PolicyRuleMissing:  # of a country for which nobody has written thresholds yet
        return 0
    return notice_of_loans(cursor, on=on, first=first, end=end, rules=rules)


def _follow_plans(cursor: CursorWrapper, *, on: date, first: int, end: int) -> Mapping[str, int]:
    try:
        clocks = policy.relief_clocks(on)
    except PolicyRuleMissing:  # of a country where no relief is offered yet
        return {}
    return follow_plans(cursor, on=on, first=first, end=end, clocks=clocks, actor=ACTOR)


def reminder_plan(send_on: date, not_before: datetime, *, only: list[int] | None = None) -> Plan:
    """Return how the reminders of a day are chosen. :param only: the borrowers whom it is about; None for all."""
    return Plan(send_on, not_before, policy.reminder_schedule(send_on), policy.reminder_holdout(send_on), only)


def morning_of(day: date) -> datetime:
    opens = policy.contact_hours(day).opens
    return datetime.combine(day, opens, tzinfo=LENDER_ZONE) + timedelta(hours=1)


@transaction.atomic
def _split_or_quarantine(range_id: int, error: Exception) -> CloseRange | None:
    item = CloseRange.objects.select_for_update(of=("self",)).select_related("run").get(pk=range_id)
    if item.status != CloseRange.Status.WAITING:
        return None
    if item.end_loan_id - item.first_loan_id == 1:
        item.status, item.error, item.ended_at = CloseRange.Status.QUARANTINED, _in_words(error), timezone.now()
        item.save(update_fields=["status", "error", "ended_at"])
        raise_alert(
            "close.loan_quarantined",
            subject=f"loan {item.first_loan_id}",
            date=item.run.business_date,
            loan=item.first_loan_id,
            error=item.error,
        )
        return item
    middle = (item.first_loan_id + item.end_loan_id) // 2
    loans = item.loans - item.loans // 2
    CloseRange.objects.create(
        run_id=item.run_id, first_loan_id=middle, end_loan_id=item.end_loan_id, loans=item.loans - loans
    )
    item.end_loan_id, item.loans, item.attempts = middle, loans, 0
    item.save(update_fields=["end_loan_id", "loans", "attempts"])
    return item


def _note_failure(range_id: int, error: Exception) -> None:
    """Keep the error with the range and let it wait, longer each time; a database that is down notes nothing."""
    try:
        with transaction.atomic():
            item = CloseRange.objects.select_for_update(of=("self",)).select_related("run").get(pk=range_id)
            if item.status != CloseRange.Status.WAITING:
                return
            wait = min(_FIRST_WAIT * 2 ** min(item.attempts, 10), _LONGEST_WAIT)
            item.attempts, item.error, item.next_at = item.attempts + 1, _in_words(error), timezone.now() + wait
            item.save(update_fields=["attempts", "error", "next_at"])
            if item.attempts >= ALERT_AFTER:
                raise_alert(
                    "close.range_fails",
                    subject=str(item.run.business_date),
                    date=item.run.business_date,
                    loans=f"{item.first_loan_id}–{item.end_loan_id - 1}",
                    attempts=item.attempts,
                    error=item.error,
                )
    except DatabaseError:
        connection.close()


def _in_words(error: Exception) -> str:
    return str(error).strip() or type(error).__name__
