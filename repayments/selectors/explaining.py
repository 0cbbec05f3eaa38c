"""Why each amount on a loan's page is what it is, from the loan's own events and terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashu.finance.explanation import Working, explain
from dashu.finance.replay import History
from dashu.finance.schedule import detailed_schedule
from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.domain.explaining import (
    Explanation,
    Happened,
    explain_due,
    explain_penalty,
    explain_principal,
    explain_row,
)
from repayments.domain.standing import Standing
from repayments.selectors.lives import events_of, life_of


@dataclass(frozen=True, slots=True)
class LoanExplained:
    """:param rows: of the installments in force, by number. None: there is nothing to explain."""

    due: Explanation | None
    penalty: Explanation | None
    principal: Explanation | None
    rows: dict[int, Explanation]


def explained(loan: Loan, standing: Standing, *, today: date) -> LoanExplained:
    """
    Return the summands of what a loan asks for, of its penalty, its principal and each installment.

    :param standing: of the loan on `today`, what the page shows.
    """
    events = events_of(loan)
    history = life_of(loan, events, with_terms=True)
    life = [Happened(events[step.index].kind, step.on, step.position, step.contract) for step in history.steps]
    workings = _workings(history)
    return LoanExplained(
        due=explain_due(standing, today),
        penalty=explain_penalty(life, standing.penalty, today),
        principal=explain_principal(life, standing.principal),
        rows={row.number: explain_row(row, workings.get(row.number, ())) for row in history.position.installments},
    )


def _workings(history: History) -> dict[int, Sequence[Working]]:
    """Return how the terms in force computed each installment; none where they do not make a schedule by themselves."""
    if history.terms is None:
        return {}
    try:
        schedule = detailed_schedule(history.terms)
    except DomainError:  # terms that came with a takeover
        return {}
    return dict(enumerate(explain(schedule), start=history.first_number))
