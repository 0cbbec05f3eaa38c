"""A person decides: with what is proved, within what binds everyone, above a limit with another person."""

from datetime import timedelta

import pytest
from django.db.models import F

from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import NotAuthorized, approve, decline, withdraw
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import InvalidInput
from dashu.messaging.models import OutboxMessage
from loans.models import Application, ApplicationDocument, ApplicationEvent, CreditReview, Offer, ReviewRequest
from loans.services.application_rows import ApplicationStateChanged
from loans.services.approve_application import BeyondTheNeed, CannotBeApproved, NothingToOffer, ask_to_approve
from loans.services.ask_for_review import ReviewAnswered, ask_for_review
from loans.services.hold_application import (
    HeldByAnother,
    MayNotReview,
    OwnApplication,
    WordsMissing,
    claim_next_application,
    hand_over_application,
)
from loans.services.note_on_application import note_on_application
from loans.services.person_rows import WaitsForApproval
from loans.services.refuse_application import refuse_application
from loans.services.remove_document import DocumentInUse, remove_document
from loans.services.tell_of_decision import tell_of_decision
from loans.services.verify_figure import PaperMissing, verify_figure
from loans.services.withdraw_application import withdraw_application
from tests import factories
from tests.integration.desk.conftest import decided, other, referred

NOW = lender_now()
TODAY = NOW.date()
WORDS = "Your payslips show a steady income."
RICH = {"month": {"income": "60000.00"}}


def held(borrower, user, **steps) -> Application:
    """An application that this person holds."""
    application = referred(borrower, now=NOW, **steps)
    assert claim_next_application(user=user, now=NOW).pk == application.pk
    application.refresh_from_db()
    return application


def ask(application, user, *, amount=12_000_00, months=12, words=WORDS, key="1"):
    return ask_to_approve(
        application_id=application.pk,
        amount_minor=amount,
        months=months,
        words=words,
        user=user,
        now=NOW,
        idempotency_key=key,
    )


def refuse(application, user, *, reasons=(), words="The month leaves no room."):
    return refuse_application(application_id=application.pk, reasons=reasons, words=words, user=user, now=NOW)


def paper(application, scan="CLEAN", content="a") -> ApplicationDocument:
    return ApplicationDocument.objects.create(
        application=application,
        kind="INCOME",
        name="pay.pdf",
        content_type="application/pdf",
        size=3,
        sha256=content * 64,
        stored_as=content,
        scan=scan,
        added_at=NOW,
        added_by="user:1",
    )


def verify(application, user, *, name="income", minor=12_000_00, document=None, words="Three payslips."):
    return verify_figure(
        application_id=application.pk,
        name=name,
        minor=minor,
        words=words,
        document_id=document and document.pk,
        user=user,
        now=NOW,
    )


def nothing_happened(application) -> bool:
    application.refresh_from_db()
    return application.status == "REFERRED" and application.reviews.count() == 1 and not Offer.objects.exists()


