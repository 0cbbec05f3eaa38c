"""What the credit bureau was told of one loan: exactly what was sent, when, and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from collections_mgmt.domain.credit_outlook import outlook_of
from collections_mgmt.models import OverdueStatus
from collections_mgmt.selectors.credit_records import reading_of
from dashu.credit_reporting.domain.telling import Held
from dashu.credit_reporting.models import ReportedRecord
from dashu.credit_reporting.selectors.told import Coming, told_of
from dashu.credit_reporting.words import changed_words, field_name, field_names, layout_named
from dashu.kernel.dates import lender_date, lender_today
from dashu.policy import rules as policy
from dashu.portal.own_borrower import own_borrower
from dashu.portal.trouble.credit_words import Explained, explained_codes, month_name
from dashu.portal.trouble.own import loans_of
from loans.models import Loan

ROW = 12


@dataclass(frozen=True, slots=True)
class Sent:
    """
    A record as it was sent. :param rows: the 60 signs, twelve a row, each with its tone.

    :param fields: each name with what was sent.
    """

    record: ReportedRecord
    month: str
    sent_on: date
    explained: Explained | None
    rows: tuple[tuple[tuple[str, str], ...], ...]
    fields: tuple[tuple[str, str], ...]


@login_required
@require_GET
def credit_told(request: HttpRequest, number: str) -> HttpResponse:
    borrower, today = own_borrower(request), lender_today()
    loan = get_object_or_404(loans_of(request, borrower), number=number)
    told = told_of(loan, today=today)
    codes = explained_codes(reading_of(today))
    names = field_names(layout_named(policy.credit_reporting(today).layout)) if told.waiting else {}
    return render(
        request,
        "portal/trouble/credit_told.html",
        {
            "loan": loan,
            "sent": [_sent(record, codes) for record in told.records],
            "coming": told.coming,
            "coming_month": month_name(told.coming.month) if told.coming else "",
            "expected": _expected(loan, told.coming, codes, today),
            "is_untold": bool(told.coming and _WAITS_FOR_NOTICE & set(told.coming.held_for)),
            "is_unagreed": bool(told.coming and Held.NO_CONSENT in told.coming.held_for),
            "waiting": [(month_name(each.month), changed_words(each.changed, names)) for each in told.waiting],
            "dispute_days": policy.answer_clock("dispute", today).days,
        },
    )


_WAITS_FOR_NOTICE = {Held.NO_NOTICE, Held.NOTICE_FAILED, Held.NOTICE_TOO_LATE}


def _expected(
    loan: Loan, coming: Coming | None, codes: Mapping[str, Explained], today: date
) -> tuple[Explained | None, bool]:
    """Return the sign that the coming month gets as things are, and whether paying can still change it."""
    if coming is None:
        return None, False
    if coming.code:
        return codes.get(coming.code), False
    late = OverdueStatus.objects.overdue().filter(loan=loan, oldest_due_on__isnull=False).first()
    if late is None or late.oldest_due_on is None:
        return None, False
    ahead = outlook_of(late.oldest_due_on, today, policy.credit_codes(today).by_days, months=1)[0]
    return codes.get(ahead.code), True


def _sent(record: ReportedRecord, codes: Mapping[str, Explained]) -> Sent:
    assert record.file.sent_at is not None
    signs = [(sign, codes[sign].tone if sign in codes else "plain") for sign in record.grid]
    fields = layout_named(record.file.layout).told("base")
    return Sent(
        record=record,
        month=month_name(record.month),
        sent_on=lender_date(record.file.sent_at),
        explained=codes.get(record.code),
        rows=tuple(tuple(signs[first : first + ROW]) for first in range(0, len(signs), ROW)),
        fields=tuple(
            (field_name(field), record.told.get(field.code, ""))
            for field in fields
            if field.code not in ("grid", "history") and record.told.get(field.code, "")
        ),
    )
