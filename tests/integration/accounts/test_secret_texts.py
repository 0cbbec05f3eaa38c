from datetime import datetime, timedelta

import pytest
from django.db import connection

from dashu import events
from dashu.accounts.tasks import tidy_accounts
from dashu.kernel.dates import LENDER_ZONE, lender_now
from dashu.messaging import secret_texts
from dashu.messaging.delivery import NotDelivered
from dashu.messaging.models import SecretText
from dashu.messaging.services.secret_texts import queue_secret_text, send_queued_text, sweep_secret_texts
from dashu.messaging.tasks import send_secret_text
from dashu.users.models import User
from dashu.users.services.sign_in_phones import note_phone

NOW = datetime(2026, 3, 2, 10, tzinfo=LENDER_ZONE)
LASTS = timedelta(minutes=10)


def queue():
    queue_secret_text(phone="13800001234", text="142857 is your code", now=NOW, lasts=LASTS)


class TestQueueSecretText:
    def test_is_sealed_sent_under_its_key_and_gone(self, texts):
        queue()
        waiting = SecretText.objects.get()
        with connection.cursor() as cursor:
            cursor.execute("SELECT phone || text FROM messaging_secrettext")
            stored = cursor.fetchone()[0]
        assert "142857" not in stored
        assert "13800001234" not in stored

        assert send_queued_text(text_id=str(waiting.pk), now=NOW) is True
        assert send_queued_text(text_id=str(waiting.pk), now=NOW) is False

        assert texts == [{"key": f"secret-{waiting.pk}", "phone": "13800001234", "text": "142857 is your code"}]
        assert SecretText.objects.exists() is False

    def test_is_announced_when_it_is_committed(self, texts, monkeypatch, django_capture_on_commit_callbacks):
        queued = []
        monkeypatch.setattr(events.app, "send_task", lambda name, **sent: queued.append(sent["kwargs"]))

        with django_capture_on_commit_callbacks(execute=True):
            queue()

        text_id = str(SecretText.objects.get().pk)
        assert queued == [{"events": [("messaging.secret_text_asked", {"text_id": text_id})]}]

    def test_nothing_is_kept_where_no_text_goes_out(self):
        queue()

        assert SecretText.objects.exists() is False


class TestSweep:
    def test_sends_what_an_event_missed(self, texts):
        queue()

        assert sweep_secret_texts(now=NOW) == 1

        assert len(texts) == 1
        assert SecretText.objects.exists() is False

    def test_forgets_what_is_of_no_use_any_more(self, texts):
        queue()

        assert sweep_secret_texts(now=NOW + LASTS) == 0

        assert texts == []
        assert SecretText.objects.exists() is False

    @pytest.mark.parametrize(("can_heal", "left"), [(True, 1), (False, 0)])
    def test_keeps_for_another_try_what_can_heal(self, texts, monkeypatch, can_heal, left):
        def refuse(**_message):
            raise NotDelivered("no answer", can_heal=can_heal)

        monkeypatch.setattr(secret_texts, "send_to_gateway", refuse)
        queue()

        assert sweep_secret_texts(now=NOW) == 0

        assert SecretText.objects.count() == left

    def test_the_job_reads_the_clock(self, texts):
        queue()

        send_secret_text(text_id=str(SecretText.objects.get().pk), a_newer_field=1)

        assert texts == []  # its ten minutes were over long ago


def test_the_tidying_forgets_accounts_and_sessions(client):
    from dashu.accounts.sessions import SessionStore

    over = SessionStore()
    over.set_expiry(-1)
    over.save()
    unfinished = User.objects.create_user(None, "x")
    note_phone(user_id=unfinished.pk, phone="+8613800001234", now=lender_now() - timedelta(days=2))

    tidy_accounts()

    assert User.objects.exists() is False
    assert SessionStore().exists(over.session_key) is False
