"""
Do the loans of a tape stand where the other system left them, on the day of takeover and on any later day?

Four things are held against each other, part by part: what was stated at the takeover together with everything that was
posted since, what the ledger holds, what the installments carry, and what living through the loan's events gives. The
first three come from one set-based query over many loans; the last goes loan by loan.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from collections_mgmt.models import CloseRun
from dashu.finance.loan import Book, books_of
from dashu.kernel.errors import DomainError, _
from dashu.ledger import accounts
from dashu.tapes.models import Handover
from loans.models import Loan
from repayments.selectors.past_days import loan_on
from repayments.services.open_loans import OPENING

BATCH = 500


class Parts(NamedTuple):
    """What a loan owes and has, in minor units. Interest and fees are those that are due."""

    principal: int
    interest: int
    fee: int
    penalty: int
    credit: int

    def less(self, other: "Parts") -> "Parts":
        return Parts(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def plus(self, other: "Parts") -> "Parts":
        return Parts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class RowParts(NamedTuple):
    """What the installments carry; penalty and credit belong to the loan and are in no row."""

    principal: int
    interest: int
    fee: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """
    One loan at the end of a day, or the sums of many.

    :param opened: what the opening entry posted.
    :param ledger: what all postings up to the day hold.
    :param loans: how many the figures are of, and of how many of them something differs.
    """

    handover_id: int
    loan_id: int
    number: str
    external_id: str
    currency: str
    taken_over_on: date
    as_of: date
    stated: Parts
    opened: Parts
    ledger: Parts
    rows: RowParts
    loans: int = 1
    differing: int = 0

    @property
    def since(self) -> Parts:
        return self.ledger.less(self.opened)

    @property
    def expected(self) -> Parts:
        """What was stated, with everything that was posted since."""
        return self.stated.plus(self.since)

    @property
    def difference_minor(self) -> int:
        """By how much anything differs, all differences added up without their signs; 0 when all agree."""
        return sum(abs(minor) for minor in self.expected.less(self.ledger)) + sum(
            abs(row - held) for row, held in zip(self.rows, self.ledger[:3], strict=True)
        )


class NightNotClosed(DomainError):
    """A later day is proven by its nightly close, which has not been done."""

    code = "night_not_closed"


class BeforeTakeover(DomainError):
    """On that day the loan was with the other system."""

    code = "before_takeover"


def refuse_unproven(on: date) -> None:
    """
    Refuse a day on which the ledger does not hold everything yet.

    :raises NightNotClosed: the nightly close of the day has not been done.
    """
    closed = CloseRun.objects.filter(status=CloseRun.Status.CLOSED)
    if closed.filter(business_date=on).exists():
        return
    latest = closed.order_by("-business_date").values_list("business_date", flat=True).first()
    if latest is None:
        raise NightNotClosed(_("No night is closed yet. Only the day of takeover can be shown."), field="on")
    raise NightNotClosed(
        _("The night of %(on)s is not closed, so its postings are not complete. The latest closed day is %(latest)s."),
        field="on",
        params={"on": on, "latest": latest},
    )


def agreements(*, source: str, on: date | None = None, after: int = 0, size: int = 50) -> list[Agreement]:
    """
    Return the loans of a tape after the one with the handover id `after`, in the order of these ids.

    :param on: a closed day; loans that were taken over later are left out. None: each loan's own day of takeover.
    """
    return _ask(_LOANS + " ORDER BY handover_id", source=source, on=on, after=after, size=size)


def agreement_of(handover: Handover, *, on: date | None = None) -> Agreement:
    """
    Return one loan.

    :raises BeforeTakeover: the day lies before the takeover.
    :raises NightNotClosed: a later day that is not closed.
    """
    if on is not None and on < handover.taken_over_on:
        raise BeforeTakeover(
            _("The loan was taken over on %(on)s. Choose that day or a later one."),
            field="on",
            params={"on": handover.taken_over_on},
        )
    if on is not None and on != handover.taken_over_on:
        refuse_unproven(on)
    [found] = _ask(_LOANS, source=handover.source, on=on, after=handover.pk - 1, size=1)
    return found


def totals(*, source: str, on: date | None = None) -> Agreement | None:
    """Return the sums over a whole tape, None when it has no loan by that day."""
    return next(iter(_ask(_TOTALS, source=source, on=on, after=0, size=None)), None)


def all_agreements(*, source: str, on: date | None = None) -> Iterator[Agreement]:
    """Yield every loan of a tape, a batch at a time."""
    after = 0
    while batch := agreements(source=source, on=on, after=after, size=BATCH):
        yield from batch
        after = batch[-1].handover_id


def lived(loan: Loan, as_of: date) -> Parts:
    """Return what living through the loan's events from the takeover says of the end of a day."""
    day = loan_on(loan, as_of=as_of)
    assert day is not None, f"loan {loan.pk} was not here on {as_of}"
    books = books_of(day.position, day.contract)
    due = sum(row.unpaid_interest for row in day.position.installments if row.due_on <= as_of)
    set_apart = books[Book.SUSPENDED_INTEREST]
    interest = min(set_apart, due)
    return Parts(
        principal=books[Book.PRINCIPAL],
        interest=books[Book.INTEREST_RECEIVABLE] + interest,
        fee=books[Book.FEE_RECEIVABLE],
        penalty=books[Book.PENALTY_RECEIVABLE] + set_apart - interest,
        credit=-books[Book.BORROWER_CREDIT],
    )


