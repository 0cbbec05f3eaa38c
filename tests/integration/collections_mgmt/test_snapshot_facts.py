"""What the snapshot says of a loan's days by SQL is what living through its events says, to the fen."""

import random
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.snapshot.facts_sql import COLUMNS, Days, collect_facts
from collections_mgmt.services.snapshot.lived import lived_facts
from loans.models import Loan
from tests.integration.repayments.lived_books import START, an_act, varied_loans

NIGHTS = 110


def by_sql(days: Days) -> dict[int, dict[str, object]]:
    with connection.cursor() as cursor:
        collect_facts(cursor, days, first=0, end=2**40)
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM snapshot_facts")
        return {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()}


@pytest.mark.parametrize("seed", range(4))
def test_plain_loans_are_told_by_sql_as_they_were_lived(rules, seed):
    chance = random.Random(seed)
    loans = varied_loans(chance)
    moments: list[tuple[date, datetime]] = []
    for night in range(NIGHTS):
        today = START + timedelta(days=night + 1)
        if chance.random() < 0.6:
            loan = chance.choice(loans)
            loan.refresh_from_db()
            an_act(chance, loan, today, night)
        close_date(business_date=today, today=today + timedelta(days=1))
        if chance.random() < 0.08:
            moments.append((today, timezone.now()))

    plain: Counter[str] = Counter()
    now = timezone.now()
    for on, then in moments:
        for known_at in (then, now):
            for length in (1, 30):
                days = Days(on - timedelta(days=length), on, known_at)
                found = by_sql(days)
                for loan_id, facts in found.items():
                    lived = lived_facts(Loan.objects.get(pk=loan_id), days)
                    assert lived is not None
                    assert facts == asdict(lived), (loan_id, days)
                    plain[str(facts["status"])] += 1
    assert plain["ACTIVE"] >= 20
