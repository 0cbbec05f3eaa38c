"""
A credit bureau that knows nobody, for demonstrations and tests: what it says follows from the number it is asked about.

Digits 15 and 16 of an ID number, which mean nothing else, choose a persona or a fault; every other number has a clean
file. It is asked over HTTP and signs its answers like a real one: `dashu.portal.simulated_bureau` serves it. The same
question again has the same answer, and its id cannot be used for another question.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from dashu.api.json_commands import parse
from dashu.kernel.dates import LENDER_ZONE
from dashu.kernel.errors import DomainError
from dashu.settings.env import derived_key
from dashu.users.sealing import blind_index
from loans.bureaus.signing import is_signed, signed_headers
from loans.domain.credit_files import LoanKind, Purpose

NAME = "simulated"
SLOW_SECONDS = 8.0  # longer than `loans.bureaus.http` waits
REMEMBERED_SECONDS = 86_400


class Persona(StrEnum):
    CLEAN = "CLEAN"
    OVER_COMMITTED = "OVER_COMMITTED"
    OVERDUE_ELSEWHERE = "OVERDUE_ELSEWHERE"
    FRAUD = "FRAUD"
    MANY_INQUIRIES = "MANY_INQUIRIES"
    UNKNOWN = "UNKNOWN"


class Fault(StrEnum):
    NONE = "NONE"
    SLOW = "SLOW"
    DOWN = "DOWN"
    MALFORMED = "MALFORMED"
    WRONG_SIGNATURE = "WRONG_SIGNATURE"
    CONTRADICTORY = "CONTRADICTORY"
    DOWN_ONCE = "DOWN_ONCE"


PERSONAS = {
    "01": Persona.OVER_COMMITTED,
    "02": Persona.OVERDUE_ELSEWHERE,
    "03": Persona.FRAUD,
    "04": Persona.MANY_INQUIRIES,
    "05": Persona.UNKNOWN,
}
FAULTS = {
    "91": Fault.SLOW,
    "92": Fault.DOWN,
    "93": Fault.MALFORMED,
    "94": Fault.WRONG_SIGNATURE,
    "95": Fault.CONTRADICTORY,
    "96": Fault.DOWN_ONCE,
}


class QuestionRefused(DomainError):
    """A question is not signed, not of the form, or names no consent."""

    code = "question_refused"
    http_status = 400


class RequestIdReused(DomainError):
    """The id belongs to a question about somebody else."""

    code = "request_id_reused"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Question:
    request_id: UUID
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """:param after_seconds: how long the bureau takes."""

    status: int
    body: str
    headers: Mapping[str, str]
    after_seconds: float


def secret() -> str:
    return settings.CREDIT_BUREAU_SECRET or b64encode(derived_key(settings.SECRET_KEY, "credit bureau")).decode()


def reply_to(body: bytes, headers: Mapping[str, str], *, now: datetime) -> Reply:
    """
    Answer a question, in the way that its number or `SIMULATED_BUREAU_FAULT` chooses.

    :param headers: with names in lower case.
    :raises QuestionRefused, RequestIdReused: see there.
    """
    question = _read(body, headers)
    pulled_at, is_first_try = _remembered(question, now)
    fault = Fault(settings.SIMULATED_BUREAU_FAULT or fault_of(question.number))
    after_seconds = SLOW_SECONDS if fault is Fault.SLOW else settings.SIMULATED_BUREAU_DELAY_MS / 1000
    if fault is Fault.DOWN or (fault is Fault.DOWN_ONCE and is_first_try):
        return Reply(500, "", {}, after_seconds)
    answer = answer_about(question.number, request_id=question.request_id, pulled_at=pulled_at)
    if fault is Fault.CONTRADICTORY:
        answer |= {"is_known": False, "has_fraud_flag": True}
    text = json.dumps(answer, ensure_ascii=False)
    if fault is Fault.MALFORMED:
        text = text[: len(text) // 2]
    key = b64encode(b"somebody else").decode() if fault is Fault.WRONG_SIGNATURE else secret()
    return Reply(200, text, signed_headers(key, question.request_id, text, now=now), after_seconds)


def persona_of(number: str) -> Persona:
    return PERSONAS.get(number[14:16], Persona.CLEAN)


def fault_of(number: str) -> Fault:
    return FAULTS.get(number[14:16], Fault.NONE)


def answer_about(number: str, *, request_id: UUID, pulled_at: datetime) -> dict[str, Any]:
    """Return the answer as it is sent, by the number's persona and dated from the day it is pulled."""
    persona, today = persona_of(number), pulled_at.astimezone(LENDER_ZONE).date()
    loans, inquiries = _ROWS[persona](today)
    return {
        "request_id": str(request_id),
        "reference": f"SIM-{request_id}",
        "pulled_at": pulled_at.isoformat(),
        "currency": "CNY",
        "is_known": persona is not Persona.UNKNOWN,
        "has_fraud_flag": persona is Persona.FRAUD,
        "loans": loans,
        "inquiries": inquiries,
    }


