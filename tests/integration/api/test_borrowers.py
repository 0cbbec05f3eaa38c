"""The people whom a partner brought: its own, masked, and in full only for a token that may and asks."""

import json
from datetime import date
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu.audit.models import AuditRecord
from dashu.users.models import Borrower
from repayments.api import borrowers as views
from tests import factories
from tests.integration.api.conftest import assert_problem, program_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]
KEYS = count(1)
NUMBER = "11010519491231002X"


def brought(reference="C-1", partner="dana", **fields):
    """Somebody without a login, as partners bring them."""
    return Borrower.objects.create(
        name="阿米娜",
        phone="13800001234",
        email="amina@example.com",
        source=f"partner:{partner}",
        external_id=reference,
        **fields,
    )


def patch(program, reference, body, **headers):
    return program.client.patch(
        f"/api/v1/borrowers/{reference}",
        data=json.dumps(body),
        content_type="application/json",
        headers=program.headers({"Idempotency-Key": f"key-{next(KEYS)}", "If-Match": "*", **headers}),
    )


def revealed():
    return list(AuditRecord.objects.filter(action="users.borrower_read_in_full").values_list("subject_id", "actor"))


class TestListBorrowers:
    def test_shows_them_masked_with_their_loans(self, program, dana, monkeypatch):
        monkeypatch.setattr(views, "lender_today", lambda: date(2026, 4, 1))
        theirs = brought()
        factories.running_loan(theirs, brought_by=dana)
        factories.running_loan(theirs, brought_by=dana, starts_on=date(2026, 1, 20))
        factories.approved_loan(theirs, brought_by=dana)
        factories.running_loan(theirs)

        (row,) = program.get("borrowers").json()["results"]

        assert row.pop("created_at").startswith("20")
        assert row == {
            "reference": "C-1",
            "name": "阿**",
            "phone": "138****1234",
            "email": "a***@example.com",
            "is_personal": False,
            "language": "zh-hans",
            "is_business": False,
            "has_login": False,
            "open_loans": 2,
            "next_due_on": "2026-04-15",
        }

    def test_shows_nobody_of_another_partner_or_of_ours(self, program, amina):
        brought("C-2")
        brought("C-1", partner="eve")

        assert [row["reference"] for row in program.get("borrowers").json()["results"]] == ["C-2"]

    def test_pages_by_reference(self, program):
        for number in (3, 1, 2, 5, 4):
            brought(f"C-{number}")

        first = program.get("borrowers?limit=2&fields=reference").json()
        second = program.get(f"borrowers?limit=2&fields=reference&cursor={first['next_cursor']}").json()
        third = program.get(f"borrowers?limit=2&fields=reference&cursor={second['next_cursor']}").json()

        pages = [[row["reference"] for row in page["results"]] for page in (first, second, third)]
        assert pages == [["C-1", "C-2"], ["C-3", "C-4"], ["C-5"]]
        assert third["next_cursor"] is None

    def test_reads_those_that_are_named(self, program):
        brought("C-1")
        brought("C-2")
        brought("E-1", partner="eve")

        answer = program.get("borrowers?ids=C-2,E-1,C-9").json()

        assert [row["reference"] for row in answer["results"]] == ["C-2"]

    def test_needs_the_same_queries_for_one_and_for_many(self, program, dana):
        factories.running_loan(brought("C-1"), brought_by=dana)
        with CaptureQueriesContext(connection) as for_one:
            program.get("borrowers")
        for number in range(2, 7):
            factories.running_loan(brought(f"C-{number}"), brought_by=dana)

        with CaptureQueriesContext(connection) as for_many:
            assert len(program.get("borrowers").json()["results"]) == 6

        assert len(for_one) == len(for_many) == 3

    @pytest.mark.parametrize(
        ("query", "code", "field"),
        [
            ("personal=true", "unknown_field", "personal"),
            ("cursor=guessed", "invalid_cursor", "cursor"),
            ("fields=number", "unknown_field", "fields"),
        ],
    )
    def test_refuses_a_wrong_parameter(self, program, query, code, field):
        assert_problem(program.get(f"borrowers?{query}"), 422, code, field)

    def test_needs_its_scope(self, dana):
        assert_problem(program_of(dana, scope="borrowers:personal").get("borrowers"), 403, "insufficient_scope", None)


