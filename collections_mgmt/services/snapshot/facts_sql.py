"""
Where each loan of a range stood at the end of a day and what moved since another, from the book's history, as SQL.

It reads nothing that is written over: events, schedule versions, movements of installments and postings, each of which
says when it counts and when it was posted. So it says of a day the same whenever it is asked, with the moment up to
which postings count. `lived.py` says the same of one loan by living through its events, and stands in for what is rare
and would be long in SQL: daily interest, and a month in which more happened to a loan than that money came.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.backends.utils import CursorWrapper

from collections_mgmt.services.overdue_sql import MANY
from collections_mgmt.services.portfolio_sql import ACCRUED, GIVEN, STILL_PARKED, earned
from dashu.ledger import accounts

# What may happen to a loan within the days without that it is lived through. An end, reversed or not, is always.
PLAIN = ("DISBURSED", "TAKEN_OVER", "PAYMENT", "SETTLEMENT", "PAUSE", "RESUME")
ENDS = ("CHARGE_OFF", "WRITE_OFF", "SALE")
# Credit that waits, or lowers the principal, is no plain payment of installments.
PLAIN_SURPLUS = ("next_installment", "last_installment")


@dataclass(frozen=True, slots=True)
class Facts:
    """
    A loan at the end of `on`, and between `since` (excluded) and `on`. Amounts in minor units, as in `LoanMonth`.

    :param worst_days: the most days past due within these days.
    """

    loan_id: int
    is_new: bool
    status_before: str
    status: str
    days_before: int
    days: int
    effective_days: int
    worst_days: int
    annual_rate: Decimal
    principal_before: int = 0
    principal: int = 0
    interest_due: int = 0
    fee_due: int = 0
    penalty: int = 0
    suspended: int = 0
    accrued: int = 0
    overdue: int = 0
    overdue_principal: int = 0
    disbursed: int = 0
    expected: int = 0
    paid_principal: int = 0
    paid_interest: int = 0
    paid_fee: int = 0
    paid_penalty: int = 0
    prepaid: int = 0
    waived: int = 0
    written_off: int = 0
    recovered: int = 0
    is_prepaid: bool = False


COLUMNS = tuple(field.name for field in fields(Facts))

_NAMES: dict[Any, str] = {int: "bigint", bool: "boolean", str: "text", Decimal: "numeric"}
_TYPES = {field.name: _NAMES[field.type] for field in fields(Facts)}
TABLE = "snapshot_facts ({})".format(", ".join(f"{name} {kind}" for name, kind in _TYPES.items()))


@dataclass(frozen=True, slots=True)
class Before:
    """
    A month that is kept. A loan that began by then and is in no month was recorded too late for it: its days begin
    with its payout.

    :param known_at: the moment from which on a payout came too late for some loans of the month.
    """

    month: date
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Days:
    """
    The days that are asked for.

    :param since: the last day before them.
    :param known_at: what was posted at this moment or later does not count.
    :param before: what is kept of the month before; None where nothing is, or where it does not matter.
    """

    since: date
    on: date
    known_at: datetime
    before: Before | None = None

    def values(self, first: int, end: int) -> dict[str, Any]:
        return {
            "since": self.since,
            "on": self.on,
            "known_at": self.known_at,
            "kept_month": self.before.month if self.before else None,
            "kept_at": self.before.known_at if self.before else None,
            "first": first,
            "end": end,
            "plain": list(PLAIN),
            "ends": list(ENDS),
            "plain_surplus": list(PLAIN_SURPLUS),
            "penalty": accounts.PENALTY_RECEIVABLE,
            "penalty_income": accounts.PENALTY_INCOME,
            "suspended": accounts.SUSPENDED_INTEREST,
        }


# A loan that is over, and to which nothing happened since, has nothing to say.
_ASKED = """
    SELECT loan.id FROM loans_loan AS loan
    WHERE loan.id >= %(first)s AND loan.id < %(end)s AND loan.starts_on <= %(on)s
      AND loan.status NOT IN ('APPROVED', 'CANCELLED')
      AND (loan.status = 'ACTIVE' OR EXISTS (
          SELECT FROM repayments_loanevent AS event
          WHERE event.loan_id = loan.id AND (event.effective_on > %(since)s OR event.posted_at >= %(known_at)s)
      ))
