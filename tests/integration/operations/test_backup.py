"""A backup is of one moment, a drill proves it to the last unit and touches nothing, and damage is found."""

import hashlib
import json
from contextlib import nullcontext
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from collections_mgmt.models import CloseRun
from collections_mgmt.services.close_day import close_date, start_close
from dashu.audit.tasks import link_audit_records
from dashu.kernel.dates import lender_now, lender_today
from dashu.operations import restoring
from dashu.operations.backup import FILES, MANIFEST, BackupDamaged, read_manifest, write_backup
from dashu.operations.findings import State
from dashu.operations.postgres_tools import PostgresToolFailed, run_tool
from repayments.models import LoanBalance
from tests.factories import borrower, pay, running_loan, yuan

pytestmark = pytest.mark.django_db
written_for_good = pytest.mark.django_db(transaction=True)  # what pg_dump is to see


@pytest.fixture
def home(tmp_path, settings):
    """A home of its own with a file in it."""
    settings.DASHU_HOME = tmp_path / "home"
    (tmp_path / "home" / "private" / "2026").mkdir(parents=True)
    (tmp_path / "home" / "private" / "2026" / "a").write_bytes(b"sealed")
    return tmp_path / "home"


@pytest.fixture
def backup(tmp_path, home):
    """Of two loans, one of them paid on, a night that is closed and one that was interrupted."""
    today = lender_today()
    loans = [running_loan(borrower(name), starts_on=today - timedelta(days=40)) for name in ("Amina", "Bo")]
    pay(loans[0], yuan(100), today - timedelta(days=3))
    close_date(business_date=today - timedelta(days=2), today=today)
    start_close(business_date=today - timedelta(days=1))
    link_audit_records()
    return write_backup(tmp_path / "backups", now=lender_now())


def drill(backup):
    """Return what a drill prints: the findings by check, and its last line."""
    out = StringIO()
    call_command("restore_drill", str(backup), stdout=out)
    *found, last = map(json.loads, out.getvalue().splitlines())
    return {finding["check"]: finding for finding in found}, last


def nights():
    return list(CloseRun.objects.values_list("business_date", "status", "times_closed"))


def databases():
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database ORDER BY 1")
        return cursor.fetchall()


@written_for_good
def test_a_drill_proves_the_book_of_that_moment_and_ends_the_night_that_was_interrupted(backup):
    owed = LoanBalance.objects.aggregate(minor=Sum("principal_minor"))["minor"]
    later = LoanBalance.objects.latest("loan_id").loan
    pay(later, yuan(50), lender_today())  # it must not be in what is proved
    before, there = nights(), databases()

    found, last = drill(backup)

    assert (last["holds"], {finding["state"] for finding in found.values()}) == (True, {"ok"})
    assert "went on and ended" in found["interrupted work"]["says"]
    assert read_manifest(backup)["principal_minor"] == {"CNY": owed}
    assert (nights(), databases()) == (before, there)
    manifest = (backup / MANIFEST).read_text()
    assert json.loads(manifest)["field_keys"] == [settings.FIELD_KEYS[0][0]]
    assert settings.DATABASES["default"]["PASSWORD"] not in manifest
    assert {path.stat().st_mode & 0o077 for path in backup.iterdir()} == {0}


@written_for_good
def test_what_differs_is_found_and_nothing_is_restored_over_what_is_there(backup, home, tmp_path):
    with pytest.raises(restoring.NotEmpty, match="has tables"):
        restoring.restore_database(backup, settings.DATABASES["default"])
    with pytest.raises(restoring.NotEmpty, match="has files"):
        restoring.restore_files(backup, home)
    restoring.restore_files(backup, tmp_path / "other")
    assert (tmp_path / "other" / "private" / "2026" / "a").read_bytes() == b"sealed"

    _tell_of_another_book(backup / MANIFEST)
    with restoring.drill_database() as database:
        restoring.restore_database(backup, database)
        wrong = {one.check: one.says for one in restoring.prove(backup, database) if one.state is State.FAILED}
    assert wrong.keys() == {"rows", "ledger"}
    assert wrong["rows"] == "loans_loan is 2, and was 3"


def _tell_of_another_book(path):
    manifest = json.loads(path.read_text())
    manifest["ledger_minor"][next(iter(manifest["ledger_minor"]))] += 1
    manifest["rows"]["loans_loan"] = 3
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("change", ["flip", "cut", "gone", "manifest"])
def test_a_file_that_is_not_as_it_was_written_is_refused(tmp_path, change):
    backup = tmp_path / "backup"
    backup.mkdir()
    (backup / FILES).write_bytes(b"packed")
    digest = hashlib.sha256(b"packed").hexdigest()
    (backup / MANIFEST).write_text(json.dumps({"format": 1, "sha256": {FILES: digest}}))
    assert read_manifest(backup)["format"] == 1
    path = backup / (MANIFEST if change == "manifest" else FILES)
    content = path.read_bytes()
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes({"flip": b"x" + content[1:], "cut": content[:-1], "manifest": b"{"}[change])

    with pytest.raises(BackupDamaged):
        read_manifest(backup)


def test_a_tool_that_fails_leaves_nothing_that_looks_like_a_backup(tmp_path, home, monkeypatch):
    def full_disk(*_arguments, **_database):
        raise PostgresToolFailed("no space left")

    monkeypatch.setattr("dashu.operations.backup.run_tool", full_disk)
    monkeypatch.setattr("dashu.operations.backup._exported_snapshot", lambda: nullcontext("0-1"))
    with pytest.raises(PostgresToolFailed):
        write_backup(tmp_path / "backups", now=lender_now())
    assert [path.name[0] for path in Path(tmp_path / "backups").iterdir()] == ["."]


def test_the_last_words_of_a_tool_are_told_and_its_password_is_not():
    database = {**settings.DATABASES["default"], "NAME": "nowhere"}
    with pytest.raises(PostgresToolFailed, match='database "nowhere" does not exist') as refused:
        run_tool("pg_dump", database=database)
    assert database["PASSWORD"] not in str(refused.value)
