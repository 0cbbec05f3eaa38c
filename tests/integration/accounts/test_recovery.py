from datetime import timedelta

import pytest
from django.test import Client

from dashu.kernel.dates import lender_now
from dashu.users.models import Borrower, Identity, User
from dashu.users.services.record_identity import record_identity
from dashu.users.services.sign_in_phones import verify_phone
from tests.integration.accounts.conftest import ENGLISH, PHONE, SAME_PHONE, code_in, is_signed_in, post, wrong

NEW = "battery staple"
ID_NUMBER = "11010519491231002X"


@pytest.fixture
def amina():
    user = User.objects.create_user(None, "correct horse", name="Amina", language="en")
    verify_phone(user_id=user.pk, phone=SAME_PHONE, now=lender_now(), actor="user:test")
    return user


def ask(client, login=PHONE):
    return post(client, "password/reset/", login=login)


def known_as(user):
    borrower = Borrower.objects.create(user=user, name="Amina")
    record_identity(
        borrower_id=borrower.pk,
        kind=Identity.Kind.CN_ID,
        name="张三",
        number=ID_NUMBER,
        phone="13800001234",
        recorded_at=lender_now(),
        actor="user:test",
    )


class TestByPhone:
    def test_the_code_leads_to_a_new_password_and_ends_other_sessions(self, client, amina, latest_text):
        elsewhere = Client()
        elsewhere.force_login(amina)
        page = ask(client)
        assert (page.status_code, page.url) == (302, "/accounts/password/reset/code/")

        page = post(client, "password/reset/code/", code=code_in(latest_text()))
        assert page.url == "/accounts/password/reset/new/"
        page = post(client, "password/reset/new/", password1=NEW)

        assert page.url == "/accounts/password/reset/key/done/"
        assert is_signed_in(client) is False
        assert elsewhere.get("/accounts/security/").status_code == 302
        amina.refresh_from_db()
        assert amina.check_password(NEW) is True
        assert "A new password was chosen" in latest_text()
        post(client, "login/", login=PHONE, password=NEW)
        assert is_signed_in(client) is True

    def test_does_not_tell_whether_the_phone_has_an_account(self, client, amina, latest_text, texts):
        known, unknown = ask(client), ask(stranger := Client(), "139 0000 1234")

        assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
        pages = [each.get(known.url, headers=ENGLISH).content.decode() for each in (client, stranger)]
        assert [page.count("field__") for page in pages] == [pages[0].count("field__")] * 2
        assert ["If 138****1234 belongs" in pages[0], "If 139****1234 belongs" in pages[1]] == [True, True]
        latest_text()
        assert len(texts) == 2
        assert code_in(texts[0]["text"])
        assert "No account has it" in texts[1]["text"]

    def test_nothing_that_is_typed_is_the_code_of_a_phone_without_account(self, client, texts):
        ask(client)

        answers = [post(client, "password/reset/code/", code=code).status_code for code in ("", "000000", "123456")]

        assert answers == [200, 200, 200]
        assert post(client, "password/reset/new/", password1=NEW).url == "/accounts/password/reset/"

    def test_the_password_page_opens_by_the_code_only(self, client, amina, texts):
        ask(client)

        page = post(client, "password/reset/new/", password1=NEW)

        assert page.url == "/accounts/password/reset/"
        amina.refresh_from_db()
        assert amina.check_password("correct horse") is True

    def test_five_wrong_codes_end_it(self, client, amina, latest_text):
        ask(client)
        code = code_in(latest_text())
        for _ in range(5):
            page = post(client, "password/reset/code/", code=wrong(code))

        assert page.url == "/accounts/password/reset/"
        assert post(client, "password/reset/code/", code=code).url == "/accounts/password/reset/"
        assert post(client, "password/reset/new/", password1=NEW).url == "/accounts/password/reset/"

    def test_a_code_of_more_than_ten_minutes_is_worth_nothing(self, client, amina, latest_text, monkeypatch):
        ask(client)
        code = code_in(latest_text())
        later = (lender_now() + timedelta(minutes=10, seconds=1)).timestamp()
        monkeypatch.setattr("allauth.account.internal.flows.code_verification.time.time", lambda: later)

        page = post(client, "password/reset/code/", code=code)

        assert page.url == "/accounts/password/reset/"

    def test_a_code_works_once(self, client, amina, latest_text):
        ask(client)
        code = code_in(latest_text())
        post(client, "password/reset/code/", code=code)
        post(client, "password/reset/new/", password1=NEW)

        assert post(client, "password/reset/code/", code=code).url == "/accounts/password/reset/"
        assert post(client, "password/reset/new/", password1="another staple").url == "/accounts/password/reset/"
        amina.refresh_from_db()
        assert amina.check_password(NEW) is True

    def test_a_second_code_within_a_minute_waits(self, client, amina, texts):
        ask(client)

        page = ask(Client())

        assert page.status_code == 200
        assert "A code is on its way" in page.content.decode()
        assert post(client, "password/reset/code/", action="resend").status_code == 302
        shown = client.get("/accounts/password/reset/code/", headers=ENGLISH).content.decode()
        assert "A code is on its way" in shown

    def test_a_weak_password_is_refused_and_asked_again(self, client, amina, latest_text):
        ask(client)
        post(client, "password/reset/code/", code=code_in(latest_text()))

        page = post(client, "password/reset/new/", password1="12345678")

        assert page.status_code == 200
        amina.refresh_from_db()
        assert amina.check_password("correct horse") is True
        assert post(client, "password/reset/new/", password1=NEW).status_code == 302

    def test_a_closed_account_gets_no_code(self, client, amina, latest_text):
        User.objects.filter(pk=amina.pk).update(is_active=False)

        ask(client)

        assert "No account has it" in latest_text()