"""

# In no month, though it began before the last one that is kept, is a loan whose payout was recorded after that one was
# written. A loan that ended before the first month that is kept was recorded long before.
_IS_LATE = """
    loan.starts_on <= %(since)s AND %(kept_month)s::date IS NOT NULL AND kept.loan_id IS NULL
    AND (SELECT MIN(event.posted_at) FROM repayments_loanevent AS event
         WHERE event.loan_id = loan.id AND event.kind IN ('DISBURSED', 'TAKEN_OVER')) >= %(kept_at)s
    AND NOT EXISTS (SELECT FROM collections_mgmt_loanmonth AS earlier
                    WHERE earlier.loan_id = loan.id AND earlier.month < %(kept_month)s OFFSET 0)
"""

# A version is written as the loan stands when it is written. It is in force on the day, unless it holds something that
# counts only later, which the version before it, effective later, gives away.
HEADS = f"""
    WITH asked (id) AS MATERIALIZED ({_ASKED})
    INSERT INTO snapshot_head
    SELECT loan.id, loan.starts_on, begun.since, loan.starts_on > begun.since, loan.annual_rate, loan.tolerance_bps,
           loan.non_accrual_days, happened.taken_over, happened.disbursed, schedule.version,
           happened.has_pause, happened.has_new_rate,
           balance.penalty_parts <> 0 OR happened.taken_over IS NOT NULL
               OR EXISTS (SELECT FROM collections_mgmt_overduestatus AS status WHERE status.loan_id = loan.id)
               OR EXISTS (SELECT FROM repayments_restatement AS restated WHERE restated.loan_id = loan.id),
           happened.is_rare OR loan.interest_basis <> 'scheduled' OR NOT schedule.is_plain
               OR loan.waterfall ->> 'surplus' <> ALL(%(plain_surplus)s)
    FROM asked JOIN loans_loan AS loan ON loan.id = asked.id
    JOIN repayments_loanbalance AS balance ON balance.loan_id = loan.id
        AND balance.loan_id >= %(first)s AND balance.loan_id < %(end)s
    LEFT JOIN collections_mgmt_loanmonth AS kept ON kept.loan_id = loan.id AND kept.month = %(kept_month)s
        AND kept.loan_id >= %(first)s AND kept.loan_id < %(end)s
    CROSS JOIN LATERAL (
        SELECT CASE WHEN {_IS_LATE} THEN loan.starts_on - 1 ELSE %(since)s::date END AS since
    ) AS begun
    CROSS JOIN LATERAL (
        SELECT MIN(event.id) FILTER (WHERE event.kind = 'TAKEN_OVER') AS taken_over,
               COALESCE(SUM(event.amount_minor) FILTER (
                   WHERE event.kind = 'DISBURSED' AND event.effective_on > begun.since), 0) AS disbursed,
               bool_or(event.kind IN ('DISBURSED', 'TAKEN_OVER')) AS has_begun,
               bool_or(event.kind IN ('PAUSE', 'RESUME')) AS has_pause,
               bool_or(event.kind IN ('RATE_CHANGE', 'RESTRUCTURE')) AS has_new_rate,
               bool_or(event.kind = 'REFUND' OR event.kind = ANY(%(ends)s)
                       OR event.effective_on > begun.since AND event.kind <> ALL(%(plain)s)) AS is_rare
        FROM repayments_loanevent AS event
        WHERE event.loan_id = loan.id AND event.effective_on <= %(on)s AND event.posted_at < %(known_at)s
    ) AS happened
    CROSS JOIN LATERAL (
        SELECT MAX(made.version) FILTER (WHERE made.effective_on <= %(on)s) AS version,
               MAX(made.version) FILTER (WHERE made.effective_on <= %(on)s)
                   < COALESCE(MIN(made.version) FILTER (WHERE made.effective_on > %(on)s), 32767)
               AND NOT COALESCE(bool_or(made.version > 1 AND made.effective_on > begun.since), false) AS is_plain
        FROM repayments_scheduleversion AS made
        WHERE made.loan_id = loan.id AND made.created_at < %(known_at)s
    ) AS schedule
    WHERE happened.has_begun
