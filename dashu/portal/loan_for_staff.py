"""What the staff page of a loan shows: its figures, schedule, payments, events, and how far it was behind."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.forborne_words import staff_rows
from collections_mgmt.models import CollectionCase, OverdueChange, OverdueStatus
from collections_mgmt.presenting import bucket_label, classification_label, tone_of
from collections_mgmt.selectors.relief_plans import forborne_plans
from dashu.approvals.presenting import Line, lines_of
from dashu.approvals.selectors import pending_for_loan
from dashu.kernel.dates import parse_date
from dashu.kernel.errors import DomainError
from dashu.portal.acting_on_loans import act_address
from dashu.tapes.selectors import handover_of
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.act_presenting import restatement_table
from repayments.models import IssuedDocument, LoanEvent, Payment
from repayments.presenting import autopay_tables
from repayments.selectors.past_days import facts_on, refuse_future
from repayments.selectors.schedules import Schedule, full_schedule
from repayments.selectors.standings import standings_of
from repayments.services.acts import UNDO, permission_to_undo, undoable
from repayments.services.booking import refuse_outside_contract

SHOWN_PAYMENTS = 50
SHOWN_EVENTS = 100
SHOWN_RESTATEMENTS = 30
SHOWN_DOCUMENTS = 10


def loan_figures(loan: Loan, *, today: date) -> list[Figure]:
    """Return where the loan stands today, in the same arithmetic as the borrower's own page."""
    standing = standings_of([loan], today=today).get(loan.pk)
    if standing is None:
        return [Figure(_("status"), loan.get_status_display(), _("Not paid out yet."))]
    status = OverdueStatus.objects.filter(pk=loan.pk).first()
    days = standing.days_past_due
    next_due = date_format(standing.next_due_on) if standing.next_due_on else ""
    note = f"{bucket_label(status.bucket)} · {classification_label(status.classification)}" if status and days else ""
    return [
        Figure(_("status"), loan.get_status_display()),
        Figure(_("principal outstanding"), money(standing.principal, loan.currency)),
        Figure(
            _("overdue amount"),
            money(standing.overdue + standing.penalty, loan.currency),
            _with_penalty(loan, standing.penalty),
            tone_of(days),
        ),
        Figure(_("days past due"), days, note, tone_of(days)),
        Figure(_("next installment"), money(standing.next_due, loan.currency) if next_due else "–", next_due),
    ]


def loan_tables(
    loan: Loan, *, version: str, may_see: Callable[[str], bool], today: date, on_day: Table | None = None
) -> list[Table]:
    """
    Return the tables of the page that this person may see.

    :param version: of the schedule, as the address names it; anything else shows the one in force.
    :param may_see: whether the person has a permission, as `User.has_perm`.
    :param on_day: the table of a past day, which everyone who sees the loan sees.
    """
    tables = [_schedule(loan, version), *([on_day] if on_day else [])]
    if may_see("collections_mgmt.view_overduestatus"):
        tables.extend(_forborne(loan, today))
    if may_see("repayments.view_payment"):
        tables.append(_payments(loan))
    if may_see("repayments.view_issueddocument"):
        tables.append(_documents(loan))
    if may_see("repayments.view_autopaymandate"):
        tables.extend(autopay_tables(loan))
    if may_see("collections_mgmt.view_overduestatus"):
        tables.append(_overdue_history(loan))
    if may_see("collections_mgmt.view_collectioncase"):
        tables.append(_cases(loan))
    if may_see("repayments.view_payment"):
        tables.append(_events(loan, may_see))
        tables.extend(_before_takeover(loan, may_see))
        tables.append(restatement_table(loan, most=SHOWN_RESTATEMENTS))
    return tables


def _forborne(loan: Loan, today: date) -> list[Table]:
    """Return what a plan of relief means for a loan that counts as forborne; nothing for any other."""
    plan = forborne_plans([loan.pk], today).get(loan.pk)
    if plan is None:
        return []
    rows = [list(row) for row in staff_rows(plan)]
    note = _("Forborne: the contract was changed because it could not be paid as agreed.")
    return [Table(_("Forborne"), [Column(_("what")), Column(_("now"))], rows, empty="", note=note)]


