"""Autopay as staff read it, on its own pages and on the page of a loan."""

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.web.staff_tables import Column, Table, Text
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.models import AutopayAttempt, AutopayMandate

ATTEMPT_TONES = {"PAID": "success", "FAILED": "danger", "SENT": "info"}
SHOWN_ATTEMPTS = 50


def collection_day_words(mandate: AutopayMandate) -> str:
    if mandate.timing == AutopayMandate.Timing.DAYS_BEFORE:
        return gettext("%(days)s days before the due date") % {"days": mandate.timing_number}
    if mandate.timing == AutopayMandate.Timing.MONTH_DAY:
        return gettext("On day %(day)s of the month") % {"day": mandate.timing_number}
    return mandate.get_timing_display()


def attempts_table(mandate: AutopayMandate) -> Table:
    return _table(_("Autopay collections"), AutopayAttempt.objects.filter(mandate=mandate), mandate.loan.currency)


def autopay_tables(loan: Loan) -> list[Table]:
    """Return the loan's autopay with its collections; no table where it never had any."""
    mandate = AutopayMandate.objects.filter(loan=loan).order_by("-pk").first()
    if mandate is None:
        return []
    note = f"{mandate.get_status_display()} · {mandate.account_label} · {collection_day_words(mandate)}"
    return [_table(_("Autopay"), AutopayAttempt.objects.filter(mandate__loan=loan), loan.currency, note=note)]


def _table(title: Text, attempts: QuerySet[AutopayAttempt], currency: str, *, note: str = "") -> Table:
    return Table(
        title=title,
        note=note,
        columns=[
            Column(_("scheduled on")),
            Column(_("due on")),
            Column(_("try"), is_number=True),
            Column(_("amount"), is_number=True),
            Column(_("status")),
            Column(_("why not collected")),
        ],
        rows=[
            [
                date_format(attempt.scheduled_on),
                date_format(attempt.due_on),
                attempt.try_number,
                money(attempt.amount_minor, currency) if attempt.amount_minor else "",
                attempt.get_status_display(),
                attempt.failure,
            ]
            for attempt in attempts.order_by("-pk")[:SHOWN_ATTEMPTS]
        ],
        empty=_("Nothing has been collected yet."),
    )
