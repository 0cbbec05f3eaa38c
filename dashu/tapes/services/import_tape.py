"""Bring a tape into the book: good rows are loaded, bad ones listed, and the same file twice changes nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max

from collections_mgmt.models import CloseRun
from dashu.kernel.errors import DomainError, _
from dashu.tapes.errors import (
    HandedOverOtherwise,
    NotOfThisMapping,
    PartMissing,
    PartRefused,
    RowConflict,
    RowRefused,
    TakenOverInFuture,
    UnreadableLine,
)
from dashu.tapes.handing_over import digest_of, kept_of
from dashu.tapes.mapping import MappingFile, Source, load_mapping, values
from dashu.tapes.models import EarlierEvent, Handover, HandoverRow, ReportedFigure, TapeEvent
from dashu.tapes.reading import Row, Tape, read_tape
from dashu.tapes.schedules import SCHEDULES
from loans.models import Loan, Product, ProductTerms
from repayments.services.open_loans import Opening, open_loans

ACTOR = "system:tape"
BATCH = 2_000
FIRST = "first."
EARLIEST = "earliest."


@dataclass(frozen=True, slots=True)
class RowError:
    """
    Where and why a row was not loaded.

    :param column: empty when the whole line is to blame.
    :param part: which file of the tape: loans, months, rows or history.
    """

    line: int
    column: str
    code: str
    message: str
    part: str = "loans"


@dataclass(frozen=True, slots=True)
class LoanResult:
    """What became of one line of the loan file. :param result: NEW, KNOWN or REFUSED, the last with a code."""

    line: int
    external_id: str
    result: str
    code: str = ""
    message: str = ""


@dataclass(slots=True)
class Report:
    loans_new: int = 0
    loans_known: int = 0
    events_new: int = 0
    figures_new: int = 0
    errors: list[RowError] = field(default_factory=list)
    results: list[LoanResult] = field(default_factory=list)

    def refuse(self, line: int, column: str, refusal: DomainError, *, part: str = "loans") -> None:
        self.errors.append(RowError(line, column, refusal.code, refusal.user_message, part))

    def refuse_loan(self, line: int, column: str, refusal: DomainError, *, external_id: str) -> None:
        self.refuse(line, column, refusal)
        self.results.append(LoanResult(line, external_id, "REFUSED", refusal.code, refusal.user_message))


@dataclass(slots=True)
class _Collected:
    openings: list[Opening] = field(default_factory=list)
    events: list[TapeEvent] = field(default_factory=list)
    figures: list[ReportedFigure] = field(default_factory=list)
    by_id: dict[str, Opening] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    handed_over: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class _Part:
    """
    One of the files with rows of many loans, by loan.

    :ivar broken: loans of which a row cannot be read, and the line of the first.
    """

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)


def import_tape(
    *,
    path: Path,
    mapping_name: str,
    months_path: Path | None = None,
    rows_path: Path | None = None,
    history_path: Path | None = None,
    today: date | None = None,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Report:
    """
    Load the loans of a tape, and of its month file what happened and what was reported.

    Loans with rows of their own are handed over: their schedule comes from the file of rows, and what happened before,
    from the file of the history, is kept and not booked. Of such a loan everything is loaded or nothing.

    :param today: a loan that is taken over later is refused; None: not looked at.
    :param progress: called with the number of rows read since the last call.
    :raises TapeRefused: the file as a whole; nothing is written.
    """
    mapping = load_mapping(mapping_name)
    loans_tape = read_tape(path)
    months_tape = read_tape(months_path) if months_path else Tape((), [])
    names = mapping.columns("loans")
    loans_tape.require({name for name in names if not name.startswith((FIRST, EARLIEST))})
    months_tape.require(_month_columns(names) | mapping.columns("months"))
    report, collected = Report(), _Collected()
    parts = {
        name: _read_part(mapping, name, part_path, report)
        for name, part_path in (("rows", rows_path), ("history", history_path))
    }
    with transaction.atomic():
        version = product_terms_of(mapping)
        months = _read_months(mapping, months_tape, report)
        for row in loans_tape.rows:
            _take(row, mapping, months, parts, version, today, collected, report)
            progress(1)
        _refuse_unknown(parts, {row.cells.get(name) for row in loans_tape.rows for name in _key(mapping)}, report)
        _write(mapping, version, collected, report)
    report.results.sort(key=lambda result: result.line)
    return report


def _take(
    row: Row,
    mapping: MappingFile,
    months: Mapping[str, list[tuple[dict[str, Any], dict[str, str]]]],
    parts: Mapping[str, _Part],
    version: ProductTerms,
    today: date | None,
    collected: _Collected,
    report: Report,
) -> None:
    """Turn one row of the loan file into an opening, its events and its reported figures."""
    key = ""
    try:
        _refuse_unreadable(row)
        cells = row.cells
        key = mapping.loans["external_id"].read(cells)
        history = months.get(key, [])
        if mapping.months:
            if not history:
                raise RowRefused(_("The month file has no row for this loan."), field="external_id")
            cells = cells | _of_months([cells for _month, cells in history])
        fields = values(mapping.loans, cells)
        if mapping.rows:
            fields |= _own_parts(key, parts)
            refuse_later(fields["starts_on"], today)
        opening = SCHEDULES[mapping.schedule](fields, version.rules)
    except DomainError as refusal:
        report.refuse_loan(row.line, column_of(refusal, mapping.loans), refusal, external_id=key)
        return
    earlier = collected.by_id.setdefault(opening.external_id, opening)
    if earlier is not opening:
        _repeated(row, earlier, opening, report)
        return
    collected.openings.append(opening)
    collected.lines[opening.external_id] = row.line
    if mapping.rows:
        collected.handed_over[opening.external_id] = fields
    collected.events += _events_of_loan(mapping.name, fields, opening)
    collected.figures += _figures_of_loan(mapping.name, fields)
    for month, _cells in history:
        if month["as_of"] > opening.starts_on:
            collected.events += _events_of_month(mapping.name, month)
            collected.figures.append(_figure(mapping.name, month))


def _refuse_unreadable(row: Row) -> None:
    if row.problem:
        raise RowRefused(_("The line cannot be read: %(problem)s."), params={"problem": row.problem})


def refuse_later(taken_over_on: date, today: date | None) -> None:
    """:raises TakenOverInFuture: the day has not come."""
    if today is not None and taken_over_on > today:
        raise TakenOverInFuture(
            _("The day of takeover, %(on)s, has not come yet."), field="starts_on", params={"on": taken_over_on}
        )


def _own_parts(key: str, parts: Mapping[str, _Part]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows and the history of a loan."""
    for name, part in parts.items():
        if key in part.broken:
            raise PartRefused(
                _("Line %(line)s of the file of %(part)s belongs to this loan and cannot be read."),
                field="external_id",
                params={"line": part.broken[key], "part": name},
            )
    return {name: part.rows.get(key, []) for name, part in parts.items()}


