"""Linking new records of the audit log, and looking whether the chain still holds."""

import logging
from typing import Any

from celery import shared_task

from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import chain

logger = logging.getLogger(__name__)


@shared_task
def link_audit_records(**_newer_fields: Any) -> int:
    return chain.link_new_records()


@shared_task
def verify_audit_chain(**_newer_fields: Any) -> None:
    """Walk the whole chain; its head goes into the log, which is kept apart from the database."""
    found = chain.verify()
    logger.info("The audit log holds up to link %s: %s", found.head.number, found.head.digest)
    if not found.faults:
        end_alert("audit.chain_broken")
        return
    first = found.faults[0]
    raise_alert(
        "audit.chain_broken",
        count=len(found.faults),
        fault=first.kind,
        number=first.number or "–",
        record=first.record or "–",
    )
