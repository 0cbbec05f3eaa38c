"""A database from before names and papers were sealed: after migrating, all of it is there and can be found."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parents[3]
# The migrations right before those that seal, or that build on them.
BEFORE = {
    "users": "0004_phones_to_sign_in",
    "messaging": "0006_secret_texts",
    "loans": "0023_kinds_of_application_events",
    "repayments": "0054_held_payouts",
    "collections_mgmt": "0004_help_complaints_disputes",
}
ROWS = """
SET session_replication_role = replica;
INSERT INTO users_user (id, password, email, name, language, role, is_active, is_staff, is_superuser)
VALUES (1, '', 'amina@example.com', 'Amina', 'en', 'BORROWER', true, false, false),
       (2, '', 'brook@example.com', '', 'en', 'BORROWER', true, false, false);
INSERT INTO users_borrower (id, number, name, phone, user_id)
VALUES (1, 'B1', 'Amina', '+86 138 0000 1234', 1), (2, 'B2', '布鲁克', '', NULL);
INSERT INTO messaging_outboxmessage (id, dedupe_key, borrower_id, channel, template, language, address, status)
VALUES (1, 'a', 1, 'SMS', 'x', 'en', '+86 138 0000 1234', 'SENT'),
       (2, 'b', 1, 'EMAIL', 'x', 'en', 'a@example.com', 'SENT'),
       (3, 'c', 2, 'IN_APP', 'x', 'en', '', 'SENT');
INSERT INTO messaging_contactpoint (borrower_id, channel, address)
VALUES (1, 'SMS', '+86 138 0000 1234'), (1, 'EMAIL', 'a@example.com');
INSERT INTO loans_loancontract (id, application_id, offer_id, number, language, facts, facts_digest, pdf,
                                sha256, code, signed_at, evidence, evidence_digest, bank)
VALUES (1, 1, 1, 'HT1', 'zh-hans', '{"borrower": "阿米娜", "cooling_off_days": 7}', 'd', '%PDF-1.7 阿米娜'::bytea,
        's', 'C', now(), '{}', 'e', '');
INSERT INTO repayments_issueddocument (id, code, kind, loan_id, language, issued_at, as_of, facts, facts_digest, actor,
                                       revoked_reason, revoked_note, revoked_by)
VALUES (1, 'C', 'STATEMENT_OF_ACCOUNT', 1, 'en', now(), now(), '{"borrower": "Amina", "issued_on": "2026-03-20"}', 'd',
        'x', '', '', '');
INSERT INTO repayments_issuedfile (document_id, format, content, size, sha256)
VALUES (1, 'PDF', '%PDF-1.7 Amina'::bytea, 14, 's'), (1, 'XLSX', '\\x504b0304616263'::bytea, 7, 't');
SET session_replication_role = DEFAULT;
"""
CHILD = f"""
import django, json
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
MigrationExecutor(connection).migrate([*{BEFORE!r}.items()])
with connection.cursor() as cursor:
    cursor.execute({ROWS!r})
call_command("migrate", verbosity=0)
from dashu.messaging.models import ContactPoint, OutboxMessage
from dashu.users.models import Borrower, User
from dashu.users.selectors import called
from loans.models import LoanContract
from repayments.models import IssuedDocument, IssuedFile
contract, document = LoanContract.objects.get(), IssuedDocument.objects.get()
with connection.cursor() as cursor:
    cursor.execute("SELECT string_agg(to_jsonb(b)::text, '') FROM users_borrower AS b")
    raw = cursor.fetchone()[0]
print(json.dumps({{
    "users": [user.name for user in User.objects.order_by("pk")],
    "borrowers": [[each.name, each.phone] for each in Borrower.objects.order_by("pk")],
    "found": [[each.number for each in Borrower.objects.filter(called(term))] for term in
              ("amina", "布鲁克", "13800001234", "1234", "0000")],
    "addresses": [each.address for each in OutboxMessage.objects.order_by("pk")],
    "points": sorted(point.channel for point in ContactPoint.objects.all() if OutboxMessage.objects.filter(
        borrower=point.borrower_id, channel=point.channel, address_key=point.address_key).exists()),
    "owner_of_the_phone": Borrower.objects.filter(
        phone_index=ContactPoint.objects.get(channel="SMS").address_key).values_list("number", flat=True).get(),
    "contract": [contract.facts, contract.pdf.decode()],
    "document": [document.facts, document.number],
    "files": [[each.format, each.content.hex()] for each in IssuedFile.objects.order_by("format")],
    "is_in_clear": any(each in raw for each in ("Amina", "布鲁克", "138")),
}}))
"""


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The address of a database of its own on the server of the tests."""
    server, _slash, _name = os.environ["DATABASE_URL"].rpartition("/")
    name = f"before_{uuid4().hex[:12]}"
    admin = psycopg2.connect(os.environ["DATABASE_URL"])
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{server}/{name}"
    finally:
        with admin.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.close()


def test_a_database_from_before_keeps_everything(empty_database):
    environment = {**os.environ, "DATABASE_URL": empty_database, "DJANGO_SETTINGS_MODULE": "dashu.settings.test"}

    command = [sys.executable, "-W", "ignore", "-c", CHILD]
    child = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert child.returncode == 0, child.stderr
    assert json.loads(child.stdout.splitlines()[-1]) == {
        "users": ["Amina", ""],
        "borrowers": [["Amina", "+86 138 0000 1234"], ["布鲁克", ""]],
        "found": [["B1"], ["B2"], ["B1"], ["B1"], []],
        "addresses": ["+86 138 0000 1234", "a@example.com", ""],
        "points": ["EMAIL", "SMS"],
        "owner_of_the_phone": "B1",
        "contract": [{"borrower": "阿米娜", "cooling_off_days": 7}, "%PDF-1.7 阿米娜"],
        "document": [{"borrower": "Amina", "issued_on": "2026-03-20"}, "DS-SA-20260320-000001"],
        "files": [["PDF", b"%PDF-1.7 Amina".hex()], ["XLSX", "504b0304616263"]],
        "is_in_clear": False,
    }
