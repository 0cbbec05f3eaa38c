"""
A slow, obvious loan, to hold the real one against.

It shares no code with `dashu.finance`. It keeps a list of what happened, and to answer anything it walks from the first
day to the day asked about, one day after the other: the events of the day in the order in which they were posted, then
the penalty of the day. A reversal walks all of it again without the reversed event. Money is whole fen, penalty an
exact fraction of a fen. Interest is the schedule's; rows that a change of terms computes come in as data.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

DAY = timedelta(days=1)
PARTS = ("fee", "interest", "principal")
Row = dict[str, Any]
# principal, rate, count, from when, first due date, due day → rows of (due, principal, interest, period from), or None
RowMaker = Callable[[int, Fraction, int, date, date | None, int | None], Sequence[tuple[date, int, int, date]] | None]


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


class Loan:
    def __init__(self, rules: Rules, rows: Sequence[tuple[date, int, int, int]], make_rows: RowMaker) -> None:
        """
        :param rows: due date, principal, interest and fee of the contract's installments.
        """
        self.rules, self.rows, self.make_rows = rules, rows, make_rows
        self.events: list[Happening] = []

    def on(self, day: date, *, known: int | None = None, charged_through: date | None = None) -> "State":
        """
        Return the loan at the end of a day.

        :param known: only so many of the events were known, in the order of posting.
        :param charged_through: the last day whose penalty is charged; None: the day itself.
        """
        return self._walk(self.events[:known], day, charged_through or day)

    def _walk(self, events: Sequence[Happening], day: date, charged_through: date) -> "State":
        in_order = sorted(events, key=lambda event: event.on)  # stable: those of one day as they were posted
        state = State(self.rules, self.rows, self.make_rows)
        left_out: set[int] = set()
        today, place = self.rules.starts_on, 0
        while today <= day:
            while place < len(in_order) and in_order[place].on == today:
                event = in_order[place]
                if event.kind == "REVERSAL":
                    left_out.add(event.more["event"])
                    counted = [
                        earlier
                        for earlier in in_order[:place]
                        if earlier.kind != "REVERSAL" and earlier.id not in left_out
                    ]
                    state = self._walk(counted, today, min(charged_through, today - DAY))
                else:
                    state.happen(event)
                place += 1
            if today <= charged_through:
                state.charge_penalty_of(today)
            today += DAY
        return state


class State:
    """The loan on one day of the walk. Everything is owed, paid or waived; nothing else exists."""

    def __init__(self, rules: Rules, rows: Sequence[tuple[date, int, int, int]], make_rows: RowMaker) -> None:
        self.rules, self.make_rows, self.rate = rules, make_rows, rules.annual_rate
        self.status = "ACTIVE"
        self.rows = [
            _row(number, due, principal, interest, fee=fee)
            for number, (due, principal, interest, fee) in enumerate(rows, start=1)
        ]
        self.principal = sum(row["principal"] for row in self.rows)
        self.credit = self.refund_due = self.refund_lost = 0
        self.penalty_by_rule = self.penalty_room = self.penalty_exact = Fraction(0)
        self.penalty_paid = self.penalty_waived = 0
        self.charged_days: set[date] = set()
        self.pauses: list[list[date | None]] = []
        self.receipts: dict[int, dict[str, int]] = {}

    # What the day brings by itself

    def charge_penalty_of(self, day: date) -> None:
        if self.status != "ACTIVE" or day in self.charged_days:
            return
        self.charged_days.add(day)
        if self._is_paused(day):
            return
        grace = timedelta(days=self.rules.grace_days)
        late = [row for row in self.rows if row["due"] + grace < day]
        principal = sum(owed(row, "principal") for row in late)
        base = principal + (sum(owed(row, "interest") for row in late) if self.rules.penalty_with_interest else 0)
        if not base:
            return
        self.penalty_by_rule += base * self.rules.penalty_rate / self.rules.penalty_year_days
        if self.rules.cap is None:
            self.penalty_exact = self.penalty_by_rule
        else:
            self.penalty_room += principal * self.rules.cap / self.rules.penalty_year_days
            self.penalty_exact = max(self.penalty_exact, min(self.penalty_by_rule, self.penalty_room))

    # What can be asked

    @property
    def penalty_charged(self) -> int:
        return floor(self.penalty_exact)

    @property
    def penalty_due(self) -> int:
        return self.penalty_charged - self.penalty_paid - self.penalty_waived

    @property
    def owed_in_all(self) -> int:
        return sum(owed(row, part) for row in self.rows for part in PARTS) + self.penalty_due

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
        total = self.principal + self.penalty_due - self.credit + self.refund_due
        for row, earned in self._with_earned(day):
            total += max(0, min(owed(row, "interest"), earned - row["paid"]["interest"] - row["waived"]["interest"]))
            total += owed(row, "fee") if row["due"] <= day else 0
        return max(0, total)

    # What happens

    def happen(self, event: Happening) -> None:
        match event.kind:
            case "DISBURSED":
                pass
            case "PAYMENT" | "SETTLEMENT" | "PROCEEDS" | "RECOVERY":
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
            return self._settle(event)
        self.refund_due -= back
        claims = self._claims(event)
        paid = dict.fromkeys((*PARTS, "penalty"), 0)
        left = event.amount - back
        for row, part in claims:
            taken = min(left, self.penalty_due if row is None else owed(row, part))
            if row is None:
                self.penalty_paid += taken
            else:
                row["paid"][part] += taken
            paid[part] += taken
            left -= taken
        self.principal -= paid["principal"]
        self.credit += left
        self._end_when_nothing_is_owed()
        return paid | {"credit": left + back}

    def _claims(self, event: Happening) -> Iterator[tuple[Row | None, str]]:
        """Yield what money pays, in order: every installment as fee, interest, principal, and penalty after the due."""
        if event.kind == "PROCEEDS" and self.status == "ACTIVE":
            yield from ((row, "principal") for row in reversed(self.rows))
            return
        chosen = event.more.get("installment")
        if self.status == "ACTIVE":
            yield from ((row, part) for row in self.rows if row["number"] == chosen for part in PARTS)
        oldest_first = sorted(self.rows, key=lambda row: row["due"])
        yield from ((row, part) for row in oldest_first if row["due"] <= event.on for part in PARTS)
        yield None, "penalty"
        yield from ((row, part) for row in oldest_first if row["due"] > event.on for part in PARTS)

    def _settle(self, event: Happening) -> dict[str, int]:
        paid = dict.fromkeys((*PARTS, "penalty"), 0)
        for row, earned in self._with_earned(event.on):
            is_later = row["due"] > event.on
            unearned = owed(row, "interest") - max(0, earned - row["paid"]["interest"] - row["waived"]["interest"])
            row["waived"]["interest"] += max(0, unearned) if is_later else 0
            row["waived"]["fee"] += owed(row, "fee") if is_later else 0
            for part in PARTS:
                paid[part] += owed(row, part)
                row["paid"][part] += owed(row, part)
        paid["penalty"] = self.penalty_due
        self.penalty_paid += paid["penalty"]
        left = event.amount - sum(paid.values())
        self.credit += left - self.refund_due
        self.principal = self.refund_due = 0
        self.status = "SETTLED"
        return paid | {"credit": left}

    def _waive(self, component: str, amount: int) -> None:
        """Later corrections may leave less to waive than there was: then what is left is waived."""
        if component == "penalty":
            self.penalty_waived += min(amount, self.penalty_due)
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
        self.penalty_room -= event.amount

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
        made = self.make_rows(self.principal, rate, count, event.on, None, None)
        if made is None:
            return
        carried = sum(
            max(0, min(earned, row["interest"]) - row["paid"]["interest"] - row["waived"]["interest"])
            for row, earned in self._with_earned(event.on)
        )
        number = max(row["number"] for row in self.rows)
        self._replace(self.rows, made, number, carried, [0] * len(made))
        self.rate = rate

    def _compute_later_rows(self, event: Happening) -> None:
        """A new rate or due day: as many installments as are still to come, for the principal that they carry."""
        later = [row for row in self.rows if row["due"] > event.on and not row["is_closed"]]
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
        made = self.make_rows(balance, rate, len(later), event.on, first, due_day)
        if made is None:
            return
        carried = sum(
            max(0, min(earned, row["interest"]) - row["paid"]["interest"] - row["waived"]["interest"])
            for row, earned in self._with_earned(event.on)
            if row in later
        )
        fees = [owed(row, "fee") for row in later]
        kept = [row for row in self.rows if row not in later or _is_touched(row)]
        self._replace(later, made, max((row["number"] for row in kept), default=0), carried, fees)
        self.rows[len(self.rows) - len(made)]["period_from"] = event.on
        self.rate = rate

    def _replace(
        self,
        old: Sequence[Row],
        made: Sequence[tuple[date, int, int, date]],
        number: int,
        carried: int,
        fees: Sequence[int],
    ) -> None:
        """Close the old rows, which keep what was paid or waived of them, and append the new ones."""
        self.rows = [row for row in self.rows if row not in old or _is_touched(row)]
        for row in self.rows:
            if row in old:
                for part in PARTS:
                    row[part] = row["paid"][part] + row["waived"][part]
                row["is_closed"] = True
        for place, (due, principal, interest, period_from) in enumerate(made):
            row = _row(number + 1 + place, due, principal, interest, fee=fees[place])
            row["period_from"] = period_from
            if place == 0:
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
        for row in self.rows:
            for part in PARTS:
                row["waived"][part] += owed(row, part)
        self.penalty_waived += self.penalty_due
        self.refund_lost, self.refund_due, self.principal = self.refund_due, 0, 0
        self.status = "WRITTEN_OFF" if event.kind == "WRITE_OFF" else "SOLD"

    def _end_when_nothing_is_owed(self) -> None:
        if self.status == "ACTIVE" and not self.owed_in_all and not self.refund_due:
            self.status = "SETTLED"

    def _with_earned(self, on: date) -> Iterator[tuple[Row, int]]:
        """Yield each row with the interest that its days up to `on` have earned."""
        previous = self.rules.starts_on
        for row in self.rows:
            since = row["period_from"] or previous
            days, elapsed = (row["due"] - since).days, max(0, (on - since).days)
            if row["due"] <= on or days <= 0:
                yield row, row["interest"]
            else:
                by_days = Fraction((row["interest"] - row["earned"]) * elapsed, days)
                yield row, row["earned"] + floor(by_days + Fraction(1, 2))
            previous = max(previous, row["due"])

    def _is_paused(self, day: date) -> bool:
        return any(start <= day and (end is None or day <= end) for start, end in self.pauses)


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
        "is_closed": False,
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
