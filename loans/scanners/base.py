"""What every scanner offers."""

from typing import ClassVar, Protocol

from dashu.kernel.errors import DomainError
from loans.domain.document_files import Reason


class ScannerUnavailable(DomainError):
    """The scanner does not answer, or cannot look at this file. Asking again later may help; the file waits."""

    code = "scanner_unavailable"
    http_status = 503


class Scanner(Protocol):
    """:cvar name: how the setting DOCUMENT_SCANNER names it."""

    name: ClassVar[str]

    def scan(self, content: bytes) -> Reason | None:
        """
        Return why the file is to be refused; None: nothing was found.

        :raises ScannerUnavailable: see there.
        """
        ...
