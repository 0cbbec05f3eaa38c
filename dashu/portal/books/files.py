"""Files that are taken from a page of the books."""

import tempfile
from collections.abc import Iterator

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from dashu.ledger import exporting

# A workbook or a Parquet file is complete before it is sent; a CSV is sent while it is written and may be any size.
MOST_LINES_OF_A_FILE = 50_000

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}


def asked_format(value: str) -> tuple[str, bool]:
    """Return the format that a button names, and whether the file is for Excel: "csv-excel" → ("csv", True)."""
    file_format, _dash, is_for_excel = value.partition("-")
    return file_format, bool(is_for_excel)


def file_answer(
    name: str, file_format: str, header: exporting.Header, rows: Iterator[exporting.Row], *, has_mark: bool
) -> HttpResponseBase:
    """Send the rows as a file with this name, in one of `MEDIA_TYPES`."""
    if file_format == "csv":
        pieces = exporting.csv_text(header, rows, titles=True, has_mark=has_mark)
        return StreamingHttpResponse(
            pieces,
            content_type=MEDIA_TYPES["csv"],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    file = tempfile.TemporaryFile()  # noqa: SIM115 – the response closes it
    exporting.write_file(file, file_format, header, rows, titles=True)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=MEDIA_TYPES[file_format])
