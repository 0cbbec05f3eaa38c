from datetime import timedelta

import pytest

from dashu.alerts.models import Alert
from dashu.consents.services.ledger import withdraw_consent
from dashu.kernel.dates import lender_date
from dashu.messaging.models import OutboxMessage
from dashu.messaging.templates import render, written_date
from loans import tasks
from loans.bureaus.base import BureauUnavailable
from loans.domain.application_consents import NEEDED
from loans.domain.credit_files import CreditFile, Inquiry, LoanKind, OtherLoan, Purpose
from loans.models import Application, ApplicationEvent, CreditReport, CreditReview, Offer, Product, ReviewRequest
from loans.services import read_credit_report as reading
from loans.services.application_rows import ApplicationStateChanged
from loans.services.ask_for_review import ask_for_review
from loans.services.choose_offer import OfferLapsed, OfferNotFound, choose_offer, reconsider_offers
from loans.services.decide_application import decide_application
from loans.services.expire_applications import expire_applications
from loans.services.read_credit_report import read_credit_report
from loans.services.start_application import AnotherOpen
from loans.services.tell_of_decision import tell_of_decision, tell_of_missed_decisions
from loans.services.withdraw_application import withdraw_application
from tests import factories
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, NOW, UNKNOWN_CARD, answers, draft, submitted

DAY = NOW.date()


class FakeBureau:
    """Answers what it is given, and counts the questions."""

    name = "fake"

    def __init__(self, loans=(), inquiries=(), *, has_fraud_flag=False, error=None):
        self.file = CreditFile(NOW, "R1", tuple(loans), tuple(inquiries), has_fraud_flag)
        self.error, self.asked = error, []

    def file_of(self, subject, *, request_id, consent):
        self.asked.append((subject, request_id, consent))
        if self.error:
            raise self.error
        return self.file


def other(lender, monthly, *, late=0, owed=10_000_00, kind=LoanKind.CONSUMER):
    return OtherLoan(lender, kind, DAY - timedelta(days=200), owed, monthly, late)


@pytest.fixture
def bureau(monkeypatch):
    def use(**answer):
        fake = FakeBureau(**answer)
        monkeypatch.setattr(reading, "bureau", lambda: fake)
        return fake

    return use


def decided(borrower, kind="CONSUMER", **steps) -> Application:
    application = submitted(borrower, kind, **steps)
    read_credit_report(application_id=application.pk, now=NOW)
    return decide_application(application_id=application.pk, now=NOW)


def reasons(application) -> list[str]:
    return [finding["reason"] for finding in application.reviews.first().findings]


class TestGoodApplicant:
    def test_gets_offers_within_their_means_with_a_cost_sheet_each(self, amina, bureau):
        bureau()

        application = decided(amina)

        offers = list(Offer.objects.order_by("position"))
        assert application.status == "OFFERED"
        assert 1 <= len(offers) <= 3
        assert (offers[0].principal_minor, offers[0].installment_count) == (12_000_00, 12)
        assert all(offer.sheet["principal"] == 12_000_00 and len(offer.sheet_digest) == 64 for offer in offers)
        assert all(offer.figures["surplus"] >= 0 for offer in offers)
        assert application.expires_on == offers[0].expires_on == DAY + timedelta(days=14)
        assert application.due_at is None

    def test_the_decision_keeps_what_it_was_made_from(self, amina, bureau):
        bureau()

        review = decided(amina).reviews.get()

        assert (review.outcome, review.findings, review.rules_on, review.decided_by) == ("APPROVE", [], DAY, None)
        assert review.facts["income"] == {"stated": 12_000_00, "verified": None}
        assert review.scorecard == "applications-2"
        assert review.score > 520
        assert set(review.challenger) == {"applications-3"}
        assert review.price["annual_rate"] == str(Offer.objects.first().annual_rate).rstrip("0")
        assert "age" not in review.answer["scored"]

    def test_is_told_once(self, amina, bureau):
        bureau()
        review = decided(amina).reviews.get()

        assert tell_of_decision(review_id=review.pk) is True
        assert tell_of_decision(review_id=review.pk) is False
        assert OutboxMessage.objects.get().template == "loans.offers_made"

    def test_that_waits_for_a_person_is_told_with_its_day(self, amina, bureau):
        bureau()
        application = decided(amina, consents={"texts": answers()["consents"]["texts"][: len(NEEDED)]})
        assert application.status == "REFERRED"

        tell_of_decision(review_id=application.reviews.get().pk)

        message = OutboxMessage.objects.get()
        day = written_date(lender_date(application.due_at), "en")
        assert f"You will hear from us by {day}." in render(message.template, message.params, "en").body

    def test_the_sweep_tells_what_an_event_missed(self, amina, bureau):
        bureau()
        decided(amina)

        assert tell_of_missed_decisions(now=NOW + timedelta(hours=1)) == 1
        assert tell_of_missed_decisions(now=NOW + timedelta(hours=1)) == 0


