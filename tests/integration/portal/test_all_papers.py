"""Every paper of a borrower in one list, and nobody else's."""

from datetime import date

import pytest

from repayments.services.documents import issue_statement
from tests import factories
from tests.applicants import NOW, submitted
from tests.factories import ACTOR, pay
from tests.integration.portal.test_papers import clean_document
from tests.signers import signed


@pytest.fixture
def visit(client, amina):
    client.force_login(amina.user)
    factories.speak(amina.user, "en")
    return lambda query="": client.get(f"/documents/{query}")


def statement(loan):
    return issue_statement(
        loan_id=loan.pk,
        first=date(2026, 1, 15),
        last=date(2026, 2, 20),
        language="en",
        now=NOW,
        site="https://dashu.example",
        actor=ACTOR,
    )


class TestAllPapers:
    def test_lists_what_was_signed_issued_paid_and_sent_the_latest_first(self, visit, amina):
        contract = signed(amina)
        loan = factories.running_loan(amina)
        payment = pay(loan, 1_100_16, date(2026, 2, 15))
        paper = statement(loan)
        sent = clean_document(submitted(amina, "CARD_REPAYMENT"))

        page = visit()
        sheets = page.context["sheets"]

        assert sorted(sheet.kind for sheet in sheets) == ["contract", "issued", "receipt", "sent"]
        assert [sheet.on for sheet in sheets] == sorted((sheet.on for sheet in sheets), reverse=True)
        addresses = {way.address for sheet in sheets for way in sheet.ways}
        assert addresses == {
            f"/applications/{contract.application.reference}/contract/",
            *(f"/loans/{loan.number}/documents/{paper.code_shown}/{kind}/" for kind in ("pdf", "xlsx")),
            f"/receipts/{payment.reference}/",
            f"/applications/{sent.application.reference}/documents/{sent.pk}/",
        }
        assert all(f'href="{address}"' in page.content.decode() for address in addresses)

    def test_one_kind_can_be_picked(self, visit, amina):
        loan = factories.running_loan(amina)
        pay(loan, 1_100_16, date(2026, 2, 15))
        statement(loan)

        assert [sheet.kind for sheet in visit("?kind=receipt").context["sheets"]] == ["receipt"]
        assert len(visit("?kind=nonsense").context["sheets"]) == 2

    def test_without_papers_says_what_will_come(self, visit):
        assert "There is nothing here yet" in visit().content.decode()

    def test_another_borrowers_papers_are_not_there(self, visit, brook):
        theirs = factories.running_loan(brook)
        pay(theirs, 1_100_16, date(2026, 2, 15))
        statement(theirs)

        page = visit()

        assert page.context["sheets"] == []
        assert theirs.number not in page.content.decode()

    def test_asks_the_same_number_of_questions_for_one_loan_and_for_three(
        self, visit, amina, django_assert_num_queries
    ):
        for number in range(3):
            loan = factories.running_loan(amina)
            pay(loan, 1_100_16, date(2026, 2, 15), reference=f"P{number}")
            statement(loan)
            # session, person, contracts, issued, files, payments, sent, loans, unread
            with django_assert_num_queries(9):
                visit()

    def test_is_linked_from_what_is_mine(self, client, amina):
        client.force_login(amina.user)

        assert 'href="/documents/"' in client.get("/me/").content.decode()

    def test_a_visitor_is_asked_to_sign_in(self, client):
        assert client.get("/documents/").url == "/accounts/login/?next=/documents/"
