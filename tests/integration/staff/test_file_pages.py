"""The collections desk: one file after the other for whoever works there, everything for whoever leads it."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from collections_mgmt.desk import steering
from collections_mgmt.models import CaseFile, CollectionCase, CollectorProfile, SavedFilter, Team
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.files_sql import register_care
from collections_mgmt.services.steer_files import token_of
from dashu.kernel.dates import lender_now, lender_today
from dashu.messaging.models import OutboxMessage
from dashu.users.models import User
from tests import factories

DESK = "/admin/collections_mgmt/casefile/"


def signed_in(user: User) -> Client:
    user.language = "en"
    user.save()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def early(policy_packs) -> Team:
    return Team.objects.create(code="early", name="Early")


@pytest.fixture
def chidi(early) -> User:
    user = factories.staff("Chidi")
    CollectorProfile.objects.create(user=user, team=early, languages=["zh-hans", "en"])
    return user


@pytest.fixture
def sun(policy_packs) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


def late_people(*names: str) -> list[CaseFile]:
    today = lender_today()
    for place, name in enumerate(names):
        owner = factories.borrower(name, phone="13812345678")
        factories.running_loan(owner, starts_on=today - timedelta(days=50), principal=(9 - place) * 10_000_00)
    close_date(business_date=today - timedelta(days=1), today=today)
    CaseFile.objects.update(collector=None)
    return list(CaseFile.objects.order_by("-priority"))


def taken(client: Client) -> CaseFile:
    client.post(f"{DESK}next/")
    return CaseFile.objects.get(state="HELD")


def write_messages(file: CaseFile, count: int) -> None:
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            dedupe_key=f"k{place}", borrower=file.borrower, template="x", language="en", subject=f"No. {place}"
        )
        for place in range(count)
    )


class TestOwnDesk:
    def test_gives_the_next_file_and_lists_only_what_is_held_or_waits(self, chidi):
        first, second = late_people("Amina", "Brook")
        client = signed_in(chidi)
        assert first.number not in client.get(DESK).content.decode()

        answer = client.post(f"{DESK}next/")

        assert answer.url == f"{DESK}{first.pk}/change/"
        page = client.get(DESK).content.decode()
        assert first.number in page
        assert second.number not in page
        assert client.get(f"{DESK}{second.pk}/change/").status_code == 404

    def test_says_when_nothing_waits(self, chidi):
        page = signed_in(chidi).post(f"{DESK}next/", follow=True).content.decode()

        assert "No file waits for you now." in page

    def test_polls_its_figures(self, chidi):
        late_people("Amina")
        client = signed_in(chidi)
        assert f'hx-get="{DESK}counts/"' in client.get(DESK).content.decode()

        assert "Ready for you" in client.get(f"{DESK}counts/").content.decode()

    def test_takes_up_the_file_of_somebody_who_calls(self, chidi, sun):
        _first, second = late_people("Amina", "Brook")
        client, number = signed_in(chidi), second.borrower.loans.get().number
        assert f'action="{DESK}caller/"' in client.get(DESK).content.decode()

        answer = client.post(f"{DESK}caller/", {"number": number, "words": "asks for a statement"})

        assert answer.url == f"{DESK}{second.pk}/change/"
        assert CaseFile.objects.get(state="HELD") == second
        tables = signed_in(sun).get(f"{DESK}rebalance/").context
        assert [row[1:2] + row[4:] for row in tables["callers"].rows] == [
            ["Chidi", '<span class="staff-wrap">asks for a statement</span>']
        ]
        assert [row[6] for row in tables["people"].rows] == [1]

    def test_finds_no_caller_by_half_a_number_and_keeps_what_was_typed(self, chidi):
        late_people("Amina")

        page = signed_in(chidi).post(f"{DESK}caller/", {"number": "5678", "words": "asks"})

        assert page.context["form"].errors.keys() == {"number"}
        assert 'value="5678"' in page.content.decode()
        assert not CaseFile.objects.filter(state="HELD").exists()

    @pytest.mark.parametrize("role", ["UNDERWRITER", "ACCOUNTANT"])
    def test_answers_no_calls_for_others(self, role, policy_packs):
        told = {"number": "13812345678", "words": "asks"}

        assert signed_in(factories.staff("Una", role)).post(f"{DESK}caller/", told).status_code == 403

    @pytest.mark.parametrize("role", ["UNDERWRITER", "ACCOUNTANT"])
    def test_is_closed_to_others(self, role, policy_packs):
        client = signed_in(factories.staff("Una", role))

        assert [client.get(address).status_code for address in (DESK, f"{DESK}counts/")] == [403, 403]


class TestFile:
    def test_shows_the_person_masked_and_no_phone(self, chidi):
        late_people("Amina")
        client = signed_in(chidi)
        file = taken(client)

        answer = client.get(f"{DESK}{file.pk}/change/")

        page = answer.content.decode()
        assert "Amina" not in page
        assert "13812345678" not in page
        assert file.borrower.number in page
        assert answer.context["step"]["name"] == "Ask how they are"
        assert answer.context["step"]["reasons"] == [f"{file.days} days past due"]

    def test_says_first_what_runs_and_where_it_is_answered(self, chidi):
        late_people("Amina")
        client = signed_in(chidi)
        file = taken(client)
        loan = file.borrower.loans.get()
        asked = ask_for_help(
            borrower_id=file.borrower_id,
            loan_ids=[loan.pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=500_00,
            words="x",
            now=lender_now(),
            actor="x",
        )
        CaseFile.objects.update(facts=["HELP_ASKED", "HOLD"])

        page = client.get(f"{DESK}{file.pk}/change/").content.decode()

        address = f"/admin/collections_mgmt/hardshiprequest/{asked.pk}/change/"
        assert page.index("Has asked for help") < page.index("Suggested next step")
        assert f'href="{address}">Answer the request for help <kbd>A</kbd></a>' in page
        assert "500.00" in page

    def test_takes_as_many_queries_for_a_long_past_as_for_a_short_one(self, chidi):
        late_people("Amina")
        client = signed_in(chidi)
        file = taken(client)
        loan = file.borrower.loans.get()
        factories.pay(loan, 1_00, lender_today())
        address = f"{DESK}{file.pk}/change/"

        def queries() -> int:
            with CaptureQueriesContext(connection) as asked:
                assert client.get(address).status_code == 200
            return len(asked)

        queries()  # what is read once a process
        short = queries()
        write_messages(file, 80)
        for number in range(2, 5):
            factories.pay(loan, number, lender_today())
        factories.running_loan(file.borrower)

        assert queries() <= short

    def test_pages_through_the_past_without_a_line_lost_or_twice(self, chidi):
        late_people("Amina")
        client = signed_in(chidi)
        file = taken(client)
        write_messages(file, 70)
        address, shown = f"{DESK}{file.pk}/change/?kind=message", []

        while address:
            answer = client.get(address)
            shown += [row[3] for row in answer.context["lines"].rows]
            following = answer.context["following"]
            address = following and f"{DESK}{file.pk}/change/?kind=message&after={following.replace('+', '%2B')}"

        assert len(shown) == len(set(shown)) == 70

    def test_nothing_to_do_is_one_press_and_the_file_comes_back_by_itself(self, chidi):
        late_people("Amina")
        client = signed_in(chidi)
        file = taken(client)

        told = {"why": "LOOKED", "until": "", "words": "", "suggested": "ASK_AFTER"}
        answer = client.post(f"{DESK}{file.pk}/put-off/", told)

        file.refresh_from_db()
        assert answer.url == DESK
        assert (file.state, file.waits_for) == ("WAITING", "LOOKED")

    def test_a_promise_a_hold_a_note_and_giving_back_are_kept(self, chidi):
        late_people("Amina")
        client = signed_in(chidi)
        file = taken(client)
        address, loan = f"{DESK}{file.pk}", file.borrower.loans.get()

        client.post(f"{address}/note/", {"words": "Works nights."})
        shaming = client.post(f"{address}/note/", {"words": "A loser."})
        due_on = lender_today() + timedelta(days=3)
        client.post(
            f"{address}/promise/", {"loan": loan.pk, "amount": "2000", "due_on": due_on.isoformat(), "words": ""}
        )

        file.refresh_from_db()
        assert shaming.context["form"].errors.keys() == {"words"}
        assert [event.words for event in file.events.filter(kind="NOTE")] == ["Works nights."]
        assert (file.state, file.waits_for, loan.promises.get().amount_minor) == ("WAITING", "PROMISE", 2_000_00)
        CaseFile.objects.update(state="READY", waits_for="", next_action_at=None)
        client.post(f"{DESK}next/")
        client.post(f"{address}/hold/", {"loan": loan.pk, "kind": "DISPUTE", "ends_on": "", "words": "Bank error."})
        file.refresh_from_db()
        assert (file.waits_for, loan.holds.get().kind) == ("HOLD", "DISPUTE")
        CaseFile.objects.update(state="READY", waits_for="", next_action_at=None)
        client.post(f"{DESK}next/")
        client.post(f"{address}/give-back/", {"words": "I know them."})
        file.refresh_from_db()
        assert (file.state, file.passed_by_id) == ("READY", chidi.pk)

    def test_asks_about_the_loan_that_is_behind_first(self, chidi):
        late_people("Amina")
        client = signed_in(chidi)
        file = taken(client)
        late = file.borrower.loans.get()
        in_time = factories.running_loan(file.borrower, starts_on=lender_today())

        for act in ("promise", "hold"):
            asked = client.get(f"{DESK}{file.pk}/{act}/").context["form"].fields["loan"].choices
            assert [loan for loan, _name in asked] == [late.pk, in_time.pk]

    def test_renews_while_it_is_open_and_says_when_it_is_lost(self, chidi):
        late_people("Amina")
        client = signed_in(chidi)
        file = taken(client)

        assert "In your hands until" in client.post(f"{DESK}{file.pk}/renew/").content.decode()
        CaseFile.objects.update(state="READY", holder=None, held_until=None)
        assert "no longer in your hands" in client.post(f"{DESK}{file.pk}/renew/").content.decode()

    def test_needs_special_care_for_reasons_of_other_parts_too(self, early):
        (file,) = late_people("Amina")
        register_care("test", f"SELECT {file.borrower_id}::bigint")
        try:
            close_date(business_date=lender_today(), today=lender_today() + timedelta(days=1))
        finally:
            register_care("test", "SELECT 0::bigint")

        file.refresh_from_db()
        assert (file.is_care, file.skills, file.team) == (True, ["vulnerable"], None)


class TestLeading:
    def test_sees_all_and_filters_and_keeps_a_view(self, early, sun):
        first, second = late_people("Amina", "Brook")
        CaseFile.objects.filter(pk=second.pk).update(review_due_on=date(2026, 1, 1))
        client = signed_in(sun)

        everything, late = (client.get(f"{DESK}{query}").content.decode() for query in ("", "?clock=review"))
        client.post(f"{DESK}save-filter/", {"name": "Late looks", "query": "clock=review"})

        assert first.number in everything
        assert first.number not in late
        assert second.number in late
        assert SavedFilter.objects.get().query == "clock=review"
        assert "Late looks" in client.get(DESK).content.decode()

    def test_shows_which_files_before_it_gives_them(self, chidi, sun):
        files = late_people("Amina", "Brook")
        client = signed_in(sun)
        ids = [file.pk for file in files]

        page = client.post(DESK, {"action": "give_many", "_selected_action": ids}).content.decode()
        assert all(file.number in page for file in files)
        assert CaseFile.objects.filter(collector=None).count() == 2

        client.post(f"{DESK}many/give/", {"file": ids, "to_user": chidi.pk, "token": token_of(ids)})
        assert CaseFile.objects.filter(collector=chidi).count() == 2

    @pytest.mark.parametrize("act", ["give", "move", "put-off", "call-back"])
    def test_does_nothing_with_many_files_of_which_one_has_changed_since(self, early, chidi, sun, act):
        files = late_people("Amina", "Brook")
        other = Team.objects.create(code="other", name="Other")
        client, day = signed_in(sun), (lender_today() + timedelta(days=3)).isoformat()
        asked = client.post(
            DESK, {"action": f"{act.replace('-', '_')}_many", "_selected_action": [f.pk for f in files]}
        )
        given = {"file": asked.context["ids"], "token": asked.context["token"], "to_user": chidi.pk, "team": other.pk}
        CaseFile.objects.filter(pk=files[0].pk).update(state="WAITING", waits_for="ANSWER", next_action_at=lender_now())
        before = list(CaseFile.objects.order_by("pk").values())

        page = client.post(f"{DESK}many/{act}/", {**given, "until": day, "words": "Holidays."})

        assert "Some of these files have changed meanwhile" in page.content.decode()
        assert list(CaseFile.objects.order_by("pk").values()) == before
        client.post(f"{DESK}many/{act}/", {**given, "until": day, "words": "x", "token": page.context["token"]})
        assert list(CaseFile.objects.order_by("pk").values()) != before

    def test_says_how_many_stayed_as_they_were(self, chidi, sun):
        files = late_people("Amina", "Brook")
        CaseFile.objects.filter(pk=files[0].pk).update(collector=chidi)
        ids = [file.pk for file in files]

        page = signed_in(sun).post(
            f"{DESK}many/give/", {"file": ids, "to_user": chidi.pk, "token": token_of(ids)}, follow=True
        )

        assert "1 file changed." in page.content.decode()
        assert "1 file stayed as it was" in page.content.decode()

    def test_refuses_more_files_than_one_act_takes(self, chidi, sun, monkeypatch):
        monkeypatch.setattr(steering, "MOST", 1)
        ids = [file.pk for file in late_people("Amina", "Brook")]

        page = signed_in(sun).post(
            DESK, {"action": "give_many", "_selected_action": ids, "select_across": "1"}, follow=True
        )

        assert "These are more than 1 files" in page.content.decode()

    def test_puts_off_moves_and_calls_back(self, early, sun):
        ids = [file.pk for file in late_people("Amina", "Brook")]
        other = Team.objects.create(code="other", name="Other")
        client = signed_in(sun)
        until = (lender_today() + timedelta(days=3)).isoformat()

        told = {"file": ids, "until": until, "words": "Holidays.", "token": token_of(ids)}
        client.post(f"{DESK}many/put-off/", told)
        assert CaseFile.objects.filter(state="WAITING").count() == 2
        client.post(f"{DESK}many/call-back/", {"file": ids, "token": token_of(ids)})
        client.post(f"{DESK}many/move/", {"file": ids, "team": other.pk, "token": token_of(ids)})
        assert CaseFile.objects.filter(state="READY", team=other).count() == 2

    def test_rebalances_after_a_preview(self, chidi, early, sun):
        late_people("Amina", "Brook")
        CaseFile.objects.update(collector=chidi)
        ben = factories.staff("Ben")
        CollectorProfile.objects.create(user=ben, team=early, languages=["zh-hans"])
        client = signed_in(sun)
        wanted = {"from_user": chidi.pk, "most": "1", "to_pool": ""}

        shown = client.post(f"{DESK}rebalance/", {**wanted, "step": "preview"})
        assert CaseFile.objects.filter(collector=ben).count() == 0
        client.post(f"{DESK}rebalance/", {**wanted, "step": "confirm", "token": shown.context["plan"].token})

        assert CaseFile.objects.filter(collector=ben).count() == 1

    def test_shares_out_on_demand(self, chidi, sun):
        late_people("Amina", "Brook")

        signed_in(sun).post(f"{DESK}share-out/")

        assert CaseFile.objects.filter(collector=chidi).count() == 2

    def test_is_closed_to_whoever_works_there(self, chidi):
        ids = [file.pk for file in late_people("Amina")]
        client = signed_in(chidi)

        answers = [
            client.get(f"{DESK}rebalance/"),
            client.post(f"{DESK}share-out/"),
            client.post(f"{DESK}many/give/", {"file": ids, "to_user": chidi.pk}),
            client.post(f"{DESK}save-filter/", {"name": "x", "query": "y"}),
        ]

        assert [answer.status_code for answer in answers] == [403] * 4
        assert CaseFile.objects.filter(collector=chidi).exists() is False

    def test_opens_the_pages_of_people_and_teams(self, chidi, sun):
        client = signed_in(sun)

        for model, pk in (("team", Team.objects.get().pk), ("collectorprofile", chidi.pk)):
            for page in ("", "add/", f"{pk}/change/"):
                assert client.get(f"/admin/collections_mgmt/{model}/{page}").status_code == 200
            assert client.get(f"/admin/collections_mgmt/{model}/{pk}/delete/").status_code == 403
        assert CollectionCase.objects.exists() is False

    def test_adds_a_team_and_a_person_with_what_they_can_do(self, early, sun):
        ben = factories.staff("Ben")
        client = signed_in(sun)

        care = {"name": "Care", "code": "care", "first_level": 1, "last_level": 4, "skills": ["vulnerable"]}
        client.post("/admin/collections_mgmt/team/add/", {**care, "is_active": "on"})
        team = Team.objects.get(code="care")
        person = {"user": ben.pk, "team": team.pk, "languages": ["en", "zh-hant"], "skills": ["vulnerable", "sme"]}
        client.post("/admin/collections_mgmt/collectorprofile/add/", {**person, "capacity": 7, "is_working": "on"})

        profile = CollectorProfile.objects.get()
        assert (team.skills, profile.languages, profile.skills) == (
            ["vulnerable"],
            ["en", "zh-hant"],
            ["vulnerable", "sme"],
        )
        assert (profile.user, profile.capacity, profile.is_working) == (ben, 7, True)