"""  # noqa: S608 – constants of this module
HEAD = """snapshot_head (loan_id bigint PRIMARY KEY, starts_on date, since date, is_new boolean, annual_rate numeric,
    tolerance_bps int, non_accrual_days int, taken_over bigint, disbursed bigint, version int, has_pause boolean,
    has_new_rate boolean, may_owe_penalty boolean, is_lived boolean)"""

_GONE = (
    "gone", "gone_principal", "gone_fee", "given", "given_principal", "came_principal", "came_interest", "came_fee",
)  # fmt: skip
_DEMANDED = "row.principal_minor + row.interest_minor + row.fee_minor"
_OPEN = f"({_DEMANDED} - row.gone_minor)"
_OPEN_BEFORE = f"({_DEMANDED} - row.given_minor)"


def _is_short(open_minor: str) -> str:
    return f"""
        {open_minor} > 0 AND (head.tolerance_bps = 0
            OR {open_minor}::numeric * 10000 > ({_DEMANDED})::numeric * head.tolerance_bps)
    """


_ALL = "moved.principal_minor + moved.interest_minor + moved.fee_minor"
_WITHIN = "FILTER (WHERE within.is_new AND moved.kind = 'P')"

# What is gone of an installment was paid or waived by the end of the days, what is given before them; what came was
# paid within them. Of a loan that was taken over, what was paid before is no payment of these days.
ROWS = f"""
    WITH head AS MATERIALIZED (SELECT * FROM snapshot_head WHERE NOT is_lived),
    moved AS MATERIALIZED (
        SELECT moved.loan_id, moved.number, MAX(moved.effective_on) AS last_on,
               SUM({_ALL}) AS gone_minor, SUM(moved.principal_minor) AS gone_principal_minor,
               SUM(moved.interest_minor) AS gone_interest_minor, SUM(moved.fee_minor) AS gone_fee_minor,
               SUM({_ALL}) FILTER (WHERE NOT within.is_new) AS given_minor,
               SUM(moved.principal_minor) FILTER (WHERE NOT within.is_new) AS given_principal_minor,
               SUM(moved.principal_minor) {_WITHIN} AS came_principal_minor,
               SUM(moved.interest_minor) {_WITHIN} AS came_interest_minor,
               SUM(moved.fee_minor) {_WITHIN} AS came_fee_minor
        FROM head JOIN repayments_installmentmovement AS moved ON moved.loan_id = head.loan_id
            AND moved.loan_id >= %(first)s AND moved.loan_id < %(end)s
        CROSS JOIN LATERAL (
            SELECT moved.effective_on > head.since AND moved.event_id IS DISTINCT FROM head.taken_over AS is_new
        ) AS within
        WHERE moved.kind IN ('P', 'W') AND moved.effective_on <= %(on)s AND moved.posted_at < %(known_at)s
        GROUP BY moved.loan_id, moved.number
    )
    INSERT INTO snapshot_row
    SELECT row.loan_id, row.number, row.due_on, row.period_from, row.earned_interest_minor, row.principal_minor,
           row.interest_minor, row.fee_minor, moved.last_on, 0, COALESCE(moved.gone_interest_minor, 0)::bigint,
           {", ".join(f"COALESCE(moved.{name}_minor, 0)::bigint" for name in _GONE)}
    FROM head JOIN repayments_installment AS row ON row.loan_id = head.loan_id AND row.version = head.version
        AND row.loan_id >= %(first)s AND row.loan_id < %(end)s
    LEFT JOIN moved ON moved.loan_id = row.loan_id AND moved.number = row.number
