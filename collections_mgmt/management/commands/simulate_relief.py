"""`manage.py simulate_relief`: what a published book would have been like under other policies of relief."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from collections_mgmt.domain.relief_policies import Assumptions, Replayed
from collections_mgmt.domain.relief_policy_figures import policies_told
from collections_mgmt.management.commands.early_warning_evidence import BookMissing
from collections_mgmt.management.commands.restructure_options import rules_on
from collections_mgmt.services.relief_books import BOOKS, ReliefBook
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError, _
from dashu.policy.pack_files import pack_file
from loans.scoring.serving import behavior_releases

_TOLERANCE_BPS = 500
_PRODUCT = "CONSUMER"
# As the table has them: what is told, under which head, and with how many decimals.
_COLUMNS = (
    ("arrears_months", "arrears months"),
    ("rate_30", "30+ days"),
    ("rate_90", "90+ days"),
    ("present_value", "present value"),
    ("offers", "offers"),
    ("accepted", "accepted"),
    ("false_offers", "false offers"),
)


class Command(BaseCommand):
    help = "Replay a published book under policies of relief: none, reactive, proactive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="where the published books are")
        parser.add_argument("--book", choices=BOOKS, default="absee_amcar")
        parser.add_argument("--pack", default=settings.LENDER_POLICY_PACK, help="whose rules (default the lender's)")
        parser.add_argument("--on", type=date.fromisoformat, help="the day of the rules (default today)")
        parser.add_argument("--room", type=Decimal, default=Decimal("0.8"), help="part of an installment still carried")
        parser.add_argument("--months", type=int, default=6, help="until the income is back; 0: it stays low")
        parser.add_argument("--reactive-days", type=int, default=30, help="past due, at which an offer is made at last")
        parser.add_argument("--extra-months", type=int, default=12, help="by which a plan may end later")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--draws", type=int, default=20, help="of months that are paid after all")
        parser.add_argument("--resamples", type=int, default=1000, help="of the loans, for the intervals")
        parser.add_argument("--table", action="store_true", help="a table for people instead of JSON")

    def handle(self, *args: Any, folder: Path, table: bool, **options: Any) -> None:
        started = perf_counter()
        try:
            told = _told(folder, **options)
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        self.stdout.write("\n".join(_as_table(told)) if table else json.dumps(told, ensure_ascii=False))
        self.stderr.write(f"{told['loans']} loans, {told['months']} months: {perf_counter() - started:.1f} s")


def _told(
    folder: Path, *, book: str, pack: str, on: date | None, seed: int, draws: int, **options: Any
) -> dict[str, Any]:
    on = on or lender_today()
    read = _read(folder, book, pack, on)
    assumptions = Assumptions(
        room=options["room"],
        months=options["months"] or None,
        reactive_days=options["reactive_days"],
        tolerance_bps=_TOLERANCE_BPS,
        extra_months=options["extra_months"],
    )
    rules = rules_on(pack, _PRODUCT, on, on)
    replayed = [Replayed(loan, assumptions, rules, seed, draws) for loan in read.loans]
    return {
        "book": book,
        "loans": len(read.loans),
        "months": sum(len(loan.months) for loan in read.loans),
        "pack": pack,
        "on": on.isoformat(),
        "seed": seed,
        "draws": draws,
        "resamples": options["resamples"],
        **policies_told(replayed, currency=read.currency, resamples=options["resamples"]),
        "seen": {
            name: {
                "count": share.count,
                "of": share.total,
                "interval": [round(bound, 4) for bound in share.interval()],
            }
            for name, share in read.seen.items()
        },
        "assumptions": [*read.assumptions, *_sentences(assumptions)],
    }


def _read(folder: Path, book: str, pack: str, on: date) -> ReliefBook:
    rules = pack_file(pack).value("early_warning.triggers", on=on)
    try:
        return BOOKS[book](folder, rules, behavior_releases().names[0])
    except OSError as error:
        raise BookMissing(
            _("The file %(name)s cannot be read: %(reason)s."),
            field="folder",
            params={"name": book, "reason": error.strerror or type(error).__name__},
        ) from error


def _sentences(assumed: Assumptions) -> Iterator[str]:
    lasts = f"for {assumed.months} months" if assumed.months else "for good"
    yield (
        f"A household that is made an offer says that its month carries {assumed.room} of the present installment, "
        f"{lasts}; its income is the published installment by the published part of the income that it takes."
    )
    yield (
        f"Reactive: an offer at the first month's end that is {assumed.reactive_days} days past due or more. Proactive:"
        " an offer on the night of a lead by the rules in force, and else as in reactive; any one trigger: a lead by "
        "one trigger already. One offer is made at a time, and there is one plan a loan."
    )
    yield (
        "The offer is the recommended one of the engine, by the bounds of the pack; a plan may end up to "
        f"{assumed.extra_months} months later than the loan. It is accepted on the same night, by the part of people "
        "that the scenario says."
    )
    yield (
        "With a plan nobody pays more in a month than it asks for, although more may have come in the book. A month "
        "whose money does not reach it stays as it was, or is paid after all, by the chance that the scenario calls "
        f"effect. A shortfall of {_TOLERANCE_BPS // 100}% is none."
    )
    yield (
        "Present value is at the loan's own rate on its first day in the book: what came, and at the last month what "
        "can be expected of the rest, by the pack's chance of loss for the days past due, the same with and without a "
        "plan."
    )
    yield (
        "A plan begins the days past due anew, so arrears months and rates fall by that alone; the present value does "
        "not."
    )
    yield "Intervals are a bootstrap over the loans: they say nothing of whether the assumptions are right."


def _as_table(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"{told['book']}: {told['loans']} loans, {told['months']} months, rules of {told['pack']} on {told['on']}"
    reported = told["as_reported"]
    yield (
        f"  as the servicer reported: {reported['arrears_months']} arrears months, 30+ days {reported['rate_30']:.3f}, "
        f"90+ days {reported['rate_90']:.3f}"
    )
    for scenario in told["scenarios"]:
        yield f"{scenario['name']}: {scenario['acceptance']:.0%} accept, effect {scenario['effect']:.0%}"
        yield f"  {'':26}" + "".join(f"{head:>16}" for _name, head in _COLUMNS)
        for name, found in scenario["policies"].items():
            yield f"  {name:26}" + "".join(f"{_cell(found[column]):>16}" for column, _head in _COLUMNS)
            if "against_none" in found:
                gained = found["against_none"]["present_value"]
                low, high = gained["interval"]
                yield f"  {'':26}present value against none: {gained['value']} ({low} to {high})"
    for name, effect in told["break_even_effect"].items():
        words = "at no effect" if effect is None else f"from an effect of {effect:.0%} on"
        yield f"  {name}: is worth no less than none {words}"
    for name, share in told["seen"].items():
        low, high = share["interval"]
        yield f"  seen in the book: {name}: {share['count']} of {share['of']} ({low:.3f} to {high:.3f})"
    yield from (f"  * {assumption}" for assumption in told["assumptions"])


def _cell(found: Mapping[str, Any]) -> str:
    value = found["value"]
    return value if isinstance(value, str) else f"{value:.3f}" if 0 < value < 1 else f"{value:.1f}"
