"""A copy of everything that is kept of a borrower."""

import csv
import io
import json
import zipfile
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import signing
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import OutboxMessage
from dashu.privacy.archive import write_archive
from dashu.privacy.models import DataExport
from dashu.privacy.services import build_export as building
from dashu.privacy.services.ask_export import ExportTooSoon, ask_export
from dashu.privacy.services.build_export import build_export, sweep_exports
from dashu.privacy.services.export_files import content_of
from dashu.privacy.services.hand_out_export import ExportNotThere, hand_out_export
from dashu.users.models import Borrower
from dashu.users.services.record_identity import record_identity
from tests import factories
from tests.signers import signed

NOW = datetime(2026, 5, 1, 12, tzinfo=LENDER_ZONE)
NUMBER = "11010519491231002X"


@pytest.fixture
def amina(rules: None) -> Borrower:
    found = factories.borrower("Amina", phone="13800000000", email="amina@example.com", language="en")
    found.user.language = "en"
    found.user.save()
    return found


def ask(borrower: Borrower, now: datetime = NOW) -> DataExport:
    return ask_export(borrower_id=borrower.pk, language="en", now=now, actor="user:test")


def made(borrower: Borrower, now: datetime = NOW) -> DataExport:
    export = ask(borrower, now)
    assert build_export(export_id=export.pk, clock=lambda: now) is True
    export.refresh_from_db()
    return export


def archive_of(export: DataExport) -> zipfile.ZipFile:
    content = b"".join(content_of(export))
    assert len(content) == export.size
    return zipfile.ZipFile(io.BytesIO(content))


def table(export: DataExport, name: str) -> list[dict[str, Any]]:
    return json.loads(archive_of(export).read(f"json/{name}.json"))


class TestCopy:
    def test_holds_the_person_in_full(self, amina):
        record_identity(
            borrower_id=amina.pk,
            kind="CN_ID",
            name="张三丰",
            number=NUMBER,
            phone="13800001234",
            recorded_at=NOW,
            actor="user:test",
        )

        export = made(amina)

        (identity,) = table(export, "identity")
        assert (identity["name"], identity["number"], identity["phone"]) == ("张三丰", NUMBER, "13800001234")
        (profile,) = table(export, "profile")
        assert (profile["sign_in_email"], profile["phone"]) == ("amina@example.com", "13800000000")

    def test_holds_loans_with_schedule_and_payments_as_decimal_text(self, amina):
        loan = factories.running_loan(amina)
        factories.pay(loan, 1_100_16, date(2026, 2, 15))

        export = made(amina)

        (row,) = table(export, "loans")
        assert (row["number"], row["principal"], row["annual_rate"]) == (loan.number, "12000.00", "0.18")
        assert len(table(export, "schedules")) == 12
        (payment,) = table(export, "payments")
        assert (payment["amount"], payment["received_on"]) == ("1100.16", "2026-02-15")

    def test_holds_application_decision_and_the_contract_as_it_was_signed(self, amina):
        contract = signed(amina)

        archive = archive_of(made(amina))

        assert archive.read(f"papers/{contract.number}.pdf") == bytes(contract.pdf)
        (application,) = json.loads(archive.read("json/applications.json"))
        assert application["reference"] == contract.application.reference
        assert json.loads(archive.read("json/decisions.json"))[0]["outcome"] == "APPROVE"
        (told,) = json.loads(archive.read("json/contracts.json"))
        assert told["account_number"] == contract.account_number

    def test_writes_each_table_for_programs_and_for_spreadsheets(self, amina):
        OutboxMessage.objects.create(
            dedupe_key="k",
            borrower=amina,
            template="x",
            language="en",
            status="SENT",
            sent_at=NOW,
            subject="=HYPERLINK(1)",
            body="two\nlines, 中文",
        )

        archive = archive_of(made(amina))

        text = archive.read("csv/messages.csv").decode("utf-8-sig")
        (row,) = csv.DictReader(io.StringIO(text, newline=""))
        assert row["subject"] == "'=HYPERLINK(1)"
        assert row["body"] == "two\nlines, 中文"
        names = set(archive.namelist())
        tables = {name[5:-5] for name in names if name.startswith("json/")}
        assert {f"csv/{each}.csv" for each in tables} <= names
        assert "README.txt" in names

    def test_holds_nothing_of_anybody_else(self, amina):
        brook = factories.borrower("Brook", phone="13911111111", email="brook@example.com")
        theirs = factories.running_loan(brook)
        factories.pay(theirs, 100_00, date(2026, 2, 15))
        signed(brook)

        archive = archive_of(made(amina))

        everything = b"".join(archive.read(name) for name in archive.namelist())
        for secret in (theirs.number, brook.number, "brook@example.com", "13911111111"):
            assert secret.encode() not in everything

    def test_lies_sealed(self, amina):
        export = made(amina)

        with storages["private"].open(f"exports/{export.token.hex}") as file:
            stored = file.read()

        assert b"PK" not in stored[:8]
        assert b"amina@example.com" not in stored

    def test_asks_the_database_the_same_however_many_rows(self, amina):
        loan = factories.running_loan(amina)
        factories.pay(loan, 10_00, date(2026, 2, 15), reference="PAY")
        with CaptureQueriesContext(connection) as few:
            write_archive(io.BytesIO(), amina, made_on="2026-05-01")
        for number in range(20):
            factories.pay(loan, 10_00, date(2026, 2, 15), reference=f"PAY-{number}")

        with CaptureQueriesContext(connection) as many:
            write_archive(io.BytesIO(), amina, made_on="2026-05-01")

        assert len(many) == len(few)


