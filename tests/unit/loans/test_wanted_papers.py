import pytest

from loans.domain.wanted_papers import WantedPaper, wanted_papers
from loans.models import ApplicationDocument, Product


def test_says_what_is_missing():
    assert wanted_papers("CARD_REPAYMENT", {"INCOME", "TAX"}) == [
        WantedPaper("IDENTITY", is_missing=True),
        WantedPaper("INCOME", is_missing=False),
        WantedPaper("CARD_STATEMENT", is_missing=True),
    ]


@pytest.mark.parametrize("kind", Product.Kind.values)
def test_knows_every_kind_of_product(kind):
    wanted = wanted_papers(kind, ())

    assert wanted[0].kind == "IDENTITY"
    assert {paper.kind for paper in wanted} <= set(ApplicationDocument.Kind.values)
