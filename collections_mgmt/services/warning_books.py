"""
Published books as nights on which the triggers of early warning fire, by the functions that the SQL is held against.

A book shows only what it holds. What it lacks is left out and named, never made up; where a figure stands for another,
the assumption says so. Files are read as they were published, UTF-8 CSV with a header.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from collections_mgmt.domain.early_warning import only_the_least, pays_later, score_is_down
from collections_mgmt.domain.warning_evidence import Night, Past
from dashu.policy.early_warning import EarlyWarning, Trigger
from loans.domain.behavior import History, fields_of_history, months_behind
from loans.domain.scorecards import Scorecard, score
from loans.scoring.mapping import load_mapping
from loans.scoring.reading import read_sample
from loans.scoring.serving import scorecard
from loans.scoring.splitting import is_held_out

LATE_DAYS = 30
_JUNE = 3  # its place among the months from September 2005 back
_MONTHS = 3  # that are looked back for a drop of the score
_TOLERANCE = Decimal("0.05")  # of an installment: the servicer of absee_amcar forgives as much


@dataclass(frozen=True)
class Book:
    """:param assumptions: in whole sentences. :param shows: the triggers that the book can show."""

    pasts: tuple[Past, ...]
    shows: tuple[Trigger, ...]
    assumptions: tuple[str, ...]

    @property
    def cannot_show(self) -> tuple[Trigger, ...]:
        return tuple(trigger for trigger in Trigger if trigger not in self.shows)


def cards(folder: Path, rules: EarlyWarning, card: str) -> Book:
    """Read the card clients of Taiwan: warned up to the end of August 2005, default in October as the outcome."""
    sample = read_sample(folder / "uci_taiwan_cards_6k.csv", load_mapping("behavior_cards"))
    assert sample.histories is not None, "the mapping is one of histories"
    assert sample.names is not None, "the mapping holds clients out by name"
    ends = [date(2005, 6, 30), date(2005, 7, 31), date(2005, 8, 31)]
    pasts = []
    for history, name, is_good in zip(sample.histories, sample.names, sample.good, strict=True):
        if not is_held_out(name) or history.behind[_JUNE]:
            continue
        nights = [
            Night(on, _days_of_card(history.behind[back]), _of_card(history.before(back), rules, scorecard(card)))
            for on, back in zip(ends, (_JUNE, 2, 1), strict=True)
        ]
        pasts.append(Past(tuple(nights), None if is_good else date(2005, 10, 31)))
    return Book(
        tuple(pasts),
        (Trigger.ONLY_THE_LEAST, Trigger.PARTIAL_PAYMENTS, Trigger.SCORE_DOWN),
        (
            "Only the 30% of the clients that no training has seen, and of them those not behind at the end of June.",
            "The file writes a first delay as one of two months in all months but the newest: two count as up to 30 "
            "days behind, which is as far as a lead may be opened. The score reads the months as they are.",
            "A lead may open at the end of June, July or August; September is left for the offer; the outcome is the "
            "default in October that the file reports.",
            "The file does not say the least that was asked for: a month that was neither late nor paid in full counts "
            "as one of the least, a month paid in full as one of more.",
            "A month that ended late although something was paid counts as one partial payment.",
            f"The score is {card}, of the months up to the same day.",
        ),
    )


def _days_of_card(behind: int) -> int:
    return max(0, behind - 1) * LATE_DAYS


def _of_card(history: History, rules: EarlyWarning, card: Scorecard) -> frozenset[Trigger]:
    """:param history: as it was known on the night."""
    fired = set()
    least, partial = rules.triggers[Trigger.ONLY_THE_LEAST], rules.triggers[Trigger.PARTIAL_PAYMENTS]
    full = [paid >= billed for paid, billed in zip(history.paid, history.billed[1:], strict=False)]
    on_time = [
        (2, 1) if is_full else (1, 1)
        for is_full, late in reversed(list(zip(full, history.behind, strict=False)))
        if not late
    ]
    if only_the_least(on_time, payments=least.counts["payments"]):
        fired.add(Trigger.ONLY_THE_LEAST)
    window = partial.counts["within_days"] // LATE_DAYS
    parts = [late and paid for late, paid in zip(history.behind[:window], history.paid[:window], strict=True)]
    if sum(map(bool, parts)) >= partial.counts["installments"]:
        fired.add(Trigger.PARTIAL_PAYMENTS)
    return frozenset(fired | _score_down(history, rules, card))


def _score_down(history: History, rules: EarlyWarning, card: Scorecard) -> set[Trigger]:
    now, *earlier = (
        score(card, fields_of_history(each)).points if each.is_known else None
        for each in (history.before(back) for back in range(_MONTHS + 1))
    )
    known = [points for points in earlier if points is not None]
    bands = rules.triggers[Trigger.SCORE_DOWN].counts["bands"]
    if now is not None and score_is_down(now, known, edges=rules.score_edges, bands=bands):
        return {Trigger.SCORE_DOWN}
    return set()


def vehicles(folder: Path, rules: EarlyWarning, card: str) -> Book:
    """Read the monthly vehicle loans of AmeriCredit: the first month of 30 or more days past due as the outcome."""
    by_loan = rows_by(folder / "absee_amcar_months.csv", "loan_id")
    return Book(
        tuple(_vehicle(sorted(rows, key=lambda row: row["period_end"]), rules, scorecard(card)) for rows in by_loan),
        (Trigger.PAYS_LATER, Trigger.PARTIAL_PAYMENTS, Trigger.SCORE_DOWN),
        (
            "All 24 loans of the extract, which was chosen to hold troubled loans: shares of it say nothing of a book.",
            "One payment a month, on the date through which interest is paid where that lies in the month, else on its "
            "last day; payments fill the oldest installment first, and a shortfall of 5% is forgiven.",
            "The day on which a loan is due is published only of loans that were late, which would tell the outcome. "
            "Each loan's own usual day, the middle one of its first three payments, stands for it.",
            f"The score is {card}, of the days past due that the servicer reported at each month's end.",
        ),
    )


def _vehicle(rows: Sequence[Mapping[str, str]], rules: EarlyWarning, card: Scorecard) -> Past:
    partial = rules.triggers[Trigger.PARTIAL_PAYMENTS]
    installments, nights, partials = _Installments(), list[Night](), list[date]()
    behind: list[int] = []
    for row in rows:
        on, days = date.fromisoformat(row["period_end"]), int(float(row["currentDelinquencyStatus"] or 0))
        if days >= LATE_DAYS:
            return Past(tuple(nights), on)
        asked, paid = (
            Decimal(row[name] or 0) for name in ("reportingPeriodScheduledPaymentAmount", "totalActualAmountPaid")
        )
        behind.insert(0, months_behind(days))
        fired = _score_down(History(tuple(behind)), rules, card)
        has_settled = installments.pay(on, paid_on(row, on), asked, paid)
        if has_settled and _pays_later(installments.days_late(), rules):
            fired.add(Trigger.PAYS_LATER)
        if 0 < paid < asked * (1 - _TOLERANCE):
            partials.append(on)
            since = on - timedelta(days=partial.counts["within_days"])
            if sum(day > since for day in partials) >= partial.counts["installments"]:
                fired.add(Trigger.PARTIAL_PAYMENTS)
        nights.append(Night(on, days, frozenset(fired)))
    return Past(tuple(nights), None)


class _Installments:
    """One installment a month, the oldest paid first; the day it falls due is the usual day of the first payments."""

    def __init__(self) -> None:
        self._open: list[tuple[date, Decimal]] = []
        self._settled: list[tuple[date, date]] = []  # month, day of payment
        self._money = Decimal(0)

    def pay(self, month: date, paid_on: date, asked: Decimal, paid: Decimal) -> bool:
        """Ask for a month's installment, take its payment, and return whether an installment was settled by it."""
        if asked:
            self._open.append((month, asked * (1 - _TOLERANCE)))
        self._money += paid
        before = len(self._settled)
        while self._open and self._money >= self._open[0][1]:
            due, least = self._open.pop(0)
            self._money -= min(self._money, least / (1 - _TOLERANCE))
            self._settled.append((due, paid_on))
        return len(self._settled) > before

    def days_late(self) -> list[int]:
        """Return the days late of the installments settled so far, the oldest first; none before there are three."""
        if len(self._settled) < 3:
            return []
        usual = sorted((paid_on - month).days for month, paid_on in self._settled[:3])[1]
        return [(paid_on - month).days - usual for month, paid_on in self._settled]


