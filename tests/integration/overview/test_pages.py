"""The overview as staff see it: the figures of a small book, the rows that they open, the workbook, and who may."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from collections_mgmt.domain.desk_figures import Measure
from collections_mgmt.models import CloseRun, DeskDay, FileWork, LoanMove
from collections_mgmt.selectors import desk_sources
from collections_mgmt.services.write_desk_figures import write_desk_figures
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_now
from dashu.users.models import User
from tests import factories
from tests.factories import pay, running_loan, yuan
from tests.integration.overview.conftest import FEBRUARY, MARCH, close
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

PAGE = "admin:collections_mgmt_deskday_changelist"
ROWS = "admin:collections_mgmt_deskday_rows"
EXPORT = "admin:collections_mgmt_deskday_export"
DAYS = f"on={MARCH}&compared={FEBRUARY}"


def overview(client: Client, query: str = DAYS) -> Any:
    answer = client.get(f"{reverse(PAGE)}?{query}")
    assert answer.status_code == 200
    return answer


def cards(answer: Any) -> dict[str, tuple[Any, Any]]:
    return {card.key: (card.number, card.before) for group in answer.context["groups"] for card in group.cards}


def listed(client: Client, query: str) -> list[str]:
    """Return the numbers of the loans on a list."""
    answer = client.get(f"{reverse(ROWS)}?{DAYS}&{query}")
    assert answer.status_code == 200
    columns = [str(column.title) for column in answer.context["listing"].table.columns]
    return [str(row[columns.index("loan")]).split(">")[1].split("<")[0] for row in answer.context["listing"].table.rows]


class TestOverview:
    def test_shows_each_figure_with_the_one_it_is_compared_with(self, book):
        found = cards(overview(as_role("SUPERVISOR")))

        # Chen's 11,079.84 and Eve's 12,000.00 of these, twice 10,145.88, and Fei's 12,000.00; in February 36,000.00 of
        # three loans and twice 11,079.84
        assert found["loans"] == (2, 3)
        assert found["par_1"] == (Decimal("0.4168"), Decimal("0.6190"))
        assert found["par_30"] == (Decimal("0.2167"), Decimal("0.0000"))
        assert found["par_90"] == (Decimal("0.0000"), Decimal("0.0000"))
        assert found["cure"] == (Decimal("0.6667"), None)
        assert found["self_cure"] == (Decimal("0.5000"), None)
        assert found["kept"] == (Decimal("1.0000"), None)
        assert found["blocked"] == (0, 0)
        assert found["hold_breaches"] == (0, 0)

    def test_says_in_words_what_cannot_be_told(self, book):
        answer = overview(as_role("SUPERVISOR"))
        text = answer.content.decode()

        found = cards(answer)
        assert (found["right_party"], found["cost"], found["complaints"]) == ((None, None),) * 3
        for words in ("No calls are recorded.", "No costs are recorded.", "Nobody was contacted."):
            assert words in text
        assert "How this is computed" in text

    def test_of_a_new_lender_says_when_there_will_be_something(self, rules):
        answer = as_role("SUPERVISOR").get(reverse(PAGE))

        assert "No day has been closed yet." in answer.content.decode()

    def test_of_a_day_that_is_no_day_is_that_of_the_latest(self, book):
        answer = overview(as_role("SUPERVISOR"), "on=yesterday&currency=CNY")

        assert answer.context["overview"].on == MARCH
        assert answer.context["form"].errors.keys() == {"on"}

    def test_of_a_product_leaves_the_others_out(self, book, rules):
        client = as_role("SUPERVISOR")

        assert cards(overview(client, f"{DAYS}&product=consumer"))["loans"] == (2, 3)
        assert cards(overview(client, f"{DAYS}&product=sme"))["loans"] == (0, None)
        assert cards(overview(client, f"{DAYS}&product=sme"))["par_1"] == (None, None)

    @pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
    def test_stands_in_every_language(self, book, language):
        client = as_role("SUPERVISOR")
        User.objects.filter(role="SUPERVISOR").update(language=language)

        text = overview(client).content.decode()

        assert {"en": "Roll rates", "zh-hans": "滚动率", "zh-hant": "滾動率"}[language] in text


class TestQueries:
    def counted(self, client: Client, query: str, name: str = PAGE) -> int:
        client.get(f"{reverse(name)}?{query}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{reverse(name)}?{query}").status_code == 200
        return len(queries)

    def test_are_as_many_for_any_number_of_rows(self, book):
        client = as_role("SUPERVISOR")
        of_page = self.counted(client, DAYS)
        of_moves = self.counted(client, f"{DAYS}&of=moves&before=BEHIND&after=CURED", ROWS)
        of_measure = self.counted(client, f"{DAYS}&of=collected", ROWS)
        LoanMove.objects.filter(loan__in=[book.eve, book.chen]).update(bucket_before="M1", bucket="CURRENT")
        for name in ("Gao", "Hu"):
            factories.pay(running_loan(factories.borrower(name), starts_on=MARCH), 100_00, MARCH)

        assert self.counted(client, f"{DAYS}&of=moves&before=BEHIND&after=CURED", ROWS) == of_moves
        assert self.counted(client, f"{DAYS}&of=collected", ROWS) == of_measure
        assert self.counted(client, DAYS) == of_page


class TestRows:
    def test_of_the_moves_of_the_month(self, book):
        client = as_role("SUPERVISOR")

        assert listed(client, "of=moves&before=BEHIND&after=CURED") == [book.amina.number, book.brook.number]
        assert listed(client, "of=moves&before=BEHIND&after=ALONE") == [book.brook.number]
        assert listed(client, "of=moves&before=M1&after=M2") == [book.eve.number]
        assert listed(client, "of=moves&before=M1&after=M2&product=sme") == []
        assert listed(client, "of=moves&before=M1&after=M2&team=early") == []

    def test_of_loans_that_are_behind_begin_with_the_furthest(self, book):
        client = as_role("SUPERVISOR")

        assert listed(client, "of=behind&since=1") == [book.eve.number, book.chen.number]
        assert listed(client, "of=behind&since=31") == [book.eve.number]
        assert listed(client, "of=behind&since=1&until=31") == [book.chen.number]
        assert listed(client, "of=behind&since=1&next=44~" + str(book.eve.pk)) == [book.chen.number]

    @pytest.mark.parametrize(("since", "behind"), [(1, ["amina", "brook", "eve"]), (31, [])])
    def test_of_a_past_day_are_the_loans_that_its_figures_count(self, book, since, behind):
        client = as_role("SUPERVISOR")
        day = f"on={FEBRUARY}&compared={date(2026, 1, 31)}"

        loans, par = cards(overview(client, day))["loans"], client.get(f"{reverse(PAGE)}?{day}").context["groups"][0]
        assert loans == (3, 0)
        assert [card.rows.startswith(reverse(ROWS)) for card in par.cards[:4]] == [True] * 4
        answer = client.get(f"{reverse(ROWS)}?{day}&of=behind&since={since}")
        found = [str(row[0]).split(">")[1].split("<")[0] for row in answer.context["listing"].table.rows]
        assert found == [getattr(book, name).number for name in behind]

    def test_of_a_past_day_are_those_that_have_ended_since_too(self, book):
        pay(book.eve, yuan(12_900), date(2026, 4, 2), kind="SETTLEMENT")
        close(date(2026, 4, 2))
        book.eve.refresh_from_db()
        assert book.eve.status == "SETTLED"

        client = as_role("SUPERVISOR")
        assert listed(client, "of=behind&since=1") == [book.chen.number, book.eve.number]
        assert listed(client, "of=behind&since=31&product=consumer") == [book.eve.number]
        assert listed(client, "of=behind&since=31&product=sme") == []

    def test_of_the_measures_are_what_was_counted(self, book):
        client = as_role("SUPERVISOR")

        assert listed(client, "of=promise&detail=KEPT") == [book.amina.number]
        assert listed(client, "of=collected") == [book.brook.number, book.amina.number]
        assert listed(client, "of=collected&next=nonsense") == [book.brook.number, book.amina.number]

    def test_of_nothing_that_is_counted_are_not_found(self, book, monkeypatch):
        client = as_role("SUPERVISOR")

        for of in ("", "anything"):
            assert client.get(f"{reverse(ROWS)}?{DAYS}&of={of}").status_code == 404
        monkeypatch.setitem(desk_sources._SOURCES, Measure.CALL, {})
        assert client.get(f"{reverse(ROWS)}?{DAYS}&of=call").status_code == 404


class TestWorkbook:
    def test_has_numbers_as_numbers_in_whole_currency(self, book):
        client = as_role("SUPERVISOR")

        answer = client.post(f"{reverse(EXPORT)}?{DAYS}")

        sheets = load_workbook(BytesIO(b"".join(answer.streaming_content)))
        assert sheets.sheetnames == [
            "Figures", "Buckets", "Roll rates", "What was done", "Teams and strategies", "How it is computed",
        ]  # fmt: skip
        figures = {row[0]: row[1:3] for row in sheets["Figures"].iter_rows(min_row=2, values_only=True)}
        assert figures["Portfolio at risk, 30 days"] == (0.2167, 0)
        assert figures["Loans past due"] == (2, 3)
        assert figures["Cost to collect"] == ("none", "none")
        worth = {row[:2]: row[2:] for row in sheets["Buckets"].iter_rows(min_row=2, values_only=True)}
        assert {key[1]: value for key, value in worth.items() if key[0].date() == MARCH and value[0]} == {
            "Current": (3, 32291.76),
            "M1": (1, 11079.84),
            "M2": (1, 12000),
        }
        (record,) = AuditRecord.objects.filter(action="collections.overview_exported")
        assert (record.subject_id, record.data["compared"]) == (str(MARCH), str(FEBRUARY))

    def test_holds_no_formula(self, book):
        FileWork.objects.filter(borrower=book.amina.borrower).update(team="=1+1", strategy="@SUM(A1)")
        DeskDay.objects.all().delete()
        write_desk_figures(through=MARCH, now=lender_now())

        answer = as_role("SUPERVISOR").post(f"{reverse(EXPORT)}?{DAYS}")

        sheets = load_workbook(BytesIO(b"".join(answer.streaming_content)))
        texts = [cell for row in sheets["Teams and strategies"].iter_rows() for cell in row]
        assert "'=1+1" in [cell.value for cell in texts]
        assert "f" not in {cell.data_type for sheet in sheets for row in sheet.iter_rows() for cell in row}


class TestPermissions:
    @pytest.mark.parametrize(
        ("role", "status"),
        [("COLLECTOR", 403), ("UNDERWRITER", 403), ("ACCOUNTANT", 200), ("SUPERVISOR", 200), ("ADMIN", 200)],
    )
    def test_are_of_supervisors_administrators_and_accountants(self, book, role, status):
        client = as_role(role)

        assert client.get(reverse(PAGE)).status_code == status
        assert client.get(f"{reverse(ROWS)}?of=behind").status_code == status

    def test_of_accountants_are_for_the_book_alone(self, book):
        client = as_role("ACCOUNTANT")

        assert set(cards(overview(client))) == {"loans", "par_1", "par_30", "par_90", "cure", "self_cure"}
        assert client.get(f"{reverse(ROWS)}?{DAYS}&of=promise").status_code == 403
        answer = client.post(f"{reverse(EXPORT)}?{DAYS}")
        sheets = load_workbook(BytesIO(b"".join(answer.streaming_content)))
        assert sheets.sheetnames == ["Figures", "Buckets", "Roll rates", "How it is computed"]

    def test_let_nobody_take_a_file_by_looking(self, book):
        answer = as_role("SUPERVISOR").get(f"{reverse(EXPORT)}?{DAYS}")

        assert answer.status_code == 302
        assert not AuditRecord.objects.filter(action="collections.overview_exported").exists()
        assert CloseRun.objects.count() == 4
