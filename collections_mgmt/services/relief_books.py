"""A published book as loans whose months are known, so that policies of relief can be played on it."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from collections_mgmt.domain.relief_policies import BookLoan, Ending, Month, Policy
from collections_mgmt.domain.warning_evidence import By, warned_on
from collections_mgmt.domain.warning_evidence import Past as Warned
from collections_mgmt.services.warning_books import paid_on, rows_by, vehicles
from dashu.finance.periods import DueRule, Period
from dashu.finance.terms import MOST_INSTALLMENTS, Method, ScheduleTerms
from dashu.kernel.dates import add_months
from dashu.kernel.shares import Share
from dashu.policy.early_warning import EarlyWarning

_ENDINGS = {"1": Ending.PAID_OFF, "4": Ending.CHARGED_OFF}
_ENOUGH = Decimal("0.95")  # of an installment
_BESIDE = 3  # months before and after an extension


@dataclass(frozen=True, slots=True)
class ReliefBook:
    """:param seen: what the book itself shows beside, as shares of something. :param assumptions: whole sentences."""

    loans: tuple[BookLoan, ...]
    currency: str
    seen: Mapping[str, Share]
    assumptions: tuple[str, ...]


def vehicle_loans(folder: Path, rules: EarlyWarning, card: str) -> ReliefBook:
    """Read the monthly vehicle loans of AmeriCredit, with the leads that early warning would have opened."""
    by_loan = [
        sorted(rows, key=lambda row: row["period_end"])
        for rows in rows_by(folder / "absee_amcar_months.csv", "loan_id")
    ]
    with (folder / "absee_amcar_loans.csv").open(encoding="utf-8-sig", newline="") as file:
        about = {row["loan_id"]: row for row in csv.DictReader(file)}
    pasts = vehicles(folder, rules, card).pasts
    return ReliefBook(
        loans=tuple(
            _vehicle(about[rows[0]["loan_id"]], rows, past, rules) for rows, past in zip(by_loan, pasts, strict=True)
        ),
        currency="USD",
        seen=_extensions(by_loan),
        assumptions=(
            "All 24 loans of the extract, which was chosen to hold troubled loans: shares of it say nothing of a book.",
            "Each loan begins with its first month in the file, as the level loan by months of 30 days that has the "
            "published rate and installment and the principal nearest to the published balance; what was overdue then "
            "is overdue here.",
            "It falls due on the published due day, or where none is published on the middle day of its first three "
            "payments. One payment a month, on the day through which interest is paid, else on the last day.",
            "The servicer's own extensions are replayed under every policy: none is what was done then, not nothing.",
            "A loan that was paid off early is paid off on the same day under every policy. One that was charged off is"
            " lost on that day, and brings what it brought, unless there is a plan that is paid as agreed by then.",
        ),
    )


def _vehicle(
    about: Mapping[str, str], rows: Sequence[Mapping[str, str]], past: Warned, rules: EarlyWarning
) -> BookLoan:
    first, ends = rows[0], [date.fromisoformat(row["period_end"]) for row in rows]
    installment = next(_minor(row["reportingPeriodScheduledPaymentAmount"]) for row in rows if _asked(row))
    behind = _behind_at_first(first, installment)
    balance = _minor(first["reportingPeriodBeginningLoanBalanceAmount"] or about["originalLoanAmount"])
    annual_rate = Decimal(about["originalInterestRatePercentage"])
    principal, count = _level(balance, annual_rate, installment)
    due_on = _due_on(about, rows, ends)
    return BookLoan(
        number=first["loan_id"],
        terms=ScheduleTerms(
            principal=principal,
            annual_rate=annual_rate,
            method=Method.EQUAL_INSTALLMENT,
            count=count,
            disbursed_on=add_months(due_on, -1 - behind),
            due_rule=DueRule(Period.MONTH, first_due_on=add_months(due_on, -behind), due_day=due_on.day),
        ),
        income=_income(installment, about),
        months=_months(rows, ends),
        warned_on={
            Policy.PROACTIVE: warned_on(past, rules, By.BOTH),
            Policy.PROACTIVE_ANY: warned_on(past, rules, By.ANY),
        },
        reported=tuple(int(float(row["currentDelinquencyStatus"] or 0)) for row in rows),
    )


def _level(balance: int, annual_rate: Decimal, installment: int) -> tuple[int, int]:
    """
    Return principal and count of the level loan whose installment is the published one and whose principal is nearest.

    The servicer counts interest by days and has moved installments, so its balance is never quite that of a level loan.
    """
    factor, discount, found = Decimal(0), Decimal(1), []
    for count in range(1, MOST_INSTALLMENTS + 1):
        discount /= 1 + annual_rate / 12
        factor += discount
        found.append((abs(int(installment * factor) - balance), int(installment * factor), count))
    _difference, principal, count = min(found)
    return principal, count


def _months(rows: Sequence[Mapping[str, str]], ends: Sequence[date]) -> tuple[Month, ...]:
    """A loan ends once; what is recovered after a charge-off stands in rows with the same code."""
    months: list[Month] = []
    for row, end in zip(rows, ends, strict=True):
        ending = _ENDINGS.get(row["zeroBalanceCode"], Ending.NONE)
        if any(month.ending for month in months):
            ending = Ending.NONE
        back = _minor(row["recoveredAmount"]) + _minor(row["repossessedProceedsAmount"])
        extended = max(0, int(float(row["paymentExtendedNumber"] or 0)))
        months.append(Month(end, _minor(row[_PAID]), paid_on(row, end), max(0, back), extended, ending))
    return tuple(months)


def _behind_at_first(row: Mapping[str, str], installment: int) -> int:
    """
    Return how many installments were overdue before the first month, from what was overdue after it.

    -1 where none was asked for in that month, or it was paid ahead: the first one falls due in the month after.
    """
    if not _asked(row):
        return -1
    after = _minor(row["nextReportingPeriodPaymentAmountDue"]) - installment
    before = after + _minor(row[_PAID]) - _minor(row[_ASKED])
    return max(-1, int((Decimal(before) / installment).to_integral_value(ROUND_HALF_UP)))


def _due_on(about: Mapping[str, str], rows: Sequence[Mapping[str, str]], ends: Sequence[date]) -> date:
    """Return the due date in the first month; a day that it does not have is its last."""
    day = int(float(about["due_day_derived"] or 0))
    if not day:
        paid = [paid_on(row, end).day for row, end in zip(rows, ends, strict=True) if _minor(row[_PAID])][:3]
        day = sorted(paid)[len(paid) // 2]
    return ends[0].replace(day=min(day, ends[0].day))


def _income(installment: int, about: Mapping[str, str]) -> int:
    """Return what the household has a month: of it the published part goes into the installment."""
    return int((installment / Decimal(about["paymentToIncomePercentage"])).to_integral_value(ROUND_HALF_UP))


def _extensions(by_loan: Sequence[Sequence[Mapping[str, str]]]) -> Mapping[str, Share]:
    """Return in how many months around the servicer's own extensions an installment came; no cause, as it was."""
    before: list[bool] = []
    after: list[bool] = []
    for rows in by_loan:
        came = [_minor(row[_PAID]) >= _minor(row[_ASKED]) * _ENOUGH for row in rows]
        for place, row in enumerate(rows):
            if float(row["paymentExtendedNumber"] or 0) > 0:
                before += came[max(0, place - _BESIDE) : place]
                after += came[place + 1 : place + 1 + _BESIDE]
    return {
        "paid an installment, three months before an extension": Share(sum(before), len(before)),
        "paid an installment, three months after an extension": Share(sum(after), len(after)),
    }


_ASKED, _PAID = "reportingPeriodScheduledPaymentAmount", "totalActualAmountPaid"


def _asked(row: Mapping[str, str]) -> bool:
    return bool(row[_ASKED]) and _minor(row[_ASKED]) > 0


def _minor(text: str) -> int:
    return int((Decimal(text or 0) * 100).to_integral_value(ROUND_HALF_UP))


BOOKS: Mapping[str, Callable[[Path, EarlyWarning, str], ReliefBook]] = {"absee_amcar": vehicle_loans}
