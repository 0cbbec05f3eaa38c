"""A consent that was taken back counts at once for offers: before the night, too, nobody uses what it allowed."""

import pytest

from collections_mgmt.models import OfferSet, WarningTrigger
from collections_mgmt.services.relief.cases import known_of_borrower
from collections_mgmt.services.relief.make_offers import NothingToOffer, make_offers
from collections_mgmt.services.relief.quoting import quote_anew
from dashu.users.models import User
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.relief_cases import ACTOR, DAY, TODAY, noon
from tests.integration.collections_mgmt.test_campaigns import noticed, run_campaigns, started
from tests.integration.collections_mgmt.test_make_offers import budget
from tests.integration.collections_mgmt.warning_cases import agree, take_back


@pytest.fixture
def fallen(amina) -> Loan:
    """1,100.16 a month; 9,000 yuan were stated, and since then the bank told, with consent, of 5,000."""
    loan = factories.running_loan(amina)
    budget(amina, income=9_000_00, now=noon(TODAY - DAY))
    agree(amina, "CASH_FLOW_WATCH")
    WarningTrigger.objects.create(
        borrower=amina,
        kind="INCOME_DROP",
        fired_on=TODAY,
        ends_on=TODAY + 60 * DAY,
        is_strong=False,
        facts={"amount_minor": 5_000_00, "mean_minor": 9_000_00, "currency": "CNY", "months": 3},
    )
    return loan


def made(loan: Loan) -> OfferSet:
    return make_offers(loan_id=loan.pk, source="EARLY_WARNING", now=noon(TODAY), actor=ACTOR)


class TestTheIncomeOfABank:
    def test_is_that_of_the_month_while_the_consent_holds(self, fallen):
        assert known_of_borrower(fallen.borrower_id, on=TODAY).statement.income.stated == 5_000_00
        assert made(fallen).facts["stated"] == {"stated": 9_000_00, "verified": None}

    def test_makes_no_offer_once_the_consent_is_taken_back(self, fallen):
        take_back(fallen.borrower, "CASH_FLOW_WATCH")

        assert known_of_borrower(fallen.borrower_id, on=TODAY).statement.income.stated == 9_000_00
        with pytest.raises(NothingToOffer):
            made(fallen)
        assert not OfferSet.objects.exists()

    def test_quotes_nothing_anew_once_the_consent_is_taken_back(self, fallen):
        offered = made(fallen)
        take_back(fallen.borrower, "CASH_FLOW_WATCH")

        quote_anew(set_id=offered.pk, now=noon(TODAY + DAY))

        offered.refresh_from_db()
        assert (offered.status, offered.end_reason) == ("TAKEN_BACK", "no way fits the loan any more")

    def test_is_quoted_anew_while_the_consent_holds(self, fallen):
        offered = made(fallen)

        quote_anew(set_id=offered.pk, now=noon(TODAY + DAY))

        offered.refresh_from_db()
        assert (offered.status, offered.quoted_on) == ("OPEN", TODAY + DAY)


class TestACampaign:
    @pytest.mark.parametrize("holds", [True, False])
    def test_takes_nobody_up_whose_consent_is_gone_before_the_night(self, rules, holds):
        owner = noticed("Amina")
        agree(owner, "CREDIT_WATCH")
        WarningTrigger.objects.create(
            borrower=owner, kind="INQUIRIES", fired_on=TODAY, ends_on=TODAY + 30 * DAY, is_strong=False
        )
        campaign = started(factories.staff("Sun", User.Role.SUPERVISOR))
        if not holds:
            take_back(owner, "CREDIT_WATCH")

        run_campaigns(now=noon(TODAY))

        assert campaign.members.exists() is holds
        assert OfferSet.objects.exists() is holds
