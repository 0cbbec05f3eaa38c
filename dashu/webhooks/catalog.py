"""
Every type of event that partners are told of, with what its `data` holds.

A type never changes its meaning, and a field of it is never taken away: what is needed beyond that is a new field, or
a new version of the payload beside the old one. `data` has public references, amounts, codes and dates, and nothing
that says who somebody is: whoever may read that asks for the resource by its reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PAYLOAD_VERSION = 1
VERSIONS = (PAYLOAD_VERSION,)
VERIFICATION = "webhook.verification"
TEST = "webhook.test"

_AMOUNT = {"amount": "1100.16", "currency": "CNY"}
_APPLICATION = {"application": "A0123456789", "product": "consumer"}
_QUOTE = {
    "loan": "L0123456789",
    "quote": "6f1c1c5e-7a5e-4f0e-9a43-0d7c9f3f2b11",
    "status": "ACCEPTED",
    "total": {"amount": "11380.42", "currency": "CNY"},
    "valid_to": "2026-03-20",
}
_RELIEF = {"loan": "L0123456789", "offer": "R0123456789"}
_LOAN = {"loan": "L0123456789", "previous_status": "ACTIVE"}


@dataclass(frozen=True, slots=True)
class EventType:
    """
    :param about: one English sentence that says when it happens.
    :param subject: what `subject` holds.
    :param example: a whole `data`; every event of the type has exactly these fields.
    """

    name: str
    about: str
    subject: str
    example: Mapping[str, Any]


_TYPES = (
    EventType(
        "application.submitted",
        "An application was handed in and is being checked.",
        "the application's reference",
        {**_APPLICATION, "status": "SUBMITTED"},
    ),
    EventType(
        "application.decided",
        "An application was decided: there are offers, or there is no loan for now.",
        "the application's reference",
        {**_APPLICATION, "status": "OFFERED"},
    ),
    EventType(
        "application.offered",
        "An application has offers to choose from.",
        "the application's reference",
        {**_APPLICATION, "status": "OFFERED", "offers": 3},
    ),
    EventType(
        "application.signed",
        "The contract was signed; the payout is under way.",
        "the application's reference",
        {**_APPLICATION, "status": "SIGNED"},
    ),
    EventType(
        "application.withdrawn",
        "An application was taken back, also by declining to sign, or its contract within the days of cooling off.",
        "the application's reference",
        {**_APPLICATION, "status": "WITHDRAWN"},
    ),
    EventType(
        "application.expired",
        "An application lapsed, because nobody went on with it in time.",
        "the application's reference",
        {**_APPLICATION, "status": "EXPIRED"},
    ),
    EventType(
        "loan.paid_out",
        "The money of a loan was paid out and its schedule has begun.",
        "the loan's number",
        {
            "loan": "L0123456789",
            "status": "ACTIVE",
            "amount": {"amount": "12000.00", "currency": "CNY"},
            "paid_on": "2026-01-15",
        },
    ),
    EventType(
        "loan.settled",
        "Nothing is owed any more: the loan is paid off.",
        "the loan's number",
        {**_LOAN, "status": "SETTLED", "on": "2026-12-15"},
    ),
    EventType(
        "loan.reopened",
        "A loan that had ended runs again, because a payment was returned or an act was undone.",
        "the loan's number",
        {"loan": "L0123456789", "previous_status": "SETTLED", "status": "ACTIVE", "on": "2026-12-16"},
    ),
    EventType(
        "loan.restructured",
        "A loan has new terms: a new schedule replaces what was left of the old one.",
        "the loan's number",
        {"loan": "L0123456789", "schedule_version": 2, "on": "2026-06-01"},
    ),
    EventType(
        "loan.charged_off",
        "A loan was booked as a loss; the claim goes on.",
        "the loan's number",
        {**_LOAN, "status": "CHARGED_OFF", "on": "2026-09-30"},
    ),
    EventType(
        "loan.written_off",
        "The claim of a loan has ended.",
        "the loan's number",
        {"loan": "L0123456789", "previous_status": "CHARGED_OFF", "status": "WRITTEN_OFF", "on": "2026-11-30"},
    ),
    EventType(
        "loan.sold",
        "A loan was sold to somebody else.",
        "the loan's number",
        {**_LOAN, "status": "SOLD", "on": "2026-11-30"},
    ),
    EventType(
        "loan.cancelled",
        "A loan ended before any money was paid out; it never was a debt.",
        "the loan's number",
        {"loan": "L0123456789", "previous_status": "APPROVED", "status": "CANCELLED", "on": "2026-01-20"},
    ),
    EventType(
        "payment.received",
        "Money came in for a loan, whoever brought it.",
        "the loan's number",
        {
            "loan": "L0123456789",
            "payment": "PAY-2026-000017",
            "amount": _AMOUNT,
            "received_on": "2026-02-15",
            "channel": "PARTNER",
        },
    ),
    EventType(
        "payment.returned",
        "A payment did not hold, or was booked by mistake; what it paid is owed again.",
        "the loan's number",
        {"loan": "L0123456789", "payment": "PAY-2026-000017", "amount": _AMOUNT, "returned_on": "2026-02-18"},
    ),
    EventType(
        "refund.paid",
        "Money that a borrower had with us beyond what was owed was sent back.",
        "the loan's number",
        {
            "loan": "L0123456789",
            "refund": "REFUND-17",
            "amount": {"amount": "25.00", "currency": "CNY"},
            "refunded_on": "2026-03-02",
        },
    ),
    EventType(
        "refund.reversed",
        "A refund was undone; the money is the borrower's credit again.",
        "the loan's number",
        {
            "loan": "L0123456789",
            "refund": "REFUND-17",
            "amount": {"amount": "25.00", "currency": "CNY"},
            "refunded_on": "2026-03-02",
        },
    ),
    EventType(
        "payoff_quote.offered",
        "An amount that ends the loan was worked out for the days up to `valid_to`.",
        "the loan's number",
        {**_QUOTE, "status": "OFFERED"},
    ),
    EventType(
        "payoff_quote.accepted",
        "A payoff quote was accepted: its amount holds up to `valid_to`.",
        "the loan's number",
        _QUOTE,
    ),
    EventType(
        "payoff_quote.closed",
        "A payoff quote no longer holds: paid, expired, withdrawn, replaced by another or void since the loan changed.",
        "the loan's number",
        {**_QUOTE, "status": "USED"},
    ),
    EventType(
        "overdue.status_changed",
        "The nightly close, or a payment, moved a loan to another bucket, classification or stage.",
        "the loan's number",
        {
            "loan": "L0123456789",
            "on": "2026-03-18",
            "days_past_due": 31,
            "bucket": "31-60",
            "previous_bucket": "1-30",
            "classification": "SPECIAL_MENTION",
            "previous_classification": "NORMAL",
            "stage": "2",
            "previous_stage": "1",
        },
    ),
    EventType(
        "relief.offered",
        "A borrower was offered new terms to choose from.",
        "the loan's number",
        {**_RELIEF, "last_day": "2026-06-14"},
    ),
    EventType(
        "relief.accepted",
        "A borrower accepted an offer; a plan with new terms runs.",
        "the loan's number",
        {**_RELIEF, "plan": "P0123456789", "method": "term_extension", "first_due_on": "2026-07-15"},
    ),
    EventType(
        "relief.ended",
        "An offer ended without being accepted, or a plan ended; `status` says how.",
        "the loan's number",
        {**_RELIEF, "plan": None, "status": "EXPIRED", "on": "2026-06-15"},
    ),
    EventType(
        "document.issued",
        "A paper about a loan was issued and can be fetched.",
        "the loan's number",
        {"loan": "L0123456789", "document": "SC-2026-000017", "kind": "SETTLEMENT_CERTIFICATE", "as_of": "2026-12-15"},
    ),
    EventType(
        "job.finished",
        "A bulk job has come to its end and its result can be fetched.",
        "the job's id",
        {
            "job": "0f8fad5b-d9cb-469f-a165-70867728950e",
            "kind": "payments",
            "status": "DONE_WITH_REFUSALS",
            "rows": 2000,
            "done": 1998,
            "refused": 2,
        },
    ),
    EventType(
        TEST,
        "You asked for it: an event without any meaning, sent to one endpoint.",
        "the endpoint's id",
        {"endpoint": "7c9e6679-7425-40de-944b-e07fc1f90ae7"},
    ),
)
CATALOG: Mapping[str, EventType] = {each.name: each for each in _TYPES}