"""  # noqa: S608 – constants of this module
ROW = """snapshot_row (loan_id bigint, number int, due_on date, period_from date, earned_interest_minor bigint,
    principal_minor bigint, interest_minor bigint, fee_minor bigint, last_on date, waived_interest_minor bigint,
    paid_interest_minor bigint, {})""".format(", ".join(f"{name}_minor bigint" for name in _GONE))

# Penalty and interest of a loan that is no longer accrued stand together in one account, see `book_sql`. What is paid
# of penalty is what leaves the claim without leaving the income: nothing is waived in the days of a plain loan.
_HELD = """
    held AS MATERIALIZED (
        SELECT line.loan_id, MAX(line.booked_through) AS booked_through,
               COALESCE(SUM(line.minor) FILTER (WHERE line.role = %(penalty)s), 0)::bigint AS penalty,
               COALESCE(SUM(line.minor) FILTER (WHERE line.role = %(suspended)s), 0)::bigint AS suspended,
               COALESCE(SUM(line.minor) FILTER (
                   WHERE line.role IN (%(penalty)s, %(suspended)s) AND line.effective_on <= line.since), 0)::bigint
                   AS owed_before,
               COALESCE(-SUM(line.minor) FILTER (
                   WHERE line.role IN (%(penalty)s, %(penalty_income)s) AND line.effective_on > line.since
                     AND line.kind <> 'OPENING'), 0)::bigint AS paid
        FROM (
            SELECT posting.loan_id, head.since, split_part(posting.account_id, '.', 1) AS role,
                   entry.effective_on, entry.kind,
                   CASE posting.side WHEN 'D' THEN posting.amount_minor ELSE -posting.amount_minor END AS minor,
                   entry.effective_on - (entry.kind NOT IN ('ACCRUAL', 'OPENING'))::int AS booked_through
            FROM head JOIN ledger_posting AS posting ON posting.loan_id = head.loan_id
                AND posting.loan_id >= %(first)s AND posting.loan_id < %(end)s
            JOIN ledger_journalentry AS entry ON entry.id = posting.entry_id
            WHERE head.may_owe_penalty AND entry.effective_on <= %(on)s AND entry.posted_at < %(known_at)s
        ) AS line
        GROUP BY line.loan_id
    )
