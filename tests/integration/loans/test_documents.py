import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from dashu.alerts.models import Alert
from dashu.audit.models import AuditRecord
from dashu.celery import app
from dashu.kernel.errors import InvalidInput
from dashu.settings.env import derived_key, private_storage
from dashu.users.sealing import CannotOpen
from dashu.users.services.rotate_field_keys import rotate_field_keys
from loans import tasks
from loans.domain.document_files import DocumentRefused, read_document
from loans.models import ApplicationDocument, ApplicationEvent
from loans.services.add_document import MOST_DOCUMENTS, TooManyDocuments, add_document, add_stored_document
from loans.services.application_rows import ApplicationStateChanged
from loans.services.document_contents import content_of, new_content, remove_orphans
from loans.services.hand_out_document import DocumentNotReady, hand_out_document
from loans.services.remove_document import DocumentNotFound, erase_document, erase_forgotten, remove_document
from loans.services.scan_document import scan_document, scan_forgotten
from loans.services.withdraw_application import withdraw_application
from tests.applicants import NOW, draft, submitted
from tests.sent_files import needs_a_password, pdf, picture
from tests.unit.loans.scanners.fake_clamd import EICAR, fake_clamd

PAYSLIP = pdf()
CUT_SHORT = pdf()[:-200]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    """A storage of its own for each test, on disk as in an installation."""
    private = private_storage()
    private["OPTIONS"]["location"] = tmp_path
    settings.STORAGES = {**settings.STORAGES, "private": private}
    return tmp_path


@pytest.fixture
def sent(monkeypatch):
    """What was handed to the broker."""
    calls = []
    monkeypatch.setattr(app, "send_task", lambda name, kwargs, **options: calls.append(kwargs["events"]))
    return calls


def add(application, content=PAYSLIP, name="payslip.pdf", kind="INCOME", now=NOW):
    return add_document(application_id=application.pk, kind=kind, name=name, content=content, now=now, actor="user:1")


def remove(application, document, now=NOW):
    return remove_document(application_id=application.pk, document_id=document.pk, now=now, actor="user:1")


def scanned(document):
    scan_document(document_id=document.pk, now=NOW)
    document.refresh_from_db()
    return document


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


class TestAdd:
    def test_keeps_the_file_and_says_so_in_the_timeline(self, amina):
        application = draft(amina)

        document = add(application)

        assert (document.name, document.kind, document.content_type) == ("payslip.pdf", "INCOME", "application/pdf")
        assert (document.size, document.scan, document.added_at) == (len(PAYSLIP), "WAITING", NOW)
        event = ApplicationEvent.objects.get(kind="DOCUMENT_ADDED")
        assert event.data == {"document": document.pk, "paper": "INCOME"}
        assert AuditRecord.objects.filter(action="loans.application_document_added").count() == 1

    def test_has_it_looked_at_once_the_row_is_there(self, amina, sent, django_capture_on_commit_callbacks):
        application = draft(amina)

        with django_capture_on_commit_callbacks(execute=True):
            document = add(application)

        assert sent == [[("loans.document_added", {"document_id": document.pk})]]

    def test_what_lies_on_the_disk_tells_nothing_and_is_for_nobody_else(self, amina, folder):
        add(draft(amina), name="阿米娜.pdf")

        [file] = files(folder)
        assert b"PDF" not in file.read_bytes()
        assert file.read_bytes().startswith(b"test.")
        assert len(file.name) == 32
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o077) == (0o600, 0)

    def test_the_same_file_again_is_the_same_document(self, amina, brook, folder):
        application = draft(amina)

        first, again = add(application), add(application, name="other.pdf", kind="TAX")
        elsewhere = add(draft(brook))

        assert first == again != elsewhere
        assert ApplicationEvent.objects.filter(kind="DOCUMENT_ADDED", application=application).count() == 1
        assert len(files(folder)) == 2

    def test_is_possible_while_it_is_checked_and_not_afterwards(self, amina, folder):
        application = submitted(amina)
        document = add(application)
        withdraw_application(application_id=application.pk, now=NOW, actor="user:1")

        assert add(application) == document
        with pytest.raises(ApplicationStateChanged):
            add(application, pdf(width=201))

        assert ApplicationDocument.objects.count() == 1
        assert len(files(folder)) == 1

    def test_refuses_the_21st_until_one_is_removed(self, amina, folder):
        application = draft(amina)
        documents = [add(application, pdf(width=300 + number)) for number in range(MOST_DOCUMENTS)]

        with pytest.raises(TooManyDocuments):
            add(application, picture("PNG"))

        assert len(files(folder)) == MOST_DOCUMENTS
        remove(application, documents[0])
        assert add(application, picture("PNG")).content_type == "image/png"

    @pytest.mark.parametrize("content", [b"", b"MZ", CUT_SHORT, pdf(needs_a_password)])
    def test_refuses_a_file_that_cannot_be_taken_and_keeps_nothing_of_it(self, amina, folder, content):
        with pytest.raises(DocumentRefused):
            add(draft(amina), content)

        assert not ApplicationDocument.objects.exists()
        assert files(folder) == []

    def test_refuses_a_kind_that_is_none(self, amina, folder):
        with pytest.raises(InvalidInput):
            add(draft(amina), kind="SECRET")

        assert files(folder) == []

    def test_a_file_whose_row_is_undone_later_is_removed_with_it(self, amina, folder):
        application = draft(amina)
        file = read_document(PAYSLIP, name="a.pdf")

        def half(stored_as):
            with transaction.atomic():
                add_stored_document(
                    application_id=application.pk, kind="TAX", file=file, stored_as=stored_as, now=NOW, actor="user:1"
                )
                assert len(files(folder)) == 1
                raise OSError("power")

        with pytest.raises(OSError, match="power"), new_content(PAYSLIP, on=NOW.date()) as stored_as:
            half(stored_as)

        assert files(folder) == []
        assert not ApplicationDocument.objects.exists()


