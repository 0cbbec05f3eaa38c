"""Files of terms, and the quotes that come of them."""

import json

import pytest

from loans.api.examples import QUOTE, TERMS
from tests.integration.bulk.files import csv_file, job_of, json_file, work

pytestmark = pytest.mark.django_db


def results(program, file):
    job = work(job_of(program.upload("jobs", {"kind": "quotes", "file": file})))
    lines = b"".join(program.get(f"jobs/{job.key}/results").streaming_content).decode().splitlines()
    return [json.loads(line) for line in lines]


class TestQuotes:
    def test_are_those_that_one_request_gives(self, program):
        first, second = results(program, json_file(TERMS, {**TERMS, "principal": 12000}))

        assert (first["outcome"], first["result"]) == ("DONE", {"quote": QUOTE})
        assert (second["outcome"], second["code"], second["field"]) == ("REFUSED", "invalid_amount", "principal")

    def test_come_of_cells_too(self, program):
        cells = {name: str(value) for name, value in TERMS.items() if value is not None and name != "fees"}

        (row,) = results(program, csv_file(tuple(cells.values()), columns=tuple(cells)))

        assert row["outcome"] == "DONE"
        assert row["result"]["quote"]["installments"] == QUOTE["installments"]

    def test_of_a_file_in_gb18030_with_a_bad_line(self, program):
        columns = ("principal", "annual_rate", "method", "count", "disbursed_on")
        good = ("12000.00", "0.18", "equal_installment", "3", "2026-01-15")

        rows = results(program, csv_file(good, (*good[:2], "等额本息", *good[3:]), columns=columns, encoding="gb18030"))

        assert [(row["line"], row["outcome"], row["field"]) for row in rows] == [
            (2, "DONE", None),
            (3, "REFUSED", "method"),
        ]
