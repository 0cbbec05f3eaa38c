"""A debt ends for less: staff offer it, another person approves, the borrower accepts and pays; one is not kept."""

from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.test import Client

from collections_mgmt.models import CollectionCase, Settlement
from collections_mgmt.services.close_day import close_date
from dashu.kernel.dates import lender_today
from dashu.users.models import Borrower, User
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.selectors.owed import owed_on
from tests import factories
from tests.journeys.browsing import follow, shown, sign_in
from tests.journeys.looking import assert_fit_for_everyone, runs_out

DESK = {"width": 1280, "height": 900}


@pytest.fixture
def amina(transactional_db: None, policy_packs: None) -> Borrower:
    return factories.borrower("Amina")


@pytest.fixture
def late(amina: Borrower) -> Loan:
    today = lender_today()
    loan = factories.running_loan(amina, starts_on=today - timedelta(days=130))
    close_date(business_date=today - timedelta(days=1), today=today)
    return loan


def enter(page: Any, person: User) -> Any:
    """Let a member of staff be signed in, as if they had been all morning."""
    client = Client()
    client.force_login(person)
    page.goto("/help/")
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": urljoin(page.url, "/")}
    page.context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Lax"}])
    page.set_viewport_size(DESK)
    return page


def offered(open_browser: Any, loan: Loan, total: str) -> Settlement:
    """Ask for the offer as a collector and approve it as an administrator."""
    chidi = factories.staff("Chidi")
    factories.held_file(chidi, loan.borrower)
    desk = enter(open_browser("zh-hans"), chidi)
    case = CollectionCase.objects.get(loan=loan)
    desk.goto(f"/admin/collections_mgmt/collectioncase/{case.pk}/settle/")
    assert money(owed_on(loan, lender_today()).total) in desk.inner_text("body")
    desk.fill("[name=amount]", total)
    desk.fill("[name=reason]", "店铺停业")
    follow(desk, "button[name=step][value=preview]")
    assert "减免明细" in desk.inner_text("body")
    assert runs_out(desk) == []
    assert not Settlement.objects.filter(loan=loan).exists()
    follow(desk, "button[name=step][value=ask]")
    assert not Settlement.objects.filter(loan=loan).exists()

    board = enter(open_browser("zh-hans"), factories.staff("Ada", User.Role.ADMIN))
    board.goto(desk.url)
    follow(board, "button[value=approve]")
    return Settlement.objects.get(loan=loan)


class TestABorrowerEndsADebt:
    def test_accepts_pays_and_owes_nothing_more(self, open_browser, late):
        offer = offered(open_browser, late, "8000")
        owed = owed_on(late, lender_today()).total
        page = open_browser("zh-hans")
        sign_in(page)

        page.goto("/help/")
        follow(page, f"text={late.number}")
        assert money(8_000_00) in shown(page)
        assert "部分债务减免" in shown(page)
        assert_fit_for_everyone(page)
        follow(page, "text=接受提议")
        assert "请先阅读它的含义" in shown(page)
        assert Settlement.objects.get().status == "OFFERED"
        page.check("#understood")
        follow(page, "text=接受提议")
        assert "下一笔" in shown(page)
        assert_fit_for_everyone(page)

        follow(page, "text=现在还款")
        follow(page, "text=看看还的是什么")
        follow(page, "text=去付款")
        follow(page, "text=确认付款")
        assert "/receipts/" in page.url

        late.refresh_from_db()
        offer.refresh_from_db()
        assert (late.status, offer.status, offer.waived_minor) == ("SETTLED", "COMPLETED", owed - 8_000_00)
        page.goto(f"/help/offers/{offer.reference}/")
        assert "不再有欠款" in shown(page)
        assert money(offer.waived_minor) in shown(page)
        assert_fit_for_everyone(page)

    def test_does_not_pay_and_owes_all_of_it_again(self, open_browser, late):
        offer = offered(open_browser, late, "8000")
        page = open_browser("zh-hans")
        sign_in(page)
        page.goto(f"/help/offers/{offer.reference}/")
        page.check("#understood")
        follow(page, "text=接受提议")
        today = lender_today()
        factories.pay(late, 1_000_00, today)
        last = today + timedelta(days=3)
        stands = owed_on(late, last + timedelta(days=1)).total

        for days in range(4):
            close_date(business_date=today + timedelta(days=days), today=today + timedelta(days=days + 1))

        page.goto(f"/help/offers/{offer.reference}/")
        assert "约定已终止" in shown(page)
        assert f"{money(1_000_00)} 照样算数" in shown(page)
        assert_fit_for_everyone(page)
        late.refresh_from_db()
        assert (late.status, owed_on(late, last + timedelta(days=1)).total) == ("ACTIVE", stands)
        assert not LoanEvent.objects.filter(loan=late, kind="WAIVER").exists()

    def test_pays_in_parts_by_themselves(self, open_browser, late):
        page = open_browser("zh-hans")
        sign_in(page)
        page.goto(f"/loans/{late.number}/overdue/")
        assert_fit_for_everyone(page)
        page.check("#parts input[name=count][value='3']")
        follow(page, "#parts button")

        assert "按安排还款期间" in shown(page)
        assert page.locator("#parts ol.rows li").count() == 3
        assert_fit_for_everyone(page)
