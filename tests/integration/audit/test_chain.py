"""Whoever changes the audit log past its triggers is found out."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from dashu.alerts.models import Alert
from dashu.audit import chain
from dashu.audit.models import AuditLink, AuditRecord
from dashu.audit.services import record
from dashu.audit.tasks import link_audit_records, verify_audit_chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids():
    """Five linked records."""
    for loan in range(5):
        record(action="loans.disbursed", subject_type="loan", subject_id=loan, actor="user:3", data={"名": [1, 2.5]})
    assert link_audit_records() == 5
    return list(AuditRecord.objects.order_by("id").values_list("id", flat=True))


def past_the_guards(statement, values=()):
    """Do what only the owner of the tables can: switch the triggers off, write, and switch them on."""
    with connection.cursor() as cursor:
        for table in ("audit_auditrecord", "audit_auditlink"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute(statement, values)
        for table in ("audit_auditrecord", "audit_auditlink"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def faults():
    return [(fault.kind, fault.number, fault.record) for fault in chain.verify().faults]


class TestTheChain:
    def test_holds_and_says_where_it_ends(self, ids):
        found = chain.verify()

        assert found.faults == []
        assert (found.head.number, found.head.digest) == (5, AuditLink.objects.get(number=5).digest)
        assert len(set(AuditLink.objects.values_list("digest", flat=True))) == 5

    def test_links_nothing_twice_and_goes_on_where_it_ended(self, ids):
        assert link_audit_records() == 0
        record(action="loans.sold", subject_type="loan", subject_id=9, actor="user:3")
        assert link_audit_records() == 1
        assert chain.verify().head.number == 6

    def test_links_more_than_it_takes_at_once(self, ids, monkeypatch):
        monkeypatch.setattr(chain, "_AT_ONCE", 2)
        for loan in range(5):
            record(action="loans.sold", subject_type="loan", subject_id=loan, actor="user:3")

        assert link_audit_records() == 5
        assert chain.verify() == chain.Verified(chain.chain_head(), [])

    def test_reads_the_same_in_any_time_zone(self, ids):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TimeZone = 'America/New_York'")
            cursor.execute("SET LOCAL DateStyle = 'German'")
        assert faults() == []

    @pytest.mark.parametrize("change", ["UPDATE {} SET number = 9", "DELETE FROM {}", "TRUNCATE {}"])
    def test_is_never_changed_by_the_program(self, ids, change):
        with pytest.raises(IntegrityError, match=r"^audit_is_append_only"), transaction.atomic():
            connection.cursor().execute(change.format("audit_auditlink"))


class TestTampering:
    @pytest.mark.parametrize(
        "change",
        [
            "actor = 'user:4'",
            "action = 'loans.sold'",
            "subject_id = '77'",
            "data = '{}'",
            "at = at - interval '1 microsecond'",
        ],
    )
    def test_a_record_that_was_changed_is_named(self, ids, change):
        past_the_guards(f"UPDATE audit_auditrecord SET {change} WHERE id = %s", [ids[2]])
        assert faults() == [("RECORD_DIFFERS", 3, ids[2])]

    def test_a_record_that_was_taken_out_is_named(self, ids):
        past_the_guards("DELETE FROM audit_auditrecord WHERE id = %s", [ids[1]])
        assert faults() == [("RECORD_MISSING", 2, ids[1])]

    def test_a_record_that_was_taken_out_with_its_link_leaves_a_gap(self, ids):
        past_the_guards("DELETE FROM audit_auditlink WHERE record_id = %s", [ids[1]])
        past_the_guards("DELETE FROM audit_auditrecord WHERE id = %s", [ids[1]])
        assert faults() == [("LINKS_MISSING", 2, None)]

    def test_a_record_that_was_slipped_in_with_an_old_date_is_named(self, ids):
        past_the_guards(
            "INSERT INTO audit_auditrecord (id, at, action, subject_type, subject_id, actor, data)"
            " VALUES (-1, now() - interval '9 days', 'loans.sold', 'loan', '1', 'user:3', '{}')"
        )
        link_audit_records()
        assert faults() == [("NOT_LINKED", None, -1)]

    def test_a_chain_that_was_computed_anew_is_found_by_a_head_that_was_noted(self, ids):
        noted = chain.chain_head()
        past_the_guards("UPDATE audit_auditrecord SET actor = 'user:4' WHERE id = %s", [ids[0]])
        past_the_guards("DELETE FROM audit_auditlink")
        link_audit_records()

        assert faults() == []
        assert [fault.kind for fault in chain.verify(holds=noted).faults] == ["REWRITTEN"]

    def test_an_end_that_was_cut_off_is_found_by_a_head_that_was_noted(self, ids):
        noted = chain.chain_head()
        past_the_guards("DELETE FROM audit_auditlink WHERE number > 3")
        past_the_guards("DELETE FROM audit_auditrecord WHERE id > %s", [ids[2]])

        assert faults() == []
        assert [fault.kind for fault in chain.verify(holds=noted).faults] == ["LINKS_MISSING"]


class TestWhoIsTold:
    def test_an_alert_is_raised_once_and_ends_when_it_holds_again(self, ids):
        past_the_guards("UPDATE audit_auditrecord SET actor = 'user:4' WHERE id = %s", [ids[2]])
        verify_audit_chain()
        verify_audit_chain()
        alert = Alert.objects.get(kind="audit.chain_broken")
        assert (alert.ended_at, alert.params["record"]) == (None, ids[2])

        past_the_guards("UPDATE audit_auditrecord SET actor = 'user:3' WHERE id = %s", [ids[2]])
        verify_audit_chain()
        alert.refresh_from_db()
        assert alert.ended_at is not None

    def test_the_command_prints_the_head_and_every_fault(self, ids):
        out, head = StringIO(), chain.chain_head()
        call_command("verify_audit", "--holds", f"{head.number}:{head.digest}", stdout=out)
        assert out.getvalue() == f'{{"links": 5, "head": "5:{head.digest}"}}\n'

        past_the_guards("DELETE FROM audit_auditrecord WHERE id = %s", [ids[1]])
        out = StringIO()
        with pytest.raises(CommandError):
            call_command("verify_audit", stdout=out)
        assert out.getvalue().splitlines()[0] == (
            f'{{"fault": {{"kind": "RECORD_MISSING", "number": 2, "record": {ids[1]}}}}}'
        )

    @pytest.mark.parametrize("text", ["5", "x:y", "0:" + "0" * 64, "5:" + "G" * 64])
    def test_the_command_refuses_what_is_no_head(self, text):
        with pytest.raises(CommandError, match="NUMBER:DIGEST"):
            call_command("verify_audit", "--holds", text)


def test_old_records_are_never_left_out_of_a_first_linking(monkeypatch):
    monkeypatch.setattr(chain, "LINKED_WITHIN_HOURS", -1)  # as if all of them were days old
    for loan in range(3):
        record(action="loans.sold", subject_type="loan", subject_id=loan, actor="user:3")
    monkeypatch.setattr(chain, "_AT_ONCE", 2)
    assert link_audit_records() == 3
