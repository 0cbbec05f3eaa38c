"""Consents to be reported that were given on paper, or to the lender before us."""

import re
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.credit_reporting.models import ReportingConsent
from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.services.booking import lock_loan

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./\-]{0,59}")


class ConsentRefused(DomainError):
    """The consent cannot be noted like this; `field` says what is wrong."""

    code = "reporting_consent_refused"


@transaction.atomic
def note_consent(*, loan_number: str, reference: str, given_on: date, today: date, actor: str) -> ReportingConsent:
    """
    Note that a borrower agreed that a loan is reported. The same again changes nothing.

    :raises ConsentRefused: there is no such loan, the day has not come, or another consent is in force.
    """
    loan_id = Loan.objects.filter(number=loan_number.strip()).values_list("pk", flat=True).first()
    if loan_id is None:
        raise ConsentRefused(_("There is no loan with this number."), field="loan")
    lock_loan(loan_id)
    if not _REFERENCE.fullmatch(reference):
        raise ConsentRefused(_("Write the reference in Latin letters, digits and . _ / - only."), field="reference")
    if given_on > today:
        raise ConsentRefused(_("This day has not come yet."), field="given_on")
    if earlier := ReportingConsent.objects.filter(loan=loan_id, ended_on=None).first():
        if (earlier.reference, earlier.given_on) == (reference, given_on):
            return earlier
        raise ConsentRefused(_("A consent for this loan is in force already."), field="loan")
    made = ReportingConsent.objects.create(loan_id=loan_id, reference=reference, given_on=given_on, noted_by=actor)
    _witness("consent_noted", made, actor)
    return made


@transaction.atomic
def end_consent(*, consent_id: int, ended_on: date, actor: str) -> ReportingConsent:
    """Note that a borrower took a consent back: nothing is reported from then on. Again keeps the first day."""
    loan_id = ReportingConsent.objects.values_list("loan_id", flat=True).get(pk=consent_id)
    lock_loan(loan_id)
    consent = ReportingConsent.objects.get(pk=consent_id)
    if consent.ended_on is None:
        consent.ended_on = ended_on
        consent.save(update_fields=["ended_on"])
        _witness("consent_ended", consent, actor)
    return consent


def _witness(what: str, consent: ReportingConsent, actor: str) -> None:
    audit.record(
        action=f"credit_reporting.{what}",
        subject_type="loan",
        subject_id=consent.loan_id,
        actor=actor,
        data={"reference": consent.reference, "given_on": consent.given_on, "ended_on": consent.ended_on},
    )
