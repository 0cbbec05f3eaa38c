"""Whether programs that were written for the API as it was recorded are still served."""

import json
import os
from datetime import date, timedelta
from typing import Any

import pytest

from loans.models import Application, Loan
from tests.contracts import broken, changed, record, recorded
from tests.integration.api.conftest import PartnerProgram
from tests.integration.collections_mgmt.relief_cases import offered

# By name: method, address and body. `{offered}` and so on are references of applications of the sandbox,
# `{relief}` that of an offer of easier payments.
ASKED: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "quote": (
        "POST",
        "quotes",
        {
            "principal": "12000.00",
            "annual_rate": "0.18",
            "method": "equal_installment",
            "count": 3,
            "disbursed_on": "2026-01-15",
        },
    ),
    "quote_refused": ("POST", "quotes", {"principal": 12000}),
    "list_loans": ("GET", "loans?limit=2", None),
    "list_loans_refused": ("GET", "loans?state=ACTIVE", None),
    "get_schedule": ("GET", "loans/SBX-ACME-RUNNING/schedule", None),
    "get_schedule_refused": ("GET", "loans/nobody/schedule", None),
    "get_position": ("GET", "loans/SBX-ACME-LATE-40/position", None),
    "get_book": ("GET", "book?limit=2", None),
    "get_book_totals": ("GET", "book/totals", None),
    "list_payoff_quotes": ("GET", "loans/SBX-ACME-RUNNING/payoff-quotes", None),
    "quote_payoff": ("POST", "loans/SBX-ACME-RUNNING/payoff-quotes", {"valid_to": "{today}"}),
    "record_payment": (
        "POST",
        "loans/SBX-ACME-LATE-10/payments",
        {"amount": {"amount": "100.00", "currency": "CNY"}, "received_on": "{today}", "reference": "contract-1"},
    ),
    "record_payment_refused": ("POST", "loans/SBX-ACME-LATE-10/payments", {"amount": "100.00"}),
    "record_split_payment": (
        "POST",
        "payments",
        {
            "total": {"amount": "100.00", "currency": "CNY"},
            "received_on": "{today}",
            "reference": "contract-2",
            "parts": [{"loan": "SBX-ACME-LATE-10", "amount": {"amount": "100.00", "currency": "CNY"}}],
        },
    ),
    "issue_document": (
        "POST",
        "loans/SBX-ACME-RUNNING/documents",
        {"kind": "STATEMENT_OF_ACCOUNT", "language": "en", "first": "{today}", "last": "{today}"},
    ),
    "get_loan": ("GET", "loans/SBX-ACME-RUNNING", None),
    "list_loans_by_ids": ("GET", "loans?ids=SBX-ACME-RUNNING,SBX-ACME-SETTLED", None),
    "list_schedule_versions": ("GET", "loans/SBX-ACME-RESTRUCTURED/schedule-versions", None),
    "list_payments": ("GET", "payments?limit=2", None),
    "list_loan_payments": ("GET", "loans/SBX-ACME-RUNNING/payments?limit=2", None),
    "get_overdue": ("GET", "loans/SBX-ACME-LATE-40/overdue", None),
    "list_overdue": ("GET", "overdue?limit=2", None),
    "list_borrowers": ("GET", "borrowers?limit=2", None),
    "get_borrower": ("GET", "borrowers/sandbox-running", None),
    "get_relief_form": ("GET", "relief-form", None),
    "list_all_restructuring_offers": ("GET", "restructuring-offers?limit=2", None),
    "list_restructuring_offers": ("GET", "loans/SBX-ACME-LATE-70/restructuring-offers", None),
    "get_restructuring_offer": ("GET", "restructuring-offers/{relief}", None),
    "make_relief_link": ("POST", "restructuring-offers/{relief}/link", {}),
    "make_relief_link_refused": ("POST", "restructuring-offers/R0000000000/link", {}),
    "get_portfolio_report": ("GET", "reports/portfolio", None),
    "get_cash_report": ("GET", "reports/cash?first={first}&last={today}", None),
    "get_arrears_report": ("GET", "reports/arrears?first={first}&last={today}", None),
    "get_vintage_report": ("GET", "reports/vintages?first={first}&last={today}&months=3", None),
    "pay_too_much": (
        "POST",
        "loans/SBX-ACME-HALF-WAY/payments",
        {"amount": {"amount": "5000.00", "currency": "CNY"}, "received_on": "{today}", "reference": "contract-3"},
    ),
    "ask_refund": (
        "POST",
        "loans/SBX-ACME-HALF-WAY/refunds",
        {"amount": {"amount": "10.00", "currency": "CNY"}, "reason": "paid twice", "reference": "contract-4"},
    ),
    "ask_refund_refused": (
        "POST",
        "loans/SBX-ACME-LATE-40/refunds",
        {"amount": {"amount": "10.00", "currency": "CNY"}, "reason": "paid twice", "reference": "contract-5"},
    ),
    "list_refunds": ("GET", "refunds", None),
    "list_events": ("GET", "events?types=payment.received&limit=1", None),
    "list_events_refused": ("GET", "events?types=loan.vanished", None),
    "create_webhook_endpoint": (
        "POST",
        "webhook-endpoints",
        {"url": "https://partner.example/dashu", "types": ["payment.received"]},
    ),
    "create_webhook_endpoint_refused": ("POST", "webhook-endpoints", {"url": "https://10.0.0.1/"}),
    "list_webhook_endpoints": ("GET", "webhook-endpoints", None),
    "list_jobs_refused": ("GET", "jobs?kind=letters", None),
    "get_job_refused": ("GET", "jobs/none", None),
    "list_products": ("GET", "products", None),
    "get_product": ("GET", "products/consumer", None),
    "quote_product": (
        "POST",
        "products/consumer/quotes",
        {"amount": {"amount": "12000.00", "currency": "CNY"}, "months": 12},
    ),
    "list_consent_texts": ("GET", "consent-texts", None),
    "list_card_issuers": ("GET", "card-issuers", None),
    "list_applications": ("GET", "applications?limit=2", None),
    "get_application": ("GET", "applications/{offered}", None),
    "get_offer_sheet": ("GET", "applications/{offered}/offers/1/sheet", None),
    "get_signature": ("GET", "applications/{signed}/signature", None),
    "get_disclosure": ("GET", "applications/{signed}/disclosure", None),
    "make_signature_link": ("POST", "applications/{accepted}/signature-link", {}),
    "choose_offer": ("POST", "applications/{offered}/offers/1/choose", {}),
    "answer_step": ("PUT", "applications/{draft}/steps/work", {"job": "fixed", "years_in_job": 6, "home": "rent"}),
}

