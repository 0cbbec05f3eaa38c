"""The page of promises names tests and programs that are there."""

import re

from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_every_promise_names_what_shows_it():
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "promise |" not in line]

    assert len(lines) >= 16
    for line in lines:
        named = re.findall(r"`((?:tests|benchmarks)/[\w/.]+)`", line)
        assert named, line
        for path in named:
            assert (ROOT / path).is_file(), path
