"""A page that waits for something shows it by itself when it is there."""

from dashu.kernel.dates import lender_now
from loans.services.withdraw_application import withdraw_application
from tests.applicants import submitted
from tests.journeys.browsing import sign_in
from tests.journeys.test_borrower_pays import amina  # noqa: F401 – a fixture


def test_an_application_that_is_being_decided(open_browser, amina):  # noqa: F811
    application = submitted(amina, now=lender_now())
    page = open_browser("en")
    sign_in(page)
    page.goto(f"/applications/{application.reference}/")
    assert "working out what fits" in page.inner_text("main")

    withdraw_application(application_id=application.pk, now=lender_now(), actor=f"user:{amina.user_id}")

    page.wait_for_function("() => !document.querySelector('[data-wait]')")
    assert "working out what fits" not in page.inner_text("main")
