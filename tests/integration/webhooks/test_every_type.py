"""For every type of the catalog: a real write makes exactly one event, and one that is refused or undone makes none."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.db import transaction

from collections_mgmt.services.relief.end_offers import decline_offers
from collections_mgmt.services.relief.writing import OfferNotOpen
from dashu import events
from dashu.bulk.models import BulkJob
from dashu.bulk.services.end_job import JobEnded, cancel_job
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.users.models import Borrower, Partner
from dashu.webhooks.catalog import CATALOG
from dashu.webhooks.models import PartnerEvent
from dashu.webhooks.services.endpoints import EndpointNotEnabled, change_endpoint, send_test
from loans.models import Application, Loan
from loans.services.contract_progress import cancel_loan
from loans.services.expire_applications import expire_applications
from loans.services.open_signature import decline_signature
from loans.services.submit_application import submit_application
from loans.services.withdraw_application import withdraw_application
from repayments.models import LoanEvent
from repayments.services.booking import lock_loan
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.disburse_loan import disburse_loan
from repayments.services.documents import issue_statement
from repayments.services.payoff_quotes import (
    accept_payoff_quote,
    close_changed_quotes,
    close_expired_quotes,
    quote_payoff,
    withdraw_payoff_quote,
)
from repayments.services.refund_credit import refund_credit
from repayments.services.restructure_loan import restructure_loan
from repayments.services.return_payment import return_payment
from repayments.services.sell_loan import sell_loan
from repayments.services.settle_by_quote import settle_by_quote
from repayments.services.undo_event import undo_event
from repayments.services.write_off_loan import write_off_loan
from tests import factories
from tests.applicants import NOW, draft, submitted
from tests.factories import ACTOR
from tests.integration.api.conftest import program_of
from tests.integration.bulk.conftest import folder
from tests.integration.bulk.files import csv_file, job_of, payment, work
from tests.integration.collections_mgmt.relief_cases import DAY, TODAY, accepted, close, noon, offered, plan_for
from tests.integration.webhooks.conftest import enabled
from tests.signers import choose, code_for, let_in, link_of, sign, signed, understand

__all__ = ["folder"]  # the files of bulk jobs lie in one of the test's own
pytestmark = pytest.mark.django_db
SUM = 14_000_00


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def loan(amina: Borrower, dana: Partner) -> Loan:
    return factories.running_loan(amina, brought_by=dana)


@pytest.fixture
def half(amina: Borrower, dana: Partner) -> Application:
    """An application that Dana's program filled in."""
    found = draft(amina)
    Application.objects.filter(pk=found.pk).update(partner=dana)
    return Application.objects.get(pk=found.pk)


def told(type: str) -> list[PartnerEvent]:
    return [*PartnerEvent.objects.filter(type=type)]


def the_one(type: str, write: Callable[[], object]) -> PartnerEvent:
    """Carry out a write, look that it told once, with what the catalog says, and that undone it tells nothing."""
    before = len(told(type))
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert len(told(type)) == before
    write()
    found = told(type)[before:]
    assert [set(event.data) for event in found] == [set(CATALOG[type].example)]
    return found[0]


class TestApplications:
    def test_handed_in(self, half):
        def hand_in() -> None:
            submit_application(application_id=half.pk, now=NOW, actor=ACTOR)

        event = the_one("application.submitted", hand_in)
        hand_in()

        assert event.data == {"application": half.reference, "product": "consumer", "status": "SUBMITTED"}
        assert (event.subject, len(told("application.submitted"))) == (half.reference, 1)

    def test_decided_with_offers_and_signed(self, half):
        submit_application(application_id=half.pk, now=NOW, actor=ACTOR)
        decided = the_one("application.decided", lambda: choose(Application.objects.get(pk=half.pk)))
        (made,) = told("application.offered")
        application = understand(Application.objects.get(pk=half.pk))
        code = code_for(application)
        sign(application, code)
        (event,) = told("application.signed")

        assert decided.data["status"] == "OFFERED"
        assert made.data["offers"] == application.offers.count()
        assert event.data["status"] == "SIGNED"

    def test_withdrawn(self, half):
        def take_back() -> None:
            withdraw_application(application_id=half.pk, now=NOW, actor=ACTOR)

        assert the_one("application.withdrawn", take_back).data["status"] == "WITHDRAWN"

    def test_withdrawn_by_who_does_not_want_to_sign(self, half):
        """There is no event of its own for it: the application is taken back, and `GET …/signature` says how."""
        submit_application(application_id=half.pk, now=NOW, actor=ACTOR)
        token = link_of(choose(Application.objects.get(pk=half.pk)))
        secret = let_in(token)

        def decline() -> None:
            decline_signature(token=token, confirmation=secret, now=NOW)

        assert the_one("application.withdrawn", decline).subject == half.reference
        decline()
        assert len(told("application.withdrawn")) == 1

    def test_lapsed(self, half):
        assert (
            the_one("application.expired", lambda: expire_applications(now=NOW + 100 * DAY)).subject == half.reference
        )

    def test_of_somebody_else_nobody_is_told(self, amina):
        submitted(amina)

        assert PartnerEvent.objects.exists() is False


