"""
Everything that happened with a borrower, the newest first, page by page.

Each source is read once a page, however long the past is, and only as far as the page needs. Other parts of the program
register theirs with `register_source`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db.models import CharField, DateTimeField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import (
    Arrangement,
    CaseFileEvent,
    Complaint,
    Dispute,
    FileAttachment,
    HardshipRequest,
    Hold,
    OverdueChange,
    PromiseToPay,
    Settlement,
    Vulnerability,
)
from dashu.messaging.models import ContactAttempt, ContactRefusal, OutboxMessage
from repayments.models import LoanEvent, Payment

PAGE = 30
Rows = Callable[[int], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """
    :param code: also puts lines of one moment in order. :param group: what a reader filters by.
    :param rows: of a borrower's id; each row has `line_at`, when it happened, and `line_key`, a text that is its own.
    """

    code: str
    group: str
    rows: Rows


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends."""

    at: datetime
    code: str
    key: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the place that `str` wrote; None where the text is something else."""
        moment, *rest = text.split("~")
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        if at.tzinfo is None or len(rest) != 2 or "\0" in text or len(text) > 120:
            return None
        return cls(at, rest[0], rest[1])

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.code}~{self.key}"


@dataclass(frozen=True, slots=True)
class Line:
    place: Place
    group: str
    row: Any


GROUPS: dict[str, Promise] = {
    "payment": _("Payments"),
    "message": _("Messages"),
    "contact": _("Attempts to reach"),
    "promise": _("Promises and agreements"),
    "hold": _("Holds and care"),
    "asked": _("What they asked"),
    "loan": _("The loans"),
    "file": _("The file"),
}


def start_of(day: str) -> Func:
    """A date column as the moment on which it begins, at the lender's."""
    return Func(
        F(day), template="(%(expressions)s::timestamp AT TIME ZONE 'Asia/Shanghai')", output_field=DateTimeField()
    )


def rows_of(queryset: QuerySet[Any], *, moment: Any, key: Any = None) -> QuerySet[Any]:
    """Give rows what `Source` asks of them."""
    # Padded, so that the text is in the order of the numbers.
    own = Func(Cast("pk", CharField()), Value(20), Value("0"), function="lpad", output_field=CharField())
    return queryset.annotate(line_at=moment, line_key=key if key is not None else own)


def _payments(borrower_id: int) -> QuerySet[Any]:
    found = Payment.objects.filter(loan__borrower=borrower_id).select_related("loan")
    return rows_of(found, moment=F("posted_at"))


def _messages(borrower_id: int) -> QuerySet[Any]:
    return rows_of(OutboxMessage.objects.filter(borrower=borrower_id), moment=F("created_at"))


def _refusals(borrower_id: int) -> QuerySet[Any]:
    return rows_of(ContactRefusal.objects.filter(borrower=borrower_id, message__isnull=False), moment=F("at"))


def _refused_by_hand(borrower_id: int) -> QuerySet[Any]:
    found = ContactRefusal.objects.filter(borrower=borrower_id, message=None)
    return rows_of(found.annotate(actor=F("operator")), moment=F("at"))


def _attempts(borrower_id: int) -> QuerySet[Any]:
    found = ContactAttempt.objects.filter(borrower=borrower_id).defer("number")
    return rows_of(found.select_related("decision").annotate(actor=F("operator")), moment=F("started_at"))


def _promises(borrower_id: int) -> QuerySet[Any]:
    found = PromiseToPay.objects.filter(loan__borrower=borrower_id).select_related("loan")
    return rows_of(found, moment=start_of("made_on"))


def _arrangements(borrower_id: int) -> QuerySet[Any]:
    found = Arrangement.objects.filter(loan__borrower=borrower_id).select_related("loan")
    return rows_of(found, moment=start_of("made_on"))


def _settlements(borrower_id: int) -> QuerySet[Any]:
    found = Settlement.objects.filter(loan__borrower=borrower_id).select_related("loan")
    return rows_of(found, moment=start_of("offered_on"))


