"""Reaching the borrower from their file: the answer first, the number after a yes, the outcome by a press."""

from datetime import time, timedelta

import pytest
from django.test import Client
from django.utils.formats import date_format

from collections_mgmt.models import (
    Arrangement,
    CaseFile,
    CollectionCase,
    CollectorProfile,
    Settlement,
    Team,
    Vulnerability,
)
from dashu.kernel.dates import LENDER_ZONE, lender_now, lender_today
from dashu.messaging.models import ContactAttempt, ContactPreference, GuardDecision, Representative
from dashu.users.models import User
from tests import factories
from tests.integration.staff.test_file_pages import DESK, late_people, signed_in, taken

OWN = "13812345678"


@pytest.fixture
def chidi(policy_packs) -> User:
    user = factories.staff("Chidi")
    early = Team.objects.create(code="early", name="Early")
    CollectorProfile.objects.create(user=user, team=early, languages=["zh-hans", "en"])
    return user


@pytest.fixture
def client(chidi) -> Client:
    late_people("Amina")
    return signed_in(chidi)


@pytest.fixture
def file(client, at_noon) -> CaseFile:
    return taken(client)


@pytest.fixture
def at_noon(monkeypatch) -> None:
    """The pages read the clock at noon of today, when calls are allowed."""
    noon = lender_now().astimezone(LENDER_ZONE).replace(hour=12, minute=0, second=0, microsecond=0)
    for module in ("desk.calling", "desk.reach_acts", "desk.admin", "desk.acts"):
        monkeypatch.setattr(f"collections_mgmt.{module}.lender_now", lambda: noon)


@pytest.fixture
def at_night(monkeypatch, file) -> None:
    night = lender_now().astimezone(LENDER_ZONE).replace(hour=23, minute=30)
    for module in ("desk.calling", "desk.reach_acts"):
        monkeypatch.setattr(f"collections_mgmt.{module}.lender_now", lambda: night)


def page_of(client: Client, file: CaseFile) -> str:
    return client.get(f"{DESK}{file.pk}/change/").content.decode()


def call(client: Client, file: CaseFile, key: str = "k") -> str:
    return client.post(f"{DESK}{file.pk}/call/", {"key": key}).url


class TestFilePage:
    def test_says_whether_a_call_may_be_made_and_writes_nothing(self, client, file):
        page = page_of(client, file)

        assert "A call may be made now." in page
        assert f'action="{DESK}{file.pk}/call/"' in page
        assert OWN not in page
        assert not GuardDecision.objects.exists()

    def test_says_why_not_and_from_when_again(self, client, file, at_night):
        page = page_of(client, file)

        assert "No call now. Allowed again from" in page
        assert "Outside the contact hours" in page
        assert f'action="{DESK}{file.pk}/call/"' not in page

    def test_shows_a_supervisor_the_answer_and_no_button(self, client, file):
        page = page_of(signed_in(factories.staff("Sun", User.Role.SUPERVISOR)), file)

        assert "A call may be made now." in page
        assert "Whoever holds the file asks." in page
        assert f'action="{DESK}{file.pk}/call/"' not in page

    def test_asks_no_more_questions_after_many_calls(self, client, file, django_assert_max_num_queries):
        for number in range(5):
            client.post(call(client, file, f"k{number}"), {"outcome": "NO_ANSWER", "words": ""})
        with django_assert_max_num_queries(60):
            page_of(client, file)