def _read(body: bytes, headers: Mapping[str, str]) -> Question:
    text = body.decode(errors="replace")
    if not is_signed(secret(), None, text, headers):
        raise QuestionRefused(_("The question is not signed."))
    try:
        asked = parse(body)
        question = Question(UUID(asked["request_id"]), asked["subject"]["number"])
        is_complete = bool(asked["consent"] and asked["subject"]["name"] and asked["subject"]["kind"])
    except (DomainError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise QuestionRefused(_("The question does not say who is meant.")) from error
    if not is_complete or not isinstance(question.number, str) or headers["webhook-id"] != str(question.request_id):
        raise QuestionRefused(_("The question does not say who is meant, or who agreed to it."))
    return question


def _remembered(question: Question, now: datetime) -> tuple[datetime, bool]:
    """Return when a question was asked first, and whether that is now."""
    about = blind_index(question.number, "simulated bureau")
    place = f"simulated-bureau:{question.request_id}"
    is_first = cache.add(place, f"{about} {now.isoformat()}", REMEMBERED_SECONDS)
    asked_about, _space, at = (cache.get(place) or f"{about} {now.isoformat()}").partition(" ")
    if asked_about != about:
        raise RequestIdReused(_("This id belongs to a question about somebody else."))
    return datetime.fromisoformat(at), is_first


Rows = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def _clean(today: date) -> Rows:
    """A card that is paid as agreed, and a loan that was paid off."""
    return (
        [
            _loan("绿叶银行", LoanKind.CARD, today, 1_500, 20_000_00, 600_00),
            _loan("青山消费金融", LoanKind.CONSUMER, today, 900, 0, 0, is_settled=True),
        ],
        [_inquiry("绿叶银行", Purpose.POST_LOAN, today, 40), _inquiry("青山消费金融", Purpose.LOAN, today, 901)],
    )


def _over_committed(today: date) -> Rows:
    """Three lenders: 5,000, 8,000 and 12,000 at 24% over 12 months, 2,364.00 a month. Lesson 7 tells this story."""
    return (
        [
            _loan("青山消费金融", LoanKind.CONSUMER, today, 20, 5_000_00, 472_80),
            _loan("白云小额贷款", LoanKind.CONSUMER, today, 14, 8_000_00, 756_48),
            _loan("南湖网络贷款", LoanKind.CONSUMER, today, 9, 12_000_00, 1_134_72),
        ],
        [
            _inquiry("青山消费金融", Purpose.LOAN, today, 21),
            _inquiry("白云小额贷款", Purpose.LOAN, today, 15),
            _inquiry("南湖网络贷款", Purpose.LOAN, today, 10),
        ],
    )


def _overdue_elsewhere(today: date) -> Rows:
    return (
        [_loan("白云小额贷款", LoanKind.CONSUMER, today, 300, 6_200_00, 890_00, days_past_due=45)],
        [_inquiry("白云小额贷款", Purpose.LOAN, today, 301), _inquiry("白云小额贷款", Purpose.POST_LOAN, today, 30)],
    )


def _many_inquiries(today: date) -> Rows:
    """Nine in 90 days, six of them in 30 and three in 7."""
    lenders = ("青山消费金融", "白云小额贷款", "南湖网络贷款")
    days = (1, 3, 6, 12, 20, 28, 45, 60, 80)
    return [], [_inquiry(lenders[place % 3], Purpose.LOAN, today, ago) for place, ago in enumerate(days)]


def _nothing(_today: date) -> Rows:
    return [], []


_ROWS = {
    Persona.CLEAN: _clean,
    Persona.OVER_COMMITTED: _over_committed,
    Persona.OVERDUE_ELSEWHERE: _overdue_elsewhere,
    Persona.FRAUD: _clean,
    Persona.MANY_INQUIRIES: _many_inquiries,
    Persona.UNKNOWN: _nothing,
}


def _loan(
    lender: str,
    kind: LoanKind,
    today: date,
    days_ago: int,
    commitment_minor: int,
    monthly_minor: int,
    *,
    days_past_due: int = 0,
    is_settled: bool = False,
) -> dict[str, Any]:
    return {
        "lender": lender,
        "kind": kind.value,
        "opened_on": (today - timedelta(days=days_ago)).isoformat(),
        "commitment_minor": commitment_minor,
        "monthly_minor": monthly_minor,
        "days_past_due": days_past_due,
        "is_settled": is_settled,
    }


def _inquiry(lender: str, purpose: Purpose, today: date, days_ago: int) -> dict[str, Any]:
    return {"on": (today - timedelta(days=days_ago)).isoformat(), "lender": lender, "purpose": purpose.value}
