"""Partners end loans by quote and fetch papers."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import LENDER_ZONE
from repayments.models import IssuedDocument, Payment, PayoffQuote
from tests import factories
from tests.factories import pay
from tests.integration.api.conftest import assert_problem, program_of
from tests.papers import text_of

pytestmark = pytest.mark.django_db

TODAY = date(2026, 2, 20)
STATEMENT = {"kind": "STATEMENT_OF_ACCOUNT", "language": "en", "first": "2026-01-01", "last": "2026-02-20"}


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    now = datetime(2026, 2, 20, 9, tzinfo=LENDER_ZONE)
    monkeypatch.setattr("repayments.api.payoff_quotes.lender_today", lambda: TODAY)
    monkeypatch.setattr("repayments.api.documents.lender_now", lambda: now)


@pytest.fixture
def danas_loan(danas_loan):
    pay(danas_loan, 1_100_16, date(2026, 2, 15))
    return danas_loan


@pytest.fixture
def post(program):
    """Post with a fresh key, unless one is named."""

    def post(path, body=None, *, key="", **headers):
        return program.post(path, body or {}, **{"Idempotency-Key": key or str(uuid4()), **headers})

    return post


def quotes(loan):
    return f"loans/{loan.number}/payoff-quotes"


def documents(loan):
    return f"loans/{loan.number}/documents"


class TestPayoffQuotes:
    def test_are_offered_accepted_and_paid(self, program, post, danas_loan):
        quote = post(quotes(danas_loan), {"valid_to": "2026-02-21"}).json()
        accepted = post(f"{quotes(danas_loan)}/{quote['id']}/acceptance")
        money = {"amount": quote["days"][0]["total"], "received_on": "2026-02-20", "reference": "end-1"}
        paid = post(f"{quotes(danas_loan)}/{quote['id']}/settlement", money)

        assert quote["total"] == {"amount": "11115.45", "currency": "CNY"}
        assert [day["total"]["amount"] for day in quote["days"]] == ["11109.52", "11115.45"]
        assert (accepted.status_code, accepted.json()["status"]) == (200, "ACCEPTED")
        assert paid.status_code == 201
        assert paid.json()["applied"]["credit"]["amount"] == "0.00"
        danas_loan.refresh_from_db()
        assert danas_loan.status == "SETTLED"
        listed = program.get(quotes(danas_loan)).json()["payoff_quotes"]
        assert [(one["id"], one["status"]) for one in listed] == [(quote["id"], "USED")]

    def test_the_same_key_answers_once(self, post, danas_loan):
        first = post(quotes(danas_loan), {"valid_to": "2026-02-21"}, key="k")
        quote = first.json()["id"]
        again = post(quotes(danas_loan), {"valid_to": "2026-02-21"}, key="k")
        accepted = [post(f"{quotes(danas_loan)}/{quote}/acceptance", key="a") for _time in range(2)]

        assert (first.json(), again["Idempotent-Replayed"]) == (again.json(), "true")
        assert [answer.status_code for answer in accepted] == [200, 200]
        assert AuditRecord.objects.filter(action="repayments.payoff_quote_accepted").count() == 1

    @pytest.mark.parametrize(
        ("body", "status", "code", "field"),
        [
            ({}, 422, "missing_field", "valid_to"),
            ({"valid_to": "tomorrow"}, 422, "invalid_date", "valid_to"),
            ({"valid_to": "2026-02-19"}, 422, "payoff_quote_days_outside", "valid_to"),
            ({"valid_to": "2026-03-08"}, 422, "payoff_quote_days_outside", "valid_to"),
            ({"valid_to": "2026-02-21", "amount": "1"}, 422, "unknown_field", "amount"),
        ],
    )
    def test_wrong_requests_are_refused_and_write_nothing(self, post, danas_loan, body, status, code, field):
        assert_problem(post(quotes(danas_loan), body), status, code, field)
        assert PayoffQuote.objects.exists() is False

    def test_a_key_is_needed(self, program, danas_loan):
        answer = program.post(quotes(danas_loan), {"valid_to": "2026-02-21"})

        assert_problem(answer, 400, "idempotency_key_missing", "Idempotency-Key")

    def test_what_does_not_hold_has_its_own_code(self, post, danas_loan, monkeypatch):
        def answered(quote, act, status, code, field="quote", body=None):
            assert_problem(post(f"{quotes(danas_loan)}/{quote}/{act}", body), status, code, field)

        money = {
            "amount": {"amount": "11109.52", "currency": "CNY"},
            "received_on": "2026-02-20",
            "reference": "end-1",
        }
        quote = post(quotes(danas_loan), {"valid_to": "2026-02-21"}).json()["id"]
        answered(uuid4(), "acceptance", 404, "payoff_quote_not_found")
        answered(quote, "settlement", 409, "payoff_quote_not_accepted", body=money)
        post(f"{quotes(danas_loan)}/{quote}/acceptance")
        answered(quote, "acceptance", 409, "payoff_quote_already_accepted")
        too_little = {**money, "amount": {"amount": "11109.51", "currency": "CNY"}}
        answered(quote, "settlement", 422, "settlement_too_small", "amount", body=too_little)
        pay(danas_loan, 10_00, TODAY)
        answered(quote, "settlement", 409, "payoff_quote_void", body=money)
        newer = post(quotes(danas_loan), {"valid_to": "2026-02-21"}).json()["id"]
        post(f"{quotes(danas_loan)}/{newer}/acceptance")
        answered(quote, "acceptance", 409, "payoff_quote_closed")
        monkeypatch.setattr("repayments.api.payoff_quotes.lender_today", lambda: TODAY + timedelta(days=2))
        answered(newer, "acceptance", 409, "payoff_quote_expired")
        assert Payment.objects.count() == 2

    def test_of_another_partners_loan_are_unknown(self, post, program, amina):
        theirs = factories.running_loan(amina, brought_by=factories.partner("Emil"))

        assert_problem(post(quotes(theirs), {"valid_to": "2026-02-21"}), 404, "loan_not_found", "loan")
        assert_problem(program.get(quotes(theirs)), 404, "loan_not_found", "loan")
        assert_problem(post(documents(theirs), STATEMENT), 404, "loan_not_found", "loan")
        assert_problem(program.get(f"{documents(theirs)}/0/pdf"), 404, "loan_not_found", "loan")

    def test_need_their_scopes(self, dana, danas_loan):
        reader = program_of(dana, scope="loans:read")

        assert reader.get(quotes(danas_loan)).status_code == 200
        assert reader.get(documents(danas_loan)).status_code == 200
        for path, body in ((quotes(danas_loan), {"valid_to": "2026-02-21"}), (documents(danas_loan), STATEMENT)):
            assert_problem(reader.post(path, body, **{"Idempotency-Key": "k"}), 403, "insufficient_scope", None)

    def test_lists_need_the_same_queries(self, program, post, danas_loan, django_assert_num_queries):
        program.get(quotes(danas_loan))
        for day in ("2026-02-20", "2026-02-21", "2026-02-22"):
            post(quotes(danas_loan), {"valid_to": day})
            with django_assert_num_queries(3):  # token with its partner, loan, quotes
                program.get(quotes(danas_loan))


class TestDocuments:
    def test_are_issued_listed_and_downloaded(self, program, post, danas_loan):
        issued = post(documents(danas_loan), STATEMENT)

        paper = issued.json()
        assert issued.status_code == 201
        assert [file["format"] for file in paper["files"]] == ["PDF", "XLSX"]
        assert program.get(documents(danas_loan)).json() == {"documents": [paper]}
        pdf = program.get(f"{documents(danas_loan)}/{paper['code']}/pdf")
        assert (pdf.status_code, pdf["Content-Type"], len(pdf.content)) == (
            200,
            "application/pdf",
            paper["files"][0]["size"],
        )
        assert danas_loan.number in text_of(pdf.content)
        record = AuditRecord.objects.get(action="repayments.document_downloaded")
        assert record.actor == "partner:dana"

    def test_asked_again_with_another_key_are_the_same(self, post, danas_loan):
        codes = {post(documents(danas_loan), STATEMENT).json()["code"] for _time in range(2)}

        assert len(codes) == 1

    @pytest.mark.parametrize(
        ("body", "status", "code", "field"),
        [
            ({"kind": "LETTER"}, 422, "invalid_choice", "kind"),
            ({**STATEMENT, "language": "fr"}, 422, "invalid_choice", "language"),
            ({"kind": "STATEMENT_OF_ACCOUNT", "last": "2026-02-20"}, 422, "missing_field", "first"),
            ({"kind": "SETTLEMENT_CERTIFICATE", "last": "2026-02-20"}, 422, "unknown_field", "last"),
            ({"kind": "SETTLEMENT_CERTIFICATE"}, 409, "loan_not_settled", "loan"),
            ({**STATEMENT, "last": "2026-02-21"}, 422, "statement_period_invalid", "last"),
            ({**STATEMENT, "first": "2026-2-1"}, 422, "invalid_date", "first"),
        ],
    )
    def test_wrong_requests_are_refused_and_write_nothing(self, post, danas_loan, body, status, code, field):
        assert_problem(post(documents(danas_loan), body), status, code, field)
        assert IssuedDocument.objects.exists() is False

    @pytest.mark.parametrize("path", ["0000-0000-0000-0000/pdf", "nonsense/pdf", "{code}/exe"])
    def test_files_that_are_not_there_are_not_found(self, program, post, danas_loan, path):
        code = post(documents(danas_loan), STATEMENT).json()["code"]

        answer = program.get(f"{documents(danas_loan)}/{path.format(code=code)}")

        assert_problem(answer, 404, "document_not_found", "format" if "exe" in path else "code")
