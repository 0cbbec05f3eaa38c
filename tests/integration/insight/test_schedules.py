"""Reports that are sent: to whom, once each, and what happens when the mail server does not take one."""

import smtplib
from datetime import datetime, timedelta

import pytest
from django.core import mail

from dashu.alerts.models import Alert
from dashu.audit.models import AuditRecord
from dashu.insight.models import ReportMail, ReportSchedule
from dashu.insight.registry import REPORTS
from dashu.insight.services.schedules import ReceiverMayNotSee, make_schedule, stop_schedule
from dashu.insight.services.sending import MOST_ATTEMPTS, claim_due, send_owed
from dashu.kernel.dates import LENDER_ZONE
from tests import factories
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

SUNDAY = datetime(2026, 5, 3, 12, tzinfo=LENDER_ZONE)
DUE = datetime(2026, 5, 4, 9, tzinfo=LENDER_ZONE)  # a Monday
PAR = "/admin/insight/reportschedule/reports/portfolio-at-risk/"


@pytest.fixture
def sun(rules):
    return factories.staff("Sun", "SUPERVISOR")


@pytest.fixture
def ada(rules):
    return factories.staff("Ada", "ACCOUNTANT")


def schedule(person, *receivers, **other) -> ReportSchedule:
    given = {
        "report": REPORTS["portfolio-at-risk"],
        "parameters": {"currency": "CNY", "dimension": "region"},
        "months": 6,
        "file_format": "xlsx",
        "every": "WEEK",
        "day": 1,
        "hour": 9,
        "receivers": [receiver.pk for receiver in receivers],
        "person": person,
        "now": SUNDAY,
    }
    return make_schedule(**{**given, **other})


def states() -> list[str]:
    return list(ReportMail.objects.order_by("pk").values_list("state", flat=True))


class TestMake:
    def test_says_when_it_is_due_first(self, sun, ada):
        assert schedule(sun, ada).next_at == DUE
        assert AuditRecord.objects.get(action="insight.schedule_made").data["receivers"] == [ada.pk]

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER"])
    def test_refuses_a_receiver_who_may_not_see_it(self, role, sun):
        other = factories.staff("Chidi", role)

        with pytest.raises(ReceiverMayNotSee):
            schedule(sun, sun, other)

        assert ReportSchedule.objects.exists() is False

    def test_refuses_one_without_receivers(self, sun):
        with pytest.raises(ReceiverMayNotSee):
            schedule(sun)


class TestSend:
    def test_goes_to_each_receiver_once_for_each_moment(self, sun, ada, snapshot):
        schedule(sun, sun, ada)

        for minutes in (0, 1, 30):
            claim_due(now=DUE + timedelta(minutes=minutes))
            send_owed(clock=lambda at=DUE + timedelta(minutes=minutes): at)

        assert sorted(message.to[0] for message in mail.outbox) == ["ada@example.com", "sun@example.com"]
        assert states() == ["SENT", "SENT"]
        assert ReportSchedule.objects.get().next_at == DUE + timedelta(days=7)

    def test_leads_to_the_report_and_has_no_figures_with_it(self, sun, snapshot):
        schedule(sun, sun)

        claim_due(now=DUE)
        send_owed(clock=lambda: DUE)

        message = mail.outbox[0]
        assert f"{PAR}?first=2026-01&last=2026-04&currency=CNY&dimension=region" in message.body
        assert message.attachments == []
        assert "4200" not in message.body.replace(",", "")

    def test_is_in_the_language_of_its_receiver(self, sun, snapshot):
        factories.speak(sun, "zh-hant")
        schedule(sun, sun)

        claim_due(now=DUE)
        send_owed(clock=lambda: DUE)

        assert mail.outbox[0].subject == "報表：風險資產（PAR）"

    def test_has_the_file_with_it_where_the_lender_allows_it(self, sun, snapshot, settings):
        settings.REPORT_MAIL_ATTACHMENT_BYTES = 1_000_000
        schedule(sun, sun)

        claim_due(now=DUE)
        send_owed(clock=lambda: DUE)

        name, content, _media_type = mail.outbox[0].attachments[0]
        assert name == "portfolio-at-risk-2026-04.xlsx"
        assert content[:2] == b"PK"

    def test_a_file_that_is_too_large_stays_here(self, sun, snapshot, settings):
        settings.REPORT_MAIL_ATTACHMENT_BYTES = 100
        schedule(sun, sun)

        claim_due(now=DUE)
        send_owed(clock=lambda: DUE)

        assert mail.outbox[0].attachments == []

    def test_moments_that_passed_are_not_made_up_for_one_by_one(self, sun, snapshot):
        schedule(sun, sun)

        claim_due(now=DUE + timedelta(days=30))

        assert ReportMail.objects.count() == 1
        assert ReportSchedule.objects.get().next_at > DUE + timedelta(days=30)

    @pytest.mark.parametrize("change", ["role", "left"])
    def test_whoever_lost_the_right_gets_nothing(self, change, sun, ada, snapshot):
        schedule(sun, sun, ada)
        claim_due(now=DUE)
        if change == "role":
            ada.role = "COLLECTOR"
        else:
            ada.is_active = False
        ada.save()

        send_owed(clock=lambda: DUE)

        assert [message.to for message in mail.outbox] == [["sun@example.com"]]
        assert sorted(states()) == ["DROPPED", "SENT"]

    def test_stopped_it_is_sent_no_more(self, sun, snapshot):
        stop_schedule(schedule_id=schedule(sun, sun).pk, person=sun, now=SUNDAY)

        assert claim_due(now=DUE) == 0
        assert ReportMail.objects.exists() is False

    def test_says_so_where_there_is_no_snapshot_yet(self, sun):
        schedule(sun, sun)

        claim_due(now=DUE)
        send_owed(clock=lambda: DUE)

        assert len(mail.outbox) == 1


