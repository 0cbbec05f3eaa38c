"""A loan that is handed over in the middle of its life, and everything that may happen to it afterwards."""

import contextlib
import csv
import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from collections_mgmt.models import OverdueStatus
from dashu.finance.installments import Component
from dashu.finance.loan import books_of
from dashu.ledger import accounts
from dashu.ledger.models import JournalEntry, Posting
from dashu.ledger.selectors import loan_balances
from dashu.tapes.errors import MissingColumn, NotOfThisMapping, PartMissing, UnreadableLine
from dashu.tapes.mapping import FOLDER
from dashu.tapes.models import EarlierEvent, Handover, HandoverRow
from dashu.tapes.services.import_tape import LoanResult, import_tape
from dashu.users.models import Borrower
from loans.models import Loan
from repayments.models import Installment, LoanBalance, LoanEvent, Payment
from repayments.selectors.book_on import book_on
from repayments.selectors.lives import replayed
from repayments.selectors.past_days import NotPaidOutThen, facts_on
from repayments.selectors.reconciliation import differences
from repayments.selectors.statements import statement_of
from repayments.services.booking import ACCOUNT_OF, DateOutsideContract, load
from repayments.services.change_rate import change_rate
from repayments.services.charge_off_loan import charge_off_loan
from repayments.services.restructure_loan import restructure_loan
from repayments.services.waive_amount import waive_amount
from tests import factories
from tests.integration.tapes.handovers import (
    LOAN,
    TAKEN_OVER,
    close_nights,
    files,
    hand_over,
    handed_over,
    history_of,
    rows_of,
    written,
)

pytestmark = pytest.mark.usefixtures("rules")


def replays_as_stored(loan: Loan) -> None:
    """Live through the loan from scratch and compare with every stored figure and every posting."""
    loan.refresh_from_db()
    stored = load(loan)
    lived, contract, _receipts = replayed(loan, through=stored.position.accrued_through)
    assert stored.position.installments == lived.installments
    for name in ("principal", "unapplied", "penalty_parts", "penalty_paid", "penalty_waived", "status"):
        assert getattr(stored.position, name) == getattr(lived, name), name
    books = {ACCOUNT_OF[book]: minor for book, minor in books_of(lived, contract).items() if minor}
    assert {account: minor for account, minor in loan_balances([loan.pk])[loan.pk].items() if minor} == books
    assert differences() == []


def same_on(loan: Loan, day: date) -> dict[str, int]:
    """Return the loan's figures of a past day, by its life; the set-based book must say the same."""
    facts = facts_on(loan, as_of=day)
    (book,) = book_on(Loan.objects.filter(pk=loan.pk), as_of=day)
    lived = facts["outstanding"] | {"credit": facts["credit"], "days": facts["days_past_due"]}
    assert lived == {
        "principal": book.principal,
        "interest": book.interest,
        "fee": book.fee,
        "penalty": book.penalty,
        "credit": book.credit,
        "days": book.days_past_due,
    }
    return lived


