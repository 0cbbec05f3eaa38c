"""What a stranger sees of a certificate."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext

from dashu.documents.codes import grouped, read_code
from dashu.kernel.dates import lender_date
from dashu.kernel.masking import masked_name
from dashu.policy.rules import lender_names
from education.models import LearningCertificate
from education.skill_words import LEVELS


@dataclass(frozen=True, slots=True)
class PublicCertificate:
    """A certificate as strangers see it; the other fields are those that other papers have there, too."""

    code: str
    kind_name: str
    lender: str
    level: str
    borrower: str
    issued_at: datetime
    as_of: date
    number: str = ""
    loan: str = ""
    stands: bool = True


def public_certificate(typed: str) -> PublicCertificate | None:
    """Return the certificate with this code, however it was typed; None when there is none, perhaps no longer."""
    code = read_code(typed)
    found = LearningCertificate.objects.filter(code=code).first() if code else None
    if found is None:
        return None
    on = lender_date(found.issued_at)
    return PublicCertificate(
        code=grouped(found.code),
        kind_name=gettext("Certificate of learning"),
        lender=lender_names(on)[found.language],
        level=str(LEVELS.get(found.level, found.level)),
        borrower=masked_name(found.name) if found.name else "",
        issued_at=found.issued_at,
        as_of=on,
    )
