"""Two writes of one applicant that meet, on two connections."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.policy.selectors import forget_rules
from dashu.users.models import Borrower, Identity
from dashu.users.services.record_identity import IdentityInUse
from loans.models import Loan
from loans.services.answer_step import answer_step
from loans.services.disclose_costs import OfferOutdated
from loans.services.start_application import start_application
from loans.services.submit_application import submit_application
from loans.services.withdraw_consent import withdraw_consent
from tests import factories
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, NOW, answers, draft
from tests.integration.repayments.test_concurrent_pairs import in_turn
from tests.signers import sign, with_code

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def amina(transactional_db) -> Borrower:
    forget_rules()
    return factories.borrower("Amina")


def tell(application, **facts):
    answer = {**answers()["person"], **facts}
    return answer_step(application_id=application.pk, step="person", answer=answer, now=NOW, actor="user:1")


class TestOneApplicant:
    def test_signs_one_of_two_contracts(self, amina):
        mine, my_code = with_code(amina)
        other, other_code = with_code(amina, "CARD_REPAYMENT")

        _signed, refusal = in_turn(lambda: sign(mine, my_code), lambda: sign(other, other_code))

        assert isinstance(refusal, OfferOutdated)
        assert Loan.objects.count() == 1

    def test_is_nobody_else_once_one_application_is_handed_in(self, amina):
        mine = draft(amina)
        other = start_application(borrower_id=amina.pk, product_code="card-repayment", now=NOW, actor="user:1")

        _submitted, refusal = in_turn(
            lambda: submit_application(application_id=mine.pk, now=NOW, actor="user:1"),
            lambda: tell(other, number=BROOKS_NUMBER),
        )

        assert isinstance(refusal, IdentityInUse)
        assert Identity.objects.get().number == AMINAS_NUMBER

    def test_is_locked_before_the_application_as_by_who_goes_on_with_it(self, amina):
        application = draft(amina)
        about = {"application_id": application.pk, "now": NOW, "actor": "user:1"}

        for write in (
            lambda: tell(application),
            lambda: submit_application(**about),
            lambda: withdraw_consent(purpose="AUTOMATED_DECISION", **about),
        ):
            with CaptureQueriesContext(connection) as queries:
                write()
            locks = [each["sql"] for each in queries if " FOR " in each["sql"] and "UPDATE" in each["sql"]]
            assert ['FROM "users_borrower"' in lock for lock in locks[:2]] == [True, False]
