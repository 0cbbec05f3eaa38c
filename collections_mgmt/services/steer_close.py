"""What a person may do with a nightly close: pause it, let it go on, and try again what was left out."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import CloseRange, CloseRun
from collections_mgmt.services.close_day import lock_starts
from dashu import events
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError


class CloseNotFound(DomainError):
    """There is no nightly close of this date."""

    code = "close_not_found"
    http_status = 404


class CloseIsClosed(DomainError):
    """The date is closed, every loan of it; closing it again would change nothing."""

    code = "close_is_closed"
    http_status = 409


class LaterDateBegun(DomainError):
    """A later date was closed after this one, and with it what this one had left out, where that was possible."""

    code = "later_date_begun"
    http_status = 409


class CloseNotPaused(DomainError):
    """A close that is not paused cannot be resumed, and one that is cannot be paused again."""

    code = "close_not_paused"
    http_status = 409


@transaction.atomic
def pause_close(*, run_id: int, actor: str) -> CloseRun:
    """
    Let no further range of a running close begin; ranges that are being closed are finished.

    :raises CloseIsClosed: the close is done.
    :raises CloseNotPaused: it is paused already.
    """
    run = _lock(run_id)
    if run.status == CloseRun.Status.PAUSED:
        raise CloseNotPaused(_("The close of %(date)s is paused already."), params={"date": run.business_date})
    _refuse_closed(run)
    return _set(run, CloseRun.Status.PAUSED, "collections.close_paused", actor)


@transaction.atomic
def resume_close(*, run_id: int, actor: str) -> CloseRun:
    """
    Let a paused close go on.

    :raises CloseNotPaused: it is not paused.
    """
    run = _lock(run_id)
    if run.status != CloseRun.Status.PAUSED:
        raise CloseNotPaused(_("The close of %(date)s is not paused."), params={"date": run.business_date})
    return _set(run, CloseRun.Status.RUNNING, "collections.close_resumed", actor)


@transaction.atomic
def rerun_close(*, run_id: int, actor: str) -> CloseRun:
    """
    Try at once what failed, and once more what was quarantined.

    A loan is closed once for a date, however often this is asked for.

    :raises CloseIsClosed: nothing of the date is left.
    :raises LaterDateBegun: loans are left, but a later date has begun, which tries them too.
    :raises CloseNotPaused: it is paused; resume it instead.
    """
    lock_starts()
    run = _lock(run_id)
    if run.status == CloseRun.Status.PAUSED:
        raise CloseNotPaused(_("The close of %(date)s is paused. Resume it."), params={"date": run.business_date})
    quarantined = run.ranges.filter(status=CloseRange.Status.QUARANTINED)
    if run.status == CloseRun.Status.CLOSED:
        if not quarantined.exists():
            _refuse_closed(run)
        if CloseRun.objects.aggregate(latest=Max("business_date"))["latest"] != run.business_date:
            raise LaterDateBegun(
                _("A later date was begun after %(date)s; it tries the loans that were left out."),
                params={"date": run.business_date},
            )
    quarantined.update(status=CloseRange.Status.WAITING, attempts=0, error="")
    run.ranges.filter(status=CloseRange.Status.WAITING).update(next_at=None)
    run.ended_at = None
    return _set(run, CloseRun.Status.RUNNING, "collections.close_rerun", actor)


def _lock(run_id: int) -> CloseRun:
    run = CloseRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise CloseNotFound(_("There is no such nightly close."))
    return run


def _refuse_closed(run: CloseRun) -> None:
    if run.status == CloseRun.Status.CLOSED:
        raise CloseIsClosed(
            _("%(date)s is closed already; closing it again changes nothing."), params={"date": run.business_date}
        )


def _set(run: CloseRun, status: str, action: str, actor: str) -> CloseRun:
    before, run.status = run.status, CloseRun.Status(status)
    run.save(update_fields=["status", "ended_at"])
    audit.record(
        action=action,
        subject_type="close",
        subject_id=run.business_date,
        actor=actor,
        data={"before": before, "after": run.status},
    )
    if run.status == CloseRun.Status.RUNNING:
        events.publish("collections_mgmt.close_goes_on", run_id=run.pk)
    return run