"""

_CLAIM = f"""
    claim AS MATERIALIZED (
        SELECT head.loan_id,
               SUM({_OPEN}) AS open_minor, SUM({_OPEN_BEFORE}) AS open_before,
               SUM(row.principal_minor - row.given_principal_minor) AS principal_before,
               SUM(row.principal_minor - row.gone_principal_minor) AS principal,
               SUM(row.interest_minor - ({GIVEN})) FILTER (WHERE row.due_on <= %(on)s) AS interest_due,
               SUM(row.interest_minor - ({GIVEN})) FILTER (WHERE row.due_on <= held.booked_through) AS interest_booked,
               SUM(row.fee_minor - row.gone_fee_minor) FILTER (WHERE row.due_on <= %(on)s)
                   AS fee_due,
               SUM({_OPEN}) FILTER (WHERE row.due_on < %(on)s) AS overdue,
               SUM(row.principal_minor - row.gone_principal_minor)
                   FILTER (WHERE row.due_on < %(on)s) AS overdue_principal,
               SUM({_OPEN_BEFORE}) FILTER (WHERE row.due_on > head.since AND row.due_on <= %(on)s) AS expected,
               SUM(row.came_principal_minor) AS paid_principal, SUM(row.came_interest_minor) AS paid_interest,
               SUM(row.came_fee_minor) AS paid_fee,
               SUM(row.came_principal_minor) FILTER (WHERE row.due_on > %(on)s) AS prepaid,
               MIN(row.due_on) FILTER (WHERE row.due_on < %(on)s AND {_is_short(_OPEN)}) AS oldest_due_on,
               MIN(row.due_on) FILTER (WHERE row.due_on < head.since AND {_is_short(_OPEN_BEFORE)}) AS oldest_before,
               MAX(row.last_on) AS last_on, MAX(row.due_on) FILTER (WHERE {_DEMANDED} > 0) AS last_due_on,
               COALESCE(SUM({ACCRUED}) FILTER (WHERE row.due_on > %(on)s)
                   - LEAST(SUM({STILL_PARKED}) FILTER (WHERE row.due_on > %(on)s),
                           SUM(LEAST({ACCRUED}, row.earned_interest_minor)) FILTER (WHERE row.due_on > %(on)s)), 0)
                   AS accrued,
               MIN(row.number) FILTER (WHERE row.due_on > %(on)s) AS next_number,
               MAX(row.number) FILTER (WHERE row.due_on <= %(on)s) AS last_number,
               MAX(row.due_on) FILTER (WHERE row.due_on <= %(on)s) AS before_next
        FROM head JOIN snapshot_row AS row ON row.loan_id = head.loan_id LEFT JOIN held ON held.loan_id = head.loan_id
        GROUP BY head.loan_id
    ),
    next AS (
        SELECT row.loan_id, GREATEST(0, {earned("begun.since")} - ({GIVEN}))
                   - GREATEST(0, row.earned_interest_minor - ({GIVEN})) AS accrued
        FROM claim JOIN head ON head.loan_id = claim.loan_id
        JOIN snapshot_row AS row ON row.loan_id = claim.loan_id AND row.number = claim.next_number
            AND row.period_from IS NULL
        CROSS JOIN LATERAL (
            SELECT GREATEST(head.starts_on, CASE
                WHEN claim.last_number > claim.next_number THEN (
                    SELECT MAX(before.due_on) FROM repayments_installment AS before
                    WHERE before.loan_id = row.loan_id AND before.version = head.version
                      AND before.number < row.number
                ) ELSE claim.before_next END) AS since
        ) AS begun
    )
"""  # noqa: S608 – constants of this module

# An installment that was paid within the days was late up to the day before it was paid, all but an overlooked rest.
_PEAKS = f"""
    peak AS (
        SELECT row.loan_id, MAX(paid.on_day - 1 - row.due_on) AS days
        FROM head JOIN snapshot_row AS row ON row.loan_id = head.loan_id
        CROSS JOIN LATERAL (
            SELECT MIN(moved.effective_on) AS on_day FROM (
                SELECT moved.effective_on, {_DEMANDED} - SUM(moved.principal_minor + moved.interest_minor
                           + moved.fee_minor) OVER (ORDER BY moved.effective_on) AS left_minor
                FROM repayments_installmentmovement AS moved
                WHERE moved.loan_id = row.loan_id AND moved.number = row.number AND moved.kind IN ('P', 'W')
                  AND moved.effective_on <= %(on)s AND moved.posted_at < %(known_at)s
            ) AS moved
            WHERE NOT ({_is_short("moved.left_minor")})
        ) AS paid
        WHERE row.last_on > head.since AND row.last_on > row.due_on + 1 AND NOT ({_is_short(_OPEN)})
          AND paid.on_day > head.since
        GROUP BY row.loan_id
    ),
    pause AS (
        SELECT event.loan_id, event.kind, event.effective_on AS since,
               LEAD(event.effective_on) OVER (PARTITION BY event.loan_id ORDER BY event.effective_on, event.id) - 1
                   AS until
        FROM head JOIN repayments_loanevent AS event ON event.loan_id = head.loan_id
        WHERE head.has_pause AND event.kind IN ('PAUSE', 'RESUME') AND event.effective_on <= %(on)s
          AND event.posted_at < %(known_at)s
          AND NOT EXISTS (
              SELECT FROM repayments_loanevent AS undone
              WHERE undone.loan_id = event.loan_id AND undone.kind = 'REVERSAL' AND undone.effective_on <= %(on)s
                AND undone.posted_at < %(known_at)s AND (undone.data ->> 'event')::bigint = event.id
          )
    ),
    stopped AS (
        SELECT pause.loan_id, SUM(GREATEST(0, LEAST(COALESCE(pause.until, %(on)s), %(on)s)
                                              - GREATEST(pause.since - 1, claim.oldest_due_on))) AS days
        FROM pause JOIN claim ON claim.loan_id = pause.loan_id
        WHERE pause.kind = 'PAUSE' AND claim.oldest_due_on IS NOT NULL
        GROUP BY pause.loan_id
    )
