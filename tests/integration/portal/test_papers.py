import time
from datetime import timedelta

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashu import uploads
from dashu.audit.models import AuditRecord
from dashu.users.models import User
from loans.models import ApplicationDocument
from loans.services.add_document import add_document
from loans.services.scan_document import scan_document
from loans.services.withdraw_application import withdraw_application
from tests import factories
from tests.applicants import NOW, draft, submitted
from tests.sent_files import needs_a_password, pdf, picture


def client_of(user):
    client = Client(headers={"Accept-Language": "en"}, enforce_csrf_checks=False)
    User.objects.filter(pk=user.pk).update(language="en")
    client.force_login(User.objects.get(pk=user.pk))
    return client


@pytest.fixture
def page(amina):
    return client_of(amina.user)


@pytest.fixture
def underwriter(rules):
    return factories.staff("Uma", User.Role.UNDERWRITER)


def step(application):
    return f"/applications/{application.reference}/steps/documents/"


def papers(application):
    return f"/applications/{application.reference}/documents/"


def upload(content=None, name="payslip.pdf"):
    return SimpleUploadedFile(name, pdf() if content is None else content)


def clean_document(application, content=None):
    document = add_document(
        application_id=application.pk, kind="INCOME", name="工资.pdf", content=content or pdf(), now=NOW, actor="user:1"
    )
    scan_document(document_id=document.pk, now=NOW)
    document.refresh_from_db()
    return document


class TestStep:
    def test_adds_a_paper_and_stays(self, page, amina):
        application = draft(amina)

        answer = page.post(step(application), {"kind": "INCOME", "file": upload(), "add": "1"}, follow=True)

        assert answer.request["PATH_INFO"] == step(application)
        text = answer.content.decode()
        assert "payslip.pdf" in text
        assert "Proof of income" in text
        assert "Being checked" in text
        assert 'enctype="multipart/form-data"' in text

    def test_goes_on_without_a_paper_and_keeps_one_that_was_chosen(self, page, amina):
        application = draft(amina)

        page.post(step(application), {"kind": "INCOME"})
        assert not ApplicationDocument.objects.exists()
        answer = page.post(step(application), {"kind": "INCOME", "file": upload()})

        assert ApplicationDocument.objects.get().name == "payslip.pdf"
        assert answer.headers["Location"] != step(application)

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"add": "1"}, "Choose a file first."),
            ({"add": "1", "file": upload(b"")}, "This file is empty."),
            ({"file": upload(b"MZ")}, "We can read PDF files and photos"),
            ({"file": upload(pdf(needs_a_password))}, "protected with a password"),
            ({"file": upload(bytes(10 * 1024**2 + 1))}, "at most 10 MB"),
        ],
    )
    def test_says_beside_the_field_what_is_wrong_and_keeps_nothing(self, page, amina, sent, sentence):
        application = draft(amina)

        answer = page.post(step(application), {"kind": "TAX", **sent})

        assert answer.status_code == 200
        assert sentence in str(answer.context["form"].errors["file"])
        assert answer.context["form"]["kind"].value() == "TAX"
        assert not ApplicationDocument.objects.exists()

    def test_says_in_words_that_an_upload_is_too_large_and_stores_nothing_of_it(self, amina, monkeypatch):
        monkeypatch.setattr(uploads, "MOST_BYTES", 5_000)
        application = draft(amina)
        page = client_of(amina.user)
        page.handler.enforce_csrf_checks = True
        token = page.get(step(application)).cookies["csrftoken"].value

        answer = page.post(
            step(application),
            {"file": upload(bytes(10_000)), "add": "1", "kind": "TAX", "csrfmiddlewaretoken": token},
        )

        assert answer.status_code == 200
        assert "at most 10 MB" in str(answer.context["form"].errors["file"])
        assert not ApplicationDocument.objects.exists()

    def test_shows_no_form_when_there_are_as_many_as_may_be(self, page, amina, monkeypatch):
        monkeypatch.setattr("dashu.portal.applying.papers.MOST_DOCUMENTS", 1)
        application = draft(amina)
        clean_document(application)

        text = page.get(step(application)).content.decode()

        assert 'type="file"' not in text
        assert "There are 1 papers" in text
        assert "Keep and go on" in text


