"""The database keeps the ledger's promises, whoever writes."""

import time

import pytest
from django.db import IntegrityError, connection, transaction

from dashu.ledger.models import JournalEntry, Posting
from tests.integration.ledger.test_post import pay

ENTRY = """
    INSERT INTO ledger_journalentry (effective_on, description, kind, actor)
    VALUES ('2026-03-01', 'By hand', 'TEST', 'test') RETURNING id
"""


def run(sql: str, params: list[object] | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def add_posting(entry_id: int, side: str, amount: int, *, loan_id: int | None = None, currency: str = "CNY") -> None:
    run(
        "INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)"
        " VALUES (%s, '1001', %s, %s, %s, %s)",
        [entry_id, side, amount, currency, loan_id],
    )


@transaction.atomic
def write_entry(*postings: dict) -> None:
    entry_id = run(ENTRY)[0][0]
    for posting in postings:
        add_posting(entry_id, **posting)


@pytest.mark.django_db
class TestAppendOnly:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE ledger_posting SET amount_minor = 1",
            "UPDATE ledger_journalentry SET description = 'other'",
            "DELETE FROM ledger_posting",
            "DELETE FROM ledger_journalentry",
            "TRUNCATE ledger_posting",
            "TRUNCATE ledger_journalentry CASCADE",
        ],
    )
    def test_refuses_every_change(self, change):
        entry_id = pay()
        connection.check_constraints()

        with pytest.raises(IntegrityError, match=r"^ledger_is_append_only"), transaction.atomic():
            run(change)

        assert JournalEntry.objects.get().pk == entry_id
        assert Posting.objects.filter(entry_id=entry_id).count() == 3

    def test_refuses_changes_through_models(self):
        pay()
        connection.check_constraints()

        with pytest.raises(IntegrityError, match=r"^ledger_is_append_only"), transaction.atomic():
            Posting.objects.update(side="C")


@pytest.mark.django_db(transaction=True)
class TestBalanceAtCommit:
    def test_refuses_an_unbalanced_entry(self):
        with pytest.raises(IntegrityError, match=r"ledger_entry_unbalanced.*loan - CNY: 1"):
            write_entry({"side": "D", "amount": 101}, {"side": "C", "amount": 100})

        assert JournalEntry.objects.exists() is False
        assert Posting.objects.exists() is False

    def test_refuses_loans_that_only_balance_together(self):
        with pytest.raises(IntegrityError, match="loan 1 CNY: 100"):
            write_entry({"side": "D", "amount": 100, "loan_id": 1}, {"side": "C", "amount": 100, "loan_id": 2})

        assert JournalEntry.objects.exists() is False

    def test_refuses_currencies_that_only_balance_together(self):
        with pytest.raises(IntegrityError, match="ledger_entry_unbalanced"):
            write_entry({"side": "D", "amount": 100}, {"side": "C", "amount": 100, "currency": "USD"})

        assert JournalEntry.objects.exists() is False

    def test_refuses_an_entry_without_postings(self):
        with pytest.raises(IntegrityError, match="has 0 postings"):
            write_entry()

        assert JournalEntry.objects.exists() is False

    def test_refuses_an_amount_of_zero(self):
        with pytest.raises(IntegrityError, match="ledger_posting_amount_is_positive"):
            write_entry({"side": "D", "amount": 0}, {"side": "C", "amount": 0})

        assert JournalEntry.objects.exists() is False

    def test_refuses_a_posting_after_the_entry_was_committed(self):
        entry_id = pay()

        with pytest.raises(IntegrityError, match=r"^ledger_entry_sealed"):
            add_posting(entry_id, "D", 5, loan_id=7)

        assert Posting.objects.filter(entry_id=entry_id).count() == 3

    def test_refuses_a_posting_after_the_entry_was_checked_early(self):
        with transaction.atomic():
            entry_id = pay()
            run("SET CONSTRAINTS ALL IMMEDIATE")
            with pytest.raises(IntegrityError, match=r"^ledger_entry_sealed"), transaction.atomic():
                add_posting(entry_id, "D", 5, loan_id=7)

        assert Posting.objects.filter(entry_id=entry_id).count() == 3

    def test_takes_further_entries_after_an_early_check(self):
        with transaction.atomic():
            pay(reference="first")
            connection.check_constraints()
            pay(reference="second")

        assert JournalEntry.objects.count() == 2

    def test_takes_postings_from_a_savepoint(self):
        with transaction.atomic():
            entry_id = run(ENTRY)[0][0]
            with transaction.atomic():
                add_posting(entry_id, "D", 5)
                add_posting(entry_id, "C", 5)

        assert Posting.objects.filter(entry_id=entry_id).count() == 2

    def test_takes_eighty_thousand_postings_under_one_entry_in_seconds(self):
        started = time.monotonic()
        with transaction.atomic():
            entry_id = run(ENTRY)[0][0]
            run(
                "INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)"
                " SELECT %s, line.account, line.side, loan_id, 'CNY', loan_id"
                " FROM generate_series(1, 40000) AS loan_id,"
                " (VALUES ('1313', 'D'), ('4003', 'C')) AS line (account, side)",
                [entry_id],
            )
        seconds = time.monotonic() - started

        assert Posting.objects.filter(entry_id=entry_id).count() == 80_000
        # About 1 s on two shared cores; the bound is for a check that has become quadratic.
        assert seconds < 20
