"""Reactions to what happens to applications, and the sweeps that find what an event missed."""

from typing import Any

from celery import shared_task

from dashu.kernel.dates import lender_now
from loans.services import remove_document
from loans.services import scan_document as scanning
from loans.services.document_contents import remove_orphans


@shared_task
def scan_document(*, document_id: int, **_newer_fields: Any) -> None:
    scanning.scan_document(document_id=document_id, now=lender_now())


@shared_task
def erase_document(*, document_id: int, **_newer_fields: Any) -> None:
    remove_document.erase_document(document_id=document_id, now=lender_now())


@shared_task
def sweep_documents(**_newer_fields: Any) -> None:
    scanning.scan_forgotten(now=lender_now())
    remove_document.erase_forgotten(now=lender_now())


@shared_task
def sweep_lost_files(**_newer_fields: Any) -> None:
    """Remove files that no row names."""
    remove_orphans(now=lender_now())