class TestCall:
    def test_shows_the_number_to_the_one_who_asked(self, client, file):
        address = call(client, file)

        answer = client.get(address)
        page = answer.content.decode()
        assert OWN in page
        assert "What to say" in page
        assert "Required disclosures" in page
        assert "no-store" in answer["Cache-Control"]
        leader = signed_in(factories.staff("Sun", User.Role.SUPERVISOR))
        assert OWN not in leader.get(address).content.decode()
        assert OWN not in page_of(client, file)

    def test_pressed_twice_is_one_call(self, client, file):
        assert call(client, file) == call(client, file)
        assert ContactAttempt.objects.count() == 1

    def test_refused_goes_back_with_the_reason(self, client, file, at_night):
        answer = client.post(f"{DESK}{file.pk}/call/", {"key": "k"}, follow=True)

        page = answer.content.decode()
        assert "Not now: Outside the contact hours. Allowed again from" in page
        assert OWN not in page
        assert not ContactAttempt.objects.exists()
        assert GuardDecision.objects.get().reasons == ["QUIET_HOURS"]

    def test_takes_the_number_away_when_the_file_is_out_of_hands(self, client, file):
        address = call(client, file)
        CaseFile.objects.update(state="READY", holder=None, held_until=None)

        assert OWN not in client.get(address).content.decode()
        assert OWN not in client.get(f"{address}number/").content.decode()

    def test_is_noted_by_one_press(self, client, file):
        address = call(client, file)

        page = client.post(address, {"outcome": "RIGHT_PARTY", "words": "Paid on Friday, they say."}, follow=True)

        made = ContactAttempt.objects.get()
        file.refresh_from_db()
        assert (made.outcome, made.note) == ("RIGHT_PARTY", "Paid on Friday, they say.")
        assert file.contacted_at == made.started_at
        assert "It is noted how this contact ended." in page.content.decode()
        assert OWN not in client.get(address).content.decode()

    def test_without_an_end_is_asked_about_at_the_file_and_at_the_desk(self, client, file):
        address = call(client, file)
        asks = f'href="{address}">Call by a person, begun at 12:00: say how it ended'
        assert asks in page_of(client, file)
        CaseFile.objects.update(state="READY", holder=None, held_until=None)
        assert asks in client.get(DESK).content.decode()

        client.post(address, {"outcome": "BUSY", "words": ""})

        assert "say how it ended" not in client.get(DESK).content.decode()

    def test_of_a_colleague_is_not_found(self, client, file):
        address = call(client, file)
        other = factories.staff("Dana")
        CollectorProfile.objects.create(user=other, team=Team.objects.get(), languages=["en"])

        assert signed_in(other).get(address).status_code == 404
        assert signed_in(other).get(f"{address}number/").status_code == 404


class TestOtherWays:
    def test_show_what_the_rules_say_of_each(self, client, file):
        page = client.get(f"{DESK}{file.pk}/reach/").content.decode()

        assert "The borrower can be reached" in page
        assert "It was not agreed to" in page

    def test_show_a_guarantor_only_where_there_is_one(self, client, file, monkeypatch):
        def parties() -> set[str]:
            return {str(row[0]) for row in client.get(f"{DESK}{file.pk}/reach/").context["table"].rows}

        assert "Guarantor" not in parties()
        named = type("Named", (), {"exists": lambda self: True})()
        monkeypatch.setattr("collections_mgmt.desk.calling.guarantors_of", lambda _borrower: named)
        assert "Guarantor" in parties()

    def test_a_letter_is_allowed_and_its_cost_noted(self, client, file):
        given = {"key": "k", "channel": "LETTER", "who": "BORROWER", "number": ""}
        address = client.post(f"{DESK}{file.pk}/reach/", given).url
        client.post(address, {"outcome": "SENT", "words": "", "amount": "3.50"})

        made = ContactAttempt.objects.get()
        assert (made.channel, made.outcome, made.cost_minor) == ("LETTER", "SENT", 350)

    def test_refused_says_so_above_the_form(self, client, file):
        given = {"key": "k", "channel": "CALL", "who": "THIRD_PARTY", "number": "13900000001"}

        page = client.post(f"{DESK}{file.pk}/reach/", given).content.decode()

        assert "Not now: The borrower can be reached." in page
        assert GuardDecision.objects.get().party == "THIRD_PARTY"

    def test_of_another_person_need_a_number(self, client, file):
        page = client.post(f"{DESK}{file.pk}/reach/", {"key": "k", "channel": "CALL", "who": "THIRD_PARTY"})

        assert "Write the number that is to be called." in page.content.decode()
        assert not GuardDecision.objects.exists()


