"""
Schedules that change while the loan runs: new terms for what is left, a new rate or due day for what is not yet due,
and arrears spread over what is to come.

What has been paid stays where it was paid. A partial prepayment has a module of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from dashu.finance.calendars import BusinessDay
from dashu.finance.installments import Component, Installment
from dashu.finance.loan import (
    Contract,
    EventRefused,
    InterestBasis,
    Position,
    Status,
    accrue,
    earned_interest,
    run_interest,
    unpaid_earned,
    with_period_starts,
    without_still_parked,
)
from dashu.finance.periods import DueRule, Period
from dashu.finance.schedule import Schedule, build_schedule, detailed_schedule
from dashu.finance.terms import Method, ScheduleTerms, Stub
from dashu.kernel.dates import add_months
from dashu.kernel.errors import _
from dashu.kernel.money import split_minor


def spread_arrears(position: Position, contract: Contract, on: date, *, over: int | None = None) -> Position:
    """
    Move what is due and unpaid to installments that are still to come, in level shares; nothing is capitalized.

    What is rounded is the share that is added, not the new row, and the later installments take the odd minor units.
    Penalty is demanded as a fee from then on. The days past due begin anew, since nothing that was due before is
    demanded any more.

    :param over: how many of the next installments; None, or more than there are: all of them.
    :raises EventRefused: the loan is not running, nothing is due, or no installment is left to come.
    """
    position = accrue(position, contract, on - timedelta(days=1))
    due = [row for row in position.installments if row.due_on <= on and row.unpaid]
    later = sorted((row for row in position.installments if row.due_on > on and row.unpaid), key=lambda row: row.due_on)
    if position.status is not Status.ACTIVE or not due or not later:
        raise EventRefused(_("There are no arrears to spread over installments that are still to come."))
    position, penalty = _without_penalty(position, contract)
    arrears = Shares(
        principal=sum(row.unpaid_principal for row in due),
        interest=sum(row.unpaid_interest for row in due),
        fee=sum(row.unpaid_fee for row in due) + penalty,
    )
    since = {row.number: start for row, start in with_period_starts(position.installments, contract.starts_on)}
    asking = [_earning_apart(row, since[row.number]) for row in later[:over]]
    rows = {row.number: row for row in position.installments} | {row.number: _closed(row) for row in due}
    rows |= {row.number: row for row in arrears.added_to(asking)}
    return replace(position, installments=tuple(rows.values()))


def _earning_apart(row: Installment, since: date) -> Installment:
    """
    Return the row so that what was paid of it before it was earned stays for what its own days still earn.

    Otherwise that money would count for the share that is added, which is earned already. The days that it has paid for
    are over; the rest of the interest runs from then on, at the pace at which it ran.
    """
    interest, fee = row.paid_interest + row.waived_interest, row.paid_fee + row.waived_fee
    row = replace(row, earned_fee=max(row.earned_fee, fee))
    period, to_run = (row.due_on - since).days, row.interest - row.earned_interest
    if interest <= row.earned_interest or period <= 0:
        return row
    days_left = max(1, (row.interest - interest) * period // to_run)
    return replace(row, earned_interest=interest, period_from=row.due_on - timedelta(days=days_left))


@dataclass(frozen=True, slots=True)
class Shares:
    """What is asked for in level shares beside installments. Amounts in minor units; all of it is earned already."""

    principal: int = 0
    interest: int = 0
    fee: int = 0

    def added_to(self, rows: Sequence[Installment]) -> list[Installment]:
        """Return the rows with a share each; the later ones take the odd minor units."""
        principal, interest, fee = (
            split_minor(minor, len(rows))[::-1] for minor in (self.principal, self.interest, self.fee)
        )
        return [
            replace(
                row,
                principal=row.principal + principal[index],
                interest=row.interest + interest[index],
                fee=row.fee + fee[index],
                earned_interest=row.earned_interest + interest[index],
                earned_fee=row.earned_fee + fee[index],
            )
            for index, row in enumerate(rows)
        ]


def restructure(
    position: Position,
    contract: Contract,
    terms: ScheduleTerms,
    on: date,
    *,
    over: int | None = None,
    capitalizes: bool = False,
) -> Position:
    """
    Replace what is left of the schedule by new terms for the outstanding principal, from `on`.

    Interest that is due or earned and unpaid is not capitalized unless that is asked: the first new installment that
    demands anything asks for it, or the first `over` in level shares. Interest and fees that are not yet earned are no
    longer demanded; the penalty charged so far stays. The due dates are new, so the days past due begin again.

    :param terms: the new terms; their principal and date of disbursement are replaced.
    :param over: carry fees that are due, and the penalty as a fee, beside the interest.
    :raises EventRefused: the loan is not running, or fees are due and unpaid and are not carried.
    """
    if position.status is not Status.ACTIVE or position.principal == 0:
        raise EventRefused(_("Only a running loan with principal outstanding can have new terms."))
    position = accrue(position, contract, on - timedelta(days=1))
    fee = sum(row.fee_owed(on) for row in position.installments)
    if fee and over is None:
        raise EventRefused(_("Pay or waive the fees that are due before the loan gets new terms."))
    if over is not None:
        position, penalty = _without_penalty(position, contract)
        fee += penalty
    carried = sum(unpaid_earned(position, contract, on))
    if capitalizes:
        position, carried = _capitalized(position, contract, carried, on), 0
    kept = [_closed(row) for row in position.installments if _was_touched(row)]
    rows = _new_rows(replace(terms, principal=position.principal, disbursed_on=on), position)
    asking = [row for row in rows if row.total] or rows[:1]
    with_shares = {row.number: row for row in Shares(interest=carried, fee=fee).added_to(asking[: over or 1])}
    return replace(position, installments=(*kept, *(with_shares.get(row.number, row) for row in rows)))


def _new_rows(terms: ScheduleTerms, position: Position) -> list[Installment]:
    """Return the rows of new terms, numbered after those that there are; a holiday's rows say what they park."""
    made = detailed_schedule(terms)
    offset = max(row.number for row in position.installments)
    return [
        Installment(
            offset + row.number,
            row.due_on,
            row.principal,
            row.interest,
            row.fee,
            period_from=row.period_from,
            earned_interest=earned,
        )
        for row, earned in zip(made.rows, _earned_apart(made), strict=True)
    ]


