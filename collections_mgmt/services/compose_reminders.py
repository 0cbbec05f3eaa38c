"""What reminders say at the moment they leave: what is open by then, of all the borrower's loans in one message."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext

from collections_mgmt.services.compose_promises import PROMISED, agreed_facts
from collections_mgmt.services.compose_strategies import is_of_strategy, overdue_lines
from collections_mgmt.services.reminders_sql import open_lines
from dashu.messaging.composing import Facts
from dashu.messaging.models import OutboxMessage
from dashu.messaging.templates import written_amount, written_date
from dashu.messaging.wording import Situation

Line = Mapping[str, Any]


def compose_reminders(messages: Sequence[OutboxMessage], on: date) -> dict[int, Facts]:
    """
    Return what each reminder is about; one of which nothing is open is missing.

    A reminder of several loans is of the kind of the one that is furthest behind, names the amount of those, and lists
    all. The kind follows from `on`, so that a message which waited over midnight is still true; after two nights it is
    not worth telling.
    """
    promised = [message for message in messages if message.template == PROMISED]
    followed = [message for message in messages if is_of_strategy(message)]
    others = [message for message in messages if message.template != PROMISED and not is_of_strategy(message)]
    return {**_of_installments(others, on), **agreed_facts(promised, on), **_of_strategies(followed, on)}


def _of_installments(messages: Sequence[OutboxMessage], on: date) -> dict[int, Facts]:
    oldest = on - timedelta(days=1)
    languages = {message.pk: message.language for message in messages if (message.reminds_on or oldest) >= oldest}
    with connection.cursor() as cursor:
        rows = open_lines(cursor, message_ids=list(languages))
    by_message = groupby(rows, key=lambda row: row["message_id"])
    return {message_id: _facts(list(lines), languages[message_id], on) for message_id, lines in by_message}


def _of_strategies(messages: Sequence[OutboxMessage], on: date) -> dict[int, Facts]:
    """Of what kind a message is, its strategy says; the rest is as with every reminder."""
    by_id = {message.pk: message for message in messages}
    told = {}
    for message_id, lines in groupby(overdue_lines(messages, on), key=lambda row: row["message_id"]):
        message = by_id[message_id]
        facts = _facts(list(lines), message.language, on)
        situation = replace(facts.situation, kind=message.template)
        told[message_id] = replace(facts, situation=situation, params={**message.params, **facts.params})
    return told


def _facts(lines: Sequence[Line], language: str, on: date) -> Facts:
    due_on = min(line["due_on"] for line in lines)
    kind = _kind(due_on, on)
    meant = [line for line in lines if _kind(line["due_on"], on) == kind]
    with translation.override(language):
        told = "\n".join(_line(line, language) for line in lines)
    return Facts(
        situation=Situation(kind, _same(line["product"] for line in meant), _same(line["bucket"] for line in meant)),
        values={
            "amount": _amounts(meant, language),
            "due_on": written_date(due_on, language),
            "loan_number": ", ".join(line["number"] for line in lines),
            "loans": told,
        },
        params={
            "kind": kind,
            "loans": [
                {
                    "loan_number": line["number"],
                    "amount_minor": line["minor"],
                    "currency": line["currency"],
                    "due_on": line["due_on"].isoformat(),
                }
                for line in lines
            ],
        },
    )


def _kind(due_on: date, on: date) -> str:
    if due_on < on:
        return "reminder.overdue"
    return "reminder.due_today" if due_on == on else "reminder.upcoming"


def _line(line: Line, language: str) -> str:
    return gettext("Loan %(loan)s: %(amount)s, due on %(day)s") % {
        "loan": line["number"],
        "amount": written_amount(line["minor"], line["currency"], language),
        "day": written_date(line["due_on"], language),
    }


def _amounts(lines: Sequence[Line], language: str) -> str:
    """Return the sum, one for each currency."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line["currency"]] = sums.get(line["currency"], 0) + line["minor"]
    return " + ".join(written_amount(minor, currency, language) for currency, minor in sums.items())


def _same(codes: Iterable[str]) -> str:
    """Return the code that all share, else the empty one, which stands for any."""
    found = set(codes)
    return found.pop() if len(found) == 1 else ""
