"""What a borrower agrees to, pays and promises on their pages, nobody does for them there, not even who may look."""

from datetime import timedelta
from typing import Any

import pytest

from collections_mgmt.models import PromiseToPay
from dashu.kernel.dates import lender_today
from repayments.models import AutopayMandate, Checkout, IssuedDocument, PayoffQuote
from repayments.selectors.standings import standings_of
from repayments.services.payoff_quotes import quote_payoff
from tests import factories
from tests.everyone import staff_of_every_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(amina, rules):
    factories.speak(amina.user, "en")
    return factories.running_loan(amina, starts_on=lender_today() - timedelta(days=130), brought_by=factories.partner())


def made() -> dict[str, int]:
    kinds: tuple[Any, ...] = (PromiseToPay, AutopayMandate, Checkout, IssuedDocument)
    return {kind.__name__: kind.objects.count() for kind in kinds}


def everything_sent(client, loan) -> list[int]:
    """Send each form of the pages of the loan, filled in as it has to be; return the status of each answer."""
    today, due = lender_today(), standings_of([loan], today=lender_today())[loan.pk].due_now
    amount, once = f"{due / 100:.2f}", "7f2f4f3c-0d0c-4d4e-9b9a-0d6f2f3c1a11"
    quote = PayoffQuote.objects.get()
    forms = {
        "overdue/": {"amount": amount, "due_on": (today + timedelta(days=3)).isoformat()},
        "autopay/": {"timing": "DUE_DATE", "days_before": 3, "month_day": 1, "account": "sim-pays", "agree": "on"},
        "pay/": {"choice": "asked", "shown": str(due), "once": once},
        "documents/": {"statement": "1", "first": loan.starts_on.isoformat(), "last": today.isoformat()},
        f"payoff/{quote.token}/": {"accept": "1"},
        "payoff/": {"valid_to": today.isoformat()},
    }
    return [client.post(f"/loans/{loan.number}/{page}", typed).status_code for page, typed in forms.items()]


@pytest.fixture
def quote(late):
    return quote_payoff(loan_id=late.pk, valid_to=lender_today(), today=lender_today(), actor="user:1")


def test_staff_and_the_partner_read_the_pages_of_a_loan_and_send_nothing_from_them(client, late, quote):
    before = made()
    for person in [*staff_of_every_role(), late.partner.user]:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(f"/loans/{late.number}/overdue/").status_code == 200
        assert everything_sent(client, late) == [404] * 6, person.role

    quote.refresh_from_db()
    assert (made(), quote.status, PayoffQuote.objects.count()) == (before, PayoffQuote.Status.OFFERED, 1)


def test_the_borrower_sends_the_same_forms(client, amina, late, quote):
    client.force_login(amina.user)

    assert everything_sent(client, late) == [302] * 6

    assert made() == {"PromiseToPay": 1, "AutopayMandate": 1, "Checkout": 1, "IssuedDocument": 1}
