"""An endpoint of Dana's program, and a receiver behind it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from dashu.kernel.dates import lender_now
from dashu.users.models import Partner
from dashu.webhooks.models import WebhookEndpoint
from dashu.webhooks.posting import Limits
from dashu.webhooks.sending import deliver_due
from dashu.webhooks.services import record
from dashu.webhooks.services.endpoints import create_endpoint, note_verified
from tests.receivers import Receiver, receiver

QUICK = Limits(connect=0.5, read=0.5, total=0.5)
ACTOR = "partner:dana"


@pytest.fixture
def loopback(settings: Any) -> None:
    """As in a sandbox: addresses of this machine may be posted to."""
    settings.WEBHOOKS = {**settings.WEBHOOKS, "ALLOW_LOOPBACK": True}


@pytest.fixture
def hooks(loopback: None) -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture
def endpoint(dana: Partner, hooks: Receiver) -> WebhookEndpoint:
    return enabled(dana, hooks.url)


def enabled(partner: Partner, url: str, types: list[str] | None = None) -> WebhookEndpoint:
    """An endpoint as it is once it echoed its challenge."""
    now = lender_now()
    made = create_endpoint(partner_id=partner.pk, url=url, description="", types=types or [], now=now, actor=ACTOR)
    return note_verified(endpoint_id=made.pk, url=url, now=now, actor=ACTOR)


def tell(partner: Partner, job: str = "job-1") -> None:
    """Record an event that every endpoint of the partner wants."""
    data = {"job": job, "kind": "payments", "status": "FINISHED", "rows": 1, "done": 1, "refused": 0}
    record(partner_id=partner.pk, type="job.finished", subject=job, data=data)


def deliver(now: datetime | None = None, limits: Limits = QUICK) -> dict[str, int]:
    """Deliver what is due at a moment; without one, now."""
    moment = now or lender_now()
    until = moment.replace(year=moment.year + 1)
    return dict(deliver_due(clock=lambda: moment, until=until, limits=limits))
