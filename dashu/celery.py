"""
The Celery application.

Workers start with `celery -A dashu.celery worker`, the clock with `celery -A dashu.celery beat`.
"""

import os

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.dev")

app = Celery("dashu")
app.steps["worker"].add(DjangoStructLogInitStep)  # lines of a job name the request that asked for it
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