class TestFailure:
    @pytest.fixture
    def down(self, monkeypatch):
        def not_taken(_message):
            raise smtplib.SMTPServerDisconnected("gone")

        monkeypatch.setattr("django.core.mail.EmailMessage.send", not_taken)

    def test_is_tried_again_later_and_noted(self, sun, snapshot, down):
        schedule(sun, sun)
        claim_due(now=DUE)

        sent = [send_owed(clock=lambda at=DUE + timedelta(minutes=minutes): at) for minutes in (0, 1, 10)]

        owed = ReportMail.objects.get()
        assert sent == [0, 0, 0]
        assert (owed.state, owed.attempts, owed.error) == ("OWED", 2, "SMTPServerDisconnected: gone")

    def test_is_given_up_in_the_end_and_an_alert_says_so(self, sun, snapshot, down):
        schedule(sun, sun)
        claim_due(now=DUE)

        for attempt in range(MOST_ATTEMPTS + 2):
            send_owed(clock=lambda at=DUE + timedelta(minutes=10 * attempt): at)

        assert (states(), ReportMail.objects.get().attempts) == (["FAILED"], MOST_ATTEMPTS)
        assert Alert.objects.get().kind == "insight.report_not_sent"


class TestPages:
    def test_have_it_sent_and_stop_it(self, ada, snapshot):
        client = as_role("SUPERVISOR")
        given = {
            "every": "MONTH",
            "weekday": 1,
            "month_day": 2,
            "hour": 9,
            "file_format": "csv",
            "receivers": [ada.pk],
        }

        made = client.post(f"{PAR}schedule/?dimension=region", given)
        kept = ReportSchedule.objects.get()
        page = client.get(f"/admin/insight/reportschedule/{kept.pk}/change/").content.decode()
        stopped = client.post(f"/admin/insight/reportschedule/{kept.pk}/stop/")

        assert (made.status_code, stopped.status_code) == (302, 302)
        assert (kept.parameters, kept.months, kept.day) == ({"currency": "CNY", "dimension": "region"}, 4, 2)
        assert "every month on day 2 at 09:00" in page
        assert "To: Ada" in page
        assert ReportSchedule.objects.get().stopped_at is not None

    def test_what_is_missing_stands_beside_the_field(self, ada, snapshot):
        page = as_role("SUPERVISOR").post(f"{PAR}schedule/", {"every": "WEEK"}).content.decode()

        assert "Please fill this in." in page
        assert ReportSchedule.objects.exists() is False

    def test_the_list_says_when_each_comes(self, sun, ada, snapshot, django_assert_max_num_queries):
        client = as_role("ADMIN")
        for _number in range(3):
            schedule(sun, sun, ada)
        client.get("/admin/insight/reportschedule/")

        with django_assert_max_num_queries(20):
            page = client.get("/admin/insight/reportschedule/").content.decode()

        assert page.count("every Monday at 09:00") == 3

    def test_are_closed_to_collectors(self, sun, snapshot):
        kept = schedule(sun, sun)
        client = as_role("COLLECTOR")

        for address in (f"{PAR}schedule/", f"/admin/insight/reportschedule/{kept.pk}/stop/"):
            assert client.get(address).status_code == 403
            assert client.post(address).status_code == 403
        assert ReportSchedule.objects.get().stopped_at is None
