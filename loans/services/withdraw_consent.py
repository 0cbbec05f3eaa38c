"""Take back a consent that was given for an application. What was done while it held stays lawful."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.consents.services import ledger
from dashu.kernel.errors import DomainError
from loans.domain.application_consents import NEEDED
from loans.domain.applications import WITHDRAWABLE, Status
from loans.models import Application
from loans.services.application_rows import lock_applicant, lock_application
from loans.services.withdraw_application import withdraw_application


class ConsentOfContract(DomainError):
    """The contract is signed and is kept by what it says, no longer by this consent."""

    code = "consent_of_contract"
    http_status = 409


@transaction.atomic
def withdraw_consent(*, application_id: int, purpose: str, now: datetime, actor: str) -> Application:
    """
    Take a consent back. Without one that is needed the application ends, free of charge, as when it is withdrawn.

    :raises ConsentNotHeld: it was not given, or was taken back before.
    :raises ConsentOfContract: the contract is signed.
    """
    lock_applicant(application_id)
    application = lock_application(application_id)
    if application.status in (Status.SIGNED, Status.PAID_OUT):
        raise ConsentOfContract(
            _("The contract is signed, and your data is used to keep it. To end it, give the loan back."),
            field="purpose",
        )
    ledger.withdraw_consent(
        borrower_id=application.borrower_id, purpose=purpose, about=application.reference, now=now, actor=actor
    )
    if purpose in NEEDED and application.status in WITHDRAWABLE and application.status != Status.DRAFT:
        return withdraw_application(application_id=application_id, now=now, actor=actor)
    if application.status == Status.DRAFT:
        application.steps_done = [step for step in application.steps_done if step != "consents"]
        application.save(update_fields=["steps_done"])
    return application
