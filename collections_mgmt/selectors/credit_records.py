"""What the credit records of loans say, in a number of queries that does not grow with the loans."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from collections_mgmt.domain.credit_events import gone_months
from collections_mgmt.domain.credit_grid import Cell, Reading, Year, grid_of
from collections_mgmt.models import CreditRecordMonth, Dispute, OverdueChange, OverdueStatus
from dashu.kernel.dates import add_months
from dashu.policy import rules as policy
from loans.models import Loan


@dataclass(frozen=True, slots=True)
class CreditRecord:
    """
    :param latest: the month that was noted last; None while none is.
    :param adverse: the months that speak against the borrower, the oldest first.
    :param is_late: arrears go on, so nothing has begun to lapse.
    :param gone_on: when the last of `adverse` is taken off; None where nothing is, or `is_late`.
    :param disputes: the newest first.
    """

    years: tuple[Year, ...]
    latest: Cell | None
    adverse: tuple[Cell, ...]
    is_late: bool
    gone_on: date | None
    disputes: tuple[Dispute, ...]

    @property
    def noted(self) -> list[Cell]:
        """The months that something is noted for, the newest first."""
        return [cell for year in self.years for cell in reversed(year.cells) if cell.code]


def reading_of(today: date) -> Reading:
    codes = policy.credit_codes(today)
    return Reading(codes.by_days, codes.marks, policy.adverse_record(today).marks)


def credit_records(loans: Collection[Loan], *, today: date) -> dict[int, CreditRecord]:
    """Return the record of each loan by its id, without what has lapsed; in four queries."""
    ids = [loan.pk for loan in loans]
    reading, kept_years = reading_of(today), policy.adverse_record(today).kept_years
    noted: dict[int, dict[date, str]] = defaultdict(dict)
    for loan_id, month, code in CreditRecordMonth.objects.filter(loan__in=ids).values_list("loan_id", "month", "code"):
        noted[loan_id][month] = code
    disputes: dict[int, list[Dispute]] = defaultdict(list)
    for dispute in Dispute.objects.filter(loan__in=ids).order_by("-pk"):
        disputes[dispute.loan_id].append(dispute)
    late = set(OverdueStatus.objects.overdue().filter(loan__in=ids).values_list("loan_id", flat=True))
    caught_up: dict[int, list[date]] = defaultdict(list)
    changes = OverdueChange.objects.filter(loan__in=ids, days_past_due=0).order_by("changed_on")
    for loan_id, day in changes.values_list("loan_id", "changed_on"):
        caught_up[loan_id].append(day)
    records = {}
    for loan in loans:
        gone = gone_months(
            noted[loan.pk],
            lambda code: reading.is_adverse(reading.kind_of(code)),
            caught_up=caught_up[loan.pk],
            kept_years=kept_years,
            today=today,
        )
        years = grid_of(
            {month: code for month, code in noted[loan.pk].items() if month not in gone},
            reading,
            begins_on=loan.starts_on,
            today=today,
            disputed=[dispute.month for dispute in disputes[loan.pk] if dispute.is_open],
        )
        cells = [cell for year in reversed(years) for cell in year.cells if cell.code]
        adverse = tuple(cell for cell in cells if cell.is_adverse)
        ended_on = _ended_on(adverse, caught_up[loan.pk][-1] if caught_up[loan.pk] else None)
        is_late = loan.pk in late and loan.status == Loan.Status.ACTIVE
        records[loan.pk] = CreditRecord(
            years=years,
            latest=cells[-1] if cells else None,
            adverse=adverse,
            is_late=is_late,
            gone_on=add_months(ended_on, 12 * kept_years) if ended_on and not is_late else None,
            disputes=tuple(disputes[loan.pk]),
        )
    return records


def _ended_on(adverse: Collection[Cell], caught_up: date | None) -> date | None:
    """Return the day on which the arrears of the last adverse month ended; where it is not known, a day not before."""
    if not adverse:
        return None
    last = max(cell.month for cell in adverse)
    if caught_up is not None and caught_up >= last:
        return caught_up
    return add_months(last, 2) - timedelta(days=1)
