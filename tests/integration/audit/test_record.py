from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from dashu.audit.models import AuditRecord
from dashu.audit.services import record


@pytest.mark.django_db
class TestRecord:
    def test_notes_who_did_what_to_which_record(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            record(
                action="loans.disbursed",
                subject_type="loan",
                subject_id=12,
                actor="user:3",
                data={"on": date(2026, 1, 2), "rate": Decimal("0.18"), "name": "王小明"},
            )

        row = AuditRecord.objects.get()
        assert (row.action, row.subject_type, row.subject_id, row.actor) == ("loans.disbursed", "loan", "12", "user:3")
        assert row.data == {"on": "2026-01-02", "rate": "0.18", "name": "王小明"}

    @pytest.mark.parametrize(
        "change",
        ["UPDATE audit_auditrecord SET actor = 'x'", "DELETE FROM audit_auditrecord", "TRUNCATE audit_auditrecord"],
    )
    def test_is_never_changed(self, change):
        record(action="loans.disbursed", subject_type="loan", subject_id=12, actor="user:3")

        with (
            pytest.raises(IntegrityError, match=r"^audit_is_append_only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)

        assert AuditRecord.objects.get().actor == "user:3"