class TestLater:
    def test_a_paper_can_be_added_while_it_is_looked_at(self, page, amina):
        application = submitted(amina)
        assert papers(application) in page.get(f"/applications/{application.reference}/").content.decode()

        answer = page.post(papers(application), {"kind": "TAX", "file": upload(), "add": "1"}, follow=True)

        assert answer.request["PATH_INFO"] == papers(application)
        assert ApplicationDocument.objects.get().kind == "TAX"
        assert "payslip.pdf" in page.get(f"/applications/{application.reference}/").content.decode()

    def test_before_it_is_handed_in_it_is_a_step(self, page, amina):
        application = draft(amina)

        assert page.get(papers(application)).headers["Location"] == step(application)

    def test_afterwards_nothing_is_asked_for(self, page, amina):
        application = submitted(amina)
        document = clean_document(application)
        withdraw_application(application_id=application.pk, now=NOW, actor="user:1")

        text = page.get(papers(application)).content.decode()
        page.post(f"{papers(application)}{document.pk}/remove/")

        assert document.name in text
        assert "<form" not in text.split("<main")[1]
        document.refresh_from_db()
        assert document.removed_at is None


class TestRemove:
    def test_takes_it_off_the_list(self, page, amina):
        application = draft(amina)
        document = clean_document(application)
        assert f"{papers(application)}{document.pk}/remove/" in page.get(step(application)).content.decode()

        answer = page.post(f"{papers(application)}{document.pk}/remove/", follow=True)

        assert answer.request["PATH_INFO"] == step(application)
        assert document.name not in answer.content.decode()

    def test_finds_nothing_of_others(self, page, amina, brook):
        mine, theirs = draft(amina), draft(brook)
        document = clean_document(theirs)

        assert page.post(f"{papers(theirs)}{document.pk}/remove/").status_code == 404
        assert page.post(f"{papers(mine)}{document.pk}/remove/").status_code == 404
        document.refresh_from_db()
        assert document.removed_at is None


class TestOpen:
    def test_gives_the_file_as_a_download_that_nothing_keeps_or_runs(self, page, amina):
        application = draft(amina)
        document = clean_document(application)

        answer = page.get(f"{papers(application)}{document.pk}/", follow=True)

        assert answer.content == pdf()
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E5%B7%A5%E8%B5%84.pdf"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"

    def test_a_link_ends_after_five_minutes_and_leads_to_a_new_one(self, page, amina, monkeypatch):
        application = draft(amina)
        document = clean_document(application)
        again = f"{papers(application)}{document.pk}/"
        link = page.get(again).headers["Location"]
        now = time.time()

        monkeypatch.setattr(signing.time, "time", lambda: now + timedelta(minutes=4).total_seconds())
        assert page.get(link).status_code == 200
        monkeypatch.setattr(signing.time, "time", lambda: now + timedelta(minutes=6).total_seconds())
        expired = page.get(link)

        assert expired.status_code == 410
        assert f'href="{again}"' in expired.content.decode()
        assert page.get(again, follow=True).content == pdf()

    def test_a_link_of_somebody_else_is_not_found(self, page, amina, brook, underwriter):
        document = clean_document(draft(amina))
        link = page.get(f"{papers(document.application)}{document.pk}/").headers["Location"]

        assert client_of(brook.user).get(link).status_code == 404
        assert client_of(underwriter).get(link).status_code == 404
        assert page.get(link.replace("documents/", "documents/1")).status_code == 404
        assert Client().get(link).headers["Location"].startswith("/accounts/login/")

    def test_staff_open_it_with_the_permission_and_leave_a_trace(self, amina, chidi, underwriter):
        document = clean_document(draft(amina))
        address = f"{papers(document.application)}{document.pk}/"

        assert client_of(chidi).get(address).status_code == 404
        assert client_of(underwriter).get(address, follow=True).content == pdf()

        [record] = AuditRecord.objects.filter(action="loans.document_handed_out")
        assert record.actor == f"user:{underwriter.pk}"

    def test_nobody_opens_what_was_not_looked_at_or_is_refused_or_removed(self, page, amina):
        application = draft(amina)
        document = clean_document(application)
        address = f"{papers(application)}{document.pk}/"
        link = page.get(address).headers["Location"]

        for change in ({"scan": "WAITING"}, {"scan": "REFUSED"}, {"scan": "CLEAN", "removed_at": NOW}):
            ApplicationDocument.objects.filter(pk=document.pk).update(**change)
            assert page.get(address).status_code == 404
            assert page.get(link).status_code == 404

        assert not AuditRecord.objects.filter(action="loans.document_handed_out").exists()

    def test_another_application_of_mine_does_not_lead_to_it(self, page, amina):
        document = clean_document(draft(amina))
        other = draft(amina, "SME")

        assert page.get(f"{papers(other)}{document.pk}/").status_code == 404


class TestRefused:
    def test_says_why_and_offers_no_link(self, page, amina):
        application = submitted(amina)
        document = clean_document(application, picture("PNG"))
        ApplicationDocument.objects.update(scan="REFUSED", refused_because="malware")

        text = page.get(f"/applications/{application.reference}/").content.decode()

        assert "A check for harmful software stopped this file" in text
        assert f'href="{papers(application)}{document.pk}/"' not in text
