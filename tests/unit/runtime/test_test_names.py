"""Names that a test takes from another one are looked for before the suite runs."""

import pytest

from dashu.runtime.test_names import missing_names


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "tests" / "journeys"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "browsing.py").write_text("import os\nWIDTH, HEIGHT = 360, 780\n\ndef enter(page):\n    pass\n")
    (tmp_path / "benchmarks").mkdir()
    return tmp_path


def asking(source, line):
    (source / "tests" / "test_one.py").write_text(f"{line}\n")
    return missing_names(source)


@pytest.mark.parametrize("name", ["enter", "HEIGHT", "os"])
def test_what_a_module_binds_is_there(source, name):
    assert asking(source, f"from tests.journeys.browsing import {name}") == []


def test_a_module_of_a_folder_is_there(source):
    assert asking(source, "from tests.journeys import browsing") == []


def test_what_a_module_no_longer_has_is_named_with_its_line(source):
    line = "from tests.journeys.browsing import enter, sign_in"
    assert asking(source, line) == ["tests/test_one.py:1: tests.journeys.browsing has no sign_in"]


def test_a_module_that_is_gone_has_nothing(source):
    assert asking(source, "from tests.gone import enter") == ["tests/test_one.py:1: tests.gone has no enter"]


def test_other_libraries_are_left_alone(source):
    assert asking(source, "from somewhere import whatever") == []
