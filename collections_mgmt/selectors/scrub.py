"""
Which loans may go to an agency, and for each that may not, every reason why. For thousands at once, by SQL.

The same statement says which loans have to come back from an agency.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from collections_mgmt.models.placing import ENDS, Unfit
from collections_mgmt.selectors.limitation import clock_sql, parameters
from dashu.policy import rules as policy

# What anybody may have asked or agreed with us, and what we know of them, counts for the person with all loans.
_CHECKS: dict[Unfit, str] = {
    Unfit.ENDED: "loan.status NOT IN ('ACTIVE', 'CHARGED_OFF')",
    Unfit.PAID: """NOT EXISTS (SELECT FROM repayments_installment AS late WHERE late.loan_id = loan.id
        AND late.unpaid_minor > 0 AND late.due_on < %(on)s)""",
    Unfit.NOT_LATE_ENOUGH: "coalesce(status.effective_days_past_due, 0) < %(least_days)s",
    Unfit.TOO_LITTLE: "loan.currency = %(currency)s AND owed.minor < %(least_minor)s",
    Unfit.CURRENCY: "loan.currency <> %(currency)s",
    Unfit.DECEASED: "held.is_deceased",
    Unfit.HOLD: "held.is_held",
    Unfit.CARE: """EXISTS (SELECT FROM collections_mgmt_vulnerability AS care
        WHERE care.borrower_id = loan.borrower_id AND care.ended_on IS NULL)""",
    Unfit.COMPLAINT: """EXISTS (SELECT FROM collections_mgmt_complaint AS told
        WHERE told.borrower_id = loan.borrower_id AND told.answered_at IS NULL)""",
    Unfit.DISPUTE: """EXISTS (SELECT FROM collections_mgmt_dispute AS told
        WHERE told.borrower_id = loan.borrower_id AND told.answered_at IS NULL)""",
    Unfit.HELP_ASKED: """EXISTS (SELECT FROM collections_mgmt_hardshiprequest AS told
        WHERE told.borrower_id = loan.borrower_id AND told.answered_at IS NULL)""",
    Unfit.AGREED: """EXISTS (SELECT FROM loans_loan AS own
        WHERE own.borrower_id = loan.borrower_id AND (
            EXISTS (SELECT FROM collections_mgmt_promisetopay WHERE loan_id = own.id AND status = 'OPEN')
            OR EXISTS (SELECT FROM collections_mgmt_arrangement WHERE loan_id = own.id AND status = 'ACTIVE')
            OR EXISTS (SELECT FROM collections_mgmt_settlement
                       WHERE loan_id = own.id AND status IN ('OFFERED', 'ACCEPTED', 'ACTIVE'))
        ))""",
    Unfit.LEGAL: """EXISTS (SELECT FROM collections_mgmt_legalcase AS court
        WHERE court.loan_id = loan.id AND court.status IN ('APPROVED', 'FILED', 'JUDGMENT'))""",
    Unfit.LIMITATION: "clock.runs_out_on < %(on)s",
    Unfit.PLACED: """EXISTS (SELECT FROM collections_mgmt_placement AS there
        JOIN loans_loan AS own ON own.id = there.loan_id
        WHERE there.recalled_on IS NULL AND own.borrower_id = loan.borrower_id
          AND (own.id = loan.id OR there.agency_id IS DISTINCT FROM %(agency)s))""",
}


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """
    :param owed_minor: overdue, as the latest close found it. :param days: past due without pauses.
    :param reasons: why it may not go; empty for one that may.
    """

    loan_id: int
    borrower_id: int
    currency: str
    owed_minor: int
    days: int
    reasons: tuple[Unfit, ...]


@dataclass(frozen=True, slots=True)
class Scrub:
    """What was looked through. A loan with several reasons counts at each of them."""

    fit: Sequence[Scrubbed]
    unfit: Sequence[Scrubbed]
    by_reason: Counter[Unfit] = field(default_factory=Counter)

    @property
    def owed_minor(self) -> int:
        return sum(row.owed_minor for row in self.fit)


def scrub_loans(loan_ids: Collection[int], *, agency_id: int | None, on: date) -> Scrub:
    """
    Look through these loans for an agency.

    :param agency_id: None where any agency that has the borrower is one too many.
    :raises PolicyRuleMissing: there are no rules for agencies here, so nothing may go.
    """
    return _scrub("SELECT unnest(%(loans)s::bigint[]) AS loan_id", agency_id, on, loans=list(loan_ids))


def scrub_book(*, agency_id: int | None, from_days: int, to_days: int | None, least_minor: int, on: date) -> Scrub:
    """Look through all loans that are late for so many days, the largest amounts first."""
    wanted = """
        SELECT loan_id FROM collections_mgmt_overduestatus
        WHERE days_past_due > 0 AND effective_days_past_due >= %(from_days)s
          AND (%(to_days)s::int IS NULL OR effective_days_past_due <= %(to_days)s)
          AND principal_minor + interest_minor + fee_minor + penalty_minor >= %(wanted_minor)s
    """
    return _scrub(wanted, agency_id, on, from_days=from_days, to_days=to_days, wanted_minor=least_minor)


def reasons_to_end() -> str:
    """Return the reasons for which a running placement ends, an array of codes; it reads what `FROM_LOANS` joins."""
    return _reasons(ENDS)


def _reasons(codes: Collection[Unfit]) -> str:
    checks = ", ".join(f"CASE WHEN {_CHECKS[code]} THEN '{code.value}' END" for code in codes)
    return f"array_remove(ARRAY[{checks}]::varchar[], NULL)"


# Of the loans of a relation `asked (loan_id)`: everything that the checks look at.
FROM_LOANS = f"""
FROM asked
JOIN loans_loan AS loan ON loan.id = asked.loan_id
LEFT JOIN collections_mgmt_overduestatus AS status ON status.loan_id = loan.id
LEFT JOIN ({clock_sql()}) AS clock ON clock.loan_id = loan.id
CROSS JOIN LATERAL (
    SELECT coalesce(status.principal_minor + status.interest_minor + status.fee_minor + status.penalty_minor, 0)
               AS minor
) AS owed
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(hold.kind = 'DECEASED'), false) AS is_deceased,
           coalesce(bool_or(hold.kind <> 'DECEASED'), false) AS is_held
    FROM collections_mgmt_hold AS hold JOIN loans_loan AS own ON own.id = hold.loan_id
    WHERE own.borrower_id = loan.borrower_id AND hold.ended_on IS NULL AND hold.starts_on <= %(on)s
) AS held
"""  # noqa: S608 – its parts are written here


def parameters_of_checks(*, agency_id: int | None, on: date) -> dict[str, Any]:
    """:raises PolicyRuleMissing: there are no rules for agencies here."""
    terms = policy.agency_terms(on)
    return {
        **parameters(on=on),
        "agency": agency_id,
        "currency": terms.currency,
        "least_minor": terms.least_minor,
        "least_days": terms.least_days_past_due,
    }


def _scrub(wanted: str, agency_id: int | None, on: date, **more: Any) -> Scrub:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH asked AS MATERIALIZED ({wanted})
            SELECT loan.id, loan.borrower_id, loan.currency, owed.minor, coalesce(status.effective_days_past_due, 0),
                   {_reasons(list(_CHECKS))}
            {FROM_LOANS} ORDER BY owed.minor DESC, loan.id
            """,
            {**parameters_of_checks(agency_id=agency_id, on=on), **more},
        )
        rows = [
            Scrubbed(loan_id, borrower_id, currency, owed, days, tuple(Unfit(code) for code in reasons))
            for loan_id, borrower_id, currency, owed, days, reasons in cursor.fetchall()
        ]
    return Scrub(
        fit=[row for row in rows if not row.reasons],
        unfit=[row for row in rows if row.reasons],
        by_reason=Counter(reason for row in rows for reason in row.reasons),
    )
