from datetime import date

import pytest

from loans.domain.covenants import CovenantLine, InvalidCovenant, parse_covenants, promises_of

TEXT = {"zh-Hans": "提交报表", "zh-Hant": "提交報表", "en": "Send the accounts"}
LINE = {"code": "accounts", "text": TEXT, "after_months": 3, "every_months": 3}


class TestDates:
    def test_follow_each_other_up_to_the_last_due_date(self):
        line = CovenantLine("accounts", TEXT, 3, 3)

        assert line.dates(date(2026, 11, 30), date(2027, 11, 30)) == [
            date(2027, 2, 28),
            date(2027, 5, 30),
            date(2027, 8, 30),
            date(2027, 11, 30),
        ]

    def test_of_what_is_kept_once_are_one(self):
        assert CovenantLine("accounts", TEXT, 6).dates(date(2026, 1, 1), date(2030, 1, 1)) == [date(2026, 7, 1)]

    def test_after_the_loan_are_none(self):
        assert CovenantLine("accounts", TEXT, 12).dates(date(2026, 1, 1), date(2026, 12, 31)) == []

    def test_of_several_promises_are_in_the_order_of_the_calendar(self):
        lines = (CovenantLine("b", TEXT, 6), CovenantLine("a", TEXT, 3, 3))

        found = promises_of(lines, date(2026, 1, 1), date(2026, 7, 1))

        assert [(promise.line.code, promise.due_on.month) for promise in found] == [("a", 4), ("a", 7), ("b", 7)]


class TestParse:
    def test_reads_what_a_product_says(self):
        assert parse_covenants([LINE]) == (CovenantLine("accounts", TEXT, 3, 3),)
        assert (
            parse_covenants([{name: LINE[name] for name in ("code", "text", "after_months")}])[0].every_months is None
        )

    @pytest.mark.parametrize(
        ("raw", "field"),
        [
            ({}, "covenants"),
            ([LINE, LINE], "covenants"),
            (["x"], "covenants[0]"),
            ([{**LINE, "often": 1}], "covenants[0].often"),
            ([{"code": "accounts", "text": TEXT}], "covenants[0].after_months"),
            ([{**LINE, "code": "A"}], "covenants[0].code"),
            ([{**LINE, "text": {"en": "x"}}], "covenants[0].text"),
            ([{**LINE, "text": {**TEXT, "en": " "}}], "covenants[0].text.en"),
            ([{**LINE, "after_months": 0}], "covenants[0].after_months"),
            ([{**LINE, "every_months": "3"}], "covenants[0].every_months"),
        ],
    )
    def test_names_what_is_wrong(self, raw, field):
        with pytest.raises(InvalidCovenant) as refused:
            parse_covenants(raw)

        assert refused.value.field == field
