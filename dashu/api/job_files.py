"""What became of the lines of a job, as a file that is written while it is read: JSON lines or CSV."""

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

from dashu.api.job_serializers import line_shown
from dashu.bulk.models import BulkJob, JobLine
from dashu.bulk.reading import REMARKS
from dashu.bulk.selectors import lines_in_order
from dashu.kernel.masking import masked_name
from dashu.ledger.exporting import plain_text

JSON_LINES, CSV = "application/x-ndjson", "text/csv"
BATCH = 500  # lines a piece
RESULT_COLUMNS = ("line", "outcome", "code", "detail", "field", "result")


class _FileRenderer(BaseRenderer):
    """Names a form that can be asked for; a refusal is rendered as everywhere."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return json.dumps(data, ensure_ascii=False).encode()


class JsonLinesRenderer(_FileRenderer):
    media_type, format, charset = JSON_LINES, "jsonl", None


class CsvRenderer(_FileRenderer):
    media_type, format, charset = CSV, "csv", "utf-8"


def results_file(job: BulkJob, media_type: str) -> StreamingHttpResponse:
    """Answer one line for each line of the input, in its order."""
    rows = (line_shown(line) for line in lines_in_order(job))
    texts = results_csv(rows) if media_type == CSV else (_json_line(row) for row in rows)
    return _file(texts, media_type, f"job-{job.key}-results")


def results_csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the results of lines as the lines of a CSV file."""
    return _csv(RESULT_COLUMNS, ([_cell(row[name]) for name in RESULT_COLUMNS] for row in rows))


def refused_file(job: BulkJob, *, hidden: Collection[str] = ()) -> StreamingHttpResponse:
    """
    Answer the refused lines in the form in which they came, each with why; mended, the file can be sent again.

    :param hidden: names in a line that are masked; with some, a line that could not be read is left out of its remark.
    """
    lines = (_masked(line, hidden) for line in lines_in_order(job, only_refused=True))
    if job.file_format == BulkJob.Format.CSV:
        columns = [name for name in job.columns if name not in REMARKS]
        texts = _csv((*REMARKS, *columns), (), then=(_csv_refused(line, columns) for line in lines))
        return _file(texts, CSV, f"job-{job.key}-refused")
    return _file((_json_refused(line) for line in lines), JSON_LINES, f"job-{job.key}-refused")


def _masked(line: JobLine, hidden: Collection[str]) -> JobLine:
    if hidden:
        line.raw = ""
        line.data = {name: _mask(value) if name in hidden else value for name, value in line.data.items()}
    return line


def _mask(value: Any) -> str:
    """What is no text is hidden whole: it may hold anything."""
    return masked_name(value) if isinstance(value, str) else "*"


def _csv_refused(line: JobLine, columns: Iterable[str]) -> str:
    if line.raw:
        cells = [_cell(cell) for cell in next(csv.reader(io.StringIO(line.raw, newline="")))]
    else:
        cells = [_cell(line.data.get(name)) for name in columns]
    return _csv_line([line.line, line.code, _cell(line.detail), *cells]) + "\r\n"


def _json_refused(line: JobLine) -> str:
    """A line that is no object comes back as it was sent, to be mended as it is."""
    if line.raw:
        return f"{line.raw}\n"
    remarks = dict(zip(REMARKS, (line.line, line.code, line.detail), strict=True))
    return _json_line({**remarks, **line.data})


def _csv(columns: Iterable[str], rows: Iterable[Iterable[Any]], then: Iterable[str] = ()) -> Iterator[str]:
    yield _csv_line(columns) + "\r\n"
    for row in rows:
        yield _csv_line(row) + "\r\n"
    yield from then


def _csv_line(cells: Iterable[Any]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="").writerow(cells)
    return target.getvalue()


def _cell(value: Any) -> Any:
    """A cell is a text that no spreadsheet takes for a formula; what is not flat is JSON in it."""
    if value is None or value == {}:
        return ""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return plain_text(value) if isinstance(value, str) else value


def _json_line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _file(texts: Iterable[str], media_type: str, name: str) -> StreamingHttpResponse:
    ending = "csv" if media_type == CSV else "jsonl"
    charset = "; charset=utf-8" if media_type == CSV else ""
    return StreamingHttpResponse(
        _pieces(texts),
        content_type=f"{media_type}{charset}",
        headers={"Content-Disposition": f'attachment; filename="{name}.{ending}"'},
    )


def _pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """Join lines to pieces that are worth sending."""
    waiting: list[str] = []
    for text in texts:
        waiting.append(text)
        if len(waiting) == BATCH:
            yield "".join(waiting).encode()
            waiting.clear()
    if waiting:
        yield "".join(waiting).encode()
