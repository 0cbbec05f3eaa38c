"""Each report against the same figure worked out from the loans one by one with pandas, on a book made by dice."""

import random
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest

from collections_mgmt.models import LoanMonth
from dashu.insight.report import Report
from dashu.insight.reports import (
    arrears_trend,
    cash,
    cure,
    forecast,
    portfolio_at_risk,
    prepayment,
    roll_rates,
    vintages,
    yields,
)
from dashu.insight.scope import Scope
from dashu.kernel.dates import add_months
from tests.integration.insight.kept import DAYS, GONE, keep, loan_month, month

pytestmark = pytest.mark.django_db

FIRST, LAST = month("2025-07"), month("2026-04")
MONTHS = [add_months(FIRST, number) for number in range(10)]
ORDER = list(DAYS)
WHOLE = Scope(FIRST, LAST, "CNY")


def dice_book() -> list[LoanMonth]:
    """Eighty loans that go their way month by month: behind, back, settled, charged off, some of them back again."""
    dice = random.Random(12)
    rows = []
    for loan_id in range(1, 81):
        vintage = dice.choice(MONTHS[:7])
        fixed = {
            "vintage": f"{vintage:%Y-%m}",
            "region": dice.choice(["110000", "440000", ""]),
            "product": dice.choice(["consumer", "sme"]),
            "all_in_rate": dice.choice([None, Decimal("0.12"), Decimal("0.21"), Decimal("0.24"), Decimal("0.25")]),
        }
        lent = principal = dice.randrange(10_000, 900_000)
        bucket, worst = "CURRENT", 0
        for on in (each for each in MONTHS if each >= vintage):
            before, before_principal = ("NEW", 0) if on == vintage else (bucket, principal)
            if before in GONE:
                if dice.random() < 0.9:
                    continue
                bucket, principal = "M1", lent // 2
                before_principal = 0
            elif on > vintage:
                bucket = _moved(dice, bucket)
            paid = 0 if bucket == "CHARGED_OFF" else min(principal, dice.randrange(0, lent // 5))
            if bucket == "SETTLED":
                paid = principal
            prepaid = paid // 3 if bucket in ("CURRENT", "SETTLED") else 0
            principal -= paid
            if bucket == "CHARGED_OFF":
                principal = 0
            worst = max(worst, DAYS.get(bucket, 0))
            rows.append(
                loan_month(
                    *(loan_id, f"{on:%Y-%m}", before, bucket),
                    **fixed,
                    original_minor=lent,
                    principal_before_minor=before_principal,
                    principal_minor=principal,
                    overdue_minor=principal // 7 if DAYS.get(bucket) else 0,
                    worst_days_past_due=worst,
                    expected_minor=lent // 6,
                    paid_principal_minor=paid,
                    paid_interest_minor=paid // 9,
                    paid_fee_minor=paid // 50,
                    paid_penalty_minor=paid // 90,
                    prepaid_minor=prepaid,
                    recovered_minor=7 if before in GONE else 0,
                    is_prepaid=bucket == "SETTLED",
                )
            )
    return rows


def _moved(dice: random.Random, bucket: str) -> str:
    """Where a running loan is a month later."""
    place, luck = ORDER.index(bucket), dice.random()
    if luck < 0.04:
        return "SETTLED"
    if place == len(ORDER) - 1:
        return "CHARGED_OFF" if luck < 0.5 else bucket
    if luck < 0.35:
        return ORDER[place + 1]
    return "CURRENT" if luck < 0.6 else bucket


@pytest.fixture
def book(rules) -> pd.DataFrame:
    """The rows of the loans as a frame; what the reports read are their sums."""
    keep(dice_book())
    fields = [field.attname for field in LoanMonth._meta.fields if field.attname != "pk"]
    frame = pd.DataFrame.from_records(list(LoanMonth.objects.values(*fields)))
    frame["runs"] = ~frame["bucket"].isin(GONE)
    return frame


def table(report: Report, scope: Scope, code: str) -> pd.DataFrame:
    figures = next(each for each in report.read(scope) if each.code == code)
    return pd.DataFrame([list(row) for row in figures.rows], columns=[column.code for column in figures.columns])


def four(part: int, whole: int) -> Decimal | None:
    return (Decimal(int(part)) / Decimal(int(whole))).quantize(Decimal("0.0001"), ROUND_HALF_UP) if whole else None


@pytest.mark.parametrize("dimension", ["", "region"])
def test_portfolio_at_risk(book, dimension):
    scope = Scope(FIRST, LAST, "CNY", dimension=dimension, value="110000" if dimension else None)
    loans = book[book.runs & ((book.region == "110000") | (not dimension))]

    told = table(portfolio_at_risk.REPORT, scope, "by-month").set_index("month")

    for on, of_month in loans.groupby("month"):
        for days, name in ((0, "par1"), (30, "par30"), (60, "par60"), (90, "par90")):
            late = of_month[of_month.days_past_due > days]
            row = told.loc[on]
            assert (row[f"{name}_loans"], row[f"{name}_principal"]) == (len(late), late.principal_minor.sum())
            assert row[f"{name}_share"] == four(late.principal_minor.sum(), of_month.principal_minor.sum())


def test_buckets(book):
    told = table(arrears_trend.REPORT, WHOLE, "buckets").set_index(["month", "bucket"])

    expected = book[book.runs].groupby(["month", "bucket"])[["principal_minor", "overdue_minor"]].sum()
    for key, sums in expected.iterrows():
        assert (told.loc[key].principal, told.loc[key].overdue) == (sums.principal_minor, sums.overdue_minor)
    assert told.loans.sum() == book.runs.sum()


def test_arrears_by_region_add_up(book):
    told = table(arrears_trend.REPORT, Scope(FIRST, LAST, "CNY", dimension="region"), "values").set_index("value")

    last = book[book.runs & (book.month == LAST)].groupby("region")
    assert told.overdue.to_dict() == last.overdue_minor.sum().to_dict()
    assert told.behind.to_dict() == last.days_past_due.apply(lambda days: int((days > 0).sum())).to_dict()


def test_vintages(book):
    """A loan counts from the first month on in which it was seen that far behind, whatever became of it."""
    told = table(vintages.REPORT, WHOLE, "points").set_index(["vintage", "age"])
    loans = book.groupby("loan_id").agg(vintage=("vintage", "first"), lent=("original_minor", "first"))

    for days in (30, 60, 90):
        loans["since"] = book[book.worst_days_past_due > days].groupby("loan_id").month.min()
        for (vintage, age), row in told.iterrows():
            of_vintage = loans[loans.vintage == vintage]
            late = of_vintage[of_vintage.since.notna() & (of_vintage.since <= add_months(vintage, age))]
            assert (row[f"ever_{days}"], row[f"ever_{days}_lent"]) == (len(late), late.lent.sum()), (vintage, age, days)
            assert (row.loans, row.lent) == (len(of_vintage), of_vintage.lent.sum())
    assert (book.bucket_before.isin(GONE) & book.runs).any(), "the dice brought no loan back"


@pytest.mark.parametrize("averaged", ["1", "6"])
def test_roll_rates(book, averaged):
    scope = Scope(FIRST, LAST, "CNY", options={"averaged": averaged})
    taken = book[(book.month > add_months(LAST, -int(averaged))) & (book.month <= LAST)]

    by_loans = table(roll_rates.REPORT, scope, "by-loans").set_index("before")
    by_balance = table(roll_rates.REPORT, scope, "by-balance").set_index("before")

    counts = pd.crosstab(taken.bucket_before, taken.bucket)
    ends = taken.pivot_table(index="bucket_before", columns="bucket", values="principal_minor", aggfunc="sum")
    begins = taken.groupby("bucket_before").principal_before_minor.sum()
    for before in by_loans.index:
        whole = counts.loc[before].sum()
        assert by_loans.loc[before].began == whole
        for after in counts.columns:
            assert by_loans.loc[before][f"to_{after.lower()}"] == four(counts.loc[before, after], whole)
    for before in by_balance.index:
        for after in counts.columns:
            end = ends.loc[before, after]
            assert by_balance.loc[before][f"to_{after.lower()}"] == four(0 if pd.isna(end) else end, begins[before])


def test_forecast(book):
    """The chain multiplied out with numpy, whose floats are enough: an amount may be off by a fen."""
    scope = Scope(FIRST, LAST, "CNY", options={"averaged": "6"})
    taken = book[book.month > add_months(LAST, -6)]
    ends = taken.pivot_table(index="bucket_before", columns="bucket", values="principal_minor", aggfunc="sum")
    begins = taken.groupby("bucket_before").principal_before_minor.sum()
    matrix = ends.reindex(index=ORDER, columns=ORDER).fillna(0).to_numpy() / begins.reindex(ORDER).to_numpy()[:, None]
    matrix = np.where(np.isnan(matrix), np.eye(len(ORDER)), matrix)  # where nobody began, what comes stays
    arrive = taken[taken.bucket_before.isin(["NEW", *GONE]) & taken.runs].groupby("bucket").principal_minor.sum()
    state = book[(book.month == LAST) & book.runs].groupby("bucket").principal_minor.sum().reindex(ORDER).fillna(0)

    told = table(forecast.REPORT, scope, "balance")

    state = state.to_numpy(dtype=float)
    for step in range(7):
        line = told.iloc[step]
        assert [line[code.lower()] for code in ORDER] == pytest.approx(list(state), abs=1)
        state = state @ matrix + arrive.reindex(ORDER).fillna(0).to_numpy(dtype=float) / 6


def test_back_test_holds_forecasts_against_what_came(book):
    tried = table(forecast.REPORT, Scope(FIRST, LAST, "CNY", options={"averaged": "3"}), "tried")
    worth = table(forecast.REPORT, Scope(FIRST, LAST, "CNY", options={"averaged": "3"}), "worth").set_index("ahead")

    came = book[book.runs & (book.days_past_due > 30)].groupby("month").principal_minor.sum()
    assert tried.came.tolist() == [came.get(each, 0) for each in tried.for_month]
    assert (tried.foretold - tried.came).tolist() == tried.error.tolist()
    ahead = tried[[add_months(made, 1) == until for made, until in zip(tried.made, tried.for_month, strict=True)]]
    assert worth.loc[1].tried == len(ahead)
    mape = (ahead.error.abs() / ahead.came).mean()
    assert float(worth.loc[1].mape) == pytest.approx(mape, abs=0.0001)


def test_cure(book):
    told = table(cure.REPORT, WHOLE, "by-month").set_index(["month", "bucket"])
    rank = {code: place for place, code in enumerate(ORDER)} | {"NEW": -1}
    fell = book[book.runs & book.bucket_before.isin(rank)]
    fell = fell[fell.bucket.map(rank) > fell.bucket_before.map(rank).clip(lower=0)]
    states = book.set_index(["loan_id", "month"]).bucket

    assert told.entered.to_dict() == fell.groupby(["month", "bucket"]).size().to_dict()
    for (on, _bucket), entered in fell.groupby(["month", "bucket"]):
        for within in (1, 2, 3):
            row = told.loc[(on, _bucket)]
            if add_months(on, within) > LAST:
                assert row[f"cured_{within}"] is None or pd.isna(row[f"cured_{within}"])
                continue
            after = [add_months(on, ahead) for ahead in range(1, within + 1)]
            cured = sum(
                any(states.get((loan, each)) in ("CURRENT", "SETTLED") for each in after) for loan in entered.loan_id
            )
            assert row[f"cured_{within}"] == cured


def test_prepayment(book):
    told = table(prepayment.REPORT, WHOLE, "by-age").set_index("age")
    began = book[~book.bucket_before.isin(["NEW", *GONE])]

    for age, of_age in began.groupby("months_on_book"):
        prepaid, before = of_age.prepaid_minor.sum(), of_age.principal_before_minor.sum()
        scheduled = of_age.paid_principal_minor.sum() - prepaid
        row = told.loc[age]
        assert (row.prepaid, row.before, row.scheduled) == (prepaid, before, scheduled)
        assert row.smm == four(prepaid, before - scheduled)
        assert float(row.cpr) == pytest.approx(1 - (1 - prepaid / (before - scheduled)) ** 12, abs=0.0001)


def test_cash(book):
    told = table(cash.REPORT, WHOLE, "by-month").set_index("month")

    sums = book.groupby("month").sum(numeric_only=True)
    for on, row in told.iterrows():
        of = sums.loc[on]
        plan = of.paid_principal_minor + of.paid_interest_minor + of.paid_fee_minor
        assert row.expected == of.expected_minor
        assert row.received == plan + of.paid_penalty_minor + of.recovered_minor
        assert row.shortfall == max(of.expected_minor - (plan - of.prepaid_minor), 0)


def test_yield(book):
    told = table(yields.REPORT, WHOLE, "by-month").set_index("month")

    for on, of in book.groupby("month"):
        income = of[["paid_interest_minor", "paid_fee_minor", "paid_penalty_minor"]].to_numpy().sum()
        average = (of.principal_before_minor.sum() + of[of.runs].principal_minor.sum()) / 2
        assert float(told.loc[on]["yield"]) == pytest.approx(income * 12 / average, abs=0.0001)


def test_all_in_rates(book):
    told = table(yields.REPORT, WHOLE, "all-in").set_index("band")

    last = book[book.runs & (book.month == LAST)]
    rates = pd.to_numeric(last.all_in_rate)
    assert told.loc["above 18% up to 24%"].loans == ((rates > 0.18) & (rates <= 0.24)).sum()
    assert told.loc["above 24% up to 36%"].loans == (rates > 0.24).sum() == told.above.sum()
    assert told.iloc[-1].loans == rates.isna().sum()
    assert told.loans.sum() == len(last)
