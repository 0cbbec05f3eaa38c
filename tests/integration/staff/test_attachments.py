"""Files kept with a borrower's file: looked through, sealed, read with a trace, and gone when they are removed."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image

from collections_mgmt.models import CaseFile, CollectorProfile, FileAttachment, Team
from collections_mgmt.services import attachments
from collections_mgmt.services.attachments import TooManyAttachments, attach
from dashu.audit.models import AuditRecord
from dashu.kernel.dates import lender_now
from dashu.privacy.archive import _papers
from dashu.privacy.tables import TABLES
from dashu.users.models import User
from loans.domain.document_files import DocumentRefused, Reason
from loans.scanners.base import ScannerUnavailable
from tests import factories
from tests.integration.staff.test_file_pages import DESK, late_people, signed_in, taken


def picture(color: str = "white") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(written, "PNG")
    return written.getvalue()


@pytest.fixture
def chidi(policy_packs) -> User:
    user = factories.staff("Chidi")
    early = Team.objects.create(code="early", name="Early")
    CollectorProfile.objects.create(user=user, team=early, languages=["zh-hans", "en"])
    return user


@pytest.fixture
def client(chidi) -> Client:
    late_people("Amina")
    return signed_in(chidi)


@pytest.fixture
def file(client) -> CaseFile:
    return taken(client)


def send(client: Client, file: CaseFile, content: bytes, name: str = "letter.png", about: str = "Letter of the bank"):
    sent = SimpleUploadedFile(name, content)
    return client.post(f"{DESK}{file.pk}/attach/", {"content": sent, "about": about})


class TestAttach:
    def test_keeps_a_picture_sealed_and_lists_it(self, client, file, chidi):
        send(client, file, picture())

        kept = FileAttachment.objects.get()
        assert (kept.name, kept.about, kept.content_type) == ("letter.png", "Letter of the bank", "image/png")
        assert (bytes(kept.content), kept.size, kept.actor) == (picture(), len(picture()), f"user:{chidi.pk}")
        with connection.cursor() as cursor:
            cursor.execute("SELECT content FROM collections_mgmt_fileattachment")
            assert b"PNG" not in bytes(cursor.fetchone()[0])
        page = client.get(f"{DESK}{file.pk}/change/").content.decode()
        assert f'href="{DESK}{file.pk}/attachment/{kept.pk}/">letter.png</a>' in page
        assert AuditRecord.objects.get(action="collections.attachment_added").data == {"attachment": kept.pk}

    def test_twice_is_once(self, client, file):
        send(client, file, picture())
        send(client, file, picture(), name="again.png")

        assert FileAttachment.objects.get().name == "letter.png"

    @pytest.mark.parametrize(
        ("content", "about", "words"),
        [
            (b"hello", "A letter", "We can read PDF files and photos"),
            (b"", "A letter", "This file is empty."),
            (picture(), "a liar", "has no place in a file"),
        ],
    )
    def test_refuses_what_cannot_be_read_or_shames(self, client, file, content, about, words):
        page = send(client, file, content, about=about).content.decode()

        assert words in page
        assert not FileAttachment.objects.exists()

    def test_refuses_what_is_too_large_without_reading_it(self, client, file):
        page = send(client, file, b"x" * (10 * 1024 * 1024 + 1)).content.decode()

        assert "at most 10 MB" in page
        assert not FileAttachment.objects.exists()

    @pytest.mark.parametrize(
        ("told", "refusal"), [(Reason.MALWARE, DocumentRefused), (ScannerUnavailable("down"), ScannerUnavailable)]
    )
    def test_keeps_nothing_that_was_not_found_harmless(self, file, chidi, monkeypatch, told, refusal):
        monkeypatch.setattr(attachments, "scanner", lambda: Scanner(told))

        with pytest.raises(refusal):
            attach(file_id=file.pk, name="x", content=picture(), about="A letter", user=chidi, now=lender_now())
        assert not FileAttachment.objects.exists()

    def test_takes_no_more_than_so_many(self, file, chidi, monkeypatch):
        monkeypatch.setattr(attachments, "MOST_ATTACHMENTS", 1)
        given = {"file_id": file.pk, "name": "x", "about": "A letter", "user": chidi, "now": lender_now()}
        attach(content=picture(), **given)

        with pytest.raises(TooManyAttachments):
            attach(content=picture("red"), **given)
        assert FileAttachment.objects.count() == 1


class Scanner:
    def __init__(self, told: Reason | Exception) -> None:
        self._told = told

    def scan(self, _content: bytes) -> Reason:
        if isinstance(self._told, Exception):
            raise self._told
        return self._told


class TestRead:
    def test_hands_it_out_to_be_saved_and_keeps_who_read_it(self, client, file):
        send(client, file, picture())
        kept = FileAttachment.objects.get()

        answer = client.get(f"{DESK}{file.pk}/attachment/{kept.pk}/")

        assert answer.content == picture()
        assert answer["Content-Disposition"] == "attachment; filename*=UTF-8''letter.png"
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert AuditRecord.objects.filter(action="collections.attachment_handed_out").count() == 1

    def test_is_for_whoever_sees_the_file(self, client, file):
        send(client, file, picture())
        address = f"{DESK}{file.pk}/attachment/{FileAttachment.objects.get().pk}/"
        other = factories.staff("Dana")
        CollectorProfile.objects.create(user=other, team=Team.objects.get(), languages=["en"])

        assert signed_in(other).get(address).status_code == 404
        assert signed_in(factories.staff("Una", User.Role.UNDERWRITER)).get(address).status_code in (403, 404)
        assert signed_in(factories.staff("Sun", User.Role.SUPERVISOR)).get(address).status_code == 200
        assert AuditRecord.objects.filter(action="collections.attachment_handed_out").count() == 1

    def test_of_another_file_is_not_found(self, client, file):
        other = factories.borrower("Brook")
        elsewhere = CaseFile.objects.create(
            borrower=other, opened_on=file.opened_on, weighed_on=file.weighed_on, contact_due_on=file.opened_on,
            review_due_on=file.opened_on,
        )  # fmt: skip
        kept = FileAttachment.objects.create(
            file=elsewhere, name="x.png", about="x", content_type="image/png", size=1, sha256="x", content=b"x",
            added_at=lender_now(), actor="user:0",
        )  # fmt: skip

        assert client.get(f"{DESK}{file.pk}/attachment/{kept.pk}/").status_code == 404


class TestRemove:
    def test_deletes_the_content_and_keeps_the_trace(self, client, file):
        send(client, file, picture())
        kept = FileAttachment.objects.get()

        client.post(f"{DESK}{file.pk}/attachment/{kept.pk}/remove/", {"words": "Of somebody else."})

        kept.refresh_from_db()
        assert (kept.content, kept.removed_because) == (None, "Of somebody else.")
        assert client.get(f"{DESK}{file.pk}/attachment/{kept.pk}/").status_code == 404
        page = client.get(f"{DESK}{file.pk}/change/?kind=file").content.decode()
        assert "removed since · Of somebody else." in page

    def test_of_what_a_colleague_added_is_for_whoever_leads(self, client, file):
        send(client, file, picture())
        FileAttachment.objects.update(actor="user:0")
        address = f"{DESK}{file.pk}/attachment/{FileAttachment.objects.get().pk}/remove/"

        client.post(address, {"words": "Not needed."})
        assert FileAttachment.objects.get().removed_at is None

        signed_in(factories.staff("Sun", User.Role.SUPERVISOR)).post(address, {"words": "Not needed."})
        assert FileAttachment.objects.get().removed_at is not None


def test_the_borrower_gets_a_copy(client, file):
    send(client, file, picture())
    kept = FileAttachment.objects.get()
    table = next(each for each in TABLES if each.name == "attachments_of_files")

    (row,) = table.written(file.borrower)

    assert (row["name"], row["about"], "actor" in row) == ("letter.png", "Letter of the bank", False)
    assert dict(_papers(file.borrower)) == {f"attached/{kept.pk}-letter.png": picture()}
