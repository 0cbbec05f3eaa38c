"""Reading the papers that the lender issues."""

import io

from openpyxl import Workbook, load_workbook
from pypdf import PdfReader


def text_of(content: bytes) -> str:
    """Return the text of a PDF without spaces, which a typesetter puts between any two signs."""
    pages = PdfReader(io.BytesIO(bytes(content))).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def workbook_of(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(bytes(content)))