def paid_on(row: Mapping[str, str], end: date) -> date:
    """Return the day of a month's one payment: through which interest is paid, else the month's last day."""
    through = row["interestPaidThroughDate"]
    if not through:
        return end
    day = date.fromisoformat(through)
    return day if (day.year, day.month) == (end.year, end.month) else end


def short_loans(folder: Path, rules: EarlyWarning, card: str) -> Book:
    """Read the short consumer loans of SuperLender, customer by customer: a later loan 30 days late as the outcome."""
    by_customer = rows_by(folder / "superlender_prev_loans.csv", "customerid")
    return Book(
        tuple(filter(None, (_customer(rows, rules) for rows in by_customer))),
        (Trigger.PAYS_LATER,),
        (
            "Customers with five loans or more, none of the first four of which was 30 days late; what is watched is "
            "the first installment of each loan, in the order of its due date.",
            "A customer's loans follow one another: how the last ones were paid warns of the next. The lead time runs "
            "to the thirtieth day after the due date of the first loan that was so late.",
            "Only loans that ended are in the file, so those who never paid are missing and arrears are too few.",
            f"There is no history of months, so {card} gives no score.",
        ),
    )


def _customer(rows: Sequence[Mapping[str, str]], rules: EarlyWarning) -> Past | None:
    paid = [
        (date.fromisoformat(row["firstduedate"]), date.fromisoformat(row["firstrepaiddate"][:10]))
        for row in sorted(rows, key=lambda row: (row["firstduedate"], int(row["loannumber"])))
        if row["firstrepaiddate"]
    ]
    days = [(repaid - due).days for due, repaid in paid]
    if len(days) <= _FIRST_LOANS or max(days[:_FIRST_LOANS]) >= LATE_DAYS:
        return None
    late_on = next((due + timedelta(days=LATE_DAYS) for due, repaid in paid if (repaid - due).days >= LATE_DAYS), None)
    nights = []
    for place, (_due, repaid) in enumerate(paid):
        if days[place] >= LATE_DAYS:
            break
        fired = {Trigger.PAYS_LATER} if _pays_later(days[: place + 1], rules) else set()
        if late_on is None or repaid < late_on:
            nights.append(Night(repaid, 0, frozenset(fired)))
    return Past(tuple(sorted(nights, key=lambda night: night.on)), late_on)


_FIRST_LOANS = 4


def _pays_later(days: Sequence[int], rules: EarlyWarning) -> bool:
    counts = rules.triggers[Trigger.PAYS_LATER].counts
    return bool(days) and pays_later(days[-6:], later_days=counts["later_days"], least_days=counts["least_days"])


def rows_by(path: Path, column: str) -> Iterator[list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            found[row[column]].append(row)
    return iter(found.values())


BOOKS: Mapping[str, Callable[[Path, EarlyWarning, str], Book]] = {
    "uci_taiwan_cards": cards,
    "absee_amcar": vehicles,
    "superlender": short_loans,
}
