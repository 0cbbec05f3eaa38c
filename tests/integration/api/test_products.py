"""Products as partners read them, and what a loan of one would cost."""

from datetime import date

import pytest

from dashu.kernel.dates import lender_today
from loans.api import product_examples as examples
from loans.models import ProductTerms
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


def asked(**otherwise):
    return {**examples.PRODUCT_QUOTE_IN, **otherwise}


class TestListProducts:
    def test_shows_only_the_fields_asked_for(self, program):
        products = program.get("products?fields=code,version").json()["products"]

        assert products == [
            {"code": "card-repayment", "version": 1},
            {"code": "consumer", "version": 1},
            {"code": "sme", "version": 3},
        ]

    def test_refuses_a_field_that_is_none(self, program):
        assert_problem(program.get("products?fields=price"), 422, "unknown_field", "fields")


class TestGetProduct:
    def test_is_the_documented_example(self, program):
        answer = program.get("products/consumer?as_of=2026-11-23")

        assert (answer.status_code, answer.json()) == (200, examples.PRODUCT)

    def test_is_of_today_unless_another_day_is_asked_for(self, program):
        assert program.get("products/consumer?fields=as_of").json() == {"as_of": lender_today().isoformat()}

    def test_says_which_version_was_in_force_and_which_came_after(self, program):
        before = program.get("products/sme?as_of=2026-08-31&fields=version,covenants,versions").json()
        after = program.get("products/sme?as_of=2026-09-01&fields=version,covenants").json()

        assert (before["version"], before["covenants"]) == (1, [])
        assert before["versions"] == [
            {"version": 3, "effective_from": "2026-11-01", "is_in_force": False},
            {"version": 2, "effective_from": "2026-09-01", "is_in_force": False},
            {"version": 1, "effective_from": "2020-01-01", "is_in_force": True},
        ]
        assert after["version"] == 2
        assert after["covenants"][0]["code"] == "tax_return"

    def test_shows_no_version_that_is_not_published(self, program):
        published = ProductTerms.objects.get(product__code="consumer")
        ProductTerms.objects.create(
            product=published.product,
            version=2,
            effective_from=date(2026, 1, 1),
            terms=published.terms,
            status=ProductTerms.Status.DRAFT,
        )

        versions = program.get("products/consumer?fields=versions").json()["versions"]

        assert [each["version"] for each in versions] == [1]

    def test_names_fees_in_the_language_asked_for(self, program):
        shown = program.get("products/consumer?fields=fees", **{"Accept-Language": "zh-hant"}).json()

        assert [fee["name"] for fee in shown["fees"]] == ["公證費", "紙本文件快遞費"]

    @pytest.mark.parametrize("code", ["gold", "%00", "x" * 300])
    def test_of_an_unknown_product_is_not_found(self, program, code):
        assert_problem(program.get(f"products/{code}"), 404, "unknown_product", "product")

    @pytest.mark.parametrize(
        ("query", "status", "code", "field"),
        [
            ("as_of=2019-12-31", 404, "unknown_product", "product"),
            ("as_of=2026-02-30", 422, "invalid_date", "as_of"),
            ("fields=price", 422, "unknown_field", "fields"),
            ("on=2026-01-01", 422, "unknown_field", "on"),
        ],
    )
    def test_refuses_what_it_cannot_answer(self, program, query, status, code, field):
        assert_problem(program.get(f"products/consumer?{query}"), status, code, field)

    def test_needs_its_scope(self, dana):
        assert_problem(program_of(dana, scope="loans:read").get("products/consumer"), 403, "insufficient_scope", None)


class TestQuoteProduct:
    def test_is_the_documented_example(self, program):
        answer = program.post("products/consumer/quotes", examples.PRODUCT_QUOTE_IN)

        assert (answer.status_code, answer.json()) == (200, examples.PRODUCT_QUOTE)

    def test_without_a_rate_is_of_the_most_that_anybody_is_asked_for(self, program):
        body = {name: value for name, value in asked().items() if name != "annual_rate"}

        quote = program.post("products/consumer/quotes", body).json()

        assert (quote["annual_rate"], quote["is_within_cap"]) == ("0.180000", True)

    def test_without_a_day_is_for_a_payout_today(self, program):
        body = {name: value for name, value in asked().items() if name != "starts_on"}

        assert program.post("products/consumer/quotes", body).json()["starts_on"] == lender_today().isoformat()

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"amount": {"amount": "999.99", "currency": "CNY"}}, "outside_product", "amount"),
            ({"amount": {"amount": "200000.01", "currency": "CNY"}}, "outside_product", "amount"),
            ({"amount": {"amount": "5000", "currency": "TWD"}}, "currency_mismatch", "amount"),
            ({"amount": "5000.00"}, "invalid_amount", "amount"),
            ({"months": 2}, "outside_product", "months"),
            ({"months": 37}, "outside_product", "months"),
            ({"months": 0}, "invalid_input", "months"),
            ({"annual_rate": "0.2161"}, "outside_product", "annual_rate"),
            ({"annual_rate": "18%"}, "invalid_input", "annual_rate"),
            ({"annual_rate": "0.18\n"}, "invalid_input", "annual_rate"),
            ({"annual_rate": 0.18}, "invalid_input", "annual_rate"),
            ({"starts_on": "2026-02-30"}, "invalid_date", "starts_on"),
            ({"rate": "0.18"}, "unknown_field", "rate"),
        ],
    )
    def test_refuses_at_the_field(self, program, change, code, field):
        assert_problem(program.post("products/consumer/quotes", asked(**change)), 422, code, field)

    def test_of_an_unknown_product_is_not_found(self, program):
        assert_problem(program.post("products/gold/quotes", asked()), 404, "unknown_product", "product")

    def test_needs_its_scope(self, dana):
        answer = program_of(dana, scope="applications:read").post("products/consumer/quotes", asked())

        assert_problem(answer, 403, "insufficient_scope", None)


class TestLists:
    @pytest.mark.parametrize(
        ("address", "rows", "fields"),
        [("consent-texts", "texts", "id,purpose"), ("card-issuers", "issuers", "code")],
    )
    def test_carry_only_the_fields_asked_for(self, program, address, rows, fields):
        shown = program.get(f"{address}?fields={fields}").json()[rows]

        assert shown
        assert {tuple(row) for row in shown} == {tuple(fields.split(","))}
        assert_problem(program.get(f"{address}?fields=secret"), 422, "unknown_field", "fields")
