"""The benchmarks still run and print what they promise; their figures mean nothing at this size."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashu.runtime.home import Home
from dashu.runtime.services import Services

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[Path]:
    """Servers that all programs here share, so that they start, and make their tables, once."""
    folder = tmp_path_factory.mktemp("benchmarks")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("REDIS_URL", raising=False)
        services = Services(Home(folder))
        services.start()
    yield folder
    services.stop()


def run(program: str, *words: object, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, BENCHMARKS / program, *map(str, words)]
    return subprocess.run(
        command, check=False, env={**os.environ, **settings}, capture_output=True, text=True, timeout=900
    )


class TestBorrowers:
    def test_walk_and_pay_once(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        ran = run("borrowers.py", "--people", 4, "--seconds", 8, "--pause", 0.2, "--json", figures, "--home", home)

        measured = json.loads(figures.read_text())
        assert (measured["wrong"], measured["differences"]) == ({}, 0), ran.stdout
        assert measured["booked"] == measured["confirmed"] > 0
        assert {"signing in", "home", "loan", "pay: confirm"} <= set(measured["kinds"])


class TestClose:
    def test_compares_what_every_way_wrote(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        sizes = ["--loans", 300, "--orm-loans", 300, "--workers", 1]

        ran = run("close.py", *sizes, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stderr
        (measured,) = json.loads(figures.read_text())
        assert (measured["loans"], measured["ordinary"]["counts"]["running"]) == (300, 300)
        assert measured["ordinary"]["counts"]["overdue"] == 12
        assert list(measured["rivals"]) == ["bare SQL", "loan by loan through the ORM"]
        assert ran.stdout.count("the same rows, none differs") == 2
        assert "times as many" in ran.stdout


class TestProvisioning:
    def test_measures_every_loan_of_the_month(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        ran = run("provisioning.py", "--loans", 200, "--months", 2, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stderr
        measured = json.loads(figures.read_text())
        assert measured["loans"] == 200
        assert measured["ecl_minor"] > 0
        assert "200 loans" in ran.stdout


class TestServers:
    def test_leave_nothing_behind(self, tmp_path):
        program = "from servers import own_database\nwith own_database(): print('up')"

        ran = subprocess.run(
            [sys.executable, "-c", program],
            check=False,
            env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": f"{BENCHMARKS}:{BENCHMARKS.parent}"},
            capture_output=True,
            text=True,
            timeout=60,
        )

        assert (ran.returncode, ran.stdout) == (0, "up\n"), ran.stderr
        assert list(tmp_path.iterdir()) == []


class TestSchedules:
    def test_compares_every_row_and_prints_a_ratio(self, tmp_path):
        figures = tmp_path / "figures.json"

        ran = run("schedules.py", "--schedules", 60, "--json", figures)

        assert ran.returncode == 0, ran.stderr
        measured = json.loads(figures.read_text())
        assert [(each["installments"], each["differing"]) for each in measured] == [(12, 0), (36, 0), (360, 0)]
        assert "90 schedules compared row by row to the fen, 0 differ" in ran.stdout
        assert "plain Decimal loop" in ran.stdout


class TestDecisions:
    def test_decides_within_every_bound_and_scores_a_batch(self, tmp_path):
        figures = tmp_path / "figures.json"

        ran = run("decisions.py", "--decisions", 60, "--applications", 300, "--json", figures)

        assert ran.returncode == 0, ran.stderr
        measured = json.loads(figures.read_text())
        decisions, batch = measured["decisions"], measured["batch"]
        assert (decisions["decisions"], sum(decisions["outcomes"].values()), decisions["problems"]) == (60, 60, [])
        assert 0 < decisions["median_ms"] <= decisions["p95_ms"] <= decisions["longest_ms"]
        assert min(decisions["outcomes"].values()) > 0
        assert batch["applications"] == 300
        assert "300 applications scored in" in ran.stdout
        assert "0 offers beyond a bound or refusals without a reason" in ran.stdout


class TestApi:
    def test_asks_in_every_way_and_tells_both_floors(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        sizes = ["--loans", 300, "--own-loans", 60, "--connections", 1, 4, "--requests", 8, "--rounds", 1]
        ran = run("api.py", *sizes, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stderr
        told = json.loads(figures.read_text())
        asked = {
            name: [one["requests"] for one in sizes.values()] for name, sizes in told["as_fast_as_answered"].items()
        }
        assert asked == {
            "GET loan": [8, 8],
            "GET loans, 50 rows": [4, 4],
            "POST quote, 12 rows": [8, 8],
            "POST payment": [2, 4],
            "GET loan, calls not recorded": [8, 8],
            "bare DRF view": [8, 8],
            "raw psycopg2": [8, 8],
        }
        for one in told["at_a_rate"].values():
            assert 0 < one["served_ms"]["p50"] <= one["seen_ms"]["p99"]
        assert "360 loans, 60 of them the partner's" in ran.stdout


class TestApplications:
    def test_decides_what_was_handed_in_and_tells_the_floor(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        ran = run("applications.py", "--applications", 30, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stderr
        measured = json.loads(figures.read_text())
        assert measured["applications"] == 29
        assert sum(measured["outcomes"].values()) == 31
        assert 0 < measured["floor"]["median_ms"] < measured["service"]["median_ms"] <= measured["service"]["p95_ms"]
        assert "times the floor" in ran.stdout


class TestNextFile:
    def test_gives_every_file_to_one_person_only(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        sizes = ["--files", 3000, "--people", 4, "--each", 6]
        ran = run("next_file.py", *sizes, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stderr
        measured = json.loads(figures.read_text())
        assert (measured["files"], measured["alone"]["taken"], measured["together"]["taken"]) == (3000, 12, 24)
        assert measured["twice"] == 0
        assert 0 < measured["alone"]["p50_ms"] <= measured["alone"]["p95_ms"]
        assert "one after the other, 12 taken" in ran.stdout


class TestReminders:
    def test_loses_nothing_and_sends_nothing_twice(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        ran = run("reminders.py", "--borrowers", 120, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stderr
        told = json.loads(figures.read_text())
        assert told["counts"] == {"queued": 120, "SENT": 116, "CANCELLED": 4}
        assert (told["provider"]["taken"], told["provider"]["again"], told["problems"]) == (116, 0, [])
        assert told["provider"]["failed"] > 0
        assert told["callbacks"] > told["events"] == 116
        assert "nothing lost, nothing sent twice" in ran.stdout
        assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


class TestOverview:
    def test_opens_every_kind_of_page_and_tells_what_it_filled(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        ran = run("overview.py", "--loans", 1_000, "--requests", 3, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stderr
        told = json.loads(figures.read_text())
        assert (told["rows"]["loans"], told["rows"]["loans behind"]) == (1_000, 50)
        assert told["rows"]["moves, loan by loan"] == 12 * 60
        assert len(told["pages"]) == 9
        assert {len(page["statements"]) for name, page in told["pages"].items() if "overview" in name} == {1}
        assert "1,000 loans, 50 loans behind" in ran.stdout


class TestPayments:
    def test_books_by_every_way_and_leaves_books_that_agree(self, home, tmp_path):
        figures = tmp_path / "figures.json"
        sizes = ["--payments", "20", "--clients", "2", "--events", "8", "12", "--repeat", "2"]

        ran = run("payments.py", *sizes, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stderr
        told = json.loads(figures.read_text())
        assert {name: way["payments"] for name, way in told["payments"].items()} == {
            "service, 1 process": 20,
            "service, 2 processes": 20,
            "HTTP, 1 client": 20,
            "HTTP, 2 clients": 20,
            "bare SQL, 1 process": 20,
            "bare SQL, 2 processes": 20,
        }
        assert [[size["events"] for size in sizes] for sizes in told["restatements"].values()] == [[8, 12]] * 6
        assert told["differing"] == 0
        assert "growth exponent" in ran.stdout


class TestFaults:
    def test_closes_every_date_once_whatever_is_killed(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        ran = run("faults.py", "--runs", 2, "--loans", 60, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stderr
        told = json.loads(figures.read_text())
        assert told["kills"] == {"worker": 1, "beat": 1}
        assert (len(told["runs"]), told["closed_once"]) == (5, 5)
        assert (told["differing_minor"], told["differing_tables"]) == (0, [])
        assert "differences from a run that nobody disturbed: 0 fen" in ran.stdout


class TestContactGuard:
    def test_decides_and_finds_next_moments_that_are_allowed(self):
        ran = run("contact_guard.py", "--decisions", 500)

        figures = json.loads(ran.stdout)
        assert figures["decisions"] == sum(figures["verdicts"].values()) == 500
        assert figures["next_moments_found"] > 0
        assert figures["next_moments_not_allowed"] == 0


class TestEarlyWarning:
    def test_finds_what_the_book_was_made_with_and_writes_nothing_twice(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        ran = run("early_warning.py", "--loans", 1_300, "--workers", 1, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stdout + ran.stderr
        (measured,) = json.loads(figures.read_text())
        assert measured["triggers"] == measured["expected"]
        assert set(measured["triggers"]) == {"AUTOPAY_FAILED", "INCOME_DROP", "PAYS_LATER", "SCORE_DOWN", "SHOCK"}
        assert measured["again"]["written"] == 0
        assert "← early warning" in ran.stdout


class TestInsight:
    def test_reads_every_report_and_gets_the_same_from_files(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        sizes = ["--loans", 600, "--months", 4, "--turns", 1, "--workers", 1]
        ran = run("insight.py", *sizes, "--json", figures, "--home", home)

        assert "the same" in ran.stdout, ran.stdout + ran.stderr
        told = json.loads(figures.read_text())
        assert (told["rows"]["months of loans"], told["rebuild"]["rows"]) == (2_400, 600)
        assert told["query"]["rows"] == 4 * 10
        assert "portfolio-at-risk" in told["reports"]
        assert all(0 < took["p50"] <= took["longest"] for took in told["reports"].values())
        assert min(told["close"]["steps"].values()) > 0
        assert "of the night (snapshot" in ran.stdout
        assert min(told["export"]["rss"], told["rebuild"]["rss"], told["export"]["rows_a_second"]) > 0
        assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


class TestMigrations:
    def test_tells_how_long_others_waited_for_each_kind_of_change(self, home, tmp_path):
        figures = tmp_path / "figures.json"

        # At this size all are quick but for the one that waits for somebody's report, and has everyone wait behind it.
        ran = run("migrations.py", "--rows", 1200, "--report", 4, "--most", 3500, "--json", figures, "--home", home)

        assert ran.returncode == 0, ran.stdout + ran.stderr
        measured = json.loads(figures.read_text())
        assert measured["rows"] == 1200
        assert len(measured["changes"]) == 1 + 2 * 8 - 1  # nothing; two ways of eight, but one that is safe anyway
        assert all(each["statements"] > 0 for each in measured["changes"])
        safe, careless = (max(each["reader_ms"], each["writer_ms"]) for each in measured["changes"][-2:])
        assert safe < careless
        assert careless > 1000
        assert "an index" in ran.stdout

    def test_fails_where_somebody_waited_for_what_should_be_safe(self, home):
        ran = run("migrations.py", "--rows", 1200, "--report", 1, "--most", 0, "--home", home)

        assert ran.returncode == 1
        assert "Somebody waited longer than 0 ms for what should be safe: an index" in ran.stdout


class TestReliability:
    def test_postgres_is_restarted_and_each_payment_is_booked_once(self, tmp_path):
        figures = tmp_path / "figures.json"

        ran = run("reliability.py", "--only", "postgres-restart", "--payments", 60, "--json", figures)

        (trial,) = json.loads(figures.read_text())
        assert (trial["broken"], trial["payments"], trial["booked"]) == ([], 60, 60), ran.stdout
        assert trial["also"] == {"stopped": 4}
        assert trial["come_again"] > 0


class TestUpgrade:
    @pytest.fixture
    def upgrade(self, monkeypatch):
        monkeypatch.syspath_prepend(str(BENCHMARKS))
        return importlib.import_module("upgrade")

    def test_finds_rows_that_changed_and_tables_that_are_gone(self, upgrade):
        before = {"loans": (3, "17"), "payments": (2, "5"), "notes": (1, "1")}

        assert upgrade.differing(before, {**before, "new": (9, "9")}) == []
        assert upgrade.differing(before, {"loans": (3, "18"), "payments": (1, "5")}) == [
            "loans: 3 rows before, 3 after",
            "payments: 2 rows before, 1 after",
            "notes: gone",
        ]

    def test_leaves_out_what_belongs_to_the_program_alone(self, upgrade):
        names = ["django_migrations", "auth_permission", "loans_loan", "auth_group", "users_user_groups"]

        assert [name for name in names if not upgrade.OF_THE_PROGRAM.match(name)] == names[2:]


class TestHostile:
    @pytest.fixture
    def hostile(self, monkeypatch):
        monkeypatch.syspath_prepend(str(BENCHMARKS))
        return importlib.import_module("hostile")

    def test_finds_the_forms_of_a_page_with_what_stands_in_them(self, hostile):
        page = """<form method="get"><input name="q"></form>
        <form method="post" action="/pay/"><input name="a" value="1">
        <input type="radio" name="r" value="x"><input type="radio" name="r" value="y" checked>
        <select name="s"><option value="1"><option value="2" selected></select><textarea name="t">x</textarea></form>"""

        (form,) = hostile._forms_in(page)

        assert (form.action, form.fields) == ("/pay/", {"a": "1", "r": "y", "s": "2", "t": ""})

    def test_puts_a_text_into_each_field_of_a_body(self, hostile):
        body = {"amount": {"amount": "1", "currency": "CNY"}, "parts": [{"loan": "a"}, {"loan": "b"}]}

        places = list(hostile._places_in(body))

        assert places == [("amount", "amount"), ("amount", "currency"), ("parts", 0, "loan"), ("parts", 1, "loan")]
        assert hostile._replaced(body, places[3], "'")["parts"] == [{"loan": "a"}, {"loan": "'"}]
        assert body["parts"][1] == {"loan": "b"}

    def test_sends_the_same_texts_each_time_and_all_of_the_corpus(self, hostile):
        texts = hostile.texts()

        assert texts == hostile.texts()
        assert set(hostile.TEXTS) <= set(texts)

    def test_a_500_is_told_and_an_unknown_coding_is_none(self, hostile):
        walk = hostile.Walk(None, 1)
        for status in (200, 400, 501, 503, 500, 0):
            walk._note("forms", status, "POST /")

        assert [line.split()[0] for line in walk.failed] == ["503", "500", "0"]
