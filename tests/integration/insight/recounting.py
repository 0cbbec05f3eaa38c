"""
SuperLender's book recounted from its published file with pandas alone: nothing of Dashu is asked.

What the file does not say is what the mapping says: the first installment, or half of an only one, is paid on the day
of the first repayment, the rest on the day the loan was closed; within a payment the oldest installment is filled
first, its interest before its principal. Amounts are whole minor units in int64.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

COUNTS = {"15": 1, "30": 1, "60": 2, "90": 3}
MOST = max(COUNTS.values())
EDGES = [0, 1, 31, 61, 91, 121, 151, 181]
BUCKETS = ["CURRENT", "M1", "M2", "M3", "M4", "M5", "M6", "M7"]
DAY = pd.Timedelta(days=1)
KEYS = ["bucket_before", "bucket"]


def read(path: Path) -> pd.DataFrame:
    """Return one row for each loan: amounts, days, and for each installment its parts and when it was paid in full."""
    raw = pd.read_csv(path, dtype=str)
    loans = pd.DataFrame({"loan": raw["systemloanid"], "count": raw["termdays"].map(COUNTS).astype("int64")})
    loans["original"] = _minor(raw["loanamount"])
    loans["interest"] = _minor(raw["totaldue"]) - loans["original"]
    for name, column in (("began", "approveddate"), ("first_due", "firstduedate"), ("closed", "closeddate")):
        loans[name] = pd.to_datetime(raw[column].str[:10])
    first_paid = pd.to_datetime(raw["firstrepaiddate"].str[:10])
    loans["first_paid"] = first_paid.where(first_paid < loans["closed"])  # empty: all is paid on the day it was closed
    for number in range(MOST):
        is_there = loans["count"] > number
        loans[f"due_{number}"] = (loans["first_due"] + number * 30 * DAY).where(is_there)
        for part, total in (("principal", "original"), ("interest", "interest")):
            share, rest = loans[total] // loans["count"], loans[total] % loans["count"]
            loans[f"{part}_{number}"] = (share + (rest > number)).where(is_there, 0).astype("int64")
        is_first = loans["first_paid"].notna() & (loans["count"] > 1) & (number == 0)
        loans[f"paid_{number}"] = loans["first_paid"].where(is_first, loans["closed"]).where(is_there)
    half = (loans["original"] + loans["interest"]) // 2
    loans["half"] = half.where(loans["first_paid"].notna() & (loans["count"] == 1), 0).astype("int64")
    return loans


def months(loans: pd.DataFrame, *, last: date) -> pd.DataFrame:
    """Return one row for each loan and each month in which it ran, up to the month that ends on `last`."""
    starts = pd.date_range(loans["began"].min().replace(day=1), pd.Timestamp(last), freq="MS")
    return pd.concat([_month(loans, start) for start in starts], ignore_index=True)


def _month(loans: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    end, before = start + pd.offsets.MonthEnd(0), start - DAY
    loans = loans[(loans["began"] <= end) & (loans["closed"] >= start)]
    is_new = loans["began"] >= start
    now, then = _standing(loans, end), _standing(loans, before)
    found = loans[["loan", "original", "began", "closed"]].copy()
    found["month"], found["vintage"] = start, loans["began"].dt.to_period("M").dt.to_timestamp()
    found["months_on_book"] = (start.year - loans["began"].dt.year) * 12 + start.month - loans["began"].dt.month
    found["bucket_before"] = np.where(is_new, "NEW", then["bucket"])
    found["bucket"] = np.where(loans["closed"] <= end, "SETTLED", now["bucket"])
    found["days"], found["worst"] = now["days"], _worst(loans, end)
    found["principal_before"] = then["principal"].where(~is_new, 0)
    found["principal"], found["overdue"] = now["principal"], now["overdue"]
    found["disbursed"] = loans["original"].where(is_new, 0)
    lent = found["principal_before"] + found["disbursed"]
    found["paid_principal"] = lent - found["principal"]
    found["paid_interest"] = (then["interest"].where(~is_new, loans["interest"]) - now["interest"]).astype("int64")
    found["expected"] = _to_be_paid(loans, start, end)
    found["prepaid"] = found["paid_principal"] - _paid_of_what_was_due(loans, start, end)
    final = loans[[f"due_{number}" for number in range(MOST)]].max(axis=1)
    found["is_prepaid"] = (loans["closed"] <= end) & (loans["closed"] < final)
    return found


def _standing(loans: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return what is open at the end of a day, and how long."""
    principal, interest, overdue = (pd.Series(0, index=loans.index, dtype="int64") for _each in range(3))
    oldest = pd.Series(pd.NaT, index=loans.index, dtype="datetime64[ns]")
    for number in reversed(range(MOST)):
        open_principal, open_interest = _open(loans, number, day)
        is_open = (open_principal + open_interest) > 0
        principal, interest = principal + open_principal, interest + open_interest
        is_late = is_open & (loans[f"due_{number}"] < day)
        overdue = overdue + (open_principal + open_interest).where(is_late, 0)
        oldest = loans[f"due_{number}"].where(is_late, oldest)
    days = (day - oldest).dt.days.fillna(0).astype("int64")
    bucket = pd.cut(days, [*EDGES, np.inf], right=False, labels=BUCKETS).astype(str)
    parts = {"principal": principal, "interest": interest, "overdue": overdue, "days": days, "bucket": bucket}
    return pd.DataFrame(parts)


