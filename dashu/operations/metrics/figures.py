"""The figures of the installation's state: name, meaning, labels. All are read anew each time, so all are gauges."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """:param name: a key of `FIGURES`. :param labels: their values, in the order given there."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


FIGURES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "dashu_figures_readable": ("Whether a group of figures could be read: 1 or 0.", ("group",)),
    "dashu_close_owed_dates": ("Dates that should be closed by now and are not.", ()),
    "dashu_close_ended_timestamp_seconds": ("When the latest closed date was closed.", ()),
    "dashu_close_left_out_loans": ("Loans that nights left out, because their rows cannot be closed.", ()),
    "dashu_reconciliation_differences": ("Loans that differed from the ledger on the day reconciled last.", ()),
    "dashu_reconciliation_unbalanced": ("Currencies whose debits and credits differed on that day.", ()),
    "dashu_reconciliation_ran_timestamp_seconds": ("When books were reconciled last.", ()),
    "dashu_outbox_due_messages": ("Messages that may leave and have not.", ()),
    "dashu_outbox_oldest_due_seconds": ("For how long the oldest of these may leave; 0 without one.", ()),
    "dashu_outbox_failed_messages": ("Messages that were given up and wait for a person.", ()),
    "dashu_webhook_due_deliveries": ("Deliveries to partners that are due.", ()),
    "dashu_webhook_oldest_due_seconds": ("For how long the oldest of these is due; 0 without one.", ()),
    "dashu_webhook_failing_endpoints": ("Endpoints of partners that take nothing at present.", ()),
    "dashu_webhook_given_up_deliveries": ("Deliveries that were given up.", ()),
    "dashu_audit_links": ("Links of the audit log's chain.", ()),
    "dashu_audit_oldest_unlinked_seconds": ("For how long the oldest record waits for its link; 0 without one.", ()),
    "dashu_audit_chain_broken": ("Whether the chain was found broken: 1 or 0.", ()),
    "dashu_alerts_open": ("Open alerts, by kind.", ("kind",)),
    "dashu_beat_ticked_timestamp_seconds": ("When the clock queued a job last; written within three minutes.", ()),
    "dashu_queue_messages": ("Jobs that wait in a queue.", ("queue",)),
    "dashu_queue_oldest_seconds": ("For how long the oldest of these waits; 0 without one.", ("queue",)),
    "dashu_queue_unacknowledged": ("Jobs that workers have taken and not ended, of all queues.", ()),
    "dashu_database_connections": ("Connections to the database, by what they do.", ("state",)),
    "dashu_database_connections_limit": ("How many there may be.", ()),
    "dashu_database_oldest_transaction_seconds": ("Age of the oldest transaction that is open; 0 without one.", ()),
    "dashu_database_bytes": ("Size of the database.", ()),
    "dashu_disk_free_ratio": ("Share of a folder's disk that is free, 0 to 1.", ("folder",)),
    "dashu_certificate_expires_timestamp_seconds": ("Until when the certificate of the public address is good.", ()),
    "dashu_backup_written_timestamp_seconds": ("Of which moment the newest backup is.", ()),
}
