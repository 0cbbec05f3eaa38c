"""Jobs of the events for partners. Beat starts them every few seconds; they are their own sweep."""

from typing import Any

from celery import shared_task

from dashu.webhooks.services.positions import place_events


@shared_task
def deliver_due_events(**_newer_fields: Any) -> None:
    place_events()
