"""Nothing but the demo needs a session of the database to itself, so connections may be pooled by transaction."""

import re

import pytest

from tests.architecture.source import ROOT

ROOTS = ("dashu", "loans", "repayments", "collections_mgmt", "education")
# Made in one go by somebody who has a server of their own.
DEMO = "dashu/portal/demo/second_hand.py"
NEEDS_SESSION = {
    "a lock that outlives its transaction": r"pg_(?:try_)?advisory_(?:lock|unlock|unlock_all)\w*\(",
    "a setting that outlives its transaction": r"[\"']\s*SET (?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)\w+\s*(?:=|TO\b)",
    "a setting by function that does": r"set_config\([^()]*,\s*false\)",
    "a temporary table that keeps its rows": r"CREATE TEMP(?:ORARY)? TABLE (?![^\"']*ON COMMIT (?:DELETE ROWS|DROP))",
    "messages of the server": r"[\"'](?:LISTEN|UNLISTEN|NOTIFY) ",
    "a statement that is kept": r"[\"']PREPARE ",
    "a cursor that is kept": r"WITH HOLD\b",
}


def found(pattern: str) -> set[str]:
    paths = (path for root in ROOTS for path in (ROOT / root).rglob("*.py"))
    return {str(path.relative_to(ROOT)) for path in paths if re.search(pattern, path.read_text())}


@pytest.mark.parametrize("what", NEEDS_SESSION)
def test_nothing_needs(what):
    allowed = {DEMO} if what == "a setting that outlives its transaction" else set()

    assert found(NEEDS_SESSION[what]) == allowed


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a lock that outlives its transaction", "SELECT pg_advisory_lock(1)"),
        ("a setting by function that does", "SELECT set_config('a', 'b', false)"),
        ("a temporary table that keeps its rows", "CREATE TEMP TABLE x (y int)"),
        ("messages of the server", '"LISTEN news"'),
        ("a statement that is kept", '"PREPARE p AS SELECT 1"'),
        ("a cursor that is kept", "DECLARE c CURSOR WITH HOLD"),
    ],
)
def test_what_would_need_one_is_seen(what, text):
    assert re.search(NEEDS_SESSION[what], text)
