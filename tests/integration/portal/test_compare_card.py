"""The public page that compares a card with a loan: what it says, what it refuses, and that it keeps what was typed."""

import pytest

from loans.models import Product

pytestmark = pytest.mark.usefixtures("rules")
ASKED = {
    "statement": "２０，０００",
    "card_rate": "18.25",
    "minimum_share": "10",
    "minimum_floor": "100",
    "fixed": "",
    "count": "12",
    "loan_rate": "12",
}


@pytest.fixture
def ask(client):
    client.cookies["django_language"] = "en"

    def page(**changes: str) -> str:
        return client.get("/cards/compare/", ASKED | changes).content.decode()

    return page


class TestCompare:
    def test_shows_the_three_ways_to_anyone(self, ask):
        page = ask()

        assert "The loan costs less" in page
        assert "45 months" in page
        assert "3,440" in page
        assert "12.6824%" in page
        assert 'value="２０，０００"' in page

    def test_says_so_when_the_loan_is_not_better(self, ask):
        page = ask(loan_rate="21.6")

        assert "The loan is not better for you" in page
        assert "You do not need us for that." in page

    def test_says_so_when_an_amount_never_ends_the_balance(self, ask):
        assert "The loan ends." in ask(fixed="100")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"statement": "500"}, "The loan is for amounts from ¥1,000 to ¥200,000."),
            ({"statement": "plenty"}, "field__error"),
            ({"count": "61"}, "The loan has between 3 and 60 installments."),
            ({"loan_rate": "21.61"}, "The rate of the loan lies between 0% and 21.6%."),
            ({"card_rate": "-1"}, "field__error"),
            ({"minimum_floor": ""}, "field__error"),
        ],
    )
    def test_what_cannot_be_compared_is_said_at_its_field(self, ask, change, said):
        page = ask(**change)

        assert said in page
        assert "The loan costs less" not in page

    def test_begins_empty(self, client):
        page = client.get("/cards/compare/").content.decode()

        assert "field__error" not in page
        assert 'value="18.25"' in page

    def test_is_not_there_when_no_such_loan_is_offered(self, client):
        Product.objects.filter(code="card-repayment").update(is_active=False)

        assert client.get("/cards/compare/").status_code == 404
