"""
Closing accounting periods, and reopening the newest one.

A period is closed month by month. From then on nothing is reported in it: what counts from one of its days and is
written later is reported on the first open day. The database keeps that promise for every writer (migration 0004).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from psycopg2.errors import LockNotAvailable

from dashu.audit import services as audit
from dashu.kernel.dates import month_end_of
from dashu.kernel.errors import DomainError
from dashu.ledger.models import ACCOUNTING_DAY, AccountingPeriod, ClosingBalance, JournalEntry
from dashu.ledger.totals import Total, Totals, totals_through

# The lock that every new entry shares; the trigger of migration 0004 names it too.
_BOOKS = 4_711_002
_PATIENCE = "20s"


class PeriodNotOver(DomainError):
    """A period is closed after its last day, never before."""

    code = "period_not_over"


class NotAMonthEnd(DomainError):
    """Periods end with a month."""

    code = "not_a_month_end"


class PeriodOutOfOrder(DomainError):
    """Periods are closed one after the other and reopened from the newest back."""

    code = "period_out_of_order"
    http_status = 409


class ReasonMissing(DomainError):
    """Closing and reopening are explained in words."""

    code = "reason_missing"


class BooksBusy(DomainError):
    """A long write holds the books open; nothing was closed."""

    code = "books_busy"
    http_status = 503


@dataclass(frozen=True, slots=True)
class ClosePreview:
    """
    What closing would lock.

    :param starts_on: None when everything from the beginning of the book would be.
    :param totals: debits and credits of each currency.
    :param refusals: why it cannot be closed now; empty when it can.
    """

    starts_on: date | None
    through: date
    entries: int
    totals: Mapping[str, Total]
    refusals: tuple[DomainError, ...]


def locked_through() -> date | None:
    """Return the last day that is closed, None when none is."""
    closed = AccountingPeriod.objects.closed().first()
    return closed.through if closed else None


def next_month_end(*, today: date) -> date:
    """Return the last day of the month that is closed next; before the first close, of the last month that is over."""
    locked = locked_through()
    return month_end_of(locked + timedelta(days=1)) if locked else today.replace(day=1) - timedelta(days=1)


def preview_close(*, through: date, today: date) -> ClosePreview:
    """Return what closing `through` would lock and what stands against it. Runs the checks, which read the book."""
    locked = locked_through()
    refusals: list[DomainError] = []
    for check in [partial(_refuse_wrong_day, through, locked=locked, today=today), *_checks(through)]:
        try:
            check()
        except DomainError as refusal:
            refusals.append(refusal)
    entries, totals = _what_is_locked(totals_through(through), locked, through)
    return ClosePreview(locked and locked + timedelta(days=1), through, entries, totals, tuple(refusals))


@transaction.atomic
def close_period(*, through: date, today: date, reason: str, actor: str) -> AccountingPeriod:
    """
    Lock all days up to and including `through`, the last day of the month after the newest closed period.

    The checks of `LEDGER_CLOSE_CHECKS` (the reconciliation, the nightly closes) come first, because they read the whole
    book and payments must not wait for that; then no entry can begin until the period is closed.

    :raises ReasonMissing: `reason` is empty.
    :raises NotAMonthEnd: `through` is not the last day of a month.
    :raises PeriodNotOver: `through` is today or later.
    :raises PeriodOutOfOrder: another month must be closed before, or this one is closed.
    :raises BooksBusy: a write took longer than 20 seconds; nothing was closed.
    :raises DomainError: what a check refuses; nothing was closed.
    """
    _refuse_without_reason(reason)
    _refuse_wrong_day(through, locked=locked_through(), today=today)
    for check in _checks(through):
        check()

    _wait_for_writers()
    locked = locked_through()
    _refuse_wrong_day(through, locked=locked, today=today)
    totals = totals_through(through)
    entries, by_currency = _what_is_locked(totals, locked, through)
    period = AccountingPeriod.objects.create(
        starts_on=locked and locked + timedelta(days=1),
        through=through,
        entries=entries,
        totals={
            currency: {"debit_minor": total.debit_minor, "credit_minor": total.credit_minor}
            for currency, total in by_currency.items()
        },
        closed_by=actor,
        reason=reason.strip(),
    )
    ClosingBalance.objects.bulk_create(
        ClosingBalance(
            period=period,
            account_id=account,
            currency=currency,
            debit_minor=total.debit_minor,
            credit_minor=total.credit_minor,
        )
        for (account, currency), total in totals.items()
    )
    audit.record(
        action="ledger.period_closed",
        subject_type="accounting_period",
        subject_id=through,
        actor=actor,
        data={"reason": period.reason, "entries": entries, "totals": period.totals},
    )
    return period


@transaction.atomic
def reopen_period(*, through: date, reason: str, actor: str) -> AccountingPeriod:
    """
    Unlock the newest closed period. What was reported after it because it was closed stays where it is.

    :raises ReasonMissing: `reason` is empty.
    :raises PeriodOutOfOrder: `through` is not the end of the newest closed period.
    :raises BooksBusy: a write took longer than 20 seconds; nothing was reopened.
    """
    _refuse_without_reason(reason)
    _wait_for_writers()
    period = AccountingPeriod.objects.closed().first()
    if period is None or period.through != through:
        raise PeriodOutOfOrder(_("Only the period that was closed last can be reopened."), field="through")
    period.reopened_at = timezone.now()
    period.reopened_by = actor
    period.reopen_reason = reason.strip()
    period.save(update_fields=["reopened_at", "reopened_by", "reopen_reason"])
    audit.record(
        action="ledger.period_reopened",
        subject_type="accounting_period",
        subject_id=through,
        actor=actor,
        data={"reason": period.reopen_reason},
    )
    return period


def _checks(through: date) -> list[partial[None]]:
    return [partial(import_string(name), through) for name in settings.LEDGER_CLOSE_CHECKS]


def _what_is_locked(totals: Totals, locked: date | None, through: date) -> tuple[int, dict[str, Total]]:
    """Return how many entries lie after `locked` up to `through`, and their debits and credits by currency."""
    before = totals_through(locked) if locked else {}
    by_currency: defaultdict[str, Total] = defaultdict(Total)
    for key, total in totals.items():
        by_currency[key[1]] += total - before.get(key, Total())
    entries = JournalEntry.objects.annotate(day=ACCOUNTING_DAY).filter(day__lte=through)
    if locked:
        entries = entries.filter(day__gt=locked)
    return entries.count(), dict(sorted(by_currency.items()))


def _refuse_wrong_day(through: date, *, locked: date | None, today: date) -> None:
    if through != month_end_of(through):
        raise NotAMonthEnd(
            _("A period ends with a month: %(day)s is not the last day of one."),
            field="through",
            params={"day": through},
        )
    if through >= today:
        raise PeriodNotOver(
            _("%(day)s is not over yet. A period is closed after its last day."),
            field="through",
            params={"day": through},
        )
    if locked and through != (due := month_end_of(locked + timedelta(days=1))):
        raise PeriodOutOfOrder(
            _("The books are closed through %(locked)s. The next period to close ends on %(due)s."),
            field="through",
            params={"locked": locked, "due": due},
        )


def _refuse_without_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing(_("Say why, in a few words."), field="reason")


def _wait_for_writers() -> None:
    """Let every entry that has begun be committed and none begin until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
        try:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_BOOKS])
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise BooksBusy(
                    _("A long booking is under way, so the books could not be closed. Try again in a few minutes.")
                ) from error
            raise
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