def past_day(loan: Loan, *, as_of: str, known_on: str, today: date) -> Table:
    """
    Return where the loan stood on any day, as known now or on any day, with the form that asks for another.

    :param as_of, known_on: ISO dates as the address names them; empty for yesterday and for what is known now.
    """
    columns = [Column(_("figure")), Column(_("amount"), is_number=True)]
    form = format_html(
        '<form method="get" class="staff-inline"><label>{} <input type="date" name="as_of" value="{}"></label> '
        '<label>{} <input type="date" name="known_on" value="{}"></label> <button>{}</button></form>',
        gettext("At the end of"),
        as_of,
        gettext("as known at the end of"),
        known_on,
        gettext("Show"),
    )
    title = _("On any day")
    try:
        day = parse_date(as_of, field="as_of") if as_of else today - timedelta(days=1)
        known = parse_date(known_on, field="known_on") if known_on else None
        refuse_outside_contract(loan, day, today=today, field="as_of")
        refuse_future(known, today=today, field="known_on")
        facts = facts_on(loan, as_of=day, known_on=known)
    except DomainError as refusal:
        return Table(title, columns, [], empty=refusal.user_message, note=form)
    outstanding, overdue = facts["outstanding"], facts["overdue"]
    rows: list[tuple[Any, Any]] = [
        (_("principal outstanding"), money(outstanding["principal"], loan.currency)),
        (_("interest due"), money(outstanding["interest"], loan.currency)),
        (_("fees due"), money(outstanding["fee"], loan.currency)),
        (_("penalty due"), money(outstanding["penalty"], loan.currency)),
        (_("overdue amount"), money(sum(overdue.values()), loan.currency)),
        (_("credit of the borrower"), money(facts["credit"], loan.currency)),
        (_("days past due"), facts["days_past_due"]),
        (_("bucket"), bucket_label(facts["bucket"])),
        (_("classification"), classification_label(facts["classification"])),
    ]
    return Table(title, columns, rows, empty="", note=format_html("{} {}", date_format(day), form))


def waiting_acts(loan: Loan, *, today: date, may_see: Callable[[str], bool]) -> list[Table]:
    """Return a table of what waits for approval on this loan, or nothing, so that nobody asks for it again."""
    if not may_see("approvals.view_approvalrequest"):
        return []
    lines = lines_of(pending_for_loan(loan.pk, on=today))
    may_open = may_see("approvals.view_all_approvalrequest")
    rows = [
        [
            _request_link(line) if may_open else line.label,
            money(line.request.amount_minor, line.request.currency),
            str(line.request.maker),
            line.request.reason,
            date_format(line.last_day),
        ]
        for line in lines
    ]
    columns = [
        Column(_("request")),
        Column(_("amount"), is_number=True),
        Column(_("asked by")),
        Column(_("reason")),
        Column(_("decide by")),
    ]
    return [Table(_("Waiting for approval"), columns, rows, empty="")] if rows else []


def _request_link(line: Line) -> SafeString:
    address = reverse("admin:approvals_approvalrequest_change", args=[line.request.pk])
    return format_html('<a href="{}">{}</a>', address, line.label)


def _with_penalty(loan: Loan, penalty_minor: int) -> str:
    if not penalty_minor:
        return ""
    return gettext("including %(amount)s penalty") % {"amount": money(penalty_minor, loan.currency)}


def _schedule(loan: Loan, version: str) -> Table:
    columns = [
        Column(_("installment")),
        Column(_("due on")),
        Column(_("principal"), is_number=True),
        Column(_("interest"), is_number=True),
        Column(_("fee"), is_number=True),
        Column(_("total"), is_number=True),
        Column(_("paid"), is_number=True),
        Column(_("unpaid"), is_number=True),
    ]
    wanted = int(version) if version.isascii() and version.isdigit() and len(version) < 5 else None
    try:
        schedule = full_schedule(loan, version=wanted)
    except DomainError as error:
        return Table(_("Schedule"), columns, [], empty=error.user_message)
    rows = [
        [
            row.number,
            date_format(row.due_on),
            *(
                money(amount, loan.currency)
                for amount in (
                    row.principal_minor,
                    row.interest_minor,
                    row.fee_minor,
                    row.total_minor,  # type: ignore[attr-defined]
                    row.paid_minor,  # type: ignore[attr-defined]
                    row.unpaid_minor,
                )
            ),
        ]
        for row in schedule.installments
    ]
    return Table(_("Schedule"), columns, rows, empty="", note=_versions(schedule))


