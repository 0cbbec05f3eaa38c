"""The lines of a borrower's past as staff read them: when, what, and how much or why."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.desk.contact_words import again_words, conditions_named, reasons_named
from collections_mgmt.desk.words import names_of
from collections_mgmt.models import CaseFile, CaseFileEvent
from collections_mgmt.presenting import bucket_label, reason_words
from collections_mgmt.selectors.file_lines import GROUPS, Line
from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import ContactAttempt
from dashu.web.staff_tables import Column, Table, wrapped
from dashu.web.templatetags.dashu import money

Words = tuple[Any, Any]
Teller = Callable[[Any], Words]
_WAITS = dict(CaseFile.Wait.choices)


def register_words(code: str, teller: Teller) -> None:
    """Say of the lines of a source what happened and what of it matters."""
    TELLERS[code] = teller


def lines_table(lines: Sequence[Line]) -> Table:
    """Return a page of lines; one query for the names of whoever acted."""
    names = names_of(actor for line in lines if (actor := getattr(line.row, "actor", "")))
    rows = []
    for line in lines:
        what, about = TELLERS[line.place.code](line.row)
        rows.append(
            [
                _moment(line.place.at),
                GROUPS.get(line.group, line.group),
                what,
                wrapped(about),
                names.get(getattr(line.row, "actor", ""), ""),
            ]
        )
    return Table(
        title=_("Everything that happened"),
        columns=[
            Column(_("day and time")),
            Column(_("kind")),
            Column(_("what")),
            Column(_("about it")),
            Column(_("by")),
        ],
        rows=rows,
        empty=_("Nothing of this kind has happened."),
    )


def _moment(at: datetime) -> str:
    """What is known by its day only began with it."""
    here = at.astimezone(LENDER_ZONE)
    return date_format(here, "SHORT_DATE_FORMAT" if here.time() == time() else "SHORT_DATETIME_FORMAT")


def _payment(payment: Any) -> Words:
    what = gettext("Payment returned") if payment.is_returned else gettext("Payment received")
    return what, f"{money(payment.amount_minor, payment.loan.currency)} · {payment.loan.number}"


def _message(message: Any) -> Words:
    read = gettext("read on %(day)s") % {"day": date_format(localtime(message.read_at))} if message.read_at else ""
    parts = [message.get_channel_display(), message.get_delivery_display() if message.delivery else "", read]
    about = " · ".join(str(part) for part in [message.subject, *parts] if part)
    return message.get_status_display(), about


def _refusal(refusal: Any) -> Words:
    return _("Message refused by the rules"), _told([refusal.get_channel_display(), *reasons_named(refusal.reasons)])


def _refused(refusal: Any) -> Words:
    """Somebody asked to call, visit or write, and was told no."""
    about = [refusal.get_channel_display(), refusal.get_party_display(), *reasons_named(refusal.reasons)]
    return _("Contact asked for and not allowed"), _told([*about, again_words(refusal.next_allowed_at)])


def _attempt(attempt: Any) -> Words:
    if attempt.direction == ContactAttempt.Direction.IN:
        what = gettext("They called us")
    else:
        what = str(attempt.get_channel_display())
    conditions = conditions_named(attempt.decision.conditions) if attempt.decision else []
    return what, _told([attempt.get_party_display(), attempt.get_outcome_display(), *conditions, attempt.note])


def _told(parts: Sequence[Any]) -> str:
    return " · ".join(str(part) for part in parts if part)


def _promise(promise: Any) -> Words:
    told = gettext("%(amount)s by %(day)s") % {
        "amount": money(promise.amount_minor, promise.loan.currency),
        "day": date_format(promise.due_on),
    }
    return _("Promise to pay"), " · ".join(
        str(part)
        for part in [told, promise.get_status_display(), promise.note, reason_words(promise.end_reason)]
        if part
    )


def _arrangement(agreed: Any) -> Words:
    total = money(agreed.total_minor, agreed.loan.currency)
    about = [agreed.reference, agreed.loan.number, total, agreed.get_status_display(), agreed.note]
    about.append(reason_words(agreed.end_reason))
    what = _("Plan of several payments, made by the borrower") if agreed.is_own else _("Plan of several payments")
    return what, _told(about)


def _settlement(offer: Any) -> Words:
    paid = gettext("%(amount)s ends the debt") % {"amount": money(offer.total_minor, offer.loan.currency)}
    about = [offer.reference, offer.loan.number, paid, offer.get_status_display()]
    about.append(reason_words(offer.end_reason))
    return _("Settlement offered"), _told(about)


def _care(noted: Any) -> Words:
    if noted.ended_on:
        return _("Special care"), gettext("ended on %(day)s") % {"day": date_format(noted.ended_on)}
    about = gettext("looked at again on %(day)s") % {"day": date_format(noted.review_on)}
    return _("Special care"), _told([_("goes to a specialist") if noted.is_specialist else "", about])


def _hold(hold: Any) -> Words:
    last = hold.ended_on or hold.ends_on
    until = gettext("until %(day)s") % {"day": date_format(last)} if last else gettext("until somebody ends it")
    return hold.get_kind_display(), f"{hold.loan.number} · {until} · {reason_words(hold.reason)}"


def _help(asked: Any) -> Words:
    return _("Asked for help"), f"{asked.reference} · {asked.get_cause_display()} · {_answer(asked)}"


def _complaint(asked: Any) -> Words:
    return _("Complained"), f"{asked.reference} · {asked.get_about_display()} · {_answer(asked)}"


def _dispute(asked: Any) -> Words:
    return _("Disputed the credit record"), f"{asked.reference} · {_answer(asked)}"


def _answer(asked: Any) -> str:
    return gettext("answered") if asked.answered_at else gettext("waits for our answer")


def _status(change: Any) -> Words:
    days = gettext("%(before)s → %(after)s") % {
        "before": bucket_label(change.bucket_before),
        "after": bucket_label(change.bucket),
    }
    return _("Overdue status changed"), f"{change.loan.number} · {days}"


def _event(event: Any) -> Words:
    amount = money(event.amount_minor, event.loan.currency) if event.amount_minor else ""
    return event.get_kind_display(), " · ".join(part for part in [event.loan.number, amount] if part)


def _attached(attachment: Any) -> Words:
    removed = _("removed since") if attachment.removed_at else ""
    return _("Attached"), _told([attachment.name, attachment.about, removed, attachment.removed_because])


def _file(event: CaseFileEvent) -> Words:
    data = event.data
    told = [_WAITS.get(data.get("why", ""), ""), _day(data.get("until", "")), event.words]
    return event.get_kind_display(), " · ".join(str(part) for part in told if part)


def _day(stored: str) -> str:
    return gettext("until %(day)s") % {"day": date_format(date.fromisoformat(stored))} if stored else ""


TELLERS: dict[str, Teller] = {
    "payment": _payment,
    "message": _message,
    "refusal": _refusal,
    "attempt": _attempt,
    "refused": _refused,
    "promise": _promise,
    "arrangement": _arrangement,
    "settlement": _settlement,
    "hold": _hold,
    "care": _care,
    "help": _help,
    "complaint": _complaint,
    "dispute": _dispute,
    "status": _status,
    "event": _event,
    "file": _file,
    "attached": _attached,
}
