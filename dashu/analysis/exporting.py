"""
The snapshot as Parquet files, for engines that read many of them: DuckDB, Spark, pandas.

    loan_months/month=2026-05/part-0.parquet
    portfolio_months/month=2026-05/part-0.parquet
    loans/part-0.parquet
    manifest.json

The same rows give the same bytes. A file is written beside its place and put there in one step, so that whoever reads
finds the old one or the new one, never half of one; the manifest follows last.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import PortfolioMonth
from dashu.analysis.books import tables_of
from dashu.analysis.columns import Column, Frame
from dashu.analysis.frames import LOAN_MONTHS, LOANS, PORTFOLIO_MONTHS
from dashu.analysis.stream import batches, schema_of, selected
from dashu.analysis.views import SCHEMA
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError

ROW_GROUP = 100_000
FORMAT = 1
PART = "part-0.parquet"
MANIFEST = "manifest.json"


class MonthNotKept(DomainError):
    code: ClassVar[str] = "month_not_kept"


def export_snapshot(folder: Path, *, months: Sequence[date] | None = None, actor: str) -> dict[str, Any]:
    """
    Write months of the snapshot and the loans into a folder, and note it; return the manifest of all that is there.

    :param months: first days; None for every month that is kept.
    :raises MonthNotKept: of one of them there is no snapshot; nothing is written.
    """
    kept = list(PortfolioMonth.objects.order_by("month").values_list("month", flat=True).distinct())
    for month in months or ():
        if month not in kept:
            raise MonthNotKept(
                _("There is no snapshot of %(month)s."), field="month", params={"month": f"{month:%Y-%m}"}
            )
    manifest = _manifest(folder)
    for month in kept if months is None else months:
        written = {frame.name: _write(folder, frame, month) for frame in (LOAN_MONTHS, PORTFOLIO_MONTHS)}
        manifest["months"][f"{month:%Y-%m}"] = written
    manifest["loans"] = _write(folder, LOANS, None)
    manifest["months"] = dict(sorted(manifest["months"].items()))
    with _replacing(folder / MANIFEST) as draft:
        draft.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    taken = [f"{month:%Y-%m}" for month in (kept if months is None else months)]
    data = {"months": taken, "loans": manifest["loans"]["rows"]}
    audit.record(action="analysis.snapshot_exported", subject_type="snapshot", subject_id="", actor=actor, data=data)
    return manifest


def _manifest(folder: Path) -> dict[str, Any]:
    file = folder / MANIFEST
    if file.exists():
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if found.get("format") == FORMAT:
            return found
    return {"format": FORMAT, "months": {}, "loans": {}}


def _write(folder: Path, frame: Frame, month: date | None) -> dict[str, Any]:
    """Write one file; return how many rows it has, what their amounts sum to, its size and its digest."""
    columns = [column for column in frame.columns if not (month and column.name == frame.time)]
    place = folder / frame.name / (f"month={month:%Y-%m}" if month else "") / PART
    rows, sums = 0, dict.fromkeys((column.name for column in columns if column.name.endswith("_minor")), 0)
    with _replacing(place) as draft:
        schema = schema_of(columns)
        with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
            for table in _tables(frame, columns, month, schema):
                writer.write_table(table, row_group_size=ROW_GROUP)
                rows += table.num_rows
                for name in sums:
                    sums[name] += pc.sum(table.column(name)).as_py() or 0
        digest, size = _digest(draft), draft.stat().st_size
    named = place.relative_to(folder).as_posix()
    return {"file": named, "rows": rows, "bytes": size, "sha256": digest, "sums": sums}


def _tables(frame: Frame, columns: Sequence[Column], month: date | None, schema: pa.Schema) -> Iterator[pa.Table]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            only = cursor.mogrify(f" WHERE {frame.time} = %s", [month]).decode() if month else ""
        asked, order = ", ".join(map(selected, columns)), ", ".join(frame.order)
        statement = f"SELECT {asked} FROM {SCHEMA}.{frame.name}{only} ORDER BY {order}"  # noqa: S608 – of this program
        with closing(batches(connection.connection, statement, columns)) as found:
            yield from tables_of(found, schema, ROW_GROUP)


@contextmanager
def _replacing(place: Path) -> Iterator[Path]:
    """Give a file to write, which takes its place once it is whole; engines pass over names that begin with a dot."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
