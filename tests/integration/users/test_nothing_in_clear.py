"""A whole life of loans, and then every column of every table: nobody's name, number, phone or card stands in clear."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from celery.signals import before_task_publish
from django.core import mail
from django.db import connection
from django.test import Client

from dashu.consents.selectors import latest_texts
from dashu.kernel.dates import lender_now
from dashu.messaging.delivery import Receipt
from dashu.messaging.models import ContactPoint, DeliveryReceipt, OutboxMessage
from dashu.messaging.sending import send_due
from dashu.messaging.services.book_receipts import book_receipts
from dashu.messaging.services.enqueue import enqueue
from dashu.users.models import Borrower, User
from dashu.users.services.rotate_field_keys import rotate_field_keys
from dashu.web.logs import JsonLines, WithoutKeys
from loans.domain.application_consents import EVERY
from loans.models import LoanContract
from repayments.models import IssuedDocument, Payout
from repayments.services import send_payout as sending
from repayments.services.documents import issue_statement
from repayments.services.receive_payment import receive_payment
from repayments.services.request_payout import request_payout
from repayments.services.send_payout import send_payout
from repayments.services.tell_of_payout import tell_of_payout
from tests import factories
from tests.applicants import AMINAS_NUMBER, BROOKS_NUMBER, BROOKS_PHONE, ISSUERS_CARD, NOW, answers
from tests.integration.api.conftest import program_of
from tests.integration.repayments.bank_cases import own_account, row, take
from tests.integration.repayments.test_payouts import FakeProvider
from tests.signers import ACCOUNT, signed

TODAY = NOW.date()
# Names that stand in no text of the program; the phones are nobody's.
AMINA, BROOK, EVE = "阿米娜·示例", "布鲁克·示例", "伊芙·示例"
EVES_NUMBER = "360426199101010071"
PHONES = ("13800001234", "13900004321", "13700005678")
PERSONAL = (
    AMINA,
    BROOK,
    EVE,
    AMINAS_NUMBER,
    BROOKS_NUMBER,
    EVES_NUMBER,
    *PHONES,
    BROOKS_PHONE,
    ISSUERS_CARD,
    ACCOUNT.number,
)

# Where something of it may stand in clear, and why.
EXCEPTIONS = {
    ("repayments_bankline", "counterparty_name"): (
        "The bank's own record, word for word: it is proof against the bank, names whoever paid, borrower or not, and"
        " accountants look for a payer by any part of it. Only they and supervisors may read it."
    ),
}
PAPERS = (b"%PDF", b"PK\x03\x04")


def person(name: str, number: str, phone: str) -> dict[str, Any]:
    return {"name": name, "number": number, "phone": phone}


def paid_out(contract: LoanContract) -> Payout:
    payout = request_payout(contract_id=contract.pk, now=NOW)
    assert payout is not None
    send_payout(payout_id=payout.pk, now=NOW, today=TODAY)
    tell_of_payout(payout_id=payout.pk)
    payout.refresh_from_db()
    return payout


def messages(owner: Borrower) -> None:
    """One by text message and one by e-mail, and what their provider tells of them."""
    for channel in ("SMS", "EMAIL"):
        enqueue(
            dedupe_key=f"{channel}:{owner.pk}",
            borrower_id=owner.pk,
            template="repayments.payout_given_up",
            params={"amount_minor": 1, "currency": "CNY", "loan_number": "L1"},
            loan_id=None,
            channel=channel,
            not_before=NOW - timedelta(days=1),
        )
    send_due(clock=lambda: NOW, until=NOW + timedelta(minutes=1))
    told = [
        Receipt(f"e{each.pk}", str(each.pk), DeliveryReceipt.Kind.DELIVERED, NOW)
        for each in OutboxMessage.objects.filter(channel__in=["SMS", "EMAIL"], status="SENT")
    ]
    book_receipts(told, provider="p", now=NOW)


def by_partner(dana: Any) -> None:
    """A partner's program applies for somebody, and asks again what it was told."""
    program = program_of(dana)
    said = answers(person=person(EVE, EVES_NUMBER, PHONES[2]))
    said["consents"] = {
        "texts": [text.pk for text in latest_texts(EVERY)],
        "language": "zh-hans",
        "given_at": lender_now().isoformat(),
    }
    sent = {
        "product": "consumer",
        "borrower": {"reference": "C-1", "name": EVE, "language": "zh-hans", "phone": PHONES[2]},
        "answers": said,
    }
    for key in ("one", "one", "two"):
        answer = program.post("applications", sent, **{"Idempotency-Key": key})
        assert answer.status_code in (200, 201), answer.content


