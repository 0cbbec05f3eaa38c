"""Handing papers out over HTTP, alike for borrowers, staff and partners."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from repayments.models import IssuedDocument, IssuedFile

CONTENT_TYPES: dict[str, str] = {
    IssuedFile.Format.PDF: "application/pdf",
    IssuedFile.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def site_of(request: HttpRequest) -> str:
    """Return the address that papers name for checking them: the installation's own, else the one in use now."""
    return settings.PUBLIC_URL or request.build_absolute_uri("/")


def file_response(document: IssuedDocument, file: IssuedFile) -> HttpResponse:
    """Answer with a file of a paper, as a download that no cache keeps."""
    return HttpResponse(
        bytes(file.content),
        content_type=CONTENT_TYPES[file.format],
        headers={
            "Content-Disposition": f'attachment; filename="{document.number}.{file.format.lower()}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