"""  # noqa: S608 – constants of this module

_NEW_RATE = """
    SELECT COALESCE(event.data ->> 'annual_rate', event.data -> 'terms' ->> 'annual_rate')::numeric AS annual_rate
    FROM repayments_loanevent AS event
    WHERE head.has_new_rate AND event.loan_id = head.loan_id AND event.kind IN ('RATE_CHANGE', 'RESTRUCTURE')
      AND COALESCE(event.data ->> 'annual_rate', event.data -> 'terms' ->> 'annual_rate') IS NOT NULL
      AND event.effective_on <= %(on)s AND event.posted_at < %(known_at)s
      AND NOT EXISTS (
          SELECT FROM repayments_loanevent AS undone
          WHERE undone.loan_id = event.loan_id AND undone.kind = 'REVERSAL' AND undone.effective_on <= %(on)s
            AND undone.posted_at < %(known_at)s AND (undone.data ->> 'event')::bigint = event.id
      )
    ORDER BY event.effective_on DESC, event.id DESC LIMIT 1
"""

PLAIN_FACTS = f"""
    WITH head AS MATERIALIZED (SELECT * FROM snapshot_head WHERE NOT is_lived), {_HELD}, {_CLAIM}, {_PEAKS}
    INSERT INTO snapshot_facts ({", ".join(COLUMNS)})
    SELECT head.loan_id, head.is_new,
           CASE WHEN head.is_new THEN '' WHEN claim.open_before <> 0 OR COALESCE(held.owed_before, 0) <> 0
                THEN 'ACTIVE' ELSE 'SETTLED' END,
           state.status,
           CASE WHEN head.is_new THEN 0 ELSE COALESCE(head.since - claim.oldest_before, 0) END,
           late.days,
           GREATEST(0, late.days - COALESCE(stopped.days, 0)),
           GREATEST(0, late.days, CASE WHEN NOT head.is_new THEN head.since - claim.oldest_before END, peak.days),
           COALESCE(changed.annual_rate, head.annual_rate),
           CASE WHEN head.is_new THEN 0 ELSE claim.principal_before END, claim.principal,
           CASE WHEN state.is_suspended THEN 0 ELSE COALESCE(claim.interest_due, 0) END, COALESCE(claim.fee_due, 0),
           CASE WHEN state.is_suspended THEN 0 ELSE owed.penalty END,
           CASE WHEN state.is_suspended THEN COALESCE(claim.interest_due, 0) + owed.penalty ELSE 0 END,
           CASE WHEN state.is_suspended OR state.status <> 'ACTIVE' THEN 0
                ELSE claim.accrued + COALESCE(next.accrued, 0) END,
           COALESCE(claim.overdue, 0), COALESCE(claim.overdue_principal, 0), head.disbursed,
           COALESCE(claim.expected, 0), claim.paid_principal, claim.paid_interest, claim.paid_fee,
           COALESCE(held.paid, 0), COALESCE(claim.prepaid, 0), 0, 0, 0,
           state.status = 'SETTLED' AND claim.last_on > head.since AND claim.last_on < claim.last_due_on
    FROM head
    JOIN claim ON claim.loan_id = head.loan_id
    LEFT JOIN next ON next.loan_id = head.loan_id
    LEFT JOIN held ON held.loan_id = head.loan_id
    LEFT JOIN peak ON peak.loan_id = head.loan_id
    LEFT JOIN stopped ON stopped.loan_id = head.loan_id
    LEFT JOIN LATERAL ({_NEW_RATE}) AS changed ON true
    CROSS JOIN LATERAL (SELECT COALESCE(%(on)s - claim.oldest_due_on, 0) AS days) AS late
    CROSS JOIN LATERAL (
        SELECT COALESCE(held.penalty, 0) + CASE WHEN COALESCE(held.suspended, 0) = 0 THEN 0
                   ELSE GREATEST(0, held.suspended - COALESCE(claim.interest_booked, 0)) END AS penalty
    ) AS owed
    CROSS JOIN LATERAL (
        SELECT CASE WHEN claim.open_minor <> 0 OR owed.penalty <> 0 THEN 'ACTIVE' ELSE 'SETTLED' END AS status,
               COALESCE(late.days > head.non_accrual_days, false) AS is_suspended
    ) AS state
