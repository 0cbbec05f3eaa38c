from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_now
from dashu.users.models import SignInPhone, User
from dashu.users.services.sign_in_phones import PhoneTaken, forget_unfinished_accounts, note_phone, verify_phone
from tests.integration.accounts.conftest import PHONE, SAME_PHONE, code_in, is_signed_in, post, wrong


def sign_up(client, login=PHONE, **more):
    return post(client, "signup/", login=login, password1="correct horse", **more)


def owner_of(phone=SAME_PHONE):
    user = User.objects.create_user(None, "correct horse")
    verify_phone(user_id=user.pk, phone=phone, now=lender_now(), actor="user:test")
    return user


def sessions_as_stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(session_data, ' ') FROM django_session")
        return cursor.fetchone()[0]


class TestSignUpByPhone:
    def test_the_code_opens_the_account_and_leads_on(self, client, latest_text):
        page = sign_up(client, next="/apply/")
        assert (page.status_code, page.url) == (302, "/accounts/phone/verify/")
        assert is_signed_in(client) is False

        page = post(client, "phone/verify/", code=code_in(latest_text()))

        user = User.objects.get()
        assert (page.status_code, page.url) == (302, "/apply/")
        assert client.session["_auth_user_id"] == str(user.pk)
        assert (user.email, user.role, user.is_staff) == (None, User.Role.BORROWER, False)
        assert user.sign_in_phone.phone == SAME_PHONE
        assert user.sign_in_phone.verified_at is not None
        noted = AuditRecord.objects.get(action="users.sign_in_phone_verified")
        assert (noted.subject_id, noted.data) == (str(user.pk), {"replaces_another": False})

    def test_neither_phone_nor_code_is_stored_or_logged_in_the_clear(self, client, latest_text, caplog, capsys):
        sign_up(client)
        code = code_in(latest_text())

        with connection.cursor() as cursor:
            cursor.execute("SELECT phone, phone_index FROM users_signinphone")
            row = " ".join(cursor.fetchone())
        assert code not in sessions_as_stored()
        assert client.session["account_login"]["state"]["stages"]["verify_phone"]["data"]["code"] == code
        assert "13800001234" not in row + sessions_as_stored()
        out = capsys.readouterr()
        for line in (caplog.text, out.out, out.err):
            assert code not in line
            assert "13800001234" not in line

    def test_a_wrong_code_opens_nothing_and_can_be_mended(self, client, latest_text):
        sign_up(client)
        code = code_in(latest_text())

        page = post(client, "phone/verify/", code=wrong(code))

        assert page.status_code == 200
        assert "This is not the code" in page.content.decode()
        assert is_signed_in(client) is False
        assert post(client, "phone/verify/", code=code).status_code == 302
        assert is_signed_in(client) is True

    def test_after_five_wrong_codes_the_right_one_is_worth_nothing(self, client, latest_text):
        sign_up(client)
        code = code_in(latest_text())
        for _ in range(5):
            page = post(client, "phone/verify/", code=wrong(code))
        assert (page.status_code, page.url) == (302, "/accounts/login/")

        page = post(client, "phone/verify/", code=code)

        assert (page.status_code, page.url) == (302, "/accounts/login/")
        assert is_signed_in(client) is False
        assert SignInPhone.objects.get().verified_at is None

    def test_a_code_of_more_than_ten_minutes_is_worth_nothing(self, client, latest_text, monkeypatch):
        sign_up(client)
        code = code_in(latest_text())
        now = timezone.now().timestamp()
        monkeypatch.setattr("allauth.account.internal.flows.code_verification.time.time", lambda: now + 601)

        post(client, "phone/verify/", code=code)

        monkeypatch.undo()
        assert is_signed_in(client) is False
        assert SignInPhone.objects.get().verified_at is None

    def test_a_code_works_once(self, client, latest_text):
        sign_up(client)
        code = code_in(latest_text())
        post(client, "phone/verify/", code=code)
        client.post("/accounts/logout/")

        post(client, "phone/verify/", code=code)

        assert is_signed_in(client) is False

    def test_a_code_is_for_the_browser_that_asked(self, client, latest_text):
        sign_up(client)

        page = post(Client(), "phone/verify/", code=code_in(latest_text()))

        assert (page.status_code, page.url) == (302, "/accounts/login/")

    def test_another_code_replaces_the_first(self, client, latest_text, waits):
        sign_up(client)
        first = code_in(latest_text())

        assert post(client, "phone/verify/", action="resend").status_code == 302
        second = code_in(latest_text())

        post(client, "phone/verify/", code=wrong(second) if first == second else first)
        assert is_signed_in(client) is False
        post(client, "phone/verify/", code=second)
        assert is_signed_in(client) is True

    def test_sending_twice_makes_one_account_and_one_text(self, client, latest_text, texts):
        sign_up(client)
        page = sign_up(client)

        latest_text()
        assert (page.status_code, page.url) == (302, "/accounts/phone/verify/")
        assert len(texts) == 1
        assert User.objects.count() == 1

    @pytest.mark.parametrize("typed", ["123", "+1 555 010 9999", "12345678901", "nobody", "a@b"])
    def test_refuses_what_is_neither_phone_nor_address_and_keeps_it(self, client, typed):
        page = sign_up(client, typed)

        assert page.status_code == 200
        assert f'value="{typed}"' in page.content.decode()
        assert "field__error" in page.content.decode()
        assert User.objects.exists() is False

    def test_without_text_messages_asks_for_an_address(self, client, settings):
        settings.SIMULATED_GATEWAY = False

        page = sign_up(client)

        assert "Codes cannot be sent to phones at present" in page.content.decode()
        assert User.objects.exists() is False

    def test_a_demonstration_shows_the_text_and_keeps_none(self, client):
        sign_up(client)

        page = client.get("/accounts/phone/verify/", headers={"accept-language": "en"}).content.decode()

        assert "It would say:" in page
        post(client, "phone/verify/", code=code_in(page.split("It would say:")[1]))
        assert is_signed_in(client) is True
        assert "account_text_shown" not in client.session

    def test_a_weak_password_is_refused_in_words(self, client):
        page = post(client, "signup/", login=PHONE, password1="12345678")

        assert page.status_code == 200
        assert page.content.decode().count('id="id_password1_error"') == 1
        assert page.content.decode().count('class="field__error"') > 1  # all of them are read out with the field
        assert "At least 8 characters" in page.content.decode()
        assert "<ul><li>" not in page.content.decode()
        assert User.objects.exists() is False


