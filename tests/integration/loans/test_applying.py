from datetime import timedelta

import pytest
from django.db import connection
from django.utils import translation

from dashu.consents.selectors import consents_held, latest_texts
from dashu.kernel.documents import MissingField
from dashu.kernel.errors import InvalidInput
from dashu.users.id_numbers import InvalidCardNumber, InvalidCreditCode, InvalidIdNumber, InvalidPhone
from dashu.users.models import Borrower, Identity, User
from dashu.users.services.record_identity import IdentityInUse
from dashu.users.services.sign_in_phones import verify_phone
from loans.models import Application, ApplicationEvent, Business, CardToPay, Guarantor
from loans.selectors.products import UnknownProduct
from loans.services.answer_step import StepUnknown, answer_step
from loans.services.application_rows import ApplicationStateChanged
from loans.services.cards_to_pay import CardNotCredit, CardOfAnotherIssuer
from loans.services.contract_progress import cancel_loan
from loans.services.create_loan import OutsideProduct
from loans.services.start_application import NotAnApplicant, borrower_of, start_application
from loans.services.submit_application import (
    ApplicationIncomplete,
    GuaranteesOneself,
    GuarantorPhoneMissing,
    submit_application,
)
from loans.services.withdraw_application import withdraw_application
from tests.applicants import (
    AMINAS_NUMBER,
    BROOKS_NUMBER,
    BROOKS_PHONE,
    DEBIT_CARD,
    ISSUERS_CARD,
    NOW,
    UNKNOWN_CARD,
    answers,
    draft,
    submitted,
)
from tests.signers import signed


def answer(application, step, now=NOW, **values):
    return answer_step(application_id=application.pk, step=step, answer=values, now=now, actor="user:1")


def begin(borrower, product="consumer"):
    return start_application(borrower_id=borrower.pk, product_code=product, now=NOW, actor="user:1")


class TestStart:
    def test_whoever_signs_in_for_the_first_time_becomes_a_borrower_once(self, rules):
        user = User.objects.create_user("new@example.com", "correct horse", language="en")

        first, again = borrower_of(user_id=user.pk), borrower_of(user_id=user.pk)

        assert first == again
        assert (first.user, first.language) == (user, "en")

    def test_whoever_has_a_phone_only_is_called_by_it_and_reached_there(self, rules):
        user = User.objects.create_user(None, "correct horse")
        verify_phone(user_id=user.pk, phone="+8613800001234", now=NOW, actor="user:1")

        borrower = borrower_of(user_id=user.pk)

        assert (borrower.name, borrower.phone, borrower.email) == ("138****1234", "13800001234", "")

    @pytest.mark.parametrize("role", [User.Role.COLLECTOR, User.Role.PARTNER])
    def test_staff_and_partners_do_not_borrow(self, rules, role):
        user = User.objects.create_user("other@example.com", "correct horse", role=role)

        with pytest.raises(NotAnApplicant):
            borrower_of(user_id=user.pk)

        assert not Borrower.objects.exists()

    def test_goes_on_with_the_application_that_is_open(self, amina, brook):
        first = begin(amina)

        assert begin(amina) == first
        assert begin(amina, "sme") != first
        assert begin(brook) != first

    def test_refuses_a_product_that_is_not_offered(self, amina):
        with pytest.raises(UnknownProduct):
            begin(amina, "gold")

        assert not Application.objects.exists()


