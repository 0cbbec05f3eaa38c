from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from dashu.ledger import accounts
from dashu.ledger.models import JournalEntry, Posting
from dashu.ledger.selectors import balance_of, loan_balances
from dashu.ledger.services import Entry, LedgerReferenceUsed, LedgerUnbalanced, Line, credit, debit, post, post_many

DAY = date(2026, 3, 1)


def pay(*, amount: int = 1_050_00, interest: int = 50_00, loan_id: int = 7, reference: str | None = None) -> int:
    return post(
        effective_on=DAY,
        description="Payment",
        kind="PAYMENT",
        actor="user:1",
        reference=reference,
        lines=[
            debit(accounts.CASH, amount, loan_id),
            credit(accounts.INTEREST_RECEIVABLE, interest, loan_id),
            credit(accounts.LOAN_PRINCIPAL, amount - interest, loan_id),
        ],
    )


@pytest.mark.django_db
class TestPost:
    def test_writes_an_entry_with_its_postings(self):
        entry_id = pay(reference="pay-1")

        entry = JournalEntry.objects.get(pk=entry_id)
        assert (entry.effective_on, entry.kind, entry.actor, entry.reference) == (DAY, "PAYMENT", "user:1", "pay-1")
        assert entry.posted_at is not None
        assert list(
            entry.postings.order_by("id").values_list("account_id", "side", "amount_minor", "currency", "loan_id")
        ) == [
            ("1001", "D", 1_050_00, "CNY", 7),
            ("1311", "C", 50_00, "CNY", 7),
            ("1301", "C", 1_000_00, "CNY", 7),
        ]

    def test_costs_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            pay()

    def test_drops_lines_of_zero(self):
        entry_id = pay(interest=0)

        assert Posting.objects.filter(entry_id=entry_id).count() == 2

    def test_refuses_an_unbalanced_entry_and_leaves_no_trace(self):
        with pytest.raises(LedgerUnbalanced, match="-100") as refusal:
            post(
                effective_on=DAY,
                description="Slip",
                kind="PAYMENT",
                actor="user:1",
                lines=[debit(accounts.CASH, 900), credit(accounts.LOAN_PRINCIPAL, 1000)],
            )

        assert refusal.value.code == "ledger_unbalanced"
        assert JournalEntry.objects.exists() is False

    def test_refuses_loans_that_only_balance_together(self):
        with pytest.raises(LedgerUnbalanced) as refusal:
            post(
                effective_on=DAY,
                description="Mixed up",
                kind="PAYMENT",
                actor="user:1",
                lines=[debit(accounts.CASH, 500, 1), credit(accounts.LOAN_PRINCIPAL, 500, 2)],
            )

        assert refusal.value.details == {"loan_id": 1, "difference_minor": 500}
        assert JournalEntry.objects.exists() is False

    def test_refuses_an_entry_without_amounts(self):
        with pytest.raises(LedgerUnbalanced, match="no amounts"):
            post(effective_on=DAY, description="Nothing", kind="PAYMENT", actor="user:1", lines=[debit("1001", 0)])

    def test_refuses_a_reference_twice_and_keeps_the_transaction_usable(self):
        with transaction.atomic():
            pay(reference="pay-1")
            with pytest.raises(LedgerReferenceUsed, match="pay-1"):
                pay(reference="pay-1")
            pay(reference="pay-2")

        assert sorted(JournalEntry.objects.values_list("reference", flat=True)) == ["pay-1", "pay-2"]

    def test_refuses_an_account_that_is_not_in_the_chart(self):
        with transaction.atomic():
            post(effective_on=DAY, description="?", kind="X", actor="a", lines=[debit("1001", 5), credit("9999", 5)])

            with pytest.raises(IntegrityError, match="9999"), transaction.atomic():
                connection.check_constraints()
            transaction.set_rollback(True)


def fee(on: date, amount: int, *, reference: str | None = None, loan_id: int = 7) -> Entry:
    lines = [debit(accounts.FEE_RECEIVABLE, amount, loan_id), credit(accounts.FEE_INCOME, amount, loan_id)]
    return Entry(on, f"Fee of {on}", "FEE", lines, reference)


