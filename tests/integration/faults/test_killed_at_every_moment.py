"""A process that dies at any moment of a payment, and the partner who posts it again with the same key."""

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

import pytest

from dashu.api.models import StoredAnswer
from dashu.kernel.dates import lender_today
from loans.models import Loan
from repayments.models import Payment
from repayments.selectors.reconciliation import differences
from tests import factories
from tests.integration.api.conftest import program_of
from tests.integration.faults.clients import Order, headers_of
from tests.integration.faults.dying_wsgi import HEADER
from tests.integration.faults.parts import web_server

pytestmark = pytest.mark.django_db(transaction=True)

APPLICATION = "tests.integration.faults.dying_wsgi:application"


@dataclass
class Shop:
    """A partner's program that tells the server when to die."""

    port: int
    token: str

    def post(self, order: Order, *, die_at: int | None = None) -> tuple[int, bytes] | None:
        """Return status and body, or None when the server died before it answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        dying = {} if die_at is None else {HEADER: str(die_at)}
        try:
            connection.request("POST", order.path, order.body(), headers_of(order, self.token) | dying)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


@pytest.fixture
def shop(rules, dana, tmp_path) -> Iterator[Shop]:
    with web_server(tmp_path, workers=1, application=APPLICATION) as (_part, port):
        yield Shop(port, program_of(dana).token or "")


def written_by(order: Order) -> int:
    return Payment.objects.filter(reference=f"dana:{order.reference}").count()


def die_at_every_moment(shop: Shop, loan_for: Callable[[], Loan], received_on: date) -> list[int]:
    """
    Post one payment after the other, each with a death one moment later, until one is answered at once.

    :returns: for each death how many payments of its reference were there afterwards, before it was posted again.
    """
    found = []
    for moment in count(1):
        order = Order(loan_for().number, f"at-{moment}", 10_00 + moment, received_on)
        if shop.post(order, die_at=moment):
            return found
        found.append(written_by(order))
        status, first = shop.post(order) or pytest.fail(f"no answer after a death at moment {moment}")
        assert (status, written_by(order)) == (201, 1)
        assert shop.post(order) == (201, first)
    raise AssertionError


class TestAProcessKilledAtAnyMoment:
    """Every payment is of a loan of its own, so that all have the same moments."""

    def check(self, found: list[int]) -> None:
        # Nothing is there before the one commit; from the commit on all of it is.
        assert found == sorted(found)
        assert found.count(1) >= 2
        assert found.count(0) >= 10
        ours = Payment.objects.filter(reference__startswith="dana:at-")
        assert ours.count() == len(found) + 1
        assert StoredAnswer.objects.filter(status=201).count() == StoredAnswer.objects.count() == len(found) + 1
        assert differences() == []

    def test_leaves_an_ordinary_payment_booked_once(self, shop, amina, dana):
        starts_on = lender_today() - timedelta(days=100)

        found = die_at_every_moment(
            shop, lambda: factories.running_loan(amina, starts_on=starts_on, brought_by=dana), lender_today()
        )

        self.check(found)

    def test_leaves_a_payment_that_restates_the_loan_booked_once(self, shop, amina, dana):
        today = lender_today()

        def loan_paid_since() -> Loan:
            loan = factories.running_loan(amina, starts_on=today - timedelta(days=100), brought_by=dana)
            factories.pay(loan, 300_00, today)
            return loan

        found = die_at_every_moment(shop, loan_paid_since, today - timedelta(days=50))

        self.check(found)
