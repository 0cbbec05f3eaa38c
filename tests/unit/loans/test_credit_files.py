from datetime import UTC, date, datetime

from loans.domain.credit_files import CreditFile, Inquiry, LoanKind, OtherLoan, Purpose

TODAY = date(2026, 3, 2)


def loan(lender: str, commitment: int, monthly: int, **facts: object) -> OtherLoan:
    return OtherLoan(lender, LoanKind.CONSUMER, date(2026, 1, 5), commitment, monthly, **facts)


def file_with(*loans: OtherLoan, inquiries: tuple[Inquiry, ...] = ()) -> CreditFile:
    return CreditFile(datetime(2026, 3, 2, tzinfo=UTC), "R1", loans=loans, inquiries=inquiries)


def asked(day: int, purpose: Purpose = Purpose.LOAN, month: int = 2) -> Inquiry:
    return Inquiry(date(2026, month, day), "Green Bank", purpose)


class TestLoans:
    def test_adds_up_what_still_runs(self):
        file = file_with(
            loan("Green Bank", 5_000_00, 472_80),
            loan("Blue Loans", 8_000_00, 756_48, days_past_due=3),
            loan("Green Bank", 12_000_00, 1_134_72, days_past_due=31),
            loan("Red Cards", 0, 0, is_settled=True),
        )

        assert file.open_lenders == ("Blue Loans", "Green Bank")
        assert file.monthly_minor == 2_364_00
        assert file.commitment_minor == 25_000_00
        assert file.worst_days_past_due == 31

    def test_an_empty_file_adds_up_to_nothing(self):
        file = file_with()

        assert (file.open_lenders, file.monthly_minor, file.commitment_minor) == ((), 0, 0)
        assert (file.worst_days_past_due, file.inquiries_within(90, on=TODAY)) == (0, 0)


class TestInquiries:
    def test_counts_the_day_itself_and_those_before(self):
        file = file_with(inquiries=(asked(2, month=3), asked(24), asked(23), asked(3, month=3)))

        assert file.inquiries_within(1, on=TODAY) == 1
        assert file.inquiries_within(7, on=TODAY) == 2
        assert file.inquiries_within(8, on=TODAY) == 3

    def test_counts_only_questions_for_new_credit(self):
        file = file_with(inquiries=tuple(asked(20, purpose) for purpose in Purpose))

        assert file.inquiries_within(30, on=TODAY) == 3


class TestRepr:
    def test_does_not_spread_what_is_known_of_somebody(self):
        assert "Green Bank" not in repr(file_with(loan("Green Bank", 1, 1), inquiries=(asked(1),)))
