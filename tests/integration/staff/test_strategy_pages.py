"""The pages on strategies: a draft as a table without scripts, its simulation, its results, and who sees them."""

import pytest
from django.urls import reverse

from collections_mgmt import strategy_admin
from collections_mgmt.domain.strategy import Act, Row, Step
from collections_mgmt.models import CaseFile, StrategyAct, StrategyDraw, StrategyPlace, StrategyVersion
from dashu.approvals.models import ApprovalRequest
from tests import factories
from tests.integration.collections_mgmt.desk_cases import TODAY, late_person
from tests.integration.collections_mgmt.strategy_cases import DAY, PEACE, REMIND, drafted, follow, published
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.usefixtures("policy_packs")

LIST = "/admin/collections_mgmt/strategyversion/"


@pytest.fixture
def client():
    return as_role("SUPERVISOR")


@pytest.fixture
def draft():
    return drafted([REMIND, PEACE])


def address(version: StrategyVersion, page: str = "change") -> str:
    return f"{LIST}{version.pk}/{page}/"


def opened(client, version: StrategyVersion) -> dict[str, str]:
    """What the page would send if nothing was typed."""
    page = client.get(address(version, "edit"))
    sent = {name: str(value) for name, value in page.context["head"].initial.items()}
    sent["rows"] = str(len(page.context["rows"]))
    for form in page.context["rows"]:
        sent |= {form.add_prefix(name): str(form.initial.get(name, "")) for name in form.fields}
    return sent


class TestEditing:
    def test_shows_the_rows_and_saves_what_was_typed(self, client, draft):
        sent = {**opened(client, draft), "r0-to_days": "14", "r0-channel_1": "SMS", "share": "100", "note": "calmer"}

        answer = client.post(address(draft, "edit"), {**sent, "do": "save"})

        draft = StrategyVersion.objects.get(pk=draft.pk)
        assert answer.url == address(draft)
        assert draft.table() == [
            Row(to_days=14, steps=(Step(0, Act.MESSAGE, "SMS"), Step(3, Act.HELP), Step(4, Act.TASK))),
            PEACE,
        ]
        assert (draft.note, draft.role) == ("calmer", "CHAMPION")

    def test_saves_a_challenger_by_its_share_and_goes_on_to_the_simulation(self, client, draft):
        answer = client.post(address(draft, "edit"), {**opened(client, draft), "share": "25", "do": "simulate"})

        draft = StrategyVersion.objects.get(pk=draft.pk)
        assert answer.url == address(draft, "simulate")
        assert (draft.role, draft.share_bps) == ("CHALLENGER", 2_500)

    @pytest.mark.parametrize(
        ("do", "expected"),
        [
            ("add:1", ["30", "", ""]),
            ("copy:0", ["30", "30", ""]),
            ("down:0", ["", "30"]),
            ("up:1", ["", "30"]),
            ("delete:0", [""]),
            ("up:0", ["30", ""]),
            ("delete:9", ["30", ""]),
        ],
    )
    def test_adds_moves_and_deletes_rows_without_storing_anything(self, client, draft, do, expected):
        page = client.post(address(draft, "edit"), {**opened(client, draft), "do": do})

        assert [form["to_days"].value() or "" for form in page.context["rows"]] == expected
        assert StrategyVersion.objects.get(pk=draft.pk).table() == [REMIND, PEACE]

    def test_keeps_what_was_typed_while_rows_are_moved(self, client, draft):
        sent = {**opened(client, draft), "r0-to_days": "77", "r0-wait_2": "abc", "note": "half a thought"}

        page = client.post(address(draft, "edit"), {**sent, "do": "down:0"})

        moved = page.context["rows"][1]
        assert (moved["to_days"].value(), moved["wait_2"].value()) == ("77", "abc")
        assert page.context["head"]["note"].value() == "half a thought"

    def test_says_beside_the_field_what_is_wrong_and_keeps_the_input(self, client, draft):
        sent = {
            **opened(client, draft),
            "r0-to_days": "99",
            "r0-from_days": "100",
            "r1-care": "CARE",
            "r0-wait_2": "-1",
        }

        page = client.post(address(draft, "edit"), {**sent, "do": "save"})
        assert list(page.context["rows"][0].errors) == ["wait_2"]

        page = client.post(address(draft, "edit"), {**sent, "r0-wait_2": "2", "do": "save"})
        first, last = page.context["rows"]
        assert list(first.errors) == ["to_days"]
        assert last.non_field_errors() == ["The last row is for everybody else: leave its conditions open."]
        assert first["to_days"].value() == "99"
        assert StrategyVersion.objects.get(pk=draft.pk).table() == [REMIND, PEACE]

    def test_refuses_a_gap_between_steps(self, client, draft):
        page = client.post(address(draft, "edit"), {**opened(client, draft), "r0-act_2": "", "do": "save"})

        assert set(page.context["rows"][0].errors) == {"act_2", "act_3"}

    def test_is_closed_for_what_is_in_use(self, client):
        version = published([PEACE])

        assert client.get(address(version, "edit")).url == address(version)


