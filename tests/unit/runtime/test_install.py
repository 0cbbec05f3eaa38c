"""The environment of a checkout: one that is linked to is used, and never emptied."""

import pytest

from dashu.runtime import install


@pytest.fixture
def checkouts(tmp_path, monkeypatch):
    """A checkout with a complete environment, and one beside it that links to that."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        for lock in install.LOCKS.values():
            (folder / lock).write_text("")
    python = first / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setattr(install, "SOURCE_DIR", first)
    install._write_stamp(first / ".venv", "dev")
    (second / ".venv").symlink_to(first / ".venv")
    return first, second


def test_an_environment_that_is_linked_to_is_used_as_it_is(checkouts, monkeypatch):
    first, second = checkouts
    monkeypatch.setattr(install, "SOURCE_DIR", second)

    assert install.ensure("dev") == (first / ".venv", False)
    assert (first / ".venv" / "bin" / "python").exists()
