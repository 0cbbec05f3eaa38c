"""Provisions in the background: the state is in the database, so running twice or late is safe."""

from datetime import date
from typing import Any

from celery import shared_task

from dashu.provisioning.selectors.months import months_to_calculate
from dashu.provisioning.services.calculate import calculate_run


@shared_task
def calculate_month(*, month: str, currency: str, actor: str, **_newer_fields: Any) -> None:
    calculate_run(month=date.fromisoformat(month), currency=currency, actor=actor)


@shared_task
def calculate_new_month(**_newer_fields: Any) -> None:
    """Calculate the latest month that is kept, once in each currency; what it comes to waits for a person."""
    for month, currency in months_to_calculate():
        calculate_run(month=month, currency=currency, actor="system:provisioning")
