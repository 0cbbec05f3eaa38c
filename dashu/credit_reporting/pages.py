"""The figures and tables of the staff pages on files for credit bureaus."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.credit_reporting.models import RecordCorrection, RecordStatus, ReportedRecord, ReportingFile
from dashu.credit_reporting.selectors.due import due_months
from dashu.credit_reporting.words import changed_words, field_names, held_words, layout_named, month_name, problem_words
from dashu.kernel.dates import lender_date
from dashu.policy.credit_reporting import ReportingRules
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import money

SHOWN = 100
RECORDS = "admin:credit_reporting_reportedrecord_loan"


def due_table(rules: ReportingRules, *, today: date) -> Table:
    rows: list[list[Any]] = []
    tones = []
    for due in due_months(rules, today=today):
        state = due.file.get_status_display() if due.file else gettext("not built yet")
        rows.append([month_name(due.month), date_format(due.deadline_on), _file_link(due.file, state)])
        tones.append("changed" if due.is_pressing_on(today, rules.warn_days) else "")
    return Table(
        title=_("Months and their deadlines"),
        columns=[Column(_("month")), Column(_("in time until")), Column(_("file"))],
        rows=rows,
        tones=tones,
        note=_("The file of a month is built by itself once its last day is closed."),
        empty=_("No month has ended for which something is noted."),
    )


def file_figures(file: ReportingFile) -> list[Figure]:
    totals = file.totals
    return [
        Figure(_("status"), file.get_status_display(), _times(file)),
        Figure(_("records"), f"{totals['records']:,}"),
        Figure(_("speak against a person"), f"{totals['adverse']:,}"),
        Figure(_("sum of the balances"), money(totals["balance_minor"], settings.CURRENCY)),
        Figure(_("sum of what is overdue"), money(totals["overdue_minor"], settings.CURRENCY)),
        Figure(_("held back"), f"{file.held:,}", tone="soon" if file.held else "plain"),
        Figure(_("in time until"), date_format(file.deadline_on)),
    ]


def _times(file: ReportingFile) -> str:
    steps = [
        (_("built %(day)s"), file.built_at),
        (_("approved %(day)s"), file.approved_at),
        (_("sent %(day)s"), file.sent_at),
        (_("answered %(day)s"), file.answered_at),
    ]
    return " · ".join(str(words) % {"day": date_format(lender_date(at))} for words, at in steps if at)


def file_tables(file: ReportingFile) -> list[Table]:
    records = ReportedRecord.objects.filter(file=file).select_related("loan")
    names = field_names(layout_named(file.layout))
    return [
        _rejected(records.filter(status__in=(RecordStatus.REJECTED, RecordStatus.RESUBMITTED)), names),
        _held(records.filter(status__in=(RecordStatus.HELD, RecordStatus.RELEASED)), names),
        _corrections(file, names),
        _records(records.exclude(line=None)),
    ]


def _rejected(records: Any, names: dict[str, str]) -> Table:
    return Table(
        title=_("Rejected by the bureau"),
        columns=[Column(_("line"), is_number=True), Column(_("loan")), Column(_("month")), Column(_("why"))],
        rows=[
            [str(each.line), record_link(each), month_name(each.month), wrapped(problem_words(each.problems, names))]
            for each in records.order_by("line")[:SHOWN]
        ],
        note=_("Correct what is wrong, then have the rejected rows built again."),
        empty=_("Nothing was rejected."),
    )


def _held(records: Any, names: dict[str, str]) -> Table:
    return Table(
        title=_("Held back"),
        columns=[Column(_("loan")), Column(_("month")), Column(_("why")), Column(_("status"))],
        rows=[
            [record_link(each), month_name(each.month), wrapped(_why_held(each, names)), each.get_status_display()]
            for each in records.order_by("pk")[:SHOWN]
        ],
        note=_(
            "Nothing of them is in the file. They go out with a file of corrections once nothing stands against it."
        ),
        empty=_("Nothing is held back."),
    )


def _why_held(record: ReportedRecord, names: dict[str, str]) -> str:
    problems = problem_words(record.problems, names)
    return held_words(record.held_for) + (f" ({problems})" if problems else "")


def _corrections(file: ReportingFile, names: dict[str, str]) -> Table:
    found = RecordCorrection.objects.filter(record__file=file).select_related("loan", "record").order_by("pk")
    return Table(
        title=_("Corrections"),
        columns=[Column(_("loan")), Column(_("month")), Column(_("cause")), Column(_("what changed"))],
        rows=[correction_row(each, names) for each in found[:SHOWN]],
        empty=_("No correction is in this file."),
    )


def correction_row(each: RecordCorrection, names: dict[str, str]) -> list[Any]:
    return [
        format_html('<a href="{}">{}</a>', reverse(RECORDS, args=[each.loan_id]), each.loan.number),
        month_name(each.month),
        wrapped(f"{each.get_cause_display()} · {each.cause_reference}"),
        wrapped(changed_words(each.changed, names)),
    ]


def waiting_corrections(bureau: str, layout_name: str) -> Table:
    found = RecordCorrection.objects.filter(bureau=bureau, record=None).select_related("loan").order_by("due_on", "pk")
    names = field_names(layout_named(layout_name))
    return Table(
        title=_("Corrections that wait"),
        columns=[
            Column(_("loan")),
            Column(_("month")),
            Column(_("cause")),
            Column(_("what changed")),
            Column(_("to be told by")),
        ],
        rows=[[*correction_row(each, names), date_format(each.due_on)] for each in found[:SHOWN]],
        note=_("They go out with the next file of corrections."),
        empty=_("Nothing that was told has to be corrected."),
    )


def _records(records: Any) -> Table:
    return Table(
        title=_("Records"),
        columns=[
            Column(_("line"), is_number=True),
            Column(_("loan")),
            Column(_("month")),
            Column(_("kind of report")),
            Column(_("code")),
            Column(_("balance"), is_number=True),
            Column(_("overdue"), is_number=True),
            Column(_("status")),
        ],
        rows=[
            [
                str(each.line),
                record_link(each),
                month_name(each.month),
                each.get_action_display(),
                each.code,
                money(each.balance_minor, each.loan.currency),
                money(each.overdue_minor, each.loan.currency),
                each.get_status_display(),
            ]
            for each in records.order_by("line")[:SHOWN]
        ],
        note=gettext("The first %(shown)s lines.") % {"shown": SHOWN},
        empty=_("No record is in this file."),
    )


def record_link(record: ReportedRecord) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(RECORDS, args=[record.loan_id]), record.loan.number)


def _file_link(file: ReportingFile | None, words: str) -> Any:
    if file is None:
        return words
    return format_html(
        '<a href="{}">{}</a>', reverse("admin:credit_reporting_reportingfile_change", args=[file.pk]), words
    )


def loan_tables(records: Sequence[ReportedRecord], corrections: Sequence[RecordCorrection]) -> list[Table]:
    """What was told of one loan, month by month, with what it was told before each adverse event, and corrections."""
    if not records:
        names: dict[str, str] = {}
    else:
        names = field_names(layout_named(records[0].file.layout))
    return [
        Table(
            title=_("What the bureau was told"),
            columns=[
                Column(_("month")),
                Column(_("code")),
                Column(_("balance"), is_number=True),
                Column(_("overdue"), is_number=True),
                Column(_("status")),
                Column(_("file")),
                Column(_("the person was told")),
                Column(_("cause")),
                Column(_("60 months")),
            ],
            rows=[_history_row(each, names) for each in records],
            empty=_("Nothing of this loan was told yet."),
        ),
        Table(
            title=_("Corrections"),
            columns=[Column(_("loan")), Column(_("month")), Column(_("cause")), Column(_("what changed"))],
            rows=[correction_row(each, names) for each in corrections],
            empty=_("Nothing that was told had to be corrected."),
        ),
    ]


def _history_row(each: ReportedRecord, names: dict[str, str]) -> list[Any]:
    why = _why_held(each, names) if each.status == RecordStatus.HELD else problem_words(each.problems, names)
    return [
        month_name(each.month),
        each.code,
        money(each.balance_minor, each.loan.currency),
        money(each.overdue_minor, each.loan.currency),
        wrapped(f"{each.get_status_display()}{f' – {why}' if why else ''}"),
        _file_link(each.file, each.file.name if each.line else "–"),
        f"{date_format(lender_date(each.notice_at))} · {each.notice_digest[:12]}" if each.notice_at else "–",
        dict(RecordCorrection.Cause.choices).get(each.cause, ""),
        format_html("<code>{}</code>", each.grid),
    ]