class TestHandingOver:
    def test_keeps_the_contract_and_its_own_rows(self, tmp_path):
        loan = handed_over(tmp_path)

        assert (loan.number, loan.status, loan.borrower.name) == ("HANDOVER-H1", "ACTIVE", "王小明")
        assert (loan.principal_minor, loan.lent_on, loan.starts_on) == (6000_00, date(2025, 10, 10), TAKEN_OVER)
        assert (str(loan.annual_rate), str(loan.penalty_annual_rate)) == ("0.120000", "0.180000")
        rows = Installment.objects.filter(loan_id=loan.pk).order_by("number")
        assert [(row.due_on.isoformat(), row.interest_minor, row.unpaid_minor) for row in rows] == [
            ("2025-11-10", 60_00, 0),
            ("2025-12-10", 50_00, 0),
            ("2026-01-10", 40_00, 600_00),
            ("2026-02-10", 30_00, 1035_00),
            ("2026-03-10", 20_00, 1025_00),
            ("2026-04-10", 10_00, 1015_00),
        ]
        assert rows[2].paid_principal_minor == 400_00

    def test_posts_the_opening_balances_and_no_income(self, tmp_path):
        loan = handed_over(tmp_path)

        assert loan_balances([loan.pk])[loan.pk] == {
            accounts.LOAN_PRINCIPAL: 3600_00,
            accounts.INTEREST_RECEIVABLE: 30_00,
            accounts.FEE_RECEIVABLE: 5_00,
            accounts.PENALTY_RECEIVABLE: 12_34,
            accounts.TAKEOVER_CLEARING: -3647_34,
        }
        assert JournalEntry.objects.get().effective_on == TAKEN_OVER
        replays_as_stored(loan)

    def test_keeps_what_was_stated_as_it_was_stated(self, tmp_path):
        loan = handed_over(tmp_path)

        kept = Handover.objects.get(loan=loan)
        stated = (kept.principal_minor, kept.interest_minor, kept.fee_minor, kept.penalty_minor, kept.credit_minor)
        assert stated == (3600_00, 30_00, 5_00, 12_34, 0)
        third = kept.rows.get(number=3)
        assert (third.principal_minor, third.open_principal_minor, third.open_interest_minor) == (1000_00, 600_00, 0)
        events = kept.history.order_by("position")
        history = list(events.values_list("happened_on", "kind", "amount_minor", "reference"))
        assert history[0] == (date(2025, 10, 10), "PAYOUT", 6000_00, "OLD-0")
        assert history[3] == (date(2026, 2, 1), "PAYMENT", 445_00, "")

    def test_the_history_is_never_posted(self, tmp_path):
        loan = handed_over(tmp_path)

        assert EarlierEvent.objects.count() == 4
        assert Payment.objects.exists() is False
        assert list(LoanEvent.objects.values_list("kind", flat=True)) == ["TAKEN_OVER"]
        assert Posting.objects.filter(loan_id=loan.pk).count() == 5

    @pytest.mark.parametrize("model", [Handover, HandoverRow, EarlierEvent])
    @pytest.mark.parametrize("change", ["update", "delete"])
    def test_what_was_handed_over_cannot_be_changed(self, tmp_path, model, change):
        handed_over(tmp_path)

        statement = {"update": "UPDATE %s SET id = 1", "delete": "DELETE FROM %s"}[change] % model._meta.db_table
        with pytest.raises(IntegrityError, match="append_only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_brings_a_credit_and_what_was_paid_ahead(self, tmp_path):
        ahead = LOAN | {
            "principal": "1500.00",
            "interest_due": "0",
            "fee_due": "",
            "penalty_due": "",
            "credit": "7.00",
            "days_past_due": "0",
        }

        loan = handed_over(tmp_path, [ahead], rows_of(still_open={5: ("500", "0", "5"), 6: ("1000", "10", "5")}))

        assert loan_balances([loan.pk])[loan.pk] == {
            accounts.LOAN_PRINCIPAL: 1500_00,
            accounts.BORROWER_CREDIT: -7_00,
            accounts.TAKEOVER_CLEARING: -1493_00,
        }
        assert same_on(loan, TAKEN_OVER) == {
            "principal": 1500_00,
            "interest": 0,
            "fee": 0,
            "penalty": 0,
            "credit": 7_00,
            "days": 0,
        }
        replays_as_stored(loan)

    def test_the_same_files_twice_change_nothing(self, tmp_path):
        handed_over(tmp_path)

        again = hand_over(tmp_path)

        assert (again.loans_new, again.loans_known, again.errors) == (0, 1, [])
        assert again.results == [LoanResult(2, "H1", "KNOWN")]
        models = (Loan, Borrower, JournalEntry, Handover, HandoverRow, EarlierEvent)
        assert [model.objects.count() for model in models] == [1, 1, 1, 1, 6, 4]

    def test_one_loan_with_a_bad_row_stays_out_whole_and_the_others_come(self, tmp_path):
        broken = rows_of("H2")
        broken[4]["interest"] = "twenty"

        report = hand_over(
            tmp_path, [LOAN | {"loan": "H2"}, LOAN], [*broken, *rows_of()], [*history_of("H2"), *history_of()]
        )

        assert [(one.line, one.external_id, one.result, one.code) for one in report.results] == [
            (2, "H2", "REFUSED", "part_refused"),
            (3, "H1", "NEW", ""),
        ]
        assert [(one.part, one.line, one.column, one.code) for one in report.errors] == [
            ("rows", 6, "interest", "bad_value"),
            ("loans", 2, "loan", "part_refused"),
        ]
        assert Loan.objects.get().external_id == "H1"
        assert (HandoverRow.objects.count(), EarlierEvent.objects.count()) == (6, 4)


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "column", "code"),
        [
            ({"principal": "3600.01"}, "principal", "balance_disagrees"),
            ({"interest_due": "29.99"}, "interest_due", "balance_disagrees"),
            ({"fee_due": "0"}, "fee_due", "balance_disagrees"),
            ({"days_past_due": "40"}, "days_past_due", "days_past_due_disagree"),
            ({"taken_over_on": "2026-03-09", "days_past_due": "58"}, "taken_over_on", "taken_over_in_future"),
            ({"lent_on": "2025-11-10"}, "loan", "rows_out_of_order"),
            ({"lent": "0"}, "lent", "nothing_outstanding"),
            ({"penalty_due": "-1"}, "penalty_due", "bad_value"),
            ({"annual_rate": "0.1234567"}, "annual_rate", "bad_value"),
            ({"borrower": ""}, "borrower", "bad_value"),
            ({"loan": "H9"}, "loan", "rows_out_of_order"),
        ],
    )
    def test_of_a_loan_that_contradicts_its_rows(self, tmp_path, change, column, code):
        report = hand_over(tmp_path, [LOAN | change])

        error = next(one for one in report.errors if one.part == "loans")
        assert (error.line, error.column, error.code) == (2, column, code)
        assert [(one.result, one.code, one.message) for one in report.results] == [("REFUSED", code, error.message)]
        for model in (Loan, Borrower, LoanEvent, Installment, Posting, Handover, EarlierEvent):
            assert model.objects.exists() is False

    def test_says_what_the_rows_carry(self, tmp_path):
        report = hand_over(tmp_path, [LOAN | {"principal": "3500.00"}])

        assert report.results[0].message == "The open rows carry 3600.00 of principal, the loan states 3500.00."

    @pytest.mark.parametrize(
        ("number", "change", "code"),
        [
            (3, {"open_principal": "1000.01"}, "open_more_than_demanded"),
            (3, {"number": "4"}, "rows_out_of_order"),
            (3, {"due_on": "2025-12-10"}, "rows_out_of_order"),
            (3, {"number": "7"}, "rows_out_of_order"),
        ],
    )
    def test_of_rows_that_cannot_be(self, tmp_path, number, change, code):
        rows = rows_of()
        rows[number - 1] |= change

        report = hand_over(tmp_path, rows=rows)

        assert [one.code for one in report.results] == [code]
        assert Loan.objects.exists() is False

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"happened_on": "2026-02-21"}, "history_disagrees"),
            ({"principal": "399.99"}, "history_disagrees"),
            ({"reference": "x" * 81}, "bad_value"),
        ],
    )
    def test_of_a_history_that_cannot_be(self, tmp_path, change, code):
        history = history_of()
        history[3] |= change

        report = hand_over(tmp_path, history=history)

        assert [one.code for one in report.results] == [code]
        assert Loan.objects.exists() is False

    def test_of_a_loan_that_was_handed_over_otherwise_before(self, tmp_path):
        loan = handed_over(tmp_path)

        report = hand_over(tmp_path, [LOAN | {"penalty_due": "12.35"}])

        assert [(one.result, one.code) for one in report.results] == [("REFUSED", "handed_over_otherwise")]
        assert loan_balances([loan.pk])[loan.pk][accounts.PENALTY_RECEIVABLE] == 12_34

    def test_of_a_product_whose_interest_runs_daily(self, tmp_path):
        daily = tmp_path / "daily.yaml"
        text = (
            (FOLDER / "handover.yaml")
            .read_text(encoding="utf-8")
            .replace("    method:", "    interest_basis: daily\n    method:")
        )
        daily.write_text(text.replace("name: handover", "name: daily").replace("tape-handover", "tape-daily"))

        report = import_tape(mapping_name=str(daily), today=TAKEN_OVER, **files(tmp_path))

        assert [one.code for one in report.results] == ["daily_interest"]

    def test_of_files_that_are_not_whole(self, tmp_path):
        named = files(tmp_path)
        without_rows = tmp_path / "without_rows.yaml"
        without_rows.write_text((FOLDER / "handover.yaml").read_text(encoding="utf-8").partition("rows:\n")[0])
        with pytest.raises(PartMissing):
            import_tape(mapping_name="handover", path=named["path"])
        with pytest.raises(NotOfThisMapping):
            import_tape(mapping_name=str(without_rows), path=named["path"], rows_path=named["rows_path"])
        with pytest.raises(MissingColumn):
            import_tape(mapping_name="handover", path=named["path"], rows_path=named["history_path"])
        named["rows_path"].write_text(named["rows_path"].read_text() + "H1,7\n")
        with pytest.raises(UnreadableLine):
            import_tape(mapping_name="handover", **named)
        assert Loan.objects.exists() is False

    def test_of_rows_of_a_loan_that_the_loan_file_does_not_have(self, tmp_path):
        report = hand_over(tmp_path, rows=[*rows_of(), *rows_of("H7")])

        assert [(one.part, one.line, one.code) for one in report.errors] == [("rows", 8, "row_refused")]
        assert report.loans_new == 1