class TestScan:
    def test_opens_what_is_clean_once(self, amina):
        document = add(draft(amina))

        assert scanned(document).scan == "CLEAN"
        scan_document(document_id=document.pk, now=NOW + timedelta(days=1))

        document.refresh_from_db()
        assert document.scanned_at == NOW
        assert document.is_ready

    def test_refuses_with_a_reason_and_deletes_what_is_harmful(self, amina, settings, folder, sent):
        settings.DOCUMENT_SCANNER = "clamd"
        document = add(draft(amina), pdf().replace(b"startxref", b"%" + EICAR + b"\nstartxref"))

        with fake_clamd() as clamd:
            settings.CLAMD_ADDRESS = clamd.address
            scanned(document)
        erase_document(document_id=document.pk, now=NOW)

        document.refresh_from_db()
        assert (document.scan, document.refused_because, document.erased_at) == ("REFUSED", "malware", NOW)
        assert "harmful software" in document.refusal
        assert not document.is_ready
        assert files(folder) == []
        assert ApplicationEvent.objects.get(kind="DOCUMENT_REFUSED").data["reason"] == "malware"

    def test_waits_while_the_scanner_is_down_and_is_made_up_for(self, amina, settings):
        settings.DOCUMENT_SCANNER = "clamd"
        application = draft(amina)
        documents = [add(application, pdf(width=300 + number)) for number in range(5)]
        later = NOW + timedelta(minutes=2)

        with fake_clamd() as clamd:
            settings.CLAMD_ADDRESS = clamd.address
            clamd.trouble = "nonsense"
            assert scan_forgotten(now=later) == 0
            assert len(clamd.scanned) == 3
            assert Alert.objects.get(kind="documents.not_scanned").ended_at is None
            with pytest.raises(DocumentNotReady):
                hand_out_document(documents[0], actor="user:1")
            clamd.trouble = ""
            assert scan_forgotten(now=NOW + timedelta(seconds=30)) == 0
            assert scan_forgotten(now=later) == 5

        assert set(ApplicationDocument.objects.values_list("scan", flat=True)) == {"CLEAN"}
        assert Alert.objects.get(kind="documents.not_scanned").ended_at is not None

    def test_asks_for_a_file_again_that_is_lost(self, amina, folder):
        document = add(draft(amina))
        files(folder)[0].unlink()

        assert scanned(document).refused_because == "lost"

    def test_a_file_put_in_the_place_of_another_is_not_opened(self, amina, folder):
        application = draft(amina)
        first, second = add(application), add(application, picture("PNG"))
        (folder / first.stored_as).write_bytes((folder / second.stored_as).read_bytes())

        assert scanned(first).scan == "WAITING"
        with pytest.raises(CannotOpen):
            content_of(first)

    def test_leaves_alone_what_was_taken_back(self, amina):
        application = draft(amina)
        document = add(application)
        remove(application, document)

        assert scanned(document).scan == "WAITING"

    def test_is_what_the_task_of_the_event_does(self, amina):
        document = add(draft(amina))

        tasks.scan_document(document_id=document.pk, of_a_newer_version=1)

        document.refresh_from_db()
        assert document.scan == "CLEAN"


