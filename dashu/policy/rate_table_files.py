"""The rate tables that come with the program, straight from their files; no database and no Django."""

from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from dashu.finance.floating import RateTable
from dashu.kernel.errors import DomainError, _

RATE_TABLES_DIR = Path(__file__).with_name("rate_tables")


class UnknownRateTable(DomainError):
    """No rate table has this code."""

    code = "unknown_rate_table"


def rate_table(code: str, *, field: str = "rate_table") -> RateTable:
    """
    Return the table of a published rate such as `LPR_1Y`.

    :raises UnknownRateTable: naming the tables that there are.
    """
    tables = rate_tables()
    if code not in tables:
        raise UnknownRateTable(
            _("There is no rate table %(given)s. Choose one of: %(known)s."),
            field=field,
            params={"given": repr(code)[:40], "known": ", ".join(tables)},
        )
    return tables[code]


@cache
def rate_tables() -> dict[str, RateTable]:
    """Return every table by its code, read once."""
    tables = {}
    for path in sorted(RATE_TABLES_DIR.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["tables"]:
            rows = tuple((row["from"], Decimal(row["rate"])) for row in entry["rows"])
            tables[entry["code"]] = RateTable(entry["code"], rows, entry["confirmed_through"])
    return tables
