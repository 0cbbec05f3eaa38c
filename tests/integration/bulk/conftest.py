from pathlib import Path

import pytest

from dashu.settings.env import private_storage
from tests.integration.api.conftest import danas_loan, program  # noqa: F401


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    """A storage of its own for each test, on disk as in an installation."""
    private = private_storage()
    private["OPTIONS"]["location"] = tmp_path
    settings.STORAGES = {**settings.STORAGES, "private": private}
    return tmp_path