class TestTwoAccountsWithOnePhone:
    def test_the_page_does_not_tell_and_the_owner_learns_it(self, client, latest_text, texts):
        owner = owner_of()

        page = sign_up(client)
        taken = client.get(page.url, headers={"accept-language": "en"}).content.decode()

        fresh = Client()
        new = sign_up(fresh, "139 0000 1234")
        free = fresh.get(new.url, headers={"accept-language": "en"}).content.decode()
        assert (page.status_code, page.url) == (new.status_code, new.url)
        assert _skeleton(taken) == _skeleton(free)
        latest_text()
        assert "There is one already" in texts[0]["text"]
        assert code_in(texts[1]["text"])
        assert [text["phone"] for text in texts] == ["13800001234", "13900001234"]
        assert set(User.objects.values_list("pk", flat=True)) > {owner.pk}
        assert SignInPhone.objects.filter(phone_index=owner.sign_in_phone.phone_index).count() == 1

    def test_no_code_opens_the_account_of_another(self, client, texts):
        owner_of()
        sign_up(client)

        for code in ("", "000000", "123456"):
            post(client, "phone/verify/", code=code)

        assert is_signed_in(client) is False

    def test_hashes_a_password_either_way(self, client, texts, monkeypatch):
        from django.contrib.auth.hashers import MD5PasswordHasher

        hashed = []
        encode = MD5PasswordHasher.encode
        monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *given: hashed.append(1) or encode(*given))
        owner_of()
        User.objects.create_user("known@example.com", "correct horse")
        counts = {}
        for login in (PHONE, "137 0000 1234", "known@example.com", "unknown@example.com"):
            hashed.clear()
            sign_up(Client(), login)
            counts[login] = len(hashed)

        assert counts == dict.fromkeys(counts, 1)

    def test_who_types_a_strangers_phone_keeps_nobody_out(self, client, latest_text):
        stranger = Client()
        sign_up(stranger)
        intruder = User.objects.get()

        note_phone(user_id=User.objects.create_user(None, "x").pk, phone=SAME_PHONE, now=lender_now())
        mine = owner_of()

        assert mine.sign_in_phone.verified_at is not None
        code = code_in(latest_text())
        page = post(stranger, "phone/verify/", code=code)
        assert is_signed_in(stranger) is False
        assert "Somebody signs in with this already." in page.content.decode()
        assert SignInPhone.objects.get(user=intruder).verified_at is None

    def test_the_service_refuses_the_second_and_changes_nothing(self):
        owner_of()
        second = User.objects.create_user("brook@example.com", "x")

        with pytest.raises(PhoneTaken):
            verify_phone(user_id=second.pk, phone=SAME_PHONE, now=lender_now(), actor="user:test")

        assert SignInPhone.objects.filter(user=second).exists() is False
        assert AuditRecord.objects.filter(subject_type="user", subject_id=str(second.pk)).exists() is False


