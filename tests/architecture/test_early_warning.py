"""Early warning never looks at what people learn, open or read: help is no reason to be watched."""

import ast
from pathlib import Path

import pytest

from dashu.policy.early_warning import Trigger

ROOT = Path(__file__).parents[2]
PARTS = (
    "collections_mgmt/domain/early_warning.py",
    "collections_mgmt/models/early_warning.py",
    "collections_mgmt/services/warnings_sql.py",
    "collections_mgmt/services/people_warnings_sql.py",
    "collections_mgmt/services/leads_sql.py",
    "collections_mgmt/services/signals_sql.py",
    "collections_mgmt/services/watch_bureau.py",
    "collections_mgmt/services/observe.py",
    "collections_mgmt/selectors/leads.py",
    "dashu/policy/early_warning.py",
)
# Tables of lessons, of devices and sign-ins, of opened messages and clicked links.
UNSEEN = ("education", "usersession", "read_at", "lesson", "usersessions", "last_seen", "session_key")


@pytest.mark.parametrize("part", PARTS)
def test_looks_at_no_lessons_visits_or_opened_messages(part):
    tree = ast.parse((ROOT / part).read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented
    ]
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]

    found = {word for word in UNSEEN for text in [*texts, *names] if word in text.lower()}

    assert found == set()


def test_no_trigger_is_about_what_somebody_opened():
    assert not [
        trigger for trigger in Trigger if any(word in trigger for word in ("LESSON", "VISIT", "OPENED", "READ"))
    ]
