"""Hand an application in: from here on it is our turn."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.consents.selectors import consents_held
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.users.models import Identity
from loans.domain.application_consents import NEEDED
from loans.domain.application_facts import steps_of
from loans.domain.applications import Status
from loans.models import Application
from loans.selectors.products import product_terms
from loans.services.application_rows import Kind, lock_applicant, lock_application, move, note, refuse_unless_in

# By when the applicant hears from us, whatever happens to a computer in between.
ANSWER_WITHIN = timedelta(days=1)


class ApplicationIncomplete(DomainError):
    """A step is not answered, or a consent that is needed is not given; `field` names it."""

    code = "application_incomplete"
    http_status = 409


class GuaranteesOneself(DomainError):
    """The applicant is named among the guarantors."""

    code = "guarantees_oneself"
    http_status = 409


class GuarantorPhoneMissing(DomainError):
    """A guarantor has no phone of their own to sign with."""

    code = "guarantor_phone_missing"
    http_status = 409


@transaction.atomic
def submit_application(*, application_id: int, now: datetime, actor: str) -> Application:
    """
    Hand the application in and have it decided. Handing it in again changes nothing.

    :raises ApplicationIncomplete: something is missing; `field` names the first.
    :raises GuaranteesOneself, GuarantorPhoneMissing: see there.
    :raises ApplicationStateChanged: it has ended.
    :raises UnknownProduct: the product is no longer offered.
    """
    lock_applicant(application_id)  # who it is stays from here on
    application = lock_application(application_id)
    if application.submitted_at:
        return application
    refuse_unless_in(application, Status.DRAFT)
    product_terms(application.product.code, on=lender_date(now))
    for step in steps_of(application.product.kind):
        if step not in application.steps_done:
            raise ApplicationIncomplete(_("Please answer this step first."), field=step.value)
    held = consents_held(borrower_id=application.borrower_id, about=application.reference)
    for purpose in NEEDED:
        if purpose not in held:
            raise ApplicationIncomplete(_("This consent is needed for the review."), field="consents")
    _refuse_guaranteeing_oneself(application)
    _refuse_phones_not_their_own(application)

    move(application, Status.SUBMITTED, now=now, submitted_at=now, due_at=now + ANSWER_WITHIN, expires_on=None)
    note(application, Kind.SUBMITTED, now=now, actor=actor)
    events.publish("loans.application_submitted", application_id=application.pk)
    return application


def _refuse_guaranteeing_oneself(application: Application) -> None:
    """Who borrows answers already; a guarantor is somebody else."""
    borrowers = Identity.objects.filter(borrower=application.borrower_id).values("number_index")
    if application.guarantors.filter(number_index__in=borrowers).exists():
        raise GuaranteesOneself(
            _("You answer for this loan already. Name somebody else as a guarantor, or nobody."), field="business"
        )


def _refuse_phones_not_their_own(application: Application) -> None:
    """A guarantor signs by a code to their phone, which nobody else should read."""
    applicants = Identity.objects.get(borrower=application.borrower_id).phone
    phones = [guarantor.phone for guarantor in application.guarantors.all()]
    if None in phones:
        raise GuarantorPhoneMissing(
            _("Give the phone of each guarantor: they agree themselves, by a link and a code sent to it."),
            field="business",
        )
    if applicants in phones:
        raise GuarantorPhoneMissing(
            _("A guarantor needs a phone of their own, not yours: they sign by a code that is sent to it."),
            field="business",
        )
