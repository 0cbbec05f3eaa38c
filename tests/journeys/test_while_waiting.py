"""What a page says while something is under way, and that a form is sent once."""

import pytest

from tests import factories
from tests.journeys.browsing import sign_in
from tests.journeys.passive import INVENTED

pytestmark = pytest.mark.django_db(transaction=True)

SAID = "() => document.getElementById('connection').textContent.includes('{}')"


def hold(page, address):
    """Keep requests to an address from being answered; return how to let them go, and what was asked."""
    waiting = []
    page.route(address, lambda route: waiting.append(route))

    def let_go():
        for route in waiting:
            route.continue_()

    return let_go, waiting


class TestAForm:
    def test_says_that_it_is_being_sent_and_is_sent_once(self, open_browser, policy_packs):
        factories.borrower("Amina", language="en")
        page = open_browser("en", service_workers="block", bypass_csp=True)  # for the frame below
        sign_in(page)
        page.goto("/me/contact/")
        _let_go, sent = hold(page, "**/me/contact/")
        # The answer goes elsewhere, since no page can be looked at while another is on its way into its place.
        page.evaluate("document.querySelector('form.stack').target = 'aside'")
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<iframe name=aside title=aside></iframe>')")

        page.click("form.stack button.btn-primary", no_wait_after=True)
        page.wait_for_function(SAID.format("It is being sent"))
        page.evaluate("document.querySelector('form.stack button.btn-primary').click()")
        page.wait_for_timeout(100)

        assert page.get_attribute("form.stack button.btn-primary", "aria-disabled") == "true"
        assert len(sent) == 1


class TestACalculator:
    def test_says_that_it_works_and_when_that_did_not_work(self, open_browser, policy_packs):
        page = open_browser("en", service_workers="block")
        page.goto("/apply/consumer/")
        let_go, _asked = hold(page, "**/apply/consumer/?*")

        page.fill("#id_amount", "9000")
        page.wait_for_function(SAID.format("It is being worked out"))
        assert page.get_attribute("#calc-example", "aria-busy") == "true"
        let_go()
        page.wait_for_function("() => document.getElementById('connection').textContent === ''")
        assert page.get_attribute("#calc-example", "aria-busy") is None

        page.unroute("**/apply/consumer/?*")
        page.route("**/apply/consumer/?*", lambda route: route.fulfill(status=500, body="", headers={INVENTED: "1"}))
        page.fill("#id_amount", "9100")
        page.wait_for_function(SAID.format("That did not work just now"))
