"""What a loan owes, as values for screens and other services. Amounts in minor units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Sum

from loans.models import Loan
from repayments.models import Installment, LoanBalance


@dataclass(frozen=True, slots=True)
class Due:
    """One date on which something is to be paid."""

    due_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Owed:
    """
    :param overdue_minor: unpaid and due before the day, without penalty.
    :param due_today_minor: unpaid and due on the day itself.
    :param penalty_minor: penalty charged and unpaid.
    :param following: the next unpaid installment after the day, None when there is none.
    :param days_late: days since the oldest unpaid due date, by the loan's own tolerance.
    """

    loan_id: int
    principal_minor: int
    overdue_minor: int
    due_today_minor: int
    penalty_minor: int
    following: Due | None
    days_late: int

    @property
    def now_minor(self) -> int:
        """What is to be paid today: overdue, due today and penalty."""
        return self.overdue_minor + self.due_today_minor + self.penalty_minor


def owed_by(loans: Sequence[Loan], *, on: date) -> dict[int, Owed]:
    """Return what each of these loans owes on a day, in two queries whatever their number."""
    ids = [loan.pk for loan in loans]
    balances = LoanBalance.objects.in_bulk(ids)
    open_rows: dict[int, list[Installment]] = {loan_id: [] for loan_id in ids}
    for row in Installment.objects.filter(loan_id__in=ids, unpaid_minor__gt=0).order_by("loan_id", "number"):
        open_rows[row.loan_id].append(row)
    return {loan.pk: _owed(loan, balances.get(loan.pk), open_rows[loan.pk], on) for loan in loans}


def owed_in_all(loan_id: int) -> int:
    """Return everything that the loan still demands: all unpaid installments and the penalty."""
    unpaid = Installment.objects.filter(loan_id=loan_id, unpaid_minor__gt=0).aggregate(total=Sum("unpaid_minor"))
    penalty = LoanBalance.objects.filter(pk=loan_id).values_list(
        F("penalty_charged_minor") - F("penalty_paid_minor") - F("penalty_waived_minor"), flat=True
    )
    return int(unpaid["total"] or 0) + int(penalty.first() or 0)


def _owed(loan: Loan, balance: LoanBalance | None, rows: Iterable[Installment], on: date) -> Owed:
    rows = list(rows)
    late = [row for row in rows if row.due_on < on]
    short = [row.due_on for row in late if row.unpaid_minor * 10_000 > _total(row) * loan.tolerance_bps]
    after = next((row for row in rows if row.due_on > on), None)
    return Owed(
        loan_id=loan.pk,
        principal_minor=balance.principal_minor if balance else 0,
        overdue_minor=sum(row.unpaid_minor for row in late),
        due_today_minor=sum(row.unpaid_minor for row in rows if row.due_on == on),
        penalty_minor=balance.penalty_due_minor if balance else 0,
        following=Due(after.due_on, after.unpaid_minor) if after else None,
        days_late=(on - min(short)).days if short else 0,
    )


def _total(row: Installment) -> int:
    return row.principal_minor + row.interest_minor + row.fee_minor
