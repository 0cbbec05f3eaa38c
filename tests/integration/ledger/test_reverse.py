from datetime import date

import pytest

from dashu.ledger.models import JournalEntry
from dashu.ledger.selectors import balance_of
from dashu.ledger.services import EntryAlreadyReversed, EntryNotFound, reverse
from tests.integration.ledger.test_post import pay

LATER = date(2026, 3, 9)


@pytest.mark.django_db
class TestReverse:
    def test_exchanges_the_sides_and_names_the_entry(self):
        entry_id = pay()

        reversal_id = reverse(entry_id=entry_id, effective_on=LATER, reason="Bounced", actor="user:2")

        reversal = JournalEntry.objects.get(pk=reversal_id)
        assert (reversal.reverses_id, reversal.effective_on, reversal.description) == (entry_id, LATER, "Bounced")
        assert list(reversal.postings.order_by("id").values_list("account_id", "side", "amount_minor")) == [
            ("1001", "C", 1_050_00),
            ("1311", "D", 50_00),
            ("1301", "D", 1_000_00),
        ]
        assert balance_of("1001", loan_id=7) == 0

    def test_keeps_the_balance_of_the_days_before(self):
        reverse(entry_id=pay(), effective_on=LATER, reason="Bounced", actor="user:2")

        assert balance_of("1001", loan_id=7, as_of=date(2026, 3, 8)) == 1_050_00
        assert balance_of("1001", loan_id=7, as_of=LATER) == 0

    def test_refuses_a_second_time_and_writes_nothing(self):
        entry_id = pay()
        reverse(entry_id=entry_id, effective_on=LATER, reason="Bounced", actor="user:2")

        with pytest.raises(EntryAlreadyReversed):
            reverse(entry_id=entry_id, effective_on=LATER, reason="Bounced again", actor="user:2")

        assert JournalEntry.objects.count() == 2

    def test_refuses_an_entry_that_does_not_exist(self):
        with pytest.raises(EntryNotFound):
            reverse(entry_id=404, effective_on=LATER, reason="?", actor="user:2")

        assert JournalEntry.objects.exists() is False
