"""
From a tape's row to the loan it opens: one function for each way in which lenders describe a schedule.

- `terms`: amount, yearly rate and number of months; the schedule is computed by the product's terms.
- `equal_rows`: a total in equal rows, a fixed number of days apart.
- `level_takeover`: a running loan with its balance, its level installment and what is past due.
- `own_rows`: a running loan with the rows of the other system, see `dashu.tapes.handing_over`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dashu.finance.installments import Installment
from dashu.finance.periods import DueRule, Period
from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import ScheduleTerms
from dashu.kernel.dates import add_months
from dashu.kernel.errors import _
from dashu.kernel.money import split_minor
from dashu.tapes.errors import NothingOutstanding, RowRefused
from dashu.tapes.handing_over import own_rows
from loans.domain.terms import ProductRules
from repayments.services.open_loans import Opening

UNKNOWN_DUE_DAY = 15
_MONTHS_BEYOND_TERM = 24


def terms(row: Mapping[str, Any], rules: ProductRules) -> Opening:
    schedule = build_schedule(
        ScheduleTerms(
            principal=row["principal"],
            annual_rate=row["annual_rate"],
            method=rules.method,
            count=row["count"],
            disbursed_on=row["starts_on"],
            due_rule=DueRule(Period.MONTH),
            day_count=rules.day_count,
            rounding=rules.rounding,
        )
    )
    rows = (Installment(item.number, item.due_on, item.principal, item.interest, item.fee) for item in schedule)
    return _opening(row, installments=tuple(rows))


def equal_rows(row: Mapping[str, Any], rules: ProductRules) -> Opening:
    """`total` includes the interest; principal and interest are split evenly over `count` rows, `every_days` apart."""
    count, first, principal = row["count"], row["first_due_on"], row["principal"]
    interest = row["total"] - principal
    if interest < 0:
        raise RowRefused(_("The total is less than the principal."), field="total")
    if first <= row["starts_on"]:
        raise RowRefused(_("The first due date must be after the start."), field="first_due_on")
    parts = zip(split_minor(principal, count), split_minor(interest, count), strict=True)
    rows = (
        Installment(number + 1, first + timedelta(days=number * row["every_days"]), *part)
        for number, part in enumerate(parts)
    )
    return _opening(row, installments=tuple(rows))


def level_takeover(row: Mapping[str, Any], rules: ProductRules) -> Opening:
    """
    A loan taken over at the end of `starts_on`.

    `next_amount_due` is the next installment plus what is past due, less what is paid ahead; where the tape reports 0
    days, nothing is past due. What is past due fills whole installments backwards from the latest due date; a rest
    that the product's tolerance overlooks joins the oldest of them. The due day is that of the loan; where the tape
    cannot tell it, the 15th. A loan that is taken over in its very first month, on which more was paid than had fallen
    due since the contract's first due month, is paid ahead by the difference.
    """
    if row["principal"] == 0 or row["installment"] == 0:
        raise NothingOutstanding(_("Nothing is left of this loan, or it has no installment."), field="principal")
    day = row["due_day"] or UNKNOWN_DUE_DAY
    taken_over_on, installment = row["starts_on"], row["installment"]
    latest = add_months(taken_over_on, 0, day=day)
    latest = latest if latest <= taken_over_on else add_months(taken_over_on, -1, day=day)
    past_due = row["next_amount_due"] - installment
    if row.get("reported_days_past_due") == 0:
        past_due = min(0, past_due)
    overlooked = installment * rules.tolerance_bps // 10_000
    late = _backwards(max(0, past_due), installment, latest, day, overlooked=overlooked)
    ahead = max(0, -past_due, _paid_ahead(row, taken_over_on, day))
    coming = _forwards(row, latest, day, ahead)
    installments = (replace(item, number=number) for number, item in enumerate((*late, *coming), start=1))
    return _opening(row, installments=tuple(installments), interest_through=row["interest_through"] or taken_over_on)


SCHEDULES: dict[str, Callable[[Mapping[str, Any], ProductRules], Opening]] = {
    "terms": terms,
    "equal_rows": equal_rows,
    "level_takeover": level_takeover,
    "own_rows": own_rows,
}


def _opening(
    row: Mapping[str, Any], *, installments: tuple[Installment, ...], interest_through: date | None = None
) -> Opening:
    if row["principal"] == 0:
        raise NothingOutstanding(_("Nothing is lent: the principal is 0."), field="principal")
    return Opening(
        external_id=row["external_id"],
        borrower_external_id=row.get("borrower") or row["external_id"],
        borrower_name=row.get("borrower") or row["external_id"],
        starts_on=row["starts_on"],
        principal=row["principal"],
        annual_rate=row["annual_rate"],
        installments=installments,
        interest_through=interest_through,
    )


def _backwards(past_due: int, installment: int, latest: date, day: int, *, overlooked: int) -> list[Installment]:
    """What is past due, as rows up to `latest`; the oldest is the one that is partly paid."""
    rows: list[Installment] = []
    while past_due > 0:
        due_on = add_months(latest, -len(rows), day=day)
        amount = past_due if past_due <= installment + overlooked else installment
        rows.insert(0, Installment(0, due_on, amount, 0))
        past_due -= amount
    return rows


def _forwards(row: Mapping[str, Any], latest: date, day: int, ahead: int) -> list[Installment]:
    """The installments to come, until the balance is repaid; those that are paid ahead are left out or smaller."""
    balance, rows, monthly = row["principal"], [], row["annual_rate"] / 12
    for month in range(1, row["remaining"] + _MONTHS_BEYOND_TERM + 1):
        interest = to_minor(balance * monthly, Rounding.HALF_UP)
        principal = min(balance, max(0, row["installment"] - interest))
        balance -= principal
        kept = max(0, principal + interest - ahead)
        ahead = max(0, ahead - principal - interest)
        if kept:
            rows.append(
                Installment(0, add_months(latest, month, day=day), kept - min(interest, kept), min(interest, kept))
            )
        if balance == 0:
            break
    return rows


def _paid_ahead(row: Mapping[str, Any], taken_over_on: date, day: int) -> int:
    """Return what was paid beyond what had fallen due, where the tape shows the loan from its first day."""
    first_due = row.get("first_due_month")
    if first_due is None or row.get("lent") != row.get("balance_before"):
        return 0
    due, month = 0, add_months(first_due, 0, day=day)
    while month <= taken_over_on:
        due += 1
        month = add_months(first_due, due, day=day)
    return int(row["paid"]) - due * int(row["installment"])
