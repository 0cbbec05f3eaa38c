"""An applicant on a phone without JavaScript sends papers, is told what is wrong with one, and opens another."""

from pathlib import Path

from loans.models import ApplicationDocument
from loans.services.scan_document import scan_forgotten
from tests.applicants import NOW, draft
from tests.journeys.browsing import follow, shown, sign_in, width_of
from tests.journeys.test_borrower_pays import amina  # noqa: F401 – a fixture
from tests.sent_files import needs_a_password, pdf, picture


def choose(page, name, content):
    page.set_input_files("input[name=file]", {"name": name, "mimeType": "application/octet-stream", "buffer": content})


class TestAnApplicantSendsPapers:
    def test_adds_removes_and_opens_them_and_goes_on(self, open_browser, amina):  # noqa: F811
        application = draft(amina)
        page = open_browser("zh-hans", java_script_enabled=False, accept_downloads=True)
        sign_in(page)
        page.goto(f"/applications/{application.reference}/steps/documents/")

        choose(page, "工资单.pdf", pdf(needs_a_password))
        follow(page, "button[name=add]")
        assert "设有密码" in shown(page)
        assert width_of(page) <= 360
        choose(page, "工资单.pdf", pdf())
        follow(page, "button[name=add]")
        choose(page, "a very long name of a photograph of the identity card.JPG.exe", picture("JPEG"))
        follow(page, "button[name=add]")
        assert "工资单.pdf" in shown(page)
        assert "_exe.jpg" in shown(page)
        assert width_of(page) <= 360
        follow(page, "li:last-child form button")
        assert "_exe.jpg" not in shown(page)

        document = ApplicationDocument.objects.get(removed_at=None)
        scan_forgotten(now=document.added_at.replace(year=NOW.year + 1))
        page.reload()
        with page.expect_download() as download:
            page.click("text=工资单.pdf")
        assert download.value.suggested_filename == "工资单.pdf"
        assert Path(download.value.path()).read_bytes() == pdf()

        choose(page, "statement.png", picture("PNG"))
        follow(page, "form.panel button:not([name])")
        assert "/steps/" not in page.url or "documents" not in page.url
        assert ApplicationDocument.objects.filter(removed_at=None, name="statement.png").exists()
