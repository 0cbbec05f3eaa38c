"""Take a file of a partner. What is wrong with it as a whole refuses it here; its lines are worked later."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from dashu.bulk.files import new_file
from dashu.bulk.kinds import JobKind
from dashu.bulk.models import BulkJob
from dashu.bulk.reading import (
    FileNotReadable,
    Line,
    columns_of,
    csv_lines,
    encoding_of,
    json_lines,
    refuse_columns,
)
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.users.models import Partner

MOST_BYTES = 10 * 1024 * 1024
MOST_JOBS = 5
PIECE = 256 * 1024
_ENDINGS = {".csv": BulkJob.Format.CSV, ".jsonl": BulkJob.Format.JSON_LINES, ".ndjson": BulkJob.Format.JSON_LINES}


class FileTooLarge(DomainError):
    """The file has more bytes or more lines than a job of this kind takes; send it in parts."""

    code = "file_too_large"


class TooManyJobs(DomainError):
    """As many jobs of this partner as may be at once are still at work."""

    code = "too_many_jobs"
    http_status = 409


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file that was looked through, and what is known of it."""

    content: IO[bytes]
    kind: JobKind
    name: str
    file_format: str
    encoding: str
    columns: list[str]
    lines: int
    size: int
    sha256: str


def read_job_file(content: IO[bytes], *, kind: JobKind, name: str, file_format: str | None) -> JobFile:
    """
    Look a file through, from its beginning to its end.

    :param name: what its sender calls it. :param file_format: as `BulkJob.Format`; None goes by name and content.
    :raises FileNotReadable: it is no text, no CSV, or its columns do not fit.
    :raises FileTooLarge: see there.
    """
    size = _size(content)
    file_format = file_format or _format_of(content, name)
    if file_format == BulkJob.Format.CSV and not kind.columns:
        raise FileNotReadable(_("Jobs of this kind take JSON lines only."), field="format")
    encoding = encoding_of(_pieces(content))
    columns: list[str] = []
    if file_format == BulkJob.Format.CSV:
        columns = columns_of(_pieces(content), encoding=encoding)
        refuse_columns(columns, known=kind.columns, needed=kind.needed)
    lines = 0
    for lines, _line in enumerate(lines_of(_pieces(content), file_format=file_format, encoding=encoding), start=1):
        if lines > kind.most_lines:
            raise FileTooLarge(
                _("A job of this kind takes at most %(most)s lines. Send the file in parts."),
                field="file",
                params={"most": kind.most_lines},
            )
    if not lines:
        raise FileNotReadable(_("The file has no line to work on."), field="file")
    return JobFile(
        content=content,
        kind=kind,
        name=re.sub(r"[\x00-\x1f\x7f]", "", name)[:200],
        file_format=file_format,
        encoding=encoding,
        columns=columns,
        lines=lines,
        size=size,
        sha256=_digest(content),
    )


@contextmanager
def stored_file(file: JobFile, *, now: datetime) -> Iterator[str]:
    """Store a file before the transaction that writes its job, and give its name; see `files.new_file`."""
    with new_file(_pieces(file.content), on=lender_date(now)) as stored_as:
        yield stored_as


@transaction.atomic
def upload_job(
    *, partner: Partner, file: JobFile, stored_as: str, check_only: bool, language: str, now: datetime, actor: str
) -> BulkJob:
    """
    Keep a job for a file that is stored; a worker takes it up.

    :param stored_as: from `stored_file`. :param check_only: work every line and take it back.
    :param language: of the sentences about its lines.
    :raises TooManyJobs: see there.
    """
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if BulkJob.objects.filter(partner=partner).at_work().count() >= MOST_JOBS:
        raise TooManyJobs(
            _("%(most)s jobs are still at work. Send the next one when one of them has ended."),
            params={"most": MOST_JOBS},
        )
    needs_approval = file.kind.needs_approval and not check_only
    job = BulkJob.objects.create(
        partner=partner,
        kind=file.kind.code,
        check_only=check_only,
        approval=BulkJob.Approval.CHECKING if needs_approval else BulkJob.Approval.NONE,
        language=language,
        file_name=file.name,
        file_format=file.file_format,
        encoding=file.encoding,
        size=file.size,
        sha256=file.sha256,
        stored_as=stored_as,
        columns=file.columns,
        lines=file.lines,
        created_at=now,
    )
    audit.record(
        action="bulk.job_uploaded",
        subject_type="bulk_job",
        subject_id=job.key,
        actor=actor,
        data={"kind": job.kind, "lines": job.lines, "sha256": job.sha256, "check_only": check_only},
    )
    events.publish("bulk.job_uploaded", job_id=job.pk)
    return job


def lines_of(pieces: Iterable[bytes], *, file_format: str, encoding: str) -> Iterator[Line]:
    read: Any = csv_lines if file_format == BulkJob.Format.CSV else json_lines
    yield from read(pieces, encoding=encoding)


def _size(content: IO[bytes]) -> int:
    size = content.seek(0, 2)
    if size > MOST_BYTES:
        raise FileTooLarge(
            _("A file may have at most %(most)s MB. Send it in parts."),
            field="file",
            params={"most": MOST_BYTES // 1024**2},
        )
    return size


def _format_of(content: IO[bytes], name: str) -> str:
    for ending, file_format in _ENDINGS.items():
        if name.lower().endswith(ending):
            return file_format
    beginning = next(_pieces(content), b"").removeprefix(b"\xef\xbb\xbf").lstrip()
    return BulkJob.Format.JSON_LINES if beginning.startswith(b"{") else BulkJob.Format.CSV


def _digest(content: IO[bytes]) -> str:
    digest = sha256()
    for piece in _pieces(content):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    content.seek(0)
    while piece := content.read(PIECE):
        yield piece
