"""The ledger alone: its loans are numbers that no other app knows."""

import pytest


@pytest.fixture(autouse=True)
def _nothing_else_is_checked(settings) -> None:
    settings.LEDGER_CLOSE_CHECKS = []
