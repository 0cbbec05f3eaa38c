"""What every write to an application shares: its lock, its states, and the line of what happened."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.users.models import Borrower
from loans.domain.applications import Status, may_become
from loans.models import Application, ApplicationEvent
from loans.services.partner_events import tell_of_application

Kind = ApplicationEvent.Kind


class ApplicationNotFound(DomainError):
    """There is no such application, or it is somebody else's."""

    code = "application_not_found"
    http_status = 404


class ApplicationStateChanged(DomainError):
    """The application is no longer in a state in which this can be done."""

    code = "application_state"
    http_status = 409


def lock_applicant(application_id: int) -> None:
    """
    Lock the borrower of an application, for what concerns the other applications of the same person, too.

    Before the application: who begins or goes on with one holds the borrower already when it comes to the application.
    """
    whose = Application.objects.filter(pk=application_id).values("borrower")
    Borrower.objects.select_for_update(no_key=True).filter(pk__in=whose).first()


def lock_application(application_id: int) -> Application:
    """:raises ApplicationNotFound: there is none."""
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("product", "borrower")
        .filter(pk=application_id)
        .first()
    )
    if application is None:
        raise ApplicationNotFound(_("There is no such application."), field="application")
    return application


def refuse_unless_in(application: Application, *states: Status) -> None:
    """:raises ApplicationStateChanged: the application is in none of these states."""
    if application.status not in states:
        raise ApplicationStateChanged(
            _("This is not possible now: the application is “%(state)s”."),
            field="application",
            params={"state": application.get_status_display()},
        )


def move(application: Application, then: Status, *, now: datetime, **columns: Any) -> None:
    """Bring a locked application into another state and save it with these columns."""
    assert may_become(application.status, then), f"{application.status} does not become {then}"
    application.status = then.value
    if then in (Status.REFUSED, Status.WITHDRAWN, Status.EXPIRED, Status.PAID_OUT):
        columns["ended_at"] = now
    for name, value in columns.items():
        setattr(application, name, value)
    application.save(update_fields=["status", *columns])


def note(
    application: Application,
    kind: str,
    *,
    now: datetime,
    actor: str,
    is_internal: bool = False,
    **data: Any,
) -> None:
    """
    Write down what happened, for the timeline and for the audit log, and tell the partner who brought it.

    :param data: plain values, nothing personal; `words` of staff may name people, so the audit log is not given them.
    """
    ApplicationEvent.objects.create(
        application=application, kind=kind, at=now, actor=actor, is_internal=is_internal, data=data
    )
    audit.record(
        action=f"loans.application_{kind.lower()}",
        subject_type="application",
        subject_id=application.reference,
        actor=actor,
        data={name: value for name, value in data.items() if name != "words"},
    )
    tell_of_application(application, kind, data)
