"""The examples of docs/commands.md are run: the answer that stands below an example is the one the command gives."""

import json
import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "commands.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json (\w+)\n(.*?)```\n\n```json answer\n(.*?)```", TEXT, re.DOTALL)


def values(text: str) -> list[object]:
    """Read the JSON values that follow one another in a text."""
    found, position, decoder = [], 0, json.JSONDecoder()
    while position < len(text):
        value, position = decoder.raw_decode(text, position)
        found.append(value)
        position += len(text[position:]) - len(text[position:].lstrip())
    return found


class TestExamples:
    def test_every_example_stands_with_its_answer(self):
        assert [command for command, _given, _answer in EXAMPLES] == [
            "quote",
            "quote",
            "annual_rate",
            "replay",
            "classify",
            "quote",
        ]
        assert TEXT.count("```json") == 2 * len(EXAMPLES)

    @pytest.mark.parametrize(("command", "given", "answer"), EXAMPLES)
    def test_gives_the_answer_that_is_written_below_it(self, run, command, given, answer):
        answers, code = run(command, given.encode())

        assert answers == values(answer)
        assert code == (1 if any("error" in found for found in answers) else 0)

    def test_codes_are_those_of_the_program(self):
        codes = set(re.findall(r"`(\w+)`", TEXT.split("## Codes")[1]))
        source = Path(__file__).resolve().parents[3]
        written = {
            code
            for folder in ("dashu", "loans", "repayments", "collections_mgmt")
            for path in (source / folder).rglob("*.py")
            for code in re.findall(r'^    code = "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
        }

        assert codes - {"code"} <= written
