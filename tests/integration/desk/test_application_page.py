"""The page of one application: facts side by side, the month, who it is only when asked for, and what-if."""

import pytest

from dashu.audit.models import AuditRecord
from loans.desk import admin
from loans.models import Application, ApplicationDocument, CreditReview, Guarantor, Offer
from loans.services.ask_for_review import ask_for_review
from loans.services.hold_application import claim_next_application
from tests import factories
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, NOW, UNKNOWN_CARD
from tests.integration.desk.conftest import decided, other, referred, signed_in
from tests.integration.loans.test_guarantees import decline
from tests.signers import guaranteed, token_of, understood


def address(application) -> str:
    return f"/admin/loans/application/{application.pk}/"


def page_of(client, application, query: str = "") -> str:
    return client.get(f"{address(application)}change/{query}").content.decode()


class TestFacts:
    def test_stand_side_by_side_with_what_the_bureau_knows(self, amina, una, bureau):
        bureau.knows(loans=[other("Bank A", 300_00)], inquiries=2)
        application = referred(amina)

        page = page_of(signed_in(una), application)

        # Stated 12,000; a share of 0.7 counts until it is proved; 4,500 are spent; 300 go to Bank A.
        for words in ("¥12,000.00", "¥8,400.00", "¥4,500.00", "¥300.00", "Bank A", "Inquiries in 7 days"):
            assert words in page
        assert "You did not want a computer to decide first." in page

    def test_the_points_come_after_them_and_decide_nothing_alone(self, amina, una, bureau):
        page = page_of(signed_in(una), referred(amina))

        assert page.index("The household&#x27;s month") < page.index("The points decide nothing alone")
        assert "applications-3" in page

    def test_a_business_loan_names_its_guarantors_masked(self, amina, una, bureau):
        application = decided(amina, "SME")

        page = page_of(signed_in(una), application)

        assert "91110000600037341L" in page
        assert "布鲁克" not in page
        assert BROOKS_NUMBER not in page

    def test_a_loan_in_parts_shows_each_of_them_as_asked_for_and_as_it_could_be_offered(self, amina, una, bureau):
        parts = [{"amount": "30000.00"}, {"amount": "20000.00", "on": "2027-01-15"}]
        application = decided(amina, "SME", loan={"amount": "50000.00", "tranches": parts})

        client = signed_in(una)
        page, smaller = page_of(client, application), page_of(client, application, "?amount=45000&months=12")

        for words in ("Part 1 of the payout", "¥30,000.00 · at the signature", "¥20,000.00 · Jan. 15, 2027"):
            assert words in page
        assert "¥50,000.00 = ¥30,000.00 + ¥20,000.00" in page
        assert "¥45,000.00 = ¥30,000.00 + ¥15,000.00" in smaller

    def test_a_card_says_whether_its_number_confirms_the_bank(self, amina, una, bureau):
        application = decided(amina, "CARD_REPAYMENT", card={"card_number": UNKNOWN_CARD})

        page = page_of(signed_in(una), application)

        assert "China Merchants Bank · not confirmed by the number: compare it with the card statement" in page
        assert "The card number alone does not show to which bank the card belongs" in page
        assert UNKNOWN_CARD not in page

    def test_what_is_owed_by_the_group_is_listed(self, amina, una, bureau):
        loan = factories.approved_loan(amina, principal=50_000_00)
        application = referred(amina)

        page = page_of(signed_in(una), application)

        assert loan.number in page
        assert "With this loan ¥62,000.00" in page

    def test_who_has_the_same_particulars_is_linked(self, amina, brook, una, bureau):
        twin = referred(brook)
        application = referred(amina)
        paper = {"kind": "INCOME", "content_type": "application/pdf", "size": 3, "sha256": "a" * 64, "added_at": NOW}
        for number, each in enumerate((twin, application)):
            ApplicationDocument.objects.create(application=each, name="pay.pdf", stored_as=f"{number}", **paper)

        page = page_of(signed_in(una), application)

        assert twin.reference in page
        assert "Same ID number · Same phone · Same paper" in page
        assert "pay.pdf" in page

    def test_what_the_applicant_says_is_read(self, amina, una, bureau):
        application = decided(amina, month={"income": "1000.00"})
        ask_for_review(application_id=application.pk, words="I found work.", now=NOW, actor="user:1")

        assert "I found work." in page_of(signed_in(una), application)

    @pytest.mark.parametrize("state", ["draft", "offered"])
    def test_are_shown_whatever_the_state(self, state, amina, una, bureau):
        application = decided(amina)
        if state == "draft":
            application = Application.objects.create(
                borrower=factories.borrower("New"), product=application.product, status="DRAFT"
            )

        assert application.reference in page_of(signed_in(una), application)