# Conversations of which everything is the same on any day: what was sent has its days in it, or there are none.
FIXED = {"quote", "list_card_issuers", "list_products", "get_product"}
# Of the others, the parts that the sandbox is seeded with or that were sent.
SEEDED = {
    "get_loan": ("principal", "annual_rate", "installment_count", "terms"),
    "record_payment": ("amount", "reference"),
    "record_split_payment": ("total", "reference"),
    "pay_too_much": ("amount", "reference"),
    "ask_refund": ("amount", "reference"),
    "get_schedule": ("version", "versions"),
    "choose_offer": ("amount",),
}


def asked(
    program: PartnerProgram, name: str, method: str, path: str, body: Any, names: dict[str, str]
) -> tuple[int, Any]:
    text, key = json.dumps(body), name
    for known, value in names.items():
        text, path = text.replace(f"{{{known}}}", value), path.replace(f"{{{known}}}", value)
    if method == "GET":
        answer = program.get(path)
    else:
        send = program.put if method == "PUT" else program.post
        answer = send(path, json.loads(text), **{"Idempotency-Key": key})
    return answer.status_code, answer.json()


@pytest.fixture
def names(acme, today) -> dict[str, str]:
    references = dict(Application.objects.filter(partner__code="acme").values_list("status", "reference"))
    named = {status.lower(): references[status] for status in ("OFFERED", "DRAFT", "SIGNED", "ACCEPTED")}
    relief = offered(Loan.objects.get(number="SBX-ACME-LATE-70"), on=date.fromisoformat(today)).reference
    first = str(date.fromisoformat(today) - timedelta(days=60))
    return {**named, "relief": relief, "today": today, "first": first}


