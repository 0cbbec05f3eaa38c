"""`manage.py book_on --as-of DATE`: the book on a past day as JSON lines, its totals or each of its loans."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from dashu.kernel.dates import lender_today, parse_date
from dashu.kernel.money import format_minor
from dashu.ledger.management.commands._refusing import refusing
from loans.models import Loan
from repayments.selectors.book_on import LoanFigures, Picked, moment_of, refuse_unanswerable, whole_book
from repayments.selectors.book_totals import STATES, SUMMED, Sums, ToldTotals, told_totals
from repayments.selectors.past_days import end_of


class Command(BaseCommand):
    help = "Print where the loans stood at the end of a day, as known now or on any day: totals, or a line a loan."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", metavar="DATE", help="the day, its end; else yesterday")
        parser.add_argument("--known-on", metavar="DATE", help="leave out what was written after this day")
        parser.add_argument(
            "--loans", action="store_true", help="a line for each loan, not the totals of each currency"
        )
        for field in fields(Picked):
            parser.add_argument(f"--{field.name}", metavar="CODE", default="", help="only such loans")

    def handle(self, *args: Any, as_of: str | None, known_on: str | None, loans: bool, **options: Any) -> None:
        today = lender_today()
        with refusing(self.stdout):
            day = parse_date(as_of, field="as_of") if as_of else today - timedelta(days=1)
            known = parse_date(known_on, field="known_on") if known_on else None
            picked = Picked(**{field.name: options[field.name] for field in fields(Picked)})
            refuse_unanswerable(as_of=day, known_on=known, picked=picked, today=today)
            head = {"as_of": day.isoformat(), "known_on": known.isoformat() if known else None}
            lines: Iterator[dict[str, Any]]
            if loans:
                book = whole_book(Loan.objects.all(), as_of=day, known_at=moment_of(known), picked=picked)
                lines = map(loan_document, book)
            else:
                known_at = end_of(known) if known else None
                totals = told_totals(Loan.objects.all(), as_of=day, known_at=known_at, picked=picked)
                lines = (head | totals_document(told) for told in totals)
            for line in lines:
                self.stdout.write(json.dumps(line, ensure_ascii=False))


def loan_document(loan: LoanFigures) -> dict[str, Any]:
    def amount(minor: int) -> str:
        return format_minor(minor, loan.currency)

    return {
        "loan": loan.number,
        "product": loan.product,
        "status": loan.status,
        "currency": loan.currency,
        "outstanding": {
            "principal": amount(loan.principal),
            "interest": amount(loan.interest),
            "fee": amount(loan.fee),
            "penalty": amount(loan.penalty),
        },
        "overdue": {
            "principal": amount(loan.overdue_principal),
            "interest": amount(loan.overdue_interest),
            "fee": amount(loan.overdue_fee),
        },
        "credit": amount(loan.credit),
        "oldest_due_on": loan.oldest_due_on.isoformat() if loan.oldest_due_on else None,
        "days_past_due": loan.days_past_due,
        "effective_days_past_due": loan.effective_days_past_due,
        "bucket": loan.bucket,
        "classification": loan.classification,
    }


def totals_document(told: ToldTotals) -> dict[str, Any]:
    totals, difference = told.totals, told.difference

    def written(sums: Sums) -> dict[str, Any]:
        amounts = {name: format_minor(getattr(sums, name), totals.currency) for name in SUMMED if name != "loans"}
        return {"loans": sums.loans, **amounts}

    by_state = {
        f"by_{state}": {code: written(sums) for code, sums in getattr(totals, state).items()} for state in STATES
    }
    return {
        "currency": totals.currency,
        **written(totals.sums),
        **by_state,
        "difference": written(difference.sums) if difference else None,
    }
