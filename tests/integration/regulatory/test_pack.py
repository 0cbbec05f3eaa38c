"""What the pack of a month holds, that it can be trusted, and when it is refused."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest

from collections_mgmt.models import (
    CloseRange,
    CloseRun,
    Complaint,
    LoanMonth,
    PortfolioDay,
    PortfolioMonth,
    RestructuringPlan,
)
from collections_mgmt.selectors.complaints_report import complaints_report
from dashu.audit.models import AuditRecord
from dashu.regulatory.months import MonthNotClosed, months_to_show
from dashu.regulatory.pack import take_pack
from tests.integration.collections_mgmt.relief_cases import plan_for
from tests.integration.regulatory.conftest import AT, MARCH, close_month
from tests.papers import text_of, workbook_of

pytestmark = pytest.mark.django_db
PAGE = "https://lender.example/admin/regulatory/"
CODES = ("01-all-in-rates", "02-cap-bands", "03-above-cap", "04-five-tiers", "05-restructured", "06-plans")


def taken(first: date = MARCH) -> bytes:
    file = io.BytesIO()
    take_pack(file, first=first, page=PAGE, actor="user:1")
    return file.getvalue()


def heads(pack: bytes, code: str) -> list[str]:
    return next(csv.reader(io.StringIO(parts(pack)[f"{code}.csv"].decode("utf-8-sig"))))


def parts(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def rows(pack: bytes, code: str) -> list[list[str]]:
    """The rows of a section below its heads."""
    return list(csv.reader(io.StringIO(parts(pack)[f"{code}.csv"].decode("utf-8-sig"))))[1:]


@pytest.fixture
def english(settings, march):
    """The pack of the rules that the tests run by, read in English."""
    from dashu.regulatory import pack

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pack.LANGUAGES, settings.LENDER_POLICY_PACK, "en")
        yield


class TestFiles:
    def test_are_told_in_the_manifest_with_their_digests(self, march):
        found = parts(taken())
        manifest = json.loads(found.pop("manifest.json"))

        assert {name: told["sha256"] for name, told in manifest["files"].items()} == {
            name: hashlib.sha256(content).hexdigest() for name, content in found.items()
        }
        assert len(found) == 2 * 11 + 1
        assert (manifest["month"], manifest["language"], len(manifest["closes"])) == ("2026-03", "zh-hans", 31)
        assert {close["times_closed"] for close in manifest["closes"]} == {1}

    def test_are_the_same_whenever_they_are_made(self, march):
        first = taken()
        close_month(date(2026, 4, 1))
        Complaint.objects.update(answered_at=AT + timedelta(days=40))

        assert taken() == first

    def test_say_the_same_as_workbook_and_as_csv(self, english):
        found = parts(taken())
        for name in [each for each in found if each.endswith(".xlsx")]:
            sheet = workbook_of(found[name]).active
            read = csv.reader(io.StringIO(found[name.replace(".xlsx", ".csv")].decode("utf-8-sig")))
            told = [[str(cell.value) for cell in line if cell.value is not None] for line in sheet.iter_rows(min_row=5)]
            assert len([line for line in told if line]) == len(list(read))

    @pytest.mark.parametrize(
        ("pack", "language", "title"), [("tw", "zh-hant", "監理報送"), ("cn", "zh-hans", "监管报送")]
    )
    def test_are_in_the_language_of_the_rules(self, march, settings, pack, language, title):
        settings.LENDER_POLICY_PACK = pack

        found = parts(taken())

        assert json.loads(found["manifest.json"])["language"] == language
        assert title in text_of(found["00-cover.pdf"])

    def test_cover_lists_the_digest_of_every_table(self, english):
        found = parts(taken())

        told = text_of(found["00-cover.pdf"])

        for name, content in found.items():
            if name.endswith((".csv", ".xlsx")):
                assert hashlib.sha256(content).hexdigest() in told
        assert "Regulatorypack" in told


class TestRates:
    def test_are_spread_over_bands_by_product(self, english):
        LoanMonth.objects.filter(month=MARCH, annual_rate=Decimal("0.18")).update(all_in_rate=Decimal("0.195618"))

        found = rows(taken(), "01-all-in-rates")

        assert [line[:6] for line in found] == [
            ["running at its end", "consumer", "CNY", "18.0000% – 21.0000%", "1", "12000.00"],
            ["running at its end", "consumer", "CNY", "not disclosed", "1", "12000.00"],
            ["made in the month", "consumer", "CNY", "not disclosed", "1", "12000.00"],
        ]
        assert found[0][6:] == ["19.5618%", "", "19.5618%", "19.5618%", "18.0000%"]
        assert found[1][6:] == ["", "", "", "", "12.0000%"]

    def test_are_held_against_the_cap_of_the_day_of_the_loan(self, english):
        late, _fine = LoanMonth.objects.filter(month=MARCH).order_by("loan_id").values_list("loan_id", flat=True)
        LoanMonth.objects.filter(month=MARCH, loan_id=late).update(all_in_rate=Decimal("0.240001"))

        bands, above = rows(taken(), "02-cap-bands"), rows(taken(), "03-above-cap")

        assert [line[1:6] for line in bands] == [
            ["24.0000%", "CNY", "0% – 50%", "contract rate", "1"],
            ["24.0000%", "CNY", "above the cap", "all-in rate", "1"],
        ]
        assert "24% a year" in bands[0][-1]
        assert [line[2:8] for line in above] == [
            ["2026-01-15", "24.0001%", "24.0000%", "0.0001%", "all-in rate", "CNY"]
        ]

    def test_at_the_cap_are_not_above_it(self, english):
        LoanMonth.objects.filter(month=MARCH).update(all_in_rate=Decimal("0.24"))

        assert rows(taken(), "03-above-cap") == []
        assert {line[3] for line in rows(taken(), "02-cap-bands")} == {"90% – 100%"}

    def test_without_a_cap_say_so(self, english, monkeypatch):
        from dashu.policy.selectors import PolicyRuleMissing
        from dashu.regulatory.sections import caps

        def missing(_day: date) -> None:
            raise PolicyRuleMissing("none")

        monkeypatch.setattr(caps, "rate_cap", missing)

        assert {line[3] for line in rows(taken(), "02-cap-bands")} == {"no cap is known for their day"}
        assert rows(taken(), "03-above-cap") == []


class TestFigures:
    def test_of_tiers_add_up_to_the_portfolio_of_the_last_day(self, english):
        found = rows(taken(), "04-five-tiers")

        kept = PortfolioDay.objects.filter(business_date=date(2026, 3, 31))
        assert sum(int(line[4]) for line in found) == sum(cell.loans for cell in kept) == 2
        assert sum(Decimal(line[5]) for line in found) * 100 == sum(cell.principal_minor for cell in kept)
        assert sum(Decimal(line[12]) for line in found) * 100 == sum(cell.provision_minor for cell in kept) > 0
        of_months = PortfolioMonth.objects.filter(month=MARCH, dimension="")
        assert sum(row.principal_minor for row in of_months) == sum(cell.principal_minor for cell in kept)

    def test_of_complaints_agree_with_the_report_of_the_back_office(self, english):
        (line,) = rows(taken(), "07-complaints")

        report = complaints_report(first=MARCH, today=date(2026, 3, 31))
        assert report.months[0][2] == 1
        assert line[0] == "How or how often I was contacted"
        assert [int(count) for count in line[2:8]] == [1, 0, 0, report.waiting - report.late, report.late, 0]

    def test_of_complaints_count_an_answer_in_time_and_what_they_came_from(self, english):
        Complaint.objects.update(
            answered_at=AT + timedelta(days=2), closed_at=AT + timedelta(days=3), root_cause="CONTACT"
        )

        (line,) = rows(taken(), "07-complaints")

        assert line[2:] == ["1", "1", "0", "0", "0", "0", "100.0000%"]
        assert line[1] not in ("", "not closed")

    def test_of_contacts_are_those_of_the_desk(self, english):
        found = rows(taken(), "08-contacts")

        told = {(what, detail): count for what, detail, count in found}
        assert told["Calls", "No answer"] == "1"
        assert told["Blocked contacts", "Text message"] == "1"
        assert told["Complaints", "How or how often I was contacted"] == "1"
        made = int(told["Contacts", ""])
        assert made >= 1
        assert Decimal(told["Complaints per 1,000 contacts", ""]) == (Decimal(1000) / made).quantize(Decimal("0.01"))
        assert ["Call by a person", "From us", "No answer", "1"] in rows(taken(), "09-attempts")
        assert ["Text message", "Contact refused", "1"] in rows(taken(), "10-guard-decisions")

    def test_of_relief_count_restructured_loans(self, english):
        assert rows(taken(), "05-restructured") == []
        LoanMonth.objects.filter(month=MARCH, annual_rate=Decimal("0.12")).update(is_restructured=True)

        assert [line[:6] for line in rows(taken(), "05-restructured")] == [
            ["consumer", "Current", "CNY", "1", "12000.00", "0.00"]
        ]

    def test_of_plans_count_every_break_within_the_month(self, english, march):
        march[0].borrower.phone = "13800000000"
        march[0].borrower.save()
        plan = plan_for(march[0], on=date(2026, 4, 2))
        breaks = [date(2026, 2, 27), date(2026, 3, 3), date(2026, 3, 27)]
        RestructuringPlan.objects.filter(pk=plan.pk).update(
            accepted_on=date(2026, 1, 20), broken_on=breaks[-1], breaks=3, breaks_on=breaks
        )

        (line,) = rows(taken(), "06-plans")

        assert line[1:4] == ["0", "2", "0"]

    def test_of_loans_made_in_the_month_count_those_repaid_within_it(self, english):
        LoanMonth.objects.filter(month=MARCH, annual_rate=Decimal("0.12")).update(status="SETTLED")

        found = rows(taken(), "01-all-in-rates")

        assert [(line[0], line[4]) for line in found] == [("running at its end", "1"), ("made in the month", "1")]
        assert all(len(set(heads(taken(), code))) == len(heads(taken(), code)) for code in CODES)  # no two alike


class TestRefusal:
    def test_names_the_dates_that_are_not_closed(self, march):
        CloseRun.objects.filter(business_date=date(2026, 3, 30)).update(status="RUNNING")
        file = io.BytesIO()

        with pytest.raises(MonthNotClosed) as refused:
            take_pack(file, first=MARCH, page=PAGE, actor="user:1")

        assert refused.value.details["missing"] == ["2026-03-30"]
        assert "2026-03-30" in refused.value.user_message
        assert file.getvalue() == b""
        assert AuditRecord.objects.filter(action="regulatory.pack_taken").count() == 0

    def test_of_a_month_in_which_loans_were_left_out(self, march):
        CloseRange.objects.filter(run__business_date=date(2026, 3, 31)).update(status="QUARANTINED")

        with pytest.raises(MonthNotClosed, match="left out"):
            taken()

    def test_of_a_month_without_a_snapshot(self, march):
        PortfolioMonth.objects.all().delete()

        with pytest.raises(MonthNotClosed, match="snapshot"):
            taken()

    def test_of_a_month_that_is_not_over(self, march):
        close_month(date(2026, 4, 1), with_last=False)

        with pytest.raises(MonthNotClosed):
            taken(date(2026, 4, 1))

    def test_of_a_month_before_the_book(self, march):
        with pytest.raises(MonthNotClosed):
            taken(date(2026, 1, 1))


class TestMonths:
    def test_are_shown_from_the_newest_that_is_over(self, march):
        close_month(date(2026, 4, 1), with_last=False)

        shown = {month.first: bool(month.reason) for month in months_to_show(today=date(2026, 5, 3))}
        assert shown == {date(2026, 4, 1): True, MARCH: False}
        assert [month.first for month in months_to_show(today=date(2026, 4, 20))] == [MARCH]

    def test_of_an_empty_book_are_none(self, rules):
        assert months_to_show(today=date(2026, 5, 3)) == []
