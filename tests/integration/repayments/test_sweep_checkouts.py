from datetime import UTC, date, datetime, timedelta

import pytest

from repayments.models import Checkout, GatewayCallback, Payment
from repayments.services.gateway import CallbackRefused, SimulatedProvider, book_callback, start_checkout
from repayments.services.sweep_checkouts import forget_refused_callbacks, sweep_checkouts

TODAY = date(2026, 3, 20)
NOW = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
def checkout(loan):
    return start_checkout(loan_id=loan.pk, amount_minor=100_00, today=TODAY)


def began(ago: timedelta) -> None:
    Checkout.objects.update(created_at=NOW - ago)


class TestSweepCheckouts:
    def test_leaves_those_alone_that_have_just_begun(self, checkout):
        began(timedelta(minutes=14))

        assert sweep_checkouts(now=NOW, today=TODAY) == {}
        assert Checkout.objects.get().asked_at is None

    def test_asks_about_silent_ones_every_quarter_of_an_hour(self, checkout):
        began(timedelta(minutes=30))

        assert sweep_checkouts(now=NOW, today=TODAY) == {"waiting": 1}
        assert sweep_checkouts(now=NOW + timedelta(minutes=14), today=TODAY) == {}
        assert sweep_checkouts(now=NOW + timedelta(minutes=16), today=TODAY) == {"waiting": 1}

    def test_lets_old_ones_expire_and_books_what_is_paid_all_the_same(self, checkout):
        began(timedelta(hours=3))

        assert sweep_checkouts(now=NOW, today=TODAY) == {"EXPIRED": 1}
        body, headers = SimulatedProvider().sign_callback(checkout, "PAID")

        assert book_callback(body=body, headers=headers, today=TODAY).status == "PAID"
        assert Payment.objects.count() == 1

    def test_asks_nothing_about_what_is_decided(self, checkout):
        began(timedelta(hours=3))
        Checkout.objects.update(status="DECLINED")

        assert sweep_checkouts(now=NOW, today=TODAY) == {}

    def test_forgets_callbacks_that_were_not_genuine_and_no_others(self, checkout):
        with pytest.raises(CallbackRefused):
            book_callback(body="x", headers={}, today=TODAY)
        body, headers = SimulatedProvider().sign_callback(checkout, "PAID")
        book_callback(body=body, headers=headers, today=TODAY)

        assert forget_refused_callbacks(before=datetime.now(UTC) + timedelta(days=1)) == 1
        assert GatewayCallback.objects.get().signature_ok is True
