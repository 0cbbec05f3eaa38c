"""Our tables against published ones, fixing by fixing and day by day, where those lie beside the repository."""

import csv
import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from dashu.finance.calendars import CHINA
from dashu.policy.rate_table_files import rate_table

FOLDER = Path(os.environ.get("DASHU_REAL_BOOKS", Path(__file__).resolve().parents[4] / "shared" / "data")) / "reference"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the published tables are not at {FOLDER}")


def table(start: str) -> list[dict[str, str]]:
    (path,) = FOLDER.glob(f"{start}*.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class TestLoanPrimeRate:
    @pytest.mark.parametrize(("code", "column"), [("LPR_1Y", "lpr_1y_pct"), ("LPR_5Y", "lpr_5y_pct")])
    def test_is_the_published_one_at_every_fixing(self, code, column):
        ours = rate_table(code)
        fixings = [(date.fromisoformat(row["publish_date"]), Decimal(row[column]) / 100) for row in table("lpr")]

        assert len(fixings) >= 85
        assert [(day, ours.rate_on(day)) for day, _rate in fixings] == fixings
        assert {day for day, _rate in ours.rows} <= {day for day, _rate in fixings}
        assert ours.confirmed_through == fixings[-1][0]


class TestChineseCalendar:
    def test_holidays_and_make_up_days_are_those_published(self):
        published = {date.fromisoformat(row["date"]): row["kind"] for row in table("cn_holidays")}
        first, last = min(published), date(max(published).year, 12, 31)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]

        is_business_day = {
            day: published.get(day, "workday" if day.weekday() < 5 else "weekend") in ("workday", "makeup_workday")
            for day in days
        }

        assert len(published) >= 771
        assert [day for day in days if CHINA.is_business_day(day) != is_business_day[day]] == []