class TestOverCommitted:
    """The failure story: 5,000 + 8,000 + 12,000 cost 2,364.00 a month, and a third loan does not fit."""

    month = {"income": "6500.00", "housing": "2200.00", "food": "1500.00", "transport": "300.00", "family": "200.00"}

    def test_is_refused_with_reasons_and_what_would_help(self, amina, bureau):
        bureau(loans=[other("甲", 800_00), other("乙", 764_00), other("丙", 800_00)])

        application = decided(amina, month=self.month, debts={"debts": [], "had_defaults": False})

        review = application.reviews.get()
        assert application.status == "REFUSED"
        assert "no_surplus" in reasons(application)
        assert review.answer["budget"]["debts"] == 2_364_00
        assert review.answer["ways"]["missing"] > 0
        assert review.answer["lesson"] in {"annual-rate", "overdue"}
        assert not Offer.objects.exists()

    def test_debts_that_only_the_bureau_knows_count(self, amina, bureau):
        bureau(loans=[other("甲", 6_000_00)])

        assert decided(amina).status == "REFUSED"

    def test_a_lender_counts_once_whether_declared_or_reported(self, amina, bureau):
        bureau(loans=[other("Bank A", 100_00), other("Bank B", 100_00)])
        debts = [{"lender": " bank a ", "monthly": "100.00", "left": "1000.00"}]

        application = decided(amina, debts={"debts": debts, "had_defaults": False})

        assert application.reviews.get().facts["open_lenders"] == 2


class TestReferred:
    def test_without_consent_to_a_computers_decision_a_person_decides_even_what_would_be_refused(self, amina, bureau):
        bureau(has_fraud_flag=True)
        texts = answers()["consents"]["texts"][: len(NEEDED)]

        application = decided(amina, consents={"texts": texts})

        assert (application.status, application.handler) == ("REFERRED", None)
        assert set(reasons(application)) == {"fraud_flag", "person_asked_for"}
        assert application.due_at == NOW + timedelta(days=2)

    def test_a_business_loan_is_for_a_person(self, amina, bureau):
        bureau()

        application = decided(amina, "SME")

        assert (application.status, reasons(application)) == ("REFERRED", ["business_loan"])
        assert application.reviews.get().score is None

    def test_the_same_person_under_another_login_is_for_a_person(self, amina, brook, bureau):
        bureau()
        submitted(brook)

        assert reasons(decided(amina)) == ["seen_before"]

    def test_three_inquiries_in_a_week_are_for_a_person(self, amina, bureau):
        bureau(inquiries=[Inquiry(DAY, f"L{number}", Purpose.LOAN) for number in range(3)])

        assert reasons(decided(amina)) == ["many_inquiries"]


class TestCard:
    def test_the_card_that_is_paid_off_does_not_count_as_a_debt_as_well(self, amina, bureau):
        bureau(loans=[other("招商银行", 5_000_00, kind=LoanKind.CARD), other("别的银行", 300_00, kind=LoanKind.CARD)])

        review = decided(amina, "CARD_REPAYMENT").reviews.get()

        assert review.facts["debt_payments"]["verified"] == 300_00

    def test_whose_number_confirms_the_bank_needs_no_person(self, amina, bureau):
        bureau()

        assert decided(amina, "CARD_REPAYMENT").status == "OFFERED"

    @pytest.mark.parametrize("bank", [{"issuer": "CMB"}, {"issuer": "OTHER", "other_issuer": "绿叶银行"}])
    def test_with_unknown_first_digits_is_for_a_person(self, amina, bureau, bank):
        bureau()

        application = decided(amina, "CARD_REPAYMENT", card={**bank, "card_number": UNKNOWN_CARD})

        assert application.status == "REFERRED"
        assert reasons(application) == ["card_unconfirmed"]


