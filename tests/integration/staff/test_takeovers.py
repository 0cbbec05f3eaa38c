"""The back office's pages of loans that were taken over."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.portal.books import handovers
from dashu.tapes.models import Handover
from dashu.users.models import User
from tests import factories
from tests.integration.staff.conftest import as_role
from tests.integration.tapes.handovers import (
    LOAN,
    TAKEN_OVER,
    close_nights,
    hand_over,
    handed_over,
    history_of,
    rows_of,
    tampered,
)

pytestmark = pytest.mark.usefixtures("rules")


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer


def proof_page(client, loan, query=""):
    return page(client, f"/admin/tapes/handover/{Handover.objects.get(loan=loan).pk}/change/{query}")


def table(answer, title):
    return next(table for table in answer.context["tables"] if str(table.title) == title)


def texts(rows):
    return [[str(value) for value in row] for row in rows]


def load(folder, count):
    names = [f"H{number}" for number in range(1, count + 1)]
    rows = [row for name in names for row in rows_of(name)]
    hand_over(folder, [LOAN | {"loan": name} for name in names], rows, history_of())


class TestProofPage:
    def test_shows_all_sides_and_no_difference(self, tmp_path):
        loan = handed_over(tmp_path)

        shown = proof_page(as_role("ACCOUNTANT"), loan)

        assert texts(table(shown, "Side by side").rows)[:2] == [
            ["principal", "0 fen", "¥3,600.00", "¥0.00", "¥3,600.00", "¥3,600.00", "¥3,600.00", "¥3,600.00"],
            ["interest due", "0 fen", "¥30.00", "¥0.00", "¥30.00", "¥30.00", "¥30.00", "¥30.00"],
        ]
        assert [str(figure.value) for figure in shown.context["figures"]] == ["0 fen", "Feb. 20, 2026", "41"]
        assert texts(table(shown, "Installments as they were handed over").rows)[2] == [
            "3", "Jan. 10, 2026", "¥1,045.00", "¥1,045.00", "¥600.00", "¥600.00", "0 fen", "¥600.00",
        ]  # fmt: skip

    def test_shows_a_later_day_with_what_moved(self, tmp_path):
        loan = handed_over(tmp_path)
        close_nights(TAKEN_OVER, date(2026, 2, 23))
        factories.pay(loan, 600_00, date(2026, 2, 22), today=date(2026, 2, 24))

        shown = proof_page(as_role("ACCOUNTANT"), loan, "?on=2026-02-23")

        assert str(shown.context["figures"][0].value) == "0 fen"
        moved = table(shown, "What was posted since the takeover").rows
        assert [str(row[2]) for row in moved].count("Nightly close") == 3
        assert str(moved[-1][2]) == "Total"
        assert "At the end of Feb. 23, 2026." in shown.content.decode()

    def test_marks_a_difference(self, tmp_path):
        loan = handed_over(tmp_path)
        tampered(loan, penalty_minor=12_30)

        shown = proof_page(as_role("ACCOUNTANT"), loan)

        assert (str(shown.context["figures"][0].value), shown.context["figures"][0].tone) == ("4 fen", "late")
        assert table(shown, "Side by side").tones == ["", "", "", "changed", ""]

    def test_counts_long_stories_from_the_newest(self, tmp_path, monkeypatch):
        monkeypatch.setattr(handovers, "SHOWN_MOVEMENTS", 2)
        loan = handed_over(tmp_path)
        close_nights(TAKEN_OVER, date(2026, 2, 24))

        shown = proof_page(as_role("ACCOUNTANT"), loan, "?on=2026-02-24")
        moved = texts(table(shown, "What was posted since the takeover").rows)

        # 0.80 a night: two nights before, the two shown, and all four.
        assert [row[2] for row in moved] == ["Earlier", "Nightly close", "Nightly close", "Total"]
        assert [row[6] for row in moved] == ["¥1.60", "¥0.80", "¥0.80", "¥3.20"]

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("?on=2026-02-19", "The loan was taken over on 2026-02-20"),
            ("?on=2026-02-21", "No night is closed yet"),
            ("?on=1800-01-01", "between 1970 and 2199"),
            ("?on=soon", "Enter a valid date"),
        ],
    )
    def test_says_why_a_day_cannot_be_shown_and_keeps_it(self, tmp_path, query, words):
        shown = proof_page(as_role("ACCOUNTANT"), handed_over(tmp_path), query)

        assert words in shown.content.decode()
        assert query.partition("=")[2] in shown.content.decode()
        assert shown.context["tables"] == []

    def test_is_for_those_who_may_see_takeovers(self, tmp_path):
        loan = handed_over(tmp_path)
        address = f"/admin/tapes/handover/{Handover.objects.get(loan=loan).pk}/change/"

        assert {role: as_role(role).get(address).status_code for role in ("COLLECTOR", "ACCOUNTANT", "ADMIN")} == {
            "COLLECTOR": 403,
            "ACCOUNTANT": 200,
            "ADMIN": 200,
        }
        assert as_role(User.Role.UNDERWRITER).get("/admin/tapes/handover/").status_code == 403
        assert as_role(User.Role.SUPERVISOR).get("/admin/tapes/handover/tape/handover/").status_code == 403

    @pytest.mark.parametrize("pk", ["0", "999999", "x", "9" * 30])
    def test_of_an_unknown_loan_is_not_there(self, rules, pk):
        assert as_role("ACCOUNTANT").get(f"/admin/tapes/handover/{pk}/change/").status_code == 404


class TestTapePage:
    def test_lists_the_tapes(self, tmp_path):
        load(tmp_path, 2)

        [tape] = texts(table(page(as_role("ACCOUNTANT"), "/admin/tapes/handover/"), "Tapes").rows)

        assert tape[1:] == ["2", "Feb. 20, 2026", "Feb. 20, 2026"]
        assert "/admin/tapes/handover/tape/handover/" in tape[0]

    def test_shows_the_sums_and_every_loan(self, tmp_path):
        load(tmp_path, 3)

        shown = page(as_role("ACCOUNTANT"), "/admin/tapes/handover/tape/handover/")

        assert [str(figure.value) for figure in shown.context["figures"]] == ["3", "0"]
        assert texts(table(shown, "All loans of the tape").rows)[0] == [
            "principal", "0 fen", "¥10,800.00", "¥0.00", "¥10,800.00", "¥10,800.00", "¥10,800.00",
        ]  # fmt: skip
        assert [str(row[3]) for row in table(shown, "Loans").rows] == ["H1", "H2", "H3"]
        assert {str(row[1]) for row in table(shown, "Loans").rows} == {"0 fen"}

    def test_is_paged_by_where_one_is(self, tmp_path, monkeypatch):
        monkeypatch.setattr(handovers, "LOANS_OF_A_PAGE", 2)
        load(tmp_path, 5)
        client = as_role("ACCOUNTANT")

        first = page(client, "/admin/tapes/handover/tape/handover/")
        second = page(client, first.context["next_page"])
        third = page(client, second.context["next_page"])

        found = [[str(row[3]) for row in table(shown, "Loans").rows] for shown in (first, second, third)]
        assert found == [["H1", "H2"], ["H3", "H4"], ["H5"]]
        assert (first.context["first_page"], third.context["next_page"]) == ("", "")

    def test_needs_the_same_queries_for_one_loan_and_for_many(self, tmp_path):
        client = as_role("ACCOUNTANT")
        load(tmp_path, 1)
        page(client, "/admin/tapes/handover/tape/handover/")

        with CaptureQueriesContext(connection) as few:
            page(client, "/admin/tapes/handover/tape/handover/")
        load(tmp_path, 30)
        with CaptureQueriesContext(connection) as many:
            page(client, "/admin/tapes/handover/tape/handover/")

        assert len(many) == len(few)
        assert sum("ledger_posting" in query["sql"] for query in many) == 2  # the sums, and the loans of the page

    def test_shows_a_closed_day_only(self, tmp_path):
        load(tmp_path, 1)
        close_nights(TAKEN_OVER, date(2026, 2, 22))
        client = as_role("ACCOUNTANT")

        closed = page(client, "/admin/tapes/handover/tape/handover/?on=2026-02-22")
        waiting = page(client, "/admin/tapes/handover/tape/handover/?on=2026-02-23")

        assert "?on=2026-02-22" in str(table(closed, "Loans").rows[0][2])
        assert "The latest closed day is 2026-02-22" in waiting.content.decode()
        assert waiting.context["tables"] == []

    def test_of_an_unknown_tape_is_not_there(self, rules):
        assert as_role("ACCOUNTANT").get("/admin/tapes/handover/tape/nobody/").status_code == 404


class TestLoanPage:
    def test_shows_what_happened_before_with_a_way_to_the_proof(self, tmp_path):
        loan = handed_over(tmp_path)

        shown = table(page(as_role("ACCOUNTANT"), f"/admin/loans/loan/{loan.pk}/change/"), "Before the takeover")

        assert texts(shown.rows)[0] == [
            "Feb. 1, 2026",
            "Payment",
            "¥445.00",
            "¥400.00",
            "¥40.00",
            "¥5.00",
            "",
            "",
            "",
            "",
        ]
        assert [row[1] for row in texts(shown.rows)] == ["Payment", "Payment", "Payment", "Paid out"]
        assert "It is kept and not booked here." in shown.note
        assert "/admin/tapes/handover/" in shown.note

    def test_names_no_proof_to_those_who_may_not_see_it(self, tmp_path):
        loan = handed_over(tmp_path)

        shown = table(page(as_role("COLLECTOR"), f"/admin/loans/loan/{loan.pk}/change/"), "Before the takeover")

        assert len(shown.rows) == 4
        assert "/admin/tapes/" not in shown.note

    def test_of_a_loan_of_our_own_has_no_such_table(self, late_loan):
        shown = page(as_role("ACCOUNTANT"), f"/admin/loans/loan/{late_loan.pk}/change/")

        assert "Before the takeover" not in [str(table.title) for table in shown.context["tables"]]
