from dataclasses import asdict
from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import IntegrityError, transaction

from dashu.messaging import secret_texts
from dashu.messaging.models import OutboxMessage
from dashu.policy import rules as policy
from dashu.users.id_numbers import InvalidCardNumber
from dashu.users.sealing import blind_index
from loans import tasks
from loans.domain.cost_sheet import sheet_of
from loans.domain.fees import demanded_rows
from loans.models import Application, ApplicationEvent, Loan, LoanContract, Product, SigningCode
from loans.selectors.contracts import public_contract
from loans.selectors.products import UnknownProduct
from loans.services import disclose_costs
from loans.services import sign_contract as signing
from loans.services.application_rows import ApplicationStateChanged
from loans.services.choose_offer import OfferLapsed
from loans.services.disclose_costs import OfferOutdated, SheetNotOpened
from loans.services.sign_contract import sign_contract
from loans.services.signing_codes import (
    CodeExpired,
    CodesNotSent,
    CodeTooSoon,
    CodeWrong,
    InvalidAccount,
    NotUnderstoodYet,
    PayoutAccount,
    TooManyCodes,
    ask_signing_code,
    payout_account,
    send_signing_code,
)
from tests.applicants import AMINAS_NUMBER, NOW
from tests.papers import text_of
from tests.signers import ACCOUNT, WHERE, chosen, sign, signed, understood, with_code

MINUTE = timedelta(minutes=1)


def ask(application, now=NOW, account=ACCOUNT):
    return ask_signing_code(application_id=application.pk, account=account, now=now, actor="user:1")


def nothing_was_signed() -> bool:
    return not (LoanContract.objects.exists() or Loan.objects.exists())


class TestAskSigningCode:
    def test_keeps_a_hash_and_the_code_only_until_it_is_sent(self, amina, settings, monkeypatch):
        sent = []
        monkeypatch.setattr(secret_texts, "send_to_gateway", lambda **message: sent.append(message))
        settings.MESSAGING = {**settings.MESSAGING, "SMS_TRANSPORT": "http"}
        asked = ask(understood(amina))
        code = asked.sealed_code

        assert send_signing_code(code_id=asked.pk, now=NOW) is True
        assert send_signing_code(code_id=asked.pk, now=NOW) is False

        kept = SigningCode.objects.get()
        [message] = sent
        assert (len(code), code in message["text"], message["phone"]) == (6, True, "13800001234")
        assert (kept.sealed_code, kept.sent_at, code in kept.code_hash) == (None, NOW, False)
        assert not OutboxMessage.objects.exists()

    def test_in_a_demonstration_the_code_is_kept_for_the_page(self, amina):
        asked = ask(understood(amina))

        send_signing_code(code_id=asked.pk, now=NOW)

        assert SigningCode.objects.get().sealed_code == asked.sealed_code
        assert SigningCode.objects.forget(now=NOW + 5 * MINUTE) == 1
        assert SigningCode.objects.get().sealed_code is None

    def test_is_refused_where_nobody_could_get_it(self, amina, settings):
        settings.SIMULATED_GATEWAY = False

        with pytest.raises(CodesNotSent):
            ask(understood(amina))

        assert not SigningCode.objects.exists()

    def test_waits_a_minute_and_stops_after_five_a_day(self, amina):
        application = understood(amina)
        ask(application)

        with pytest.raises(CodeTooSoon) as refused:
            ask(application, NOW + timedelta(seconds=59))
        for number in range(1, 5):
            ask(application, NOW + number * MINUTE)
        with pytest.raises(TooManyCodes):
            ask(application, NOW + 5 * MINUTE)

        assert refused.value.details == {"seconds_left": 1}
        assert SigningCode.objects.count() == 5

    def test_comes_after_the_questions(self, amina):
        application = chosen(amina)
        with pytest.raises(SheetNotOpened):
            ask(application)
        assert not SigningCode.objects.exists()

    def test_what_an_event_missed_is_sent_by_the_sweep(self, amina, monkeypatch):
        asked = ask(understood(amina))
        monkeypatch.setattr(tasks, "lender_now", lambda: NOW + MINUTE)

        tasks.sweep_applications()

        assert SigningCode.objects.get(pk=asked.pk).sent_at == NOW + MINUTE
        assert SigningCode.objects.unsent(now=NOW + MINUTE) == []


class TestPayoutAccount:
    def test_of_a_person_is_a_bank_card(self, amina):
        application = understood(amina)

        assert payout_account(application, bank=" 示范银行 ", number="6222 0200 0000 0040 006") == ACCOUNT
        with pytest.raises(InvalidCardNumber):
            payout_account(application, bank="示范银行", number="6222020000000040007")
        with pytest.raises(InvalidAccount):
            payout_account(application, bank="", number=ACCOUNT.number)

    def test_of_a_business_may_be_an_account(self, amina):
        application = understood(amina, "SME")

        assert payout_account(application, bank="示范银行", number="31001530400050000001").number[-4:] == "0001"
        with pytest.raises(InvalidCardNumber):
            payout_account(application, bank="示范银行", number="6222020000000040007")

    def test_of_a_card_is_nobodys(self, amina):
        application = understood(amina, "CARD_REPAYMENT")

        assert payout_account(application, bank="", number="") is None
        with pytest.raises(InvalidAccount):
            payout_account(application, bank="示范银行", number=ACCOUNT.number)


