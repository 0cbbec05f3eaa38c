"""What every test with a database starts from: the policy packs and the lender's products."""

import pytest

from dashu.users.models import Borrower
from loans.models import Loan
from tests import factories


@pytest.fixture
def rules(policy_packs: None) -> None:
    """The policy packs and the products, as a new installation has them."""


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina")


@pytest.fixture
def brook(rules: None) -> Borrower:
    return factories.borrower("Brook")


@pytest.fixture
def loan(amina: Borrower) -> Loan:
    """12,000 yuan at 18% over 12 months from 15 January 2026: 1,100.16 a month."""
    return factories.running_loan(amina)
