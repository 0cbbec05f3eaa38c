"""The effect of relief as staff read it: both sides, what is not ripe yet, the people behind a figure, the workbook."""

import io
from datetime import date, timedelta

import pytest
from django.test import Client
from openpyxl import load_workbook

from collections_mgmt.models import OfferSet, ReliefCampaign
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import add_months, lender_today
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.relief_cases import noon
from tests.integration.collections_mgmt.test_relief_evidence import behind, campaign, drawn
from tests.integration.staff.conftest import as_role
from tests.integration.staff.test_file_pages import signed_in

pytestmark = pytest.mark.django_db

PAGE = "/admin/collections_mgmt/campaignmember/"


@pytest.fixture
def sun(rules: None) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def desk(sun: User) -> Client:
    return signed_in(sun)


@pytest.fixture
def spring(sun: User) -> ReliefCampaign:
    return campaign(sun, "Spring")


def seven_months_ago() -> date:
    return add_months(lender_today(), -7)


def text(client: Client, query: str = "") -> str:
    answer = client.get(PAGE + query)
    assert answer.status_code == 200
    found: str = answer.content.decode()
    return found


def row(answer, title: str, name: str) -> list[str]:
    (table,) = (table for table in answer.context["tables"] if str(table.title) == title)
    (found,) = (row for row in table.rows if name in str(row[0]))
    return [str(value) for value in found]


class TestThePage:
    def test_says_that_nobody_was_drawn_yet(self, desk):
        page = text(desk)

        assert "Effect of relief" in page
        assert "nobody was drawn yet" in page

    def test_says_what_a_figure_still_waits_for(self, desk, spring):
        drawn(spring, "Amina", is_offered=True, on=add_months(lender_today(), -2))

        answer = desk.get(PAGE)

        assert "needs 6 months; passed so far: 2" in row(answer, "What became of them", "nothing overdue")[1]
        assert (
            "needs 12 months; passed so far: 2"
            in row(answer, "What became of them", "90 days behind within 12 months")[1]
        )
        assert answer.context["chart"] is None

    def test_shows_both_sides_with_their_ranges_and_says_when_there_are_few(self, desk, spring):
        on = seven_months_ago()
        drawn(spring, "Amina", is_offered=True, on=on)
        behind(drawn(spring, "Brook", is_offered=False, on=on), 45, on + timedelta(days=30))

        answer = desk.get(PAGE)
        _name, says, offered, alone, gap = row(answer, "What became of them", "never more than 30 days")

        assert "100.0% (20.7%–100.0%) · 1 of 1" in offered
        assert "0.0% (0.0%–79.3%) · 0 of 1" in alone
        assert gap == "+100.0 (-12.2 … +100.0)"
        assert "too few people yet" in says
        assert "intervals__range" in answer.content.decode()

    def test_says_how_many_of_those_left_alone_were_offered_relief_otherwise(self, desk, spring):
        on = seven_months_ago()
        loan = drawn(spring, "Amina", is_offered=False, on=on)
        OfferSet.objects.create(
            borrower=loan.borrower, source="STAFF", made_at=noon(on), made_on=on, last_day=on, quoted_on=on
        )

        (figure,) = (one for one in desk.get(PAGE).context["figures"] if "otherwise" in str(one.title))

        assert figure.value == 1

    def test_shows_one_campaign_alone(self, desk, spring, sun):
        other = campaign(sun, "Autumn")
        drawn(spring, "Amina", is_offered=True, on=seven_months_ago())
        drawn(other, "Brook", is_offered=True, on=seven_months_ago())

        one = desk.get(f"{PAGE}?campaign={spring.pk}")

        assert one.context["figures"][0].value == 1
        assert desk.get(PAGE).context["figures"][0].value == 2
        assert f"campaign={spring.pk}" in one.content.decode()
        assert desk.get(f"{PAGE}?campaign=999999").status_code == 404

    def test_is_led_to_from_a_campaign_that_left_somebody_alone(self, desk, spring, sun):
        whole = campaign(sun, "For all", holdout_bps=0)

        pages = [
            desk.get(f"/admin/collections_mgmt/reliefcampaign/{one.pk}/change/").content.decode()
            for one in (spring, whole)
        ]

        assert f'href="{PAGE}?campaign={spring.pk}"' in pages[0]
        assert f"{PAGE}?campaign=" not in pages[1]

    def test_shows_causes_against_outcomes_below(self, desk, spring):
        drawn(spring, "Amina", is_offered=True, on=seven_months_ago(), cause="INCOME")

        answer = desk.get(PAGE)

        assert row(answer, "Arrears avoided, by cause", "My income fell")[1].endswith("1 of 1")
        assert row(answer, "Causes and what became of them", "My income fell")[1] == "1"

    def test_is_closed_to_whoever_works_on_files_one_by_one(self, rules):
        collector = as_role("COLLECTOR")

        assert collector.get(PAGE).status_code == 403
        assert collector.get(f"{PAGE}rows/?measure=AVOIDED&side=offered").status_code == 403
        assert collector.post(f"{PAGE}export/").status_code == 403


