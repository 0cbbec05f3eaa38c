"""The act of this app that another person has to approve, as `dashu.approvals` takes it."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import ActKind, Payload, Preview
from dashu.credit_reporting.models import ReportingFile
from dashu.credit_reporting.services.steps import APPROVE, approve_file
from dashu.kernel.dates import lender_now
from dashu.web.templatetags.dashu import money


def perform_approval(payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
    now = datetime.combine(today, lender_now().timetz())
    file = approve_file(file_id=payload["file_id"], sha256=payload["sha256"], now=now, actor=actor)
    return {"sequence": file.sequence}


def describe_approval(payload: Payload) -> str:
    return gettext("Let the file %(name)s go to the credit bureau.") % {"name": payload["name"]}


def preview_approval(payload: Payload, _today: date) -> Preview:
    """Return the control totals, and what is held back."""
    file = ReportingFile.objects.get(pk=payload["file_id"])
    totals, currency = file.totals, settings.CURRENCY
    return [
        {
            "title": gettext("Control totals"),
            "columns": [gettext("figure"), {"title": gettext("value"), "is_number": True}],
            "rows": [
                [gettext("month"), date_format(file.month, "YEAR_MONTH_FORMAT")],
                [gettext("records"), f"{totals['records']:,}"],
                [gettext("records that speak against a person"), f"{totals['adverse']:,}"],
                [gettext("sum of the balances"), money(totals["balance_minor"], currency)],
                [gettext("sum of what is overdue"), money(totals["overdue_minor"], currency)],
                [gettext("held back"), f"{file.held:,}"],
                ["SHA-256", file.sha256],
            ],
            "note": "",
        }
    ]


def file_page(payload: Payload) -> str:
    return reverse("admin:credit_reporting_reportingfile_change", args=[payload["file_id"]])


ACTS = (
    ActKind(
        code=APPROVE,
        label=_("File for a credit bureau"),
        perform=perform_approval,
        permission="credit_reporting.approve_reportingfile",
        describe=describe_approval,
        preview=preview_approval,
        subject_url=file_page,
    ),
)
