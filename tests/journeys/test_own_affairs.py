"""A borrower reads what they were sent, settles how to be reached, changes the language and takes their data along."""

import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashu.kernel.dates import lender_now
from dashu.messaging.models import ContactPreference, OptOut
from dashu.privacy.models import AccountClosure, DataExport
from dashu.privacy.services.build_export import build_export
from dashu.users.models import Borrower
from tests import factories
from tests.journeys.browsing import follow, shown, sign_in
from tests.journeys.looking import assert_fit_for_everyone

SIZES = [360, 1280]


@pytest.fixture
def amina(transactional_db: None, policy_packs: None) -> Borrower:
    found = factories.borrower("Amina", phone="13800000000", email="amina@example.com")
    tell(found, 1, lender_now() - timedelta(days=2))
    tell(found, 2, lender_now(), channel="SMS", purpose="REMINDER", template="reminder.upcoming")
    return found


def tell(borrower: Borrower, number: int, at: datetime, **fields: Any) -> None:
    about = {"template": "repayments.receipt", "channel": "IN_APP", "purpose": "SERVICE", **fields}
    factories.message(
        borrower,
        dedupe_key=f"told:{number}",
        language="zh-hans",
        status="SENT",
        sent_at=at,
        subject=f"第{number}封",
        body="我们收到了您的还款。",
        **about,
    )


def open_at(open_browser: Any, width: int, language: str = "zh-hans") -> Any:
    page = open_browser(language)
    page.set_viewport_size({"width": width, "height": 740})
    return page


def prove_who_it_is(page: Any) -> None:
    page.fill("input[name=password]", "correct horse")
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")


class TestABorrowerLooksAfterTheirOwnAffairs:
    @pytest.mark.parametrize("width", SIZES)
    def test_reads_a_message_and_settles_how_to_be_reached(self, open_browser, amina, width):
        page = open_at(open_browser, width)
        sign_in(page)

        page.goto("/me/")
        assert "1 条未读" in shown(page)
        follow(page, "main a[href='/messages/']")
        follow(page, "text=第1封")
        assert "因为您的一笔还款到账了" in shown(page)
        page.goto("/me/contact/")
        page.select_option("[name=hours_from]", "18:00")
        page.uncheck("[name=marketing_sms]")
        follow(page, "text=保存")
        assert "请两项都选" in shown(page)
        assert page.input_value("[name=hours_from]") == "18:00"
        page.select_option("[name=hours_to]", "21:00")
        follow(page, "text=保存")

        assert ContactPreference.objects.get().hours_from.hour == 18
        assert set(OptOut.objects.values_list("channel", "purpose")) == {("SMS", "MARKETING")}
        follow(page, "text=7 天")
        assert "提醒已暂停" in shown(page)

    @pytest.mark.parametrize("width", SIZES)
    def test_changes_the_language_for_pages_and_messages(self, open_browser, amina, width):
        page = open_at(open_browser, width)
        sign_in(page)
        page.goto("/me/language/")

        follow(page, "main button[value=en]")

        assert "For the pages, and for what we send you." in shown(page)
        amina.refresh_from_db()
        assert amina.language == "en"

    @pytest.mark.parametrize("width", SIZES)
    def test_takes_the_data_along(self, open_browser, amina, width):
        page = open_at(open_browser, width, "en")
        sign_in(page)
        page.goto("/me/export/")
        follow(page, "main form button")
        assert "Your copy is being made" in shown(page)
        build_export(export_id=DataExport.objects.get().pk, clock=lender_now)
        page.goto("/me/export/")

        follow(page, "text=Fetch")
        assert "For your safety, enter your password once more." in shown(page)
        page.fill("input[name=password]", "correct horse")
        with page.expect_download() as waiting:
            page.press("input[name=password]", "Enter")

        content = Path(waiting.value.path()).read_bytes()
        archive = zipfile.ZipFile(io.BytesIO(content))
        assert archive.testzip() is None
        assert b"amina@example.com" in archive.read("csv/profile.csv")

    def test_closes_the_account_and_takes_it_back(self, open_browser, amina):
        page = open_at(open_browser, 360, "en")
        sign_in(page)
        page.goto("/me/")
        follow(page, "main a[href='/me/closing/']")
        assert "What we told each other" in shown(page)
        follow(page, "text=Go on to close it")
        prove_who_it_is(page)
        assert_fit_for_everyone(page)
        page.fill("[name=word]", "no")
        follow(page, "text=Close my account")
        assert "Write the word “close” as it stands here." in shown(page)
        page.fill("[name=word]", "close")
        follow(page, "text=Close my account")

        assert "The account is closed" in shown(page)
        assert_fit_for_everyone(page)
        follow(page, "text=Open the account again")
        assert "The account is open again" in shown(page)
        assert AccountClosure.objects.get().status == "UNDONE"
        sign_in(page)
        assert "/accounts/login/" not in page.url