def _earned_apart(made: Schedule) -> list[int]:
    """Return, for each row, what it demands of interest that was parked before, or what it parks itself."""
    parking = [index for index, row in enumerate(made.rows) if not row.total]
    earned = [part.deferred for part in made.parts]
    if made.terms.method is Method.FLAT:  # its interest is that of no balance, and the same for every period
        parked = dict(zip(parking, split_minor(sum(earned), len(parking) or 1), strict=False))
    else:
        parked = {index: sum(charge.minor for charge in made.parts[index].charges) for index in parking}
    return [parked.get(index, deferred) for index, deferred in enumerate(earned)]


def _capitalized(position: Position, contract: Contract, earned: int, on: date) -> Position:
    """Return the position with the unpaid interest as principal, and so as income; its rows are still to be closed."""
    if contract.interest_basis is InterestBasis.DAILY:
        position = run_interest(position, contract, on)
        earned = max(0, position.interest_due(contract))
        position = replace(position, interest_collected=position.interest_collected + earned)
    else:
        position = replace(position, capitalized=position.capitalized + earned)
    return replace(position, principal=position.principal + earned)


def _without_penalty(position: Position, contract: Contract) -> tuple[Position, int]:
    """Return the position without its unpaid penalty, and how much that was; a cap counts it as a fee from now on."""
    penalty = position.penalty_due(contract)
    parts = penalty * contract.penalty.parts_per_minor
    without = replace(
        position,
        penalty_parts=position.penalty_parts - parts,
        penalty_uncapped_parts=position.penalty_uncapped_parts - parts,
        penalty_room_parts=position.penalty_room_parts - parts,
    )
    return without, penalty


