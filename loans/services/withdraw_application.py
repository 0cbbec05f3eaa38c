"""Take an application back, free of charge and without a reason, as long as no contract is signed."""

from datetime import datetime

from django.db import transaction

from loans.domain.applications import WITHDRAWABLE, Status
from loans.models import Application, ReviewRequest
from loans.services.application_rows import Kind, lock_application, move, note, refuse_unless_in


@transaction.atomic
def withdraw_application(*, application_id: int, now: datetime, actor: str) -> Application:
    """
    End the application; offers lapse with it. Withdrawing again changes nothing.

    :raises ApplicationStateChanged: it has ended otherwise, or the contract is signed.
    """
    application = lock_application(application_id)
    if application.status == Status.WITHDRAWN:
        return application
    refuse_unless_in(application, *WITHDRAWABLE)
    ReviewRequest.objects.filter(application=application, outcome="").update(outcome=ReviewRequest.Outcome.WITHDRAWN)
    move(application, Status.WITHDRAWN, now=now, due_at=None)
    note(application, Kind.WITHDRAWN, now=now, actor=actor)
    return application