class TestThePeopleBehindAFigure:
    def test_are_opened_from_it(self, desk, spring):
        on = seven_months_ago()
        behind(drawn(spring, "Amina", is_offered=True, on=on), 45, on + timedelta(days=30))
        drawn(spring, "Brook", is_offered=False, on=on)
        address = f"{PAGE}rows/?measure=AVOIDED&amp;side=offered&amp;campaign={spring.pk}"
        assert address in text(desk, f"?campaign={spring.pk}")

        answer = desk.get(address.replace("&amp;", "&"))
        (table,) = answer.context["tables"]

        (line,) = ([str(value) for value in line] for line in table.rows)
        assert (line[1], line[3:]) == ("Spring", ["no", "45", "no"])

    @pytest.mark.parametrize("query", ["", "?measure=ALL&side=offered", "?measure=AVOIDED&side=both"])
    def test_are_nobody_of_a_figure_that_there_is_not(self, desk, query):
        assert desk.get(f"{PAGE}rows/{query}").status_code == 404


class TestTheWorkbook:
    def test_has_every_campaign_as_numbers_and_leaves_a_trace(self, desk, spring, sun):
        on = seven_months_ago()
        drawn(spring, "Amina", is_offered=True, on=on)
        alone = drawn(spring, "Brook", is_offered=False, on=on)
        behind(alone, 45, on + timedelta(days=30))
        OfferSet.objects.create(
            borrower=alone.borrower, source="STAFF", made_at=noon(on), made_on=on, last_day=on, quoted_on=on
        )

        answer = desk.post(f"{PAGE}export/")
        book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))

        assert book.sheetnames == ["What became of them", "What came back"]
        rows = list(book["What became of them"].iter_rows(values_only=True))
        (avoided,) = (row for row in rows if row[0] == "all campaigns" and row[1].startswith("never more"))
        assert avoided[2:6] == (6, 1, 1, 1)
        assert avoided[9:12] == (1, 0, 0)
        assert (rows[0][8], rows[0][14]) == ("Made an offer: helped otherwise", "Left alone: helped otherwise")
        assert (avoided[8], avoided[14]) == (0, 1)
        assert (avoided[15], avoided[-1]) == (1, "too few people yet")
        assert {row[0] for row in rows[1:]} == {"all campaigns", f"Spring ({spring.reference})"}
        paid = list(book["What came back"].iter_rows(values_only=True))
        assert paid[1] == ("all campaigns", 6, 0, 0, 0, 0, 0)
        noted = AuditRecord.objects.get(action="collections.relief_evidence_exported")
        assert noted.actor == f"user:{sun.pk}"

    def test_is_sent_by_post_alone(self, desk):
        assert desk.get(f"{PAGE}export/").status_code == 405
        assert AuditRecord.objects.filter(action="collections.relief_evidence_exported").exists() is False
