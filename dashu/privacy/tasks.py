"""Jobs of people's own data: making copies, deleting them, and finishing what was closed."""

from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now
from dashu.privacy.services import build_export as exports
from dashu.privacy.services.finish_closure import finish_due


@shared_task
def build_export(*, export_id: int, **_newer_fields: Any) -> None:
    exports.build_export(export_id=export_id, clock=lender_now)


@shared_task
def sweep_exports(**_newer_fields: Any) -> None:
    exports.sweep_exports(clock=lender_now)


@shared_task
def finish_closures(**_newer_fields: Any) -> None:
    finish_due(now=lender_now())