class TestSignContract:
    def test_from_then_on_the_borrower_is_called_as_on_the_identity_card(self, amina):
        application, code = with_code(amina)
        type(amina).objects.filter(pk=amina.pk).update(name="amina@example.com", phone="")

        sign(application, code)

        amina.refresh_from_db()
        assert (amina.name, amina.phone) == ("阿米娜", "13800001234")

    def test_the_name_that_a_partner_gave_stays(self, amina):
        application, code = with_code(amina)
        type(amina).objects.filter(pk=amina.pk).update(name="A. Mina", source="partner:dana", external_id="7")

        sign(application, code)

        amina.refresh_from_db()
        assert amina.name == "A. Mina"

    def test_makes_the_loan_of_the_sheet(self, amina):
        contract = signed(amina)

        loan, sheet = contract.first_loan, sheet_of(contract.facts["sheet"])
        rows = demanded_rows(loan.schedule_terms)
        assert (loan.status, loan.principal_minor, loan.starts_on) == ("APPROVED", 12_000_00, NOW.date())
        assert [(row.due_on, row.total) for row in rows] == [(row.due_on, row.total) for row in sheet.rows]
        assert [line.code for line in loan.fee_lines] == ["notary", "paper_copy"]
        assert contract.application.status == "SIGNED"
        assert ApplicationEvent.objects.filter(kind="SIGNED").count() == 1

    def test_the_paper_says_who_signed_what_and_agrees_with_the_rows(self, amina):
        contract = signed(amina)

        text = text_of(contract.pdf)
        assert contract.sha256 == sha256(contract.pdf).hexdigest()
        for said in (contract.number, "阿米娜", "138****1234", contract.evidence_digest, contract.offer.sheet_digest):
            assert said in text
        assert AMINAS_NUMBER not in text
        assert contract.code_shown in text

    def test_the_evidence_says_who_what_when_how_and_from_where(self, amina):
        evidence = signed(amina).evidence

        assert evidence["who"]["id_number"] == "110***********002X"
        assert evidence["what"]["sheet_sha256"] == LoanContract.objects.get().offer.sheet_digest
        assert evidence["when"] == {"signed_at": NOW.isoformat()}
        assert evidence["where"] == {"ip": "203.0.113.7", "agent": "Tests"}
        assert set(evidence["consents"]) == {
            "PERSONAL_DATA",
            "CREDIT_REPORT",
            "CREDIT_REPORTING",
            "AUTOMATED_DECISION",
        }
        assert (evidence["reading"]["seconds"], len(evidence["reading"]["answers"])) == (20, 1)
        assert ACCOUNT.number not in str(evidence)
        assert sha256(ACCOUNT.number.encode()).hexdigest() not in str(evidence)
        assert evidence["what"]["paid_out_to"] == blind_index(ACCOUNT.number, "loans.paid_out_to")

    def test_the_paper_says_how_to_complain_by_the_rules_of_the_day(self, amina):
        contract = signed(amina)

        told = policy.complaints(NOW.date()).told("zh-hans")
        assert contract.facts["complaints"] == asdict(told)
        text = text_of(contract.pdf)
        assert all("".join(words.split()) in text for words in asdict(told).values())

    def test_signed_again_it_is_the_same_contract(self, amina):
        application, code = with_code(amina)

        first = sign(application, code)

        assert sign(application, "000000", now=NOW + MINUTE) == first
        assert (LoanContract.objects.count(), Loan.objects.count()) == (1, 1)

    def test_is_in_chinese_for_who_reads_english(self, amina):
        application, code = with_code(amina)

        assert sign(application, code, language="en").language == "zh-hans"

    def test_tells_the_borrower_once(self, amina):
        contract = signed(amina)

        tasks.tell_of_signature(contract_id=contract.pk)
        tasks.tell_of_signature(contract_id=contract.pk)

        assert OutboxMessage.objects.get().params == {"contract": contract.number}

    def test_of_a_business_names_it_and_its_guarantors(self, amina):
        contract = signed(amina, "SME")

        text = text_of(contract.pdf)
        for said in ("大树小吃店", "91110000600037341L", "布鲁克", "50%"):
            assert said in text
        assert contract.first_loan.product_terms.product.code == "sme"

    def test_of_a_card_pays_the_issuer_and_no_account(self, amina):
        contract = signed(amina, "CARD_REPAYMENT")

        assert (contract.account_number, contract.bank) == (None, "")
        assert "招商银行" in text_of(contract.pdf)

    def test_a_seasonal_plan_is_the_loans_own(self, amina):
        plan = {"amount": "30000.00", "months": 12, "purpose": "STOCK", "plan": "seasonal", "strong_months": [6, 7, 8]}

        contract = signed(amina, "SME", loan=plan, position=2)

        rows = demanded_rows(Loan.objects.get().schedule_terms)
        assert contract.offer.reason == "follows_season"
        assert contract.first_loan.interest_only_months == [1, 2, 3, 4, 5, 9, 10, 11, 12]
        assert [row.due_on.month for row in rows if row.principal] == [6, 7, 8]
        assert sum(row.principal for row in rows) == 30_000_00


