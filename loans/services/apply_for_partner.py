"""Apply for somebody who has no login here: a partner's program states what they answered on the partner's pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError
from dashu.users.models import Borrower, Partner
from dashu.users.models.people import brought_source
from loans.domain.application_facts import steps_of
from loans.models import Application
from loans.services.answer_step import StepUnknown, answer_step
from loans.services.start_application import start_application


class ApplicantDiffers(DomainError):
    """The partner's reference belongs to an applicant of another name."""

    code = "applicant_differs"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Applicant:
    """
    Who applies, as the partner knows them.

    :param reference: the partner's own, the same for everything that this person applies for.
    """

    reference: str
    name: str
    language: str
    phone: str = ""
    email: str = ""


@transaction.atomic
def apply_for_partner(
    *,
    partner_id: int,
    applicant: Applicant,
    product_code: str,
    answers: Mapping[str, Any],
    now: datetime,
    actor: str,
) -> Application:
    """
    Begin an application, or go on with the open one of the same person and product, and keep what was answered.

    :param answers: documents by step, as `loans.services.answer_step` takes them; all, some or none of the steps.
    :raises ApplicantDiffers: see there.
    :raises DomainError: as `start_application` and `answer_step`; fields begin with `answers.` and the step.
    """
    borrower = _borrower_of(partner_id, applicant, actor)
    application = start_application(
        borrower_id=borrower.pk, product_code=product_code, now=now, actor=actor, partner_id=partner_id
    )
    for step in _in_order(answers, application.product.kind):
        try:
            Document(answers[step])
            application = answer_step(
                application_id=application.pk, step=step, answer=answers[step], now=now, actor=actor
            )
        except DomainError as refusal:
            refusal.field = ".".join(part for part in ("answers", step, refusal.field) if part)
            raise
    return application


def source_of(partner: Partner) -> str:
    """Return what says that a borrower is known by this partner's reference."""
    return brought_source(partner.code)


def _borrower_of(partner_id: int, applicant: Applicant, actor: str) -> Borrower:
    partner = Partner.objects.get(pk=partner_id)
    borrower, is_new = Borrower.objects.get_or_create(
        source=source_of(partner),
        external_id=applicant.reference,
        defaults={
            "name": applicant.name,
            "language": applicant.language,
            "phone": applicant.phone,
            "email": applicant.email,
        },
    )
    if borrower.name != applicant.name:
        raise ApplicantDiffers(
            _("Your reference belongs to an applicant of another name. Check the reference and the name."),
            field="borrower.name",
        )
    if is_new:
        audit.record(action="loans.applicant_added", subject_type="borrower", subject_id=borrower.pk, actor=actor)
    return borrower


def _in_order(answers: Mapping[str, Any], kind: str) -> Iterable[str]:
    """Return the steps as they are asked, so that what is refused first does not depend on the order of sending."""
    asked = [step.value for step in steps_of(kind)]
    if unknown := sorted(set(answers) - set(asked)):
        raise StepUnknown(_("This product does not ask that."), field=f"answers.{unknown[0]}"[:200])
    return [step for step in asked if step in answers]
