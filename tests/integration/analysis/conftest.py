import pytest

from tests.integration.analysis import months


@pytest.fixture
def kept(db: None) -> list:
    """Six months of 120 loans, see `months`."""
    rows = months.loan_months()
    months.keep(rows)
    return rows
