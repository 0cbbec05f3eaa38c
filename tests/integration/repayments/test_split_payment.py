from datetime import date

import pytest

from dashu.kernel.money import InvalidAmount
from dashu.ledger.models import JournalEntry
from repayments.models import Channel, Payment, PaymentGroup
from repayments.selectors.reconciliation import differences
from repayments.services.booking import DateOutsideContract, LoanNotFound
from repayments.services.receive_payment import LoanNotPayable, ReferenceReused
from repayments.services.split_payment import SplitDoesNotAddUp, receive_split_payment, shared_out
from tests import factories
from tests.factories import ACTOR, yuan

ON = date(2026, 2, 15)


@pytest.fixture
def other(amina):
    return factories.running_loan(amina)


def split(borrower, parts, total=None, **more):
    facts = {"received_on": ON, "today": ON, "reference": "BANK-9", "channel": Channel.BANK_TRANSFER, "actor": ACTOR}
    total = sum(amount for _loan, amount in parts) if total is None else total
    return receive_split_payment(
        borrower_id=borrower.pk,
        parts=[(loan.pk, amount) for loan, amount in parts],
        total_minor=total,
        **{**facts, **more},
    )


def nothing_is_booked():
    return not (Payment.objects.exists() or PaymentGroup.objects.exists())


class TestReceiveSplitPayment:
    def test_books_each_part_under_a_reference_of_its_own(self, amina, loan, other):
        group = split(amina, [(other, yuan(300)), (loan, yuan(700))])

        parts = [
            (part.position, part.payment.reference, part.payment.loan_id) for part in group.parts.order_by("position")
        ]
        assert parts == [(1, "BANK-9-1", other.pk), (2, "BANK-9-2", loan.pk)]
        assert (group.total_minor, group.currency) == (yuan(1000), "CNY")
        assert differences() == []

    def test_the_same_reference_again_changes_nothing(self, amina, loan, other):
        first = split(amina, [(loan, yuan(700)), (other, yuan(300))])
        entries = JournalEntry.objects.count()

        assert split(amina, [(loan, yuan(700)), (other, yuan(300))]) == first
        assert (Payment.objects.count(), JournalEntry.objects.count()) == (2, entries)

    @pytest.mark.parametrize("change", ["amounts", "order", "day"])
    def test_refuses_a_reference_that_belongs_to_another_split(self, amina, loan, other, change):
        split(amina, [(loan, yuan(700)), (other, yuan(300))])
        parts = (
            [(loan, yuan(600)), (other, yuan(400))] if change == "amounts" else [(loan, yuan(700)), (other, yuan(300))]
        )
        later = {"received_on": date(2026, 2, 16), "today": date(2026, 2, 16)} if change == "day" else {}

        with pytest.raises(ReferenceReused):
            split(amina, parts[::-1] if change == "order" else parts, **later)

        assert Payment.objects.count() == 2

    @pytest.mark.parametrize("total", [0, yuan(999), yuan(1001)])
    def test_refuses_parts_that_do_not_sum_to_the_total(self, amina, loan, other, total):
        with pytest.raises(SplitDoesNotAddUp) as refusal:
            split(amina, [(loan, yuan(700)), (other, yuan(300))], total=total)

        assert (refusal.value.code, refusal.value.field) == ("split_does_not_add_up", "total")
        assert nothing_is_booked()

    def test_refuses_a_loan_named_twice_and_no_loan_at_all(self, amina, loan):
        for parts in ([], [(loan, yuan(1)), (loan, yuan(2))]):
            with pytest.raises(SplitDoesNotAddUp):
                split(amina, parts)

        assert nothing_is_booked()

    def test_refuses_another_borrowers_loan(self, amina, brook, loan):
        theirs = factories.running_loan(brook)

        with pytest.raises(LoanNotFound):
            split(amina, [(loan, yuan(700)), (theirs, yuan(300))])

        assert nothing_is_booked()

    def test_is_all_or_nothing_when_one_part_is_refused(self, amina, loan):
        waiting = factories.approved_loan(amina)

        with pytest.raises(LoanNotPayable):
            split(amina, [(loan, yuan(700)), (waiting, yuan(300))])

        assert nothing_is_booked()

    @pytest.mark.parametrize("amount", [0, -1])
    def test_refuses_empty_parts(self, amina, loan, other, amount):
        with pytest.raises(InvalidAmount):
            split(amina, [(loan, yuan(700)), (other, amount)], total=yuan(700) + amount)

        assert nothing_is_booked()

    def test_refuses_a_date_before_one_of_the_loans_began(self, amina, loan):
        young = factories.running_loan(amina, starts_on=date(2026, 2, 20))

        with pytest.raises(DateOutsideContract):
            split(amina, [(loan, yuan(700)), (young, yuan(300))], today=date(2026, 2, 25))

        assert nothing_is_booked()


class TestSharedOut:
    @pytest.mark.parametrize(
        ("arrived", "filled"),
        [
            (0, []),
            (5, [(1, 5)]),
            (7, [(1, 7)]),
            (8, [(1, 7), (2, 1)]),
            (10, [(1, 7), (2, 3)]),
            (15, [(1, 7), (2, 8)]),
        ],
    )
    def test_fills_the_parts_in_order_and_loses_nothing(self, arrived, filled):
        assert shared_out([[1, 7], [2, 3]], arrived) == filled
        assert sum(part for _loan, part in filled) == arrived

    def test_of_no_parts_is_nothing(self):
        assert shared_out([], 5) == []
