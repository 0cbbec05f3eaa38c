from datetime import date

from collections_mgmt.domain.credit_outlook import Outlook, outlook_of
from dashu.finance.arrears import Band, Scale
from dashu.kernel.dates import month_end_of

CODES = Scale((Band(0, "N"), Band(1, "1"), Band(31, "2"), Band(61, "3"), Band(91, "4")))


class TestOutlook:
    def test_says_the_code_of_each_coming_month_end(self):
        assert outlook_of(date(2026, 5, 15), date(2026, 5, 20), CODES) == [
            Outlook(date(2026, 5, 31), 16, "1"),
            Outlook(date(2026, 6, 30), 46, "2"),
            Outlook(date(2026, 7, 31), 77, "3"),
        ]

    def test_begins_with_the_month_of_today_where_it_has_been_late_for_long(self):
        first, *_others = outlook_of(date(2026, 2, 15), date(2026, 6, 20), CODES)

        assert first == Outlook(date(2026, 6, 30), 135, "4")

    def test_counts_today_where_it_is_the_last_day_of_the_month(self):
        first, *_others = outlook_of(date(2026, 6, 15), date(2026, 6, 30), CODES)

        assert first == Outlook(date(2026, 6, 30), 15, "1")

    def test_an_installment_due_on_the_last_day_is_late_in_the_next_month_only(self):
        first, *_others = outlook_of(date(2026, 6, 30), date(2026, 6, 30), CODES)

        assert first == Outlook(date(2026, 7, 31), 31, "2")

    def test_knows_the_end_of_february(self):
        assert month_end_of(date(2028, 2, 3)) == date(2028, 2, 29)
