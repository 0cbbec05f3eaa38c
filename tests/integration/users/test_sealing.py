"""Sealed fields: opened in their place and with a known key only, found by blind index, sealed anew by a command."""

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection

from dashu.audit.models import AuditRecord
from dashu.users.models import Identity
from dashu.users.sealing import CannotOpen, blind_index, open_sealed, seal
from dashu.users.services.record_identity import record_identity
from dashu.users.services.rotate_field_keys import rotate_field_keys

OLD, NEW = ("2025a", bytes(32)), ("2026a", bytes(range(32)))
FIELDS = ["name", "number", "phone"]
NUMBERS = ["11010519491231002X", "360426199101010071"]


def told(borrower, number=NUMBERS[0]) -> Identity:
    return record_identity(
        borrower_id=borrower.pk,
        kind="CN_ID",
        name="张三丰",
        number=number,
        phone="13800001234",
        recorded_at=datetime(2026, 3, 2, 4, 0, tzinfo=UTC),
        actor="user:1",
    )


def stored() -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(FIELDS)} FROM users_identity ORDER BY id")
        return cursor.fetchall()


@pytest.fixture
def old_key(settings):
    settings.FIELD_KEYS = [OLD]


class TestSealing:
    def test_the_same_text_is_sealed_differently_each_time(self):
        assert seal("张三", place="t.c") != seal("张三", place="t.c")

    @pytest.mark.parametrize("text", ["", "张三", "x" * 10_000])
    def test_opens_what_was_sealed(self, text):
        assert open_sealed(seal(text, place="t.c"), place="t.c") == text

    def test_opens_nothing_in_another_place(self):
        with pytest.raises(CannotOpen):
            open_sealed(seal("张三", place="t.name"), place="t.phone")

    def test_opens_nothing_with_another_key_of_the_same_name(self, settings, old_key):
        value = seal("张三", place="t.c")
        settings.FIELD_KEYS = [(OLD[0], NEW[1])]

        with pytest.raises(CannotOpen):
            open_sealed(value, place="t.c")

    @pytest.mark.parametrize("value", ["", "张三", "test.", "test.AAAA", "test.!!!!", "gone.AAAA"])
    def test_refuses_what_was_never_sealed_and_does_not_repeat_it(self, value):
        with pytest.raises(CannotOpen) as refusal:
            open_sealed(value, place="t.c")

        assert not value or value not in str(refusal.value)

    def test_an_index_is_of_one_purpose_and_one_key(self, settings):
        before = blind_index("13800001234", "identity.phone")

        assert before == blind_index("13800001234", "identity.phone")
        assert len(before) == 64
        assert blind_index("13800001234", "identity.number") != before
        settings.FIELD_INDEX_KEY = bytes(32)
        assert blind_index("13800001234", "identity.phone") != before


@pytest.mark.django_db
class TestSealedText:
    def test_is_opened_on_its_way_back(self, amina):
        told(amina)

        found = Identity.objects.get()

        assert (found.name, found.number, found.phone) == ("张三丰", NUMBERS[0], "13800001234")

    def test_cannot_be_searched(self, amina):
        told(amina)

        with pytest.raises(FieldError):
            Identity.objects.filter(name="张三丰").exists()
        assert Identity.objects.filter(name__isnull=False).count() == 1

    def test_is_in_no_form_unless_asked_for(self):
        assert [Identity._meta.get_field(name).editable for name in FIELDS] == [False, False, False]


@pytest.mark.django_db
class TestRotation:
    @pytest.fixture
    def two_keys(self, settings, old_key, amina, brook):
        """Two borrowers, their logins and identities, sealed with the old key, and a new key in front of it."""
        told(amina)
        told(brook, NUMBERS[1])
        settings.FIELD_KEYS = [NEW, OLD]

    def test_the_old_key_can_go_afterwards(self, settings, two_keys):
        rotated = rotate_field_keys(actor="system:test", batch=1)

        assert (rotated.resealed, rotated.unreadable) == (10, [])
        settings.FIELD_KEYS = [NEW]
        assert [(row.name, row.number, row.phone) for row in Identity.objects.order_by("pk")] == [
            ("张三丰", number, "13800001234") for number in NUMBERS
        ]

    def test_a_second_run_does_nothing(self, two_keys):
        rotate_field_keys(actor="system:test")
        before = stored()

        assert rotate_field_keys(actor="system:test").resealed == 0
        assert stored() == before
        assert AuditRecord.objects.filter(action="users.field_keys_rotated").count() == 1

    def test_a_run_that_was_cut_short_is_finished_by_the_next(self, two_keys, monkeypatch):
        from dashu.users.services import rotate_field_keys as module

        whole, batches = module._reseal, []

        def dies_after_the_first(column, rows, rotated):
            if batches:
                raise KeyboardInterrupt
            batches.append(rows)
            whole(column, rows, rotated)

        monkeypatch.setattr(module, "_reseal", dies_after_the_first)
        with pytest.raises(KeyboardInterrupt):
            rotate_field_keys(actor="system:test", batch=1)
        monkeypatch.setattr(module, "_reseal", whole)

        assert rotate_field_keys(actor="system:test", batch=1).resealed == 9

    def test_leaves_and_tells_a_value_that_no_key_opens(self, settings, two_keys, amina):
        settings.FIELD_KEYS = [NEW]
        told_again = Identity.objects.values_list("pk", "borrower_id", "borrower__user_id").order_by("pk")
        identities, borrowers, users = zip(*told_again, strict=True)
        before, out = stored(), StringIO()

        with pytest.raises(CommandError, match="10 values cannot be read"):
            call_command("rotate_field_keys", stdout=out)

        assert json.loads(out.getvalue()) == {
            "resealed": 0,
            "unreadable": [
                *(f"users_user.name {pk}" for pk in users),
                *(f"users_borrower.name {pk}" for pk in borrowers),
                *(f"users_identity.{name} {pk}" for name in FIELDS for pk in identities),
            ],
        }
        assert stored() == before

    def test_does_not_undo_what_is_written_meanwhile(self, two_keys, amina, monkeypatch):
        from dashu.users.services import rotate_field_keys as module

        rows_of = module._next_rows

        def and_then_somebody_corrects_the_phone(column, after, batch):
            rows = rows_of(column, after, batch)
            if column.name == "phone" and after is None:
                Identity.objects.filter(borrower=amina).update(phone="13900009999")
            return rows

        monkeypatch.setattr(module, "_next_rows", and_then_somebody_corrects_the_phone)

        assert rotate_field_keys(actor="system:test").resealed == 9
        assert Identity.objects.get(borrower=amina).phone == "13900009999"