def corrected_by_staff(owner: Borrower) -> None:
    ada = factories.staff("Ada", User.Role.ADMIN)
    ada.is_superuser = True
    ada.save()
    client = Client()
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    sent = {"name": AMINA, "kind": "PERSON", "language": "zh-hans", "phone": PHONES[0], "email": owner.email}
    answer = client.post(f"/admin/users/borrower/{owner.pk}/change/", {**sent, "user": owner.user_id})
    assert answer.status_code == 302, answer.content.decode()


@pytest.fixture
def life(rules, amina, brook, dana, monkeypatch, settings):
    settings.MESSAGING = {**settings.MESSAGING, "SMS_TRANSPORT": "simulated", "EMAIL_TRANSPORT": "simulated"}
    provider = FakeProvider()
    monkeypatch.setattr(sending, "payout_provider", lambda: provider)
    monkeypatch.setattr(sending, "provider_named", lambda _name: provider)
    for owner, name, phone in ((amina, AMINA, PHONES[0]), (brook, BROOK, PHONES[1])):
        owner.name, owner.phone, owner.email = name, phone, f"{owner.user_id}@example.com"
        owner.save()
        owner.user.name = name
        owner.user.save()
    own = signed(amina, person=person(AMINA, AMINAS_NUMBER, PHONES[0]))
    assert paid_out(own).status == "ARRIVED"
    card = signed(brook, "CARD_REPAYMENT", person=person(BROOK, BROOKS_NUMBER, PHONES[1]))
    assert paid_out(card).status == "ARRIVED"
    guarantor = {"name": BROOK, "number": BROOKS_NUMBER, "phone": BROOKS_PHONE, "share_bps": 5000}
    signed(
        factories.borrower("Chen"),
        "SME",
        person=person(EVE, EVES_NUMBER, PHONES[2]),
        business={"guarantors": [guarantor]},
    )
    receive_payment(
        loan_id=own.first_loan.pk,
        amount_minor=500_00,
        received_on=TODAY,
        reference="P-1",
        channel="BANK_TRANSFER",
        actor="user:1",
        today=TODAY,
    )
    site = "https://loans.example"
    issue_statement(
        loan_id=own.first_loan.pk, first=TODAY, last=TODAY, language="zh-hans", now=NOW, site=site, actor="user:1"
    )
    own_account()
    take(row("500.00", name=AMINA), today=TODAY)
    messages(amina)
    by_partner(dana)
    corrected_by_staff(amina)