class TestSignUpByAddress:
    def test_the_code_in_the_mail_opens_the_account(self, client, mailoutbox):
        page = sign_up(client, "New@Example.com", next="/apply/")
        assert (page.status_code, page.url) == (302, "/accounts/confirm-email/")
        assert is_signed_in(client) is False

        page = post(client, "confirm-email/", code=code_in(mailoutbox[0].body))

        user = User.objects.get(email="new@example.com")
        assert (page.status_code, page.url) == (302, "/apply/")
        assert client.session["_auth_user_id"] == str(user.pk)
        assert user.emailaddress_set.get().verified is True

    def test_a_demonstration_whose_mail_goes_nowhere_shows_it(self, client, settings, tmp_path):
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = tmp_path
        sign_up(client, "new@example.com")

        page = client.get("/accounts/confirm-email/", headers={"accept-language": "en"}).content.decode()

        post(client, "confirm-email/", code=code_in(page.split("It would say:")[1]))
        assert is_signed_in(client) is True
        assert "account_text_shown" not in client.session

    def test_no_demonstration_shows_a_link_that_opens_an_account(self, client, settings, tmp_path):
        User.objects.create_user("known@example.com", "correct horse")
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = tmp_path

        post(client, "password/reset/", login="known@example.com")

        assert len(list(tmp_path.iterdir())) == 1
        assert "account_text_shown" not in client.session

    def test_the_page_does_not_tell_of_another_and_the_owner_learns_it(self, client, mailoutbox):
        User.objects.create_user("known@example.com", "correct horse")

        page = sign_up(client, "known@example.com")
        taken = client.get(page.url, headers={"accept-language": "en"}).content.decode()

        fresh = Client()
        new = sign_up(fresh, "fresh@example.com")
        free = fresh.get(new.url, headers={"accept-language": "en"}).content.decode()
        assert (page.status_code, page.url) == (new.status_code, new.url)
        assert _skeleton(taken) == _skeleton(free)
        assert [mail.to for mail in mailoutbox] == [["known@example.com"], ["fresh@example.com"]]
        assert "There is one already" in mailoutbox[0].body
        assert "/accounts/password/reset/" in mailoutbox[0].body
        assert User.objects.filter(email="known@example.com").count() == 1
        for code in ("", "000000"):
            post(client, "confirm-email/", code=code)
        assert is_signed_in(client) is False

    def test_an_address_that_was_not_confirmed_lets_nobody_in_later_either(self, client, mailoutbox, waits):
        sign_up(client, "new@example.com")

        later = Client()
        page = post(later, "login/", login="new@example.com", password="correct horse")

        assert (page.status_code, page.url) == (302, "/accounts/confirm-email/")
        assert is_signed_in(later) is False
        post(later, "confirm-email/", code=code_in(mailoutbox[-1].body))
        assert is_signed_in(later) is True

    def test_who_was_made_by_an_administrator_is_not_held_up(self, client, mailoutbox):
        User.objects.create_user("chidi@example.com", "correct horse", role=User.Role.COLLECTOR)
        User.objects.create_user("amina@example.com", "correct horse")

        for login in ("chidi@example.com", "amina@example.com"):
            client = Client()
            post(client, "login/", login=login, password="correct horse")
            assert is_signed_in(client) is True
        assert mailoutbox == []


class TestForgetUnfinishedAccounts:
    def test_forgets_after_a_day_those_that_nobody_can_have_entered(self, client, texts):
        sign_up(client)
        unfinished = User.objects.get()
        finished = owner_of("+8613900001234")
        with_address = User.objects.create_user("amina@example.com", "x")
        note_phone(user_id=with_address.pk, phone="+8613700001234", now=lender_now())

        assert forget_unfinished_accounts(now=lender_now() + timedelta(hours=23)) == 0
        assert forget_unfinished_accounts(now=lender_now() + timedelta(hours=25)) == 1

        assert set(User.objects.values_list("pk", flat=True)) == {finished.pk, with_address.pk}
        assert AuditRecord.objects.get(action="users.unfinished_account_forgotten").subject_id == str(unfinished.pk)


def _skeleton(page: str) -> str:
    """Return a page without what is its reader's own: the phone, the address, tokens."""
    import re

    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)
    return re.sub(r"13[0-9]\*{4}1234|[a-z]+@example\.com", "…", page)
