"""
How each bank writes a CSV statement, as data in `layouts/`.

A layout names the columns of each fact, the forms of its dates, and where the account stands when it is not a column.
A file is of the first layout whose required columns its header has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LAYOUTS_DIR = Path(__file__).with_name("layouts")
SIGNED = {"amount"}
SPLIT = {"debit", "credit"}
PARTIES = {"payer_name", "payer_account", "payee_name", "payee_account"}
KNOWN = {
    "account", "currency", "booked_on", "value_on", "balance", "counterparty_name", "counterparty_account", "text",
    "bank_reference",
} | SIGNED | SPLIT | PARTIES  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """
    :param columns: for each fact the names its column may have; of `text` every one that is there is read.
    :param account_above: labels in the lines above the header, beside which the account stands.
    :param currencies: words of the bank for currencies.
    """

    name: str
    title: Mapping[str, str]
    dates: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    required: frozenset[str]
    account_above: tuple[str, ...]
    currencies: Mapping[str, str]

    def places(self, header: list[str]) -> dict[str, list[int]] | None:
        """Return where each fact stands in a header, None when it is not a header of this layout."""
        found = {
            fact: [place for name in names for place, column in enumerate(header) if column == name]
            for fact, names in self.columns.items()
        }
        if any(not found.get(fact) for fact in self.required):
            return None
        return {fact: places if fact == "text" else places[:1] for fact, places in found.items() if places}


@cache
def layouts() -> dict[str, Layout]:
    """Return the layouts by name, the plain one last."""
    found = [
        _layout(path) for path in sorted(LAYOUTS_DIR.glob("*.yaml"), key=lambda path: (path.stem == "plain", path))
    ]
    return {layout.name: layout for layout in found}


def _layout(path: Path) -> Layout:
    raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    columns = {fact: tuple(names) for fact, names in raw["columns"].items()}
    required = frozenset(raw["required"])
    assert set(columns) <= KNOWN, f"{path.name} has unknown facts: {sorted(set(columns) - KNOWN)}"
    assert "booked_on" in required, f"{path.name} must require a day"
    assert required <= set(columns), f"{path.name} requires what it has no column for"
    assert required >= SIGNED or required >= SPLIT, f"{path.name} must require one signed amount, or debit and credit"
    return Layout(
        name=path.stem,
        title=raw["title"],
        dates=tuple(raw["dates"]),
        columns=columns,
        required=required,
        account_above=tuple(raw.get("account_above", ())),
        currencies={str(word): code for word, code in raw.get("currencies", {}).items()},
    )
