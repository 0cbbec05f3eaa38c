"""Jobs of the night, and reactions to payments. The state is in the database: running twice or late is safe."""

from datetime import date, timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError

from collections_mgmt.models import OfferCode, ReliefAccessCode
from collections_mgmt.selectors.behavior import last_month_end
from collections_mgmt.services import close_day as service
from collections_mgmt.services.agencies import watch_agencies
from collections_mgmt.services.asked import watch_clocks as watch
from collections_mgmt.services.care import watch_care
from collections_mgmt.services.clocks import knows_the_time
from collections_mgmt.services.close_range import ALERT_AFTER, close_next_range
from collections_mgmt.services.draw_quality import draw_owed_weeks
from collections_mgmt.services.holds import watch_holds
from collections_mgmt.services.legal import watch_limitation
from collections_mgmt.services.placements import ACTOR as PLACEMENTS
from collections_mgmt.services.placements import bring_back, bring_back_of
from collections_mgmt.services.reassess_loan import reassess_loan as reassess
from collections_mgmt.services.refresh_history import refresh_history as refresh
from collections_mgmt.services.relief.after_the_night import follow_ended_plans
from collections_mgmt.services.relief.campaigns import run_campaigns
from collections_mgmt.services.relief.disaster_lists import follow_lists
from collections_mgmt.services.relief.offer_codes import send_offer_code as send_code
from collections_mgmt.services.relief.open_link import send_access_code
from collections_mgmt.services.settlements import review_returned
from collections_mgmt.services.settlements import review_settlement as review
from collections_mgmt.services.take_file import wake_files as wake
from collections_mgmt.services.tell_before_report import tell_before_report as tell_before
from collections_mgmt.services.watch_behavior import watch_running_loans
from collections_mgmt.services.watch_bureau import watch_bureau as watch_credit_reports
from dashu.alerts.services import end_alert, tell_without_database
from dashu.celery import app
from dashu.kernel.dates import lender_now, lender_today
from dashu.messaging.delivery import NotDelivered
from dashu.messaging.links import public_address
from loans.models import Loan

# A database that is gone, that breaks off, or that takes no writes, as one does that stands by for another.
DATABASE_FAILS = (OperationalError, InterfaceError, InternalError)


@shared_task
def close_due_dates(**_newer_fields: Any) -> None:
    """
    Take the oldest date that is owed and queue as many closings of ranges as may go on at once.

    Beat calls this every minute, as start and as sweep: it takes up what a dead worker or a lost message left behind.
    """
    end_alert("broker.unreachable")  # it brought this task
    if not knows_the_time():
        return
    today = lender_today()
    day = next(service.owed_dates(to=today - timedelta(days=1), today=today), None)
    if day is not None:
        service.note_when_late(business_date=day, now=lender_now())
        run = service.start_close(business_date=day)
        # Each closes a range and queues another, until none is left; one is enough to see that none is.
        for _number in range(min(settings.CLOSE_AT_ONCE, service.waiting_ranges(run.pk).count()) or 1):
            _queue_one(run.pk)


@shared_task(
    bind=True,
    autoretry_for=DATABASE_FAILS,
    retry_backoff=True,
    retry_backoff_max=600,
    max_retries=20,
)
def close_one_range(self: Any, *, run_id: int, **_newer_fields: Any) -> None:
    """Close a range of the run, whichever has its turn, and see to the next one, or to the end of the night."""
    try:
        closed = close_next_range(run_id=run_id, today=lender_today())
    except DATABASE_FAILS as error:
        if self.request.retries == ALERT_AFTER:
            tell_without_database("database.unreachable", error=str(error).strip())
        raise
    except Exception:
        _queue_one(run_id)  # the range has noted why it waits; the others need not
        raise
    if closed is not None:
        _queue_one(run_id)
    else:
        _go_on_when_closed(run_id)


def _queue_one(run_id: int) -> None:
    app.send_task("collections_mgmt.tasks.close_one_range", kwargs={"run_id": run_id})


@shared_task
def reassess_loan(*, loan_id: int, **_newer_fields: Any) -> None:
    reassess(loan_id=loan_id, as_of=lender_today())


@shared_task
def refresh_history(*, loan_id: int, event_id: int, **_newer_fields: Any) -> None:
    refresh(loan_id=loan_id, event_id=event_id, today=lender_today())


