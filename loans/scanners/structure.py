"""A second look at what is stored, by our own means: for installations without a scanner for known harmful software."""

from typing import ClassVar

from loans.domain.document_files import DocumentRefused, Reason, read_document


class StructureScanner:
    """Looks through the file as when it came in; a program that was made stricter meanwhile finds more."""

    name: ClassVar[str] = "structure"

    def scan(self, content: bytes) -> Reason | None:
        try:
            read_document(content, name="")
        except DocumentRefused as refusal:
            return refusal.reason
        return None
