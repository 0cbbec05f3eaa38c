"""Which scanner looks at files: a setting, so that another one is a second class and no other change."""

from django.conf import settings

from loans.scanners.base import Scanner
from loans.scanners.clamd import ClamdScanner
from loans.scanners.structure import StructureScanner


def scanner() -> Scanner:
    if ClamdScanner.name == settings.DOCUMENT_SCANNER:
        return ClamdScanner(*settings.CLAMD_ADDRESS)
    return StructureScanner()


def is_harmful_text(content: bytes) -> bool:
    """
    Tell whether harmful software is found in a file of plain text, where a scanner that knows such is set up.

    The look at the structure of papers says nothing about texts; whoever reads one refuses what is none.

    :raises ScannerUnavailable: see there.
    """
    return ClamdScanner.name == settings.DOCUMENT_SCANNER and scanner().scan(content) is not None
