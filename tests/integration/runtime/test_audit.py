"""`script/audit` as CI calls it: silence is never an answer."""

import json
import os
import subprocess

from dashu.runtime.advisories import locked_versions
from tests.architecture.source import ROOT


def audit(**settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "script" / "audit"],
        check=False,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_where_no_database_is_to_be_had_it_says_so_and_fails_nothing():
    ran = audit(PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CONFIG_FILE=os.devnull)

    assert (ran.returncode, ran.stdout) == (0, "")
    assert "NOT AUDITED" in ran.stderr


def test_with_advisories_that_were_brought_along_a_fault_fails_it(tmp_path):
    version = next(iter(locked_versions()["django"]))
    affected = {"package": {"ecosystem": "PyPI", "name": "Django"}, "versions": [version]}
    (tmp_path / "one.json").write_text(json.dumps({"id": "X-1", "modified": "2026-11-20", "affected": [affected]}))

    ran = audit(DASHU_ADVISORIES=str(tmp_path))

    assert ran.returncode == 1, ran.stderr
    assert f"django {version}: X-1, not mended." in ran.stdout
    assert "the newest of 2026-11-20" in ran.stdout


def test_advisories_that_cannot_be_read_are_no_answer(tmp_path):
    ran = audit(DASHU_ADVISORIES=str(tmp_path / "none"))

    assert ran.returncode == 2
    assert "NOT AUDITED" in ran.stderr
