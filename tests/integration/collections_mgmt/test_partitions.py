"""The same schema in eight partitions by loan: the same life of the same loans gives the same rows, to the fen."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from collections_mgmt.models import (
    CollectionCase,
    CreditRecordMonth,
    Hold,
    LoanSignal,
    OverdueChange,
    OverdueStatus,
    PortfolioDay,
    PromiseToPay,
)
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.partition_by_loan import TABLES, partition_by_loan, partitions_of
from collections_mgmt.services.promises import note_promise
from collections_mgmt.services.reassess_loan import reassess_loan
from collections_mgmt.services.refresh_history import refresh_history
from dashu.ledger.models import Posting
from dashu.messaging.models import OutboxMessage
from loans.models import Loan
from repayments.models import (
    Installment,
    InstallmentMovement,
    LoanBalance,
    LoanEvent,
    Payment,
    Restatement,
    ScheduleVersion,
)
from repayments.selectors.reconciliation import differences
from repayments.services.return_payment import return_payment
from tests.factories import ACTOR, pay, running_loan

PARTITIONS = 8
LOANS = 24
FIRST = date(2026, 2, 20)
LAST = date(2026, 3, 2)
# What the database gives, and `data`, which names other events by their number.
NUMBERS = {"id", "event_id", "after_event", "entry_id", "posted_at", "created_at", "data"}


@pytest.fixture
def loans(amina) -> list[Loan]:
    products = ["consumer", "sme", "card-repayment"]
    return [running_loan(amina, product=products[number % 3]) for number in range(LOANS)]


def live(loans: list[Loan]) -> None:
    """Pay, pay late, pay for a day that is past, take payments back, promise, hold; and close every night."""
    day = FIRST
    while day <= LAST:
        for number, loan in enumerate(loans):
            if number % 10 == (day - FIRST).days:
                pay(loan, [40_000, 110_016, 300_000][number % 3], day, reference=f"PAY-{number}")
                reassess_loan(loan_id=loan.pk, as_of=day)
        close_date(business_date=day, today=day + timedelta(days=1))
        day += timedelta(days=1)
    for number in (3, 4, 5):
        pay(loans[number], 50_000, date(2026, 2, 17), today=day, reference=f"LATE-{number}")
        return_payment(reference=f"PAY-{number}", returned_on=day, today=day, reason="no funds", actor=ACTOR)
    for loan_id, event_id in Restatement.objects.order_by("pk").values_list("loan_id", "event_id"):
        refresh_history(loan_id=loan_id, event_id=event_id, today=day)
    note_promise(loan_id=loans[11].pk, amount_minor=50_000, due_on=day, today=day, actor=ACTOR)
    place_hold(
        loan_id=loans[12].pk, kind="DISPUTE", starts_on=day, ends_on=None, today=day, reason="asked", actor=ACTOR
    )
    close_date(business_date=day, today=day + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def rows() -> dict[str, list[str]]:
    """Return the contents of every table that the life writes, without the numbers that the database gives."""
    found = {}
    for model in (
        CollectionCase, CreditRecordMonth, Hold, Installment, InstallmentMovement, LoanBalance, LoanEvent, LoanSignal,
        OutboxMessage, OverdueChange, OverdueStatus, Payment, PortfolioDay, Posting, PromiseToPay, Restatement,
        ScheduleVersion,
    ):  # fmt: skip
        names = [field.attname for field in model._meta.concrete_fields if field.attname not in NUMBERS]
        found[model.__name__] = sorted(map(str, model.objects.values_list(*names)))
    return found


def pay_for_no_event(loan: Loan) -> None:
    Payment.objects.create(event_id=10**9, loan=loan, reference="X", channel="CASH", amount_minor=1, received_on=FIRST)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def plan_of(query: str, *values: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {query}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.django_db
class TestPartitionsByLoan:
    def test_give_the_same_rows_as_whole_tables(self, loans):
        with transaction.atomic():
            live(loans)
            expected = rows()
            assert differences() == []
            transaction.set_rollback(True)

        converted = partition_by_loan(partitions=PARTITIONS)

        assert tuple(converted) == TABLES
        assert all(len(list(partitions_of(table))) == PARTITIONS for table in TABLES)
        live(loans)
        assert rows() == expected
        assert {name for name, found in expected.items() if not found} == set()
        assert differences() == []

    def test_keep_what_the_database_promises(self, loans):
        close_date(business_date=FIRST, today=FIRST + timedelta(days=1))
        partition_by_loan(partitions=PARTITIONS)
        loan = loans[0]

        for refused in (
            lambda: CollectionCase.objects.create(loan=loan, opened_on=FIRST),
            lambda: LoanEvent.objects.update(amount_minor=1),
            lambda: Posting.objects.update(amount_minor=1),
            lambda: Installment.objects.filter(loan=loan).update(paid_principal_minor=10**9),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                refused()
        with pytest.raises(IntegrityError), transaction.atomic():
            pay_for_no_event(loan)

    def test_read_one_of_them_for_one_loan_and_an_index_of_each_for_a_range(self, loans):
        partition_by_loan(partitions=PARTITIONS)

        one = plan_of("SELECT * FROM repayments_installment WHERE loan_id = %s", loans[0].pk)
        many = plan_of("SELECT * FROM repayments_installment WHERE unpaid_minor > 0 AND due_on <= %s", FIRST)

        assert one.count(" on repayments_installment_p") == 1
        assert "Seq Scan" not in one + many
        assert many.count(" on repayments_installment_p") >= PARTITIONS

    def test_are_made_once_by_the_command(self, loans, capsys):
        call_command("partition_by_loan", "--partitions", "4")
        call_command("partition_by_loan", "--partitions", "4")

        said = capsys.readouterr().out
        assert "14 tables now have 4 partitions each." in said
        assert "0 tables now have 4 partitions each." in said


@pytest.mark.django_db
class TestCostFollowsTheWork:
    def test_a_night_writes_nothing_for_loans_that_nothing_happens_to(self, loans):
        for number, loan in enumerate(loans[1:]):
            pay(loan, 300_000, date(2026, 2, 15), reference=f"ON-TIME-{number}")
        before = self.writes()

        close_date(business_date=FIRST, today=FIRST + timedelta(days=9))

        after = self.writes()
        wrote = {table: after[table] - count for table, count in before.items() if after[table] != count}
        assert {table: count for table, count in wrote.items() if "close" not in table} == {
            "repayments_loanbalance": 1,  # what the one loan behind was charged
            "collections_mgmt_overduestatus": 1,
            "collections_mgmt_overduechange": 1,
            "collections_mgmt_collectioncase": 1,
            "collections_mgmt_casefile": 2,  # opened, and its weights
            "collections_mgmt_casefileevent": 1,
            "collections_mgmt_filework": 1,  # whose it is from today on
            "collections_mgmt_portfolioday": 4,  # states, not loans
            "collections_mgmt_deskday": 1,
            "ledger_journalentry": 3,
            "ledger_posting": 4 + 2 + 4,  # of the loan; the book's accrued interest; its provision, of three products
        }
        accrued = Posting.objects.filter(entry__kind="ACCRUAL", entry__effective_on=FIRST)
        assert list(accrued.values_list("loan_id", flat=True)) == [loans[0].pk] * 4

    def test_it_finds_its_work_by_the_index_of_open_installments(self, loans):
        plan = plan_of("SELECT loan_id FROM repayments_installment WHERE unpaid_minor > 0 AND due_on <= %s", FIRST)

        assert "repayments_installment_open" in plan

    def test_it_finds_the_payments_of_its_day_without_reading_those_before(self, loans):
        for number, loan in enumerate(loans):
            pay(loan, 1_00, date(2026, 2, 1) + timedelta(days=number), reference=f"BEFORE-{number}")
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE repayments_payment")
        payments = plan_of(
            "SELECT loan_id FROM repayments_payment WHERE received_on = %s AND loan_id >= 1 AND loan_id < %s",
            FIRST,
            10**9,
        )
        failures = plan_of(
            "SELECT loan_id FROM repayments_autopayattempt WHERE status = 'FAILED' AND scheduled_on = %s", FIRST
        )

        assert "repayments_payment_by_day" in payments
        assert "repayments_attempt_failed" in failures

    def writes(self) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
            return dict(cursor.fetchall())