def _ask(query: str, *, source: str, on: date | None, after: int, size: int | None) -> list[Agreement]:
    with connection.cursor() as cursor:
        cursor.execute(
            query,
            {"source": source, "on": on, "after": after, "size": size, "opening": OPENING, **_ROLES},
        )
        return [_agreement(row) for row in cursor.fetchall()]


def _agreement(row: Sequence[Any]) -> Agreement:
    handover_id, loan_id, number, external_id, currency, taken_over_on, as_of, *figures, loans, differing = row
    minors = [int(minor) for minor in figures]
    return Agreement(
        handover_id=handover_id,
        loan_id=loan_id,
        number=number,
        external_id=external_id,
        currency=currency,
        taken_over_on=taken_over_on,
        as_of=as_of,
        stated=Parts(*minors[:5]),
        opened=Parts(*minors[5:10]),
        ledger=Parts(*minors[10:15]),
        rows=RowParts(*minors[15:]),
        loans=loans,
        differing=differing,
    )


_ROLES = {
    "principal": accounts.LOAN_PRINCIPAL,
    "interest": accounts.INTEREST_RECEIVABLE,
    "fee": accounts.FEE_RECEIVABLE,
    "penalty": accounts.PENALTY_RECEIVABLE,
    "suspended": accounts.SUSPENDED_INTEREST,
    "credit": accounts.BORROWER_CREDIT,
}

