"""What every test with a database starts from: the policy packs and the lender's products."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from dashu.messaging import case_facts, guard
from dashu.users.models import Borrower
from loans.models import Loan
from tests import factories


@pytest.fixture(autouse=True)
def what_apps_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test tells the contact guard, or takes from it, the next one finds it as the apps registered it."""
    for module, names in ((guard, ("_HOLDS", "_FLAGS")), (case_facts, ("_CASES", "_NUMBERS"))):
        for name in names:
            monkeypatch.setattr(module, name, dict(getattr(module, name)))


@pytest.fixture
def rules(policy_packs: None) -> None:
    """The policy packs and the products, as a new installation has them."""


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina")


@pytest.fixture
def brook(rules: None) -> Borrower:
    return factories.borrower("Brook")


@pytest.fixture
def loan(amina: Borrower) -> Loan:
    """12,000 yuan at 18% over 12 months from 15 January 2026: 1,100.16 a month."""
    return factories.running_loan(amina)


@pytest.fixture
def empty_broker() -> Iterator[redis.Redis]:
    """The queues of this test process, without the tasks that earlier tests left there."""
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    broker.flushdb()
    yield broker
    broker.flushdb()
    broker.close()
