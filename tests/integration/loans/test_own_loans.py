import pytest

from dashu.policy.rules import lender_names
from loans.domain.fees import demanded_rows
from loans.services import read_credit_report as reading
from loans.services.contract_progress import cancel_loan
from tests.applicants import NOW
from tests.integration.loans.test_deciding import FakeBureau, decided, other
from tests.signers import signed


@pytest.fixture
def bureau(monkeypatch):
    def use(*loans):
        monkeypatch.setattr(reading, "bureau", lambda: FakeBureau(loans=loans))

    return use


def owed_a_month(contract) -> int:
    return max(row.total for row in demanded_rows(contract.first_loan.schedule_terms))


def debts_of(application) -> dict[str, int]:
    return application.reviews.get().facts["debt_payments"]


class TestOwnLoans:
    def test_count_among_the_debts_by_their_highest_month(self, amina, bureau):
        bureau()
        owed = owed_a_month(signed(amina))

        assert debts_of(decided(amina, "CARD_REPAYMENT")) == {"stated": 0, "verified": owed}

    def test_count_once_where_the_bureau_names_them_too(self, amina, bureau):
        bureau(other(lender_names(NOW.date())["zh-hans"], 9_000_00), other("青山消费金融", 300_00))
        owed = owed_a_month(signed(amina))

        assert debts_of(decided(amina, "CARD_REPAYMENT"))["verified"] == 300_00 + owed

    def test_that_were_cancelled_do_not_count(self, amina, bureau):
        bureau()
        cancel_loan(signed(amina).first_loan, now=NOW, actor="user:1", why="withdrawn")

        assert debts_of(decided(amina, "CARD_REPAYMENT"))["verified"] == 0