class TestTheirs:
    def test_a_call_of_theirs_is_noted(self, client, file):
        now = lender_now().astimezone(LENDER_ZONE).replace(hour=11) - timedelta(days=1)
        given = {"called_at_0": f"{now:%Y-%m-%d}", "called_at_1": f"{now:%H:%M}", "key": "k", "words": ""}

        client.post(f"{DESK}{file.pk}/called-us/", {**given, "party": "BORROWER", "outcome": "RIGHT_PARTY"})

        assert ContactAttempt.objects.get().direction == "IN"

    def test_hours_are_agreed_until_a_day(self, client, file):
        until = lender_now().date() + timedelta(days=9)
        given = {"agreed_from": "21:00", "agreed_to": "22:30", "until": until.isoformat(), "words": "So said."}

        client.post(f"{DESK}{file.pk}/hours/", given)

        assert ContactPreference.objects.get().agreed_until == until
        assert "Agreed: may also be called from 21:00 to 22:30 · until and with" in page_of(client, file)

    def test_a_visit_at_home_and_contact_at_work_are_agreed_and_taken_back(self, client, file):
        until = lender_now().date() + timedelta(days=9)
        given = {"home": "on", "home_until": until.isoformat(), "work": "on"}
        client.post(f"{DESK}{file.pk}/hours/", given)
        assert not ContactPreference.objects.exists()
        client.post(f"{DESK}{file.pk}/hours/", {**given, "words": "They said so."})

        page = page_of(client, file)
        assert "Agreed: may be visited at home · until and with" in page
        assert "Agreed: may be contacted at work · until they take it back" in page
        assert client.get(f"{DESK}{file.pk}/hours/").context["form"]["home_until"].value() == until
        client.post(f"{DESK}{file.pk}/hours/", {"work": "on"})
        page = page_of(client, file)
        assert ("at home" in page, "at work" in page) == (False, True)

    def test_what_is_over_is_not_offered_as_still_agreed(self, client, file):
        gone = lender_today() - timedelta(days=1)
        ContactPreference.objects.create(
            borrower=file.borrower, agreed_from=time(21), agreed_to=time(22), agreed_until=gone,
            home_agreed_at=lender_now(), home_agreed_until=gone,
        )  # fmt: skip

        assert client.get(f"{DESK}{file.pk}/hours/").context["form"].initial == {}

    def test_no_more_contact_is_shown_with_its_day_until_whoever_leads_ends_it(self, client, file, monkeypatch):
        client.post(f"{DESK}{file.pk}/hours/", {"agreed_from": "21:00", "agreed_to": "22:30", "words": "So."})
        address = call(client, file)
        client.post(address, {"outcome": "REFUSED", "words": ""})
        day = date_format(lender_today())
        told = f"On {day} they said that they want no more contact, so nobody calls them."

        assert told in page_of(client, file)
        assert "The borrower opted out" in page_of(client, file)
        case = CollectionCase.objects.get()
        assert told in client.get(f"/admin/collections_mgmt/collectioncase/{case.pk}/change/").content.decode()
        assert client.get(f"{DESK}{file.pk}/hours/").context["form"]["agreed_from"].value() is None
        again = f"{DESK}{file.pk}/calls-again/"
        assert again not in page_of(client, file)
        assert client.post(again, {"words": "I want to."}).status_code == 403
        assert told in page_of(client, file)

        leader = signed_in(factories.staff("Sun", User.Role.SUPERVISOR))
        assert f'href="{again}"' in page_of(leader, file)
        later = ContactAttempt.objects.get().started_at + timedelta(minutes=5)
        monkeypatch.setattr("collections_mgmt.desk.reach_acts.lender_now", lambda: later)
        leader.post(again, {"words": "They wrote to us."})
        assert told not in page_of(leader, file)

    def test_one_hour_alone_is_none(self, client, file):
        page = client.post(f"{DESK}{file.pk}/hours/", {"agreed_from": "21:00"}).content.decode()

        assert "Give both hours, or none to take back what was agreed." in page
        assert not ContactPreference.objects.exists()


