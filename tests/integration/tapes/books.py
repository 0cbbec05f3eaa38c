"""Where the published books lie, and short ways to load and compare one."""

import os
from pathlib import Path

import pytest

from dashu.tapes.reconciling import RECONCILERS, Asked, Comparison
from dashu.tapes.services.import_tape import Report, import_tape

FOLDER = Path(os.environ.get("DASHU_REAL_BOOKS", Path(__file__).resolve().parents[4] / "shared" / "data"))

needs_real_books = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.realbook,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the published books are not at {FOLDER}"),
]


def load(name: str, file: str, months: str | None = None) -> Report:
    return import_tape(path=FOLDER / file, mapping_name=name, months_path=FOLDER / months if months else None)


def compare(name: str, kind: str, file: str | None = None) -> dict[str, Comparison]:
    return {item.figure: item for item in RECONCILERS[kind](name, Asked(FOLDER / file if file else None))}
