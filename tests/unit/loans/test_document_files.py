import re

import pytest

from loans.domain import document_files
from loans.domain.document_files import ContentType, DocumentRefused, Reason, read_document, shown_name
from tests import sent_files
from tests.sent_files import pdf, picture


def reason_of(content, name="paper.pdf"):
    with pytest.raises(DocumentRefused) as refusal:
        read_document(content, name=name)
    assert refusal.value.details == {"reason": refusal.value.reason}
    assert "%" not in refusal.value.user_message
    return refusal.value.reason


class TestReadDocument:
    @pytest.mark.parametrize(
        ("content", "content_type"),
        [
            (pdf(), ContentType.PDF),
            (picture("JPEG"), ContentType.JPEG),
            (picture("PNG"), ContentType.PNG),
        ],
    )
    def test_knows_a_file_by_its_content(self, content, content_type):
        file = read_document(content, name="paper")

        assert (file.content_type, file.content, len(file.sha256)) == (content_type, content, 64)

    def test_believes_no_name(self):
        assert read_document(picture("PNG"), name="paper.pdf").name == "paper_pdf.png"
        assert reason_of(b"MZ\x90\x00" * 100, name="paper.pdf") == Reason.TYPE
        assert reason_of(b"<html><script>alert(1)</script>", name="photo.png") == Reason.TYPE
        assert reason_of(b"GIF89a" + bytes(50), name="photo.png") == Reason.TYPE

    def test_refuses_nothing_and_too_much(self):
        at_most = pdf() + b"\n" * (document_files.MOST_BYTES - len(pdf()) - 6) + b"%%EOF\n"

        assert reason_of(b"") == Reason.EMPTY
        assert len(at_most) == document_files.MOST_BYTES
        assert read_document(at_most, name="").content_type == ContentType.PDF
        assert reason_of(at_most + b"\n") == Reason.TOO_LARGE

    @pytest.mark.parametrize(
        "content",
        [
            b"%PDF-1.7\nnothing\n%%EOF",
            pdf()[:-300],
            pdf()[:-8],
            picture("JPEG", 300, 300)[:-100],
            picture("PNG", 300, 300)[:-40],
            b"\xff\xd8\xff" + bytes(500),
            b"\x89PNG\r\n\x1a\n" + bytes(500),
        ],
    )
    def test_refuses_what_does_not_open(self, content):
        assert reason_of(content) == Reason.UNREADABLE

    @pytest.mark.parametrize(
        "change", [sent_files.runs_a_script, sent_files.starts_a_program, sent_files.carries_a_file]
    )
    def test_refuses_a_pdf_that_does_something(self, change):
        assert reason_of(pdf(change)) == Reason.ACTIVE

    def test_finds_it_also_where_it_is_packed_encrypted_or_spelled_otherwise(self):
        def packed_twice(writer):
            sent_files.starts_a_program(writer)
            sent_files.forbids_changes(writer)

        spelled = re.sub(rb"/Launch", b"/L#61unch", pdf(sent_files.starts_a_program))
        left_over = pdf().replace(b"startxref", b"9 0 obj\n<< /S /JavaScript >>\nendobj\nstartxref")

        assert reason_of(pdf(packed_twice)) == Reason.ACTIVE
        assert reason_of(spelled) == Reason.ACTIVE
        assert reason_of(left_over) == Reason.ACTIVE

    def test_takes_a_statement_that_only_forbids_changes_and_refuses_one_with_a_password(self):
        assert read_document(pdf(sent_files.forbids_changes), name="").content_type == ContentType.PDF
        assert reason_of(pdf(sent_files.needs_a_password)) == Reason.ENCRYPTED

    def test_refuses_pictures_that_unpack_to_too_much(self):
        bomb = picture("PNG", 20_000, 20_000)

        assert len(bomb) < 1_000_000
        assert reason_of(bomb) == Reason.PIXELS
        assert reason_of(picture("PNG", 8_000, 5_001)) == Reason.PIXELS
        assert read_document(picture("PNG", 8_000, 5_000), name="").content_type == ContentType.PNG

    def test_refuses_a_pdf_with_more_than_is_looked_through(self, monkeypatch):
        assert reason_of(pdf(pages=document_files.MOST_PAGES + 1)) == Reason.TOO_LONG

        monkeypatch.setattr(document_files, "MOST_OBJECTS", 3)
        assert reason_of(pdf()) == Reason.TOO_LONG

    def test_gives_up_after_a_while(self, monkeypatch):
        monkeypatch.setattr(document_files, "MOST_SECONDS", -1)

        assert reason_of(pdf()) == Reason.TOO_LONG


class TestShownName:
    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            ("工资单.pdf", "工资单.pdf"),
            ("Payslip May.PDF", "Payslip_May.pdf"),
            ("payslip.pdf.exe", "payslip_pdf_exe.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            ("C:\\papers\\a.pdf", "a.pdf"),
            ("pay\u202efdp.exe", "payfdp_exe.pdf"),
            ('a"; filename="b.exe', "a_filename=_b_exe.pdf"),
            ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie_b.pdf"),
            ("", "document.pdf"),
            ("...", "document.pdf"),
            (".pdf", "document.pdf"),
            ("x" * 300, "x" * 100 + ".pdf"),
        ],
    )
    def test_keeps_what_can_be_shown_and_one_true_ending(self, given, shown):
        assert shown_name(given, ContentType.PDF) == shown

    def test_knows_both_endings_of_a_photo(self):
        assert shown_name("IMG_1.jpeg", ContentType.JPEG) == "IMG_1.jpg"
