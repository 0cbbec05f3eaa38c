"""Jobs that watch the others. Running one twice or late is safe."""

from typing import Any

from celery import shared_task

from dashu.operations.queues import note_taken


@shared_task
def note_queue_taken(queue: str, **_newer_fields: Any) -> None:
    note_taken(queue)
