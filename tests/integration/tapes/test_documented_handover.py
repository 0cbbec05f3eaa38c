"""docs/tapes.md: its files are handed over, and its commands answer what the page shows."""

import io
import re
import shlex
from pathlib import Path

import pytest
from django.core.management import call_command

from dashu.tapes import errors
from dashu.tapes.mapping import load_mapping
from dashu.tapes.models import EarlierEvent, Handover

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "tapes.md").read_text(encoding="utf-8")
CHAPTER = PAGE.partition("## Handing a loan over")[2].partition("\n## ")[0]
FILES = dict(re.findall(r"^```csv (\S+)\n(.*?)^```$", CHAPTER, re.MULTILINE | re.DOTALL))
(SESSION,) = re.findall(r"^```console\n(.*?)^```$", CHAPTER, re.MULTILINE | re.DOTALL)


def answer(command: str) -> str:
    program, *arguments = shlex.split(command)
    if program == "cat":
        return Path(arguments[0]).read_text(encoding="utf-8")
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


class TestHandingOver:
    @pytest.mark.usefixtures("rules")
    def test_the_commands_answer_what_the_page_shows(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name, text in FILES.items():
            Path(name).write_text(text, encoding="utf-8")

        shown = [part.partition("\n") for part in SESSION.split("$ ")[1:]]

        assert [(command, answer(command)) for command, _newline, _text in shown] == [
            (command, text) for command, _newline, text in shown
        ]
        assert Handover.objects.get().penalty_minor == 1_00
        assert EarlierEvent.objects.count() == 3

    def test_the_page_names_every_column_and_every_code(self):
        mapping = load_mapping("handover")
        columns = mapping.columns("loans") | mapping.columns("rows") | mapping.columns("history")
        codes = {
            kind.code
            for kind in vars(errors).values()
            if isinstance(kind, type) and issubclass(kind, errors.RowRefused) and kind is not errors.RowRefused
        }
        words = set(re.findall(r"[\w-]+", CHAPTER))

        assert columns - words == set()
        assert codes - words == {"conflicting_row"}