class TestAsking:
    def test_twice_while_it_is_made_is_once(self, amina):
        assert ask(amina).pk == ask(amina).pk
        assert AuditRecord.objects.filter(action="privacy.export_asked").count() == 1

    def test_again_on_the_same_day_is_refused(self, amina):
        made(amina)

        with pytest.raises(ExportTooSoon):
            ask(amina, NOW + timedelta(hours=23, minutes=59))

        assert DataExport.objects.count() == 1
        assert ask(amina, NOW + timedelta(hours=24)).status == "PENDING"

    def test_after_one_that_failed_is_taken(self, amina):
        export = ask(amina)
        DataExport.objects.filter(pk=export.pk).update(status="FAILED")

        assert ask(amina, NOW + timedelta(minutes=5)).status == "PENDING"

    def test_leaves_no_personal_data_in_the_audit_log(self, amina):
        export = made(amina)
        list(hand_out_export(export, now=NOW, actor="user:test"))

        told = list(
            AuditRecord.objects.filter(action__startswith="privacy.").order_by("pk").values_list("action", "data")
        )
        assert told == [("privacy.export_asked", {}), ("privacy.export_made", {}), ("privacy.export_fetched", {})]


class TestMaking:
    def test_tells_in_the_account_and_by_mail_without_a_link_to_the_file(self, amina):
        export = made(amina)

        told = {message.channel: message for message in OutboxMessage.objects.all()}
        assert set(told) == {"IN_APP", "EMAIL"}
        assert told["EMAIL"].params == {"until_on": "2026-05-08"}
        assert str(export.token) not in str(told["EMAIL"].params)

    def test_by_two_workers_is_done_by_one(self, amina):
        export = made(amina)

        assert build_export(export_id=export.pk, clock=lambda: NOW) is False
        assert OutboxMessage.objects.count() == 2

    def test_that_breaks_three_times_is_told_and_leaves_no_file(self, amina, monkeypatch):
        def broken(*_args: Any, **_named: Any) -> None:
            raise RuntimeError("a row that breaks our code")

        monkeypatch.setattr(building, "write_archive", broken)
        export = ask(amina)
        for attempt in range(3):
            export.refresh_from_db()
            assert (export.status, export.attempts) == ("PENDING", attempt)
            build_export(export_id=export.pk, clock=lambda: NOW)

        export.refresh_from_db()
        assert export.status == "FAILED"
        assert storages["private"].exists(f"exports/{export.token.hex}") is False
        assert set(OutboxMessage.objects.values_list("template", flat=True)) == {"privacy.export_failed"}

    def test_that_a_worker_left_is_made_by_the_sweep(self, amina):
        export = ask(amina)
        DataExport.objects.filter(pk=export.pk).update(status="BUILDING", claimed_at=NOW, attempts=1)

        assert sweep_exports(clock=lambda: NOW + timedelta(minutes=29)) == 0
        assert sweep_exports(clock=lambda: NOW + timedelta(minutes=31)) == 1
        export.refresh_from_db()
        assert export.status == "READY"

    def test_is_deleted_after_its_days(self, amina):
        export = made(amina)

        sweep_exports(clock=lambda: NOW + timedelta(days=7))

        export.refresh_from_db()
        assert export.status == "DELETED"
        assert storages["private"].exists(f"exports/{export.token.hex}") is False
        with pytest.raises(ExportNotThere):
            hand_out_export(export, now=NOW, actor="user:test")


