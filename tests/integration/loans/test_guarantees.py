"""Guarantors agree themselves: asked by a link, known by their number, signing by a code; or they decline."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from dashu.audit.models import AuditRecord
from dashu.consents.models import ConsentEntry
from dashu.consents.selectors import consents_held, latest_texts
from dashu.messaging import secret_texts
from dashu.messaging.models import OutboxMessage
from loans import tasks
from loans.domain.application_consents import OF_GUARANTORS
from loans.domain.guarantees import State
from loans.models import (
    ApplicationEvent,
    GuaranteeAnswer,
    Guarantor,
    GuarantorCode,
    GuarantorLink,
    Loan,
    LoanContract,
    Offer,
    SigningCode,
)
from loans.selectors.guarantees import guarantees_of
from loans.services.application_rows import ApplicationStateChanged
from loans.services.ask_guarantors_again import (
    GuarantorAnswered,
    GuarantorNotFound,
    GuarantorPhoneUnknown,
    PhoneOfAnother,
    change_guarantor_phone,
    send_link_again,
)
from loans.services.choose_offer import choose_offer
from loans.services.disclose_costs import SheetNotOpened, answer_questions, confirm_sheet, open_sheet
from loans.services.guarantor_links import (
    LinkTooSoon,
    TooManyLinks,
    forget_links,
    send_guarantor_link,
    unsent_links,
)
from loans.services.handed_links import CONFIRMED_FOR
from loans.services.open_guarantee import (
    LinkOver,
    LinkUnknown,
    NotConfirmed,
    NotRecognized,
    confirm_guarantor,
    open_guarantee,
)
from loans.services.refuse_unguaranteed import GuarantorNotSigned
from loans.services.sign_guarantee import (
    GuaranteeConsentMissing,
    ask_guarantor_code,
    decline_guarantee,
    send_guarantor_code,
    sign_guarantee,
)
from loans.services.signing_codes import (
    CodeExpired,
    CodesNotSent,
    CodeTooSoon,
    CodeWrong,
    ask_signing_code,
)
from loans.services.withdraw_application import withdraw_application
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, BROOKS_PHONE, NOW
from tests.papers import text_of
from tests.signers import (
    ACCOUNT,
    READ,
    THEIRS,
    chosen,
    confirmed,
    guaranteed,
    right_answers,
    sign,
    signed,
    token_of,
    understood,
    with_code,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SECOND = {"name": "第二人", "number": "440101198001010017", "phone": "13700000002", "share_bps": 2500}


@pytest.fixture
def application(amina):
    """A business loan whose costs the applicant has understood, with one guarantor, who was asked."""
    return understood(amina, "SME")


@pytest.fixture
def guarantor(application):
    return Guarantor.objects.get()


def texts() -> list[int]:
    return [text.pk for text in latest_texts(OF_GUARANTORS)]


def ask_code(theirs, *, ticked=None, now=NOW) -> GuarantorCode:
    return ask_guarantor_code(**theirs, text_ids=texts() if ticked is None else ticked, language="zh-hans", now=now)


def agree(theirs, code, *, now=NOW) -> GuaranteeAnswer:
    return sign_guarantee(**theirs, code=code, language="zh-hans", now=now, where=THEIRS)


def decline(token, confirmation="", *, now=NOW) -> GuaranteeAnswer:
    return decline_guarantee(token=token, confirmation=confirmation, language="zh-hans", now=now, where=THEIRS)


def opened(token, confirmation="", *, now=NOW):
    return open_guarantee(token=token, confirmation=confirmation, now=now)


def ask_contract_code(application, *, now=NOW) -> SigningCode:
    return ask_signing_code(application_id=application.pk, account=ACCOUNT, now=now, actor="user:1")


def again(application, guarantor, *, now=NOW) -> GuarantorLink:
    return send_link_again(application_id=application.pk, guarantor_id=guarantor.pk, now=now, actor="user:1")


def rephone(application, guarantor, phone, *, now=NOW):
    return change_guarantor_phone(
        application_id=application.pk, guarantor_id=guarantor.pk, phone=phone, now=now, actor="user:1"
    )


def states(application, *, now=NOW) -> list[State]:
    return [each.state for each in guarantees_of(application, now=now)]


def read_and_understand(application, *, now: datetime) -> None:
    about = {"application_id": application.pk, "actor": "user:1"}
    open_sheet(now=now - READ, **about)
    confirm_sheet(now=now, **about)
    assert answer_questions(answers=right_answers(application), now=now, **about).is_passed


def change_a_figure(application) -> None:
    """Have the sheet of the chosen offer say another figure from the next day on."""
    offer = Offer.objects.get(application=application, chosen_at__isnull=False)
    Offer.objects.filter(pk=offer.pk).update(principal_minor=offer.principal_minor - 1_000_00)


def nothing_was_agreed() -> bool:
    return not (
        GuaranteeAnswer.objects.exists()
        or ConsentEntry.objects.exclude(person="").exists()
        or ApplicationEvent.objects.filter(kind="GUARANTEED").exists()
    )


class TestAsking:
    def test_comes_when_the_applicant_has_understood_the_costs(self, amina):
        application = chosen(amina, "SME", now=NOW - READ)
        assert (states(application), GuarantorLink.objects.exists()) == ([State.NOT_ASKED], False)

        read_and_understand(application, now=NOW)

        link = GuarantorLink.objects.get()
        assert states(application) == [State.WAITING]
        assert (link.made_at, link.expires_at, link.phone_shown) == (NOW, NOW + 3 * DAY, "139****5678")
        assert AuditRecord.objects.get(action="loans.guarantor_asked").data["phone"] == "139****5678"

    def test_keeps_a_hash_and_the_token_only_until_it_is_sent(self, guarantor, settings, monkeypatch):
        sent = []
        monkeypatch.setattr(secret_texts, "send_to_gateway", lambda **message: sent.append(message))
        settings.MESSAGING = {**settings.MESSAGING, "SMS_TRANSPORT": "http"}
        link, token = GuarantorLink.objects.get(), token_of(guarantor)

        assert send_guarantor_link(link_id=link.pk, now=NOW + MINUTE) is True
        assert send_guarantor_link(link_id=link.pk, now=NOW + MINUTE) is False

        link.refresh_from_db()
        [message] = sent
        assert (message["phone"], f"/guarantee/{token}/" in message["text"]) == (BROOKS_PHONE, True)
        assert (len(token), link.sealed_token, token in link.token_hash) == (32, None, False)
        assert (link.sent_at, link.expires_at) == (NOW + MINUTE, NOW + MINUTE + 3 * DAY)
        assert not OutboxMessage.objects.exists()

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("en", "you were named as a guarantor of a business loan"),
            ("zh-hans", "您被列为一笔企业贷款的保证人"),
            ("zh-hant", "您被列為一筆企業貸款的保證人"),
        ],
    )
    def test_says_what_it_is_in_the_applicants_language(self, language, words, amina, guarantor, settings, monkeypatch):
        sent = []
        monkeypatch.setattr(secret_texts, "send_to_gateway", lambda **message: sent.append(message))
        settings.MESSAGING = {**settings.MESSAGING, "SMS_TRANSPORT": "http"}
        type(amina).objects.filter(pk=amina.pk).update(language=language)

        send_guarantor_link(link_id=GuarantorLink.objects.get().pk, now=NOW)

        assert words in sent[0]["text"]
        assert "大树小吃店" not in sent[0]["text"]

    def test_waits_for_the_hours_at_which_people_are_reached(self, guarantor, monkeypatch):
        link = GuarantorLink.objects.get()
        night, morning = NOW.replace(hour=23), (NOW + DAY).replace(hour=8)

        assert send_guarantor_link(link_id=link.pk, now=night) is False
        monkeypatch.setattr(tasks, "lender_now", lambda: morning)
        tasks.sweep_applications()

        link.refresh_from_db()
        assert (link.sent_at, link.expires_at) == (morning, morning + 3 * DAY)
        assert unsent_links(now=morning) == []

    def test_forgets_what_no_longer_opens(self, guarantor):
        assert forget_links(now=NOW + 2 * DAY) == 0
        assert forget_links(now=NOW + 3 * DAY) == 1
        assert GuarantorLink.objects.get().sealed_token is None

    def test_asks_nobody_where_no_message_could_reach_them(self, amina, settings):
        settings.SIMULATED_GATEWAY = False

        application = understood(amina, "SME")

        assert not GuarantorLink.objects.exists()
        with pytest.raises(CodesNotSent):
            again(application, Guarantor.objects.get())

    def test_a_loan_without_guarantors_asks_nobody(self, amina):
        application = understood(amina)

        assert ask_contract_code(application).sealed_code
        assert not GuarantorLink.objects.exists()


class TestAskingAgain:
    def test_ends_the_link_before(self, application, guarantor):
        first = token_of(guarantor)

        again(application, guarantor, now=NOW + 10 * MINUTE)

        with pytest.raises(LinkOver):
            opened(first, now=NOW + 10 * MINUTE)
        assert opened(token_of(guarantor), now=NOW + 10 * MINUTE).guarantor == guarantor

    def test_waits_ten_minutes_and_stops_after_four_a_day(self, application, guarantor):
        with pytest.raises(LinkTooSoon) as refused:
            again(application, guarantor, now=NOW + 9 * MINUTE)
        for number in (1, 2, 3):
            again(application, guarantor, now=NOW + number * 10 * MINUTE)
        with pytest.raises(TooManyLinks):
            again(application, guarantor, now=NOW + 40 * MINUTE)

        assert refused.value.details == {"minutes_left": 1}
        assert GuarantorLink.objects.count() == 4

    def test_nobody_is_asked_twice_about_the_same(self, application, guarantor):
        decline(token_of(guarantor))

        with pytest.raises(GuarantorAnswered):
            again(application, guarantor, now=NOW + 10 * MINUTE)

        assert GuarantorLink.objects.count() == 1

    def test_refuses_a_guarantor_of_another_application(self, application, brook):
        other = understood(brook, "SME", person={"number": SECOND["number"], "phone": "13600000001"})

        with pytest.raises(GuarantorNotFound):
            again(application, other.guarantors.get(), now=NOW + 10 * MINUTE)

        assert GuarantorLink.objects.count() == 2

    def test_refuses_once_it_is_over(self, application, guarantor):
        withdraw_application(application_id=application.pk, now=NOW, actor="user:1")

        with pytest.raises(ApplicationStateChanged):
            again(application, guarantor, now=NOW + 10 * MINUTE)

    def test_goes_to_another_phone_at_once(self, application, guarantor):
        first = token_of(guarantor)

        rephone(application, guarantor, "137 0000 0009", now=NOW + MINUTE)

        guarantor.refresh_from_db()
        assert (guarantor.phone, GuarantorLink.objects.first().phone_shown) == ("13700000009", "137****0009")
        with pytest.raises(LinkOver):
            opened(first, now=NOW + MINUTE)
        assert AuditRecord.objects.get(action="loans.guarantor_phone_changed").data["phone"] == "137****0009"

    @pytest.mark.parametrize("phone", ["13800001234", SECOND["phone"]], ids=["applicant's", "other guarantor's"])
    def test_refuses_the_phone_of_somebody_else(self, phone, amina):
        first = {"name": "布鲁克", "number": BROOKS_NUMBER, "phone": BROOKS_PHONE, "share_bps": 5000}
        application = understood(amina, "SME", business={"guarantors": [first, SECOND]})
        guarantor = application.guarantors.first()

        with pytest.raises(PhoneOfAnother):
            rephone(application, guarantor, phone)

        guarantor.refresh_from_db()
        assert (guarantor.phone, GuarantorLink.objects.count()) == (BROOKS_PHONE, 2)

    def test_the_same_phone_changes_nothing(self, application, guarantor):
        assert rephone(application, guarantor, BROOKS_PHONE) is None
        assert GuarantorLink.objects.count() == 1

    def test_who_answered_keeps_their_phone(self, application, guarantor):
        guaranteed(guarantor)

        with pytest.raises(GuarantorAnswered):
            rephone(application, guarantor, "13700000009")

    def test_who_was_named_before_phones_were_asked_for_gets_one_first(self, amina):
        application = chosen(amina, "SME", now=NOW - READ)
        Guarantor.objects.update(phone=None)
        read_and_understand(application, now=NOW)
        guarantor = Guarantor.objects.get()
        assert not GuarantorLink.objects.exists()

        with pytest.raises(GuarantorPhoneUnknown):
            again(application, guarantor)
        rephone(application, guarantor, BROOKS_PHONE)

        assert states(application) == [State.WAITING]


class TestWhoOpensIt:
    def test_is_known_by_the_end_of_the_id_number(self, guarantor):
        theirs = confirmed(guarantor)

        assert opened(**theirs).is_confirmed is True
        assert opened(theirs["token"]).is_confirmed is False
        assert opened(theirs["token"], "guessed").is_confirmed is False

    def test_may_type_it_as_people_do(self, guarantor):
        assert confirm_guarantor(token=token_of(guarantor), typed=" ７０ 0134 ".replace("７０", "07"), now=NOW)

    def test_is_asked_again_after_half_an_hour(self, guarantor):
        theirs = confirmed(guarantor)

        assert opened(**theirs, now=NOW + CONFIRMED_FOR - timedelta(seconds=1)).is_confirmed is True
        assert opened(**theirs, now=NOW + CONFIRMED_FOR).is_confirmed is False

    def test_is_one_at_a_time(self, guarantor):
        first = confirmed(guarantor)

        confirmed(guarantor)

        assert opened(**first).is_confirmed is False

    def test_has_five_tries_and_each_is_kept(self, application, guarantor):
        token = token_of(guarantor)

        for left in (4, 3, 2, 1, 0):
            with pytest.raises(NotRecognized) as refused:
                confirm_guarantor(token=token, typed="000000", now=NOW)
            assert refused.value.details == {"tries_left": left}
        with pytest.raises(LinkOver):
            confirm_guarantor(token=token, typed=BROOKS_NUMBER[-6:], now=NOW)

        assert GuarantorLink.objects.get().wrong_tries == 5
        assert AuditRecord.objects.filter(action="loans.guarantor_not_recognized").count() == 5
        assert states(application) == [State.LINK_OVER]

    def test_the_applicants_own_number_opens_nothing(self, guarantor):
        with pytest.raises(NotRecognized):
            confirm_guarantor(token=token_of(guarantor), typed=AMINAS_NUMBER[-6:], now=NOW)

    def test_wrong_links_are_unknown(self, guarantor):
        token = token_of(guarantor)

        for wrong in ("", "x" * 32, token.swapcase(), token[:-1]):
            with pytest.raises(LinkUnknown):
                opened(wrong)

    def test_an_old_link_is_over(self, guarantor):
        token = token_of(guarantor)

        assert opened(token, now=NOW + 3 * DAY - MINUTE)
        with pytest.raises(LinkOver) as refused:
            opened(token, now=NOW + 3 * DAY)

        assert (refused.value.code, refused.value.http_status) == ("guarantor_link_over", 410)

    def test_so_is_one_of_an_application_that_is_over(self, application, guarantor):
        token = token_of(guarantor)
        withdraw_application(application_id=application.pk, now=NOW, actor="user:1")

        with pytest.raises(LinkOver, match="nothing to decide here any more"):
            opened(token)

    def test_a_secret_opens_no_other_link(self, application, guarantor, brook):
        other = understood(brook, "SME", person={"number": SECOND["number"], "phone": "13600000001"})
        theirs = confirmed(guarantor)

        assert opened(token_of(other.guarantors.get()), theirs["confirmation"]).is_confirmed is False


class TestSigning:
    def test_writes_down_who_agreed_to_what(self, application, guarantor):
        answer = guaranteed(guarantor)

        evidence, offer = answer.evidence, Offer.objects.get(chosen_at__isnull=False)
        assert (answer.kind, answer.at, answer.sheet_digest) == ("SIGNED", NOW, offer.sheet_digest)
        assert evidence["who"] == {
            "guarantor": f"guarantor:{guarantor.pk}",
            "name": "布**",
            "id_number": "110***********0134",
            "phone": "139****5678",
            "confirmed_at": NOW.isoformat(),
        }
        assert evidence["what"]["sheet_sha256"] == offer.sheet_digest
        assert (evidence["what"]["share_bps"], evidence["what"]["answer"]) == (5000, "SIGNED")
        assert evidence["how"]["method"] == "one-time code by text message"
        assert evidence["where"] == {"ip": "198.51.100.9", "agent": "A guarantor's phone"}
        assert set(evidence["consents"]) == {"GUARANTOR_DATA", "GUARANTEE"}
        assert BROOKS_NUMBER not in str(evidence)
        assert states(application) == [State.SIGNED]
        assert ApplicationEvent.objects.get(kind="GUARANTEED").data["evidence"] == answer.evidence_digest

    def test_keeps_the_consents_in_the_guarantors_name(self, application, guarantor):
        guaranteed(guarantor)

        held = consents_held(person=f"guarantor:{guarantor.pk}", about=application.reference)
        assert {purpose: text.version for purpose, text in held.items()} == {"GUARANTOR_DATA": 1, "GUARANTEE": 1}
        assert ConsentEntry.objects.filter(person=f"guarantor:{guarantor.pk}", at=NOW, language="zh-hans").count() == 2

    def test_signed_again_it_is_the_same_answer(self, guarantor):
        first = guaranteed(guarantor)

        assert agree(confirmed(guarantor), "000000") == first
        assert GuaranteeAnswer.objects.count() == 1

    def test_a_code_signs_once(self, application, guarantor):
        theirs = confirmed(guarantor)
        code = ask_code(theirs).sealed_code
        agree(theirs, code)
        decline(**theirs)

        with pytest.raises(CodeExpired):
            agree(theirs, code)

        assert states(application) == [State.DECLINED]

    def test_sends_the_code_to_the_guarantor_only(self, guarantor, settings, monkeypatch):
        sent = []
        monkeypatch.setattr(secret_texts, "send_to_gateway", lambda **message: sent.append(message))
        settings.MESSAGING = {**settings.MESSAGING, "SMS_TRANSPORT": "http"}
        asked = ask_code(confirmed(guarantor))
        code = asked.sealed_code

        assert send_guarantor_code(code_id=asked.pk, now=NOW) is True
        assert send_guarantor_code(code_id=asked.pk, now=NOW) is False

        [message] = sent
        assert (message["phone"], code in message["text"]) == (BROOKS_PHONE, True)
        assert (GuarantorCode.objects.get().sealed_code, GuarantorCode.objects.get().sent_at) == (None, NOW)

    def test_needs_both_consents(self, guarantor):
        theirs = confirmed(guarantor)

        for ticked in ([], texts()[:1], texts()[1:]):
            with pytest.raises(GuaranteeConsentMissing):
                ask_code(theirs, ticked=ticked)

        assert not GuarantorCode.objects.exists()
        assert nothing_was_agreed()

    def test_needs_to_know_who_it_is(self, guarantor):
        theirs = {"token": token_of(guarantor), "confirmation": ""}

        with pytest.raises(NotConfirmed):
            ask_code(theirs)
        with pytest.raises(NotConfirmed):
            agree(theirs, "000000")

        assert not GuarantorCode.objects.exists()
        assert nothing_was_agreed()

    def test_a_wrong_code_is_counted_and_five_of_them_end_it(self, guarantor):
        theirs = confirmed(guarantor)
        code = ask_code(theirs).sealed_code
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"

        for left in (4, 3, 2, 1, 0):
            with pytest.raises(CodeWrong) as refused:
                agree(theirs, wrong)
            assert refused.value.details == {"tries_left": left}
        with pytest.raises(CodeExpired):
            agree(theirs, code)

        assert not GuaranteeAnswer.objects.exists()

    def test_a_code_holds_for_five_minutes_and_one_at_a_time(self, guarantor):
        theirs = confirmed(guarantor)
        first = ask_code(theirs).sealed_code

        with pytest.raises(CodeTooSoon):
            ask_code(theirs, now=NOW + timedelta(seconds=59))
        second = ask_code(theirs, now=NOW + MINUTE).sealed_code
        if first != second:
            with pytest.raises(CodeWrong):
                agree(theirs, first, now=NOW + MINUTE)
        with pytest.raises(CodeExpired):
            agree(theirs, second, now=NOW + 6 * MINUTE)

        assert not GuaranteeAnswer.objects.exists()

    def test_a_code_of_the_link_before_signs_nothing(self, application, guarantor):
        code = ask_code(confirmed(guarantor)).sealed_code
        later = NOW + MINUTE
        rephone(application, guarantor, "13700000009", now=later)

        with pytest.raises(CodeExpired):
            agree(confirmed(guarantor, now=later), code, now=later)

        assert not GuaranteeAnswer.objects.exists()

    def test_a_code_of_another_application_signs_nothing(self, guarantor, brook):
        other = understood(brook, "SME", person={"number": SECOND["number"], "phone": "13600000001"})
        code = ask_code(confirmed(other.guarantors.get())).sealed_code

        with pytest.raises(CodeExpired):
            agree(confirmed(guarantor), code)

        assert not GuaranteeAnswer.objects.exists()

    def test_what_was_answered_is_never_changed_or_deleted(self, guarantor):
        guaranteed(guarantor)

        for statement in (
            "UPDATE loans_guaranteeanswer SET kind = 'DECLINED'",
            "DELETE FROM loans_guaranteeanswer",
        ):
            with pytest.raises(DatabaseError, match="guarantees_are_append_only"), transaction.atomic():
                connection.cursor().execute(statement)


class TestDeclining:
    def test_takes_one_click_and_no_reason(self, application, guarantor):
        answer = decline(token_of(guarantor))

        assert (answer.kind, answer.evidence["who"]["confirmed_at"]) == ("DECLINED", None)
        assert states(application) == [State.DECLINED]
        assert ApplicationEvent.objects.get(kind="NOT_GUARANTEED").actor == f"guarantor:{guarantor.pk}"

    def test_again_changes_nothing(self, guarantor):
        first = decline(token_of(guarantor))

        assert decline(token_of(guarantor), now=NOW + MINUTE) == first
        assert GuaranteeAnswer.objects.count() == 1

    def test_the_applicant_is_told_once_and_not_who(self, guarantor):
        answer = decline(token_of(guarantor))

        tasks.tell_of_guarantee(answer_id=answer.pk)
        tasks.tell_of_guarantee(answer_id=answer.pk)

        message = OutboxMessage.objects.get()
        assert message.template == "loans.guarantor_declined"
        assert "布鲁克" not in str(message.params)

    def test_what_an_event_missed_is_told_by_the_sweep(self, guarantor, monkeypatch):
        decline(token_of(guarantor))
        monkeypatch.setattr(tasks, "lender_now", lambda: NOW + 6 * MINUTE)

        tasks.sweep_applications()

        assert OutboxMessage.objects.filter(template="loans.guarantor_declined").count() == 1

    def test_takes_a_signature_back_before_the_borrower_signs(self, application, guarantor):
        guaranteed(guarantor)
        code = ask_contract_code(application).sealed_code

        decline(**confirmed(guarantor))

        with pytest.raises(GuarantorNotSigned):
            sign(application, code)
        held = consents_held(person=f"guarantor:{guarantor.pk}", about=application.reference)
        assert (set(held), LoanContract.objects.exists()) == ({"GUARANTOR_DATA"}, False)

    def test_nobody_takes_a_signature_back_by_the_link_alone(self, application, guarantor):
        guaranteed(guarantor)

        with pytest.raises(NotConfirmed):
            decline(token_of(guarantor))

        assert states(application) == [State.SIGNED]

    def test_the_guarantor_may_still_agree(self, application, guarantor):
        decline(token_of(guarantor))

        guaranteed(guarantor)

        assert states(application) == [State.SIGNED]

    def test_comes_too_late_once_the_contract_is_signed(self, amina):
        contract = signed(amina, "SME")
        token = GuarantorLink.objects.get().sealed_token

        with pytest.raises(LinkOver):
            decline(token)

        assert [answer.kind for answer in GuaranteeAnswer.objects.all()] == ["SIGNED"]
        assert contract.application.status == "SIGNED"


class TestTheContract:
    def test_waits_until_every_guarantor_has_agreed(self, amina):
        first = {"name": "布鲁克", "number": BROOKS_NUMBER, "phone": BROOKS_PHONE, "share_bps": 5000}
        application = understood(amina, "SME", business={"guarantors": [first, SECOND]})
        one, two = application.guarantors.all()
        guaranteed(one)

        with pytest.raises(GuarantorNotSigned) as refused:
            ask_contract_code(application)

        assert (refused.value.code, refused.value.http_status) == ("guarantor_not_signed", 409)
        assert refused.value.details == {"waiting": 1, "declined": 0}
        assert not SigningCode.objects.exists()
        guaranteed(two)
        assert ask_contract_code(application).sealed_code

    def test_is_not_signed_with_a_guarantor_who_declined(self, application, guarantor):
        decline(token_of(guarantor))

        with pytest.raises(GuarantorNotSigned) as refused:
            ask_contract_code(application)

        assert refused.value.details == {"waiting": 0, "declined": 1}
        assert (SigningCode.objects.exists(), Loan.objects.exists()) == (False, False)

    def test_tells_the_applicant_once_all_have_agreed(self, amina):
        first = {"name": "布鲁克", "number": BROOKS_NUMBER, "phone": BROOKS_PHONE, "share_bps": 5000}
        application = understood(amina, "SME", business={"guarantors": [first, SECOND]})
        one, two = application.guarantors.all()

        tasks.tell_of_guarantee(answer_id=guaranteed(one).pk)
        assert not OutboxMessage.objects.exists()
        guaranteed(two)
        for answer in GuaranteeAnswer.objects.all():
            tasks.tell_of_guarantee(answer_id=answer.pk)

        assert OutboxMessage.objects.get().template == "loans.guarantors_agreed"

    def test_names_each_signature_with_time_and_digest(self, amina):
        contract = signed(amina, "SME")

        answer, text = GuaranteeAnswer.objects.get(), text_of(contract.pdf)
        [named] = contract.facts["entity"]["guarantors"]
        assert named["signed"] == {
            "at": "2026-11-23T10:00:00+08:00",
            "phone": "139****5678",
            "evidence": answer.evidence_digest,
        }
        for said in (answer.evidence_digest, "139****5678", "保证人签署"):
            assert said in text

    def test_another_day_alone_keeps_their_word(self, application, guarantor):
        guaranteed(guarantor)

        later = NOW + DAY
        open_sheet(application_id=application.pk, now=later, actor="user:1")

        assert ask_contract_code(application, now=later).sealed_code
        assert GuarantorLink.objects.count() == 1

    def test_another_day_alone_keeps_their_word_on_a_loan_in_parts(self, amina):
        parts = [{"amount": "60000.00"}, {"amount": "40000.00", "on": "2027-01-15"}]
        loan = {"amount": "100000.00", "months": 12, "purpose": "STOCK", "tranches": parts}
        application = understood(amina, "SME", loan=loan)
        guaranteed(Guarantor.objects.get())

        later = NOW + DAY
        reading = open_sheet(application_id=application.pk, now=later, actor="user:1")

        assert (len(reading.sheet.portions), reading.disclosure.passed_at) == (2, NOW)
        assert states(application, now=later) == [State.SIGNED]
        assert ask_contract_code(application, now=later).sealed_code

    def test_a_changed_sheet_needs_their_word_anew(self, application, guarantor):
        guaranteed(guarantor)
        old, later = token_of(guarantor), NOW + DAY
        change_a_figure(application)

        with pytest.raises(LinkOver, match="The offer has changed"):
            opened(old, now=later)
        read_and_understand(application, now=later)

        assert states(application, now=later) == [State.WAITING]
        with pytest.raises(GuarantorNotSigned):
            ask_contract_code(application, now=later)
        guaranteed(guarantor, now=later)
        assert ask_contract_code(application, now=later).sealed_code

    def test_a_code_asked_before_the_change_signs_nothing(self, amina):
        evening = NOW.replace(hour=23, minute=58)
        application, code = with_code(amina, "SME", now=evening)
        change_a_figure(application)

        with pytest.raises(SheetNotOpened):
            sign(application, code, now=evening + 3 * MINUTE)

        assert not LoanContract.objects.exists()

    def test_another_offer_rebinds_the_link(self, application, guarantor):
        guaranteed(guarantor)
        old = token_of(guarantor)
        choose_offer(application_id=application.pk, position=2, now=NOW, actor="user:1")

        with pytest.raises(LinkOver, match="The offer has changed"):
            opened(old)
        assert states(application) == [State.NOT_ASKED]
        read_and_understand(application, now=NOW + MINUTE)

        assert token_of(guarantor) != old
        with pytest.raises(GuarantorNotSigned):
            ask_contract_code(application, now=NOW + MINUTE)

    def test_back_at_the_first_offer_their_word_still_counts(self, application, guarantor):
        guaranteed(guarantor)
        for position in (2, 1):
            choose_offer(application_id=application.pk, position=position, now=NOW, actor="user:1")

        open_sheet(application_id=application.pk, now=NOW, actor="user:1")

        assert ask_contract_code(application).sealed_code

    def test_back_at_the_first_offer_who_did_not_answer_is_asked_about_it(self, application, guarantor):
        choose_offer(application_id=application.pk, position=2, now=NOW, actor="user:1")
        read_and_understand(application, now=NOW + MINUTE)
        choose_offer(application_id=application.pk, position=1, now=NOW + MINUTE, actor="user:1")

        open_sheet(application_id=application.pk, now=NOW + 2 * MINUTE, actor="user:1")
        open_sheet(application_id=application.pk, now=NOW + 2 * MINUTE, actor="user:1")

        assert GuarantorLink.objects.count() == 3
        assert opened(token_of(guarantor), now=NOW + 2 * MINUTE).offer.position == 1
