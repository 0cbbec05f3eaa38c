"""The snapshot: what each night and each month's end keep, written anew from the book, and compared with it."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from io import StringIO
from itertools import chain

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from collections_mgmt.models import (
    BorrowerPlace,
    CloseRange,
    CloseRun,
    Dimension,
    LoanMonth,
    OverdueStatus,
    PortfolioDay,
    PortfolioMonth,
    PortfolioSlice,
)
from collections_mgmt.selectors.snapshot import Gap, days_there, gaps, latest_day, latest_month, months_there
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.scales import scales_on
from collections_mgmt.services.snapshot.checking import differences_of_day, differences_of_month
from collections_mgmt.services.snapshot.facts_sql import Facts
from collections_mgmt.services.snapshot.lived import lived_facts
from collections_mgmt.services.snapshot.months_sql import MINOR, known_now, month_of, write_loan_months
from collections_mgmt.services.snapshot.partitions import ensure_month, name_of
from collections_mgmt.services.snapshot.rebuild import rebuild_day, rebuild_month
from collections_mgmt.services.snapshot.whole_months import SUMMED
from loans.models import Loan
from tests.factories import pay, running_loan, yuan
from tests.integration.repayments.lived_books import START, an_act, varied_loans

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in range(1, 5))
ENDS = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
OF_FACTS = {
    "principal_before_minor": "principal_before",
    **{f"{name}_minor": name for name in Facts.__dataclass_fields__ if f"{name}_minor" in MINOR},
    "status": "status",
    "days_past_due": "days",
    "effective_days_past_due": "effective_days",
    "annual_rate": "annual_rate",
    "is_prepaid": "is_prepaid",
}


def nights(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def close(first: date, last: date) -> None:
    for day in nights(first, last):
        close_date(business_date=day, today=day + timedelta(days=1))


@pytest.mark.parametrize("seed", range(2))
class TestABookOfManyLives:
    def test_is_kept_as_it_was_lived_and_written_anew_the_same(self, rules, seed):
        chance = random.Random(100 + seed)
        loans = varied_loans(chance)
        BorrowerPlace.objects.create(borrower=loans[0].borrower, region="CN-44", sector="RETAIL", noted_on=START)
        for number, day in enumerate(nights(START, ENDS[-1])):
            if chance.random() < 0.5:
                loan = chance.choice(loans)
                loan.refresh_from_db()
                an_act(chance, loan, day, number)
            close_date(business_date=day, today=day + timedelta(days=1))

        assert months_there() == [JANUARY, FEBRUARY, MARCH, APRIL]
        for month_end in ENDS:
            assert_lived(month_end)
            assert_summed(month_end.replace(day=1))
        for day in nights(START, ENDS[-1]):
            assert_slices_agree(day)

        kept = snapshot()
        LoanMonth.objects.all().update(principal_minor=1, worst_days_past_due=0)
        PortfolioMonth.objects.all().delete()
        PortfolioSlice.objects.filter(business_date__gte=MARCH).delete()
        for month_end in ENDS:
            rebuild_month(month_end=month_end)
        for day in nights(START, ENDS[-1]):
            rebuild_day(on=day)
        assert snapshot() == kept
        for month_end in ENDS:
            assert list(differences_of_month(month_end=month_end)) == []
        for day in nights(START, ENDS[-1]):
            assert list(differences_of_day(on=day)) == [], day


def assert_lived(month_end: date) -> None:
    """Every loan's row says what living through its events says, as was known then; no loan has a row without need."""
    item = CloseRange.objects.filter(run__business_date=month_end).first()
    assert item is not None
    assert item.known_at is not None
    rows = {row.loan_id: row for row in LoanMonth.objects.filter(month=month_end.replace(day=1))}
    for loan in Loan.objects.all():
        facts = lived_facts(loan, month_of(month_end, item.known_at))
        if facts is None:
            assert loan.pk not in rows
            continue
        money_came = any((facts.paid_principal, facts.paid_interest, facts.paid_fee, facts.paid_penalty))
        is_wanted = facts.is_new or "ACTIVE" in (facts.status_before, facts.status) or money_came or facts.recovered
        assert (loan.pk in rows) == bool(is_wanted), facts
        if is_wanted:
            row, lived = rows[loan.pk], asdict(facts)
            told = {name: getattr(row, name) for name in OF_FACTS}
            assert told == {name: lived[of_facts] for name, of_facts in OF_FACTS.items()}, (loan.pk, month_end)
            assert row.worst_days_past_due >= row.days_past_due


def assert_summed(month: date) -> None:
    """The sums are those of the rows, added up here in plain Python; each dimension adds up to the whole."""
    expected: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMMED, 0))
    for row in LoanMonth.objects.filter(month=month):
        is_behind = row.days_past_due > 0 and row.status == "ACTIVE"
        values = {
            Dimension.ALL: "", Dimension.REGION: row.region, Dimension.SECTOR: row.sector,
            Dimension.CHANNEL: row.channel, Dimension.RISK_BAND: row.risk_band,
            Dimension.VINTAGE: row.vintage.isoformat(), **({Dimension.CAUSE: row.cause} if is_behind else {}),
        }  # fmt: skip
        for dimension, value in values.items():
            sums = expected[row.product, row.currency, dimension.value, value, row.bucket_before, row.bucket]
            sums["loans"] += 1
            sums["prepaid_loans"] += row.is_prepaid
            sums["restructured_loans"] += row.is_restructured
            for days in (30, 60, 90):
                is_ever = row.worst_days_past_due > days
                sums[f"ever_{days}"] += is_ever
                sums[f"ever_{days}_original_minor"] += row.original_minor * is_ever
            for name in SUMMED[9:]:
                sums[name] += getattr(row, name)
    found = {
        (row.product, row.currency, row.dimension, row.value, row.bucket_before, row.bucket): {
            name: getattr(row, name) for name in SUMMED
        }
        for row in PortfolioMonth.objects.filter(month=month)
    }
    assert found == expected


def assert_slices_agree(day: date) -> None:
    of_days: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in PortfolioDay.objects.filter(business_date=day):
        parts = (row.loans, row.principal_minor, row.exposure_minor, row.overdue_minor)
        of_days[row.product, row.bucket] = [a + b for a, b in zip(of_days[row.product, row.bucket], parts, strict=True)]
    for dimension in set(Dimension) - {Dimension.CAUSE}:
        summed: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for part in PortfolioSlice.objects.filter(business_date=day, dimension=dimension):
            parts = (part.loans, part.principal_minor, part.exposure_minor, part.overdue_minor)
            key = part.product, part.bucket
            summed[key] = [a + b for a, b in zip(summed[key], parts, strict=True)]
        assert summed == of_days, (day, dimension)


def snapshot() -> list[tuple[object, ...]]:
    return list(
        chain(
            LoanMonth.objects.order_by("month", "loan_id").values_list(),
            PortfolioMonth.objects.order_by("pk").values_list(),
            PortfolioSlice.objects.order_by("pk").values_list(),
            PortfolioDay.objects.order_by("pk").values_list(),
        )
    )