def _versions(schedule: Schedule) -> str | SafeString:
    """Which version is shown, why it was made, and links to the others."""
    shown = gettext("Version %(version)s since %(day)s: %(reason)s.") % {
        "version": schedule.shown.version,
        "day": date_format(schedule.shown.effective_on),
        "reason": schedule.shown.get_reason_display(),
    }
    others = [number for number in schedule.versions if number != schedule.shown.version]
    if not others:
        return shown
    links = format_html_join(" ", '<a href="?version={}">{}</a>', ((number, number) for number in others))
    return format_html("{} {} {}", shown, gettext("Other versions:"), links)


def _payments(loan: Loan) -> Table:
    found = list(Payment.objects.filter(loan=loan).order_by("-received_on", "-pk")[: SHOWN_PAYMENTS + 1])
    more = f"{reverse('admin:repayments_payment_changelist')}?{urlencode({'q': loan.number})}"
    return Table(
        title=_("Payments"),
        columns=[
            Column(_("received on")),
            Column(_("reference")),
            Column(_("channel")),
            Column(_("state")),
            Column(_("amount"), is_number=True),
            Column(_("fee"), is_number=True),
            Column(_("penalty"), is_number=True),
            Column(_("interest"), is_number=True),
            Column(_("principal"), is_number=True),
            Column(_("credit"), is_number=True),
        ],
        rows=[_payment_row(payment, loan.currency) for payment in found[:SHOWN_PAYMENTS]],
        empty=_("Nothing has been received yet."),
        more=more if len(found) > SHOWN_PAYMENTS else "",
    )


def _payment_row(payment: Payment, currency: str) -> list[object]:
    address = reverse("admin:repayments_payment_change", args=[payment.pk])
    reference = format_html('<a href="{}">{}</a>', address, payment.reference)
    parts: Iterator[str] = (
        money(amount, currency)
        for amount in (
            payment.fee_minor,
            payment.penalty_minor,
            payment.interest_minor,
            payment.principal_minor,
            payment.unapplied_minor,
        )
    )
    return [
        date_format(payment.received_on),
        reference,
        payment.get_channel_display(),
        gettext("Returned") if payment.is_returned else gettext("Booked"),
        money(payment.amount_minor, currency),
        *([""] * 5 if payment.is_returned else parts),
    ]


def _documents(loan: Loan) -> Table:
    found = list(IssuedDocument.objects.filter(loan=loan)[: SHOWN_DOCUMENTS + 1])
    more = f"{reverse('admin:repayments_issueddocument_changelist')}?{urlencode({'q': loan.number})}"
    return Table(
        title=_("Issued documents"),
        columns=[
            Column(_("number")),
            Column(_("kind")),
            Column(_("as of")),
            Column(_("issued at")),
            Column(_("state")),
        ],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>',
                    reverse("admin:repayments_issueddocument_change", args=[document.pk]),
                    document.number,
                ),
                document.get_kind_display(),
                date_format(document.as_of),
                date_format(localtime(document.issued_at), "DATETIME_FORMAT"),
                gettext("Revoked") if document.revoked_at else gettext("Stands"),
            ]
            for document in found[:SHOWN_DOCUMENTS]
        ],
        empty=_("None yet."),
        more=more if len(found) > SHOWN_DOCUMENTS else "",
    )


