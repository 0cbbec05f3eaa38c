from datetime import UTC, date, datetime

import pytest

from dashu.documents.sheets import Amount, sheet
from tests.papers import workbook_of

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def made(*rows, names=("a", "b")) -> bytes:
    return sheet(title="T", blocks=[(names, rows)], widths=[10, 10], issued_at=AT)


def cell(content: bytes, address: str = "A4"):
    return workbook_of(content).active[address]


class TestSheet:
    def test_the_same_rows_make_the_same_bytes(self):
        assert made(["x", Amount(5, "CNY")]) == made(["x", Amount(5, "CNY")])

    @pytest.mark.parametrize(
        ("amount", "value", "shown"),
        [
            (Amount(1, "CNY"), 0.01, "#,##0.00"),
            (Amount(-1_234_567_89, "CNY"), -1234567.89, "#,##0.00"),
            (Amount(10_000_000_000_000, "CNY"), 100_000_000_000, "#,##0.00"),
            (Amount(9_999_999_999_999, "CNY"), 99_999_999_999.99, "#,##0.00"),
            (Amount(500, "TWD"), 500, "#,##0"),
        ],
    )
    def test_an_amount_is_an_exact_number(self, amount, value, shown):
        written = cell(made([amount]))

        assert (written.value, written.number_format, written.data_type) == (value, shown, "n")

    def test_a_date_is_a_date(self):
        written = cell(made([date(2026, 2, 28)]))

        assert (written.value.isoformat(), written.number_format) == ("2026-02-28T00:00:00", "yyyy-mm-dd")

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "plain", "=cmd|' /C calc'!A0"])
    def test_a_text_is_never_a_formula(self, text):
        written = cell(made([text]))

        assert (written.value, written.data_type) == (text, "s")
        assert written.quotePrefix is (text != "plain")

    def test_signs_that_a_sheet_cannot_hold_are_left_out(self):
        assert cell(made(["a\x00b\x0bc"])).value == "abc"
