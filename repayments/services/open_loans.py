"""
Open many loans at once, as when a book comes from another lender: COPY for the rows, one ledger entry for each date.

What is written for a loan is what `dashu.finance.loan` says of its opening position, exactly as when one loan is paid
out. Loans that are already here (same source and number) are left alone. A loan whose first day lies before nights that
are closed already is brought up to the last of them, day by day, since no later night looks back.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from dashu.audit import services as audit
from dashu.finance.bookkeeping import growth
from dashu.finance.installments import Installment
from dashu.finance.loan import Contract, Position, accrue, books_of, opened, taken_over
from dashu.ledger import services as ledger
from dashu.users.indexes import borrower_name_index
from dashu.users.sealing import seal
from loans.models import Loan, ProductTerms
from loans.services.create_loan import contract_columns
from repayments.models import LoanEvent, ScheduleVersion
from repayments.services.booking import balance_columns, ledger_lines
from repayments.services.movements import opening_movements

OPENING = "OPENING"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """
    One loan to open. Amounts in minor units.

    :param principal: lent, or at a takeover the principal that is left.
    :param interest_through: None for a loan paid out on `starts_on`; for a takeover, the day its interest is paid to.
    :param installments: at a takeover with what was paid of them before.
    :param penalty, credit: what a takeover brings beside its rows, see `dashu.finance.loan.taken_over`.
    :param lent, lent_on: what the other lender lent, and when; where it is not known, `principal` and `starts_on`.
    :param penalty_annual_rate: of the contract; None: that of our own product and policy.
    """

    external_id: str
    borrower_external_id: str
    borrower_name: str
    starts_on: date
    principal: int
    annual_rate: Decimal
    installments: tuple[Installment, ...]
    interest_through: date | None = None
    penalty: int = 0
    credit: int = 0
    lent: int | None = None
    lent_on: date | None = None
    penalty_annual_rate: Decimal | None = None


@transaction.atomic
def open_loans(
    *,
    source: str,
    currency: str,
    product_terms: ProductTerms,
    openings: Sequence[Opening],
    actor: str,
    closed_through: date | None = None,
    partner_id: int | None = None,
) -> dict[str, int]:
    """
    Open those loans of `openings` that are not here yet and return their ids by their number at the source.

    :param source: names the book they come from; with the external id it makes a loan unique.
    :param partner_id: who brings the loans and may see them.
    :param closed_through: the latest night that is closed; None: no night is to be made up for.
    """
    new = _not_here(source, openings)
    if not new:
        return {}
    rules = product_terms.rules
    with connection.cursor() as cursor:
        borrowers = _borrowers(cursor, source, new)
        loan_ids, event_ids = _ids(cursor, "loans_loan", len(new)), _ids(cursor, "repayments_loanevent", len(new))
        writer = _Writer()
        postings: defaultdict[date, list[ledger.Line]] = defaultdict(list)
        missed: defaultdict[date, list[ledger.Line]] = defaultdict(list)
        for opening, loan_id, event_id in zip(new, loan_ids, event_ids, strict=True):
            columns = contract_columns(rules, annual_rate=opening.annual_rate, on=opening.starts_on)
            columns |= {"currency": currency, "partner_id": partner_id}
            if opening.penalty_annual_rate is not None:
                columns["penalty_annual_rate"] = opening.penalty_annual_rate
            contract = _contract(opening, columns)
            position = _position(opening, contract)
            postings[opening.starts_on] += ledger_lines(books_of(position, contract), loan_id, product_terms.pk)
            if closed_through and closed_through > opening.starts_on:
                for on, change in growth(position, contract, opening.starts_on + _DAY, closed_through):
                    missed[on] += ledger_lines(change, loan_id, product_terms.pk)
                position = accrue(position, contract, closed_through)
            writer.add_loan(source, product_terms, rules.method.value, opening, loan_id, columns, borrowers)
            writer.add_history(opening, loan_id, event_id, position, contract, actor)
        writer.copy(cursor)
    _post(postings, f"Opening of {source}", OPENING, actor, currency)
    _post(missed, f"Opening of {source}: nights closed before", "ACCRUAL", actor, currency)
    audit.record(
        action="repayments.loans_opened",
        subject_type="source",
        subject_id=source,
        actor=actor,
        data={"loans": len(new)},
    )
    return {opening.external_id: loan_id for opening, loan_id in zip(new, loan_ids, strict=True)}


def _post(days: Mapping[date, list[ledger.Line]], description: str, kind: str, actor: str, currency: str) -> None:
    entries = [
        ledger.Entry(effective_on=on, description=description, kind=kind, lines=lines)
        for on, lines in sorted(days.items())
        if lines
    ]
    ledger.post_many(entries=entries, actor=actor, currency=currency)


def _not_here(source: str, openings: Sequence[Opening]) -> list[Opening]:
    wanted = [opening.external_id for opening in openings]
    here = set(Loan.objects.filter(source=source, external_id__in=wanted).values_list("external_id", flat=True))
    return [opening for opening in openings if opening.external_id not in here]


def _contract(opening: Opening, columns: dict[str, Any]) -> Contract:
    return Loan(starts_on=opening.starts_on, annual_rate=opening.annual_rate, **columns).contract


def _position(opening: Opening, contract: Contract) -> Position:
    if opening.interest_through is None:
        return opened(contract, opening.installments, opening.principal)
    return taken_over(
        contract,
        opening.installments,
        opening.principal,
        interest_through=opening.interest_through,
        penalty=opening.penalty,
        credit=opening.credit,
    )


def _borrowers(cursor: CursorWrapper, source: str, openings: Iterable[Opening]) -> dict[str, int]:
    """Return the ids of the borrowers by their external id, making those who are not here."""
    names = {opening.borrower_external_id: opening.borrower_name for opening in openings}
    cursor.execute(
        """
        INSERT INTO users_borrower (number, name, name_index, source, external_id)
        SELECT 'B' || left(upper(md5(%(source)s || ':' || person.external_id)), 16), person.name, person.name_index,
               %(source)s, person.external_id
        FROM unnest(%(ids)s::text[], %(names)s::text[], %(indexes)s::text[]) AS person (external_id, name, name_index)
        ON CONFLICT DO NOTHING
        """,
        {
            "source": source,
            "ids": list(names),
            "names": [seal(name, place="users_borrower.name") for name in names.values()],
            "indexes": [borrower_name_index(name) for name in names.values()],
        },
    )
    cursor.execute(
        "SELECT external_id, id FROM users_borrower WHERE source = %s AND external_id = ANY(%s)", [source, list(names)]
    )
    return dict(cursor.fetchall())


def _ids(cursor: CursorWrapper, table: str, count: int) -> list[int]:
    cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
    return [row[0] for row in cursor.fetchall()]


class _Writer:
    """Collects rows by table and copies them in the order in which they depend on each other."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {
            "loans_loan": [],
            "repayments_loanevent": [],
            "repayments_disbursement": [],
            "repayments_scheduleversion": [],
            "repayments_installment": [],
            "repayments_installmentmovement": [],
            "repayments_loanbalance": [],
        }

    def add_loan(
        self,
        source: str,
        product_terms: ProductTerms,
        method: str,
        opening: Opening,
        loan_id: int,
        columns: dict[str, Any],
        borrowers: dict[str, int],
    ) -> None:
        self._rows["loans_loan"].append(
            {
                "id": loan_id,
                "number": f"{source.upper()}-{opening.external_id}"[:60],
                "borrower_id": borrowers[opening.borrower_external_id],
                "product_terms_id": product_terms.pk,
                "status": Loan.Status.ACTIVE.value,
                "principal_minor": opening.principal if opening.lent is None else opening.lent,
                "annual_rate": opening.annual_rate,
                "method": method,
                "installment_count": len(opening.installments),
                "starts_on": opening.starts_on,
                "lent_on": opening.lent_on,
                "first_due_on": opening.installments[0].due_on if opening.lent_on else None,
                "source": source,
                "external_id": opening.external_id,
                **columns,
            }
        )

    def add_history(
        self, opening: Opening, loan_id: int, event_id: int, position: Position, contract: Contract, actor: str
    ) -> None:
        on, through = opening.starts_on, opening.interest_through
        kind = LoanEvent.Kind.DISBURSED if through is None else LoanEvent.Kind.TAKEN_OVER
        reason = ScheduleVersion.Reason.CONTRACT if through is None else ScheduleVersion.Reason.TAKEOVER
        self._rows["repayments_loanevent"].append(
            {
                "id": event_id,
                "loan_id": loan_id,
                "kind": kind.value,
                "effective_on": on,
                "amount_minor": opening.principal,
                "data": {} if through is None else _brought(opening, through),
                "actor": actor,
            }
        )
        if through is None:
            self._rows["repayments_disbursement"].append(
                {
                    "event_id": event_id,
                    "loan_id": loan_id,
                    "reference": f"OPENING-{loan_id}",
                    "amount_minor": opening.principal,
                    "disbursed_on": on,
                }
            )
        self._rows["repayments_scheduleversion"].append(
            {"loan_id": loan_id, "version": 1, "reason": reason.value, "effective_on": on}
        )
        self._rows["repayments_installment"] += (
            {
                "loan_id": loan_id,
                "version": 1,
                "number": row.number,
                "due_on": row.due_on,
                "principal_minor": row.principal,
                "interest_minor": row.interest,
                "fee_minor": row.fee,
                "paid_principal_minor": row.paid_principal,
                "paid_interest_minor": row.paid_interest,
                "paid_fee_minor": row.paid_fee,
                "period_from": row.period_from,
            }
            for row in opening.installments
        )
        self._rows["repayments_installmentmovement"] += (
            {
                "loan_id": loan_id,
                "event_id": event_id,
                "effective_on": effective_on,
                "kind": kind,
                "number": number,
                "due_on": due_on,
                "principal_minor": principal,
                "interest_minor": interest,
                "fee_minor": fee,
            }
            for (effective_on, number, due_on, kind), (principal, interest, fee) in opening_movements(
                opening.installments, on
            ).items()
        )
        self._rows["repayments_loanbalance"].append(
            {"loan_id": loan_id, "latest_event_on": on, **balance_columns(position, contract)}
        )

    def copy(self, cursor: CursorWrapper) -> None:
        for table, rows in self._rows.items():
            if rows:
                names = list(rows[0])
                buffer = io.StringIO()
                csv.writer(buffer).writerows([_text(row[name]) for name in names] for row in rows)
                buffer.seek(0)
                quoted = ", ".join(f'"{name}"' for name in names)
                cursor.cursor.copy_expert(f'COPY "{table}" ({quoted}) FROM STDIN WITH (FORMAT csv)', buffer)


def _brought(opening: Opening, interest_through: date) -> dict[str, Any]:
    """Return what the event of a takeover keeps, see `repayments.selectors.lives`."""
    paid = {
        str(row.number): [row.paid_principal, row.paid_interest, row.paid_fee]
        for row in opening.installments
        if row.paid_principal or row.paid_interest or row.paid_fee
    }
    brought = {"paid": paid, "penalty": opening.penalty, "credit": opening.credit}
    kept = {name: value for name, value in brought.items() if value}
    return {"interest_through": interest_through.isoformat(), **kept}


def _text(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value
