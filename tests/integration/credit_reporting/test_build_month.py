"""The file of a month: each loan once, what may not be told is held back, and the trailer holds."""

from datetime import date
from hashlib import sha256

import pytest

from dashu.audit.models import AuditRecord
from dashu.credit_reporting.domain.layouts import layout
from dashu.credit_reporting.models import ReportedRecord, ReportingConsent, ReportingFile
from dashu.credit_reporting.services.build_month import MonthNotClosed
from dashu.messaging.models import OutboxMessage
from dashu.users.private_files import private
from tests import factories
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER
from tests.integration.credit_reporting import cases
from tests.integration.credit_reporting.cases import MONTHLY

FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
LAYOUT = layout("account_month")


@pytest.fixture
def amina(amina):
    return cases.known(amina)


@pytest.fixture
def loan(amina):
    """12,000 yuan from 15 January 2026, 1,100.16 a month."""
    return cases.reported_loan(amina)


def told(file: ReportingFile) -> list[dict[str, str]]:
    return [LAYOUT.read("base", line) for line in cases.lines_of(file)[1:-1]]


class TestMonth:
    def test_tells_every_field_of_a_loan_that_was_paid_on_time(self, loan):
        factories.pay(loan, MONTHLY, date(2026, 2, 15))
        cases.closed(date(2026, 2, 28))

        (record,) = told(cases.filed(FEBRUARY))

        assert record == {
            "record": "D", "line": "1", "action": "1",
            "account": loan.number, "month": "202602",
            "name": "阿米娜", "id_kind": "1", "id_number": AMINAS_NUMBER, "consent": f"P-{loan.pk}",
            "currency": "CNY", "opened_on": "20260115", "matures_on": "20270115", "lent": "12000.00",
            "state": "1", "tier": "1", "code": "N", "grid": "/" * 58 + "#N",
            "balance": "11079.84", "before": "12000.00", "raised": "0.00", "paid_principal": "920.16",
            "reduced": "0.00", "overdue": "0.00",
            "overdue_31": "0.00", "overdue_61": "0.00", "overdue_91": "0.00", "overdue_181": "0.00",
            "periods_behind": "0", "due": "1100.16", "paid": "1100.16", "last_paid_on": "20260215",
            "periods_left": "11", "happened": "", "disputed": "0", "statement": "",
        }  # fmt: skip

    def test_tells_what_is_overdue_by_age(self, loan):
        for month in (FEBRUARY, MARCH):
            cases.told_in_time(month)
            cases.closed(cases.month_end(month))
        cases.closed(date(2026, 4, 30))

        (record,) = told(cases.filed(date(2026, 4, 1)))

        assert (record["code"], record["state"], record["tier"], record["grid"][-4:]) == ("3", "2", "2", "#123")
        assert (record["periods_behind"], record["overdue"]) == ("3", "3300.48")
        # Of 15 February 74 days, of 15 March 46, of 15 April 15.
        ages = (record["overdue_31"], record["overdue_61"], record["overdue_91"], record["overdue_181"])
        assert ages == ("933.96", "920.16", "0.00", "0.00")

    def test_has_totals_and_a_digest_in_its_trailer_and_is_sealed_on_the_disk(self, loan, brook):
        other = cases.reported_loan(cases.known(brook, BROOKS_NUMBER), principal=5_000_00)
        for each in (loan, other):
            factories.pay(each, MONTHLY, date(2026, 2, 15))
        cases.closed(date(2026, 2, 28))

        file = cases.filed(FEBRUARY)

        header, *records, trailer = cases.lines_of(file)
        assert header == "H|account_month/1|DASHU000000001|CCRC|202602|1|MONTHLY||20260302"
        above = "".join(f"{line}\n" for line in [header, *records]).encode()
        assert LAYOUT.read("trailer", trailer) == {
            "record": "T",
            "records": "2",
            "balance": f"{sum(float(LAYOUT.read('base', line)['balance']) for line in records):.2f}",
            "overdue": "0.00",
            "adverse": "0",
            "digest": sha256(above).hexdigest(),
        }
        whole = above + f"{trailer}\n".encode()
        assert (file.sha256, file.size) == (sha256(whole).hexdigest(), len(whole))
        with private().open(file.stored_as) as stored:
            assert AMINAS_NUMBER.encode() not in stored.read()
        assert AMINAS_NUMBER not in str(list(ReportedRecord.objects.values()))

    def test_is_built_once(self, loan):
        cases.closed(date(2026, 2, 28))

        assert cases.filed(FEBRUARY) == cases.filed(FEBRUARY, on=date(2026, 3, 5))

        assert ReportingFile.objects.count() == 1
        assert ReportedRecord.objects.count() == 1
        assert AuditRecord.objects.filter(action="credit_reporting.file_built").count() == 1

    def test_waits_for_the_close_and_leaves_no_trace(self, loan):
        with pytest.raises(MonthNotClosed):
            cases.filed(FEBRUARY)

        assert not ReportingFile.objects.exists()


