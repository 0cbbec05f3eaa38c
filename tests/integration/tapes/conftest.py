"""The books of others are lived through by one process: a night is cut for one who closes, not for four."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def one_closes_at_a_time(settings: Any) -> None:
    settings.CLOSE_AT_ONCE = 1
