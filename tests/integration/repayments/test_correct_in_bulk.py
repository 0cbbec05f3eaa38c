"""Corrections by file: every line is answered, booked once, and taken back as a whole."""

from datetime import date
from uuid import uuid4

import pytest

from dashu.approvals.models import ApprovalRequest
from dashu.users.models import User
from loans.models import Loan
from repayments.models import CorrectionBatch, CorrectionRow, LoanEvent
from repayments.services import correct_in_bulk
from repayments.services.acting import ReasonMissing
from repayments.services.correct_in_bulk import (
    BatchHasRefusals,
    BatchNotAllowed,
    BatchNotBooked,
    BatchNotWaiting,
    FileNotReadable,
    book_batch,
    keep_batch,
    preview_batch,
    preview_undo,
    undo_batch,
)
from repayments.services.perform_act import NeedsApproval
from repayments.services.previewing import snapshot
from tests import factories
from tests.factories import pay, yuan
from tests.integration.repayments.test_restate import check

pytestmark = pytest.mark.django_db

TODAY = date(2026, 4, 20)
HEADING = "act,loan,amount,date,component,payment,installment,reason,fee"


def someone(role: str = User.Role.ADMIN) -> User:
    """The person of this role; an administrator may do every act of the files here, within bounds."""
    return User.objects.filter(role=role).first() or factories.staff(role.capitalize(), role)


def kept(*lines: str, heading: str = HEADING, role: str = User.Role.ADMIN, encoding: str = "utf-8") -> CorrectionBatch:
    content = "\r\n".join((heading, *lines)).encode(encoding)
    return keep_batch(key=uuid4(), file_name="corrections.csv", content=content, user=someone(role))


def book(batch: CorrectionBatch, *, only_good: bool = False, role: str = User.Role.ADMIN) -> CorrectionBatch:
    return book_batch(batch_id=batch.pk, only_good=only_good, today=TODAY, user=someone(role))


def undo(batch: CorrectionBatch, reason: str = "the wrong file", *, role: str = User.Role.ADMIN) -> CorrectionBatch:
    return undo_batch(batch_id=batch.pk, today=TODAY, reason=reason, user=someone(role))


def shown(loan: Loan):
    return snapshot(Loan.objects.get(pk=loan.pk), today=TODAY)


def refusals(batch: CorrectionBatch) -> dict[int, str]:
    return dict(batch.rows.filter(status="REFUSED").values_list("number", "refusal"))


@pytest.fixture
def other(brook, loan) -> Loan:
    pay(loan, yuan(500), date(2026, 2, 20), reference="REF", today=TODAY)
    return factories.running_loan(brook)


@pytest.fixture
def good(loan, other) -> list[str]:
    return [
        f"charge_fee,{loan.number},30.00,2026-04-01,,,,late again,notary",
        f"correct_payment,{loan.number},550,,,REF,,typed wrongly",
        f"waive_amount,{other.number},12.5,2026-04-02,interest,,,agreed",
    ]


class TestReading:
    def test_refuses_lines_with_their_column(self, loan, other):
        batch = kept(
            f"fee,{loan.number},30,2026-04-01,,,,x",
            "charge_fee,NONE,30,2026-04-01,,,,x,notary",
            f"charge_fee,{loan.number},3O,1 April,,,,,notary",
            f"charge_fee,{loan.number},30,2026-04-01,interest,,,x,notary",
            f"charge_fee,{loan.number},30,2026-04-01,,,,x,notary",
        )

        found = refusals(batch)

        assert list(found) == [2, 3, 4, 5]
        assert found[2].startswith("act: Choose one of correct_payment, ")
        assert found[3] == "loan: There is no loan with this number."
        assert found[4].startswith("amount: “3O” is not an amount.")
        assert "date: '1 April' is not a date." in found[4]
        assert "reason: This is needed here." in found[4]
        assert found[5] == "component: This act has no such value; leave it empty."
        assert batch.rows.get(number=6).status == "WAITING"

    def test_refuses_what_the_person_may_not_do(self, loan, other, good):
        batch = kept(*good, role=User.Role.SUPERVISOR)

        assert refusals(batch) == {2: "act: You may not do this.", 3: "act: You may not do this."}

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "The first line must name these columns: act, loan."),
            (b"act,loan,bonus\n", "These columns are not known: bonus."),
            (b"act,loan,act\n", "A column is named twice."),
            (b"act,loan\n", "The file must hold 1 to 200 lines below its heading."),
            (b"act,loan\n" + b"charge_fee,X\n" * 201, "The file must hold 1 to 200 lines below its heading."),
            (b"act,loan\na,b,c\n", "Line 2 has more values than there are columns."),
            (b"act,loan\n\xff\xfe\xff", "The file is no text in UTF-8 or GB18030."),
            (b"act,loan\n\0", "The file is no text in UTF-8 or GB18030."),
            (b"x" * 1_000_001, "The file is too large."),
        ],
    )
    def test_refuses_a_file_that_is_none_as_a_whole(self, content, words, rules):
        with pytest.raises(FileNotReadable) as refusal:
            keep_batch(key=uuid4(), file_name="x.csv", content=content, user=someone())

        assert str(refusal.value) == words
        assert CorrectionBatch.objects.exists() is False

    def test_reads_gb18030(self, loan, other):
        batch = kept(f"charge_fee,{loan.number},30,2026-04-01,,,,催收费用,notary", encoding="gb18030")

        assert batch.rows.get().payload["reason"] == "催收费用"

    def test_of_the_same_upload_twice_makes_one_batch(self, loan, other, good):
        key, content = uuid4(), "\n".join((HEADING, *good)).encode()
        about = {"key": key, "file_name": "x.csv", "content": content, "user": someone()}

        first, second = keep_batch(**about), keep_batch(**about)

        assert (first, CorrectionRow.objects.count()) == (second, 3)


