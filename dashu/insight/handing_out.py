"""Reports as files that somebody takes: in their language, to the fen as on the page, and noted in the audit log."""

import tempfile
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from dashu.audit import services as audit
from dashu.insight.figures import Figures
from dashu.insight.files import MEDIA_TYPES, About, csv_pieces, extension, write_tables
from dashu.insight.reading import month_words
from dashu.insight.report import Report
from dashu.insight.scope import Scope
from dashu.insight.words import DIMENSION_NAMES, NO_VALUE, product_names, value_labels


def about(report: Report, scope: Scope, tables: Sequence[Figures]) -> About:
    """Return what a workbook says of itself: what was chosen, definitions and notes."""
    lines = [*asked_words(report, scope), (_("what it says"), str(report.says)), (_("source"), str(report.source))]
    lines += [(str(each.term), str(each.meaning)) for each in report.definitions]
    lines += [(str(figures.title), str(note)) for figures in tables for note in figures.notes]
    return About(str(report.title), lines)


def asked_words(report: Report, scope: Scope) -> list[tuple[str, str]]:
    """Return what was chosen, in words."""
    lines = [
        (_("months"), f"{month_words(scope.first)} – {month_words(scope.last)}"),
        (_("currency"), scope.currency),
        (_("product"), product_names().get(scope.product, scope.product) if scope.product else _("All")),
    ]
    if scope.dimension:
        only = "" if scope.value is None else f": {value_labels(scope.dimension)(scope.value) or NO_VALUE}"
        lines.append((_("split by"), f"{DIMENSION_NAMES[scope.dimension]}{only}"))
    for option in report.options:
        offered = option.offered
        chosen = dict(offered).get(scope.option(option.code), offered[0][1])
        lines.append((str(option.title), str(chosen)))
    return lines


def file_of(report: Report, scope: Scope, tables: Sequence[Figures], file_format: str) -> tuple[str, BinaryIO]:
    """Write the tables into a temporary file; return its name for people, and the file at its beginning."""
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 – whoever asked closes it
    write_tables(file, file_format, tables, about(report, scope, tables))
    file.seek(0)
    return f"{report.code}-{scope.last:%Y-%m}.{extension(file_format, tables)}", file


def hand_out(
    report: Report, scope: Scope, tables: Sequence[Figures], file_format: str, *, actor: str
) -> HttpResponseBase:
    """Send the report as a file, and note who took it."""
    _note(report.code, {**scope.parameters, "format": file_format}, actor)
    if file_format == "csv" and len(tables) == 1:
        return _streamed(f"{report.code}-{scope.last:%Y-%m}.csv", tables[0])
    name, file = file_of(report, scope, tables, file_format)
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    return FileResponse(file, as_attachment=True, filename=name, content_type=media_type)


def hand_out_loans(
    figures: Figures, name: str, file_format: str, *, actor: str, asked: dict[str, Any]
) -> HttpResponseBase:
    """Send the loans behind a figure, and note who took them."""
    _note("loans", {**asked, "format": file_format}, actor)
    if file_format == "csv":
        return _streamed(f"{name}.csv", figures)
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 – the response closes it
    write_tables(file, file_format, [figures], About(str(figures.title), []))
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"{name}.{file_format}", content_type=MEDIA_TYPES[file_format]
    )


def _streamed(name: str, figures: Figures) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        csv_pieces(figures),
        content_type=MEDIA_TYPES["csv"],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _note(report: str, data: dict[str, Any], actor: str) -> None:
    audit.record(action="insight.report_exported", subject_type="report", subject_id=report, actor=actor, data=data)
