from datetime import date, timedelta

import pytest

from loans.models import Loan, ProductTerms
from loans.selectors.compiled import OneRow
from loans.selectors.products import UnknownProduct, product_terms

LOAN = OneRow(lambda: Loan.objects.filter(pk=0))


def values(row: Loan) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in Loan._meta.concrete_fields}


class TestOneRow:
    def test_reads_a_row_as_the_orm_does(self, loan, django_assert_num_queries):
        with django_assert_num_queries(1):
            found = LOAN.get(loan.pk)

        assert values(found) == values(Loan.objects.get(pk=loan.pk))
        assert found.contract == Loan.objects.get(pk=loan.pk).contract

    def test_saves_a_change_as_an_update(self, loan):
        found = LOAN.get(loan.pk)
        found.status = Loan.Status.SETTLED

        found.save(update_fields=["status"])

        assert Loan.objects.get().status == Loan.Status.SETTLED

    def test_finds_nothing(self, loan):
        assert LOAN.get(loan.pk + 1) is None


class TestProductTerms:
    def test_the_latest_version_that_is_in_force(self, loan):
        first = loan.product_terms
        code, begins = first.product.code, first.effective_from + timedelta(days=100)
        second = ProductTerms.objects.create(
            product=first.product, version=first.version + 1, effective_from=begins, terms=first.terms
        )

        assert product_terms(code, on=begins - timedelta(days=1)) == first
        assert product_terms(code, on=begins) == second

    def test_refuses_a_product_before_its_first_version_and_one_no_longer_offered(self, loan):
        product = loan.product_terms.product
        with pytest.raises(UnknownProduct):
            product_terms(product.code, on=date(1900, 1, 1))

        type(product).objects.update(is_active=False)

        with pytest.raises(UnknownProduct):
            product_terms(product.code, on=loan.starts_on)