@shared_task(autoretry_for=(NotDelivered,), retry_backoff=True, max_retries=3)
def send_offer_code(*, code_id: int, **_newer_fields: Any) -> None:
    send_code(code_id=code_id, now=lender_now())


@shared_task(autoretry_for=(NotDelivered,), retry_backoff=True, max_retries=3)
def send_relief_access_code(*, code_id: int, **_newer_fields: Any) -> None:
    send_access_code(code_id=code_id, now=lender_now())


@shared_task
def follow_relief(**_newer_fields: Any) -> None:
    """Send codes that an event missed and forget old ones; do what follows from plans that have ended."""
    now = lender_now()
    for code_id in OfferCode.objects.unsent(now=now):
        app.send_task("collections_mgmt.tasks.send_offer_code", kwargs={"code_id": code_id})
    OfferCode.objects.forget(now=now)
    for code_id in ReliefAccessCode.objects.unsent(now=now):
        app.send_task("collections_mgmt.tasks.send_relief_access_code", kwargs={"code_id": code_id})
    ReliefAccessCode.objects.forget(now=now)
    follow_ended_plans(now=now, site=public_address("/"))


@shared_task
def run_relief_campaigns(**_newer_fields: Any) -> None:
    """Do the night of each campaign on early warnings; a later call only makes up for one that was missed."""
    run_campaigns(now=lender_now())


@shared_task
def follow_relief_lists(**_newer_fields: Any) -> None:
    """Go on with disaster lists, a chunk of each: look at their loans, or offer what was approved."""
    follow_lists(now=lender_now())


@shared_task
def wake_files(**_newer_fields: Any) -> None:
    """Make files ready again that have waited long enough, or that nobody holds any more."""
    wake(now=lender_now())


@shared_task
def review_settlement(*, loan_id: int, **_newer_fields: Any) -> None:
    review(loan_id=loan_id, today=lender_today())


@shared_task
def review_settlements(**_newer_fields: Any) -> None:
    """The sweep of `review_settlement`: completed settlements with a payment that did not hold."""
    review_returned(today=lender_today())


@shared_task
def bring_back_paid(*, loan_id: int, **_newer_fields: Any) -> None:
    """Bring a loan back from its agency once nothing is late on it any more."""
    for borrower_id in Loan.objects.filter(pk=loan_id).values_list("borrower_id", flat=True):
        bring_back_of(borrower_id, today=lender_today(), actor=PLACEMENTS)


@shared_task
def bring_back_placements(**_newer_fields: Any) -> None:
    """The sweep of whatever brings loans back from agencies."""
    bring_back(today=lender_today(), actor=PLACEMENTS)


@shared_task
def watch_clocks(**_newer_fields: Any) -> None:
    """Alert staff of requests, complaints and disputes that have to be answered soon."""
    watch(today=lender_today())


@shared_task
def watch_reviews(**_newer_fields: Any) -> None:
    """Alert staff of holds, special care and agencies to look at again, and of claims that soon cannot be enforced."""
    today = lender_today()
    watch_holds(today=today)
    watch_care(today=today)
    watch_agencies(today=today)
    watch_limitation(today=today)


@shared_task
def watch_behavior(**_newer_fields: Any) -> None:
    """Hold the months of running loans against those of the scorecard's training, once the month's end is closed."""
    watch_running_loans(month_end=last_month_end(lender_today() - timedelta(days=1)))


@shared_task
def draw_quality(**_newer_fields: Any) -> None:
    """Draw what is looked at of last week's work; a call on any later day makes up for one that was missed."""
    draw_owed_weeks(now=lender_now())


@shared_task
def tell_before_report(**_newer_fields: Any) -> None:
    """Write to those whom the record of this month would be the first to speak against, once for each month."""
    tell_before(today=lender_today())


@shared_task
def watch_bureau(**_newer_fields: Any) -> None:
    """Ask the credit bureau about those who agreed to it; a call that finds nothing due asks nothing."""
    if settings.CREDIT_BUREAU or settings.SIMULATED_BUREAU:
        watch_credit_reports(now=lender_now())


def _go_on_when_closed(run_id: int) -> None:
    """
    Queue the next owed date once this one is closed.

    Only the task that closes it does: if each that finds it closed did, the tasks would grow fourfold with every date.
    """
    run = service.end_close(run_id=run_id, today=lender_today())
    behind: date = lender_today() - timedelta(days=1)
    if run is not None and run.business_date < behind:
        app.send_task("collections_mgmt.tasks.close_due_dates")