class TestVerify:
    def test_a_proved_income_counts_from_then_on_and_makes_the_loan_cheaper(self, amina, una, bureau):
        application = held(amina, una)

        verify(application, una, document=paper(application))
        ask(application, una)

        review = application.reviews.first()
        assert review.facts["income"] == {"stated": 12_000_00, "verified": 12_000_00}
        assert [step["reason"] for step in review.price["steps"]].count("proved_income") == 1

    def test_keeps_who_said_it_when_by_which_paper_and_what_was_there_before(self, amina, una, bureau):
        application = held(amina, una)
        shown = paper(application)
        verify(application, una, minor=11_000_00, document=shown)

        verify(application, una, document=shown)
        verify(application, una, document=shown)

        application.refresh_from_db()
        assert application.verified["income"] == {
            "minor": 12_000_00,
            "note": "Three payslips.",
            "document": shown.pk,
            "by": f"user:{una.pk}",
            "at": NOW.isoformat(),
        }
        first, second = ApplicationEvent.objects.filter(kind="FACT_VERIFIED")
        assert (first.data["before"], second.data["before"], second.is_internal) == (None, 11_000_00, True)

    def test_words_stay_in_the_file_and_out_of_the_audit_log(self, amina, una, bureau):
        application = held(amina, una)

        verify(application, una, document=paper(application), words="阿米娜 showed three payslips.")

        kept, audited = ApplicationEvent.objects.get(kind="FACT_VERIFIED"), AuditRecord.objects.latest("pk")
        assert kept.data["words"] == "阿米娜 showed three payslips."
        assert (audited.action, "words" in audited.data) == ("loans.application_fact_verified", False)

    def test_income_needs_a_paper_that_was_found_clean(self, amina, una, bureau):
        application = held(amina, una)

        for document in (None, paper(application, scan="WAITING")):
            with pytest.raises(PaperMissing):
                verify(application, una, document=document)

        application.refresh_from_db()
        assert application.verified == {}
        assert not ApplicationEvent.objects.filter(kind="FACT_VERIFIED").exists()

    def test_a_paper_of_another_application_proves_nothing(self, amina, brook, una, bureau):
        application = held(amina, una)

        with pytest.raises(PaperMissing):
            verify(application, una, document=paper(decided(brook, now=NOW)))

        application.refresh_from_db()
        assert application.verified == {}

    def test_the_paper_that_proves_it_stays(self, amina, una, bureau):
        application = held(amina, una)
        shown, spare = paper(application), paper(application, content="b")
        verify(application, una, document=shown)
        about = {"application_id": application.pk, "now": NOW, "actor": "user:1"}

        with pytest.raises(DocumentInUse):
            remove_document(document_id=shown.pk, **about)
        remove_document(document_id=spare.pk, **about)

        assert list(ApplicationDocument.objects.filter(removed_at=None)) == [shown]

    def test_higher_spending_needs_none(self, amina, una, bureau):
        application = held(amina, una)

        verify(application, una, name="essentials", minor=9_000_00, words="Rent as told on the phone.")

        application.refresh_from_db()
        assert application.verified["essentials"]["minor"] == 9_000_00

    def test_is_for_who_holds_it(self, amina, una, victor, bureau):
        application = held(amina, una)

        with pytest.raises(HeldByAnother):
            verify(application, victor, name="essentials", minor=1)

        application.refresh_from_db()
        assert application.verified == {}


class TestNote:
    def test_is_kept_for_colleagues_once_and_not_copied_into_the_audit_log(self, amina, una, bureau):
        application = held(amina, una)

        for _twice in range(2):
            note_on_application(application_id=application.pk, words=" Called her. ", user=una, now=NOW)

        event = ApplicationEvent.objects.get(kind="NOTE")
        assert (event.data, event.is_internal, event.actor) == ({"words": "Called her."}, True, f"user:{una.pk}")
        assert AuditRecord.objects.get(action="loans.application_note").data == {"event": event.pk}

    def test_is_written_by_those_who_decide(self, amina, chidi, bureau):
        application = referred(amina)

        with pytest.raises(MayNotReview):
            note_on_application(application_id=application.pk, words="x", user=chidi, now=NOW)

        assert not ApplicationEvent.objects.filter(kind="NOTE").exists()


class TestApprove:
    def test_makes_the_offers_and_keeps_who_decided_in_which_words(self, amina, una, bureau):
        application = held(amina, una)

        asked = ask(application, una)

        application.refresh_from_db()
        review = application.reviews.first()
        assert (asked.status, asked.is_alone) == ("APPROVED", True)
        assert (application.status, application.due_at) == ("OFFERED", None)
        assert (review.outcome, review.decided_by, review.note) == ("APPROVE", una, WORDS)
        assert review.offers.get(position=1).principal_minor == 12_000_00
        assert all(offer.sheet_digest for offer in review.offers.all())

    def test_the_same_form_sent_twice_is_one_decision(self, amina, una, bureau):
        application = held(amina, una)

        assert ask(application, una).pk == ask(application, una).pk

        assert CreditReview.objects.filter(decided_by=una).count() == 1

    def test_may_lower_the_amount_and_change_the_months(self, amina, una, bureau):
        application = held(amina, una)

        ask(application, una, amount=5_000_00, months=24)

        offers = Offer.objects.filter(application=application)
        assert {offer.principal_minor for offer in offers} == {5_000_00}
        assert offers.get(position=1).installment_count == 24
        application.refresh_from_db()
        assert (application.amount_minor, application.months) == (12_000_00, 12)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"amount": 12_000_01}, "amount"),
            ({"amount": 1}, "amount"),
            ({"months": 1}, "months"),
            ({"months": 120}, "months"),
        ],
    )
    def test_never_beyond_what_was_asked_for_or_the_product_has(self, amina, una, bureau, change, field):
        application = held(amina, una)

        with pytest.raises(BeyondTheNeed) as refusal:
            ask(application, una, **change)

        assert refusal.value.field == field
        assert nothing_happened(application)

    def test_never_against_what_binds_everyone(self, amina, una, bureau):
        bureau.knows(has_fraud_flag=True)
        application = held(amina, una)

        with pytest.raises(CannotBeApproved) as refusal:
            ask(application, una)

        assert refusal.value.details == {"reasons": ["fraud_flag"]}
        assert nothing_happened(application)

    def test_never_beyond_what_the_month_can_carry(self, amina, una, bureau):
        application = held(amina, una, month={"income": "5000.00"})

        with pytest.raises((NothingToOffer, CannotBeApproved)):
            ask(application, una)

        assert nothing_happened(application)

    def test_in_spite_of_what_the_pack_lets_a_person_set_aside(self, amina, una, bureau):
        bureau.knows(loans=[other("Bank A", 100_00, late=40)])
        application = held(amina, una)

        ask(application, una, words="The bank's letter shows that the record is wrong.")

        application.refresh_from_db()
        assert application.status == "OFFERED"
        assert "overdue_elsewhere" in [each["reason"] for each in application.reviews.first().findings]

    def test_is_for_who_holds_it_and_never_for_the_applicant(self, amina, una, victor, bureau):
        application = held(amina, una)
        with pytest.raises(HeldByAnother):
            ask(application, victor)
        amina.user = una
        amina.save()

        with pytest.raises(OwnApplication):
            ask(application, una)

        assert nothing_happened(application)

    def test_is_always_with_words(self, amina, una, bureau):
        application = held(amina, una)

        with pytest.raises(WordsMissing):
            ask(application, una, words="  ")

        assert nothing_happened(application)

    def test_tells_the_applicant(self, amina, una, bureau):
        application = held(amina, una)
        ask(application, una)

        assert tell_of_decision(review_id=application.reviews.first().pk) is True

        assert OutboxMessage.objects.get().template == "loans.offers_made"


