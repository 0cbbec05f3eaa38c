"""Let applications lapse that nobody went on with. What is lapsed costs nothing and bars nothing."""

from datetime import datetime

from django.db import transaction

from dashu.kernel.dates import lender_date
from loans.domain.applications import Status
from loans.models import Application
from loans.services.application_rows import Kind, lock_application, move, note

LAPSING = (Status.DRAFT, Status.OFFERED, Status.ACCEPTED)
ACTOR = "system:applications"
MOST = 500


def expire_applications(*, now: datetime) -> int:
    """End applications whose last day is over, each in a transaction of its own; return how many."""
    today = lender_date(now)
    over = Application.objects.filter(status__in=LAPSING, expires_on__lt=today).order_by("expires_on")
    return sum(_expire(application_id, now) for application_id in over.values_list("pk", flat=True)[:MOST])


@transaction.atomic
def _expire(application_id: int, now: datetime) -> bool:
    application = lock_application(application_id)
    is_over = application.expires_on is not None and application.expires_on < lender_date(now)
    if application.status not in LAPSING or not is_over:
        return False
    move(application, Status.EXPIRED, now=now)
    note(application, Kind.EXPIRED, now=now, actor=ACTOR)
    return True
