"""
The snapshot of a real book and the reports made of it, against a recount with pandas of the published file.

SuperLender's loans are lived through night by night until the end of July 2016, and each figure is to agree to the fen
and to the loan; skipped where the published books are absent.
"""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from collections_mgmt.models import Dimension, LoanMonth, PortfolioMonth
from dashu.insight.figures import Figures, share
from dashu.insight.reports import cash, cure, portfolio_at_risk, prepayment, roll_rates, vintages
from dashu.insight.scope import Scope
from dashu.tapes.services.replay_tape import replay_tape
from loans.models import Loan
from tests.integration.insight import recounting
from tests.integration.tapes.books import FOLDER, load, needs_real_books

pytestmark = needs_real_books

FILE = "superlender_prev_loans.csv"
LAST = date(2016, 7, 31)
COLUMNS = {
    "bucket_before": "bucket_before",
    "bucket": "bucket",
    "days": "days_past_due",
    "worst": "worst_days_past_due",
    "original": "original_minor",
    "principal_before": "principal_before_minor",
    "principal": "principal_minor",
    "overdue": "overdue_minor",
    "disbursed": "disbursed_minor",
    "expected": "expected_minor",
    "paid_principal": "paid_principal_minor",
    "paid_interest": "paid_interest_minor",
    "prepaid": "prepaid_minor",
    "is_prepaid": "is_prepaid",
    "months_on_book": "months_on_book",
}


@pytest.fixture
def one_closes_at_a_time(settings):
    settings.CLOSE_AT_ONCE = 1


def lived() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Live through the book; return its loans and its months as they are recounted from the file."""
    load("superlender", FILE)
    replay_tape(source="superlender", to=LAST)
    loans = recounting.read(FOLDER / FILE)
    loans = loans[loans["began"] <= pd.Timestamp(LAST)]
    return loans, recounting.months(loans, last=LAST)


def kept() -> pd.DataFrame:
    """Return the snapshot with the columns of the recount."""
    numbers = dict(Loan.objects.filter(source="superlender").values_list("pk", "external_id"))
    rows = LoanMonth.objects.values_list("month", "loan_id", *COLUMNS.values())
    frame = pd.DataFrame(rows, columns=["month", "loan", *COLUMNS])
    frame["loan"] = frame["loan"].map(numbers)
    frame["month"] = pd.to_datetime(frame["month"])
    return frame


class TestSuperLender:
    def test_snapshot_and_reports_agree_with_the_recount(self, rules, one_closes_at_a_time):
        loans, recounted = lived()
        months = [start.date() for start in sorted(recounted["month"].unique())]
        scope = Scope(months[0], months[-1], "NGN")

        assert len(recounted) > 1_500
        _every_loan_month_agrees(recounted)
        _at_risk_agrees(scope, recounted, months)
        for month in months:
            _moves_agree(recounted, month)
            _roll_rates_agree(recounted, month)
        _vintages_agree(scope, loans, recounted, months)
        _cash_agrees(scope, recounted, months)
        _prepayment_agrees(scope, recounted, months)
        _cure_agrees(scope, recounted)


def _every_loan_month_agrees(recounted: pd.DataFrame) -> None:
    keys = ["month", "loan"]
    ours = kept().set_index(keys).sort_index()
    theirs = recounted.set_index(keys).sort_index()[list(COLUMNS)]
    assert list(ours.index) == list(theirs.index)
    for column in COLUMNS:
        differing = ours[column] != theirs[column]
        assert not differing.any(), (
            f"{column}:\n{ours[differing].join(theirs[differing], suffixes=('', '_recounted')).head(20).T}"
        )


def _moves_agree(recounted: pd.DataFrame, month: date) -> None:
    rows = PortfolioMonth.objects.filter(month=month, dimension=Dimension.ALL)
    ours = {
        (row.bucket_before, row.bucket): (row.loans, row.principal_before_minor, row.principal_minor) for row in rows
    }
    assert ours == recounting.moves(recounted, month)


def _rows(tables: list[Figures], code: str) -> list[dict[str, Any]]:
    (figures,) = [each for each in tables if each.code == code]
    names = [column.code for column in figures.columns]
    return [dict(zip(names, row, strict=True)) for row in figures.rows]


def _at_risk_agrees(scope: Scope, recounted: pd.DataFrame, months: list[date]) -> None:
    ours = {row["month"]: row for row in _rows(portfolio_at_risk.read(scope), "by-month")}
    assert sorted(ours) == months
    for month in months:
        for name, days in (("par1", 0), ("par30", 30), ("par60", 60), ("par90", 90)):
            theirs = recounting.at_risk(recounted, month, more_than=days)
            row = ours[month]
            assert (row["loans"], row["principal"]) == (theirs["loans"], theirs["principal"])
            assert (row[f"{name}_loans"], row[f"{name}_principal"]) == (
                theirs["behind_loans"],
                theirs["behind_principal"],
            )
            assert row[f"{name}_share"] == share(theirs["behind_principal"], theirs["principal"])


def _roll_rates_agree(recounted: pd.DataFrame, month: date) -> None:
    tables = roll_rates.read(Scope(month, month, "NGN"))
    theirs = recounting.moves(recounted, month)
    for code, place in (("by-loans", 0), ("by-balance", 2)):
        for row in _rows(tables, code):
            line = {after: cell for (before, after), cell in theirs.items() if before == row["before"]}
            whole = sum(cell[min(place, 1)] for cell in line.values())
            assert row["began"] == whole
            for after in recounting.BUCKETS:
                part = line[after][place] if after in line else 0
                assert row[f"to_{after.lower()}"] == (share(part, whole) or 0), (month, row["before"], after)


def _vintages_agree(scope: Scope, loans: pd.DataFrame, recounted: pd.DataFrame, months: list[date]) -> None:
    ours = {(row["vintage"], row["age"]): row for row in _rows(vintages.read(scope), "points")}
    theirs = {}
    for month in months:
        for days in (30, 60, 90):
            for age, point in enumerate(recounting.vintage(loans, recounted, month, more_than=days)):
                theirs[month, age, days] = point
    assert sorted(ours) == sorted({(month, age) for month, age, _days in theirs})
    for (month, age, days), (count, lent, late, late_lent) in theirs.items():
        row = ours[month, age]
        assert (row["loans"], row["lent"]) == (count, lent)
        assert (row[f"ever_{days}"], row[f"ever_{days}_lent"]) == (late, late_lent), (month, age, days)


def _cash_agrees(scope: Scope, recounted: pd.DataFrame, months: list[date]) -> None:
    ours = {row["month"]: row for row in _rows(cash.read(scope), "by-month")}
    for month in months:
        theirs = recounting.cash(recounted, month)
        assert {name: ours[month][name] for name in theirs} == theirs


def _prepayment_agrees(scope: Scope, recounted: pd.DataFrame, months: list[date]) -> None:
    ours = {row["month"]: row for row in _rows(prepayment.read(scope), "by-month")}
    for month in months:
        theirs = recounting.paid_early(recounted, month)
        assert {name: ours[month][name] for name in theirs} == theirs


def _cure_agrees(scope: Scope, recounted: pd.DataFrame) -> None:
    rows = _rows(cure.read(scope), "by-month")
    assert len(rows) > 5
    for row in rows:
        for within in (1, 2, 3):
            if row[f"cured_{within}"] is not None:
                theirs = recounting.cured(recounted, row["month"], row["bucket"], within=within)
                assert (row["entered"], row[f"cured_{within}"]) == theirs, (row["month"], row["bucket"], within)