class TestPreviewOfABatch:
    def test_is_what_booking_does_loan_by_loan(self, loan, other, good):
        batch = kept(*good, f"waive_amount,{other.number},999,2026-04-02,fee,,,too much")
        before = shown(loan), shown(other)

        seen = preview_batch(batch, today=TODAY, user=someone())

        assert (shown(loan), shown(other)) == before
        assert [lines.loan for lines in seen] == [loan, other]
        assert [list(lines.refusals) for lines in seen] == [[], [5]]
        book(batch, only_good=True)
        assert [lines.change[0].after for lines in seen] == [shown(loan), shown(other)]
        check(loan)
        check(other)


class TestBooking:
    def test_all_or_nothing_books_nothing_when_a_line_does_not_fit(self, loan, other, good):
        batch = kept(*good, f"waive_amount,{other.number},999,2026-04-02,fee,,,too much")
        before, events = (shown(loan), shown(other)), LoanEvent.objects.count()

        with pytest.raises(BatchHasRefusals) as refusal:
            book(batch)

        assert list(refusal.value.details["lines"]) == ["5"]
        assert ((shown(loan), shown(other)), LoanEvent.objects.count()) == (before, events)
        assert set(batch.rows.values_list("status", flat=True)) == {"WAITING"}

    def test_all_or_nothing_counts_lines_that_were_refused_when_they_were_read(self, loan, other, good):
        batch = kept(*good, "charge_fee,NONE,30,2026-04-01,,,,x,notary")

        with pytest.raises(BatchHasRefusals):
            book(batch)

        assert LoanEvent.objects.filter(kind="FEE").exists() is False

    def test_of_all_lines_books_each_once(self, loan, other, good):
        batch = kept(*good)

        book(batch)
        events = LoanEvent.objects.count()
        book(batch)
        book(batch, only_good=True)

        assert LoanEvent.objects.count() == events
        assert [len(row.event_ids) for row in batch.rows.order_by("number")] == [1, 2, 1]
        batch.refresh_from_db()
        assert batch.status == "BOOKED"
        check(loan)
        check(other)

    def test_of_good_lines_goes_on_after_an_interruption(self, loan, other, good, monkeypatch):
        batch = kept(*good)
        real = correct_in_bulk._book_rows

        def broken(found, rows, person):
            if found == other:
                raise RuntimeError("the power went out")
            return real(found, rows, person)

        monkeypatch.setattr(correct_in_bulk, "_book_rows", broken)
        with pytest.raises(RuntimeError):
            book(batch, only_good=True)
        monkeypatch.undo()

        book(batch, only_good=True)

        assert [row.status for row in batch.rows.order_by("number")] == ["BOOKED"] * 3
        assert LoanEvent.objects.filter(kind="FEE").count() == 1

    def test_needs_the_permission_of_every_act(self, loan, other, good):
        batch = kept(*good)

        with pytest.raises(BatchNotAllowed):
            book(batch, role=User.Role.SUPERVISOR)

        assert LoanEvent.objects.filter(kind="FEE").exists() is False


