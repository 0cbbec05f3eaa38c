"""The desk in another country: what borrowers ask has its clock, and the jobs of the day run through."""

import uuid
from datetime import date, datetime, timedelta

import pytest

from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.asked import watch_clocks
from collections_mgmt.services.care import watch_care
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.complaints import close_complaint, make_complaint, write_back
from collections_mgmt.services.holds import watch_holds
from collections_mgmt.services.legal import watch_limitation
from collections_mgmt.services.placements import bring_back
from collections_mgmt.services.promises import make_promise
from collections_mgmt.services.tell_before_report import tell_before_report
from dashu.kernel.dates import LENDER_ZONE
from dashu.policy import rules as policy
from tests import factories

NOW = datetime(2026, 5, 29, 12, tzinfo=LENDER_ZONE)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def united_states(settings, rules):
    settings.LENDER_POLICY_PACK = "us"


@pytest.fixture
def late(amina):
    loan = factories.running_loan(amina)
    close_date(business_date=TODAY - timedelta(days=1), today=TODAY)
    loan.refresh_from_db()
    return loan


def test_a_complaint_and_a_request_for_help_have_their_clocks_and_a_cause(late):
    about = {"borrower_id": late.borrower_id, "now": NOW, "actor": "user:1"}
    told = make_complaint(**about, loan_id=late.pk, about="CONTACT", words="Too often.", wish="", key=uuid.uuid4())
    asked = ask_for_help(**about, loan_ids=[late.pk], cause="INCOME", lasts="MONTH", can_pay_minor=None, words="")
    assert (told.due_on, asked.due_on) == (date(2026, 6, 13), date(2026, 6, 5))
    assert watch_clocks(today=date(2026, 6, 12)) == 2

    wen = factories.staff("Wen", "SUPERVISOR")
    write_back(complaint_id=told.pk, words="We are sorry.", is_answer=True, user=wen, now=NOW)
    closed = close_complaint(complaint_id=told.pk, root_cause="CONTACT", user=wen, now=NOW)
    assert closed.root_cause == "CONTACT"


def test_a_promise_of_ones_own_has_its_bounds(late):
    due = TODAY + timedelta(days=3)

    assert make_promise(loan_id=late.pk, amount_minor=1_000_00, due_on=due, today=TODAY, actor="user:1").due_on == due


def test_the_jobs_of_the_day_run_through(late):
    assert watch_clocks(today=TODAY) == 0
    assert (watch_holds(today=TODAY), watch_care(today=TODAY)) == (0, 0)
    assert bring_back(today=TODAY, actor="system:test") == 0
    watch_limitation(today=TODAY)
    assert tell_before_report(today=TODAY) == 1  # two days before the end of a month that is late


def test_a_page_for_help_names_who_helps_here(late):
    assert policy.help_lines(TODAY).mental_health == "988"
