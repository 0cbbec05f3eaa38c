from datetime import date
from decimal import Decimal

import pytest

from dashu.finance.rate_cap import RateAboveBound
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import InvalidTerms
from loans.models import Loan, Product, ProductTerms
from loans.selectors.products import UnknownProduct
from loans.services.create_loan import OutsideProduct
from loans.services.load_products import load_products
from loans.services.product_versions import RateAboveCap
from tests.factories import approved_loan, running_loan, yuan


class TestCreateLoan:
    def test_freezes_the_days_rules_into_the_contract(self, amina):
        loan = approved_loan(amina, annual_rate="0.12")

        assert loan.status == Loan.Status.APPROVED
        assert (loan.penalty_annual_rate, loan.penalty_year_days) == (Decimal("0.180000"), 360)
        assert loan.product_terms.version == 1

    def test_clips_the_penalty_rate_to_the_cap(self, amina):
        assert approved_loan(amina, annual_rate="0.20").penalty_annual_rate == Decimal("0.240000")

    def test_refuses_an_unknown_product(self, amina):
        with pytest.raises(UnknownProduct) as refusal:
            approved_loan(amina, product="payday")

        assert refusal.value.field == "product"
        assert Loan.objects.exists() is False

    def test_refuses_a_product_that_is_no_longer_offered(self, amina):
        Product.objects.filter(code="consumer").update(is_active=False)

        with pytest.raises(UnknownProduct):
            approved_loan(amina)

    @pytest.mark.parametrize(
        ("terms", "field"),
        [
            ({"principal": yuan("999.99")}, "principal"),
            ({"principal": yuan("200000.01")}, "principal"),
            ({"annual_rate": "0.216001"}, "annual_rate"),
            ({"count": 2}, "count"),
            ({"count": 37}, "count"),
        ],
    )
    def test_refuses_what_the_product_does_not_offer(self, amina, terms, field):
        with pytest.raises(OutsideProduct) as refusal:
            approved_loan(amina, **terms)

        assert refusal.value.field == field
        assert Loan.objects.exists() is False

    def test_refuses_a_rate_above_the_bound_of_the_lenders_pack(self, amina):
        with pytest.raises(RateAboveBound) as refusal:
            approved_loan(amina, annual_rate="0.120001", starts_on=date(2027, 12, 31))

        assert (refusal.value.field, refusal.value.details["bound"]) == ("annual_rate", "0.12")
        assert Loan.objects.exists() is False

    def test_lends_at_the_bound(self, amina):
        assert approved_loan(amina, annual_rate="0.12", starts_on=date(2027, 12, 31)).annual_rate == Decimal("0.12")

    def test_refuses_a_first_due_date_before_the_payout(self, amina):
        with pytest.raises(InvalidTerms) as refusal:
            approved_loan(amina, first_due_on=date(2026, 1, 15))

        assert refusal.value.field == "first_due_on"
        assert Loan.objects.exists() is False


class TestProducts:
    def test_loading_again_adds_nothing(self, rules):
        assert ProductTerms.objects.count() == 5
        assert load_products() == 0
        assert ProductTerms.objects.count() == 5

    def test_a_later_version_applies_from_its_day(self, amina):
        product = Product.objects.get(code="consumer")
        terms = product.versions.get().terms | {"max_count": 48}
        ProductTerms.objects.create(product=product, version=2, effective_from=date(2026, 2, 1), terms=terms)

        assert approved_loan(amina, starts_on=date(2026, 2, 1), count=48).product_terms.version == 2
        with pytest.raises(OutsideProduct):
            approved_loan(amina, starts_on=date(2026, 1, 31), count=48)


class TestDisclosedFees:
    NAMES = {"zh-Hans": "费用", "zh-Hant": "費用", "en": "Fee"}

    def offer(self, **line: str) -> None:
        version = ProductTerms.objects.get(product__code="consumer")
        fee = {"code": "entry", "name": self.NAMES, "payee": self.NAMES, **line}
        ProductTerms.objects.create(
            product=version.product,
            version=2,
            effective_from=date(2026, 1, 1),
            terms=version.terms | {"fees": [fee]},
        )

    def test_are_frozen_into_the_contract_as_the_product_has_them(self, amina):
        loan = approved_loan(amina)

        assert loan.disclosed_fees == loan.product_terms.terms["fees"]
        assert [line.code for line in Loan.objects.get(pk=loan.pk).fee_lines] == ["notary", "paper_copy"]
        assert loan.schedule_terms.fees == ()

    def test_that_come_by_themselves_are_terms_of_the_schedule(self, amina):
        self.offer(when="each", amount="5.00")

        assert [fee.code for fee in approved_loan(amina).schedule_terms.fees] == ["entry"]

    def test_cannot_bring_a_loan_above_the_cap(self, amina):
        self.offer(when="upfront", rate="0.05")

        with pytest.raises(RateAboveCap) as refused:
            approved_loan(amina)

        assert (refused.value.code, refused.value.field) == ("rate_above_cap", "annual_rate")
        assert Loan.objects.exists() is False

    def test_more_than_the_principal_are_refused(self, amina):
        self.offer(when="each", amount="2000.00")

        with pytest.raises(InvalidTerms):
            approved_loan(amina)

        assert Loan.objects.exists() is False


class TestScheduleOfTheProduct:
    def test_a_loan_is_paid_out_with_the_graces_and_business_days_of_its_product(self, amina):
        version = ProductTerms.objects.get(product__code="consumer")
        terms = version.terms | {
            "schedule": {"grace_principal": 2, "interest_free": 1, "business_day": "following", "calendar": "cn"}
        }
        ProductTerms.objects.create(product=version.product, version=2, effective_from=date(2026, 1, 1), terms=terms)

        loan = running_loan(amina)

        rows = list(loan.installments.order_by("number").values_list("due_on", "principal_minor", "interest_minor"))
        assert rows == [(row.due_on, row.principal, row.interest) for row in build_schedule(loan.schedule_terms)]
        assert rows[0][1:] == (0, 0)
        assert rows[1][1] == 0 < rows[1][2]
        # 15 February 2026 is a Sunday in the holidays of the Spring Festival, which end on the 23rd.
        assert rows[0][0] == date(2026, 2, 24)
