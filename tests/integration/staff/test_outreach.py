"""The staff pages about messages: texts, what was given up, what was refused, and the effect of reminders."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from collections_mgmt.selectors.reminder_effect import effects
from collections_mgmt.services.close_day import close_date
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_now
from dashu.messaging.models import ContactRefusal, OutboxMessage, ReminderLine, WordingVersion
from dashu.users.models import User
from tests import factories
from tests.factories import pay, running_loan
from tests.integration.collections_mgmt.test_reminders import set_rule

DUE = date(2026, 2, 15)
BODY = "{lender}: {amount} is due on {due_on}. Help: {pay_link} Stop: {opt_out_link}"
FORM = {
    "kind": "reminder.upcoming",
    "channel": "SMS",
    "language": "en",
    "product": "",
    "bucket": "",
    "subject": "",
    "body": BODY,
}

pytestmark = pytest.mark.usefixtures("rules")


def sign_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    factories.speak(user, "en")
    return client


@pytest.fixture
def sara(rules) -> User:
    return factories.staff("Sara", User.Role.SUPERVISOR)


class TestWordings:
    def test_write_preview_save_and_ask(self, chidi):
        client = sign_in(chidi)
        write = "/admin/messaging/wordingversion/write/"

        page = client.post(write, {**FORM, "step": "preview"}).content.decode()
        assert "Dashu Finance: CN¥2,200.32 is due on December 31, 2026." in page
        assert "【大树金融】2026年12月31日应还¥2,200.32" in page
        assert "1 text message" in page
        assert WordingVersion.objects.filter(status="DRAFT").exists() is False

        saved = client.post(write, {**FORM, "step": "save"})
        version = WordingVersion.objects.get(status="DRAFT")
        assert saved.url == f"/admin/messaging/wordingversion/{version.pk}/change/"
        assert "Ask for approval" in client.get(saved.url).content.decode()

        asked = client.post(
            f"/admin/messaging/wordingversion/{version.pk}/ask/", {"reason": "Shorter", "key": str(uuid4())}
        )
        assert asked.status_code == 302
        request = ApprovalRequest.objects.get()
        assert (request.kind, request.maker) == ("message.wording", chidi)

    def test_a_refused_text_keeps_what_was_typed_and_says_what_is_wrong(self, chidi):
        page = sign_in(chidi).post(
            "/admin/messaging/wordingversion/write/", {**FORM, "body": "Pay {amont}", "step": "save"}
        )

        assert "Pay {amont}" in page.content.decode()
        assert "There is no value {amont}" in page.content.decode()

    def test_whoever_decides_sees_both_texts(self, chidi, sara):
        client = sign_in(chidi)
        client.post("/admin/messaging/wordingversion/write/", {**FORM, "step": "save"})
        version = WordingVersion.objects.get(status="DRAFT")
        client.post(f"/admin/messaging/wordingversion/{version.pk}/ask/", {"reason": "Shorter", "key": str(uuid4())})

        page = sign_in(sara).get(f"/admin/approvals/approvalrequest/{ApprovalRequest.objects.get().pk}/change/")

        assert "Use this text: Before the due date, Text message, en." in page.content.decode()
        assert "Stop these texts: {opt_out_link}" in page.content.decode()
        assert BODY in page.content.decode()

    def test_an_underwriter_reads_no_texts(self, rules):
        client = sign_in(factories.staff("Uma", User.Role.UNDERWRITER))

        assert client.get("/admin/messaging/wordingversion/").status_code == 403
        assert client.post("/admin/messaging/wordingversion/write/", {**FORM, "step": "save"}).status_code == 403
        assert WordingVersion.objects.filter(status="DRAFT").exists() is False


class TestGivenUp:
    @pytest.fixture
    def message(self, rules) -> OutboxMessage:
        return OutboxMessage.objects.create(
            dedupe_key="k",
            borrower=factories.borrower("Amina"),
            channel="SMS",
            template="repayments.receipt",
            language="en",
            status="FAILED",
            error="the gateway answered 422",
            not_before=lender_now(),
        )

    def test_is_listed_and_can_be_tried_again_with_a_reason(self, message, sara):
        client = sign_in(sara)

        listed = client.get("/admin/messaging/outboxmessage/given-up/", follow=True).content.decode()
        assert "the gateway answered 422" in listed
        tried = client.post(f"/admin/messaging/outboxmessage/{message.pk}/try-again/", {"reason": "Corrected"})

        assert tried.status_code == 302
        message.refresh_from_db()
        assert message.status == "PENDING"

    def test_can_be_cancelled_from_the_list(self, message, sara):
        chosen = {"action": "cancel_chosen", "_selected_action": [message.pk]}

        sign_in(sara).post("/admin/messaging/outboxmessage/?status__exact=FAILED", chosen)

        message.refresh_from_db()
        assert message.status == "CANCELLED"

    def test_a_collector_reads_and_changes_nothing(self, message, chidi):
        client = sign_in(chidi)
        factories.given_to(chidi, message.borrower)

        assert client.get(f"/admin/messaging/outboxmessage/{message.pk}/change/").status_code == 200
        tried = client.post(f"/admin/messaging/outboxmessage/{message.pk}/try-again/", {"reason": "Corrected"})

        assert tried.status_code == 403
        message.refresh_from_db()
        assert message.status == "FAILED"

    def test_is_on_the_front_page_of_who_can_act(self, message, sara, chidi):
        assert "Messages given up" in sign_in(sara).get("/admin/").content.decode()
        assert "Messages given up" not in sign_in(chidi).get("/admin/").content.decode()


class TestRefused:
    def test_are_counted_by_reason_and_listed(self, chidi):
        amina = factories.borrower("Amina")
        for reasons in (["OPTED_OUT", "DAY_CAP"], ["OPTED_OUT"]):
            ContactRefusal.objects.create(
                borrower=amina,
                channel="SMS",
                purpose="REMINDER",
                stage="QUEUED",
                reasons=reasons,
                at=lender_now(),
            )
        client = sign_in(chidi)
        factories.given_to(chidi, amina)

        page = client.get("/admin/messaging/contactrefusal/").content.decode()
        assert "The borrower opted out · Enough messages today" in page
        assert "Refused in the last 30 days" in page
        filtered = client.get("/admin/messaging/contactrefusal/?reason=DAY_CAP").content.decode()
        assert filtered.count("field-why") == 1


class TestEffect:
    @pytest.fixture
    def told(self, rules):
        """Twelve borrowers, drawn into two parts; all but one of each part pay on the due date, these a day later."""
        set_rule("reminders.holdout", {"experiment": "2026-02", "share_bps": 5000})
        loans = [running_loan(factories.borrower(f"Borrower{number}", phone=f"138{number:08}")) for number in range(12)]
        close_date(business_date=DUE - timedelta(days=4), today=DUE - timedelta(days=3))
        parts = dict(ReminderLine.objects.values_list("loan_id", "is_held_out"))
        late = {next(loan.pk for loan in loans if parts[loan.pk] is part) for part in (True, False)}
        for loan in loans:
            pay(loan, 110_016, DUE + timedelta(days=loan.pk in late))
        return parts

    def test_counts_each_installment_in_the_part_that_was_drawn(self, told):
        held = sum(told.values())

        (effect,) = effects(today=DUE + timedelta(days=2))

        assert (effect.experiment, effect.first_due_on, effect.last_due_on) == ("2026-02", DUE, DUE)
        assert (effect.held_out.count, effect.held_out.total) == (held - 1, held)
        assert (effect.reminded.count, effect.reminded.total) == (11 - held, 12 - held)

    def test_before_the_due_date_there_is_nothing_to_count(self, told):
        assert effects(today=DUE) == []

    def test_the_page_says_both_rates_and_whether_the_difference_is_clear(self, told, sara):
        page = sign_in(sara).get("/admin/messaging/reminderline/").content.decode()

        assert "2026-02" in page
        assert "This may be chance. Wait for more installments." in page
        assert "Held out at present" in page