class TestLoans:
    def test_paid_out(self, amina, dana):
        waiting = factories.approved_loan(amina, brought_by=dana)
        event = the_one("loan.paid_out", lambda: disburse_loan(loan_id=waiting.pk, reference="OUT-1", actor=ACTOR))

        assert event.data == {
            "loan": waiting.number,
            "status": "ACTIVE",
            "amount": {"amount": "12000.00", "currency": "CNY"},
            "paid_on": "2026-01-15",
        }
        assert (event.subject, event.business_date) == (waiting.number, date(2026, 1, 15))

    def test_settled_and_running_again(self, loan):
        event = the_one("loan.settled", lambda: factories.pay(loan, SUM, TODAY, reference="ALL", kind="SETTLEMENT"))
        again = the_one(
            "loan.reopened",
            lambda: return_payment(reference="ALL", returned_on=TODAY, today=TODAY, reason="bounced", actor=ACTOR),
        )

        assert event.data == {"loan": loan.number, "previous_status": "ACTIVE", "status": "SETTLED", "on": "2026-03-01"}
        assert (again.data["previous_status"], again.data["status"]) == ("SETTLED", "ACTIVE")

    def test_new_terms(self, loan):
        event = the_one(
            "loan.restructured",
            lambda: restructure_loan(
                loan_id=loan.pk, terms={"count": 24}, restructured_on=TODAY, today=TODAY, reason="help", actor=ACTOR
            ),
        )

        assert event.data == {"loan": loan.number, "schedule_version": 2, "on": "2026-03-01"}

    def test_charged_off_and_written_off(self, loan):
        about = {"loan_id": loan.pk, "today": TODAY, "reason": "lost", "actor": ACTOR}
        the_one("loan.charged_off", lambda: charge_off_loan(charged_off_on=TODAY, **about))
        event = the_one("loan.written_off", lambda: write_off_loan(written_off_on=TODAY, **about))

        assert (event.data["previous_status"], event.data["status"]) == ("CHARGED_OFF", "WRITTEN_OFF")

    def test_sold(self, loan):
        event = the_one(
            "loan.sold",
            lambda: sell_loan(
                loan_id=loan.pk, price_minor=500_00, sold_on=TODAY, buyer="B", today=TODAY, reason="r", actor=ACTOR
            ),
        )

        assert event.data["status"] == "SOLD"

    def test_cancelled_before_the_payout(self, amina, dana):
        contract = signed(amina)
        part = contract.tranches.get()
        Loan.objects.filter(pk=part.loan_id).update(partner=dana)
        event = the_one(
            "loan.cancelled", lambda: cancel_loan(lock_loan(part.loan_id), now=NOW, actor=ACTOR, why="not_paid_out")
        )

        assert (event.data["previous_status"], event.data["on"]) == ("APPROVED", "2026-11-23")


