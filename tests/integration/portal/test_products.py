"""The public pages of the products: bounds, whole cost, and a calculator that never shows what is not offered."""

from datetime import date

import pytest
from django.test import Client

from dashu.portal.applying import products
from loans.models import Application
from loans.selectors.products import product_terms
from loans.services.example_sheets import example_sheet, prices_of

TODAY = date(2026, 6, 20)
CODES = ["consumer", "sme", "card-repayment"]


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(products, "lender_today", lambda: TODAY)


@pytest.fixture
def visitor(rules):
    return Client(headers={"Accept-Language": "en"})


def text(page):
    return page.content.decode()


class TestProductPages:
    def test_the_list_names_each_product_with_the_range_of_all_its_costs(self, visitor):
        page = text(visitor.get("/apply/"))

        for code in CODES:
            prices = prices_of(product_terms(code, on=TODAY), on=TODAY)
            assert f'href="/apply/{code}/"' in page
            assert f"{prices.lowest_all_in * 100:.2f}% to {prices.highest_all_in * 100:.2f}%" in page

    @pytest.mark.parametrize("code", CODES)
    def test_a_product_says_what_may_be_charged_when_late_and_what_never_is(self, visitor, code):
        page = text(visitor.get(f"/apply/{code}/"))

        assert "Notary fee" in page
        assert "24% a year of the overdue principal only" in page
        assert "No fee for early repayment" in page
        assert "Until 7 days after the payout you can give the loan back" in page

    @pytest.mark.parametrize("code", CODES)
    @pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
    def test_is_there_in_each_language(self, rules, code, language):
        page = Client(headers={"Accept-Language": language}).get(f"/apply/{code}/")

        assert page.status_code == 200
        assert f'<html lang="{language}">' in text(page)

    def test_a_loan_without_a_price_is_not_shown(self, visitor, monkeypatch):
        monkeypatch.setattr(products, "prices_of", _no_price)

        assert "There is no loan to apply for at the moment." in text(visitor.get("/apply/"))
        assert visitor.get("/apply/consumer/").status_code == 404


class TestCalculator:
    def test_shows_what_the_cost_sheet_of_such_a_loan_says(self, visitor):
        page = visitor.get("/apply/consumer/", {"amount": "１２,000", "count": "12", "rate": "lowest"})

        version = product_terms("consumer", on=TODAY)
        prices = prices_of(version, on=TODAY)
        sheet = example_sheet(
            version, principal=12_000_00, count=12, annual_rate=prices.lowest, on=TODAY, currency="CNY"
        )
        example = page.context["example"]
        assert example.sheet == sheet
        assert (example.first, sheet.cost) == (107_293, 875_21)
        assert sum(map(sum, zip(*(series.values for series in example.chart.series[:2]), strict=True))) == sheet.total
        assert [row[1][-1] for row in example.chart.rows] == [row.balance for row in sheet.rows]
        assert "14.03%" in text(page)
        assert "not an offer" in text(page)

    def test_begins_at_the_highest_rate_so_that_nobody_expects_too_little(self, visitor):
        assert visitor.get("/apply/consumer/?amount=12000").context["example"].sheet.annual_rate == prices_highest()

    @pytest.mark.parametrize(
        ("typed", "field", "says"),
        [
            ("amount=999.99", "amount", "The loan is for amounts from ¥1,000 to ¥200,000."),
            ("amount=200000.01", "amount", "The loan is for amounts from ¥1,000 to ¥200,000."),
            ("amount=lots", "amount", "is not an amount"),
            ("count=37", "count", "The loan has between 3 and 36 installments."),
            ("count=2", "count", "The loan has between 3 and 36 installments."),
            ("count=1e9", "count", "Enter a whole number."),
            ("rate=0", "rate", "Select a valid choice"),
        ],
    )
    def test_refuses_at_the_field_what_is_not_offered_and_shows_no_figure(self, visitor, typed, field, says):
        page = visitor.get(f"/apply/consumer/?{typed}")

        assert page.context["example"] is None
        assert says in page.context["form"].errors[field][0]
        assert page.context["form"].errors[field][0] in text(page).replace("&#x27;", "'")
        assert "To pay each month" not in text(page)
        assert "Notary fee" in text(page)

    def test_an_update_is_the_figures_alone_with_what_is_wrong_and_what_is_said(self, visitor):
        page = visitor.get("/apply/sme/?amount=50000&count=6", headers={"HX-Request": "true"})

        assert "<html" not in text(page)
        assert page.context["example"].said in text(page)
        assert 'id="calc-amount-wrong"' in text(page)
        assert "HX-Request" in page.headers["Vary"]

    def test_examples_across_what_is_offered_are_all_within_the_cap(self, rules):
        for code in CODES:
            version = product_terms(code, on=TODAY)
            bounds, prices = version.rules, prices_of(version, on=TODAY)
            for count in range(bounds.min_count, bounds.max_count + 1, 3):
                for principal in (bounds.min_principal, bounds.min_principal + 333_33, bounds.max_principal):
                    sheet = example_sheet(
                        version,
                        principal=principal,
                        count=count,
                        annual_rate=prices.highest,
                        on=TODAY,
                        currency="CNY",
                    )
                    assert sheet.is_within_cap
                    assert sum(row.total for row in sheet.rows) == sheet.total


class TestBeginning:
    def test_whoever_is_signed_in_begins_an_application(self, amina):
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(amina.user)

        assert client.post("/apply/consumer/").status_code == 302
        assert Application.objects.get().product.code == "consumer"

    def test_a_visitor_who_posts_is_shown_the_way_in_and_nothing_is_begun(self, visitor):
        assert "Open an account and start" in text(visitor.post("/apply/consumer/"))
        assert not Application.objects.exists()


def prices_highest():
    return prices_of(product_terms("consumer", on=TODAY), on=TODAY).highest


def _no_price(_version, *, on):
    raise products.DomainError("no price")
