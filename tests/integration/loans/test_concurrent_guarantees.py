"""A guarantor and the borrower, or one guarantor in two windows, at the same moment, on two connections."""

import pytest

from dashu.policy.selectors import forget_rules
from dashu.users.models import Borrower
from loans.models import GuaranteeAnswer, Guarantor, GuarantorLink, Loan, LoanContract
from loans.services.open_guarantee import LinkOver, NotRecognized, confirm_guarantor
from loans.services.refuse_unguaranteed import GuarantorNotSigned
from loans.services.sign_guarantee import ask_guarantor_code, decline_guarantee, sign_guarantee
from tests import factories
from tests.applicants import NOW
from tests.integration.loans.test_guarantees import texts
from tests.integration.repayments.test_concurrent_pairs import in_turn
from tests.signers import THEIRS, confirmed, sign, token_of, understood, with_code

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def amina(transactional_db) -> Borrower:
    forget_rules()
    return factories.borrower("Amina")


def take_back(theirs):
    return decline_guarantee(**theirs, language="zh-hans", now=NOW, where=THEIRS)


class TestGuarantorAndBorrower:
    def test_what_the_borrower_signed_first_is_no_longer_taken_back(self, amina):
        application, code = with_code(amina, "SME")
        theirs = confirmed(Guarantor.objects.get())

        contract, refusal = in_turn(lambda: sign(application, code), lambda: take_back(theirs))

        assert isinstance(contract, LoanContract)
        assert isinstance(refusal, LinkOver)
        assert [answer.kind for answer in GuaranteeAnswer.objects.all()] == ["SIGNED"]

    def test_what_was_taken_back_first_is_not_signed(self, amina):
        application, code = with_code(amina, "SME")
        theirs = confirmed(Guarantor.objects.get())

        _answer, refusal = in_turn(lambda: take_back(theirs), lambda: sign(application, code))

        assert isinstance(refusal, GuarantorNotSigned)
        assert (LoanContract.objects.exists(), Loan.objects.exists()) == (False, False)


class TestTwoWindows:
    def test_sign_once(self, amina):
        understood(amina, "SME")
        theirs = {**confirmed(Guarantor.objects.get()), "language": "zh-hans", "now": NOW}
        code = ask_guarantor_code(**theirs, text_ids=texts()).sealed_code

        def signs():
            return sign_guarantee(**theirs, code=code, where=THEIRS)

        first, second = in_turn(signs, signs)

        assert first == second
        assert GuaranteeAnswer.objects.count() == 1

    def test_count_every_wrong_try(self, amina):
        understood(amina, "SME")
        token = token_of(Guarantor.objects.get())

        def guesses():
            try:
                return confirm_guarantor(token=token, typed="000000", now=NOW)
            except NotRecognized as refusal:
                return refusal

        refusals = in_turn(guesses, guesses)

        assert [type(refusal) for refusal in refusals] == [NotRecognized, NotRecognized]
        assert sorted(refusal.details["tries_left"] for refusal in refusals) == [3, 4]
        assert GuarantorLink.objects.get().wrong_tries == 2