class TestAfterwards:
    def test_days_past_due_count_from_the_oldest_open_row(self, tmp_path):
        loan = handed_over(tmp_path)

        close_nights(TAKEN_OVER, date(2026, 2, 22))

        status = OverdueStatus.objects.get(pk=loan.pk)
        assert (status.days_past_due, status.oldest_due_on) == (43, date(2026, 1, 10))
        assert same_on(loan, TAKEN_OVER)["days"] == 41

    def test_the_nights_go_on_where_the_other_system_stopped(self, tmp_path):
        loan = handed_over(tmp_path)

        close_nights(TAKEN_OVER, date(2026, 3, 10))

        # 1,600.00 late for 18 nights at 18%: 14.40 more; on 10 March 20.00 of interest and 5.00 of fees fall due.
        assert same_on(loan, date(2026, 3, 10)) == {
            "principal": 3600_00,
            "interest": 50_00,
            "fee": 10_00,
            "penalty": 26_74,
            "credit": 0,
            "days": 59,
        }
        replays_as_stored(loan)

    def test_a_payment_pays_what_was_open(self, tmp_path):
        loan = handed_over(tmp_path)

        payment = factories.pay(loan, 700_00, TAKEN_OVER, today=TAKEN_OVER)

        # Oldest first: 600.00 of the third row, then of the fourth fee 5.00, penalty, interest, principal.
        parts = (payment.fee_minor, payment.penalty_minor, payment.interest_minor, payment.principal_minor)
        assert sum(parts) == 700_00
        assert payment.fee_minor == 5_00
        assert LoanBalance.objects.get(pk=loan.pk).principal_minor == 3600_00 - payment.principal_minor
        replays_as_stored(loan)

    def test_it_is_paid_off_to_the_fen(self, tmp_path):
        loan = handed_over(tmp_path)
        close_nights(TAKEN_OVER, date(2026, 4, 10))

        # Rows 3,675.00. Penalty: 12.34 + 1,600.00 × 49 days and 1,000.00 × 31 days at 18% = 12.34 + 39.20 + 15.50.
        payment = factories.pay(loan, 3742_04, date(2026, 4, 11), today=date(2026, 4, 11))

        loan.refresh_from_db()
        assert (loan.status, payment.penalty_minor, payment.unapplied_minor) == ("SETTLED", 67_04, 0)
        assert loan_balances([loan.pk])[loan.pk][accounts.TAKEOVER_CLEARING] == -3647_34
        replays_as_stored(loan)

    def test_a_payment_for_an_earlier_day_restates_it(self, tmp_path):
        loan = handed_over(tmp_path)
        close_nights(TAKEN_OVER, date(2026, 3, 15))
        factories.pay(loan, 100_00, date(2026, 3, 16), today=date(2026, 3, 16))

        factories.pay(loan, 600_00, date(2026, 2, 22), today=date(2026, 3, 16))

        replays_as_stored(loan)
        assert same_on(loan, TAKEN_OVER)["principal"] == 3600_00
        assert same_on(loan, date(2026, 3, 15))["days"] == 33  # the fourth row is the oldest open one

    def test_nothing_is_booked_before_the_takeover(self, tmp_path):
        loan = handed_over(tmp_path)

        with pytest.raises(DateOutsideContract):
            factories.pay(loan, 100_00, date(2026, 2, 19), today=date(2026, 3, 1))
        assert Payment.objects.exists() is False

    def test_acts_work_on_it(self, tmp_path):
        loan, actor = handed_over(tmp_path), factories.ACTOR
        close_nights(TAKEN_OVER, date(2026, 2, 28))
        day = date(2026, 3, 1)

        waive_amount(
            loan_id=loan.pk,
            component=Component.PENALTY,
            amount_minor=12_34,
            waived_on=day,
            today=day,
            reason="takeover",
            actor=actor,
        )
        factories.pay(loan, 1700_00, day, today=day)
        change_rate(
            loan_id=loan.pk,
            annual_rate=Decimal("0.06"),
            changed_on=date(2026, 3, 2),
            today=date(2026, 3, 2),
            reason="relief",
            actor=actor,
        )
        replays_as_stored(loan)
        restructure_loan(
            loan_id=loan.pk,
            terms={"count": 12},
            restructured_on=date(2026, 3, 3),
            today=date(2026, 3, 3),
            reason="relief",
            actor=actor,
        )
        replays_as_stored(loan)
        close_nights(date(2026, 3, 1), date(2026, 3, 4))
        assert same_on(loan, date(2026, 3, 4))["days"] == 0

    def test_it_can_be_charged_off(self, tmp_path):
        loan = handed_over(tmp_path)
        close_nights(TAKEN_OVER, date(2026, 2, 21))

        charge_off_loan(
            loan_id=loan.pk,
            charged_off_on=date(2026, 2, 22),
            today=date(2026, 2, 22),
            reason="gone",
            actor=factories.ACTOR,
        )

        # 12.34 and two nights of 1,600.00 at 18%: 1.60.
        assert loan_balances([loan.pk])[loan.pk][accounts.CHARGE_OFF_EXPENSE] == 3600_00 + 30_00 + 5_00 + 13_94
        assert differences() == []

    def test_a_day_before_the_import_is_known_only_since(self, tmp_path):
        loan = handed_over(tmp_path)

        with pytest.raises(NotPaidOutThen):
            facts_on(loan, as_of=TAKEN_OVER, known_on=date(2020, 1, 1))

    def test_its_statement_reconciles(self, tmp_path):
        loan = handed_over(tmp_path)
        close_nights(TAKEN_OVER, date(2026, 3, 10))
        factories.pay(loan, 700_00, date(2026, 3, 11), today=date(2026, 3, 11))

        statement = statement_of(loan, first=TAKEN_OVER, last=date(2026, 3, 11))

        assert sum(statement.opening.values()) == 0
        assert sum(statement.closing.values()) == 3600_00 + 50_00 + 10_00 + 26_74 - 700_00

    def test_comes_late_and_is_brought_up_to_the_closed_nights_day_by_day(self, tmp_path):
        other = factories.running_loan(factories.borrower("Amina"))
        close_nights(date(2026, 3, 8), date(2026, 3, 12))

        loan = handed_over_beside(tmp_path, other)

        assert LoanBalance.objects.get(pk=loan.pk).accrued_through == date(2026, 3, 12)
        assert same_on(loan, TAKEN_OVER)["penalty"] == 12_34
        assert same_on(loan, date(2026, 3, 9))["interest"] == 30_00
        assert same_on(loan, date(2026, 3, 10))["interest"] == 50_00
        replays_as_stored(loan)
        close_nights(date(2026, 3, 13), date(2026, 3, 13))
        replays_as_stored(loan)


def handed_over_beside(folder, other: Loan) -> Loan:
    report = hand_over(folder, today=date(2026, 3, 13))
    assert report.errors == []
    return Loan.objects.exclude(pk=other.pk).get()


class TestCommand:
    def call(self, *args: object) -> dict:
        out = StringIO()
        with contextlib.suppress(SystemExit):
            call_command("import_tape", *map(str, args), stdout=out)
        return json.loads(out.getvalue())

    def test_says_of_each_loan_what_became_of_it(self, tmp_path):
        named = files(tmp_path)
        written(named["path"], [LOAN, LOAN | {"loan": "H2"}])
        results = tmp_path / "results.csv"

        summary = self.call(
            named["path"], "--mapping", "handover", "--rows", named["rows_path"], "--history", named["history_path"],
            "--results", results, "--errors", tmp_path / "errors.csv",
        )  # fmt: skip

        assert (summary["loans_new"], summary["rows_refused"]) == (1, 1)
        with results.open(encoding="utf-8") as file:
            lines = [(row["line"], row["external_id"], row["result"], row["code"]) for row in csv.DictReader(file)]
        assert lines == [("2", "H1", "NEW", ""), ("3", "H2", "REFUSED", "rows_out_of_order")]
