"""Hold a signature back until every guarantor has agreed to the very sheet that is signed."""

from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from loans.domain.guarantees import State
from loans.models import Disclosure, GuaranteeAnswer
from loans.selectors.guarantees import answers_to


class GuarantorNotSigned(DomainError):
    """A guarantor has not agreed to this cost sheet, or has declined; `details` says how many of each."""

    code = "guarantor_not_signed"
    http_status = 409


def refuse_unguaranteed(disclosure: Disclosure) -> None:
    """
    Refuse to sign what not every guarantor has agreed to. The application is locked, so none changes meanwhile.

    :raises GuarantorNotSigned: see there.
    """
    said = [answer.kind if answer else "" for _guarantor, answer in _answers(disclosure)]
    declined, waiting = said.count(State.DECLINED), said.count("")
    details = {"waiting": waiting, "declined": declined}
    if declined:
        raise GuarantorNotSigned(
            _("A guarantor has declined, so this contract cannot be signed with them. Nothing was signed."),
            field="guarantors",
            details=details,
        )
    if waiting:
        raise GuarantorNotSigned(
            _("Not every guarantor has agreed to this cost sheet yet. You can sign as soon as all have."),
            field="guarantors",
            details=details,
        )


def _answers(disclosure: Disclosure) -> list[tuple[object, GuaranteeAnswer | None]]:
    return list(answers_to(disclosure.offer, figures_digest=disclosure.figures_digest))