class TestTheWay:
    def test_leads_from_a_beginning_to_another_person(self, client):
        begun = client.post(f"{LIST}begin/", {"name": "Early", "code": "early", "product": ""})
        version = StrategyVersion.objects.get()
        assert begun.url == address(version, "edit")

        page = client.get(address(version, "ask"))
        client.post(address(version, "ask"), {"reason": "first", "key": page.context["form"].initial["key"]})

        version.refresh_from_db()
        assert version.status == "SUBMITTED"
        request = ApprovalRequest.objects.get()
        shown = as_role("ADMIN").get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
        assert "Leave in peace" in shown.content.decode()

    def test_begins_a_new_draft_from_what_is_in_use(self, client):
        version = published([REMIND, PEACE])

        answer = client.post(address(version, "again"))

        again = StrategyVersion.objects.get(number=2)
        assert (answer.url, again.table()) == (address(again, "edit"), [REMIND, PEACE])

    def test_stops_by_one_press_with_a_reason(self, client):
        version = published([REMIND, PEACE])

        assert client.post(address(version, "stop"), {"reason": ""}).status_code == 200
        client.post(address(version, "stop"), {"reason": "too many calls"})

        version.refresh_from_db()
        assert (version.status, version.end_reason) == ("RETIRED", "too many calls")


class TestReports:
    def test_the_simulation_says_what_would_differ_and_writes_nothing(self, client, monkeypatch):
        monkeypatch.setattr(strategy_admin, "lender_today", lambda: TODAY + DAY)
        champion = published([PEACE])
        file = late_person("Amina")
        file.__class__.objects.update(opened_on=TODAY.replace(day=1))
        version = drafted([REMIND, PEACE], source=champion)

        page = client.get(address(version, "simulate"))

        figures = {str(figure.title): figure for figure in page.context["figures"]}
        assert figures["files"].value == 1
        assert figures["files with which it differs"].value == 1
        assert file.number in page.content.decode()
        assert (StrategyPlace.objects.exists(), StrategyAct.objects.exists()) == (False, False)

    def test_a_comparison_marks_the_rows_that_differ(self, client):
        champion = published([REMIND, PEACE])
        version = drafted([Row(to_days=9, steps=REMIND.steps), PEACE], source=champion)

        (table,) = client.get(address(version, "compare")).context["tables"]

        assert list(table.tones) == ["changed", "quiet"]

    def test_results_say_when_too_little_is_known(self, client):
        champion = published([REMIND, PEACE])
        late_person("Amina")
        version = published([PEACE], share_bps=5_000, source=champion)
        follow()
        assert StrategyDraw.objects.count() == 1

        page = client.get(address(version, "results"))

        assert "too few people yet" in page.content.decode()
        assert "Both sides beside each other" not in page.content.decode()
        assert client.get(address(champion, "results")).status_code == 200

    def test_results_are_drawn_beside_their_table(self, client, monkeypatch):
        champion = published([REMIND, PEACE])
        files = [late_person(f"P{number}") for number in range(12)]
        version = published([PEACE], share_bps=5_000, source=champion)
        follow()
        monkeypatch.setattr(strategy_admin, "lender_today", lambda: TODAY + 60 * DAY)
        StrategyDraw.objects.filter(file__in=files[:6]).update(is_challenger=True)
        StrategyDraw.objects.filter(file__in=files[6:]).update(is_challenger=False)
        CaseFile.objects.filter(pk__in=[file.pk for file in files[:3]]).update(
            state="CLOSED", closed_on=TODAY + 5 * DAY
        )

        page = client.get(address(version, "results"))

        (name, (mine, theirs)) = page.context["chart"].drawn[0]
        assert str(name) == "free of arrears within the window"
        assert (mine.words, theirs.words) == ("50.0% (18.8%–81.2%)", "0.0% (0.0%–39.0%)")
        assert (mine.start, mine.width, mine.mark) == (208, 695, 556)  # of a scale that ends at 90%
        assert page.content.decode().count("intervals__range") == 6
        assert "50.0% (18.8%–81.2%) · 3 of 6" in page.content.decode()


class TestTheFile:
    def test_says_why_this_step_and_what_comes_next(self, client):
        published([REMIND, PEACE])
        file = late_person("Amina")
        follow()

        page = client.get(f"/admin/collections_mgmt/casefile/{file.pk}/change/").content.decode()

        assert "Next, on March 24, 2026: Offer help after 3 days." in page
        assert "0–30 days past due" in page
        assert "Early v1, row 1, step 1" in page

    def test_says_nothing_where_no_strategy_is_followed(self, client):
        file = late_person("Amina")

        page = client.get(f"/admin/collections_mgmt/casefile/{file.pk}/change/").content.decode()

        assert "What the strategy does by itself" not in page


class TestWhoSeesThem:
    def test_are_those_who_lead_the_desk(self, draft):
        names = ("change", "edit", "simulate", "compare", "results", "ask", "stop")
        pages = [LIST, *(address(draft, name) for name in names)]
        for role, status in (("SUPERVISOR", 200), ("ADMIN", 200), ("COLLECTOR", 403), ("UNDERWRITER", 403)):
            client = as_role(role)
            assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, status), role

    def test_a_collector_changes_nothing(self, draft):
        client = as_role("COLLECTOR")

        for page in ("edit", "ask", "stop", "again"):
            assert client.post(address(draft, page), {"reason": "x"}).status_code == 403

        assert StrategyVersion.objects.get().status == "DRAFT"
        assert factories.staff("Nobody").has_perm("collections_mgmt.write_strategyversion") is False