class TestExposure:
    def test_loans_of_the_same_person_under_another_record_count(self, amina, brook, bureau):
        bureau()
        twin = factories.borrower("Twin")
        factories.approved_loan(twin, principal=50_000_00)
        submitted(twin, loan={"amount": "5000.00", "months": 6, "purpose": "HEALTH"})

        assert decided(amina).reviews.get().facts["exposure"] == 62_000_00


class TestBureau:
    def test_is_asked_once_and_names_the_consent(self, amina, bureau):
        fake = bureau()
        application = submitted(amina)

        read_credit_report(application_id=application.pk, now=NOW)
        read_credit_report(application_id=application.pk, now=NOW)

        [(subject, request_id, consent)] = fake.asked
        assert consent == f"{application.reference}:CREDIT_REPORT"
        assert CreditReport.objects.get().request_id == request_id
        assert subject.number not in repr(subject)

    def test_that_is_silent_is_asked_the_same_question_again(self, amina, bureau):
        silent = bureau(error=BureauUnavailable("silent"))
        application = submitted(amina)
        tasks.decide_application(application_id=application.pk)
        application.refresh_from_db()
        assert application.status == "SUBMITTED"

        answering = bureau()
        tasks.decide_application(application_id=application.pk)

        application.refresh_from_db()
        assert application.status == "OFFERED"
        assert silent.asked[0][1] == answering.asked[0][1]

    def test_that_was_silent_is_not_asked_again_once_the_consent_is_withdrawn(self, amina, bureau):
        bureau(error=BureauUnavailable("silent"))
        application = submitted(amina)
        tasks.decide_application(application_id=application.pk)
        about = {"borrower_id": amina.pk, "about": application.reference}
        withdraw_consent(**about, purpose="CREDIT_REPORT", now=NOW, actor="user:1")
        answering = bureau()

        tasks.decide_application(application_id=application.pk)

        application.refresh_from_db()
        assert answering.asked == []
        assert (application.status, reasons(application)) == ("REFERRED", ["no_credit_report"])

    def test_that_stays_silent_leaves_the_decision_to_a_person(self, amina, bureau, monkeypatch):
        bureau(error=BureauUnavailable("silent"))
        application = submitted(amina)
        monkeypatch.setattr(tasks, "lender_now", lambda: NOW + timedelta(minutes=11))

        tasks.sweep_applications()

        application.refresh_from_db()
        assert (application.status, reasons(application)) == ("REFERRED", ["no_credit_report"])

    def test_one_that_cannot_be_decided_keeps_no_other_waiting(self, amina, brook, bureau, monkeypatch):
        bureau()
        ended = submitted(amina, "CARD_REPAYMENT")
        Product.objects.filter(code="card-repayment").update(is_active=False)
        good = submitted(brook, person={"name": "布鲁克", "number": BROOKS_NUMBER, "phone": "13900001234"})
        monkeypatch.setattr(tasks, "lender_now", lambda: NOW + timedelta(minutes=2))

        tasks.sweep_applications()

        assert (Application.objects.get(pk=ended.pk).status, Application.objects.get(pk=good.pk).status) == (
            "SUBMITTED",
            "OFFERED",
        )


class TestOnce:
    def test_decided_again_it_stays_as_it_is(self, amina, bureau):
        bureau()
        application = decided(amina)

        decide_application(application_id=application.pk, now=NOW + timedelta(hours=1))

        assert CreditReview.objects.count() == 1

    def test_what_was_withdrawn_is_not_decided(self, amina, bureau):
        bureau()
        application = submitted(amina)
        withdraw_application(application_id=application.pk, now=NOW, actor="user:1")

        with pytest.raises(ApplicationStateChanged):
            decide_application(application_id=application.pk, now=NOW)

        assert not CreditReview.objects.exists()


