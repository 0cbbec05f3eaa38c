"""Codes of the policy as staff read them."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CLASSIFICATIONS: Mapping[str, Promise] = {
    "NORMAL": _("Normal"),
    "SPECIAL_MENTION": _("Special mention"),
    "SUBSTANDARD": _("Substandard"),
    "DOUBTFUL": _("Doubtful"),
    "LOSS": _("Loss"),
}


def classification_label(code: str) -> Any:
    """Return the name of a class of the five-tier classification; another scale's code is its own name."""
    return CLASSIFICATIONS.get(code, code)


STEPS = {
    "touched": _("Loans looked at"),
    "accrued": _("Penalty and demands booked"),
    "overdue": _("Days past due counted"),
    "cases": _("Cases opened and closed"),
    "reminders": _("Reminders queued"),
    "portfolio": _("Running loans summed up"),
    "booked": _("Interest earned and provision booked"),
    "reconciled": _("Loans compared with the ledger"),
}
COUNTS = {
    "touched": _("loans"),
    "accrued": _("loans"),
    "overdue": _("overdue loans"),
    "changed": _("changes of bucket or class"),
    "cases_opened": _("opened"),
    "cases_closed": _("closed"),
    "reminders": _("messages"),
    "running": _("running loans"),
    "recovered": _("loans closed that had been left out"),
    "differences": _("differences"),
}
COUNTS_OF_STEP = {
    "overdue": ("overdue", "changed"),
    "cases": ("cases_opened", "cases_closed"),
    "portfolio": ("running",),
    "booked": ("recovered",),
    "reconciled": ("differences",),
}


def bucket_label(code: str) -> Any:
    return _("Current") if code == "CURRENT" else code


def tone_of(days_past_due: int) -> str:
    """Return how a screen sets off the days: not at all, gently in the first month, strongly after."""
    if not days_past_due:
        return "good"
    return "soon" if days_past_due <= 30 else "late"
