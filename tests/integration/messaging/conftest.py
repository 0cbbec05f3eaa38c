"""An Amina who can be reached on every channel and reads English."""

import pytest

from dashu.users.models import Borrower
from tests import factories


@pytest.fixture
def amina(db: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000", email="amina@example.com", language="en")