class TestByAPhoneThatHadAnotherOwner:
    @pytest.fixture(autouse=True)
    def _known(self, amina):
        known_as(amina)

    def test_the_end_of_the_id_number_is_asked_for(self, client, amina, latest_text):
        ask(client)
        post(client, "password/reset/code/", code=code_in(latest_text()))
        page = post(client, "password/reset/new/", password1=NEW, id_end="1234")
        assert "This does not match what you told us" in page.content.decode()
        amina.refresh_from_db()
        assert amina.check_password("correct horse") is True

        post(client, "password/reset/new/", password1=NEW, id_end="002x")

        amina.refresh_from_db()
        assert amina.check_password(NEW) is True

    def test_guessing_it_ends_after_five(self, client, amina, latest_text):
        ask(client)
        post(client, "password/reset/code/", code=code_in(latest_text()))
        for number in range(5):
            page = post(client, "password/reset/new/", password1=NEW, id_end=f"100{number}")

        assert page.url == "/accounts/password/reset/"
        assert post(client, "password/reset/new/", password1=NEW, id_end="002X").url == "/accounts/password/reset/"
        amina.refresh_from_db()
        assert amina.check_password("correct horse") is True


class TestByLink:
    @pytest.fixture
    def brook(self):
        return User.objects.create_user("brook@example.com", "correct horse", language="en")

    def link_in(self, mail):
        return next(word for word in mail.body.split() if "/password/reset/key/" in word)

    def test_the_link_leads_to_a_new_password_ends_other_sessions_and_works_once(self, client, brook, mailoutbox):
        elsewhere = Client()
        elsewhere.force_login(brook)
        ask(client, "Brook@example.com")
        link = self.link_in(mailoutbox[0])

        page = client.get(link)
        client.post(page.url, {"password1": NEW})

        brook.refresh_from_db()
        assert brook.check_password(NEW) is True
        assert elsewhere.get("/accounts/security/").status_code == 302
        assert brook.emailaddress_set.get().verified is True
        assert "A new password was chosen" in mailoutbox[1].body
        assert "This link no longer works" in Client().get(link, headers=ENGLISH).content.decode()

    def test_the_key_of_the_link_is_in_no_log(self, client, brook, mailoutbox, capsys):
        ask(client, "brook@example.com")
        link = self.link_in(mailoutbox[0])
        key = link.rstrip("/").rpartition("/")[2]

        client.get(link)

        logged = capsys.readouterr().out
        assert "GET /accounts/password/reset/key/…/" in logged
        assert key not in logged

    def test_an_address_without_account_gets_a_mail_too(self, client, mailoutbox):
        page = ask(client, "nobody@example.com")

        assert page.url == "/accounts/password/reset/done/"
        assert "No account has it" in mailoutbox[0].body
        assert "/key/" not in mailoutbox[0].body
