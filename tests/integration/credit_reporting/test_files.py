"""A file on its way: approved by a second person, sent, answered, its rejected rows sent again."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from dashu.approvals.services.decide import OwnRequest, approve
from dashu.credit_reporting.domain.answers import AnswerUnreadable
from dashu.credit_reporting.models import ReportedRecord, ReportingConsent, ReportingFile
from dashu.credit_reporting.services.steps import WrongStep, ask_approval, discard_file, send_file
from dashu.credit_reporting.services.take_answer import build_resubmission, take_answer
from dashu.users.models import User
from tests import factories
from tests.applicants import BROOKS_NUMBER
from tests.integration.credit_reporting import cases
from tests.integration.credit_reporting.cases import MONTHLY

FEBRUARY = date(2026, 2, 1)
TODAY = date(2026, 3, 2)


@pytest.fixture
def loans(amina, brook):
    cases.known(amina)
    cases.known(brook, BROOKS_NUMBER)
    made = [cases.reported_loan(owner) for owner in (amina, brook)]
    for loan in made:
        factories.pay(loan, MONTHLY, date(2026, 2, 15))
    cases.closed(date(2026, 2, 28))
    return made


@pytest.fixture
def file(loans) -> ReportingFile:
    return cases.filed(FEBRUARY)


def statuses(loan) -> list[str]:
    return list(ReportedRecord.objects.filter(loan=loan).order_by("pk").values_list("status", flat=True))


class TestApproval:
    def test_is_another_persons(self, file):
        wen = factories.staff("Wen", User.Role.SUPERVISOR)
        asked = ask_approval(file_id=file.pk, reason="The month.", user=wen, today=TODAY, key=str(uuid4()))
        assert asked.status == "PENDING"
        with pytest.raises(OwnRequest):
            approve(request_id=asked.pk, user=wen, today=TODAY)

        approve(request_id=asked.pk, user=factories.staff("Root", User.Role.ADMIN), today=TODAY)

        file.refresh_from_db()
        assert (file.status, file.approved_by != "") == ("APPROVED", True)

    def test_comes_before_sending(self, file):
        with pytest.raises(WrongStep):
            send_file(file_id=file.pk, now=cases.at(TODAY), actor="user:1")

        file.refresh_from_db()
        assert (file.status, file.sent_at) == ("BUILT", None)


class TestSending:
    def test_twice_keeps_the_first_time(self, file):
        first = cases.sent(file)
        again = send_file(file_id=file.pk, now=cases.at(date(2026, 4, 1)), actor="user:2")

        assert (again.sent_at, again.sent_by) == (first.sent_at, "user:admin")


class TestAnswer:
    def test_of_no_errors_accepts_everything(self, file, loans):
        done = cases.accepted(file)

        assert done.status == "ACCEPTED"
        assert [statuses(loan) for loan in loans] == [["ACCEPTED"], ["ACCEPTED"]]

    def test_taken_twice_is_once(self, file):
        done = cases.accepted(file)

        again = take_answer(
            file_id=file.pk, content=cases.answer_to(done), now=cases.at(date(2026, 4, 1)), actor="user:2"
        )

        assert again.answered_at == done.answered_at

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"hello",
            b"\xff\xfe",
            b"A|1|x|2|0",
            b"A|9|{sha}|2|0",
            b"A|1|{sha}|1|0",
            b"A|1|{sha}|1|1",
            b"A|1|{sha}|2|-1",
        ],
    )
    def test_that_is_no_answer_to_this_file_is_refused_and_changes_nothing(self, file, loans, content):
        made = cases.sent(file)
        given = content.replace(b"{sha}", made.sha256.encode())

        with pytest.raises(AnswerUnreadable):
            take_answer(file_id=file.pk, content=given, now=cases.at(TODAY), actor="user:1")

        file.refresh_from_db()
        assert (file.status, statuses(loans[0])) == ("SENT", ["IN_FILE"])

    def test_that_names_another_account_is_refused(self, file, loans):
        made = cases.sent(file)
        content = cases.answer_to(made, [(ReportedRecord.objects.get(line=1), "tier", "E1")])

        with pytest.raises(AnswerUnreadable):
            take_answer(
                file_id=file.pk,
                content=content.replace(loans[0].number.encode(), loans[1].number.encode()),
                now=cases.at(TODAY),
                actor="user:1",
            )

        assert statuses(loans[0]) == ["IN_FILE"]


class TestResubmission:
    def test_has_the_rejected_rows_only_and_is_accepted_in_their_place(self, file, loans):
        wrong = ReportedRecord.objects.get(loan=loans[1])
        done = cases.accepted(file, [(wrong, "id_number", "NOT_KNOWN"), (wrong, "name", "NOT_KNOWN")][:1])
        assert (done.status, statuses(loans[0]), statuses(loans[1])) == ("PARTLY_REJECTED", ["ACCEPTED"], ["REJECTED"])

        again = build_resubmission(file_id=file.pk, now=cases.at(date(2026, 3, 11)), actor="user:1")

        assert (again.kind, again.of, again.sequence, again.totals["records"]) == ("RESUBMISSION", file, 2, 1)
        assert cases.lines_of(again)[0] == "H|account_month/1|DASHU000000001|CCRC|202602|2|RESUBMISSION|1|20260311"
        assert statuses(loans[1]) == ["RESUBMITTED", "IN_FILE"]
        assert build_resubmission(file_id=file.pk, now=cases.at(date(2026, 3, 12)), actor="user:1") == again
        cases.accepted(again)
        assert statuses(loans[1]) == ["RESUBMITTED", "ACCEPTED"]

    def test_holds_back_what_may_not_be_told_today_and_takes_it_up_once_it_may(self, file, loans):
        rejected = list(ReportedRecord.objects.order_by("line"))
        cases.accepted(file, [(each, "id_number", "NOT_KNOWN") for each in rejected])
        ReportingConsent.objects.filter(loan=loans[1]).update(ended_on=date(2026, 3, 5))

        again = build_resubmission(file_id=file.pk, now=cases.at(date(2026, 3, 11)), actor="user:1")

        assert (again.totals["records"], again.held) == (1, 1)
        assert statuses(loans[1]) == ["RESUBMITTED", "HELD"]
        ReportingConsent.objects.filter(loan=loans[1]).update(ended_on=None)
        late = cases.corrected(date(2026, 3, 12))
        assert (late.totals["records"], statuses(loans[1])) == (1, ["RESUBMITTED", "RELEASED", "IN_FILE"])

    def test_of_a_file_that_was_accepted_is_refused(self, file):
        cases.accepted(file)

        with pytest.raises(WrongStep):
            build_resubmission(file_id=file.pk, now=cases.at(date(2026, 3, 11)), actor="user:1")

        assert ReportingFile.objects.count() == 1


class TestThrownAway:
    def test_is_built_anew_under_the_same_number(self, file, loans):
        discard_file(file_id=file.pk, reason="A payment is missing.", actor="user:1")

        again = cases.filed(FEBRUARY)

        assert (again.pk != file.pk, again.sequence) == (True, 1)
        assert statuses(loans[0]) == ["DISCARDED", "IN_FILE"]

    def test_is_not_what_was_sent(self, file):
        cases.sent(file)

        with pytest.raises(WrongStep):
            discard_file(file_id=file.pk, reason="Late.", actor="user:1")


class TestExactlyOnce:
    @pytest.mark.parametrize("status", ["IN_FILE", "ACCEPTED"])
    def test_is_kept_by_the_database(self, file, loans, status):
        record = ReportedRecord.objects.get(loan=loans[0])
        if status == "ACCEPTED":
            cases.accepted(file)
        record.pk, record.status = None, status

        with pytest.raises(IntegrityError), transaction.atomic():
            record.save(force_insert=True)
