"""An income falls: the night notices, one message tells of plans, one is signed and paid to the end."""

import os
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from collections_mgmt.models import (
    IncomeObservation,
    OfferCode,
    OfferSet,
    ReliefCampaign,
    RestructuringOffer,
    RestructuringPlan,
    WarningLead,
    WarningTrigger,
)
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.relief.after_the_night import follow_ended_plans
from collections_mgmt.services.relief.campaigns import ask_start, write_campaign
from collections_mgmt.services.relief.state_budget import state_budget
from collections_mgmt.tasks import run_relief_campaigns
from dashu.approvals.services.decide import approve
from dashu.consents.selectors import latest_texts
from dashu.consents.services.ledger import give_consents
from dashu.kernel.dates import LENDER_ZONE, add_months, lender_now, lender_today
from dashu.messaging.models import OutboxMessage
from dashu.messaging.sending import send_due
from dashu.messaging.services.tell_of_unread import tell_of_unread
from dashu.users.models import Borrower, User
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.models import AutopayMandate, Payment
from repayments.services.booking import load
from tests import factories
from tests.journeys.browsing import follow, shown, sign_in
from tests.journeys.looking import assert_fit_for_everyone

ACTOR = "system:test"
DAY = timedelta(days=1)
USUAL, NOW = 6_000_00, 4_500_00


