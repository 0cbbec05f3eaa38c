"""A partner's clients in the console: made, given new secrets and narrowed by whoever just proved who they are."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.mail import send_mail
from django.test import Client
from django.utils.translation import override
from oauth2_provider.models import AccessToken, Application
from oauth2_provider.scopes import get_scopes_backend

from dashu.api.models import ClientAccess
from dashu.api.services.clients import rotate_secret, set_grant
from dashu.api.services.own_clients import MOST_CLIENTS, create_client
from dashu.audit.models import AuditRecord
from dashu.console.models import ChangeMail
from dashu.console.scope_words import SAYS
from dashu.console.tasks import sweep_change_mails
from dashu.console.telling import tell_of_change
from dashu.kernel.dates import lender_now
from dashu.users.models import Partner
from dashu.web.templatetags.dashu import lender_date
from tests.integration.api.conftest import SECRET, ask_for_token, register
from tests.integration.console.conftest import signed_in

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 1, 5, tzinfo=UTC)
ACTS = ("secret/", "secret/end/", "access/", "tokens/end/")


def secret_on(answer: Any) -> str:
    (secret,) = re.findall(r'<code id="secret">([^<]+)</code>', answer.content.decode())
    return secret


def make(browser: Client, name: str = "billing", scopes: tuple[str, ...] = ("loans:read",)) -> Any:
    return browser.post("/partner/keys/new/", {"name": name, "scopes": scopes})


def status_of_token(client_id: str, secret: str, scope: str = "") -> int:
    return ask_for_token(client_id, secret, scope).status_code


class TestMaking:
    def test_a_key_is_made_and_its_secret_shown_once(self, browser, dana):
        answer = make(browser)

        client = Application.objects.get(user=dana.user)
        secret = secret_on(answer)
        assert "no-store" in answer["Cache-Control"]
        assert client.client_secret != secret
        assert secret not in browser.get(f"/partner/keys/{client.client_id}/").content.decode()
        assert ask_for_token(client.client_id, secret).json()["scope"] == "loans:read"
        record = AuditRecord.objects.get(action="api.client_created")
        assert (record.actor, record.subject_id, record.data) == (
            "partner:dana",
            client.client_id,
            {"scopes": ["loans:read"]},
        )

    def test_sending_the_form_again_makes_no_second_key(self, browser, dana):
        make(browser)

        assert "You have a client of this name already." in make(browser).content.decode()
        assert Application.objects.filter(user=dana.user).count() == 1

    def test_a_new_key_has_no_more_than_the_lender_granted_those_before(self, browser, dana):
        known = register(dana)
        grant = {"granted_scopes": ["loans:read", "quotes"], "reads_a_minute": 60, "writes_a_minute": None}
        set_grant(application_id=known.pk, actor="user:1", **grant)

        page = browser.get("/partner/keys/new/").content.decode()
        assert ("quotes" in page, "payments:write" in page) == (True, False)
        assert make(browser, scopes=("payments:write",)).status_code == 200
        assert Application.objects.filter(user=dana.user).count() == 1

        make(browser, scopes=("loans:read", "quotes"))
        made = ClientAccess.objects.get(application__name="billing")
        assert (made.granted_scopes, made.scopes, made.reads_a_minute) == (["quotes", "loans:read"], None, 60)

    def test_there_are_twenty_at_most(self, browser, dana):
        for number in range(MOST_CLIENTS):
            create_client(partner_id=dana.pk, name=str(number), scopes=None, now=lender_now(), actor="partner:dana")

        assert "You have 20 clients already" in make(browser).content.decode()
        assert Application.objects.filter(user=dana.user).count() == MOST_CLIENTS


class TestChanging:
    @pytest.fixture
    def client_id(self, dana: Partner) -> str:
        return register(dana).client_id

    def test_a_new_secret_works_beside_the_one_so_far(self, browser, client_id):
        secret = secret_on(browser.post(f"/partner/keys/{client_id}/secret/", {"days": "7"}))

        assert [status_of_token(client_id, each) for each in (secret, SECRET, "wrong")] == [200, 200, 401]

    def test_the_earlier_secret_ends_at_once_with_every_token(self, browser, client_id):
        secret = secret_on(browser.post(f"/partner/keys/{client_id}/secret/", {"days": "7"}))
        status_of_token(client_id, SECRET)

        answer = browser.post(f"/partner/keys/{client_id}/secret/end/", {"which": "EARLIER"}, follow=True)

        assert "The secret has ended." in answer.content.decode()
        assert AccessToken.objects.count() == 0
        assert [status_of_token(client_id, each) for each in (secret, SECRET)] == [200, 401]

    def test_scopes_and_networks_are_narrowed(self, browser, client_id):
        narrowed = {"scopes": ["quotes"], "networks": "203.0.113.0/24\n2001:db8::/32", "certificates": ""}
        page = browser.post(f"/partner/keys/{client_id}/access/", narrowed, follow=True).content.decode()

        assert "203.0.113.0/24, 2001:db8::/32" in page
        access = ClientAccess.objects.get()
        assert (access.scopes, access.networks) == (["quotes"], ["203.0.113.0/24", "2001:db8::/32"])
        assert status_of_token(client_id, SECRET) == 403

    def test_what_is_no_network_is_said_beside_its_field(self, browser, client_id):
        page = browser.post(f"/partner/keys/{client_id}/access/", {"scopes": ["quotes"], "networks": "everywhere"})

        assert "Write networks such as" in page.content.decode()
        assert ClientAccess.objects.exclude(networks=[]).exists() is False

    def test_all_tokens_end_and_the_secret_gets_new_ones(self, browser, client_id):
        status_of_token(client_id, SECRET)

        browser.post(f"/partner/keys/{client_id}/tokens/end/")

        assert AccessToken.objects.count() == 0
        assert AuditRecord.objects.get(action="api.tokens_ended").data == {"count": 1}
        assert status_of_token(client_id, SECRET) == 200

    def test_the_page_says_until_when_two_secrets_are_good(self, browser, client_id, dana):
        now = lender_now()
        rotate_secret(application_id=Application.objects.get().pk, now=now, actor="user:1", grace=timedelta(days=3))

        page = browser.get(f"/partner/keys/{client_id}/").content.decode()

        ends = now + timedelta(days=3)
        with override("en"):
            assert f"Good until {lender_date(ends)}, {ends:%H:%M}" in page

    @pytest.mark.parametrize("act", ["", *ACTS])
    def test_another_partners_key_is_not_found(self, elis, client_id, act):
        address = f"/partner/keys/{client_id}/{act}"

        assert (elis.get(address).status_code, elis.post(address).status_code in {404, 405}) == (404, True)
        assert AuditRecord.objects.filter(subject_type="api_client").exists() is False

    @pytest.mark.parametrize("act", ACTS)
    def test_whoever_did_not_just_prove_who_they_are_is_asked_to(self, dana, client_id, act):
        browser = signed_in(dana)

        for answer in (browser.get(f"/partner/keys/{client_id}/{act}"), browser.post("/partner/keys/new/")):
            assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
        assert AuditRecord.objects.filter(subject_type="api_client").exists() is False


class TestTelling:
    @pytest.fixture
    def owed(self, dana) -> ChangeMail:
        return ChangeMail.objects.create(partner=dana, what="secret_rotated", name="billing", happened_at=AT)

    def test_each_change_is_written_to_the_partner(self, browser, dana, monkeypatch):
        told: list[dict[str, Any]] = []
        monkeypatch.setattr("dashu.events.publish", lambda event, **words: told.append({"event": event, **words}))

        make(browser)
        client_id = Application.objects.get().client_id
        browser.post(f"/partner/keys/{client_id}/secret/", {"days": "7"})
        browser.post(f"/partner/keys/{client_id}/secret/end/", {"which": "EARLIER"})
        browser.post(f"/partner/keys/{client_id}/tokens/end/")
        browser.post(f"/partner/keys/{client_id}/access/", {"scopes": ["quotes"]})

        assert {each["event"] for each in told} == {"console.key_changed"}
        owed = ChangeMail.objects.order_by("pk")
        assert [each["mail_id"] for each in told] == [mail.pk for mail in owed]
        assert [(mail.partner, mail.what, mail.name, mail.done_at) for mail in owed] == [
            (dana, what, "billing", None)
            for what in ("client_created", "secret_rotated", "secret_ended", "tokens_ended", "access_set")
        ]

    def test_the_mail_says_what_and_when_and_no_secret(self, owed, mailoutbox):
        assert tell_of_change(mail_id=owed.pk, now=AT) is True

        (mail,) = mailoutbox
        assert (mail.to, mail.subject) == (["dana@example.com"], "A key to your data was changed")
        assert "The API client billing got a new secret." in mail.body
        assert "This happened on March 2, 2026 at 09:05, in the partner console." in mail.body

    def test_it_goes_out_once(self, owed, mailoutbox):
        tell_of_change(mail_id=owed.pk, now=AT)

        assert tell_of_change(mail_id=owed.pk, now=AT + timedelta(hours=1)) is False
        assert len(mailoutbox) == 1

    def test_who_has_no_address_is_not_written_to_and_not_tried_again(self, owed, dana, mailoutbox):
        dana.user.is_active = False
        dana.user.save()

        assert tell_of_change(mail_id=owed.pk, now=AT) is False
        assert (mailoutbox, ChangeMail.objects.owed(now=AT).exists()) == ([], False)

    def test_what_was_not_taken_is_sent_by_the_sweep_once(self, owed, mailoutbox, monkeypatch):
        with monkeypatch.context() as down:
            down.setattr("dashu.console.telling.send_mail", _not_taken)
            with pytest.raises(OSError, match="down"):
                tell_of_change(mail_id=owed.pk, now=AT)
        assert mailoutbox == []

        monkeypatch.setattr("dashu.console.tasks.lender_now", lambda: AT + timedelta(minutes=5))
        sweep_change_mails()
        sweep_change_mails()

        assert [mail.to for mail in mailoutbox] == [["dana@example.com"]]

    def test_one_that_is_not_taken_keeps_no_other_from_its_turn(self, owed, dana, mailoutbox, monkeypatch):
        other = ChangeMail.objects.create(partner=dana, what="tokens_ended", name="app", happened_at=AT)
        sent = iter([_not_taken, send_mail])
        monkeypatch.setattr("dashu.console.telling.send_mail", lambda *given: next(sent)(*given))
        monkeypatch.setattr("dashu.console.tasks.lender_now", lambda: AT + timedelta(minutes=5))

        sweep_change_mails()

        other.refresh_from_db()
        owed.refresh_from_db()
        assert (len(mailoutbox), owed.done_at, other.done_at) == (1, None, AT + timedelta(minutes=5))

    def test_what_is_being_sent_or_old_is_left_alone(self, owed):
        ChangeMail.objects.update(claimed_at=AT)

        assert ChangeMail.objects.owed(now=AT + timedelta(minutes=9)).exists() is False
        assert list(ChangeMail.objects.owed(now=AT + timedelta(minutes=10))) == [owed]
        assert ChangeMail.objects.owed(now=AT + timedelta(days=3)).exists() is False


def _not_taken(*_given: Any) -> None:
    raise OSError("down")


def test_the_list_asks_the_database_equally_often_for_one_key_and_for_many(
    browser, dana, django_assert_num_queries, django_assert_max_num_queries
):
    register(dana)
    with django_assert_max_num_queries(12) as first:
        browser.get("/partner/keys/")
    for number in range(5):
        create_client(partner_id=dana.pk, name=str(number), scopes=None, now=lender_now(), actor="partner:dana")

    with django_assert_num_queries(len(first.captured_queries)):
        page = browser.get("/partner/keys/").content.decode()
    assert page.count("<section") == 6


def test_every_scope_is_explained():
    assert set(SAYS) == set(get_scopes_backend().get_all_scopes())
