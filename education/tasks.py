"""Jobs around the lessons. The state is in the database: running twice or late is safe."""

from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now, lender_today
from education.services import check_links as links
from education.services.publish_lessons import publish_due
from education.services.watch_facts import watch_facts as watch


@shared_task
def publish_due_lessons(**_newer_fields: Any) -> None:
    publish_due(now=lender_now(), today=lender_today())


@shared_task
def check_links(**_newer_fields: Any) -> None:
    """Look at some links; beat calls this until all were looked at tonight."""
    links.check_links(now=lender_now())


@shared_task
def watch_facts(**_newer_fields: Any) -> None:
    watch(today=lender_today())
