"""Closing an account: what is in the way, what is deleted, what stays, and the way back."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.formats import date_format

from collections_mgmt.models import CaseFile, CaseFileEvent, Complaint, ComplaintMessage, PromiseToPay
from collections_mgmt.services.complaints import make_complaint
from dashu.accounts.sessions import SessionStore
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import LENDER_ZONE, lender_date, lender_now
from dashu.messaging import guard
from dashu.messaging.models import ContactPoint, ContactPreference, OptOut, OutboxMessage, SecretText
from dashu.privacy.closing import obstacles
from dashu.privacy.links import undo_token
from dashu.privacy.models import AccountClosure, DataExport
from dashu.privacy.services.close_account import AccountInUse, TooLateToUndo, close_account, undo_closure
from dashu.privacy.services.finish_closure import finish_due
from dashu.users.indexes import number_index
from dashu.users.models import Borrower, Identity, SignInPhone, User
from dashu.users.services.record_identity import record_identity
from dashu.users.services.sign_in_phones import verify_phone
from education.models import LessonProgress
from loans.models import (
    Application,
    Business,
    GuaranteeAnswer,
    Guarantor,
    GuarantorCode,
    GuarantorLink,
    Loan,
    Product,
)
from loans.services.withdraw_application import withdraw_application
from repayments.models import LoanBalance, Payment
from repayments.services.reconcile_day import reconcile_day
from tests import factories
from tests.applicants import BROOKS_NUMBER, submitted
from tests.applicants import NOW as APPLIED
from tests.integration.accounts.conftest import latest_text, texts  # noqa: F401 – fixtures
from tests.integration.privacy.test_export import NUMBER, amina, made, signed_in  # noqa: F401 – a fixture, and helpers
from tests.integration.repayments.test_documents import settle
from tests.signers import guaranteed, signed, understood

NOW = datetime(2026, 5, 1, 12, tzinfo=LENDER_ZONE)
LATER = NOW + timedelta(days=7)
DAY = NOW.date()


def close(borrower: Borrower, now: datetime = NOW) -> AccountClosure:
    return close_account(borrower_id=borrower.pk, now=now, actor="user:test")


def by_phone_only() -> Borrower:
    user = User.objects.create_user(None, "correct horse", language="en")
    verify_phone(user_id=user.pk, phone="+8613800001234", now=NOW, actor="user:test")
    return Borrower.objects.create(name="Amina", user=user, language="en")


def settled_loan(borrower: Borrower) -> Loan:
    loan = factories.running_loan(borrower)
    settle(loan)
    loan.refresh_from_db()
    assert loan.status == "SETTLED"
    return loan


def typed_and_not_sent(borrower: Borrower) -> str:
    """Return the key of a session in which something waits to be typed on."""
    session = SessionStore()
    session["kept_input"] = {"fields": {"words": ["My hours were cut."]}}
    session.save()
    UserSession.objects.create(
        user=borrower.user, ip="203.0.113.7", user_agent="Phone", session_key=session.session_key
    )
    assert session.session_key
    return session.session_key


def identified(borrower: Borrower) -> Identity:
    return record_identity(
        borrower_id=borrower.pk,
        kind="CN_ID",
        name="张三丰",
        number=NUMBER,
        phone="13800001234",
        recorded_at=NOW,
        actor="user:test",
    )


class TestWhatIsInTheWay:
    def test_a_running_loan_and_its_number_is_said(self, amina):  # noqa: F811
        loan = factories.running_loan(amina)

        with pytest.raises(AccountInUse):
            close(amina)

        assert [(each.kind, each.number) for each in obstacles(amina)] == [("loan", loan.number)]
        assert AccountClosure.objects.exists() is False
        amina.user.refresh_from_db()
        assert amina.user.is_active is True

    def test_an_application_that_is_not_decided(self, amina):  # noqa: F811
        application = submitted(amina)

        assert [(each.kind, each.number) for each in obstacles(amina)] == [("application", application.reference)]

    def test_a_contract_whose_money_is_on_its_way(self, amina):  # noqa: F811
        contract = signed(amina)

        assert {each.kind for each in obstacles(amina)} == {"loan", "application"}
        assert contract.first_loan.number in {each.number for each in obstacles(amina)}

    def test_money_that_we_owe(self, amina):  # noqa: F811
        loan = settled_loan(amina)
        LoanBalance.objects.filter(pk=loan.pk).update(unapplied_minor=5)

        assert [(each.kind, each.number) for each in obstacles(amina)] == [("credit", loan.number)]

    def test_nothing_once_the_loan_is_paid_back(self, amina):  # noqa: F811
        settled_loan(amina)

        assert obstacles(amina) == []


class TestClosing:
    def test_ends_signing_in_at_once_and_every_reminder(self, amina):  # noqa: F811
        client = signed_in(amina)

        close(amina)

        assert client.get("/me/").headers["Location"].startswith("/accounts/login/")
        fresh = Client()
        fresh.post("/accounts/login/", {"login": "amina@example.com", "password": "correct horse"})
        assert "_auth_user_id" not in fresh.session
        verdicts = guard.judge([amina.pk], purpose="MARKETING", at=NOW)[amina.pk]
        assert all("ON_HOLD" in verdict.reasons for verdict in verdicts)

    def test_twice_is_once(self, amina):  # noqa: F811
        assert close(amina).pk == close(amina, NOW + timedelta(days=1)).pk
        assert AuditRecord.objects.filter(action="privacy.account_closed").count() == 1

    def test_says_what_is_kept_and_until_when(self, amina):  # noqa: F811
        settled_loan(amina)
        identified(amina)

        assert {line["what"]: line["until"] for line in close(amina).kept} == {
            "IDENTITY": "2036-03-20",
            "CONTRACTS": "2036-03-20",
            "PAYMENTS": "2056-03-20",
            "MESSAGES": "2029-05-01",
        }

    def test_of_who_never_borrowed_keeps_only_what_was_told(self, amina):  # noqa: F811
        identified(amina)

        assert close(amina).kept == [{"what": "MESSAGES", "until": "2029-05-01"}]


class TestTakingItBack:
    def test_opens_the_account_as_it_was(self, amina):  # noqa: F811
        closure = close(amina)

        undo_closure(closure_id=closure.pk, now=LATER - timedelta(seconds=1), actor="anonymous")

        assert signed_in(Borrower.objects.get()).get("/me/").status_code == 200
        assert finish_due(now=LATER) == 0
        assert Borrower.objects.get().email == "amina@example.com"
        assert OutboxMessage.objects.get(template="privacy.closing").status == "CANCELLED"
        assert close(amina).pk != closure.pk

    def test_is_too_late_after_the_days(self, amina):  # noqa: F811
        closure = close(amina)

        with pytest.raises(TooLateToUndo):
            undo_closure(closure_id=closure.pk, now=LATER, actor="anonymous")

        assert User.objects.get().is_active is False


class TestFinishing:
    def test_waits_for_its_days(self, amina):  # noqa: F811
        close(amina)

        assert finish_due(now=LATER - timedelta(seconds=1)) == 0
        assert User.objects.count() == 1

    def test_leaves_no_personal_data_but_the_sealed_identity(self, amina):  # noqa: F811
        loan = settled_loan(amina)
        identified(amina)
        ContactPreference.objects.create(borrower=amina, channel="SMS")
        ContactPoint.objects.create(borrower=amina, channel="SMS", address_key=amina.phone_index)
        OptOut.objects.create(borrower=amina, channel="SMS", purpose="MARKETING", source="LINK")
        LessonProgress.objects.create(user=amina.user, lesson="overdue", started_at=NOW)
        AccessAttempt.objects.create(username="amina@example.com", ip_address="203.0.113.7", failures_since_start=1)
        factories.message(
            amina,
            channel="SMS",
            status="SENT",
            sent_at=NOW,
            address=amina.phone,
            address_key=amina.phone_index,
            body="Thank you.",
        )
        SignInPhone.objects.create(user=amina.user, phone="13800000000", phone_index="x", given_at=NOW, verified_at=NOW)
        key = typed_and_not_sent(amina)
        export = made(amina)
        close(amina)

        assert finish_due(now=LATER) == 1

        gone = Borrower.objects.get()
        assert (gone.name, gone.phone, gone.email, gone.user) == (gone.number, "", "", None)
        assert Session.objects.filter(session_key=key).exists() is False
        for rows in (
            User,
            SignInPhone,
            UserSession,
            ContactPreference,
            ContactPoint,
            OptOut,
            LessonProgress,
            AccessAttempt,
        ):
            assert rows.objects.exists() is False, rows
        assert set(OutboxMessage.objects.values_list("address", flat=True)) == {""}
        assert DataExport.objects.get(pk=export.pk).status == "DELETED"
        assert Identity.objects.get().number == NUMBER
        assert Loan.objects.get().number == loan.number
        assert Payment.objects.count() == 1
        assert finish_due(now=LATER) == 0

    def test_leaves_the_books_as_they_were(self, amina):  # noqa: F811
        settled_loan(amina)
        close(amina)

        finish_due(now=LATER)

        assert reconcile_day(on=date(2026, 5, 8), actor="system:test").is_clean is True

    def test_forgets_what_was_never_handed_in_and_who_never_borrowed(self, amina):  # noqa: F811
        identified(amina)
        Application.objects.create(
            borrower=amina,
            product=Product.objects.get(code="consumer"),
            status="WITHDRAWN",
            facts={"month": {"income_minor": 900_000}},
            amount_minor=1_000_00,
        )
        close(amina)

        finish_due(now=LATER)

        left = Application.objects.get()
        assert (left.facts, left.amount_minor) == ({}, None)
        assert Identity.objects.exists() is False

    def test_waits_where_something_is_open_again(self, amina):  # noqa: F811
        loan = settled_loan(amina)
        close(amina)
        Loan.objects.filter(pk=loan.pk).update(status="ACTIVE")

        assert finish_due(now=LATER) == 0
        assert Borrower.objects.get().email == "amina@example.com"

    def test_words_both_ways_go_with_the_messages(self, amina):  # noqa: F811
        complaint = make_complaint(
            borrower_id=amina.pk,
            loan_id=None,
            about="CONTACT",
            words="Twice a day.",
            wish="Stop.",
            key=uuid4(),
            now=NOW,
            actor="user:test",
        )
        Complaint.objects.update(answered_at=NOW, answer="It stops.")
        close(amina)
        finish_due(now=LATER)
        assert Complaint.objects.get().words == "Twice a day."

        assert finish_due(now=datetime(2029, 5, 2, 1, tzinfo=LENDER_ZONE)) == 1

        left = Complaint.objects.get()
        assert (left.reference, left.words, left.wish, left.answer) == (complaint.reference, "", "", "")
        assert set(ComplaintMessage.objects.values_list("words", flat=True)) <= {""}

    def test_notes_of_staff_go_with_the_messages_and_what_was_done_stays(self, amina):  # noqa: F811
        loan = settled_loan(amina)
        file = CaseFile.objects.create(
            number="F000000000001", borrower=amina, state="CLOSED", opened_on=DAY, closed_on=DAY, weighed_on=DAY,
            contact_due_on=DAY, review_due_on=DAY,
        )  # fmt: skip
        event = CaseFileEvent.objects.create(file=file, kind="NOTE", at=NOW, actor="user:1", words="Lost her work.")
        PromiseToPay.objects.create(
            loan=loan, amount_minor=1, made_on=DAY, due_on=DAY, status="KEPT", note="salary", actor="user:1"
        )
        close(amina)
        finish_due(now=LATER)
        event.refresh_from_db()
        assert event.words == "Lost her work."

        finish_due(now=datetime(2029, 5, 2, 1, tzinfo=LENDER_ZONE))

        event.refresh_from_db()
        assert (event.kind, event.actor, event.words) == ("NOTE", "user:1", "")
        assert PromiseToPay.objects.get().note == ""

    def test_each_part_goes_after_its_last_day(self, amina):  # noqa: F811
        settled_loan(amina)
        identified(amina)
        OutboxMessage.objects.create(
            dedupe_key="k", borrower=amina, template="x", language="en", status="SENT", sent_at=NOW, body="Hello"
        )
        close(amina)
        finish_due(now=LATER)

        assert finish_due(now=datetime(2029, 5, 1, 23, tzinfo=LENDER_ZONE)) == 0
        assert OutboxMessage.objects.get(dedupe_key="k").body == "Hello"
        assert finish_due(now=datetime(2029, 5, 2, 1, tzinfo=LENDER_ZONE)) == 1
        assert OutboxMessage.objects.get(dedupe_key="k").body == ""
        assert Identity.objects.count() == 1
        assert finish_due(now=datetime(2036, 3, 21, 1, tzinfo=LENDER_ZONE)) == 1
        assert Identity.objects.exists() is False
        assert AccountClosure.objects.get().erase_next_on is None

    def test_whom_an_application_named_goes_with_it(self, amina):  # noqa: F811
        application = understood(amina, "SME")
        guarantor = Guarantor.objects.get()
        answer = guaranteed(guarantor)
        withdraw_application(application_id=application.pk, now=APPLIED, actor="user:1")
        close(amina, now=APPLIED)
        finish_due(now=APPLIED + timedelta(days=7))

        guarantor.refresh_from_db()
        assert guarantor.number == BROOKS_NUMBER
        assert finish_due(now=APPLIED.replace(year=2029, month=12)) == 1

        guarantor.refresh_from_db()
        assert (guarantor.name, guarantor.number, guarantor.phone) == ("", "", None)
        assert guarantor.number_index != number_index(BROOKS_NUMBER)
        for rows in (Business, GuarantorLink, GuarantorCode):
            assert rows.objects.exists() is False, rows
        assert GuaranteeAnswer.objects.get() == answer


class TestPages:
    def proved(self, borrower: Borrower) -> Client:
        client = signed_in(borrower)
        asked = client.get("/me/closing/confirm/")
        assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
        client.post(asked.headers["Location"], {"password": "correct horse"})
        return client

    def test_with_a_loan_say_why_not_and_stop_offers(self, amina):  # noqa: F811
        loan = factories.running_loan(amina)
        client = signed_in(amina)

        page = client.get("/me/closing/").content.decode()
        assert f"Loan {loan.number} is not paid back yet." in page
        assert "/me/closing/confirm/" not in page

        client.post("/me/closing/offers/")
        assert set(OptOut.objects.values_list("channel", "purpose")) == {("EMAIL", "MARKETING"), ("SMS", "MARKETING")}

    def test_with_a_complaint_say_so_and_lead_to_it(self, amina):  # noqa: F811
        about = {"about": "CONTACT", "words": "Twice a day.", "wish": "", "key": uuid4()}
        made = make_complaint(borrower_id=amina.pk, loan_id=None, **about, now=NOW, actor="user:test")

        page = signed_in(amina).get("/me/closing/").content.decode()

        assert f"Your complaint {made.reference} is not answered yet. You get our answer first." in page
        assert f'href="/complaints/{made.reference}/"' in page

    def test_say_what_goes_and_what_stays(self, amina):  # noqa: F811
        settled_loan(amina)

        page = signed_in(amina).get("/me/closing/").content.decode()

        assert "Your contracts and their schedules" in page
        assert "at least until March 20, 2036" in page
        assert "at least until March 20, 2056" in page

    def test_ask_for_the_password_and_the_word(self, amina):  # noqa: F811
        client = self.proved(amina)

        page = client.post("/me/closing/confirm/", {"word": "yes"}).content.decode()
        assert "Write the word “close” as it stands here." in page
        assert AccountClosure.objects.exists() is False

        answer = client.post("/me/closing/confirm/", {"word": " Close "}, follow=True)
        assert "The account is closed" in answer.content.decode()
        assert AccountClosure.objects.get().status == "ASKED"
        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("word", ["注销", "註銷", "CLOSE"])
    def test_take_the_word_of_each_language(self, amina, word):  # noqa: F811
        self.proved(amina).post("/me/closing/confirm/", {"word": word})

        assert AccountClosure.objects.count() == 1

    def test_without_the_password_close_nothing(self, amina):  # noqa: F811
        signed_in(amina).post("/me/closing/confirm/", {"word": "close"})

        assert AccountClosure.objects.exists() is False

    def test_the_way_back_opens_only_when_it_is_asked_for(self, amina):  # noqa: F811
        closure = close_account(borrower_id=amina.pk, now=lender_now(), actor="user:test")
        address = f"/me/closing/undo/{undo_token(closure.pk)}/"
        client = Client(headers={"accept-language": "en"})

        assert "Open the account again" in client.get(address).content.decode()
        assert AccountClosure.objects.get().status == "ASKED"
        assert "The account is open again" in client.post(address).content.decode()
        assert User.objects.get().is_active is True

    def test_who_has_only_a_phone_gets_the_way_back_there(self, rules, latest_text):  # noqa: F811
        closure = close(by_phone_only(), lender_now())

        day = date_format(lender_date(closure.undo_until), "DATE_FORMAT")
        assert latest_text() == (
            f"Your Dashu account is closed on {day}. If you change your mind before, or did not ask for it,"
            f" open it again here: http://127.0.0.1:8000/me/closing/undo/{undo_token(closure.pk)}/"
        )
        assert OutboxMessage.objects.exists() is False
        assert SecretText.objects.exists() is False

    def test_who_has_an_address_gets_no_text_message(self, amina, texts):  # noqa: F811
        close(amina)

        assert SecretText.objects.exists() is False

    @pytest.mark.parametrize("login", ["13800001234", "+86 138 0000 1234"])
    def test_signing_in_leads_to_the_way_back_and_changes_nothing(self, client, rules, login):
        closure = close_account(borrower_id=by_phone_only().pk, now=lender_now(), actor="user:test")
        page = client.post("/accounts/login/", {"login": login, "password": "correct horse"}, follow=True)

        assert page.request["PATH_INFO"] == f"/me/closing/undo/{undo_token(closure.pk)}/"
        assert "Open the account again" in page.content.decode()
        assert "_auth_user_id" not in client.session
        assert User.objects.get().is_active is False

        client.post(page.request["PATH_INFO"])
        client.post("/accounts/login/", {"login": login, "password": "correct horse"})
        assert client.session["_auth_user_id"] == str(User.objects.get().pk)

    def test_signing_in_with_another_password_tells_nothing(self, client, amina):  # noqa: F811
        close_account(borrower_id=amina.pk, now=lender_now(), actor="user:test")

        page = client.post("/accounts/login/", {"login": "amina@example.com", "password": "another"}, follow=True)

        assert page.request["PATH_INFO"] == "/accounts/login/"
        assert "closed_account" not in client.session

    def test_signing_in_too_late_says_that_the_account_is_closed(self, client, amina):  # noqa: F811
        close(amina, lender_now() - timedelta(days=8))
        sign_in = {"login": "amina@example.com", "password": "correct horse"}

        page = client.post("/accounts/login/", sign_in, headers={"accept-language": "en"}, follow=True)

        assert page.request["PATH_INFO"] == "/accounts/inactive/"
        assert "_auth_user_id" not in client.session

    def test_an_open_session_does_not_outlast_the_closing_with_any_backend(self, amina):  # noqa: F811
        client = Client()
        client.force_login(amina.user, "dashu.accounts.backends.SignInBackend")

        close(amina)

        assert client.get("/me/").status_code == 302

    def test_who_may_work_here_no_more_gets_into_the_back_office_neither(self, client, rules):
        former = factories.staff("Former")
        User.objects.filter(pk=former.pk).update(is_active=False)

        client.post("/admin/login/", {"username": former.email, "password": "correct horse"})

        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("wrong", ["1:AAAAAAAAAAAAAAAAAAAAAA", "x", "1"])
    def test_a_link_that_is_not_ours_is_not_found(self, amina, wrong):  # noqa: F811
        close(amina)

        assert Client().post(f"/me/closing/undo/{wrong}/").status_code == 404
        assert User.objects.get().is_active is False
