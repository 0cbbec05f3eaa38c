"""
The figures of a reader's own loans and month, as lessons and calculators name them: their own only, and kept nowhere.

Of several loans it is the one that asks first: the longest overdue, else the one due next. The month is what the
reader stated when they last applied; what they stated long ago is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashu.finance.annual_rates import all_in_rates
from dashu.finance.installments import Installment
from dashu.finance.loan import Contract, Position
from dashu.finance.penalty import penalty_parts
from dashu.kernel.dates import midnight
from dashu.kernel.errors import DomainError
from dashu.users.models import Viewer
from education.domain.own import OwnFigures
from loans.domain.application_facts import debt_payments_of, essentials_of, income_of
from loans.domain.fees import demanded_rows
from loans.models import Application, Loan
from repayments.domain.late_cost import cost_if_missed
from repayments.domain.standing import Standing, standing_of
from repayments.selectors.positions import stored_positions

STATED_FOR_DAYS = 366
LATE_DAYS = 30


@dataclass(frozen=True, slots=True)
class OwnLoan:
    """A loan of the reader that something is left to pay of, with what lessons say of it."""

    loan: Loan
    standing: Standing
    position: Position
    contract: Contract

    @property
    def number(self) -> str:
        return self.loan.number

    @property
    def product(self) -> str:
        return self.loan.product_terms.product.label

    @property
    def currency(self) -> str:
        return self.loan.currency

    @property
    def asks_on(self) -> date:
        return self.standing.oldest_due_on or self.standing.next_due_on or date.max

    def coming(self, today: date) -> Installment | None:
        """Return the installment that is due next, or the oldest unpaid one where none is to come."""
        unpaid = [row for row in self.position.installments if row.unpaid > 0]
        return next((row for row in unpaid if row.due_on >= today), unpaid[0] if unpaid else None)


@dataclass(frozen=True, slots=True)
class Own:
    """
    :param loans: all that something is left to pay of, the one that asks first at the front.
    :param chosen: the one that the figures are of; None without loans.
    :param figures: None where nothing is known of the reader.
    :param card_minor: what a card asked for that they want to pay off; None where they named none.
    """

    loans: tuple[OwnLoan, ...] = ()
    chosen: OwnLoan | None = None
    figures: OwnFigures | None = None
    card_minor: int | None = None


def own(user: Viewer, *, today: date, number: str = "") -> Own:
    """
    Return what is known of a reader, in at most four statements; nothing of a visitor or of who lends and works here.

    :param number: of the loan that the reader chose; one that is not theirs chooses none.
    """
    if not user.is_authenticated:
        return Own()
    loans = _own_loans(user, today)
    chosen = next((each for each in loans if each.number == number), loans[0] if loans else None)
    month = _month(user, today)
    if not chosen and not month:
        return Own()
    figures = OwnFigures(
        **(_of_loan(chosen, today) if chosen else {}),
        **_of_month(month),
        monthly_debts=_monthly_debts(loans, month, today),
    )
    return Own(tuple(loans), chosen, figures, month.get("card", {}).get("statement_minor"))


def _own_loans(user: Viewer, today: date) -> list[OwnLoan]:
    mine = Loan.objects.visible_to(user).filter(borrower__user=user.pk, status=Loan.Status.ACTIVE)
    loans = {loan.pk: loan for loan in mine.select_related("product_terms__product")}
    if not loans:
        return []
    found = [
        OwnLoan(loans[pk], standing_of(position, contract, today), position, contract)
        for pk, (position, contract) in stored_positions(loans.values()).items()
    ]
    return sorted((each for each in found if each.standing.left_to_pay), key=lambda each: (each.asks_on, each.number))


def _month(user: Viewer, today: date) -> Mapping[str, Any]:
    """Return what the reader stated of their month when they last applied, by step; empty where they did not."""
    since = midnight(today - timedelta(days=STATED_FOR_DAYS))
    stated = Application.objects.visible_to(user).filter(
        borrower__user=user.pk, created_at__gte=since, facts__has_key="month"
    )
    return stated.order_by("-pk").values_list("facts", flat=True).first() or {}


def _of_loan(chosen: OwnLoan, today: date) -> dict[str, Any]:
    coming = chosen.coming(today)
    figures: dict[str, Any] = {
        "outstanding": chosen.standing.principal,
        "installments_left": sum(row.unpaid > 0 for row in chosen.position.installments),
        "all_in_rate": _all_in_rate(chosen.loan),
    }
    if coming:
        figures |= {
            "next_installment": coming.unpaid,
            "next_due_on": coming.due_on,
            "late_cost_per_day": cost_if_missed(coming, chosen.contract),
            "late_cost_30_days": _cost_of_being_late(coming, chosen.contract, LATE_DAYS),
        }
    return figures


def _cost_of_being_late(row: Installment, contract: Contract, days: int) -> int:
    rule = contract.penalty
    return rule.whole_minor(penalty_parts([row], row.due_on, row.due_on + timedelta(days=days), rule))


def _all_in_rate(loan: Loan) -> Any:
    try:
        terms = loan.schedule_terms
        return all_in_rates(terms, demanded_rows(terms)).irr_effective
    except DomainError:
        return None  # taken over, with terms that no schedule of ours explains


def _of_month(month: Mapping[str, Any]) -> dict[str, Any]:
    return {"income": income_of(month), "essentials": essentials_of(month)} if month else {}


def _monthly_debts(loans: Sequence[OwnLoan], month: Mapping[str, Any], today: date) -> int | None:
    """Return what the loans here ask for next, and what was stated of other lenders; None where neither is known."""
    here = [coming.unpaid for each in loans if (coming := each.coming(today))]
    elsewhere = debt_payments_of(month) if "debts" in month else 0
    return sum(here) + elsewhere if here or "debts" in month else None
