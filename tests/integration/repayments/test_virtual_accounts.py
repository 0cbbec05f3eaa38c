from datetime import date

import pytest

from repayments.domain.virtual_accounts import number_for
from repayments.models import VirtualAccount
from repayments.selectors.virtual_accounts import loan_of
from repayments.services.virtual_accounts import give_virtual_accounts, virtual_account_of
from tests import factories

TODAY = date(2026, 3, 20)


class TestVirtualAccounts:
    def test_are_given_when_first_shown_and_stay(self, loan):
        given = virtual_account_of(loan_id=loan.pk, today=TODAY)

        assert given.number == number_for(loan.pk, prefix="8620")
        assert virtual_account_of(loan_id=loan.pk, today=TODAY) == given
        assert VirtualAccount.objects.count() == 1

    def test_are_given_to_the_whole_book_at_once_as_to_each_alone(self, loan, brook):
        others = [factories.running_loan(brook) for _number in range(3)]
        waiting = factories.approved_loan(brook)
        virtual_account_of(loan_id=loan.pk, today=TODAY)

        assert give_virtual_accounts(today=TODAY) == 3
        assert give_virtual_accounts(today=TODAY) == 0
        numbers = dict(VirtualAccount.objects.values_list("loan_id", "number"))
        assert numbers == {each.pk: number_for(each.pk, prefix="8620") for each in (loan, *others)}
        assert waiting.pk not in numbers

    def test_are_given_within_a_range_of_loans(self, loan, brook):
        other = factories.running_loan(brook)

        assert give_virtual_accounts(today=TODAY, first=other.pk, end=other.pk + 1) == 1
        assert list(VirtualAccount.objects.values_list("loan_id", flat=True)) == [other.pk]

    def test_lead_to_their_loan_however_they_are_written(self, loan):
        number = virtual_account_of(loan_id=loan.pk, today=TODAY).number
        wide = number.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})

        written = [number, f" {number[:4]} {number[4:8]}-{number[8:]} ", wide]

        assert [loan_of(text) for text in written] == [loan.pk] * 3

    @pytest.mark.parametrize("text", ["", "8620", "abc", "\0", "9" * 300, "8620000000000097"])
    def test_any_other_text_leads_nowhere(self, loan, text):
        virtual_account_of(loan_id=loan.pk, today=TODAY)

        assert loan_of(text) is None

    def test_a_mistyped_number_is_not_looked_up(self, loan, django_assert_num_queries):
        number = virtual_account_of(loan_id=loan.pk, today=TODAY).number

        with django_assert_num_queries(0):
            assert loan_of(str(int(number) + 1)) is None
