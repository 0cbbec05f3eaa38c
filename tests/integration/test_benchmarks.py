"""The benchmarks still run and print what they promise; their figures mean nothing at this size."""

import json
import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


class TestClose:
    def test_closes_a_small_book_and_leaves_nothing_behind(self, tmp_path):
        figures = tmp_path / "figures.json"

        ran = subprocess.run(
            [sys.executable, BENCHMARKS / "close.py", "--loans", "300", "600", "--json", figures],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
        )

        assert ran.returncode == 0, ran.stderr
        small, large = json.loads(figures.read_text())
        assert (small["loans"], large["loans"]) == (300, 600)
        assert large["ordinary"]["counts"]["overdue"] == 24
        assert "bare aggregate of the overdue rows" in ran.stdout
        assert "exponent" in ran.stdout
        assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


class TestSchedules:
    def test_compares_every_row_and_prints_a_ratio(self, tmp_path):
        figures = tmp_path / "figures.json"

        ran = subprocess.run(
            [sys.executable, BENCHMARKS / "schedules.py", "--schedules", "60", "--json", figures],
            capture_output=True,
            text=True,
            timeout=120,
        )

        assert ran.returncode == 0, ran.stderr
        measured = json.loads(figures.read_text())
        assert [(each["installments"], each["differing"]) for each in measured] == [(12, 0), (36, 0), (360, 0)]
        assert "90 schedules compared row by row to the fen, 0 differ" in ran.stdout
        assert "plain Decimal loop" in ran.stdout


class TestReminders:
    def test_loses_nothing_and_sends_nothing_twice(self, tmp_path):
        figures = tmp_path / "figures.json"

        ran = subprocess.run(
            [sys.executable, BENCHMARKS / "reminders.py", "--borrowers", "120", "--json", figures],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
        )

        assert ran.returncode == 0, ran.stderr
        told = json.loads(figures.read_text())
        assert told["counts"] == {"queued": 120, "SENT": 116, "CANCELLED": 4}
        assert (told["provider"]["taken"], told["provider"]["again"], told["problems"]) == (116, 0, [])
        assert told["provider"]["failed"] > 0
        assert told["callbacks"] > told["events"] == 116
        assert "nothing lost, nothing sent twice" in ran.stdout
        assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


class TestPayments:
    def test_books_by_every_way_and_leaves_books_that_agree(self, tmp_path):
        figures = tmp_path / "figures.json"
        sizes = ["--payments", "20", "--clients", "2", "--events", "8", "12", "--repeat", "2"]

        ran = subprocess.run(
            [sys.executable, BENCHMARKS / "payments.py", *sizes, "--json", figures],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
        )

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
        assert [[size["events"] for size in sizes] for sizes in told["restatements"].values()] == [[8, 12], [8, 12]]
        assert told["differing"] == 0
        assert "growth exponent" in ran.stdout
        assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]
