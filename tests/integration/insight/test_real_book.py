"""
The snapshot of a real book and the reports made of it, against a recount with pandas of the published file.

SuperLender's loans are lived through night by night until the end of July 2016, and each figure is to agree to the fen
and to the loan; skipped where the published books are absent.
"""

from datetime import date

import pandas as pd
import pytest

from collections_mgmt.models import Dimension, LoanMonth, PortfolioMonth
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
        _loans, recounted = lived()

        assert len(recounted) > 1_500
        _every_loan_month_agrees(recounted)
        for start in sorted(recounted["month"].unique()):
            month = start.date()
            _moves_agree(recounted, month)


def _every_loan_month_agrees(recounted: pd.DataFrame) -> None:
    keys = ["month", "loan"]
    ours = kept().set_index(keys).sort_index()
    theirs = recounted.set_index(keys).sort_index()[list(COLUMNS)]
    assert list(ours.index) == list(theirs.index)
    for column in COLUMNS:
        differing = ours[column] != theirs[column]
        assert not differing.any(), (
            f"{column}:\n{ours[differing].join(theirs[differing], rsuffix='_recounted').head(20).T}"
        )


def _moves_agree(recounted: pd.DataFrame, month: date) -> None:
    rows = PortfolioMonth.objects.filter(month=month, dimension=Dimension.ALL)
    ours = {
        (row.bucket_before, row.bucket): (row.loans, row.principal_before_minor, row.principal_minor) for row in rows
    }
    assert ours == recounting.moves(recounted, month)
