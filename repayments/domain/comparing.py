"""What a loan asks of its borrower, as plain values that are kept: one before and one after a correction."""

from datetime import date

from dashu.finance.loan import Contract, Position
from repayments.domain.standing import standing_of


def summary_of(position: Position, contract: Contract, today: date) -> dict[str, int | str | None]:
    """Return what a borrower compares: amounts in minor units, days, and the next due date as ISO text."""
    standing = standing_of(position, contract, today)
    return {
        "as_of": today.isoformat(),
        "status": standing.status.value,
        "principal_minor": standing.principal,
        "overdue_minor": standing.overdue,
        "penalty_minor": standing.penalty,
        "days_past_due": standing.days_past_due,
        "credit_minor": position.unapplied,
        "left_to_pay_minor": standing.left_to_pay,
        "next_due_on": standing.next_due_on.isoformat() if standing.next_due_on else None,
        "next_due_minor": standing.next_due,
    }