def _open(loans: pd.DataFrame, number: int, day: pd.Timestamp) -> tuple[pd.Series, pd.Series]:
    """Return principal and interest of an installment that are open at the end of a day."""
    is_open = loans[f"paid_{number}"] > day  # an installment that is not there has no day
    half = loans["half"].where((loans["first_paid"] <= day) & (number == 0), 0)
    to_interest = np.minimum(half, loans[f"interest_{number}"])
    principal = (loans[f"principal_{number}"] - (half - to_interest)).where(is_open, 0)
    interest = (loans[f"interest_{number}"] - to_interest).where(is_open, 0)
    return principal.astype("int64"), interest.astype("int64")


def _worst(loans: pd.DataFrame, end: pd.Timestamp) -> pd.Series:
    """Return the most days behind at the end of any day: the one before an installment was paid, or the last."""
    worst = pd.Series(0, index=loans.index, dtype="int64")
    for number in range(MOST):
        until = (loans[f"paid_{number}"] - DAY).clip(upper=end)
        days = (until - loans[f"due_{number}"]).dt.days.fillna(0).clip(lower=0).astype("int64")
        worst = np.maximum(worst, days)
    return worst


def _to_be_paid(loans: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Return what falls due within a month and had not been paid before it."""
    total = pd.Series(0, index=loans.index, dtype="int64")
    for number in range(MOST):
        principal, interest = _open(loans, number, start - DAY)
        total = total + (principal + interest).where(loans[f"due_{number}"].between(start, end), 0)
    return total


def _paid_of_what_was_due(loans: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Return the principal paid within a month of installments that were due by its end."""
    total = pd.Series(0, index=loans.index, dtype="int64")
    for number in range(MOST):
        before, now = (_open(loans, number, day)[0] for day in (start - DAY, end))
        total = total + (before - now).where(loans[f"due_{number}"] <= end, 0)
    return total


def _minor(amounts: pd.Series) -> pd.Series:
    return (pd.to_numeric(amounts) * 100).round().astype("int64")


def at_risk(rows: pd.DataFrame, month: date, *, more_than: int) -> dict[str, int]:
    """Return loans and principal of those running at the end of a month, and of these who are further behind."""
    running = rows[(rows["month"] == pd.Timestamp(month)) & (rows["bucket"] != "SETTLED")]
    behind = running[running["days"] > more_than]
    return {
        "loans": len(running),
        "principal": int(running["principal"].sum()),
        "behind_loans": len(behind),
        "behind_principal": int(behind["principal"].sum()),
    }


def moves(rows: pd.DataFrame, month: date) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Return by (bucket before, bucket): loans, principal before and principal at the end."""
    grouped = rows[rows["month"] == pd.Timestamp(month)].groupby(KEYS)
    table = grouped.agg(loans=("loan", "size"), before=("principal_before", "sum"), now=("principal", "sum"))
    return {key: tuple(int(value) for value in row) for key, row in zip(table.index, table.to_numpy(), strict=True)}


def vintage(loans: pd.DataFrame, rows: pd.DataFrame, month: date, *, more_than: int) -> list[tuple[int, int, int, int]]:
    """
    Return the curve of the loans that began in a month: all of them, what was lent, and those ever further behind.

    A loan that has ended keeps the worst it came to.
    """
    cohort = loans[loans["began"].dt.to_period("M").dt.to_timestamp() == pd.Timestamp(month)]
    curve = []
    for start in sorted(rows.loc[rows["month"] >= pd.Timestamp(month), "month"].unique()):
        worst = _worst(cohort, start + pd.offsets.MonthEnd(0))
        late = cohort[worst > more_than]
        curve.append((len(cohort), int(cohort["original"].sum()), len(late), int(late["original"].sum())))
    return curve


def cash(rows: pd.DataFrame, month: date) -> dict[str, int]:
    chosen = rows[rows["month"] == pd.Timestamp(month)]
    names = ("expected", "paid_principal", "paid_interest", "prepaid", "disbursed")
    return {name: int(chosen[name].sum()) for name in names} | {"prepaid_loans": int(chosen["is_prepaid"].sum())}


def cured(rows: pd.DataFrame, month: date, *, within: int) -> tuple[int, int]:
    """
    Return of the loans that were first found behind at the end of a month how many there are, and how many stood
    without arrears, or were settled, at the end of one of the `within` months after it.
    """
    at = pd.Timestamp(month)
    entered = rows[(rows["month"] == at) & (rows["days"] > 0) & ~rows["bucket_before"].isin(BUCKETS[1:])]
    later = rows[(rows["month"] > at) & (rows["month"] <= at + pd.DateOffset(months=within))]
    back = later[later["bucket"].isin(["CURRENT", "SETTLED"])]
    return len(entered), int(entered["loan"].isin(back["loan"]).sum())
