"""Posting: another person approves, the ledger holds what the rule says, and the night after finds nothing to do."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from collections_mgmt.models import LoanMonth, PortfolioDay
from collections_mgmt.services.close_day import close_date
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import OwnRequest, approve, decline
from dashu.ledger.models import JournalEntry
from dashu.ledger.selectors import balance_of, unbalanced_currencies
from dashu.policy.models import PolicyRule
from dashu.policy.selectors import forget_rules
from dashu.provisioning.models import ProvisionRun
from dashu.provisioning.selectors.posted import provision_differences
from dashu.provisioning.services.calculate import calculate_run
from dashu.provisioning.services.overlays import end_overlay, enter_overlay
from dashu.provisioning.services.post import (
    ProvisionDiffers,
    RunAlreadyAsked,
    RunIsStale,
    ask_posting,
    refuse_provision_that_differs,
    refuse_unfit,
)
from tests import factories
from tests.factories import ACTOR, yuan
from tests.integration.provisioning.months import loan_month, moved
from tests.integration.staff.conftest import as_role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
MONTH, END, TODAY = date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 2)


@pytest.fixture
def basis():
    """Have the rule hold another basis."""

    def set_basis(value: str) -> None:
        PolicyRule.objects.filter(pack="cn", code="provision.basis").update(value=value)
        forget_rules()

    yield set_basis
    forget_rules()


@pytest.fixture
def book(loan):
    """
    Amina's loan, with two installments unpaid at the end of March 2026; its nights to 1 April are closed.

    The five tiers ask for 2% of it; of its moves the month knows nothing, so those of others are added.
    """
    for day in range(3):
        close_date(business_date=END - timedelta(days=1 - day), today=TODAY)
    moves = {("CURRENT", "CURRENT"): 900, ("CURRENT", "M1"): 100, ("M1", "M2"): 500, ("M2", "M3"): 500}
    moved(MONTH, {**moves, ("M3", "M4"): 400, ("M3", "M3"): 100}, product="sme")
    return loan


def tiers(day: date = END) -> int:
    return sum(PortfolioDay.objects.filter(business_date=day).values_list("provision_minor", flat=True))


def calculated(month: date = MONTH) -> ProvisionRun:
    return calculate_run(month=month, currency="CNY", actor=ACTOR)


def asked(run: ProvisionRun, name: str = "Helen") -> ApprovalRequest:
    helen = factories.staff(name, "ACCOUNTANT")
    return ask_posting(
        run_id=run.pk, reason="month end", user=helen, today=TODAY, idempotency_key=f"provision:{run.pk}"
    )


def posted(run: ProvisionRun, name: str = "Ivan") -> ProvisionRun:
    request = asked(run, name)
    checker = factories.staff(f"{name}s-checker", "ACCOUNTANT")
    request = approve(request_id=request.pk, user=checker, today=TODAY, note="")
    assert request.status == "APPROVED", request.result
    run.refresh_from_db()
    return run


class TestMeasuredFromTheClose:
    def test_has_the_five_tiers_as_the_night_booked_them_and_the_plan_as_it_is_in_force(self, book):
        run = calculated()

        line = run.lines.get()
        assert run.five_tier_minor == line.five_tier_minor == tiers() > 0
        day = PortfolioDay.objects.get(business_date=END)
        assert line.ead_minor == day.exposure_minor
        assert (line.stage, line.reason, line.months) == ("2", "DAYS_PAST_DUE", 12)
        assert line.exposures[0] - line.exposures[1] > yuan(900)  # an installment less a month later


class TestPosting:
    @pytest.mark.parametrize("value", ["FIVE_TIER", "ECL", "GREATER"])
    def test_leaves_the_ledger_at_what_the_rule_says_and_so_does_the_night_after(self, value, book, basis):
        basis(value)
        run = calculated()
        assert run.total_minor > tiers(END + timedelta(days=1)) > 0

        posted(run)

        held = {"FIVE_TIER": tiers(END + timedelta(days=1)), "ECL": run.total_minor, "GREATER": run.total_minor}[value]
        at_end = {"FIVE_TIER": tiers(), "ECL": run.total_minor, "GREATER": run.total_minor}[value]
        assert -balance_of("1390") == balance_of("5003") == held
        assert -balance_of("1390", as_of=END) == at_end
        assert provision_differences() == {}
        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))
        after = tiers(TODAY) if value == "FIVE_TIER" else run.total_minor
        assert -balance_of("1390") == after
        of_the_night = JournalEntry.objects.filter(kind="PROVISION", effective_on=TODAY)
        assert of_the_night.exists() is (after != held)
        assert unbalanced_currencies() == {}

    def test_of_a_loss_below_the_five_tiers_leaves_theirs_where_the_greater_is_held(self, book, basis):
        basis("GREATER")
        run = calculated()
        run.totals["consumer"]["total"] = 1
        run.save()

        posted(run)

        assert -balance_of("1390") == tiers(END + timedelta(days=1))
        assert JournalEntry.objects.filter(kind="EXPECTED_LOSS").exists() is False

    def test_nights_hold_the_five_tiers_until_a_first_run_is_posted(self, book, basis):
        basis("ECL")
        calculated()

        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))

        assert -balance_of("1390") == tiers(TODAY)

    def test_gives_what_stood_the_five_tiers_back_when_the_rule_returns_to_them(self, book, basis):
        basis("ECL")
        posted(calculated())
        basis("FIVE_TIER")

        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))

        assert -balance_of("1390") == balance_of("5003") == tiers(TODAY)

    def test_is_put_right_by_the_next_run_and_never_edited(self, book, basis):
        basis("ECL")
        first = posted(calculated())
        ada = factories.staff("Ada", "ACCOUNTANT")
        size = {"amount_minor": 500_00, "share": None, "reason": "a flood in the south"}
        enter_overlay(currency="CNY", product="", bucket="", stage="", **size, from_on=END, to_on=END, user=ada)

        second = posted(calculated(), "Judy")

        assert (second.number, second.overlay_minor) == (2, 500_00)
        end_overlay(overlay_id=second.overlays[0]["id"], user=ada)
        page = as_role("ACCOUNTANT").get(reverse("admin:provisioning_provisionrun_change", args=[second.pk]))
        assert "a flood in the south" in page.content.decode()  # as it was, though it was taken back since
        assert -balance_of("1390") == first.total_minor + 500_00 == second.total_minor
        with pytest.raises(IntegrityError), transaction.atomic():
            ProvisionRun.objects.filter(pk=first.pk).update(ecl_minor=0)
        with pytest.raises(IntegrityError), transaction.atomic():
            ProvisionRun.objects.filter(pk=first.pk).delete()

    def test_twice_posts_once(self, book, basis):
        basis("ECL")
        run = calculated()
        request = asked(run)
        checker = factories.staff("Kim", "ACCOUNTANT")

        for _time in range(2):
            approve(request_id=request.pk, user=checker, today=TODAY, note="")

        # the month's end, and what the night since had made of the five tiers
        days = JournalEntry.objects.filter(kind="EXPECTED_LOSS").order_by("pk").values_list("effective_on", flat=True)
        assert list(days) == [END, END + timedelta(days=1)]


class TestAsking:
    def test_needs_another_person(self, book):
        request = asked(calculated())

        with pytest.raises(OwnRequest):
            approve(request_id=request.pk, user=request.maker, today=TODAY, note="")

        assert ProvisionRun.objects.get().status == "SUBMITTED"
        assert JournalEntry.objects.filter(kind="EXPECTED_LOSS").exists() is False

    @pytest.mark.parametrize("role", ["COLLECTOR", "SUPERVISOR", "UNDERWRITER"])
    def test_is_for_finance(self, role, book):
        run, person = calculated(), factories.staff("Carl", role)

        with pytest.raises(NotAuthorized):
            ask_posting(run_id=run.pk, reason="r", user=person, today=TODAY, idempotency_key="k")

        assert ProvisionRun.objects.get().status == "DRAFT"

    def test_is_refused_while_it_is_asked_for_and_open_again_once_declined(self, book):
        run = calculated()
        request = asked(run)
        with pytest.raises(RunAlreadyAsked):
            ask_posting(run_id=run.pk, reason="r", user=request.maker, today=TODAY, idempotency_key="other")
        decline(request_id=request.pk, user=factories.staff("Lea", "ACCOUNTANT"), today=TODAY, note="too early")

        again = ask_posting(run_id=run.pk, reason="r", user=request.maker, today=TODAY, idempotency_key="other")

        assert again.status == "PENDING"

    def test_of_a_run_whose_books_changed_is_refused(self, book):
        run = calculated()
        loan_month(MONTH, book.pk + 1, principal_minor=1)

        with pytest.raises(RunIsStale):
            asked(run)

    def test_is_refused_at_the_approval_when_the_books_changed_meanwhile(self, book, basis):
        basis("ECL")
        run = calculated()
        request = asked(run)
        loan_month(MONTH, book.pk + 1, principal_minor=1)

        done = approve(request_id=request.pk, user=factories.staff("Max", "ACCOUNTANT"), today=TODAY, note="")

        assert (done.status, done.result["code"]) == ("FAILED", "provision_run_stale")
        assert JournalEntry.objects.filter(kind="EXPECTED_LOSS").exists() is False
        assert -balance_of("1390") == tiers(END + timedelta(days=1))


class TestClosingAPeriod:
    def test_waits_for_a_provision_that_is_what_the_rule_asks_for(self, book, basis):
        refuse_provision_that_differs(END)
        basis("ECL")
        posted(calculated())
        refuse_provision_that_differs(END)

        basis("FIVE_TIER")  # the next night takes the difference back

        with pytest.raises(ProvisionDiffers) as refused:
            refuse_provision_that_differs(END)
        assert refused.value.details == {"differences": provision_differences()}
        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))
        refuse_provision_that_differs(END)


class TestInputs:
    @pytest.mark.parametrize("what", ["stage of a month before", "recovery", "since when in default"])
    def test_of_the_months_before_make_a_run_stale(self, book, what):
        loan_month(date(2026, 1, 1), 70, bucket="M4", bucket_before="M3", principal_minor=100_00)
        loan_month(date(2026, 2, 1), 70, bucket="M4", bucket_before="M4", principal_minor=100_00, stage="3")
        loan_month(MONTH, 70, bucket="M4", bucket_before="M4", principal_minor=100_00, stage="3")
        run = calculated()
        earlier = LoanMonth.objects.filter(loan_id=70, month=date(2026, 2, 1))

        match what:
            case "stage of a month before":
                earlier.update(stage="2")
            case "recovery":
                earlier.update(paid_principal_minor=10_00)
            case "since when in default":
                earlier.update(bucket="M2")

        with pytest.raises(RunIsStale):
            refuse_unfit(run)