class TestAnswer:
    def test_keeps_the_answer_and_replaces_it(self, amina):
        application = begin(amina)

        answer(application, "loan", amount="12000.00", months=12, purpose="EDUCATION")
        kept = answer(application, "loan", amount="9000.00", months=6, purpose="HEALTH")

        assert (kept.amount_minor, kept.months, kept.purpose, kept.steps_done) == (9_000_00, 6, "HEALTH", ["loan"])

    def test_refuses_what_the_product_does_not_offer_at_once(self, amina):
        application = begin(amina)

        for field, values in {"amount": {"amount": "200000.01"}, "months": {"months": 37}}.items():
            with pytest.raises(OutsideProduct) as refusal:
                answer(application, "loan", **{"amount": "12000.00", "months": 12, "purpose": "EDUCATION", **values})
            assert refusal.value.field == field

        application.refresh_from_db()
        assert (application.facts, application.steps_done) == ({}, [])

    def test_what_is_personal_is_kept_apart_and_sealed(self, amina):
        application = draft(amina)

        identity = Identity.objects.get(borrower=amina)
        assert (identity.name, identity.number, identity.phone) == ("阿米娜", AMINAS_NUMBER, "13800001234")
        assert application.facts["person"] == {"household": 1, "is_resident": True}
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(a)::text FROM loans_application a")
            [[row]] = cursor.fetchall()
        assert AMINAS_NUMBER not in row
        assert "13800001234" not in row

    def test_a_business_has_a_right_credit_code_and_guarantors_for_at_most_the_whole(self, amina):
        application = draft(amina, "SME")
        assert Business.objects.get().credit_code == "91110000600037341L"
        [guarantor] = Guarantor.objects.all()
        assert (guarantor.number, guarantor.share_bps) == (BROOKS_NUMBER, 5000)

        business = answers("SME")["business"]
        with pytest.raises(InvalidCreditCode):
            answer(application, "business", **{**business, "credit_code": "91110000600037341X"})
        second = {"name": "第二人", "number": AMINAS_NUMBER, "phone": "13700000001", "share_bps": 5001}
        with pytest.raises(InvalidInput) as refusal:
            answer(application, "business", **{**business, "guarantors": [*business["guarantors"], second]})

        assert refusal.value.field == "guarantors"
        assert Guarantor.objects.get().share_bps == 5000

    def test_each_guarantor_has_a_phone_of_their_own(self, amina):
        application, business = draft(amina, "SME"), answers("SME")["business"]
        [first] = business["guarantors"]
        second = {"name": "第二人", "number": AMINAS_NUMBER, "phone": f"+86 {first['phone']}", "share_bps": 5000}

        with pytest.raises(InvalidInput, match="a phone of their own"):
            answer(application, "business", **{**business, "guarantors": [first, second]})
        with pytest.raises(InvalidPhone) as refusal:
            answer(application, "business", **{**business, "guarantors": [{**first, "phone": "12345"}]})

        assert refusal.value.field == "guarantors[0].phone"
        assert Guarantor.objects.get().phone == BROOKS_PHONE

    def test_a_card_has_a_right_number_and_is_shown_masked(self, amina):
        application = draft(amina, "CARD_REPAYMENT")
        assert CardToPay.objects.get().number == ISSUERS_CARD
        assert CardToPay.objects.get().masked_number == "6225 •••• •••• 2231"

        with pytest.raises(InvalidCardNumber):
            answer(application, "card", **{**answers("CARD_REPAYMENT")["card"], "card_number": "6225750000112232"})

        assert CardToPay.objects.get().number == ISSUERS_CARD

    @pytest.mark.parametrize(
        ("given", "error", "field"),
        [
            ({"issuer": "ABC"}, CardOfAnotherIssuer, "card_number"),
            ({"issuer": "OTHER", "other_issuer": "绿叶银行"}, CardOfAnotherIssuer, "card_number"),
            ({"card_number": DEBIT_CARD}, CardNotCredit, "card_number"),
            ({"card_number": "622575000000000006"}, InvalidCardNumber, "card_number"),
            ({"issuer": "招商"}, InvalidInput, "issuer"),
            ({"issuer": "OTHER"}, InvalidInput, "other_issuer"),
        ],
    )
    def test_a_card_that_is_not_one_of_the_bank_named_is_refused(self, amina, given, error, field):
        application = draft(amina, "CARD_REPAYMENT")

        with pytest.raises(error) as refusal:
            answer(application, "card", **{**answers("CARD_REPAYMENT")["card"], **given})

        assert type(refusal.value) is error
        assert refusal.value.field == field
        card = CardToPay.objects.get()
        assert (card.issuer_code, card.number) == ("CMB", ISSUERS_CARD)

    def test_the_refusal_names_both_banks_in_the_readers_language_and_not_the_number(self, amina):
        application = draft(amina, "CARD_REPAYMENT")

        with pytest.raises(CardOfAnotherIssuer) as refusal, translation.override("zh-hant"):
            answer(application, "card", **{**answers("CARD_REPAYMENT")["card"], "issuer": "ABC"})

        assert refusal.value.params == {"owner": "招商銀行", "named": "中國農業銀行"}
        assert ISSUERS_CARD not in str(refusal.value)

    def test_a_bank_that_is_typed_although_it_is_listed_is_that_bank(self, amina):
        draft(amina, "CARD_REPAYMENT", card={"issuer": "OTHER", "other_issuer": "招行"})

        card = CardToPay.objects.get()
        assert (card.issuer_code, card.issuer) == ("CMB", "招商银行")

    def test_another_bank_keeps_the_name_that_was_typed(self, amina):
        draft(
            amina,
            "CARD_REPAYMENT",
            card={"issuer": "OTHER", "other_issuer": " 绿叶银行 ", "card_number": UNKNOWN_CARD},
        )

        card = CardToPay.objects.get()
        assert (card.issuer_code, card.issuer, card.issuer_shown) == ("", "绿叶银行", "绿叶银行")

    def test_a_card_loan_is_at_most_what_the_card_asks_for_whichever_is_said_last(self, amina):
        application = draft(amina, "CARD_REPAYMENT")

        with pytest.raises(OutsideProduct) as refusal:
            answer(application, "loan", amount="12000.01", months=12, purpose="CARD")
        assert refusal.value.field == "amount"
        with pytest.raises(OutsideProduct) as refusal:
            answer(application, "card", **{**answers("CARD_REPAYMENT")["card"], "statement": "11999.99"})
        assert refusal.value.field == "statement"

        application.refresh_from_db()
        assert (application.amount_minor, application.facts["card"]["statement_minor"]) == (12_000_00, 12_000_00)

    def test_refuses_a_wrong_number_and_keeps_nothing(self, amina):
        application = begin(amina)

        with pytest.raises(InvalidIdNumber):
            answer(application, "person", **{**answers()["person"], "number": "110105194912310021"})

        assert not Identity.objects.exists()

    def test_refuses_unknown_steps_and_missing_fields(self, amina):
        application = begin(amina)

        with pytest.raises(StepUnknown):
            answer(application, "card")
        with pytest.raises(MissingField):
            answer(application, "work", job="fixed")

    def test_what_is_no_longer_ticked_is_withdrawn(self, amina):
        application = draft(amina)
        texts = answers()["consents"]["texts"]

        answer(application, "consents", texts=texts[:3])

        assert set(consents_held(borrower_id=amina.pk, about=application.reference)) == {
            "PERSONAL_DATA",
            "CREDIT_REPORT",
            "CREDIT_REPORTING",
        }

    def test_nobody_agrees_for_a_guarantor(self, amina):
        application = draft(amina)
        [theirs] = latest_texts(["GUARANTEE"])

        with pytest.raises(InvalidInput, match="not for applicants"):
            answer(application, "consents", texts=[*answers()["consents"]["texts"], theirs.pk])

        assert "GUARANTEE" not in consents_held(borrower_id=amina.pk, about=application.reference)

    def test_refuses_once_it_was_handed_in(self, amina):
        application = submitted(amina)

        with pytest.raises(ApplicationStateChanged):
            answer(application, "work", job="others", years_in_job=1, home="rent")

        application.refresh_from_db()
        assert application.facts["work"]["job"] == "fixed"


