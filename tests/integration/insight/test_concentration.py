"""How much hangs on few; loans are real here, since partners and borrowers are asked of them."""

from decimal import Decimal

import pytest

from dashu.insight.reports.concentration import read
from dashu.insight.scope import Scope
from tests import factories
from tests.integration.insight.kept import keep, loan_month, month

pytestmark = pytest.mark.django_db

MARCH = month("2026-03")


@pytest.fixture
def loans(amina, brook, dana):
    """Amina owes 300 and 100, of which Dana brought the one; Brook owes 100."""
    rows = []
    for owner, principal, partner in ((amina, 300, dana), (amina, 100, None), (brook, 100, None)):
        loan = factories.approved_loan(owner, brought_by=partner)
        of = {"principal_minor": principal * 100, "region": "110000" if owner is amina else "440000"}
        rows.append(loan_month(loan.pk, "2026-03", "NEW", "CURRENT", **of))
    keep(rows)


def tables(person=None) -> dict[str, list[list]]:
    found = read(Scope(MARCH, MARCH, "CNY", person=person))
    return {figures.code: [list(row) for row in figures.rows] for figures in found}


def test_shares_add_up_from_the_largest_on(loans):
    found = tables(factories.staff("Sun", "SUPERVISOR"))

    assert found["borrowers"] == [
        ["Amina", 2, 400_00, Decimal("0.8000"), Decimal("0.8000")],
        ["Brook", 1, 100_00, Decimal("0.2000"), Decimal("1.0000")],
    ]
    assert [row[:3] for row in found["partners"]] == [["Dana", 1, 300_00], ["no partner", 2, 200_00]]
    assert [row[0] for row in found["region"]] == ["110000", "440000"]


def test_the_index_is_the_sum_of_squared_shares(loans):
    index = {str(row[0]): row[1:] for row in tables()["index"]}

    assert index["region"] == [2, Decimal("0.8000"), Decimal(6_800)]
    assert index["borrower"] == [2, Decimal("0.8000"), Decimal(6_800)]
    assert index["partner"] == [1, Decimal("0.6000"), Decimal(3_600)]  # what nobody brought is with nobody


def test_nobody_is_named_in_a_mail(loans):
    assert [row[0] for row in tables()["borrowers"]] == ["no. 1", "no. 2"]