@pytest.fixture
def amina(transactional_db: None, policy_packs: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000", email="amina@example.com", language="zh-hans")


@pytest.fixture
def loan(amina: Borrower) -> Loan:
    """1,100.16 a month, the first installment paid on its day; she had told of her month when income was usual."""
    today = lender_today()
    made = factories.running_loan(amina, starts_on=today - 40 * DAY)
    due_on = made.installments.order_by("number").first().due_on
    factories.pay(made, 1_100_16, due_on, today=today)
    state_budget(
        borrower_id=amina.pk,
        currency="CNY",
        household=1,
        income={"ALL": USUAL},
        expenses={"HOUSING": 1_800_00, "FOOD": 1_200_00},
        debts={"ALL": 400_00},
        cause="INCOME",
        now=lender_now() - 40 * DAY,
        actor=ACTOR,
    )
    return made


def income_falls(loan: Loan) -> None:
    """Her bank tells, as she agreed to, of a lower income; she ends autopay, so that something is left."""
    text = latest_texts(["CASH_FLOW_WATCH"])[0]
    give_consents(borrower_id=loan.borrower_id, text_ids=[text.pk], about="", now=lender_now(), actor=ACTOR)
    yesterday = lender_today() - DAY
    for months, minor in ((3, USUAL), (2, USUAL), (1, USUAL), (0, NOW)):
        on = add_months(yesterday, -months)
        IncomeObservation.objects.create(
            borrower=loan.borrower,
            credited_on=on,
            amount_minor=minor,
            currency="CNY",
            source="bank",
            reference=str(uuid4()),
            noted_on=on,
        )
    began = lender_now() - 40 * DAY
    AutopayMandate.objects.create(
        loan=loan,
        provider="simulated",
        account_token="t",
        account_label="Bank 1234",
        day_chosen_on=began.date(),
        consent_version="1",
        consent_text="words",
        consented_at=began,
        consented_by="user:1",
        status="CANCELLED",
        ended_at=lender_now() - DAY,
    )


def a_campaign_is_started() -> ReliefCampaign:
    """One supervisor writes it, another one approves it."""
    today = lender_today()
    sun, wei = (factories.staff(name, User.Role.SUPERVISOR) for name in ("Sun", "Wei"))
    campaign = write_campaign(
        name="Before it is late",
        audience={"triggers": [], "strong": False, "regions": [], "sectors": [], "products": []},
        holdout_bps=0,
        per_day=10,
        quiet_days=30,
        first_on=today,
        last_on=today + 20 * DAY,
        user=sun,
        now=lender_now(),
    )
    asked = ask_start(campaign_id=campaign.pk, reason="Spring", user=sun, today=today, idempotency_key="k", preview=[])
    approve(request_id=asked.pk, user=wei, today=today)
    campaign.refresh_from_db()
    return campaign


def the_night_offers() -> OfferSet:
    """The close notices, and in the morning the task of the campaigns offers."""
    today = lender_today()
    campaign = a_campaign_is_started()
    close_date(business_date=today - DAY, today=today)
    assert OfferSet.objects.exists() is False
    run_relief_campaigns()
    member = campaign.members.get()
    assert (member.state, member.offer_set.source) == ("OFFERED", "CAMPAIGN")
    return member.offer_set


def every_installment_is_paid(loan: Loan) -> None:
    """What is left is paid in full, each part on its day."""
    for row in loan.installments.filter(is_current=True, unpaid_minor__gt=0).order_by("due_on"):
        factories.pay(loan, row.unpaid_minor, row.due_on, reference=f"PART-{row.number}")


def the_message_leaves() -> None:
    """It is in her account at once; the next morning, still unread, one e-mail points to it."""
    send_due(clock=lender_now, until=lender_now() + timedelta(minutes=1))
    morning = datetime.combine(lender_today() + DAY, time(10, 30), tzinfo=LENDER_ZONE)
    tell_of_unread(now=morning)
    send_due(clock=lambda: morning, until=morning + timedelta(minutes=1))


def look(page: Any, name: str) -> None:
    assert_fit_for_everyone(page)
    if folder := os.environ.get("LOOK_AT"):
        width = page.viewport_size["width"]
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


class TestReliefInTime:
    def test_from_a_lower_income_to_the_certificate(self, open_each_size, loan):
        income_falls(loan)
        offered = the_night_offers()
        the_message_leaves()

        assert set(WarningTrigger.objects.values_list("kind", flat=True)) == {"INCOME_DROP", "AUTOPAY_ENDED"}
        assert WarningLead.objects.get().state == "OFFERED"
        told = OutboxMessage.objects.get(template="collections.offer_made")
        (mail,) = OutboxMessage.objects.filter(channel="EMAIL", status="SENT")
        assert (told.status, mail.decision.verdict) == ("SENT", "ALLOW")

        page = open_each_size("zh-hans")
        sign_in(page)
        assert "有为您准备的方案" in shown(page)
        look(page, "home")
        page.goto(f"/messages/{told.pk}/")
        look(page, "message")
        follow(page, "text=查看详情")
        assert "我们为什么联系您" in shown(page)
        assert "收入比平时少" in shown(page)
        look(page, "offers")

        follow(page, ".way--first .btn")
        look(page, "way")
        slider = page.locator("input[type=range]")
        highest = int(slider.get_attribute("max"))
        slider.focus()
        with page.expect_response(lambda answer: f"value={highest}" in answer.url):
            slider.press("End")
        page.wait_for_selector("#calc-example form button")
        look(page, "moved")
        follow(page, "#calc-example form button")
        own = offered.offers.get(is_own=True)
        assert own.relief["count"] == highest
        assert "变更您的合同" in shown(page)
        assert money(own.figures["extra_interest_minor"]) in shown(page)
        look(page, "sheet")
        assert page.locator("button[data-seconds]").is_disabled()
        RestructuringOffer.objects.filter(pk=own.pk).update(sheet_opened_at=lender_now() - timedelta(seconds=20))
        page.reload()
        follow(page, "text=发送验证码")
        look(page, "code")
        page.fill("#id_code", OfferCode.objects.get().sealed_code)
        follow(page, "text=接受方案")

        plan = RestructuringPlan.objects.get()
        assert "已约定。您的下一期还款" in shown(page)
        assert money(own.figures["first_minor"]) in shown(page)
        assert "撤回" in shown(page)
        look(page, "plan")
        page.goto("/documents/")
        assert "DS" in shown(page)
        look(page, "papers")

        page.goto(f"/loans/{loan.number}/")
        look(page, "loan")
        page.goto(f"/loans/{loan.number}/pay/")
        follow(page, "text=看看还的是什么")
        assert money(own.figures["first_minor"]) in shown(page)
        follow(page, "text=去付款")
        follow(page, "text=确认付款")
        assert "已收到" in shown(page)
        assert [row[2:] for row in own.rows[1:]] == [
            [row.unpaid_principal, row.unpaid_interest, row.unpaid_fee]
            for row in load(Loan.objects.get(pk=loan.pk)).position.installments
            if row.unpaid
        ]
        every_installment_is_paid(loan)
        last = plan.last_due_on
        close_date(business_date=last, today=last + DAY)
        follow_ended_plans(now=lender_now(), site=page.url.partition("/receipts")[0])
        assert Payment.objects.filter(loan=loan, event_id__gt=plan.after_event).count() == len(own.rows)

        page.goto(f"/plans/{plan.reference}/")
        assert "不再欠任何款项" in shown(page)
        look(page, "completed")
        with page.expect_download() as certificate:
            page.click("text=证明（PDF）")
        plan.refresh_from_db()
        assert plan.status == "COMPLETED"
        assert certificate.value.suggested_filename == f"{plan.certificate.number}.pdf"


class TestWithoutScripts:
    def test_a_month_is_stated_a_word_is_asked_for_and_a_plan_is_moved(self, open_browser, loan):
        page = open_browser("zh-hant", java_script_enabled=False)
        sign_in(page)
        page.goto("/plans/")
        follow(page, "text=看看有什麼辦法")
        page.check("input[name=cause][value=INCOME]")
        page.fill("#id_income", "4500")
        page.fill("#id_spent_HOUSING", "2100")
        page.fill("#id_spent_FOOD", "900")
        follow(page, "text=看看有什麼辦法")
        assert "像您這樣的家庭" in shown(page)
        assert page.input_value("#id_income") == "4500"

        follow(page, "text=看看有什麼辦法")
        assert "為您準備的方案" in shown(page)
        follow(page, ".way--first .btn")
        page.fill("#id_value", "500")
        follow(page, ".calc__go")
        assert "這超出了您可以自己決定的範圍" in shown(page)

        follow(page, "text=讓專人看看")
        assert "專人" in shown(page)
        assert OfferSet.objects.get().is_open
