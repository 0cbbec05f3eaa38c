"""A server that archives its log as docs/operations/backup-and-restore.md says comes back as it was at a moment."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import dj_database_url
import psycopg2
import pytest
from django.core.management import CommandError, call_command

from dashu.kernel.dates import lender_now
from dashu.operations import point_in_time
from dashu.operations.findings import State, failed, ok
from dashu.operations.point_in_time import MomentOutside, NotABase, prepare_recovery, take_base_backup
from dashu.operations.restoring import NotEmpty
from dashu.runtime.home import Home
from dashu.runtime.postgres import EmbeddedPostgres
from dashu.runtime.postgres_account import account_for
from tests.architecture.source import ROOT
from tests.integration.runtime.processes import until


def running(folder: Path) -> EmbeddedPostgres:
    home = Home(folder)
    home.prepare()
    server = EmbeddedPostgres(home)
    server.ensure_running()
    return server


def ask(server: EmbeddedPostgres, query: str, *values: object) -> list[tuple]:
    link = psycopg2.connect(server.url)
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(query, values or None)
        found = cursor.fetchall() if cursor.description else []
    link.close()
    return found


def give(folder: Path) -> None:
    """Make the server's account the owner of a folder and all that is in it."""
    account = account_for(folder, ())
    for path in (folder, *folder.rglob("*")):
        account.give(path)


def database_of(server: EmbeddedPostgres) -> dict[str, object]:
    return dict(dj_database_url.parse(server.url))


@pytest.fixture
def place(tmp_path, monkeypatch):
    for name in ("DATABASE_URL", "DASHU_PG_PORT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def archive(place):
    folder = place / "archive"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    return folder


@pytest.fixture
def server(place, archive):
    first = running(place / "first")
    settings = {
        "archive_mode": "on",
        "archive_command": point_in_time.ARCHIVE_COMMAND.format(archive=archive),
        "archive_timeout": "60",
    }
    for name, value in settings.items():
        ask(first, f"ALTER SYSTEM SET {name} = '{value}'")
    first.stop()
    first.ensure_running()
    yield first
    first.stop()


def test_the_documents_recipe_is_the_one_that_is_tested():
    said = (ROOT / "docs" / "operations" / "backup-and-restore.md").read_text(encoding="utf-8")

    assert f"archive_command = '{point_in_time.ARCHIVE_COMMAND.format(archive='/archive')}'" in said


def test_what_was_paid_before_the_moment_is_there_and_what_went_wrong_after_it_is_not(server, archive, place):
    ask(server, "CREATE TABLE payment (id int PRIMARY KEY, amount_minor bigint)")
    base = take_base_backup(place / "bases", now=lender_now(), database=database_of(server))
    ask(server, "INSERT INTO payment SELECT number, 100 FROM generate_series(1, 500) AS number")
    moment = ask(server, "SELECT clock_timestamp()")[0][0]
    ask(server, "SELECT pg_sleep(0.05)")
    ask(server, "INSERT INTO payment VALUES (501, 100)")
    ask(server, "UPDATE payment SET amount_minor = 0")  # the mistake that one goes back for
    last = ask(server, "SELECT pg_walfile_name(pg_switch_wal())")[0][0]
    until(lambda: (archive / last).exists(), 60)

    home = place / "second"
    home.mkdir()
    told = StringIO()
    words = ["--base", str(base), "--archive", str(archive), "--into", str(home / "pg")]
    call_command("recover_to", moment.isoformat(), *words, stdout=told)
    assert json.loads(told.getvalue())["data"] == str(home / "pg")

    shutil.copy(place / "first" / "password", home / "password")
    (home / "run").mkdir()
    shutil.copy(place / "first" / "run" / "postgres.json", home / "run" / "postgres.json")
    give(home / "pg")
    recovered = running(home)
    try:
        until(lambda: ask(recovered, "SELECT pg_is_in_recovery()") == [(False,)], 60)
        assert ask(recovered, "SELECT count(*), sum(amount_minor) FROM payment") == [(500, 50_000)]
        ask(recovered, "INSERT INTO payment VALUES (501, 100)")
        # The server that went on is as it was.
        assert ask(server, "SELECT count(*), sum(amount_minor) FROM payment") == [(501, 0)]
    finally:
        recovered.stop()


class TestRefusals:
    @pytest.fixture
    def base(self, tmp_path):
        folder = tmp_path / "base"
        folder.mkdir()
        (folder / "PG_VERSION").write_text("18\n")
        (folder / "backup_label").write_text("START TIME: 2026-11-30 06:00:00 UTC\nLABEL: pg_basebackup base backup\n")
        (tmp_path / "archive").mkdir()
        return folder

    def prepare(self, tmp_path, base, *, at=datetime(2026, 11, 30, 7, tzinfo=UTC), into="into"):
        return prepare_recovery(base, tmp_path / "archive", at, tmp_path / into)

    def test_a_moment_before_the_base(self, tmp_path, base):
        with pytest.raises(MomentOutside, match="2026-11-30T06:00:00"):
            self.prepare(tmp_path, base, at=datetime(2026, 11, 30, 13, 59, tzinfo=UTC) - timedelta(hours=8))

        assert not (tmp_path / "into").exists()

    def test_what_is_no_base_and_what_has_no_archive(self, tmp_path, base):
        (tmp_path / "empty").mkdir()
        with pytest.raises(NotABase):
            self.prepare(tmp_path, tmp_path / "empty")
        (tmp_path / "archive").rmdir()
        with pytest.raises(NotABase, match="no archive"):
            self.prepare(tmp_path, base)

    def test_a_folder_in_which_something_is(self, tmp_path, base):
        (tmp_path / "into").mkdir()
        (tmp_path / "into" / "PG_VERSION").write_text("18\n")

        with pytest.raises(NotEmpty):
            self.prepare(tmp_path, base)

    def test_a_moment_without_a_time_zone(self, tmp_path, base):
        words = ["--base", str(base), "--archive", str(tmp_path), "--into", str(tmp_path / "into")]

        with pytest.raises(CommandError, match="with its time zone"):
            call_command("recover_to", "2026-11-30T07:00:00", *words)


@pytest.mark.django_db
def test_a_server_that_keeps_nothing_is_told_what_to_set():
    told = StringIO()

    with pytest.raises(SystemExit):
        call_command("archive_settings", stdout=told)

    found = [json.loads(line) for line in told.getvalue().splitlines()]
    assert {each["check"] for each in found} == {"archive"}
    assert State.FAILED in {each["state"] for each in found}
    assert "archive_mode = on" in told.getvalue()


class TestDoctor:
    @pytest.mark.django_db
    def test_says_nothing_of_a_server_that_keeps_no_log(self):
        assert list(point_in_time.check_archive()) == []

    @pytest.mark.parametrize(("wrong", "says"), [
        (None, ["the log of Postgres is kept"]),
        ("archive_timeout", ["archive_timeout is 0"]),
    ])  # fmt: skip
    def test_says_whether_the_log_is_kept(self, monkeypatch, wrong, says):
        names = ("archive_mode", "archive_command", "archive_timeout")
        found = [
            failed("archive", f"{name} is 0", "Set it.") if name == wrong else ok("archive", name) for name in names
        ]
        monkeypatch.setattr(point_in_time, "archive_faults", lambda: iter(found))

        assert [each.says for each in point_in_time.check_archive()] == says
