"""One loan's facts of some days by living through its events: the same as `facts_sql`, for any life."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from collections_mgmt.services.snapshot.facts_sql import Days, Facts
from dashu.finance.accrued import accrued_interest
from dashu.finance.installments import Installment
from dashu.finance.loan import Book, Contract, InterestBasis, Position, Status, accrue, arrears, effective_days_past_due
from dashu.finance.replay import Step
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.selectors.lives import StoredEvent, events_of, life_of

Kind = LoanEvent.Kind
_MONEY = (Kind.PAYMENT, Kind.PROCEEDS, Kind.PREPAYMENT, Kind.SETTLEMENT, Kind.RECOVERY)
_LOSSES = (Kind.CHARGE_OFF, Kind.WRITE_OFF)
_OPENING = (Kind.DISBURSED, Kind.TAKEN_OVER)
_DAY = timedelta(days=1)


def facts_of(asked: Mapping[int, date], days: Days) -> Iterator[Facts]:
    """
    Yield the facts of each loan that had been paid out by then, as was known.

    :param asked: the ids of the loans, each with the last day before its days.
    """
    for loan in Loan.objects.filter(pk__in=list(asked)).order_by("pk").iterator(chunk_size=500):
        if facts := lived_facts(loan, replace(days, since=asked[loan.pk])):
            yield facts


def lived_facts(loan: Loan, days: Days) -> Facts | None:
    """Return the facts of one loan; None before it was paid out, or before that was known."""
    events = events_of(loan, known_at=days.known_at)
    if not events:
        return None
    steps = [step for step in life_of(loan, events).steps if step.on <= days.on]
    if not steps:
        return None
    before = [step for step in steps if step.on <= days.since]
    start = _at(before[-1], days.since) if before else None
    end = _at(steps[-1], days.on)
    flows = _flows(steps, len(before), events, days)
    plan = (start or _at(steps[0], steps[0].on)).position.installments
    return Facts(
        loan_id=loan.pk,
        is_new=start is None,
        status_before=start.position.status.value if start else "",
        status=end.position.status.value,
        days_before=start.days_past_due if start else 0,
        days=end.days_past_due,
        effective_days=end.effective_days,
        worst_days=max(_worst(steps, len(before), days), start.days_past_due if start else 0, end.days_past_due),
        annual_rate=end.contract.annual_rate,
        principal_before=start.position.principal if start and _is_running(start.position) else 0,
        disbursed=steps[0].position.principal if start is None and _kind(events[steps[0].index]) == "DISBURSED" else 0,
        expected=sum(row.unpaid for row in plan if days.since < row.due_on <= days.on),
        paid_principal=flows.paid_principal,
        paid_interest=flows.paid_interest,
        paid_fee=flows.paid_fee,
        paid_penalty=flows.paid_penalty,
        prepaid=flows.prepaid,
        waived=flows.waived,
        written_off=flows.written_off,
        recovered=flows.recovered,
        is_prepaid=_is_prepaid(steps, len(before), plan),
        **_balances(end),
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    on: date
    position: Position
    contract: Contract

    @property
    def days_past_due(self) -> int:
        return arrears(self.position, self.contract, self.on).days_past_due

    @property
    def effective_days(self) -> int:
        return effective_days_past_due(self.position, self.contract, self.on)


def _at(step: Step, on: date) -> _Standing:
    return _Standing(on, accrue(step.position, step.contract, on), step.contract)


def _is_running(position: Position) -> bool:
    return position.status is Status.ACTIVE


def _balances(end: _Standing) -> dict[str, int]:
    """What the books carry; nothing of a loan that no longer runs."""
    position, contract = end.position, end.contract
    if not _is_running(position):
        return {}
    due = [row for row in position.installments if row.due_on <= end.on]
    is_daily = contract.interest_basis is InterestBasis.DAILY
    interest = 0 if is_daily else sum(row.unpaid_interest for row in due)
    penalty, late = position.penalty_due(contract), arrears(position, contract, end.on)
    is_suspended = position.is_non_accrual(contract)
    return {
        "principal": position.principal,
        "interest_due": 0 if is_suspended else interest,
        "fee_due": sum(row.unpaid_fee for row in due),
        "penalty": 0 if is_suspended else penalty,
        "suspended": interest + penalty if is_suspended else 0,
        "accrued": accrued_interest(position, contract, end.on),
        "overdue": late.principal + late.interest + late.fee,
        "overdue_principal": late.principal,
    }


@dataclass
class _Flows:
    paid_principal: int = 0
    paid_interest: int = 0
    paid_fee: int = 0
    paid_penalty: int = 0
    prepaid: int = 0
    waived: int = 0
    written_off: int = 0
    recovered: int = 0
    kinds: Mapping[int, str] = field(default_factory=dict)


def _flows(steps: list[Step], begin: int, events: list[StoredEvent], days: Days) -> _Flows:
    """Add up what each event of the days changed; one that takes another back counts as that one, with less."""
    flows = _Flows(kinds={event.pk: _kind(event) for event in events})
    for place in range(max(begin, 1), len(steps)):
        event, was, step = events[steps[place].index], steps[place - 1].position, steps[place]
        kind = _kind(event)
        if kind == Kind.REVERSAL:
            kind = flows.kinds.get(int(event.data["event"]), kind)
        _add(flows, kind, was, step.position, step.contract, days.on)
    return flows


def _add(flows: _Flows, kind: str, was: Position, now: Position, contract: Contract, on: date) -> None:
    flows.recovered += now.recovered - was.recovered
    if kind in _LOSSES:
        flows.written_off += _lost(now) - _lost(was)
        return
    if was.at_charge_off or now.at_charge_off:
        return
    is_daily = contract.interest_basis is InterestBasis.DAILY
    lowered = was.principal - now.principal
    interest = (
        now.interest_collected - was.interest_collected if is_daily else _paid(now, "interest") - _paid(was, "interest")
    )
    if kind == Kind.WAIVER:
        of_rows = 0 if is_daily else _waived(now, "interest") - _waived(was, "interest")
        fee = _waived(now, "fee") - _waived(was, "fee")
        flows.waived += lowered + (interest if is_daily else of_rows) + fee + now.penalty_waived - was.penalty_waived
        return
    flows.paid_interest += interest
    flows.paid_fee += _paid(now, "fee") - _paid(was, "fee")
    flows.paid_penalty += now.penalty_paid - was.penalty_paid
    of_rows = _paid(now, "principal") - _paid(was, "principal")
    if kind in _MONEY:
        flows.paid_principal += lowered
        flows.prepaid += _paid_ahead(now, on) - _paid_ahead(was, on) + (0 if is_daily else lowered - of_rows)
    elif not is_daily:  # the borrower's credit paid what had fallen due
        flows.paid_principal += of_rows


def _lost(position: Position) -> int:
    return position.at_charge_off.get(Book.CHARGE_OFF_EXPENSE, 0)


def _paid(position: Position, part: str) -> int:
    return sum(getattr(row, f"paid_{part}") for row in position.installments)


def _waived(position: Position, part: str) -> int:
    return sum(getattr(row, f"waived_{part}") for row in position.installments)


def _paid_ahead(position: Position, on: date) -> int:
    return sum(row.paid_principal for row in position.installments if row.due_on > on)


def _worst(steps: list[Step], begin: int, days: Days) -> int:
    """Return the most days past due on any day before an event of these days changed it."""
    found = 0
    for place in range(max(begin, 1), len(steps)):
        evening = steps[place].on - _DAY
        if evening > days.since:
            found = max(found, _at(steps[place - 1], evening).days_past_due)
    return found


def _is_prepaid(steps: list[Step], begin: int, plan: Iterable[Installment]) -> bool:
    if steps[-1].position.status is not Status.SETTLED:
        return False
    last_due_on = max((row.due_on for row in plan if row.total), default=steps[-1].on)
    settled = len(steps) - 1
    while settled and steps[settled - 1].position.status is Status.SETTLED:
        settled -= 1
    return settled >= begin and steps[settled].on < last_due_on


def _kind(event: StoredEvent) -> str:
    return event.kind
