"""
The published books, through the live services and the close; skipped where they are absent.

The figures to expect are those of the README beside the books.
"""

from dashu.tapes.models import TapeEvent
from dashu.tapes.services.replay_tape import replay_tape
from repayments.selectors.reconciliation import differences
from tests.integration.tapes.books import compare, load, needs_real_books

pytestmark = needs_real_books


class TestInstallments:
    def test_lending_club_rounds_up(self, rules):
        report = load("lendingclub", "lendingclub_5k.csv")

        found = compare("lendingclub", "installment")["installment to the cent"]

        assert (report.loans_new, report.errors) == (5_000, [])
        assert found.total == 5_000
        assert found.share >= 0.999

    def test_prosper_rounds_half_up(self, rules):
        report = load("prosper", "prosper_2764.csv")
        assert (report.loans_new, report.loans_known, report.errors) == (2_761, 3, [])

        found = compare("prosper", "installment")["installment to the cent"]

        assert round(found.share, 3) == 0.954

    def test_berka_splits_the_amount_evenly(self, rules):
        report = load("berka", "berka_loans_682.csv")

        found = compare("berka", "installment")["installment to the cent"]

        assert (report.loans_new, report.errors) == (682, [])
        assert (found.agree, found.total) == (682, 682)


class TestLoanPayments:
    def test_late_loans_have_the_files_days_past_due_but_for_one_of_its_own_slips(self, rules):
        report = load("loanpayments", "loan_payments_500.csv")

        replay_tape(source="loanpayments")

        (found,) = compare("loanpayments", "lateness").values()
        assert (report.loans_new, report.errors) == (500, [])
        assert (found.agree, found.total) == (199, 200)
        (slip,) = found.disagreements
        assert (slip.cause, slip.count) == ("the file's own two dates lie otherwise", 1)
        assert slip.example.startswith("xqd20160428")
        assert TapeEvent.objects.filter(is_booked=False).count() == 0
        assert differences() == []


class TestWorldOmni:
    def test_a_takeover_with_opening_arrears_ages_without_exception(self, rules):
        report = load("worldomni", "absee_worldomni_2020-07_snapshot.csv")
        assert report.loans_new + len(report.errors) == 4_000
        assert {error.code for error in report.errors} == {"nothing_outstanding"}

        replay_tape(source="worldomni")

        found = compare("worldomni", "snapshot")
        assert found["ageing by the money past due"].disagreements == ()
        assert found["days past due"].disagreements == ()
        assert differences() == []


class TestAmeriCredit:
    def test_month_ends_have_the_servicers_days_past_due(self, rules):
        report = load("amcar", "absee_amcar_loans.csv", months="absee_amcar_months.csv")
        assert (report.loans_new, report.errors) == (24, [])

        replay_tape(source="amcar")

        found = compare("amcar", "months")
        assert found["days past due, loans never extended"].share >= 0.97
        assert found["days past due, all loans"].share >= 0.92
        assert found["days past due, all loans"].total > 390
        assert found["balance within 0.5% of it"].share >= 0.5
        assert TapeEvent.objects.filter(kind="PROCEEDS").count() == 1
        assert differences() == []
