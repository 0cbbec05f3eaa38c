"""
A loan in the middle of its life, as another system hands it over, and short ways to change it and to load it.

6,000.00 were lent on 10 October 2025 in six months of 1,000.00 principal, falling interest and a fee of 5.00. At the
end of 20 February 2026 two rows are paid, 600.00 of the third (10 January) is open and the whole fourth (10 February).
"""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from collections_mgmt.services.close_day import close_date
from dashu.tapes.models import Handover
from dashu.tapes.services.import_tape import Report, import_tape
from loans.models import Loan

TAKEN_OVER = date(2026, 2, 20)

LOAN = {
    "loan": "H1",
    "borrower": "P1",
    "borrower_name": "王小明",
    "lent_on": "2025-10-10",
    "lent": "6000.00",
    "annual_rate": "0.12",
    "penalty_annual_rate": "0.18",
    "taken_over_on": "2026-02-20",
    "principal": "3600.00",
    "interest_due": "30.00",
    "fee_due": "5.00",
    "penalty_due": "12.34",
    "credit": "",
    "days_past_due": "41",
}
OPEN = {3: ("600.00", "0", "0"), 4: ("1000.00", "30.00", "5.00"), 5: ("1000", "20", "5"), 6: ("1000", "10", "5")}
DUE = ("2025-11-10", "2025-12-10", "2026-01-10", "2026-02-10", "2026-03-10", "2026-04-10")
HISTORY_COLUMNS = (
    "loan", "happened_on", "kind", "amount", "principal", "interest", "fee", "penalty", "credit", "reference", "note",
)  # fmt: skip
HISTORY = (
    ("2025-10-10", "payout", "6000.00", "", "", "", "", "", "OLD-0", ""),
    ("2025-11-10", "payment", "1065.00", "1000", "60", "5", "", "", "OLD-1", ""),
    ("2025-12-12", "payment", "1055.00", "", "", "", "", "", "OLD-2", "bank transfer"),
    ("2026-02-01", "payment", "445.00", "400", "40", "5", "", "", "", ""),
)


def rows_of(loan: str = "H1", still_open: dict[int, tuple[str, str, str]] = OPEN) -> list[dict[str, str]]:
    rows = []
    for number, due_on in enumerate(DUE, start=1):
        principal, interest, fee = still_open.get(number, ("0", "0", "0"))
        rows.append(
            {
                "loan": loan,
                "number": str(number),
                "due_on": due_on,
                "principal": "1000.00",
                "interest": f"{70 - 10 * number}.00",
                "fee": "5.00",
                "open_principal": principal,
                "open_interest": interest,
                "open_fee": fee,
            }
        )
    return rows


def history_of(loan: str = "H1") -> list[dict[str, str]]:
    return [dict(zip(HISTORY_COLUMNS, (loan, *event), strict=True)) for event in HISTORY]


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def files(
    folder: Path,
    loans: list[dict[str, str]] | None = None,
    rows: list[dict[str, str]] | None = None,
    history: list[dict[str, str]] | None = None,
) -> dict[str, Path]:
    return {
        "path": written(folder / "loans.csv", loans or [LOAN]),
        "rows_path": written(folder / "rows.csv", rows or rows_of()),
        "history_path": written(folder / "history.csv", history or history_of()),
    }


def hand_over(folder: Path, *parts: Any, today: date = TAKEN_OVER, **named: Any) -> Report:
    return import_tape(mapping_name="handover", today=today, **files(folder, *parts, **named))


def handed_over(folder: Path, *parts: Any, **named: Any) -> Loan:
    """Hand one loan over and return it."""
    report = hand_over(folder, *parts, **named)
    assert report.errors == []
    return Loan.objects.get(source="handover")


def close_nights(first: date, last: date) -> None:
    day = first
    while day <= last:
        close_date(business_date=day, today=day + timedelta(days=1))
        day += timedelta(days=1)


def tampered(loan: Loan, **columns: int) -> None:
    """Change what is kept of a handover behind its guard's back."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Handover.objects.filter(loan=loan).update(**columns)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
