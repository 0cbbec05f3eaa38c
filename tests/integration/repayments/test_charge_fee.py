"""A fee is charged only as the cost sheet disclosed it, and scheduled fees are demanded by the book itself."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from dashu.finance.installments import Installment
from dashu.ledger.models import JournalEntry
from loans.models import Loan, Product, ProductTerms
from loans.selectors.products import product_terms
from repayments.act_presenting import event_line
from repayments.models import Installment as InstallmentRow
from repayments.models import LoanBalance, LoanEvent
from repayments.services.change_rate import change_rate
from repayments.services.charge_fee import FeeAboveDisclosed, FeeNotDisclosed, charge_fee
from repayments.services.open_loans import Opening, open_loans
from repayments.services.undo_event import undo_event
from tests import factories
from tests.factories import ACTOR, pay, yuan
from tests.integration.repayments.test_restate import check

pytestmark = pytest.mark.django_db

ON = date(2026, 2, 1)
WHY = {"today": ON, "reason": "asked by phone", "actor": ACTOR}
NAMES = {"zh-Hans": "费用", "zh-Hant": "費用", "en": "Fee"}


def charge(loan: Loan, amount: int, code: str = "notary") -> LoanEvent:
    return charge_fee(loan_id=loan.pk, code=code, amount_minor=amount, charged_on=ON, **WHY)


def line(code: str, when: str, amount: str, **more) -> dict:
    return {"code": code, "name": NAMES, "payee": NAMES, "when": when, "amount": amount, **more}


def product_with(*lines: dict) -> None:
    """Have loans of the consumer product disclose these lines from 2026 on."""
    product = Product.objects.get(code="consumer")
    terms = product_terms("consumer", on=ON).terms | {"fees": list(lines)}
    ProductTerms.objects.create(product=product, version=2, effective_from=date(2026, 1, 1), terms=terms)


class TestChargeFee:
    def test_demands_a_disclosed_fee_and_says_which(self, loan):
        event = charge(loan, yuan(300))

        assert event.data == {"code": "notary", "reason": "asked by phone"}
        assert InstallmentRow.objects.get(loan=loan, number=1, is_current=True).fee_minor == yuan(300)
        check(loan)

    @pytest.mark.parametrize("code", ["late_letter", "", "interest"])
    def test_refuses_a_fee_without_a_line_and_leaves_no_trace(self, loan, code):
        entries = JournalEntry.objects.count()

        with pytest.raises(FeeNotDisclosed) as refused:
            charge(loan, 1, code)

        assert (refused.value.code, refused.value.field) == ("fee_not_disclosed", "code")
        assert not LoanEvent.objects.filter(kind="FEE").exists()
        assert JournalEntry.objects.count() == entries

    def test_refuses_more_than_the_line_says_and_leaves_no_trace(self, loan):
        with pytest.raises(FeeAboveDisclosed) as refused:
            charge(loan, yuan(500) + 1)

        assert (refused.value.code, refused.value.details) == ("fee_above_disclosed", {"most": "500.00"})
        assert not LoanEvent.objects.filter(kind="FEE").exists()
        assert charge(loan, yuan(500)).amount_minor == yuan(500)

    def test_each_time_may_be_as_much_as_the_line_says(self, loan):
        charge(loan, yuan(500))
        charge(loan, yuan(500))

        assert InstallmentRow.objects.get(loan=loan, number=1, is_current=True).fee_minor == yuan(1_000)

    def test_of_a_line_for_once_all_count_together_but_those_undone(self, amina):
        product_with(line("notary", "on_event", "100.00", once=True))
        loan = factories.running_loan(amina)
        first = charge(loan, yuan(80))
        with pytest.raises(FeeAboveDisclosed) as refused:
            charge(loan, yuan(20) + 1)
        assert refused.value.details == {"most": "20.00"}

        undo_event(event_id=first.pk, **WHY)

        assert charge(loan, yuan(100)).amount_minor == yuan(100)
        with pytest.raises(FeeAboveDisclosed):
            charge(loan, 1)

    def test_a_later_version_of_the_product_charges_nothing_more_on_a_loan_that_runs(self, loan):
        product_with(line("letter", "on_event", "50.00"))

        with pytest.raises(FeeNotDisclosed):
            charge(loan, 1, "letter")

    def test_is_told_by_its_name(self, loan):
        with translation.override("en"):
            assert event_line(charge(loan, yuan(300))) == ("Fee · Notary fee · ¥300.00 · Feb. 1, 2026 · asked by phone")

    def test_a_loan_that_was_taken_over_has_the_lines_of_its_product(self, amina):
        row = Installment(1, date(2026, 3, 1), 300_00, 12_00)
        opening = Opening("A", "A", "Amina", ON, 300_00, Decimal("0.18"), (row,), ON)
        version = product_terms("consumer", on=ON)
        open_loans(source="elsewhere", currency="CNY", product_terms=version, openings=[opening], actor=ACTOR)

        taken_over = Loan.objects.get(source="elsewhere")

        assert taken_over.disclosed_fees == version.terms["fees"]

    def test_a_loan_made_before_fees_were_disclosed_owes_none(self, loan):
        Loan.objects.filter(pk=loan.pk).update(disclosed_fees=[])

        with pytest.raises(FeeNotDisclosed):
            charge(loan, 1)


class TestScheduledFees:
    @pytest.fixture
    def costly(self, amina) -> Loan:
        product_with(line("entry", "upfront", "60.00"), line("account", "each", "5.00"))
        return factories.running_loan(amina)

    def test_are_demanded_by_the_book_and_the_payout_stays_whole(self, costly):
        fees = InstallmentRow.objects.filter(loan=costly, is_current=True).order_by("number")

        assert list(fees.values_list("fee_minor", flat=True)) == [65_00] + [5_00] * 11
        assert LoanEvent.objects.get(loan=costly).amount_minor == 12_000_00
        assert LoanBalance.objects.get(pk=costly.pk).principal_minor == 12_000_00
        check(costly)

    def test_are_paid_first_and_stay_through_a_change_of_the_rate(self, costly):
        due = date(2026, 2, 15)
        pay(costly, 1_100_16 + 65_00, due)

        change_rate(
            loan_id=costly.pk, annual_rate=costly.annual_rate / 2, changed_on=due, today=due, reason="x", actor=ACTOR
        )

        rows = InstallmentRow.objects.filter(loan=costly, is_current=True, number__gt=1)
        assert set(rows.values_list("fee_minor", flat=True)) == {5_00}
        check(costly)

    @pytest.mark.parametrize("code", ["entry", "account"])
    def test_are_never_charged_a_second_time(self, costly, code):
        with pytest.raises(FeeNotDisclosed):
            charge(costly, 1, code)
