"""
Hold our book against what the old system reported.

Every function reads only what the live services and the close have written, compares it with the tape's own figures,
and says how many agree and why the others do not. Causes are found from facts of the loan, never by trying what fits.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from dashu.kernel.errors import _
from dashu.tapes.agreement import Parts, RowParts, all_agreements, lived, refuse_unproven
from dashu.tapes.errors import TapeRefused
from dashu.tapes.models import AgeingNight, ReportedFigure, TapeEvent
from dashu.tapes.services.replay_tape import AGES
from loans.models import Loan
from repayments.models import Channel, Installment, Payment

MONTH_BUCKETS = ("CURRENT", "M1", "M2", "M3")


class TapeFileNeeded(TapeRefused):
    """This tape is compared with its file, which was not named."""

    code = "tape_file_needed"


@dataclass(frozen=True, slots=True)
class Asked:
    """
    :param tape: the tape's file, for tapes that are recounted from it.
    :param on: the day, for tapes that are compared on any; None: the tape's own.
    """

    tape: Path | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One reason why figures differ, how often, and one case of it."""

    cause: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One kind of figure: how many of `total` agree, and the reasons of the rest."""

    figure: str
    agree: int
    total: int
    disagreements: tuple[Disagreement, ...]

    @property
    def share(self) -> float:
        return self.agree / self.total if self.total else 0.0


def ageing(source: str, asked: Asked) -> list[Comparison]:
    """Each night's open and unpaid one-installment loans by days past due, against a recount from the file's dates."""
    if asked.tape is None:
        raise TapeFileNeeded(_("Name the tape's file with --tape, so that it can be recounted."), field="tape")
    frame = pd.read_csv(asked.tape, dtype=str)
    frame = frame[frame["termdays"].astype(int) <= 30]
    begins, paid, ends, due = (
        pd.to_datetime(frame[name].str[:10])
        for name in ("approveddate", "firstrepaiddate", "closeddate", "firstduedate")
    )
    nights = AgeingNight.objects.filter(source=source).order_by("as_of")
    differing = []
    for night in nights:
        day = pd.Timestamp(night.as_of)
        days = (day - due[(begins <= day) & (paid > day) & (ends > day)]).dt.days
        recount = {label: int(days.clip(lower=0).between(low, high).sum()) for label, low, high in AGES}
        if recount != night.by_days:
            differing.append(f"{night.as_of}: tape {recount}, book {night.by_days}")
    total = len(nights)
    found = _grouped([("another ageing", text) for text in differing])
    return [Comparison("ageing of a night", total - len(differing), total, found)]


def installment(source: str, _asked: Asked) -> list[Comparison]:
    """The first installment of our schedule, against the one that was reported."""
    first = {
        external_id: principal + interest + fee
        for external_id, principal, interest, fee in Installment.objects.filter(
            loan__source=source, version=1, number=1
        ).values_list("loan__external_id", "principal_minor", "interest_minor", "fee_minor")
    }
    misses = []
    figures = list(ReportedFigure.objects.filter(source=source).values_list("external_id", "reported"))
    for external_id, reported in figures:
        difference = first[external_id] - reported["installment_minor"]
        if difference:
            misses.append((_installment_cause(difference, reported), f"{external_id}: differs by {difference} minor"))
    return [Comparison("installment to the cent", len(figures) - len(misses), len(figures), _grouped(misses))]


def snapshot(source: str, _asked: Asked) -> list[Comparison]:
    """Days past due of one day, and the bucket against ceil(past-due amount ÷ installment), by the tape's tolerance."""
    tolerance_bps = Loan.objects.filter(source=source).values_list("tolerance_bps", flat=True).first() or 0
    days_missed, bucket_missed = [], []
    figures = list(ReportedFigure.objects.filter(source=source).values_list("external_id", "reported", "live"))
    for external_id, reported, live in figures:
        overlooked = reported["level_minor"] * tolerance_bps // 10_000
        months_behind = max(0, -(-(reported["past_due_minor"] - overlooked) // reported["level_minor"]))
        expected = MONTH_BUCKETS[months_behind] if months_behind < len(MONTH_BUCKETS) else "over 90 days"
        is_right = live["days_past_due"] > 90 if expected == "over 90 days" else live["bucket"] == expected
        if not is_right:
            bucket_missed.append(("another bucket", f"{external_id}: {expected} by money, book {live['bucket']}"))
        if live["days_past_due"] != reported["days_past_due"]:
            text = f"{external_id}: reported {reported['days_past_due']}, book {live['days_past_due']}"
            days_missed.append(("another day count", text))
    total = len(figures)
    return [
        Comparison("ageing by the money past due", total - len(bucket_missed), total, _grouped(bucket_missed)),
        Comparison("days past due", total - len(days_missed), total, _grouped(days_missed)),
    ]


def months(source: str, _asked: Asked) -> list[Comparison]:
    """Days past due at month ends, the interest of each receipt and the balance after it."""
    extended = set(
        TapeEvent.objects.filter(source=source, kind=TapeEvent.Kind.EXTENSION).values_list("external_id", flat=True)
    )
    figures = list(ReportedFigure.objects.filter(source=source).exclude(live={}).order_by("external_id", "as_of"))
    counted = [figure for figure in figures if figure.reported["days_past_due"] is not None]
    running = [figure for figure in counted if figure.live["status"] == Loan.Status.ACTIVE]
    never = [figure for figure in running if figure.external_id not in extended]
    paid = [figure for figure in figures if figure.live["interest_minor"] or figure.reported["interest_minor"]]
    return [
        _months_past_due("days past due, loans never extended", never, extended),
        _months_past_due("days past due, all loans", running, extended),
        _interest(paid),
        _close("balance within 1.00", paid, "principal_minor", 100),
        _close("balance within 0.5% of it", paid, "principal_minor", None),
    ]


def lateness(source: str, _asked: Asked) -> list[Comparison]:
    """The days past due of each late loan on the day for which the tape counts them."""
    figures = list(ReportedFigure.objects.filter(source=source).exclude(live={}).order_by("external_id"))
    due = dict(Installment.objects.filter(loan__source=source, number=1).values_list("loan__external_id", "due_on"))
    misses = []
    for figure in figures:
        reported, book = figure.reported["days_past_due"], figure.live["days_past_due"]
        if reported != book:
            by_dates = (figure.as_of - due[figure.external_id]).days
            cause = "the file's own two dates lie otherwise" if by_dates == book else "another day count"
            misses.append((cause, f"{figure.external_id} {figure.as_of}: reported {reported}, book {book}"))
    return [Comparison("days past due", len(figures) - len(misses), len(figures), _grouped(misses))]


def handover(source: str, asked: Asked) -> list[Comparison]:
    """
    What was stated of each loan and everything since, against ledger, installments and the loan lived through anew.

    On the day of takeover, or on a later day that is closed.
    """
    if asked.on is not None:
        refuse_unproven(asked.on)
    total, misses = 0, defaultdict[str, list[tuple[str, str]]](list)
    for found in all_agreements(source=source, on=asked.on):
        total += 1
        sides: dict[str, Parts | RowParts] = {
            "ledger against what was stated and posted since": found.expected,
            "installments against the ledger": found.rows,
            "events lived through against the ledger": lived(Loan.objects.get(pk=found.loan_id), found.as_of),
        }
        for figure, side in sides.items():
            for part, minor in side._asdict().items():
                if difference := minor - getattr(found.ledger, part):
                    misses[figure].append((part, f"{found.external_id}: differs by {difference} minor"))
    return [
        Comparison(figure, total - len({text.partition(":")[0] for _part, text in missed}), total, _grouped(missed))
        for figure, missed in ((figure, misses[figure]) for figure in HANDOVER_FIGURES)
    ]


HANDOVER_FIGURES = (
    "ledger against what was stated and posted since",
    "installments against the ledger",
    "events lived through against the ledger",
)

RECONCILERS: dict[str, Callable[[str, Asked], list[Comparison]]] = {
    "ageing": ageing,
    "installment": installment,
    "snapshot": snapshot,
    "months": months,
    "lateness": lateness,
    "handover": handover,
}


def _installment_cause(difference: int, reported: dict[str, Any]) -> str:
    if reported["installment_minor"] == 0:
        return "no installment is reported"
    if abs(difference) == 1:
        return "one cent: rounded the other way"
    return "not the annuity of the reported amount, rate and term"


def _months_past_due(name: str, figures: list[ReportedFigure], extended: set[str]) -> Comparison:
    misses = [
        (
            _days_cause(figure, extended),
            f"{figure.external_id} {figure.as_of}: reported {figure.reported['days_past_due']}, "
            f"book {figure.live['days_past_due']}",
        )
        for figure in figures
        if figure.reported["days_past_due"] != figure.live["days_past_due"]
    ]
    return Comparison(name, len(figures) - len(misses), len(figures), _grouped(misses))


def _days_cause(figure: ReportedFigure, extended: set[str]) -> str:
    if figure.external_id in extended:
        return "extended loan: the servicer also changed amounts that the file does not show"
    if figure.reported["days_past_due"] < figure.live["days_past_due"]:
        return "the servicer overlooked a shortfall above the product's tolerance"
    return "the servicer counts an amount that our book holds as paid"


def _interest(figures: list[ReportedFigure]) -> Comparison:
    """Interest is exact when the tape's date is the servicer's own; the days that its amount implies say when not."""
    misses = []
    for figure in figures:
        difference = figure.live["interest_minor"] - figure.reported["interest_minor"]
        if difference:
            cause = _interest_cause(figure)
            misses.append((cause, f"{figure.external_id} {figure.as_of}: differs by {difference} minor"))
    return Comparison("interest to the cent", len(figures) - len(misses), len(figures), _grouped(misses))


def _interest_cause(figure: ReportedFigure) -> str:
    difference = abs(figure.live["interest_minor"] - figure.reported["interest_minor"])
    principal = figure.live["principal_minor"]
    rate = Loan.objects.values_list("annual_rate", flat=True).get(external_id=figure.external_id, source=figure.source)
    one_day = principal * rate / 365
    if difference <= 2:
        return "a cent or two: our balance already differs by an earlier date"
    if one_day and abs(difference / one_day - round(difference / one_day)) <= 0.12:
        return "whole days: the receipt counted from another day than the reported one"
    return "parts of days: several receipts in one month, reported as one"


def _close(name: str, figures: list[ReportedFigure], key: str, within: int | None) -> Comparison:
    misses = []
    for figure in figures:
        difference = figure.live[key] - figure.reported[key]
        allowed = figure.reported[key] * 5 // 1000 if within is None else within
        if abs(difference) > allowed:
            misses.append(("follows from the interest", f"{figure.external_id} {figure.as_of}: {difference} minor"))
    return Comparison(name, len(figures) - len(misses), len(figures), _grouped(misses))


def _grouped(misses: Iterable[tuple[str, str]]) -> tuple[Disagreement, ...]:
    counts: Counter[str] = Counter()
    examples: defaultdict[str, str] = defaultdict(str)
    for cause, example in misses:
        counts[cause] += 1
        examples[cause] = examples[cause] or example
    return tuple(Disagreement(cause, count, examples[cause]) for cause, count in counts.most_common())


def payments_refused(source: str) -> Comparison:
    """The events of the tape that the live services booked."""
    events = TapeEvent.objects.filter(source=source)
    refused = [(f"refused: {item.refusal}", item.reference) for item in events.exclude(refusal="")]
    booked = events.filter(is_booked=True).count()
    assert (
        booked
        == Payment.objects.filter(loan__source=source, channel=Channel.TAPE).count()
        + events.filter(is_booked=True, kind=TapeEvent.Kind.EXTENSION).count()
    )
    return Comparison("events booked", booked, booked + len(refused), _grouped(refused))
