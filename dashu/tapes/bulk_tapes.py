"""
Loans that a partner hands over in bulk: one JSON line for each loan, with its rows and what happened before.

A line says what the three files of the mapping `handover` say of one loan, under the same names. Each loan is taken
over whole or not at all, as brought by the partner, and only after a person of the lender has looked at the lines.
What partners number alike does not meet: each partner is a source of its own.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

from django.db.models import Max

from collections_mgmt.models import CloseRun
from dashu.bulk.kinds import Doing, Done, JobKind, Values
from dashu.kernel.errors import DomainError, InvalidInput, _
from dashu.tapes.errors import BadValue, HandedOverOtherwise
from dashu.tapes.handing_over import digest_of
from dashu.tapes.mapping import MappingFile, load_mapping, values
from dashu.tapes.schedules import SCHEDULES
from dashu.tapes.services.import_tape import column_of, keep_handed_over, product_terms_of, refuse_later
from loans.models import Loan
from repayments.services.open_loans import open_loans

MAPPING = "handover"
PARTS = ("rows", "history")
LONGEST_SOURCE, LONGEST_NUMBER = 40, 60


def take_over_line(given: Values, doing: Doing) -> Done:
    """
    Take over one loan.

    The same loan with the same figures is known; with other figures it is refused, and those of before stay.
    """
    mapping = _mapping()
    try:
        return _taken_over(given, doing, mapping)
    except DomainError as refusal:
        refusal.field = column_of(refusal, mapping.loans) or None  # as the partner calls it
        raise


def _taken_over(given: Values, doing: Doing, mapping: MappingFile) -> Done:
    source = source_of(doing.partner.code)
    stated = _stated(given, mapping)
    _refuse_long(source, stated["external_id"])
    refuse_later(stated["starts_on"], doing.today)
    version = product_terms_of(mapping)
    opening = SCHEDULES[mapping.schedule](stated, version.rules)
    here = Loan.objects.filter(source=source, external_id=opening.external_id)
    if known := here.values_list("number", "handover__digest").first():
        if known[1] != digest_of(stated):
            raise HandedOverOtherwise(
                _("This loan was handed over before with other figures, which stay. Ask the lender to correct it."),
                field="loan",
            )
        return Done({"loan": known[0]}, is_known=True)
    opened = open_loans(
        source=source,
        currency=mapping.currency,
        product_terms=version,
        openings=[opening],
        actor=doing.actor,
        closed_through=CloseRun.objects.filter(status=CloseRun.Status.CLOSED).aggregate(on=Max("business_date"))["on"],
        partner_id=doing.partner.pk,
    )
    keep_handed_over(source, {key: (loan_id, stated) for key, loan_id in opened.items()}, actor=doing.actor)
    return Done({"loan": here.values_list("number", flat=True).get()})


def source_of(partner: str) -> str:
    """Return the source under which the loans of a partner are kept, by the partner's code."""
    source = f"by-{partner}"
    return source if len(source) <= LONGEST_SOURCE else f"{source[:31]}-{sha256(partner.encode()).hexdigest()[:8]}"


@cache
def _mapping() -> MappingFile:
    return load_mapping(MAPPING)


def _stated(given: Values, mapping: MappingFile) -> dict[str, Any]:
    """Return the fields of the loan with those of its rows and its history."""
    loan = {name: value for name, value in given.items() if name not in PARTS}
    stated = values(mapping.loans, _cells(loan, mapping.columns("loans"), where=""))
    for part in PARTS:
        names = mapping.columns(part) - {"loan"}
        cells = [_cells(line, names, where=f"{part}[{place}]") for place, line in enumerate(_lines(given, part))]
        stated[part] = [values(getattr(mapping, part), {**line, "loan": stated["external_id"]}) for line in cells]
    return stated


def _lines(given: Values, part: str) -> Sequence[dict[str, Any]]:
    lines = given.get(part, [])
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise InvalidInput(_("A list of objects is expected here."), field=part)
    return lines


def _cells(line: Mapping[str, Any], columns: set[str], *, where: str) -> dict[str, str]:
    """Return the texts of a line by column, "" for one that is left out or null."""
    for name, value in line.items():
        field = f"{where}.{name}"[:80] if where else name[:80]
        if name not in columns:
            raise InvalidInput(_("This name is not known here. Check its spelling."), field=field)
        if value is not None and not isinstance(value, str):
            raise InvalidInput(_("Write every value as text, amounts too."), field=field)
        if value is not None and "\0" in value:
            raise InvalidInput(_("This text holds a sign that cannot be stored."), field=field)
    return {name: (line.get(name) or "").strip() for name in columns}


def _refuse_long(source: str, number: str) -> None:
    if len(f"{source}-{number}") > LONGEST_NUMBER:
        raise BadValue(
            _("%(name)s must have between %(least)s and %(most)s characters."),
            field="loan",
            params={"name": "loan", "least": 1, "most": LONGEST_NUMBER - len(source) - 1},
        )


TAPE = JobKind(
    code="tape",
    scope="applications:write",
    columns=(),
    needed=(),
    most_lines=5_000,
    perform=take_over_line,
    needs_approval=True,
    personal=("borrower_name",),
)
