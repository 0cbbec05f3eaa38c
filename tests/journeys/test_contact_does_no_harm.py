"""What proves that reaching people does no harm: a complaint stops it at once, and no machine calls who needs care."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from collections_mgmt.models import CaseFile, CollectionCase, CollectorProfile, Complaint, Team, Vulnerability
from collections_mgmt.services.close_day import close_date
from dashu.kernel.dates import LENDER_ZONE, lender_now, lender_today
from dashu.messaging.models import ContactAttempt, ContactPreference, GuardDecision, OutboxMessage, ReminderLine
from dashu.messaging.sending import send_due
from dashu.messaging.services.dialing import ask_to_dial
from dashu.policy.selectors import forget_rules
from dashu.users.models import Borrower, User
from loans.models import Loan
from tests import factories
from tests.journeys.browsing import enter, follow, sign_in

AMINA, BROOK = "13812345678", "13912345678"
DESK = "/admin/collections_mgmt/casefile/"


@pytest.fixture
def chidi(transactional_db: None) -> User:
    forget_rules()
    user = factories.staff("Chidi")
    user.language = "en"
    user.save()
    early = Team.objects.create(code="early", name="Early")
    CollectorProfile.objects.create(user=user, team=early, languages=["zh-hans", "en"], skills=["vulnerable"])
    return user


@pytest.fixture
def amina(chidi: User) -> Borrower:
    """Behind by one installment. She agreed to be called at any hour, so that a test may run at any hour."""
    owner = factories.borrower("Amina", phone=AMINA, language="en")
    today = lender_today()
    factories.running_loan(owner, starts_on=today - timedelta(days=50))
    close_date(business_date=today - timedelta(days=1), today=today)
    ContactPreference.objects.create(borrower=owner, agreed_from=time(0), agreed_to=time(23, 59, 59))
    return owner


def press(page: Any, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


def remind(loan: Loan, on: date) -> None:
    """Queue the text message of a day, as the close of the night before does."""
    row = loan.installments.order_by("number").first()
    ReminderLine.objects.create(
        loan_id=loan.pk, version=row.version, number=row.number, borrower=loan.borrower, send_on=on, due_on=row.due_on,
        days_after=(on - row.due_on).days, segment="new", bucket="M1",
    )  # fmt: skip
    factories.message(
        loan.borrower, dedupe_key=f"reminder:{loan.borrower_id}", channel="SMS", purpose="REMINDER",
        template="reminder.overdue", reminds_on=on, not_before=datetime.combine(on, time(9), LENDER_ZONE),
    )  # fmt: skip


def at_work(open_browser: Any, live_server: Any, user: User) -> Any:
    page = open_browser("en")
    page.set_viewport_size({"width": 1280, "height": 900})
    enter(page, user, live_server.url)
    page.goto(DESK)
    press(page, "n")
    return page


def test_a_complaint_stops_contact_at_once(open_browser, live_server, chidi, amina):
    brook = factories.borrower("Brook", phone=BROOK, language="en")
    factories.running_loan(brook, starts_on=lender_today() - timedelta(days=50))
    tomorrow = lender_today() + timedelta(days=1)
    for person in (amina, brook):
        remind(person.loans.get(), tomorrow)
    collector = at_work(open_browser, live_server, chidi)
    assert "A call may be made now." in collector.inner_text("#content, main")
    assert AMINA not in collector.content()
    press(collector, "c")
    assert collector.inner_text(".reach-digits") == AMINA

    own = open_browser("en")
    sign_in(own)
    own.goto("/complaints/new/")
    own.check("input[name=about][value=CONTACT]")
    own.fill("[name=words]", "Three calls this morning.")
    follow(own, "main form button")
    complained_at = Complaint.objects.get().asked_at

    # The number that stands on the page goes by itself, and the answer is no from this moment on.
    collector.wait_for_selector(".reach-digits", state="detached")
    assert AMINA not in collector.content()
    refused = ask_to_dial(key="again", borrower_id=amina.pk, operator=f"user:{chidi.pk}", at=complained_at)
    assert (refused.attempt, refused.number, "ON_HOLD" in refused.decision.reasons) == (None, "", True)
    collector.keyboard.press("4")
    collector.wait_for_url(f"**{DESK}*/change/")
    page = collector.inner_text("#content, main")
    assert "No call now." in page
    assert "Contact is on hold" in page
    assert "Has complained" in page
    assert collector.query_selector('[data-key="c"]') is None

    # What was queued before she complained never leaves; what is queued for others does.
    noon = datetime.combine(tomorrow, time(12), LENDER_ZONE)
    send_due(clock=lambda: noon, until=noon + timedelta(minutes=1))
    told = dict(OutboxMessage.objects.filter(channel="SMS").values_list("borrower", "status"))
    assert told == {amina.pk: "BLOCKED", brook.pk: "SENT"}
    assert "ON_HOLD" in GuardDecision.objects.get(message__dedupe_key=f"reminder:{amina.pk}", channel="SMS").reasons


def test_no_machine_calls_who_needs_care(open_browser, live_server, chidi, amina):
    collector = at_work(open_browser, live_server, chidi)
    file = CaseFile.objects.get()

    case = CollectionCase.objects.get()
    collector.goto(f"/admin/collections_mgmt/collectioncase/{case.pk}/care")
    collector.select_option("[name=category]", "HEALTH")
    collector.check("[name=has_consented]", force=True)
    with collector.expect_navigation():
        collector.eval_on_selector("[name=category]", "field => field.form.requestSubmit()")
    noted = Vulnerability.objects.get()
    assert (noted.borrower, noted.category, noted.consented_on) == (amina, "HEALTH", lender_today())

    asked = ask_to_dial(
        key="machine", borrower_id=amina.pk, operator="ai", at=lender_now(), is_machine=True, purpose="COLLECTION"
    )
    assert (asked.attempt, asked.number, asked.decision.reasons) == (None, "", ["VULNERABLE"])

    collector.goto(f"{DESK}{file.pk}/change/?kind=contact")
    past = collector.inner_text("#past")
    assert "Contact asked for and not allowed" in past
    assert "No machine calls a vulnerable person" in past
    assert "Health" not in collector.content()
    press(collector, "c")
    assert collector.inner_text(".reach-digits") == AMINA
    assert ContactAttempt.objects.get().channel == "CALL"
