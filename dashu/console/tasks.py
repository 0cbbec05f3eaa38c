"""Jobs of the partner console."""

from datetime import datetime
from typing import Any

from celery import shared_task

from dashu.console import telling
from dashu.kernel.dates import LENDER_ZONE


@shared_task(autoretry_for=(OSError,), retry_backoff=60, max_retries=5)
def tell_of_change(*, partner_id: int, what: str, name: str, at: str, **_newer_fields: Any) -> None:
    moment = datetime.fromisoformat(at).astimezone(LENDER_ZONE)
    telling.tell_of_change(partner_id=partner_id, what=what, name=name, at=moment)