class TestFourEyes:
    @pytest.fixture
    def large(self, amina, una, bureau):
        application = held(amina, una, loan={"amount": "80000.00", "months": 24}, **RICH)
        return application, ask(application, una, amount=80_000_00, months=24)

    def test_above_ones_authority_it_waits_for_another_person(self, large, una):
        application, asked = large

        assert (asked.status, asked.amount_minor) == ("PENDING", 80_000_00)
        assert nothing_happened(application)
        with pytest.raises(WaitsForApproval):
            refuse(application, una)
        with pytest.raises(WaitsForApproval):
            ask(application, una, amount=5_000_00, key="2")

    def test_the_other_person_approves_in_the_name_of_who_decided(self, large, una, sofia):
        application, asked = large

        after = approve(request_id=asked.pk, user=sofia, today=TODAY)

        application.refresh_from_db()
        assert (after.status, after.checker, application.status) == ("APPROVED", sofia, "OFFERED")
        assert application.reviews.first().decided_by == una

    def test_an_underwriter_is_not_the_other_person(self, large, victor):
        application, asked = large

        with pytest.raises(NotAuthorized):
            approve(request_id=asked.pk, user=victor, today=TODAY)

        assert nothing_happened(application)

    def test_nor_is_the_applicant(self, large, amina, sofia):
        application, asked = large
        amina.user = sofia
        amina.save()

        with pytest.raises(NotAuthorized):
            approve(request_id=asked.pk, user=sofia, today=TODAY)

        assert nothing_happened(application)

    def test_declined_or_withdrawn_it_is_decided_otherwise(self, large, una, sofia):
        application, asked = large
        decline(request_id=asked.pk, user=sofia, today=TODAY, note="too much for a new customer")
        again = ask(application, una, amount=70_000_00, months=24, key="2")
        withdraw(request_id=again.pk, user=una)

        ask(application, una, amount=40_000_00, months=24, key="3")

        application.refresh_from_db()
        assert application.status == "OFFERED"

    @pytest.mark.parametrize("change", ["withdrawn", "handed on", "fraud"])
    def test_what_is_no_longer_possible_fails_and_leaves_no_trace(self, change, large, una, victor, sofia, bureau):
        application, asked = large
        if change == "withdrawn":
            withdraw_application(application_id=application.pk, now=NOW, actor="user:1")
        elif change == "handed on":
            hand_over_application(
                application_id=application.pk, to_user_id=victor.pk, words="on leave", user=una, now=NOW
            )
        else:
            report = application.credit_reports.get()
            report.content = {**report.content, "has_fraud_flag": True}
            report.save()

        after = approve(request_id=asked.pk, user=sofia, today=TODAY)

        assert after.status == "FAILED"
        assert not Offer.objects.exists()
        assert application.reviews.count() == 1

    def test_what_was_proved_since_counts_for_the_authority(self, amina, una, sofia, bureau):
        application = held(amina, una, loan={"amount": "200000.00", "months": 36}, month={"income": "14000.00"})
        asked = ask(application, una, amount=200_000_00, months=36)
        assert (asked.status, asked.amount_minor < 200_000_00) == ("PENDING", True)
        before = asked.amount_minor
        Application.objects.filter(pk=application.pk).update(
            verified={"income": {"minor": 14_000_00}}, handler=F("handler")
        )

        after = approve(request_id=asked.pk, user=sofia, today=TODAY)

        assert after.status == "APPROVED"
        assert max(Offer.objects.values_list("principal_minor", flat=True)) > before


