import pytest

from dashu.consents.selectors import consents_held
from dashu.consents.services.ledger import ConsentNotHeld
from loans.models import ApplicationEvent
from loans.services.withdraw_consent import ConsentOfContract, withdraw_consent
from tests.applicants import NOW, draft, submitted


def take_back(application, purpose):
    return withdraw_consent(application_id=application.pk, purpose=purpose, now=NOW, actor="user:1")


def held(application):
    return set(consents_held(borrower_id=application.borrower_id, about=application.reference))


class TestWithdrawConsent:
    @pytest.mark.parametrize("purpose", ["PERSONAL_DATA", "CREDIT_REPORT", "CREDIT_REPORTING"])
    def test_without_one_that_is_needed_the_application_ends(self, amina, purpose):
        application = take_back(submitted(amina), purpose)

        assert application.status == "WITHDRAWN"
        assert purpose not in held(application)
        assert ApplicationEvent.objects.filter(kind="WITHDRAWN").count() == 1

    def test_without_the_one_for_a_computers_decision_it_goes_on(self, amina):
        application = take_back(submitted(amina), "AUTOMATED_DECISION")

        assert application.status == "SUBMITTED"
        assert held(application) == {"PERSONAL_DATA", "CREDIT_REPORT", "CREDIT_REPORTING"}

    def test_a_draft_asks_for_it_again(self, amina):
        application = take_back(draft(amina), "CREDIT_REPORT")

        assert application.status == "DRAFT"
        assert "consents" not in application.steps_done

    def test_once_only(self, amina):
        application = take_back(submitted(amina), "AUTOMATED_DECISION")

        with pytest.raises(ConsentNotHeld):
            take_back(application, "AUTOMATED_DECISION")

    def test_a_signed_contract_is_kept_by_what_it_says(self, amina):
        application = submitted(amina)
        type(application).objects.update(status="SIGNED")

        with pytest.raises(ConsentOfContract):
            take_back(application, "PERSONAL_DATA")

        assert "PERSONAL_DATA" in held(application)
