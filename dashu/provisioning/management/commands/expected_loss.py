"""`manage.py expected_loss --month 2026-06`: calculate the expected credit loss of a month; nothing is posted."""

import json
import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dashu.kernel.dates import parse_date
from dashu.kernel.errors import DomainError
from dashu.ledger.exporting import write_file
from dashu.provisioning.models import ProvisionRun
from dashu.provisioning.selectors.movement import movement_of
from dashu.provisioning.selectors.stages import by_stage
from dashu.provisioning.services.calculate import calculate_run
from dashu.provisioning.workbook import COLUMNS, text_rows


class Command(BaseCommand):
    help = "Calculate the expected credit loss of a kept month, or read it again; one JSON line, in minor units."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", required=True, metavar="YYYY-MM", help="the month at whose end it is measured")
        parser.add_argument("--currency", default=settings.CURRENCY)
        parser.add_argument("--csv", type=Path, metavar="FILE", help="write every loan to this file")

    def handle(self, *args: Any, month: str, currency: str, csv: Path | None, **options: Any) -> None:
        try:
            first: date = parse_date(f"{month}-01", field="month")
            run = calculate_run(month=first, currency=currency, actor="system:expected_loss")
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        if csv is not None:
            with csv.open("wb") as file:
                write_file(file, "csv", {name: name for name in COLUMNS}, text_rows(run), titles=False)
        self.stdout.write(json.dumps(_told(run)))


def _told(run: ProvisionRun) -> dict[str, Any]:
    movement = movement_of(run)
    return {
        "month": f"{run.month:%Y-%m}",
        "currency": run.currency,
        "run": run.number,
        "status": run.status,
        "model": run.model.digest,
        "loans": run.loans,
        "ecl": run.ecl_minor,
        "overlay": run.overlay_minor,
        "five_tier": run.five_tier_minor,
        "products": run.totals,
        "stages": {
            each.stage: {
                "loans": each.loans,
                "exposure": each.ead_minor,
                "ecl": each.ecl_minor,
                "overlay": each.overlay_minor,
                "five_tier": each.five_tier_minor,
            }
            for each in by_stage(run)
        },
        "movement": {
            step.value.lower(): {stage: minor for (each, stage), minor in movement.amounts.items() if each is step}
            for step in dict.fromkeys(step for step, _stage in movement.amounts)
        },
        "causes": {cause.value.lower(): minor for cause, minor in movement.causes.items()},
    }
