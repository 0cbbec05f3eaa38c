"""
A slow, obvious loan, to hold the real one against.

It shares no code with `dashu.finance`. It keeps a list of what happened, and to answer anything it walks from the first
day to the day asked about, one day after the other: the interest of the day before, where it is counted daily, the
events of the day in the order in which they were posted, then the penalty of the day. A reversal walks all of it again
without the reversed event. Money is whole fen; daily interest and penalty are counted in whole parts of a fen that a
day at a rate of one millionth adds, so nothing is rounded before it is asked for. Interest is otherwise the schedule's;
rows that a change of terms computes come in as data.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any, Protocol

DAY = timedelta(days=1)
PARTS = ("fee", "interest", "principal")
Row = dict[str, Any]
# What rows are computed from: principal, rate, count, from when, first due date, due day.
Source = tuple[int, Fraction, int, date, date | None, int | None]
MILLION = 1_000_000


class Computing(Protocol):
    """Arithmetic of schedules, which has tests of its own."""

    def rows(self, source: Source) -> Sequence[tuple[date, int, int, date]] | None:
        """Return due date, principal, interest and start of the period of each row; None where there are none."""

    def spread(
        self, source: Source, done: int, balance: int, kept: Sequence[tuple[int, int]] | None
    ) -> list[tuple[int, int]]:
        """Return principal and interest of the rows after the first `done`; `kept`: each at most what it was."""


@dataclass(frozen=True)
class Happening:
    """One event; `more` holds what its kind needs beside day and amount."""

    id: int
    kind: str
    on: date
    amount: int = 0
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    starts_on: date
    annual_rate: Fraction
    penalty_rate: Fraction
    penalty_year_days: int
    penalty_with_interest: bool
    grace_days: int
    cap: Fraction | None
    tolerance_bps: int
    interest_year_days: int | None = None  # None: interest is the schedule's, else it is counted daily
    surplus: str = "next_installment"
    levels_principal: bool = False


class Loan:
    def __init__(
        self, rules: Rules, rows: Sequence[tuple[date, int, int, int]], source: Source, computing: Computing
    ) -> None:
        """
        :param rows: due date, principal, interest and fee of the contract's installments.
        :param source: what they were computed from.
        """
        self.rules, self.rows, self.source, self.computing = rules, rows, source, computing
        self.events: list[Happening] = []

    def on(self, day: date, *, known: int | None = None, charged_through: date | None = None) -> "State":
        """
        Return the loan at the end of a day.

        :param known: only so many of the events were known, in the order of posting.
        :param charged_through: the last day whose penalty is charged; None: the day itself.
        """
        for today, state in self.by_day(day, known=known, charged_through=charged_through):
            if today == day:
                return state
        raise AssertionError(f"{day} lies before the loan")

    def by_day(
        self, through: date, *, known: int | None = None, charged_through: date | None = None
    ) -> Iterator[tuple[date, "State"]]:
        """Yield the loan at the end of each day. It is one state that changes: look at it before the next day."""
        return self._walk(self.events[:known], through, charged_through or through)

    def _walk(
        self, events: Sequence[Happening], through: date, charged_through: date
    ) -> Iterator[tuple[date, "State"]]:
        in_order = sorted(events, key=lambda event: event.on)  # stable: those of one day as they were posted
        state = State(self)
        left_out: set[int] = set()
        today, place = self.rules.starts_on, 0
        while today <= through:
            if today > self.rules.starts_on:
                state.earn_interest_of_a_day()
            while place < len(in_order) and in_order[place].on == today:
                event = in_order[place]
                if event.kind == "REVERSAL":
                    left_out.add(event.more["event"])
                    counted = [
                        earlier
                        for earlier in in_order[:place]
                        if earlier.kind != "REVERSAL" and earlier.id not in left_out
                    ]
                    for _day, without in self._walk(counted, today, min(charged_through, today - DAY)):
                        state = without
                else:
                    state.happen(event)
                place += 1
            if today <= charged_through:
                state.charge_penalty_of(today)
            yield today, state
            today += DAY


class State:
    """The loan on one day of the walk. Everything is owed, paid or waived; nothing else exists."""

    def __init__(self, loan: Loan) -> None:
        self.rules, self.source, self.computing = loan.rules, loan.source, loan.computing
        self.rate = self.rules.annual_rate
        self.status = "ACTIVE"
        self.rows = [
            _row(number, due, principal, interest, fee=fee)
            for number, (due, principal, interest, fee) in enumerate(loan.rows, start=1)
        ]
        self.principal = sum(row["principal"] for row in self.rows)
        self.credit = self.refund_due = self.refund_lost = 0
        self.interest_parts = self.interest_collected = 0
        self.penalty_by_rule = self.penalty_room = self.penalty_parts = 0
        self.penalty_paid = self.penalty_waived = 0
        self.charged_through = self.rules.starts_on - DAY
        self.first_number = 1  # of the rows that `source` computed
        self.pauses: list[list[date | None]] = []
        self.receipts: dict[int, dict[str, int]] = {}

    # What the day brings by itself

    def earn_interest_of_a_day(self) -> None:
        if self.rules.interest_year_days is not None and self.status == "ACTIVE":
            self.interest_parts += self.principal * _millionths(self.rate)

    def charge_penalty_of(self, day: date) -> None:
        if self.status != "ACTIVE" or day <= self.charged_through:
            return
        self.charged_through = day
        due_before = day - timedelta(days=self.rules.grace_days)
        late = [row for row in self.rows if row["due"] < due_before]
        if not late or self._is_paused(day):
            return
        principal = sum(owed(row, "principal") for row in late)
        base = principal + (sum(owed(row, "interest") for row in late) if self.rules.penalty_with_interest else 0)
        self.penalty_by_rule += base * _millionths(self.rules.penalty_rate)
        if self.rules.cap is None:
            self.penalty_parts = self.penalty_by_rule
        elif base:
            running = 0 if self.rules.interest_year_days is None else _millionths(self.rate)
            self.penalty_room += principal * max(0, _millionths(self.rules.cap) - running)
            self.penalty_parts = max(self.penalty_parts, min(self.penalty_by_rule, self.penalty_room))

    # What can be asked

    @property
    def penalty_charged(self) -> int:
        return self.penalty_parts // (MILLION * self.rules.penalty_year_days)

    @property
    def penalty_due(self) -> int:
        return self.penalty_charged - self.penalty_paid - self.penalty_waived

    @property
    def interest_due(self) -> int:
        """Daily interest earned and not collected; rounded half-up, once over the whole life."""
        if self.rules.interest_year_days is None:
            return 0
        earned = Fraction(self.interest_parts, MILLION * self.rules.interest_year_days)
        return floor(earned + Fraction(1, 2)) - self.interest_collected

    @property
    def demanded(self) -> int:
        return sum(owed(row, part) for row in self.rows for part in PARTS)

    @property
    def owed_in_all(self) -> int:
        if self.rules.interest_year_days is None:
            return self.demanded + self.penalty_due
        fees = sum(owed(row, "fee") for row in self.rows)
        return self.principal + max(0, self.interest_due) + fees + self.penalty_due

    def owed_of(self, component: str) -> int:
        if component == "penalty":
            return self.penalty_due
        if self.rules.interest_year_days is not None and component != "fee":
            return self.principal if component == "principal" else self.interest_due
        return sum(owed(row, component) for row in self.rows)

    def due_by(self, day: date) -> int:
        return sum(owed(row, part) for row in self.rows if row["due"] <= day for part in PARTS)

    def oldest_due(self, day: date) -> date | None:
        missed = []
        for row in self.rows:
            unpaid = sum(owed(row, part) for part in PARTS)
            whole = sum(row[part] for part in PARTS)
            if row["due"] < day and unpaid and unpaid * 10_000 > whole * self.rules.tolerance_bps:
                missed.append(row["due"])
        return min(missed, default=None)

    def days_past_due(self, day: date) -> int:
        oldest = self.oldest_due(day)
        return (day - oldest).days if oldest else 0

    def effective_days_past_due(self, day: date) -> int:
        oldest = self.oldest_due(day)
        return sum(not self._is_paused(one) for one in _days(oldest + DAY, day)) if oldest else 0

    def payoff(self, day: date) -> int:
        total = self.principal + self.penalty_due + self.interest_due - self.credit + self.refund_due
        for row, earned in self._with_earned(day):
            if self.rules.interest_year_days is None:
                total += max(
                    0, min(owed(row, "interest"), earned - row["paid"]["interest"] - row["waived"]["interest"])
                )
            total += owed(row, "fee") if row["due"] <= day else 0
        return max(0, total)

    # What happens

    def happen(self, event: Happening) -> None:
        match event.kind:
            case "DISBURSED":
                pass
            case "PAYMENT" | "PREPAYMENT" | "SETTLEMENT" | "PROCEEDS" | "RECOVERY":
                self.receipts[event.id] = self._receive(event)
            case "WAIVER":
                self._waive(event.more["component"], event.amount)
            case "FEE":
                self._fee(event)
            case "REFUND":
                self._refund(event.amount)
            case "EXTENSION":
                self._extend(event.more["months"])
            case "RESTRUCTURE":
                self._restructure(event)
            case "RATE_CHANGE" | "DUE_DAY":
                self._compute_later_rows(event)
            case "PAUSE":
                if not any(end is None for _start, end in self.pauses):
                    self.pauses.append([event.on, None])
            case "RESUME":
                for pause in self.pauses:
                    if pause[1] is None:
                        pause[1] = event.on - DAY
            case "CHARGE_OFF":
                self._charge_off(event.on)
            case "WRITE_OFF" | "SALE":
                self._end_claim(event)
            case _:
                raise NotImplementedError(event.kind)

    def _receive(self, event: Happening) -> dict[str, int]:
        """Return what the money paid; what paid nothing is `credit`, and so is what makes a refund good."""
        back = min(event.amount, self.refund_due)
        if self.status in ("SETTLED", "WRITTEN_OFF", "SOLD"):
            self.refund_due -= back
            self.credit += event.amount - back
            return {"credit": event.amount}
        if event.kind == "SETTLEMENT" and self.status == "ACTIVE" and event.amount >= self.payoff(event.on):
            return self._settle(event.amount, event.on)
        if event.kind == "PREPAYMENT" and self._can_prepay(event.amount, event.on):
            return self._prepay(event.amount, event.on, keeps_term=event.more["keep"] == "term")
        self.refund_due -= back
        lowers = event.kind != "PROCEEDS" and not self._chosen(event)
        paid = self._pay(event, event.amount - back)
        if lowers and self.rules.surplus.startswith("reduce") and self.status == "ACTIVE" and paid["credit"]:
            self._lower_the_principal(event.on, paid)
        self._end_when_nothing_is_owed()
        return paid | {"credit": paid["credit"] + back}

    def _pay(self, event: Happening, amount: int) -> dict[str, int]:
        is_running, is_daily = self.status == "ACTIVE", self.rules.interest_year_days is not None
        cures = event.kind != "PROCEEDS" or not is_running
        paid, left = dict.fromkeys((*PARTS, "penalty"), 0), amount
        for row, part in self._claims(event) if cures or not is_daily else ():
            taken = min(left, self.penalty_due if row is None else owed(row, part))
            if row is None:
                self.penalty_paid += taken
            else:
                row["paid"][part] += taken
            paid[part] += taken
            left -= taken
        if is_daily:
            # The rows only said what counts as paid; the money pays the interest of the days, then principal.
            left = amount - paid["fee"] - paid["penalty"]
            paid["interest"] = min(left, max(0, self.interest_due)) if cures else 0
            paid["principal"] = min(left - paid["interest"], self.principal)
            left -= paid["interest"] + paid["principal"]
            self.interest_collected += paid["interest"]
        self.principal -= paid["principal"]
        self.credit += left
        if is_daily and is_running and not self.principal and self.interest_due <= 0:
            self._demand_nothing()
        return paid | {"credit": left}

    def _lower_the_principal(self, on: date, paid: dict[str, int]) -> None:
        """Let what is beyond what is due end the loan or lower its principal, where it can; else it stays a credit."""
        beyond = paid["credit"]
        self.credit -= beyond
        if beyond >= self.payoff(on):
            more = self._settle(beyond, on)
        elif self._can_prepay(beyond, on):
            more = self._prepay(beyond, on, keeps_term=self.rules.surplus == "reduce_amount")
        else:
            self.credit += beyond
            return
        for part in (*PARTS, "penalty"):
            paid[part] += more[part]
        paid["credit"] = more["credit"]

    def _claims(self, event: Happening) -> Iterator[tuple[Row | None, str]]:
        """Yield what money pays, in order: every installment as fee, interest, principal, and penalty after the due."""
        if event.kind == "PROCEEDS" and self.status == "ACTIVE":
            yield from ((row, "principal") for row in reversed(self.rows))
            return
        if self.status == "ACTIVE":
            yield from ((row, part) for row in self._chosen(event) for part in PARTS)
        oldest_first = sorted(self.rows, key=lambda row: row["due"])
        yield from ((row, part) for row in oldest_first if row["due"] <= event.on for part in PARTS)
        yield None, "penalty"
        later = [row for row in oldest_first if row["due"] > event.on]
        match self.rules.surplus:
            case "next_installment":
                yield from ((row, part) for row in later for part in PARTS)
            case "last_installment":
                yield from ((row, part) for row in reversed(later) for part in PARTS)

    def _chosen(self, event: Happening) -> list[Row]:
        """Return the installment that the payer chose, while anything of it is unpaid."""
        number = event.more.get("installment")
        return [row for row in self.rows if row["number"] == number and any(owed(row, part) for part in PARTS)]

    def _settle(self, amount: int, on: date) -> dict[str, int]:
        if self.rules.interest_year_days is not None:
            return self._settle_daily(amount, on)
        paid = dict.fromkeys((*PARTS, "penalty"), 0)
        for row, earned in self._with_earned(on):
            is_later = row["due"] > on
            unearned = owed(row, "interest") - max(0, earned - row["paid"]["interest"] - row["waived"]["interest"])
            row["waived"]["interest"] += max(0, unearned) if is_later else 0
            row["waived"]["fee"] += owed(row, "fee") if is_later else 0
            for part in PARTS:
                paid[part] += owed(row, part)
                row["paid"][part] += owed(row, part)
        paid["penalty"] = self.penalty_due
        self.penalty_paid += paid["penalty"]
        return paid | {"credit": self._close(amount - sum(paid.values()))}

    def _settle_daily(self, amount: int, on: date) -> dict[str, int]:
        """Every claim of the day is paid; of the rows, what the rest of the money covers counts as paid."""
        paid = {
            "principal": self.principal,
            "interest": max(0, self.interest_due),
            "fee": 0,
            "penalty": self.penalty_due,
        }
        for row in self.rows:
            if row["due"] <= on:
                paid["fee"] += owed(row, "fee")
                row["paid"]["fee"] += owed(row, "fee")
            else:
                row["waived"]["fee"] += owed(row, "fee")
        self.penalty_paid += paid["penalty"]
        self.interest_collected += paid["interest"]
        covered = amount + self.credit - self.refund_due - paid["fee"] - paid["penalty"]
        for row in sorted(self.rows, key=lambda row: row["due"]):
            for part in PARTS:
                taken = min(covered, owed(row, part))
                row["paid"][part] += taken
                covered -= taken
        self._demand_nothing()
        return paid | {"credit": self._close(amount - sum(paid.values()))}

    def _close(self, left: int) -> int:
        self.credit += left - self.refund_due
        self.principal = self.refund_due = 0
        self.status = "SETTLED"
        return left

    def _can_prepay(self, amount: int, on: date) -> bool:
        has_due = self.penalty_due or any(owed(row, part) for row in self.rows if row["due"] <= on for part in PARTS)
        return self.status == "ACTIVE" and not has_due and amount < self._to_come(on)

    def _to_come(self, on: date) -> int:
        """Return the principal that the rows to come carry; 0 when there are none."""
        later = self._later(on)
        return self.principal - sum(owed(row, "principal") for row in self.rows if row not in later) if later else 0

    def _later(self, on: date) -> list[Row]:
        return [row for row in self.rows if row["due"] > on and row["number"] >= self.first_number]

    def _prepay(self, amount: int, on: date, *, keeps_term: bool) -> dict[str, int]:
        """Lower the principal; what is left is spread over the rows to come, interest up to the day stays earned."""
        left = self._to_come(on) - amount
        self.principal -= amount
        later = self._later(on)
        running, done = later[0], later[0]["number"] - self.first_number
        before = [row["due"] for row in self.rows if row not in later]
        start = before[-1] if done else self.source[3]
        if keeps_term:
            parts = self.computing.spread(self.source, done, left, None)
            self._run_on(running, parts[0][1], start, on)
        else:
            wanted = owed(running, "principal") + owed(running, "interest")
            kept = [(owed(row, "principal"), owed(row, "interest")) for row in later]
            parts = self.computing.spread(self.source, done, left, kept)
            self._run_on(running, parts[0][1], start, on)
            if len(later) > 1:
                if not self.rules.levels_principal:
                    level = min(max(0, wanted - owed(running, "interest")), left)
                    parts[0] = (level, 0)
                parts[1:] = self.computing.spread(self.source, done + 1, left - parts[0][0], kept[1:])
        for place, (row, (principal, interest)) in enumerate(zip(later, parts, strict=True)):
            row["principal"] = principal + row["paid"]["principal"] + row["waived"]["principal"]
            if place:
                row["interest"] = max(interest, row["paid"]["interest"] + row["waived"]["interest"])
        return {"fee": 0, "penalty": 0, "interest": 0, "principal": amount, "credit": 0}

    def _run_on(self, row: Row, interest: int, start: date, on: date) -> None:
        """Give the running row the interest earned on the old principal and, by days, the rest of that on the new."""
        earned = min(row["interest"], _earned_by(row, row["period_from"] or start, on))
        rest = Fraction(interest * (row["due"] - on).days, (row["due"] - start).days)
        settled = row["paid"]["interest"] + row["waived"]["interest"]
        row["interest"] = max(earned + floor(rest + Fraction(1, 2)), settled)
        row["earned"], row["period_from"] = earned, on

    def _waive(self, component: str, amount: int) -> None:
        """Later corrections may leave less to waive than there was: then what is left is waived."""
        if component == "penalty":
            self.penalty_waived += min(amount, self.penalty_due)
        elif self.rules.interest_year_days is not None and component != "fee":
            amount = min(amount, self.principal if component == "principal" else max(0, self.interest_due))
            self.principal -= amount if component == "principal" else 0
            self.interest_collected += amount if component == "interest" else 0
            for row in sorted(self.rows, key=lambda row: row["due"]):
                given_up = min(amount, owed(row, component))
                row["waived"][component] += given_up
                amount -= given_up
            if not self.principal and self.interest_due <= 0:
                for row in self.rows:
                    row["waived"]["principal"] += owed(row, "principal")
                    row["waived"]["interest"] += owed(row, "interest")
        else:
            for row in sorted(self.rows, key=lambda row: row["due"]):
                given_up = min(amount, owed(row, component))
                row["waived"][component] += given_up
                amount -= given_up
                self.principal -= given_up if component == "principal" else 0
        self._end_when_nothing_is_owed()

    def _fee(self, event: Happening) -> None:
        if self.status != "ACTIVE":
            return
        coming = [row for row in self.rows if row["due"] >= event.on]
        row = min(coming, key=lambda row: row["due"]) if coming else self.rows[-1]
        row["fee"] += event.amount
        self.penalty_room -= event.amount * MILLION * self.rules.penalty_year_days

    def _refund(self, amount: int) -> None:
        """Money that has left has left: what was no credit has to come back."""
        from_credit = min(amount, self.credit)
        self.credit -= from_credit
        self.refund_due += amount - from_credit
        if amount > from_credit and self.status == "SETTLED":
            self.status = "ACTIVE"

    def _extend(self, months: int) -> None:
        if self.status != "ACTIVE":
            return
        day = max(row["due"].day for row in self.rows)
        same_day = all(row["due"] == _on_day(row["due"], 0, day) for row in self.rows)
        for row in self.rows:
            if any(owed(row, part) for part in PARTS):
                row["due"] = _on_day(row["due"], months, day if same_day else row["due"].day)

    def _restructure(self, event: Happening) -> None:
        due_fees = sum(owed(row, "fee") for row in self.rows if row["due"] <= event.on)
        if self.status != "ACTIVE" or not self.principal or due_fees:
            return
        rate, count = event.more["annual_rate"], event.more["count"]
        source = (self.principal, rate, count, event.on, None, None)
        made = self.computing.rows(source)
        if made is None:
            return
        carried = sum(
            max(0, min(earned, row["interest"]) - row["paid"]["interest"] - row["waived"]["interest"])
            for row, earned in self._with_earned(event.on)
        )
        number = max(row["number"] for row in self.rows)
        asking = next(
            (place for place, (_due, principal, interest, _from) in enumerate(made) if principal or interest), 0
        )
        self._replace(self.rows, made, number, carried, [0] * len(made), asking=asking)
        self.rate, self.source, self.first_number = rate, source, number + 1

    def _compute_later_rows(self, event: Happening) -> None:
        """A new rate or due day: as many installments as are still to come, for the principal that they carry."""
        later = self._later(event.on)
        balance = sum(owed(row, "principal") for row in later)
        if self.status != "ACTIVE" or not balance:
            return
        rate = event.more.get("annual_rate", self.rate)
        first, due_day = later[0]["due"], event.more.get("due_day")
        if due_day is not None:
            moved = _on_day(first.replace(day=1), 0, due_day)
            first = moved if moved > event.on else _on_day(first.replace(day=1), 1, due_day)
        else:
            last_day = max(row["due"].day for row in later)
            due_day = last_day if first == _on_day(first, 0, last_day) else None
        source = (balance, rate, len(later), event.on, first, due_day)
        made = self.computing.rows(source)
        if made is None:
            return
        carried = sum(
            max(0, min(earned, row["interest"]) - row["paid"]["interest"] - row["waived"]["interest"])
            for row, earned in self._with_earned(event.on)
            if row in later
        )
        fees = [owed(row, "fee") for row in later]
        kept = [row for row in self.rows if row not in later or _is_touched(row)]
        number = max((row["number"] for row in kept), default=0)
        self._replace(later, made, number, carried, fees)
        self.rows[len(self.rows) - len(made)]["period_from"] = event.on
        self.rate, self.source, self.first_number = rate, source, number + 1

    def _replace(
        self,
        old: Sequence[Row],
        made: Sequence[tuple[date, int, int, date]],
        number: int,
        carried: int,
        fees: Sequence[int],
        *,
        asking: int = 0,
    ) -> None:
        """
        Close the old rows, which keep what was paid or waived of them, and append the new ones.

        :param asking: the place of the new row that asks for what is carried.
        """
        self.rows = [row for row in self.rows if row not in old or _is_touched(row)]
        for row in self.rows:
            if row in old:
                for part in PARTS:
                    row[part] = row["paid"][part] + row["waived"][part]
        for place, (due, principal, interest, period_from) in enumerate(made):
            row = _row(number + 1 + place, due, principal, interest, fee=fees[place])
            row["period_from"] = period_from
            if place == asking:
                row["interest"] += carried
                row["earned"] = carried
            self.rows.append(row)

    def _charge_off(self, on: date) -> None:
        """The day itself is still charged; afterwards nothing is."""
        if self.status == "ACTIVE":
            self.charge_penalty_of(on)
            self.status = "CHARGED_OFF"

    def _end_claim(self, event: Happening) -> None:
        if self.status not in ("ACTIVE", "CHARGED_OFF"):
            return
        self._charge_off(event.on)
        self._demand_nothing()
        self.penalty_waived += self.penalty_due
        self.refund_lost, self.refund_due, self.principal = self.refund_due, 0, 0
        self.status = "WRITTEN_OFF" if event.kind == "WRITE_OFF" else "SOLD"

    def _demand_nothing(self) -> None:
        for row in self.rows:
            for part in PARTS:
                row["waived"][part] += owed(row, part)

    def _end_when_nothing_is_owed(self) -> None:
        if self.status == "ACTIVE" and not self.demanded and not self.owed_in_all and not self.refund_due:
            self.status = "SETTLED"

    def _with_earned(self, on: date) -> Iterator[tuple[Row, int]]:
        """Yield each row with the interest that its days up to `on` have earned."""
        previous = self.rules.starts_on
        for row in self.rows:
            since = row["period_from"] or previous
            yield row, row["interest"] if row["due"] <= on else _earned_by(row, since, on)
            previous = max(previous, row["due"])

    def _is_paused(self, day: date) -> bool:
        return any(start <= day and (end is None or day <= end) for start, end in self.pauses)


@cache
def _millionths(rate: Fraction) -> int:
    assert MILLION % rate.denominator == 0, rate
    return rate.numerator * (MILLION // rate.denominator)


def _earned_by(row: Row, since: date, on: date) -> int:
    days, elapsed = (row["due"] - since).days, max(0, (on - since).days)
    if days <= 0:
        return int(row["interest"])
    by_days = Fraction((row["interest"] - row["earned"]) * elapsed, days)
    return int(row["earned"]) + floor(by_days + Fraction(1, 2))


def owed(row: Row, part: str) -> int:
    return row[part] - row["paid"][part] - row["waived"][part]


def _row(number: int, due: date, principal: int, interest: int, *, fee: int) -> Row:
    return {
        "number": number,
        "due": due,
        "principal": principal,
        "interest": interest,
        "fee": fee,
        "paid": dict.fromkeys(PARTS, 0),
        "waived": dict.fromkeys(PARTS, 0),
        "period_from": None,
        "earned": 0,
    }


def _is_touched(row: Row) -> bool:
    return any(row["paid"].values()) or any(row["waived"].values())


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def _on_day(day: date, months: int, day_of_month: int) -> date:
    """Return the day of the month so many months later; a shorter month takes its last day."""
    year, month = day.year, day.month + months
    while month > 12:
        year, month = year + 1, month - 12
    return date(year, month, min(day_of_month, monthrange(year, month)[1]))