# Interest and penalty that are no longer accrued stand in one memo account, see `repayments.selectors.book_on`. A loan
# that left the balance sheet has nothing on the books, so its rows count for nothing either.
_LOANS = """
WITH chosen AS MATERIALIZED (
    SELECT handover.*, COALESCE(%(on)s::date, handover.taken_over_on) AS as_of
    FROM tapes_handover AS handover
    WHERE handover.source = %(source)s AND handover.id > %(after)s
      AND (%(on)s::date IS NULL OR handover.taken_over_on <= %(on)s)
    ORDER BY handover.id LIMIT %(size)s
), held AS (
    SELECT posting.loan_id, split_part(posting.account_id, '.', 1) AS role, entry.kind = %(opening)s AS is_opening,
           SUM(CASE posting.side WHEN 'D' THEN posting.amount_minor ELSE -posting.amount_minor END) AS minor
    FROM chosen
    JOIN ledger_posting AS posting ON posting.loan_id = chosen.loan_id
    JOIN ledger_journalentry AS entry ON entry.id = posting.entry_id AND entry.effective_on <= chosen.as_of
    GROUP BY 1, 2, 3
), balance AS (
    SELECT loan_id,
           COALESCE(SUM(minor) FILTER (WHERE role = %(principal)s AND is_opening), 0) AS opened_principal,
           COALESCE(SUM(minor) FILTER (WHERE role = %(interest)s AND is_opening), 0) AS opened_interest,
           COALESCE(SUM(minor) FILTER (WHERE role = %(fee)s AND is_opening), 0) AS opened_fee,
           COALESCE(SUM(minor) FILTER (WHERE role = %(penalty)s AND is_opening), 0) AS opened_penalty,
           COALESCE(SUM(minor) FILTER (WHERE role = %(suspended)s AND is_opening), 0) AS opened_suspended,
           COALESCE(-SUM(minor) FILTER (WHERE role = %(credit)s AND is_opening), 0) AS opened_credit,
           COALESCE(SUM(minor) FILTER (WHERE role = %(principal)s), 0) AS principal,
           COALESCE(SUM(minor) FILTER (WHERE role = %(interest)s), 0) AS interest,
           COALESCE(SUM(minor) FILTER (WHERE role = %(fee)s), 0) AS fee,
           COALESCE(SUM(minor) FILTER (WHERE role = %(penalty)s), 0) AS penalty,
           COALESCE(SUM(minor) FILTER (WHERE role = %(suspended)s), 0) AS suspended,
           COALESCE(-SUM(minor) FILTER (WHERE role = %(credit)s), 0) AS credit
    FROM held GROUP BY loan_id
), movement AS (
    SELECT row.loan_id, row.due_on, 1 AS sign, row.principal_minor, row.interest_minor, row.fee_minor
    FROM chosen JOIN repayments_installment AS row ON row.loan_id = chosen.loan_id AND row.version = 1
    UNION ALL
    SELECT moved.loan_id, moved.due_on, CASE moved.kind WHEN 'S' THEN 1 ELSE -1 END, moved.principal_minor,
           moved.interest_minor, moved.fee_minor
    FROM chosen
    JOIN repayments_installmentmovement AS moved ON moved.loan_id = chosen.loan_id
        AND moved.effective_on <= chosen.as_of
), carried AS (
    SELECT movement.loan_id, SUM(sign * movement.principal_minor) AS principal,
           COALESCE(SUM(sign * movement.interest_minor) FILTER (WHERE due_on <= chosen.as_of), 0) AS interest,
           COALESCE(SUM(sign * movement.fee_minor) FILTER (WHERE due_on <= chosen.as_of), 0) AS fee
    FROM movement JOIN chosen ON chosen.loan_id = movement.loan_id
    GROUP BY movement.loan_id
), gone AS (
    SELECT DISTINCT event.loan_id
    FROM chosen JOIN repayments_loanevent AS event ON event.loan_id = chosen.loan_id
        AND event.kind IN ('CHARGE_OFF', 'WRITE_OFF', 'SALE') AND event.effective_on <= chosen.as_of
    WHERE NOT EXISTS (
        SELECT FROM repayments_loanevent AS undo
        WHERE undo.loan_id = event.loan_id AND undo.kind = 'REVERSAL' AND undo.effective_on <= chosen.as_of
          AND (undo.data ->> 'event')::bigint = event.id
    )
)
SELECT chosen.id AS handover_id, loan.id AS loan_id, loan.number, loan.external_id, loan.currency,
       chosen.taken_over_on, chosen.as_of,
       chosen.principal_minor AS stated_principal, chosen.interest_minor AS stated_interest,
       chosen.fee_minor AS stated_fee, chosen.penalty_minor AS stated_penalty, chosen.credit_minor AS stated_credit,
       balance.opened_principal, balance.opened_interest + apart.opened AS opened_interest, balance.opened_fee,
       balance.opened_penalty + balance.opened_suspended - apart.opened AS opened_penalty, balance.opened_credit,
       balance.principal, balance.interest + apart.held AS interest, balance.fee,
       balance.penalty + balance.suspended - apart.held AS penalty, balance.credit,
       CASE WHEN gone.loan_id IS NULL THEN carried.principal ELSE 0 END AS row_principal,
       CASE WHEN gone.loan_id IS NULL THEN carried.interest ELSE 0 END AS row_interest,
       CASE WHEN gone.loan_id IS NULL THEN carried.fee ELSE 0 END AS row_fee,
       1 AS loans, 0 AS differing
FROM chosen
JOIN loans_loan AS loan ON loan.id = chosen.loan_id
JOIN balance ON balance.loan_id = chosen.loan_id
JOIN carried ON carried.loan_id = chosen.loan_id
LEFT JOIN gone ON gone.loan_id = chosen.loan_id
CROSS JOIN LATERAL (
    SELECT LEAST(balance.opened_suspended, chosen.interest_minor) AS opened,
           LEAST(balance.suspended, carried.interest) AS held
) AS apart
"""

_SUMMED = (
    "stated_principal", "stated_interest", "stated_fee", "stated_penalty", "stated_credit",
    "opened_principal", "opened_interest", "opened_fee", "opened_penalty", "opened_credit",
    "principal", "interest", "fee", "penalty", "credit", "row_principal", "row_interest", "row_fee",
)  # fmt: skip

_TOTALS = f"""
SELECT 0, 0, '', '', currency, MIN(taken_over_on), MAX(as_of), {", ".join(f"SUM({name})" for name in _SUMMED)},
       COUNT(*),
       COUNT(*) FILTER (WHERE
           (stated_principal, stated_interest, stated_fee, stated_penalty, stated_credit)
               <> (opened_principal, opened_interest, opened_fee, opened_penalty, opened_credit)
           OR (principal, interest, fee) <> (row_principal, row_interest, row_fee))
FROM ({_LOANS}) AS loan GROUP BY currency
"""  # noqa: S608 – the parts are constants of this module
