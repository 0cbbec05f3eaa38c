import pytest
from django.db.models import F
from oauth2_provider.models import AccessToken

from dashu.api.compiled import CompiledRow
from dashu.users.models import Partner, User
from loans.models import Loan
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = pytest.mark.django_db


def whole(number: str):
    loans = Loan.objects.select_related("product_terms__product", "partner__user", "balance")
    return loans.annotate(known_as=F("borrower__external_id"), began=F("starts_on")).filter(number=number)


def values(row) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.fixture
def compiled() -> CompiledRow:
    return CompiledRow(lambda: whole("number"), number="number")


class TestCompiledRow:
    def test_reads_a_row_and_what_belongs_to_it_as_the_orm_does(self, compiled, danas_loan, django_assert_num_queries):
        expected = whole(danas_loan.number).get()

        with django_assert_num_queries(1):
            found = compiled.get(number=danas_loan.number)
            beside = [
                found.product_terms,
                found.product_terms.product,
                found.partner,
                found.partner.user,
                found.balance,
            ]

        assert values(found) == values(expected)
        terms, partner = expected.product_terms, expected.partner
        for row, as_the_orm in zip(
            beside, [terms, terms.product, partner, partner.user, expected.balance], strict=True
        ):
            assert values(row) == values(as_the_orm)
        assert (found.known_as, found.began) == (expected.known_as, danas_loan.starts_on)

    def test_says_that_nothing_belongs_to_a_row(self, compiled, amina):
        found = compiled.get(number=factories.running_loan(amina).number)

        assert found.partner is None

    def test_reads_what_changed_since(self, compiled, danas_loan):
        compiled.get(number=danas_loan.number)
        Partner.objects.update(is_active=False)

        assert compiled.get(number=danas_loan.number).partner.is_active is False

    def test_finds_nothing(self, compiled, danas_loan):
        assert compiled.get(number=f"{danas_loan.number}0") is None

    def test_refuses_a_specimen_that_stands_nowhere(self):
        with pytest.raises(AssertionError):
            CompiledRow(lambda: User.objects.filter(pk=1), user=-101).get(user=1)


class TestCallsThatAreCompiled:
    """What is kept is the text of a statement: each call is judged by what holds at its moment."""

    def test_stop_with_the_token(self, program, danas_loan):
        assert program.get(f"loans/{danas_loan.number}").status_code == 200

        AccessToken.objects.all().delete()

        assert_problem(program.get(f"loans/{danas_loan.number}"), 401, "invalid_token", None)

    def test_stop_with_the_partner(self, program, danas_loan, dana):
        assert program.get(f"loans/{danas_loan.number}").status_code == 200

        Partner.objects.filter(pk=dana.pk).update(is_active=False)

        assert_problem(program.get(f"loans/{danas_loan.number}"), 403, "partner_inactive", None)

    @pytest.mark.parametrize("path", ["loans/{}", "loans/{}/payments"])
    def test_show_each_partner_its_own(self, program, danas_loan, amina, path):
        eve = factories.partner("Eve")
        other = factories.running_loan(amina, brought_by=eve)

        for asking, own, not_own in ((program, danas_loan, other), (program_of(eve), other, danas_loan)):
            assert asking.get(path.format(own.number)).status_code == 200
            assert_problem(asking.get(path.format(not_own.number)), 404, "loan_not_found", "loan")