def _read_part(mapping: MappingFile, name: str, path: Path | None, report: Report) -> _Part:
    """
    Read a file with rows of many loans.

    :raises PartMissing: the mapping needs the file of rows.
    :raises UnreadableLine: a line does not even say to which loan it belongs.
    """
    sources: Mapping[str, Source] = getattr(mapping, name)
    part = _Part()
    if path is None:
        if sources and name == "rows":
            raise PartMissing(_("This mapping needs the file of the loans' own rows. Name it with --rows."), field=name)
        return part
    if not sources:
        raise NotOfThisMapping(_("This mapping knows no file of %(part)s."), field=name, params={"part": name})
    tape = read_tape(path)
    tape.require(mapping.columns(name))
    for row in tape.rows:
        key = "" if row.problem else sources["external_id"].read(row.cells)
        if not key:
            raise UnreadableLine(
                _("Line %(line)s of the file of %(part)s does not say to which loan it belongs: %(problem)s."),
                field=name,
                params={"line": row.line, "part": name, "problem": row.problem or "–"},
            )
        part.lines.setdefault(key, row.line)
        try:
            part.rows.setdefault(key, []).append(values(sources, row.cells))
        except DomainError as refusal:
            report.refuse(row.line, column_of(refusal, sources), refusal, part=name)
            part.broken.setdefault(key, row.line)
    return part


def _key(mapping: MappingFile) -> tuple[str, ...]:
    return mapping.loans["external_id"].columns


def _refuse_unknown(parts: Mapping[str, _Part], known: set[str | None], report: Report) -> None:
    """List the loans that only a second file speaks of."""
    refusal = RowRefused(_("The loan file has no such loan."), field="external_id")
    for name, part in parts.items():
        for key, line in part.lines.items():
            if key not in known:
                report.refuse(line, "external_id", refusal, part=name)


