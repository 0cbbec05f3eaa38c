"""From suspense to a loan and back: matching, splitting, explaining, undoing."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from collections_mgmt.services.close_day import close_date
from dashu.audit.models import AuditRecord
from dashu.ledger import accounts
from dashu.ledger.models import JournalEntry
from dashu.ledger.selectors import balance_of
from dashu.users.models import Borrower
from repayments.domain.bank_matching import Rule
from repayments.models import (
    BankAccount,
    BankExplanation,
    BankFileDraft,
    BankLine,
    BankMatch,
    BankStatement,
    Checkout,
    LoanBalance,
    Payment,
)
from repayments.selectors import bank_candidates
from repayments.selectors.bank_candidates import findings_for
from repayments.selectors.bank_suspense import suspense_differences
from repayments.selectors.reconciliation import differences
from repayments.services.book_sure_matches import book_forgotten_matches, book_sure_matches
from repayments.services.charge_back import charge_back, win_chargeback
from repayments.services.correct_payment import correct_payment
from repayments.services.match_bank_line import (
    BankLineNotFound,
    BankLineNotOpen,
    MoneyWentBack,
    NotACredit,
    NothingToUndo,
    Part,
    PaymentBookedAnew,
    PayoutExplained,
    ReasonMissing,
    SplitDoesNotSum,
    SplitOverBorrowers,
    WrongCurrency,
    explain_bank_line,
    match_bank_line,
    undo_bank_line,
)
from repayments.services.move_payment import move_payment
from repayments.services.receive_payment import LoanNotPayable
from repayments.services.reinstate_payment import MoneyInSuspense, reinstate_payment
from repayments.services.return_payment import return_payment
from tests.factories import approved_loan, borrower, pay, running_loan, yuan
from tests.integration.repayments.bank_cases import (
    ACCOUNTANT,
    TODAY,
    own_account,
    row,
    take,
    take_and_match,
    waiting,
)

pytestmark = pytest.mark.django_db
DUE = 1_100_16
CASH_AFTER_PAYOUT = -yuan(12_000)


@pytest.fixture
def account(rules) -> BankAccount:
    return own_account()


def match(line, *parts, today=TODAY):
    stated = [Part(loan.pk, amount) for loan, amount in parts]
    return match_bank_line(line_id=line.pk, parts=stated, today=today, actor=ACCOUNTANT)


def undo(line, reason="Wrong loan"):
    return undo_bank_line(line_id=line.pk, reason=reason, today=TODAY, actor=ACCOUNTANT)


def moved(payment, loan):
    to = running_loan(loan.borrower)
    move_payment(reference=payment.reference, to_loan_id=to.pk, today=TODAY, reason="meant for it", actor=ACCOUNTANT)


def corrected(payment, loan):
    correct_payment(reference=payment.reference, amount_minor=1_100_00, today=TODAY, reason="typo", actor=ACCOUNTANT)


def partly_taken_back(payment, loan):
    about = {"charged_back_on": TODAY, "today": TODAY, "reason": "bank", "actor": ACCOUNTANT}
    charge_back(reference=payment.reference, amount_minor=100_00, **about)


def taken_back(payment, loan):
    charge_back(reference=payment.reference, charged_back_on=TODAY, today=TODAY, reason="bank", actor=ACCOUNTANT)


def returned_later(payment, loan):
    about = {"returned_on": TODAY, "today": TODAY, "reason": "recalled", "actor": ACCOUNTANT}
    return_payment(reference=payment.reference, **about)


def taken_back_and_won(payment, loan):
    charge_back(reference=payment.reference, charged_back_on=TODAY, today=TODAY, reason="bank", actor=ACCOUNTANT)
    win_chargeback(reference=payment.reference, won_on=TODAY, today=TODAY, actor=ACCOUNTANT)


def books_agree() -> bool:
    return differences() == [] and suspense_differences() == []


class TestSureMatches:
    def test_a_loan_number_in_the_text_books_the_payment_on_the_lines_value_date(self, account, loan):
        (line,) = take_and_match(row("1100.16", text=f"还款 {loan.number}", on="2026-02-15"))

        payment = Payment.objects.get()
        assert (payment.reference, payment.channel) == (f"BANK-{line.pk}", "BANK_TRANSFER")
        assert (payment.amount_minor, payment.received_on) == (DUE, date(2026, 2, 15))
        assert (payment.interest_minor, payment.principal_minor) == (180_00, 920_16)
        found = BankMatch.objects.get()
        assert (found.score, found.rule, found.matched_by) == (100, "LOAN_NUMBER", "system:bank")
        assert (line.status, line.suspense_id) == ("MATCHED", None)
        assert balance_of(accounts.UNIDENTIFIED_RECEIPTS) == 0
        assert balance_of(accounts.CASH) == CASH_AFTER_PAYOUT + DUE
        assert books_agree()

    def test_a_virtual_account_in_the_text_books_it_once_the_book_has_them(self, account, loan, monkeypatch):
        def lookup(numbers):
            return [(loan.pk, number) for number in numbers & {"99880012345678901234"}]

        monkeypatch.setattr(bank_candidates, "NUMBERS", [(Rule.VIRTUAL_ACCOUNT, lookup)])

        (line,) = take_and_match(row("5.00", text="to 9988 0012 3456 7890 1234"))

        assert (line.status, BankMatch.objects.get().rule) == ("MATCHED", "VIRTUAL_ACCOUNT")

    def test_a_checkout_in_the_text_books_it(self, account, loan):
        token = "0b0e9a2c-5a1e-4b57-9d53-3f5f8d1f2a11"
        Checkout.objects.create(token=token, loan=loan, amount_minor=5_00)

        (line,) = take_and_match(row("5.00", text=f"pay {token}"))

        assert (line.status, BankMatch.objects.get().rule) == ("MATCHED", "CHECKOUT")

    def test_a_payment_that_is_booked_already_is_left_to_a_person(self, account, loan):
        pay(loan, DUE, date(2026, 2, 15), reference="SIM-20260215-1")

        (line,) = take_and_match(row("1100.16", text="SIM-20260215-1", name="Amina"))

        assert line.status == "UNMATCHED"
        (suggestion, *_others) = findings_for([line], today=TODAY).suggestions[0]
        assert [reason.why.value for reason in suggestion.reasons] == ["PAYMENT", "BOOKED_ALREADY"]
        assert Payment.objects.count() == 1

    def test_the_amount_due_from_one_of_that_name_books_it(self, account, rules):
        chan = running_loan(borrower("陳嘉欣"))

        (line,) = take_and_match(row("1100.16", name="陈 嘉欣", on="2026-02-14"))

        assert line.status == "MATCHED"
        found = BankMatch.objects.get()
        assert (found.payment.loan_id, found.score, found.rule) == (chan.pk, 99, "AMOUNT_AND_NAME")
        assert found.reasons == [
            {"why": "INSTALLMENT", "values": {"due_on": "2026-02-15"}},
            {"why": "SAME_NAME", "values": {}},
        ]

    def test_what_was_due_on_the_lines_day_counts_though_days_were_closed_since(self, account, loan):
        for day in (14, 15, 16, 17, 18):
            close_date(business_date=date(2026, 3, day), today=date(2026, 3, 20))
        pay(loan, 500_00, date(2026, 2, 20), today=date(2026, 3, 20))
        (waits,) = take(row("999999.99", name="Amina", on="2026-03-17"), today=date(2026, 3, 20)).statements
        asked = findings_for(list(waits.lines.all()), today=date(2026, 3, 20))
        due_now = asked.suggestions[0][0].reasons[0].values["due_minor"]

        (line,) = take_and_match(
            row(f"{due_now // 100}.{due_now % 100:02d}", name="AMINA", on="2026-03-17"), today=date(2026, 3, 20)
        )

        assert LoanBalance.objects.get(pk=loan.pk).accrued_through == date(2026, 3, 19)
        assert line.status == "MATCHED"
        payment = Payment.objects.get(reference=f"BANK-{line.pk}")
        assert payment.penalty_minor > 0
        assert payment.unapplied_minor == 0
        assert books_agree()

    def test_two_loans_of_one_name_and_amount_are_left_to_a_person(self, account, rules):
        for number in (1, 2):
            running_loan(Borrower.objects.create(name="王伟", number=f"B{number}"))

        (line,) = take_and_match(row("1100.16", name="王伟"))

        assert line.status == "UNMATCHED"
        assert [one.score for one in findings_for([line], today=TODAY).suggestions[0]] == [99, 99]
        assert Payment.objects.exists() is False

    def test_a_name_that_is_only_alike_is_shown_and_left_to_a_person(self, account, rules):
        found = running_loan(Borrower.objects.create(name="深圳市大树第一科技有限公司"))

        (line,) = take_and_match(row("1100.16", name="深圳市大树第一科技公司"))

        assert line.status == "UNMATCHED"
        (suggestion,) = findings_for([line], today=TODAY).suggestions[0]
        assert (suggestion.loan_id, suggestion.score) == (found.pk, 94)

    def test_further_payments_of_the_same_amount_are_weighed_against_what_is_left(self, account, loan):
        lines = take_and_match(
            row("1100.16", name="Amina", reference="R1"),
            row("1100.16", name="Amina", reference="R2"),
            row("1100.16", name="Amina", reference="R3", on="2026-02-20"),
        )

        assert [line.status for line in lines] == ["MATCHED", "MATCHED", "UNMATCHED"]  # the third is 54 days ahead
        assert sum(Payment.objects.values_list("amount_minor", flat=True)) == 2 * DUE
        assert books_agree()

    def test_a_loan_that_the_book_refuses_is_left_to_a_person(self, account, amina):
        waits = approved_loan(amina)

        (line,) = take_and_match(row("5.00", text=waits.number))

        assert line.status == "UNMATCHED"
        assert books_agree()

    def test_run_again_do_nothing(self, account, loan):
        (statement,) = take(row("1100.16", text=loan.number)).statements

        assert book_sure_matches(statement_id=statement.pk, today=TODAY) == 1
        assert book_sure_matches(statement_id=statement.pk, today=TODAY) == 0
        assert Payment.objects.count() == 1

    def test_a_pass_that_was_killed_is_taken_up_by_the_sweep(self, account, loan):
        (statement,) = take(row("1100.16", text=loan.number)).statements
        BankFileDraft.objects.create(content=b"x", file_name="x", uploaded_by="user:1")
        imported_at = BankStatement.objects.get().imported_at

        early = book_forgotten_matches(now=imported_at.replace(microsecond=0), today=TODAY)
        late = book_forgotten_matches(now=imported_at.replace(year=imported_at.year + 1), today=TODAY)

        assert (early, late) == (0, 1)
        assert BankStatement.objects.get(pk=statement.pk).matched_at is not None
        assert BankFileDraft.objects.exists() is False

    def test_candidates_for_500_lines_cost_as_many_queries_as_for_one(self, account, loan, brook):
        running_loan(brook)
        lines = waiting(
            *[
                row("1100.16", name=f"Amina {number}" if number % 2 else "Amina", text=f"{loan.number} {number}")
                for number in range(500)
            ]
        )
        findings_for(lines[:1], today=TODAY)

        with CaptureQueriesContext(connection) as for_one:
            findings_for(lines[:1], today=TODAY)
        with CaptureQueriesContext(connection) as for_many:
            found = findings_for(lines, today=TODAY)

        assert len(lines) == 500
        assert all(found.suggestions)
        assert len(for_many) == len(for_one) <= 9


class TestPayouts:
    def test_a_payout_of_that_reference_and_amount_is_told_to_be_one(self, account, loan):
        (line,) = take_and_match(row("-12000.00", text=f"放款 OUT-{loan.number}"))

        explanation = BankExplanation.objects.get()
        assert (line.status, explanation.disbursement, explanation.explained_by) == (
            "IGNORED",
            loan.disbursement,
            "system:bank",
        )
        assert balance_of(accounts.CASH) == CASH_AFTER_PAYOUT

    def test_of_another_amount_is_left_to_a_person(self, account, loan):
        (line,) = take_and_match(row("-12000.01", text=f"放款 OUT-{loan.number}"))

        assert line.status == "UNMATCHED"

    def test_a_second_line_of_one_payout_stands_out(self, account, loan):
        text = f"OUT-{loan.number}"

        first, second = take_and_match(row("-12000.00", text=text), row("-12000.00", text=text))

        assert sorted([first.status, second.status]) == ["IGNORED", "UNMATCHED"]
        open_line = first if first.status == "UNMATCHED" else second
        with pytest.raises(PayoutExplained):
            explain_bank_line(line_id=open_line.pk, reason="x", actor=ACCOUNTANT, disbursement_id=loan.disbursement.pk)
        open_line.refresh_from_db()
        assert open_line.status == "UNMATCHED"


class TestMatch:
    def test_by_hand_books_the_payment_and_says_who_did_it(self, account, loan):
        (line,) = waiting(row("700.00"))

        (found,) = match(line, (loan, 700_00))

        line.refresh_from_db()
        assert (line.status, found.rule, found.score, found.matched_by) == ("MATCHED", "BY_HAND", None, ACCOUNTANT)
        assert AuditRecord.objects.get(action="repayments.bank_line_matched").actor == ACCOUNTANT
        assert books_agree()

    def test_a_split_over_loans_of_one_borrower_books_each_part(self, account, loan, amina):
        second = running_loan(amina)
        (line,) = waiting(row("1500.00"))

        match(line, (loan, 1_100_16), (second, 399_84))

        paid = dict(Payment.objects.values_list("loan_id", "amount_minor"))
        assert paid == {loan.pk: 1_100_16, second.pk: 399_84}
        assert set(Payment.objects.values_list("reference", flat=True)) == {f"BANK-{line.pk}", f"BANK-{line.pk}-2"}
        assert balance_of(accounts.CASH) == 2 * CASH_AFTER_PAYOUT + 1_500_00
        assert books_agree()

    def test_twice_with_the_same_parts_books_once(self, account, loan):
        (line,) = waiting(row("700.00"))
        first = match(line, (loan, 700_00))

        assert match(line, (loan, 700_00)) == first
        assert Payment.objects.count() == 1

    def test_for_another_loan_afterwards_is_refused(self, account, loan, brook):
        other = running_loan(brook)
        (line,) = waiting(row("700.00"))
        match(line, (loan, 700_00))

        with pytest.raises(BankLineNotOpen):
            match(line, (other, 700_00))

        assert Payment.objects.count() == 1

    @pytest.mark.parametrize("parts", [[], [699_99], [700_01], [700_00, 0], [800_00, -100_00]])
    def test_parts_that_are_not_the_lines_amount_are_refused(self, account, loan, amina, parts):
        loans = [loan, running_loan(amina)]
        (line,) = waiting(row("700.00"))

        with pytest.raises(SplitDoesNotSum):
            match(line, *zip(loans, parts, strict=False))

        assert Payment.objects.exists() is False
        assert BankLine.objects.get().status == "UNMATCHED"
        assert books_agree()

    def test_the_same_loan_twice_is_refused(self, account, loan):
        (line,) = waiting(row("700.00"))

        with pytest.raises(SplitDoesNotSum):
            match(line, (loan, 350_00), (loan, 350_00))

    def test_a_split_over_two_borrowers_is_refused(self, account, loan, brook):
        (line,) = waiting(row("700.00"))

        with pytest.raises(SplitOverBorrowers):
            match(line, (loan, 350_00), (running_loan(brook), 350_00))

        assert Payment.objects.exists() is False

    def test_money_that_went_out_and_another_currency_are_refused(self, account, loan):
        out, came = waiting(row("-700.00"), row("700.00"))

        with pytest.raises(NotACredit):
            match(out, (loan, 700_00))
        type(loan).objects.filter(pk=loan.pk).update(currency="USD")
        with pytest.raises(WrongCurrency):
            match(came, (loan, 700_00))

        assert Payment.objects.exists() is False

    def test_a_refusal_of_the_book_leaves_the_money_in_suspense(self, account, amina):
        waits = approved_loan(amina)
        (line,) = waiting(row("700.00"))

        with pytest.raises(LoanNotPayable):
            match(line, (waits, 700_00))

        line.refresh_from_db()
        assert (line.status, balance_of(accounts.UNIDENTIFIED_RECEIPTS)) == ("UNMATCHED", -700_00)

    def test_for_a_settled_loan_becomes_the_borrowers_credit(self, account, loan):
        pay(loan, 12_180_00, date(2026, 2, 14), kind="SETTLEMENT")
        (line,) = waiting(row("100.00"))

        match(line, (loan, 100_00))

        assert Payment.objects.get(reference=f"BANK-{line.pk}").unapplied_minor == 100_00
        assert books_agree()

    def test_of_no_line_is_refused(self, account, loan):
        with pytest.raises(BankLineNotFound):
            match_bank_line(line_id=0, parts=[Part(loan.pk, 1)], today=TODAY, actor=ACCOUNTANT)


class TestUndo:
    def test_puts_the_money_back_and_lets_the_line_be_matched_again(self, account, loan, brook):
        right = running_loan(brook)
        (line,) = take_and_match(row("1100.16", text=loan.number))
        cash = balance_of(accounts.CASH)

        undo(line)

        line.refresh_from_db()
        assert (line.status, balance_of(accounts.UNIDENTIFIED_RECEIPTS)) == ("UNMATCHED", -DUE)
        assert balance_of(accounts.CASH) == cash
        assert LoanBalance.objects.get(pk=loan.pk).principal_minor == yuan(12_000)
        found = BankMatch.objects.get()
        assert (found.undone_by, found.undone_reason, found.undone_at is not None) == (ACCOUNTANT, "Wrong loan", True)
        assert books_agree()

        match(line, (right, DUE))

        again = Payment.objects.get(reference=f"BANK-{line.pk}-2")
        assert (again.loan_id, again.is_returned) == (right.pk, False)
        assert balance_of(accounts.CASH) == cash
        assert books_agree()

    @pytest.mark.parametrize("act", [moved, corrected, partly_taken_back, taken_back_and_won])
    def test_of_money_that_was_booked_anew_since_is_refused(self, account, loan, act):
        (line,) = take_and_match(row("1100.16", text=loan.number))
        act(Payment.objects.get(), loan)
        cash = balance_of(accounts.CASH)

        with pytest.raises(PaymentBookedAnew):
            undo(line)

        assert (balance_of(accounts.CASH), balance_of(accounts.UNIDENTIFIED_RECEIPTS)) == (cash, 0)
        assert books_agree()

    @pytest.mark.parametrize("act", [returned_later, taken_back])
    def test_of_money_that_has_left_again_is_refused(self, account, loan, act):
        (line,) = take_and_match(row("1100.16", text=loan.number))
        act(Payment.objects.get(), loan)
        cash = balance_of(accounts.CASH)

        with pytest.raises(MoneyWentBack):
            undo(line)

        assert (balance_of(accounts.CASH), balance_of(accounts.UNIDENTIFIED_RECEIPTS)) == (cash, 0)
        assert books_agree()

    def test_leaves_no_payment_that_could_be_booked_again_beside_the_line(self, account, loan):
        (line,) = take_and_match(row("1100.16", text=loan.number))
        undo(line)

        with pytest.raises(MoneyInSuspense):
            reinstate_payment(reference=f"BANK-{line.pk}", today=TODAY, reason="It did hold", actor=ACCOUNTANT)

        assert (Payment.objects.get().is_returned, balance_of(accounts.UNIDENTIFIED_RECEIPTS)) == (True, -DUE)
        assert books_agree()

    def test_of_a_split_takes_every_part_back(self, account, loan, amina):
        second = running_loan(amina)
        (line,) = waiting(row("1500.00"))
        match(line, (loan, 1_000_00), (second, 500_00))

        undo(line)

        assert list(Payment.objects.values_list("is_returned", flat=True)) == [True, True]
        assert balance_of(accounts.UNIDENTIFIED_RECEIPTS) == -1_500_00
        assert books_agree()

    def test_and_match_many_times_keeps_every_step(self, account, loan):
        (line,) = waiting(row("700.00"))

        for _turn in range(3):
            match(line, (loan, 700_00))
            undo(line)

        assert list(BankMatch.objects.order_by("pk").values_list("payment__reference", flat=True)) == [
            f"BANK-{line.pk}",
            f"BANK-{line.pk}-2",
            f"BANK-{line.pk}-3",
        ]
        assert JournalEntry.objects.filter(kind="BANK_SUSPENSE").count() == 4
        assert books_agree()

    def test_of_an_explanation_puts_money_that_came_in_back_into_suspense(self, account):
        came, went = waiting(row("700.00"), row("-3.00"))
        for line in (came, went):
            explain_bank_line(line_id=line.pk, reason="Interest of the bank", actor=ACCOUNTANT)
        assert balance_of(accounts.UNIDENTIFIED_RECEIPTS) == 0
        assert balance_of(accounts.CASH) == 0

        for line in (came, went):
            undo(line)

        assert list(BankLine.objects.values_list("status", flat=True)) == ["UNMATCHED", "UNMATCHED"]
        assert balance_of(accounts.UNIDENTIFIED_RECEIPTS) == -700_00
        assert books_agree()

    def test_needs_a_reason_and_something_to_undo(self, account, loan):
        (line,) = waiting(row("700.00"))

        with pytest.raises(NothingToUndo):
            undo(line)
        match(line, (loan, 700_00))
        with pytest.raises(ReasonMissing):
            undo(line, reason="  ")

        assert BankMatch.objects.get().is_open is True

    def test_is_written_once_and_nothing_else_of_a_match_changes(self, account, loan):
        (line,) = waiting(row("700.00"))
        match(line, (loan, 700_00))
        undo(line)

        for change in ({"score": 5}, {"undone_reason": "Better words"}):
            with pytest.raises(DatabaseError, match="bank_rows_are_kept"), transaction.atomic():
                BankMatch.objects.update(**change)


class TestExplain:
    def test_twice_with_the_same_reason_is_one(self, account):
        (line,) = waiting(row("-3.00"))
        first = explain_bank_line(line_id=line.pk, reason="Fee of the bank", actor=ACCOUNTANT)

        assert explain_bank_line(line_id=line.pk, reason="Fee of the bank", actor=ACCOUNTANT) == first
        with pytest.raises(BankLineNotOpen):
            explain_bank_line(line_id=line.pk, reason="Something else", actor=ACCOUNTANT)

    def test_needs_a_reason(self, account):
        (line,) = waiting(row("3.00"))

        with pytest.raises(ReasonMissing):
            explain_bank_line(line_id=line.pk, reason=" ", actor=ACCOUNTANT)

        assert BankLine.objects.get().status == "UNMATCHED"


class TestReconciliation:
    def test_finds_suspense_that_no_line_explains(self, account):
        from dashu.ledger import services as ledger

        waiting(row("700.00"))
        ledger.post(
            effective_on=TODAY,
            description="By hand",
            kind="MANUAL",
            lines=[ledger.debit(accounts.CASH, 1), ledger.credit(accounts.UNIDENTIFIED_RECEIPTS, 1)],
            actor="user:1",
        )

        (found,) = suspense_differences()

        assert (found.currency, found.lines_minor, found.ledger_minor) == ("CNY", 700_00, 700_01)