class TestUndoOfABatch:
    def test_brings_every_balance_back_and_shows_so_first(self, loan, other, good):
        before = shown(loan), shown(other)
        batch = kept(*good)
        book(batch)

        seen = preview_undo(batch, today=TODAY, user=someone())
        undo(batch)

        assert tuple(change.after for change in seen) == (shown(loan), shown(other))
        assert [(now.figures, now.rows) for now in (shown(loan), shown(other))] == [
            (was.figures, was.rows) for was in before
        ]
        assert set(batch.rows.values_list("status", flat=True)) == {"UNDONE"}
        check(loan)
        check(other)

    def test_twice_undoes_once_and_it_is_not_booked_again(self, loan, other, good):
        batch = kept(*good)
        book(batch)
        undo(batch)
        events = LoanEvent.objects.count()

        undo(batch)
        with pytest.raises(BatchNotWaiting):
            book(batch)

        assert LoanEvent.objects.count() == events

    def test_needs_a_reason_and_something_booked(self, loan, other, good):
        batch = kept(*good)
        with pytest.raises(BatchNotBooked):
            undo(batch)
        book(batch)

        with pytest.raises(ReasonMissing):
            undo(batch, reason=" ")

        assert set(batch.rows.values_list("status", flat=True)) == {"BOOKED"}


class TestTableOfAuthority:
    """A file is no way round another person."""

    @pytest.fixture
    def lines(self, loan, other) -> list[str]:
        return [
            f"waive_amount,{loan.number},80,2026-04-02,interest,,,agreed",
            f"waive_amount,{other.number},1,2026-04-02,principal,,,agreed",
            f"charge_off_loan,{other.number},,2026-04-02,,,,lost",
            f"write_off_loan,{other.number},,2026-04-02,,,,lost",
        ]

    def test_keeps_all_from_being_booked_where_a_line_needs_another_person(self, lines):
        batch = kept(*lines)

        seen = preview_batch(batch, today=TODAY, user=someone())
        with pytest.raises(BatchHasRefusals) as refusal:
            book(batch)

        needs = "This needs another person. Do it on the page of the loan, where it is asked for."
        assert [line.refusals for line in seen] == [{}, {3: needs, 4: needs, 5: needs}]
        assert refusal.value.details["lines"] == {"3": needs, "4": needs, "5": needs}
        assert LoanEvent.objects.filter(kind__in=["WAIVER", "CHARGE_OFF", "WRITE_OFF"]).exists() is False
        assert ApprovalRequest.objects.exists() is False

    def test_books_what_is_within_the_person_s_own_bounds_and_keeps_it_on_record(self, lines):
        batch = book(kept(*lines), only_good=True)

        assert list(refusals(batch)) == [3, 4, 5]
        event = LoanEvent.objects.get(kind="WAIVER")
        assert batch.rows.get(number=2).event_ids == [event.pk]
        assert list(ApprovalRequest.objects.values_list("kind", "is_alone", "amount_minor")) == [
            ("waiver.interest", True, 80_00)
        ]

    def test_counts_the_lines_of_a_file_together(self, brook):
        large = factories.running_loan(brook, principal=120_000_00)
        line = f"waive_amount,{large.number},600,2026-04-02,interest,,,agreed"

        batch = book(kept(line, line, f"waive_amount,{large.number},400,2026-04-02,interest,,,agreed"), only_good=True)

        assert list(refusals(batch)) == [3]
        assert list(LoanEvent.objects.filter(kind="WAIVER").values_list("amount_minor", flat=True)) == [600_00, 400_00]

    def test_holds_for_taking_a_file_back(self, brook):
        large = factories.running_loan(brook, principal=120_000_00)
        line = f"waive_amount,{large.number},900,2026-04-02,interest,,,agreed"
        first, second = (book(kept(line, role=role), role=role) for role in (User.Role.ADMIN, User.Role.SUPERVISOR))
        undo(first, role=User.Role.SUPERVISOR)
        written = LoanEvent.objects.count()

        with pytest.raises(NeedsApproval):
            preview_undo(second, today=TODAY, user=someone(User.Role.SUPERVISOR))
        with pytest.raises(NeedsApproval):
            undo(second, role=User.Role.SUPERVISOR)

        assert LoanEvent.objects.count() == written
        assert set(second.rows.values_list("status", flat=True)) == {"BOOKED"}
        assert undo(second, role=User.Role.ADMIN).status == "UNDONE"
