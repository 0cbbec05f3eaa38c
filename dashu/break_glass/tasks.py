"""Jobs of emergencies. Running one twice tells again, and changes nothing."""

from typing import Any

from celery import shared_task

from dashu.break_glass.services.review_emergency import watch_unreviewed
from dashu.break_glass.telling import tell_who_leads


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def tell_of_rights_taken(*, grant_id: int, **_newer_fields: Any) -> None:
    tell_who_leads(grant_id=grant_id)


@shared_task
def watch_emergencies(**_newer_fields: Any) -> None:
    watch_unreviewed()