class TestPages:
    @pytest.fixture
    def client(self, amina: Borrower, monkeypatch: pytest.MonkeyPatch) -> Client:
        monkeypatch.setattr("dashu.portal.exporting.lender_now", lambda: NOW)
        return signed_in(amina)

    def test_ask_show_that_it_is_made_and_then_ready(self, client, amina):
        client.post("/me/export/")
        export = DataExport.objects.get()
        assert "Your copy is being made" in client.get("/me/export/").content.decode()

        build_export(export_id=export.pk, clock=lambda: NOW)

        page = client.get("/me/export/").content.decode()
        assert f'href="/me/export/{export.token}/"' in page
        assert "until May 8, 2026" in page

    def test_it_is_handed_out_after_the_password_by_a_link_of_ones_own(self, client, amina):
        export = made(amina)

        asked = client.get(f"/me/export/{export.token}/")
        assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
        again = client.post(asked.headers["Location"], {"password": "correct horse"})
        assert again.headers["Location"] == f"/me/export/{export.token}/"
        link = client.get(again.headers["Location"]).headers["Location"]
        answer = client.get(link)

        content = b"".join(answer.streaming_content)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Content-Length"] == str(len(content))
        assert answer.headers["Content-Disposition"] == 'attachment; filename="dashu-2026-05-01.zip"'
        assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None

    def test_a_wrong_password_hands_out_nothing(self, client, amina):
        export = made(amina)
        asked = client.get(f"/me/export/{export.token}/")

        client.post(asked.headers["Location"], {"password": "wrong"})

        assert "reauthenticate" in client.get(f"/me/export/{export.token}/").headers["Location"]
        export.refresh_from_db()
        assert export.fetched_at is None

    def test_the_link_opens_for_nobody_else_and_not_for_long(self, client, amina, freezer_of_signing):
        export = made(amina)
        asked = client.get(f"/me/export/{export.token}/")
        client.post(asked.headers["Location"], {"password": "correct horse"})
        link = client.get(f"/me/export/{export.token}/").headers["Location"]
        other = signed_in(factories.borrower("Brook"))

        assert other.get(link).status_code == 410
        assert Client().get(link).headers["Location"].startswith("/accounts/login/")
        freezer_of_signing(timedelta(minutes=6))
        assert client.get(link).status_code == 410

    def test_of_another_person_is_not_found(self, amina):
        export = made(amina)
        brook = signed_in(factories.borrower("Brook"))

        assert brook.get(f"/me/export/{export.token}/").status_code == 404
        assert str(export.token) not in brook.get("/me/export/").content.decode()

    def test_is_not_for_staff(self, amina, chidi):
        export = made(amina)
        staff = Client()
        staff.force_login(chidi, "django.contrib.auth.backends.ModelBackend")

        assert staff.get("/me/export/").status_code == 404
        assert staff.get(f"/me/export/{export.token}/").status_code == 404

    @pytest.mark.parametrize(
        ("language", "moment"),
        [("en", "from May 2, 2026 12:00."), ("zh-hans", "2026年5月2日 12:00"), ("zh-hant", "2026年5月2日 12:00")],
    )
    def test_too_soon_says_from_when_as_the_reader_writes_dates(self, client, amina, language, moment):
        made(amina)
        factories.speak(amina.user, language)

        page = client.post("/me/export/", follow=True).content.decode()

        assert moment in page


def signed_in(borrower: Borrower) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(borrower.user, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def freezer_of_signing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let time pass for signed links alone."""

    def later(by: timedelta) -> None:
        now = signing.time.time() + by.total_seconds()
        monkeypatch.setattr("django.core.signing.time.time", lambda: now)

    return later