def reprice(
    position: Position,
    contract: Contract,
    terms: ScheduleTerms,
    on: date,
    *,
    first_number: int = 1,
    annual_rate: Decimal | None = None,
    due_day: int | None = None,
) -> tuple[Position, ScheduleTerms, int]:
    """
    Compute what is not yet due anew, with another rate or another day of the month, for as many installments.

    What is due by `on` stays as it was demanded, so arrears stay arrears. Interest earned up to `on` keeps the rate
    under which it was earned; the first new installment demands it.

    :param terms: what the schedule in force was computed from; its rows are numbered from `first_number`. Those before
        were closed by earlier new terms and are no installments any more, whenever they were due.
    :returns: the position, the terms of the new rows, and the number of the first of them.
    :raises EventRefused: the loan is not running, or no principal is left that is not yet due.
    """
    if position.status is not Status.ACTIVE:
        raise EventRefused(_("Only a running loan can have new terms."))
    position = accrue(position, contract, on - timedelta(days=1))
    later = [row for row in position.installments if row.due_on > on and row.number >= first_number]
    balance = sum(row.unpaid_principal for row in later)
    if not balance:
        raise EventRefused(_("No principal is left that is not yet due."))
    kept = [row for row in position.installments if row.due_on <= on or row.number < first_number]
    earned, previous_due = [], max((row.due_on for row in kept if row.due_on <= on), default=contract.starts_on)
    for row in later:
        so_far = min(earned_interest(row, row.period_from or previous_due, on), row.interest)
        earned.append(max(0, so_far - row.paid_interest - row.waived_interest))
        previous_due = row.due_on
    earned = without_still_parked(later, earned, on)
    # What earlier relief put beside the later installments stays beside them; the running one carries the rest.
    carried = [0, *(min(row.earned_interest, minor) for row, minor in zip(later[1:], earned[1:], strict=True))]
    carried[0] = sum(earned) - sum(carried)
    fees = [(row.unpaid_fee, row.fee_owed(on)) for row in later]
    if due_day is not None and terms.due_rule.months is None:
        raise EventRefused(_("Only installments by months have a due day."), field="due_day")
    kept += [_closed(row) for row in later if _was_touched(row)]
    first_number = max((row.number for row in kept), default=0) + 1
    new_terms = replace(
        terms,
        principal=balance,
        annual_rate=terms.annual_rate if annual_rate is None else annual_rate,
        count=len(later),
        disbursed_on=on,
        due_rule=later_due_rule(terms, later, on, due_day),
        grace_principal=0,
        grace_interest=0,
        interest_free=0,
        holidays=(),
        rate_changes=() if annual_rate is not None else tuple(one for one in terms.rate_changes if one.on > on),
        balloon=min(terms.balloon, balance),
        custom_rows=(),
        stub=Stub.SPREAD,
        method=Method.EQUAL_PRINCIPAL if terms.method is Method.CUSTOM else terms.method,
        fees=(),
    )
    rows = [
        Installment(
            first_number + index,
            row.due_on,
            row.principal,
            row.interest + interest,
            fee,
            period_from=row.period_from,
            earned_interest=interest,
            earned_fee=earned_fee,
        )
        for index, (row, (fee, earned_fee), interest) in enumerate(
            zip(build_schedule(new_terms), fees, carried, strict=False)
        )
    ]
    beyond = fees[len(rows) :]  # a card plan ends earlier
    (rows[-1],) = Shares(interest=sum(carried[len(rows) :]), fee=sum(owed for _fee, owed in beyond)).added_to(rows[-1:])
    rows[-1] = replace(rows[-1], fee=rows[-1].fee + sum(fee - owed for fee, owed in beyond))
    rows[0] = replace(rows[0], period_from=on)
    return replace(position, installments=(*kept, *rows)), new_terms, first_number


def later_due_rule(terms: ScheduleTerms, later: Sequence[Installment], on: date, due_day: int | None = None) -> DueRule:
    """Return the rule by which the later installments fall due: as now, or monthly on another day from the next on."""
    rule, first = terms.due_rule, later[0].due_on
    if due_day is not None:
        moved = add_months(first.replace(day=1), 0, day=due_day)
        if moved <= on:
            moved = add_months(first.replace(day=1), 1, day=due_day)
        return replace(rule, first_due_on=moved, due_day=due_day, second_due_day=None, end_of_month=False)
    if terms.business_day is not BusinessDay.NONE:
        planned = [day for day in terms.nominal_due_dates() if day > on]
        first = planned[0] if planned else first
    day = max(row.due_on.day for row in later)
    is_monthly = rule.period is Period.MONTH and add_months(first, 0, day=day) == first
    return replace(rule, first_due_on=first, due_day=day if is_monthly and rule.second_due_day is None else None)


def _was_touched(row: Installment) -> bool:
    return row.unpaid != row.total


def _closed(row: Installment) -> Installment:
    """Return the row with nothing left to demand of it."""
    for component in (Component.PRINCIPAL, Component.INTEREST, Component.FEE):
        unpaid = row.unpaid_of(component)
        row = replace(row, **{component.value: getattr(row, component.value) - unpaid})
    return row
