"""A borrower's page of a loan that another lender began."""

import re
from datetime import date

import pytest

from dashu.kernel.dates import lender_now
from repayments.services.documents import issue_certificate
from tests import factories
from tests.integration.tapes.handovers import TAKEN_OVER, handed_over

pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture
def taken_over(tmp_path, amina, monkeypatch):
    """The handed-over loan, Amina's, seen five days later."""
    monkeypatch.setattr("dashu.portal.views.lender_today", lambda: date(2026, 2, 25))
    loan = handed_over(tmp_path)
    loan.borrower = amina
    loan.save()
    return loan


class TestLoanPage:
    def test_shows_the_contract_and_what_the_earlier_lender_received(self, client, amina, taken_over):
        client.force_login(amina.user)
        factories.speak(amina.user, "en")

        html = client.get(f"/loans/{taken_over.number}/").content.decode()

        page = re.sub(r"<[^>]+>|\s+", " ", html).replace(" .", ".")
        assert "Amount lent ¥ 6,000.00" in re.sub(" +", " ", page)
        assert 'datetime="2025-10-10"' in html
        assert "Overdue by 46 days" in page
        earlier = page.partition("Up to Feb. 20, 2026, at the earlier lender")[2]
        assert [amount in earlier for amount in ("445.00", "1,055.00", "1,065.00")] == [True, True, True]
        assert "6,000.00" not in earlier

    def test_of_a_loan_of_our_own_has_no_earlier_lender(self, client, amina):
        client.force_login(amina.user)
        factories.speak(amina.user, "en")

        page = client.get(f"/loans/{factories.running_loan(amina).number}/").content.decode()

        assert "at the earlier lender" not in page


class TestCertificate:
    def test_names_the_day_on_which_the_money_was_lent(self, amina, taken_over):
        factories.pay(taken_over, 5000_00, TAKEN_OVER, today=TAKEN_OVER, kind="SETTLEMENT")

        document = issue_certificate(
            loan_id=taken_over.pk, language="en", now=lender_now(), site="https://loans.example", actor=factories.ACTOR
        )

        assert (document.facts["principal"], document.facts["starts_on"]) == (6000_00, "2025-10-10")
