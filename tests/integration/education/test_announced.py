"""What happens in the other apps reaches the moments of learning through the table of events alone."""

from datetime import timedelta

import pytest

from dashu import events
from dashu.kernel.dates import lender_now, lender_today
from education.models import LearningMoment
from education.selectors.happened import asked_several_lenders, signers
from education.services.morning import notice_inquiries, notice_morning
from loans.domain.credit_file_json import file_to_json
from loans.domain.credit_files import CreditFile, Inquiry, Purpose
from loans.models import CreditReport
from tests import everyone as cast
from tests import factories
from tests.applicants import draft
from tests.signers import signed

pytestmark = pytest.mark.django_db

NOW = lender_now()
TODAY = lender_today()


def asked(lender, days_ago, purpose=Purpose.LOAN):
    return Inquiry(on=TODAY - timedelta(days=days_ago), lender=lender, purpose=purpose)


def report(borrower, *inquiries):
    application = draft(borrower, now=NOW)
    file = CreditFile(pulled_at=NOW, reference="r", inquiries=inquiries)
    CreditReport.objects.create(
        application=application,
        request_id="00000000-0000-4000-8000-000000000001",
        bureau="simulated",
        asked_at=NOW,
        answered_at=NOW,
        content=file_to_json(file),
    )
    return application


class TestSecondInquiry:
    def test_is_two_lenders_asked_for_new_credit_within_the_days(self, amina):
        application = report(amina, asked("甲", 3), asked("乙", 29))

        assert notice_inquiries(application_id=application.pk, now=NOW) == 1
        assert notice_inquiries(application_id=application.pk, now=NOW) == 0
        moment = LearningMoment.objects.get()
        assert (moment.moment, moment.loan_id, moment.lesson) == ("SECOND_INQUIRY", None, "many-lenders")

    @pytest.mark.parametrize(
        "inquiries",
        [
            [("甲", 3, Purpose.LOAN)],
            [("甲", 3, Purpose.LOAN), ("甲", 2, Purpose.LOAN)],
            [("甲", 3, Purpose.LOAN), ("乙", 30, Purpose.LOAN)],
            [("甲", 3, Purpose.LOAN), ("乙", 2, Purpose.POST_LOAN)],
        ],
    )
    def test_is_not_one_lender_nor_long_ago_nor_about_what_runs(self, amina, inquiries):
        application = report(amina, *(asked(*each) for each in inquiries))

        assert asked_several_lenders(application.pk, inquiries=2, within_days=30) == []
        assert notice_morning(now=NOW) == 0

    def test_without_a_report_nothing_is_known(self, amina):
        application = draft(amina, now=NOW)

        assert notice_inquiries(application_id=application.pk, now=NOW) == 0


class TestSigned:
    def test_is_found_with_its_loan_and_once(self, rules):
        dai = factories.borrower("Dai")
        contract = signed(dai, now=NOW, person=cast._person("戴岱", cast.BROOKS_NUMBER, "13800001236"))
        loan = contract.tranches.get().loan

        assert signers(today=TODAY) == [(dai.pk, loan.pk)]
        assert signers(today=TODAY + timedelta(days=3)) == []


class TestReactions:
    @pytest.mark.parametrize(
        ("event", "task"),
        [
            ("loans.contract_signed", "notice_contract"),
            ("loans.application_decided", "notice_inquiries"),
            ("collections_mgmt.loans_fell_behind", "notice_behind"),
            ("collections_mgmt.offers_made", "notice_offers"),
            ("collections_mgmt.plan_accepted", "notice_plan"),
        ],
    )
    def test_lead_to_a_task_here(self, event, task):
        assert f"education.tasks.{task}" in events.REACTIONS[event]

    def test_an_offer_and_a_plan_are_announced_with_their_loans(self, rules, monkeypatch):
        found = []
        monkeypatch.setattr(events, "publish", lambda event, **fields: found.append((event, fields)))

        world = cast.everyone()

        offered = [fields for event, fields in found if event == "collections_mgmt.offers_made"]
        accepted = [fields for event, fields in found if event == "collections_mgmt.plan_accepted"]
        assert {"loan_ids": [world.hard_to_pay.pk]} in offered
        assert accepted == [{"loan_id": world.plan.loan_id}]
