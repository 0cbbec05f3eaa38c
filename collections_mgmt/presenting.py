"""Codes of the policy as staff read them."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from collections_mgmt.domain.because import Because, because_of
from collections_mgmt.domain.clocks import Clock
from dashu.kernel.urgency import Urgency

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
    "holds": _("Holds whose time was over"),
    "touched": _("Loans looked at"),
    "accrued": _("Penalty and demands booked"),
    "overdue": _("Days past due, amounts and classes counted"),
    "changed": _("Changes noted"),
    "stored": _("Status of overdue loans stored"),
    "promises": _("Promises to pay decided"),
    "arrangements": _("Payment plans decided"),
    "settlements": _("Settlements decided"),
    "offers_expired": _("Offers of relief whose time was over"),
    "plans": _("Plans of relief followed"),
    "cases_opened": _("Cases opened"),
    "cases_escalated": _("Cases escalated"),
    "cases_closed": _("Cases closed"),
    "signals": _("Signals for early warning"),
    "warnings": _("Early warnings noticed of loans"),
    "credit_months": _("Credit records of the month"),
    "collections": _("Collections requested"),
    "notices": _("Collections announced"),
    "reminders": _("Reminders queued"),
    "promise_reminders": _("Reminders of what was agreed queued"),
    "offer_reminders": _("Reminders of offers queued"),
    "portfolio": _("Running loans summed up"),
    "snapshot": _("Loans at the end of the month kept for reports"),
    "moves": _("Moves between buckets within the month"),
    "months": _("Sums of the month kept for reports"),
    "booked": _("Interest earned and provision booked"),
    "early_warning": _("Early warnings opened and closed"),
    "files": _("Files of borrowers brought up to date"),
    "reconciled": _("Loans compared with the ledger"),
    "figures": _("Figures of the desk counted"),
}
COUNTS = {
    "touched": _("loans"),
    "accrued": _("loans"),
    "overdue": _("overdue loans"),
    "changed": _("changes of bucket, class or stage"),
    "stored": _("loans"),
    "holds_expired": _("ended"),
    "promises_kept": _("kept"),
    "promises_broken": _("broken"),
    "arrangements_kept": _("kept"),
    "arrangements_broken": _("broken"),
    "settlements_expired": _("expired"),
    "settlements_broken": _("broken"),
    "offers_expired": _("expired"),
    "plans_broken": _("broken"),
    "plans_cured": _("Running again"),
    "plans_completed": _("completed"),
    "plans_ended": _("ended"),
    "cases_opened": _("opened"),
    "cases_escalated": _("moved to another level"),
    "cases_closed": _("closed"),
    "signals": _("loans"),
    "warnings": _("triggers"),
    "triggers_of_people": _("triggers about people"),
    "triggers_ended": _("triggers ended"),
    "leads_opened": _("opened"),
    "leads_closed": _("closed"),
    "credit_months": _("loans"),
    "moves": _("overdue loans"),
    "collections": _("collections"),
    "notices": _("messages"),
    "reminders": _("messages"),
    "promise_reminders": _("messages"),
    "offer_reminders": _("messages"),
    "held_out": _("installments held out of reminders"),
    "running": _("running loans"),
    "snapshot": _("loans"),
    "months": _("rows"),
    "recovered": _("loans closed that had been left out"),
    "files_opened": _("opened"),
    "files_closed": _("closed"),
    "files_given": _("given to people"),
    "differences": _("differences"),
    "figures": _("days"),
}
COUNTS_OF_STEP = {
    "holds": ("holds_expired",),
    "promises": ("promises_kept", "promises_broken"),
    "arrangements": ("arrangements_kept", "arrangements_broken"),
    "settlements": ("settlements_expired", "settlements_broken"),
    "plans": ("plans_broken", "plans_cured", "plans_completed", "plans_ended"),
    "reminders": ("reminders", "held_out"),
    "portfolio": ("running",),
    "booked": ("recovered",),
    "early_warning": ("leads_opened", "leads_closed", "triggers_of_people", "triggers_ended"),
    "files": ("files_opened", "files_closed", "files_given"),
    "reconciled": ("differences",),
}


def bucket_label(code: str) -> Any:
    return _("Current") if code == "CURRENT" else code


def tone_of(days_past_due: int) -> str:
    """Return how a screen sets off the days: not at all, gently in the first month, strongly after."""
    if not days_past_due:
        return "good"
    return "soon" if days_past_due <= 30 else "late"


CLOCK_TONES = {
    Urgency.IN_TIME.value: "info",
    Urgency.SOON.value: "warning",
    Urgency.OVERDUE.value: "danger",
    "answered": "success",
}


def clock_words(clock: Clock) -> str:
    """Return how much time is left of what was promised, in words."""
    if clock.urgency is Urgency.OVERDUE:
        return ngettext("Overdue by %(days)s day", "Overdue by %(days)s days", clock.days) % {"days": clock.days}
    return ngettext("%(days)s day left", "%(days)s days left", clock.days) % {"days": clock.days}


BECAUSE: Mapping[Because, Promise] = {
    Because.ANOTHER_PROMISE: _("another promise takes its place"),
    Because.ARRANGEMENT: _("a payment plan takes its place"),
    Because.SETTLEMENT: _("a settlement takes its place"),
    Because.TIME_OVER: _("its last day has passed"),
    Because.PAYMENT_UNDONE: _("a payment for it was returned or taken back"),
    Because.DECLINED: _("declined by the borrower"),
    Because.REQUEST: _("request for help %(reference)s"),
    Because.COMPLAINT: _("complaint %(reference)s"),
    Because.DISPUTE: _("dispute %(reference)s"),
    Because.PLAN: _("the relief plan %(reference)s takes its place"),
}


def reason_words(stored: str) -> str:
    """Return why something ended or began: what a person wrote, or the words of a code."""
    found = because_of(stored)
    return str(BECAUSE[found[0]]) % {"reference": found[1]} if found else stored
