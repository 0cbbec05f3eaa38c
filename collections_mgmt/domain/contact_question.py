"""
A contact that somebody outside asks about, as a JSON document, and the guard's answer as one.

Names are written small here and large inside. A channel, party, purpose, flag or outcome that is not known is no wrong
document: the guard is asked, and does not allow it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashu.kernel.dates import EARLIEST_YEAR, LATEST_YEAR
from dashu.kernel.documents import Document
from dashu.kernel.errors import InvalidInput, _
from dashu.policy.contact_guard import Attempt, Case, Contact, Decision
from dashu.policy.contact_rules import Channel, ContactRules

MOST_CONTACTS = 5_000
MOST_FLAGS = 50
MOST_DAYS = 36_500
MOST_VISITORS = 99


@dataclass(frozen=True, slots=True)
class ContactQuestion:
    """:param zone: None for the zone of the pack's hours."""

    pack: str | None
    now: datetime
    zone: ZoneInfo | None
    attempt: Attempt
    case: Case
    history: tuple[Contact, ...]


def parse_contact_question(raw: object) -> ContactQuestion:
    """
    Read one document.

    :raises InvalidInput, MissingField, UnknownField: see there; `field` says where.
    """
    document = Document(raw)
    now = _moment(document, "now")
    question = ContactQuestion(
        pack=document.text("pack", None, longest=20),
        now=now,
        zone=_zone(document),
        attempt=_attempt(document.child("attempt")),
        case=_case(document.child("case", {})),
        history=tuple(_contact(entry, now) for entry in document.children("history", most=MOST_CONTACTS, default=[])),
    )
    document.done()
    return question


def answer_of(decision: Decision, rules: ContactRules, zone: ZoneInfo | None) -> dict[str, Any]:
    next_at = decision.next_allowed_at
    return {
        "decision": decision.verdict.lower(),
        "reasons": [reason.lower() for reason in decision.reasons],
        "conditions": [condition.lower() for condition in decision.conditions],
        "next_allowed_at": next_at and next_at.astimezone(zone or rules.hours.zone).isoformat(),
    }


def _attempt(document: Document) -> Attempt:
    attempt = Attempt(
        channel=_channel(document),
        party=document.text("party").upper(),
        address=document.text("address", "", longest=254),
        purpose=document.text("purpose").upper(),
        operator=document.text("operator", "", longest=80),
        debts=frozenset(_texts(document, "debts")),
        visitors=document.whole("visitors", None, low=1, high=MOST_VISITORS),
    )
    document.done()
    return attempt


def _case(document: Document) -> Case:
    case = Case(
        dpd=document.whole("dpd", None, low=-MOST_DAYS, high=MOST_DAYS),
        flags=frozenset(flag.lower() for flag in _texts(document, "flags")),
        liked_hours=_hours(document, "liked_hours"),
        agreed_hours=_hours(document, "agreed_hours"),
        visit_agreed_at=_moment(document, "visit_agreed_at") if document.has("visit_agreed_at") else None,
    )
    document.done()
    return case


def _contact(document: Document, now: datetime) -> Contact:
    contact = Contact(
        at=_moment(document, "at"),
        channel=_channel(document),
        party=document.text("party", "borrower").upper(),
        address=document.text("address", "", longest=254),
        outcome=document.text("outcome", "open").upper(),
        is_inbound=document.yes("inbound"),
        is_consented=document.yes("consented"),
        purpose=document.text("purpose", "").upper(),
        debts=frozenset(_texts(document, "debts")),
    )
    document.done()
    if contact.at > now:
        raise InvalidInput(_("A contact of the history lies after the moment asked about."), field=document.field("at"))
    return contact


def _channel(document: Document) -> str:
    """The borrower's own account is "app" outside."""
    name = document.text("channel").upper()
    return Channel.IN_APP.value if name == "APP" else name


def _moment(document: Document, name: str) -> datetime:
    text = document.text(name, longest=40)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment and moment.tzinfo and EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        return moment
    raise InvalidInput(
        _("%(given)s is not a moment. Write it with its offset, for example 2026-01-31T09:30:00+08:00."),
        field=document.field(name),
        params={"given": repr(text)[:40]},
    )


def _zone(document: Document) -> ZoneInfo | None:
    name = document.text("debtor_tz", None, longest=60)
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput(
            _("There is no time zone %(name)s. Write it as in Asia/Shanghai."),
            field=document.field("debtor_tz"),
            params={"name": name[:40]},
        ) from error


def _hours(document: Document, name: str) -> tuple[time, time] | None:
    hours = document.optional_child(name)
    if hours is None:
        return None
    texts = hours.text("from"), hours.text("to")
    hours.done()
    try:
        opens, closes = (time.fromisoformat(text) for text in texts)
    except ValueError:
        opens = closes = time()
    if opens >= closes or opens.tzinfo or closes.tzinfo:
        raise InvalidInput(
            _("Write from and to as hours of one day, for example 09:00 and 18:30."), field=document.field(name)
        )
    return opens, closes


def _texts(document: Document, name: str) -> Iterator[str]:
    value = document.anything(name)
    if value is None:
        return
    if not isinstance(value, list) or len(value) > MOST_FLAGS:
        raise InvalidInput(
            _("A list of at most %(most)s entries is expected here."),
            field=document.field(name),
            params={"most": MOST_FLAGS},
        )
    for index, text in enumerate(value):
        if not isinstance(text, str) or not 1 <= len(text) <= 80:
            raise InvalidInput(
                _("A text of 1 to %(longest)s characters is expected here."),
                field=f"{document.field(name)}[{index}]",
                params={"longest": 80},
            )
        yield text
