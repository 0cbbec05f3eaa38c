"""
Works a sheet out, by the formulas in it and with decimals, as a spreadsheet would: `+ - * / ^`, cells and ranges, and
SUM, SUMPRODUCT, ROUND, MIN and MAX. It knows nothing of provisions.
"""

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

CELL = re.compile(r"^(?:(?P<sheet>\w+)!)?\$?(?P<column>[A-Z]+)\$?(?P<row>\d+)$")


class Sheets:
    def __init__(self, file: Path) -> None:
        self._book = load_workbook(file)
        self._known: dict[tuple[str, str], Any] = {}

    def value(self, sheet: str, cell: str) -> Any:
        """Return a text as it is and a number as a decimal."""
        if (sheet, cell) not in self._known:
            written = self._book[sheet][cell].value
            if isinstance(written, str) and written.startswith("="):
                written = self._worked_out(sheet, written)
            self._known[sheet, cell] = written if isinstance(written, str) else Decimal(str(written or 0))
        return self._known[sheet, cell]

    def _worked_out(self, sheet: str, formula: str) -> Decimal:
        names = {
            "SUM": lambda *values: sum(_flat(values)),
            "MIN": lambda *values: min(_flat(values)),
            "MAX": lambda *values: max(_flat(values)),
            "ROUND": lambda value, digits: value.quantize(Decimal(1).scaleb(-int(digits)), rounding=ROUND_HALF_UP),
            "SUMPRODUCT": lambda *ranges: sum(_product(row) for row in zip(*ranges, strict=True)),
            "D": Decimal,
            "cells": lambda reference: self._cells(sheet, reference),
        }
        text = "".join(_python(token) for token in Tokenizer(formula).items)
        with localcontext(prec=50):
            return Decimal(eval(text, {"__builtins__": {}}, names))  # noqa: S307 – a sheet of ours

    def _cells(self, sheet: str, reference: str) -> Any:
        first, _colon, last = reference.partition(":")
        place = CELL.match(first)
        assert place, reference
        sheet = place["sheet"] or sheet
        if not last:
            return self.value(sheet, place["column"] + place["row"])
        until = CELL.match(last)
        assert until, reference
        area = self._book[sheet][f"{place['column']}{place['row']}:{until['column']}{until['row']}"]
        return [self.value(sheet, cell.coordinate) for row in area for cell in row]


def _python(token: Token) -> str:
    if token.type == Token.OPERAND:
        return f"cells({token.value!r})" if token.subtype == Token.RANGE else f"D({token.value!r})"
    return "**" if token.value == "^" else token.value


def _flat(values: Any) -> list[Decimal]:
    return [each for value in values for each in (value if isinstance(value, list) else [value])]


def _product(row: Any) -> Decimal:
    result = Decimal(1)
    for each in row:
        result *= each
    return result
