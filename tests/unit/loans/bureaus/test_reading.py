from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from loans.bureaus.base import BureauAnswerRefused
from loans.bureaus.reading import read_file
from loans.domain.credit_files import CreditFile, Inquiry, LoanKind, OtherLoan, Purpose
from tests.unit.loans.bureaus.answers import INQUIRY, LOAN, NOW, REQUEST, answer, as_bytes

SETTLED = {"commitment_minor": 0, "monthly_minor": 0, "days_past_due": 0, "is_settled": True}


def read(body: bytes) -> CreditFile:
    return read_file(body, request_id=REQUEST, now=NOW)


def problem_of(body: bytes) -> str:
    with pytest.raises(BureauAnswerRefused) as refusal:
        read(body)
    return refusal.value.details["problem"]


class TestReading:
    def test_returns_what_it_says(self):
        assert read(as_bytes(answer())) == CreditFile(
            pulled_at=datetime(2026, 3, 2, 4, 0, tzinfo=UTC),
            reference="R1",
            loans=(OtherLoan("绿叶银行", LoanKind.CONSUMER, date(2026, 1, 5), 5_000_00, 472_80, 3),),
            inquiries=(Inquiry(date(2026, 1, 4), "绿叶银行", Purpose.LOAN),),
        )

    def test_one_who_is_not_known_has_an_empty_file(self):
        file = read(as_bytes(answer(is_known=False, loans=[], inquiries=[])))

        assert (file.is_known, file.loans, file.inquiries, file.has_fraud_flag) == (False, (), (), False)

    def test_leaves_fields_alone_that_it_does_not_know(self):
        assert read(as_bytes(answer(score=700, loans=[{**LOAN, "branch": "3"}]))).loans[0].lender == "绿叶银行"


class TestRefusing:
    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", as_bytes(answer())[:200], b"\xff{}"])
    def test_what_is_no_document(self, body):
        assert problem_of(body) in {"empty_input", "answer is not an object", "invalid_json", "invalid_encoding"}

    def test_a_key_that_stands_twice(self):
        body = as_bytes(answer()).replace(
            b'"has_fraud_flag": false', b'"has_fraud_flag": true, "has_fraud_flag": false'
        )

        assert problem_of(body) == "invalid_json"

    @pytest.mark.parametrize("name", sorted(answer()))
    def test_a_file_without(self, name):
        spoilt = {field: value for field, value in answer().items() if field != name}

        assert problem_of(as_bytes(spoilt)) == f"{name} is missing"

    @pytest.mark.parametrize("name", sorted(LOAN))
    def test_a_loan_without(self, name):
        spoilt = {field: value for field, value in LOAN.items() if field != name}

        assert problem_of(as_bytes(answer(loans=[spoilt]))) == f"{name} is missing"

    @pytest.mark.parametrize("name", sorted(INQUIRY))
    def test_an_inquiry_without(self, name):
        spoilt = {field: value for field, value in INQUIRY.items() if field != name}

        assert problem_of(as_bytes(answer(inquiries=[spoilt]))) == f"{name} is missing"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("lender", ""),
            ("lender", 7),
            ("lender", "a\nb"),
            ("lender", "x" * 121),
            ("kind", "PAWN"),
            ("kind", "consumer"),
            ("opened_on", "20260105"),
            ("opened_on", "2026-02-30"),
            ("opened_on", None),
            ("commitment_minor", -1),
            ("commitment_minor", 5000.5),
            ("commitment_minor", "500000"),
            ("commitment_minor", True),
            ("commitment_minor", 10**13 + 1),
            ("monthly_minor", None),
            ("days_past_due", -1),
            ("days_past_due", 20_001),
            ("is_settled", 0),
            ("is_settled", "false"),
        ],
    )
    def test_a_field_of_a_loan_that_is_not_of_its_form(self, name, value):
        problem = problem_of(as_bytes(answer(loans=[{**LOAN, name: value}])))

        assert problem.startswith(f"{name} is not")

    @pytest.mark.parametrize(
        ("facts", "problem"),
        [
            ({"request_id": str(UUID(int=7))}, "request_id is another one"),
            ({"currency": "USD"}, "currency is not CNY"),
            ({"pulled_at": "2026-03-02T12:00:00"}, "pulled_at is not a moment with its time zone"),
            ({"pulled_at": "yesterday"}, "pulled_at is not a moment with its time zone"),
            ({"pulled_at": "2026-03-02T12:06:00+08:00"}, "pulled_at is still to come"),
            ({"is_known": None}, "is_known is not true or false"),
            ({"loans": {}}, "loans is not a list, or too long"),
            ({"loans": [LOAN] * 2001}, "loans is not a list, or too long"),
            ({"loans": ["x"]}, "loans is not an object"),
            ({"inquiries": [{**INQUIRY, "purpose": "FUN"}]}, "purpose is not known"),
        ],
    )
    def test_a_file_that_is_not_of_its_form(self, facts, problem):
        assert problem_of(as_bytes(answer(**facts))) == problem

    @pytest.mark.parametrize(
        ("facts", "problem"),
        [
            ({"is_known": False}, "somebody unknown has a file"),
            ({"is_known": False, "loans": [], "inquiries": [], "has_fraud_flag": True}, "somebody unknown has a file"),
            ({"inquiries": [{**INQUIRY, "on": "2026-03-03"}]}, "an inquiry is still to come"),
            ({"loans": [{**LOAN, "opened_on": "2026-03-03"}]}, "a loan is still to be opened"),
            ({"loans": [{**LOAN, **SETTLED, "monthly_minor": 1}]}, "a settled loan is owed"),
            ({"loans": [{**LOAN, **SETTLED, "days_past_due": 1}]}, "a settled loan is owed"),
            ({"loans": [{**LOAN, "days_past_due": 57}]}, "a loan is late for longer than it runs"),
            ({"loans": [{**LOAN, "commitment_minor": 0}]}, "a loan is late and nothing is owed"),
        ],
    )
    def test_facts_that_cannot_be_true_together(self, facts, problem):
        assert problem_of(as_bytes(answer(**facts))) == problem

    @pytest.mark.parametrize(
        "loan",
        [{**LOAN, **SETTLED}, {**LOAN, "days_past_due": 56}, {**LOAN, "opened_on": "2026-03-02", "days_past_due": 0}],
    )
    def test_but_takes_those_that_just_can(self, loan):
        assert len(read(as_bytes(answer(loans=[loan]))).loans) == 1

    def test_repeats_nobodys_data(self):
        with pytest.raises(BureauAnswerRefused) as refusal:
            read(as_bytes(answer(loans=[{**LOAN, "lender": "绿叶银行", "kind": "秘密"}])))

        assert "秘密" not in f"{refusal.value} {refusal.value.details}"