class TestMoney:
    def test_received_and_returned(self, loan):
        came = the_one("payment.received", lambda: factories.pay(loan, 1_100_16, date(2026, 2, 15), reference="P-1"))
        factories.pay(loan, 1_100_16, date(2026, 2, 15), reference="P-1")
        went = the_one(
            "payment.returned",
            lambda: return_payment(reference="P-1", returned_on=TODAY, today=TODAY, reason="bounced", actor=ACTOR),
        )

        amount = {"amount": "1100.16", "currency": "CNY"}
        assert came.data == {
            "loan": loan.number,
            "payment": "P-1",
            "amount": amount,
            "received_on": "2026-02-15",
            "channel": "BANK_TRANSFER",
        }
        assert went.data == {"loan": loan.number, "payment": "P-1", "amount": amount, "returned_on": "2026-03-01"}
        assert (len(told("payment.received")), len(told("payment.returned"))) == (1, 1)

    def test_undone_as_a_mistake_is_returned_too(self, loan):
        paid = factories.pay(loan, 1_100_16, date(2026, 2, 15), reference="P-1")
        undo_event(event_id=paid.pk, today=TODAY, reason="another loan's", actor=ACTOR)

        assert [event.data["payment"] for event in told("payment.returned")] == ["P-1"]

    def test_refused_tells_nobody(self, loan):
        before = PartnerEvent.objects.count()

        with pytest.raises(DomainError):
            factories.pay(loan, 1_00, date(2025, 1, 1))

        assert PartnerEvent.objects.count() == before

    def test_of_a_history_that_is_written_down_nobody_is_told(self, amina, dana):
        with events.silenced():
            past = factories.running_loan(amina, brought_by=dana)
            factories.pay(past, 1_100_16, date(2026, 2, 15))

        assert PartnerEvent.objects.exists() is False

    def test_refunded_and_taken_back(self, loan):
        factories.pay(loan, SUM, TODAY, reference="ALL", kind="SETTLEMENT")
        the_one(
            "refund.paid",
            lambda: refund_credit(
                loan_id=loan.pk,
                amount_minor=25_00,
                refunded_on=TODAY,
                reference="R-1",
                today=TODAY,
                reason="too much",
                actor=ACTOR,
            ),
        )
        refund = LoanEvent.objects.get(kind="REFUND")
        event = the_one(
            "refund.reversed", lambda: undo_event(event_id=refund.pk, today=TODAY, reason="wrong", actor=ACTOR)
        )

        assert event.data == {
            "loan": loan.number,
            "refund": "R-1",
            "amount": {"amount": "25.00", "currency": "CNY"},
            "refunded_on": "2026-03-01",
        }


class TestQuotes:
    def quoted(self, loan: Loan, days: int = 3):
        return quote_payoff(loan_id=loan.pk, valid_to=TODAY + days * DAY, today=TODAY, actor=ACTOR)

    def test_offered_and_accepted_in_place_of_another(self, loan):
        first = self.quoted(loan, 2)
        event = the_one("payoff_quote.offered", lambda: self.quoted(loan))
        self.quoted(loan)
        second = loan.payoff_quotes.exclude(pk=first.pk).get()
        the_one(
            "payoff_quote.accepted",
            lambda: accept_payoff_quote(loan_id=loan.pk, token=second.token, today=TODAY, actor=ACTOR),
        )

        assert event.data["quote"] == str(second.token)
        assert [(closed.data["quote"], closed.data["status"]) for closed in told("payoff_quote.closed")] == [
            (str(first.token), "SUPERSEDED")
        ]

    def test_closed_by_time_by_a_change_by_hand_and_by_money(self, loan):
        self.quoted(loan)
        the_one("payoff_quote.closed", lambda: close_expired_quotes(today=TODAY + 9 * DAY))
        by_hand = self.quoted(loan)
        withdraw_payoff_quote(loan_id=loan.pk, token=by_hand.token, reason="mistake", actor=ACTOR)
        self.quoted(loan)
        factories.pay(loan, 500_00, TODAY)
        close_changed_quotes(loan_id=loan.pk, today=TODAY)
        paid = self.quoted(loan)
        accept_payoff_quote(loan_id=loan.pk, token=paid.token, today=TODAY, actor=ACTOR)
        settle_by_quote(
            loan_id=loan.pk,
            token=paid.token,
            amount_minor=paid.total_minor,
            received_on=TODAY,
            today=TODAY,
            reference="LAST",
            channel="PARTNER",
            actor=ACTOR,
        )

        assert [event.data["status"] for event in told("payoff_quote.closed")] == [
            "EXPIRED",
            "WITHDRAWN",
            "VOID",
            "USED",
        ]


class TestOverdue:
    def test_the_close_tells_of_what_moved(self, loan):
        close(date(2026, 2, 15))
        before = told("overdue.status_changed")
        close(date(2026, 2, 16))
        close(date(2026, 2, 17))

        (event,) = told("overdue.status_changed")
        assert before == []
        assert set(event.data) == set(CATALOG["overdue.status_changed"].example)
        assert (event.data["days_past_due"], event.data["on"]) == (1, "2026-02-16")
        assert event.data["bucket"] != event.data["previous_bucket"]
        assert event.business_date == date(2026, 2, 16)

    def test_of_a_loan_that_no_partner_brought_nothing_is_written(self, amina):
        factories.running_loan(amina)
        close(date(2026, 2, 16))

        assert PartnerEvent.objects.exists() is False


