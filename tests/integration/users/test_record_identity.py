from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, transaction

from dashu.audit.models import AuditRecord
from dashu.users.id_numbers import InvalidIdNumber
from dashu.users.models import Borrower, Identity, User
from dashu.users.selectors import borrowers_with_number, borrowers_with_phone
from dashu.users.services.record_identity import (
    IdentityOfAnotherKind,
    IdentityVerified,
    NoIdentity,
    record_identity,
    verify_identity,
)
from tests import factories

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ZHANG = {"kind": "CN_ID", "name": "张三丰", "number": "11010519491231002X", "phone": "13800001234"}
OTHER_NUMBER = "360426199101010071"

pytestmark = pytest.mark.django_db


def tell(borrower: Borrower, **facts: object) -> Identity:
    return record_identity(**{"borrower_id": borrower.pk, **ZHANG, "recorded_at": NOW, "actor": "user:7", **facts})


class TestRecordIdentity:
    def test_notes_who_somebody_is(self, amina):
        tell(amina, number="11010519491231002x", phone="+86 138 0000 1234")

        found = Identity.objects.get(borrower=amina)
        assert (found.kind, found.name, found.number, found.phone) == tuple(ZHANG.values())
        assert (found.recorded_at, found.verified_at, found.verified_by) == (NOW, None, "")
        assert (found.masked_name, found.masked_number, found.masked_phone) == (
            "张**",
            "110***********002X",
            "138****1234",
        )

    def test_a_company_has_a_credit_code(self, rules):
        company = factories.borrower("Dashu", kind=Borrower.Kind.ENTITY)

        tell(company, kind="USCC", name="大树食品店", number="91110000600037341L")

        assert Identity.objects.get().number == "91110000600037341L"
        assert list(borrowers_with_number("91110000 600037341l")) == [company]

    def test_the_same_again_changes_nothing(self, amina):
        tell(amina)
        again = tell(amina, recorded_at=NOW + timedelta(days=1), phone="138-0000-1234")

        assert again.recorded_at == NOW
        assert AuditRecord.objects.filter(action="users.identity_recorded").count() == 1

    def test_can_be_corrected_until_it_is_verified(self, amina):
        tell(amina, name="张三风", number=OTHER_NUMBER)
        tell(amina)

        assert Identity.objects.get().number == ZHANG["number"]
        assert list(borrowers_with_number(OTHER_NUMBER)) == []
        assert list(borrowers_with_number(ZHANG["number"])) == [amina]

    @pytest.mark.parametrize(
        ("facts", "field"), [({"number": OTHER_NUMBER}, "number"), ({"name": "李四"}, "name")], ids=["number", "name"]
    )
    def test_refuses_another_person_than_the_one_verified(self, amina, facts, field):
        tell(amina)
        verify_identity(borrower_id=amina.pk, verified_at=NOW, actor="user:8")
        audited = AuditRecord.objects.count()

        with pytest.raises(IdentityVerified) as refusal:
            tell(amina, phone="13900009999", **facts)

        assert refusal.value.field == field
        found = Identity.objects.get()
        assert (found.name, found.number, found.phone) == (ZHANG["name"], ZHANG["number"], ZHANG["phone"])
        assert AuditRecord.objects.count() == audited

    def test_a_new_phone_leaves_what_was_verified(self, amina):
        tell(amina)
        verify_identity(borrower_id=amina.pk, verified_at=NOW, actor="user:8")
        tell(amina, phone="13900009999")

        found = Identity.objects.get()
        assert (found.phone, found.verified_at, found.verified_by) == ("13900009999", NOW, "user:8")
        assert list(borrowers_with_phone("13900009999")) == [amina]
        assert list(borrowers_with_phone("13800001234")) == []

    def test_refuses_the_paper_of_the_other_kind(self, amina):
        with pytest.raises(IdentityOfAnotherKind):
            tell(amina, kind="USCC", number="91110000600037341L")

        assert Identity.objects.exists() is False

    def test_a_wrong_number_leaves_no_trace(self, amina):
        with pytest.raises(InvalidIdNumber):
            tell(amina, number="110105194912310020")

        assert Identity.objects.exists() is False
        assert AuditRecord.objects.filter(action="users.identity_recorded").exists() is False

    def test_the_day_of_birth_is_held_against_the_lenders_day(self, amina):
        late_in_the_evening_of_utc = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)

        tell(amina, number="11010520260302123X", recorded_at=late_in_the_evening_of_utc)

        assert Identity.objects.get().number == "11010520260302123X"


class TestVerifyIdentity:
    def test_keeps_who_was_first(self, amina):
        tell(amina)
        verify_identity(borrower_id=amina.pk, verified_at=NOW, actor="user:8")
        verify_identity(borrower_id=amina.pk, verified_at=NOW + timedelta(days=1), actor="user:9")

        found = Identity.objects.get()
        assert (found.verified_at, found.verified_by) == (NOW, "user:8")
        assert AuditRecord.objects.filter(action="users.identity_verified").count() == 1

    def test_refuses_where_nothing_is_known(self, amina):
        with pytest.raises(NoIdentity):
            verify_identity(borrower_id=amina.pk, verified_at=NOW, actor="user:8")

        assert AuditRecord.objects.exists() is False

    def test_the_database_refuses_a_verification_by_nobody(self, amina):
        tell(amina)

        with pytest.raises(IntegrityError, match="verified_by_someone"), transaction.atomic():
            Identity.objects.update(verified_at=NOW)


class TestLookUp:
    def test_finds_both_records_of_one_person(self, amina, brook):
        tell(brook)
        tell(amina)

        assert list(borrowers_with_number(" 11010519491231002x")) == [amina, brook]
        assert list(borrowers_with_number(OTHER_NUMBER)) == []

    def test_a_person_sees_their_own_and_staff_what_their_role_grants(self, amina, brook, chidi, dana):
        identity = tell(amina)
        underwriter = factories.staff("Uma", User.Role.UNDERWRITER)

        seen = {
            name: list(Identity.objects.visible_to(user))
            for name, user in {
                "amina": amina.user,
                "brook": brook.user,
                "collector": chidi,
                "partner": dana.user,
                "underwriter": underwriter,
                "nobody": AnonymousUser(),
            }.items()
        }

        assert seen == {
            "amina": [identity],
            "brook": [],
            "collector": [],
            "partner": [],
            "underwriter": [identity],
            "nobody": [],
        }


class TestAtRest:
    def test_no_personal_value_stands_in_a_row_in_the_audit_or_in_a_repr(self, amina):
        identity = tell(amina)
        verify_identity(borrower_id=amina.pk, verified_at=NOW, actor="user:8")
        tell(amina, phone="13900009999")
        secrets = [ZHANG["name"], ZHANG["number"], ZHANG["phone"], "13900009999", "19491231"]

        places = [raw_rows("users_identity"), raw_rows("audit_auditrecord"), repr(identity), str(identity)]

        assert [secret for secret in secrets for place in places if secret in place] == []
        assert "users.identity_recorded" in places[1]
        assert places[0].count("test.") == 3


def raw_rows(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(row)::text FROM {table} AS row ORDER BY 1")
        return "\n".join(text for (text,) in cursor.fetchall())
