"""Running a JSON command in this process with what it would read from standard input."""

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

Run = Callable[..., tuple[list[Any], int]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that feeds documents (or raw bytes) to a command and returns its answers and exit code."""

    def run_command(name: str, *documents: Any) -> tuple[list[Any], int]:
        raw = (
            documents[0]
            if len(documents) == 1 and isinstance(documents[0], bytes)
            else b"\n".join(json.dumps(document).encode() for document in documents)
        )
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        out, code = io.StringIO(), 0
        try:
            call_command(name, stdout=out)
        except CommandError as error:
            code = error.returncode
        return [json.loads(line) for line in out.getvalue().splitlines()], code

    return run_command