def _of_months(months: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the first month's cells, and of each column the earliest cell that is filled."""
    first = {f"{FIRST}{name}": cell for name, cell in months[0].items()}
    earliest = {f"{EARLIEST}{name}": cell for month in reversed(months) for name, cell in month.items() if cell}
    return first | earliest


def _month_columns(names: Iterable[str]) -> set[str]:
    """Return the columns of the month file among the names of a loan's cells."""
    prefixed = [name for name in names if name.startswith((FIRST, EARLIEST))]
    return {name.removeprefix(FIRST).removeprefix(EARLIEST) for name in prefixed}


def _repeated(row: Row, earlier: Opening, opening: Opening, report: Report) -> None:
    """The same loan twice in one file: once is enough when both say the same, else the second is refused."""
    if opening == earlier:
        report.loans_known += 1
        report.results.append(LoanResult(row.line, opening.external_id, "KNOWN"))
        return
    refusal = RowConflict(_("This loan stands in the file before, with other terms."))
    report.refuse_loan(row.line, "", refusal, external_id=opening.external_id)


def _read_months(
    mapping: MappingFile, tape: Tape, report: Report
) -> dict[str, list[tuple[dict[str, Any], dict[str, str]]]]:
    """Return each loan's months in order, as values and as cells."""
    months: dict[str, list[tuple[dict[str, Any], dict[str, str]]]] = {}
    for row in tape.rows:
        try:
            _refuse_unreadable(row)
            month = values(mapping.months, row.cells)
        except DomainError as refusal:
            report.refuse(row.line, column_of(refusal, mapping.months), refusal, part="months")
            continue
        months.setdefault(month["external_id"], []).append((month, row.cells))
    for rows in months.values():
        rows.sort(key=lambda item: item[0]["as_of"])
    return months


def column_of(refusal: DomainError, sources: Mapping[str, Source]) -> str:
    """Name the file's column where the refusal names our field."""
    source = sources.get(refusal.field or "")
    return source.columns[0] if source and source.columns else refusal.field or ""


def _events_of_loan(source: str, row: Mapping[str, Any], opening: Opening) -> list[TapeEvent]:
    """
    Where only two days are known: the first installment, or half of an only one, is paid with the first repayment, the
    rest on the closing day.
    """
    closed_on, first_paid_on = row.get("closed_on"), row.get("first_paid_on")
    if closed_on is None:
        return []
    parts: list[tuple[date, int]] = [(closed_on, sum(item.total for item in opening.installments))]
    if first_paid_on and first_paid_on < closed_on:
        first = opening.installments[0].total if len(opening.installments) > 1 else parts[0][1] // 2
        parts = [(first_paid_on, first), (closed_on, parts[0][1] - first)]
    return [
        TapeEvent(
            source=source,
            external_id=opening.external_id,
            reference=f"{opening.external_id}:{number}",
            kind=TapeEvent.Kind.PAYMENT,
            happened_on=on,
            amount_minor=amount,
        )
        for number, (on, amount) in enumerate(parts, start=1)
    ]


def _events_of_month(source: str, month: Mapping[str, Any]) -> list[TapeEvent]:
    common = {"source": source, "external_id": month["external_id"]}
    events = []
    if month["extended_months"] > 0:
        events.append(
            TapeEvent(
                reference=f"{month['external_id']}:{month['as_of']}:extension",
                kind=TapeEvent.Kind.EXTENSION,
                happened_on=month["as_of"].replace(day=1),
                months=month["extended_months"],
                **common,
            )
        )
    if month["amount"] > 0:
        events.append(
            TapeEvent(
                reference=f"{month['external_id']}:{month['as_of']}",
                kind=TapeEvent.Kind.PROCEEDS if month["is_proceeds"] else TapeEvent.Kind.PAYMENT,
                happened_on=month["paid_on"],
                amount_minor=month["amount"],
                **common,
            )
        )
    return events


def _figures_of_loan(source: str, row: Mapping[str, Any]) -> list[ReportedFigure]:
    """
    Days past due count on the day of a takeover, or on `counted_on`.

    A loan that was paid on `counted_on` was so late when the money came; the night before it was one day less.
    """
    as_of, days = row.get("counted_on") or row["starts_on"], row.get("reported_days_past_due")
    if days is not None and row.get("closed_on") == as_of:
        as_of, days = as_of - timedelta(days=1), days - 1
    reported = {
        "installment_minor": row.get("reported_installment") or None,  # 0 is how tapes say that they do not know it
        "days_past_due": days,
    }
    if "next_amount_due" in row and "reported_days_past_due" in row:
        past_due = max(0, row["next_amount_due"] - row["installment"]) if days else 0
        reported |= {"past_due_minor": past_due, "level_minor": row["installment"]}
    known = {name: value for name, value in reported.items() if value is not None}
    if not known:
        return []
    return [ReportedFigure(source=source, external_id=row["external_id"], as_of=as_of, reported=known)]


def _figure(source: str, month: Mapping[str, Any]) -> ReportedFigure:
    return ReportedFigure(
        source=source,
        external_id=month["external_id"],
        as_of=month["as_of"],
        reported={
            "days_past_due": month["reported_days_past_due"],
            "principal_minor": month["reported_principal"],
            "interest_minor": month["reported_interest"],
        },
    )


def _write(mapping: MappingFile, version: ProductTerms, collected: _Collected, report: Report) -> None:
    # Other tapes are replayed into a book whose closes have not passed them; what is handed over comes to a live one.
    closed = CloseRun.objects.aggregate(latest=Max("business_date"))["latest"] if mapping.rows else None
    for start in range(0, len(collected.openings), BATCH):
        batch = _as_handed_over(mapping, collected.openings[start : start + BATCH], collected, report)
        new = open_loans(
            source=mapping.name,
            currency=mapping.currency,
            product_terms=version,
            openings=batch,
            actor=ACTOR,
            closed_through=closed,
        )
        if mapping.rows:
            keep_handed_over(mapping.name, {key: (loan_id, collected.handed_over[key]) for key, loan_id in new.items()})
        report.loans_new += len(new)
        report.loans_known += len(batch) - len(new)
        report.results += [
            LoanResult(collected.lines[key], key, "NEW" if key in new else "KNOWN")
            for key in (opening.external_id for opening in batch)
        ]
    report.events_new = _add(TapeEvent, collected.events, mapping.name)
    report.figures_new = _add(ReportedFigure, collected.figures, mapping.name)


def _as_handed_over(mapping: MappingFile, batch: list[Opening], collected: _Collected, report: Report) -> list[Opening]:
    """Refuse the loans that are here already and of which other things were stated; return the others."""
    if not mapping.rows:
        return batch
    keys = [opening.external_id for opening in batch]
    here = Loan.objects.filter(source=mapping.name, external_id__in=keys).values_list("external_id", "handover__digest")
    digests = dict(here)
    kept = []
    for opening in batch:
        key = opening.external_id
        if key in digests and digests[key] != digest_of(collected.handed_over[key]):
            refusal = HandedOverOtherwise(
                _("This loan was handed over before with other figures, which stay. Correct it by acts on the loan.")
            )
            report.refuse_loan(collected.lines[key], "", refusal, external_id=key)
        else:
            kept.append(opening)
    return kept


def keep_handed_over(source: str, loans: Mapping[str, tuple[int, dict[str, Any]]], *, actor: str = ACTOR) -> None:
    """Keep what was stated of new loans, as it was stated."""
    found = [kept_of(source, stated, loan_id, actor) for loan_id, stated in loans.values()]
    Handover.objects.bulk_create((handover for handover, _rows, _history in found), batch_size=BATCH)
    HandoverRow.objects.bulk_create((row for _one, rows, _history in found for row in rows), batch_size=BATCH)
    EarlierEvent.objects.bulk_create((event for _one, _rows, history in found for event in history), batch_size=BATCH)


def _add(model: type[TapeEvent] | type[ReportedFigure], rows: Sequence[Any], source: str) -> int:
    """Insert the rows that are new by their unique key and return how many they were."""
    before = model.objects.filter(source=source).count()
    model.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return model.objects.filter(source=source).count() - before


def product_terms_of(mapping: MappingFile) -> ProductTerms:
    """Return the version of the tape's product, made on the first import; two imports of one tape take turns here."""
    product, _is_new = Product.objects.get_or_create(
        code=mapping.product["code"],
        defaults={"kind": mapping.product["kind"], "name": mapping.product["name"], "is_active": False},
    )
    Product.objects.select_for_update().get(pk=product.pk)
    version, _is_new = ProductTerms.objects.get_or_create(
        product=product,
        version=1,
        defaults={"effective_from": date(1970, 1, 1), "terms": mapping.product["terms"]},
    )
    return version


def loans_of(source: str) -> Iterable[tuple[str, int]]:
    """Return the numbers at the source and the ids of a tape's loans."""
    return Loan.objects.filter(source=source).values_list("external_id", "pk")