class TestWhoItIs:
    @pytest.mark.parametrize("field", ["name", "number", "phone"])
    def test_stays_who_another_application_is_decided_for(self, amina, field):
        submitted(amina)
        second = begin(amina, "card-repayment")
        other = {"name": "布鲁克", "number": BROOKS_NUMBER, "phone": "13900001234"}[field]

        with pytest.raises(IdentityInUse) as refusal:
            answer(second, "person", **{**answers()["person"], field: other})

        identity = Identity.objects.get()
        assert refusal.value.field == field
        assert (identity.name, identity.number, identity.phone) == ("阿米娜", AMINAS_NUMBER, "13800001234")

    def test_told_again_as_it_was_goes_on(self, amina):
        submitted(amina)

        second = answer(begin(amina, "card-repayment"), "person", **answers()["person"])

        assert second.steps_done == ["person"]

    def test_after_a_contract_only_the_phone_changes(self, amina):
        contract = signed(amina)
        cancel_loan(contract.first_loan, now=NOW, actor="user:1", why="withdrawn")
        second = begin(amina, "card-repayment")

        with pytest.raises(IdentityInUse):
            answer(second, "person", **{**answers()["person"], "name": "布鲁克"})
        answer(second, "person", **{**answers()["person"], "phone": "13900001234"})

        assert Identity.objects.get().phone == "13900001234"

    def test_is_corrected_after_an_application_that_ended(self, amina):
        withdraw_application(application_id=submitted(amina).pk, now=NOW, actor="user:1")

        answer(begin(amina), "person", **{**answers()["person"], "number": BROOKS_NUMBER})

        assert Identity.objects.get().number == BROOKS_NUMBER