class TestHeldBack:
    def held(self, loan) -> list[str]:
        record = ReportedRecord.objects.get(loan=loan)
        assert (record.status, record.line) == ("HELD", None)
        return record.held_for

    def test_is_a_late_month_whose_borrower_was_not_told(self, loan):
        cases.closed(date(2026, 2, 28))

        file = cases.filed(FEBRUARY)

        assert self.held(loan) == ["NO_NOTICE"]
        assert (told(file), file.held, file.totals["records"]) == ([], 1, 0)

    def test_is_told_then_and_goes_out_with_the_next_file(self, loan):
        cases.closed(date(2026, 2, 28))
        cases.filed(FEBRUARY)
        message = OutboxMessage.objects.get(template="credit_reporting.month_held")
        assert message.params["told_from"] == "2026-03-05"
        cases.notices_arrive(date(2026, 3, 2))

        assert cases.corrected(date(2026, 3, 4)) is None
        file = cases.corrected(date(2026, 3, 5))

        (record,) = told(file)
        assert (record["action"], record["code"], record["month"]) == ("3", "1", "202602")
        kept = ReportedRecord.objects.get(file=file)
        assert (kept.notice_id, kept.notice_at, len(kept.notice_digest)) == (
            message.pk,
            cases.at(date(2026, 3, 2)),
            64,
        )
        assert ReportedRecord.objects.filter(status="RELEASED").count() == 1

    def test_is_not_what_was_told_in_time(self, loan):
        cases.told_in_time(FEBRUARY)
        cases.closed(date(2026, 2, 28))

        (record,) = told(cases.filed(FEBRUARY))

        assert record["code"] == "1"

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"sent_at": cases.at(date(2026, 2, 28))}, "NOTICE_TOO_LATE"),
            ({"delivery": "BOUNCED"}, "NOTICE_FAILED"),
            ({"status": "PENDING"}, "NO_NOTICE"),
        ],
    )
    def test_is_what_was_told_too_late_or_did_not_arrive(self, loan, changes, reason):
        cases.told_in_time(FEBRUARY)
        OutboxMessage.objects.update(**changes)
        cases.closed(date(2026, 2, 28))

        cases.filed(FEBRUARY)

        assert self.held(loan) == [reason]

    def test_is_everything_without_consent_or_identity(self, amina, brook):
        unasked = factories.running_loan(amina)
        unknown = cases.reported_loan(brook)
        for each in (unasked, unknown):
            factories.pay(each, MONTHLY, date(2026, 2, 15))
        cases.closed(date(2026, 2, 28))

        assert told(cases.filed(FEBRUARY)) == []

        found = dict(ReportedRecord.objects.values_list("loan", "held_for"))
        assert found == {unasked.pk: ["NO_CONSENT"], unknown.pk: ["NO_IDENTITY"]}

    def test_is_what_the_borrower_took_their_consent_back_of(self, loan):
        factories.pay(loan, MONTHLY, date(2026, 2, 15))
        ReportingConsent.objects.update(ended_on=date(2026, 3, 1))
        cases.closed(date(2026, 2, 28))

        cases.filed(FEBRUARY)

        assert self.held(loan) == ["NO_CONSENT"]

    def test_is_not_announced_where_it_could_not_be_told_anyway(self, amina):
        factories.running_loan(amina)  # nobody agreed
        cases.closed(date(2026, 2, 28))

        cases.filed(FEBRUARY)

        assert ReportedRecord.objects.get().held_for == ["NO_NOTICE", "NO_CONSENT"]
        assert not OutboxMessage.objects.filter(template="credit_reporting.month_held").exists()

    def test_leaves_its_month_unknown_in_the_next_ones(self, loan):
        cases.closed(date(2026, 2, 28))
        cases.filed(FEBRUARY)
        factories.pay(loan, 2_300_00, date(2026, 3, 10))
        cases.closed(date(2026, 3, 31))

        (record,) = told(cases.filed(MARCH, on=date(2026, 4, 2)))

        assert (record["code"], record["grid"][-3:]) == ("N", "##N")


class TestManyLoans:
    def test_ask_the_database_as_often_as_one(self, amina, django_assert_max_num_queries):
        cases.reported_loan(amina, starts_on=date(2026, 1, 15))
        cases.closed(date(2026, 2, 28))
        with django_assert_max_num_queries(60) as for_one:
            cases.filed(FEBRUARY)
        for _number in range(4):
            cases.reported_loan(amina, starts_on=date(2026, 2, 1))
        cases.closed(date(2026, 3, 31))

        with django_assert_max_num_queries(60) as for_five:
            cases.filed(MARCH, on=date(2026, 4, 1))

        # Each of those that are held back is told; nothing else is asked for one by one.
        told_now = OutboxMessage.objects.filter(template="credit_reporting.month_held", params__report_on="2026-03-31")
        assert len(for_five) - len(for_one) <= 2 * told_now.count()
