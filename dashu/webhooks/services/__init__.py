"""Writes of this app; what other apps call is named here."""

from dashu.webhooks.services.recording import money_data, record

__all__ = ["money_data", "record"]
