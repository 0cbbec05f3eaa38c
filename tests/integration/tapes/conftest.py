"""Books that are lived through again, by one process."""

import pytest
from pytest_django.fixtures import SettingsWrapper


@pytest.fixture(autouse=True)
def one_closes_at_once(settings: SettingsWrapper) -> None:
    """Cut no night into ranges for workers that are not there."""
    settings.CLOSE_AT_ONCE = 1
