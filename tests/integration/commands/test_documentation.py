"""The examples of docs/commands.md are run: the answer that stands below an example is the one the command gives."""

import io
import json
import re
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command

from collections_mgmt.services.close_day import close_date
from loans.models import Loan
from tests import factories

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "commands.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json (\w+)\n(.*?)```\n\n```json answer\n(.*?)```", TEXT, re.DOTALL)

BOOK_EXAMPLES = re.findall(r"```sh\nmanage\.py (book_on [^\n]*)\n```\n\n```json lines\n(.*?)```", TEXT, re.DOTALL)


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
            "restructure_options",
            "classify",
            "check_contact",
            "quote",
        ]
        assert TEXT.count("```json") == 2 * len(EXAMPLES) + len(BOOK_EXAMPLES)

    @pytest.mark.parametrize(("command", "given", "answer"), EXAMPLES)
    def test_gives_the_answer_that_is_written_below_it(self, run, command, given, answer):
        answers, code = run(command, given.encode())

        assert answers == values(answer)
        assert code == (1 if any("error" in found for found in answers) else 0)

    def test_book_on_gives_the_lines_that_are_written_below_it(self, amina):
        late, paid = (factories.running_loan(amina) for _number in range(2))
        Loan.objects.filter(pk=late.pk).update(number="DS20260000123")
        factories.pay(paid, 1100_16, date(2026, 2, 15))
        close_date(business_date=date(2026, 3, 18), today=date(2026, 3, 19))

        assert len(BOOK_EXAMPLES) == 2
        for command, lines in BOOK_EXAMPLES:
            out = io.StringIO()
            call_command(*command.split(), stdout=out)
            assert values(out.getvalue()) == values(lines)

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