class TestGetBorrower:
    def test_is_masked_and_nothing_of_it_is_written_down(self, program):
        brought("C-1")

        shown = program.get("borrowers/C-1").json()

        assert (shown["name"], shown["phone"], shown["is_personal"]) == ("阿**", "138****1234", False)
        assert revealed() == []

    def test_is_in_full_for_who_may_and_asks_and_that_is_written_down(self, program):
        theirs = brought("C-1")

        shown = program.get("borrowers/C-1?personal=true").json()
        program.get("borrowers/C-1?personal=true")

        assert (shown["name"], shown["phone"], shown["email"]) == ("阿米娜", "13800001234", "amina@example.com")
        assert shown["is_personal"] is True
        assert revealed() == [(str(theirs.pk), "partner:dana")] * 2

    def test_in_full_needs_its_scope(self, dana):
        brought("C-1")
        program = program_of(dana, scope="borrowers:read")

        assert_problem(program.get("borrowers/C-1?personal=true"), 403, "insufficient_scope", None)
        assert program.get("borrowers/C-1").status_code == 200
        assert revealed() == []

    def test_never_has_an_id_number(self, program, dana):
        from dashu.users.services.record_identity import record_identity
        from tests.applicants import NOW

        theirs = brought("C-1")
        about = {"borrower_id": theirs.pk, "recorded_at": NOW, "actor": "partner:dana"}
        record_identity(kind="CN_ID", name="阿米娜", number=NUMBER, phone="13900005678", **about)

        answer = program.get("borrowers/C-1?personal=true")

        assert NUMBER[:6] not in answer.content.decode()
        assert answer.json()["phone"] == "13900005678"

    def test_is_found_by_a_reference_with_a_slash(self, program):
        brought("shop/7")

        assert program.get("borrowers/shop/7?fields=reference").json() == {"reference": "shop/7"}

    @pytest.mark.parametrize("reference", ["C-9", "E-1", "%00"])
    def test_of_another_partner_or_nobody_is_not_found(self, program, reference):
        brought("E-1", partner="eve")

        assert_problem(program.get(f"borrowers/{reference}?personal=true"), 404, "borrower_not_found", "reference")
        assert revealed() == []


class TestCorrectBorrower:
    def test_notes_another_address_and_language(self, program):
        theirs = brought("C-1")

        shown = patch(program, "C-1", {"email": "new@example.com", "language": "zh-hant"})

        theirs.refresh_from_db()
        assert (shown.status_code, shown.json()["email"]) == (200, "n***@example.com")
        assert (theirs.email, theirs.language, theirs.name) == ("new@example.com", "zh-hant", "阿米娜")
        record = AuditRecord.objects.get(action="users.borrower_corrected")
        assert record.data == {"changed": ["email", "language"]}

    def test_with_nothing_new_changes_nothing(self, program):
        brought("C-1")

        assert patch(program, "C-1", {"email": "amina@example.com"}).status_code == 200
        assert not AuditRecord.objects.filter(action="users.borrower_corrected").exists()

    def test_leaves_it_to_who_signs_in(self, program):
        theirs = factories.borrower("Brook", source="partner:dana", external_id="C-1")

        assert_problem(patch(program, "C-1", {"language": "en"}), 409, "said_by_themselves", "language")
        theirs.refresh_from_db()
        assert theirs.language == "zh-hans"

    @pytest.mark.parametrize(
        ("body", "code", "field"),
        [
            ({"name": "Eve"}, "unknown_field", "name"),
            ({"language": "fr"}, "invalid_choice", "language"),
            ({"email": "nobody"}, "invalid_input", "email"),
        ],
    )
    def test_refuses_at_the_field(self, program, body, code, field):
        brought("C-1")

        assert_problem(patch(program, "C-1", body), 422, code, field)

    def test_of_another_partner_is_not_found(self, program):
        theirs = brought("E-1", partner="eve")

        assert_problem(patch(program, "E-1", {"language": "en"}), 404, "borrower_not_found", "reference")
        theirs.refresh_from_db()
        assert theirs.language == "zh-hans"

    def test_needs_both_scopes(self, dana):
        brought("C-1")

        assert_problem(
            patch(program_of(dana, scope="borrowers:read"), "C-1", {"language": "en"}), 403, "insufficient_scope", None
        )