class TestRepresentative:
    def test_is_noted_shown_and_offered_by_name(self, client, file, at_noon):
        address = f"{DESK}{file.pk}/representative/"
        given = {"role": "ATTORNEY", "name": "Ren", "phone": "13900000001", "paper": "PoA 7", "since": "2026-01-05"}
        assert f'href="{address}"' in page_of(client, file)
        assert "Representative" not in client.get(f"{DESK}{file.pk}/reach/").content.decode()

        client.post(address, given)

        spoken = Representative.objects.get()
        assert (spoken.name, spoken.phone, spoken.confirmed_at) == ("Ren", "13900000001", None)
        page = page_of(client, file)
        assert "Ren speaks for the borrower: Lawyer or authorized person." in page
        assert "Somebody speaks for the borrower" in page
        ways = client.get(f"{DESK}{file.pk}/reach/").content.decode()
        assert f'value="REPRESENTATIVE:{spoken.pk}"' in ways
        assert client.get(f"{address}{spoken.pk}/").status_code == 403

    def test_ended_by_whoever_leads_frees_the_way_to_the_borrower(self, client, file, at_noon):
        address = f"{DESK}{file.pk}/representative/"
        given = {"role": "ATTORNEY", "name": "Ren", "phone": "13900000001", "paper": "PoA 7", "since": "2026-01-05"}
        client.post(address, given)
        assert "A call may be made now." not in page_of(client, file)

        leader = signed_in(factories.staff("Sun", User.Role.SUPERVISOR))
        leader.post(f"{address}{Representative.objects.get().pk}/", {"words": "They wrote."})

        assert "A call may be made now." in page_of(client, file)


class TestPast:
    def lines(self, client: Client, file: CaseFile, kind: str) -> list[list[str]]:
        rows = client.get(f"{DESK}{file.pk}/change/?kind={kind}").context["lines"].rows
        return [[str(row[2]), str(row[3]).partition(">")[2].removesuffix("</span>"), str(row[4])] for row in rows]

    def test_tells_of_calls_and_of_those_not_allowed_in_words(self, client, file, chidi):
        client.post(call(client, file), {"outcome": "NO_ANSWER", "words": "Rang for long."})
        client.post(
            f"{DESK}{file.pk}/reach/", {"key": "a", "channel": "CALL", "who": "THIRD_PARTY", "number": "13900000001"}
        )

        assert self.lines(client, file, "contact") == [
            [
                "Contact asked for and not allowed",
                "Call by a person · Another person · The borrower can be reached",
                str(chidi),
            ],
            ["Call by a person", "The borrower · No answer · Rang for long.", str(chidi)],
        ]
        assert self.lines(client, file, "message") == []

    def test_tells_of_messages_refused_in_words(self, client, file):
        message = factories.message(file.borrower, dedupe_key="m")
        GuardDecision.objects.create(
            borrower=file.borrower, message=message, channel="SMS", purpose="REMINDER", stage="SENDING",
            verdict="BLOCK", reasons=["ON_HOLD", "DAY_CAP"], at=lender_now(),
        )  # fmt: skip

        assert [
            "Message refused by the rules",
            "Text message · Contact is on hold · Enough messages today",
            "",
        ] in self.lines(client, file, "message")
        assert self.lines(client, file, "contact") == []

    def test_tells_of_plans_settlements_and_care_without_its_cause(self, client, file, chidi):
        loan, today = file.borrower.loans.get(), lender_today()
        Arrangement.objects.create(loan=loan, total_minor=900_00, made_on=today, note="Three parts.", actor="user:0")
        Settlement.objects.create(
            loan=loan, penalty_minor=0, fee_minor=0, interest_minor=0, principal_minor=900_00, total_minor=500_00,
            after_event=0, offered_on=today, accept_by=today, reason="x", actor="user:0",
        )  # fmt: skip
        Vulnerability.objects.create(
            borrower=file.borrower, category="ILLNESS", noted_on=today, noted_by=chidi, review_on=today
        )

        promised, cared = self.lines(client, file, "promise"), self.lines(client, file, "hold")

        assert {line[0] for line in promised} == {"Plan of several payments", "Settlement offered"}
        assert "900.00" in str(promised)
        assert "500.00 ends the debt" in str(promised)
        assert (cared[0][0], cared[0][2], "ILLNESS" in str(cared)) == ("Special care", str(chidi), False)