class TestRelief:
    def test_offered_and_declined(self, loan):
        event = the_one("relief.offered", lambda: offered(loan))
        made = loan.offers_of_relief.get().offer_set
        ended = the_one("relief.ended", lambda: decline_offers(set_id=made.pk, now=noon(TODAY), actor=ACTOR))

        assert event.data == {"loan": loan.number, "offer": made.reference, "last_day": made.last_day.isoformat()}
        assert ended.data == {
            "loan": loan.number,
            "offer": made.reference,
            "plan": None,
            "status": "DECLINED",
            "on": "2026-03-01",
        }

    def test_accepted(self, loan):
        way = offered(loan).offers.get()
        plan = accepted(way)
        with pytest.raises(OfferNotOpen):
            decline_offers(set_id=way.offer_set_id, now=noon(TODAY), actor=ACTOR)

        (event,) = told("relief.accepted")
        assert (event.data["plan"], event.data["method"]) == (plan.reference, "term_extension")
        assert told("relief.ended") == []

    def test_over_at_night(self, loan):
        made = offered(loan)
        close(made.last_day)

        assert [event.data for event in told("relief.ended")] == [
            {
                "loan": loan.number,
                "offer": made.reference,
                "plan": None,
                "status": "EXPIRED",
                "on": made.last_day.isoformat(),
            }
        ]

    def test_completed_at_night(self, loan):
        factories.pay(loan, 1_100_16, date(2026, 2, 15))
        plan = plan_for(loan)
        factories.pay(loan, SUM, TODAY + DAY, reference="ALL", kind="SETTLEMENT")
        close(TODAY + DAY)

        (event,) = told("relief.ended")
        assert (event.data["plan"], event.data["status"]) == (plan.reference, "COMPLETED")


class TestJobs:
    @pytest.fixture
    def job(self, dana: Partner, loan: Loan, folder: Path) -> BulkJob:
        file = csv_file(payment(loan, "first"), payment("nobody", "second"))
        return job_of(program_of(dana).upload("jobs", {"kind": "payments", "file": file}))

    def test_at_its_end(self, job):
        event = the_one("job.finished", lambda: work(job))
        with pytest.raises(JobEnded):
            cancel_job(job_id=job.pk, now=NOW, actor=ACTOR)

        assert event.subject == str(job.key)
        assert event.data == {
            "job": str(job.key),
            "kind": "payments",
            "status": "DONE_WITH_REFUSALS",
            "rows": 2,
            "done": 1,
            "refused": 1,
        }
        assert len(told("job.finished")) == 1

    def test_cancelled(self, job):
        def cancel() -> None:
            cancel_job(job_id=job.pk, now=NOW, actor=ACTOR)

        assert the_one("job.finished", cancel).data["status"] == "CANCELLED"
        cancel()
        assert len(told("job.finished")) == 1


class TestOthers:
    def test_a_paper(self, loan):
        about = {"first": loan.starts_on, "last": TODAY, "language": "zh-hans", "site": "https://loans.example"}
        event = the_one(
            "document.issued", lambda: issue_statement(loan_id=loan.pk, now=noon(TODAY), actor=ACTOR, **about)
        )
        issue_statement(loan_id=loan.pk, now=noon(TODAY), actor=ACTOR, **about)

        assert (event.data["kind"], event.data["as_of"]) == ("STATEMENT_OF_ACCOUNT", "2026-03-01")
        assert len(told("document.issued")) == 1

    def test_a_test_and_none_where_nothing_would_be_sent(self, dana, hooks):
        endpoint = enabled(dana, hooks.url)
        the_one("webhook.test", lambda: send_test(endpoint_id=endpoint.pk, actor=ACTOR))
        change_endpoint(endpoint_id=endpoint.pk, changes={"enabled": False}, now=lender_now(), actor=ACTOR)

        with pytest.raises(EndpointNotEnabled):
            send_test(endpoint_id=endpoint.pk, actor=ACTOR)

        assert len(told("webhook.test")) == 1


class TestCatalog:
    def test_has_no_type_without_a_test_above(self):
        source = Path(__file__).read_text()

        assert [type for type in CATALOG if f'"{type}"' not in source] == []
