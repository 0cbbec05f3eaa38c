"""
Reminders, a day and two hours before: one statement for all participants of a workshop, whoever they are.

A workshop is claimed by a conditional update, so that two workers never remind twice; who signed up later than the
reminder would have gone out knows the time and gets none.
"""

from datetime import datetime, timedelta

from django.db import transaction

from education.models import Notice, Workshop, WorkshopRegistration
from education.services.workshops.tell import tell_all

DAY, SOON = timedelta(days=1), timedelta(hours=2)
# A reminder of the day before that comes so late, after an outage for instance, would only repeat the next one.
LATEST_DAY = timedelta(hours=3)


def remind_participants(*, now: datetime) -> int:
    """Remind of whatever is due, and return how many rows that made; running twice or late is safe."""
    due = Workshop.objects.filter(status=Workshop.Status.OPEN, starts_at__gt=now).order_by("pk")
    in_a_day = due.filter(starts_at__lte=now + DAY, starts_at__gt=now + LATEST_DAY, reminded_day_at=None)
    made = sum(
        _remind(pk, Notice.TOMORROW, field="reminded_day_at", before=DAY, now=now)
        for pk in list(in_a_day.values_list("pk", flat=True))
    )
    in_two_hours = due.filter(starts_at__lte=now + SOON, reminded_soon_at=None)
    return made + sum(
        _remind(pk, Notice.SOON, field="reminded_soon_at", before=SOON, now=now)
        for pk in list(in_two_hours.values_list("pk", flat=True))
    )


@transaction.atomic
def _remind(workshop_id: int, kind: Notice, *, field: str, before: timedelta, now: datetime) -> int:
    claimed = Workshop.objects.filter(pk=workshop_id, status=Workshop.Status.OPEN, **{field: None})
    if claimed.update(**{field: now}) != 1:
        return 0
    workshop = Workshop.objects.get(pk=workshop_id)
    return tell_all(
        workshop,
        kind,
        statuses=[WorkshopRegistration.Status.REGISTERED],
        joined_before=workshop.starts_at - before,
        now=now,
    )
