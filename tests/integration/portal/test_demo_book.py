"""A small demo book, seeded once: everything that the large one promises, in seconds."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.db import transaction
from django.db.models import F, Sum
from django.urls import reverse
from oauth2_provider.models import Application as Client

from collections_mgmt.models import (
    CaseFile,
    CloseRun,
    CollectionCase,
    DeskFigure,
    OfferSet,
    OverdueChange,
    OverdueStatus,
    PromiseToPay,
    QualityReview,
    ReliefCampaign,
    RestructuringPlan,
    Settlement,
    ShockEntry,
    WarningLead,
    WarningTrigger,
)
from dashu import events
from dashu.consents.selectors import consents_held
from dashu.credit_reporting.models import ReportedRecord, ReportingFile
from dashu.finance.loan import accrue, arrears
from dashu.kernel.dates import LENDER_ZONE
from dashu.ledger.selectors import trial_balance
from dashu.messaging.models import ContactAttempt, OutboxMessage
from dashu.policy.selectors import forget_rules
from dashu.portal.demo.seeding import Choice, seed_book
from dashu.provisioning.models import ProvisionRun
from dashu.users.models import Borrower, Partner, User
from dashu.users.selectors import called
from education.models import Workshop
from education.selectors.workshop_figures import counts_of, feedback_of
from loans.models import Application, ApplicationEvent, Guarantor, Loan, ReviewRequest
from loans.review_words import review_in_words
from loans.selectors.decisions import may_ask_for_review
from repayments.models import Payment, ScheduleVersion
from repayments.selectors.reconciliation import differences
from repayments.selectors.standings import standings_of
from repayments.services.booking import load
from repayments.services.send_receipt import send_missing_receipts

TODAY = date(2026, 11, 23)
YESTERDAY = TODAY - timedelta(days=1)

pytestmark = pytest.mark.xdist_group("demo_book")


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[list[str]]:
    """A seeded book for all tests of this module; the tasks that were queued meanwhile."""
    queued: list[str] = []
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(events.app, "send_task", lambda name, **_options: queued.append(name))
        with transaction.atomic():
            seed_book(Choice(loans=60, seed=7, today=TODAY, months=4))
        queued += [repr(callback) for callback in transaction.get_connection().run_on_commit]
        yield queued
        transaction.set_rollback(True)
    forget_rules()


@pytest.fixture
def book(seeded: list[str]) -> Iterator[list[str]]:
    """The seeded book; what a test changes is undone."""
    with transaction.atomic():
        yield seeded
        transaction.set_rollback(True)


class TestBook:
    def test_reconciles_and_agrees_with_finance(self, book):
        assert differences() == []
        assert sum(line.balance_minor for line in trial_balance(TODAY) if line.depth == 0) == 0
        statuses = OverdueStatus.objects.in_bulk()
        for loan in Loan.objects.exclude(status=Loan.Status.SETTLED):
            stored = load(loan)
            owed = arrears(accrue(stored.position, stored.contract, YESTERDAY), stored.contract, YESTERDAY)
            status = statuses.get(loan.pk)
            assert (status.days_past_due if status else 0) == owed.days_past_due
            assert stored.position.status.value == loan.status
            assert stored.position.unapplied == 0

    def test_has_each_kind_of_life(self, book):
        payments = Payment.objects.all()
        assert OverdueStatus.objects.filter(days_past_due__gt=90).count() >= 1  # deep arrears
        assert OverdueChange.objects.filter(bucket="CURRENT", bucket_before="M1").count() >= 1  # late and cured
        assert Loan.objects.filter(status=Loan.Status.SETTLED).count() >= 1
        assert payments.filter(event__kind="SETTLEMENT").count() >= 1  # settled early
        assert payments.filter(is_returned=True).count() >= 1
        assert ScheduleVersion.objects.filter(reason=ScheduleVersion.Reason.EXTENSION).count() >= 1
        assert payments.filter(penalty_minor__gt=0).count() >= 5
        assert CollectionCase.objects.filter(status="CLOSED").count() >= 1
        several = payments.filter(is_returned=False, allocations__number__gt=1).values("pk").distinct()
        assert several.count() >= 10  # prepaid or caught up

    def test_closed_every_date_in_order(self, book):
        first = Loan.objects.earliest("starts_on").starts_on
        closed = list(CloseRun.objects.order_by("id").values_list("business_date", flat=True))

        assert closed == [first + timedelta(days=n) for n in range((TODAY - first).days)]
        assert not CloseRun.objects.exclude(status=CloseRun.Status.CLOSED).exists()

    def test_told_the_bureau_of_a_month_and_set_aside_for_loss(self, book):
        files = ReportingFile.objects.order_by("month").values_list("month", "status")
        assert list(files) == [(date(2026, 9, 1), "ACCEPTED"), (date(2026, 10, 1), "BUILT")]
        states = set(ReportedRecord.objects.values_list("file__month__month", "status"))
        assert states == {(9, "ACCEPTED"), (9, "HELD"), (10, "IN_FILE"), (10, "HELD")}
        runs = ProvisionRun.objects.order_by("month").values_list("month", "status")
        assert list(runs) == [(date(2026, 9, 1), "POSTED"), (date(2026, 10, 1), "DRAFT")]
        assert all(run.loans and run.total_minor for run in ProvisionRun.objects.all())

    def test_tells_nobody_and_reminds_of_nothing_past(self, book):
        assert book == []
        assert set(OutboxMessage.objects.values_list("template", flat=True)) <= {
            "reminder.upcoming",
            "reminder.due_today",
            "reminder.overdue",
            "reminder.help",
            "reminder.choose_day",
            "collections.loan_placed",
            "collections.settlement_offered",
            "collections.settlement_accepted",
            "collections.offer_made",
            "collections.offer_accepted",
        }
        assert not OutboxMessage.objects.filter(not_before__date__lt=TODAY).exists()

    def test_the_sweep_sends_no_receipts_of_long_ago(self, book):
        Payment.objects.update(posted_at=datetime(2026, 11, 23, 1, tzinfo=UTC))

        told = send_missing_receipts(now=datetime(2026, 11, 23, 2, tzinfo=UTC))

        assert told == Payment.objects.filter(received_on__gte=TODAY - timedelta(days=7)).count()
        assert 0 < told < Payment.objects.count() / 4


class TestRelief:
    """Pages of early warnings, campaigns, offers, plans and of their effect show something."""

    def test_has_early_warnings_to_look_at_and_such_as_were_taken_up(self, book):
        leads = Counter(WarningLead.objects.values_list("state", flat=True))

        assert leads["OPEN"] >= 1
        assert leads["OFFERED"] + leads["HELD_OUT"] >= 1
        assert {"INCOME_DROP", "SHOCK"} <= set(WarningTrigger.objects.values_list("kind", flat=True))
        assert ShockEntry.objects.count() == 1

    def test_has_a_campaign_that_two_people_agreed_on_with_its_offers(self, book):
        campaign = ReliefCampaign.objects.get()
        offered = OfferSet.objects.filter(campaign_members__campaign=campaign)

        assert campaign.status == "RUNNING"
        assert offered.exists()
        assert {each.status for each in offered} <= {"OPEN", "ACCEPTED"}

    def test_has_a_plan_that_was_signed_with_its_paper(self, book):
        plan = RestructuringPlan.objects.get()

        assert (plan.status, plan.is_observed) == ("ACCEPTED", True)
        assert plan.amendment is not None
        assert plan.offer.offer_set.source == "CAMPAIGN"
        assert plan.evidence["when"]["sheet_opened_at"] < plan.evidence["when"]["accepted_at"]


class TestWorkshops:
    """One to come with people waiting, one that was held."""

    def test_stand_as_people_would_find_them(self, book):
        coming, held = (Workshop.objects.get(status=status) for status in ("OPEN", "DONE"))

        assert (coming.seats_taken, coming.capacity) == (3, 3)
        assert counts_of(coming).waiting == 2
        assert (counts_of(held).seats, counts_of(held).came) == (6, 5)
        assert feedback_of(held).count == 3
        assert feedback_of(held).averages is not None


class TestDesk:
    """What collectors did in the last four weeks; a book of 60 loans has few people who are behind."""

    def test_called_people_whom_the_guard_allowed_at_its_hours_and_said_how_each_call_ended(self, book):
        made = list(ContactAttempt.objects.select_related("decision"))

        assert len(made) >= 5
        assert {attempt.decision.verdict for attempt in made} == {"ALLOW"}
        assert all(attempt.outcome != "OPEN" for attempt in made)
        days = {attempt.started_at.astimezone(LENDER_ZONE).date() for attempt in made}
        assert max(days) < TODAY
        assert min(days) > TODAY - timedelta(days=30)
        assert {day.weekday() for day in days} <= set(range(5))

    def test_noted_promises_that_the_close_decided_by_what_was_paid(self, book):
        promises = PromiseToPay.objects.exclude(status="OPEN")

        assert promises.exists()
        for promise in promises:
            paid = promise.loan.payments.filter(
                is_returned=False, received_on__gte=promise.made_on, received_on__lte=promise.due_on
            )
            total = sum(paid.values_list("amount_minor", flat=True))
            assert (promise.status == "KEPT") == (total >= promise.amount_minor)

    def test_left_nobody_on_the_phone_and_no_file_in_hand(self, book):
        assert not CaseFile.objects.filter(state="HELD").exists()
        assert not ContactAttempt.objects.filter(ended_at=None).exists()

    def test_is_counted_by_the_figures(self, book):
        counted = DeskFigure.objects.filter(measure="call").aggregate(calls=Sum("count"))["calls"]

        assert counted == ContactAttempt.objects.count()

    def test_settled_with_somebody_and_reviewed_a_drawn_sample(self, book):
        (settlement,) = Settlement.objects.all()
        assert (settlement.status, settlement.actor.split(":")[0]) == ("ACCEPTED", "user")
        assert QualityReview.objects.exclude(reviewed_at=None).exists()
        assert not QualityReview.objects.filter(reviewer=F("collector")).exists()


class TestApplications:
    def test_stand_in_every_state_that_people_can_bring_them_to(self, book):
        found = Application.objects.values_list("status", "product__code").order_by("status", "product__code")

        assert Counter(found) == {
            ("ACCEPTED", "card-repayment"): 1,
            ("DRAFT", "consumer"): 1,
            ("EXPIRED", "consumer"): 2,
            ("OFFERED", "consumer"): 2,
            ("REFERRED", "consumer"): 4,
            ("REFERRED", "sme"): 1,
            ("REFUSED", "consumer"): 1,
            ("WITHDRAWN", "consumer"): 1,
        }

    def test_wait_at_the_desk_for_different_reasons_one_of_them_taken_up(self, book):
        waiting = Application.objects.filter(status="REFERRED").order_by("due_at")

        reasons = {each.borrower.name: {found["reason"] for found in each.reviews.first().findings} for each in waiting}
        assert reasons == {
            "韩志强": {"many_inquiries"},
            "傅秀兰": {"person_asked_for"},
            "Nina Kapoor": {"no_credit_report"},
            "萧国栋": {"business_loan", "debt_share"},
            "罗永红": {"overdue_elsewhere"},
        }
        assert [each.handler and each.handler.name for each in waiting] == ["孙博", None, None, None, None]
        assert Guarantor.objects.filter(application__in=waiting).count() == 2
        assert ReviewRequest.objects.get().application.borrower.name == "罗永红"
        assert "AUTOMATED_DECISION" not in consents_of("傅秀兰")
        assert "AUTOMATED_DECISION" in consents_of("萧国栋")

    def test_of_the_logins_are_what_they_are_listed_as(self, book):
        offers, refused, draft = (
            Application.objects.get(borrower__user__email=f"applicant-{key}@demo.example.com")
            for key in ("offers", "refused", "draft")
        )

        assert (offers.status, offers.offers.count(), offers.expires_on) == ("OFFERED", 2, date(2026, 12, 6))
        assert (refused.status, may_ask_for_review(refused, refused.reviews.get())) == ("REFUSED", True)
        assert [reason.code for reason in review_in_words(refused.reviews.get())] == ["no_surplus"]
        assert (draft.status, draft.steps_done) == ("DRAFT", ["loan", "person", "work"])

    def test_happened_before_today_and_were_told_to_nobody(self, book):
        assert not ApplicationEvent.objects.filter(at__date__gte=TODAY).exists()
        assert not Application.objects.filter(created_at__date__gte=TODAY).exists()
        assert not OutboxMessage.objects.filter(template__startswith="loans.").exists()

    def test_of_the_applicant_with_offers_show_them(self, book, client):
        offers = Application.objects.get(borrower__user__email="applicant-offers@demo.example.com")
        client.force_login(offers.borrower.user, backend="django.contrib.auth.backends.ModelBackend")

        page = client.get(reverse("portal:application_offers", args=[offers.reference]))

        assert page.status_code == 200
        assert "¥12,000.00" in page.content.decode()

    def test_wait_in_the_queue_that_the_underwriter_opens(self, book, client):
        underwriter = User.objects.get(email="underwriter@demo.example.com")
        client.force_login(underwriter, backend="django.contrib.auth.backends.ModelBackend")

        waiting = client.get("/admin/loans/application/").content.decode()

        for application in Application.objects.filter(status="REFERRED"):
            assert application.reference in waiting


def consents_of(name: str) -> set[str]:
    [borrower] = Borrower.objects.filter(called(name))
    application = Application.objects.get(borrower=borrower)
    return set(consents_held(borrower_id=application.borrower_id, about=application.reference))


class TestLogins:
    def test_every_role_can_sign_in_with_what_is_printed(self, book, client):
        logins = json.loads(demo("demo_logins", "--json"))
        people = [login for login in logins if "email" in login]

        assert {login["role"] for login in people} == set(User.Role.values)
        for login in people:
            assert client.login(request=None, username=login["email"], password=login["password"]) is True
        assert "collector@demo.example.com" in demo("demo_logins")

    def test_the_partners_program_has_its_own_loans(self, book):
        (program,) = [login for login in json.loads(demo("demo_logins", "--json")) if "client_id" in login]
        application = Client.objects.get(client_id=program["client_id"])
        partner = Partner.objects.get(user=application.user)

        assert check_password(program["client_secret"], application.client_secret)
        assert Loan.objects.filter(partner=partner).count() >= 2
        assert Payment.objects.filter(loan__partner=partner).exclude(channel="PARTNER").exists() is False

    def test_a_changed_password_is_not_shown(self, book):
        user = User.objects.get(email="admin@demo.example.com")
        user.set_password("my own")
        user.save()

        shown = {login.get("email"): login for login in json.loads(demo("demo_logins", "--json"))}

        assert shown["admin@demo.example.com"]["password"] is None
        assert shown["collector@demo.example.com"]["password"]

    def test_borrowers_show_the_states_they_are_named_after(self, book):
        standings = {}
        for key in ("on-time", "due-soon", "overdue", "deep-arrears"):
            (loan,) = Loan.objects.filter(borrower__user__email=f"{key}@demo.example.com")
            standings[key] = standings_of([loan], today=TODAY)[loan.pk]

        assert (standings["on-time"].days_past_due, standings["on-time"].paid_rows) == (0, 5)
        assert standings["due-soon"].next_due_on == TODAY + timedelta(days=3)
        assert standings["overdue"].days_past_due == 5
        assert standings["deep-arrears"].days_past_due == 130


def demo(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()
