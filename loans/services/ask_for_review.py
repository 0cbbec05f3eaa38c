"""Have a person look at a decision again: the right of whoever is refused, free of charge. PIPL article 24."""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.finance.calendars import CHINA, business_day_after
from dashu.kernel.dates import LENDER_ZONE, lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from loans.domain.applications import Status
from loans.models import Application, ReviewRequest
from loans.services.application_rows import Kind, lock_application, move, note, refuse_unless_in
from loans.services.start_application import AnotherOpen

LONGEST = 1000


class ReviewAnswered(DomainError):
    """A person has looked at this decision already."""

    code = "review_answered"
    http_status = 409


@transaction.atomic
def ask_for_review(*, application_id: int, words: str, now: datetime, actor: str) -> ReviewRequest:
    """
    Pass a refused application to a person, with a day by which it is answered. Asking again changes nothing.

    :param words: what the applicant wants to say, at most 1,000 characters; may be empty.
    :raises ReviewAnswered: a person has decided it already.
    :raises ApplicationStateChanged: it is not refused.
    """
    application = lock_application(application_id)
    if waiting := ReviewRequest.objects.filter(application=application, outcome="").first():
        return waiting
    refuse_unless_in(application, Status.REFUSED)
    decided = application.reviews.first()
    assert decided is not None, "what is refused was decided"
    if decided.decided_by_id:
        raise ReviewAnswered(
            _("A person has looked at this already. If something has changed since, please apply again."),
            field="application",
        )
    open_ones = Application.objects.open().filter(borrower=application.borrower_id, product=application.product_id)
    if open_ones.exists():
        raise AnotherOpen(
            _("You have begun another application for this loan. Finish or withdraw it first."), field="application"
        )
    today = lender_date(now)
    due_on = business_day_after(today, policy.credit_review(today).review_business_days, CHINA)
    asked = ReviewRequest.objects.create(
        application=application,
        review=decided,
        words=words.replace("\0", "").strip()[:LONGEST],
        asked_at=now,
        due_on=due_on,
    )
    end_of_day = datetime.combine(due_on + timedelta(days=1), time(), LENDER_ZONE) - timedelta(minutes=1)
    move(application, Status.REFERRED, now=now, due_at=end_of_day, ended_at=None)
    note(application, Kind.REVIEW_ASKED, now=now, actor=actor, due_on=asked.due_on.isoformat())
    return asked