class TestRefused:
    def test_a_wrong_code_is_counted_and_five_of_them_end_it(self, amina):
        application, code = with_code(amina)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"

        for left in (4, 3, 2, 1, 0):
            with pytest.raises(CodeWrong) as refused:
                sign(application, wrong)
            assert refused.value.details == {"tries_left": left}
        with pytest.raises(CodeExpired):
            sign(application, code)

        assert SigningCode.objects.get().tries == 5
        assert nothing_was_signed()

    def test_a_code_holds_for_five_minutes(self, amina):
        application, code = with_code(amina)

        with pytest.raises(CodeExpired):
            sign(application, code, now=NOW + 5 * MINUTE)

        assert nothing_was_signed()

    def test_a_later_code_ends_the_one_before(self, amina):
        application, code = with_code(amina)
        ask(application, NOW + MINUTE)

        with pytest.raises(CodeWrong):
            sign(application, code, now=NOW + MINUTE)

        assert nothing_was_signed()

    def test_a_code_that_was_typed_signs_for_no_other_account(self, amina, monkeypatch):
        application, code = with_code(amina)
        later, compare = NOW + 2 * MINUTE, signing.refuse_wrong_code

        def then_another_is_asked_for(**about):
            tried = compare(**about)
            ask(application, later, PayoutAccount("别的银行", "6222020000000080002"))
            return tried

        monkeypatch.setattr(signing, "refuse_wrong_code", then_another_is_asked_for)

        with pytest.raises(CodeExpired):
            sign(application, code, now=later)

        assert nothing_was_signed()

    def test_a_code_of_yesterdays_sheet_signs_nothing(self, amina):
        late = NOW.replace(hour=23, minute=58)
        application, code = with_code(amina, now=late)

        with pytest.raises(CodeExpired):
            sign(application, code, now=late + 3 * MINUTE)

        assert nothing_was_signed()

    def test_an_offer_that_has_lapsed(self, amina):
        application, code = with_code(amina)
        application.offers.update(expires_on=NOW.date() - timedelta(days=1))

        with pytest.raises(OfferLapsed):
            sign(application, code)

        assert nothing_was_signed()

    def test_an_offer_from_before_another_contract(self, amina):
        first, first_code = with_code(amina)
        second, second_code = with_code(amina, "CARD_REPAYMENT")
        sign(first, first_code)

        with pytest.raises(OfferOutdated):
            sign(second, second_code)

        assert Loan.objects.count() == 1

    def test_what_would_be_more_than_those_tied_to_the_applicant_may_owe(self, amina, monkeypatch):
        application, code = with_code(amina)
        monkeypatch.setattr(disclose_costs, "exposure_of", lambda _application: 9_999_000_00)

        with pytest.raises(OfferOutdated):
            sign(application, code)

        assert nothing_was_signed()

    def test_a_product_that_is_no_longer_offered(self, amina):
        application, code = with_code(amina)
        Product.objects.filter(code="consumer").update(is_active=False)

        with pytest.raises(UnknownProduct):
            sign(application, code)

        assert nothing_was_signed()

    def test_questions_that_are_not_answered(self, amina):
        application, code = with_code(amina)
        application.disclosures.update(passed_at=None)

        with pytest.raises(NotUnderstoodYet):
            sign(application, code)

        assert nothing_was_signed()

    def test_an_application_without_a_chosen_offer(self, amina):
        application, code = with_code(amina)
        Application.objects.update(status="OFFERED")

        with pytest.raises(ApplicationStateChanged):
            sign_contract(
                application_id=application.pk,
                code=code,
                language="zh-hans",
                now=NOW,
                site="https://loans.example",
                where=WHERE,
                actor="user:1",
            )

        assert nothing_was_signed()


class TestKept:
    @pytest.mark.parametrize("column", ["sha256", "number", "evidence_digest"])
    def test_what_was_signed_does_not_change(self, amina, column):
        signed(amina)

        with pytest.raises(IntegrityError), transaction.atomic():
            LoanContract.objects.update(**{column: "x"})
        with pytest.raises(IntegrityError), transaction.atomic():
            LoanContract.objects.all()._raw_delete(using="default")

        assert LoanContract.objects.count() == 1

    def test_anyone_can_check_the_paper_by_its_code(self, amina):
        contract = signed(amina)

        found = public_contract(contract.code_shown.lower())

        assert (found.number, found.borrower, found.stands) == (contract.number, "阿**", True)
        assert found.files[0].sha256 == contract.sha256
        assert public_contract("0000-0000-0000-0000") is None
