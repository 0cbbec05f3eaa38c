"""The inbox, the page of a request with its decision, and the screens of lent authority."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashu.approvals.acts import ActKind, register
from dashu.approvals.models import ApprovalRequest, Delegation
from dashu.approvals.services.decide import approve
from dashu.approvals.services.delegate import delegate
from dashu.kernel.dates import lender_today
from dashu.users.models import User
from tests.integration.approvals.conftest import STAFF, Book, ask
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

INBOX = "/admin/approvals/approvalrequest/"
DELEGATIONS = "/admin/approvals/delegation/"
GIVE = reverse("admin:approvals_delegation_give")


def signed_in(user: User) -> Client:
    user.language = "en"
    user.save()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page_of(asked: ApprovalRequest) -> str:
    return f"{INBOX}{asked.pk}/change/"


def boxes(client: Client, query: str = "") -> dict[str, list[int]]:
    shown = client.get(INBOX + query).context["boxes"]
    return {box.code: [line.request.pk for line in box.lines] for box in shown}


def decide(client: Client, asked: ApprovalRequest, decision: str, note: str = ""):
    seen = client.get(page_of(asked)).context["seen"] or "-"
    return client.post(page_of(asked), {"decision": decision, "note": note, "seen": seen})


@pytest.fixture
def asked(book: Book, helen: User) -> ApprovalRequest:
    preview = [
        {
            "title": "Balances",
            "columns": ["", {"title": "before", "is_number": True}, {"title": "after", "is_number": True}],
            "rows": [["Credit <b>of</b> the borrower", "¥1,234.50", "¥0.00"]],
            "note": "As of today.",
        }
    ]
    return ask(helen, amount=1_234_50, preview=preview, today=lender_today())


class TestInbox:
    def test_parts_what_waits_what_was_asked_and_what_was_decided(self, asked, helen, wei):
        done = ask(helen, thing="2", today=lender_today())
        approve(request_id=done.pk, user=wei, today=lender_today())
        of_wei = ask(wei, thing="3", today=lender_today())

        assert boxes(signed_in(wei)) == {"waiting": [asked.pk], "asked": [of_wei.pk], "decided": [done.pk]}
        assert boxes(signed_in(helen)) == {"waiting": [of_wei.pk], "asked": [done.pk, asked.pk], "decided": [done.pk]}

    @pytest.mark.parametrize(
        ("role", "waiting", "decided"),
        [
            ("COLLECTOR", 0, 0),
            ("SUPERVISOR", 0, 1),
            ("UNDERWRITER", 0, 0),
            ("ACCOUNTANT", 1, 1),
            ("ADMIN", 1, 1),
        ],
    )
    def test_shows_each_role_what_it_may_decide(self, asked, helen, wei, role, waiting, decided):
        approve(request_id=ask(helen, thing="2", today=lender_today()).pk, user=wei, today=lender_today())

        shown = boxes(as_role(role))

        assert (len(shown["waiting"]), len(shown["asked"]), len(shown["decided"])) == (waiting, 0, decided)

    def test_writes_amount_person_and_the_last_day(self, asked, wei):
        page = signed_in(wei).get(INBOX).content.decode()

        assert "¥1,234.50" in page
        assert "Helen" in page
        assert "paid twice" in page
        assert page_of(asked) in page

    def test_leaves_out_what_has_expired(self, book, helen, wei):
        ask(helen, today=lender_today() - timedelta(days=15))
        last_day = ask(helen, thing="2", today=lender_today() - timedelta(days=14))

        assert boxes(signed_in(wei))["waiting"] == [last_day.pk]

    def test_costs_the_same_for_one_request_and_for_many(self, asked, helen, wei):
        client = signed_in(wei)
        client.get(INBOX)
        with CaptureQueriesContext(connection) as for_one:
            client.get(INBOX)

        for number in range(9):
            ask(helen, thing=f"more {number}", today=lender_today())
            ask(wei, thing=f"mine {number}", today=lender_today())
        with CaptureQueriesContext(connection) as for_many:
            shown = boxes(client)

        assert (len(shown["waiting"]), len(shown["asked"])) == (10, 9)
        assert len(for_many) == len(for_one)

    def test_leads_to_the_rest_of_a_long_part(self, asked, helen, wei, monkeypatch):
        monkeypatch.setattr("dashu.approvals.admin.SHOWN", 2)
        monkeypatch.setattr("dashu.approvals.admin.PER_PAGE", 3)
        others = [ask(helen, thing=str(number), today=lender_today()).pk for number in range(2, 6)]
        client = signed_in(wei)

        short = client.get(INBOX)

        assert boxes(client)["waiting"] == [asked.pk, others[0]]
        assert 'href="?box=waiting"' in short.content.decode()
        assert boxes(client, "?box=waiting") == {"waiting": [asked.pk, *others[:2]]}
        assert boxes(client, "?box=waiting&p=2") == {"waiting": others[2:]}
        first, second = (client.get(f"{INBOX}?box=waiting&p={page}").content.decode() for page in (1, 2))
        assert ("?box=waiting&amp;p=2" in first, "?box=waiting&amp;p=1" in second) == (True, True)
        for odd in ("?box=other", "?box=waiting&p=0", "?box=waiting&p=x", "?box=waiting&p=999999999999"):
            assert client.get(INBOX + odd).status_code == 200

    @pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
    def test_speaks_the_reader_s_language(self, asked, wei, language):
        client = signed_in(wei)
        User.objects.filter(pk=wei.pk).update(language=language)

        page = client.get(INBOX).content.decode()

        words = {"zh-hans": "等待您处理", "zh-hant": "等待您處理", "en": "Waiting for you"}
        assert words[language] in page

    def test_is_closed_to_borrowers_and_partners(self, client, amina, dana):
        for person in (amina.user, dana.user):
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            assert client.get(INBOX).status_code == 302


class TestFrontPage:
    @pytest.mark.parametrize("role", STAFF)
    def test_counts_what_waits_for_the_person(self, asked, role):
        figures = {str(figure.title): figure for figure in as_role(role).get("/admin/").context["figures"]}

        waiting = figures["waiting for you"]
        may = role in ("ACCOUNTANT", "ADMIN")
        assert (waiting.value, waiting.tone) == (("1", "soon") if may else ("0", "plain"))
        assert (INBOX in str(waiting.note)) is may


class TestRequestPage:
    def test_shows_who_why_how_much_and_what_it_would_change(self, asked, wei):
        page = signed_in(wei).get(page_of(asked)).content.decode()

        assert "Do 1." in page
        assert "¥1,234.50" in page
        assert "Helen" in page
        assert "paid twice" in page
        assert "Accountant · Administrator" in page
        assert "Credit &lt;b&gt;of&lt;/b&gt; the borrower" in page
        assert re.search(r'<td class="staff-number">¥0\.00</td>', page)
        assert "As of today." in page

    def test_approves_in_the_name_of_both(self, asked, helen, wei, book):
        answer = decide(signed_in(wei), asked, "approve", "fits the statement")

        assert (answer.status_code, answer.url) == (302, page_of(asked))
        asked.refresh_from_db()
        assert (asked.status, asked.checker, asked.decision_note) == ("APPROVED", wei, "fits the statement")
        assert book.done == [("1", f"user:{helen.pk}")]
        page = signed_in(wei).get(page_of(asked)).content.decode()
        assert "Approved and done" in page
        assert 'name="decision"' not in page

    def test_declines_only_with_a_note(self, asked, wei, book):
        client = signed_in(wei)

        refused = decide(client, asked, "decline")

        assert refused.status_code == 200
        assert list(refused.context["form"].errors) == ["note"]
        asked.refresh_from_db()
        assert asked.status == "PENDING"
        assert decide(client, asked, "decline", "not theirs").status_code == 302
        asked.refresh_from_db()
        assert (asked.status, asked.checker, book.done) == ("DECLINED", wei, [])

    def test_lets_the_maker_withdraw_and_nothing_else(self, asked, helen, book):
        client = signed_in(helen)
        page = client.get(page_of(asked)).content.decode()
        assert ('value="approve"' in page, 'value="withdraw"' in page) == (False, True)

        refused = client.post(page_of(asked), {"decision": "approve", "note": "", "seen": "x"})

        assert "Another person has to decide" in refused.content.decode()
        asked.refresh_from_db()
        assert (asked.status, book.done) == ("PENDING", [])
        assert client.post(page_of(asked), {"decision": "withdraw", "seen": "-"}).status_code == 302
        asked.refresh_from_db()
        assert asked.status == "WITHDRAWN"

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER"])
    def test_is_not_there_for_those_it_does_not_concern(self, asked, role):
        client = as_role(role)

        assert client.get(page_of(asked)).status_code == 404
        assert client.post(page_of(asked), {"decision": "approve", "seen": "x"}).status_code == 404
        asked.refresh_from_db()
        assert asked.status == "PENDING"

    def test_is_for_reading_only_above_one_s_authority(self, asked, book):
        client = as_role("SUPERVISOR")

        page = client.get(page_of(asked)).content.decode()
        answer = client.post(page_of(asked), {"decision": "approve", "seen": "x"})

        assert 'name="decision"' not in page
        assert "This is above what you may decide." in page
        assert answer.status_code == 200
        asked.refresh_from_db()
        assert (asked.status, book.done) == ("PENDING", [])

    def test_says_that_it_expired(self, book, helen, wei):
        late = ask(helen, today=lender_today() - timedelta(days=15))
        client = signed_in(wei)

        page = client.get(page_of(late)).content.decode()
        answer = client.post(page_of(late), {"decision": "approve", "seen": "x"})

        assert "This request has expired" in page
        assert 'name="decision"' not in page
        assert "This request has expired" in answer.content.decode()
        assert book.done == []

    def test_asks_to_look_again_at_what_moved(self, book, helen, wei):
        kind = {"label": "Refund", "perform": book.perform, "permission": "approvals.view_approvalrequest"}
        register(ActKind(code="refund", describe=lambda payload: "Refund.", preview=book.preview, **kind))
        moving = ask(helen, preview=book.preview({}, lender_today()), today=lender_today())
        client = signed_in(wei)
        seen = client.get(page_of(moving)).context["seen"]
        book.credit = 7_77

        answer = client.post(page_of(moving), {"decision": "approve", "note": "yes", "seen": seen})

        page = answer.content.decode()
        assert "no longer what you saw" in page
        assert "Things have moved since this was asked" in page
        assert (page.index("777") < page.index("500000"), book.done) == (True, [])
        assert answer.context["form"]["note"].value() == "yes"
        again = client.post(page_of(moving), {"decision": "approve", "seen": answer.context["seen"]})
        assert again.status_code == 302
        assert len(book.done) == 1

    @pytest.mark.parametrize("odd", ["999999", "9" * 40, "abc", "%00"])
    def test_of_an_unknown_request_is_not_found(self, book, wei, odd):
        client = signed_in(wei)

        assert client.get(f"{INBOX}{odd}/change/").status_code in (400, 404)

    def test_knows_no_other_button(self, asked, wei):
        assert decide(signed_in(wei), asked, "delete").status_code == 404
        assert signed_in(wei).post(f"{INBOX}{asked.pk}/delete/", {"post": "yes"}).status_code == 403
        assert signed_in(wei).get(f"{INBOX}add/").status_code == 403
        asked.refresh_from_db()
        assert asked.status == "PENDING"


class TestDelegations:
    def given(self, owner: User, to: User, **other: str) -> dict[str, object]:
        today = lender_today()
        return {
            "from_user": owner.pk,
            "to_user": to.pk,
            "from_on": str(today),
            "to_on": str(today + timedelta(days=9)),
            "reason": "on leave",
            **other,
        }

    def test_are_given_by_the_owner_and_seen_by_both(self, policy_packs, helen, chidi):
        answer = signed_in(helen).post(GIVE, self.given(helen, chidi))

        assert (answer.status_code, answer.url) == (302, DELEGATIONS)
        lent = Delegation.objects.get()
        assert (lent.from_user, lent.to_user, lent.made_by) == (helen, chidi, helen)
        for person in (helen, chidi):
            assert "on leave" in signed_in(person).get(DELEGATIONS).content.decode()
        assert "on leave" not in as_role("UNDERWRITER").get(DELEGATIONS).content.decode()
        assert "on leave" in as_role("ADMIN").get(DELEGATIONS).content.decode()

    def test_of_others_are_given_by_administrators_only(self, policy_packs, helen, wei, chidi):
        refused = signed_in(helen).post(GIVE, self.given(wei, chidi))

        assert list(refused.context["form"].errors) == ["from_user"]
        assert Delegation.objects.exists() is False
        assert as_role("ADMIN").post(GIVE, self.given(wei, chidi)).status_code == 302
        assert Delegation.objects.get().from_user == wei

    @pytest.mark.parametrize(
        ("other", "field"),
        [
            ({"reason": ""}, "reason"),
            ({"to_on": "2001-01-01"}, "to_on"),
            ({"from_on": "2001-01-01"}, "from_on"),
            ({"to_on": "2199-01-01"}, "to_on"),
            ({"to_user": "999999"}, "to_user"),
        ],
    )
    def test_are_refused_at_the_field_and_keep_what_was_typed(self, policy_packs, helen, chidi, other, field):
        answer = signed_in(helen).post(GIVE, self.given(helen, chidi, **other))

        assert answer.status_code == 200
        assert list(answer.context["form"].errors) == [field]
        assert answer.context["form"]["to_on"].value() == other.get("to_on", str(lender_today() + timedelta(days=9)))
        assert Delegation.objects.exists() is False

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER"])
    def test_are_not_given_by_those_without_authority(self, policy_packs, role, helen):
        client = as_role(role)

        assert client.get(GIVE).status_code == 403
        assert client.post(GIVE, self.given(helen, helen)).status_code == 403

    def test_are_ended_by_who_has_part_in_them(self, policy_packs, helen, wei, chidi):
        today = lender_today()
        lent = delegate(
            from_user_id=helen.pk,
            to_user_id=chidi.pk,
            from_on=today,
            to_on=today,
            reason="on leave",
            user=helen,
            today=today,
        )
        end = reverse("admin:approvals_delegation_end", args=[lent.pk])

        assert signed_in(wei).post(end).status_code == 404
        assert "Helen" in signed_in(helen).get(end).content.decode()
        lent.refresh_from_db()
        assert lent.ended_at is None
        assert signed_in(chidi).post(end).status_code == 302
        lent.refresh_from_db()
        assert lent.ended_at is not None
        assert "ended already" in signed_in(helen).get(end).content.decode()

    def test_say_on_the_page_of_a_request_whose_authority_is_used(self, asked, chidi, wei):
        today = lender_today()
        days = {"from_on": today, "to_on": today, "today": today}
        delegate(from_user_id=wei.pk, to_user_id=chidi.pk, reason="on leave", user=wei, **days)
        client = signed_in(chidi)

        assert "on the authority of Wei" in client.get(page_of(asked)).content.decode()
        assert decide(client, asked, "approve").status_code == 302

        asked.refresh_from_db()
        assert (asked.checker, asked.on_behalf_of) == (chidi, wei)
        assert "on the authority of Wei" in client.get(page_of(asked)).content.decode()
