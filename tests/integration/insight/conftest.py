"""A small snapshot that can be counted by hand, and staff who look at it."""

from typing import Any

import pytest

from collections_mgmt.models import LoanMonth
from tests.integration.insight.kept import keep, loan_month

YUAN = 100


def story() -> list[LoanMonth]:
    """
    Five loans from January to April 2026.

    1 never falls behind. 2 falls behind in February, again further in March, and is current in April. 3 goes on to
    more than 60 days. 4 is settled early in March. 5 begins in March, in another region, and is behind in April.
    """
    north: dict[str, Any] = {"region": "110000", "vintage": "2026-01"}
    south: dict[str, Any] = {"region": "440000", "vintage": "2026-03"}

    def worth(before: int, after: int, **more: int) -> dict[str, int]:
        paid = max(before - after, 0) * YUAN
        return {
            "original_minor": 1_200 * YUAN,
            "principal_before_minor": before * YUAN,
            "principal_minor": after * YUAN,
            "paid_principal_minor": paid,
            **more,
        }

    new = {"original_minor": 1_200 * YUAN, "principal_minor": 1_200 * YUAN, "disbursed_minor": 1_200 * YUAN}
    return [
        *(loan_month(loan, "2026-01", "NEW", "CURRENT", **new, **north) for loan in (1, 2, 3, 4)),
        loan_month(1, "2026-02", "CURRENT", "CURRENT", **worth(1200, 1100, expected_minor=118_00), **north),
        loan_month(2, "2026-02", "CURRENT", "M1", **worth(1200, 1200, expected_minor=118_00), **north),
        loan_month(3, "2026-02", "CURRENT", "M1", **worth(1200, 1200, expected_minor=118_00), **north),
        loan_month(4, "2026-02", "CURRENT", "CURRENT", **worth(1200, 1100, expected_minor=118_00), **north),
        loan_month(1, "2026-03", "CURRENT", "CURRENT", **worth(1100, 1000, expected_minor=118_00), **north),
        loan_month(2, "2026-03", "M1", "M2", **worth(1200, 1200, expected_minor=118_00), **north),
        loan_month(3, "2026-03", "M1", "M2", **worth(1200, 1200, expected_minor=118_00), **north),
        loan_month(
            4,
            "2026-03",
            "CURRENT",
            "SETTLED",
            **worth(1100, 0, expected_minor=118_00, prepaid_minor=1000_00),
            is_prepaid=True,
            **north,
        ),
        loan_month(5, "2026-03", "NEW", "CURRENT", **new, **south),
        loan_month(1, "2026-04", "CURRENT", "CURRENT", **worth(1000, 900, expected_minor=118_00), **north),
        loan_month(
            2, "2026-04", "M2", "CURRENT", **worth(1200, 900, expected_minor=118_00), worst_days_past_due=45, **north
        ),
        loan_month(3, "2026-04", "M2", "M3", **worth(1200, 1200, expected_minor=118_00), **north),
        loan_month(5, "2026-04", "CURRENT", "M1", **worth(1200, 1200, expected_minor=118_00), **south),
    ]


@pytest.fixture
def snapshot(rules: None) -> list[LoanMonth]:
    return list(keep(story()))