class TestStuck:
    def test_what_cannot_be_decided_is_told_to_staff_and_decided_once_it_can(self, amina, bureau, monkeypatch):
        bureau()
        application = submitted(amina)
        type(application.product).objects.update(is_active=False)
        monkeypatch.setattr(tasks, "lender_now", lambda: NOW + timedelta(minutes=1))

        tasks.sweep_applications()
        application.refresh_from_db()
        assert (application.status, Alert.objects.get().kind) == ("SUBMITTED", "application.undecided")
        type(application.product).objects.update(is_active=True)
        tasks.sweep_applications()

        application.refresh_from_db()
        assert application.status == "OFFERED"


class TestExpiry:
    def test_offers_lapse_after_their_day_and_not_on_it(self, amina, bureau):
        bureau()
        application = decided(amina)

        assert expire_applications(now=NOW + timedelta(days=14)) == 0
        assert expire_applications(now=NOW + timedelta(days=15)) == 1

        application.refresh_from_db()
        assert application.status == "EXPIRED"
        assert ApplicationEvent.objects.filter(kind="EXPIRED").count() == 1


class TestFairness:
    def test_age_and_sex_in_the_id_number_change_nothing(self, amina, brook, bureau):
        bureau()

        old = decided(amina, person={"number": AMINAS_NUMBER, "phone": "13800001234"}).reviews.get()
        young = decided(brook, person={"number": BROOKS_NUMBER, "phone": "13800005678"}).reviews.get()

        assert old.facts.pop("age") - young.facts.pop("age") == 40
        for name in ("outcome", "facts", "findings", "score", "price", "challenger"):
            assert getattr(old, name) == getattr(young, name)


class TestAskForReview:
    poor = {"month": {"income": "1000.00"}}

    def ask(self, application, now=NOW, words="I found work."):
        return ask_for_review(application_id=application.pk, words=words, now=now, actor="user:1")

    def test_passes_a_refusal_to_a_person_with_a_day(self, amina, bureau):
        bureau()
        application = decided(amina, **self.poor)

        asked = self.ask(application)

        application.refresh_from_db()
        assert asked.due_on == DAY + timedelta(days=9)  # seven business days from a Monday
        assert (application.status, application.ended_at) == ("REFERRED", None)
        assert self.ask(application, now=NOW + timedelta(days=1)) == asked

    def test_is_there_for_refusals_only(self, amina, bureau):
        bureau()
        application = decided(amina)

        with pytest.raises(ApplicationStateChanged):
            self.ask(application)

        assert not ReviewRequest.objects.exists()

    def test_waits_for_another_application_that_was_begun_since(self, amina, bureau):
        bureau()
        application = decided(amina, **self.poor)
        draft(amina)

        with pytest.raises(AnotherOpen):
            self.ask(application)

        application.refresh_from_db()
        assert application.status == "REFUSED"


class TestChooseOffer:
    def choose(self, application, position=1, now=NOW):
        return choose_offer(application_id=application.pk, position=position, now=now, actor="user:1")

    def test_chooses_one_at_a_time_and_may_go_back(self, amina, bureau):
        bureau()
        application = decided(amina)

        assert self.choose(application).status == "ACCEPTED"
        self.choose(application)
        self.choose(application, 2)

        assert Offer.objects.get(chosen_at__isnull=False).position == 2
        assert ApplicationEvent.objects.filter(kind="CHOSEN").count() == 2
        assert reconsider_offers(application_id=application.pk, now=NOW, actor="user:1").status == "OFFERED"
        assert not Offer.objects.filter(chosen_at__isnull=False).exists()

    def test_refuses_what_is_not_there_or_has_lapsed(self, amina, bureau):
        bureau()
        application = decided(amina)

        with pytest.raises(OfferNotFound):
            self.choose(application, 4)
        with pytest.raises(OfferLapsed):
            self.choose(application, now=NOW + timedelta(days=15))

        application.refresh_from_db()
        assert application.status == "OFFERED"
