"""Series of the economy from files, shocks that two people enter, and what the bank and the bureau tell."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from collections_mgmt.models import (
    BureauWatch,
    EconomicIndicator,
    IncomeObservation,
    IndicatorValue,
    RevenueObservation,
    ShockEntry,
)
from collections_mgmt.selectors.economy import series_now
from collections_mgmt.services.economy import (
    COLUMNS,
    ShockRefused,
    ValuesFileRefused,
    ask_shock,
    end_shock,
    import_values,
    read_values,
)
from collections_mgmt.services.observe import (
    Income,
    ObservationRefused,
    Revenue,
    WatchNotAgreed,
    note_place,
    take_income,
    take_revenue,
)
from collections_mgmt.services.watch_bureau import watch_bureau
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.services.decide import OwnRequest, approve
from dashu.kernel.dates import LENDER_ZONE, lender_today
from dashu.policy import rules as policy
from dashu.users.models import Borrower, Identity, User
from dashu.users.selectors import number_index, phone_index
from loans.bureaus.base import BureauRefused, BureauUnavailable
from loans.domain.credit_files import CreditFile, Inquiry, LoanKind, OtherLoan, Purpose
from tests import factories
from tests.applicants import AMINAS_NUMBER
from tests.integration.collections_mgmt.warning_cases import agree, take_back

TODAY = date(2026, 5, 20)
NOW = datetime(2026, 5, 20, 2, tzinfo=LENDER_ZONE)
LINE = "jobs-44,Jobs in Guangdong,UNEMPLOYMENT,%,44,,Bureau of Statistics,2026-04-01,5.5"
HEAD = ",".join(COLUMNS)


def csv_of(*lines: str) -> bytes:
    return "\n".join([HEAD, *lines]).encode()


@pytest.fixture
def supervisor(rules) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


class TestReadValues:
    def test_reads_columns_in_any_order(self, rules):
        content = b"value,date,source,unit,kind,name,code\n5.5,2026-04-01,Bureau,%,UNEMPLOYMENT,Jobs,jobs\n"

        (row,) = read_values(content, file_name="a.csv", today=TODAY)

        assert (row.series["code"], row.series["region"], row.date, row.value) == (
            "jobs",
            "",
            date(2026, 4, 1),
            Decimal("5.5000"),
        )

    def test_reads_gb18030_and_xlsx(self, rules):
        line = LINE.replace("Jobs in Guangdong", "广东失业率")
        book = Workbook()
        book.active.append(list(COLUMNS))
        book.active.append([*line.split(",")[:-2], date(2026, 4, 1), 5.5])
        sheet = BytesIO()
        book.save(sheet)

        of_csv = read_values(f"{HEAD}\n{line}\n".encode("gb18030"), file_name="a.csv", today=TODAY)
        of_sheet = read_values(sheet.getvalue(), file_name="a.XLSX", today=TODAY)

        assert of_csv == of_sheet
        assert of_csv[0].series["name"] == "广东失业率"

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            (LINE.replace("5.5", "much"), "line 2, column value: a number with at most 4 decimals"),
            (LINE.replace("5.5", "5.55555"), "line 2, column value: a number with at most 4 decimals"),
            (
                LINE.replace("2026-04-01", "2026-05-21"),
                "line 2, column date: a day such as 2026-04-01, not after today",
            ),
            (LINE.replace("UNEMPLOYMENT", "WEATHER"), "line 2, column kind: one of"),
            (LINE.replace(",44,", ",99,"), "line 2, column region: no code of early_warning.places"),
            (LINE.replace("jobs-44", "jobs 44"), "line 2, column code: letters, digits, - and _ only"),
            (f"{LINE}\n{LINE}", "line 3, column date: as in line 2"),
        ],
    )
    def test_names_line_and_column(self, rules, line, problem):
        with pytest.raises(ValuesFileRefused) as refusal:
            read_values(csv_of(line), file_name="a.csv", today=TODAY)

        assert refusal.value.problems[0].startswith(problem)

    @pytest.mark.parametrize("content", [b"", HEAD.encode(), b"code,name\n1,2", b"\xff\xff\xff", b"x" * 1_000_001])
    def test_refuses_what_is_no_file_of_values(self, rules, content):
        with pytest.raises(ValuesFileRefused):
            read_values(content, file_name="a.csv", today=TODAY)

    def test_refuses_what_only_looks_like_a_workbook(self, rules):
        with pytest.raises(ValuesFileRefused):
            read_values(b"PK not", file_name="a.xlsx", today=TODAY)


class TestImportValues:
    def rows(self, value: str):
        return read_values(csv_of(LINE.replace("5.5", value)), file_name="a.csv", today=TODAY)

    def test_takes_over_once_and_knows_a_correction_from_its_day_on(self, supervisor):
        first = import_values(rows=self.rows("5.5"), today=TODAY - timedelta(days=2), user=supervisor)
        again = import_values(rows=self.rows("5.5"), today=TODAY, user=supervisor)
        assert (first.new, again.new, again.changed, again.unchanged) == (1, 0, 0, 1)
        assert IndicatorValue.objects.get().noted_on == TODAY - timedelta(days=2)

        corrected = import_values(rows=self.rows("5.7"), today=TODAY, user=supervisor)

        value = IndicatorValue.objects.get()
        assert (corrected.changed, value.value, value.noted_on) == (1, Decimal("5.7"), TODAY)

    def test_is_refused_to_others(self, rules, chidi):
        with pytest.raises(NotAuthorized):
            import_values(rows=self.rows("5.5"), today=TODAY, user=chidi)

        assert EconomicIndicator.objects.exists() is False

    def test_shows_what_counts_first(self, supervisor):
        calm = LINE.replace("jobs-44", "a-calm")
        lines = [
            LINE,
            LINE.replace("2026-04-01,5.5", "2025-04-01,4.5"),
            calm,
            calm.replace("2026-04-01", "2025-04-01"),
        ]
        rows = read_values(csv_of(*lines), file_name="a.csv", today=TODAY)
        import_values(rows=rows, today=TODAY, user=supervisor)

        found = series_now(
            EconomicIndicator.objects.visible_to(supervisor), on=TODAY, rules=policy.early_warning(TODAY)
        )

        assert [(each.indicator.code, each.is_bad) for each in found] == [("jobs-44", True), ("a-calm", False)]
        assert found[0].change.change == Decimal("1.0")


class TestShocks:
    def ask(self, user: User, **changed):
        today = lender_today()
        given = {
            "region": "44",
            "sector": "",
            "from_on": today,
            "to_on": today + timedelta(days=30),
            "what": "Flood",
            "reason": "News of the province",
            "today": today,
            "idempotency_key": "shock:1",
        }
        return ask_shock(**{**given, **changed}, user=user)

    def test_counts_once_another_person_has_approved_it(self, supervisor):
        asked = self.ask(supervisor)
        assert ShockEntry.objects.exists() is False
        with pytest.raises(OwnRequest):
            approve(request_id=asked.pk, user=supervisor, today=lender_today())

        approve(request_id=asked.pk, user=factories.staff("Ada", "ADMIN"), today=lender_today())

        shock = ShockEntry.objects.get()
        assert (shock.region, shock.reason, shock.noted_on) == ("44", "Flood", lender_today())

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"region": ""}, "region"),
            ({"region": "99"}, "region"),
            ({"to_on": date(2020, 1, 1)}, "to_on"),
            ({"from_on": date(2020, 1, 1)}, "to_on"),
            ({"what": " "}, "what"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, supervisor, changed, field):
        with pytest.raises(ShockRefused) as refusal:
            self.ask(supervisor, **changed)

        assert refusal.value.field == field

    def test_is_ended_once(self, supervisor):
        approve(request_id=self.ask(supervisor).pk, user=factories.staff("Ada", "ADMIN"), today=lender_today())
        shock = ShockEntry.objects.get()

        end_shock(shock_id=shock.pk, today=lender_today(), user=supervisor)
        end_shock(shock_id=shock.pk, today=lender_today() + timedelta(days=1), user=supervisor)

        shock.refresh_from_db()
        assert shock.to_on == lender_today()


class TestWhatTheBankTells:
    def income(self, borrower: Borrower, **changed) -> Income:
        given = {"credited_on": TODAY, "amount_minor": 8_000_00, "currency": "CNY", "reference": "R1"}
        return Income(borrower.number, **{**given, **changed})

    def test_is_kept_once(self, amina):
        agree(amina, "CASH_FLOW_WATCH")

        assert take_income(self.income(amina), source="bank", today=TODAY) is True
        assert take_income(self.income(amina), source="bank", today=TODAY) is False
        with pytest.raises(ObservationRefused):
            take_income(self.income(amina, amount_minor=1), source="bank", today=TODAY)

        assert IncomeObservation.objects.count() == 1

    @pytest.mark.parametrize(
        "changed", [{"amount_minor": 0}, {"credited_on": TODAY + timedelta(days=1)}, {"credited_on": date(1999, 1, 1)}]
    )
    def test_that_makes_no_sense_is_refused(self, amina, changed):
        agree(amina, "CASH_FLOW_WATCH")

        with pytest.raises(ObservationRefused):
            take_income(self.income(amina, **changed), source="bank", today=TODAY)

        assert IncomeObservation.objects.exists() is False

    def test_is_not_kept_without_consent_nor_once_it_was_taken_back(self, amina):
        with pytest.raises(WatchNotAgreed):
            take_income(self.income(amina), source="bank", today=TODAY)
        agree(amina, "CASH_FLOW_WATCH")
        take_back(amina, "CASH_FLOW_WATCH")
        with pytest.raises(WatchNotAgreed):
            take_revenue(Revenue(amina.number, date(2026, 4, 1), 1, "CNY"), source="bank", today=TODAY)

        assert (IncomeObservation.objects.exists(), RevenueObservation.objects.exists()) == (False, False)

    def test_comes_as_a_file_too(self, amina, tmp_path):
        agree(amina, "CASH_FLOW_WATCH")
        file = tmp_path / "incomes.csv"
        good = f"{amina.number},2026-04-20,8000.00,CNY,R1"
        file.write_text(f"borrower,credited_on,amount,currency,reference\n{good}\n{good}\nB0,2026-04-20,1.00,CNY,R2\n")
        told = StringIO()

        with pytest.raises(CommandError, match="1 lines were not taken over"):
            call_command("take_observations", "income", str(file), stdout=told)

        counts = json.loads(told.getvalue())
        assert (counts["new"], counts["known"]) == (1, 1)
        assert [(each["line"], each["code"]) for each in counts["problems"]] == [(4, "observation_refused")]

    def test_a_place_is_one_of_the_policy(self, amina):
        with pytest.raises(ObservationRefused):
            note_place(borrower_id=amina.pk, region="99", sector="", today=TODAY, actor="user:1")

        assert note_place(borrower_id=amina.pk, region="44", sector="H", today=TODAY, actor="user:1").region == "44"


class _Bureau:
    """Answers with a file, or refuses."""

    name = "test"

    def __init__(self, *, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[tuple[str, str]] = []

    def file_of(self, subject, *, request_id, consent) -> CreditFile:
        self.asked.append((str(request_id), consent))
        if self.error:
            raise self.error
        late = OtherLoan("A", LoanKind.CONSUMER, date(2025, 1, 1), 1, 1, days_past_due=40)
        inquiries = (
            Inquiry(date(2026, 5, 1), "A", Purpose.LOAN),
            Inquiry(date(2026, 5, 2), "A", Purpose.POST_LOAN),
            Inquiry(date(2025, 5, 2), "A", Purpose.LOAN),
        )
        return CreditFile(NOW, "ref", (late,), inquiries)


class TestWatchBureau:
    @pytest.fixture
    def known(self, amina, loan) -> Borrower:
        Identity.objects.create(
            borrower=amina,
            kind="CN_ID",
            name="Amina",
            number=AMINAS_NUMBER,
            number_index=number_index(AMINAS_NUMBER),
            phone="13800000000",
            phone_index=phone_index("13800000000"),
            recorded_at=NOW,
        )
        return amina

    def test_keeps_days_and_counts_and_no_names(self, known):
        agree(known, "CREDIT_WATCH")
        asked = _Bureau()

        assert watch_bureau(now=NOW, asking=asked) == 1

        look = BureauWatch.objects.get()
        assert (look.inquiry_days, look.worst_days, look.overdue_lenders) == ([date(2026, 5, 1)], 40, 1)
        assert look.answered_on == TODAY
        assert asked.asked == [(str(look.request_id), f"{known.number}:CREDIT_WATCH")]

    def test_asks_nobody_without_consent(self, known):
        asked = _Bureau()

        assert watch_bureau(now=NOW, asking=asked) == 0

        assert asked.asked == []
        assert BureauWatch.objects.exists() is False

    def test_asks_at_most_once_a_month(self, known):
        agree(known, "CREDIT_WATCH")
        asked = _Bureau()
        for day in (0, 1, 29, 30):
            watch_bureau(now=NOW + timedelta(days=day), asking=asked)

        assert len(asked.asked) == 2

    def test_tries_the_same_question_again_later_and_gives_up_in_the_end(self, known):
        agree(known, "CREDIT_WATCH")
        down = _Bureau(error=BureauUnavailable("down"))
        watch_bureau(now=NOW, asking=down)
        look = BureauWatch.objects.get()
        assert (look.attempts, look.next_at) == (1, NOW + timedelta(minutes=10))

        watch_bureau(now=NOW + timedelta(minutes=9), asking=down)
        assert len(down.asked) == 1
        for minutes in (10, 100, 300, 900):
            watch_bureau(now=NOW + timedelta(minutes=minutes), asking=down)

        look.refresh_from_db()
        assert {request for request, _consent in down.asked} == {str(look.request_id)}
        assert (len(down.asked), look.failure, look.worst_days) == (5, "credit_bureau_unavailable", None)

    def test_keeps_why_a_bureau_refuses(self, known):
        agree(known, "CREDIT_WATCH")

        watch_bureau(now=NOW, asking=_Bureau(error=BureauRefused("no")))

        assert BureauWatch.objects.get().failure == "credit_bureau_refused"

    def test_does_not_ask_once_the_consent_was_taken_back(self, known):
        agree(known, "CREDIT_WATCH")
        watch_bureau(now=NOW, asking=_Bureau(error=BureauUnavailable("down")))
        take_back(known, "CREDIT_WATCH")
        asked = _Bureau()

        watch_bureau(now=NOW + timedelta(minutes=10), asking=asked)

        assert asked.asked == []
        assert BureauWatch.objects.get().failure == "consent_withdrawn"

    def test_keeps_to_its_budget_of_a_night(self, known, monkeypatch):
        agree(known, "CREDIT_WATCH")
        rules = policy.early_warning(TODAY)
        none = replace(rules, bureau=replace(rules.bureau, questions=0))
        monkeypatch.setattr("collections_mgmt.services.watch_bureau.policy.early_warning", lambda _on: none)

        assert watch_bureau(now=NOW, asking=_Bureau()) == 0
