"""
Ways out, found by trying them: what a way leads to is read after its acts were booked in a savepoint and taken back.

So the schedule that a borrower signs is the one that is booked, by construction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from dashu.finance.installments import Installment
from dashu.finance.relief import ReliefMethod
from loans.domain.cost_sheet import digest_of
from loans.services.offer_sheets import sheet_of_loan
from repayments.selectors.lives import KIND_OF
from repayments.services.acting import book_act
from repayments.services.booking import lock_loans
from repayments.services.consolidate_loans import Consolidation, consolidate_loans, foresee_consolidation
from repayments.services.previewing import Snapshot, preview, snapshot

Acts = Sequence[Mapping[str, Any]]
Row = list[Any]

METHOD = ReliefMethod.CONSOLIDATION.value
# The one act of a way that is no event of one loan: a new loan, and the end of those that it pays off.
CONSOLIDATES = "consolidate"


@dataclass(frozen=True, slots=True)
class Way:
    """One way that can be offered, as plain JSON; see `RestructuringOffer`."""

    loan_id: int
    method: str
    relief: Mapping[str, Any]
    acts: Acts
    figures: Mapping[str, Any]
    rows: Sequence[Row]
    is_recommended: bool = False
    reason: str = ""
    is_own: bool = field(default=False)

    def digest_on(self, quoted_on: date) -> str:
        """Return the digest of what is signed: terms, acts, figures and schedule of one day."""
        return digest_of(
            {
                "loan": self.loan_id,
                "method": self.method,
                "relief": dict(self.relief),
                "acts": [dict(act) for act in self.acts],
                "figures": dict(self.figures),
                "rows": [list(row) for row in self.rows],
                "quoted_on": quoted_on.isoformat(),
            }
        )


def book_acts(*, loan_id: int, acts: Acts, on: date, reference: str, actor: str) -> list[int]:
    """
    Book the acts of a way on a day, all or none, and return the ids of their events in order.

    :param reference: of the plan; whoever is told of it is told once, by the plan.
    :raises EventRefused: one of them does not fit the loan.
    """
    return [
        book_act(
            loan_id=loan_id,
            kind=KIND_OF[act["kind"]],
            effective_on=on,
            today=on,
            data={**act["data"], "reason": f"relief {reference}", "agreement": reference, "act": reference},
            amount_minor=act["amount"] or None,
            description=f"Relief {reference}",
            actor=actor,
        ).pk
        for act in acts
    ]


def tried(*, loan_id: int, method: str, relief: Mapping[str, Any], acts: Acts, on: date, actor: str) -> Way:
    """
    Return the way that these acts are on a day, with the figures that follow from the schedules before and after.

    :raises DomainError: an act does not fit the loan.
    """
    shown = preview(
        [loan_id],
        lambda: book_acts(loan_id=loan_id, acts=acts, on=on, reference="preview", actor=actor),
        today=on,
    )
    (change,) = shown.loans
    rows = open_rows(change.after.rows)
    return Way(loan_id, method, relief, acts, _figures(change.before, change.after), rows)


def is_consolidation(acts: Acts) -> bool:
    """Whether a way books a loan of its own, which the loans of its set end with."""
    return any(act["kind"] == CONSOLIDATES for act in acts)


def book_consolidation(*, acts: Acts, on: date, reference: str, actor: str) -> Consolidation:
    """
    Book the loan that several become.

    :raises DomainError: they do not become one any more, or for another amount.
    """
    (act,) = acts
    return consolidate_loans(
        loan_ids=act["data"]["loans"],
        count=act["data"]["count"],
        due_day=act["data"]["due_day"],
        annual_rate=Decimal(act["data"]["annual_rate"]),
        expected_principal=act["amount"],
        today=on,
        reason=f"relief {reference}",
        agreement=reference,
        actor=actor,
    )


def tried_consolidation(*, loan_id: int, relief: Mapping[str, Any], acts: Acts, on: date) -> Way:
    """
    Return the way that several loans become one on a day, found out by doing it; nothing of it stays.

    :param loan_id: the loan that it is written down with, one of them. :raises DomainError: see `book_consolidation`.
    """
    (act,) = acts
    before = [snapshot(loan, today=on) for loan in lock_loans(act["data"]["loans"]).values()]
    done = foresee_consolidation(
        loan_ids=act["data"]["loans"],
        count=act["data"]["count"],
        due_day=act["data"]["due_day"],
        annual_rate=Decimal(act["data"]["annual_rate"]),
        today=on,
    )
    now = sorted((row for each in before for row in open_rows(each.rows)), key=lambda row: (row[1], row[0]))
    rows = open_rows(done.rows)
    figures = _compared(
        now,
        rows,
        penalty_before=sum(each.figures["penalty_due"] for each in before),
        penalty_after=0,
        annual_rate=done.annual_rate,
    )
    ends = [
        {
            "loan": each.number,
            "minor": done.payoffs[each.loan_id].total,
            "annual_rate": f"{each.figures['annual_rate']:f}",
        }
        for each in before
    ]
    begins = {
        "ends": ends,
        "principal_minor": done.principal,
        "annual_rate_before": f"{done.annual_rate_before:f}",
        "cost_sheet": sheet_of_loan(done.loan, on=on).document,
    }
    return Way(loan_id, METHOD, relief, acts, {**figures, "consolidation": begins}, rows)


def open_rows(installments: Sequence[Installment]) -> list[Row]:
    """Return what is still demanded, as an offer keeps it: number, due day, principal, interest and fee unpaid."""
    return [
        [row.number, row.due_on.isoformat(), row.unpaid_principal, row.unpaid_interest, row.unpaid_fee]
        for row in sorted(installments, key=lambda row: (row.due_on, row.number))
        if row.unpaid
    ]


def _figures(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    return _compared(
        open_rows(before.rows),
        open_rows(after.rows),
        penalty_before=before.figures["penalty_due"],
        penalty_after=after.figures["penalty_due"],
        annual_rate=after.figures["annual_rate"],
    )


def _compared(
    now: Sequence[Row], then: Sequence[Row], *, penalty_before: int, penalty_after: int, annual_rate: Decimal
) -> dict[str, Any]:
    """
    Return what a borrower compares, in minor units.

    `extra_minor` is what is paid more in all than by the present schedule; less than 0 where it is less.
    """
    by_day: dict[str, int] = {}
    for _number, day, *parts in then:
        by_day[day] = by_day.get(day, 0) + sum(parts)
    days = list(by_day)
    total_before, total_after = _total(now) + penalty_before, _total(then) + penalty_after
    return {
        "first_due_on": days[0] if days else None,
        "first_minor": by_day[days[0]] if days else 0,
        "highest_minor": max(by_day.values(), default=0),
        "ends_on": days[-1] if days else None,
        "payments": len(days),
        "ends_on_before": now[-1][1] if now else None,
        "penalty_minor": penalty_after,
        "total_minor": total_after,
        "total_before_minor": total_before,
        "extra_minor": total_after - total_before,
        "extra_interest_minor": sum(row[3] for row in then) - sum(row[3] for row in now),
        "annual_rate": str(annual_rate),
    }


def _total(rows: Sequence[Row]) -> int:
    return sum(sum(parts) for _number, _day, *parts in rows)