def _before_takeover(loan: Loan, may_see: Callable[[str], bool]) -> list[Table]:
    """Return what happened at the other system before the loan was taken over; nothing for a loan of our own."""
    handover = handover_of(loan)
    if handover is None:
        return []
    found = list(handover.history.order_by("-happened_on", "-position")[: SHOWN_EVENTS + 1])
    kept = gettext("As %(source)s handed it over on %(day)s. It is kept and not booked here.") % {
        "source": handover.source,
        "day": date_format(handover.taken_over_on),
    }
    address = reverse("admin:tapes_handover_change", args=[handover.pk])
    proof = format_html('<a href="{}">{}</a>', address, gettext("Proof of the takeover"))
    note = format_html("{} {}", kept, proof if may_see("tapes.view_handover") else "")
    if len(found) > SHOWN_EVENTS:
        note = format_html("{} {}", note, _left_out_events())
    return [
        Table(
            title=_("Before the takeover"),
            note=note,
            columns=[
                Column(_("happened on")),
                Column(_("event")),
                Column(_("amount"), is_number=True),
                Column(_("principal"), is_number=True),
                Column(_("interest"), is_number=True),
                Column(_("fee"), is_number=True),
                Column(_("penalty"), is_number=True),
                Column(_("credit"), is_number=True),
                Column(_("reference")),
                Column(_("note")),
            ],
            rows=[
                [
                    date_format(event.happened_on),
                    event.get_kind_display(),
                    *(money(minor, loan.currency) if minor else "" for minor in event.amounts),
                    event.reference,
                    event.note,
                ]
                for event in found[:SHOWN_EVENTS]
            ],
            empty=_("No history was handed over."),
        )
    ]


def _left_out_events() -> str:
    return ngettext(
        "Only the newest %(count)s event is shown.", "Only the newest %(count)s events are shown.", SHOWN_EVENTS
    ) % {"count": SHOWN_EVENTS}


def _overdue_history(loan: Loan) -> Table:
    changes = OverdueChange.objects.filter(loan_id=loan.pk).order_by("-changed_on")
    return Table(
        title=_("Overdue history"),
        note=_("Days that changed neither bucket nor classification are left out."),
        columns=[
            Column(_("day")),
            Column(_("days past due"), is_number=True),
            Column(_("bucket")),
            Column(_("classification")),
        ],
        rows=[
            [
                date_format(change.changed_on),
                change.days_past_due,
                _change(bucket_label(change.bucket_before), bucket_label(change.bucket)),
                _change(
                    classification_label(change.classification_before), classification_label(change.classification)
                ),
            ]
            for change in changes
        ],
        empty=_("This loan has never been behind."),
    )


def _change(before: object, after: object) -> str:
    return str(after) if str(before) == str(after) else f"{before} → {after}"


def _cases(loan: Loan) -> Table:
    return Table(
        title=_("Collection cases"),
        columns=[Column(_("opened on")), Column(_("closed on")), Column(_("status"))],
        rows=[
            [
                date_format(case.opened_on),
                date_format(case.closed_on) if case.closed_on else "",
                case.get_status_display(),
            ]
            for case in CollectionCase.objects.filter(loan=loan).order_by("-opened_on")
        ],
        empty=_("There has been no case."),
    )


def _events(loan: Loan, may: Callable[[str], bool]) -> Table:
    found = list(LoanEvent.objects.filter(loan=loan).order_by("-effective_on", "-id")[: SHOWN_EVENTS + 1])
    undo = {event.pk for event in undoable(found[:SHOWN_EVENTS]) if may(permission_to_undo(event.kind) or "")}
    return Table(
        title=_("Events"),
        note=_left_out_events() if len(found) > SHOWN_EVENTS else "",
        columns=[
            Column(_("effective on")),
            Column(_("event")),
            Column(_("amount"), is_number=True),
            Column(_("reason")),
            Column(_("recorded by")),
            Column(_("posted at")),
            Column(""),
        ],
        rows=[
            [
                date_format(event.effective_on),
                event.get_kind_display(),
                money(event.amount_minor, loan.currency) if event.amount_minor else "",
                event.data.get("reason", ""),
                event.actor,
                date_format(localtime(event.posted_at), "DATETIME_FORMAT"),
                _undo_link(loan, event) if event.pk in undo else "",
            ]
            for event in found[:SHOWN_EVENTS]
        ],
        empty=_("Nothing has happened yet."),
    )


def _undo_link(loan: Loan, event: LoanEvent) -> SafeString:
    return format_html('<a href="{}">{}</a>', act_address(loan, UNDO.code, event=event.pk), UNDO.label)
