"""The borrower sees exactly what was sent, when, and what comes next; nobody else does."""

from datetime import date

import pytest

from collections_mgmt.services.disputes import dispute_record
from dashu.credit_reporting.models import ReportedRecord
from dashu.credit_reporting.services.find_corrections import find_corrections
from dashu.privacy.tables import TABLES
from tests import factories
from tests.applicants import AMINAS_NUMBER
from tests.integration.credit_reporting import cases

FEBRUARY = date(2026, 2, 1)
TODAY = date(2026, 3, 12)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    for page in ("credit_told", "credit_record"):
        monkeypatch.setattr(f"dashu.portal.trouble.{page}.lender_today", lambda: TODAY)


@pytest.fixture
def amina(amina):
    factories.speak(amina.user, "en")
    return cases.known(amina)


@pytest.fixture
def late(amina):
    """February was told as late and accepted on 10 March."""
    loan = cases.reported_loan(amina)
    cases.told_in_time(FEBRUARY)
    cases.closed(date(2026, 2, 28))
    cases.accepted(cases.filed(FEBRUARY))
    return loan


def page(client, loan) -> str:
    return " ".join(client.get(f"/credit-record/{loan.number}/told/").content.decode().split())


class TestTold:
    def test_shows_every_field_as_it_was_sent_and_the_day(self, client, amina, late):
        client.force_login(amina.user)

        shown = page(client, late)

        assert "Sent to CCRC on March 10, 2026. Accepted." in shown
        record = ReportedRecord.objects.get()
        for code, value in record.told.items():
            assert code == "grid" or value in shown
        assert shown.count('<span class="credit__cell credit--') >= 60
        assert AMINAS_NUMBER not in shown

    def test_says_what_comes_next_and_that_paying_changes_it(self, client, amina, late):
        cases.closed(date(2026, 3, 11))
        client.force_login(amina.user)

        shown = page(client, late)

        assert "The month March 2026" in shown
        assert "31 to 60 days late at the end of the month" in shown
        assert "It goes to the bureau by April 10, 2026." in shown
        assert "If you pay what is due before the end of the month, it is not noted as overdue." in shown

    def test_says_that_a_month_is_held_back_until_they_were_told(self, client, amina):
        loan = cases.reported_loan(amina)
        cases.closed(date(2026, 2, 28))
        cases.filed(FEBRUARY)
        client.force_login(amina.user)

        shown = page(client, loan)

        assert "It is held back: we have to tell you first" in shown
        assert "Nothing of this loan was told to the credit bureau yet." in shown

    def test_shows_a_correction_on_its_way(self, client, amina, late):
        now = cases.at(TODAY)
        dispute_record(borrower_id=amina.pk, loan_id=late.pk, month=FEBRUARY, words="I paid.", now=now, actor="user:1")
        find_corrections(since=now, now=now, actor="system:test")
        client.force_login(amina.user)

        assert "Disputed: 0 → 1" in page(client, late)

    def test_is_ones_own_alone(self, client, brook, late):
        client.force_login(brook.user)

        assert client.get(f"/credit-record/{late.number}/told/").status_code == 404

    def test_is_led_to_from_the_record(self, client, amina, late):
        client.force_login(amina.user)

        shown = " ".join(client.get("/credit-record/").content.decode().split())

        assert "The credit bureau was last told of February 2026, on March 10, 2026." in shown
        assert f"/credit-record/{late.number}/told/" in shown


def test_the_copy_of_ones_data_has_it(amina, late):
    found = {table.name: list(table.written(amina)) for table in TABLES}

    (row,) = found["told_to_credit_bureau"]
    assert (row["loan_number"], row["month"], row["code"]) == (late.number, "2026-02-01", "1")
    assert found["consents_to_be_reported"][0]["reference"] == f"P-{late.pk}"
