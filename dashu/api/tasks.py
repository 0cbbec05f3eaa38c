from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from dashu.alerts.services import end_alert
from dashu.api import rate_limits
from dashu.api.idempotency import forget_answers
from dashu.api.services import record_call

KEPT_FOR = timedelta(days=30)
CALLS_KEPT_FOR = timedelta(days=90)


@shared_task
def forget_old_answers(**_newer_fields: Any) -> None:
    forget_answers(before=timezone.now() - KEPT_FOR)


@shared_task
def sum_up_calls(**_newer_fields: Any) -> None:
    record_call.sum_up_calls(now=timezone.now())
    end_alert(rate_limits.ALERT)  # that this task runs says that the server with the limits is back


@shared_task
def forget_old_calls(**_newer_fields: Any) -> None:
    record_call.forget_calls(before=timezone.now() - CALLS_KEPT_FOR)
