"""`manage.py early_warning_evidence`: what early warning would have been worth on published books."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from collections_mgmt.domain.warning_evidence import evidence
from collections_mgmt.services.warning_books import BOOKS, Book
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError, _
from dashu.policy.pack_files import pack_file
from loans.scoring.serving import behavior_releases

HEADS = ("warned, late", "warned, fine", "not, late", "not, fine")
RATES = ("precision", "recall", "lift", "false_offer_rate")


class BookMissing(DomainError):
    """A published book is not in the folder."""

    code = "book_missing"


class Command(BaseCommand):
    help = "Play published books by the rules of early warning in force and hold the leads against later arrears."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="where the published books are")
        parser.add_argument("--book", choices=BOOKS, action="append", help="one of them; all if not given")
        parser.add_argument("--pack", default=settings.LENDER_POLICY_PACK, help="whose rules (default the lender's)")
        parser.add_argument("--on", type=date.fromisoformat, help="the day of the rules (default today)")
        parser.add_argument("--table", action="store_true", help="a table for people instead of JSON")

    def handle(
        self,
        *args: Any,
        folder: Path,
        book: Sequence[str] | None,
        pack: str,
        on: date | None,
        table: bool,
        **options: Any,
    ) -> None:
        try:
            rules = pack_file(pack).value("early_warning.triggers", on=on or lender_today())
            for name in book or BOOKS:
                for card in behavior_releases().names if name == "uci_taiwan_cards" else behavior_releases().names[:1]:
                    told = _told(name, card, _read(name, folder, rules, card), rules)
                    self.stdout.write("\n".join(_as_table(told)) if table else json.dumps(told, ensure_ascii=False))
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)


def _read(name: str, folder: Path, rules: Any, card: str) -> Book:
    try:
        return BOOKS[name](folder, rules, card)
    except OSError as error:
        raise BookMissing(
            _("The file %(name)s cannot be read: %(reason)s."),
            field="folder",
            params={"name": name, "reason": error.strerror or type(error).__name__},
        ) from error


def _told(name: str, card: str, book: Book, rules: Any) -> dict[str, Any]:
    return {
        "book": name,
        "scorecard": card,
        **evidence(book.pasts, rules),
        "shows": [trigger.value for trigger in book.shows],
        "cannot_show": [trigger.value for trigger in book.cannot_show],
        "assumptions": list(book.assumptions),
    }


def _as_table(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"{told['book']}, {told['scorecard']}: {told['loans']} loans"
    yield f"  {'':18}" + "".join(f"{head:>14}" for head in HEADS) + "".join(f"{rate:>26}" for rate in RATES)
    for name, found in {**told["by"], **told["of_each_trigger"]}.items():
        cells = [found["table"][row][column] for row in ("warned", "not_warned") for column in ("late", "fine")]
        yield (
            f"  {name:18}"
            + "".join(f"{cell:>14}" for cell in cells)
            + "".join(f"{_figure(found[rate]):>26}" for rate in RATES)
        )
        if found["lead_months"]["median"] is not None:
            yield f"  {'':18}months before the arrears: {_lead(found['lead_months'])}"
    yield f"  cannot show: {', '.join(told['cannot_show'])}"
    yield from (f"  * {assumption}" for assumption in told["assumptions"])
    yield ""


def _figure(found: Mapping[str, Any]) -> str:
    if found["value"] is None:
        return "–"
    low, high = found["interval"]
    return f"{found['value']:.3f} ({low:.3f} to {high:.3f})"


def _lead(found: Mapping[str, Any]) -> str:
    low, high = found["interval"]
    first, third = found["quartiles"]
    return f"median {found['median']} ({low} to {high}), quartiles {first} and {third}"
