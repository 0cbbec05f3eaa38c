"""Jobs of people's own data: making copies, deleting them, and finishing what was closed."""

from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now
from dashu.privacy.services import build_export as exports
from dashu.privacy.services.close_unused import close_unused
from dashu.privacy.services.finish_closure import finish_due
from dashu.privacy.services.forget_traces import forget_traces


@shared_task
def build_export(*, export_id: int, **_newer_fields: Any) -> None:
    exports.build_export(export_id=export_id, clock=lender_now)


@shared_task
def sweep_exports(**_newer_fields: Any) -> None:
    exports.sweep_exports(clock=lender_now)


@shared_task
def finish_closures(**_newer_fields: Any) -> None:
    finish_due(now=lender_now())


@shared_task
def keep_no_longer(**_newer_fields: Any) -> None:
    """Close what nobody uses any more, and forget traces whose days are over."""
    close_unused(now=lender_now())
    forget_traces(now=lender_now())
