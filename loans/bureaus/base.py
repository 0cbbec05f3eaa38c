"""What every credit bureau's adapter offers, and why there may be no file."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol
from uuid import UUID

from dashu.kernel.errors import DomainError
from loans.domain.credit_files import CreditFile


class NoCreditFile(DomainError):
    """There is no file to decide by: the base of all refusals of this package."""

    code = "no_credit_file"
    http_status = 503


class NoCreditBureau(NoCreditFile):
    """This installation has no credit bureau; the simulated one is for demonstrations only."""

    code = "no_credit_bureau"


class BureauUnavailable(NoCreditFile):
    """The bureau does not answer, also after several tries. Asking again later may help."""

    code = "credit_bureau_unavailable"


class BureauRefused(NoCreditFile):
    """The bureau answered and refuses the question; asking again does not help."""

    code = "credit_bureau_refused"
    http_status = 502


class BureauAnswerRefused(NoCreditFile):
    """The answer is not signed by the bureau, not of its form, or contradicts itself. `details` name the problem."""

    code = "credit_bureau_answer_refused"
    http_status = 502


@dataclass(frozen=True, slots=True)
class Subject:
    """
    Whom a question is about. Nothing of it shows in a repr, and so in no log.

    :param kind: "CN_ID" or "USCC", as `dashu.users.models.Identity` has it.
    """

    kind: str
    number: str = field(repr=False)
    name: str = field(repr=False)


class Bureau(Protocol):
    """:cvar name: how settings name it."""

    name: ClassVar[str]

    def file_of(self, subject: Subject, *, request_id: UUID, consent: str) -> CreditFile:
        """
        Ask for what is known of somebody; of one who is not known there, the file is empty.

        :param request_id: the same again is the same question, which counts as one inquiry.
        :param consent: our reference of the consent that allows it.
        :raises BureauUnavailable, BureauRefused, BureauAnswerRefused: see there.
        """
        ...