class TestSubmit:
    def test_hands_it_in_once(self, amina):
        application = draft(amina)

        first = submit_application(application_id=application.pk, now=NOW, actor="user:1")
        again = submit_application(application_id=application.pk, now=NOW + timedelta(hours=1), actor="user:1")

        assert first.submitted_at == again.submitted_at == NOW
        assert ApplicationEvent.objects.filter(kind="SUBMITTED").count() == 1

    def test_refuses_what_is_incomplete_and_names_the_step(self, amina):
        application = begin(amina)
        answer(application, "loan", amount="12000.00", months=12, purpose="EDUCATION")

        with pytest.raises(ApplicationIncomplete) as refusal:
            submit_application(application_id=application.pk, now=NOW, actor="user:1")

        application.refresh_from_db()
        assert (refusal.value.field, application.status) == ("person", "DRAFT")

    def test_refuses_without_a_consent_that_is_needed(self, amina):
        application = draft(amina)
        answer(application, "consents", texts=[])

        with pytest.raises(ApplicationIncomplete) as refusal:
            submit_application(application_id=application.pk, now=NOW, actor="user:1")

        assert refusal.value.field == "consents"

    @pytest.mark.parametrize(
        ("phone", "words"), [(None, "Give the phone of each guarantor"), ("13800001234", "not yours")]
    )
    def test_refuses_a_guarantor_without_a_phone_of_their_own(self, phone, words, amina):
        application = draft(amina, "SME")
        guarantor = Guarantor.objects.get()
        guarantor.phone = phone
        guarantor.save()

        with pytest.raises(GuarantorPhoneMissing, match=words) as refusal:
            submit_application(application_id=application.pk, now=NOW, actor="user:1")

        application.refresh_from_db()
        assert (refusal.value.code, application.status) == ("guarantor_phone_missing", "DRAFT")

    def test_refuses_a_guarantor_who_is_the_applicant(self, amina):
        herself = {"name": "阿米娜", "number": AMINAS_NUMBER, "phone": "13700000001", "share_bps": 10_000}
        application = draft(amina, "SME", business={"guarantors": [herself]})

        with pytest.raises(GuaranteesOneself):
            submit_application(application_id=application.pk, now=NOW, actor="user:1")

        application.refresh_from_db()
        assert application.status == "DRAFT"


class TestWithdraw:
    def test_ends_it_once_and_makes_room_for_another(self, amina):
        application = submitted(amina)

        withdraw_application(application_id=application.pk, now=NOW, actor="user:1")
        withdraw_application(application_id=application.pk, now=NOW, actor="user:1")

        assert ApplicationEvent.objects.filter(kind="WITHDRAWN").count() == 1
        assert begin(amina) != application


class TestVisibility:
    def test_each_sees_their_own_and_staff_see_all(self, amina, brook, chidi):
        mine, theirs = begin(amina), begin(brook)

        assert set(Application.objects.visible_to(amina.user)) == {mine}
        assert set(Application.objects.visible_to(chidi)) == {mine, theirs}
