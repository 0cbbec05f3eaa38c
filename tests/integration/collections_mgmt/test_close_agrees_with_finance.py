"""The set-based SQL of the nightly close says the same as `dashu.finance`, row by row."""

import random
from datetime import date, timedelta

from collections_mgmt.models import CollectionCase, OverdueChange, OverdueStatus
from collections_mgmt.services.close_day import close_date
from dashu.finance.loan import Book, accrue, arrears, books_of
from dashu.ledger.selectors import loan_balances
from dashu.policy import rules as policy
from loans.models import Loan
from repayments.models import LoanBalance
from repayments.selectors.lives import replayed
from repayments.services.booking import ACCOUNT_OF, load
from tests.factories import borrower, pay, running_loan

DAYS = 75
START = date(2026, 1, 10)


def random_book(seed: int, size: int) -> list[Loan]:
    chance = random.Random(seed)
    owner = borrower("Amina")
    loans = []
    for _number in range(size):
        loan = running_loan(
            owner,
            principal=chance.randrange(1_000_00, 50_000_00),
            annual_rate=str(chance.choice(["0", "0.06", "0.1175", "0.18", "0.216"])),
            count=chance.randrange(3, 13),
            starts_on=START - timedelta(days=chance.randrange(0, 200)),
            product=chance.choice(["consumer", "card-repayment"]),
        )
        changes = {
            "tolerance_bps": chance.choice([0, 0, 500]),
            "penalty_base": chance.choice(["principal", "principal_and_interest"]),
            "penalty_grace_days": chance.choice([0, 0, 3]),
            "penalty_year_days": chance.choice([360, 365]),
        }
        Loan.objects.filter(pk=loan.pk).update(**changes)
        loans.append(loan)
    return loans


class TestClose:
    def test_agrees_with_finance_on_a_random_book_over_75_nights(self, rules, django_assert_num_queries):
        chance = random.Random(7)
        loans = random_book(seed=7, size=60)
        for day_number in range(DAYS):
            today = START + timedelta(days=day_number)
            for loan in chance.sample(loans, 8):
                loan.refresh_from_db()
                if loan.status == Loan.Status.ACTIVE:
                    late = chance.choice([0, 0, 0, 1, 5])
                    on = max(loan.starts_on, today - timedelta(days=late))
                    pay(loan, chance.randrange(1, 3_000_00), on, today=today, reference=f"P{loan.pk}-{day_number}")
            close_date(business_date=today, today=today + timedelta(days=1))
            self.check(today)

    def check(self, on: date) -> None:
        buckets = policy.delinquency_buckets(on)
        loans = list(Loan.objects.select_related("product_terms__product").order_by("id"))
        statuses = OverdueStatus.objects.in_bulk()
        cases = set(CollectionCase.objects.filter(status="OPEN").values_list("loan_id", flat=True))
        held = loan_balances([loan.pk for loan in loans])
        compared = 0
        for loan in loans:
            stored = load(loan)
            live = accrue(stored.position, stored.contract, on)
            lived, _contract, _receipts = replayed(loan, through=on)
            assert live.installments == lived.installments
            assert live.penalty_parts == lived.penalty_parts
            owed = arrears(live, stored.contract, on)
            status = statuses.get(loan.pk)
            if status is None:
                assert (owed.days_past_due, owed.principal, owed.interest, owed.fee) == (0, 0, 0, 0)
            elif loan.status == Loan.Status.ACTIVE:
                compared += 1
                assert status.days_past_due == owed.days_past_due
                assert status.oldest_due_on == owed.oldest_due_on
                assert (status.principal_minor, status.interest_minor) == (owed.principal, owed.interest)
                assert status.penalty_minor == live.penalty_due(stored.contract)
                assert status.bucket == buckets.code_for(owed.days_past_due)
                tiers = policy.five_tier(loan.product_terms.product.kind, on)
                assert status.classification == tiers.code_for(owed.days_past_due)
            assert (loan.pk in cases) == (owed.days_past_due > 0)
            books = books_of(lived, stored.contract)
            assert {account: held[loan.pk].get(account, 0) for account in ACCOUNT_OF.values()} == {
                ACCOUNT_OF[book]: books[book] for book in Book
            }
        if on == START + timedelta(days=DAYS - 1):
            assert compared > 40
            assert OverdueChange.objects.count() > 60
            assert LoanBalance.objects.filter(penalty_charged_minor__gt=0).count() > 20