def columns() -> Iterator[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.table_name, c.column_name, c.data_type
            FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name)
            WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
              AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'bytea', 'ARRAY')
            ORDER BY 1, 2
            """
        )
        yield from cursor.fetchall()


def in_clear() -> set[tuple[str, str]]:
    """Return the columns in which something personal can be read, as text, as escaped JSON or as bytes."""
    needles = {*PERSONAL, *(json.dumps(each).strip('"') for each in PERSONAL)}
    found = set()
    for table, column, kind in columns():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT "{column}"{"" if kind == "bytea" else "::text"} FROM "{table}"')
            values = [value for (value,) in cursor.fetchall() if value is not None]
        if kind == "bytea":
            contents = [bytes(value) for value in values]
            if any(
                content.startswith(PAPERS) or any(needle.encode() in content for needle in needles)
                for content in contents
            ):
                found.add((table, column))
        elif any(needle in value for value in values for needle in needles):
            found.add((table, column))
    return found


@pytest.mark.usefixtures("life")
class TestEveryColumn:
    def test_holds_nothing_personal_in_clear_but_what_has_a_reason(self):
        assert in_clear() == set(EXCEPTIONS)

    def test_was_looked_at_after_a_life_that_left_traces(self):
        for model in (Borrower, LoanContract, IssuedDocument, Payout, ContactPoint, OutboxMessage):
            assert model._default_manager.exists(), model
        assert {point.channel for point in ContactPoint.objects.all()} == {"SMS", "EMAIL"}
        assert len(list(columns())) > 300

    def test_is_sealed_anew_with_another_key_papers_and_kept_contracts_too(self, settings):
        before = [(each.facts, each.pdf) for each in LoanContract.objects.order_by("pk")]
        old = settings.FIELD_KEYS
        settings.FIELD_KEYS = [("new", bytes(range(32))), *old]

        rotated = rotate_field_keys(actor="system:test", batch=2)

        assert rotated.unreadable == []
        settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
        assert [(each.facts, each.pdf) for each in LoanContract.objects.order_by("pk")] == before
        document = IssuedDocument.objects.get()
        assert document.facts["borrower"] == AMINA
        assert all(file.content.startswith(PAPERS) for file in document.files.all())
        assert in_clear() == set(EXCEPTIONS)


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Everything that is logged from here on, as production writes it, and every job as it goes to the broker."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.addFilter(WithoutKeys())
    handler.setFormatter(JsonLines())
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)

    def queued(headers: dict[str, Any], body: Any, **_signal: Any) -> None:
        lines.append(json.dumps([headers, body], default=str, ensure_ascii=False))

    before_task_publish.connect(queued)
    yield lines
    before_task_publish.disconnect(queued)
    root.removeHandler(handler)
    root.setLevel(level)


class TestEveryLine:
    """Logs, jobs and reports of failures, after a life in which everything was typed, searched and sent."""

    def test_of_logs_and_jobs_holds_nothing_personal(
        self, heard, request, capsys, django_capture_on_commit_callbacks, settings
    ):
        settings.AXES_ENABLED = True
        with django_capture_on_commit_callbacks(execute=True):
            request.getfixturevalue("life")
        self.asked_for_by_everybody()

        said = "\n".join([*heard, *capsys.readouterr()])
        jobs = [line for line in heard if "__django_structlog__" in line or '"task"' in line]
        assert len(heard) > 20
        assert len(jobs) > 5
        needles = {
            *PERSONAL,
            "amina.secret",
            *(json.dumps(each).strip('"') for each in PERSONAL),
            *map(quote, PERSONAL),
        }
        assert [needle for needle in needles if needle in said] == []

    def asked_for_by_everybody(self) -> None:
        visitor, ada = Client(), Client()
        for typed in (PHONES[0], "amina.secret@example.com"):
            visitor.post("/accounts/login/", {"login": typed, "password": "wrong"})
            visitor.post("/accounts/password/reset/", {"login": typed})
        ada.force_login(User.objects.get(email="ada@example.com"), backend="django.contrib.auth.backends.ModelBackend")
        for term in (AMINA, AMINAS_NUMBER, PHONES[0]):
            assert ada.get("/admin/users/borrower/", {"q": term}).status_code == 200

    def test_of_a_report_of_a_failure_holds_nothing_personal(self, rules, amina, heard, monkeypatch, settings):
        def fail(*_words: Any, **_more: Any) -> None:
            raise RuntimeError("out of order")

        settings.ADMINS = [("", "oncall@example.com")]
        monkeypatch.setattr("dashu.portal.trouble.complaints.make_complaint", fail)
        client = Client(raise_request_exception=False)
        client.force_login(amina.user, backend="django.contrib.auth.backends.ModelBackend")

        answer = client.post(
            "/complaints/new/", {"about": "CONTACT", "words": f"{AMINA} {AMINAS_NUMBER}", "key": uuid4()}
        )

        assert answer.status_code == 500
        [mailed] = mail.outbox
        said = "\n".join([*heard, mailed.subject, mailed.body, answer.content.decode()])
        assert "out of order" in mailed.body
        assert [each for each in PERSONAL if each in said] == []