def test_every_recorded_conversation_goes_as_it_went(acme, names) -> None:
    conversations = recorded()
    if os.environ.get("DASHU_RECORD") == "1":
        for name in [name for name in ASKED if name not in conversations]:
            method, path, body = ASKED[name]
            status, answer = asked(acme, name, method, path, body, names)
            record(name, {"method": method, "path": path, "body": body, "status": status, "answer": answer})
        conversations = recorded()
    assert conversations.keys() == ASKED.keys()
    found = {}
    for name in ASKED:  # in this order: a later one may rest on an earlier one
        each = conversations[name]
        status, answer = asked(acme, name, each["method"], each["path"], each["body"], names)
        found[name] = [] if status == each["status"] else [f"status was {each['status']} and is {status}: {answer}"]
        found[name] += broken(each["answer"], answer)
        found[name] += changed(each["answer"], answer, is_fixed=name in FIXED)
        for part in SEEDED.get(name, ()):
            found[name] += changed(each["answer"][part], answer[part], is_fixed=True, where=f"answer.{part}")
        if status >= 400 and answer["code"] != each["answer"]["code"]:
            found[name].append(f"code was {each['answer']['code']} and is {answer['code']}")

    assert {name: what for name, what in found.items() if what} == {}


class TestBroken:
    BEFORE = {"id": "L1", "count": 3, "rows": [{"on": "2026-01-15"}], "note": None}

    def test_lets_fields_be_added(self):
        assert broken(self.BEFORE, {**self.BEFORE, "more": 1, "rows": [{"on": "x", "more": True}]}) == []

    def test_finds_a_field_that_is_gone(self):
        assert broken(self.BEFORE, {"id": "L1", "count": 3, "rows": [{}]}) == [
            "answer.note is gone",
            "answer.rows[0].on is gone",
        ]

    def test_finds_a_value_of_another_kind(self):
        assert broken(self.BEFORE, {**self.BEFORE, "count": "3", "id": None}) == [
            "answer.id was str and is null",
            "answer.count was int and is str",
        ]

    def test_lets_a_null_become_a_value(self):
        assert broken(self.BEFORE, {**self.BEFORE, "note": "text"}) == []

    def test_finds_a_list_that_lost_its_rows(self):
        assert broken(self.BEFORE, {**self.BEFORE, "rows": []}) == ["answer.rows is empty"]


class TestChanged:
    BEFORE = {"status": "ACTIVE", "due_on": "2026-01-15", "amount": "10.00", "name": "Loan", "key": "A0123456789"}

    def test_finds_another_word(self):
        assert changed(self.BEFORE, {**self.BEFORE, "status": "RUNNING"}, is_fixed=False) == [
            "answer.status was 'ACTIVE' and is 'RUNNING'"
        ]

    def test_finds_another_amount_only_where_it_is_the_same_on_any_day(self):
        now = {**self.BEFORE, "amount": "11.00"}

        assert changed(self.BEFORE, now, is_fixed=False) == []
        assert changed(self.BEFORE, now, is_fixed=True) == ["answer.amount was '10.00' and is '11.00'"]

    def test_lets_days_references_and_texts_be_others(self):
        now = {**self.BEFORE, "due_on": "2027-01-15", "name": "Credit", "key": "A9876543210"}

        assert changed(self.BEFORE, now, is_fixed=False) == []

    def test_finds_a_truth_that_is_none_any_more(self):
        assert changed([{"fits": True}], [{"fits": False}], is_fixed=False) == ["answer[0].fits was True and is False"]