class TestRefuse:
    def test_keeps_the_chosen_reasons_and_the_words(self, amina, una, bureau):
        bureau.knows(loans=[other(f"Bank {letter}", 50_00) for letter in "ABC"])
        application = held(amina, una)

        review = refuse(application, una, reasons=["too_many_lenders"], words="Please wait some weeks.")

        application.refresh_from_db()
        assert (application.status, application.ended_at) == ("REFUSED", NOW)
        assert (review.outcome, review.decided_by, review.note) == ("REFUSE", una, "Please wait some weeks.")
        assert review.answer["reasons"] == ["too_many_lenders"]
        assert refuse(application, una).pk == review.pk

    def test_for_what_the_rules_do_not_find_is_refused_itself(self, amina, una, bureau):
        application = held(amina, una)

        with pytest.raises(InvalidInput):
            refuse(application, una, reasons=["fraud_flag"])

        assert nothing_happened(application)

    def test_never_without_words(self, amina, una, bureau):
        application = held(amina, una)

        with pytest.raises(WordsMissing):
            refuse(application, una, reasons=["person_asked_for"], words="")

        assert nothing_happened(application)

    def test_is_possible_after_the_product_has_ended(self, amina, una, bureau):
        application = held(amina, una)
        application.product.is_active = False
        application.product.save()

        review = refuse(application, una, words="We no longer have this loan.")

        assert (review.outcome, review.decided_by) == ("REFUSE", una)
        assert review.facts == application.reviews.last().facts

    def test_tells_the_applicant_that_a_person_decided(self, amina, una, bureau):
        application = held(amina, una)
        review = refuse(application, una)

        tell_of_decision(review_id=review.pk)

        assert OutboxMessage.objects.get().template == "loans.refused_by_person"

    def test_of_what_is_decided_is_refused(self, amina, una, bureau):
        application = held(amina, una)
        ask(application, una)

        with pytest.raises(ApplicationStateChanged):
            refuse(application, una)

        assert application.reviews.count() == 2


class TestReviewRequest:
    """The applicant was refused by rules and asked for a person."""

    @pytest.fixture
    def asked(self, amina, una, bureau):
        bureau.knows(loans=[other(f"Bank {letter}", 50_00) for letter in "ABCDE"])
        application = decided(amina, now=NOW)
        assert application.status == "REFUSED"
        request = ask_for_review(application_id=application.pk, words="Two are paid off.", now=NOW, actor="user:1")
        claim_next_application(user=una, now=NOW)
        return application, request

    def test_is_answered_by_an_approval(self, asked, una):
        application, request = asked

        ask(application, una)
        review = application.reviews.first()
        tell_of_decision(review_id=review.pk)

        request.refresh_from_db()
        assert (request.outcome, request.answer) == ("CHANGED", review)
        assert OutboxMessage.objects.get().template == "loans.review_changed"

    def test_is_answered_by_a_refusal_and_then_it_is_answered(self, asked, una):
        application, request = asked

        review = refuse(application, una, reasons=["too_many_lenders"])
        tell_of_decision(review_id=review.pk)

        request.refresh_from_db()
        assert (request.outcome, request.answer) == ("CONFIRMED", review)
        assert OutboxMessage.objects.get().template == "loans.review_confirmed"
        with pytest.raises(ReviewAnswered):
            ask_for_review(application_id=application.pk, words="", now=NOW + timedelta(days=1), actor="user:1")
        assert ReviewRequest.objects.count() == 1


class TestBrook:
    def test_sees_nothing_of_what_is_decided_on_aminas(self, amina, una, bureau):
        application = held(amina, una)
        ask(application, una)

        brook = factories.borrower("Brook")
        assert not Application.objects.visible_to(brook.user).exists()
        assert ApprovalRequest.objects.count() == 1
