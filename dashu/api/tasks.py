from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from dashu.api.idempotency import forget_answers

KEPT_FOR = timedelta(days=30)


@shared_task
def forget_old_answers(**_newer_fields: Any) -> None:
    forget_answers(before=timezone.now() - KEPT_FOR)
