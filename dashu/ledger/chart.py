"""The chart of accounts, kept as data in `chart.yaml`."""

from pathlib import Path
from typing import Any

import yaml

from dashu.ledger.models import Account

CHART_FILE = Path(__file__).with_name("chart.yaml")


def load_chart() -> int:
    """Bring the accounts of `chart.yaml` into the database and return how many there are. Running again is harmless."""
    rows = yaml.safe_load(CHART_FILE.read_text(encoding="utf-8"))
    accounts = [Account(code=row["code"], kind=Account.Kind(row["kind"]), name=row["name"]) for row in rows]
    Account.objects.bulk_create(accounts, update_conflicts=True, unique_fields=["code"], update_fields=["kind", "name"])
    return len(accounts)


def load_chart_after_migrate(**_signal: Any) -> None:
    load_chart()