class TestRemove:
    def test_takes_it_back_once_and_deletes_the_content(self, amina, folder):
        application = draft(amina)
        document = add(application)

        remove(application, document)
        remove(application, document, now=NOW + timedelta(days=1))
        assert erase_forgotten(now=NOW) == 1
        assert erase_forgotten(now=NOW) == 0

        document.refresh_from_db()
        assert (document.removed_at, document.erased_at) == (NOW, NOW)
        assert ApplicationEvent.objects.filter(kind="DOCUMENT_REMOVED").count() == 1
        assert files(folder) == []

    def test_lets_the_same_file_be_sent_again(self, amina):
        application = draft(amina)
        document = add(application)
        remove(application, document)

        assert add(application) != document

    def test_finds_nothing_of_another_application(self, amina, brook):
        document = add(draft(amina))

        with pytest.raises(DocumentNotFound):
            remove(draft(brook), document)

        document.refresh_from_db()
        assert document.removed_at is None

    def test_refuses_once_it_has_ended(self, amina):
        application = draft(amina)
        document = add(application)
        withdraw_application(application_id=application.pk, now=NOW, actor="user:1")

        with pytest.raises(ApplicationStateChanged):
            remove(application, document)

        document.refresh_from_db()
        assert document.removed_at is None

    def test_erases_nothing_that_is_still_kept(self, amina, folder):
        document = add(draft(amina))

        assert erase_document(document_id=document.pk, now=NOW) is False
        assert len(files(folder)) == 1


class TestOrphans:
    def test_are_removed_after_a_day_and_nothing_else(self, amina, folder):
        kept = add(draft(amina))
        storages["private"].save("documents/2026-11-01/lost", ContentFile(b"x"))
        storages["private"].save("documents/2026-11-01/new", ContentFile(b"x"))
        now = timezone.now()
        long_ago = (now - timedelta(days=2)).timestamp()
        for path in (folder / kept.stored_as, folder / "documents/2026-11-01/lost"):
            os.utime(path, (long_ago, long_ago))

        assert remove_orphans(now=now) == 1

        assert [file.name for file in files(folder)] == ["new", Path(kept.stored_as).name]

    def test_there_may_be_no_folder_yet(self, folder):
        assert remove_orphans(now=NOW) == 0


class TestHandOut:
    def test_gives_what_was_sent_and_writes_down_to_whom(self, amina):
        document = scanned(add(draft(amina)))

        assert hand_out_document(document, actor="user:7") == PAYSLIP

        record = AuditRecord.objects.get(action="loans.document_handed_out")
        assert (record.actor, record.subject_id) == ("user:7", document.application.reference)
        assert record.data == {"document": document.pk}


class TestRotation:
    def test_files_are_sealed_anew_before_the_old_key_goes(self, amina, settings, folder):
        document = add(draft(amina))
        old = settings.FIELD_KEYS[0]
        settings.FIELD_KEYS = [("new", derived_key("another", "fields")), old]

        rotated = rotate_field_keys(actor="system:test")
        assert rotate_field_keys(actor="system:test").resealed == 0
        settings.FIELD_KEYS = settings.FIELD_KEYS[:1]

        document.refresh_from_db()
        assert content_of(document) == PAYSLIP
        assert rotated.unreadable == []
        assert [file.read_bytes()[:4] for file in files(folder)] == [b"new."]

    def test_names_a_file_that_no_key_opens_and_leaves_it(self, amina, settings):
        document = add(draft(amina))
        old = settings.FIELD_KEYS
        settings.FIELD_KEYS = [("new", derived_key("another", "fields"))]

        assert f"loans_applicationdocument {document.pk}" in rotate_field_keys(actor="system:test").unreadable

        settings.FIELD_KEYS = old
        document.refresh_from_db()
        assert content_of(document) == PAYSLIP


class TestVisibility:
    def test_is_for_the_applicant_and_for_staff_who_may_view_applications(self, amina, brook, chidi, administrator):
        document = add(draft(amina))

        def seen_by(user):
            return list(ApplicationDocument.objects.visible_to(user))

        assert seen_by(amina.user) == seen_by(administrator) == [document]
        assert seen_by(brook.user) == seen_by(chidi) == []
