from datetime import UTC, date, datetime, timedelta

import pytest

from dashu.approvals import tasks
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services import expire
from dashu.approvals.services.decide import RequestExpired, approve, withdraw
from dashu.approvals.services.expire import expire_overdue
from dashu.audit.models import AuditRecord
from tests.integration.approvals.conftest import TODAY, ask

pytestmark = pytest.mark.django_db

END = datetime(2026, 6, 15, 16, tzinfo=UTC)


class TestExpireOverdue:
    def test_closes_what_nobody_decided_in_time_and_nothing_else(self, book, helen, wei):
        late, longer = ask(helen), ask(helen, "sale")
        done = approve(request_id=ask(helen, thing="2").pk, user=wei, today=TODAY)

        assert expire_overdue(now=END - timedelta(seconds=1)) == 0
        assert expire_overdue(now=END) == 1
        assert expire_overdue(now=END) == 0

        states = dict(ApprovalRequest.objects.values_list("pk", "status"))
        assert states == {late.pk: "EXPIRED", longer.pk: "PENDING", done.pk: "APPROVED"}
        record = AuditRecord.objects.get(action="approvals.expired")
        assert (record.actor, record.subject_id) == ("system:approvals", str(late.pk))
        with pytest.raises(RequestExpired):
            approve(request_id=late.pk, user=wei, today=TODAY)
        with pytest.raises(RequestExpired):
            withdraw(request_id=late.pk, user=helen)
        assert len(book.done) == 1

    def test_goes_on_after_a_full_batch(self, book, helen, monkeypatch):
        monkeypatch.setattr(expire, "BATCH", 2)
        for number in range(5):
            ask(helen, thing=str(number))

        assert expire_overdue(now=END) == 5

    def test_is_what_the_clock_runs(self, book, helen):
        long_ago, far_off = ask(helen, today=date(2020, 1, 1)), ask(helen, thing="2", today=date(2150, 1, 1))

        tasks.expire_overdue_requests(newer_field=1)

        states = dict(ApprovalRequest.objects.values_list("pk", "status"))
        assert states == {long_ago.pk: "EXPIRED", far_off.pk: "PENDING"}
