"""Previews as tables for staff: before and after, line by line, with a word and a weight for what changes."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.finance.installments import Installment
from dashu.ledger.models import Account
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import money, percent
from dashu.web.writing import named
from loans.models import Loan
from repayments.models import LoanEvent, Restatement
from repayments.services.previewing import LoanChange

FIGURE_LABELS: Mapping[str, Any] = {
    "status": _("status"),
    "principal": _("principal outstanding"),
    "interest_due": _("interest due"),
    "fee_due": _("fees due"),
    "penalty_due": _("penalty due"),
    "credit": _("credit of the borrower"),
    "overdue": _("overdue amount"),
    "days_past_due": _("days past due"),
    "next_due_on": _("next due date"),
    "next_due": _("next installment"),
    "payoff": _("payoff today"),
    "annual_rate": _("annual rate in force"),
    "paused_since": _("count paused since"),
}
_PLAIN = ("status", "days_past_due", "next_due_on", "annual_rate", "paused_since")
_ROW_AMOUNTS = ("principal", "interest", "fee", "paid", "waived", "unpaid")


def event_line(event: LoanEvent) -> str:
    """Write "Fee · Notary fee · ¥50.00 · 20 March 2026 · asked by phone"."""
    amount = money(event.amount_minor, event.loan.currency) if event.amount_minor else ""
    day, reason = date_format(event.effective_on), event.data.get("reason", "")
    parts = (event.get_kind_display(), _fee_name(event), amount, day, reason)
    return " · ".join(str(part) for part in parts if part)


def _fee_name(event: LoanEvent) -> str:
    code = event.data.get("code")
    lines = event.loan.fee_lines if code else ()
    return next((named(line.name) for line in lines if line.code == code), "")


def stored_tables(change: LoanChange) -> list[dict[str, Any]]:
    """Return the tables of a change as plain texts, as `dashu.approvals` keeps them."""
    return [_stored(table) for table in change_tables(change)]


def change_tables(change: LoanChange) -> list[Table]:
    """Return what an act does to one loan: its figures, its schedule, what is posted, what the borrower reads."""
    return [_figures(change), _schedule(change), _ledger(change), told_table(change)]


def recorded(change: LoanChange) -> str:
    """Say in one line what would be recorded: "Reversal on 1 May, New terms on 2 May"."""
    kinds = dict(LoanEvent.Kind.choices)
    return ", ".join(
        gettext("%(event)s, counted from %(day)s") % {"event": kinds[kind], "day": date_format(on)}
        for kind, on, _amount in change.events
    )


def _figures(change: LoanChange) -> Table:
    before, after, currency = change.before.figures, change.after.figures, change.before.currency
    rows, tones = [], []
    for name, label in FIGURE_LABELS.items():
        old, new = before.get(name), after.get(name)
        if old in (None, 0) and new in (None, 0):
            continue
        differs = old != new
        difference = new - old if differs and isinstance(old, int) and isinstance(new, int) else None
        rows.append(
            [
                _mark(differs),
                label,
                figure_text(name, old, currency),
                figure_text(name, new, currency) if differs else "",
                _signed(name, difference, currency),
            ]
        )
        tones.append(_tone(differs))
    return Table(
        title=_("Where the loan stands today"),
        columns=[
            Column(""),
            Column(_("figure")),
            Column(_("before"), is_number=True),
            Column(_("after"), is_number=True),
            Column(_("difference"), is_number=True),
        ],
        rows=rows,
        tones=tones,
        empty=_("This loan has no figures yet."),
    )


def figure_text(name: str, value: Any, currency: str) -> str:
    if value is None:
        return "–"
    if name == "status":
        return str(Loan.Status(value).label)
    if name == "annual_rate":
        return percent(value)
    if name in ("next_due_on", "paused_since"):
        return date_format(value)
    return str(value) if name in _PLAIN else money(value, currency)


def _signed(name: str, difference: int | None, currency: str) -> str:
    if difference is None:
        return ""
    text = str(abs(difference)) if name in _PLAIN else money(abs(difference), currency)
    return f"{'+' if difference > 0 else '−'}{text}"


def _schedule(change: LoanChange) -> Table:
    currency = change.before.currency
    before = {row.number: row for row in change.before.rows}
    after = {row.number: row for row in change.after.rows}
    rows, tones = [], []
    for number in sorted(before.keys() | after.keys()):
        old, new = before.get(number), after.get(number)
        differs = old is None or new is None or _cells(old) != _cells(new)
        rows.append([_row_mark(old, new, differs), number, *_row(old, new, currency)])
        tones.append(_tone(differs))
    changed = sum(tone == "changed" for tone in tones)
    return Table(
        title=_("Schedule"),
        note=_("The schedule stays as it is.") if not changed else "",
        columns=[
            Column(""),
            Column(_("installment")),
            Column(_("due on")),
            Column(_("principal"), is_number=True),
            Column(_("interest"), is_number=True),
            Column(_("fee"), is_number=True),
            Column(_("paid"), is_number=True),
            Column(_("waived"), is_number=True),
            Column(_("unpaid"), is_number=True),
        ],
        rows=rows,
        tones=tones,
        empty=_("This loan has no schedule yet: it has not been paid out."),
    )


def _cells(row: Installment) -> tuple[Any, ...]:
    return (
        row.due_on,
        row.principal,
        row.interest,
        row.fee,
        row.paid_principal + row.paid_interest + row.paid_fee,
        row.waived_principal + row.waived_interest + row.waived_fee,
        row.unpaid,
    )


def _row(old: Installment | None, new: Installment | None, currency: str) -> Iterator[str]:
    both = [_texts(row, currency) if row else None for row in (old, new)]
    for place in range(len(_ROW_AMOUNTS) + 1):
        texts = [texts[place] for texts in both if texts]
        yield texts[0] if len(set(texts)) == 1 else " → ".join(texts)


def _texts(row: Installment, currency: str) -> list[str]:
    due_on, *amounts = _cells(row)
    return [date_format(due_on, "SHORT_DATE_FORMAT"), *(money(amount, currency) for amount in amounts)]


def _row_mark(old: Installment | None, new: Installment | None, differs: bool) -> str:
    if old is None:
        return gettext("new")
    if new is None:
        return gettext("gone")
    return _mark(differs)


def _ledger(change: LoanChange) -> Table:
    """
    Each new posting between what its day and account held before and hold after.

    A restatement adds to the days on which things count, so a day's sum before and after says what becomes of it.
    """
    currency = change.before.currency
    labels = Account.objects.in_bulk(list({line.account for line in change.entries}))
    held = {(on, account): minor for on, account, minor in change.before.books}
    rows = []
    for line in change.entries:
        key = (line.effective_on, line.account)
        before = held.get(key, 0)
        held[key] = before + line.debit_minor - line.credit_minor
        rows.append(
            [
                date_format(line.effective_on),
                str(labels[line.account]),
                money(before, currency),
                money(line.debit_minor, currency) if line.debit_minor else "",
                money(line.credit_minor, currency) if line.credit_minor else "",
                money(held[key], currency),
                line.description,
            ]
        )
    if rows:
        debits = sum(line.debit_minor for line in change.entries)
        credits_ = sum(line.credit_minor for line in change.entries)
        rows.append([gettext("Total"), "", "", money(debits, currency), money(credits_, currency), "", ""])
    return Table(
        title=_("New ledger entries"),
        note=_("Nothing that was booked is edited. Before and after are the sums of the day in the account.")
        if rows
        else "",
        columns=[
            Column(_("effective on")),
            Column(_("account")),
            Column(_("before"), is_number=True),
            Column(_("debit"), is_number=True),
            Column(_("credit"), is_number=True),
            Column(_("after"), is_number=True),
            Column(_("description")),
        ],
        rows=rows,
        empty=_("Nothing is posted."),
    )


_TOLD: Mapping[str, Any] = {
    "status": _("status"),
    "left_to_pay_minor": _("left to pay"),
    "overdue_minor": _("overdue amount"),
    "penalty_minor": _("penalty"),
    "days_past_due": _("days past due"),
    "credit_minor": _("credit"),
    "next_due_on": _("next due date"),
    "next_due_minor": _("next installment"),
}


def restatement_table(loan: Loan, *, most: int) -> Table:
    """Return what corrections and acts changed in what the borrower was told, newest first, in one query."""
    found = list(Restatement.objects.filter(loan=loan).select_related("event").order_by("-pk")[: most + 1])
    rows = [
        [
            date_format(kept.event.posted_at),
            kept.event.get_kind_display(),
            date_format(kept.from_on),
            *(told_change(name, kept.before, kept.after, loan.currency) for name in _TOLD),
        ]
        for kept in found[:most]
    ]
    return Table(
        title=_("Restatements"),
        note=_("What the borrower was told before and after each correction. Only the newest are shown.")
        if len(found) > most
        else _("What the borrower was told before and after each correction."),
        columns=[
            Column(_("posted at")),
            Column(_("event")),
            Column(_("counted from")),
            *(Column(label) for label in _TOLD.values()),
        ],
        rows=rows,
        empty=_("Nothing has been restated."),
    )


def told_change(name: str, before: Mapping[str, Any], after: Mapping[str, Any], currency: str) -> str:
    """Write "¥1.00 → ¥2.00", or nothing where the two are alike."""
    old, new = before.get(name), after.get(name)
    return "" if old == new else f"{_told_text(name, old, currency)} → {_told_text(name, new, currency)}"


def _told_text(name: str, value: Any, currency: str) -> str:
    if value is None:
        return "–"
    if name == "status":
        return str(Loan.Status(value).label)
    return money(value, currency) if name.endswith("_minor") else str(value)


def told_table(change: LoanChange) -> Table:
    """Return what the borrower is told: only what changes; without a restatement they are told nothing."""
    before, after = change.told or ({}, {})
    rows = [
        [
            label,
            _told_text(name, before.get(name), change.before.currency),
            _told_text(name, after.get(name), change.before.currency),
        ]
        for name, label in _TOLD.items()
        if before.get(name) != after.get(name)
    ]
    return Table(
        title=_("What the borrower is told"),
        columns=[Column(""), Column(_("before"), is_number=True), Column(_("after"), is_number=True)],
        rows=rows,
        empty=_("Nothing that the borrower was told changes."),
    )


def _stored(table: Table) -> dict[str, Any]:
    return {
        "title": str(table.title),
        "note": str(table.note),
        "empty": str(table.empty),
        "columns": [{"title": str(column.title), "is_number": column.is_number} for column in table.columns],
        "rows": [[str(value) for value in row] for row in table.rows],
        "tones": list(table.tones),
    }


def _mark(differs: bool) -> str:
    return gettext("changed") if differs else ""


def _tone(differs: bool) -> str:
    return "changed" if differs else "quiet"
