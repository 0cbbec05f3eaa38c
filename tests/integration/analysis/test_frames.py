"""What analysts get: documented frames, read whole or in parts, in which nobody is named."""

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from django.db import connection

from collections_mgmt.models import OverdueChange, WarningLead
from dashu.analysis import open_book
from dashu.analysis.books import UnknownFrame, UnknownPlace
from dashu.analysis.frames import FRAMES
from dashu.analysis.pseudonyms import pseudonym
from loans.models import Loan
from repayments.models import Installment, LoanEvent, Payment, PaymentAllocation
from tests import factories

DOCUMENT = Path(__file__).parents[3] / "docs" / "analysis.md"
TABLE = re.compile(r"^### `(\w+)`\n(?:.*\n)*?\n\| column \| dtype \| what it is \|\n\|[-|]+\|\n((?:\|.*\|\n)+)", re.M)


@pytest.fixture
def paid(loan):
    """A loan with one installment paid."""
    return factories.pay(loan, 1_100_16, date(2026, 2, 15))


class TestDocument:
    def test_lists_every_column_of_every_frame(self):
        told = {
            name: [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in rows.splitlines()]
            for name, rows in TABLE.findall(DOCUMENT.read_text(encoding="utf-8"))
        }

        assert told == {
            name: [(f"`{column.name}`", f"`{column.kind.value}`", column.note) for column in frame.columns]
            for name, frame in FRAMES.items()
        }


class TestFrames:
    @pytest.mark.parametrize("name", FRAMES)
    def test_have_the_documented_dtypes_with_and_without_rows(self, name, kept, paid):
        expected = {column.name: column.kind.value for column in FRAMES[name].columns}
        book = open_book()

        frame = book.frame(name)

        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == expected
        if FRAMES[name].time:
            none = book.frame(name, since=date(2999, 1, 1))
            assert none.empty
            assert {column: str(dtype) for column, dtype in none.dtypes.items()} == expected

    def test_agree_with_the_book_to_the_fen(self, paid, loan):
        book = open_book()

        payments, allocations = book.frame("payments"), book.frame("allocations")
        assert payments["amount_minor"].tolist() == [1_100_16]
        parts = ["principal_minor", "interest_minor", "fee_minor", "penalty_minor", "unapplied_minor"]
        assert payments[parts].sum(axis=1).tolist() == [1_100_16]
        assert payments["received_on"].tolist() == [pd.Timestamp(2026, 2, 15)]
        assert len(allocations) == PaymentAllocation.objects.count() == 1
        installments = book.frame("installments")
        assert len(installments) == Installment.objects.count() == 12
        assert installments["principal_minor"].sum() == 12_000_00
        assert installments["paid_principal_minor"].sum() == Payment.objects.get().principal_minor
        events = book.frame("events")
        assert sorted(events["kind"]) == sorted(LoanEvent.objects.values_list("kind", flat=True))
        rate = book.frame("loans")["annual_rate"].iloc[0]
        assert rate == Loan.objects.get().annual_rate
        assert str(rate) == "0.180000"

    def test_tell_none_from_empty(self, kept, loan):
        frame = open_book().frame("loan_months")

        assert frame["all_in_rate"].isna().sum() == 24 * 6
        assert (frame["region"] == "").sum() == 40 * 6
        assert frame["region"].isna().sum() == 0
        assert open_book().frame("loans")["lent_on"].isna().all()

    def test_of_one_column_hold_nothing_else(self, kept):
        frame = open_book().frame("loan_months", columns=["principal_minor", "month"])

        assert list(frame.columns) == ["principal_minor", "month"]
        assert frame["principal_minor"].sum() == sum(row.principal_minor for row in kept)

    def test_are_limited_in_time(self, kept):
        frame = open_book().frame("loan_months", since=date(2026, 2, 1), until=date(2026, 4, 1))

        assert sorted(frame["month"].dt.month.unique()) == [2, 3, 4]

    def test_tell_what_came_of_a_warning(self, loan, brook):
        first, second = (
            WarningLead.objects.create(borrower=owner, opened_on=date(2026, 2, 1)) for owner in (loan.borrower, brook)
        )
        for day, days in ((date(2026, 1, 20), 3), (date(2026, 2, 16), 1), (date(2026, 3, 18), 31)):
            OverdueChange.objects.create(loan=loan, changed_on=day, days_past_due=days, bucket="M1")

        frame = open_book().frame("warnings").set_index("warning_id")

        assert frame.loc[first.pk, "behind_on"] == pd.Timestamp(2026, 2, 16)
        assert pd.isna(frame.loc[second.pk, "behind_on"])
        assert frame.loc[first.pk, "borrower"] == pseudonym(loan.borrower_id)


class TestChunks:
    def test_add_up_to_the_frame(self, kept):
        parts = list(open_book().chunks("loan_months", rows=250))

        assert [len(part) for part in parts] == [250, 250, 220]
        assert sum(part["principal_minor"].sum() for part in parts) == sum(row.principal_minor for row in kept)

    def test_can_be_left_before_the_end(self, kept):
        parts = open_book().chunks("loan_months", rows=100)
        next(parts)

        parts.close()

        assert len(open_book().frame("loan_months")) == 720

    def test_that_nobody_asks_for_hold_nothing(self, kept):
        open_book().chunks("loan_months")

        assert len(open_book().frame("loan_months")) == 720


class TestRefusals:
    def test_of_what_is_not_there(self, kept, tmp_path):
        book = open_book()

        with pytest.raises(UnknownFrame, match="users"):
            book.frame("users")
        with pytest.raises(UnknownFrame, match="name"):
            book.frame("loans", columns=["name"])
        with pytest.raises(UnknownFrame, match="time"):
            book.frame("allocations", since=date(2026, 1, 1))
        with pytest.raises(UnknownFrame, match="loan_months"):
            open_book(tmp_path).frame("loan_months")
        with pytest.raises(UnknownPlace):
            open_book(tmp_path / "nowhere")


class TestPseudonyms:
    def test_are_the_same_in_every_frame_and_tell_no_number(self, loan, settings):
        found = open_book().frame("loans")["borrower"].tolist()

        assert found == [pseudonym(loan.borrower_id)]
        assert re.fullmatch("[0-9a-f]{32}", found[0])
        settings.FIELD_INDEX_KEY = b"another installation" * 2
        assert pseudonym(loan.borrower_id) != found[0]


class TestColumns:
    def test_of_views_hold_no_sealed_or_free_text(self, db):
        """Whatever the tables hold of people or in words of their own is in no view."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = 'analysis'"
            )
            columns = cursor.fetchall()

        assert {table for table, _column, _type in columns} == set(FRAMES)
        assert {kind for _table, _column, kind in columns} <= {
            *("bigint", "integer", "smallint", "numeric", "date", "timestamp with time zone", "boolean"),
            *("character varying", "text"),
        }
        texts = {(table, column) for table, column, kind in columns if kind == "text"}
        assert texts == {(table, "borrower") for table in ("loans", "warnings", "warning_triggers")}
        named = {column for _table, column, _type in columns}
        assert not named & {"name", "phone", "email", "number_of_contract", "reference", "actor", "reason", "note"}
