"""Three thousand random loans in every state of payment: the close's SQL against `dashu.finance`, row by row."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Model
from psycopg2.extras import execute_values

from collections_mgmt.models import CollectionCase, OverdueStatus, PortfolioDay
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.portfolio_sql import accrued_by_loan
from dashu.finance.accrued import accrued_interest
from dashu.finance.installments import Installment as Row
from dashu.finance.loan import Book, accrue, arrears, books_of, effective_days_past_due
from dashu.finance.schedule import build_schedule
from dashu.finance.terms import Method, ScheduleTerms
from dashu.ledger.accounts import role_of
from dashu.ledger.models import Posting
from dashu.ledger.selectors import balance_of
from dashu.policy import rules as policy
from loans.models import Loan, ProductTerms
from repayments.models import Installment, LoanBalance
from repayments.services.booking import ACCOUNT_OF, load
from repayments.services.open_loans import Opening, open_loans

SIZE = 3_000
TODAY = date(2026, 6, 15)
CARRIED = (Book.PRINCIPAL, Book.INTEREST_RECEIVABLE, Book.FEE_RECEIVABLE, Book.PENALTY_RECEIVABLE)


def random_openings(chance: random.Random) -> list[Opening]:
    openings = []
    for number in range(SIZE):
        terms = ScheduleTerms(
            principal=chance.choice([1, 100_00, chance.randrange(1_000_00, 200_000_00)]),
            annual_rate=Decimal(chance.randrange(0, 240_000)) / 1_000_000,
            method=chance.choice([Method.EQUAL_INSTALLMENT, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.FLAT]),
            count=chance.randrange(1, 25),
            disbursed_on=TODAY - timedelta(days=chance.randrange(0, 500)),
        )
        rows = (Row(row.number, row.due_on, row.principal, row.interest) for row in build_schedule(terms))
        openings.append(
            Opening(
                external_id=str(number),
                borrower_external_id=str(number % 500),
                borrower_name="Amina",
                starts_on=terms.disbursed_on,
                principal=terms.principal,
                annual_rate=terms.annual_rate,
                installments=tuple(rows),
            )
        )
    return openings


def random_states(chance: random.Random) -> None:
    """Pay and waive parts of the rows, and vary the contracts' rules; the balances follow from the rows."""
    rows = list(Installment.objects.all())
    for row in rows:
        if chance.random() < 0.7:
            row.paid_principal_minor = chance.choice([row.principal_minor, chance.randrange(row.principal_minor + 1)])
            row.paid_interest_minor = chance.choice([row.interest_minor, chance.randrange(row.interest_minor + 1)])
            if chance.random() < 0.1:
                row.waived_interest_minor = row.interest_minor - row.paid_interest_minor
    fields = ["paid_principal_minor", "paid_interest_minor", "waived_interest_minor"]
    write_columns(rows, key=["loan_id", "version", "number"], columns=fields)
    loans = list(Loan.objects.all())
    for loan in loans:
        loan.tolerance_bps = chance.choice([0, 0, 100, 500])
        loan.penalty_annual_rate = Decimal(chance.randrange(0, 240_001)) / 1_000_000
        loan.penalty_base = chance.choice(["principal", "principal_and_interest"])
        loan.penalty_year_days = chance.choice([360, 365])
        loan.penalty_grace_days = chance.choice([0, 0, 1, 5])
        loan.penalty_cap_rate = chance.choice(
            [None, Decimal("0.24"), Decimal(chance.randrange(0, 240_001)) / 1_000_000]
        )
        loan.non_accrual_days = chance.choice([None, 0, 30, 90])
        loan.interest_basis = chance.choice(["scheduled", "scheduled", "daily"])
    rules = ["tolerance_bps", "penalty_annual_rate", "penalty_base", "penalty_year_days", "penalty_grace_days"]
    rules += ["penalty_cap_rate", "non_accrual_days", "interest_basis"]
    write_columns(loans, key=["id"], columns=rules)
    balances = list(LoanBalance.objects.select_related("loan"))
    for balance in balances:
        balance.accrued_through += timedelta(days=chance.randrange(0, 200))
        if balance.loan.non_accrual_days is not None:  # whether it is suspended is kept as of its own day
            balance.accrued_through = min(balance.accrued_through, TODAY)
        balance.penalty_parts = Decimal(chance.randrange(0, 10**12))
        balance.penalty_uncapped_parts = Decimal(chance.randrange(0, 10**12))
        balance.penalty_room_parts = Decimal(chance.randrange(-(10**11), 10**12))
        clipped = min(balance.penalty_uncapped_parts, balance.penalty_room_parts)
        balance.penalty_parts = max(balance.penalty_parts, clipped)
        pauses = random_pauses(chance)
        balance.pause_starts, balance.pause_ends = [pause[0] for pause in pauses], [pause[1] for pause in pauses]
    columns = ["accrued_through", "penalty_parts", "penalty_uncapped_parts", "penalty_room_parts"]
    write_columns(balances, key=["loan_id"], columns=[*columns, "pause_starts", "pause_ends"])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE repayments_loanbalance AS balance
            SET penalty_charged_minor = div(penalty_parts, 1000000::numeric * loan.penalty_year_days)
            FROM loans_loan AS loan WHERE loan.id = balance.loan_id
            """
        )

    suspended = [
        stored.balance
        for stored in map(load, Loan.objects.order_by("id"))
        if stored.position.is_non_accrual(stored.contract)
    ]
    LoanBalance.objects.filter(pk__in=[balance.pk for balance in suspended]).update(is_non_accrual=True)


def write_columns(rows: Sequence[Model], *, key: list[str], columns: list[str]) -> None:
    """Write these columns of all rows in one statement; `bulk_update` takes a minute for so many."""
    names = [*key, *columns]
    types = {field.attname: field.db_type(connection) for field in rows[0]._meta.concrete_fields}
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            f"""
            UPDATE {rows[0]._meta.db_table} AS row SET {", ".join(f"{name} = new.{name}" for name in columns)}
            FROM (VALUES %s) AS new ({", ".join(names)})
            WHERE {" AND ".join(f"row.{name} = new.{name}" for name in key)}
            """,
            [[getattr(row, name) for name in names] for row in rows],
            template="(" + ", ".join(f"%s::{types[name]}" for name in names) + ")",
            page_size=5_000,
        )


def random_pauses(chance: random.Random) -> list[tuple[date, date | None]]:
    """Up to two pauses that do not touch; the last may still run."""
    first = TODAY - timedelta(days=chance.randrange(0, 300))
    end = first + timedelta(days=chance.randrange(0, 40))
    second = end + timedelta(days=chance.randrange(2, 60))
    return chance.choice([[], [], [(first, end)], [(first, None)], [(first, end), (second, None)]])


class TestCloseOfThousands:
    def test_says_the_same_as_finance_row_by_row(self, rules):
        chance = random.Random(20260615)
        version = ProductTerms.objects.get(product__code="consumer")
        open_loans(
            source="random",
            currency="CNY",
            product_terms=version,
            openings=random_openings(chance),
            actor="system:test",
        )
        random_states(chance)
        before = {loan.pk: load(loan) for loan in Loan.objects.order_by("id")}
        newest = Posting.objects.order_by("-id").values_list("id", flat=True)[0]

        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))

        statuses = OverdueStatus.objects.in_bulk()
        cases = set(CollectionCase.objects.filter(status="OPEN").values_list("loan_id", flat=True))
        buckets, tiers = policy.delinquency_buckets(TODAY), policy.five_tier("CONSUMER", TODAY)
        posted: dict[tuple[int, str], int] = {}
        for line in Posting.objects.filter(id__gt=newest):
            signed = line.amount_minor if line.side == "D" else -line.amount_minor
            key = (line.loan_id, role_of(line.account_id))
            posted[key] = posted.get(key, 0) + signed
        with connection.cursor() as cursor:
            accrued = accrued_by_loan(cursor, on=TODAY, first=0, end=2**62)
        overdue = carried = suspended = 0
        for loan_id, stored in before.items():
            after = accrue(stored.position, stored.contract, TODAY)
            owed = arrears(after, stored.contract, TODAY)
            live = load(stored.loan)
            assert accrued[loan_id] == accrued_interest(stored.position, stored.contract, TODAY)
            if live.balance.accrued_through == TODAY:
                for name in ("penalty_parts", "penalty_uncapped_parts", "penalty_room_parts"):
                    assert getattr(live.position, name) == getattr(after, name), name
                assert live.balance.is_non_accrual == after.is_non_accrual(stored.contract)
            assert live.position.penalty_charged(stored.contract) == after.penalty_charged(stored.contract)
            status = statuses.get(loan_id)
            found = (
                (status.days_past_due, status.oldest_due_on, status.principal_minor, status.interest_minor)
                if status
                else (0, None, 0, 0)
            )
            assert found == (owed.days_past_due, owed.oldest_due_on, owed.principal, owed.interest)
            if status:
                assert status.effective_days_past_due == effective_days_past_due(after, stored.contract, TODAY)
                assert status.bucket == buckets.code_for(owed.days_past_due)
                assert status.classification == tiers.code_for(owed.days_past_due)
                assert status.penalty_minor == after.penalty_due(stored.contract)
            assert (loan_id in cases) == (owed.days_past_due > 0)
            overdue += owed.days_past_due > 0
            old, new = books_of(stored.position, stored.contract), books_of(after, stored.contract)
            today = books_of(replace(after, accrued_through=TODAY), stored.contract)
            carried += sum(today[book] for book in CARRIED)
            suspended += today[Book.SUSPENDED_INTEREST]
            for book, account in ACCOUNT_OF.items():
                assert posted.get((loan_id, account), 0) == new[book] - old[book]
        assert 1_000 < overdue < SIZE
        assert sum(minor > 0 for minor in accrued.values()) > 250
        days = PortfolioDay.objects.all()
        assert sum(day.loans for day in days) == len(before)
        assert sum(day.accrued_minor for day in days) == sum(accrued.values()) == balance_of("1315")
        assert sum(day.exposure_minor - day.accrued_minor for day in days) == carried
        assert sum(day.suspended_minor for day in days) == suspended > 0
        assert sum(day.provision_minor for day in days) == -balance_of("1390") == balance_of("5003")