def _attached(borrower_id: int) -> QuerySet[Any]:
    found = FileAttachment.objects.filter(file__borrower=borrower_id).defer("content")
    return rows_of(found, moment=F("added_at"))


def _care(borrower_id: int) -> QuerySet[Any]:
    """That somebody needs special care, and never why."""
    found = Vulnerability.objects.filter(borrower=borrower_id).defer("category")
    by = Concat(Value("user:"), Cast("noted_by_id", CharField()), output_field=CharField())
    return rows_of(found.annotate(actor=by), moment=start_of("noted_on"))


def _holds(borrower_id: int) -> QuerySet[Any]:
    found = Hold.objects.filter(loan__borrower=borrower_id).select_related("loan")
    return rows_of(found, moment=start_of("starts_on"))


def _asked(model: Any) -> Rows:
    return lambda borrower_id: rows_of(model.objects.filter(borrower=borrower_id), moment=F("asked_at"))


def _changes(borrower_id: int) -> QuerySet[Any]:
    found = OverdueChange.objects.filter(loan__borrower=borrower_id).select_related("loan")
    own = Concat(Cast("loan_id", CharField()), Value("-"), Cast("changed_on", CharField()), output_field=CharField())
    return rows_of(found, moment=start_of("changed_on"), key=own)


def _events(borrower_id: int) -> QuerySet[Any]:
    found = LoanEvent.objects.filter(loan__borrower=borrower_id).exclude(kind=LoanEvent.Kind.PAYMENT)
    return rows_of(found.select_related("loan"), moment=F("posted_at"))


def _file(borrower_id: int) -> QuerySet[Any]:
    return rows_of(CaseFileEvent.objects.filter(file__borrower=borrower_id), moment=F("at"))


SOURCES: dict[str, Source] = {
    source.code: source
    for source in (
        Source("payment", "payment", _payments),
        Source("message", "message", _messages),
        Source("refusal", "message", _refusals),
        Source("attempt", "contact", _attempts),
        Source("refused", "contact", _refused_by_hand),
        Source("promise", "promise", _promises),
        Source("arrangement", "promise", _arrangements),
        Source("settlement", "promise", _settlements),
        Source("hold", "hold", _holds),
        Source("care", "hold", _care),
        Source("help", "asked", _asked(HardshipRequest)),
        Source("complaint", "asked", _asked(Complaint)),
        Source("dispute", "asked", _asked(Dispute)),
        Source("status", "loan", _changes),
        Source("event", "loan", _events),
        Source("file", "file", _file),
        Source("attached", "file", _attached),
    )
}


def register_source(source: Source) -> None:
    """Let the files' pages show another kind of line; its words go to `desk.lines.register_words`."""
    SOURCES[source.code] = source


def lines_of(
    borrower_id: int, *, groups: Collection[str] = (), after: Place | None = None
) -> tuple[list[Line], Place | None]:
    """
    Return a page of what happened, the newest first, and where the next one begins; one query a source.

    :param groups: only these; empty for all.
    """
    found = []
    for source in SOURCES.values():
        if groups and source.group not in groups:
            continue
        rows = source.rows(borrower_id)
        if after:
            rows = rows.filter(_further(source.code, after))
        for row in rows.order_by("-line_at", "-line_key")[: PAGE + 1]:
            found.append(Line(Place(row.line_at, source.code, row.line_key), source.group, row))
    found.sort(key=lambda line: (line.place.at, line.place.code, line.place.key), reverse=True)
    return found[:PAGE], found[PAGE - 1].place if len(found) > PAGE else None


def _further(code: str, after: Place) -> Q:
    if code < after.code:
        return Q(line_at__lte=after.at)
    if code > after.code:
        return Q(line_at__lt=after.at)
    return Q(line_at__lt=after.at) | Q(line_at=after.at, line_key__lt=after.key)
