"""
A check of ours: what is well formed may be refused for what only the rules of lending, or the rows, can know.

The description cannot say that a day lies within a contract or that a cursor was given out. Here is every such refusal;
anything else that is refused although the description allows it is a fault of the description or of the program.
"""

import json
import os
import re
import threading
import uuid
from collections import Counter
from typing import Any

import schemathesis

# By code, and for codes that are said of many things by operation and code.
RULES = {
    "invalid_cursor": "a cursor is signed",
    "invalid_choice": "codes of the book are those of the policy of the day",
    "date_in_future": "a day that has not come",
    "date_outside_contract": "a day before the loan or after today",
    "invalid_date": "the thirtieth of February",
    "invalid_amount": "zero, which is no payment, or a fraction that the currency does not have",
    "currency_mismatch": "another currency than the loan's",
    "invalid_terms": "terms that contradict each other",
    "invalid_rate": "a rate above what its kind takes",
    "invalid_due_rule": "due days that contradict the period",
    "negative_amortization": "installments that do not pay the interest",
    "no_annual_rate": "payments that no rate explains",
    "rate_above_bound": "a rate above what the policy allows",
    "rate_unknown": "a day before the first published rate",
    "unknown_pack": "there is no such policy pack",
    "unknown_product": "there is no such product",
    "unknown_calendar": "there is no such calendar",
    "policy_rule_missing": "no rule is in force on that day",
    "document_refused": "what a file is, is known by its content",
    "statement_period_invalid": "a last day before the first, or after today",
    "payoff_quote_days_outside": "a day that the policy gives no quote for",
    "relief_consent_invalid": "a consent of another day or to another text",
    "file_not_readable": "what a file is, is known by its content",
    "webhook_url_refused": "an address that is not public, or not of a server",
    "return_url_refused": "an address that is not registered for the client",
    "outside_product": "more or less than the product of the day lends",
    "unknown_payload_version": "a version that is not there yet",
    "report_period_invalid": "a last day before the first, or too long after it",
    "split_does_not_add_up": "parts that are not the total",
    "settlement_too_small": "less than the day's payoff",
    "quote invalid_input": "terms that exclude each other",
    "quote missing_field": "terms that need each other",
    "replay_webhook_endpoint invalid_input": "what is to be sent again is named in one way",
    "issue_document missing_field": "only a statement has a period",
    "issue_document unknown_field": "only a statement has a period",
}
# Of the cases of the coverage phase, of which there are thousands, one in so many of each operation is sent; 1: all.
EVERY = int(os.environ.get("DASHU_WALK_EVERY", "3"))
_seen: Counter[str] = Counter()
_counting = threading.Lock()
KEY = re.compile("[!-~]{1,255}")
# What an answer holds depends on the step, and for the whole application on the product.
STEPS = ("apply", "answer_step")


@schemathesis.hook
def before_load_schema(_context: Any, schema: dict[str, Any]) -> None:
    """
    Make lists in a query short: to invent two hundred names that fit a pattern takes minutes, three take nothing.

    How long such a list may be is asked for in the tests of bulk reading.
    """
    operations = [operation for item in schema["paths"].values() for operation in item.values()]
    for each in [each for operation in operations for each in operation.get("parameters", ())]:
        if each.get("name") in ("ids", "fields"):
            each["schema"]["pattern"] = re.sub(r"(\*|\{0,199\})\$$", "{0,2}$", each["schema"]["pattern"])


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """Take a share of the cases of an operation, the same ones each time."""
    if case.meta is None or case.meta.phase.name.value != "coverage":
        return True
    with _counting:
        _seen[case.operation.label] += 1
        return _seen[case.operation.label] % EVERY == 1 % EVERY


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """
    Ask for whole documents, and under a key of its own.

    With `fields` an answer lacks what was not named, see test_reading.py for that, and with `ids` a list has no row
    from which a link could lead on. Under a key that was used all
    but the first would only be told so.
    """
    if isinstance(names := (case.query or {}).get("fields"), str) and names.replace(",", "").replace("_", "").isalpha():
        del case.query["fields"]
    if case.meta is not None and case.meta.phase.name.value == "stateful" and case.query:
        case.query.pop("ids", None)
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and KEY.fullmatch(key):
        case.headers["Idempotency-Key"] = f"{uuid.uuid4()}{key}"[:255]


@schemathesis.deserializer("application/x-ndjson")
def first_line(_context: Any, response: Any) -> Any:
    """Read the first of the lines, all of which are alike; a file without lines has nothing to be read."""
    return json.loads(response.content.partition(b"\n")[0] or b"{}")


@schemathesis.check
def only_rules_refuse_what_is_well_formed(_ctx: Any, response: Any, case: Any) -> None:
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 413, 422):
        return
    code, operation = response.json().get("code"), case.operation.definition.raw["operationId"]
    is_rule = code in RULES or f"{operation} {code}" in RULES or (operation in STEPS and response.status_code == 422)
    assert is_rule, f"{code} refuses what the description allows: {response.text}"
