"""What is said of security names files that are there, leaves nothing out, and counts right."""

import re
from collections import Counter

import pytest

from tests.architecture.source import ROOT

DOCS = ROOT / "docs" / "security"
ASVS = (DOCS / "asvs.md").read_text(encoding="utf-8")
# Of the standard's chapters, how many requirements of the levels 1 and 2 each has.
OF_CHAPTER = dict(zip(range(1, 18), (27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7), strict=True))
STATES = {"met", "part", "n/a"}


def rows() -> list[list[str]]:
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in ASVS.splitlines()]
    return [row for row in found if len(row) == 5 and re.fullmatch(r"\d+\.\d+\.\d+", row[0])]


def paths_in(text: str) -> list[str]:
    return re.findall(r"[\w./-]+\.(?:py|md|yml|yaml|js|html|lock|toml|conf)|(?:dashu|tests|script)/[\w/-]+", text)


class TestAsvs:
    def test_has_every_requirement_of_the_first_two_levels_once(self):
        numbers = [row[0] for row in rows()]

        assert len(numbers) == len(set(numbers)) == 253
        assert Counter(row[1] for row in rows()) == {"1": 70, "2": 183}
        assert Counter(int(number.partition(".")[0]) for number in numbers) == OF_CHAPTER

    @pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
    def test_says_what_is_so_and_what_shows_it(self, row):
        _number, _level, words, state, shown_by = row

        assert words
        assert state in STATES
        assert bool(shown_by) is (state != "n/a")
        for path in shown_by.replace("`", "").split(", ") if shown_by else []:
            assert (ROOT / path).exists(), path

    def test_counts_right_and_lists_what_is_not_wholly_met(self):
        counted = Counter(row[3] for row in rows())
        said = re.findall(r"^\| (met|part|n/a) \| (\d+) \|$", ASVS, re.MULTILINE)
        told = {state: int(count) for state, count in said}
        listed = set(re.findall(r"^- \*\*([\d.]+)\*\*", ASVS, re.MULTILINE))

        assert told == counted
        assert listed == {row[0] for row in rows() if row[3] == "part"}


@pytest.mark.parametrize("name", ["threat-model.md", "web-hardening.md"])
def test_each_threat_names_a_control_and_a_test_that_are_there(name):
    lines = (DOCS / name).read_text(encoding="utf-8").splitlines()
    tables = [line.split("|") for line in lines if line.startswith("| ") and "tests/" in line]

    assert len(tables) > 10
    for *_before, where, test, _end in tables:
        found = paths_in(where) + paths_in(test)
        assert any(path.startswith("tests/") for path in found)
        for path in found:
            assert (ROOT / path).exists(), path
