"""Opening an account on a phone and securing it: code, passkey, authenticator app, and a forgotten password."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache

from dashu.kernel.dates import lender_now
from dashu.users.models import User
from dashu.users.services.sign_in_phones import verify_phone
from tests import factories
from tests.journeys.browsing import follow, shown
from tests.journeys.looking import assert_fit_for_everyone

SIZES = [{"width": 360, "height": 740}, {"width": 1280, "height": 900}]
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _no_earlier_attempts(transactional_db: None, policy_packs: None) -> None:
    cache.clear()


@pytest.fixture
def amina() -> User:
    user = User.objects.create_user(None, PASSWORD, name="Amina", role=User.Role.BORROWER)
    verify_phone(user_id=user.pk, phone="+8613800001234", now=lender_now(), actor="user:test")
    return user


@pytest.fixture(params=SIZES, ids=["phone", "desktop"])
def page(request: pytest.FixtureRequest, open_browser: Callable[..., Any]) -> Any:
    opened = open_browser("zh-hans")
    opened.set_viewport_size(request.param)
    return opened


def has_passkeys(page: Any) -> None:
    """Give the browser a device that holds passkeys, and a finger that is always the right one."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def code_shown(page: Any) -> str:
    found = re.search(r"\b[0-9]{6}\b", page.inner_text(".notice"))
    assert found
    return found[0]


def sign_in(page: Any, login: str = "13800001234", password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    follow(page, "form.panel button.btn-primary")


def sign_out(page: Any) -> None:
    page.goto("/accounts/logout/")
    follow(page, "main form button.btn-primary")


def confirm(page: Any) -> None:
    assert "请确认是您本人" in shown(page)
    page.fill("[name=password]", PASSWORD)
    follow(page, "form.panel button.btn-primary")


class TestAnAccount:
    def test_is_opened_by_phone_and_entered_by_passkey(self, page):
        has_passkeys(page)
        page.goto("/accounts/signup/")
        assert_fit_for_everyone(page)
        page.fill("[name=login]", "138 0000 1234")
        page.fill("[name=password1]", PASSWORD)
        page.click("[data-show-password]")
        assert page.get_attribute("[name=password1]", "type") == "text"
        follow(page, "form.panel button.btn-primary")
        assert "138****1234" in shown(page)
        assert_fit_for_everyone(page)
        page.fill("[name=code]", code_shown(page))
        follow(page, "form.panel button.btn-primary")
        assert page.url.endswith("/")
        assert User.objects.get().sign_in_phone.phone == "+8613800001234"

        page.goto("/accounts/security/")
        assert_fit_for_everyone(page)
        follow(page, "text=添加通行密钥")
        confirm(page)
        assert_fit_for_everyone(page)
        follow(page, "#mfa_webauthn_add")
        assert "恢复码" in shown(page)
        assert page.locator(".keys li").count() == 10
        assert_fit_for_everyone(page)

        sign_out(page)
        page.goto("/accounts/login/?next=/accounts/security/")
        follow(page, "#passkey_login")
        assert page.url.endswith("/accounts/security/")
        assert "最近" in shown(page) or "用过" in shown(page)
        assert_fit_for_everyone(page)

    def test_asks_for_the_passkey_after_the_password(self, page, amina):
        has_passkeys(page)
        sign_in(page)
        page.goto("/accounts/2fa/webauthn/add/")
        confirm(page)
        page.fill("[name=name]", "我的手机")
        follow(page, "#mfa_webauthn_add")
        page.goto("/accounts/security/")
        follow(page, "text=改名")
        page.fill("[name=name]", "新手机")
        follow(page, "form.panel button.btn-primary")
        assert "新手机" in shown(page)
        sign_out(page)

        sign_in(page)
        assert "还有一步" in shown(page)
        assert_fit_for_everyone(page)
        follow(page, "#mfa_webauthn_authenticate")
        assert page.url.endswith("/")

        page.goto("/accounts/security/")
        follow(page, ".pair-links a >> nth=1")
        if page.locator("[name=password]").count():
            confirm(page)
        assert_fit_for_everyone(page)
        follow(page, "main form button.btn-primary")
        assert "新手机" not in shown(page)

    def test_says_so_where_no_passkey_was_used(self, page, amina):
        has_passkeys(page)
        page.goto("/accounts/login/")

        page.click("#passkey_login")

        page.wait_for_selector("[data-passkey-problem]:not([hidden])")
        assert "没有用到通行密钥" in shown(page)
        assert_fit_for_everyone(page)

    def test_asks_for_the_code_of_an_app(self, page, amina):
        sign_in(page)
        page.goto("/accounts/2fa/totp/activate/")
        confirm(page)
        assert_fit_for_everyone(page)
        key = page.inner_text(".key")
        page.fill("[name=code]", code_of(key))
        follow(page, "form.panel button.btn-primary")
        recovery = page.inner_text(".keys li >> nth=0")
        sign_out(page)

        sign_in(page)
        page.fill("[name=code]", recovery)
        follow(page, "form.panel button.btn-primary")

        assert page.url.endswith("/")
        page.goto("/accounts/2fa/recovery-codes/")
        if page.locator("[name=password]").count():
            confirm(page)
        assert page.locator(".keys li").count() == 9
        assert_fit_for_everyone(page)

    def test_gets_a_new_password_by_phone(self, page, amina):
        page.goto("/accounts/login/")
        follow(page, "text=忘记密码")
        assert_fit_for_everyone(page)
        page.fill("[name=login]", "+86 138 0000 1234")
        follow(page, "form.panel button.btn-primary")
        assert_fit_for_everyone(page)
        page.fill("[name=code]", code_shown(page))
        follow(page, "form.panel button.btn-primary")
        assert_fit_for_everyone(page)
        page.fill("[name=password1]", "battery staple")
        follow(page, "form.panel button.btn-primary")
        assert "新密码" in shown(page)

        sign_in(page, password="battery staple")
        assert page.url.endswith("/")


class TestASessionThatIsOver:
    def test_gives_back_what_was_typed(self, open_browser, settings, monkeypatch):
        factories.borrower("Amina")
        page = open_browser("zh-hans")
        sign_in(page, "amina@example.com")
        page.goto("/accounts/phone/change/")
        page.fill("[name=phone]", "139 0000 1234")
        passed = [31 * 60]
        real = __import__("time").time
        monkeypatch.setattr("dashu.accounts.idle.time.time", lambda: real() + passed[0])

        follow(page, "form.panel button.btn-primary")
        assert "没有操作" in shown(page)
        assert "还没有提交" in shown(page)
        assert_fit_for_everyone(page)
        page.fill("[name=login]", "amina@example.com")
        page.fill("[name=password]", PASSWORD)
        follow(page, "form.panel button.btn-primary")

        assert page.url.endswith("/accounts/phone/change/")
        assert page.input_value("[name=phone]") == "139 0000 1234"
        assert "已经放回表单" in shown(page)


class TestWithoutScripts:
    def test_an_account_is_opened_all_the_same(self, open_browser):
        page = open_browser("en", java_script_enabled=False)
        page.goto("/accounts/signup/")
        page.fill("[name=login]", "13800001234")
        page.fill("[name=password1]", PASSWORD)
        follow(page, "form.panel button.btn-primary")
        page.fill("[name=code]", code_shown(page))
        follow(page, "form.panel button.btn-primary")

        assert page.url.endswith("/")
        assert User.objects.get().last_login is not None


def code_of(key: str) -> str:
    _before, now, _after = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(key, now))
