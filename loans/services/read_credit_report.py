"""Read an applicant's credit report once, with their consent, outside of any transaction."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from dashu.consents.selectors import consents_held
from dashu.users.models import Identity
from loans.bureaus.base import Bureau, BureauUnavailable, NoCreditFile, Subject
from loans.bureaus.choosing import bureau
from loans.domain.applications import Status
from loans.domain.credit_file_json import file_to_json
from loans.models import Application, CreditReport
from loans.services.application_rows import Kind, lock_application, note, refuse_unless_in

ACTOR = "system:review"
CONSENT = "CREDIT_REPORT"


def read_credit_report(*, application_id: int, now: datetime, asking: Bureau | None = None) -> CreditReport | None:
    """
    Return the report of an application that waits for its decision; read already, it is not read again.

    Without consent there is none: None. A bureau that refuses leaves a report without content, which says why.

    :param now: when it is asked, and to within the seconds that it takes, answered.
    :param asking: another bureau than the one in use.
    :raises BureauUnavailable: the bureau does not answer; the same question can be asked again.
    :raises ApplicationStateChanged: the application does not wait for a decision.
    """
    report = _asked(application_id, now, asking)
    if report is None or report.answered_at:
        return report
    application = Application.objects.select_related("borrower__identity").get(pk=application_id)
    identity: Identity = application.borrower.identity
    try:
        file = (asking or bureau()).file_of(
            Subject(identity.kind, identity.number, identity.name),
            request_id=report.request_id,
            consent=f"{application.reference}:{CONSENT}",
        )
    except BureauUnavailable:
        raise
    except NoCreditFile as refusal:
        return _answered(report, now, failure=refusal.code)
    return _answered(report, now, content=file_to_json(file), reference=file.reference)


@transaction.atomic
def _asked(application_id: int, now: datetime, asking: Bureau | None) -> CreditReport | None:
    """Write down that it is asked, before it is: the question keeps its number whatever happens then."""
    application = lock_application(application_id)
    refuse_unless_in(application, Status.SUBMITTED, Status.REFERRED)
    earlier = CreditReport.objects.filter(application=application).first()
    if earlier and earlier.answered_at:
        return earlier
    if CONSENT not in consents_held(borrower_id=application.borrower_id, about=application.reference):
        return None  # also where it was withdrawn since a question that got no answer
    if earlier:
        return earlier
    name = asking.name if asking else settings.CREDIT_BUREAU or "simulated"
    return CreditReport.objects.create(application=application, request_id=uuid4(), bureau=name, asked_at=now)


@transaction.atomic
def _answered(report: CreditReport, at: datetime, **columns: object) -> CreditReport:
    application = lock_application(report.application_id)
    report.refresh_from_db()
    if report.answered_at:  # another worker asked the same question and was quicker
        return report
    for name, value in {**columns, "answered_at": at}.items():
        setattr(report, name, value)
    report.save(update_fields=["answered_at", *columns])
    note(application, Kind.CHECKED, now=at, actor=ACTOR, failure=report.failure)
    return report