"""  # noqa: S608 – constants of this module


def collect_facts(cursor: CursorWrapper, days: Days, *, first: int, end: int) -> Mapping[int, date]:
    """
    Fill `snapshot_facts` with the plain loans of the range, from `first` up to `end` (excluded).

    :returns: those that are to be lived through, with the last day before theirs; the caller adds their facts.
    """
    values = days.values(first, end)
    for table in (HEAD, ROW, TABLE):
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ON COMMIT DELETE ROWS")
        cursor.execute(f"DELETE FROM {table.split()[0]}")  # noqa: S608 – a constant of this module
    # Sums of sums leave the planner without sizes: it would merge by loan alone, or go through all installments of the
    # range for each loan. So the installments stand in a table of their own, which it can look at.
    cursor.execute("SET LOCAL enable_mergejoin = off")
    cursor.execute("SET LOCAL work_mem = '64MB'")  # the installments of a range are hashed in memory
    cursor.execute("SET LOCAL default_statistics_target = 10")  # it is sizes that the planner lacks
    _fill(cursor, HEADS, "snapshot_head", values)
    cursor.execute("SET LOCAL enable_nestloop = off")
    _fill(cursor, ROWS, "snapshot_row", values)
    cursor.execute("SET LOCAL enable_nestloop = on")
    cursor.execute(PLAIN_FACTS, values)
    cursor.execute("SET LOCAL enable_mergejoin = on")
    cursor.execute("SET LOCAL work_mem = DEFAULT")
    cursor.execute("SET LOCAL default_statistics_target = DEFAULT")
    cursor.execute("SELECT loan_id, since FROM snapshot_head WHERE is_lived ORDER BY loan_id")
    return dict(cursor.fetchall())


def _fill(cursor: CursorWrapper, statement: str, table: str, values: dict[str, Any]) -> None:
    cursor.execute(statement, values)
    if cursor.rowcount > MANY:
        cursor.execute(f"ANALYZE {table}")


def add_facts(cursor: CursorWrapper, found: Iterable[Facts]) -> None:
    waiting = iter(found)
    while batch := list(islice(waiting, 1_000)):
        arrays = ", ".join(f"%s::{kind}[]" for kind in _TYPES.values())
        cursor.execute(
            f"INSERT INTO snapshot_facts ({', '.join(COLUMNS)}) SELECT * FROM unnest({arrays})",  # noqa: S608
            [[getattr(facts, name) for facts in batch] for name in COLUMNS],
        )
