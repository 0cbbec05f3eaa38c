"""
The Celery application.

Workers start with `celery -A dashu.celery worker`, the clock with `celery -A dashu.celery beat`.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.dev")

app = Celery("dashu")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
