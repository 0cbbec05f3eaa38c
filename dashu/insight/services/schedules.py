"""Having a report sent at a fixed time, and stopping that."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.insight.domain.moments import next_moment
from dashu.insight.models import ReportSchedule
from dashu.insight.report import VIEW, Report
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of_user
from dashu.users.models import User

MOST_RECEIVERS = 50
MOST_RUNNING = 200  # schedules at one time


class ReceiverMayNotSee(DomainError):
    """A receiver has no right to read the report, or is no longer active here."""

    code = "receiver_may_not_see"


class TooManySchedules(DomainError):
    """So many reports are sent already that another needs one of them stopped."""

    code = "too_many_schedules"


def possible_receivers(report: Report) -> list[User]:
    """Return who works here, has an address and may read the report, by name."""
    found = User.objects.filter(is_staff=True, is_active=True, email__isnull=False)
    for permission in filter(None, [VIEW, report.needs]):
        found = found.filter(_may(permission))
    return sorted(found.distinct(), key=lambda user: (str(user), user.pk))


def _may(permission: str) -> Q:
    """Select those who have a permission, by their role or by themselves."""
    app, _dot, codename = permission.partition(".")
    of = {"content_type__app_label": app, "codename": codename}
    found = Permission.objects.filter(**of)
    return Q(is_superuser=True) | Q(groups__permissions__in=found) | Q(user_permissions__in=found)


@transaction.atomic
def make_schedule(
    *,
    report: Report,
    parameters: Mapping[str, str],
    months: int,
    file_format: str,
    every: str,
    day: int,
    hour: int,
    receivers: Collection[int],
    person: User,
    now: datetime,
) -> ReportSchedule:
    """
    Have a report sent every week or every month.

    :param parameters: what it is asked for besides months. :param months: how many it goes back from the latest one.
    :param receivers: ids of users.
    :raises ReceiverMayNotSee: see there; nothing is made. :raises TooManySchedules: see there.
    """
    if ReportSchedule.objects.filter(stopped_at=None).count() >= MOST_RUNNING:
        raise TooManySchedules(_("So many reports are sent already. Stop one that nobody needs."))
    allowed = {user.pk for user in possible_receivers(report)}
    if not receivers or len(receivers) > MOST_RECEIVERS or not set(receivers) <= allowed:
        raise ReceiverMayNotSee(_("Choose receivers who may see this report."), field="receivers")
    schedule = ReportSchedule.objects.create(
        report=report.code,
        parameters=dict(parameters),
        months=months,
        file_format=file_format,
        every=every,
        day=day,
        hour=hour,
        next_at=next_moment(every, day, hour, after=now),
        made_by=person,
    )
    schedule.receivers.set(receivers)
    _note("insight.schedule_made", schedule, person, report=report.code, receivers=sorted(receivers))
    return schedule


@transaction.atomic
def stop_schedule(*, schedule_id: int, person: User, now: datetime) -> None:
    """Send it no more; stopping again changes nothing. What is owed of an earlier moment is not sent either."""
    stopped = ReportSchedule.objects.filter(pk=schedule_id, stopped_at=None).update(stopped_at=now)
    if stopped:
        _note("insight.schedule_stopped", ReportSchedule.objects.get(pk=schedule_id), person)


def _note(action: str, schedule: ReportSchedule, person: User, **data: object) -> None:
    audit.record(
        action=action, subject_type="report_schedule", subject_id=schedule.pk, actor=actor_of_user(person), data=data
    )