@pytest.mark.django_db
class TestPostMany:
    def test_writes_entries_of_several_days_in_their_order(self):
        entries = [fee(date(2026, 3, 3), 300), fee(date(2026, 3, 1), 100, reference="F"), fee(date(2026, 3, 2), 200)]

        ids = post_many(entries=entries, actor="user:1", currency="USD")

        connection.check_constraints()
        written = JournalEntry.objects.in_bulk()
        assert ids == sorted(written)
        assert [(written[pk].effective_on.day, written[pk].reference) for pk in ids] == [(3, None), (1, "F"), (2, None)]
        assert list(
            Posting.objects.order_by("id").values_list("entry_id", "account_id", "side", "amount_minor", "currency")
        ) == [
            (entry_id, account, side, amount, "USD")
            for entry_id, amount in zip(ids, (300, 100, 200), strict=True)
            for account, side in (("1312", "D"), ("4002", "C"))
        ]

    def test_costs_one_statement_however_many_entries(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            post_many(entries=[fee(date(2026, 3, day), day) for day in range(1, 20)], actor="user:1")

    def test_writes_nothing_for_no_entries(self):
        assert post_many(entries=[], actor="user:1") == []

    def test_refuses_all_when_one_does_not_balance(self):
        slip = Entry(DAY, "Slip", "FEE", [debit("1001", 9), credit("4002", 10)])

        with pytest.raises(LedgerUnbalanced, match="-1"):
            post_many(entries=[fee(DAY, 100), slip], actor="user:1")

        assert JournalEntry.objects.exists() is False

    def test_refuses_entries_that_only_balance_together(self):
        halves = [Entry(DAY, "D", "FEE", [debit("1001", 9)]), Entry(DAY, "C", "FEE", [credit("4002", 9)])]

        with pytest.raises(LedgerUnbalanced):
            post_many(entries=halves, actor="user:1")

        assert JournalEntry.objects.exists() is False

    def test_refuses_all_for_a_used_reference_and_keeps_the_transaction_usable(self):
        pay(reference="used")

        with pytest.raises(LedgerReferenceUsed, match="used"):
            post_many(
                entries=[fee(DAY, 1), fee(DAY, 2, reference="new"), fee(DAY, 3, reference="used")], actor="user:1"
            )

        assert list(JournalEntry.objects.values_list("reference", flat=True)) == ["used"]

    def test_refuses_a_reference_twice_among_the_entries(self):
        with pytest.raises(LedgerReferenceUsed, match="same"):
            post_many(entries=[fee(DAY, 1, reference="same"), fee(DAY, 2, reference="same")], actor="user:1")

        assert JournalEntry.objects.exists() is False


class TestAnyBalancedEntry(TestCase):
    @given(
        amounts=st.lists(
            st.tuples(st.integers(1, 3), st.sampled_from(["1301", "1311", "1312"]), st.integers(0, 10**12)), min_size=1
        )
    )
    @settings(max_examples=25, deadline=None)
    def test_leaves_each_loan_at_zero_over_all_accounts(self, amounts):
        lines = [
            Line(*sides)
            for loan_id, account, amount in amounts
            for sides in ((accounts.CASH, "D", amount, loan_id), (account, "C", amount, loan_id))
        ]
        if not any(amount for _loan, _account, amount in amounts):
            lines.append(debit(accounts.CASH, 1, 1))
            lines.append(credit(accounts.SUSPENSE, 1, 1))

        post(effective_on=DAY, description="Any", kind="ANY", actor="user:1", lines=lines)

        connection.check_constraints()
        for balances in loan_balances([1, 2, 3]).values():
            assert sum(balances.values()) == 0
        for loan_id in (1, 2, 3):
            paid = sum(amount for loan, account, amount in amounts if (loan, account) == (loan_id, "1311"))
            assert balance_of("1311", loan_id=loan_id) == -paid
