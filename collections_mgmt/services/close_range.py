"""
Close one range of loans for one business date, in one database transaction.

The range's row is claimed by locking it, so a killed worker leaves the range waiting, and two workers never close it
twice. A range that the database refuses is split until the bad loan stands alone; that loan is quarantined with the
reason, and all others close.
"""

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import DataError, IntegrityError, InternalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from collections_mgmt.models import CloseRange
from collections_mgmt.services import overdue_sql, portfolio_sql
from collections_mgmt.services.reminders_sql import queue_reminders
from dashu.finance.arrears import Scale
from dashu.kernel.dates import LENDER_ZONE
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from loans.models import Product

ACTOR = "system:close"


def close_range(*, range_id: int, today: date) -> CloseRange | None:
    """
    Close the range if it still waits and nobody else is at it; None otherwise.

    :param today: reminders are queued only for this day or later, so that catching up sends nothing stale.
    """
    try:
        with transaction.atomic():
            item = (
                CloseRange.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("run")
                .filter(pk=range_id, status=CloseRange.Status.WAITING)
                .first()
            )
            if item is None:
                return None
            _close(item, today=today)
            item.status = CloseRange.Status.DONE
            item.save(update_fields=["status", "counts", "seconds", "sums"])
            return item
    except (DataError, IntegrityError, InternalError) as error:
        return _split_or_quarantine(range_id, error)


def _close(item: CloseRange, *, today: date) -> None:
    on = item.run.business_date
    first, end = item.first_loan_id, item.end_loan_id
    counts: dict[str, int] = {}
    seconds: dict[str, float] = {}

    def step(name: str, work: Callable[[CursorWrapper], Any]) -> None:
        started = time.perf_counter()
        result = work(cursor)
        counts.update(result if isinstance(result, dict) else {name: result})
        seconds[name] = round(time.perf_counter() - started, 4)

    def portfolio(cursor: CursorWrapper) -> dict[str, int]:
        item.sums = portfolio_sql.sum_range(
            cursor, on=on, first=first, end=end, buckets=buckets, tiers=tiers, stages=impairment_stages(on)
        )
        return {"running": sum(row["loans"] for row in item.sums)}

    with connection.cursor() as cursor:
        step("touched", lambda c: overdue_sql.touch_range(c, on=on, first=first, end=end))
        step(
            "accrued",
            lambda c: overdue_sql.accrue(
                c, on=on, first=first, end=end, description=f"Close {on}: accrual", actor=ACTOR
            ),
        )
        buckets, tiers = policy.delinquency_buckets(on), classification_tables(on)
        step(
            "overdue",
            lambda c: overdue_sql.refresh_overdue(c, on=on, first=first, end=end, buckets=buckets, tiers=tiers),
        )
        step("cases", lambda c: overdue_sql.open_and_close_cases(c, on=on))
        send_on = on + timedelta(days=1)
        if send_on >= today:
            opens = policy.contact_hours(send_on).opens
            not_before = datetime.combine(send_on, opens, tzinfo=LENDER_ZONE) + timedelta(hours=1)
            step(
                "reminders",
                lambda c: queue_reminders(
                    c,
                    send_on=send_on,
                    not_before=not_before,
                    days=policy.reminder_days(send_on),
                    first=first,
                    end=end,
                ),
            )
        step("portfolio", portfolio)
    item.counts, item.seconds = counts, seconds


def impairment_stages(on: date) -> Scale | None:
    """Return the stages by days past due, None where the lender's pack has none."""
    try:
        return policy.impairment_stages(on).by_days
    except PolicyRuleMissing:
        return None


def classification_tables(on: date) -> dict[str, Any]:
    return {kind: policy.five_tier(kind, on) for kind in Product.Kind.values}


@transaction.atomic
def _split_or_quarantine(range_id: int, error: Exception) -> CloseRange | None:
    item = CloseRange.objects.select_for_update().get(pk=range_id)
    if item.status != CloseRange.Status.WAITING:
        return None
    if item.end_loan_id - item.first_loan_id == 1:
        item.status = CloseRange.Status.QUARANTINED
        item.error = str(error).strip()
        item.save(update_fields=["status", "error"])
        return item
    middle = (item.first_loan_id + item.end_loan_id) // 2
    CloseRange.objects.create(run_id=item.run_id, first_loan_id=middle, end_loan_id=item.end_loan_id)
    item.end_loan_id = middle
    item.save(update_fields=["end_loan_id"])
    return item
