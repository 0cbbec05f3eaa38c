"""One machine whose clock ticks every second and knows of nothing but the close, so that nobody waits for a minute."""

from dashu.settings.dev import *  # noqa: F403

CELERY_BEAT_SCHEDULE = {
    "close-due-dates": {"task": "collections_mgmt.tasks.close_due_dates", "schedule": 1, "options": {"expires": 5}}
}
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
