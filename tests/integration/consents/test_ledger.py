from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from dashu.audit.models import AuditRecord
from dashu.consents.models import ConsentEntry, ConsentText, Purpose
from dashu.consents.selectors import consents_held, latest_texts
from dashu.consents.services.ledger import ConsentNotHeld, ConsentTextOutdated, give_consents, withdraw_consent
from dashu.consents.services.load_texts import TEXTS_FILE, TextChanged, load_texts
from tests.applicants import NOW

ABOUT = "A0000000001"


def give(borrower, *texts, about=ABOUT, now=NOW):
    return give_consents(
        borrower_id=borrower.pk, text_ids=[text.pk for text in texts], about=about, now=now, actor="user:1"
    )


def held(borrower, about=ABOUT):
    return set(consents_held(borrower_id=borrower.pk, about=about))


class TestLedger:
    def test_keeps_what_was_agreed_to_with_its_version_time_and_purpose(self, amina, brook):
        [text] = latest_texts([Purpose.CREDIT_REPORT])

        [entry] = give(amina, text)

        assert (entry.text.version, entry.at, entry.text.purpose) == (1, NOW, Purpose.CREDIT_REPORT)
        assert held(amina) == {"CREDIT_REPORT"}
        assert held(amina, about="A0000000002") == held(brook) == set()

    def test_the_same_again_writes_nothing(self, amina):
        [text] = latest_texts([Purpose.CREDIT_REPORT])
        give(amina, text)

        assert give(amina, text) == []
        assert ConsentEntry.objects.count() == 1

    def test_what_is_withdrawn_no_longer_holds_and_can_be_given_again(self, amina):
        [text] = latest_texts([Purpose.CREDIT_REPORT])
        give(amina, text)
        whose = {"borrower_id": amina.pk, "purpose": "CREDIT_REPORT", "about": ABOUT, "actor": "user:1"}

        withdraw_consent(**whose, now=NOW + timedelta(days=1))

        assert held(amina) == set()
        with pytest.raises(ConsentNotHeld):
            withdraw_consent(**whose, now=NOW + timedelta(days=2))
        give(amina, text, now=NOW + timedelta(days=3))
        assert held(amina) == {"CREDIT_REPORT"}
        assert list(ConsentEntry.objects.order_by("id").values_list("kind", flat=True)) == [
            "GIVEN",
            "WITHDRAWN",
            "GIVEN",
        ]

    def test_nobody_agrees_to_a_text_that_is_no_longer_in_use(self, amina):
        [old] = latest_texts([Purpose.CREDIT_REPORT])
        ConsentText.objects.create(purpose=old.purpose, version=2, title=old.title, text=old.text, digest="x")

        with pytest.raises(ConsentTextOutdated):
            give(amina, old)

        assert not ConsentEntry.objects.exists()

    def test_lines_are_never_changed_or_deleted(self, amina):
        [text] = latest_texts([Purpose.CREDIT_REPORT])
        give(amina, text)

        for statement in ("UPDATE consents_consententry SET kind = 'WITHDRAWN'", "DELETE FROM consents_consententry"):
            with pytest.raises(DatabaseError, match="consents_are_append_only"), transaction.atomic():
                connection.cursor().execute(statement)


class TestOfSomebodyWhoIsNoBorrower:
    whose: ClassVar = {"person": "guarantor:7", "about": ABOUT}

    def test_is_kept_under_their_name_in_the_app_that_knows_them(self, rules):
        [text] = latest_texts([Purpose.GUARANTEE])

        give_consents(**self.whose, text_ids=[text.pk], now=NOW, actor="link")

        entry = ConsentEntry.objects.get()
        assert (entry.borrower_id, entry.person, entry.at) == (None, "guarantor:7", NOW)
        assert set(consents_held(**self.whose)) == {"GUARANTEE"}
        assert consents_held(person="guarantor:8", about=ABOUT) == {}
        kept = AuditRecord.objects.get(action="consents.consent_given")
        assert (kept.subject_type, kept.subject_id) == ("guarantor", "7")

    def test_can_be_taken_back(self, rules):
        [text] = latest_texts([Purpose.GUARANTEE])
        give_consents(**self.whose, text_ids=[text.pk], now=NOW, actor="link")

        withdraw_consent(**self.whose, purpose="GUARANTEE", now=NOW, actor="link")

        assert consents_held(**self.whose) == {}

    def test_a_line_is_of_one_person(self, amina):
        [text] = latest_texts([Purpose.GUARANTEE])

        for whose in ({}, {"borrower": amina, "person": "guarantor:7"}):
            with pytest.raises(IntegrityError, match="consents_entry_is_of_one"), transaction.atomic():
                ConsentEntry.objects.create(**whose, text=text, kind="GIVEN", at=NOW, actor="link")


class TestTexts:
    def test_loading_again_changes_nothing(self, rules):
        assert load_texts() == 0
        assert {text.purpose for text in latest_texts()} == set(Purpose)

    def test_a_version_that_says_something_else_is_refused(self, rules, tmp_path):
        changed = tmp_path / "texts.yaml"
        changed.write_text(TEXTS_FILE.read_text(encoding="utf-8").replace("read once", "read often"), encoding="utf-8")

        with pytest.raises(TextChanged):
            load_texts(changed)
