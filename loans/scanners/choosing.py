"""Which scanner looks at files: a setting, so that another one is a second class and no other change."""

from django.conf import settings

from loans.scanners.base import Scanner
from loans.scanners.clamd import ClamdScanner
from loans.scanners.structure import StructureScanner


def scanner() -> Scanner:
    if ClamdScanner.name == settings.DOCUMENT_SCANNER:
        return ClamdScanner(*settings.CLAMD_ADDRESS)
    return StructureScanner()