class TestIdentity:
    def test_is_masked_until_somebody_asks_and_that_is_kept(self, amina, una, bureau):
        application, client = referred(amina), signed_in(una)
        hidden = page_of(client, application)

        shown = client.post(f"{address(application)}reveal/", {"words": "to compare with the paper"})

        assert ("阿**" in hidden, AMINAS_NUMBER in hidden) == (True, False)
        assert AMINAS_NUMBER in shown.content.decode()
        assert "no-store" in shown["Cache-Control"]
        kept = AuditRecord.objects.get(action="loans.identity_revealed")
        assert (kept.subject_id, kept.actor) == (application.reference, f"user:{una.pk}")
        assert kept.data == {"why": "to compare with the paper"}
        assert AMINAS_NUMBER not in page_of(client, application)

    def test_is_not_given_away_by_who_did_what(self, amina, una, bureau):
        page = page_of(signed_in(una), referred(amina))

        assert "Amina" not in page
        assert "The applicant" in page

    def test_is_not_shown_without_a_reason_nor_to_who_may_not_see_it(self, amina, una, sofia, bureau):
        application = referred(amina)

        for user, words in ((una, " "), (sofia, "curious")):
            page = signed_in(user).post(f"{address(application)}reveal/", {"words": words}).content.decode()
            assert AMINAS_NUMBER not in page

        assert not AuditRecord.objects.filter(action="loans.identity_revealed").exists()


class TestWhatIf:
    def test_says_what_the_rules_would_say_and_writes_nothing(self, amina, una, bureau):
        application = referred(amina, month={"income": "6500.00"})
        before = (CreditReview.objects.count(), Offer.objects.count(), Application.objects.values().get())
        client = signed_in(una)

        much = page_of(client, application, "?amount=100000&months=12")
        little = page_of(client, application, "?amount=2000&months=24&income=6500")

        assert "The rules would refuse" in much or "What keeps offers" in much
        assert "¥2,000.00" in little
        assert "A person can approve this." in little
        assert (CreditReview.objects.count(), Offer.objects.count(), Application.objects.values().get()) == before

    def test_names_the_field_that_is_no_figure(self, amina, una, bureau):
        page = page_of(signed_in(una), referred(amina), "?amount=many")

        assert 'aria-invalid="true"' in page

    def test_says_what_nobody_can_approve(self, amina, una, bureau):
        bureau.knows(has_fraud_flag=True)

        page = page_of(signed_in(una), referred(amina), "?amount=2000&months=12")

        assert "Nobody can approve this." in page


class TestHolding:
    def test_is_given_back_and_handed_over_from_the_page(self, amina, una, victor, bureau):
        application = referred(amina)
        claim_next_application(user=una, now=NOW)
        client = signed_in(una)

        client.post(f"{address(application)}hand-over/", {"to_user": victor.pk, "words": "on leave"})

        application.refresh_from_db()
        assert application.handler_id == victor.pk
        assert "Victor: on leave" in page_of(client, application)
        refused = client.post(f"{address(application)}release/", {"words": "x"}).content.decode()
        assert "You do not hold this application." in refused


class TestGuarantors:
    @pytest.fixture(autouse=True)
    def _now(self, monkeypatch):
        monkeypatch.setattr(admin, "lender_now", lambda: NOW)

    def test_are_shown_with_what_they_answered(self, amina, una, bureau):
        application = understood(amina, "SME")
        client = signed_in(una)
        asked = page_of(client, application)
        answer = guaranteed(Guarantor.objects.get())

        page = page_of(client, application)

        assert "Has a link to decide" in asked
        for said in (
            "What the guarantors answered",
            "Has agreed and signed",
            "139****5678",
            answer.evidence_digest[:12],
        ):
            assert said in page
        assert ("布鲁克" in page, BROOKS_NUMBER in page, "A guarantor has agreed" in page) == (False, False, True)

    def test_a_decline_is_told_to_the_desk(self, amina, una, bureau):
        application = understood(amina, "SME")
        guarantor, client = Guarantor.objects.get(), signed_in(una)
        before = client.get("/admin/loans/application/?box=declined").content.decode()
        decline(token_of(guarantor))

        box = client.get("/admin/loans/application/?box=declined").content.decode()

        assert (application.reference in before, "Declined by a guarantor" in before) == (False, False)
        assert (application.reference in box, "Declined by a guarantor" in box) == (True, True)
        assert "Has declined" in page_of(client, application)

    def test_who_agreed_after_all_is_no_longer_told(self, amina, una, bureau):
        application = understood(amina, "SME")
        decline(token_of(Guarantor.objects.get()))
        guaranteed(Guarantor.objects.get())

        box = signed_in(una).get("/admin/loans/application/?box=declined").content.decode()

        assert application.reference not in box
